# SPDX-License-Identifier: MIT
"""Everything one connection received: the topic tree, the last values and the history, within the budget."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from time import perf_counter
from typing import TYPE_CHECKING

from mqtt_explorer.protocol.batch import RETAIN
from mqtt_explorer.protocol.message import Message
from mqtt_explorer.store import changes
from mqtt_explorer.store.last_payloads import LastPayloads, frame_bytes
from mqtt_explorer.store.message_log import SEGMENT_MESSAGES, SMALL_BATCH, MessageLog, Segment
from mqtt_explorer.store.topic_tree import Node, Stamp, TopicTree, object_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mqtt_explorer.protocol.batch import Batch, Frame
    from mqtt_explorer.store.budget import Budget

#: Estimated memory of a message beside what it took on the wire: the tuple (80), its slots in the log (26), the headers of topic and
#: payload with their rounding (2 × 41), less about 5 bytes of MQTT's own header.
_MESSAGE_BYTES = 183

#: More for a message over 256 bytes: its size is an object of its own, and larger payloads carry the allocator's header.
_LARGE_MESSAGE_BYTES = 48

#: More for a message with properties: the header of their bytes object.
_PROPERTIES_BYTES = 41

#: How long one slice of `close` may hold the loop.
_CLOSE_SLICE_S = 0.006

_properties = itemgetter(2)


@dataclass(frozen=True, slots=True)
class StoreCounters:
    """A snapshot; all but the last four are cumulative.

    `received == dropped + evicted + messages_in_history + last payloads kept beyond the history`.

    Attributes:
        received: Messages handed to the store.
        dropped: Of these, messages on new topics for which the budget had no room.
        truncated: Messages that came with less payload than was sent.
        evicted: Messages whose payload the budget took back.
        malformed: Packets that were no messages.
        bytes_received: What all of them took on the wire.
        topics: Topics that had a message.
        nodes: Topics and branches.
        messages_in_history: Messages in the history.
        bytes_in_history: Estimated memory of the history.
    """

    received: int = 0
    dropped: int = 0
    truncated: int = 0
    evicted: int = 0
    malformed: int = 0
    bytes_received: int = 0
    topics: int = 0
    nodes: int = 0
    messages_in_history: int = 0
    bytes_in_history: int = 0


class TopicStore:
    """The messages of one connection.

    Args:
        budget: The memory budget of the process, shared.
        retain_as_published: Live messages keep their RETAIN flag (MQTT 5, 3.3.1.3), so an empty one without it deletes nothing. On
            MQTT 3.1.1 they never have it: there an empty one counts as a deletion.

    Attributes:
        root: Its `kids` are the top-level nodes, in arrival order.
        memory_bytes: This store's share of the budget.
    """

    def __init__(self, budget: Budget, *, retain_as_published: bool = True) -> None:
        self._budget = budget
        self._retain_as_published = retain_as_published
        self._tree = TopicTree()
        self._log = MessageLog()
        self._last = LastPayloads()
        self._received = 0
        self._dropped = 0
        self._truncated = 0
        self._malformed = 0
        self._bytes_received = 0
        self._final: StoreCounters | None = None
        self.root = self._tree.root
        self.memory_bytes = 0
        budget.register(self)

    # --- receiving ---

    def apply(self, batch: Batch) -> None:
        """Stores a batch. Its list of frames belongs to the store from then on and must not be changed.

        Topics are valid (UTF-8, not empty, no wildcard, no NUL): the tap has checked them. Malformed entries are only counted.
        """
        if self._final is not None:
            return
        frames = batch.frames
        self._received += len(frames)
        self._truncated += batch.truncated
        self._malformed += len(batch.malformed)
        self._bytes_received += batch.wire_bytes
        memory = _frames_bytes(batch)
        budget = self._budget
        if budget.full:
            by_path = self._tree.by_path
            frames = [frame for frame in frames if frame[1] in by_path]
            memory = sum(map(frame_bytes, frames)) + 26 * len(frames)
            self._dropped += len(batch.frames) - len(frames)
        if not frames:
            return
        nodes_before = len(self._tree.by_path)
        self._append(frames, Stamp(batch.mono_ns, batch.wall_ns), memory)
        budget.collector.grew(messages=len(frames), nodes=len(self._tree.by_path) - nodes_before)
        if budget.used_bytes > budget.limit_bytes:
            budget.enforce()

    def _append(self, frames: list[Frame], stamp: Stamp, memory: int) -> None:
        """The hot path: no call of ours per message on a known topic."""
        log = self._log
        segment = log.open(stamp, small=len(frames) < SMALL_BATCH)
        known = self._tree.by_path.get
        add = self._tree.add
        append_node = segment.nodes.append
        append_prev = segment.prev.append
        append_changed = self._tree.changed.append
        any_empty_clears = not self._retain_as_published
        first_seq = log.first_seq
        seq = log.next_seq
        for frame in frames:
            flags, topic, _, _, size = frame
            node = known(topic)
            if node is None:
                node = add(topic)
                memory -= object_bytes(len(topic))  # the node holds this very object and has paid for it
            prev = node.seq
            if prev < first_seq:
                self._wake(node, stamp)
            append_node(node)
            append_prev(prev)
            node.seq = seq
            seq += 1
            node.count += 1
            node.frame = frame
            node.stamp = stamp
            if flags & RETAIN:
                node.retained = size > 0
            elif not size and any_empty_clears:
                node.retained = False
            if node.mark is None:
                node.mark = True
                append_changed(node)
        if len(frames) < SEGMENT_MESSAGES:
            segment.frames += frames  # a copy: more batches may join this segment
        else:
            segment.frames = frames
        segment.memory_bytes += memory
        log.memory_bytes += memory
        log.next_seq = seq
        self._settle()

    def _wake(self, node: Node, stamp: Stamp) -> None:
        """A message on a node whose last message is not in the log: its first one ever, or the first for a long time."""
        if node.seq < 0:
            node.first = stamp
            self._tree.topics += 1
        else:
            self._last.drop(node)

    def _settle(self) -> None:
        memory = self._tree.memory_bytes + self._log.memory_bytes + self._last.memory_bytes
        self._budget.used_bytes += memory - self.memory_bytes
        self.memory_bytes = memory

    # --- evicting (called by the budget) ---

    def oldest_history(self) -> Stamp | None:
        """When the oldest message of the history arrived."""
        return self._log.oldest_stamp()

    def evict_history(self) -> None:
        """Lets the oldest segment of the history go; last payloads in it live on with their nodes."""
        segment = self._log.pop_oldest()
        if segment is None:
            return
        start = segment.first_seq
        end = start + len(segment.nodes)
        holds_last = False
        for node in segment.nodes:
            node.evicted_count += 1
            if node.seq < end:
                holds_last = True
        if holds_last:
            last = [node for seq, node in enumerate(segment.nodes, start) if node.seq == seq]
            self._last.add(last, start, end)
        self._settle()

    def oldest_last_payload(self) -> Stamp | None:
        """When the oldest last payload arrived that the history no longer holds."""
        return self._last.oldest_stamp()

    def evict_last_payloads(self, wanted_bytes: int, limit: int) -> None:
        """Takes the oldest last payloads back."""
        for node in self._last.evict(wanted_bytes, limit):
            self._tree.touch(node)
        self._settle()

    # --- reading ---

    @property
    def counters(self) -> StoreCounters:
        """The figures as of now, or as of the end of a closed store."""
        if self._final is not None:
            return self._final
        log = self._log
        return StoreCounters(
            received=self._received,
            dropped=self._dropped,
            truncated=self._truncated,
            evicted=log.first_seq - self._last.count,
            malformed=self._malformed,
            bytes_received=self._bytes_received,
            topics=self._tree.topics,
            nodes=len(self._tree.by_path),
            messages_in_history=len(log),
            bytes_in_history=log.memory_bytes,
        )

    @property
    def next_seq(self) -> int:
        """The number the next message gets."""
        return self._log.next_seq

    @property
    def first_seq(self) -> int:
        """The number of the oldest message in the history."""
        return self._log.first_seq

    def find(self, path: bytes) -> Node | None:
        """The node of a full path, topic or branch; `b""` is the empty first level of `/x`, not the root."""
        return self._tree.by_path.get(path)

    def nodes(self) -> Iterator[Node]:
        """Every node but the root, in the order they were made; not to be held across a turn of the loop."""
        return iter(self._tree.by_path.values())

    def take_changes(self, slice_s: float = changes.SLICE_S) -> changes.Changes:
        """What changed since the last call; once a frame, for at most about `slice_s` seconds."""
        return changes.take(self._tree, slice_s)

    def kept(self, node: Node) -> int:
        """How many messages of a topic can be shown, payload and all; `history` returns as many in the end."""
        kept = node.count - node.evicted_count
        return 1 if not kept and node.seq >= 0 and not node.payload_evicted else kept

    def kept_since(self, node: Node) -> Stamp | None:
        """Since when every message of a topic is kept; None when none is.

        It is the topic's first message while none was evicted, else the beginning of the history.
        """
        if not node.evicted_count:
            return node.first
        if node.seq >= self._log.first_seq:
            return self._log.oldest_stamp()
        return None if node.payload_evicted else node.stamp

    def history(self, node: Node, *, before_seq: int | None = None, limit: int = 200) -> list[Message]:
        """The messages of a topic, newest first.

        Args:
            node: The topic.
            before_seq: Only messages older than this one; pass the last `seq` of a page to get the next page at once.
            limit: At most so many.
        """
        if node.seq < self._log.first_seq:
            last = self.last_message(node)
            if (
                last is None
                or last.evicted
                or limit < 1
                or (before_seq is not None and last.seq >= before_seq)
            ):
                return []
            return [last]
        seq = node.seq if before_seq is None else self._newest_before(node, before_seq)
        return [
            Message(number, stamp.wall_ns, stamp.mono_ns, frame)
            for number, frame, stamp in islice(self._log.walk(seq), limit)
        ]

    def _newest_before(self, node: Node, before_seq: int) -> int:
        if before_seq <= self._log.first_seq:
            return -1  # nothing so old is left, and looking for it would walk the whole history
        if before_seq > node.seq:
            return node.seq
        segment = self._log.segment_of(before_seq)
        if segment is not None and segment.nodes[before_seq - segment.first_seq] is node:
            return segment.prev[before_seq - segment.first_seq]
        for seq, _, _ in self._log.walk(node.seq):
            if seq < before_seq:
                return seq
        return -1

    def message(self, seq: int) -> Message | None:
        """Message number `seq`, or None when it is not in the history."""
        segment = self._log.segment_of(seq)
        if segment is None:
            return None
        index = seq - segment.first_seq
        stamp = segment.stamp_at(index)
        return Message(seq, stamp.wall_ns, stamp.mono_ns, segment.frames[index])

    def segment(self, seq: int) -> Segment | None:
        """The part of the history that holds message `seq`, or None when it is not in the history.

        For those who read the history in order, forwards or backwards: the lists are the store's own, must not be changed, and those
        of the newest segment may still grow.
        """
        return self._log.segment_of(seq)

    def last_message(self, node: Node) -> Message | None:
        """The last message of a topic (without its payload when `evicted`), or None for a mere branch."""
        if node.frame is None or node.stamp is None:
            return None
        return Message(node.seq, node.stamp.wall_ns, node.stamp.mono_ns, node.frame, node.payload_evicted)

    # --- closing ---

    @property
    def closed(self) -> bool:
        """True from the beginning of `close` on: the history goes."""
        return self._final is not None

    async def close(self) -> None:
        """Gives the memory back, in slices: parents and kids hold each other, and may be out of the collector's sight."""
        if self._final is not None:
            return
        self._final = self.counters
        budget = self._budget
        budget.unregister(self)
        self._tree.changed = []
        self._tree.grown = {}
        self._last.clear()
        deadline = perf_counter() + _CLOSE_SLICE_S
        while self._log.pop_oldest() is not None:
            if perf_counter() >= deadline:
                await asyncio.sleep(0)
                deadline = perf_counter() + _CLOSE_SLICE_S
        by_path = self._tree.by_path
        while by_path:
            for _ in range(min(512, len(by_path))):
                node = by_path.popitem()[1]
                if node.parent is not None and node.parent.kids:
                    node.parent.kids.pop()  # newest first, so this is the last kid: it goes now, not with all its siblings
                node.parent = None
                node.kids = None
                node.frame = None
            if perf_counter() >= deadline:
                await asyncio.sleep(0)
                deadline = perf_counter() + _CLOSE_SLICE_S
        by_path.clear()  # an empty dictionary keeps the table of a full one
        self.root.kids = None
        self._tree.memory_bytes = 0
        self._settle()
        await budget.collector.closed(budget.used_bytes)


def _frames_bytes(batch: Batch) -> int:
    """Estimated memory of a batch's messages: from its size on the wire where possible, as that costs nothing per message."""
    frames = batch.frames
    if batch.truncated or not batch.wire_bytes:
        return sum(map(frame_bytes, frames)) + 26 * len(frames)
    memory = batch.wire_bytes + _MESSAGE_BYTES * len(frames)
    if batch.wire_bytes > 256 * len(frames):
        memory += _LARGE_MESSAGE_BYTES * len(frames)
    if any(map(_properties, frames)):
        memory += _PROPERTIES_BYTES * sum(map(bool, map(_properties, frames)))
    return memory
