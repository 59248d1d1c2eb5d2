# SPDX-License-Identifier: MIT
"""The session: who we are to the broker, and what it keeps for us while we are away."""

from __future__ import annotations

import msgspec
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from mqtt_explorer.app.profiles.form.base import Context, FormSection, listed
from mqtt_explorer.profiles.profile import Profile, Secrets
from mqtt_explorer.protocol.options import fresh_client_id
from mqtt_explorer.widgets.buttons import SegmentedControl, push_button
from mqtt_explorer.widgets.cards import set_property
from mqtt_explorer.widgets.form_rows import FormRow
from mqtt_explorer.widgets.pairs import PairsEdit

_NEVER = "never"
_NUMBER_PX = 132


def number_edit(placeholder: str = "", width: int = _NUMBER_PX) -> QLineEdit:
    """A line edit for a number; any text can be typed, the check says what is wrong with it."""
    edit = QLineEdit()
    edit.setPlaceholderText(placeholder)
    edit.setFixedWidth(width)
    set_property(edit, "mono", True)
    return edit


class SessionSection(FormSection):
    """Client id, keep-alive, clean start, expiry, and the limits we ask the broker to keep to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.title = self.tr("Session")
        self.head.set_title(self.title)
        self._fixed_id = ""
        self._make_client_id()
        self._make_times()
        self._make_limits()
        self.properties = PairsEdit(self.tr("User property"), add=self.tr("Add a user property"))
        self._property_row = self.add_row(self.tr("User properties"), self.properties)
        self._property_row.label.setToolTip(self.tr("Names and values sent to the broker with CONNECT"))
        self.properties.edited.connect(lambda: self.note_edit("user_properties"))
        self.properties.left.connect(lambda: self.note_left("user_properties"))
        self.place("user_properties", self._property_row, self.properties)

    def _make_client_id(self) -> None:
        self.fresh = SegmentedControl(
            [self.tr("Fresh per start"), self.tr("Fixed")], name=self.tr("Client id")
        )
        self.fresh.setToolTip(
            self.tr(
                "The name the broker knows this program by; two programs with one name push each other off"
            )
        )
        self.client_id = QLineEdit()
        self.client_id.setAccessibleName(self.tr("Client id"))
        set_property(self.client_id, "mono", True)
        self._id_row = self.add_row(self.tr("Client id"), self.fresh, self.client_id)
        self.bind_text("client_id", self.client_id)
        self.place("client_id", self._id_row, self.client_id)
        self.fresh.changed.connect(self._on_fresh)

    def _make_times(self) -> None:
        self.keep_alive = number_edit()
        row = self.add_row(
            self.tr("Keep-alive"),
            self.keep_alive,
            help_text=self.tr("Seconds between signs of life, up to 65535; 0 switches them off."),
        )
        self.clean_start = QCheckBox(self.tr("Clean start: forget the session kept from last time"))
        self.clean_start.setAccessibleName(self.tr("Clean start"))
        clean = self.add_row("", self.clean_start)
        self.expiry = number_edit(self.tr("0: ends at once"))
        self.never = push_button(
            self.tr("Never"),
            self._set_never,
            small=True,
            tooltip=self.tr("The broker keeps the session for ever"),
        )
        expiry = self.add_row(self.tr("Session expiry"), self.expiry, self.never)
        expiry.label.setToolTip(self.tr("How long the broker keeps the session after a connection ends"))
        self._clean_row, self._expiry_row = clean, expiry
        for field, edit, its_row in (
            ("keep_alive", self.keep_alive, row),
            ("session_expiry", self.expiry, expiry),
        ):
            self.bind_text(field, edit)
            self.place(field, its_row, edit)
        self.bind_check("clean_start", self.clean_start)
        self.place("clean_start", clean, self.clean_start)

    def _make_limits(self) -> None:
        self._limit_rows: dict[str, FormRow] = {}
        for field, text, tip, help_text in (
            (
                "receive_maximum",
                self.tr("Receive maximum"),
                self.tr("How many messages at QoS 1 and 2 the broker may have under way to us"),
                self.tr("Messages at QoS 1 and 2 under way to us, 1 to 1000."),
            ),
            (
                "maximum_packet_size",
                self.tr("Largest packet"),
                self.tr("The broker silently drops what is larger: it never arrives and nobody says so"),
                self.tr("Bytes. Careful: the broker drops larger messages without a word."),
            ),
            (
                "topic_alias_maximum",
                self.tr("Topic aliases"),
                self.tr("How many numbers the broker may use in place of topics it sends often"),
                self.tr("Topics the broker may shorten to a number; empty or 0: none."),
            ),
        ):
            edit = number_edit()
            row = self._limit_rows[field] = self.add_row(text, edit, help_text=help_text)
            row.label.setToolTip(tip)
            edit.setToolTip(tip)
            self.bind_text(field, edit)
            self.place(field, row, edit)

    # -- the profile ---------------------------------------------------------------------------------------------------

    def show_values(self, profile: Profile, secrets: Secrets) -> None:
        super().show_values(profile, secrets)
        self._fixed_id = profile.client_id or self._fixed_id
        self.fresh.set_index(1 if profile.client_id or self._keeps_empty_id() else 0)
        if profile.user_properties != self.properties.pairs:
            self.properties.set_pairs(profile.user_properties)

    def apply(self, profile: Profile) -> Profile:
        changed = super().apply(profile)
        client_id = self.client_id.text() if self.fresh.index == 1 else ""
        return msgspec.structs.replace(changed, client_id=client_id, user_properties=self.properties.pairs)

    def forget_profile(self) -> None:
        """Another profile comes: an id remembered for the switch back to "fixed" was the old one's."""
        self._fixed_id = ""
        self._loading = True
        self.fresh.set_index(0)
        self._loading = False

    def summary(self, profile: Profile) -> str:
        clean = profile.clean_start or profile.fresh_client_id
        keep_alive = profile.keep_alive.strip()
        return listed(
            (
                self.tr("clean start") if clean else self.tr("session kept"),
                self.tr("no keep-alive")
                if keep_alive == "0"
                else self.tr("keep-alive {n} s").format(n=keep_alive),
                self.tr("fresh client id per start")
                if profile.fresh_client_id
                else self.tr("fixed client id"),
            )
        )

    def set_limits(self, context: Context) -> None:
        fixed = self.fresh.index == 1
        self.lock(context, "client_id", self._id_row, self.fresh)
        unused = self.tr("Made anew at each start")
        self._id_row.set_reason("" if fixed else unused, unused, editor=self.client_id)
        self._id_row.set_help(context.help("client_id"))
        fresh = (
            ""
            if fixed
            else self.tr("A fresh client id begins a fresh session; choose a fixed one to keep it.")
        )
        self._clean_row.set_reason(fresh or context.locked("clean_start"))
        no_v5 = "" if context.v5 else self.tr("MQTT 3.1.1 has no such setting; choose MQTT 5.")
        short = self.tr("needs MQTT 5") if no_v5 else self.tr("0: ends at once")
        self._expiry_row.set_reason(no_v5 or fresh, short if no_v5 or not self.expiry.text() else "")
        seconds = self.tr("Seconds, or never. Empty: it ends with the connection.")
        self._expiry_row.set_help(context.help("session_expiry", seconds))
        for field, row in self._limit_rows.items():
            row.set_reason(no_v5 or context.locked(field), short if no_v5 else "")
        self._property_row.set_reason(no_v5)

    def _keeps_empty_id(self) -> bool:
        """The user chose "fixed" and has not typed an id yet."""
        return self.fresh.index == 1 and self.client_id.hasFocus()

    def _on_fresh(self, index: int) -> None:
        if self._loading:
            return
        if index == 1:
            self.client_id.setText(self._fixed_id or fresh_client_id())
            self.client_id.setEnabled(True)
            self.client_id.setFocus()
            self.client_id.selectAll()
        else:
            self._fixed_id = self.client_id.text()
            self.client_id.clear()
        self.note_done("client_id")

    def _set_never(self) -> None:
        self.expiry.setText(_NEVER)
        self.note_done("session_expiry")
