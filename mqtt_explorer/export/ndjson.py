# SPDX-License-Identifier: MIT
"""Messages as NDJSON: one JSON object a line, from which every byte kept can be had back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mqtt_explorer.export.pieces import base64_pieces, batches, is_large, is_text, text_pieces
from mqtt_explorer.export.rows import base64_text, iso_time, property_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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

    def encode(self, messages: Iterable[Message]) -> Iterator[bytes]:
        """One line each."""
        for batch in batches(messages):
            if is_large(batch):
                yield from self._large(batch[0])
            else:
                yield self._encoder.encode_lines([_line(message) for message in batch])

    def _large(self, message: Message) -> Iterator[bytes]:
        payload = message.payload
        as_text = is_text(payload)
        line = _line_with(message, "", None) if as_text else _line_with(message, None, "")
        # Within a string the quotes would stand after backslashes: this is the member itself.
        begin, member, end = self._encoder.encode(line).partition(
            b'"payload":"' if as_text else b'"payload_base64":"'
        )
        yield begin + member
        if as_text:
            for text in text_pieces(payload):
                yield self._encoder.encode(text)[1:-1]
        else:
            yield from base64_pieces(payload)
        yield end + b"\n"


def _line(message: Message) -> Line:
    try:
        return _line_with(message, message.payload.decode(), None)
    except UnicodeDecodeError:
        return _line_with(message, None, base64_text(message.payload))


def _line_with(message: Message, text: str | None, coded: str | None) -> Line:
    return Line(
        seq=message.seq,
        time=iso_time(message.wall_ns),
        topic=message.topic,
        qos=message.qos,
        retain=message.retain,
        dup=message.dup,
        size=message.size,
        truncated=message.truncated,
        kept=len(message.payload) if message.truncated else msgspec.UNSET,
        payload=msgspec.UNSET if text is None else text,
        payload_base64=msgspec.UNSET if coded is None else coded,
        properties=property_pairs(message),
    )
