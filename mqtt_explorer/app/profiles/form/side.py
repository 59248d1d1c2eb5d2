# SPDX-License-Identifier: MIT
"""The column beside the form: what is in the way of connecting, what the broker takes, where secrets are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from mqtt_explorer.app.profiles.form.base import Context
from mqtt_explorer.profiles.presets import Note
from mqtt_explorer.profiles.profile import Profile, Secrets
from mqtt_explorer.profiles.secrets import Place, SecretStore
from mqtt_explorer.protocol.limits import Limits
from mqtt_explorer.widgets.buttons import Chip, push_button
from mqtt_explorer.widgets.cards import Card, StatusDot, label, set_tone
from mqtt_explorer.widgets.form_rows import NoteKind
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_M

_ICONS = {"forbidden": "forbidden", "limit": "ruler", "info": "info"}


class Fact(QWidget):
    """An icon, a title and a sentence that wraps."""

    def __init__(self, icon_name: str, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._picture = QLabel(self)
        self._picture.setFixedWidth(16)
        self.title = label(one_line(title, 120), wrap=True)
        self.text = label(one_line(text, 400), "caption", wrap=True)
        lines = QVBoxLayout()
        lines.setSpacing(0)
        lines.addWidget(self.title)
        lines.addWidget(self.text)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP + 2)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(lines, 1)
        self.text.setVisible(bool(text))  # only now: shown without a parent it would be a window
        theme().changed.connect(self._paint)
        self._paint()

    def _paint(self) -> None:
        self._picture.setPixmap(pixmap(self._icon_name, "muted", 16, self.devicePixelRatioF()))


class SideCard(Card):
    """A card with a title line and facts."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = self.column(GAP_M, GAP)
        self.heading = label(title, "title")
        self.head = QHBoxLayout()
        self.head.setSpacing(GAP)
        self.head.addWidget(self.heading, 1)
        self.lines.addLayout(self.head)
        self._facts: list[QWidget] = []

    def set_facts(self, facts: Sequence[tuple[str, str, str]]) -> None:
        """Shows icon, title and text of each fact, in place of those before."""
        for old in self._facts:
            self.lines.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._facts = [Fact(*each, parent=self) for each in facts]
        for place, fact in enumerate(self._facts):
            self.lines.insertWidget(1 + place, fact)


class SideColumn(QWidget):
    """The three cards.

    Signals:
        go_requested(str): Go to the field of the first problem.
        unlock_requested(): Ask the keyring again.
    """

    go_requested = Signal(str)
    unlock_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        self._field = ""
        self._make_before()
        self.limits = SideCard(self.tr("LIMITS"), self)
        self.source = label("", "muted")
        self.limits.head.addWidget(self.source)
        self.after = label("", "caption", wrap=True)
        self.limits.lines.addWidget(self.after)
        self._make_secrets()
        for card in (self.before, self.limits, self.secrets):
            column.addWidget(card)
        column.addStretch(1)

    def _make_before(self) -> None:
        self.before = SideCard(self.tr("BEFORE CONNECTING"), self)
        self.count = Chip("")
        self.before.head.addWidget(self.count)
        self.first = label("", "heading", wrap=True)
        self.others = label("", "caption", wrap=True)
        self.go = push_button(
            self.tr("Go to field"), lambda: self.go_requested.emit(self._field), icon_name="arrow-left"
        )
        self.before.lines.addWidget(self.first)
        self.before.lines.addWidget(self.others)
        self.before.lines.addWidget(self.go, 0, Qt.AlignmentFlag.AlignLeft)

    def _make_secrets(self) -> None:
        self.secrets = SideCard(self.tr("SECRETS"), self)
        self._dot = StatusDot("muted")
        self.place = label("", "muted")
        self.secrets.head.addWidget(self._dot)
        self.secrets.head.addWidget(self.place)
        self.place_text = label("", "caption", wrap=True)
        self.unlock = push_button(self.tr("Unlock"), self.unlock_requested.emit, icon_name="unlock")
        self.secrets.lines.addWidget(self.place_text)
        self.secrets.lines.addWidget(self.unlock, 0, Qt.AlignmentFlag.AlignLeft)

    def show_problems(
        self,
        problems: Sequence[tuple[str, str]],
        *,
        told: Sequence[tuple[str, str]] = (),
        checking: bool,
        is_open: bool,
        fresh: bool,
    ) -> None:
        """Says what is in the way: field and sentence of each problem; of a fresh profile without the red.

        `told` is what the last try failed at: it does not block the next one.
        """
        count = len(problems)
        first = next(iter((*problems, *told)), ("", ""))
        self._field = first[0]
        self.go.setVisible(bool(first[0]))
        if told and not problems:
            self._set_chip(self.tr("last try failed"), "error")
            self.first.setText(one_line(told[0][1], 300))
            self.others.setText(self.tr("Correct this field and connect again."))
            return
        if not problems:
            self._set_chip(self.tr("checking") if checking else self.tr("ready"), "" if checking else "ok")
            self.first.setText(self.tr("Nothing is in the way."))
            self.others.setText(
                self.tr("This broker is open.")
                if is_open
                else self.tr("Every field is fine. Ctrl+Enter connects.")
            )
            return
        self._set_chip(
            self.tr("1 problem") if count == 1 else self.tr("{n} problems").format(n=count),
            "" if fresh else "error",
        )
        self.first.setText(one_line(problems[0][1], 300))
        self.others.setText(
            self.tr("The other fields are fine. Connect is off until this is solved.")
            if count == 1
            else self.tr("{n} more below it. Connect is off until they are solved.").format(n=count - 1)
        )

    def _set_chip(self, text: str, tint: str) -> None:
        self.count.set_text(text)
        self.count.setProperty("tint", tint)
        self.count.style().unpolish(self.count)
        self.count.style().polish(self.count)

    def show_limits(self, context: Context, *, connected: bool) -> None:
        """Explains once what the broker takes."""
        preset = context.preset
        name = context.limits.source if connected or preset is None else preset.name
        known = preset is not None or connected
        self.limits.heading.setText(
            self.tr("LIMITS OF {broker}").format(broker=name.upper()) if known else self.tr("LIMITS")
        )
        self.source.setText(
            self.tr("told by the broker") if connected else self.tr("preset") if preset else ""
        )
        if connected:
            self.limits.set_facts(_facts_of(context.limits))
            self.after.setText(
                self.tr("From CONNACK, the broker's answer with which the open connection began.")
            )
        elif preset is not None:
            self.limits.set_facts([_fact(note) for note in preset.notes])
            self.after.setText(
                self.tr(
                    "Once connected, the limits the broker tells (with CONNACK, its answer) replace these."
                )
            )
        else:
            self.limits.set_facts(())
            self.after.setText(
                self.tr(
                    "None known before connecting. The broker tells its limits in its answer (CONNACK); a preset explains them here first."
                )
            )

    def show_secrets(self, profile: Profile, secrets: Secrets, store: SecretStore, *, loading: bool) -> None:
        """Says where the secrets of this broker are."""
        place, place_text = store.place, store.text_for(profile.id)
        tones = {Place.KEYRING: "ok", Place.SESSION: "warn", Place.UNKNOWN: "muted"}
        words = {
            Place.KEYRING: self.tr("keyring unlocked"),
            Place.SESSION: self.tr("this session only"),
            Place.UNKNOWN: self.tr("asking the keyring") if loading else self.tr("not asked yet"),
        }
        self._dot.set_tone(tones[place])
        self.place.setText(words[place])
        set_tone(self.place, "warn" if place is Place.SESSION else "muted")
        if not profile.remember_secrets:
            where = self.tr("Asked at each connect; forgotten when the program ends")
        elif place is Place.SESSION:
            where = self.tr("Kept for this session only")
        else:
            where = self.tr("In the system keyring")
        facts = [("key", name, where) for name in held_names(profile, secrets)]
        facts.append(("file", self.tr("Profiles file"), self.tr("Holds no secrets.")))
        self.secrets.set_facts(facts)
        self.place_text.setText(one_line(place_text, 400))
        self.place_text.setVisible(bool(place_text) and place is not Place.KEYRING)
        self.unlock.setVisible(store.can_unlock)


def secret_note(profile: Profile, store: SecretStore) -> tuple[str, NoteKind]:
    """What stands under the fields of secrets: where they are kept."""
    if not profile.remember_secrets:
        return _tr("Asked at each connect; kept only while the program runs."), "key"
    return store.text_for(profile.id), "warn" if store.place is Place.SESSION else "key"


def held_names(profile: Profile, secrets: Secrets) -> list[str]:
    """Which secrets a profile has, by name."""
    names = (
        (_tr("Password"), secrets.password),
        (_tr("Key password"), secrets.key_password),
        (_tr("WebSocket query"), secrets.websocket_query),
        (_tr("Header values"), any(secrets.websocket_values)),
    )
    return [name for name, there in names if there]


def _fact(note: Note) -> tuple[str, str, str]:
    return _ICONS[note.kind], note.title, note.text


def _facts_of(limits: Limits) -> list[tuple[str, str, str]]:
    """An open broker's limits as facts; the reasons are the ones fields show."""
    facts = [
        ("forbidden", title, reason)
        for title, reason in (
            (_tr("No QoS {n}").format(n=limits.maximum_qos + 1), limits.qos_reason(2) or ""),
            (_tr("Nothing retained"), limits.retain_reason() or ""),
            (_tr("No wildcards"), "" if limits.wildcards else _tr("Filters must name topics in full.")),
            (
                _tr("No shared subscriptions"),
                "" if limits.shared else _tr("Filters with $share are refused."),
            ),
            (
                _tr("No $SYS topics"),
                "" if limits.sys_topics else _tr("Subscribing would end the connection."),
            ),
            (
                _tr("No identifiers"),
                "" if not limits.v5 or limits.identifiers else limits.identifier_reason() or "",
            ),
        )
        if reason
    ]
    facts += [
        ("ruler", title.format(n=f"{number:,}"), meaning)
        for number, title, meaning in (
            (
                limits.filters_per_subscribe,
                _tr("{n} filters per SUBSCRIBE"),
                _tr("Longer lists go out in groups."),
            ),
            (
                limits.topic_slashes,
                _tr("{n} slashes in a topic"),
                _tr("Deeper topics are refused before sending."),
            ),
            (
                limits.packet_bytes,
                _tr("{n} bytes per packet"),
                _tr("Larger messages are refused before sending."),
            ),
            (
                limits.receive_maximum,
                _tr("{n} messages under way"),
                _tr("At QoS 1 and 2; more wait their turn."),
            ),
        )
        if number is not None
    ]
    return facts or [("check-circle", _tr("No limits"), _tr("This broker takes everything MQTT has."))]


def _tr(text: str) -> str:
    return QCoreApplication.translate("SideColumn", text)
