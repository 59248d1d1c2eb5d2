# SPDX-License-Identifier: MIT
"""Images, known by their first bytes. Nothing is decoded here: the view does that, in another process.

What is a program, refers to others, or is text (SVG, XPM, XBM, the text kinds of PNM) is no image here, whatever it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from mqtt_explorer.payload.api import BaseDecoder, Context, DecodeError, Document
from mqtt_explorer.payload.picture import Picture

#: Qt's names of the kinds that are shown, and their names for people.
KINDS: Final = {
    "png": "PNG",
    "jpeg": "JPEG",
    "gif": "GIF",
    "bmp": "BMP",
    "webp": "WebP",
    "tiff": "TIFF",
    "ico": "ICO",
}
#: Sizes of the header behind a BMP's first 14 bytes; "BM" alone is also how many a text begins.
_BMP_HEADERS: Final = (12, 40, 52, 56, 64, 108, 124)


class _Mark(NamedTuple):
    kind: str
    size: int
    fits: Callable[[bytes], bool]


def _is_bmp(head: bytes) -> bool:
    return (
        head[:2] == b"BM" and head[6:10] == bytes(4) and int.from_bytes(head[14:18], "little") in _BMP_HEADERS
    )


def _is_ico(head: bytes) -> bool:
    """An icon's directory: type 1, some images, and the first entry says where its image lies."""
    count = int.from_bytes(head[4:6], "little")
    return (
        head[:4] == b"\0\0\1\0"
        and 0 < count <= 256
        and head[9:10] == b"\0"
        and int.from_bytes(head[18:22], "little") >= 6 + 16 * count
    )


_MARKS: Final = (
    _Mark("png", 8, lambda head: head[:8] == b"\x89PNG\r\n\x1a\n"),
    _Mark("jpeg", 3, lambda head: head[:3] == b"\xff\xd8\xff"),
    _Mark("gif", 6, lambda head: head[:6] in (b"GIF87a", b"GIF89a")),
    _Mark("webp", 12, lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
    _Mark("tiff", 4, lambda head: head[:4] in (b"II*\0", b"MM\0*")),
    _Mark("bmp", 2, _is_bmp),
    _Mark("ico", 4, _is_ico),
)


def recognise(payload: bytes) -> Picture | None:
    """Which image it is; None when it is none."""
    head = payload[:32]
    for mark in _MARKS:
        if mark.fits(head):
            return Picture(mark.kind, head[: mark.size].hex(" ").upper())
    return None


class ImageDecoder(BaseDecoder):
    """Says which image a payload is; its text is that of Hex."""

    name = "image"
    label = "Image"

    def objection(self, payload: bytes, context: Context) -> str | None:
        """Says that the first bytes are those of no image; see `Decoder.objection`."""
        del context
        return None if recognise(payload) is not None else "no known image"

    def is_quick(self, payload: bytes, option: str, context: Context) -> bool:
        """Where it is one: only the first bytes are looked at."""
        del option, context
        return recognise(payload) is not None

    def decode(self, payload: bytes, option: str, context: Context) -> Document:
        """See `Decoder.decode`; the source is the bytes themselves, as with Hex."""
        del option, context
        picture = recognise(payload)
        if picture is None:
            begin = payload[:8].hex(" ").upper()
            known = ", ".join(KINDS.values())
            raise DecodeError(
                f"It begins with {begin}, as no image does that is shown here ({known})."
                if payload
                else "There are no bytes."
            )
        return Document(self.name, KINDS[picture.kind], payload, picture=picture)
