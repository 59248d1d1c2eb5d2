# SPDX-License-Identifier: MIT
"""Keeps a row in its place on the screen while rows come, go and change places around it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mqtt_explorer.models.topic_model import TopicModel
    from mqtt_explorer.store.topic_tree import Node
    from mqtt_explorer.widgets.views import TreeView

Place = tuple["Node", int]
"""A row and how far its top lies below that of the viewport, in pixels."""


class Anchor(QObject):
    """Holds the screen before the first change of a frame and settles it after the layout that follows.

    The current row keeps its place while it can be seen, else the topmost row; where that one goes, the next below.
    At the very top without a current row in sight nothing is held, so that what is new there can be seen.

    A view lays out its rows late, so all changes of a frame cost one look before and one after.
    """

    def __init__(self, tree: TreeView, model: TopicModel) -> None:
        super().__init__(tree)
        self._tree, self._model = tree, model
        self._bar = tree.verticalScrollBar()
        self._held: list[Place] | None = None
        self._held_for: Node | None = None
        self._scrolled = 0
        self._value = self._bar.value()
        self._off = 0
        model.rowsAboutToBeInserted.connect(self._before_rows)
        model.rowsAboutToBeRemoved.connect(self._before_rows)
        model.layoutAboutToBeChanged.connect(lambda *_: self.hold())
        model.modelAboutToBeReset.connect(self.drop)
        self._bar.valueChanged.connect(self._on_scrolled)

    def hold(self, first: Node | None = None) -> None:
        """Takes down what stands where, unless that has been done; `first` keeps its place before all others."""
        if self._held is not None or self._off:
            return
        self._held_for = None
        places = places_of(self._tree, self._model)
        current = self._tree.currentIndex()
        node = self._model.node(current) if current.isValid() else None
        lead = [place for wanted in (first, node) for place in places if place[0] is wanted]
        # An empty list too: the next look would have all rows laid out first.
        self._held = lead + places if lead or self._bar.value() > 0 else []
        self._scrolled = 0

    def drop(self) -> None:
        """Forgets what it holds."""
        self._held = self._held_for = None

    def forget(self, node: Node) -> None:
        """Forgets what was held because rows came into this branch: it is being unfolded, and what is below makes room."""
        if self._held_for is node:
            self.drop()

    def settle(self) -> None:
        """Scrolls so that what was held stands where it stood, plus what the user scrolled meanwhile."""
        held, self._held, self._held_for = self._held, None, None
        if held:
            put_places(self._tree, self._model, held, -self._scrolled)

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Within it nothing is held: rows are laid out, or whoever changes them also places them."""
        self._count_scrolled()
        self._off += 1
        try:
            yield
        finally:
            self._off -= 1

    def _before_rows(self, parent: QModelIndex, _first: int, _last: int) -> None:
        if self._held is not None or self._off:
            return
        above = parent
        while above.isValid():
            if not self._tree.isExpanded(above):
                return  # cannot be seen, and no layout follows
            above = above.parent()
        self.hold()
        self._held_for = self._model.node(parent)

    def _on_scrolled(self, _value: int) -> None:
        self._count_scrolled()

    def _count_scrolled(self) -> None:
        """Not only when the bar tells: under the pointer the view lays out its rows before we hear of the scrolling."""
        value = self._bar.value()
        if not self._off:
            self._scrolled += value - self._value
        self._value = value


def places_of(tree: TreeView, model: TopicModel) -> list[Place]:
    """The rows on the screen, with their places."""
    return [(model.node(index), rect.top()) for index, rect in tree.rows_on_screen()]


def put_places(tree: TreeView, model: TopicModel, places: Sequence[Place], offset: int = 0) -> bool:
    """Scrolls so that the first of these rows that can be shown stands in its place; False when none can."""
    for node, top in places:
        index = model.index_of(node)
        rect = tree.visualRect(index) if index.isValid() else None
        if rect is not None and rect.height() > 0:
            bar = tree.verticalScrollBar()
            wanted = bar.value() + rect.top() - top - offset
            if wanted > bar.maximum():
                tree.updateGeometries()  # rows may be laid out already, and the scroll bar not know of them yet
            bar.setValue(wanted)
            return True
    return False
