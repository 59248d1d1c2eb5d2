# SPDX-License-Identifier: MIT
"""MessagePack (github.com/msgpack/msgpack/blob/master/spec.md), read byte by byte and written as notation at once.

Not with msgspec: it makes Python's values, so a key that comes twice is one, keys that hold values fail, and nothing tells where a value
ends. Tests compare the two.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import Final

from mqtt_explorer.payload.api import Context, DecodeError
from mqtt_explorer.payload.floats import float32_text, float64_text
from mqtt_explorer.payload.item_decoder import ItemDecoder, ItemReader
from mqtt_explorer.payload.item_writer import (
    LIST,
    MAP,
    TAG,
    ItemWriter,
    Truncated,
    check_room,
    string_bytes,
)
from mqtt_explorer.payload.notation import scalar

_FLOAT32: Final = struct.Struct(">f")
_FLOAT64: Final = struct.Struct(">d")
#: First byte -> bytes of the length, for strings, byte strings, arrays, maps and extensions.
_LENGTHS: Final = {
    0xC4: 1, 0xC5: 2, 0xC6: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4,
}  # fmt: skip
#: First byte -> bytes of the whole number, and whether it has a sign.
_INTEGERS: Final = {
    0xCC: (1, False), 0xCD: (2, False), 0xCE: (4, False), 0xCF: (8, False),
    0xD0: (1, True), 0xD1: (2, True), 0xD2: (4, True), 0xD3: (8, True),
}  # fmt: skip
#: First byte -> bytes of an extension of fixed size.
_FIXED: Final = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_NEVER_USED: Final = 0xC1
_TIMESTAMP: Final = -1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_ONE_BYTE: Final = (
    {number: b"%d" % number for number in range(0x80)}
    | {0x100 + number: b"%d" % number for number in range(-32, 0)}
    | {0xC0: b"null", 0xC2: b"false", 0xC3: b"true"}
)


class MsgPackDecoder(ItemDecoder):
    """Shows MessagePack; several objects behind one another as a list."""

    name = "msgpack"
    label = "MessagePack"

    def objection(self, payload: bytes, context: Context) -> str | None:
        """See `api.Decoder.objection`."""
        del context
        if not payload:
            return "empty"
        return "0xc1 begins no MessagePack" if payload[0] == _NEVER_USED else None

    def reader(self, payload: bytes, cut: bool) -> ItemReader:
        """See `ItemDecoder.reader`."""
        return _Reader(payload, cut)


class _Reader:
    """Reads values one behind another.

    Args:
        payload: The bytes kept.
        cut: More was sent: counts may go beyond the end, and of a last string there is the beginning only.

    Attributes:
        at: Byte to be read next.
    """

    def __init__(self, payload: bytes, cut: bool) -> None:
        self.writer = ItemWriter(payload)
        self.at = 0
        self._payload = payload
        self._cut = cut

    def where(self) -> str:
        """Nothing; see `ItemReader.where`."""
        return ""

    def notes(self) -> tuple[str, ...]:
        """None; see `ItemReader.notes`."""
        return ()

    def read(self, stop: int, full: int | None = None) -> None:
        """Reads until a byte is reached, or so much text was written.

        Raises:
            Truncated: The payload ends in a value's head, or in a string.
            DecodeError: It is no MessagePack.
        """
        payload, writer, at = self._payload, self.writer, self.at
        one_byte, stop = _ONE_BYTE, min(stop, len(payload))
        while at < stop:
            if writer.top == 1 and not writer.depth and writer.out[0] not in b"[{":
                # Each byte below 128 is a number: any text would pass as a row of them.
                raise DecodeError(f"The value ends at byte {at:,}, but {len(payload) - at:,} more follow.")
            text = one_byte.get(payload[at])
            if text is not None:
                at += 1
                writer.value(text, at)
            else:
                at = self._item(at)
            self.at = at
            if full is not None and len(writer.out) > full:
                return

    def _item(self, at: int) -> int:
        """Reads one value, of containers the head only; returns where it ends."""
        first = self._payload[at]
        if first < 0x90:
            return self._container(MAP, 2 * (first & 15), at, at + 1)
        if first < 0xA0:
            return self._container(LIST, first & 15, at, at + 1)
        if first < 0xC0:
            return self._string(at, at + 1, first & 31)
        if (size := _LENGTHS.get(first)) is not None:
            length = int.from_bytes(self._head(at, at + 1, size), "big")
            return self._sized(first, at, at + 1 + size, length)
        if (integer := _INTEGERS.get(first)) is not None:
            size, signed = integer
            number = int.from_bytes(self._head(at, at + 1, size), "big", signed=signed)
            return self._scalar(b"%d" % number, at + 1 + size)
        if (size := _FIXED.get(first)) is not None:
            return self._extension(at, at + 1, size)
        if first == 0xCA:
            return self._scalar(float32_text(_FLOAT32.unpack(self._head(at, at + 1, 4))[0]).encode(), at + 5)
        if first == 0xCB:
            return self._scalar(float64_text(_FLOAT64.unpack(self._head(at, at + 1, 8))[0]).encode(), at + 9)
        raise DecodeError(f"Byte {at:,} (0x{first:02x}) begins no MessagePack value.")

    def _sized(self, first: int, at: int, start: int, length: int) -> int:
        if first <= 0xC6:
            raw = string_bytes(self._payload, start, length, at, self._cut, text=False)
            return self._scalar(scalar(raw), start + len(raw))
        if first <= 0xC9:
            return self._extension(at, start, length)
        if first <= 0xDB:
            return self._string(at, start, length)
        if first <= 0xDD:
            return self._container(LIST, length, at, start)
        return self._container(MAP, 2 * length, at, start)

    def _head(self, at: int, start: int, size: int) -> bytes:
        if start + size > len(self._payload):
            raise Truncated(f"The payload ends inside the value that begins at byte {at:,}.")
        return self._payload[start : start + size]

    def _scalar(self, text: bytes, end: int) -> int:
        self.writer.value(text, end)
        return end

    def _string(self, at: int, start: int, length: int) -> int:
        raw = string_bytes(self._payload, start, length, at, self._cut, text=True)
        self.writer.string(raw, at, start + length)
        return min(start + length, len(self._payload))

    def _container(self, kind: int, count: int, at: int, end: int) -> int:
        check_room(count, at, len(self._payload) - end, self._cut)
        self.writer.open(kind, count, at, end)
        return end

    def _extension(self, at: int, start: int, length: int) -> int:
        """A type from -128 to 127, and bytes that only the application knows; -1 is a time."""
        kind = int.from_bytes(self._head(at, start, 1), "big", signed=True)
        start += 1
        check_room(length, at, len(self._payload) - start)
        raw = self._payload[start : start + length]
        time = _timestamp(raw) if kind == _TIMESTAMP else None
        self.writer.open(TAG, 1, at, start, b"timestamp" if time is not None else b"ext(%d)" % kind)
        return self._scalar(scalar(raw if time is None else time), start + length)


def _timestamp(raw: bytes) -> str | None:
    """A time in UTC with up to nine digits of a second; None when the bytes are none, or of a year that has no four digits."""
    if len(raw) == 4:
        nanoseconds, seconds = 0, int.from_bytes(raw, "big")
    elif len(raw) == 8:
        nanoseconds, seconds = divmod(int.from_bytes(raw, "big"), 1 << 34)
    elif len(raw) == 12:
        nanoseconds, seconds = int.from_bytes(raw[:4], "big"), int.from_bytes(raw[4:], "big", signed=True)
    else:
        return None
    try:
        time = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None
    if nanoseconds > 999_999_999:
        return None
    fraction = f".{nanoseconds:09}".rstrip("0") if nanoseconds else ""
    return f"{time:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + f"{fraction}Z"
