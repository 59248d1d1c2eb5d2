# SPDX-License-Identifier: MIT
"""The Message panel: the last message of a topic, or one of its history."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from mqtt_explorer.panels.message.formats import Formats
from mqtt_explorer.panels.message.head import MessageHead
from mqtt_explorer.panels.message.history import History
from mqtt_explorer.panels.message.history_splitter import HistorySplitter
from mqtt_explorer.panels.message.saving import Saving
from mqtt_explorer.panels.message.situation import Situation, without_bytes, without_message
from mqtt_explorer.panels.message.tabs import DIFF, PAYLOAD, PROPERTIES, MessageTabs
from mqtt_explorer.payload.registry import find_decoder, split_choice
from mqtt_explorer.widgets.cards import EmptyState
from mqtt_explorer.widgets.clipboard import copy_bytes
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.models.frame_clock import FrameClock
    from mqtt_explorer.payload.api import Document
    from mqtt_explorer.payload.diff import Diff
    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.store.topic_tree import Node

_SHARE: Final = 0.15
"""Of the window's time, what showing new messages may take."""
_HISTORY_FROM: Final = 20
"""Heights of the text: a lower panel shows the payload alone."""
_AGE_EVERY: Final = 15
"""Frames: the age of a message goes on about twice a second."""


class MessagePanel(QWidget):
    """Follows the newest message of a topic until the user goes to an older one or marks text; "Live" follows again.

    Signals:
        topic_selected(bytes): The user clicked a level of the path, or a topic in the properties.
        limit_wanted: The user wants to keep more of large payloads.
        room_wanted: The panel is to have all the room, or to give it back.
    """

    topic_selected = Signal(bytes)
    limit_wanted = Signal()
    room_wanted = Signal()

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
        self._not_before = 0.0
        self._clock = clock
        self._build()
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
        self.formats.set_topic(self._connection, topic)
        self._show_format("")
        self.tabs.leave()
        self.head.done.hide()
        self._find_node()
        self.go_live()

    def show_message(self, message: Message) -> None:
        """Goes to one message of any topic and stays there."""
        topic = message.topic.encode()
        if topic != self._topic:
            self.topic_selected.emit(topic)
            if topic != self._topic:
                self.show_topic(topic)
        self._pin(message)

    def compare(self, a: Message | None, b: Message) -> None:
        """Shows what changed from one message to another, under Diff."""
        self._pin(b)
        self.tabs.setCurrentIndex(DIFF)
        self.history.set_pair(a, b)

    def show_tab(self, tab: int) -> None:
        """Goes to a tab (`tabs.PAYLOAD` …) and gives it the focus."""
        self.tabs.setCurrentIndex(tab)
        if self.stack.currentWidget() is self.tabs:
            self.tabs.currentWidget().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_paused(self, paused: bool) -> None:
        """Freezes message and history, or goes on."""
        self._paused = paused
        self.history.model.set_paused(paused)

    def go_live(self) -> None:
        """Follows the newest message again."""
        self._pinned = False
        self.history.set_pinned(None)
        self._show_newest(following=False)

    def copy(self) -> None:
        """Puts the payload on the clipboard, byte for byte where it is text."""
        self._copy(self._message)

    def save(self) -> None:
        """Asks where to save the payload, byte for byte."""
        if self._message is not None and self._message.payload:
            self.saving.ask(self._message)

    def choose_format(self) -> None:
        """Opens the menu of the decoders under its chip."""
        message, chip = self._message, self.head.chips.format
        if message is None or not message.payload:
            return
        document = self.tabs.document.document
        at = chip.rect().bottomLeft() if chip.isVisible() else QPoint(0, 0)
        widget = chip if chip.isVisible() else self.tabs
        self.formats.open_menu(
            message, document.label if document is not None else "", widget.mapToGlobal(at)
        )

    # --- building -----------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.head = MessageHead(self)
        self.formats = Formats(self)
        self.saving = Saving(self)
        self.tabs = MessageTabs(self)
        self.setFocusProxy(self.tabs.currentWidget())
        self.empty = EmptyState("messages", "", "", self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.tabs)
        self.stack.addWidget(self.empty)
        self.history = History(self._clock, self)
        upper = QWidget(self)
        top = QVBoxLayout(upper)
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(GAP)
        top.addWidget(self.head)
        top.addWidget(self.stack, 1)
        self.splitter = HistorySplitter(upper, self.history, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)
        self._wire()

    def _wire(self) -> None:
        head, tabs, history = self.head, self.tabs, self.history
        head.breadcrumb.level_clicked.connect(self.topic_selected)
        head.copy_wanted.connect(self.copy)
        head.save_wanted.connect(self.save)
        head.limit_wanted.connect(self.limit_wanted)
        head.room_wanted.connect(self.room_wanted)
        head.chips.format_clicked.connect(self.choose_format)
        self.formats.changed.connect(self._on_format)
        self.formats.failed.connect(lambda text: head.say(text, failed=True))
        self.saving.said.connect(head.say)
        self.saving.failed.connect(lambda title, text: head.say(text, strong=title, failed=True))
        tabs.currentChanged.connect(self._on_tab)
        tabs.decoded.connect(self._on_decoded)
        tabs.compared.connect(self._on_compared)
        tabs.swap_wanted.connect(history.swap)
        tabs.held.connect(self._stay)
        tabs.said.connect(head.say)
        tabs.failed.connect(lambda title, text: head.say(text, strong=title, failed=True))
        tabs.topic_wanted.connect(self.topic_selected)
        tabs.message_wanted.connect(self.show_message)
        history.message_chosen.connect(self._pin)
        history.live_wanted.connect(self.go_live)
        history.copy_wanted.connect(self.copy)
        history.payload_copy_wanted.connect(self._copy)
        history.save_wanted.connect(self.saving.ask)
        history.compare_wanted.connect(self.compare)
        history.pair_changed.connect(self._show_pair)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low panel the payload needs the room of its history."""
        super().resizeEvent(event)
        self._show_history()

    def _show_history(self) -> None:
        enough = self.height() >= theme().ui_px * _HISTORY_FROM
        self.history.setVisible(self._message is not None and enough)
        self.splitter.share()

    # --- following ----------------------------------------------------------------------------------------------

    def _find_node(self) -> None:
        store = self._connection.store if self._connection is not None else None
        if store is not None and self._topic is not None:
            self._node = store.find(self._topic)
        self.head.breadcrumb.set_topic(self._topic, self._node)
        decoders = self._connection.marks.decoders if self._connection is not None else None
        self.history.model.set_node(store, self._node, decoders)

    def _on_tick(self) -> None:
        if not self._clock.frames % _AGE_EVERY and self._message is not None:
            self.head.chips.show_age()
            if self._node is not None and not self._paused:
                self.head.chips.show_count(self._node.count)
        if self._paused or self._topic is None:
            return
        if self._node is None:
            self._find_node()
        if self._pinned or time.monotonic() < self._not_before:
            return
        node, shown = self._node, self._message
        if node is None or node.seq < 0:
            self._show_empty(without_message(self._connection is not None, self._topic, node))
        elif shown is None or node.seq != shown.seq or node.payload_evicted != shown.evicted:
            self._show_newest(following=shown is not None)

    def _show_newest(self, *, following: bool) -> None:
        start = time.monotonic()
        node = self._node
        store = self._connection.store if self._connection is not None else None
        message = store.last_message(node) if store is not None and node is not None else None
        self._show(message, following=following)
        # A large payload that changes all the time may not take all the time.
        self._not_before = start + (time.monotonic() - start) / _SHARE

    def _pin(self, message: Message) -> None:
        self._pinned = True
        self.history.set_pinned(message)
        # Shown again, text that is marked in it would be lost.
        if self._message is None or self._message.seq != message.seq:
            self._show(message, following=True)

    def _stay(self) -> None:
        # The next message would take away what is marked.
        if not self._pinned and self._message is not None:
            # Of giants that come fast an earlier one may be in sight, and that is the one that is marked.
            self._pin(self.tabs.message or self._message)

    # --- showing ------------------------------------------------------------------------------------------------

    def _show(self, message: Message | None, *, following: bool) -> None:
        self._message = message
        self._show_history()
        self.head.show_message(message, self._node.count if self._node is not None else 1)
        if message is None:
            self.tabs.stop()
            self._show_empty(without_message(self._connection is not None, self._topic, self._node))
        elif not message.payload and self.tabs.currentIndex() not in (DIFF, PROPERTIES):
            if message.evicted:
                self.tabs.stop()  # the memory was to go
            self._show_empty(without_bytes(message))
        else:
            self.stack.setCurrentWidget(self.tabs)
            self._fill(following=following)

    def _fill(self, *, following: bool) -> None:
        message, tab = self._message, self.tabs.currentIndex()
        if message is None:
            return
        self.head.chips.set_format_wanted(tab in (PAYLOAD, DIFF) and bool(message.payload))
        live = following and not self._pinned
        self.tabs.show_message(message, self.formats.choice, self._connection, following=following, live=live)

    def _show_pair(self, a: Message | None, b: Message | None) -> None:
        if self.tabs.currentIndex() == DIFF:
            store = self._connection.store if self._connection is not None else None
            self.tabs.diff.show_pair(a, b, self.formats.choice, store)

    def _show_empty(self, situation: Situation) -> None:
        if (self.empty.title.text(), self.empty.text.text()) != situation[:2]:
            self.empty.set_texts(*situation)
        self.stack.setCurrentWidget(self.empty)

    def _on_tab(self, tab: int) -> None:
        self.setFocusProxy(self.tabs.currentWidget())
        self.history.set_comparing(tab == DIFF)
        if self._message is not None:
            self._show(self._message, following=True)

    def _on_format(self) -> None:
        self.history.view.viewport().update()
        if self.tabs.currentIndex() == DIFF:
            self._show_pair(*self.history.pair)
        else:
            self.tabs.setCurrentIndex(PAYLOAD)
            self._fill(following=False)

    def _on_compared(self, diff: Diff) -> None:
        self._show_format(" · ".join(dict.fromkeys(each for each in diff.labels if each)))

    def _on_decoded(self, document: Document) -> None:
        wanted = find_decoder(split_choice(self.formats.choice)[0])
        failed = wanted.label if wanted is not None and document.problem is not None else ""
        self._show_format(document.label, failed)

    def _show_format(self, label: str, failed: str = "") -> None:
        formats = self.formats
        remembered = formats.remembered[0] if formats.remembered is not None else None
        topic = self._topic.decode() if self._topic is not None else ""
        remembered = remembered if remembered != topic else None
        self.head.chips.show_format(formats.choice, label, remembered, failed)

    # --- doing --------------------------------------------------------------------------------------------------

    def _copy(self, message: Message | None) -> None:
        if message is not None and message.payload:
            self.head.say(copy_bytes(message.payload, message.size).sentence)
