# SPDX-License-Identifier: MIT
"""The Topics panel: the live tree of one connection, its favourites, and the search in it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mqtt_explorer.models.topic_columns import SortOrder
from mqtt_explorer.models.topic_model import TopicModel
from mqtt_explorer.panels.topics.deeds import HIDDEN, NAME_LIMIT, TopicDeeds
from mqtt_explorer.panels.topics.favourites import Favourites
from mqtt_explorer.panels.topics.figures import TopicFigures
from mqtt_explorer.panels.topics.foot import Note, SearchFoot
from mqtt_explorer.panels.topics.pages import TopicPages
from mqtt_explorer.panels.topics.search_row import Kept, SearchRow
from mqtt_explorer.panels.topics.situation import no_properties, warning
from mqtt_explorer.panels.topics.sort_menu import Look, TitleActions, TitleTools
from mqtt_explorer.panels.topics.tree import TopicTree
from mqtt_explorer.widgets.forms import Strip, StripKind
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QKeyEvent, QResizeEvent

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.models.frame_clock import FrameClock
    from mqtt_explorer.store.query import Query
    from mqtt_explorer.store.topic_tree import Node
    from mqtt_explorer.widgets.title_bar import TitleBar


class TopicsPanel(QWidget):
    """The topic tree; a click selects, the arrow folds, nothing moves by itself.

    Selection, unfolded branches, scroll position and search are kept for each connection it showed.

    Signals:
        topic_selected(bytes): The user went to another topic.
        publish_requested(bytes): "Publish here" on a topic.
        subscribe_requested(str): "Subscribe to this branch", with the filter.
        messages_requested(bytes): "Show its messages": those of a topic and of everything below it.
        search_requested(str): The user types in the tree; the bar takes the text and the focus.
        query_changed(Query): The panel itself changed what is searched for (Esc, another connection); the bar follows in silence.
        found(SearchState, int | None): How the search stands, and which hit is the current one, from 1.
        look_changed(): Columns, widths or order, for the settings.
        info_changed(str): What stands beside the panel's title: "1,284 topics · 312 msg/s", "38 of 1,284".
    """

    topic_selected = Signal(bytes)
    publish_requested = Signal(bytes)
    subscribe_requested = Signal(str)
    messages_requested = Signal(bytes)
    search_requested = Signal(str)
    query_changed = Signal(object)
    found = Signal(object, object)
    look_changed = Signal()
    info_changed = Signal(str)

    def __init__(self, clock: FrameClock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Topics")
        self.info = ""
        self._connection: Connection | None = None
        self._disconnect: list[Callable[[], None]] = []
        self._kept: WeakKeyDictionary[Connection, Kept] = WeakKeyDictionary()
        self._figures = TopicFigures()
        self._chosen: bytes | None = None
        self._deselected = False
        self._found: tuple[object, ...] = ()
        self._told: Look | None = Look()
        self.model = TopicModel(clock, self)
        self.tree = TopicTree(self.model, self)
        self.search_row = SearchRow(self.tree, self.model, lambda: self._chosen, self)
        self.favourites = Favourites(clock, self)
        self.pages = TopicPages(self.tree, self)
        self.warning = Strip("error", "", self)
        self.note = Note(self)
        self.foot = SearchFoot(self)
        self.deeds = TopicDeeds(self.tree, self.model, self.favourites, self.note, self)
        self.tools = TitleTools(self._title_actions(), self)
        self._lay_out()
        # Many filters change one by one; one look after them is enough.
        self._look_soon = QTimer(self, singleShot=True, interval=0)
        self._look_soon.timeout.connect(self._catch_up)
        self._wire(clock)
        self._show_row()
        self._show_situation()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        for part in (self.warning, self.note, self.search_row.chips, self.favourites):
            layout.addWidget(part)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.foot)
        self.setFocusProxy(self.tree)
        # The Tab key goes from top to bottom.
        stops = (
            *self.search_row.chips.stops,
            self.favourites.head,
            self.favourites.view,
            self.tree,
            self.foot.clear,
        )
        for before, after in itertools.pairwise(stops):
            QWidget.setTabOrder(before, after)

    def _wire(self, clock: FrameClock) -> None:
        # Not the current row: that one changes when the tree merely gets the focus.
        self.tree.chosen.connect(self._on_selected)
        self.tree.typed.connect(self.search_requested)
        self.tree.sort_requested.connect(self._sort)
        self.tree.columns_changed.connect(self._tell_look)
        self.model.rowsInserted.connect(self._on_rows_inserted)
        self.model.rowsRemoved.connect(lambda *_: self.model.rowCount() or self._look_soon.start())
        self.search_row.changed.connect(self._show_search)
        self.search_row.moved.connect(self.select_topic)
        self.pages.properties_requested.connect(
            lambda: self._change_search(self.search_row.look_into_properties)
        )
        self.foot.clear_requested.connect(lambda: self._change_search(self.search_row.clear))
        self.favourites.chosen.connect(self._go_to_favourite)
        self.favourites.publish_requested.connect(self.publish_requested)
        self.tools.opened.connect(self.deeds.hold)
        self.deeds.publish_requested.connect(self.publish_requested)
        self.deeds.subscribe_requested.connect(self.subscribe_requested)
        self.deeds.messages_requested.connect(self.messages_requested)
        self.deeds.find_requested.connect(
            lambda level: self._change_search(lambda: self.search_row.find_level(level))
        )
        clock.tick.connect(self._on_tick)

    def fill_title_bar(self, bar: TitleBar) -> None:
        """Adds the panel's buttons to its title bar."""
        self.tools.fill(bar)

    def set_connection(self, connection: Connection | None) -> None:
        """Shows another connection's tree as it was left, or that there is none.

        Comes before a connection is closed: the tree holds its nodes.
        """
        if connection is self._connection:
            return
        if self._connection is not None:
            self._kept[self._connection] = self.search_row.take()
        for disconnect in self._disconnect:
            disconnect()
        self._disconnect = []
        self._connection = connection
        self._figures.begin()
        self._chosen, self._found = None, ()
        self.search_row.leave()
        self.deeds.set_marks(connection.marks if connection is not None else None)
        kept = Kept()
        self.search_row.chips.set_no_properties(no_properties(connection))
        if connection is None:
            self.model.set_store(None)
            self.favourites.set_store(None)
        else:
            self.model.set_store(connection.store, connection.marks, connection.staleness)
            self.favourites.set_store(connection.store, connection.marks)
            self._disconnect = [
                connection.state_changed.connect(lambda _change: self._show_situation()),
                connection.subscriptions.changed.connect(lambda _row: self._look_soon.start()),
                connection.marks.changed.connect(self.tree.viewport().update),
                connection.marks.decoders.changed.connect(self.tree.viewport().update),
            ]
            kept = self._kept.get(connection, kept)
        self._change_search(lambda: self.search_row.put(kept))
        if kept.chosen is not None and kept.chosen != self._chosen:
            self._choose(kept.chosen)
            self._bring_back()
        self._show_situation()
        self._show_info()

    def set_paused(self, paused: bool) -> None:
        """Freezes tree and favourites, or goes on; `model.waiting` counts what waits."""
        self.model.set_paused(paused)
        self.favourites.model.set_paused(paused)

    # --- going somewhere ----------------------------------------------------------------------------------------

    def select_topic(self, topic: bytes) -> bool:
        """Unfolds the way to a topic and selects it; returns False when there is no such topic.

        One that the search hides is gone to all the same, and the panel says why it is not in the tree.
        """
        store = self.model.store
        node = store.find(topic) if store is not None else None
        if node is None:
            return False
        if not self._reveal(node):
            self.tree.clearSelection()
            self._choose(topic)
            self.deeds.say_hidden(topic, lambda: self._change_search(self.search_row.clear))
        return True

    def _reveal(self, node: Node) -> bool:
        """Unfolds the way to a node and selects it; returns False where the search leaves it out."""
        index = self.model.reveal(node)
        if not index.isValid():
            return False
        parent = index.parent()
        while parent.isValid():
            self.tree.expand(parent)
            parent = parent.parent()
        self.tree.setCurrentIndex(index)
        self.tree.scrollTo(index)
        return True

    def _go_to_favourite(self, topic: bytes) -> None:
        if not self.select_topic(topic):
            self.deeds.say_unseen(topic)

    def _on_selected(self) -> None:
        """The user chose a row, or none. Rows that go, with a search or by themselves, choose nothing: the message stays."""
        index = self.tree.currentIndex()
        if index.isValid() and self.tree.selectionModel().isSelected(index):
            node: Node | None = self.model.node(index)
        else:
            node = next(iter(self.tree.selected_nodes(1)), None)
        self._deselected = node is None
        if node is not None and node.topic != self._chosen:
            self._choose(node.topic)

    def _choose(self, topic: bytes) -> None:
        self._chosen, self._deselected = topic, False
        self.favourites.show_current(topic)
        self.topic_selected.emit(topic)
        self._tell_found()

    # --- the search ---------------------------------------------------------------------------------------------

    def search(self, query: Query) -> None:
        """Searches for what the header's bar has, in the scopes and states this panel has chosen."""
        self.search_row.search(query)

    def step_hit(self, by: int) -> None:
        """Selects the next (1) or previous (-1) hit in the order of the screen, going round at the ends."""
        node = self.search_row.topic_search.step(self._chosen_node(), by)
        if node is not None:
            self._reveal(node)

    def _change_search(self, change: Callable[[], object]) -> None:
        """The panel itself changes what is searched for, and the bar has to follow."""
        change()
        self.query_changed.emit(self.search_row.query)

    def _chosen_node(self) -> Node | None:
        store = self.model.store
        return store.find(self._chosen) if store is not None and self._chosen is not None else None

    def _show_search(self) -> None:
        """Hits, progress or an error changed, or the search came or went."""
        if not self.search_row.is_active:
            self.note.drop(HIDDEN)
        self._show_row()
        self._bring_back()
        self._show_situation()
        self._show_info()
        self._tell_found()

    def _bring_back(self) -> None:
        """Selects what was chosen again where a search had taken its row away, without scrolling there."""
        node = self._chosen_node()
        if node is None or self._deselected or self.tree.selectionModel().hasSelection():
            return
        index = self.model.index_of(node)
        if index.isValid():
            self.tree.setAutoScroll(False)
            with self.tree.unasked():
                self.tree.setCurrentIndex(index)
            self.tree.setAutoScroll(True)

    def _show_row(self) -> None:
        button = self.tools.filter
        wanted = button is not None and button.isChecked()
        self.search_row.chips.setVisible(self.search_row.is_active or wanted)

    def _tell_found(self) -> None:
        search = self.search_row.topic_search
        node = self._chosen_node()
        place = search.place_of(node) if node is not None else None
        found = (self.search_row.is_active, search.state, place)
        if found != self._found:
            self._found = found
            self.found.emit(search.state, place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc ends the search; without one it puts the row of scopes and states away."""
        button = self.tools.filter
        if event.key() != Qt.Key.Key_Escape or event.modifiers():
            super().keyPressEvent(event)
        elif self.search_row.is_active:
            self._change_search(self.search_row.clear)
        elif button is not None and button.isChecked():
            button.setChecked(False)
        else:
            super().keyPressEvent(event)

    # --- the look -----------------------------------------------------------------------------------------------

    @property
    def look(self) -> Look:
        """Columns, widths and order, for the settings."""
        return Look(self.tree.visible_columns, self.tree.widths, self.model.sort_order, self.model.descending)

    def set_look(self, look: Look) -> None:
        """Takes over what settings kept, without telling anybody."""
        self._told = None
        self.tree.set_columns(look.columns)
        self.tree.set_widths(look.widths)
        self.model.set_sort(look.sort, look.descending)
        self._told = self.look

    def _sort(self, order: SortOrder, descending: bool) -> None:
        self.model.set_sort(order, descending)
        self._tell_look()

    def _tell_look(self) -> None:
        if self._told is not None and self.look != self._told:
            self._told = self.look
            self.look_changed.emit()

    def _title_actions(self) -> TitleActions:
        return TitleActions(
            look=lambda: self.look,
            no_room=lambda: self.tree.heads.stepped_back,
            sort=self._sort,
            columns=self.tree.set_columns,
            row=lambda _on: self._show_row(),
            has_current=lambda: self.tree.currentIndex().isValid(),
            expand=lambda: self.deeds.expand_below(self.tree.currentIndex()),
            collapse=lambda: self.deeds.collapse_below(self.tree.currentIndex()),
            collapse_all=lambda: self.tree.set_expanded(()),
            favourites=lambda: (self.favourites.model.rowCount(), self.favourites.is_wanted),
            show_favourites=self.favourites.set_wanted,
            muted=lambda: self.deeds.muted,
            unmute=lambda topics: self.deeds.mute(tuple(topics), on=False),
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow panel has fewer buttons."""
        super().resizeEvent(event)
        self.tools.fit(event.size().width())

    # --- what stands where --------------------------------------------------------------------------------------

    def _on_rows_inserted(self) -> None:
        if not self.pages.shows_tree:
            self._show_situation()
        if self.search_row.is_active and not self.tree.selectionModel().hasSelection():
            self._look_soon.start()

    def _catch_up(self) -> None:
        self._show_situation()
        if self.search_row.is_active:
            self._bring_back()

    def _show_situation(self) -> None:
        has_rows = self.model.rowCount() > 0
        searching, store = self.search_row.is_active, self.model.store
        if has_rows:
            self.pages.show_tree()
        elif searching and store is not None and store.counters.topics:
            self.pages.show_unmatched(self.search_row.query, self.search_row.state)
        else:
            self.pages.show_situation(self._connection)
        told = warning(self._connection) if has_rows else None
        if told is not None:
            kind: StripKind = "error" if told[0] == "error" else "warn"
            self.warning.set_message(one_line(told[2]), kind=kind, strong=one_line(told[1], NAME_LIMIT))
        self.warning.setVisible(told is not None)
        self.foot.setVisible(searching)
        if searching:
            row = self.search_row
            self.foot.show_state(row.state, filtered=row.stands, unsearchable=row.unsearchable)

    def _on_tick(self) -> None:
        if self._figures.is_due:
            self._show_info()
            if self.isVisible():
                self.tree.page_in()

    def _show_info(self) -> None:
        row = self.search_row
        searched = row.is_active and (row.stands or not row.state.error)
        text = self._figures.text(self._connection, row.state if searched else None)
        if text != self.info:
            self.info = text
            self.info_changed.emit(text)
