# SPDX-License-Identifier: MIT
"""Which messages of the history lie below a branch and match a query: found newest first, in slices, and followed at the head.

What was looked at is kept as runs of consecutive messages, newest run first. Usually there is one. Where too much came at once – the
list was hidden, or messages come faster than they can be looked at – a new run begins at the newest message and grows downwards until
it meets the one before.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from itertools import compress, islice
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mqtt_explorer.store.matcher import Matcher
    from mqtt_explorer.store.message_log import Segment
    from mqtt_explorer.store.topic_store import TopicStore
    from mqtt_explorer.store.topic_tree import Node

#: How long one call of `step` may work.
SLICE_S = 0.006

#: Messages between two looks at the clock: some milliseconds with a slow query.
_CHUNK = 1024

#: With more unseen messages at the head a new run begins there: the newest are looked at first.
_JUMP = 50_000

#: Nodes whose place is remembered: 10 MB. Finding it again costs a microsecond.
_REMEMBERED = 100_000

#: Nodes that are asked for what was evicted; more would take too long for a line of text.
_NODES_ASKED = 2_000

_OUTSIDE, _INSIDE, _MUTED = range(3)


class _Part:
    """Messages `first` to `end` - 1, all of one segment (or of many, where nothing has to be looked at).

    `hits` holds the distances from `first` of those that match, or is None when all do: four bytes for a match.
    """

    __slots__ = ("end", "first", "hits", "home", "inside", "muted")

    def __init__(self, first: int, end: int, home: int) -> None:
        self.first = first
        self.end = end
        self.home = home
        self.hits: array[int] | None = None
        self.inside = end - first
        self.muted = 0

    @property
    def matched(self) -> int:
        return self.end - self.first if self.hits is None else len(self.hits)

    def count_after(self, seq: int) -> int:
        """How many matches are newer than `seq`."""
        if self.hits is None:
            return max(0, self.end - max(self.first, seq + 1))
        return len(self.hits) - bisect_right(self.hits, seq - self.first)

    def before(self, seq: int) -> Iterator[int]:
        """The matches older than `seq`, newest first."""
        first = self.first
        if self.hits is None:
            return iter(range(min(seq, self.end) - 1, first - 1, -1))
        hits = self.hits
        return (first + hits[at] for at in range(bisect_left(hits, seq - first) - 1, -1, -1))

    def ascending(self) -> Iterator[int]:
        """All matches, oldest first."""
        if self.hits is None:
            return iter(range(self.first, self.end))
        return map(self.first.__add__, self.hits)


class _Run:
    """Consecutive messages that were looked at: `low` to `high` - 1; its parts are oldest first."""

    __slots__ = ("high", "low", "parts")

    def __init__(self, at: int) -> None:
        self.low = self.high = at
        self.parts: deque[_Part] = deque()


class MessageScan:
    """The messages of a history below a branch, those that are muted left out, and those of them that match.

    Args:
        store: Whose history.
        branch: The raw path of a branch or topic; it counts itself. None for everything.
        matcher: The query; None lets everything through.
        is_muted: Tells of a raw topic whether its messages are left out; None when nothing is muted.
        until: Only messages before this number; None follows the newest.

    Attributes:
        matched: Messages found so far, less those that were evicted since.
        inside: Messages below the branch and not muted, likewise.
        muted: Messages below the branch that were left out because they are muted, likewise.
        mark: Set it to the number of the newest message somebody has seen: `lost` counts from there.
        lost: Matches newer than `mark` that were evicted. Set it to 0 with each new mark.
    """

    def __init__(
        self,
        store: TopicStore,
        branch: bytes | None = None,
        matcher: Matcher | None = None,
        is_muted: Callable[[bytes], bool] | None = None,
        until: int | None = None,
    ) -> None:
        self.branch = branch
        self.matched = 0
        self.inside = 0
        self.muted = 0
        self.mark = -1
        self.lost = 0
        self._store = store
        self._prefix = None if branch is None else branch + b"/"
        self._matcher = matcher
        self._is_muted = is_muted
        self._until = until
        self._places: dict[Node, int] = {}
        self._everything = branch is None and matcher is None and is_muted is None
        self._floor = store.first_seq
        self._runs = [_Run(self._top())]

    # --- looking ---

    @property
    def done(self) -> bool:
        """True when every message of the history was looked at: the figures are exact, not "so far"."""
        newest = self._runs[0]
        return len(self._runs) == 1 and newest.low <= self._store.first_seq and newest.high >= self._top()

    @property
    def has_gap(self) -> bool:
        """True while messages between those looked at were not looked at yet."""
        return len(self._runs) > 1

    def step(self, slice_s: float = SLICE_S) -> bool:
        """Forgets what was evicted and looks at more: what is new first, then older and older; for about `slice_s` seconds.

        Returns:
            `done`.
        """
        self.trim()
        deadline = perf_counter() + slice_s
        top = self._top()
        if top - self._runs[0].high > _JUMP and not self._everything:
            self._runs.insert(0, _Run(top))
        while self._up(top) or self._down():
            if perf_counter() >= deadline:
                break
        return self.done

    def trim(self) -> None:
        """Forgets what the memory budget evicted."""
        first = self._store.first_seq
        if first <= self._floor:
            return
        self._floor = first
        runs = self._runs
        while runs[-1].low < first:
            run = runs[-1]
            while run.parts and run.parts[0].first < first:
                self._cut(run.parts, first)
            if run.high > first or len(runs) == 1:
                run.low = max(run.low, first)
                run.high = max(run.high, first)
                return
            runs.pop()

    def _cut(self, parts: deque[_Part], first: int) -> None:
        """Takes the oldest part away, or what was evicted of it."""
        part = parts[0]
        if part.end <= first:
            parts.popleft()
            self.matched -= part.matched
            self.inside -= part.inside
            self.muted -= part.muted
            if part.end > self.mark + 1:
                self.lost += part.count_after(self.mark)
            return
        # Whole segments leave, so this one spans several, and all of it matches.
        gone = first - part.first
        self.matched -= gone
        self.inside -= gone
        self.lost += max(0, first - max(part.first, self.mark + 1))
        part.first = first
        part.inside = part.end - first

    def _top(self) -> int:
        return self._store.next_seq if self._until is None else min(self._until, self._store.next_seq)

    def _up(self, top: int) -> bool:
        """Looks at the next messages above the newest run; False when there are none."""
        run = self._runs[0]
        if run.high >= top:
            return False
        if self._everything:
            self._add_above(run, _Part(run.high, top, -1))
            return True
        segment = self._store.segment(run.high)
        if segment is None:  # the budget went past it between two steps
            self._runs.insert(0, _Run(top))
            return True
        end = min(segment.first_seq + len(segment.nodes), run.high + _CHUNK, top)
        self._add_above(run, self._look(segment, run.high, end))
        return True

    def _down(self) -> bool:
        """Looks at the next messages below the newest run; False when there are none."""
        run = self._runs[0]
        below = self._runs[1] if len(self._runs) > 1 else None
        floor = below.high if below is not None else self._store.first_seq
        if run.low <= floor:
            if below is None:
                return False
            below.parts.extend(run.parts)
            below.high = run.high
            del self._runs[0]
            return True
        if self._everything:
            part = _Part(floor, run.low, -1)
        else:
            segment = self._store.segment(run.low - 1)
            if segment is None:
                return False
            part = self._look(segment, max(segment.first_seq, run.low - _CHUNK, floor), run.low)
        self._count(part)
        run.parts.appendleft(part)
        run.low = part.first
        return True

    def _add_above(self, run: _Run, part: _Part) -> None:
        """Adds a part at the head; small ones of one segment become one."""
        self._count(part)
        run.high = part.end
        last = run.parts[-1] if run.parts else None
        if last is None or last.home != part.home or last.end != part.first:
            run.parts.append(part)
            return
        if last.hits is not None or part.hits is not None:
            hits = array("I", range(last.matched)) if last.hits is None else last.hits
            hits.extend(seq - last.first for seq in part.ascending())
            last.hits = hits
        last.end = part.end
        last.inside += part.inside
        last.muted += part.muted

    def _count(self, part: _Part) -> None:
        self.matched += part.matched
        self.inside += part.inside
        self.muted += part.muted

    def _look(self, segment: Segment, first: int, end: int) -> _Part:
        """The hot path: what of the messages `first` to `end` - 1 of a segment counts."""
        base = segment.first_seq
        part = _Part(first, end, base)
        chosen: Sequence[int] = range(first - base, end - base)
        if self._prefix is not None or self._is_muted is not None:
            nodes = segment.nodes[first - base : end - base]
            places = list(map(self._places.get, nodes))
            if None in places:
                places = self._learn(nodes)
            chosen = [at for at, place in enumerate(places, first - base) if place == _INSIDE]
            part.muted = places.count(_MUTED)
        part.inside = len(chosen)
        if self._matcher is not None and chosen:
            chosen = _matching(self._matcher, segment, chosen)
        if len(chosen) < end - first:
            part.hits = array("I", [at - (first - base) for at in chosen])
        return part

    def _learn(self, nodes: list[Node]) -> list[int | None]:
        """Where each node lies; remembered."""
        places = self._places
        if len(places) + len(nodes) > _REMEMBERED:
            places.clear()
        for node in nodes:
            if node not in places:
                places[node] = self._place(node.topic)
        return list(map(places.get, nodes))

    def _place(self, topic: bytes) -> int:
        if self._prefix is not None and topic != self.branch and not topic.startswith(self._prefix):
            return _OUTSIDE
        return _MUTED if self._is_muted is not None and self._is_muted(topic) else _INSIDE

    # --- reading ---

    @property
    def newest_looked_at(self) -> int:
        """The number of the newest message that was looked at; less than `first_seq` when there is none."""
        return self._runs[0].high - 1

    def newest(self, limit: int) -> list[int]:
        """The numbers of the newest matches, newest first, without a gap."""
        return self.older(self._runs[0].high, limit)

    def older(self, before: int, limit: int) -> list[int]:
        """The numbers of the matches next older than number `before`, newest first.

        They end where nothing was looked at yet, so that none is left out in between.
        """
        found: list[int] = []
        for run in self._runs:
            if run.low < before <= run.high:
                for part in reversed(run.parts):
                    if part.first < before:
                        found += islice(part.before(before), limit - len(found))
                        if len(found) >= limit:
                            break
                break
        return found

    def newer(self, seq: int) -> int:
        """How many matches newer than number `seq` are known and kept."""
        count = 0
        for run in self._runs:
            for part in reversed(run.parts):
                if part.end <= seq + 1:
                    return count
                count += part.count_after(seq)
        return count

    def ascending(self) -> Iterator[int]:
        """The numbers of all matches found so far, oldest first; those found or evicted while it is walked make no difference."""
        parts = [part for run in reversed(self._runs) for part in run.parts]
        return (seq for part in parts for seq in part.ascending())

    @property
    def dropped(self) -> int | None:
        """How many older messages of the branch were evicted, muted ones included; None when there are too many topics to ask."""
        if not self._store.first_seq:
            return 0
        if self.branch is None:
            return self._store.first_seq
        top = self._store.find(self.branch)
        waiting = [top] if top is not None else []
        count = asked = 0
        while waiting:
            node = waiting.pop()
            asked += 1
            if asked + len(waiting) > _NODES_ASKED or len(node.kids or ()) > _NODES_ASKED:
                return None
            count += node.evicted_count
            waiting += node.kids or ()
        return count


def _matching(matcher: Matcher, segment: Segment, chosen: Sequence[int]) -> list[int]:
    """Which of the messages at these places of a segment match."""
    if isinstance(chosen, range):
        frames = segment.frames[chosen.start : chosen.stop]
    else:
        frames = [segment.frames[at] for at in chosen]
    if len(segment.stamps) == 1:
        times = [segment.stamps[0].mono_ns] * len(frames)
    else:
        times = [segment.stamp_at(at).mono_ns for at in chosen]
    return list(compress(chosen, matcher.mask(frames, times) or b""))
