# SPDX-License-Identifier: MIT
"""MQTT 3.1.1 packets as bytes, encoded by hand so that a load generator costs nothing but the sending (MQTT 3.1.1, chapter 3)."""

from __future__ import annotations

import struct

DISCONNECT = b"\xe0\x00"
PUBACK_SIZE = 4


def remaining_length(size: int) -> bytes:
    """The variable-length size of a fixed header (2.2.3)."""
    out = bytearray()
    while True:
        size, digit = divmod(size, 128)
        out.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(out)


def connect(client_id: str) -> bytes:
    """CONNECT with a clean session and without keep-alive (3.1)."""
    body = b"\x00\x04MQTT\x04\x02\x00\x00" + _text(client_id.encode())
    return b"\x10" + remaining_length(len(body)) + body


def publish(topic: bytes, payload: bytes, *, qos: int = 0, retain: bool = False, packet_id: int = 0) -> bytes:
    """PUBLISH (3.3); `packet_id` is used with QoS 1 only."""
    identifier = struct.pack("!H", packet_id) if qos else b""
    body = _text(topic) + identifier + payload
    return bytes([0x30 | qos << 1 | retain]) + remaining_length(len(body)) + body


def _text(raw: bytes) -> bytes:
    return struct.pack("!H", len(raw)) + raw
