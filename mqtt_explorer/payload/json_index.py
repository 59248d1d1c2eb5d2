# SPDX-License-Identifier: MIT
"""Where the lines of indented JSON lie in unindented JSON: the one structure behind the pretty text, the tree and the diff.

Nothing is copied: a line is a stretch of the source and a depth. So number spelling, big integers and key order are what was sent, and
100,000 levels of nesting cost 100,000 short lines instead of gigabytes of indentation. The layout is that of `msgspec.json.format`.

The source may also be our notation for formats that hold more than JSON does (`notation.py`): words that are neither numbers nor
literals, and keys that are no strings.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from mqtt_explorer.payload.spans import Span, TokenKind

#: Deeper levels are indented like this one; the depth is said in words where it matters.
DEEPEST_INDENT: Final = 60
INDENT: Final = 2

_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_MARK = re.compile(_STRING + rb"|[\[\]{},]", re.DOTALL)
_SPACE = re.compile(rb"[ \t\r\n]*")
_KEY = re.compile(_STRING + rb'(?=[ \t\r\n]*:)|[^\[\]{}:,"\s]+(?=[ \t\r\n]*:)', re.DOTALL)
_COLON = re.compile(rb"[ \t\r\n]*:[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z")
_BLANK: Final = b" \t\r\n"
_LINE_TOKEN = re.compile(
    r'("[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))(\s*:)?|(-?[0-9][0-9.eE+-]*+)(\s*:)?|(true|false|null)\b|([^\s\[\]{}:,"]+)(\s*:)?'
)
_REPORT_EVERY: Final = 1 << 20


class Row(NamedTuple):
    """One line taken apart.

    Attributes:
        key: Where the key lies in the source; empty (start = stop) for array elements, the top value and closing brackets.
        value: Where the value lies: a scalar, an opening bracket, an empty container, or a closing bracket.
        kind: What it is; "open" is a container with something in it, "empty" one without, "close" its end.
    """

    key: slice
    value: slice
    kind: TokenKind | str


@dataclass(frozen=True, slots=True)
class JsonIndex:
    """The lines of a JSON text.

    Attributes:
        starts: Offset of each line's first byte in the source.
        depths: How deep each line lies.
        closes: For a line that opens a container, the line that closes it (the number of lines where the end is missing); else 0.
        end: Offset behind the last line.
        longest: Bytes of the longest line with its indentation, or some more.
    """

    starts: Sequence[int]
    depths: Sequence[int]
    closes: Sequence[int]
    end: int
    longest: int

    def __len__(self) -> int:
        return len(self.starts)

    def stretch(self, number: int) -> tuple[int, int]:
        """Start and stop of a line in the source, with the blanks and the comma at its end."""
        starts = self.starts
        return starts[number], starts[number + 1] if number + 1 < len(starts) else self.end

    def is_open(self, number: int) -> bool:
        """True when the line opens a container that has something in it."""
        return bool(self.closes[number])

    def row(self, source: bytes, number: int) -> Row:
        """Takes a line apart; costs what finding the end of its key costs."""
        start, stop = self.stretch(number)
        key = slice(start, start)
        at = start
        if (
            source[start : start + 1] not in (b"]", b"}")
            and (found := _KEY.match(source, start, stop)) is not None
        ):
            colon = _COLON.match(source, found.end(), stop)
            if colon is not None:
                key = slice(start, found.end())
                at = colon.end()
        first = source[at : at + 1]
        if self.closes[number]:
            return Row(key, slice(at, at + 1), "open")
        if first in (b"]", b"}"):
            return Row(key, slice(at, at + 1), "close")
        while stop > at and source[stop - 1] in b" \t\r\n":
            stop -= 1
        if (stop > at and source[stop - 1] == 0x2C and first != b'"') or (
            first == b'"' and stop > at + 1 and source[stop - 1] == 0x2C
        ):  # a comma; inside a string it is none
            stop -= 1
        while stop > at and source[stop - 1] in b" \t\r\n":
            stop -= 1
        if first in (b"[", b"{"):
            return Row(key, slice(at, stop), "empty")
        return Row(key, slice(at, stop), _kind(source, at, stop))

    def children(self, number: int) -> list[int]:
        """The lines directly inside the container that a line opens, without its closing bracket; one step for each."""
        closes, found = self.closes, []
        line, end = number + 1, closes[number]
        while line < end:
            found.append(line)
            line = closes[line] + 1 if closes[line] else line + 1
        return found


def build_index(
    source: bytes, stop: int | None = None, progress: Callable[[float], None] | None = None
) -> JsonIndex:
    """Finds the lines of JSON that is valid, or looks as if it were: brackets decide, and nothing is checked.

    Args:
        source: UTF-8.
        stop: Only this much of the source is looked at; the line it cuts is left out.
        progress: Gets the share that is done, now and then.
    """
    whole = stop is None or stop >= len(source)
    stop = len(source) if stop is None else min(stop, len(source))
    starts, depths, closes = array("Q"), array("I"), array("I")
    opened: list[int] = []
    depth = longest = 0
    report = _REPORT_EVERY
    space = _SPACE.match
    line = _after(space, source, 0, stop)  # where the line under way begins
    last = -1  # end of the bracket that was opened last, while nothing came behind it
    starts.append(line)
    depths.append(0)
    closes.append(0)
    for found in _MARK.finditer(source, line, stop):
        at = found.start()
        mark = source[at]
        if mark == 0x22:
            continue
        if mark == 0x2C:
            line = _after(space, source, at + 1, stop)
        elif mark in (0x7B, 0x5B):
            inside = _after(space, source, at + 1, stop)
            if inside < stop and source[inside] in (0x7D, 0x5D):
                last = inside  # an empty one: its closing bracket is no line of its own
                continue
            if inside >= stop and not whole:
                break  # perhaps an empty one: what follows would tell
            opened.append(len(starts) - 1)
            depth += 1
            line = inside
        else:
            if at == last:
                continue
            if not opened:
                continue  # more closing than opening brackets: what is no JSON is still shown
            depth -= 1
            if at > starts[-1]:
                line = at
            else:  # a comma before the bracket: the line it began is the bracket's
                starts.pop()
                depths.pop()
                closes.pop()
                line = at
            closes[opened.pop()] = len(starts)
        longest = (
            max(longest, line - starts[-1] + INDENT * min(depths[-1], DEEPEST_INDENT)) if starts else longest
        )
        starts.append(line)
        depths.append(depth)
        closes.append(0)
        if progress is not None and line > report:
            report += _REPORT_EVERY
            progress(line / stop)
    longest = max(longest, stop - starts[-1] + INDENT * min(depths[-1], DEEPEST_INDENT))
    end = stop
    if len(starts) > 1 and (
        not whole or starts[-1] >= stop
    ):  # it goes on behind the stop, or there is nothing in it
        end = starts[-1]
        del starts[-1], depths[-1], closes[-1]
    for each in opened:
        if each < len(closes):
            closes[each] = len(starts)
    return JsonIndex(starts, depths, closes, end, longest)


def _after(space: Callable[..., re.Match[bytes] | None], source: bytes, at: int, stop: int) -> int:
    found = space(source, at, stop)
    return found.end() if found is not None else at


def _trimmed(source: bytes, start: int, stop: int) -> int:
    """Where the blanks at the end of a stretch begin."""
    while stop > start and source[stop - 1] in _BLANK:
        stop -= 1
    return stop


def _kind(source: bytes, start: int, stop: int) -> TokenKind:
    if source[start : start + 1] == b'"':
        return "string"
    word = source[start : min(stop, start + 400)].decode("utf-8", "replace")
    return "number" if _NUMBER.match(word) else "literal"


class JsonLines:
    """The indented text of an indexed source; see `api.Lines`."""

    def __init__(self, source: bytes, index: JsonIndex) -> None:
        self._source = source
        self._index = index
        self._kept: tuple[int, str] = (-1, "")

    def __len__(self) -> int:
        return len(self._index)

    @property
    def longest(self) -> int:
        """See `api.Lines.longest`."""
        return self._index.longest + 1

    def length(self, number: int) -> int:
        """See `api.Lines.length`."""
        return len(self._line(number))

    def text(self, number: int, start: int = 0, stop: int | None = None) -> str:
        """See `api.Lines.text`."""
        return self._line(number)[start:stop]

    def spans(self, number: int, start: int, text: str) -> list[Span]:
        """See `api.Lines.spans`."""
        if start == 0 or len(text) < 1:
            return line_spans(text)
        row = self._index.row(self._source, number)
        if row.kind == "string":  # the middle of a long string
            return [Span(0, len(text), "string")]
        return line_spans(text)

    def _line(self, number: int) -> str:
        if self._kept[0] == number:
            return self._kept[1]
        text = self._made(number)
        self._kept = (number, text)
        return text

    def _made(self, number: int) -> str:
        index, source = self._index, self._source
        stop = index.stretch(number)[1]
        row = index.row(source, number)
        indent = " " * (INDENT * min(index.depths[number], DEEPEST_INDENT))
        key = source[row.key].decode("utf-8", "replace")
        value = source[row.value].decode("utf-8", "replace")
        if row.kind == "empty":
            value = value[0] + value[-1]
        comma = "," if row.kind != "open" and b"," in source[row.value.stop : stop] else ""
        return f"{indent}{key}: {value}{comma}" if key else f"{indent}{value}{comma}"


def line_spans(line: str) -> list[Span]:
    """Colours of one line of formatted JSON; no token reaches over a line end, so a line stands for itself."""
    spans = []
    for found in _LINE_TOKEN.finditer(line):
        string, after_string, number, after_number, literal, word, after_word = found.groups()
        kind: TokenKind
        if string is not None:
            kind = "key" if after_string else "string"
            length = len(string)
        elif number is not None:
            kind = "key" if after_number else "number"
            length = len(number)
        elif literal is not None:
            kind, length = "literal", len(literal)
        else:
            kind = "key" if after_word else "literal"
            length = len(word)
        spans.append(Span(found.start(), length, kind))
    return spans
