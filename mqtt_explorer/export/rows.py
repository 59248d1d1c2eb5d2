# SPDX-License-Identifier: MIT
"""What all formats of exported messages share: the time, the properties, and what an encoder is."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Protocol

from mqtt_explorer.protocol.properties import PropertyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.protocol.properties import PropertyValue


class Encoder(Protocol):
    """Makes the bytes of a file out of messages."""

    head: bytes
    """Begins the file."""

    def encode(self, messages: Iterable[Message]) -> Iterator[bytes]:
        """The messages as the file holds them, in pieces that are made within a few milliseconds each."""
        ...


def iso_time(wall_ns: int) -> str:
    """ISO 8601 in UTC with nanoseconds: "2026-11-20T14:02:11.482000000Z"."""
    seconds, rest = divmod(wall_ns, 1_000_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:09d}Z"


def base64_text(data: bytes) -> str:
    """Bytes as base64 (RFC 4648, section 4)."""
    return base64.b64encode(data).decode()


def property_pairs(message: Message) -> list[dict[str, object]]:
    """The MQTT 5 properties in wire order, as pairs of `name` and `value`; binary ones have `value_base64`, user properties a `key`.

    A malformed block stays as it came: one entry `malformed` with its bytes.
    """
    if not message.frame[2]:
        return []
    try:
        items = message.properties().items
    except PropertyError:
        return [{"name": "malformed", "value_base64": base64_text(message.frame[2])}]
    return [_pair(name, value) for name, value in items]


def _pair(name: str, value: PropertyValue) -> dict[str, object]:
    if isinstance(value, tuple):
        return {"name": name, "key": value[0], "value": value[1]}
    if isinstance(value, bytes):
        return {"name": name, "value_base64": base64_text(value)}
    return {"name": name, "value": value}
