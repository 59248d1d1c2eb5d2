# SPDX-License-Identifier: MIT
"""Which packets went past, in order: when a message is lost or comes twice, its whole handshake can be told."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from typing import NamedTuple

_NAMES = (
    "",
    "CONNECT",
    "CONNACK",
    "PUBLISH",
    "PUBACK",
    "PUBREC",
    "PUBREL",
    "PUBCOMP",
    "SUBSCRIBE",
    "SUBACK",
    "UNSUBSCRIBE",
    "UNSUBACK",
    "PINGREQ",
    "PINGRESP",
    "DISCONNECT",
    "AUTH",
)
_PUBLISH = 3
_ACKNOWLEDGEMENTS = range(4, 8)
_CONNACK = 2


class Packet(NamedTuple):
    """One packet: when (s), on which connection, "up" or "down", what; `identifier` 0 where there is none."""

    at: float
    connection: int
    way: str
    kind: int
    flags: int
    identifier: int
    topic: bytes
    payload: bytes
    reason: int

    def __str__(self) -> str:
        extra = ""
        if self.kind == _PUBLISH:
            extra = f" {self.topic.decode()} {self.payload.decode()}{' DUP' if self.flags & 8 else ''}"
        elif self.kind == _CONNACK:
            extra = " session present" if self.flags else " no session"
        elif self.reason:
            extra = f" reason {self.reason:#04x}"
        return f"{self.at:9.3f} #{self.connection} {self.way:<4} {_NAMES[self.kind]} {self.identifier or ''}{extra}"


class PacketTrace:
    """Takes what a proxy sends on (`FaultProxy(observer=trace)`) apart into packets."""

    def __init__(self, *, v5: bool) -> None:
        self.packets: list[Packet] = []
        self._v5 = v5
        self._rest: dict[tuple[int, str], bytearray] = {}
        self._begin = time.monotonic()

    def __call__(self, connection: int, way: str, data: bytes) -> None:
        rest = self._rest.setdefault((connection, way), bytearray())
        rest += data
        while (found := _split(rest)) is not None:
            first, body, size = found
            del rest[:size]
            self.packets.append(self._read(connection, way, first, body))

    def _read(self, connection: int, way: str, first: int, body: bytes) -> Packet:
        kind, flags = first >> 4, first & 15
        identifier, topic, payload, reason = 0, b"", b"", 0
        if kind == _PUBLISH:
            at = 2 + int.from_bytes(body[:2], "big")
            topic = body[2:at]
            if flags & 6:
                (identifier,) = struct.unpack_from("!H", body, at)
                at += 2
            if self._v5:  # the properties of a benchmark's message are shorter than 128 bytes
                at += 1 + body[at]
            payload = body[at:]
        elif kind == _CONNACK:
            flags, reason = body[0], body[1]
        elif kind in _ACKNOWLEDGEMENTS:
            (identifier,) = struct.unpack_from("!H", body)
            reason = body[2] if len(body) > 2 else 0
        now = time.monotonic() - self._begin
        return Packet(now, connection, way, kind, flags, identifier, topic, payload, reason)

    def history(self, topic: bytes, payload: bytes) -> Iterator[Packet]:
        """The handshakes of one message: its PUBLISH packets, and what was said of their identifiers from there to the next other use.

        CONNACKs are shown between them.
        """
        way, identifier, begun = "", 0, False
        for packet in self.packets:
            if packet.kind == _PUBLISH and packet.topic == topic and packet.payload == payload:
                way, identifier, begun = packet.way, packet.identifier, True
                yield packet
            elif begun and packet.kind == _CONNACK:
                yield packet
            elif begun and packet.identifier == identifier:
                if packet.kind == _PUBLISH and packet.way == way:
                    identifier = -1  # the identifier belongs to another message now
                elif packet.kind in _ACKNOWLEDGEMENTS and _belongs(packet, way):
                    yield packet


def _belongs(packet: Packet, way: str) -> bool:
    """Whether an acknowledgement speaks of a PUBLISH that went `way`: PUBREL goes along with it, all others against."""
    return (packet.way == way) == (packet.kind == 6)


def _split(rest: bytearray) -> tuple[int, bytes, int] | None:
    """The first whole packet: first byte, body, size of all."""
    length = shift = 0
    for at in range(1, min(5, len(rest))):
        length |= (rest[at] & 127) << shift
        shift += 7
        if rest[at] < 128:
            size = at + 1 + length
            return (rest[0], bytes(rest[at + 1 : size]), size) if len(rest) >= size else None
    return None
