# SPDX-License-Identifier: MIT
"""The tree view of the Topics panel."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

from mqtt_explorer.models.topic_columns import TOPIC
from mqtt_explorer.panels.topics import view_state
from mqtt_explorer.panels.topics.bulk import copy_topics
from mqtt_explorer.panels.topics.columns import SPECS, NameDelegate, TreeHeader
from mqtt_explorer.panels.topics.expanding import EXPAND_LIMIT, Expanding, unfold_hits
from mqtt_explorer.panels.topics.folding_tree import FoldingTree
from mqtt_explorer.panels.topics.header_menu import header_menu
from mqtt_explorer.panels.topics.selecting import (
    SELECTED_LIMIT,
    rows_between,
    selected_count,
    selected_nodes,
)
from mqtt_explorer.panels.topics.tree_keys import fold_or_go_up, plain_key, search_text, turn_fold
from mqtt_explorer.widgets.tokens import ROW_TREE
from mqtt_explorer.widgets.views import menu_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mqtt_explorer.models.topic_model import TopicModel
    from mqtt_explorer.store.topic_store import TopicStore
    from mqtt_explorer.store.topic_tree import Node

__all__ = ["END_LIMIT", "EXPAND_LIMIT", "TopicTree"]

END_LIMIT: Final = 100_000
"""Rows that End shows of one branch at most: laying out more of them stops the window for too long."""
HITS_SHOWN: Final = 200
"""Rows into which the branches of a search unfold by themselves."""
HOLDING_S: Final = 1.5
"""For how long after the pointer moved over a row, or a key was pressed, rows do not change places by themselves."""
DRAGGING_S: Final = 2.0
"""The same while a button is down."""
#: Of the Topic column at most this much is indentation; the rest is for names.
_INDENT_SHARE = 0.6
_FLAGS = QItemSelectionModel.SelectionFlag
_BY_KEYS: Final = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class TopicTree(FoldingTree):
    """A tree that pages big branches in as the user reaches their ends, and in which nothing jumps.

    Whatever rows come, go or change places: selection and unfolded branches stay, and what the user looks at
    stays where it is (`anchor`). One row is current and may be one of many selected.

    A click selects and never folds, nor does a double click; the arrow, Left, Right and Enter fold. Letters, digits
    and signs begin a search; Space selects the current row (with Ctrl it adds or takes away).

    Attributes:
        left: The view as it was before a search last came, changed or went.

    Signals:
        end_cut(int, int): End went to the last row it may show of a branch: rows shown, rows there are.
        expand_cut(int, int): "Expand all below" stopped: rows shown below, and branches that stayed folded or show
            their first page only.
        copy_cut(int, int): Not all selected topics were copied: how many, and how many are selected.
        selection_cut(int, int): Not all selected rows are kept over a search: how many, and how many there were.
        menu_wanted(QModelIndex, QPoint): The context menu of a row, and where on the screen.
        typed(str): A key that begins a search was pressed, with its text; empty for "/".
        sort_requested(SortOrder, bool): A head or its menu asks for an order within the branches, maybe turned round.
        columns_changed(): Columns were chosen, or the user gave one another width.
    """

    end_cut = Signal(int, int)
    expand_cut = Signal(int, int)
    copy_cut = Signal(int, int)
    selection_cut = Signal(int, int)
    menu_wanted = Signal(QModelIndex, QPoint)
    typed = Signal(str)
    sort_requested = Signal(object, bool)
    columns_changed = Signal()

    def __init__(self, model: TopicModel, parent: QWidget | None = None) -> None:
        super().__init__(SPECS, model, parent)
        self._screen: list[tuple[Node, QRect]] = []
        self._for_hits: set[Node] = set()
        self._kept: tuple[TopicStore, view_state.ViewState] | None = None
        self._coming: tuple[view_state.ViewState, bool] | None = None
        self.left = view_state.ViewState()
        self._moved_at = self._pressed_at = 0.0
        self._paging = False
        self.expanding = Expanding(self, model)
        self.heads = TreeHeader(model, self)
        self._full_indentation = self.indentation()
        self.setItemDelegateForColumn(TOPIC, NameDelegate(SPECS, ROW_TREE, self))
        self.setHeader(self.heads)
        self.heads.setSectionsClickable(True)  # setHeader takes it away
        # With that of the tree each head would look through all rows whether its column is selected.
        self.heads.setSelectionModel(QItemSelectionModel(model, self.heads))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAccessibleName(self.tr("Topic tree"))
        self._wire()

    def _wire(self) -> None:
        model = self._model
        self.heads.changed.connect(self.columns_changed)
        self.heads.sort_clicked.connect(self.sort_requested)
        self.heads.menu_wanted.connect(lambda place: header_menu(self.heads, model, place))
        self.expanding.stopped.connect(self.expand_cut)
        self.expanded.connect(lambda _index: self._on_scrolled())
        self.collapsed.connect(self._on_folded)
        self.chosen.connect(self.expanding.cancel)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        model.modelReset.connect(self._after_reset)
        model.rows_touched.connect(self._repaint_rows)
        model.set_screen(self.visible_nodes)
        model.set_holding(self.is_holding)

    # --- rows ---------------------------------------------------------------------------------------------------

    def visible_nodes(self) -> list[Node]:
        """The nodes on the screen, from top to bottom."""
        if not self.isVisible():
            self._screen = []
        else:
            self._screen = [(index.internalPointer(), rect) for index, rect in self.rows_on_screen()]
        return [node for node, _ in self._screen]

    def selected_nodes(self, limit: int = SELECTED_LIMIT) -> list[Node]:
        """The first `limit` selected rows in the order of the screen; those inside folded branches are none of them."""
        return selected_nodes(self, self._model, limit)

    def selected_count(self) -> int:
        """How many rows are selected: more than `selected_nodes` lists when they are too many or folded away."""
        return selected_count(self)

    def selectAll(self) -> None:
        """Selects all rows that can be scrolled to."""
        last = QModelIndex()
        while rows := self._model.rowCount(last) if not last.isValid() or self.isExpanded(last) else 0:
            last = self._model.index(rows - 1, TOPIC, last)
        first = self._model.index(0, TOPIC)
        if first.isValid():
            shown = rows_between(self, self._model, first, last)
            self.selectionModel().select(shown, _FLAGS.ClearAndSelect | _FLAGS.Rows)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Selects the rows that meet a rectangle: with Shift, or the mouse drawn over them."""
        self.executeDelayedItemsLayout()
        area = rect.normalized()
        first, last = self.indexAt(area.topLeft()), self.indexAt(area.bottomRight())
        if not first.isValid() or not last.isValid():
            super().setSelection(rect, command)
            return
        rows = rows_between(self, self._model, first, last)
        self.selectionModel().select(rows, command)

    def is_holding(self) -> bool:
        """True while rows must not change places by themselves: the user points at one, or a menu is open."""
        if QApplication.activePopupWidget() is not None:
            return True
        now = time.monotonic()
        since = now - self._moved_at
        if since <= DRAGGING_S and QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton:
            return True
        return (since <= HOLDING_S and self._hover.isValid()) or now - self._pressed_at <= HOLDING_S

    def page_in(self) -> None:
        """Shows the next page of each branch whose last shown row is on the screen; nothing during a pause."""
        if self._model.paused:
            return
        for index, _ in self.rows_on_screen():
            branch = index.parent()
            if index.row() + 1 == self._model.rowCount(branch) and self._model.hidden_rows(branch):
                self._model.show_more(branch)

    def go_to_end(self) -> None:
        """Selects the last row of the branch the user is in; from there, that of the branch around it."""
        index = self.currentIndex().siblingAtColumn(TOPIC)
        branch = index if index.isValid() and self.isExpanded(index) else index.parent()
        while True:
            rows = self._model.show_more(branch, END_LIMIT)
            last = self._model.index(rows - 1, TOPIC, branch)
            if not branch.isValid() or last != index:
                break
            branch = branch.parent()
        if last.isValid():
            self.setCurrentIndex(last)
            self.scrollTo(last)
        if hidden := self._model.hidden_rows(branch):
            self.end_cut.emit(rows, rows + hidden)

    # --- columns ------------------------------------------------------------------------------------------------

    @property
    def visible_columns(self) -> tuple[str, ...]:
        """The columns chosen beside the topic, by name; where there is no room some step back."""
        return self.heads.chosen

    def set_columns(self, names: Iterable[str]) -> None:
        """Chooses the columns beside the topic, by name (`topic_columns.NAMES`)."""
        self.heads.choose(names)

    @property
    def widths(self) -> dict[str, int]:
        """The widths the user gave, in pixels, by name; "topic" too."""
        return self.heads.given

    def set_widths(self, widths: Mapping[str, int]) -> None:
        """Takes over widths, in pixels, by name."""
        self.heads.give(widths)

    # --- folding ------------------------------------------------------------------------------------------------

    def expand_below(self, index: QModelIndex) -> None:
        """Unfolds a branch and everything below it, in slices; `expand_cut` tells where it stopped at a limit."""
        self.expanding.begin(index)

    def expand_hits(self, limit: int = HITS_SHOWN) -> None:
        """Unfolds the branches of a search from the top on, until about `limit` rows are shown; the rest says how much it has.

        With the next search, or without one, these are folded again.
        """
        self._for_hits.update(unfold_hits(self, self._model, limit))

    def _on_folded(self, index: QModelIndex) -> None:
        self._for_hits.discard(self._model.node(index))
        self.expanding.cancel()
        self._on_scrolled()

    # --- what the model does ------------------------------------------------------------------------------------

    def _before_reset(self) -> None:
        """A search begins, changes or ends, or another store comes: that one begins anew."""
        self.expanding.cancel()
        store = self._model.store
        for node in self._for_hits:
            self._unfolded.pop(node, None)
        self._kept = None
        if store is not None:
            self.left = view_state.take(self, self._model)
            self._kept = (store, self.left)

    def _after_reset(self) -> None:
        kept, self._kept = self._kept, None
        self._for_hits.clear()
        self._screen = []
        if kept is None or kept[0] is not self._model.store:
            return
        state = kept[1]
        if self._coming is not None:
            before, select = self._coming
            chosen = before if select else state
            state = replace(
                before, current=chosen.current, selected=chosen.selected, left_out=chosen.left_out
            )
        self.put_view(state)

    def put_view(self, state: view_state.ViewState) -> None:
        """Brings a view back as it was left; `selection_cut` tells when too many rows were selected."""
        view_state.put(state, self, self._model)
        if state.left_out:
            self.selection_cut.emit(len(state.selected), len(state.selected) + state.left_out)

    @contextmanager
    def coming_back(self, state: view_state.ViewState, *, select: bool) -> Iterator[None]:
        """When the search goes within it, the view is this one again; `select`: also its selection, else that of now."""
        self._coming = (state, select)
        try:
            yield
        finally:
            self._coming = None

    def _repaint_rows(self, nodes: Iterable[Node]) -> None:
        wanted = set(nodes)
        for node, rect in self._screen:
            if node in wanted:
                self.viewport().update(rect)

    # --- Qt -----------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """End goes to the last row of the branch; the asterisk unfolds what is below the row; text begins a search."""
        self._pressed_at = time.monotonic()
        text = search_text(event)
        if self._act(plain_key(event)):
            pass
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_selected()
        elif text is not None:
            self.typed.emit(text)
        elif event.key() == Qt.Key.Key_Asterisk:  # Qt's own would do it at once
            self.expand_below(self.currentIndex().siblingAtColumn(TOPIC))
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def _act(self, key: int | None) -> bool:
        """Whether a plain key has a meaning of ours."""
        if key == Qt.Key.Key_End:
            self.go_to_end()
            return True
        if key == Qt.Key.Key_Left:
            return fold_or_go_up(self)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return turn_fold(self)
        # Esc stops what is under way first; the next one is the panel's.
        return key == Qt.Key.Key_Escape and self._stop_expanding()

    def keyboardSearch(self, search: str) -> None:
        """Typing does not move the selection: Qt would ask for the text of every row."""

    def copy_selected(self) -> None:
        """Puts the selected topics on the clipboard, one a line; the current one where none is selected."""
        nodes = self.selected_nodes()
        current = self.currentIndex()
        if not nodes and current.isValid():
            nodes = [self._model.node(current)]
        if nodes:
            copy_topics(node.topic for node in nodes)
        if self.selected_count() > len(nodes):
            self.copy_cut.emit(len(nodes), self.selected_count())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Asks for the menu of the row under the pointer, or of the current one when a key asked."""
        index, place = menu_place(self, event)
        if index.isValid():
            self.menu_wanted.emit(index.siblingAtColumn(TOPIC), place)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Whoever comes here by keyboard finds a row selected; a focus that comes by itself chooses nothing, and Down the first row."""
        fresh = not self.currentIndex().isValid()
        super().focusInEvent(event)  # makes the first row current, unmarked
        if event.reason() not in _BY_KEYS:
            if fresh:
                self.selectionModel().clearCurrentIndex()
        elif not self.selectionModel().hasSelection():
            self.selectionModel().select(self.currentIndex(), _FLAGS.ClearAndSelect | _FLAGS.Rows)

    def viewportEvent(self, event: QEvent) -> bool:
        """Notes that the pointer moves over the rows."""
        if event.type() in _MOVES:
            self._moved_at = time.monotonic()
        return bool(super().viewportEvent(event))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives the columns the room there is."""
        super().resizeEvent(event)
        self.heads.fit_into(self.viewport().width())
        self._on_scrolled()

    def _stop_expanding(self) -> bool:
        running = self.expanding.running
        self.expanding.cancel()
        return running

    def _fit_indentation(self) -> None:
        """Indents less while deep branches are on the screen, so that their names stay in the column."""
        cells = (self.visualRect(index).left() for index, _ in self.rows_on_screen())
        depth = (max(cells, default=0) + self.header().offset()) // self.indentation()
        room = int(self.columnWidth(TOPIC) * _INDENT_SHARE)
        wanted = max(1, min(self._full_indentation, room // max(1, depth)))
        if wanted != self.indentation():
            self.setIndentation(wanted)

    def _on_scrolled(self, _value: int = 0) -> None:
        # Not from inside a scroll: it may come out of a layout.
        if not self._paging:
            self._paging = True
            QTimer.singleShot(0, self, self._page_in_later)

    def _page_in_later(self) -> None:
        self._paging = False
        self._fit_indentation()
        self.page_in()


_MOVES: Final = (
    QEvent.Type.HoverMove,
    QEvent.Type.MouseMove,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.Wheel,
)
