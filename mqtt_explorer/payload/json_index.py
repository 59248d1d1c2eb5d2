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
from itertools import accumulate, chain, compress, count, islice
from operator import add, itemgetter, sub
from typing import Final, NamedTuple

from mqtt_explorer.payload.spans import Span, TokenKind

#: Deeper levels are indented like this one; the depth is said in words where it matters.
DEEPEST_INDENT: Final = 60
INDENT: Final = 2

_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_NO_MARK: Final = rb'[^\[\]{},"]*+'
#: A stretch of source up to a mark and the blanks behind it; an empty container is no mark.
_MARKED: Final = (
    _NO_MARK + rb"(?:(?:" + _STRING + rb"|[\[{][ \t\r\n]*+[\]}])" + _NO_MARK + rb")*+[\[\]{},][ \t\r\n]*+"
)
_WITH_MARK = re.compile(_MARKED, re.DOTALL)
#: The same, and what is left at the end.
_PIECE = re.compile(_MARKED.replace(rb"[\[\]{},][ ", rb"(?:[\[\]{},]|\Z)[ "), re.DOTALL)
_OPENING: Final = frozenset(b"[{")
_COMMA: Final = 0x2C
#: For each mark whether it is a bracket, and how it changes the depth.
_BRACKETS: Final = bytes(byte in b"[]{}" for byte in range(256))
_CHANGES: Final = bytes(1 if byte in b"[{" else 255 if byte in b"]}" else 0 for byte in range(256))
_SPACE = re.compile(rb"[ \t\r\n]*")
_KEY = re.compile(_STRING + rb'(?=[ \t\r\n]*:)|[^\[\]{}:,"\s]+(?=[ \t\r\n]*:)', re.DOTALL)
_COLON = re.compile(rb"[ \t\r\n]*:[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z")
_BLANK: Final = b" \t\r\n"
_LINE_TOKEN = re.compile(
    r'("[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))(\s*:)?|(-?[0-9][0-9.eE+-]*+)(\s*:)?|(true|false|null)\b|([^\s\[\]{}:,"]+)(\s*:)?'
)
#: Bytes that are looked at in one go.
_STEP: Final = 1 << 18
_INDENTS: Final = tuple(INDENT * depth for depth in range(DEEPEST_INDENT + 1))


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
    found = _SPACE.match(source, 0, stop)
    begin = at = found.end() if found is not None else 0
    lines, step = _Builder(begin), _STEP
    while at < stop:
        end = min(at + step, stop)
        pieces = _PIECE.findall(source, at, end)
        if not pieces[-1]:
            pieces.pop()  # the empty one behind the last
        if end < stop:
            pieces.pop()  # it may go on: a string, blanks, an empty container
        elif _WITH_MARK.fullmatch(pieces[-1]) is None or (
            not whole and pieces[-1].rstrip(_BLANK).endswith((b"[", b"{"))
        ):
            pieces.pop()  # the rest; or perhaps an empty container: what follows would tell
        if pieces:
            at = lines.take(pieces, at)
            step = _STEP
        elif end < stop:
            step *= 2  # a long string
        if end == stop:
            break
        if progress is not None:
            progress(at / stop)
    return lines.finished(stop, whole)


class _Builder:
    """The lines so far. There are millions of them: what can be done in Python's own loops is done there.

    Args:
        begin: Where the first line begins.
    """

    def __init__(self, begin: int) -> None:
        self._starts, self._depths, self._closes = array("Q", (begin,)), array("I", (0,)), array("I", (0,))
        self._opened: list[int] = []

    def take(self, pieces: list[bytes], at: int) -> int:
        """Takes pieces of the source, each up to a mark and the blanks behind it.

        Args:
            pieces: One behind another.
            at: Where the first begins.

        Returns:
            Where the last ends.
        """
        ends = array("Q", accumulate(map(len, pieces), initial=at))
        stripped = list(map(bytes.rstrip, pieces))
        marks = bytes(map(itemgetter(-1), stripped))
        sizes = array("Q", map(len, stripped))
        if not self._took_matching(ends, marks, sizes):
            self._take_any(ends, marks, sizes)
        return ends[-1]

    def _took_matching(self, ends: array[int], marks: bytes, sizes: array[int]) -> bool:
        """Takes all marks at once if each begins a line; False, and nothing is taken, when it is not so easy."""
        starts, depths, closes, opened = self._starts, self._depths, self._closes, self._opened
        try:
            changed = array("I", accumulate(array("b", marks.translate(_CHANGES)), initial=len(opened)))
        except OverflowError:  # more closing than opening brackets
            return False
        first, before = len(starts), opened[:]
        starts += ends[1:]
        depths += changed[1:]
        closes += array("I", (0,)) * len(marks)
        for place in compress(count(), marks.translate(_BRACKETS)):
            line = first + place
            if marks[place] in _OPENING:
                opened.append(line - 1)
                continue
            starts[line] = at = ends[place] + sizes[place] - 1
            if at <= starts[line - 1]:  # a comma before the bracket
                del starts[first:], depths[first:], closes[first:]
                opened[:] = before
                return False
            closes[opened.pop()] = line
        return True

    def _take_any(self, ends: array[int], marks: bytes, sizes: array[int]) -> None:
        """Takes marks one after another, whatever they are."""
        starts, depths, closes, opened = self._starts, self._depths, self._closes, self._opened
        for place, mark in enumerate(marks):
            line = ends[place + 1]
            if mark in _OPENING:
                opened.append(len(starts) - 1)
            elif mark != _COMMA:
                if not opened:
                    continue  # more closing than opening brackets: what is no JSON is still shown
                line = ends[place] + sizes[place] - 1
                if line <= starts[-1]:  # a comma before the bracket: the line it began is the bracket's
                    del starts[-1], depths[-1], closes[-1]
                closes[opened.pop()] = len(starts)
            starts.append(line)
            depths.append(len(opened))
            closes.append(0)

    def finished(self, stop: int, whole: bool) -> JsonIndex:
        """The index of what was taken, of a source that ends at `stop`, or (not `whole`) goes on there."""
        starts, depths, closes, end = self._starts, self._depths, self._closes, stop
        longest = _longest(starts, depths, stop)
        if len(starts) > 1 and (not whole or starts[-1] >= stop):  # it goes on, or there is nothing in it
            end = starts[-1]
            del starts[-1], depths[-1], closes[-1]
        for each in self._opened:
            if each < len(closes):
                closes[each] = len(starts)
        return JsonIndex(starts, depths, closes, end, longest)


def _longest(starts: Sequence[int], depths: Sequence[int], stop: int) -> int:
    """Bytes of the longest line with its indentation."""
    lengths = map(sub, chain(islice(starts, 1, None), (stop,)), starts)
    try:
        longest: int = max(map(add, lengths, map(_INDENTS.__getitem__, depths)))
    except IndexError:  # deeper ones; this takes twice as long
        longest = max(map(sub, chain(islice(starts, 1, None), (stop,)), starts)) + _INDENTS[-1]
    return longest


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

    @property
    def source(self) -> bytes:
        """What the lines are cut from; see `line_candidates`."""
        return self._source

    @property
    def starts(self) -> Sequence[int]:
        """Offset of each line's first byte in it."""
        return self._index.starts

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
