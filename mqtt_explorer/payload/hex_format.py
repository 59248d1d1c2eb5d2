# SPDX-License-Identifier: MIT
"""Offset, hexadecimal bytes and ASCII, made row by row."""

from __future__ import annotations

from typing import NamedTuple

from mqtt_explorer.payload.api import PAGE, Decoded

_PRINTABLE = bytes(byte if 0x20 <= byte < 0x7F else ord(".") for byte in range(256))


class HexRow(NamedTuple):
    """One row.

    Attributes:
        offset: Offset of its first byte in the payload.
        hex: The bytes, two digits each, with spaces between.
        ascii: The same bytes as ASCII, a dot for each one that is not printable.
    """

    offset: int
    hex: str
    ascii: str


class HexRows:
    """The rows of a payload. Only the rows asked for are made, so that a view can page any size."""

    __slots__ = ("payload", "width")

    def __init__(self, payload: bytes, width: int = 16) -> None:
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
        return HexRow(offset, part.hex(" "), part.translate(_PRINTABLE).decode("ascii"))

    def line(self, index: int) -> str:
        """One row as a line of text with aligned columns."""
        offset, digits, text = self.row(index)
        return f"{offset:08x}  {digits:<{self.width * 3 - 1}}  {text}"


class HexDecoder:
    """Shows any bytes; never fails."""

    name = "hex"
    label = "Hex"

    def decode(self, payload: bytes, limit: int = PAGE, *, cut: bool = False) -> Decoded:
        """Makes the first page; see `api.Decoder.decode`."""
        del cut  # bytes have no missing end
        rows = HexRows(payload)
        line_length = len(rows.line(0)) + 1 if payload else 1
        count = min(len(rows), max(1, limit // line_length))
        text = "\n".join(rows.line(index) for index in range(count))
        return Decoded(self.name, self.label, text, min(len(payload), count * rows.width), len(payload))
