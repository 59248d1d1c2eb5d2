# SPDX-License-Identifier: MIT
"""Unfolds whole branches without stopping the window: a slice now, and the rest between the frames."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QModelIndex, QObject, QTimer, Signal

from mqtt_explorer.models.arrangement import PAGE
from mqtt_explorer.models.topic_model import TOPIC

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt_explorer.models.topic_model import TopicModel
    from mqtt_explorer.panels.topics.folding_tree import FoldingTree
    from mqtt_explorer.store.topic_tree import Node

EXPAND_LIMIT: Final = 50_000
"""Rows that "expand all below" shows at most: a view lays all of them out anew whenever one joins."""
FIRST_ROWS: Final = 300
"""Rows unfolded at once; what is more comes in slices."""
SLICE_S: Final = 0.006
WHOLE: Final = 2_000
"""A branch with more children shows its first page, as when it is unfolded by hand: its rows cannot come in slices."""


class Expanding(QObject):
    """Unfolds branches and everything below them, in the order of the screen.

    It ends by itself, at `EXPAND_LIMIT` rows, or when the user folds a branch, selects another row or sees another tree.

    Signals:
        stopped(int, int): It ended and not everything is unfolded: rows shown below, and branches that stayed
            folded or show their first page only.
    """

    stopped = Signal(int, int)

    def __init__(self, tree: FoldingTree, model: TopicModel) -> None:
        super().__init__(tree)
        self._tree, self._model = tree, model
        self._roots: set[Node] = set()
        self._lead: Node | None = None
        self._waiting: list[Node] = []
        self._rows = 0
        self._left = 0
        self._at_work = False
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)

    @property
    def running(self) -> bool:
        """True while something is left to unfold."""
        return self._timer.isActive()

    def begin(self, index: QModelIndex) -> None:
        """Unfolds a branch and everything below it; while others are being unfolded it waits for its turn."""
        if not index.isValid():
            return
        node = self._model.node(index)
        if not self.running:
            self._forget()
            self._lead = node
        self._roots.add(node)
        self._waiting.insert(0, node)
        if not self.running:
            self._slice(lambda: self._rows >= FIRST_ROWS)
            if self._waiting:
                self._timer.start()

    def cancel(self) -> None:
        """Leaves what is not unfolded yet; nothing to do inside its own work."""
        if not self._at_work:
            self._timer.stop()
            self._forget()

    def _forget(self) -> None:
        self._waiting.clear()
        self._roots.clear()
        self._lead = None
        self._rows = self._left = 0

    def _go_on(self) -> None:
        until = time.perf_counter() + SLICE_S
        self._slice(lambda: time.perf_counter() > until)

    def _slice(self, is_over: Callable[[], bool]) -> None:
        anchor = self._tree.anchor
        anchor.hold(self._lead)
        self._at_work = True
        try:
            with anchor.resting():
                while self._waiting:
                    if self._rows >= EXPAND_LIMIT:
                        self._left += sum(self._is_folded(node) for node in self._waiting)
                        self._waiting.clear()
                        break
                    self._unfold(self._waiting.pop())
                    if is_over():
                        break
        finally:
            self._at_work = False
        anchor.settle()
        if not self._waiting:
            rows, left = self._rows, self._left
            self.cancel()
            if left:
                self.stopped.emit(rows, left)

    def _unfold(self, node: Node) -> None:
        """One branch; its children join those that wait. Rows are announced while it is folded: that costs no layout."""
        model, tree = self._model, self._tree
        index = model.index_of(node)
        if not index.isValid() or not model.hasChildren(index):
            return
        known = model.rowCount(index)
        total = known + model.hidden_rows(index)
        room = EXPAND_LIMIT - self._rows
        if total > room and node not in self._roots:
            self._left += 1
            return
        if total <= min(room, WHOLE):
            shown = model.show_more(index, total)
        elif tree.isExpanded(index):
            shown = known
        else:
            shown = model.show_more(index, PAGE)
        tree.expand(model.index_of(node))
        self._left += shown < total
        self._rows += shown
        kids = (model.index(row, TOPIC, index) for row in range(shown - 1, -1, -1))
        self._waiting += [model.node(each) for each in kids if model.hasChildren(each)]

    def _is_folded(self, node: Node) -> bool:
        index = self._model.index_of(node)
        return index.isValid() and self._model.hasChildren(index) and not self._tree.isExpanded(index)


def unfold_hits(tree: FoldingTree, model: TopicModel, limit: int) -> list[Node]:
    """Unfolds the branches of a search from the top on, until the user comes by about `limit` rows; returns which."""
    unfolded: list[Node] = []
    rows = 0
    waiting = [QModelIndex()]
    while waiting and rows < limit:
        branch = waiting.pop()
        if branch.isValid():
            rows += 1
            if not model.hasChildren(branch):
                continue
            if not tree.isExpanded(branch):
                model.fetchMore(branch)
                unfolded.append(model.node(branch))
                tree.expand(branch)
        shown = min(model.rowCount(branch), limit - rows)
        waiting += [model.index(row, TOPIC, branch) for row in range(shown - 1, -1, -1)]
    return unfolded
