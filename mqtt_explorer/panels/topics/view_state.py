# SPDX-License-Identifier: MIT
"""What the Topics panel remembers of each connection it showed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mqtt_explorer.models.topic_model import TOPIC

if TYPE_CHECKING:
    from mqtt_explorer.models.topic_model import TopicModel
    from mqtt_explorer.panels.topics.tree import TopicTree


@dataclass(frozen=True, slots=True)
class ViewState:
    """Selection, unfolded branches and scroll position, by topic: nodes belong to the store."""

    current: bytes | None = None
    expanded: tuple[bytes, ...] = ()
    scroll: int = 0


def take(tree: TopicTree, model: TopicModel) -> ViewState:
    """Reads the state off the view."""
    index = tree.currentIndex()
    return ViewState(
        model.node(index).topic if index.isValid() else None,
        tuple(node.topic for node in tree.expanded_nodes()),
        tree.verticalScrollBar().value(),
    )


def put(state: ViewState, tree: TopicTree, model: TopicModel) -> None:
    """Brings a state back; topics that are gone are left out."""
    store = model.store
    if store is None:
        return
    for path in state.expanded:
        node = store.find(path)
        if node is not None and node.kids:
            tree.expand(model.reveal(node))
    if state.current is not None and (node := store.find(state.current)) is not None:
        tree.setCurrentIndex(model.reveal(node).siblingAtColumn(TOPIC))
    # The range of the scroll bar is known only after the layout.
    tree.doItemsLayout()
    tree.verticalScrollBar().setValue(state.scroll)
