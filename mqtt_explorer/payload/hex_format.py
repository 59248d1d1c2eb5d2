# SPDX-License-Identifier: MIT
"""Offset, hexadecimal bytes and ASCII, made row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from mqtt_explorer.payload.api import BaseDecoder, Context, Document, Span

#: Bytes in a row where there is room.
HEX_WIDTH: Final = 16

_PRINTABLE = bytes(byte if 0x20 <= byte < 0x7F else ord(".") for byte in range(256))


class HexRow(NamedTuple):
    """One row.

    Attributes:
        offset: Offset of its first byte in the payload.
        hex: The bytes, two digits each, upper case, with spaces between.
        ascii: The same bytes as ASCII, a dot for each one that is not printable.
    """

    offset: int
    hex: str
    ascii: str


class HexRows:
    """The rows of a payload. Only the rows asked for are made, so that a view can page any size."""

    __slots__ = ("payload", "width")

    def __init__(self, payload: bytes, width: int = HEX_WIDTH) -> None:
        self.payload = payload
        self.width = width

    def __len__(self) -> int:
        return -(-len(self.payload) // self.width)

    def row(self, index: int) -> HexRow:
        """Makes one row.

        Raises:
            IndexError: There is no such row.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"row {index} of {len(self)}")
        offset = index * self.width
        part = self.payload[offset : offset + self.width]
        return HexRow(offset, part.hex(" ").upper(), part.translate(_PRINTABLE).decode("ascii"))

    def line(self, index: int) -> str:
        """One row as a line of text with aligned columns."""
        offset, digits, text = self.row(index)
        return f"{offset:08X}  {digits:<{self.width * 3 - 1}}  {text}"


class HexLines:
    """The rows as lines of text; see `api.Lines`.

    Args:
        payload: The bytes.
        width: Bytes in a row.
    """

    def __init__(self, payload: bytes, width: int = HEX_WIDTH) -> None:
        self._rows = HexRows(payload, width)

    @property
    def width(self) -> int:
        """Bytes in a row."""
        return self._rows.width

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def longest(self) -> int:
        """See `api.Lines.longest`."""
        return 10 + self._rows.width * 4 + 1

    def length(self, number: int) -> int:
        """See `api.Lines.length`."""
        return len(self._rows.line(number))

    def text(self, number: int, start: int = 0, stop: int | None = None) -> str:
        """See `api.Lines.text`."""
        return self._rows.line(number)[start:stop]

    def spans(self, number: int, start: int, text: str) -> Sequence[Span]:
        """The characters stand apart from the bytes; see `api.Lines.spans`."""
        del number
        begin = max(10 + self._rows.width * 3 + 1 - start, 0)
        return (Span(begin, len(text) - begin, "string"),) if begin < len(text) else ()


class HexDecoder(BaseDecoder):
    """Shows any bytes; never fails."""

    name = "hex"
    label = "Hex"

    def is_quick(self, payload: bytes, option: str, context: Context) -> bool:
        """Always: rows are made when they are seen."""
        del payload, option, context
        return True

    def first_page(self, payload: bytes, option: str, context: Context) -> Document | None:
        """All of it; see `Decoder.first_page`."""
        return replace(self.decode(payload, option, context), complete=False)

    def decode(self, payload: bytes, option: str, context: Context) -> Document:
        """See `Decoder.decode`; the source is the bytes themselves, and `HexLines` shows them."""
        del option, context
        return Document(self.name, self.label, payload)
