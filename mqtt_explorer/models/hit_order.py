# SPDX-License-Identifier: MIT
"""Counts through the hits of a filtered tree in the order in which its rows stand, without visiting them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from time import perf_counter
from typing import Final

from mqtt_explorer.models.tree_filter import TreeFilter
from mqtt_explorer.store.topic_tree import Node

AT_ONCE_S: Final = 0.002
"""A place that took no longer to find is looked for whenever something changed …"""
REST: Final = 19
"""… and others rest so many times as long: five percent of the time in all."""


class HitOrder:
    """The hits from top to bottom as if every branch were unfolded.

    Args:
        root: The root of the tree.
        tree_filter: Its hits.
        ordered: All shown children of a branch in display order.
        place_in: How many siblings stand before a node in that order; None for one that is not shown.
    """

    def __init__(
        self,
        root: Node,
        tree_filter: TreeFilter,
        ordered: Callable[[Node], list[Node]],
        place_in: Callable[[Node], int | None],
    ) -> None:
        self._root = root
        self._filter = tree_filter
        self._ordered = ordered
        self._place_in = place_in

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
            place = self._place_in(node)
            if place is None:
                return None
            if place and not self._filter.is_flat(branch):
                place = sum(self._filter.hits_of(self._ordered(branch)[:place], branch) or ())
            count += place + self._filter.is_hit(branch)
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


class LastPlace:
    """Remembers which hit the last one asked for is: the answer changes only with filter and order."""

    def __init__(self) -> None:
        self._node: Node | None = None
        self._look: object = None
        self._place: int | None = None
        self._from_s = 0.0
        self.is_old = False

    def of(self, node: Node, look: object, order: HitOrder) -> int | None:
        """Which hit a node is, as `HitOrder.place_of`. In huge results it may be that of a moment ago; then `is_old` says so.

        Args:
            node: The hit.
            look: Another value whenever the answer may be another one.
            order: Whom to ask then.
        """
        if node is not self._node or (look != self._look and perf_counter() >= self._from_s):
            begun = perf_counter()
            self._place = order.place_of(node)
            now = perf_counter()
            self._node, self._look = node, look
            self._from_s = now + REST * (now - begun) if now - begun > AT_ONCE_S else 0.0
        self.is_old = look != self._look
        return self._place

    def take_due(self) -> bool:
        """Whether an old answer was given and it is time to ask again; once."""
        due = self.is_old and perf_counter() >= self._from_s
        if due:
            self.is_old = False
        return due
