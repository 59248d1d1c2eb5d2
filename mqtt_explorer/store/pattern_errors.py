# SPDX-License-Identifier: MIT
"""Why a pattern cannot be read, in plain words: the library says "missing ]: [" and no more."""

from __future__ import annotations

import re
from typing import Final

_LINEAR: Final = "the engine takes linear time"

_TOKENS: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:[^]]*:\]|[^]\\])*(\])?|[()]", re.DOTALL)


def sentence_for(error: Exception, pattern: str) -> str:
    """The sentence under the bar.

    Args:
        error: What RE2 raised.
        pattern: What was typed.
    """
    raw = error.args[0] if error.args else b""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    kind, _, part = text.partition(": ")
    if kind == "missing )":
        return f"A bracket is not closed: “(”{_place(_unclosed(pattern))}."
    if kind == "unexpected )":
        return f"A bracket is closed that was not opened: “)”{_place(_unopened(pattern))}."
    if kind == "missing ]":
        start = len(pattern) - len(part) if part and pattern.endswith(part) else None
        return f"A bracket is not closed: “[”{_place(start)}."
    if kind == "invalid perl operator":
        return _operator(part, pattern)
    if kind == "invalid escape sequence":
        return _escape(part, pattern)
    if kind.startswith("trailing"):
        return "The pattern ends with a lone backslash; “\\\\” stands for a backslash itself."
    sentences = {
        "bad repetition operator": f"“{part}” repeats a repetition{_where(part, pattern)}.",
        "no argument for repetition operator": f"Nothing stands before “{part}” that it could repeat{_where(part, pattern)}.",
        "invalid repetition size": f"“{part}” repeats too often (1,000 times at most, nested ones multiplied) or has its numbers "
        f"in the wrong order{_where(part, pattern)}.",
        "invalid character class range": f"“{part}” is no range and no class of characters{_where(part, pattern)}.",
        "invalid named capture group": f"The name of a group is not complete or not allowed: “{part}”{_where(part, pattern)}.",
        "pattern too large - compile failed": "The pattern is too large.",
    }
    return sentences.get(kind, f"The pattern cannot be read ({text}).")


def _operator(part: str, pattern: str) -> str:
    if part.startswith(("(?=", "(?!", "(?<")):
        return f"Looking ahead and behind is not possible: {_LINEAR}. “{part}”{_where(part, pattern)}."
    if "(?P=" in pattern:
        return f"Back references are not possible: {_LINEAR}. “(?P=”{_where('(?P=', pattern)}."
    return f"“{part}” begins no group that is known{_where(part, pattern)}."


def _escape(part: str, pattern: str) -> str:
    where = _where(part, pattern)
    if part[1:2].isdigit() or part[1:2] == "k":
        return f"Back references are not possible: {_LINEAR}. “{part}”{where}."
    if part == "\\Z":
        return f"“\\Z” is not known here; the end of a text is “$” or “\\z”{where}."
    if part.startswith("\\x"):
        return f"“{part}” is no character{where}."
    return f"“{part}” is not known{where}."


def _where(part: str, pattern: str) -> str:
    place = pattern.find(part) if part else -1
    return _place(place if place >= 0 else None)


def _place(index: int | None) -> str:
    return "" if index is None else f" (character {index + 1})"


def _brackets(pattern: str) -> tuple[list[int], list[int]]:
    """Where round brackets stand that were not closed, and those that were not opened; escaped ones and those of sets do not count."""
    opened: list[int] = []
    stray: list[int] = []
    for token in _TOKENS.finditer(pattern):
        if token[0] == "(":
            opened.append(token.start())
        elif token[0] == ")":
            if opened:
                opened.pop()
            else:
                stray.append(token.start())
    return opened, stray


def _unclosed(pattern: str) -> int | None:
    opened = _brackets(pattern)[0]
    return opened[0] if opened else None


def _unopened(pattern: str) -> int | None:
    stray = _brackets(pattern)[1]
    return stray[0] if stray else None
