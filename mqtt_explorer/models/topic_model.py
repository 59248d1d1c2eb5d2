# SPDX-License-Identifier: MIT
"""The topic tree of one connection as an item model.

Nothing per message happens here. Once a frame the model takes the store's changes, announces new rows of opened
branches as ranges at their ends, and marks the values of the rows on the screen changed. Rules it keeps, each
measured: a branch is announced by its topmost new node, its subtree already built; the level column is never
reported changed; a big branch shows a page and more when the user reaches its end.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from mqtt_explorer.models.announced import Announced
from mqtt_explorer.models.topic_cells import TopicCells
from mqtt_explorer.models.visible_rows import VisibleRows
from mqtt_explorer.models.wording import translate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mqtt_explorer.models.frame_clock import FrameClock
    from mqtt_explorer.store.topic_store import TopicStore
    from mqtt_explorer.store.topic_tree import Node

Index = QModelIndex | QPersistentModelIndex

TOPIC, VALUE, MESSAGES, RATE, AGE = range(5)
COLUMNS: Final = 5

REFRESH_EVERY: Final = 3
ROWS_PER_FRAME: Final = 1_000
FRAME_BUDGET_S: Final = 0.008
ROWS_PER_QUIET_FRAME: Final = 1_000
"""Announcing rows makes the view lay out all open rows anew (about 3 ms per thousand), so with many of them
it happens in every second, third, … frame only."""

_NOWHERE: Final = QModelIndex()


class TopicModel(QAbstractItemModel):
    """Shows a TopicStore; decides nothing.

    Indexes carry the store's nodes. A store keeps its nodes as long as it is open, so `set_store(None)` comes
    before the store is closed.

    Signals:
        rows_touched(list): Nodes on the screen whose rows look different (also their level cell: glow and note);
            views repaint them, since the level column is never reported changed.
        waiting_changed(int): How many messages arrived since the pause began.
    """

    rows_touched = Signal(object)
    waiting_changed = Signal(int)

    def __init__(self, clock: FrameClock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store: TopicStore | None = None
        self._root: Any = None  # a Node; None without a store
        self._rows: Announced | None = None
        self._cells = TopicCells()
        self._visible = VisibleRows(self._last_gap_s)
        self._on_screen: Callable[[], Sequence[Node]] = tuple
        self._quiet = 0
        self._turn = REFRESH_EVERY - 1  # the first frame shows values
        self._inserting = False
        self._paused_at: int | None = None
        self._waiting = 0
        self._heads = (
            translate("Topic"),
            translate("Value"),
            translate("Messages"),
            translate("Rate"),
            translate("Age"),
        )
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

    def set_store(self, store: TopicStore | None) -> None:
        """Shows another store, or nothing; also ends a pause."""
        self.beginResetModel()
        self._store = store
        self._root = store.root if store is not None else None
        self._rows = Announced(self._root) if self._root is not None else None
        self._take_changes()
        self._cells.reset(self._rows)
        self._visible.clear()
        self._quiet = 0
        self._paused_at = None
        self._waiting = 0
        if self._rows is not None and self._root is not None:
            self._rows.set_rows(self._root, self._rows.first_page(self._root))
        self.endResetModel()

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
            self._take_changes()
            self._insert_up_to(node, rows.first_page(node))

    def node(self, index: Index) -> Node:
        """The node behind a valid index, the root behind an invalid one."""
        return index.internalPointer() if index.isValid() else self._root

    def index_of(self, node: Node, column: int = TOPIC) -> QModelIndex:
        """Where a node stands; invalid for the root and for a row that was not announced yet."""
        rows, parent = self._rows, node.parent
        if rows is None or parent is None or node.row >= rows.rows(parent):
            return QModelIndex()
        return self.createIndex(node.row, column, node)

    def reveal(self, node: Node) -> QModelIndex:
        """Announces what is missing on the way to a node; returns its index."""
        path = []
        step: Node | None = node
        while step is not None and step is not self._root:
            path.append(step)
            step = step.parent
        if step is None or self._rows is None:
            return QModelIndex()
        self._take_changes()
        for each in reversed(path):
            parent = each.parent
            if parent is not None and each.row >= self._rows.rows(parent):
                self._rows.set_open(parent, is_open=True)
                # The rows behind it too, so that the next step of the user has somewhere to go.
                self._insert_up_to(parent, self._rows.raise_limit(parent, each.row + 50))
        return self.index_of(node)

    def hidden_rows(self, index: Index) -> int:
        """How many children of a branch wait behind its last page."""
        return self._rows.hidden(self.node(index)) if self._rows is not None else 0

    def show_more(self, index: Index, rows: int | None = None) -> int:
        """Announces the next page of a branch, or its first `rows` rows; returns how many it shows now."""
        if self._rows is None:
            return 0
        node = self.node(index)
        wanted = rows if rows is not None else self._rows.rows(node) + 500
        self._rows.set_open(node, is_open=True)
        self._take_changes()
        self._insert_up_to(node, self._rows.raise_limit(node, wanted))
        return self._rows.rows(node)

    # --- what a view asks ---------------------------------------------------------------------------------------

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Five, everywhere."""
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
        node = parent.internalPointer() if parent.isValid() else self._root
        if not 0 <= row < self._rows.rows(node):
            return QModelIndex()
        return self.createIndex(row, column, node.kids[row])

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        """The branch a row stands in."""
        if not index.isValid():
            return QModelIndex()
        parent = index.internalPointer().parent
        if parent is None or parent is self._root:
            return QModelIndex()
        return self.createIndex(parent.row, 0, parent)

    def hasChildren(self, parent: Index = _NOWHERE) -> bool:
        """True for branches, whether or not their children were announced."""
        if self._root is None or parent.column() > 0:
            return False
        return bool((parent.internalPointer() if parent.isValid() else self._root).kids)

    def canFetchMore(self, parent: Index) -> bool:
        """True until the first page stands. Later pages come with `show_more`: a view asks this at each layout,
        and would pull in the whole branch page by page.
        """
        if self._rows is None or self._inserting or parent.column() > 0:
            return False
        node = self.node(parent)
        shown = self._rows.rows(node)
        # A frozen view may unfold a branch, but nothing joins the ones it shows.
        frozen = self.paused and shown > 0 and self._rows.is_open(node)
        return shown < self._rows.first_page(node) and not frozen

    def fetchMore(self, parent: Index) -> None:
        """Announces the first page of a branch that is being unfolded."""
        if self.canFetchMore(parent) and self._rows is not None:
            node = self.node(parent)
            self._rows.set_open(node, is_open=True)
            self._take_changes()
            self._insert_up_to(node, self._rows.first_page(node))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts and paint roles of one cell."""
        if not index.isValid():
            return None
        return self._cells.data(index.internalPointer(), index.column(), role, self._visible)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Column heads; those of numbers stand at the right."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < COLUMNS:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._heads[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section >= MESSAGES:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    # --- once a frame -------------------------------------------------------------------------------------------

    def _on_tick(self) -> None:
        store, rows = self._store, self._rows
        if store is None or rows is None:
            return
        if self._paused_at is not None:
            waiting = store.counters.received - self._paused_at
            if waiting != self._waiting:
                self._waiting = waiting
                self.waiting_changed.emit(waiting)
            return
        self._take_changes()
        self._announce(rows)
        # Values change ten times a second: painting is half of what a trickle costs, and more often reads no better.
        self._turn = (self._turn + 1) % REFRESH_EVERY
        if self._turn == 0:
            self._refresh(rows)

    def _take_changes(self) -> None:
        """Notes which branches grew. Before rows are announced it has to be done: the store does not report growth
        of nodes that are new since the last time, and those rows would miss their arrows.
        """
        if self._store is not None and self._rows is not None:
            self._rows.note_growth(self._store.take_changes().grown)

    def _announce(self, rows: Announced) -> None:
        if self._quiet > 0:
            self._quiet -= 1
            return
        left = ROWS_PER_FRAME
        deadline = time.perf_counter() + FRAME_BUDGET_S
        for node, target in rows.growing():
            before = rows.rows(node)
            self._insert_up_to(node, min(target, before + left))
            left -= rows.rows(node) - before
            if rows.rows(node) < target:
                rows.grew(node)
            if left <= 0 or time.perf_counter() > deadline:
                break
        if left < ROWS_PER_FRAME:
            self._quiet = rows.open_rows() // ROWS_PER_QUIET_FRAME

    def _insert_up_to(self, node: Node, end: int) -> None:
        """Announces children of a branch up to, not including, row `end`."""
        rows = self._rows
        if rows is None or end <= rows.rows(node):
            return
        place = QModelIndex() if node is self._root else self.createIndex(node.row, 0, node)
        # Whoever listens to the announcement may ask for more in the middle of it.
        self._inserting = True
        self.beginInsertRows(place, rows.rows(node), end - 1)
        rows.set_rows(node, end)
        self.endInsertRows()
        self._inserting = False

    def _refresh(self, rows: Announced) -> None:
        nodes = self._on_screen()
        dirty = self._visible.update(nodes, rows.is_open, time.monotonic())
        if not dirty:
            return
        for first, last in _ranges(dirty):
            start, end = self.index_of(first, VALUE), self.index_of(last, AGE)
            if start.isValid() and end.isValid():
                self.dataChanged.emit(start, end)
        self.rows_touched.emit(dirty)

    def _last_gap_s(self, node: Node) -> float | None:
        if self._store is None or node.count < 2:
            return None
        last = self._store.history(node, limit=2)
        return (last[0].mono_ns - last[1].mono_ns) / 1e9 if len(last) == 2 else None


def _ranges(nodes: list[Node]) -> list[tuple[Node, Node]]:
    """Neighbours below one parent as (first, last)."""
    found: list[tuple[Node, Node]] = []
    for node in nodes:
        if found:
            first, last = found[-1]
            if last.parent is node.parent and last.row + 1 == node.row:
                found[-1] = (first, node)
                continue
        found.append((node, node))
    return found
