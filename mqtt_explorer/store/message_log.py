# SPDX-License-Identifier: MIT
"""The history: a ring of segments in arrival order, from which whole segments leave at the old end.

Every message keeps the number of the message before it on the same topic, so that a topic's history is a walk and costs nothing
when old segments go: the walk ends where the log begins.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from mqtt_explorer.store.topic_tree import Stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mqtt_explorer.protocol.batch import Frame
    from mqtt_explorer.store.topic_tree import Node

#: A batch of fewer messages than this joins the newest segment: a segment of its own costs about 500 bytes.
SMALL_BATCH = 64

#: A segment takes no more batches beyond any of these.
SEGMENT_MESSAGES = 256
SEGMENT_BYTES = 64 * 1024
SEGMENT_NS = 10_000_000_000

#: Estimated memory of an empty segment with its lists.
SEGMENT_OVERHEAD = 500

_first_seq = attrgetter("first_seq")


class Segment:
    """Consecutive messages of one batch, or of several small ones.

    Attributes:
        first_seq: The number of the first message.
        frames: The messages.
        nodes: The node of each.
        prev: For each, the number of the message before it on the same topic, or -1.
        memory_bytes: Estimated memory.
        starts: Index of the first message of each batch in here.
        stamps: When each of these batches arrived.
    """

    __slots__ = ("first_seq", "frames", "memory_bytes", "nodes", "prev", "stamps", "starts")

    def __init__(self, first_seq: int, stamp: Stamp) -> None:
        self.first_seq = first_seq
        self.frames: list[Frame] = []
        self.nodes: list[Node] = []
        self.prev: array[int] = array("q")
        self.memory_bytes = SEGMENT_OVERHEAD
        self.starts = [0]
        self.stamps = [stamp]

    def stamp_at(self, index: int) -> Stamp:
        """When the message at `index` arrived."""
        return self.stamps[bisect_right(self.starts, index) - 1]


_LEFT = Segment(-1, Stamp(0, 0))  # keeps the place of a segment that left the log; never looked into


class MessageLog:
    """The segments of one connection.

    Attributes:
        first_seq: The number of the oldest message kept; equals `next_seq` when there is none.
        next_seq: The number the next message gets; also how many were ever stored.
        memory_bytes: Estimated memory of all segments.
    """

    def __init__(self) -> None:
        self.first_seq = 0
        self.next_seq = 0
        self.memory_bytes = 0
        self._segments: list[Segment] = []
        self._head = (
            0  # segments before it have left; a list with a moving head is searched faster than a deque
        )

    def __len__(self) -> int:
        return self.next_seq - self.first_seq

    def oldest_stamp(self) -> Stamp | None:
        """When the oldest message kept arrived."""
        return self._segments[self._head].stamps[0] if self._head < len(self._segments) else None

    def open(self, stamp: Stamp, *, small: bool) -> Segment:
        """The segment for the next batch: the newest one when both are small, else a new one."""
        if small and self._head < len(self._segments):
            newest = self._segments[-1]
            if (
                len(newest.nodes) < SEGMENT_MESSAGES
                and newest.memory_bytes < SEGMENT_BYTES
                and stamp.mono_ns - newest.stamps[0].mono_ns < SEGMENT_NS
            ):
                newest.starts.append(len(newest.nodes))
                newest.stamps.append(stamp)
                return newest
        segment = Segment(self.next_seq, stamp)
        self._segments.append(segment)
        self.memory_bytes += SEGMENT_OVERHEAD
        return segment

    def pop_oldest(self) -> Segment | None:
        """Takes the oldest segment out, or returns None when the log is empty."""
        if self._head == len(self._segments):
            return None
        segment = self._segments[self._head]
        self._segments[self._head] = _LEFT
        self._head += 1
        if self._head > 64 and self._head * 2 > len(self._segments):
            del self._segments[: self._head]
            self._head = 0
        self.first_seq = segment.first_seq + len(segment.nodes)
        self.memory_bytes -= segment.memory_bytes
        return segment

    def segment_of(self, seq: int) -> Segment | None:
        """The segment that holds message `seq`, or None when it is not in the log."""
        if not self.first_seq <= seq < self.next_seq:
            return None
        return self._segments[bisect_right(self._segments, seq, lo=self._head, key=_first_seq) - 1]

    def walk(self, seq: int) -> Iterator[tuple[int, Frame, Stamp]]:
        """Yields message `seq` and its predecessors on the same topic, newest first, down to where the log begins."""
        segment = self.segment_of(seq)
        while segment is not None:
            index = seq - segment.first_seq
            yield seq, segment.frames[index], segment.stamp_at(index)
            seq = segment.prev[index]
            if seq < segment.first_seq:
                segment = self.segment_of(seq)
