# SPDX-License-Identifier: MIT
"""Messages as CSV (RFC 4180, UTF-8 with its mark, and a head line) that a spreadsheet can open without running anything.

A spreadsheet takes a cell that begins with one of `= + - @`, a tab or a line break for a formula. Such a cell gets an apostrophe in
front. Plain numbers such as -5 and +3.2 are no formulas and stay as they are. A spreadsheet whose list separator is the semicolon or
the tab cuts this file there, and at line breaks: where such a character stands before one of `= + - @` (blanks and quotes between them
do not count), the cell is written as base64.

The column `encoding` says how the payload was written, so that its bytes can be had back: `text` or `base64`, with `after '` where it
got the apostrophe. Topic and properties follow where they are not simply text: `text / topic after ' / properties base64`.
"""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING, Final

import msgspec

from mqtt_explorer.export.formulas import begins_formula, holds_formula
from mqtt_explorer.export.pieces import PIECE, base64_pieces, batches, cuts, is_large, is_text
from mqtt_explorer.export.rows import base64_text, iso_time, property_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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


def safe_cell(data: bytes) -> tuple[str, str]:
    """What is written for some bytes so that no spreadsheet runs them, and its encoding."""
    encoding = encoding_of(data)
    text = data.decode() if encoding.startswith(TEXT) else base64_text(data)
    return (f"'{text}" if encoding.endswith(PREFIXED) else text), encoding


def encoding_of(data: bytes) -> str:
    """How some bytes are written: text or base64, and either after an apostrophe."""
    if holds_formula(data) or not is_text(data):
        encoding, risky = BASE64, base64_text(data[:3]).startswith("+")
    else:
        encoding, risky = TEXT, begins_formula(data)
    return encoding + PREFIXED if risky else encoding


class CsvText:
    """The encoder; see `rows.Encoder`."""

    def __init__(self) -> None:
        self._json = msgspec.json.Encoder()
        self.head = codecs.BOM_UTF8 + _lines(
            [COLUMNS]
        )  # without it Excel reads "°C" in another character set

    def encode(self, messages: Iterable[Message]) -> Iterator[bytes]:
        """One record each; a record with line breaks in its payload has several lines, as RFC 4180 has it."""
        for batch in batches(messages):
            if is_large(batch):
                yield from self._large(batch[0])
            else:
                yield _lines(self._record(message, *safe_cell(message.payload)) for message in batch)

    def _large(self, message: Message) -> Iterator[bytes]:
        payload = message.payload
        encoding = encoding_of(payload)
        *before, _, properties = self._record(message, "", encoding)
        yield _lines([before]).removesuffix(b"\r\n")
        yield b",\"'" if encoding.endswith(PREFIXED) else b',"'
        if encoding.startswith(TEXT):
            for start in cuts(len(payload)):
                yield payload[start : start + PIECE].replace(b'"', b'""')
        else:
            yield from base64_pieces(payload)
        yield b'",' + _lines([["", properties]]).removeprefix(b",")

    def _record(self, message: Message, payload: str, encoding: str) -> tuple[object, ...]:
        pairs = property_pairs(message)
        topic, topic_encoding = safe_cell(message.frame[1])
        properties, properties_encoding = safe_cell(self._json.encode(pairs) if pairs else b"")
        if topic_encoding != TEXT:
            encoding += f" / topic {topic_encoding}"
        if properties_encoding != TEXT:
            encoding += f" / properties {properties_encoding}"
        return (
            message.seq,
            iso_time(message.wall_ns),
            topic,
            message.qos,
            int(message.retain),
            int(message.dup),
            message.size,
            len(message.payload),
            encoding,
            payload,
            properties,
        )


def _lines(records: Iterable[Iterable[object]]) -> bytes:
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator="\r\n").writerows(records)
    return made.getvalue().encode()
