# SPDX-License-Identifier: MIT
"""What changed in the tree since the last frame, in slices a frame can afford."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mqtt_explorer.store.topic_tree import Node, TopicTree

#: How long one call of `take` may work.
SLICE_S = 0.006

#: Nodes between two looks at the clock: about half a millisecond.
_CHUNK = 1024


@dataclass(slots=True)
class Changes:
    """What a view has to know after a frame.

    Attributes:
        grown: Branches with new kids, and how many kids each had before. A branch that is itself new is not listed: whoever learns
            of its topmost new ancestor finds the subtree already built.
        changed: Nodes that are new or had messages, each once.
        branches: Branches whose `topics_below` or `messages_below` changed, each once.
        more: True when time was up; the rest comes with the next call.
    """

    grown: dict[Node, int]
    changed: list[Node]
    branches: list[Node]
    more: bool


def take(tree: TopicTree, slice_s: float = SLICE_S) -> Changes:
    """Hands out what changed and adds the new messages to the branches above, for about `slice_s` seconds."""
    deadline = perf_counter() + slice_s
    waiting = tree.changed
    branches: dict[Node, None] = {}
    done = 0
    while done < len(waiting):
        _fold(waiting[done : done + _CHUNK], branches)
        done = min(done + _CHUNK, len(waiting))
        if perf_counter() >= deadline:
            break
    if done == len(waiting):
        changed, tree.changed = waiting, []
    else:
        changed = waiting[:done]
        del waiting[:done]
    grown, tree.grown = tree.grown, {}
    tree.fresh = object()
    return Changes(grown, changed, list(branches), more=bool(tree.changed))


def _fold(nodes: list[Node], branches: dict[Node, None]) -> None:
    """Cleans the nodes and adds their new messages and topics to every branch above, each branch once per distance.

    The newest stamp climbs the same way. The nodes may be of very different times: a hidden window takes no changes for an hour.
    """
    messages: dict[Node, int] = {}
    topics: dict[Node, int] = {}
    for node in nodes:
        node.mark = None
        new = node.count - node.folded
        parent = node.parent
        if not new or parent is None:
            continue
        messages[parent] = messages.get(parent, 0) + new
        if not node.folded:
            topics[parent] = topics.get(parent, 0) + 1
        node.folded = node.count
        stamp, newest = node.stamp, parent.stamp_below
        if stamp is not newest and stamp is not None and (newest is None or stamp > newest):
            parent.stamp_below = stamp
    while messages:
        messages_above: dict[Node, int] = {}
        topics_above: dict[Node, int] = {}
        branches.update(dict.fromkeys(messages))
        for node, new in messages.items():
            node.messages_below += new
            parent = node.parent
            if parent is not None:
                messages_above[parent] = messages_above.get(parent, 0) + new
                stamp, newest = node.stamp_below, parent.stamp_below
                if stamp is not newest and stamp is not None and (newest is None or stamp > newest):
                    parent.stamp_below = stamp
        for node, new in topics.items():
            node.topics_below += new
            parent = node.parent
            if parent is not None:
                topics_above[parent] = topics_above.get(parent, 0) + new
        messages, topics = messages_above, topics_above
