# SPDX-License-Identifier: MIT
"""Where the noise comes from: messages and bytes for each topic and branch since the user began a new window.

A count is one number, the messages above and the bytes below `_SHIFT`: adding two of them is one addition, and comparing them orders by
messages, then by bytes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from heapq import nlargest
from itertools import islice
from operator import itemgetter
from time import perf_counter
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from mqtt_explorer.store.noise_counts import PARTS, Counts, Sweeper

if TYPE_CHECKING:
    from mqtt_explorer.store.topic_store import TopicStore
    from mqtt_explorer.store.topic_tree import Node

By = Literal["messages", "bytes"]

#: Topics and branches that get a count of their own; what arrives on further ones counts for the branch above that has one.
MAX_COUNTED: Final = 200_000

#: Topics that wait at most to be added to their branches; with more, no further message is read before. A dictionary beyond the next
#: power of two takes too long to grow.
MAX_WAITING: Final = 40_000

#: How long one `step` may hold the loop.
SLICE_S: Final = 0.004

#: Counts are added to the branches at most so often, and for this share of the time: with a hundred thousand topics it takes long.
_FOLD_EVERY_S: Final = 0.5
_FOLD_SHARE: Final = 0.02

#: Entries between two looks at the clock.
_CHUNK: Final = 256
_RANK_CHUNK: Final = 2_048

_SHIFT: Final = 56
_ONE: Final = 1 << _SHIFT
_BYTES: Final = _ONE - 1


class Noise(NamedTuple):
    """How much arrived.

    Attributes:
        messages: Messages.
        bytes: Their payloads as they were on the wire, kept or not.
    """

    messages: int = 0
    bytes: int = 0


class Source(NamedTuple):
    """One source of messages below a branch.

    Attributes:
        node: The topic or branch. Branches in which everything comes from one single branch below stand as that one.
        messages: Messages on it and below.
        bytes: Their payloads on the wire.
        branch: Something below it has counts of its own, so one can look into it.
    """

    node: Node
    messages: int
    bytes: int
    branch: bool


class Ranked(NamedTuple):
    """The loudest sources right below a branch.

    Attributes:
        branch: The branch.
        sources: The loudest ones, loudest first.
        number: How many there are.
        total: All that arrived on the branch and below.
        own: What arrived on the branch's own topic.
        merged: What arrived on topics below that have no counts of their own, see `NoiseMeter.merged`.
    """

    branch: Node
    sources: tuple[Source, ...]
    number: int
    total: Noise
    own: Noise
    merged: Noise


class NoiseMeter:
    """Counts what arrives on a store from now on; the messages are read from its history, in slices, some time after they came.

    Nothing is counted on the way of a message: whoever holds the meter calls `step` once a frame.

    Attributes:
        since_wall_ns: When the window began, wall clock.
        since_ns: When it began, monotonic clock.
        missed: Messages that left the history before they were counted.
        merged: Messages counted for a branch above their topic, because `MAX_COUNTED` was reached.
        folds: How often `step` has brought new counts to the branches; no other figure changes in between.
        closed: The store was closed; nothing is counted any more.
    """

    def __init__(self, store: TopicStore) -> None:
        self._store = store
        self.closed = False
        self.folds = 0
        self._sweeper = Sweeper()
        self._clear()
        self.reset()

    def reset(self) -> None:
        """Begins a new window."""
        self.since_wall_ns = time.time_ns()
        self.since_ns = time.monotonic_ns()
        self.missed = 0
        self.merged = 0
        self._seq = self._store.next_seq
        self._dropped_before = self._store.counters.dropped
        self._fold_at = 0.0
        self._fold_took = 0.0
        self._let_go()
        self._counts.totals.enter(self._store.root, 0)

    def close(self) -> None:
        """Counts nothing any more; what was counted is freed by the next calls of `step`, while `sweeping`."""
        if not self.closed:
            self.closed = True
            self._let_go()

    @property
    def sweeping(self) -> bool:
        """Whether `step` has memory of windows that ended left to free."""
        return bool(self._sweeper)

    def _let_go(self) -> None:
        """Hands all counts to the sweeper."""
        self._counts.end(self._sweeper)
        self._sweeper.take(self._folded, self._waiting)
        self._clear()

    def _clear(self) -> None:
        self._waiting: dict[Node, int] = {}  # not added to their branches yet
        self._folded: dict[Node, int] = {}  # being added
        self._folding: Iterator[tuple[Node, int]] | None = None
        self._counts = Counts()

    @property
    def seconds(self) -> float:
        """For how long the window is open."""
        return (time.monotonic_ns() - self.since_ns) / 1e9

    @property
    def dropped(self) -> int:
        """Messages of this window on new topics for which the memory budget had no room: they are on no topic."""
        return self._store.counters.dropped - self._dropped_before

    @property
    def behind(self) -> int:
        """Messages in the history that wait to be counted."""
        return 0 if self.closed else self._store.next_seq - self._seq

    def total(self, branch: Node | None = None) -> Noise:
        """What arrived on a branch and below; None means everything."""
        return _noise(self._counts.totals.get(branch or self._store.root, 0))

    def rank(self, branch: Node, by: By, limit: int = 500) -> Ranking:
        """Begins to look for the loudest sources right below a branch; see `Ranking.step`."""
        return Ranking(self._counts, branch, by, limit)

    def top(self, branch: Node, by: By, limit: int = 500) -> Ranked:
        """The loudest sources right below a branch, at once; with 100,000 of them it takes 10 ms."""
        ranking = self.rank(branch, by, limit)
        ranking.step(float("inf"))
        return ranking.result

    # --- counting ---

    def step(self, slice_s: float = SLICE_S) -> bool:
        """Counts new messages and adds counts to the branches, for at most about `slice_s` seconds; True when counts changed."""
        store = self._store
        start = perf_counter()
        deadline = start + slice_s
        if store.root.kids is None and store.next_seq:  # a store without nodes that had messages
            self.close()
        if self.closed:
            self._sweeper.sweep(deadline)
            return False
        self._sweeper.sweep(start + slice_s / 2)
        if len(self._waiting) < MAX_WAITING:
            self._count(deadline)
        if self._folding is None and self._waiting and (start >= self._fold_at or self._is_full):
            self._folded, self._waiting = self._waiting, {}
            self._folding = iter(self._folded.items())
            self._fold_took = 0.0
        return self._fold(deadline)

    @property
    def _is_full(self) -> bool:
        return len(self._waiting) >= MAX_WAITING

    def _count(self, deadline: float) -> None:
        """The hot path: about 0.1 µs for a message."""
        store = self._store
        waiting = self._waiting
        get = waiting.get
        if self._seq < store.first_seq:
            self.missed += store.first_seq - self._seq
            self._seq = store.first_seq
        while (segment := store.segment(self._seq)) is not None:
            start = self._seq - segment.first_seq
            nodes, frames = segment.nodes, segment.frames
            if start:  # some of it was there the last time
                nodes, frames = nodes[start:], frames[start:]
            for node, frame in zip(nodes, frames, strict=True):
                waiting[node] = get(node, 0) + frame[4] + _ONE
            self._seq += len(nodes)
            if len(waiting) >= MAX_WAITING or perf_counter() >= deadline:
                return

    def _fold(self, deadline: float) -> bool:
        """Adds waiting counts to their topics and to all branches above; True when that is done.

        Each chunk goes up all the way at once, so the figures of a branch are always the sum of those below.
        """
        folding = self._folding
        if folding is None:
            return False
        start = perf_counter()
        # Some progress is made even where counting has used up the slice.
        deadline = max(deadline, start + 0.001)
        done = False
        while not done:
            chunk = list(islice(folding, _CHUNK))
            self._add(chunk)
            done = len(chunk) < _CHUNK
            if perf_counter() >= deadline:
                break
        now = perf_counter()
        self._fold_took += now - start
        if done:
            self._folding = None
            self._sweeper.take(self._folded)
            self._folded = {}
            self.folds += 1
            self._fold_at = now + max(_FOLD_EVERY_S, self._fold_took / _FOLD_SHARE)
        return done

    def _add(self, counts: Iterable[tuple[Node, int]]) -> None:
        """Adds counts to their topics, then what came together below each branch to that branch, and so on up to the root."""
        parts, last = self._counts.totals.parts, PARTS - 1
        level: Iterable[tuple[Node, int]] = [
            (node if node in parts[hash(node) >> 6 & last] else self._enter(node, count), count)
            for node, count in counts
        ]
        while level:
            above: dict[Node, int] = {}
            for node, count in level:
                parts[hash(node) >> 6 & last][node] += count
                parent = node.parent
                if parent is not None:
                    above[parent] = above.get(parent, 0) + count
            level = above.items()

    def _enter(self, node: Node, count: int) -> Node:
        """Gives a topic, and the branches it lacks, counts of their own; where there is no room, the branch above that has them."""
        counts, totals = self._counts, self._counts.totals
        lacking: list[Node] = []
        above: Node | None = node
        while above is not None and above not in totals.part(above):
            lacking.append(above)
            above = above.parent
        if totals.size + len(lacking) > MAX_COUNTED and above is not None:
            self.merged += count >> _SHIFT
            counts.merged[above] = counts.merged.get(above, 0) + count
            return above
        for each in reversed(lacking):
            totals.enter(each, 0)
            if (branch := each.parent) is not None:
                (counts.kids.get(branch, []) or counts.kids.enter(branch, [])).append(each)
        return node


class Ranking:
    """The search for the loudest sources right below a branch, in slices.

    Attributes:
        result: What was found; complete once `step` has returned True. Nothing when the window ended meanwhile.
    """

    def __init__(self, counts: Counts, branch: Node, by: By, limit: int) -> None:
        self._counts = counts
        self._branch = branch
        self._by = by
        self._limit = limit
        self._place = 0
        self._below = 0
        self._best: list[tuple[int, Node]] = []
        self.result = Ranked(branch, (), 0, Noise(), Noise(), Noise())

    def step(self, slice_s: float = SLICE_S) -> bool:
        """Goes on for at most about `slice_s` seconds; returns True when `result` is there."""
        if self._counts.ended:
            return True
        deadline = perf_counter() + slice_s
        kids = self._counts.kids.get(self._branch, [])
        while part := kids[self._place : self._place + _RANK_CHUNK]:
            self._take(part)
            self._place += len(part)
            if perf_counter() >= deadline:
                return False
        self._finish(kids)
        return True

    def _take(self, kids: list[Node]) -> None:
        parts, last = self._counts.totals.parts, PARTS - 1
        found = [(parts[hash(kid) >> 6 & last][kid], kid) for kid in kids]
        self._below += sum(count for count, _ in found)
        if self._by == "bytes":  # the other way round: bytes above, messages below
            found = [((count & _BYTES) << _SHIFT | count >> _SHIFT, kid) for count, kid in found]
        if len(self._best) == self._limit:
            least = self._best[-1][0]
            found = [each for each in found if each[0] > least]
        if found:
            self._best = nlargest(self._limit, self._best + found, key=itemgetter(0))

    def _finish(self, kids: list[Node]) -> None:
        branch = self._branch
        whole = self._counts.totals.get(branch, 0)
        merged = self._counts.merged.get(branch, 0)
        # Counts may have grown between two slices; what is left for the branch itself is never less than nothing.
        own = max(whole - merged - self._below, 0)
        sources = tuple(self._source(node) for _, node in self._best)
        self.result = Ranked(branch, sources, len(kids), _noise(whole), _noise(own), _noise(merged))

    def _source(self, node: Node) -> Source:
        totals, kids = self._counts.totals, self._counts.kids
        count = totals.get(node, 0)
        while len(below := kids.get(node, [])) == 1 and totals.get(below[0], 0) == count:
            node = below[0]
        return Source(node, *_noise(count), bool(kids.get(node, [])))


def _noise(count: int) -> Noise:
    return Noise(count >> _SHIFT, count & _BYTES)
