# SPDX-License-Identifier: MIT
"""What stays of a view of the topic tree: selection, unfolded branches and where it was scrolled to.

The Topics panel keeps it for each connection it showed, and over a search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex

from mqtt_explorer.panels.topics.anchor import places_of, put_places
from mqtt_explorer.panels.topics.selecting import SELECTED_LIMIT, selected_count, selected_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        selected: The selected rows, at most `SELECTED_LIMIT`.
        places: The rows on the screen, each with the distance of its top from that of the view, in pixels.
        left_out: How many more rows were selected.
        pages: How many rows big branches showed.
    """

    current: bytes | None = None
    expanded: tuple[bytes, ...] = ()
    scroll: int = 0
    selected: tuple[bytes, ...] = ()
    places: tuple[tuple[bytes, int], ...] = ()
    left_out: int = 0
    pages: tuple[tuple[bytes, int], ...] = ()


def take(tree: FoldingTree, model: TopicModel) -> ViewState:
    """Reads the state off the view."""
    index = tree.currentIndex()
    shown = selected_nodes(tree, model)
    selected = [*shown, *tree.selected_later][:SELECTED_LIMIT]
    return ViewState(
        model.node(index).topic if index.isValid() else None,
        tuple(node.topic for node in tree.expanded_nodes()),
        tree.verticalScrollBar().value(),
        tuple(node.topic for node in selected),
        tuple((node.topic, top) for node, top in places_of(tree, model)),
        selected_count(tree) - len(shown) if len(shown) == SELECTED_LIMIT else 0,
        tuple((node.topic, rows) for node, rows in tree.pages().items()),
    )


def put(state: ViewState, tree: FoldingTree, model: TopicModel, *, select: bool = True) -> None:
    """Brings a state back: exactly its branches are unfolded. Topics that are gone or hidden by a filter are left out.

    What is on the screen stands there at once; of many branches those elsewhere follow in slices, and with them their
    selected rows. Nobody chose anything by it (`FoldingTree.unasked`).

    Args:
        state: What `take` returned.
        tree: The view.
        model: Its model.
        select: Brings the selection back too.
    """
    store = model.store
    if store is None:
        return
    tops = dict(state.places)
    on_screen = _found(store, tops)
    with tree.anchor.resting(), tree.unasked():
        pages = {node: rows for topic, rows in state.pages if (node := store.find(topic)) is not None}
        tree.set_expanded(_found(store, state.expanded), _with_branches(on_screen), pages)
        if select:
            _select(state, store, tree, model)
        places = [(node, tops[node.topic]) for node in on_screen]
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


def _with_branches(nodes: Iterable[Node]) -> set[Node]:
    """Nodes and all branches above them."""
    found: set[Node] = set()
    for node in nodes:
        step: Node | None = node
        while step is not None and step not in found:
            found.add(step)
            step = step.parent
    return found


def _select(state: ViewState, store: TopicStore, tree: FoldingTree, model: TopicModel) -> None:
    current = store.find(state.current) if state.current is not None else None
    index = _index(model, current) if current is not None else QModelIndex()
    if index.isValid():
        # The state says where the view stands; Qt would scroll to the row.
        tree.setAutoScroll(False)
        tree.selectionModel().setCurrentIndex(index, _FLAGS.NoUpdate)
        tree.setAutoScroll(True)
    branches: dict[Node, list[Node]] = {}
    for node in _found(store, state.selected):
        if node.parent is not None:
            branches.setdefault(node.parent, []).append(node)
    tree.select_nodes(branches, _FLAGS.ClearAndSelect)
