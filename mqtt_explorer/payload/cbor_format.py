# SPDX-License-Identifier: MIT
"""CBOR (RFC 8949) and CBOR sequences (RFC 8742), read byte by byte and written as notation at once.

Not with cbor2: it makes Python's values, in which a key that comes twice is one, 1 and true are the same key, and tags have become dates
and regular expressions. Tests compare the two.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from mqtt_explorer.payload.api import Context, DecodeError
from mqtt_explorer.payload.floats import float32_text, float64_text
from mqtt_explorer.payload.item_decoder import ItemDecoder, ItemReader
from mqtt_explorer.payload.item_writer import (
    LIST,
    MAP,
    TAG,
    UNTIL_BREAK,
    ItemWriter,
    Truncated,
    check_room,
    report_read,
    string_bytes,
)
from mqtt_explorer.payload.notation import scalar

#: Pieces of a string.
_REPORT_EVERY: Final = 50_000
_BREAK: Final = 0xFF
_LONG: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_INDEFINITE: Final = 31
_SIMPLE: Final = {20: b"false", 21: b"true", 22: b"null", 23: b"undefined"}
_FLOATS: Final[dict[int, tuple[struct.Struct, Callable[[float], str]]]] = {
    # 16 bits are what encoders make of any number that fits (4.1), so 98.0625 must not become 98.06; 32 bits are what devices have.
    25: (struct.Struct(">e"), float64_text),
    26: (struct.Struct(">f"), float32_text),
    27: (struct.Struct(">d"), float64_text),
}
#: What the usual tags mean, for a note.
_TAGS: Final = {
    0: "a date and time as text",
    1: "a time in seconds since 1970",
    2: "a whole number as bytes",
    3: "a negative whole number as bytes",
    4: "a decimal fraction: exponent to 10, digits",
    5: "a binary fraction: exponent to 2, digits",
    24: "CBOR in a byte string",
    32: "a URI",
    33: "base64url",
    34: "base64",
    35: "a regular expression",
    37: "a UUID",
    52: "an IPv4 address",
    54: "an IPv6 address",
    55799: "nothing but that this is CBOR",
}


def _one_byte() -> dict[int, bytes]:
    """Every value that is one byte."""
    known = {number: b"%d" % number for number in range(24)}
    known |= {0x20 + number: b"%d" % (-1 - number) for number in range(24)}
    known |= {0xE0 + number: _SIMPLE.get(number, b"simple(%d)" % number) for number in range(24)}
    return known


_ONE_BYTE: Final = _one_byte()


class CborDecoder(ItemDecoder):
    """Shows CBOR, or a sequence of it as a list."""

    name = "cbor"
    label = "CBOR"
    several = "A CBOR sequence: {n} values behind one another."

    def objection(self, payload: bytes, context: Context) -> str | None:
        """See `api.Decoder.objection`."""
        del context
        if not payload:
            return "empty"
        first = payload[0]
        return f"0x{first:02x} begins no CBOR" if first == _BREAK or 28 <= first & 31 <= 30 else None

    def reader(self, payload: bytes, cut: bool) -> ItemReader:
        """See `ItemDecoder.reader`."""
        return _Reader(payload, cut)


class _Reader:
    """Reads items one behind another.

    Args:
        payload: The bytes kept.
        cut: More was sent: counts may go beyond the end, and of a last string there is the beginning only.

    Attributes:
        at: Byte to be read next.
        ended: Where the last whole value that is in no other ends.
        tags: Tags of `_TAGS` that came.
    """

    def __init__(self, payload: bytes, cut: bool) -> None:
        self.writer = ItemWriter(payload)
        self.at = 0
        self.ended = 0
        self.tags: set[int] = set()
        self._payload = payload
        self._cut = cut

    def where(self) -> str:
        """See `ItemReader.where`."""
        return f" The value before it ends at byte {self.ended:,}." if self.ended else ""

    def notes(self) -> tuple[str, ...]:
        """What the tags mean that came."""
        known = [tag for tag in sorted(self.tags) if tag in _TAGS]
        return ("; ".join(f"tag({tag}) is {_TAGS[tag]}" for tag in known) + ".",) if known else ()

    def read(self, stop: int, full: int | None = None) -> None:
        """Reads until a byte is reached, or so much text was written.

        Raises:
            Truncated: The payload ends in a value's head, or in a string.
            DecodeError: It is no CBOR.
        """
        payload, writer, at = self._payload, self.writer, self.at
        one_byte, stop = _ONE_BYTE, min(stop, len(payload))
        while at < stop:
            text = one_byte.get(payload[at])
            if text is not None:
                at += 1
                writer.value(text, at)
            else:
                at = self._item(at)
            self.at = at
            if not writer.depth:
                self.ended = at
            if full is not None and len(writer.out) > full:
                return

    def _item(self, at: int) -> int:
        """Reads one item, of containers and tags the head only; returns where it ends."""
        payload, writer = self._payload, self.writer
        major, info = payload[at] >> 5, payload[at] & 31
        if info == _INDEFINITE:
            return self._indefinite(at, major)
        end, number = self._argument(at, info)
        left = len(payload) - end
        if major == 0:
            writer.value(scalar(number), end)
        elif major == 1:
            writer.value(scalar(-1 - number), end)
        elif major in (2, 3):
            raw = string_bytes(payload, end, number, at, self._cut, text=major == 3)
            self._string(raw, major, at, end + number)
            return min(end + number, len(payload))
        elif major == 4:
            check_room(number, at, left, self._cut)
            writer.open(LIST, number, at, end)
        elif major == 5:
            check_room(2 * number, at, left, self._cut)
            writer.open(MAP, 2 * number, at, end)
        elif major == 6:
            return self._tag(at, end, number)
        elif info in _FLOATS:
            floats, spell = _FLOATS[info]
            writer.value(spell(floats.unpack_from(payload, at + 1)[0]).encode(), end)
        else:
            if number < 32:
                raise DecodeError(f"The simple value at byte {at:,} must not take two bytes.")
            writer.value(b"simple(%d)" % number, end)
        return end

    def _argument(self, at: int, info: int) -> tuple[int, int]:
        """Where an item's head ends, and the number in it."""
        if info < 24:
            return at + 1, info
        size = _LONG.get(info)
        if size is None:
            raise DecodeError(f"Byte {at:,} (0x{self._payload[at]:02x}) begins no CBOR value.")
        end = at + 1 + size
        if end > len(self._payload):
            raise Truncated(f"The payload ends inside the value that begins at byte {at:,}.")
        return end, int.from_bytes(self._payload[at + 1 : end], "big")

    def _string(self, raw: bytes, major: int, at: int, end: int) -> None:
        if major == 3:
            self.writer.string(raw, at, end)
        else:
            self.writer.value(scalar(raw), end)

    def _tag(self, at: int, end: int, tag: int) -> int:
        """A tag; a big number becomes a number (3.4.3)."""
        payload = self._payload
        if (
            tag in (2, 3)
            and end < len(payload)
            and payload[end] >> 5 == 2
            and payload[end] & 31 != _INDEFINITE
        ):
            start, size = self._argument(end, payload[end] & 31)
            check_room(size, at, len(payload) - start)
            number = int.from_bytes(payload[start : start + size], "big")
            self.writer.value(scalar(-1 - number if tag == 3 else number), start + size)
            return start + size
        if tag in _TAGS:
            self.tags.add(tag)
        self.writer.open(TAG, 1, at, end, b"tag(%d)" % tag)
        return end

    def _indefinite(self, at: int, major: int) -> int:
        writer = self.writer
        if major in (2, 3):
            return self._chunks(at, major)
        if major in (4, 5):
            writer.open(LIST if major == 4 else MAP, UNTIL_BREAK, at, at + 1)
        elif major != 7 or not writer.close(at + 1):
            raise DecodeError(f"Byte {at:,} (0x{self._payload[at]:02x}) cannot stand where it does.")
        return at + 1

    def _chunks(self, begin: int, major: int) -> int:
        """A string in pieces (3.2.3)."""
        payload, at, pieces = self._payload, begin + 1, []
        what = "byte string" if major == 2 else "text"
        while at < len(payload) and payload[at] != _BREAK:
            if payload[at] >> 5 != major or payload[at] & 31 == _INDEFINITE:
                raise DecodeError(f"Byte {at:,} (0x{payload[at]:02x}) cannot stand in a {what} of pieces.")
            try:
                start, size = self._argument(at, payload[at] & 31)
            except Truncated:
                if not self._cut:
                    raise
                at = len(payload)
                break
            pieces.append(string_bytes(payload, start, size, at, self._cut, text=major == 3))
            at = start + size
            if not len(pieces) % _REPORT_EVERY:
                report_read(at, len(payload))
        if at >= len(payload) and not self._cut:
            raise Truncated(f"The {what} that begins at byte {begin:,} does not end.")
        end = min(at + 1, len(payload))
        self._string(b"".join(pieces), major, begin, end)
        return end
