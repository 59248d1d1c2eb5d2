# SPDX-License-Identifier: MIT
"""Places, selections and words in lines, and the text between two places. No Qt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from mqtt_explorer.payload.api import Lines, Span

#: Bytes (UTF-8) of a selection that are copied at most; the payload itself can be copied and saved whole.
COPY_LIMIT: Final = 8 * 1024 * 1024
#: Characters that are asked for at a time, of lines of any length.
WINDOW: Final = 32 * 1024
_KEPT: Final = 64 * 1024
"""Characters of a selection that is found again in other lines; comparing more would take long."""
_SAMPLE: Final = 512
_PARTS: Final = 4096
_MARKS: Final = "\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094d"
_RUNS: Final = (
    re.compile(rf"[\w{_MARKS}]+"),
    re.compile(r"\s+"),
    re.compile(rf"[^\w\s{_MARKS}]+"),
)


class Place(NamedTuple):
    """Between two characters: before that one of that line, both counted from 0."""

    line: int
    column: int


class Selection(NamedTuple):
    """From where it was begun to where the caret is."""

    anchor: Place
    caret: Place

    @property
    def first(self) -> Place:
        """The one of the two that comes first."""
        return min(self)

    @property
    def last(self) -> Place:
        """The other one."""
        return max(self)

    @property
    def is_empty(self) -> bool:
        """True for a mere caret."""
        return self.anchor == self.caret


START: Final = Selection(Place(0, 0), Place(0, 0))


class NoLines:
    """No text at all; see `api.Lines`."""

    longest = 0

    def __len__(self) -> int:
        return 0

    def length(self, number: int) -> int:
        """Never asked."""
        raise IndexError(number)

    def text(self, number: int, start: int = 0, stop: int | None = None) -> str:
        """Never asked."""
        raise IndexError(number)

    def spans(self, number: int, start: int, text: str) -> tuple[Span, ...]:
        """None."""
        del number, start, text
        return ()


def held(lines: Lines, place: Place) -> Place:
    """The nearest place that there is."""
    if not len(lines):
        return Place(0, 0)
    line = min(max(place.line, 0), len(lines) - 1)
    return Place(line, min(max(place.column, 0), lines.length(line)))


class Gathering:
    """Takes the text of a selection out of its lines, step by step: LF between lines, the characters as they are.

    Attributes:
        size: Bytes (UTF-8) so far.
        share: How much is done, 0 to 1.
        too_large: It has more than the limit: `text` is nothing then.
    """

    def __init__(self, lines: Lines, selection: Selection, limit: int = COPY_LIMIT) -> None:
        self._lines = lines
        self._first, self._last = selection.first, selection.last
        self._limit = limit
        self._parts: list[str] = []
        self._blocks: list[str] = []
        self.size = 0
        self.share = 0.0
        self.too_large = self._is_surely_too_large()

    @property
    def text(self) -> str:
        """What was gathered; whole once `steps` has ended."""
        return "" if self.too_large else "".join((*self._blocks, *self._parts))

    def steps(self) -> Iterator[None]:
        """Gathers some kilobytes at each step."""
        first, last, lines = self._first, self._last, self._lines
        for number in range(first.line, last.line + 1):
            if self.too_large:
                return
            at = first.column if number == first.line else 0
            stop = last.column if number == last.line else None
            while not self.too_large:
                end = at + WINDOW if stop is None else min(at + WINDOW, stop)
                part = lines.text(number, at, end)
                self._take(part)
                at += len(part)
                if len(part) < WINDOW or at == stop:
                    break
                yield
            if number < last.line:
                self._take("\n")
            self.share = (number - first.line + 1) / (last.line - first.line + 1)
            yield

    def _take(self, part: str) -> None:
        self.size += len(part) if part.isascii() else len(part.encode("utf-8", "surrogatepass"))
        self._parts.append(part)
        if len(self._parts) > _PARTS:  # many small strings take long to let go of
            self._blocks.append("".join(self._parts))
            self._parts.clear()
        if self.size > self._limit:
            self.too_large = True
            self._parts.clear()
            self._blocks.clear()

    def _is_surely_too_large(self) -> bool:
        """Told without looking at all of it: by the number of lines, and by the shorter half of a sample of them."""
        first, last = self._first, self._last
        count = last.line - first.line
        if not count:
            return last.column - first.column > self._limit
        if count <= 8 * _SAMPLE:
            return False
        step = count // _SAMPLE
        lengths = sorted(self._lines.length(first.line + 1 + n * step) for n in range(_SAMPLE - 1))
        shorter = lengths[: len(lengths) // 2]
        return count + sum(shorter) / len(shorter) * count / 2 > self._limit


def text_between(lines: Lines, selection: Selection, limit: int = COPY_LIMIT) -> str | None:
    """The text of a selection at once; None where it has more than the limit."""
    gathering = Gathering(lines, selection, limit)
    for _ in gathering.steps():
        pass
    return None if gathering.too_large else gathering.text


def kept_text(lines: Lines, selection: Selection) -> str | None:
    """What a selection in other lines is compared with; None where it lies outside, or is too long to compare."""
    last = selection.last
    if selection.last.line >= len(lines) or last.column > lines.length(last.line):
        return None
    return text_between(lines, selection, _KEPT)


def word_around(lines: Lines, place: Place) -> Selection:
    """The word at a place, or the blanks, or the signs; of any length."""
    line, column = place
    behind = lines.text(line, column, column + 1)
    if not behind and not column:
        return Selection(place, place)
    at = column if behind else column - 1
    run = _run_of(behind or lines.text(line, at, column))
    return Selection(
        Place(line, _run_start(lines, line, at, run)), Place(line, _run_end(lines, line, at, run))
    )


def word_after(lines: Lines, place: Place) -> Place:
    """Where Ctrl+Right goes: behind this word and the blanks after it; from the end of a line to the next one."""
    line, column = place
    char = lines.text(line, column, column + 1)
    if not char:
        return Place(line + 1, 0) if line + 1 < len(lines) else place
    if not char.isspace():
        column = _run_end(lines, line, column, _run_of(char))
    return Place(line, _run_end(lines, line, column, _RUNS[1]))


def word_before(lines: Lines, place: Place) -> Place:
    """Where Ctrl+Left goes: before the word before; from the start of a line to the end of the one above."""
    line, column = place
    if not column:
        return Place(line - 1, lines.length(line - 1)) if line else place
    column = _run_start(lines, line, column, _RUNS[1])
    char = lines.text(line, column - 1, column) if column else ""
    return Place(line, _run_start(lines, line, column, _run_of(char)) if char else column)


def _run_of(char: str) -> re.Pattern[str]:
    return next(run for run in _RUNS if run.match(char) is not None)


def _run_end(lines: Lines, line: int, at: int, run: re.Pattern[str]) -> int:
    while True:
        window = lines.text(line, at, at + WINDOW)
        found = run.match(window)
        at += found.end() if found is not None else 0
        if found is None or found.end() < WINDOW:
            return at


def _run_start(lines: Lines, line: int, at: int, run: re.Pattern[str]) -> int:
    while at:
        start = max(at - WINDOW, 0)
        found = run.match(lines.text(line, start, at)[::-1])
        if found is None:
            return at
        at -= found.end()
        if at > start:
            return at
    return at
