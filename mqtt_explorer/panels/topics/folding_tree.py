# SPDX-License-Identifier: MIT
"""A topic tree in which unfolded branches are known by their nodes and nothing jumps; what the user does with it is `tree`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex
from PySide6.QtWidgets import QWidget

from mqtt_explorer.models.topic_columns import TOPIC
from mqtt_explorer.panels.topics.anchor import Anchor
from mqtt_explorer.widgets.delegates import Column, Index
from mqtt_explorer.widgets.views import TreeView

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mqtt_explorer.models.topic_model import TopicModel
    from mqtt_explorer.store.topic_tree import Node

_FLAGS = QItemSelectionModel.SelectionFlag


class FoldingTree(TreeView):
    """Tells its model which branches are open, and keeps what the user looks at in its place (`anchor`)."""

    def __init__(self, columns: Sequence[Column], model: TopicModel, parent: QWidget | None = None) -> None:
        super().__init__(columns, parent)
        self._model = model
        self._unfolded: dict[Node, None] = {}
        self._missing = False
        self.anchor = Anchor(self, model)
        self.setModel(model)
        self.expanded.connect(self._on_expanded)
        self.collapsed.connect(self._on_collapsed)
        # The view's own slots are connected already: these come after them.
        model.modelReset.connect(self._forget_unfolded)
        model.rowsAboutToBeRemoved.connect(self._before_removal)
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

    def expanded_nodes(self) -> list[Node]:
        """All unfolded branches, parents before children; also those that a filter or a folded branch hides now."""
        return sorted(self._unfolded, key=lambda node: node.topic.count(b"/"))

    def set_expanded(self, nodes: Iterable[Node]) -> None:
        """Unfolds exactly these branches, parents before children; the view is laid out once, later.

        Those that cannot be seen now are unfolded when they come.
        """
        model, wanted = self._model, dict.fromkeys(nodes)
        with self.anchor.resting():
            self.scheduleDelayedItemsLayout()
            for node in [each for each in self._unfolded if each not in wanted]:
                self.collapse(model.index_of(node))
                self._unfolded.pop(node, None)  # a row that is gone is not reported
            for node in wanted:
                index = model.index_of(node)
                if not index.isValid() and self._is_open(node.parent):
                    index = model.reveal(node)
                if index.isValid() and model.hasChildren(index):
                    self.expand(index)
                else:
                    self._unfolded[node] = None
                    self._missing = True

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
        # One layout for all of them.
        self.scheduleDelayedItemsLayout()
        for node in reversed(below):
            self.collapse(self._model.index_of(node))

    def _on_expanded(self, index: QModelIndex) -> None:
        node = self._model.node(index)
        self._unfolded[node] = None
        self.anchor.forget(node)
        self._model.set_open(index, True)

    def _on_collapsed(self, index: QModelIndex) -> None:
        self._unfolded.pop(self._model.node(index), None)
        self._model.set_open(index, False)

    def _forget_unfolded(self) -> None:
        self._unfolded.clear()
        self._missing = False

    def _before_removal(self) -> None:
        self._missing = True

    def _unfold_again(self, parent: QModelIndex, first: int, last: int) -> None:
        """A branch that a live search took away and brings back is as it was."""
        if not self._missing or not self._unfolded:
            return
        indexes = [parent, *(self._model.index(row, TOPIC, parent) for row in range(first, last + 1))]
        for index in indexes:
            if index.isValid() and self._model.node(index) in self._unfolded and not self.isExpanded(index):
                self.expand(index)


def _is_inside(node: Node | None, root: Node) -> bool:
    while node is not None and node is not root:
        node = node.parent
    return node is root
