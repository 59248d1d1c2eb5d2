# SPDX-License-Identifier: MIT
"""Messages as CSV (RFC 4180, UTF-8, with a head line) that a spreadsheet can open without running anything.

A spreadsheet takes a cell that begins with one of `= + - @`, a tab or a line break for a formula. Such a cell gets an apostrophe in
front. Plain numbers such as -5 and +3.2 are no formulas and stay as they are. For payloads the column `encoding` says which it is, so
that the bytes can be had back: `text` or `base64`, with `after '` where it got the apostrophe.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

import msgspec

from mqtt_explorer.export.rows import base64_text, iso_time, property_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mqtt_explorer.protocol.message import Message

COLUMNS: Final = (
    "seq",
    "time",
    "topic",
    "qos",
    "retain",
    "dup",
    "size",
    "kept",
    "encoding",
    "payload",
    "properties",
)
"""The head line. `kept` counts the payload bytes that are there, `properties` is JSON."""

TEXT: Final = "text"
BASE64: Final = "base64"
PREFIXED: Final = " after '"
"""Follows either where an apostrophe stands in front."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)


def is_risky(text: str) -> bool:
    """True for a cell a spreadsheet would run."""
    return text.startswith(_FORMULA) and not _NUMBER.fullmatch(text)


def safe_cell(text: str) -> str:
    """The text, after an apostrophe where a spreadsheet would run it."""
    return f"'{text}" if is_risky(text) else text


class CsvText:
    """The encoder; see `rows.Encoder`."""

    def __init__(self) -> None:
        self._json = msgspec.json.Encoder()
        self.head = _lines([COLUMNS])

    def encode(self, messages: Iterable[Message]) -> bytes:
        """One record each; a record with line breaks in its payload has several lines, as RFC 4180 has it."""
        return _lines(map(self._record, messages))

    def _record(self, message: Message) -> tuple[object, ...]:
        encoding = TEXT
        try:
            payload = message.payload.decode()
        except UnicodeDecodeError:
            encoding, payload = BASE64, base64_text(message.payload)
        if is_risky(payload):
            encoding, payload = encoding + PREFIXED, safe_cell(payload)
        pairs = property_pairs(message)
        return (
            message.seq,
            iso_time(message.wall_ns),
            safe_cell(message.topic),
            message.qos,
            int(message.retain),
            int(message.dup),
            message.size,
            len(message.payload),
            encoding,
            payload,
            self._json.encode(pairs).decode() if pairs else "",
        )


def _lines(records: Iterable[Iterable[object]]) -> bytes:
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator="\r\n").writerows(records)
    return made.getvalue().encode()
