# SPDX-License-Identifier: MIT
"""Narrower filters that may be granted where a wide one was refused. No Qt."""

from __future__ import annotations

import heapq
from itertools import islice
from typing import TYPE_CHECKING, Final

from mqtt_explorer.protocol.topics import TopicError, TopicFilter

if TYPE_CHECKING:
    from mqtt_explorer.store import TopicStore

#: Siblings looked at: enough to find busy ones, and never slow.
_LOOKED_AT: Final = 1_000


def narrower(refused: TopicFilter, store: TopicStore, known: set[str], limit: int = 2) -> list[str]:
    """Filters one level below a refused `…/#`, for the branches with most topics.

    Only what is already in the tree can be named, so the list is empty when nothing has arrived.

    Args:
        refused: The filter.
        store: The topics of the connection.
        known: Filters that are in the table already.
        limit: At most so many.
    """
    prefix = refused.levels[:-1]
    if refused.levels[-1] != "#" or "+" in prefix:
        return []
    node = store.find("/".join(prefix).encode()) if prefix else store.root
    if node is None or not node.kids:
        return []
    share = f"$share/{refused.group}/" if refused.group is not None else ""
    found: list[str] = []
    # A leading wildcard never meant the $ topics (4.7.2), so they are nothing narrower.
    kids = (kid for kid in islice(node.kids, _LOOKED_AT) if prefix or not kid.topic.startswith(b"$"))
    for kid in heapq.nlargest(2 * limit, kids, key=lambda each: each.topics_below):
        try:
            filter_text = TopicFilter(f"{share}{kid.topic.decode()}/#").text
        except TopicError:  # a level of nothing but a wildcard character, or too long
            continue
        if filter_text not in known:
            found.append(filter_text)
    return found[:limit]
