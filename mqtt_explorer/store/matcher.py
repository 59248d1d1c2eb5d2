# SPDX-License-Identifier: MIT
"""Decides which topics and messages a query lets through."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, compress
from operator import attrgetter, itemgetter, mul, or_
from typing import Final, NamedTuple

from mqtt_explorer.protocol.batch import RETAIN, Frame
from mqtt_explorer.protocol.properties import PropertyError, decode_properties
from mqtt_explorer.store.pattern import Pattern, Span, compile_pattern
from mqtt_explorer.store.query import Query, QueryError, QueryMode
from mqtt_explorer.store.search_finder import FLIP
from mqtt_explorer.store.staleness import FEWEST_GAPS, LEAST_S, Staleness
from mqtt_explorer.store.topic_tree import Node

#: Payload bytes of one look: less than a millisecond.
BLOCK_BYTES: Final = 256 << 10

#: A payload larger than this is looked through beside the loop: the engine lets other threads run meanwhile.
GIANT_BYTES: Final = BLOCK_BYTES

#: Answers for property blocks that are kept: topics repeat a handful of blocks.
_BLOCKS_KEPT: Final = 4096

#: Answers for topics of messages that are kept: some 10 MB. A new one costs a microsecond.
_TOPICS_KEPT: Final = 65_536

_topic = itemgetter(1)
_properties = itemgetter(2)
_payload = itemgetter(3)
_size = itemgetter(4)
_frame = attrgetter("frame")


class Looked(NamedTuple):
    """What one look at some nodes told.

    Attributes:
        hits: The hits, in the order of the nodes.
        giants: Topics that are hits if the text is found in their payload, which is too large to be looked through in passing.
        rest: Nodes not decided, because the payloads of the others were as much as one look may take.
        unsearchable: Topics that are no hits, but whose payload is not all there.
        topics: How many of the nodes were topics.
    """

    hits: list[Node]
    giants: list[Node]
    rest: list[Node]
    unsearchable: int
    topics: int


class Matcher:
    """One query, ready to be asked.

    Args:
        query: What to look for.
        staleness: Tells which topics are stale; without it none is.

    Raises:
        QueryError: The text cannot be searched for.
    """

    def __init__(self, query: Query, staleness: Staleness | None = None) -> None:
        self.query = query
        self._staleness = staleness
        self._pattern: Pattern | None = compile_pattern(query) if query.text else None
        reads_data = self._pattern is not None and self._pattern.reads_data
        self._in_topics = query.topic or query.mode is QueryMode.FILTER
        self._in_payloads = reads_data and query.payload
        self._in_properties = reads_data and query.properties
        if self._pattern is not None and not (self._in_topics or self._in_payloads or self._in_properties):
            raise QueryError("Nowhere to look", "Choose where to look: in topics, payloads or properties.")
        self._blocks: dict[bytes, bool] = {}
        self._topics: dict[bytes, int] = {}

    @property
    def follows_messages(self) -> bool:
        """False when only topics matter, so that a message on a known topic changes nothing."""
        query = self.query
        return (
            self._in_payloads
            or self._in_properties
            or query.retained
            or query.stale
            or query.changed_since_ns is not None
        )

    def hits(self, nodes: Sequence[Node], now_ns: int) -> list[Node]:
        """Those of the nodes that are hits, in the same order (`now_ns`: monotonic clock)."""
        found: list[Node] = []
        while nodes:
            looked = self.look(nodes, now_ns)
            found += looked.hits
            found += [node for node in looked.giants if self.found_in_payload(node)]
            nodes = looked.rest
        return found

    def is_hit(self, node: Node, now_ns: int) -> bool:
        """Whether one topic is a hit."""
        return bool(self.hits((node,), now_ns))

    def look(self, nodes: Sequence[Node], now_ns: int) -> Looked:
        """Decides as many of the nodes as can be decided at once."""
        topics = [node for node in nodes if node.seq >= 0]
        candidates = self._in_state(topics, now_ns)
        pattern = self._pattern
        if pattern is None or not candidates:
            return Looked(self._overdue(candidates, now_ns), [], [], 0, len(topics))
        rest: list[Node] = []
        giants: list[Node] = []
        unsearchable = 0
        mask = pattern.topic_mask([node.topic for node in candidates]) if self._in_topics else None
        if self._in_properties:
            mask = self._with_properties(candidates, mask)
        if self._in_payloads:
            mask, giants, rest, unsearchable = self._with_payloads(candidates, mask, pattern)
        hits = list(compress(candidates, mask or b""))
        hits, giants = self._overdue(hits, now_ns), self._overdue(giants, now_ns)
        return Looked(hits, giants, rest, unsearchable, len(topics) - len(rest))

    def found_in_payload(self, node: Node) -> bool:
        """Whether the text is found in the last payload of a topic; may be called in another thread."""
        frame = node.frame
        return frame is not None and self._pattern is not None and self._pattern.found(frame[3])

    def holds(self, node: Node, now_ns: int) -> bool:
        """Whether the state conditions hold."""
        return node.seq >= 0 and bool(self._overdue(self._in_state([node], now_ns), now_ns))

    def takes(self, frame: Frame, mono_ns: int) -> bool:
        """Whether one message of a list of messages is let through; a payload of many MiB takes 2 ms for each."""
        flags, topic, properties, payload, _ = frame
        query = self.query
        if query.retained and not flags & RETAIN:
            return False
        if query.changed_since_ns is not None and mono_ns < query.changed_since_ns:
            return False
        pattern = self._pattern
        return (
            pattern is None
            or (self._in_topics and pattern.in_topic(topic))
            or (self._in_properties and bool(properties) and self._in_block(properties))
            or (self._in_payloads and pattern.found(payload))
        )

    def mask(self, frames: Sequence[Frame], mono_ns: Sequence[int]) -> bytearray | None:
        """Which messages of a list of messages `takes` lets through, decided together: a 1 or 0 for each; None for none.

        Args:
            frames: The messages.
            mono_ns: When each of them arrived.
        """
        query, pattern = self.query, self._pattern
        since = query.changed_since_ns
        state: bytearray | None = None
        if query.retained:
            state = bytearray(frame[0] & RETAIN for frame in frames)
        if since is not None:
            recent = bytearray(at >= since for at in mono_ns)
            state = recent if state is None else bytearray(map(mul, state, recent))
        if pattern is None:
            return _or_none(state if state is not None else bytearray(b"\1") * len(frames))
        if state is None or 0 not in state:
            return self._text_mask(frames, pattern)
        if 1 not in state:
            return None
        found = self._text_mask(list(compress(frames, state)), pattern)
        if found is None:
            return None
        places = list(compress(range(len(frames)), state))
        for index in compress(places, found.translate(FLIP)):
            state[index] = 0
        return state

    def topic_spans(self, text: str) -> list[Span]:
        """What to mark in a topic: (start, length) in characters; [] where topics are not looked into."""
        return self._pattern.topic_spans(text) if self._pattern is not None and self._in_topics else []

    def value_spans(self, text: str) -> list[Span]:
        """What to mark in the text of a payload; [] where payloads are not looked into."""
        return self._pattern.spans(text) if self._pattern is not None and self._in_payloads else []

    # --- state ---

    def _in_state(self, found: list[Node], now_ns: int) -> list[Node]:
        """The topics for which the cheap conditions hold."""
        query = self.query
        since = query.changed_since_ns
        if query.retained:
            found = [node for node in found if node.retained]
        if since is not None:
            found = [node for node in found if node.stamp is not None and node.stamp.mono_ns >= since]
        if query.stale:
            # What `Staleness` would say first, without a call for each of a million topics.
            before = now_ns - int(LEAST_S * 1e9)
            found = [
                node
                for node in found
                if node.count > FEWEST_GAPS and node.stamp is not None and node.stamp.mono_ns <= before
            ]
        return found

    def _overdue(self, nodes: list[Node], now_ns: int) -> list[Node]:
        if not self.query.stale:
            return nodes
        staleness = self._staleness
        return [] if staleness is None else [node for node in nodes if staleness.is_stale(node, now_ns)]

    # --- scopes ---

    def _text_mask(self, frames: Sequence[Frame], pattern: Pattern) -> bytearray | None:
        """In which messages the text is found. Each scope looks only at those in which it was not found yet."""
        mask = self._in_topics_of(frames, pattern) if self._in_topics else None
        if self._in_properties and any(map(_properties, frames)):
            found = bytearray(bool(frame[2]) and self._in_block(frame[2]) for frame in frames)
            mask = found if mask is None else bytearray(map(or_, mask, found))
        if not self._in_payloads:
            return _or_none(mask) if mask is not None else None
        if mask is None or 1 not in mask:
            return _payload_mask(list(map(_payload, frames)), pattern)
        if 0 in mask:
            rest = compress(frames, mask.translate(FLIP))
            mask = _merged(mask, _payload_mask(list(map(_payload, rest)), pattern))
        return mask

    def _in_topics_of(self, frames: Sequence[Frame], pattern: Pattern) -> bytearray | None:
        """In which of their topics the text is found: messages come again and again on the same ones, so answers are remembered."""
        known = self._topics
        topics = list(map(_topic, frames))
        answers = list(map(known.get, topics))
        if None in answers:
            if len(known) + len(topics) > _TOPICS_KEPT:
                known.clear()
            new = [topic for topic in dict.fromkeys(topics) if topic not in known]
            known.update(zip(new, pattern.topic_mask(new) or bytes(len(new)), strict=True))
            answers = list(map(known.get, topics))
        return bytearray(answers)  # type: ignore[arg-type]  # all of them are known now

    def _with_properties(self, nodes: list[Node], mask: bytearray | None) -> bytearray | None:
        for index, node in enumerate(nodes):
            if node.frame is not None and node.frame[2] and self._in_block(node.frame[2]):
                if mask is None:
                    mask = bytearray(len(nodes))
                mask[index] = 1
        return mask

    def _in_block(self, block: bytes) -> bool:
        answer = self._blocks.get(block)
        if answer is None:
            if len(self._blocks) >= _BLOCKS_KEPT:
                self._blocks.clear()
            pattern = self._pattern
            answer = pattern is not None and any(map(pattern.found, property_texts(block)))
            self._blocks[block] = answer
        return answer

    def _with_payloads(
        self, nodes: list[Node], mask: bytearray | None, pattern: Pattern
    ) -> tuple[bytearray | None, list[Node], list[Node], int]:
        """Looks into the payloads of those that are no hits yet; the mask, and what `Looked` says of the others."""
        open_nodes = nodes if mask is None else list(compress(nodes, mask.translate(FLIP)))
        frames = list(map(_frame, open_nodes))
        payloads = list(map(_payload, frames))
        total = sum(map(len, payloads))
        all_there = total == sum(map(_size, frames))
        giants: list[Node] = []
        if total > BLOCK_BYTES:
            payloads = _portion(payloads)
            giants = [
                node for node, data in zip(open_nodes, payloads, strict=False) if len(data) > GIANT_BYTES
            ]
        end = len(payloads)
        if giants:
            found = pattern.data_mask([b"" if len(data) > GIANT_BYTES else data for data in payloads])
            if found is not None:
                # Some patterns find something in nothing.
                found = bytearray(map(mul, found, [len(data) <= GIANT_BYTES for data in payloads]))
        else:
            found = pattern.data_mask(payloads)
        unsearchable = 0
        if not all_there:
            cut = [len(data) != frame[4] for data, frame in zip(payloads, frames, strict=False)]
            unsearchable = sum(cut) - sum(map(mul, cut, found or ()))
        return _merged(mask, found), giants, open_nodes[end:], unsearchable


def is_cut(node: Node) -> bool:
    """Whether the last payload of a topic is not all there: evicted, or cut on arrival."""
    return node.frame is not None and len(node.frame[3]) != node.frame[4]


def _portion(payloads: list[bytes]) -> list[bytes]:
    """So many of the payloads as one look may take, giants left out of account; at least one."""
    sizes = (0 if len(data) > GIANT_BYTES else len(data) for data in payloads)
    return payloads[: max(1, bisect_right(list(accumulate(sizes)), BLOCK_BYTES))]


def _payload_mask(payloads: list[bytes], pattern: Pattern) -> bytearray | None:
    """In which of the payloads the text is found, looked through in blocks; giants by themselves."""
    if sum(map(len, payloads)) <= BLOCK_BYTES:
        return pattern.data_mask(payloads)
    result = bytearray()
    while payloads:
        if len(payloads[0]) > GIANT_BYTES:
            result.append(pattern.found(payloads[0]))
            payloads = payloads[1:]
            continue
        block = _portion(payloads)
        giant = next((index for index, data in enumerate(block) if len(data) > GIANT_BYTES), len(block))
        result += pattern.data_mask(block[:giant]) or bytes(giant)
        payloads = payloads[giant:]
    return _or_none(result)


def _or_none(mask: bytearray) -> bytearray | None:
    return mask if 1 in mask else None


def _merged(mask: bytearray | None, found: bytearray | None) -> bytearray | None:
    """A mask with what was found among those that were not in it; `found` may end early."""
    if mask is None or found is None:
        return found if mask is None else mask
    for index in compress(compress(range(len(mask)), mask.translate(FLIP)), found):
        mask[index] = 1
    return mask


def property_texts(block: bytes) -> list[bytes]:
    """A property block as people read it, one text for each: "content_type: text/plain", "user_property: unit=bar".

    A malformed block has none.
    """
    try:
        items = decode_properties(block).items
    except PropertyError:
        return []
    texts = []
    for name, value in items:
        if isinstance(value, tuple):
            value = "=".join(value)
        texts.append(name.encode() + b": " + (value if isinstance(value, bytes) else str(value).encode()))
    return texts
