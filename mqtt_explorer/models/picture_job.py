# SPDX-License-Identifier: MIT
"""Decodes an image, in the decoding process: whatever a hostile one does there, the window stands.

Only the reader of the kind that the first bytes told is asked, so nothing is guessed, and none of the kinds that are programs is ever
reached. Its size is looked at before its pixels: a picture of 60,000 × 60,000 in some kilobytes is told, not decoded.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal, NamedTuple

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from mqtt_explorer.payload.image_format import KINDS
from mqtt_explorer.payload.picture_mend import Mended, mend

#: Pictures that need more than this many bytes are decoded only if the user says so …
USUAL_BYTES: Final = 64 << 20
#: … and more than this never.
MOST_BYTES: Final = 512 << 20
#: A JPEG is made smaller while it is read, to less than twice the size asked for in each direction.
_JPEG_SCALING: Final = 4
#: Qt counts in MB; what scaling needs beside the picture.
_ROOM_MB: Final = 8

Problem = Literal["", "large", "unreadable", "unsupported"]
_Format = QImage.Format
_BITS: Final = {
    _Format.Format_Mono: "1 bit",
    _Format.Format_MonoLSB: "1 bit",
    _Format.Format_Indexed8: "8-bit palette",
    _Format.Format_Grayscale8: "8-bit grey",
    _Format.Format_Grayscale16: "16-bit grey",
    _Format.Format_Alpha8: "8-bit alpha",
    _Format.Format_RGB16: "16-bit RGB",
    _Format.Format_RGB555: "15-bit RGB",
    _Format.Format_RGB32: "8-bit RGB",
    _Format.Format_RGB888: "8-bit RGB",
    _Format.Format_RGBX8888: "8-bit RGB",
    _Format.Format_ARGB32: "8-bit RGB, alpha",
    _Format.Format_ARGB32_Premultiplied: "8-bit RGB, alpha",
    _Format.Format_RGBA8888: "8-bit RGB, alpha",
    _Format.Format_RGBX64: "16-bit RGB",
    _Format.Format_RGBA64: "16-bit RGB, alpha",
    _Format.Format_RGBA64_Premultiplied: "16-bit RGB, alpha",
}


class PictureData(NamedTuple):
    """A decoded image, or why there is none.

    Attributes:
        format: Its kind for people ("PNG").
        bits: How its colours are kept ("8-bit RGB"); "" where that is not known.
        width: Its width in pixels; 0 where it cannot be told.
        height: Its height.
        shown_width: The width of `rgba`: smaller than `width` where the picture was larger than asked for.
        shown_height: The height of `rgba`.
        rgba: Four bytes a pixel, row by row from the top; empty without a picture.
        frames: How many pictures there are, of which this is the first.
        partial: Its end is missing.
        rows: How many rows from the top are there; None for all, and where that is not known.
        needs: Bytes that decoding needs.
        problem: "large": more than the limit; "unreadable": see `detail`; "unsupported": this Qt has no reader for the kind.
        detail: What the reader says.
    """

    format: str
    bits: str = ""
    width: int = 0
    height: int = 0
    shown_width: int = 0
    shown_height: int = 0
    rgba: bytes = b""
    frames: int = 1
    partial: bool = False
    rows: int | None = None
    needs: int = 0
    problem: Problem = ""
    detail: str = ""


def read_picture(
    payload: bytes, kind: str, largest_px: int, limit_bytes: int, progress: Callable[[float], None]
) -> PictureData:
    """Decodes the first picture of an image.

    Args:
        payload: The image.
        kind: See `Picture.kind`.
        largest_px: A picture wider or higher than this is made smaller.
        limit_bytes: One that needs more memory is not decoded.
        progress: Not used: the readers tell nothing.
    """
    del progress
    if kind not in KINDS or kind.encode() not in QImageReader.supportedImageFormats():
        return PictureData(KINDS.get(kind, kind), problem="unsupported")
    limit_bytes = min(limit_bytes, MOST_BYTES)
    mended = mend(payload, kind, limit_bytes)
    with _silence():
        made = _read(mended, kind, largest_px, limit_bytes)
        if made.problem == "unreadable" and kind == "tiff" and 0 < made.needs <= limit_bytes:
            # Its directory is there, so its end is missing; where it is not compressed that can be added.
            longer = Mended(payload + bytes(2 * made.needs), partial=True)
            again = _read(longer, kind, largest_px, limit_bytes)
            made = again if not again.problem else made._replace(partial=True)
    return made


def _read(mended: Mended, kind: str, largest_px: int, limit_bytes: int) -> PictureData:
    content = QByteArray(mended.payload)
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(kind.encode()))
    reader.setDecideFormatFromContent(False)
    reader.setAutoTransform(False)  # as it was sent
    try:
        return _read_with(reader, mended, kind, largest_px, limit_bytes)
    finally:
        del reader  # before what it reads from


def _read_with(
    reader: QImageReader, mended: Mended, kind: str, largest_px: int, limit_bytes: int
) -> PictureData:
    size = reader.size()
    size = QSize(size.width(), abs(size.height()))  # of a BMP from the top down Qt says it negative
    known = reader.imageFormat()
    made = PictureData(KINDS[kind], _BITS.get(known, ""), partial=mended.partial, rows=mended.rows)
    if size.isEmpty():
        return made._replace(problem="unreadable", detail=reader.errorString())
    shown = size
    if max(size.width(), size.height()) > largest_px:
        shown = size.scaled(largest_px, largest_px, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(
            QSize(1, 1)
        )
    pixels = size.width() * size.height()
    if kind == "jpeg":
        pixels = min(pixels, shown.width() * shown.height() * _JPEG_SCALING)
    needs = pixels * max(4, _depth(known) // 8)
    made = made._replace(width=size.width(), height=size.height(), needs=needs)
    if needs > limit_bytes:
        return made._replace(problem="large")
    QImageReader.setAllocationLimit((needs >> 20) + _ROOM_MB)
    if shown != size:
        reader.setScaledSize(shown)
    if kind in ("gif", "webp"):
        made = made._replace(frames=max(1, reader.imageCount()))
    image = reader.read()
    if image.isNull():
        return made._replace(problem="unreadable", detail=reader.errorString())
    bits = made.bits or _BITS.get(image.format(), "")
    image = image.convertToFormat(_Format.Format_RGBA8888)
    return made._replace(
        bits=bits, shown_width=image.width(), shown_height=image.height(), rgba=bytes(image.constBits())
    )


def _depth(known: QImage.Format) -> int:
    return QImage(1, 1, known).depth() if known != _Format.Format_Invalid else 32


@contextmanager
def _silence() -> Iterator[None]:
    """The libraries print what they think of a broken image, with words out of it: that is not for a terminal."""
    try:
        before = os.dup(2)
    except OSError:  # there is none, as in a bundle on Windows
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)
