# SPDX-License-Identifier: MIT
"""Goes through the topics of a store with a matcher, in slices."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import Final

from mqtt_explorer.store.matcher import Looked, Matcher, is_cut
from mqtt_explorer.store.search_giants import Giants
from mqtt_explorer.store.topic_store import TopicStore
from mqtt_explorer.store.topic_tree import Node

#: How long one step may work.
SLICE_S: Final = 0.006

#: Nodes looked at in one go: so many that the calls are worth it, so few that a look takes about half a millisecond.
_MOST: Final = 1024
_FEWEST: Final = 16
_LONG_S: Final = 0.002


class Search:
    """One search: first through everything there is, then through what the store reports as changed.

    It does not remember its hits; whoever asks has to.

    Attributes:
        scanned: Topics looked at so far.
        unsearchable: Of these, how many were no hits but have a payload that is not all there (evicted, or cut on arrival).
    """

    def __init__(self, store: TopicStore, matcher: Matcher) -> None:
        self._store = store
        self._matcher = matcher
        self._walk = Walk(store.root)
        self._rest: list[Node] = []
        self._size = _MOST
        self._changed: dict[Node, None] = {}
        self._giants = Giants(matcher)
        self._others: dict[Node, None] = {}  # giants that are no hits, of interest to `changed`
        self._open: set[Node] = set()  # giants met by `step` that were not decided yet
        self._done = False
        self.scanned = 0
        self.unsearchable = 0

    @property
    def total(self) -> int:
        """Topics there are."""
        return self._store.counters.topics

    @property
    def done(self) -> bool:
        """True once everything was looked at that was there when it began.

        A giant that got another payload before its answer was there counts as looked at: some never stand still.
        """
        self._done = self._done or not (self.scanning or self._open)
        return self._done

    @property
    def busy(self) -> bool:
        """True while `step` or `changed` has something to do at once."""
        return self.scanning or bool(self._changed)

    @property
    def waiting(self) -> bool:
        """True while payloads are looked through in a thread: ask again a little later."""
        return self._giants.waiting

    @property
    def scanning(self) -> bool:
        """True while `step` has not been everywhere."""
        return bool(self._rest) or not self._walk.done

    def step(self, slice_s: float = SLICE_S) -> list[Node]:
        """Looks at more of what is there for about `slice_s` seconds; returns the hits among them."""
        deadline = perf_counter() + slice_s
        hits, others = self._answers()
        self._others.update(dict.fromkeys(others))
        self.unsearchable -= sum(map(is_cut, hits))  # counted while the answer was not known
        while self.scanning:
            nodes = self._rest or self._walk.take(self._size)
            size = self._size
            looked = self._look(nodes[:size])
            self._rest = [*looked.rest, *nodes[size:]]
            self._open.update(looked.giants)
            self.scanned += looked.topics
            self.unsearchable += looked.unsearchable
            hits += looked.hits
            if perf_counter() >= deadline:
                break
        return hits

    def changed(self, nodes: Iterable[Node], slice_s: float = SLICE_S) -> tuple[list[Node], list[Node]]:
        """Looks again at nodes that are new or had messages, and at those left from the last call.

        Args:
            nodes: What the store reports; may be empty.
            slice_s: About how long to work; what is left comes with the next call.

        Returns:
            Those that are hits now, and those that are none; also of calls before, whose payloads took longer.
        """
        deadline = perf_counter() + slice_s
        waiting = self._changed
        waiting.update(dict.fromkeys(nodes))
        hits, late = self._answers()
        others = {**self._others, **dict.fromkeys(late)}
        self._others = {}
        while waiting:
            part = _first(waiting, self._size)
            for node in part:
                del waiting[node]
                others.pop(node, None)
            looked = self._look(part)
            giants = set(looked.giants)
            self._giants.drop([node for node in part if node not in giants])
            self._open.difference_update(part)
            waiting.update(dict.fromkeys(looked.rest))
            hits += looked.hits
            if len(looked.hits) < len(part):
                decided = giants.union(looked.hits, looked.rest)
                others.update((node, None) for node in part if node not in decided)
            if perf_counter() >= deadline:
                break
        # What a thread said about a payload that was replaced meanwhile comes first and counts less.
        return [node for node in hits if node not in others], list(others)

    def _answers(self) -> tuple[list[Node], list[Node]]:
        """What became known of giants: hits and others."""
        hits, others = self._giants.take()
        self._open.difference_update(hits, others)
        return hits, others

    def _look(self, nodes: list[Node]) -> Looked:
        begun = perf_counter()
        looked = self._matcher.look(nodes, time.monotonic_ns())
        took = perf_counter() - begun
        if took > _LONG_S or looked.rest:
            self._size = max(_FEWEST, self._size // 2)
        elif took < _LONG_S / 4 and len(nodes) == self._size:
            self._size = min(_MOST, self._size * 2)
        if looked.giants:
            self._giants.add(looked.giants)
        return looked


class Walk:
    """All nodes below a branch, parents before their children, siblings next to each other.

    The tree may grow meanwhile: what joins it may or may not be met.
    """

    def __init__(self, root: Node) -> None:
        self._stack: deque[tuple[list[Node], int]] = deque()
        if root.kids:
            self._stack.append((root.kids, 0))

    @property
    def done(self) -> bool:
        """True when there are no more."""
        return not self._stack

    def take(self, limit: int) -> list[Node]:
        """The next nodes, at most `limit`; few near the root."""
        stack = self._stack
        taken: list[Node] = []
        while stack and len(taken) < limit:
            kids, start = stack.pop()
            end = start + limit - len(taken)
            if end < len(kids):
                stack.append((kids, end))
            taken += kids[start:end]
        stack.extend([(node.kids, 0) for node in reversed(taken) if node.kids])
        return taken


def _first(waiting: dict[Node, None], limit: int) -> list[Node]:
    source: Iterator[Node] = iter(waiting)
    return [node for _, node in zip(range(limit), source, strict=False)]
