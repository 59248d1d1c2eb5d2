# SPDX-License-Identifier: MIT
"""The Publish panel: topic, payload, QoS, retain, and what the broker answered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import isValid

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.models import wording
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.panels.publish import draft as drafts
from mqtt_explorer.panels.publish.draft import Draft, Format, Problem
from mqtt_explorer.panels.publish.form import PublishForm
from mqtt_explorer.panels.publish.held import HeldBox
from mqtt_explorer.panels.publish.sending import Sending, tell
from mqtt_explorer.protocol.limits import NO_LIMITS
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.protocol.requests import PublishRequest
from mqtt_explorer.store.log_book import LogKind
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.network.link import StateChange
    from mqtt_explorer.protocol.limits import Limits
    from mqtt_explorer.widgets.title_bar import TitleBar

_CHECK_AFTER_MS: Final = 150
_SECONDS_MS: Final = 250
_LEAST_WIDTH: Final = 256


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
        self.setMinimumWidth(_LEAST_WIDTH)  # else the wide layout would not let itself be made narrow
        self.form = PublishForm(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.held = HeldBox(self)
        self.held.focus_left.connect(self.form.topic.setFocus)
        layout.setSpacing(GAP)
        layout.addWidget(self.held)
        layout.addWidget(self.form)
        self._connect()
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self._on_keys)
        self.setFocusProxy(self.form.topic)
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
        self.held.set_connection(connection)

    def set_topic(self, text: str) -> None:
        """Takes a topic over ("Publish here") and goes to the payload; the rest of the draft stays."""
        self.form.topic.setText(text)
        self.form.editor.setFocus()

    def clear(self) -> None:
        """Begins a new draft; undo in the editor brings the payload back."""
        self.form.topic.clear()
        self.form.editor.replace_text("")
        self.form.retain.setChecked(False)
        self.form.topic.setFocus()

    def publish(self, *, as_it_is: bool = False) -> None:
        """Sends the draft, or says at the field what keeps it from being sent. Without a connection it is held instead.

        Args:
            as_it_is: Sends text that is not valid JSON although JSON is chosen.
        """
        connection = self._connection
        if connection is None:
            return
        self.check()
        if self._problem is not None and not (as_it_is and self._draft.format is Format.JSON):
            self.form.editor.go_to_line(self._problem.line)
            return
        self._save()
        draft = self._draft
        try:
            payload = drafts.encode(draft.text, draft.format)
            request = PublishRequest(draft.topic, payload, draft.qos, draft.retain)
            if connection.state.state is not LinkState.CONNECTED:
                self._hold(connection, request)
                return
        except MqttExplorerError as error:
            self.form.show_error(error)
            return
        sending = Sending(request, v5=connection.options.version is ProtocolVersion.V5)
        draft.sending = sending
        self._show_outcome()
        create_task(self._send(connection, sending), name="publish")

    def _hold(self, connection: Connection, request: PublishRequest) -> None:
        connection.hold(request)
        self._draft.sending = None
        self.form.clear_errors()
        self._show_outcome()

    def check(self) -> None:
        """Looks at the payload now instead of a moment after the last key."""
        self._check_timer.stop()
        text, form = self.form.editor.text(), Format(self.form.format.index)
        self._problem = drafts.problem_of(text, form)
        self.form.show_problem(self._problem)
        self._show_size(text, form)
        self._show_retain()
        self._show_buttons()

    def _connect(self) -> None:
        form = self.form
        form.topic.textChanged.connect(self._on_topic_changed)
        form.topic.returnPressed.connect(form.editor.setFocus)
        form.editor.textChanged.connect(self._on_text_changed)
        form.format.changed.connect(self._on_format_changed)
        form.qos.changed.connect(self._on_option_changed)
        form.retain.toggled.connect(self._on_option_changed)
        form.send.clicked.connect(lambda: self.publish())
        form.as_it_is.clicked.connect(lambda: self.publish(as_it_is=True))

    # -- the draft ----------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        draft = self._draft
        draft.topic = self.form.topic.text()
        draft.text = self.form.editor.text()
        draft.cursor = self.form.editor.textCursor().position()
        draft.format = Format(self.form.format.index)
        draft.qos = self.form.qos.index
        draft.retain = self.form.retain.isChecked()

    def _load(self, draft: Draft) -> None:
        self._loading = True
        self.form.topic.setText(draft.topic)
        self.form.format.set_index(draft.format)
        self.form.editor.set_json(draft.format is Format.JSON)
        self.form.editor.setPlainText(draft.text)
        cursor = self.form.editor.textCursor()
        cursor.setPosition(min(draft.cursor, self.form.editor.document().characterCount() - 1))
        self.form.editor.setTextCursor(cursor)
        self._show_limits()
        self.form.qos.set_index(min(draft.qos, self._limits().maximum_qos))
        self.form.retain.setChecked(draft.retain and self.form.retain.isEnabled())
        self._loading = False
        self.form.clear_errors()
        self.check()
        self._show_outcome()

    # -- what the user does -------------------------------------------------------------------------------------------

    def _on_keys(self) -> None:
        self.publish()

    def _on_topic_changed(self, text: str) -> None:
        if text.endswith(("\n", "\r")):  # copied with the end of its line
            self.form.topic.setText(text.rstrip("\r\n"))
        self.form.topic_field.set_error("")
        if self._limits().topic_slashes is not None:
            self._show_retain()

    def _on_text_changed(self) -> None:
        if not self._loading:
            self._check_timer.start()

    def _on_option_changed(self) -> None:
        self.form.clear_errors()
        self._show_retain()

    def _on_format_changed(self, index: int) -> None:
        """Keeps the bytes where the format changes between text and hex."""
        if self._loading:
            return
        before, after = self._draft.format, Format(index)
        text = self.form.editor.text()
        converted: str | None = text
        if Format.HEX in (before, after) and text and before is not after:
            converted = _convert(text, before, after)
        if converted is None:
            self.form.format.set_index(before)
            self.form.hint.set_message(
                self.tr("These bytes are no text that an editor could show; they stay as hex."),
                kind="warn",
            )
            self.form.hint.show()
            return
        self._draft.format = after
        self.form.editor.set_json(after is Format.JSON)
        if converted != text:
            self.form.editor.replace_text(converted)
        self.check()

    # -- the broker's side --------------------------------------------------------------------------------------------

    async def _send(self, connection: Connection, sending: Sending) -> None:
        def on_state(change: StateChange) -> None:
            sending.down = None if change.state is LinkState.CONNECTED else change.state
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
            text = f"{_short_topic(sending.request.topic)}: {sending.failure}"
            connection.log.add(sending.ended_ns, kind, "Message not published", text)
        self._show_if_current(sending)

    def _show_if_current(self, sending: Sending) -> None:
        """The answer may come when another draft is shown, or after the window is gone."""
        if isValid(self) and self._draft.sending is sending:
            self._show_outcome()
            if sending.error is not None and sending.error.field:
                self.form.show_error(sending.error)

    def _on_state(self, _change: StateChange) -> None:
        self._show_limits()
        self._show_buttons()

    def _limits(self) -> Limits:
        return self._connection.limits if self._connection is not None else NO_LIMITS

    # -- showing ------------------------------------------------------------------------------------------------------

    def _show_limits(self) -> None:
        """Switches off what this broker does not take; the reasons stand in words below."""
        limits = self._limits()
        if self.form.qos.index > limits.maximum_qos:
            self.form.qos.set_index(limits.maximum_qos)
        for qos in range(3):
            self.form.qos.set_reason(qos, limits.qos_reason(qos) or "")
        reason = limits.retain_reason()
        if reason is not None:
            self.form.retain.setChecked(False)
        self.form.retain.setEnabled(reason is None)
        self.form.explain_retain(reason)
        self._show_retain()

    def _show_retain(self) -> None:
        notes = []
        limits = self._limits()
        if (no_qos_2 := limits.qos_reason(2)) is not None:
            notes.append(no_qos_2)
        if (too_deep := limits.topic_reason(self.form.topic.text())) is not None:
            notes.append(too_deep)
        if (no_retain := limits.retain_reason()) is not None:
            notes.append(no_retain)
        elif self.form.retain.isChecked() and self.form.editor.document().isEmpty():
            notes.append(self.tr("Clears the retained message of this topic by publishing an empty one."))
        elif self.form.retain.isChecked():
            notes.append(
                self.tr(
                    "The broker keeps the last retained message and hands it to everyone who subscribes later."
                )
            )
        if not self._is_up():
            notes.append(self._why_not())
        self.form.notes.setText(" ".join(notes))
        self.form.notes.setVisible(bool(notes))

    def _is_up(self) -> bool:
        return self._connection is not None and self._connection.state.state is LinkState.CONNECTED

    def _why_not(self) -> str:
        if self._connection is None:
            return self.tr("Not connected: connect to a broker to publish. The draft is kept.")
        return self.tr("Not connected to {broker}: a message is held here until you send it.").format(
            broker=one_line(self._connection.title, 60)
        )

    def _show_buttons(self) -> None:
        up = self._is_up()
        broken_json = self._problem is not None and self.form.format.index == Format.JSON
        self.form.send.setVisible(not broken_json)
        self.form.as_it_is.setVisible(broken_json)
        hold = not up and self._connection is not None
        self.form.send.setText(self.tr("Hold") if hold else self.tr("Publish"))
        self.form.explain_as_it_is(hold=hold)
        self.form.send.setToolTip(
            self.tr("Publish (Ctrl+Enter)")
            if up
            else self.tr(
                "Keep the message until the broker is connected; it is sent when you say so (Ctrl+Enter)"
            )
        )
        self.form.send.setEnabled(self._connection is not None)
        self.form.as_it_is.setEnabled(self._connection is not None)
        self._show_retain()

    def _show_size(self, text: str, form: Format) -> None:
        try:
            size = wording.size(len(drafts.encode(text, form)))
        except MqttExplorerError:
            size = "–"
        limit = self._limits().packet_bytes
        told = self.tr("{size} of {limit}").format(size=size, limit=wording.size(limit)) if limit else size
        if form is Format.JSON and len(text) > drafts.CHECK_LIMIT:
            told = self.tr("{size} · too long to be checked").format(size=told)
        self.form.size_label.setText(told)

    def _show_outcome(self) -> None:
        sending = self._draft.sending
        under_way = sending is not None and sending.under_way
        if under_way and not self._seconds.isActive():
            self._seconds.start()
        elif not under_way:
            self._seconds.stop()
        self.form.show_outcome(tell(sending) if sending is not None else None, under_way=under_way)


def _short_topic(topic: str) -> str:
    """A topic short enough for a sentence."""
    return topic if len(topic) <= 200 else topic[:200] + "…"


def _convert(text: str, before: Format, after: Format) -> str | None:
    """The same bytes in the other format; the text itself where it is faulty now, None where no text can show them."""
    try:
        payload = drafts.encode(text, before)
    except MqttExplorerError:
        return text
    return drafts.hex_text(payload) if after is Format.HEX else drafts.plain_text(payload)
