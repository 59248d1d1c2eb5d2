# SPDX-License-Identifier: MIT
"""Images whose end is missing: how much is there, and a copy that an image reader takes.

A payload larger than the limit is kept in part, and a camera may break off. Readers of JPEG show what there is, readers of PNG and BMP
fail or show whatever was in memory: for these the missing rows are added, empty.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import Final, NamedTuple

_PNG_HEAD: Final = 8 + 25  # signature and IHDR with its length and checksum
_PIECE: Final = 64 * 1024
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
#: Adam7: first column and row, and the steps, of each pass.
_PASSES: Final = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
#: A marker in a JPEG that is neither a stuffed byte nor a restart.
_JPEG_MARKER: Final = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)


class Mended(NamedTuple):
    """What to give to a reader.

    Attributes:
        payload: The payload, or a copy of it with what was missing.
        partial: Its end is missing.
        rows: How many rows from the top are there; None where that is not known.
    """

    payload: bytes
    partial: bool = False
    rows: int | None = None


def mend(payload: bytes, kind: str, most: int) -> Mended:
    """Looks at the end of an image; never raises.

    Args:
        payload: The image.
        kind: See `Picture.kind`.
        most: No more bytes of pixels are added or inflated.
    """
    try:
        if kind == "png":
            return _png(payload, most)
        if kind == "bmp":
            return _bmp(payload, most)
        if kind == "jpeg":
            return Mended(payload, not _jpeg_ends(payload))
        if kind == "gif":
            return Mended(payload, payload.rstrip(b"\0")[-1:] != b";")
        if kind == "webp":
            return Mended(payload, len(payload) < 8 + int.from_bytes(payload[4:8], "little"))
    except (struct.error, ValueError, IndexError, KeyError):
        return Mended(payload)  # nonsense: the reader says what is wrong
    return Mended(payload)


def _jpeg_ends(payload: bytes) -> bool:
    """Whether there is an end behind the pixels; previews inside of segments have one of their own."""
    at = 2
    while at + 4 <= len(payload):
        found = _JPEG_MARKER.search(payload, at)
        if found is None:
            return False
        marker = found.group(1)[0]
        if marker == 0xD9:
            return True
        at = found.end()
        if marker != 0x01:
            at += int.from_bytes(payload[at : at + 2], "big")
    return payload[at : at + 2] == b"\xff\xd9"


def _bmp(payload: bytes, most: int) -> Mended:
    offset, header = struct.unpack_from("<II", payload, 10)
    if header == 12:
        width, height, _, bits = struct.unpack_from("<HhHH", payload, 18)
        compression = 0
    else:
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", payload, 18)
    stride = (width * bits + 31) // 32 * 4
    size = offset + stride * abs(height)
    if compression not in (0, 3) or stride <= 0 or size <= len(payload) or size - offset > most:
        return Mended(
            payload, compression not in (0, 3) and len(payload) < struct.unpack_from("<I", payload, 2)[0]
        )
    rows = (
        max(0, len(payload) - offset) // stride if height < 0 else None
    )  # most are written from the bottom up
    return Mended(payload + bytes(size - len(payload)), partial=True, rows=rows)


def _png(payload: bytes, most: int) -> Mended:
    head, data, ended = _png_chunks(payload)
    if ended:
        return Mended(payload)
    width, height, bits, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", payload, 16)
    pixel = bits * _CHANNELS[colour]
    if interlaced:
        sizes = [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in _PASSES]
        size = sum(
            rows * (1 + (columns * pixel + 7) // 8) for columns, rows in sizes if columns > 0 and rows > 0
        )
        row = size
    else:
        row = 1 + (width * pixel + 7) // 8
        size = row * height
    if size > most or not size:
        return Mended(payload, partial=True)
    raw = _inflate(data, size)
    rows = len(raw) // row
    if not interlaced:
        del raw[rows * row :]
    raw += bytes(size - len(raw))
    made = head + _chunk(b"IDAT", zlib.compress(raw, 1)) + _chunk(b"IEND", b"")
    return Mended(made, partial=True, rows=None if interlaced else rows)


def _png_chunks(payload: bytes) -> tuple[bytes, bytes, bool]:
    """What stands before the pixels, the compressed pixels, and whether the end is there."""
    at, first = 8, 0
    data = bytearray()
    while at + 8 <= len(payload):
        size, kind = struct.unpack_from(">I4s", payload, at)
        if kind == b"IEND":
            return payload[:first], bytes(data), True
        if kind == b"IDAT":
            first = first or at
            data += payload[at + 8 : at + 8 + size]
        at += 12 + size
    return payload[: first or max(_PNG_HEAD, min(at, len(payload)))], bytes(data), False


def _inflate(data: bytes, size: int) -> bytearray:
    """As far as it goes, and not more than that."""
    inflater = zlib.decompressobj()
    raw = bytearray()
    try:
        for at in range(0, len(data), _PIECE):
            piece = data[at : at + _PIECE]
            while piece and len(raw) < size:
                raw += inflater.decompress(piece, size - len(raw))
                piece = inflater.unconsumed_tail
    except zlib.error:
        return raw
    return raw


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
