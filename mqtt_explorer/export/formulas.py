# SPDX-License-Identifier: MIT
"""What a spreadsheet would run instead of showing it."""

from __future__ import annotations

import re
from typing import Final

from mqtt_explorer.export.pieces import PIECE, cuts

_FORMULA: Final = (b"=", b"+", b"-", b"@", b"\t", b"\r", b"\n")
_NUMBER: Final = rb"(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?"
_PLAIN: Final = re.compile(rb"[+-]?" + _NUMBER)
#: A spreadsheet whose list separator is not the comma takes the quotes around a cell for text of it, so that a semicolon, a tab or a line
#: break begins a cell within. More blanks than this are not looked through: what follows them counts as a formula.
_INNER: Final = re.compile(
    rb"[;\t\r\n](?:[ \"']{0,256}+(?:[=@]|[+-](?!" + _NUMBER + rb",?[ \"']{0,8}(?:[;\t\r\n]|\Z)))|[ \"']{257})"
)
#: More than the longest match.
_OVERLAP: Final = 512


def begins_formula(text: bytes) -> bool:
    """True for the text of a cell that begins like a formula; plain numbers such as -5 and +3.2 are none."""
    return text.startswith(_FORMULA) and not _PLAIN.fullmatch(text, 0, min(len(text), PIECE))


def holds_formula(text: bytes) -> bool:
    """True where a formula follows a semicolon, a tab or a line break."""
    for start in cuts(len(text)):
        end = start + PIECE
        found = _INNER.search(text, start, min(end + _OVERLAP, len(text)))
        if (
            found is not None and found.start() < end
        ):  # else it may go on beyond: the next piece sees all of it
            return True
    return False
