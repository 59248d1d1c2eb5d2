# SPDX-License-Identifier: MIT
"""Reads the rows of a JSON tree off their source: cells, paths, and values as they are spelled. No Qt."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from mqtt_explorer.models.json_tree_rows import TOP
from mqtt_explorer.models.json_tree_texts import Cell, Step, cell, key_text

if TYPE_CHECKING:
    from mqtt_explorer.models.json_tree_rows import FoldedRows

DEEPEST_PATH: Final = 5_000
"""Levels of a path that is still told: a longer one would stop the window, and nobody reads it."""
_REMEMBERED: Final = 4_096
_WALKED: Final = 20_000
"""Children that are looked at when a path is looked for."""


class JsonReader:
    """The rows of one source."""

    def __init__(self, source: bytes, rows: FoldedRows) -> None:
        self.source = source
        self.rows = rows
        self._cells: dict[int, Cell] = {}
        self._lists: dict[int, bool] = {}

    def cell(self, line: int) -> Cell:
        """Key and value of a line, made to be seen; remembered."""
        found = self._cells.get(line)
        if found is None:
            if len(self._cells) >= _REMEMBERED:
                self._cells.clear()
            found = self._cells[line] = cell(self.source, self.rows.index, line)
        return found

    def in_list(self, row: int) -> bool:
        """True for an array's element."""
        return self._is_list(self.rows.parent(row))

    def is_alone(self, row: int) -> bool:
        """True for a single value at the top, which has no key."""
        return self.rows.parent(row) == TOP and len(self.rows.index) == 1

    def is_whole(self, line: int) -> bool:
        """Whether the end of a container is there."""
        return line == TOP or self.rows.index.closes[line] < len(self.rows.index)

    def key(self, line: int) -> str:
        """The whole key of a line, without quotes; "" for an array's element."""
        return key_text(self.source[self.rows.index.row(self.source, line).key])

    def value(self, line: int) -> bytes:
        """The value as it is spelled in the source: a scalar, or a whole container."""
        index = self.rows.index
        value = index.row(self.source, line).value
        close = index.closes[line]
        if not close:
            return self.source[value]
        stop = index.starts[close] + 1 if close < len(index) else index.end
        return self.source[value.start : stop]

    def path(self, row: int, most: int = DEEPEST_PATH) -> tuple[Step, ...] | None:
        """Keys and places from the top to a row; None when it lies deeper than `most` levels."""
        if self.rows.level(row) >= most:
            return None
        return tuple(reversed(self.last_steps(row, most)[0]))

    def last_steps(self, row: int, most: int) -> tuple[list[Step], bool]:
        """The last steps of a row's path, the last one first, and whether those are all."""
        rows, steps = self.rows, list[Step]()
        while row >= 0 and len(steps) < most:
            if not self.is_alone(row):
                steps.append(rows.place(row) if self.in_list(row) else self.key(rows.lines[row]))
            row = rows.row_of_parent(row)
        return steps, row < 0

    def row_of(self, path: tuple[Step, ...]) -> int:
        """Where a path stands; -1 when it is not there, or not shown."""
        line, row = self.rows.top, 0 if not path and len(self.rows) and self.is_alone(0) else -1
        for step in path:
            found = self._child(line, step)
            row = self.rows.row_of(found) if found is not None else -1
            if found is None or row < 0:
                return -1
            line = found
        return row

    def _child(self, parent: int, step: Step) -> int | None:
        children = islice(self.rows.children(parent), _WALKED)
        if isinstance(step, int):
            return next(islice(children, step, None), None) if self._is_list(parent) else None
        return next((line for line in children if self.key(line) == step), None)

    def _is_list(self, parent: int) -> bool:
        found = self._lists.get(parent)
        if found is None:
            index = self.rows.index
            found = parent == TOP or self.source[index.row(self.source, parent).value] == b"["
            self._lists[parent] = found
        return found
