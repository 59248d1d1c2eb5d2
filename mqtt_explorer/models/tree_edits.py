# SPDX-License-Identifier: MIT
"""Tells views how the rows of the topic tree change: by ranges, and by re-sorting that keeps persistent indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QAbstractItemModel, QModelIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mqtt_explorer.models.arrangement import Arrangement, Target
    from mqtt_explorer.store.topic_tree import Node

MANY_GAPS: Final = 16
"""Rows that go to more places than this are appended and then sorted in: each insertion numbers all rows behind it anew."""

_LAYOUT: Final = "QList<QPersistentModelIndex>,QAbstractItemModel::LayoutChangeHint"
"""The full signal: told that rows only change places, a selection is kept by rows and not by cells."""


class TreeEdits:
    """Brings what views know of branches to what they should know.

    `busy` is True while views are being told: whoever listens may ask for more in the middle of it, and must not get it then.
    """

    def __init__(
        self,
        model: QAbstractItemModel,
        rows: Arrangement,
        place: Callable[[Node, int], QModelIndex],
        on_screen: Callable[[], Iterable[Node]],
    ) -> None:
        """`place`: the index of a node the view knows in a column, invalid for the root."""
        self._model: Any = model
        self._rows = rows
        self._place = place
        self._on_screen = on_screen
        self.busy = False
        self.edits = 0

    def apply(self, targets: Mapping[Node, Target]) -> bool:
        """Announces the targets; returns whether anything changed."""
        if self.busy:
            return False
        before = self.edits
        self.busy = True
        try:
            self._apply(targets)
        finally:
            self.busy = False
        return self.edits != before

    def _apply(self, targets: Mapping[Node, Target]) -> None:
        rows = self._rows
        moved: dict[Node, list[Node]] = {}
        trimmed: dict[Node, Target] = {}
        for branch, target in targets.items():
            if not rows.is_known(branch):
                continue  # went with a row above it
            known = len(rows.shown(branch))
            if not target.extras and rows.shown(branch) == target.head[:known]:
                self._insert(branch, known, target.head[known:])
                continue
            wanted = target.head + target.extras
            self._remove(branch, set(wanted))
            gaps = _gaps(rows.shown(branch), wanted)
            if gaps is not None and len(gaps) <= MANY_GAPS:
                for row, nodes in gaps:
                    self._insert(branch, row, nodes)
            else:
                have = set(rows.shown(branch))
                self._insert(branch, len(have), [node for node in wanted if node not in have])
                moved[branch] = wanted
            if target.trim:
                trimmed[branch] = target
        if trimmed:
            self._trim(moved, trimmed)
        elif moved:
            self._reorder(moved)

    def _trim(self, moved: dict[Node, list[Node]], trimmed: dict[Node, Target]) -> None:
        """Drops extras, but none that is selected, current or unfolded. Only in the middle of a change of the layout all selected
        rows have persistent indexes; a selection is otherwise kept as ranges.
        """
        screen = set(self._on_screen()) if any(target.keep_screen for target in trimmed.values()) else set()
        if not moved:
            kept = screen | self._persistent()
            if all(node in kept for target in trimmed.values() for node in target.extras):
                return
        persistent = self._reorder(moved)
        for branch, target in trimmed.items():
            if self._rows.is_known(branch):
                kept = persistent | screen if target.keep_screen else persistent
                gone = {node for node in target.extras if node not in kept}
                self._remove(branch, set(self._rows.shown(branch)) - gone)

    def _reorder(self, moved: dict[Node, list[Node]]) -> set[Node]:
        """Has branches stand in another order; returns the nodes with persistent indexes, and those above them."""
        model, rows = self._model, self._rows
        hint = QAbstractItemModel.LayoutChangeHint.VerticalSortHint
        moved = {branch: nodes for branch, nodes in moved.items() if rows.is_known(branch)}
        self.edits += 1
        model.layoutAboutToBeChanged[_LAYOUT].emit([], hint)
        kept = self._persistent()
        # Their rows and columns, before they move.
        old = [index for index in model.persistentIndexList() if index.internalPointer().parent in moved]
        for branch, nodes in moved.items():
            rows.reorder(branch, nodes)
        new = [self._place(index.internalPointer(), index.column()) for index in old]
        model.changePersistentIndexList(old, new)
        model.layoutChanged[_LAYOUT].emit([], hint)
        return kept

    def _persistent(self) -> set[Node]:
        found: set[Node] = set()
        for index in self._model.persistentIndexList():
            node = index.internalPointer()
            while node is not None and node not in found:
                found.add(node)
                node = node.parent
        return found

    def _insert(self, branch: Node, row: int, nodes: Sequence[Node]) -> None:
        if not nodes:
            return
        self.edits += 1
        self._model.beginInsertRows(self._place(branch, 0), row, row + len(nodes) - 1)
        self._rows.insert(branch, row, nodes)
        self._model.endInsertRows()

    def _remove(self, branch: Node, wanted: set[Node]) -> None:
        """Removes the rows that are not wanted, the last ones first."""
        shown = self._rows.shown(branch)
        if all(node in wanted for node in shown):
            return
        gone = [row for row, node in enumerate(shown) if node not in wanted]
        for first, last in reversed(list(_runs(gone))):
            self.edits += 1
            self._model.beginRemoveRows(self._place(branch, 0), first, last)
            self._rows.remove(branch, first, last)
            self._model.endRemoveRows()


def ranges(nodes: list[Node], rows: Arrangement) -> list[tuple[Node, Node]]:
    """Neighbours below one parent as (first, last); rows that left meanwhile are left out."""
    found: list[tuple[Node, Node]] = []
    before = -1
    for node in nodes:
        row = rows.row_of(node)
        if row is None:
            continue
        if found and found[-1][1].parent is node.parent and before + 1 == row:
            found[-1] = (found[-1][0], node)
        else:
            found.append((node, node))
        before = row
    return found


def _gaps(have: Sequence[Node], wanted: list[Node]) -> list[tuple[int, list[Node]]] | None:
    """Where rows have to be inserted to get from one list to the other, in order; None when it takes more than that."""
    known = set(have)
    found: list[tuple[int, list[Node]]] = []
    at = 0
    for row, node in enumerate(wanted):
        if node in known:
            if have[at] is not node:
                return None
            at += 1
        elif found and found[-1][0] + len(found[-1][1]) == row:
            found[-1][1].append(node)
        else:
            found.append((row, [node]))
    return found


def _runs(rows: list[int]) -> Iterator[tuple[int, int]]:
    """Neighbours among ascending numbers as (first, last)."""
    first = last = -1
    for row in rows:
        if row != last + 1 or first < 0:
            if first >= 0:
                yield first, last
            first = row
        last = row
    if first >= 0:
        yield first, last
