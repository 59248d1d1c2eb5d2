# SPDX-License-Identifier: MIT
"""The children of a branch in order, sorted no further than somebody looks. No Qt.

A million children take seconds to sort, and people look at the first page. So children are first dealt out to buckets
(this may be done in slices), and a bucket is sorted when the rows in it are wanted. What joins a sorted bucket later goes to
its place at once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import compress
from operator import gt, lt
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from mqtt_explorer.models.topic_columns import SortOrder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mqtt_explorer.models.sort_keys import SortKeys
    from mqtt_explorer.models.tree_filter import TreeFilter
    from mqtt_explorer.store.topic_tree import Node

BUCKET: Final = 2_000
"""Nodes of a bucket: to sort one takes about two milliseconds."""
CHUNK: Final = 500
"""Nodes between two looks at the clock: less than a millisecond for the dearest keys but one."""
SPAN: Final = 16_000
"""Children of a filter compared in one go: a microsecond."""
_SAMPLES: Final = 8  # nodes looked at to place one border
_SHOWN: Final = bytes((0, *([1] * 255)))


class Buckets:
    """Nodes with a total order, cut into buckets at borders; the last bucket has no upper one."""

    __slots__ = ("_borders", "_gone", "_gone_in", "_keys", "_nodes", "_sort_keys", "_wanted")

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
        # To look for a node in a bucket that is not sorted takes longer than to pass it over when the bucket is wanted.
        self._gone: set[Node] = set()
        self._gone_in = [0] * len(self._nodes)  # how many of each bucket; right while keys do not change
        self._wanted = 0

    def add(self, nodes: Sequence[Node]) -> None:
        """Deals out nodes that are not there yet."""
        touched = set()
        gone = self._gone
        for node, key in zip(nodes, self._sort_keys.of(nodes), strict=True):
            at = bisect_right(self._borders, key)
            if gone and node in gone:
                gone.discard(node)
                self._gone_in[at] -= 1
                continue
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

    def remove(self, nodes: Sequence[Node]) -> None:
        """Takes nodes out that are there."""
        for node, key in zip(nodes, self._sort_keys.of(nodes), strict=True):
            at = bisect_right(self._borders, key)
            keys, bucket = self._keys[at], self._nodes[at]
            if keys is not None:
                place = bisect_left(keys, key)
                if place < len(bucket) and bucket[place] is node:
                    del keys[place], bucket[place]
                    continue
            # The bucket is not sorted; or the key has changed since, and it stands anywhere.
            self._gone.add(node)
            self._gone_in[at] += 1

    def settle(self, count: int, deadline: float | None = None) -> bool:
        """Sorts what the first `count` rows need; False when time was up before (`perf_counter`), and then it got on."""
        self._wanted = count
        at = seen = 0
        while at < len(self._nodes) and seen < count:
            fresh = self._keys[at] is None and bool(self._nodes[at])
            self._sort(at)
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
        if self._gone and self._sort_keys.order.is_live:
            for each in range(at):
                self._clean(each)
        before = sum(len(bucket) for bucket in self._nodes[:at]) - sum(self._gone_in[:at])
        self._sort(at)
        return before + bisect_left(self._keys[at] or [], key)

    def _sort(self, at: int) -> None:
        """Has a bucket sorted, without those that are gone."""
        self._clean(at)
        if self._keys[at] is None and self._nodes[at]:
            self._nodes[at], self._keys[at] = self._sort_keys.sort(self._nodes[at])

    def _clean(self, at: int) -> None:
        """Drops the nodes of a bucket that are gone."""
        gone = self._gone
        if not gone or not (self._gone_in[at] or self._sort_keys.order.is_live):
            return
        bucket, keys = self._nodes[at], self._keys[at]
        kept = [node not in gone for node in bucket]
        gone.difference_update(bucket)
        self._gone_in[at] = 0
        self._nodes[at] = list(compress(bucket, kept))
        if keys is not None:
            self._keys[at] = list(compress(keys, kept))

    def _split(self, at: int) -> None:
        """Makes two buckets of one that has grown."""
        self._clean(at)
        was_sorted = self._keys[at] is not None
        bucket, keys = self._nodes[at], self._keys[at]
        if len(bucket) <= 2 * BUCKET:
            return
        if keys is None:
            bucket, keys = self._sort_keys.sort(bucket)
        half = len(bucket) // 2
        # Keys take memory; those of rows that nobody looks at are not kept.
        near = was_sorted and sum(len(each) for each in self._nodes[:at]) + half <= self._wanted
        self._borders.insert(at, keys[half])
        self._nodes[at : at + 1] = [bucket[:half], bucket[half:]]
        self._keys[at : at + 1] = [keys[:half] if was_sorted else None, keys[half:] if near else None]
        self._gone_in[at : at + 1] = [0, 0]


class KidsInOrder:
    """Follows the children of one branch, as the store or a filter has them, and has them in order.

    Of a filter it keeps what it took in, a byte for each child: a change costs what differs.
    """

    __slots__ = ("_at", "_branch", "_buckets", "_filter", "_left", "_seen", "_sort_keys", "_stale")

    def __init__(self, branch: Node, sort_keys: SortKeys, tree_filter: TreeFilter | None) -> None:
        self._branch = branch
        self._sort_keys = sort_keys
        self._filter = tree_filter
        self._at = 0  # the row to go on with …
        self._left = 0  # … and how many to look at
        self._seen = bytearray()
        self._stale = True
        sort_keys.begin(branch)
        kids = (branch.kids or ()) if tree_filter is None else tree_filter.kids(branch)
        self._buckets = Buckets(sort_keys, kids)

    def filter_changed(self) -> None:
        """The filter has other children than before."""
        self._stale = True

    def settle(self, count: int, deadline: float | None = None) -> bool:
        """Takes in what is new and sorts what the first `count` rows need; False when time was up before."""
        return self.take_in(deadline) and self._buckets.settle(count, deadline)

    def take_in(self, deadline: float | None = None) -> bool:
        """Takes in what is new, and sorts nothing yet; False when time was up before."""
        return self._grow(deadline) if self._filter is None else self._follow(self._filter, deadline)

    def head(self, count: int) -> list[Node]:
        """The first `count` children in order, as far as they were taken in."""
        return self._buckets.head(count)

    def place_of(self, node: Node) -> int:
        """How many children stand before one."""
        return self._buckets.place_of(node)

    def has(self, node: Node) -> bool:
        """False for a child that the filter dropped."""
        return self._filter is None or self._filter.shows(node)

    def _grow(self, deadline: float | None) -> bool:
        kids = self._branch.kids or ()  # the store only ever appends to it
        while self._at < len(kids):
            chunk = kids[self._at : self._at + CHUNK]
            self._at += len(chunk)
            self._sort_keys.sample(chunk)
            self._buckets.add(chunk)
            if deadline is not None and perf_counter() > deadline:
                break
        return self._at == len(kids)

    def _follow(self, tree_filter: TreeFilter, deadline: float | None) -> bool:
        flags, seen = tree_filter.flags(self._branch), self._seen
        if self._stale:
            # Once round, from where it stands: changes above do not keep the children below waiting.
            self._stale = False
            seen += bytes(max(0, len(flags) - len(seen)))
            self._left = len(seen)
        while self._left > 0:
            start = self._at if self._at < len(seen) else 0
            end = min(start + SPAN, len(seen))
            differs = flags[start:end] != seen[start:end]
            if differs:
                end = min(start + CHUNK, end)
                self._take(flags[start:end].ljust(end - start, b"\0"), start, end)
            self._at = end
            self._left -= end - start
            if differs and deadline is not None and perf_counter() > deadline:
                break
        return self._left <= 0

    def _take(self, flags: bytes | bytearray, start: int, end: int) -> None:
        """Takes in what differs among some children."""
        now, before = flags.translate(_SHOWN), self._seen[start:end].translate(_SHOWN)
        self._seen[start:end] = flags
        if now == before:
            return
        kids = (self._branch.kids or ())[start:end]
        if gone := list(compress(kids, map(lt, now, before))):
            self._buckets.remove(gone)
        if fresh := list(compress(kids, map(gt, now, before))):
            self._sort_keys.sample(fresh)
            self._buckets.add(fresh)


class KidsAsArrived:
    """The children of one branch as they arrived, or the other way round: nothing has to be sorted or kept."""

    __slots__ = ("_branch", "_descending", "_filter")

    def __init__(self, branch: Node, tree_filter: TreeFilter | None, *, descending: bool) -> None:
        self._branch = branch
        self._filter = tree_filter
        self._descending = descending

    def filter_changed(self) -> None:
        """Nothing is kept."""

    def settle(self, count: int, deadline: float | None = None) -> bool:
        """True: there is nothing to do."""
        return True

    def take_in(self, deadline: float | None = None) -> bool:
        """True: there is nothing to do."""
        return True

    def head(self, count: int) -> list[Node]:
        """The first `count` children in order."""
        if self._filter is not None:
            return self._filter.part(self._branch, count, last=self._descending)
        kids = self._branch.kids or []
        return kids[: -count - 1 : -1] if self._descending else kids[:count]

    def place_of(self, node: Node) -> int:
        """How many children stand before one."""
        tree_filter = self._filter
        before = node.row if tree_filter is None else tree_filter.shown_before(node)
        if not self._descending:
            return before
        count = len(self._branch.kids or ()) if tree_filter is None else tree_filter.count(self._branch)
        return count - 1 - before

    def has(self, node: Node) -> bool:
        """False for a child that the filter dropped."""
        return self._filter is None or self._filter.shows(node)


def in_order(
    branch: Node, sort_keys: SortKeys, tree_filter: TreeFilter | None
) -> KidsInOrder | KidsAsArrived:
    """The children of a branch, followed in whichever way costs least."""
    if sort_keys.order is SortOrder.ARRIVAL:
        return KidsAsArrived(branch, tree_filter, descending=sort_keys.descending)
    return KidsInOrder(branch, sort_keys, tree_filter)
