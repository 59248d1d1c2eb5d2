# SPDX-License-Identifier: MIT
"""A topic tree in which unfolded branches are known by their nodes and nothing jumps; what the user does with it is `tree`'s."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QItemSelectionRange, QModelIndex, Signal
from PySide6.QtWidgets import QWidget

from mqtt_explorer.models.arrangement import PAGE
from mqtt_explorer.models.topic_columns import TOPIC
from mqtt_explorer.panels.topics.anchor import Anchor
from mqtt_explorer.panels.topics.unfolding import ROWS_AT_ONCE, Unfolding
from mqtt_explorer.widgets.delegates import Column, Index
from mqtt_explorer.widgets.views import TreeView

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

    from mqtt_explorer.models.topic_model import TopicModel
    from mqtt_explorer.store.topic_tree import Node

WHOLE: Final = 2_000
"""Rows that a branch shows at once at most: they cannot come in slices."""
_FLAGS = QItemSelectionModel.SelectionFlag


class FoldingTree(TreeView):
    """Tells its model which branches are open, and keeps what the user looks at in its place (`anchor`).

    Signals:
        chosen(): Other rows were selected, or none: by the user or on his behalf, never because rows went or came back.
    """

    chosen = Signal()

    def __init__(self, columns: Sequence[Column], model: TopicModel, parent: QWidget | None = None) -> None:
        super().__init__(columns, parent)
        self._model = model
        self._unfolded: dict[Node, None] = {}
        self._missing = False
        self._unasked = 0
        self._select_later: dict[Node, list[Node]] = {}
        self._pages: Mapping[Node, int] = {}
        self.anchor = Anchor(self, model)
        self.unfolding = Unfolding(self.anchor, lambda node: self._unfold(node, at_once=False))
        model.rowsAboutToBeRemoved.connect(self._before_removal)  # first: the selection loses its rows next
        # First too: Qt's own forgets where rows are.
        model.modelAboutToBeReset.connect(self._before_reset)
        self.setModel(model)
        self.selectionModel().selectionChanged.connect(lambda *_: self._on_selection_changed())
        self.expanded.connect(self._on_expanded)
        self.collapsed.connect(self._on_collapsed)
        # The view's own slots are connected already: these come after them.
        model.modelReset.connect(self._forget_unfolded)
        model.rowsRemoved.connect(self._after_removal)
        model.rowsInserted.connect(self._unfold_again)

    def doItemsLayout(self) -> None:
        """Lays the rows out and has what the user looks at stay where it is."""
        if not hasattr(self, "anchor"):  # while Qt's part is being made
            super().doItemsLayout()
            return
        with self.anchor.resting():
            super().doItemsLayout()
            self.anchor.settle()

    def setCurrentIndex(self, index: Index) -> None:
        """Makes a row the current one and the only one selected, whatever keys are down (Qt's own would add it)."""
        self.selectionModel().setCurrentIndex(index, _FLAGS.ClearAndSelect | _FLAGS.Rows)

    @contextmanager
    def unasked(self) -> Iterator[None]:
        """Within it the selection changes by itself: nobody chose anything."""
        self._unasked += 1
        try:
            yield
        finally:
            self._unasked -= 1

    def expanded_nodes(self) -> list[Node]:
        """All unfolded branches, parents before children; also those that a filter or a folded branch hides now."""
        return sorted(self._unfolded, key=lambda node: node.topic.count(b"/"))

    def set_expanded(
        self, nodes: Iterable[Node], near: Set[Node] | None = None, pages: Mapping[Node, int] | None = None
    ) -> None:
        """Unfolds exactly these branches, parents before children; the view is laid out once, later.

        Those that cannot be seen now are unfolded when they come.

        Args:
            nodes: The branches.
            near: Of many branches only these, around the screen, are unfolded at once, the others in slices.
            pages: How many rows big branches show, where that is more than a page.
        """
        wanted = dict.fromkeys(nodes)
        late = _beyond(wanted, near) if near is not None else []
        self._select_later.clear()
        self._pages = pages or {}
        self.unfolding.stop()
        with self.anchor.resting():
            self.scheduleDelayedItemsLayout()
            for node in [each for each in self._unfolded if each not in wanted]:
                self.collapse(self._model.index_of(node))
                self._unfolded.pop(node, None)  # a row that is gone is not reported
            self.unfolding.begin(late)
            self._unfolded.update(wanted)  # the late ones too, whoever asks meanwhile
            for node in wanted:
                if node not in self.unfolding:
                    self._unfold(node)

    def _unfold(self, node: Node, *, at_once: bool = True) -> None:
        """One branch, and `at_once` also one whose row was not announced; else that one unfolds when its row comes."""
        model = self._model
        index = model.index_of(node)
        if at_once and not index.isValid() and self._is_open(node.parent):
            index = model.reveal(node)
        if not index.isValid() or not model.hasChildren(index):
            self._unfolded[node] = None
            self._missing = True
        elif not self.isExpanded(index):
            self._expand(node)
        if later := self._select_later.pop(node, None):
            with self.unasked():
                self.select_nodes({node: later}, _FLAGS.Select)

    def _expand(self, node: Node) -> None:
        """Rows are announced while the branch is folded: that costs no layout, while each that is revealed later costs one."""
        index = self._model.index_of(node)
        if rows := self._pages.get(node):
            self._model.show_more(index, min(rows, WHOLE))
        else:
            self._model.fetchMore(index)
        self.expand(self._model.index_of(node))

    def pages(self) -> dict[Node, int]:
        """How many rows unfolded branches show, or will show in a moment, where that is more than a page."""
        counts = {node: self._model.rowCount(self._model.index_of(node)) for node in self._unfolded}
        later = {node: rows for node, rows in self._pages.items() if node in self.unfolding}
        return {node: rows for node, rows in counts.items() if rows > PAGE} | later

    def comes_later(self, branch: Node | None) -> bool:
        """Whether the children of a branch are not shown yet, but will be in a moment."""
        while branch is not None and branch not in self.unfolding:
            branch = branch.parent
        return branch is not None

    @property
    def selected_later(self) -> list[Node]:
        """Rows that will be selected as soon as their branches are unfolded."""
        return [node for nodes in self._select_later.values() for node in nodes]

    def select_nodes(
        self, nodes: Mapping[Node, list[Node]], command: QItemSelectionModel.SelectionFlag
    ) -> None:
        """Selects rows, given by their branches; those of branches that come later when they come."""
        selection = QItemSelection()
        for branch, wanted in nodes.items():
            if self.comes_later(branch):
                self._select_later[branch] = wanted
                continue
            place = self._model.index_of(branch)
            for first, last in _runs(self._rows_of(wanted)):
                top, bottom = (self._model.index(row, TOPIC, place) for row in (first, last))
                selection.append(QItemSelectionRange(top, bottom))
        if not selection.isEmpty() or (command & _FLAGS.Clear and self.selectionModel().hasSelection()):
            self.selectionModel().select(selection, command | _FLAGS.Rows)

    def _rows_of(self, nodes: list[Node]) -> list[int]:
        """The rows of nodes of one branch; announced if need be, without those that a filter hides."""
        model, rows, can_show = self._model, [], True
        # From the end on: where that one is announced the rows before it are too, and where it is hidden all that are not.
        for node in reversed(nodes):
            index = model.index_of(node)
            if not index.isValid() and can_show:
                index = model.reveal(node)
                can_show = index.isValid()
            if index.isValid():
                rows.append(index.row())
        return sorted(rows)

    def collapseAll(self) -> None:
        """Folds every branch, also those that cannot be seen now."""
        self.set_expanded(())

    def _is_open(self, branch: Node | None) -> bool:
        """Whether the children of a branch are shown; those of the root always are."""
        return branch is None or branch.parent is None or self.isExpanded(self._model.index_of(branch))

    def collapse_below(self, index: QModelIndex) -> None:
        """Folds a branch and everything below it that is open."""
        if not index.isValid():
            return
        root = self._model.node(index)
        below = [node for node in self._unfolded if _is_inside(node, root)]
        if not below:
            return
        self.anchor.hold(root)
        self.unfolding.leave_out(below)
        for node in below:
            self._select_later.pop(node, None)
        # One layout for all of them.
        self.scheduleDelayedItemsLayout()
        for node in reversed(below):
            self.collapse(self._model.index_of(node))
            self._unfolded.pop(node, None)  # one that was still to be unfolded is not reported

    def _on_expanded(self, index: QModelIndex) -> None:
        node = self._model.node(index)
        self._unfolded[node] = None
        self.anchor.forget(node)
        self._model.set_open(index, True)

    def _on_collapsed(self, index: QModelIndex) -> None:
        self._unfolded.pop(self._model.node(index), None)
        self._model.set_open(index, False)

    def _before_reset(self) -> None:
        """The rows still stand; for those who want to know where."""

    def _forget_unfolded(self) -> None:
        self._unfolded.clear()
        self._select_later.clear()
        self.unfolding.stop()
        self._missing = False

    def _before_removal(self) -> None:
        self._missing = True
        self._unasked += 1

    def _after_removal(self) -> None:
        self._unasked -= 1

    def _on_selection_changed(self) -> None:
        if not self._unasked:
            self._select_later.clear()
            self.chosen.emit()

    def _unfold_again(self, parent: QModelIndex, first: int, last: int) -> None:
        """A branch that a live search took away and brings back is as it was."""
        if not self._missing or not self._unfolded:
            return
        indexes = [parent, *(self._model.index(row, TOPIC, parent) for row in range(first, last + 1))]
        for index in indexes:
            node = self._model.node(index)
            if not index.isValid() or node not in self._unfolded or node in self.unfolding:
                continue
            if not self.isExpanded(index):
                self._expand(node)


def _is_inside(node: Node | None, root: Node) -> bool:
    while node is not None and node is not root:
        node = node.parent
    return node is root


def _beyond(wanted: Iterable[Node], near: Set[Node]) -> list[Node]:
    """Of branches to unfold those that are too many to be unfolded at once."""
    others = [node for node in wanted if node not in near]
    rows = sum(min(len(node.kids or ()), PAGE) for node in others)
    return others if rows > ROWS_AT_ONCE else []


def _runs(rows: list[int]) -> Iterator[tuple[int, int]]:
    """Neighbours among ascending numbers as (first, last)."""
    if not rows:
        return
    first = last = rows[0]
    for row in rows[1:]:
        if row != last + 1:
            yield first, last
            first = row
        last = row
    yield first, last
