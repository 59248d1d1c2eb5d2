# SPDX-License-Identifier: MIT
"""The Topics panel: the live tree of one connection."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtCore import QModelIndex, QPoint, QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from mqtt_explorer.models import wording
from mqtt_explorer.models.topic_model import TOPIC, TopicModel
from mqtt_explorer.panels.topics import view_state
from mqtt_explorer.panels.topics.menu import TopicActions, build_menu
from mqtt_explorer.panels.topics.situation import situation, warning
from mqtt_explorer.panels.topics.tree import EXPAND_LIMIT, TopicTree
from mqtt_explorer.widgets.cards import EmptyState
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.models.frame_clock import FrameClock


class TopicsPanel(QWidget):
    """The topic tree; a click selects, the arrow folds, nothing moves by itself.

    Selection, unfolded branches and scroll position are kept for each connection it showed.

    Signals:
        topic_selected(bytes): The user went to another topic.
        publish_requested(bytes): "Publish here" on a topic.
        subscribe_requested(str): "Subscribe to this branch", with the filter.
        info_changed(str): What stands beside the panel's title: "1,284 topics · 312 msg/s".
    """

    topic_selected = Signal(bytes)
    publish_requested = Signal(bytes)
    subscribe_requested = Signal(str)
    info_changed = Signal(str)

    def __init__(self, clock: FrameClock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Topics")
        self.info = ""
        self._connection: Connection | None = None
        self._disconnect: list[Callable[[], None]] = []
        self._states: WeakKeyDictionary[Connection, view_state.ViewState] = WeakKeyDictionary()
        self._measured: tuple[float, int] = (0.0, 0)
        self.model = TopicModel(clock, self)
        self.tree = TopicTree(self.model, self)
        self.empty = EmptyState("topic", "", "", self)
        self.warning = Strip("error", "", self)
        self.note = Strip("info", "", self, dismissable=True)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.tree)
        self._stack.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(self.warning)
        layout.addWidget(self.note)
        layout.addWidget(self._stack, 1)
        self.note.hide()
        self.setFocusProxy(self.tree)
        # Many filters change one by one; one look after them is enough.
        self._look_soon = QTimer(self, singleShot=True, interval=0)
        self._look_soon.timeout.connect(self._show_situation)
        # Not the current row: that one changes when the tree merely gets the focus.
        self.tree.selectionModel().selectionChanged.connect(lambda *_: self._on_selected())
        self.tree.menu_wanted.connect(self._show_menu)
        self.tree.end_cut.connect(self._on_end_cut)
        self.model.rowsInserted.connect(self._on_rows_inserted)
        clock.tick.connect(self._on_tick)
        self._show_situation()

    def set_connection(self, connection: Connection | None) -> None:
        """Shows another connection's tree as it was left, or that there is none.

        Comes before a connection is closed: the tree holds its nodes.
        """
        if connection is self._connection:
            return
        if self._connection is not None:
            self._states[self._connection] = view_state.take(self.tree, self.model)
        for disconnect in self._disconnect:
            disconnect()
        self._disconnect = []
        self._connection = connection
        self._measured = (0.0, 0)
        self.note.hide()
        self.model.set_store(connection.store if connection is not None else None)
        if connection is not None:
            self._disconnect = [
                connection.state_changed.connect(lambda _change: self._show_situation()),
                connection.subscriptions.changed.connect(lambda _row: self._look_soon.start()),
            ]
            view_state.put(self._states.get(connection, view_state.ViewState()), self.tree, self.model)
        self._show_situation()
        self._show_info()

    def set_paused(self, paused: bool) -> None:
        """Freezes the tree, or goes on; `model.waiting` counts what waits."""
        self.model.set_paused(paused)

    def select_topic(self, topic: bytes) -> bool:
        """Unfolds the way to a topic and selects it; returns False when the tree does not have it."""
        store = self.model.store
        node = store.find(topic) if store is not None else None
        if node is None:
            return False
        index = self.model.reveal(node)
        parent = index.parent()
        while parent.isValid():
            self.tree.expand(parent)
            parent = parent.parent()
        self.tree.setCurrentIndex(index)
        self.tree.scrollTo(index)
        return True

    def expand_below(self, index: QModelIndex) -> None:
        """Unfolds everything below a row, and says so where that was too much."""
        if not index.isValid() or self.tree.expand_below(index):
            return
        text = self.tr("More than {limit} topics lie below; those that were too many stay folded.")
        self._say(text.format(limit=f"{EXPAND_LIMIT:,}"))

    def collapse_below(self, index: QModelIndex) -> None:
        """Folds everything below a row."""
        if index.isValid():
            self.tree.collapse_below(index)

    def _on_selected(self) -> None:
        rows = self.tree.selectionModel().selectedRows(TOPIC)
        if rows:
            self.topic_selected.emit(self.model.node(rows[0]).topic)

    def _show_menu(self, index: QModelIndex, place: QPoint) -> None:
        # Looked up again when the action comes: another connection may be shown by then.
        node = self.model.node(index)
        actions = TopicActions(
            self.subscribe_requested.emit,
            self.publish_requested.emit,
            lambda: self.expand_below(self.model.index_of(node)),
            lambda: self.collapse_below(self.model.index_of(node)),
            self._say,
        )
        build_menu(self, node, actions).popup(place)

    def _on_end_cut(self, shown: int, total: int) -> None:
        text = self.tr("This branch shows its first {shown} of {total} topics.")
        self._say(text.format(shown=f"{shown:,}", total=f"{total:,}"))

    def _say(self, text: str) -> None:
        self.note.set_message(text)
        self.note.show()

    def _on_rows_inserted(self) -> None:
        if self._stack.currentWidget() is not self.tree:
            self._show_situation()

    def _show_situation(self) -> None:
        has_rows = self.model.rowCount() > 0
        if not has_rows:
            now = situation(self._connection)
            self.empty.set_texts(one_line(now.title, 60), one_line(now.text), now.icon)
        told = warning(self._connection) if has_rows else None
        if told is not None:
            kind, strong, text = told
            self.warning.set_message(
                one_line(text), kind="error" if kind == "error" else "warn", strong=one_line(strong, 60)
            )
        self.warning.setVisible(told is not None)
        self._stack.setCurrentWidget(self.tree if has_rows else self.empty)

    def _on_tick(self) -> None:
        if time.monotonic() - self._measured[0] >= 1.0:
            self._show_info()
            if self.isVisible():
                self.tree.page_in()

    def _show_info(self) -> None:
        """Topics, and messages a second since the last time."""
        text = ""
        if self._connection is not None:
            counters = self._connection.store.counters
            now, (before, received) = time.monotonic(), self._measured
            self._measured = (now, counters.received)
            count = self.tr("1 topic") if counters.topics == 1 else self.tr("{n} topics")
            text = count.format(n=f"{counters.topics:,}")
            if before:
                text += f" · {_per_second((counters.received - received) / (now - before))}"
        if text != self.info:
            self.info = text
            self.info_changed.emit(text)


def _per_second(rate: float) -> str:
    return wording.translate("{n} msg/s").format(
        n=f"{rate:,.0f}" if rate >= 10 or not rate else f"{rate:.1f}"
    )
