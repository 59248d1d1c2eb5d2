# SPDX-License-Identifier: MIT
"""The children of a branch in order, sorted no further than somebody looks. No Qt.

A million children take seconds to sort, and people look at the first page. So children are first dealt out to buckets
(this may be done in slices), and a bucket is sorted when the rows in it are wanted. What joins a sorted bucket later goes to
its place at once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mqtt_explorer.models.sort_keys import SortKeys
    from mqtt_explorer.models.tree_filter import TreeFilter
    from mqtt_explorer.store.topic_tree import Node

BUCKET: Final = 2_000
"""Nodes of a bucket: to sort one takes about two milliseconds."""
CHUNK: Final = 500
"""Nodes between two looks at the clock: less than a millisecond for the dearest keys but one."""
_SAMPLES: Final = 8  # nodes looked at to place one border


class Buckets:
    """Nodes with a total order, cut into buckets at borders; the last bucket has no upper one."""

    __slots__ = ("_borders", "_keys", "_nodes", "_sort_keys", "_wanted")

    def __init__(self, sort_keys: SortKeys, expected: Sequence[Node] = ()) -> None:
        """`expected`: nodes that will come; some of them tell where borders make buckets of one size."""
        self._sort_keys = sort_keys
        self._borders: list[Any] = []
        count = len(expected) // BUCKET
        if count > 1:
            keys = sorted(sort_keys.of(expected[:: max(1, len(expected) // (count * _SAMPLES))]))
            self._borders = sorted({keys[n * len(keys) // count] for n in range(1, count)})
        self._nodes: list[list[Node]] = [[] for _ in range(len(self._borders) + 1)]
        self._keys: list[list[Any] | None] = [None] * len(self._nodes)  # of sorted buckets
        self._wanted = 0

    def add(self, nodes: Sequence[Node]) -> None:
        """Deals out nodes that are not there yet."""
        touched = set()
        for node, key in zip(nodes, self._sort_keys.of(nodes), strict=True):
            at = bisect_right(self._borders, key)
            keys = self._keys[at]
            if keys is None:
                self._nodes[at].append(node)
            else:
                place = bisect_right(keys, key)
                keys.insert(place, key)
                self._nodes[at].insert(place, node)
            touched.add(at)
        for at in sorted(touched, reverse=True):
            if len(self._nodes[at]) > 2 * BUCKET:
                self._split(at)

    def remove(self, nodes: Sequence[Node]) -> list[Node]:
        """Takes nodes out; returns those it did not find, because their keys have changed since."""
        lost = []
        for node, key in zip(nodes, self._sort_keys.of(nodes), strict=True):
            at = bisect_right(self._borders, key)
            keys, bucket = self._keys[at], self._nodes[at]
            if keys is None and node in bucket:
                bucket.remove(node)
                continue
            place = bisect_left(keys, key) if keys is not None else len(bucket)
            if keys is not None and place < len(bucket) and bucket[place] is node:
                del keys[place], bucket[place]
            else:
                lost.append(node)
        return lost

    def settle(self, count: int, deadline: float | None = None) -> bool:
        """Sorts what the first `count` rows need; False when time was up before (`perf_counter`), and then it got on."""
        self._wanted = count
        at = seen = 0
        while at < len(self._nodes) and seen < count:
            fresh = self._keys[at] is None and bool(self._nodes[at])
            if fresh:
                self._nodes[at], self._keys[at] = self._sort_keys.sort(self._nodes[at])
            seen += len(self._nodes[at])
            at += 1
            # After the work and not before it: each call gets on, however late it comes.
            if fresh and deadline is not None and seen < count and perf_counter() > deadline:
                return at == len(self._nodes)
        return True

    def head(self, count: int) -> list[Node]:
        """The first `count` nodes in order."""
        self.settle(count)
        found: list[Node] = []
        for bucket in self._nodes:
            if len(found) >= count:
                break
            found += bucket
        del found[count:]
        return found

    def place_of(self, node: Node) -> int:
        """How many nodes stand before one."""
        key = self._sort_keys.of([node])[0]
        at = bisect_right(self._borders, key)
        before = sum(len(bucket) for bucket in self._nodes[:at])
        if self._keys[at] is None:
            self._nodes[at], self._keys[at] = self._sort_keys.sort(self._nodes[at])
        return before + bisect_left(self._keys[at] or [], key)

    def _split(self, at: int) -> None:
        """Makes two buckets of one that has grown."""
        was_sorted = self._keys[at] is not None
        bucket, keys = self._nodes[at], self._keys[at]
        if keys is None:
            bucket, keys = self._sort_keys.sort(bucket)
        half = len(bucket) // 2
        # Keys take memory; those of rows that nobody looks at are not kept.
        near = was_sorted and sum(len(each) for each in self._nodes[:at]) + half <= self._wanted
        self._borders.insert(at, keys[half])
        self._nodes[at : at + 1] = [bucket[:half], bucket[half:]]
        self._keys[at : at + 1] = [keys[:half] if was_sorted else None, keys[half:] if near else None]


class KidsInOrder:
    """Follows the children of one branch, as the store or a filter has them, and has them in order."""

    __slots__ = (
        "_at",
        "_branch",
        "_buckets",
        "_filter",
        "_ghosts",
        "_known",
        "_sort_keys",
        "_source",
        "_stale",
    )

    def __init__(self, branch: Node, sort_keys: SortKeys, tree_filter: TreeFilter | None) -> None:
        self._branch = branch
        self._sort_keys = sort_keys
        self._filter = tree_filter
        self._stale = False
        self._begin()

    def _begin(self) -> None:
        self._at = 0
        self._known: set[Node] = set()
        self._ghosts: set[Node] = set()  # gone, and still in a bucket
        if self._filter is None:
            # The store only ever appends to it.
            self._source: Sequence[Node] = self._branch.kids or ()
        else:
            self._source = sorted(self._filter.kids(self._branch), key=_row)
            self._known.update(self._source)
        self._sort_keys.begin(self._branch)
        self._buckets = Buckets(self._sort_keys, self._source)

    def filter_changed(self) -> None:
        """The filter has other children than before."""
        self._stale = self._filter is not None

    def settle(self, count: int, deadline: float | None = None) -> bool:
        """Takes in what is new and sorts what the first `count` rows need; False when time was up before."""
        if self._stale:
            self._follow()
        if not self._source and self._branch.kids and self._filter is None:
            self._source = self._branch.kids
        source = self._source
        while self._at < len(source):
            chunk = source[self._at : self._at + CHUNK]
            self._at += len(chunk)
            self._sort_keys.sample(chunk)
            self._buckets.add(chunk)
            if deadline is not None and perf_counter() > deadline:
                break
        return self._at == len(source) and self._buckets.settle(count + len(self._ghosts), deadline)

    def head(self, count: int) -> list[Node]:
        """The first `count` children in order, as far as they were taken in."""
        if not self._ghosts:
            return self._buckets.head(count)
        found = self._buckets.head(count + len(self._ghosts))
        return [node for node in found if node not in self._ghosts][:count]

    def place_of(self, node: Node) -> int:
        """How many children stand before one."""
        return self._buckets.place_of(node)

    def has(self, node: Node) -> bool:
        """False for a child that the filter dropped."""
        return self._filter is None or node in self._known

    def _follow(self) -> None:
        if self._filter is None:
            return
        self._stale = False
        now = set(self._filter.kids(self._branch))
        gone = self._known - now
        if self._at < len(self._source) and gone:
            self._begin()
            return
        back = (now - self._known) & self._ghosts
        fresh = sorted(now - self._known - back, key=_row)
        self._known = now
        self._ghosts = (self._ghosts - back) | set(self._buckets.remove(list(gone)))
        if self._at == len(self._source):
            self._source, self._at = fresh, 0
        else:
            self._source = [*self._source[self._at :], *fresh]
            self._at = 0


def _row(node: Node) -> int:
    return node.row
