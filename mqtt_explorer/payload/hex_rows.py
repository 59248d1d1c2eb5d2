# SPDX-License-Identifier: MIT
"""Rows of bytes in which long runs of zero rows are folded into one line each.

A *row* holds `width` bytes of the payload; a *line* is what stands on the screen: a row, or a fold. Only numbers are kept, one entry for
each fold, so 64 MB cost what their folds cost.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, NamedTuple

#: Rows of zeros, one after the other, that are worth a fold.
LEAST_ROWS: Final = 8
#: Folds at most; what comes after them stands unfolded. More would make every change of width take long.
FOLD_LIMIT: Final = 16_384
_CHUNK: Final = 256 * 1024
_BLOCK: Final = bytes(16 * 1024)


def least_run(width: int) -> int:
    """Bytes of the shortest run of zeros that may fold with so many bytes in a row: the last row may be a single byte."""
    return (LEAST_ROWS - 1) * width + 1


class Line(NamedTuple):
    """What stands on one line.

    Attributes:
        start: Offset of its first byte.
        stop: Offset behind its last byte.
        rows: How many rows are folded into it; 0 for a row of bytes.
    """

    start: int
    stop: int
    rows: int = 0


class FoldedRows:
    """Which bytes stand on which line. Offsets count from 0; all questions are answered in O(log folds)."""

    def __init__(self, length: int = 0, width: int = 16) -> None:
        self.length = length
        self.width = width
        self._folding = True
        self._runs: list[tuple[int, int]] = []
        self._opened: set[int] = set()
        # Of each fold: its first row, the row behind it, and its line.
        self._firsts: list[int] = []
        self._ends: list[int] = []
        self._lines: list[int] = []

    @property
    def rows(self) -> int:
        """Number of rows, folded or not."""
        return -(-self.length // self.width)

    @property
    def folds(self) -> int:
        """Number of folds."""
        return len(self._firsts)

    @property
    def folding(self) -> bool:
        """Whether anything is folded at all."""
        return self._folding

    def __len__(self) -> int:
        """Number of lines."""
        if not self._firsts:
            return self.rows
        return self._lines[-1] + 1 + self.rows - self._ends[-1]

    def restart(self, length: int, width: int) -> None:
        """Other bytes, or another number of them in a row: nothing is folded until `add_runs`; what was opened stays open."""
        self.length, self.width = length, width
        self._runs.clear()
        self._forget()

    def add_runs(self, runs: Sequence[tuple[int, int]]) -> None:
        """Folds the rows that lie in these runs of zero bytes: (start, stop) in ascending order, behind those added before."""
        self._runs += runs
        self._fold(runs)

    def close_all(self) -> None:
        """What was opened is not open any more."""
        self._opened.clear()
        self._forget()
        self._fold(self._runs)

    def set_folding(self, on: bool) -> None:
        """Folds what can be folded, also what was opened, or nothing."""
        self._folding = on
        self._opened.clear()
        self._forget()
        self._fold(self._runs)

    def open(self, offset: int) -> bool:
        """Opens the fold that holds a byte; False where there is none."""
        number = self._fold_of(offset // self.width)
        if number is None:
            return False
        row = self._firsts[number]
        place = bisect_right(self._runs, row * self.width, key=lambda run: run[0]) - 1
        self._opened.add(self._runs[place][0])
        self._forget()
        self._fold(self._runs)
        return True

    def line_of(self, offset: int) -> int:
        """The line on which a byte stands."""
        row = offset // self.width
        number = bisect_right(self._firsts, row) - 1
        if number < 0:
            return row
        if row < self._ends[number]:
            return self._lines[number]
        return self._lines[number] + 1 + row - self._ends[number]

    def at(self, line: int) -> Line:
        """What stands on a line.

        Raises:
            IndexError: There is no such line.
        """
        if not 0 <= line < len(self):
            raise IndexError(f"line {line} of {len(self)}")
        number = bisect_right(self._lines, line) - 1
        row = line
        if number >= 0:
            if line == self._lines[number]:
                first, end = self._firsts[number], self._ends[number]
                return Line(first * self.width, min(end * self.width, self.length), end - first)
            row = self._ends[number] + line - self._lines[number] - 1
        start = row * self.width
        return Line(start, min(start + self.width, self.length))

    def _fold_of(self, row: int) -> int | None:
        number = bisect_right(self._firsts, row) - 1
        return number if number >= 0 and row < self._ends[number] else None

    def _forget(self) -> None:
        self._firsts.clear()
        self._ends.clear()
        self._lines.clear()

    def _fold(self, runs: Sequence[tuple[int, int]]) -> None:
        if not self._folding:
            return
        width, length, opened = self.width, self.length, self._opened
        for start, stop in runs:
            first = -(-start // width)
            # The last row may be short: it is zeros altogether where the run goes to the end.
            end = -(-stop // width) if stop >= length else stop // width
            if end - first < LEAST_ROWS or start in opened:
                continue
            if len(self._firsts) >= FOLD_LIMIT:
                return
            line = self._lines[-1] + 1 + first - self._ends[-1] if self._lines else first
            self._firsts.append(first)
            self._ends.append(end)
            self._lines.append(line)


class ZeroRuns:
    """Finds the runs of zero bytes in slices: 64 MB take about 10 ms altogether, but nobody waits so long at once.

    Args:
        data: The bytes.
        least: Length of the shortest run that counts.
    """

    def __init__(self, data: bytes, least: int) -> None:
        self._data = data
        self._least = max(1, least)
        self._needle = bytes(self._least)
        self._place = 0
        self._start: int | None = None  # of a run whose end is not known yet
        self._found = 0

    @property
    def done(self) -> bool:
        """Whether all was looked at, or as much was found as can be folded."""
        return self._start is None and (self._place >= len(self._data) or self._found >= FOLD_LIMIT)

    def step(self, seconds: float) -> list[tuple[int, int]]:
        """Looks on for about that long; the runs that ended meanwhile, (start, stop) in ascending order."""
        runs: list[tuple[int, int]] = []
        until = time.perf_counter() + seconds
        while not self.done:
            if self._start is None:
                self._look()
            else:
                self._follow(runs)
            if time.perf_counter() >= until:
                break
        return runs

    def _look(self) -> None:
        behind = self._place + _CHUNK
        start = self._data.find(self._needle, self._place, behind + self._least - 1)
        if start < 0:
            self._place = behind
        else:
            self._start, self._place = start, start + self._least

    def _follow(self, runs: list[tuple[int, int]]) -> None:
        data, start = self._data, self._start
        for _ in range(64):
            if not data.startswith(_BLOCK, self._place):
                rest = data[self._place : self._place + len(_BLOCK)]
                self._place += len(rest) - len(rest.lstrip(b"\0"))
                if start is not None:
                    runs.append((start, self._place))
                self._start = None
                self._found += 1
                return
            self._place += len(_BLOCK)
