# SPDX-License-Identifier: MIT
"""Two snapshots compared topic by topic, in slices: what is new, gone, silent, changed or the same.

"Now" is a snapshot as well, taken for the comparison: so all of a result is of one time, and it stays readable while the tree goes on.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from enum import IntEnum
from heapq import merge
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

from mqtt_explorer.payload.byte_column import ByteColumn, TopicIndex
from mqtt_explorer.payload.kept import CUT, EVICTED, HEAD, PART, Entry
from mqtt_explorer.payload.shape import shape, shape_difference
from mqtt_explorer.store.snapshot import SnapshotError, is_below

if TYPE_CHECKING:
    from mqtt_explorer.store.snapshot import Snapshot

#: How long one step may work.
SLICE_S: Final = 0.004
_CHUNK: Final = 512
_SAMPLES: Final = 4_096
_BUCKET: Final = 2_048
#: So many rows, and so many bytes of topics, are sorted in one go: some 3 ms.
_SORTED_AT_ONCE: Final = 4_096
_BYTES_AT_ONCE: Final = 1 << 19


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
        self._counts = [0] * len(Status)
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
        return self._counts[status]

    def add(self, statuses: bytes, before: array[int], after: array[int]) -> None:
        """Adds rows: their numbers in each snapshot, -1 where they are not there."""
        self.statuses += statuses
        for status in Status:
            self._counts[status] += statuses.count(status)
        self._rows_before += before
        self._rows_after += after


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
        self._places = TopicIndex()
        # Columns, for a million tuples would have the garbage collector stop everything.
        self._topics = ByteColumn()
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
        self._topics, self._places = ByteColumn(), TopicIndex()
        self._rows = (array("l"), array("l"))
        return True

    def _steps(self) -> Iterator[int]:
        """The work in small pieces; each tells how many topics it went through."""
        yield from self._index()
        yield from self._judge_all()
        buckets: list[array[int]] = []
        yield from self._deal_out(buckets)
        for bucket in buckets:
            yield from self._sort(bucket)

    def _index(self) -> Iterator[int]:
        topics, part, scope = self._after.topics, self._places.part, self._result.scope
        needed = scope != self._after.about.scope
        for row, topic in enumerate(topics):
            if not needed or is_below(topic, scope):
                part(topic)[topic] = row
            if not row % _CHUNK:
                yield _CHUNK

    def _judge_all(self) -> Iterator[int]:
        before, after, part, scope = self._before, self._after, self._places.part, self._result.scope
        session, counts = self._result.same_session, (before.counts, after.counts)
        needed = scope != before.about.scope
        add_topic, add_status = self._topics.append, self._statuses.append
        add_before, add_after = (column.append for column in self._rows)
        for row, topic in enumerate(before.topics):
            if not needed or is_below(topic, scope):
                place = part(topic).pop(topic, -1)
                silent = session and place >= 0 and counts[0][row] == counts[1][place]
                add_topic(topic)
                add_before(row)
                add_after(place)
                if place < 0 or silent:
                    add_status(Status.SILENT if silent else Status.GONE)
                else:
                    add_status(judge(before.entry(row), after.entry(place)))
                    yield 1
                    continue
            if not row % _CHUNK:
                yield 0
        for found in self._places.parts:
            for topic, place in found.items():
                add_topic(topic)
                add_status(Status.NEW)
                add_before(-1)
                add_after(place)
            yield len(found)
            found.clear()

    def _deal_out(self, buckets: list[array[int]]) -> Iterator[int]:
        """Deals rows out to buckets that stand in order of topics: each is quickly sorted for itself."""
        borders = _borders(self._topics)
        buckets += [array("l") for _ in range(len(borders) + 1)]
        for number, topic in enumerate(self._topics):
            buckets[bisect_right(borders, topic)].append(number)
            if not number % _CHUNK:
                yield _CHUNK

    def _sort(self, bucket: array[int]) -> Iterator[int]:
        """Adds the rows of a bucket to the result in order of topics."""
        topics = list(map(self._topics.__getitem__, bucket))
        if len(topics) <= _SORTED_AT_ONCE and sum(map(len, topics)) <= _BYTES_AT_ONCE:
            self._add([bucket[place] for place in sorted(range(len(topics)), key=topics.__getitem__)])
            yield len(bucket)
            return
        runs: list[list[int]] = []
        start = size = 0
        for stop, topic in enumerate([*topics, b""]):
            if stop == len(topics) or stop - start >= _SORTED_AT_ONCE or size > _BYTES_AT_ONCE:
                runs.append(sorted(range(start, stop), key=topics.__getitem__))
                yield stop - start
                start, size = stop, 0
            size += len(topic)
        in_order = merge(*runs, key=topics.__getitem__)
        while some := [bucket[place] for _, place in zip(range(_CHUNK), in_order, strict=False)]:
            self._add(some)
            yield 0

    def _add(self, numbers: Sequence[int]) -> None:
        columns = (self._statuses, *self._rows)
        statuses, before, after = ([column[number] for number in numbers] for column in columns)
        self._result.add(bytes(statuses), array("l", before), array("l", after))


def _borders(topics: ByteColumn) -> list[bytes]:
    """Topics that part all of them into buckets of some thousand, by a sample; none where there are few."""
    if len(topics) <= _SORTED_AT_ONCE:
        return []
    sample = [topics[place] for place in range(0, len(topics), len(topics) // _SAMPLES)]
    sample = sample[:: 1 + sum(map(len, sample)) // _BYTES_AT_ONCE]
    every = max(4, len(sample) * _BUCKET // len(topics))
    return sorted(sample)[every::every]


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
