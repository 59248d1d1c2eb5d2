# SPDX-License-Identifier: MIT
"""The Message panel: the last message of a topic, or one of its history."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMessageBox,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from mqtt_explorer.models import wording
from mqtt_explorer.models.topic_cells import counted
from mqtt_explorer.panels.message.breadcrumb import Breadcrumb
from mqtt_explorer.panels.message.chips import Chips
from mqtt_explorer.panels.message.export import SaveError, file_name, save_payload
from mqtt_explorer.panels.message.hex_view import HexView
from mqtt_explorer.panels.message.history import History
from mqtt_explorer.panels.message.payload_view import PayloadView
from mqtt_explorer.panels.message.properties_view import PropertiesView
from mqtt_explorer.payload.registry import AUTO
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.buttons import IconButton
from mqtt_explorer.widgets.cards import EmptyState
from mqtt_explorer.widgets.clipboard import copy_bytes
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_XS

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.models.frame_clock import FrameClock
    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.store.topic_tree import Node

PAYLOAD, HEX, PROPERTIES = range(3)
_SHARE: Final = 0.15
_HISTORY_FROM: Final = 20
"""Heights of the text: a lower panel shows the payload alone."""
"""Of the window's time, what showing new messages may take."""


class MessagePanel(QWidget):
    """Follows the newest message of a topic until the user goes to an older one or marks text; "Live" follows again.

    Signals:
        topic_selected(bytes): The user clicked a level of the path.
    """

    topic_selected = Signal(bytes)

    def __init__(self, clock: FrameClock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Message")
        self._connection: Connection | None = None
        self._topics: WeakKeyDictionary[Connection, bytes] = WeakKeyDictionary()
        self._topic: bytes | None = None
        self._node: Node | None = None
        self._message: Message | None = None
        self._pinned = False
        self._paused = False
        self._choice = AUTO
        self._not_before = 0.0
        self._build(clock)
        clock.tick.connect(self._on_tick)
        self.show_topic(None)

    # --- what others ask ----------------------------------------------------------------------------------------

    @property
    def message(self) -> Message | None:
        """The message shown."""
        return self._message

    @property
    def pinned(self) -> bool:
        """True while it stands at one message instead of following the newest."""
        return self._pinned

    def set_connection(self, connection: Connection | None) -> None:
        """Shows another connection, at the topic it was left at.

        Comes before the Topics panel's `set_connection`, whose restored selection tells the topic again.
        """
        if connection is self._connection:
            return
        self._connection = connection
        self.show_topic(self._topics.get(connection) if connection is not None else None)

    def show_topic(self, topic: bytes | None) -> None:
        """Shows the newest message of a topic and follows it."""
        self._topic = topic
        if self._connection is not None and topic is not None:
            self._topics[self._connection] = topic
        self._node = None
        self._choice = AUTO
        self._done.hide()
        self._find_node()
        self.go_live()

    def set_paused(self, paused: bool) -> None:
        """Freezes message and history, or goes on."""
        self._paused = paused
        self.history.model.set_paused(paused)

    def go_live(self) -> None:
        """Follows the newest message again."""
        self._pinned = False
        self.history.set_pinned(None)
        self._show_newest()

    # --- building -----------------------------------------------------------------------------------------------

    def _build(self, clock: FrameClock) -> None:
        self.breadcrumb = Breadcrumb(self)
        self.breadcrumb.level_clicked.connect(self.topic_selected)
        self.copy_button = IconButton("copy", self.tr("Copy the payload"), self, on_click=self._copy)
        self.save_button = IconButton("save", self.tr("Save the payload…"), self, on_click=self._save)
        self.chips = Chips(self)
        self.chips.format_chosen.connect(self._on_format_chosen)
        self.warning = Strip("warn", "", self)
        self._done = Strip("info", "", self, dismissable=True)
        self.payload = PayloadView(self)
        self.setFocusProxy(self.payload.text)
        self.payload.decoded.connect(lambda label: self.chips.show_format(self._choice, label))
        self.payload.held.connect(self._stay)
        self.hex = HexView(self)
        self.hex.copied.connect(self._say)
        self.properties = PropertiesView(self)
        self.properties.held.connect(self._stay)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        for widget, name in (
            (self.payload, self.tr("Payload")),
            (self.hex, self.tr("Hex")),
            (self.properties, self.tr("Properties")),
        ):
            self.tabs.addTab(widget, name)
        self.tabs.currentChanged.connect(lambda _tab: self._show_tab())
        self.empty = EmptyState("messages", "", "", self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.tabs)
        self.stack.addWidget(self.empty)
        self.history = History(clock, self)
        self.history.message_chosen.connect(self._pin)
        self.history.live_wanted.connect(self.go_live)
        self.history.copy_wanted.connect(self._copy)
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GAP_XS)
        head.addWidget(self.breadcrumb, 1)
        head.addWidget(self.copy_button)
        head.addWidget(self.save_button)
        upper = QWidget(self)
        top = QVBoxLayout(upper)
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(GAP)
        top.addLayout(head)
        top.addWidget(self.warning)
        top.addWidget(self.chips)
        top.addWidget(self._done)
        top.addWidget(self.stack, 1)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(upper)
        splitter.addWidget(self.history)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([360, 130])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low panel the payload needs the room of its history."""
        super().resizeEvent(event)
        self._show_history()

    def _show_history(self) -> None:
        enough = self.height() >= theme().ui_px * _HISTORY_FROM
        self.history.setVisible(self._message is not None and enough)

    # --- following ----------------------------------------------------------------------------------------------

    def _find_node(self) -> None:
        store = self._connection.store if self._connection is not None else None
        if store is not None and self._topic is not None:
            self._node = store.find(self._topic)
        self.breadcrumb.set_topic(self._topic, self._node)
        self.history.model.set_node(store, self._node)

    def _on_tick(self) -> None:
        if self._paused or self._topic is None:
            return
        if self._node is None:
            self._find_node()
        if self._pinned or time.monotonic() < self._not_before:
            return
        node, shown = self._node, self._message
        if node is None or node.seq < 0:
            self._show_empty()
        elif shown is None or node.seq != shown.seq or node.payload_evicted != shown.evicted:
            self._show_newest()

    def _show_newest(self) -> None:
        start = time.monotonic()
        node = self._node
        store = self._connection.store if self._connection is not None else None
        self._show(store.last_message(node) if store is not None and node is not None else None)
        # A large payload that changes all the time may not take all the time.
        self._not_before = start + (time.monotonic() - start) / _SHARE

    def _pin(self, message: Message) -> None:
        self._pinned = True
        self.history.set_pinned(message)
        # Shown again, text that is marked in it would be lost.
        if self._message is None or self._message.seq != message.seq:
            self._show(message)

    def _stay(self) -> None:
        # The next message would take away what is marked, or the page that was turned.
        if not self._pinned and self._message is not None:
            self._pinned = True
            self.history.set_pinned(self._message)

    # --- showing ------------------------------------------------------------------------------------------------

    def _show(self, message: Message | None) -> None:
        self._message = message
        has_bytes = message is not None and bool(message.payload)
        self.copy_button.setVisible(has_bytes)
        self.save_button.setVisible(has_bytes)
        self._show_history()
        self.chips.setVisible(message is not None)
        self._show_warning(message)
        if message is None:
            self._show_empty()
            return
        self.chips.show_message(message, self._node.count if self._node is not None else 1)
        if not has_bytes:
            self._show_no_bytes(message)
            return
        self.stack.setCurrentWidget(self.tabs)
        self._show_tab()

    def _show_tab(self) -> None:
        message = self._message
        if message is None:
            return
        tab = self.tabs.currentIndex()
        self.chips.set_format_wanted(tab == PAYLOAD and bool(message.payload))
        if tab == PAYLOAD:
            self.payload.show_payload(message.payload, cut=message.truncated, choice=self._choice)
        elif tab == HEX:
            self.hex.show_bytes(message.payload)
        else:
            self.properties.show_message(message)

    def _show_warning(self, message: Message | None) -> None:
        cut = message is not None and message.truncated
        if cut and message is not None:
            self.warning.set_message(
                self.tr("The rest was counted and let go; copying and saving give the part kept."),
                strong=self.tr("Kept {part} of {all}").format(
                    part=wording.size(len(message.payload)), all=wording.size(message.size)
                ),
            )
        self.warning.setVisible(cut)

    def _show_no_bytes(self, message: Message) -> None:
        if message.evicted or message.size:
            text = self.tr(
                "Its {n} bytes were dropped to stay within the memory budget. The next message will be shown."
            )
            self.empty.set_texts(self.tr("Payload evicted"), text.format(n=f"{message.size:,}"), "history")
        else:
            text = self.tr("A message of 0 bytes. Retained, it clears what the broker kept on this topic.")
            self.empty.set_texts(self.tr("Empty payload"), text, "minus")
        self.stack.setCurrentWidget(self.empty)

    def _show_empty(self) -> None:
        node = self._node
        if self._connection is None:
            texts = (self.tr("Not connected"), self.tr("Connect to a broker to see its messages."), "connect")
        elif self._topic is None:
            texts = (self.tr("No topic selected"), self.tr("Select a topic to see its messages."), "messages")
        elif node is not None and node.kids:
            below = counted(node.topics_below, node.messages_below)
            texts = (
                self.tr("Nothing received on this topic"),
                self.tr("Below it: {n}.").format(n=below),
                "tree",
            )
        else:
            texts = (
                self.tr("Nothing received on this topic"),
                self.tr("Its first message appears here."),
                "messages",
            )
        if (self.empty.title.text(), self.empty.text.text()) != texts[:2]:
            self.empty.set_texts(*texts)
        self.stack.setCurrentWidget(self.empty)

    # --- doing --------------------------------------------------------------------------------------------------

    def _on_format_chosen(self, name: str) -> None:
        self._choice = name
        self.tabs.setCurrentIndex(PAYLOAD)
        self._show_tab()

    def _copy(self) -> None:
        message = self._message
        if message is not None and message.payload:
            self._say(copy_bytes(message.payload, message.size).sentence)

    def _save(self) -> None:
        message = self._message
        if message is None:
            return
        dialog = QFileDialog(self, self.tr("Save the payload"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        # Its own question would run an event loop of its own, in the middle of ours.
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.selectFile(file_name(message))
        dialog.fileSelected.connect(lambda path: self._on_path_chosen(message, path))
        dialog.open()

    def _on_path_chosen(self, message: Message, path: str) -> None:
        if not Path(path).exists():
            self.save_to(message, path)
            return
        question = QMessageBox(self)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setIcon(QMessageBox.Icon.Warning)
        question.setTextFormat(Qt.TextFormat.PlainText)
        question.setText(self.tr("{name} is there already.").format(name=one_line(Path(path).name, 80)))
        question.setInformativeText(self.tr("Replacing it loses what it holds now."))
        replace = question.addButton(self.tr("Replace"), QMessageBox.ButtonRole.AcceptRole)
        question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
        replace.clicked.connect(lambda: self.save_to(message, path))
        question.open()

    def save_to(self, message: Message, path: str) -> None:
        """Writes a message's payload to a file beside the window and says how it went."""
        create_task(self._save_to(message, path), name="save payload")

    async def _save_to(self, message: Message, path: str) -> None:
        try:
            self._say(await save_payload(message, path))
        except SaveError as error:
            self._say(error.message, strong=error.title, failed=True)

    def _say(self, text: str, *, strong: str = "", failed: bool = False) -> None:
        self._done.set_message(one_line(text), kind="error" if failed else "info", strong=strong)
        self._done.show()
