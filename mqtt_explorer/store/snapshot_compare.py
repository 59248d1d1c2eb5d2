# SPDX-License-Identifier: MIT
"""Two snapshots compared topic by topic, in slices: what is new, gone, silent, changed or the same.

"Now" is a snapshot as well, taken for the comparison: so all of a result is of one time, and it stays readable while the tree goes on.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from enum import IntEnum
from heapq import merge
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

from mqtt_explorer.payload.kept import CUT, EVICTED, HEAD, PART, Entry
from mqtt_explorer.payload.shape import shape, shape_difference
from mqtt_explorer.store.snapshot import SnapshotError, is_below

if TYPE_CHECKING:
    from mqtt_explorer.store.snapshot import Snapshot

#: How long one step may work.
SLICE_S: Final = 0.004
_PARTS: Final = 256
_CHUNK: Final = 512
_SORTED_AT_ONCE: Final = 4_096


class Status(IntEnum):
    """What became of a topic, in the order of how much one wants to know it."""

    NEW = 0
    """Not there before, or deleted then."""
    GONE = 1
    """Not there after, or deleted: its last message is the empty one that takes the retained one away."""
    SHAPE = 2
    """Its payload is built in another way."""
    VALUE = 3
    """Its payload has other values."""
    SILENT = 4
    """No message came since; known only within one connection."""
    NOT_KEPT = 5
    """Messages came, but of one payload too little is kept to tell."""
    SAME = 6
    """The same payload; within one connection it came again."""


class Row(NamedTuple):
    """One topic of a comparison; at least one of the two is there."""

    status: Status
    before: Entry | None
    after: Entry | None

    @property
    def topic(self) -> bytes:
        """The topic, raw."""
        entry = self.after or self.before
        assert entry is not None
        return entry.topic


class Comparison:
    """A result: rows in the order of their topics' bytes.

    Attributes:
        before: The older snapshot.
        after: The other one.
        scope: What was compared: the narrower of the two scopes.
        same_session: Both are of one connection, so counts of messages compare and silence is known.
        statuses: One `Status` a row.
    """

    def __init__(self, before: Snapshot, after: Snapshot) -> None:
        self.before = before
        self.after = after
        self.scope = common_scope(before, after)
        self.same_session = bool(before.about.session) and before.about.session == after.about.session
        self.statuses = bytearray()
        self._rows_before = array("l")
        self._rows_after = array("l")

    def __len__(self) -> int:
        return len(self.statuses)

    def row(self, number: int) -> Row:
        """One row."""
        before, after = self._rows_before[number], self._rows_after[number]
        return Row(
            Status(self.statuses[number]),
            self.before.entry(before) if before >= 0 else None,
            self.after.entry(after) if after >= 0 else None,
        )

    def topic(self, number: int) -> bytes:
        """A row's topic; cheaper than the row."""
        after = self._rows_after[number]
        return self.after.topics[after] if after >= 0 else self.before.topics[self._rows_before[number]]

    def count(self, status: Status) -> int:
        """How many topics have it."""
        return self.statuses.count(status)

    def add(self, status: int, before: int, after: int) -> None:
        """Adds a row: its number in each snapshot, -1 where it is not there."""
        self.statuses.append(status)
        self._rows_before.append(before)
        self._rows_after.append(after)


class Comparing:
    """A comparison on its way.

    Args:
        before: The older snapshot.
        after: The other one.

    Attributes:
        comparison: The result, once `step` said that it is done.

    Raises:
        SnapshotError: The snapshots are of different branches.
    """

    def __init__(self, before: Snapshot, after: Snapshot) -> None:
        self._before = before
        self._after = after
        self._result = Comparison(before, after)
        # Many small dictionaries: one of a million entries stops for tens of milliseconds each time it grows.
        self._places: list[dict[bytes, int]] = [{} for _ in range(_PARTS)]
        # Columns, for a million tuples would have the garbage collector stop everything.
        self._topics: list[bytes] = []
        self._statuses = bytearray()
        self._rows = (array("l"), array("l"))
        self._done = 0
        self._total = max(1, 3 * len(before) + 3 * len(after))
        self._work = self._steps()
        self.comparison: Comparison | None = None

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return min(1.0, self._done / self._total)

    def step(self, slice_s: float = SLICE_S) -> bool:
        """Compares more for about `slice_s` seconds; True when it is done."""
        deadline = perf_counter() + slice_s
        for done in self._work:
            self._done += done
            if perf_counter() >= deadline:
                return False
        self.comparison = self._result
        self._topics, self._places = [], []
        self._rows = (array("l"), array("l"))
        return True

    def _steps(self) -> Iterator[int]:
        """The work in small pieces; each tells how many topics it went through."""
        yield from self._index()
        yield from self._judge_all()
        key = self._topics.__getitem__
        runs = []
        for start in range(0, len(self._topics), _SORTED_AT_ONCE):
            stop = min(start + _SORTED_AT_ONCE, len(self._topics))
            runs.append(array("l", sorted(range(start, stop), key=key)))
            yield stop - start
        add, statuses, (before, after) = self._result.add, self._statuses, self._rows
        for number, found in enumerate(merge(*runs, key=key)):
            add(statuses[found], before[found], after[found])
            if not number % _CHUNK:
                yield _CHUNK

    def _note(self, topic: bytes, status: Status, before: int, after: int) -> None:
        self._topics.append(topic)
        self._statuses.append(status)
        self._rows[0].append(before)
        self._rows[1].append(after)

    def _index(self) -> Iterator[int]:
        topics, places, scope = self._after.topics, self._places, self._result.scope
        needed = scope != self._after.about.scope
        for row, topic in enumerate(topics):
            if not needed or is_below(topic, scope):
                places[hash(topic) % _PARTS][topic] = row
            if not row % _CHUNK:
                yield _CHUNK

    def _judge_all(self) -> Iterator[int]:
        before, after, places, scope = self._before, self._after, self._places, self._result.scope
        note, session = self._note, self._result.same_session
        needed = scope != before.about.scope
        for row, topic in enumerate(before.topics):
            if not needed or is_below(topic, scope):
                place = places[hash(topic) % _PARTS].pop(topic, -1)
                if place < 0:
                    note(topic, Status.GONE, row, -1)
                elif session and before.counts[row] == after.counts[place]:
                    note(topic, Status.SILENT, row, place)
                else:
                    note(topic, judge(before.entry(row), after.entry(place)), row, place)
                    yield 1
                    continue
            if not row % _CHUNK:
                yield 0
        for part in places:
            for topic, place in part.items():
                note(topic, Status.NEW, -1, place)
            yield len(part)
            part.clear()


def judge(before: Entry, after: Entry) -> Status:
    """What became of a topic on which messages may have come since."""
    if before.deleted is not after.deleted:
        return Status.GONE if after.deleted else Status.NEW
    if not after.size and before.retained and not after.retained:
        return Status.GONE  # MQTT 3.1.1 sends the empty message of a deletion without its flag
    flags = before.flags | after.flags
    if flags & EVICTED:
        return Status.NOT_KEPT
    if before.size == after.size:
        if not flags & CUT:
            if before.payload == after.payload:
                return Status.SAME
        elif flags & PART:
            # What was received may be equal, and what was not is not known.
            if before.digest == after.digest:
                return Status.NOT_KEPT
        elif before.digest == after.digest:
            return Status.SAME
    return Status.SHAPE if shape_change(before, after) else Status.VALUE


def shape_change(before: Entry, after: Entry) -> str:
    """How the shapes differ, in words; "" where they do not, and where it cannot be told."""
    if (before.flags | after.flags) & EVICTED:
        return ""
    if (before.flags | after.flags) & CUT:  # both are looked at in the same way: by their beginnings
        shapes = [shape(each.payload[:HEAD], each.size) for each in (before, after)]
    else:
        shapes = [shape(before.payload), shape(after.payload)]
    return shape_difference(*shapes)


def common_scope(before: Snapshot, after: Snapshot) -> bytes | None:
    """The branch that both are of: the narrower one.

    Raises:
        SnapshotError: Neither lies within the other.
    """
    one, other = before.about.scope, after.about.scope
    if other is not None and is_below(other, one):
        return other
    if one is None or (one is not None and is_below(one, other)):
        return one
    names = [each.decode("utf-8", "replace") for each in (one, other or b"")]
    raise SnapshotError(f"They have no topics in common: one is of {names[0]}, the other one of {names[1]}.")
