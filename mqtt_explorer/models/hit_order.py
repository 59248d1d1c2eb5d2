# SPDX-License-Identifier: MIT
"""Counts through the hits of a filtered tree in the order in which its rows stand, without visiting them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

from mqtt_explorer.models.tree_filter import TreeFilter
from mqtt_explorer.store.topic_tree import Node


class HitOrder:
    """The hits from top to bottom as if every branch were unfolded.

    Args:
        root: The root of the tree.
        tree_filter: Its hits.
        ordered: All shown children of a branch in display order.
    """

    def __init__(self, root: Node, tree_filter: TreeFilter, ordered: Callable[[Node], list[Node]]) -> None:
        self._root = root
        self._filter = tree_filter
        self._ordered = ordered

    def step(self, current: Node | None, by: int) -> Node | None:
        """The hit so many hits behind or before a node, around the ends; without a node counted from the ends. None without hits."""
        hits = self._filter.hits
        if not hits or not by:
            return None
        before = self._before(current) if current is not None and self._filter.shows(current) else None
        if before is None or current is None:
            place = by - 1 if by > 0 else by
        elif by > 0 and not self._filter.is_hit(current):
            place = before + by - 1  # the next one is the first behind it
        else:
            place = before + by
        return self._hit_at(place % hits)

    def place_of(self, node: Node) -> int | None:
        """Which hit a node is, beginning with 1; None when it is none."""
        if not self._filter.is_hit(node):
            return None
        before = self._before(node)
        return None if before is None else before + 1

    def _before(self, node: Node) -> int | None:
        """How many hits stand above a shown node."""
        count = 0
        while node is not self._root:
            branch = node.parent
            if branch is None:
                return None
            kids = self._ordered(branch)
            try:
                place = kids.index(node)
            except ValueError:
                return None
            hits = self._filter.hits_of(kids[:place], branch)
            count += (place if hits is None else sum(hits)) + self._filter.is_hit(branch)
            node = branch
        return count

    def _hit_at(self, place: int) -> Node | None:
        """The hit with so many hits above it."""
        branch = self._root
        while True:
            kids = self._ordered(branch)
            hits = self._filter.hits_of(kids, branch)
            if hits is None:
                return kids[place] if place < len(kids) else None
            ends = list(accumulate(hits))
            index = bisect_right(ends, place)
            if index == len(kids):
                return None
            branch = kids[index]
            if index:
                place -= ends[index - 1]
            if self._filter.is_hit(branch):
                if not place:
                    return branch
                place -= 1
