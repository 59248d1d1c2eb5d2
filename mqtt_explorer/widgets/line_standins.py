# SPDX-License-Identifier: MIT
"""Characters that would hide or reorder text, each painted as one visible stand-in, so that positions stay what they are. No Qt."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

#: What stands for a character that has no picture of its own.
STAND_IN: Final = "\u25af"
_MOST_PLAIN: Final = 16_384
_MARKS: Final = 3
"""Combining marks drawn on one base character: more would climb over the lines above."""
_PLAIN, _HIDDEN, _MARK, _VARIATION = range(4)
#: Format characters that are drawn: signs that stand around or under numbers.
_DRAWN_FORMATS: Final = frozenset((*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD))
#: Letters, marks and signs that nothing is drawn for; Qt takes the last for an embedded object.
_BLANK: Final = frozenset(
    (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0, 0x1D159, 0xFFFC)
)
_BEFORE_VARIATION: Final = ("So", "Sm", "Po", "No", "Nd")
"""Categories of what may have an emoji and a text form."""
_NEW_PICTURES: Final = range(0x1F000, 0x1FB00)
"""Here Python may know fewer characters than the fonts do, and an unknown one is drawn as a box."""
_CATEGORY_NAMES: Final = {
    "Cc": "CONTROL CHARACTER",
    "Cf": "FORMAT CHARACTER",
    "Cs": "LONE SURROGATE",
    "Cn": "UNASSIGNED CHARACTER",
}


def shown_text(text: str, *, pictures: bool = True) -> tuple[str, tuple[int, ...]]:
    """`text` with stand-ins, character for character, and the places of these.

    Args:
        text: A line or a part of one.
        pictures: Whether the font has the control pictures U+2400 to U+2421.
    """
    if text.isascii() and text.replace("\t", " ").isprintable():
        return text, ()
    chars = set(text)
    if chars <= _plain or _learn(chars):
        return text, ()
    hidden: list[int] = []
    out: list[str] = []
    marks, before = 0, ""
    for place, char in enumerate(text):
        kind = _kind(char)
        marks = marks + 1 if kind == _MARK else 0
        if kind == _VARIATION:
            is_hidden = not before or unicodedata.category(before) not in _BEFORE_VARIATION
        else:
            is_hidden = kind == _HIDDEN or marks > _MARKS
        if is_hidden:
            hidden.append(place)
            out.append(_stand_in(char, pictures=pictures))
        else:
            out.append(char)
        before = char
    return "".join(out), tuple(hidden)


def name_of(char: str) -> str:
    """Code point and Unicode name: "U+202E RIGHT-TO-LEFT OVERRIDE"; Unicode's names are not translated."""
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        name = unicodedata.name(_picture(code)).removeprefix("SYMBOL FOR ")
    else:
        category = unicodedata.category(char)
        name = unicodedata.name(char, "") or _CATEGORY_NAMES.get(category, "CHARACTER WITHOUT A NAME")
    return f"U+{code:04X} {name}"


_plain: set[str] = set()
"""Characters that were asked about and stand for themselves: most text is told by one comparison."""


def _learn(chars: set[str]) -> bool:
    """Whether all of them stand for themselves, wherever they are."""
    if any(_kind(char) != _PLAIN for char in chars - _plain):
        return False
    if len(_plain) > _MOST_PLAIN:
        _plain.clear()
    _plain.update(chars)
    return True


def _stand_in(char: str, *, pictures: bool) -> str:
    code = ord(char)
    return _picture(code) if pictures and (code < 0x20 or code == 0x7F) else STAND_IN


def _picture(code: int) -> str:
    return "\u2421" if code == 0x7F else chr(0x2400 + code)


@lru_cache(maxsize=16_384)
def _kind(char: str) -> int:
    code = ord(char)
    if char == "\t":
        return _PLAIN
    if 0xFE00 <= code <= 0xFE0F:
        return _VARIATION if code >= 0xFE0E else _HIDDEN
    if code in _BLANK or 0xE0100 <= code <= 0xE01EF:
        return _HIDDEN
    category = unicodedata.category(char)
    if category in ("Mn", "Me"):
        return _MARK
    if category == "Cf":
        return _PLAIN if code in _DRAWN_FORMATS else _HIDDEN
    if category == "Cn":
        return _PLAIN if code in _NEW_PICTURES else _HIDDEN
    return _HIDDEN if category in ("Cc", "Cs", "Zl", "Zp") else _PLAIN
