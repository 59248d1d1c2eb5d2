# SPDX-License-Identifier: MIT
"""Images made byte by byte, good and hostile ones."""

from __future__ import annotations

import struct
import zlib
from typing import Final

PNG_MARK: Final = b"\x89PNG\r\n\x1a\n"
#: Two frames of 1 × 1.
GIF: Final = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\x00\x00\x00\x00\xff"
    + (b"!\xf9\x04\x00\x0a\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00") * 2
    + b";"
)
#: The frame of a JPEG, with pixels that no reader takes.
JPEG: Final = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    b"\xff\xda\0\x08\1\1\0\0?\0" + b"ab\xff\0cd\xff\xd0ef" * 5 + b"\xff\xd9"
)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, pixels: bytes | None = None, *, colour: int = 2) -> bytes:
    """A PNG of 8 bits a channel; `pixels` are its rows without filter bytes, else each row is another red."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
    channels = {0: 1, 2: 3, 6: 4}[colour]
    stride = width * channels
    if pixels is None:
        pixels = b"".join(bytes((row % 256, 0, 0, 255)[:channels]) * width for row in range(height))
    raw = b"".join(b"\0" + pixels[at : at + stride] for at in range(0, len(pixels), stride))
    return PNG_MARK + head + chunk(b"IDAT", zlib.compress(raw, 0)) + chunk(b"IEND", b"")


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is that large, in a hundred bytes."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return PNG_MARK + head + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")


def bmp(width: int, height: int) -> bytes:
    """A BMP of 24 bits a pixel, from the top down, all of it blue."""
    stride = (width * 24 + 31) // 32 * 4
    info = struct.pack("<IiiHHIIiiII", 40, width, -height, 1, 24, 0, stride * height, 0, 0, 0, 0)
    pixels = (b"\xff\0\0" * width).ljust(stride, b"\0") * height
    return struct.pack("<2sIII", b"BM", 54 + len(pixels), 0, 54) + info + pixels


def tiff(width: int, height: int) -> bytes:
    """An uncompressed grey TIFF whose directory stands before the pixels."""
    entries = [
        (256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 200), (277, 3, 1), (278, 4, height),
        (279, 4, width * height),
    ]  # fmt: skip
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return (b"II*\0\x08\0\0\0" + directory + bytes(4)).ljust(200, b"\0") + b"\x80" * (width * height)
