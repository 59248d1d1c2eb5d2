# SPDX-License-Identifier: MIT
"""The topic tree of one connection as an item model: sorted within each branch, and filtered, without a proxy.

Nothing per message happens here. Once a frame the model takes the store's changes, has the rows of opened branches follow
them, and marks the values of the rows on the screen changed. Rules it keeps, each measured: a branch is announced by its
topmost new node, its subtree already built; the level column is never reported changed; a big branch shows a page and more
when the user reaches its end.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from mqtt_explorer.models.arrangement import PAGE, Arrangement
from mqtt_explorer.models.frame_clock import FrameClock, Turn
from mqtt_explorer.models.sort_keys import SortKeys
from mqtt_explorer.models.topic_cells import TopicCells
from mqtt_explorer.models.topic_columns import AGE, COLUMNS, MESSAGES, RATE, RETAINED, TOPIC, VALUE, SortOrder
from mqtt_explorer.models.topic_heads import TopicHeads
from mqtt_explorer.models.tree_edits import TreeEdits, ranges
from mqtt_explorer.models.tree_pace import TreePace
from mqtt_explorer.models.visible_rows import VisibleRows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mqtt_explorer.models.tree_filter import TreeFilter
    from mqtt_explorer.profiles.marks import TopicMarks
    from mqtt_explorer.store.matcher import Matcher
    from mqtt_explorer.store.staleness import Staleness
    from mqtt_explorer.store.topic_store import TopicStore
    from mqtt_explorer.store.topic_tree import Node

__all__ = ["AGE", "MESSAGES", "RATE", "TOPIC", "VALUE", "TopicModel"]

Index = QModelIndex | QPersistentModelIndex

AT_ONCE_S: Final = 0.010
"""How long the user waits for a branch to be sorted; what takes longer comes in slices."""
SORT_AT_ONCE: Final = 100_000
"""The last rows of a branch that is no bigger are shown at once when the user asks for them."""

_NOWHERE: Final = QModelIndex()


class TopicModel(QAbstractItemModel):
    """Shows a TopicStore; decides nothing.

    Indexes carry the store's nodes. A store keeps its nodes as long as it is open, so `set_store(None)` comes
    before the store is closed. The row of a node is where it stands in the present order and filter, not `node.row`.

    Signals:
        rows_touched(list): Nodes on the screen whose rows look different (also their level cell: glow and note);
            views repaint them, since the level column is never reported changed.
        waiting_changed(int): How many messages arrived since the pause began.
        changes_taken(Changes): What the store reported; it has one taker, and that is the model.
    """

    rows_touched = Signal(object)
    waiting_changed = Signal(int)
    changes_taken = Signal(object)

    def __init__(self, clock: FrameClock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store: TopicStore | None = None
        self._staleness: Staleness | None = None
        self._filter: TreeFilter | None = None
        self._order = SortOrder.ARRIVAL
        self._descending = False
        self._root: Any = None  # a Node; None without a store
        self._rows: Arrangement | None = None
        self._pace: TreePace | None = None
        self._edits: TreeEdits | None = None
        self._cells = TopicCells()
        self._visible = VisibleRows(self._last_gap_s)
        self._on_screen: Callable[[], Sequence[Node]] = tuple
        self._holding: Callable[[], bool] = bool
        self._paused_at: int | None = None
        self._waiting = 0
        self._heads = TopicHeads()
        self._clock = clock
        clock.tick.connect(self._on_tick)

    # --- what the panel asks ------------------------------------------------------------------------------------

    @property
    def store(self) -> TopicStore | None:
        """The store it shows."""
        return self._store

    @property
    def paused(self) -> bool:
        """True while the view is frozen."""
        return self._paused_at is not None

    @property
    def waiting(self) -> int:
        """Messages that arrived since the pause began."""
        return self._waiting

    @property
    def staleness(self) -> Staleness | None:
        """What tells which topics of the store are silent for too long."""
        return self._staleness

    @property
    def sort_order(self) -> SortOrder:
        """The order of the children within each branch."""
        return self._order

    @property
    def descending(self) -> bool:
        """True while that order is turned round."""
        return self._descending

    def set_store(
        self,
        store: TopicStore | None,
        marks: TopicMarks | None = None,
        staleness: Staleness | None = None,
    ) -> None:
        """Shows another store, or nothing; also ends a pause and takes the filter away."""
        self.beginResetModel()
        self._store = store
        self._staleness = staleness
        self._root = store.root if store is not None else None
        self._rows = None
        self._filter = None
        changes = store.take_changes() if store is not None else None
        self._begin()
        self._cells.reset(self._rows, store, marks, staleness)
        self._visible.reset(marks, staleness)
        self._paused_at = None
        self._waiting = 0
        self.endResetModel()
        if changes is not None:
            self.changes_taken.emit(changes)

    def set_filter(self, tree_filter: TreeFilter | None, matcher: Matcher | None = None) -> None:
        """Shows only what a filter has, or everything again; `matcher` tells cells what to mark.

        The model is reset: views tell anew which branches they have open.
        """
        if self._rows is None or (tree_filter is None and self._filter is None):
            return
        self._take_changes()
        self.beginResetModel()
        self._filter = tree_filter
        if tree_filter is not None:
            tree_filter.take_changes()
        self._begin()
        self._cells.set_search(tree_filter, matcher)
        self._visible.leave()
        self.endResetModel()

    def filter_changed(self) -> None:
        """The filter has hits more or less: rows follow with the next frames, also during a pause."""
        if self._filter is not None and self._rows is not None:
            self._rows.filter_changed(self._filter.take_changes(), asked=self.paused)

    def set_sort(self, order: SortOrder, descending: bool = False) -> None:
        """Sorts the children of each branch in another way. Selection, current row and unfolded branches stay.

        During a pause the rows shown are sorted, and nothing joins them.
        """
        if (order, descending) == (self._order, self._descending):
            return
        self._order, self._descending = order, descending
        if self._pace is not None:
            self._pace.sort_anew(self._sort_keys(), paused=self.paused)

    def set_holding(self, holding: Callable[[], bool]) -> None:
        """Tells the model whom to ask whether rows may change places by themselves now (a menu is open, the mouse
        moves over rows); orders that change by themselves wait while it says True.
        """
        self._holding = holding

    def set_screen(self, on_screen: Callable[[], Sequence[Node]]) -> None:
        """Tells the model whom to ask which nodes can be seen, from top to bottom."""
        self._on_screen = on_screen

    def set_paused(self, paused: bool) -> None:
        """Freezes what is shown, or goes on. The store keeps receiving; what waits is counted.

        Rows that come into sight during a pause are frozen when they are first seen.
        """
        if self._store is None or paused == self.paused:
            return
        if paused:
            self._cells.freeze(self._on_screen())
            self._paused_at = self._store.counters.received
        else:
            self._cells.thaw()
            self._paused_at = None
            if self._rows is not None:
                self._rows.follow_all()
        self._waiting = 0
        self.waiting_changed.emit(0)

    def set_open(self, index: Index, is_open: bool) -> None:
        """A view unfolded or folded a branch."""
        rows = self._rows
        if rows is None or not index.isValid():
            return
        node = self.node(index)
        unfolded = is_open and not rows.is_open(node)
        rows.set_open(node, is_open=is_open)
        if unfolded and self.paused:
            # Nothing grows by itself now, and a folded branch has only the row that its arrow needs.
            self._show(node)

    def node(self, index: Index) -> Node:
        """The node behind a valid index, the root behind an invalid one."""
        return index.internalPointer() if index.isValid() else self._root

    def index_of(self, node: Node, column: int = TOPIC) -> QModelIndex:
        """Where a node stands; invalid for the root and for a row that was not announced."""
        row = self._rows.row_of(node) if self._rows is not None else None
        return QModelIndex() if row is None else self.createIndex(row, column, node)

    def ordered(self, branch: Node) -> list[Node]:
        """All children of a branch in display order, in this filter, whether or not they were announced."""
        return self._rows.ordered(branch) if self._rows is not None else []

    def place_in_branch(self, node: Node) -> int | None:
        """How many siblings stand before a node in `ordered`, which it costs less than; None when the filter hides it."""
        return self._rows.place_of(node) if self._rows is not None else None

    def reveal(self, node: Node) -> QModelIndex:
        """Announces what is missing on the way to a node; returns its index, which is invalid when the filter hides it.

        In a big branch the rows before it may be left out: it then stands behind those that are shown.
        """
        if self._pace is None:
            return QModelIndex()
        self._take_changes()
        self._pace.reveal(node, time.perf_counter() + AT_ONCE_S)
        return self.index_of(node)

    def hidden_rows(self, index: Index) -> int:
        """How many children of a branch wait behind its last page."""
        return self._rows.hidden(self.node(index)) if self._rows is not None else 0

    def show_more(self, index: Index, rows: int | None = None) -> int:
        """Announces the next page of a branch, or its first `rows` rows; returns how many it shows now.

        In a branch that is still being sorted they come with the next frames.
        """
        known = self._rows
        if known is None:
            return 0
        node = self.node(index)
        known.set_open(node, is_open=True)
        known.raise_limit(node, rows if rows is not None else known.rows(node) + PAGE)
        self._show(node, at_once=rows is not None and known.total(node) <= SORT_AT_ONCE)
        return known.rows(node)

    # --- what a view asks ---------------------------------------------------------------------------------------

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Nine, everywhere; views hide those nobody wants."""
        return COLUMNS

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Children announced so far."""
        if parent.column() > 0 or self._rows is None:
            return 0
        return self._rows.rows(parent.internalPointer() if parent.isValid() else self._root)

    def index(self, row: int, column: int, parent: Index = _NOWHERE) -> QModelIndex:
        """The index of an announced row."""
        if self._rows is None or parent.column() > 0 or not 0 <= column < COLUMNS:
            return QModelIndex()
        shown = self._rows.shown(parent.internalPointer() if parent.isValid() else self._root)
        return self.createIndex(row, column, shown[row]) if 0 <= row < len(shown) else QModelIndex()

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        """The branch a row stands in."""
        if not index.isValid():
            return QModelIndex()
        parent = index.internalPointer().parent
        row = self._rows.row_of(parent) if self._rows is not None and parent is not None else None
        return QModelIndex() if row is None else self.createIndex(row, 0, parent)

    def hasChildren(self, parent: Index = _NOWHERE) -> bool:
        """True for branches, whether or not their children were announced."""
        if self._rows is None or parent.column() > 0:
            return False
        return self._rows.has_kids(parent.internalPointer() if parent.isValid() else self._root)

    def canFetchMore(self, parent: Index) -> bool:
        """True until the first page stands. Later pages come with `show_more`: a view asks this at each layout,
        and would pull in the whole branch page by page.
        """
        rows = self._rows
        if rows is None or self._edits is None or self._edits.busy or parent.column() > 0:
            return False
        node = self.node(parent)
        shown = rows.rows(node)
        # A frozen view may unfold a branch, but nothing joins the ones it shows; nor between two looks at a live order.
        waits = shown > 0 and rows.is_open(node) and (self.paused or rows.is_live)
        return shown < PAGE and not waits and shown < rows.total(node)

    def fetchMore(self, parent: Index) -> None:
        """Announces the first page of a branch that is being unfolded."""
        if self.canFetchMore(parent) and self._rows is not None:
            node = self.node(parent)
            self._rows.set_open(node, is_open=True)
            self._show(node)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts and paint roles of one cell."""
        if not index.isValid():
            return None
        return self._cells.data(index.internalPointer(), index.column(), role, self._visible)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Column heads, each with what it means; those of numbers stand at the right."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < COLUMNS:
            return None
        return self._heads.data(section, role)

    # --- once a frame -------------------------------------------------------------------------------------------

    def _on_tick(self) -> None:
        store, rows, pace = self._store, self._rows, self._pace
        if store is None or rows is None or pace is None:
            return
        if self._paused_at is not None:
            pace.frame(paused=True, held=True)
            waiting = store.counters.received - self._paused_at
            if waiting != self._waiting:
                self._waiting = waiting
                self.waiting_changed.emit(waiting)
            return
        self._take_changes()
        pace.frame(paused=False, held=rows.is_live and self._holding())
        if self._clock.is_turn(Turn.TREE):
            self._refresh(rows)

    def _begin(self) -> None:
        """Knows the first page of the root and nothing else; part of a reset."""
        if self._root is None:
            self._rows = self._edits = self._pace = None
            return
        if self._rows is None:
            self._rows = Arrangement(self._root)
        self._rows.restart(self._sort_keys(), self._filter)
        # By name: whom to ask about the screen may change.
        self._edits = TreeEdits(self, self._rows, self.index_of, lambda: self._on_screen())
        self._pace = TreePace(self._rows, self._edits)
        self._rows.insert(self._root, 0, self._pace.first_page(self._root, time.perf_counter() + AT_ONCE_S))

    def _sort_keys(self) -> SortKeys:
        return SortKeys(self._order, descending=self._descending, staleness=self._staleness)

    def _show(self, node: Node, *, at_once: bool = False) -> None:
        """Announces what a branch should show now."""
        self._take_changes()
        if self._pace is not None:
            self._pace.show(node, None if at_once else time.perf_counter() + AT_ONCE_S)

    def _take_changes(self) -> None:
        """Notes which branches grew. Before rows are announced it has to be done: the store does not report growth
        of nodes that are new since the last time, and those rows would miss their arrows.
        """
        if self._store is not None and self._rows is not None:
            changes = self._store.take_changes()
            self._rows.note_growth(changes.grown)
            self.changes_taken.emit(changes)

    def _refresh(self, rows: Arrangement) -> None:
        nodes = self._on_screen()
        dirty = self._visible.update(nodes, rows.is_open, time.monotonic())
        if not dirty:
            return
        for first, last in ranges(dirty, rows):
            self.dataChanged.emit(self.index_of(first, VALUE), self.index_of(last, RETAINED))
        self.rows_touched.emit(dirty)

    def _last_gap_s(self, node: Node) -> float | None:
        if self._store is None or node.count < 2:
            return None
        last = self._store.history(node, limit=2)
        return (last[0].mono_ns - last[1].mono_ns) / 1e9 if len(last) == 2 else None
