# SPDX-License-Identifier: MIT
"""What stays of a view of the topic tree: selection, unfolded branches and where it was scrolled to.

The Topics panel keeps it for each connection it showed, and over a search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QItemSelectionRange, QModelIndex

from mqtt_explorer.models.topic_model import TOPIC
from mqtt_explorer.panels.topics.anchor import places_of, put_places
from mqtt_explorer.panels.topics.selecting import selected_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mqtt_explorer.models.topic_model import TopicModel
    from mqtt_explorer.panels.topics.folding_tree import FoldingTree
    from mqtt_explorer.store.topic_store import TopicStore
    from mqtt_explorer.store.topic_tree import Node

_FLAGS = QItemSelectionModel.SelectionFlag


@dataclass(frozen=True, slots=True)
class ViewState:
    """A view, by topic: nodes belong to the store.

    Attributes:
        current: The row the keyboard is on.
        expanded: Unfolded branches, parents before children.
        scroll: Where the scroll bar stood, in pixels.
        selected: The selected rows.
        places: The rows on the screen, each with the distance of its top from that of the view, in pixels.
    """

    current: bytes | None = None
    expanded: tuple[bytes, ...] = ()
    scroll: int = 0
    selected: tuple[bytes, ...] = ()
    places: tuple[tuple[bytes, int], ...] = ()


def take(tree: FoldingTree, model: TopicModel) -> ViewState:
    """Reads the state off the view."""
    index = tree.currentIndex()
    return ViewState(
        model.node(index).topic if index.isValid() else None,
        tuple(node.topic for node in tree.expanded_nodes()),
        tree.verticalScrollBar().value(),
        tuple(node.topic for node in selected_nodes(tree, model)),
        tuple((node.topic, top) for node, top in places_of(tree, model)),
    )


def put(state: ViewState, tree: FoldingTree, model: TopicModel, *, select: bool = True) -> None:
    """Brings a state back: exactly its branches are unfolded. Topics that are gone or hidden by a filter are left out.

    Args:
        state: What `take` returned.
        tree: The view.
        model: Its model.
        select: Brings the selection back too.
    """
    store = model.store
    if store is None:
        return
    with tree.anchor.resting():
        tree.set_expanded(_found(store, state.expanded))
        if select:
            _select(state, store, tree, model)
        tops = dict(state.places)
        places = [(node, tops[node.topic]) for node in _found(store, tops)]
        for node, _ in places[:1] + places[-1:]:
            _index(model, node)
        # The range of the scroll bar is known only after the layout.
        tree.doItemsLayout()
        if not state.scroll or not put_places(tree, model, places):
            tree.verticalScrollBar().setValue(state.scroll)


def _found(store: TopicStore, topics: Iterable[bytes]) -> list[Node]:
    return [node for topic in topics if (node := store.find(topic)) is not None]


def _index(model: TopicModel, node: Node) -> QModelIndex:
    """Where a node stands; announced if need be, invalid where a filter hides it."""
    index = model.index_of(node)
    return index if index.isValid() else model.reveal(node)


def _select(state: ViewState, store: TopicStore, tree: FoldingTree, model: TopicModel) -> None:
    rows: dict[Any, set[int]] = {}
    for node in _found(store, state.selected):
        index = _index(model, node)
        if index.isValid():
            rows.setdefault(node.parent, set()).add(index.row())
    selection = QItemSelection()
    for branch, numbers in rows.items():
        place = model.index_of(branch)
        for first, last in _runs(sorted(numbers)):
            selection.append(
                QItemSelectionRange(model.index(first, TOPIC, place), model.index(last, TOPIC, place))
            )
    current = store.find(state.current) if state.current is not None else None
    index = _index(model, current) if current is not None else QModelIndex()
    chosen = tree.selectionModel()
    if index.isValid():
        # The state says where the view stands; Qt would scroll to the row.
        tree.setAutoScroll(False)
        chosen.setCurrentIndex(index, _FLAGS.NoUpdate)
        tree.setAutoScroll(True)
    if rows or chosen.hasSelection():
        chosen.select(selection, _FLAGS.ClearAndSelect | _FLAGS.Rows)


def _runs(rows: list[int]) -> Iterator[tuple[int, int]]:
    """Neighbours among ascending numbers as (first, last)."""
    first = last = rows[0]
    for row in rows[1:]:
        if row != last + 1:
            yield first, last
            first = row
        last = row
    yield first, last
