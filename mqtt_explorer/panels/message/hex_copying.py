# SPDX-License-Identifier: MIT
"""Selected bytes as text for the clipboard, in the forms that people paste."""

from __future__ import annotations

import base64
import codecs
import re
from enum import Enum
from typing import Final, NamedTuple

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.widgets.clipboard import HEX_LIMIT

_ASCII: Final = bytes(byte if 0x20 <= byte < 0x7F else ord(".") for byte in range(256))
_C_ROW: Final = 12
_ODD: Final = re.compile("[\x00\udc80-\udcff]")
_ESCAPED: Final = re.compile("[\x00\\\\\udc80-\udcff]")
_PIECE: Final = 32_768
"""Characters looked at in one call: a longer one, even in a thread, would hold the window up."""


class Form(Enum):
    """How bytes are written."""

    HEX = "hex"
    ROWS = "rows"
    TEXT = "text"
    BASE64 = "base64"
    C = "c"
    PYTHON = "python"


class Written(NamedTuple):
    """Bytes in a form, and a sentence that says what was copied."""

    text: str
    sentence: str


def _tr(text: str) -> str:
    return QCoreApplication.translate("HexView", text)


def form_name(form: Form) -> str:
    """The form's name inside a sentence: "as hex"."""
    names = {
        Form.HEX: _tr("as hex"),
        Form.ROWS: _tr("as hex with offsets"),
        Form.TEXT: _tr("as text"),
        Form.BASE64: _tr("as Base64"),
        Form.C: _tr("as a C array"),
        Form.PYTHON: _tr("as Python bytes"),
    }
    return names[form]


def write_bytes(form: Form, data: bytes, chosen: range, width: int) -> Written:
    """Writes selected bytes, HEX_LIMIT of them at most. Takes some time for many; no widget is touched.

    Args:
        form: How to write them.
        data: The payload.
        chosen: Offsets of the selected bytes, at least one.
        width: Bytes in a row, for rows.
    """
    part = data[chosen.start : min(chosen.stop, chosen.start + HEX_LIMIT)]
    cut = len(part) < len(chosen)
    note = ""
    if form is Form.TEXT:
        text, note, taken = _text(part, cut=cut)
    else:
        text, taken = _written(form, part, chosen.start, width), len(part)
    if cut:
        sentence = _tr("Copied the first {n} of {all} bytes {form}; save the selection to have all.")
    elif taken == 1:
        sentence = _tr("Copied 1 byte {form}.")
    else:
        sentence = _tr("Copied {n} bytes {form}.")
    sentence = sentence.format(n=f"{taken:,}", all=f"{len(chosen):,}", form=form_name(form))
    return Written(text, f"{sentence} {note}".rstrip())


def _written(form: Form, part: bytes, start: int, width: int) -> str:
    if form is Form.HEX:
        return part.hex(" ").upper()
    if form is Form.BASE64:
        return base64.b64encode(part).decode("ascii")
    if form is Form.PYTHON:
        return repr(part)
    if form is Form.C:
        rows = (part[place : place + _C_ROW] for place in range(0, len(part), _C_ROW))
        lines = [f"    0x{row.hex(' ').upper().replace(' ', ', 0x')}," for row in rows]
        return "\n".join((f"static const unsigned char data[{len(part)}] = {{", *lines, "};\n"))
    lines = []
    for place in range(0, len(part), width):
        row = part[place : place + width]
        digits = row.hex(" ").upper()
        lines.append(
            f"{start + place:08X}  {digits:<{3 * width - 1}}  {row.translate(_ASCII).decode('ascii')}"
        )
    return "\n".join(lines) + "\n"


def _text(part: bytes, *, cut: bool) -> tuple[str, str, int]:
    """UTF-8 as it is; where it is none, or other programs would end at a NUL, escaped so that every byte can be told.

    Returns:
        The text, a sentence about the escapes or "", and how many bytes were taken: a character at the cut is left out.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    text = decoder.decode(part, final=not cut)
    taken = len(part) - len(decoder.getstate()[0])
    pieces = [text[place : place + _PIECE] for place in range(0, len(text), _PIECE)]
    odd = sum(len(_ODD.findall(piece)) for piece in pieces)
    if not odd:
        return text, "", taken
    escaped = "".join([_ESCAPED.sub(_escape, piece) for piece in pieces])
    note = _tr("What is no UTF-8, or a NUL, stands as \\xNN ({n} times), and a backslash as \\\\.")
    return escaped, note.format(n=f"{odd:,}"), taken


def _escape(found: re.Match[str]) -> str:
    char = found.group()
    return "\\\\" if char == "\\" else f"\\x{ord(char) & 0xFF:02x}"
