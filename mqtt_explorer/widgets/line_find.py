# SPDX-License-Identifier: MIT
"""Finding text in lines, beside the window: from where one looks to the end, then from the beginning."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from mqtt_explorer.payload.json_index import JsonLines
from mqtt_explorer.payload.line_candidates import candidates, pattern_for
from mqtt_explorer.payload.text_lines import TextLines
from mqtt_explorer.widgets.line_selection import WINDOW, NoLines, Place
from mqtt_explorer.widgets.line_slices import Slices

if TYPE_CHECKING:
    from mqtt_explorer.payload.api import Lines

#: Hits that are counted and stepped through at most; more help nobody.
MOST_HITS: Final = 1_000_000


class _Hits:
    """Places in ascending order, 16 bytes each."""

    def __init__(self) -> None:
        self.lines, self.columns = array("Q"), array("Q")

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, number: int) -> Place:
        return Place(self.lines[number], self.columns[number])

    def add(self, line: int, column: int) -> None:
        self.lines.append(line)
        self.columns.append(column)

    def number_at(self, place: Place) -> int:
        """How many come before a place."""
        return bisect_left(range(len(self)), place, key=self.__getitem__)

    def number_behind(self, place: Place) -> int:
        """How many come before it or stand there."""
        return bisect_right(range(len(self)), place, key=self.__getitem__)


class Finder(QObject):
    """Searches one text at a time.

    Signals:
        changed(): There are more hits, or it has ended.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._slices = Slices(self, self.changed.emit)
        self._pattern: re.Pattern[str] | None = None
        self._text, self._case = "", False
        self._clear(NoLines(), "", 0)

    @property
    def count(self) -> int:
        """Hits so far, `MOST_HITS` at most."""
        return len(self._above) + len(self._below)

    @property
    def done(self) -> bool:
        """True when all lines were looked at, or there are too many hits."""
        return not self._slices.running

    @property
    def share(self) -> float:
        """Which share of the lines was looked at, 0 to 1."""
        return (self._below_to - self._origin + self._above_to) / max(len(self._lines), 1)

    @property
    def is_full(self) -> bool:
        """True when there are too many hits to count."""
        return self.count >= MOST_HITS

    @property
    def length(self) -> int:
        """Characters of each hit."""
        return self._length

    def search(self, lines: Lines, text: str, *, case: bool, origin: int) -> None:
        """Begins a search; an empty text ends the one under way.

        Args:
            lines: Where to look.
            text: Looked for as it is.
            case: Whether upper and lower case differ.
            origin: The line to begin with.
        """
        self.stop()
        self._clear(lines, text, origin)
        self._text, self._case = text, case
        if text and len(lines):
            self._pattern = re.compile(re.escape(text), 0 if case else re.IGNORECASE)
            self._slices.start(self._steps())
        self.changed.emit()

    def stop(self) -> None:
        """Ends the search under way; what was found stays."""
        self._slices.stop()

    def hits_in(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and stop of the hits in a line or a part of one."""
        if self._pattern is None:
            return
        for found in self._pattern.finditer(text):
            yield found.span()

    def number_of(self, place: Place) -> int | None:
        """Which hit stands at a place, counted from 1; None where none does, or while that is not known."""
        if not self.done or self.is_full:
            return None
        for hits, before in ((self._above, 0), (self._below, len(self._above))):
            number = hits.number_at(place)
            if number < len(hits) and hits[number] == place:
                return before + number + 1
        return None

    def step(self, place: Place, step: int) -> Place | None:
        """The next hit behind a place (1), the one before it (-1), or the first at or behind it (0).

        From one end it goes on at the other. None while it is not known, or when there is no hit.
        """
        in_below = place.line >= self._origin
        hits = self._below if in_below else self._above
        if step < 0:
            number = hits.number_at(place) - 1
            scanned = place.line <= (self._below_to if in_below else self._above_to)
        else:
            number = hits.number_behind(place) if step else hits.number_at(place)
            scanned = True  # hits come in order: nothing is left out before one that is known
        if 0 <= number < len(hits) and (scanned or self.done):
            return hits[number]
        if not self.done:
            return None
        other = self._above if in_below else self._below
        for each in (other, hits):
            if len(each):
                return each[len(each) - 1 if step < 0 else 0]
        return None

    def _clear(self, lines: Lines, text: str, origin: int) -> None:
        self._lines, self._origin, self._length = lines, origin, len(text)
        self._pattern = None
        self._above, self._below = _Hits(), _Hits()  # above and below the line it began with
        self._above_to, self._below_to = 0, origin  # the next line to look at

    def _steps(self) -> Iterator[None]:
        count = len(self._lines)
        for number, possible in self._through(self._origin, count):
            self._below_to = number
            if possible:
                yield from self._in_line(number, self._below)
            else:
                yield
            if self.is_full:
                return
        self._below_to = count
        for number, possible in self._through(0, min(self._origin, count)):
            self._above_to = number
            if possible:
                yield from self._in_line(number, self._above)
            else:
                yield
            if self.is_full:
                return
        self._above_to = min(self._origin, count)

    def _through(self, first: int, stop: int) -> Iterator[tuple[int, bool]]:
        """Lines, and whether each may have a hit: told by their source where they have one, else each may."""
        lines = self._lines
        if isinstance(lines, TextLines | JsonLines):
            pattern = pattern_for(self._text, case=self._case)
            if pattern is not None:
                return candidates(lines.source, lines.starts, pattern, first, stop)
        return ((number, True) for number in range(first, stop))

    def _in_line(self, number: int, hits: _Hits) -> Iterator[None]:
        """Looks at a line in windows that overlap by what a hit may reach over."""
        pattern, over = self._pattern, self._length - 1
        assert pattern is not None
        start = 0
        while True:
            window = self._lines.text(number, start, start + WINDOW + over)
            after, last = 0, len(window) < WINDOW + over
            for found in pattern.finditer(window):
                if found.start() >= WINDOW and not last:
                    break
                if self.is_full:
                    return
                hits.add(number, start + found.start())
                after = found.end()
            yield
            if last:
                return
            start += max(WINDOW, after)
