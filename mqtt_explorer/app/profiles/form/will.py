# SPDX-License-Identifier: MIT
"""The Last Will: what the broker publishes for us when the connection ends without a goodbye."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPlainTextEdit, QWidget

from mqtt_explorer.app.profiles.form.base import Context, FormSection, listed
from mqtt_explorer.app.profiles.form.session import number_edit
from mqtt_explorer.profiles.profile import Profile, Secrets
from mqtt_explorer.widgets.buttons import SegmentedControl
from mqtt_explorer.widgets.cards import set_property
from mqtt_explorer.widgets.choices import Choice
from mqtt_explorer.widgets.form_rows import FormRow
from mqtt_explorer.widgets.pairs import PairsEdit
from mqtt_explorer.widgets.text import one_line

_FORMS = ("text", "hex", "base64")
_PAYLOAD_PX = 76


class _PayloadEdit(QPlainTextEdit):
    """Says when it is left, as line edits do."""

    def __init__(self, on_left: Callable[[], object]) -> None:
        super().__init__()
        self._on_left = on_left

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._on_left()


class WillSection(FormSection):
    """A switch, the message, and the properties MQTT 5 adds to it. Switched off, the rest is kept for later."""

    prefix = "will."

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.title = self.tr("Last Will")
        self.head.set_title(self.title)
        self.enabled = QCheckBox(self.tr("The broker publishes this when the connection breaks off"))
        self.enabled.setAccessibleName(self.tr("Last Will"))
        row = self.add_row(
            "",
            self.enabled,
            help_text=self.tr("Not after a disconnect in order: a clean exit never fires it."),
        )
        self.bind_check("enabled", self.enabled)
        self.place("enabled", row, self.enabled)
        self._v5: dict[str, FormRow] = {}
        self._make_message()
        self._make_properties()

    def _make_message(self) -> None:
        self.topic = QLineEdit()
        set_property(self.topic, "mono", True)
        self._take("topic", self.add_row(self.tr("Topic"), self.topic), self.topic)
        self.payload = _PayloadEdit(lambda: self.note_left("payload"))
        self.payload.setTabChangesFocus(True)
        self.payload.setFixedHeight(_PAYLOAD_PX)
        self.payload.setAccessibleName(self.tr("Payload of the Last Will"))
        set_property(self.payload, "mono", True)
        row = self.add_row(self.tr("Payload"), self.payload)
        self.bind("payload", self._payload_text, self._show_payload)
        self.payload.textChanged.connect(lambda: self.note_edit("payload"))
        self.place("payload", row, self.payload)
        self.form = SegmentedControl(
            [self.tr("Text"), self.tr("Hex"), "Base64"], name=self.tr("Payload typed as")
        )
        row = self.add_row(self.tr("Typed as"), self.form)
        self.bind_segments("payload_form", self.form, _FORMS)
        self.place("payload_form", row, self.form)
        self.qos = SegmentedControl(["0", "1", "2"], name=self.tr("QoS of the Last Will"))
        self.retain = QCheckBox(self.tr("Retained"))
        self.retain.setToolTip(self.tr("The broker keeps it and shows it to whoever subscribes later"))
        self._qos_row = self.add_row("QoS", self.qos, self.retain)
        self.retain.setAccessibleName(self.tr("Last Will retained"))
        self.bind_segments("qos", self.qos, (0, 1, 2))
        self.bind_check("retain", self.retain)
        self.place("qos", self._qos_row, self.qos)
        self.place("retain", self._qos_row, self.retain)

    def _make_properties(self) -> None:
        self.delay = number_edit(self.tr("at once"))
        self._take(
            "delay",
            self.add_row(
                self.tr("Delay"), self.delay, help_text=self.tr("Seconds; a reconnect in time calls it off.")
            ),
            self.delay,
        )
        self.format = Choice(
            (
                (None, self.tr("Not said")),
                (False, self.tr("0: bytes")),
                (True, self.tr("1: text in UTF-8")),
            ),
            name=self.tr("Payload format indicator"),
        )
        row = self.add_row(self.tr("Payload format"), self.format)
        row.label.setToolTip(
            self.tr("The payload format indicator: tells readers whether the payload is text")
        )
        self.bind_choice("payload_is_text", self.format)
        self.place("payload_is_text", row, self.format)
        self._v5["payload_is_text"] = row
        self.expiry = number_edit(self.tr("never"))
        row = self.add_row(
            self.tr("Message expiry"),
            self.expiry,
            help_text=self.tr("Seconds until nobody gets it any more."),
        )
        self._take("message_expiry", row, self.expiry)
        for field, text, tip in (
            ("content_type", self.tr("Content type"), self.tr("For example application/json")),
            ("response_topic", self.tr("Response topic"), self.tr("Where an answer to this message goes")),
            (
                "correlation_data",
                self.tr("Correlation data"),
                self.tr("Hex digits; ties an answer to this message"),
            ),
        ):
            edit = QLineEdit()
            set_property(edit, "mono", True)
            edit.setPlaceholderText(self.tr("hex digits") if field == "correlation_data" else "")
            edit.setToolTip(tip)
            self._take(field, self.add_row(text, edit), edit)
        self.properties = PairsEdit(
            self.tr("User property of the Last Will"), add=self.tr("Add a user property")
        )
        row = self.add_row(self.tr("User properties"), self.properties)
        self.bind("user_properties", lambda: self.properties.pairs, self._show_pairs)
        self.properties.edited.connect(lambda: self.note_edit("user_properties"))
        self.properties.left.connect(lambda: self.note_left("user_properties"))
        self.place("user_properties", row, self.properties)
        self._v5["user_properties"] = row

    def _take(self, field: str, row: FormRow, edit: QLineEdit) -> None:
        self.bind_text(field, edit)
        self.place(field, row, edit)
        if field != "topic":
            self._v5[field] = row

    # -- the profile ---------------------------------------------------------------------------------------------------

    def show_values(self, profile: Profile, secrets: Secrets) -> None:
        for field, bound in self._bound.items():
            bound.write(getattr(profile.will, field))

    def apply(self, profile: Profile) -> Profile:
        return msgspec.structs.replace(profile, will=msgspec.structs.replace(profile.will, **self.values()))

    def summary(self, profile: Profile) -> str:
        will = profile.will
        if not will.enabled:
            return self.tr("None")
        parts = [one_line(will.topic, 60) or self.tr("no topic yet"), f"QoS {will.qos}"]
        if will.retain:
            parts.append(self.tr("retained"))
        return ", ".join(parts)

    def set_limits(self, context: Context) -> None:
        no_v5 = context.limits.properties_reason() or ""
        for row in self._v5.values():
            row.set_reason(no_v5, self.tr("needs MQTT 5"))
        reasons = []
        for qos in (0, 1, 2):
            reason = context.limits.qos_reason(qos) or ""
            self.qos.set_reason(qos, reason)
            reasons.append(reason)
        retain = context.limits.retain_reason() or ""
        self.retain.setEnabled(not retain)
        self.retain.setToolTip(
            retain or self.tr("The broker keeps it and shows it to whoever subscribes later")
        )
        first = next((reason for reason in reasons if reason), "")
        self._qos_row.say("limit", listed((first,)) + (f" {retain}" if retain else ""), "forbidden")

    def idle(self, context: Context, row: FormRow) -> str:
        if context.profile.will.enabled or row is self._rows[0]:
            return ""
        return self.tr("Switch the Last Will on to change it.")

    def _payload_text(self) -> str:
        # toPlainText() would turn no-break spaces into spaces.
        return self.payload.document().toRawText().replace("\u2029", "\n")

    def _show_payload(self, text: str) -> None:
        if text != self._payload_text():
            self.payload.setPlainText(text)

    def _show_pairs(self, pairs: tuple[tuple[str, str], ...]) -> None:
        if pairs != self.properties.pairs:
            self.properties.set_pairs(pairs)
