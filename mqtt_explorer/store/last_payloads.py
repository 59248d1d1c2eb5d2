# SPDX-License-Identifier: MIT
"""The last payloads of topics whose messages have all left the history: what the budget takes back next, oldest first."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mqtt_explorer.protocol.batch import Frame
    from mqtt_explorer.store.topic_tree import Node, Stamp

#: Blocks up to this size are merged with their neighbour and hold no stale entries.
_SMALL_BLOCK = 64

#: Estimated memory of what stays of a message whose payload went: its tuple and its size.
_REMAINDER_BYTES = 112

_start = attrgetter("start")


def frame_bytes(frame: Frame, own_topic: bytes | None = None) -> int:
    """Estimated memory of one message; its topic counts only when it is not the very object `own_topic`."""
    _, topic, properties, payload, size = frame
    memory = 80 + ((len(payload) + 48) & ~15)
    if topic is not own_topic:
        memory += (len(topic) + 48) & ~15
    if properties:
        memory += (len(properties) + 48) & ~15
    if size > 256:
        memory += 48  # the number itself, and the allocator's own header of a larger payload
    return memory


class _Block:
    """The nodes whose last message has a number from `start` to `end`, in that order; some may have had a newer one since."""

    __slots__ = ("end", "live", "nodes", "start")

    def __init__(self, start: int, end: int, nodes: list[Node]) -> None:
        self.start = start
        self.end = end
        self.nodes = nodes
        self.live = len(nodes)


class LastPayloads:
    """Nodes in the order of their last messages. Adding, dropping and taking the oldest cost the same at any size.

    A dropped node of a large block stays in its list and is recognised by its number, which is then beyond the block; the list is
    cleaned when half of it is stale, so stale entries never outnumber live ones.

    Attributes:
        count: Topics whose last payload is held here alone.
        memory_bytes: Estimated memory of these messages, and of what stays of the evicted ones.
    """

    def __init__(self) -> None:
        self.count = 0
        self.memory_bytes = 0
        self._blocks: list[_Block] = []

    def add(self, nodes: list[Node], start: int, end: int) -> None:
        """Takes over nodes whose last messages, all from `start` to `end`, have just left the history; in that order."""
        self.count += len(nodes)
        memory = 0
        for node in nodes:
            if node.frame is not None:
                memory += frame_bytes(node.frame, node.topic)
        self.memory_bytes += memory
        newest = self._blocks[-1] if self._blocks else None
        if (
            newest is not None
            and newest.live == len(newest.nodes)
            and newest.live + len(nodes) <= _SMALL_BLOCK
        ):
            newest.nodes += nodes
            newest.live += len(nodes)
            newest.end = end
        else:
            self._blocks.append(_Block(start, end, nodes))

    def drop(self, node: Node) -> None:
        """Lets go of a node that is about to get a newer message; call it while the node still has the old one."""
        if node.frame is None:
            return
        if node.payload_evicted:
            node.payload_evicted = False
            self.memory_bytes -= _REMAINDER_BYTES
            return
        self.count -= 1
        self.memory_bytes -= frame_bytes(node.frame, node.topic)
        place = bisect_right(self._blocks, node.seq, key=_start) - 1
        block = self._blocks[place]
        block.live -= 1
        if not block.live:
            del self._blocks[place]
        elif len(block.nodes) <= _SMALL_BLOCK:
            block.nodes = [other for other in block.nodes if other is not node]
        elif block.live * 2 < len(block.nodes):
            start, end = block.start, block.end
            block.nodes = [other for other in block.nodes if start <= other.seq < end and other is not node]

    def oldest_stamp(self) -> Stamp | None:
        """When the oldest of the messages held arrived."""
        if not self._blocks:
            return None
        block = self._blocks[0]
        return next(node.stamp for node in block.nodes if block.start <= node.seq < block.end)

    def evict(self, wanted_bytes: int, limit: int) -> list[Node]:
        """Takes the oldest payloads back until `wanted_bytes` are free or `limit` entries were looked at; returns their nodes."""
        if not self._blocks:
            return []
        block = self._blocks[0]
        start, end = block.start, block.end
        target = self.memory_bytes - wanted_bytes
        evicted: list[Node] = []
        seen = 0
        for node in block.nodes:
            if seen >= limit or self.memory_bytes <= target:
                break
            seen += 1
            frame = node.frame
            if frame is not None and start <= node.seq < end:
                self.memory_bytes -= frame_bytes(frame, node.topic) - _REMAINDER_BYTES
                node.frame = (frame[0], node.topic, b"", b"", frame[4])
                node.payload_evicted = True
                evicted.append(node)
        del block.nodes[:seen]
        block.live -= len(evicted)
        self.count -= len(evicted)
        if not block.live:
            del self._blocks[0]
        return evicted

    def clear(self) -> None:
        """Lets go of everything (the store is closing)."""
        self._blocks.clear()
        self.count = 0
        self.memory_bytes = 0
