# SPDX-License-Identifier: MIT
"""Many selected rows of the topic tree: as ranges, for a list of fifty thousand indexes would stop the window."""

from __future__ import annotations

import heapq
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QItemSelection, QItemSelectionRange, QModelIndex

from mqtt_explorer.models.topic_columns import COLUMNS, TOPIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mqtt_explorer.models.topic_model import TopicModel
    from mqtt_explorer.panels.topics.folding_tree import FoldingTree
    from mqtt_explorer.store.topic_tree import Node

SELECTED_LIMIT: Final = 10_000
"""Selected rows that are handed out and remembered at most; more are one selection, but no list."""

Path = tuple[int, ...]
"""The rows on the way to a row, from the top: sorted, they stand in the order of the screen."""


def rows_between(
    tree: FoldingTree, model: TopicModel, first: QModelIndex, last: QModelIndex
) -> QItemSelection:
    """All shown rows from one to another, a range per branch. Qt's own asks the model four times per row, and again for
    each group of columns side by side.
    """
    start, end = _path(first), _path(last)
    found = QItemSelection()
    unfolded = [index for node in tree.expanded_nodes() if _is_shown(tree, index := model.index_of(node))]
    for branch in [QModelIndex(), *unfolded]:
        count = model.rowCount(branch)
        if not count:
            continue
        path = _path(branch)
        top, bottom = _first_row(path, start), _last_row(path, end, count)
        if top <= bottom:
            found.append(
                QItemSelectionRange(
                    model.index(top, TOPIC, branch), model.index(min(bottom, count - 1), COLUMNS - 1, branch)
                )
            )
    return found


def selected_nodes(tree: FoldingTree, model: TopicModel, limit: int = SELECTED_LIMIT) -> list[Node]:
    """The first `limit` selected rows in the order of the screen; those inside folded branches are none of them."""
    ranges: dict[Any, list[range]] = {}
    for each in _ranges(tree):
        branch = each.parent()
        ranges.setdefault(model.node(branch), []).append(range(each.top(), each.bottom() + 1))
    if not ranges:
        return []
    ways: dict[Any, set[int]] = {}
    for branch in ranges:
        index = model.index_of(branch)
        while index.isValid() and tree.isExpanded(index):
            ways.setdefault(model.node(index.parent()), set()).add(index.row())
            index = index.parent()
    return list(islice(_walk(QModelIndex(), ranges, ways, tree, model), limit))


def selected_count(tree: FoldingTree) -> int:
    """How many rows are selected, also in folded branches."""
    return sum(each.height() for each in _ranges(tree))


def _ranges(tree: FoldingTree) -> list[QItemSelectionRange]:
    selection: Any = tree.selectionModel().selection()  # the stubs do not know that it can be walked
    return list(selection)


def _walk(
    branch: QModelIndex,
    ranges: dict[Any, list[range]],
    ways: dict[Any, set[int]],
    tree: FoldingTree,
    model: TopicModel,
) -> Iterator[Node]:
    """Selected rows below a branch, each before what lies below it."""
    node = model.node(branch)
    selected = chain.from_iterable(sorted(ranges.get(node, ()), key=lambda each: each.start))
    ways_down = sorted(ways.get(node, ()))
    for row, is_way in heapq.merge(((row, False) for row in selected), ((row, True) for row in ways_down)):
        index = model.index(row, TOPIC, branch)
        if is_way:
            yield from _walk(index, ranges, ways, tree, model)
        else:
            yield model.node(index)


def _path(index: QModelIndex) -> Path:
    rows = []
    while index.isValid():
        rows.append(index.row())
        index = index.parent()
    return tuple(reversed(rows))


def _is_shown(tree: FoldingTree, branch: QModelIndex) -> bool:
    """Whether the rows of a branch below the root are among those that can be scrolled to."""
    if not branch.isValid():
        return False
    while branch.isValid():
        if not tree.isExpanded(branch):
            return False
        branch = branch.parent()
    return True


def _first_row(branch: Path, start: Path) -> int:
    """The first child of a branch that does not stand before `start`."""
    depth = len(branch)
    if start[:depth] != branch:
        return 0 if branch > start else 1 << 31
    if len(start) == depth:
        return 0
    return start[depth] + (len(start) > depth + 1)


def _last_row(branch: Path, end: Path, count: int) -> int:
    """The last child of a branch that does not stand behind `end`."""
    depth = len(branch)
    if end[:depth] != branch:
        return count - 1 if branch < end else -1
    return end[depth] if len(end) > depth else -1
