# SPDX-License-Identifier: MIT
"""The few MQTT 3.1.1 packets the simulator speaks; section numbers are those of MQTT 3.1.1."""

from __future__ import annotations

import struct

PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"

# The first byte of a packet holds its type in the high nibble (2.2.1).
CONNACK, PUBLISH, PUBACK, SUBACK = 2, 3, 4, 9


def connect(client_id: str, keep_alive_s: int) -> bytes:
    """CONNECT with a clean session and no login (3.1)."""
    body = _text("MQTT") + struct.pack("!BBH", 4, 0x02, keep_alive_s) + _text(client_id)
    return _packet(0x10, body)


def subscribe(topic_filter: str, packet_id: int, qos: int = 0) -> bytes:
    """SUBSCRIBE to one filter (3.8)."""
    return _packet(0x82, struct.pack("!H", packet_id) + _text(topic_filter) + bytes([qos]))


def publish(topic: str, payload: bytes, *, qos: int = 0, retain: bool = False, packet_id: int = 0) -> bytes:
    """PUBLISH at QoS 0 or 1 (3.3); the packet id counts at QoS 1 only."""
    identifier = struct.pack("!H", packet_id) if qos else b""
    return _packet(0x30 | qos << 1 | retain, _text(topic) + identifier + payload)


def read_publish(first: int, body: bytes) -> tuple[str, bytes]:
    """Topic and payload of a received PUBLISH."""
    end = 2 + int.from_bytes(body[:2], "big")
    start = end + 2 if first & 0x06 else end
    return body[2:end].decode(), body[start:]


def take_packet(buffer: bytearray) -> tuple[int, bytes] | None:
    """Takes the first whole packet out of a buffer: its first byte and its body; None when more bytes are needed.

    Raises:
        ValueError: The remaining length has more than four bytes (2.2.3).
    """
    length = 0
    for index in range(4):
        if len(buffer) < index + 2:
            return None
        byte = buffer[index + 1]
        length |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            end = index + 2 + length
            if len(buffer) < end:
                return None
            packet = buffer[0], bytes(buffer[index + 2 : end])
            del buffer[:end]
            return packet
    raise ValueError("The length of a packet has more than four bytes.")


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("!H", len(raw)) + raw


def _packet(first: int, body: bytes) -> bytes:
    length, rest = bytearray(), len(body)
    while True:
        rest, digit = rest >> 7, rest & 0x7F
        length.append(digit | (0x80 if rest else 0))
        if not rest:
            return bytes([first]) + bytes(length) + body
