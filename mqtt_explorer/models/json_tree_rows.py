# SPDX-License-Identifier: MIT
"""Which lines of a JSON text stand in a tree: what is unfolded, page by page. No Qt.

A row is a line of the `JsonIndex` without the closing brackets. Only rows that are shown cost memory, and nothing here is recursive: a
million elements and a hundred thousand levels are lines like any others.
"""

from __future__ import annotations

from array import array
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mqtt_explorer.payload.json_index import JsonIndex

PAGE: Final = 1_000
"""Children of a container that are shown at first; a row for the others stands behind them."""
FIRST_ROWS: Final = 200
"""A tree starts unfolded so far as this many rows take."""
_EXAMINED: Final = 200
"""Containers that are looked at for that: one large one after the other would take its time."""
_AT_ONCE: Final = 2_000
"""Lines of a container whose children are counted at once."""
_ALL: Final = 1 << 62
TOP: Final = -1
"""Stands for the container around everything, where there is more than one value at the top."""


class Rows(NamedTuple):
    """Rows in order: the line of each, the line of the container it is in, and its place in there."""

    lines: array[int]
    parents: array[int]
    places: array[int]


class FoldedRows:
    """The rows of one JSON text.

    Attributes:
        index: Its lines.
        top: The container whose children are the first level: the outermost one, else `TOP`.
        unfolded: The lines that are unfolded, also inside folded ones.
    """

    def __init__(self, index: JsonIndex) -> None:
        self.index = index
        whole = len(index) > 1 and index.closes[0] >= len(index) - 1
        self.top = 0 if whole else TOP
        self.unfolded: set[int] = set()
        self._heads: dict[int, int] = {}
        self._tails: dict[int, tuple[int, int]] = {}
        self._rows = Rows(array("q"), array("q"), array("q"))

    def __len__(self) -> int:
        return len(self._rows.lines)

    @property
    def lines(self) -> array[int]:
        """The line of each row, ascending; that of a row for more is the first one it stands for."""
        return self._rows.lines

    def parent(self, row: int) -> int:
        """The line of the container a row is in."""
        return self._rows.parents[row]

    def place(self, row: int) -> int:
        """The row's place in its container, from 0."""
        return self._rows.places[row]

    def level(self, row: int) -> int:
        """How deep it lies, from 0."""
        return self.index.depths[self.lines[row]] - (0 if self.top == TOP else 1)

    def is_more(self, row: int) -> bool:
        """True for a row that stands for the children that are not shown."""
        return self._rows.places[row] == self._heads.get(self._rows.parents[row], PAGE)

    def hidden(self, row: int, count: int) -> int:
        """How many children a row for more stands for, of the `count` there are."""
        tail = self._tails.get(self.parent(row))
        return (tail[0] if tail is not None else count) - self.place(row)

    def row_of(self, line: int) -> int:
        """Where a line stands, or -1."""
        low, high, lines = 0, len(self), self.lines
        while low < high:
            middle = (low + high) // 2
            if lines[middle] < line:
                low = middle + 1
            else:
                high = middle
        return low if low < len(lines) and lines[low] == line and not self.is_more(low) else -1

    def row_of_parent(self, row: int) -> int:
        """Where the container of a row stands; -1 on the first level."""
        return self.row_of(self.parent(row)) if self.parent(row) != self.top else -1

    def last_inside(self, row: int) -> int:
        """The last row inside the container of a row."""
        end = self.span(self.lines[row])[1]
        low, high, lines = row, len(self), self.lines
        while low < high:
            middle = (low + high) // 2
            if lines[middle] < end:
                low = middle + 1
            else:
                high = middle
        return low - 1

    def span(self, line: int) -> tuple[int, int]:
        """The first line inside a container, and the one behind the last."""
        return (0, len(self.index)) if line == TOP else (line + 1, self.index.closes[line])

    def after(self, line: int) -> int:
        """The line of the next child."""
        closes = self.index.closes
        close = closes[line]
        if not close:
            return line + 1
        # Only where brackets do not match, the end of one container is the beginning of the next.
        return close if close < len(closes) and closes[close] else close + 1

    def children(self, line: int) -> Iterator[int]:
        """The lines directly inside a container."""
        at, end = self.span(line)
        while at < end:
            yield at
            at = self.after(at)

    # --- changing -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Makes the rows of what is unfolded."""
        self._rows = self.below(self.top)

    def unfold_first(
        self, most: int = FIRST_ROWS, candidates: list[int] | None = None, room: int = 0
    ) -> None:
        """Marks as unfolded what fits, level by level.

        Args:
            most: Rows altogether.
            candidates: Only these and what is in them, into `room` more rows.
            room: See `candidates`.
        """
        closes = self.index.closes
        waiting: deque[int] = deque()

        def take(line: int, limit: int) -> int:
            found: list[int] = []
            count = 0
            for count, each in enumerate(self.children(line), 1):
                if count > limit:
                    return count
                if closes[each] and len(found) < _EXAMINED:
                    found.append(each)
            waiting.extend(found)
            return count

        if candidates is None:
            room = most - take(self.top, PAGE)
        else:
            waiting.extend(candidates)
        for _ in range(_EXAMINED):
            if room <= 0 or not waiting:
                return
            line = waiting.popleft()
            count = take(line, room)
            if count <= room:
                room -= count
                self.unfolded.add(line)

    def below(self, top: int, *, most: int = 0) -> Rows:
        """The rows inside a container. With `most`, everything in it is unfolded, until there are so many rows."""
        made = Rows(array("q"), array("q"), array("q"))
        add_line, add_parent, add_place = made.lines.append, made.parents.append, made.places.append
        closes, unfolded = self.index.closes, self.unfolded
        todo = [(top, self.span(top)[0], 0)]
        while todo:
            parent, line, place = todo.pop()
            end = self.span(parent)[1]
            head = self._heads.get(parent, PAGE)
            while line < end:
                add_line(line)
                add_parent(parent)
                add_place(place)
                if place == head:
                    tail = self._tails.get(parent)
                    if tail is None:
                        break
                    place, line = tail
                    continue
                behind = self.after(line)
                place += 1
                if closes[line] and most and len(made.lines) < most:
                    unfolded.add(line)
                if closes[line] and line in unfolded:
                    todo += [(parent, behind, place), (line, line + 1, 0)]
                    break
                line = behind
        return made

    def insert(self, row: int, rows: Rows) -> None:
        """Puts rows in, so that the first of them is number `row`."""
        for mine, more in zip(self._rows, rows, strict=True):
            mine[row:row] = more

    def remove(self, first: int, last: int) -> None:
        """Takes rows out."""
        for mine in self._rows:
            del mine[first : last + 1]

    def next_page(self, row: int) -> Rows:
        """What takes the place of a row for more: the next page, and a row for what is left."""
        parent, place, line = self.parent(row), self.place(row), self.lines[row]
        tail = self._tails.get(parent)
        end = tail[1] if tail is not None else self.span(parent)[1]
        made, line, stop = self._page(parent, line, place, min(place + PAGE, tail[0] if tail else _ALL), end)
        if line < end:
            self._heads[parent] = stop
            made.lines.append(line)
            made.parents.append(parent)
            made.places.append(stop)
        else:
            self._heads[parent] = _ALL
            self._tails.pop(parent, None)
        return made

    def last_page(self, row: int, count: int, tail: tuple[int, int]) -> Rows | None:
        """The last page behind a row for more; None when it is there already, or next.

        Args:
            row: The row for more.
            count: Number of children.
            tail: Place and line of the first child of the last page.
        """
        parent = self.parent(row)
        if parent in self._tails or tail[0] <= self.place(row):
            return None
        self._tails[parent] = tail
        return self._page(parent, tail[1], tail[0], count, self.span(parent)[1])[0]

    def _page(self, parent: int, line: int, place: int, stop: int, end: int) -> tuple[Rows, int, int]:
        """The children from `place` to `stop` - 1, folded; and line and place behind them."""
        made = Rows(array("q"), array("q"), array("q"))
        while place < stop and line < end:
            made.lines.append(line)
            made.parents.append(parent)
            made.places.append(place)
            self.unfolded.discard(line)
            line = self.after(line)
            place += 1
        return made, line, place


class ChildCounts:
    """How many children containers have. Large ones are counted in slices."""

    def __init__(self, rows: FoldedRows) -> None:
        self._rows = rows
        self._known: dict[int, int] = {}
        self._marks: dict[int, array[int]] = {}
        self._waiting: deque[int] = deque()
        self._at: tuple[int, int] | None = None  # the line and place the first of those waiting has come to

    @property
    def busy(self) -> bool:
        """True while some are to be counted."""
        return bool(self._waiting)

    def count(self, line: int) -> int | None:
        """Number of children; None: it is being counted, call `step`."""
        known = self._known.get(line)
        if known is None:
            first, end = self._rows.span(line)
            if end - first <= _AT_ONCE:
                known = self._known[line] = sum(1 for _ in self._rows.children(line))
                if known > PAGE:
                    self._known.pop(line)
                    known = self._count_now(line)
            elif line not in self._waiting:
                self._waiting.append(line)
        return known

    def last_page(self, line: int) -> tuple[int, int]:
        """Place and line of the first child of the last page of a container that was counted."""
        marks = self._marks.get(line)
        return ((len(marks) - 1) * PAGE, marks[-1]) if marks else (0, self._rows.span(line)[0])

    def step(self, slice_s: float) -> list[int]:
        """Counts for about so long; returns the containers that are done."""
        deadline = perf_counter() + slice_s
        done: list[int] = []
        while self._waiting and (not done or perf_counter() < deadline):
            line = self._waiting[0]
            if not self._walk(line, deadline):
                break
            done.append(line)
            self._waiting.popleft()
        return done

    def _count_now(self, line: int) -> int:
        kept, self._at = self._at, None
        self._walk(line, None)
        self._at = kept
        return self._known[line]

    def _walk(self, line: int, deadline: float | None) -> bool:
        """Goes on counting; True when done. A line for each page is remembered."""
        first, end = self._rows.span(line)
        marks = self._marks.setdefault(line, array("q"))
        if self._at is None:
            del marks[:]
        at, place = self._at or (first, 0)
        after, closes = self._rows.after, self._rows.index.closes
        while at < end:
            if not place % PAGE:
                marks.append(at)
                if deadline is not None and place and perf_counter() >= deadline:
                    marks.pop()
                    self._at = (at, place)
                    return False
            at = after(at) if closes[at] else at + 1
            place += 1
        self._known[line] = place
        self._at = None
        return True
