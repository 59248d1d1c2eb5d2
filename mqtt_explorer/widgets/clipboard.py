# SPDX-License-Identifier: MIT
"""Payloads on the clipboard: byte for byte as text, else as hex, and a sentence that says which."""

from __future__ import annotations

from typing import Final, NamedTuple

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication

from mqtt_explorer.models import wording

HEX_LIMIT: Final = 1 << 20
"""Bytes copied as hex at most: 3 MB of digits are more than any field takes."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Clipboard", text)


class Copied(NamedTuple):
    """What came of copying: whether it is the text itself, and a sentence that says how, or why nothing was copied."""

    as_text: bool
    sentence: str


def copy_bytes(payload: bytes, size: int) -> Copied:
    """Puts a payload on the clipboard.

    Args:
        payload: The bytes kept.
        size: How many bytes were sent; more than `payload` has when only a part is kept.
    """
    clipboard = QGuiApplication.clipboard()
    kept, part = wording.size(len(payload)), part_of(payload, size)
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        at = f"{error.start:,}"
        if len(payload) > HEX_LIMIT:
            text = _tr("Nothing was copied: byte {n} is not UTF-8, and it is too large for hex. Save it.")
            return Copied(False, text.format(n=at))
        clipboard.setText(payload.hex(" "))
        text = _tr("Not UTF-8 text (byte {n}): copied as hex, {size}{part}.")
        return Copied(False, text.format(n=at, size=kept, part=part))
    clipboard.setText(text)
    return Copied(True, _tr("Copied as text, {size}{part}.").format(size=kept, part=part))


def part_of(payload: bytes, size: int) -> str:
    """Words in brackets where only a part of what was sent is there, else nothing."""
    if size <= len(payload):
        return ""
    return _tr(" (the part kept of {size})").format(size=wording.size(size))
