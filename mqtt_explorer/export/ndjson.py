# SPDX-License-Identifier: MIT
"""Messages as NDJSON: one JSON object a line, from which every byte kept can be had back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mqtt_explorer.export.rows import base64_text, iso_time, property_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mqtt_explorer.protocol.message import Message


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message.

    Attributes:
        seq: Its number within the connection, in arrival order.
        time: Arrival, ISO 8601 in UTC with nanoseconds.
        size: The payload's size on the wire, in bytes.
        truncated: True when fewer bytes were kept; left out when false.
        kept: How many, then; left out otherwise.
        payload: The bytes kept, when they are valid UTF-8 …
        payload_base64: … and when they are not.
        properties: See `rows.property_pairs`; left out when there are none.
    """

    seq: int
    time: str
    topic: str
    qos: int
    retain: bool
    dup: bool
    size: int
    truncated: bool = False
    kept: int | msgspec.UnsetType = msgspec.UNSET
    payload: str | msgspec.UnsetType = msgspec.UNSET
    payload_base64: str | msgspec.UnsetType = msgspec.UNSET
    properties: list[dict[str, object]] = msgspec.field(default_factory=list)


class Ndjson:
    """The encoder; see `rows.Encoder`."""

    head = b""

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder()

    def encode(self, messages: Iterable[Message]) -> bytes:
        """One line each."""
        return self._encoder.encode_lines([_line(message) for message in messages])


def _line(message: Message) -> Line:
    payload = message.payload
    text: str | msgspec.UnsetType = msgspec.UNSET
    coded: str | msgspec.UnsetType = msgspec.UNSET
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        coded = base64_text(payload)
    return Line(
        seq=message.seq,
        time=iso_time(message.wall_ns),
        topic=message.topic,
        qos=message.qos,
        retain=message.retain,
        dup=message.dup,
        size=message.size,
        truncated=message.truncated,
        kept=len(payload) if message.truncated else msgspec.UNSET,
        payload=text,
        payload_base64=coded,
        properties=property_pairs(message),
    )
