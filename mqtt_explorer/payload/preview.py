# SPDX-License-Identifier: MIT
"""One line that stands for a payload in a tree or a list.

It runs for each visible row up to 30 times a second, so it reads the first `HEAD` bytes at most and a small payload costs some
microseconds.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from mqtt_explorer.payload.numeric import parse_boolean, parse_reading
from mqtt_explorer.payload.text import BINARY_CONTROLS

Kind: TypeAlias = Literal["number", "string", "json", "text", "binary", "empty", "boolean"]

#: Bytes of a payload that are looked at.
HEAD: Final = 1024
_BYTES_SHOWN: Final = 16
_LONGEST_READING: Final = 64

_checker = msgspec.json.Decoder(msgspec.Raw)
_JSON_START = re.compile(r'[{\[]\s*(?:["{\[\]}\-0-9]|true|false|null|\Z)')
_LINE_BREAK = re.compile(r"[\t\r\n]\s*")
_NUMBER_START = frozenset("+-.0123456789")
#: Controls and what would break or turn a line round, as something one can see.
VISIBLE: Final = (
    {code: chr(0x2400 + code) for code in range(0x20)}
    | {0x7F: "␡"}
    | {
        code: f"\\u{code:04x}"
        for code in (
            *range(0x80, 0xA0),
            0x61C,
            0x200B,
            0x200E,
            0x200F,
            *range(0x2028, 0x202F),
            *range(0x2066, 0x206A),
            0xFEFF,
        )
    }
)


class Preview(NamedTuple):
    """A payload in one line.

    Attributes:
        text: Plain text without line breaks or invisible controls.
        kind: What it is; "string" is a JSON string with its quotes, "number" may have a unit behind it.
        truncated: True when the payload goes on behind what the text shows.
    """

    text: str
    kind: Kind
    truncated: bool


_EMPTY = Preview("", "empty", False)


def preview(payload: bytes, size: int, limit: int = 120) -> Preview:
    """Makes the one-line preview.

    Args:
        payload: The bytes kept.
        size: The payload's size on the wire, in bytes; more than `payload` holds when it was truncated or evicted.
        limit: The most characters of text.
    """
    if not payload:
        return _EMPTY if not size else Preview("", "empty", True)
    head = payload if len(payload) <= HEAD else payload[:HEAD]
    cut = size > len(head)
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if not (cut and error.reason == "unexpected end of data" and error.start):
            return _binary(head, size)
        text = head[: error.start].decode()
    plain = text.isprintable()
    if not plain and BINARY_CONTROLS.search(text):
        return _binary(head, size)
    kind = _kind(text, payload, cut)
    if not plain:
        if kind != "text":
            text = text.strip()  # spaces around a value carry nothing
        if kind == "json":
            text = _LINE_BREAK.sub(" ", text)  # JSON has line breaks between tokens only
        text = text[: limit + 1].translate(VISIBLE)  # never gets shorter; the cut keeps it cheap
    if cut or len(text) > limit:
        return Preview(text[: max(0, limit - 1)] + "…", kind, True)
    return Preview(text, kind, False)


def _kind(text: str, payload: bytes, cut: bool) -> Kind:
    start = text[0]
    if start.isspace():
        start = text.lstrip()[:1]
    if start in _NUMBER_START:
        return "number" if not cut and len(text) <= _LONGEST_READING and parse_reading(text) else "text"
    if start == "{" or start == "[":
        if cut:
            return "json" if _JSON_START.match(text.lstrip()) else "text"
        return "json" if _is_json(payload) else "text"
    if start == '"':
        return "string" if not cut and _is_json(payload) else "text"
    if not cut and len(text) <= 16:
        if parse_boolean(text) is not None:
            return "boolean"
        if text.strip() == "null":
            return "json"
    return "text"


def _is_json(payload: bytes) -> bool:
    try:
        _checker.decode(payload)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _binary(head: bytes, size: int) -> Preview:
    """``0x`` with the first bytes and the honest size."""
    more = size > _BYTES_SHOWN
    unit = "byte" if size == 1 else "bytes"
    return Preview(f"0x{head[:_BYTES_SHOWN].hex()}{'…' if more else ''} ({size:,} {unit})", "binary", more)
