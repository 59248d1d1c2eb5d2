# SPDX-License-Identifier: MIT
"""The tap: splits what a socket read brought into frames for the store and packets for paho.

Every inbound PUBLISH and PUBREL is taken here; paho never sees one. So there is one ordered stream by construction, a bad topic never reaches
paho's decoder (where one exception repeats the packet for ever), and QoS 1 costs what QoS 0 costs. The acknowledgements owed come back
in `Feed.acks`, to be written once the store has the messages.

The splitter is pure: bytes in, frames out. `tests/unit/network/test_tap_differential.py` holds it against paho on the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mqtt_explorer.network.held import Held
from mqtt_explorer.protocol.batch import Frame, Malformed
from mqtt_explorer.protocol.options import KEPT_OF_OVERSIZE, ProtocolVersion
from mqtt_explorer.protocol.properties import PropertyError, decode_properties
from mqtt_explorer.protocol.topics import topic_problem

#: What is kept of a malformed packet.
RAW_KEPT = 65_536
#: A packet that is no PUBLISH has no reason to be larger; paho would buffer and copy it whole.
MAX_CONTROL_PACKET = 1024 * 1024
_HEADER_SLACK = 2 + 65_535 + 2 + 4
_CONNACK, _PUBLISH, _PUBREL = 0x20, 0x30, 0x60
#: CONNACK PUBACK PUBREC PUBCOMP SUBACK UNSUBACK PINGRESP DISCONNECT AUTH: what a broker may send besides PUBLISH and PUBREL.
_FROM_BROKER = frozenset((0x20, 0x40, 0x50, 0x70, 0x90, 0xB0, 0xD0, 0xE0, 0xF0))
_MEMO_SIZE = 65_536
#: Longer topics are not remembered: 65,536 of 64 KiB would be 4 GB.
_MEMO_TOPIC_BYTES = 512
_PROPERTIES_MEMO_SIZE = 4_096
#: Bytes of the topics behind aliases; 65,535 of 64 KiB would be 4 GB.
MAX_ALIAS_BYTES = 16 * 1024 * 1024
_NOT_FOUND = 0x92


@dataclass(slots=True)
class Feed:
    """What one read brought.

    Attributes:
        frames: Messages in the order on the wire (QoS 2 at its PUBREL).
        malformed: PUBLISH packets that are no messages, with their place among the frames.
        acks: PUBACK, PUBREC and PUBCOMP packets we owe, ready to be written.
        control: Whole packets of all other types, in order, for `control` to read.
        wire_bytes: What the frames took on the wire; of a truncated one only what is kept.
        truncated: Frames that keep less payload than was sent.
        broken: Why the stream cannot be read any further, as a sentence, or None.
    """

    frames: list[Frame] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    acks: bytearray = field(default_factory=bytearray)
    control: list[bytes] = field(default_factory=list)
    wire_bytes: int = 0
    truncated: int = 0
    broken: str | None = None


class _Oversize:
    """A PUBLISH above the cap while it streams past: its head is kept, the rest is counted."""

    __slots__ = ("head", "header_size", "left", "room")

    def __init__(self, header_size: int, left: int) -> None:
        self.head = bytearray()
        self.header_size = header_size
        self.left = left
        self.room = _HEADER_SLACK + 2 * KEPT_OF_OVERSIZE

    def take(self, data: bytes) -> int:
        """Consumes from the start of `data`; returns how many bytes belonged to the packet."""
        taken = min(self.left, len(data))
        self.left -= taken
        if self.room > 0:
            kept = data[: min(taken, self.room)]
            self.room -= len(kept)
            self.head += kept
        return taken


class FrameSplitter:
    """Splits one connection's inbound bytes. One per connection, but the QoS 2 slots outlive it (see `held`).

    Args:
        version: Tells whether PUBLISH has a property block.
        payload_cap: Bytes; of larger payloads the first 1 MiB is kept, and nothing is buffered whole.
        held: QoS 2 messages between PUBLISH and PUBREL by packet identifier. Belongs to the session, so it outlives the connection;
            a CONNACK that accepts us without a session empties it.
        topic_alias_maximum: The highest alias allowed in CONNECT; a message with one above it is listed as malformed (MQTT 5, 3.3.2.3.4).
    """

    def __init__(
        self, version: ProtocolVersion, payload_cap: int, held: Held, *, topic_alias_maximum: int = 0
    ) -> None:
        self._v5 = version is ProtocolVersion.V5
        self._cap = payload_cap
        self._kept = min(payload_cap, KEPT_OF_OVERSIZE)
        self._stream_above = payload_cap + _HEADER_SLACK
        self._held = held
        self._alias_maximum = topic_alias_maximum
        self._aliases: dict[int, bytes] = {}
        self._alias_bytes = 0
        self._known: dict[bytes, bytes] = {}
        self._known_properties: dict[bytes, int] = {b"": 0}
        self._parts: list[bytes] = []
        self._have = 0
        self._need = 0
        self._oversize: _Oversize | None = None

    def feed(self, data: bytes) -> Feed:
        """Takes the bytes of one read.

        Args:
            data: Any cut of the stream; never empty.

        Returns:
            What became whole with it. After `Feed.broken` the splitter must not be fed again.
        """
        feed = Feed()
        if self._oversize is not None:
            taken = self._oversize.take(data)
            if self._oversize.left:
                return feed
            self._finish_oversize(self._oversize, feed)
            self._oversize = None
            if feed.broken is not None:
                return feed
            data = data[taken:]
        elif self._parts:
            self._parts.append(data)
            self._have += len(data)
            if self._have < self._need:
                return feed
            data = b"".join(self._parts)
            self._parts.clear()
            self._have = 0
        self._split(data, feed)
        return feed

    def _split(self, data: bytes, feed: Feed) -> None:
        """The hot loop: about a microsecond per QoS 0 message, so everything is local and inline."""
        frames = feed.frames
        known = self._known.get
        v5 = self._v5
        cap = self._cap
        size = len(data)
        pos = 0
        wire = 0
        while pos + 2 <= size:
            head = data[pos]
            length = data[pos + 1]
            body = pos + 2
            if length > 127:
                length, body = _long_length(data, pos)
                if body == 0:  # the length itself is cut off
                    break
                if body < 0:
                    feed.broken = "The broker sent a packet length of more than four bytes."
                    break
            end = body + length
            if end > size:
                self._await_rest(head, length, data, pos, body, feed)
                pos = size
                break
            if head & 0xF6 == _PUBLISH:  # QoS 0, with any RETAIN and DUP
                topic_end = body + 2
                if length > 2:
                    topic_end += data[body] << 8 | data[body + 1]
                if topic_end < end and length > 2:
                    raw_topic = data[body + 2 : topic_end]
                    topic = known(raw_topic)
                    if topic is not None:
                        if not v5:
                            payload = data[topic_end:end]
                            properties = b""
                            start = topic_end
                        elif data[topic_end] == 0:
                            start = topic_end + 1
                            payload = data[start:end]
                            properties = b""
                        else:
                            start = -1
                        if start >= 0 and end - start <= cap:
                            frames.append((head & 0x0F, topic, properties, payload, end - start))
                            wire += end - pos
                            pos = end
                            continue
                wire += self._publish(head, data, pos, body, end, feed)
                if feed.broken is not None:
                    break
            elif head & 0xF0 == _PUBLISH:
                wire += self._publish(head, data, pos, body, end, feed)
                if feed.broken is not None:
                    break
            elif head & 0xF0 == _PUBREL:
                self._pubrel(data, body, end, feed)
                if feed.broken is not None:
                    break
            elif head & 0xF0 in _FROM_BROKER:
                if length > MAX_CONTROL_PACKET:
                    feed.broken = f"The broker sent a control packet of {length:,} bytes."
                    break
                if head == _CONNACK and length > 1 and not data[body] & 1 and data[body + 1] == 0:
                    self._held.clear()  # accepted without a session: packet identifiers start anew
                feed.control.append(data[pos:end])
            else:
                feed.broken = f"The broker sent a packet of type {head >> 4}, which no broker sends."
                break
            pos = end
        feed.wire_bytes += wire
        if feed.broken is None and pos < size:
            self._parts = [data[pos:] if pos else data]
            self._have = size - pos
            self._need = self._have + 1  # the fixed header itself is cut off

    def _await_rest(self, head: int, length: int, data: bytes, pos: int, body: int, feed: Feed) -> None:
        """Keeps the start of a packet whose end has not arrived: buffered, or counted past when it is above the cap."""
        if head & 0xF0 == _PUBLISH:
            if length > self._stream_above:
                self._oversize = _Oversize(body - pos, length + body - pos)
                self._oversize.take(data[pos:])
                return
        elif length > MAX_CONTROL_PACKET:
            feed.broken = f"The broker sent a control packet of {length:,} bytes."
            return
        self._parts = [data[pos:] if pos else data]
        self._have = len(data) - pos
        self._need = body - pos + length

    def _publish(
        self, head: int, data: bytes, pos: int, body: int, end: int, feed: Feed, size: int | None = None
    ) -> int:
        """One PUBLISH off the fast path: QoS 1 and 2, first sight of a topic, properties, aliases, faults.

        `size` is the packet's size on the wire when `data` holds only its head.

        Returns:
            The bytes to count for the frame that joined the stream, 0 when none did.
        """
        qos = (head & 0x06) >> 1
        packet_size = end - pos if size is None else size
        packet_id = 0
        topic_end = body + 2 + int.from_bytes(data[body : body + 2], "big")
        start = topic_end + (2 if qos else 0)
        problem: str | None = None
        if qos == 3:
            problem = "The packet has QoS 3, which does not exist."
        elif end - body < 2 or start > end:
            problem = "The packet ends before its topic or packet identifier does."
        elif qos:
            packet_id = int.from_bytes(data[topic_end:start], "big")
            if packet_id == 0:
                problem = "The packet has the packet identifier 0."
        properties = b""
        topic = b""
        if problem is None and self._v5:
            start, properties, problem = self._properties(data, start, end)
        if problem is None:
            topic, problem = self._topic(data[body + 2 : topic_end], properties, feed)
            if feed.broken is not None:
                return 0
        if problem is not None:
            if (
                qos != 2 or packet_id not in self._held
            ):  # a repetition of what is listed already is not listed again
                raw = data[pos : min(end, pos + RAW_KEPT)]
                feed.malformed.append(Malformed(raw, problem, len(feed.frames), packet_size))
            if packet_id:  # acknowledged once, so that it does not come again for ever
                self._acknowledge(qos, packet_id, None, feed)
            return 0
        sent = packet_size - (start - pos)
        kept_end = end if sent <= self._cap else min(end, start + self._kept)
        frame: Frame = (head & 0x0F, topic, properties, data[start:kept_end], sent)
        wire = kept_end - pos
        if qos:
            self._acknowledge(qos, packet_id, (frame, wire), feed)
        if qos == 2:
            return 0  # counts at its PUBREL
        feed.frames.append(frame)
        feed.truncated += kept_end - start < sent
        return wire

    def _acknowledge(self, qos: int, packet_id: int, held: tuple[Frame, int] | None, feed: Feed) -> None:
        if qos == 1:
            feed.acks += bytes((0x40, 2, packet_id >> 8, packet_id & 0xFF))
            return
        self._held.add(packet_id, held)
        if self._held.too_much:
            feed.broken = "The broker sent far too many QoS 2 messages without releasing one (PUBREL)."
            return
        feed.acks += bytes((0x50, 2, packet_id >> 8, packet_id & 0xFF))

    def _pubrel(self, data: bytes, body: int, end: int, feed: Feed) -> None:
        """A PUBREL releases the message to the stream; an unknown one is answered too, or the broker's slot is never freed."""
        if end - body < 2:
            feed.broken = "The broker sent a PUBREL without a packet identifier."
            return
        packet_id = data[body] << 8 | data[body + 1]
        known = packet_id in self._held
        held = self._held.take(packet_id)
        if held is not None:
            frame, wire = held
            feed.frames.append(frame)
            feed.wire_bytes += wire
            feed.truncated += frame[4] > len(frame[3])
        if known or not self._v5:
            feed.acks += bytes((0x70, 2, packet_id >> 8, packet_id & 0xFF))
        else:
            feed.acks += bytes((0x70, 3, packet_id >> 8, packet_id & 0xFF, _NOT_FOUND))

    def _properties(self, data: bytes, start: int, end: int) -> tuple[int, bytes, str | None]:
        """Cuts the property block out. Returns where the payload starts, the block, and a problem or None."""
        length, pos = _varint(data, start, end)
        if pos < 0:
            return start, b"", "The packet ends before the length of its properties does."
        if pos + length > end:
            return start, b"", "The property block is longer than the packet."
        return pos + length, data[pos : pos + length], None

    def _topic(self, raw: bytes, properties: bytes, feed: Feed) -> tuple[bytes, str | None]:
        """Checks a topic and resolves its alias. Returns one shared object per topic, and a problem or None; may break the stream."""
        alias = self._known_properties.get(properties)
        if alias is None:
            try:
                value = decode_properties(properties).get("topic_alias")
            except PropertyError as error:
                return b"", f"Its properties cannot be read: {error.message}"
            alias = value if isinstance(value, int) else 0
            if value == 0:
                return b"", "The topic alias is 0, which does not exist."
            if len(properties) <= 256:
                if len(self._known_properties) >= _PROPERTIES_MEMO_SIZE:
                    self._known_properties = {b"": 0}
                self._known_properties[properties] = alias
        if alias > self._alias_maximum:
            allowed = f"only 1 to {self._alias_maximum} are" if self._alias_maximum else "none is"
            return (
                b"",
                f"It has the topic alias {alias}, but {allowed} allowed: a protocol error of the broker.",
            )
        if alias and not raw:
            raw = self._aliases.get(alias, b"")
            if not raw:
                return b"", f"The topic is empty and the topic alias {alias} stands for nothing yet."
        topic = self._known.get(raw)
        if topic is None:
            if problem := topic_problem(raw):
                return b"", problem
            topic = raw
            if len(raw) <= _MEMO_TOPIC_BYTES:
                if len(self._known) >= _MEMO_SIZE:
                    self._known.clear()
                self._known[raw] = raw
        if alias:
            self._remember_alias(alias, topic, feed)
        return topic, None

    def _remember_alias(self, alias: int, topic: bytes, feed: Feed) -> None:
        before = self._aliases.get(alias, b"")
        if before is topic:
            return
        self._alias_bytes += len(topic) - len(before)
        self._aliases[alias] = topic
        if self._alias_bytes > MAX_ALIAS_BYTES:
            feed.broken = (
                f"The broker's topic aliases stand for topics of more than {MAX_ALIAS_BYTES // 1024**2} MiB; "
                "allow fewer aliases (topic alias maximum)."
            )

    def _finish_oversize(self, packet: _Oversize, feed: Feed) -> None:
        head = bytes(packet.head)
        size = packet.header_size + _varint(head, 1, len(head))[0]
        feed.wire_bytes += self._publish(head[0], head, 0, packet.header_size, len(head), feed, size)


def _long_length(data: bytes, pos: int) -> tuple[int, int]:
    """The remaining length of two to four bytes (1.5.5). Returns it and where the body starts; 0 = cut off, -1 = broken."""
    length = shift = 0
    for index in range(pos + 1, pos + 5):
        if index >= len(data):
            return 0, 0
        length |= (data[index] & 0x7F) << shift
        if data[index] < 0x80:
            return length, index + 1
        shift += 7
    return 0, -1


def _varint(data: bytes, pos: int, end: int) -> tuple[int, int]:
    """A variable byte integer within ``data[pos:end]``; the position is -1 when it is cut off or too long."""
    length, body = _long_length(data[pos : min(end, pos + 4)], -1)
    return (length, pos + body) if body > 0 else (0, -1)
