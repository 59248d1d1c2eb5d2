# SPDX-License-Identifier: MIT
"""The Publish panel: topic, payload, QoS, retain, and what the broker answered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.models import wording
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.panels.publish import draft as drafts
from mqtt_explorer.panels.publish.draft import Draft, Format, Problem
from mqtt_explorer.panels.publish.editor import PayloadEdit
from mqtt_explorer.panels.publish.sending import Sending, tell
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.protocol.requests import PublishRequest
from mqtt_explorer.store.log_book import LogKind
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.buttons import SegmentedControl, push_button
from mqtt_explorer.widgets.cards import Elided, StatusDot, label, set_tone
from mqtt_explorer.widgets.forms import Field, Strip
from mqtt_explorer.widgets.tokens import GAP, GAP_XS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.network.link import StateChange
    from mqtt_explorer.protocol.requests import Connack
    from mqtt_explorer.widgets.title_bar import TitleBar

_CHECK_AFTER_MS: Final = 150
_SECONDS_MS: Final = 250
_EDITOR_MIN: Final = 56


class PublishPanel(QWidget):
    """Writes one message and sends it; each connection keeps its own draft."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panel_title = self.tr("Publish")
        self._connection: Connection | None = None
        self._disconnect: Callable[[], None] | None = None
        self._unconnected = Draft()
        self._drafts: WeakKeyDictionary[Connection, Draft] = WeakKeyDictionary()
        self._draft = self._unconnected
        self._problem: Problem | None = None
        self._loading = False
        self._check_timer = QTimer(self, singleShot=True, interval=_CHECK_AFTER_MS)
        self._check_timer.timeout.connect(self.check)
        self._seconds = QTimer(self, interval=_SECONDS_MS)
        self._seconds.timeout.connect(self._show_outcome)
        self._build()
        self._lay_out()
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self._on_keys)
        self.setFocusProxy(self.topic)
        self._load(self._draft)

    # -- what others call ---------------------------------------------------------------------------------------------

    def fill_title_bar(self, bar: TitleBar) -> None:
        """Adds this panel's actions to its dock's title bar."""
        bar.add_action("trash", self.tr("Empty the draft"), self.clear)

    def set_connection(self, connection: Connection | None) -> None:
        """Shows another connection's draft. What was written without a connection goes along to the first one."""
        if connection is self._connection:
            return
        self._save()
        if self._disconnect is not None:
            self._disconnect()
            self._disconnect = None
        self._connection = connection
        if connection is None:
            self._draft = self._unconnected
        else:
            self._disconnect = connection.state_changed.connect(self._on_state)
            if connection not in self._drafts:
                self._drafts[connection], self._unconnected = self._unconnected, Draft()
            self._draft = self._drafts[connection]
        self._load(self._draft)

    def set_topic(self, text: str) -> None:
        """Takes a topic over ("Publish here") and goes to the payload; the rest of the draft stays."""
        self.topic.setText(text)
        self.editor.setFocus()

    def clear(self) -> None:
        """Begins a new draft; undo in the editor brings the payload back."""
        self.topic.clear()
        self.editor.replace_text("")
        self.retain.setChecked(False)
        self.topic.setFocus()

    def publish(self, *, as_it_is: bool = False) -> None:
        """Sends the draft, or says at the field what keeps it from being sent.

        Args:
            as_it_is: Sends text that is not valid JSON although JSON is chosen.
        """
        connection = self._connection
        if connection is None or connection.state.state is not LinkState.CONNECTED:
            return
        self.check()
        if self._problem is not None and not (as_it_is and self._draft.format is Format.JSON):
            self.editor.go_to_line(self._problem.line)
            return
        self._save()
        draft = self._draft
        try:
            payload = drafts.encode(draft.text, draft.format)
            request = PublishRequest(draft.topic, payload, draft.qos, draft.retain)
        except MqttExplorerError as error:
            self._show_error(error)
            return
        sending = Sending(request, v5=connection.options.version is ProtocolVersion.V5)
        draft.sending = sending
        self._show_outcome()
        create_task(self._send(connection, sending), name="publish")

    def check(self) -> None:
        """Looks at the payload now instead of a moment after the last key."""
        self._check_timer.stop()
        text, form = self.editor.text(), Format(self.format.index)
        self._problem = drafts.problem_of(text, form)
        self._show_problem(self._problem)
        self._show_size(text, form)
        self._show_retain()
        self._show_buttons()

    # -- building -----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.topic = QLineEdit(self)
        self.topic.setProperty("mono", True)
        self.topic.setPlaceholderText(self.tr("Topic, for example greenhouse/valve/set"))
        self.topic_field = Field(self.tr("Topic"), self.topic, self)
        self.topic_field.label.hide()
        self.format = SegmentedControl([self.tr("Text"), "JSON", "Hex"], 1, self, name=self.tr("Format"))
        self.size = Elided("", role="caption")
        self.size.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.editor = PayloadEdit(self)
        self.editor.setPlaceholderText(self.tr("Payload"))
        self.editor.setAccessibleName(self.tr("Payload"))
        self.editor.setMinimumHeight(_EDITOR_MIN)
        self.hint = Strip("error", "", self)
        self.hint.hide()
        self.qos = SegmentedControl(["0", "1", "2"], 0, self, name="QoS")
        self.retain = QCheckBox(self.tr("Retain"), self)
        self.as_it_is = push_button(
            self.tr("Send as it is"),
            lambda: self.publish(as_it_is=True),
            icon_name="warning",
            tooltip=self.tr("Send the text although it is not valid JSON"),
        )
        self.send = push_button(
            self.tr("Publish"),
            self.publish,
            icon_name="send",
            kind="primary",
            tooltip=self.tr("Publish (Ctrl+Enter)"),
        )
        self.notes = label("", "caption", wrap=True)
        self.option_error = label("", "caption", wrap=True)
        set_tone(self.option_error, "error")
        self.dot = StatusDot("muted", self)
        self.outcome = label("", "heading")
        self.outcome_details = label("", "caption", wrap=True)
        self.topic.textChanged.connect(self._on_topic_changed)
        self.topic.returnPressed.connect(self.editor.setFocus)
        self.editor.textChanged.connect(self._on_text_changed)
        self.format.changed.connect(self._on_format_changed)
        self.qos.changed.connect(self._on_option_changed)
        self.retain.toggled.connect(self._on_option_changed)

    def _lay_out(self) -> None:
        above = QHBoxLayout()
        above.addWidget(self.format)
        above.addWidget(self.size, 1)
        below = QHBoxLayout()
        below.setSpacing(GAP)
        below.addWidget(label("QoS", "muted"))
        below.addWidget(self.qos)
        below.addSpacing(GAP_XS)
        below.addWidget(self.retain)
        below.addStretch(1)
        below.addWidget(self.as_it_is)
        below.addWidget(self.send)
        self._result = QWidget(self)
        line = QHBoxLayout(self._result)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GAP)
        top = Qt.AlignmentFlag.AlignTop
        dot = QVBoxLayout()
        dot.addSpacing(5)
        dot.addWidget(self.dot)
        dot.addStretch(1)
        line.addLayout(dot)
        line.addWidget(self.outcome, 0, top)
        line.addWidget(self.outcome_details, 1, top)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(self.topic_field)
        layout.addLayout(above)
        layout.addWidget(self.editor, 1)
        layout.addWidget(self.hint)
        layout.addLayout(below)
        layout.addWidget(self.option_error)
        layout.addWidget(self.notes)
        layout.addWidget(self._result)

    # -- the draft ----------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        draft = self._draft
        draft.topic = self.topic.text()
        draft.text = self.editor.text()
        draft.cursor = self.editor.textCursor().position()
        draft.format = Format(self.format.index)
        draft.qos = self.qos.index
        draft.retain = self.retain.isChecked()

    def _load(self, draft: Draft) -> None:
        self._loading = True
        self.topic.setText(draft.topic)
        self.format.set_index(draft.format)
        self.editor.set_json(draft.format is Format.JSON)
        self.editor.setPlainText(draft.text)
        cursor = self.editor.textCursor()
        cursor.setPosition(min(draft.cursor, self.editor.document().characterCount() - 1))
        self.editor.setTextCursor(cursor)
        self._show_limits()
        self.qos.set_index(min(draft.qos, self._highest_qos()))
        self.retain.setChecked(draft.retain and self.retain.isEnabled())
        self._loading = False
        self._clear_errors()
        self.check()
        self._show_outcome()

    # -- what the user does -------------------------------------------------------------------------------------------

    def _on_keys(self) -> None:
        self.publish()

    def _on_topic_changed(self, text: str) -> None:
        if text.endswith(("\n", "\r")):  # copied with the end of its line
            self.topic.setText(text.rstrip("\r\n"))
        self.topic_field.set_error("")

    def _on_text_changed(self) -> None:
        if not self._loading:
            self._check_timer.start()

    def _on_option_changed(self) -> None:
        self._clear_errors()
        self._show_retain()

    def _on_format_changed(self, index: int) -> None:
        """Keeps the bytes where the format changes between text and hex."""
        if self._loading:
            return
        before, after = self._draft.format, Format(index)
        text = self.editor.text()
        converted: str | None = text
        if Format.HEX in (before, after) and text and before is not after:
            converted = _convert(text, before, after)
        if converted is None:
            self.format.set_index(before)
            self.hint.set_message(
                self.tr("These bytes are no text that an editor could show; they stay as hex."),
                kind="warn",
            )
            self.hint.show()
            return
        self._draft.format = after
        self.editor.set_json(after is Format.JSON)
        if converted != text:
            self.editor.replace_text(converted)
        self.check()

    # -- the broker's side --------------------------------------------------------------------------------------------

    async def _send(self, connection: Connection, sending: Sending) -> None:
        def on_state(change: StateChange) -> None:
            if change.state is not LinkState.CONNECTED:
                sending.interrupted = True
                self._show_if_current(sending)

        stop = connection.state_changed.connect(on_state)
        try:
            sending.result = await connection.publish(sending.request)
        except MqttExplorerError as error:
            sending.error = error
        finally:
            stop()
            sending.ended_ns = time.time_ns()
        if sending.failure:
            kind = LogKind.REFUSAL if sending.error is None else LogKind.ERROR
            text = f"{wording_topic(sending.request.topic)}: {sending.failure}"
            connection.log.add(sending.ended_ns, kind, "Message not published", text)
        self._show_if_current(sending)

    def _show_if_current(self, sending: Sending) -> None:
        """The answer may come when another draft is shown, or after the window is gone."""
        if isValid(self) and self._draft.sending is sending:
            self._show_outcome()
            if sending.error is not None and sending.error.field:
                self._show_error(sending.error)

    def _on_state(self, _change: StateChange) -> None:
        self._show_limits()
        self._show_buttons()

    def _connack(self) -> Connack | None:
        return self._connection.state.connack if self._connection is not None else None

    def _highest_qos(self) -> int:
        connack = self._connack()
        return 2 if connack is None or connack.maximum_qos is None else connack.maximum_qos

    # -- showing ------------------------------------------------------------------------------------------------------

    def _show_limits(self) -> None:
        """Switches off what this broker does not take; the reasons stand in words below."""
        highest = self._highest_qos()
        reason = self.tr("This broker takes QoS {n} at most.").format(n=highest)
        if self.qos.index > highest:
            self.qos.set_index(highest)
        for qos in range(3):
            self.qos.set_reason(qos, reason if qos > highest else "")
        connack = self._connack()
        keeps = connack is None or connack.retain_available is not False
        if not keeps:
            self.retain.setChecked(False)
        self.retain.setEnabled(keeps)
        self._show_retain()

    def _show_retain(self) -> None:
        notes = []
        highest = self._highest_qos()
        if highest < 2:
            notes.append(self.tr("This broker takes QoS {n} at most.").format(n=highest))
        if not self.retain.isEnabled():
            notes.append(self.tr("This broker keeps no retained messages."))
        elif self.retain.isChecked() and self.editor.document().isEmpty():
            notes.append(self.tr("Clears the retained message of this topic by publishing an empty one."))
        elif self.retain.isChecked():
            notes.append(
                self.tr(
                    "The broker keeps the last retained message and hands it to everyone who subscribes later."
                )
            )
        if not self._is_up():
            notes.append(self._why_not())
        self.notes.setText(" ".join(notes))
        self.notes.setVisible(bool(notes))

    def _is_up(self) -> bool:
        return self._connection is not None and self._connection.state.state is LinkState.CONNECTED

    def _why_not(self) -> str:
        if self._connection is None:
            return self.tr("Not connected: connect to a broker to publish. The draft is kept.")
        if self._connection.state.state is LinkState.CONNECTING:
            return self.tr("Connecting: publishing is possible as soon as the broker answers.")
        return self.tr(
            "Not connected to {broker}: publishing waits for the connection. The draft is kept."
        ).format(broker=self._connection.title)

    def _show_buttons(self) -> None:
        up = self._is_up()
        broken_json = self._problem is not None and self.format.index == Format.JSON
        self.send.setVisible(not broken_json)
        self.as_it_is.setVisible(broken_json)
        self.send.setEnabled(up)
        self.as_it_is.setEnabled(up)
        self._show_retain()

    def _show_problem(self, problem: Problem | None) -> None:
        self.editor.mark_line(problem.line if problem is not None else 0)
        if problem is not None:
            strong = self.tr("Line {n}:").format(n=problem.line)
            self.hint.set_message(problem.sentence, kind="error", strong=strong)
        self.hint.setVisible(problem is not None)

    def _show_size(self, text: str, form: Format) -> None:
        try:
            size = wording.size(len(drafts.encode(text, form)))
        except MqttExplorerError:
            size = "–"
        connack = self._connack()
        limit = connack.maximum_packet_size if connack is not None else None
        told = self.tr("{size} of {limit}").format(size=size, limit=wording.size(limit)) if limit else size
        if form is Format.JSON and len(text) > drafts.CHECK_LIMIT:
            told = self.tr("{size} · too long to be checked").format(size=told)
        self.size.setText(told)

    def _show_error(self, error: MqttExplorerError) -> None:
        if error.field == "topic":
            self.topic_field.set_error(error.message)
            self.topic.setFocus()
        elif error.field == "payload":
            self.hint.set_message(error.message, kind="error")
            self.hint.show()
        else:
            self.option_error.setText(error.message)
            self.option_error.show()

    def _clear_errors(self) -> None:
        self.topic_field.set_error("")
        self.option_error.clear()
        self.option_error.hide()

    def _show_outcome(self) -> None:
        sending = self._draft.sending
        self._result.setVisible(sending is not None)
        under_way = sending is not None and sending.under_way
        if under_way and not self._seconds.isActive():
            self._seconds.start()
        elif not under_way:
            self._seconds.stop()
        if sending is None:
            return
        told = tell(sending)
        self.dot.set_tone(told.tone, hollow=under_way)
        self.outcome.setText(told.strong)
        set_tone(self.outcome, told.tone)
        self.outcome_details.setText(told.details)


def wording_topic(topic: str) -> str:
    """A topic short enough for a sentence."""
    return topic if len(topic) <= 200 else topic[:200] + "…"


def _convert(text: str, before: Format, after: Format) -> str | None:
    """The same bytes in the other format; the text itself where it is faulty now, None where no text can show them."""
    try:
        payload = drafts.encode(text, before)
    except MqttExplorerError:
        return text
    return drafts.hex_text(payload) if after is Format.HEX else drafts.plain_text(payload)
