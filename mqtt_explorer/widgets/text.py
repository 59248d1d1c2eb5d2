# SPDX-License-Identifier: MIT
"""Text from the wire made safe to paint on one line. No Qt."""

from __future__ import annotations

import unicodedata
from typing import Final

PAINT_LIMIT: Final = 300
"""Characters kept for painting; more never fits a cell and costs shaping time."""
_MARKS: Final = 3
"""Combining marks kept on one base character: more would climb over the rows above."""


def one_line(text: str, limit: int = PAINT_LIMIT) -> str:
    """`text` cut to `limit` characters with everything invisible or misleading made visible.

    Control characters become their control pictures (U+2400 block), direction overrides and other invisible
    format characters are spelled "⟨U+202E⟩", lone surrogates become U+FFFD. For painting only: copying and
    saving take the raw value.
    """
    cut = len(text) > limit
    if cut:
        text = text[:limit]
    if not (text.isascii() and text.isprintable()):
        text = _visible(text)
    return text + "…" if cut else text


def _visible(text: str) -> str:
    out: list[str] = []
    marks = 0
    for char in text:
        code = ord(char)
        if code < 0x20:
            out.append(chr(0x2400 + code))
        elif code < 0x7F:
            out.append(char)
            marks = 0
        else:
            category = unicodedata.category(char)
            if category in ("Mn", "Me"):
                marks += 1
                if marks <= _MARKS:
                    out.append(char)
                continue
            marks = 0
            out.append(_visible_char(char, code, category))
    return "".join(out)


def _visible_char(char: str, code: int, category: str) -> str:
    if code == 0x7F:
        return "\u2421"
    if category == "Cs":
        return "\ufffd"
    if category in ("Zl", "Zp"):
        return "\u2424"
    if category == "Cc" or (category == "Cf" and code not in (0x200C, 0x200D, 0x00AD)):
        return f"⟨U+{code:04X}⟩"
    return char
