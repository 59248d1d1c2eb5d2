# SPDX-License-Identifier: MIT
"""JSON as people and programs write it who have not read RFC 8259: read anyway, and said what is wrong with it.

Tolerated: comments (``//`` and ``/* */``), trailing commas, single quotes, keys without quotes, NaN and Infinity, Python's True, False and
None, hexadecimal numbers and numbers written like ``+1``, ``.5``, ``1.`` or ``007``, raw control characters and unknown escapes in strings,
several values behind one another (NDJSON), a byte order mark, and a missing end where the payload was cut. Anything else is no JSON.

The same reader checks strict JSON that is nested too deeply for the library: then it tolerates nothing.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from mqtt_explorer.payload.api import DecodeError
from mqtt_explorer.payload.progress import report

_TOKEN = re.compile(
    r"[ \t\r\n]*+(?:"
    r'("[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\\Z)?)'
    r"|('[^'\\]*+(?:\\.[^'\\]*+)*+(?:'|\\\Z)?)"
    r"|(//[^\n]*+|/\*.*?(?:\*/|\Z))"
    r"|([\[\]{},:])"
    r"|([^\s\[\]{},:\"'/]++))",
    re.DOTALL,
)
_SPACE = re.compile(r"[ \t\r\n]*+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?\Z")
_LOOSE_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F]++|[0-9]++(?:\.[0-9]*+)?(?:[eE][+-]?[0-9]++)?|\.[0-9]++(?:[eE][+-]?[0-9]++)?)\Z"
)
_LITERALS: Final = frozenset({"true", "false", "null"})
_NOT_FINITE: Final = frozenset({"NaN", "Infinity", "-Infinity", "+Infinity", "-NaN", "nan", "inf", "-inf"})
_PYTHON: Final = {"True": "true", "False": "false", "None": "null", "undefined": "undefined"}
_NAME = re.compile(r"[^\W\d][\w$-]*\Z|\$[\w$-]*\Z")
_CONTROL = re.compile("[\x00-\x1f]")
_GOOD_ESCAPES = re.compile(r'[^\\]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^\\]*+)*+\Z')
_QUOTED = re.compile(r'\\.|"', re.DOTALL)
_CLOSES: Final = {"{": "}", "[": "]"}
_REPORT_EVERY: Final = 100_000

_VALUE, _FIRST_KEY, _KEY, _COLON, _AFTER = range(5)
"""What may come next: a value; a key or the end of an empty object; a key; a colon; a comma or a closing bracket."""


def read_lenient(text: str, *, cut: bool = False, tolerant: bool = True) -> tuple[str, tuple[str, ...]]:
    """Reads JSON with the faults above.

    Args:
        text: All of it.
        cut: Its end is missing, and that is no fault.
        tolerant: False takes strict JSON only.

    Returns:
        The same as JSON (NaN, Infinity, hexadecimal and other loose numbers stay as they are written), and what was tolerated, a phrase for
        each kind with its first place. Without a fault the text is the one given.

    Raises:
        DecodeError: It is no JSON even so.
    """
    return _Reader(text, cut, tolerant).read()


class _Reader:
    def __init__(self, text: str, cut: bool, tolerant: bool) -> None:
        self._text = text
        self._cut = cut
        self._tolerant = tolerant
        self._out: list[str] = []
        self._open: list[str] = []
        self._next = _VALUE
        self._values = 0  # at the top
        self._faults: dict[str, list[int]] = {}
        self._pos = 0

    def read(self) -> tuple[str, tuple[str, ...]]:
        if self._text.startswith("\ufeff"):
            self._fault("a byte order mark", 0)
            self._pos = 1
        match, count = _TOKEN.match, 0
        while (found := match(self._text, self._pos)) is not None:
            string, single, comment, mark, word = found.groups()
            at = found.start(found.lastindex or 0)
            if string is not None:
                self._string(string, at)
            elif mark is not None:
                self._mark(mark, at)
            elif word is not None:
                self._word(word, at)
            elif single is not None:
                self._single(single, at)
            elif comment is not None:
                self._comment(comment, at)
            self._pos = found.end()
            count += 1
            if not count % _REPORT_EVERY:
                report(self._pos / len(self._text))
        return self._finish()

    def _finish(self) -> tuple[str, tuple[str, ...]]:
        space = _SPACE.match(self._text, self._pos)
        end = space.end() if space is not None else self._pos
        if end < len(self._text):
            raise self._no_json(self._text[end], end)
        if not self._values and not self._open:
            raise DecodeError("There is no value in it.")
        if self._open or self._next != _AFTER:
            if not self._cut:
                raise DecodeError("The text ends before the JSON does.")
        if not self._faults:
            return self._text, ()
        made = "".join(self._out)
        if self._values > 1:  # of a cut payload the last one is open, and so is the list then
            made = f"[{made}" if self._open else f"[{made}]"
        return made, tuple(self._told(kind, places) for kind, places in self._faults.items())

    def _told(self, kind: str, places: list[int]) -> str:
        if kind == "values":
            return f"{self._values:,} values behind one another, shown as a list"
        more = f" and {len(places) - 1:,} more" if len(places) > 1 else ""
        return f"{kind} ({self._place(places[0])}{more})"

    def _place(self, at: int) -> str:
        line = self._text.count("\n", 0, at) + 1
        return f"line {line:,}, column {at - self._text.rfind(chr(10), 0, at):,}"

    def _no_json(self, token: str, at: int) -> DecodeError:
        return DecodeError(f"“{token[:20]}” at {self._place(at)} is not JSON.")

    def _fault(self, kind: str, at: int) -> None:
        if not self._tolerant:
            raise DecodeError(f"Strict JSON has no {kind} ({self._place(at)}).")
        self._faults.setdefault(kind, []).append(at)

    # --- tokens -------------------------------------------------------------------------------------------------

    def _string(self, string: str, at: int) -> None:
        whole = len(string) > 1 and string[-1] == '"' and not _ends_escaped(string)
        if not whole:
            if not (self._cut and at + len(string) >= len(self._text)):
                raise DecodeError(f"The text that begins at {self._place(at)} has no end.")
            string += '"' if not _ends_in_backslash(string) else '\\"'
        if _CONTROL.search(string) is not None:
            self._fault("control characters in a text", at)
            string = _CONTROL.sub(lambda found: f"\\u{ord(found.group()):04x}", string)
        if whole and "\\" in string and _GOOD_ESCAPES.match(string) is None:
            self._fault("unknown escapes", at)
        self._take(string, at, string)

    def _comment(self, comment: str, at: int) -> None:
        if comment.startswith("/*") and (len(comment) < 4 or not comment.endswith("*/")) and not self._cut:
            raise DecodeError(f"The comment that begins at {self._place(at)} has no end.")
        self._fault("comments, which are left out", at)

    def _single(self, single: str, at: int) -> None:
        if len(single) < 2 or single[-1] != "'" or _ends_in_backslash(single[:-1]):
            if not (self._cut and at + len(single) >= len(self._text)):
                raise DecodeError(f"The text that begins at {self._place(at)} has no end.")
            single += "\\'" if _ends_in_backslash(single) else "'"
        self._fault("single quotes", at)
        inner = _QUOTED.sub(_double_quoted, single[1:-1])
        if "\\" in inner and _GOOD_ESCAPES.match(inner) is None:
            self._fault("unknown escapes", at)
        inner = _CONTROL.sub(lambda found: f"\\u{ord(found.group()):04x}", inner)
        self._take(f'"{inner}"', at, single)

    def _word(self, word: str, at: int) -> None:
        if self._next in (_KEY, _FIRST_KEY):
            if _NAME.match(word) is None and not word.isascii():
                raise self._no_json(word, at)
            if _NAME.match(word) is None and not word.isdigit():
                raise self._no_json(word, at)
            self._fault("keys without quotes", at)
            self._take(msgspec.json.encode(word).decode(), at, word)
        elif word in _LITERALS or _NUMBER.match(word) is not None:
            self._take(word, at, word)
        elif word in _NOT_FINITE:
            self._fault("NaN or Infinity", at)
            self._take(word, at, word)
        elif word in _PYTHON:
            self._fault(f"the word {word}", at)
            self._take(_PYTHON[word], at, word)
        elif _LOOSE_NUMBER.match(word) is not None:
            self._fault("numbers not written as JSON does", at)
            self._take(word, at, word)
        elif self._cut and at + len(word) >= len(self._text):
            self._take(word, at, word)  # the cut went through it
        else:
            raise self._no_json(word, at)

    def _take(self, value: str, at: int, token: str) -> None:
        """A scalar or a key."""
        if self._next == _VALUE:
            self._begin_value(at)
            self._next = _AFTER
        elif self._next in (_KEY, _FIRST_KEY):
            self._next = _COLON
        elif self._next == _AFTER and not self._open:
            self._another_value(at)
            self._next = _AFTER
        else:
            raise self._no_json(token, at)
        self._out.append(value)

    def _begin_value(self, at: int) -> None:
        del at
        if not self._open:
            self._values += 1

    def _another_value(self, at: int) -> None:
        self._fault("values", at)
        self._values += 1
        self._out.append(",")

    def _mark(self, mark: str, at: int) -> None:
        if mark in _CLOSES:
            if self._next == _AFTER and not self._open:
                self._another_value(at)
            elif self._next == _VALUE:
                self._begin_value(at)
            else:
                raise self._no_json(mark, at)
            self._open.append(mark)
            self._next = _FIRST_KEY if mark == "{" else _VALUE
        elif mark == ",":
            if self._next != _AFTER or not self._open:
                raise self._no_json(mark, at)
            self._next = _KEY if self._open[-1] == "{" else _VALUE
        elif mark == ":":
            if self._next != _COLON:
                raise self._no_json(mark, at)
            self._next = _VALUE
        else:
            self._close(mark, at)
        self._out.append(mark)

    def _close(self, mark: str, at: int) -> None:
        if not self._open or _CLOSES[self._open[-1]] != mark:
            raise self._no_json(mark, at)
        empty = bool(self._out) and self._out[-1] == self._open[-1]
        if self._next in (_KEY, _VALUE) and not empty:
            if self._out[-1] != ",":
                raise self._no_json(mark, at)
            self._fault("trailing commas", at)
            self._out.pop()
        elif self._next == _COLON:
            raise self._no_json(mark, at)
        self._open.pop()
        self._next = _AFTER


def _ends_in_backslash(string: str) -> bool:
    return (len(string) - len(string.rstrip("\\"))) % 2 == 1


def _double_quoted(found: re.Match[str]) -> str:
    """A quote or an escape as it stands in double quotes."""
    return {"\\'": "'", '"': '\\"'}.get(found[0], found[0])


def _ends_escaped(string: str) -> bool:
    """Whether its last quote is an escaped one: then the text has no end."""
    return _ends_in_backslash(string[:-1])
