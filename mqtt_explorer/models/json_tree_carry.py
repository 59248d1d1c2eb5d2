# SPDX-License-Identifier: MIT
"""Carries what is unfolded from one JSON text to the next one of the same topic: by keys and places, not by lines. No Qt."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final

from mqtt_explorer.models.json_tree_rows import FIRST_ROWS, PAGE, TOP, FoldedRows

if TYPE_CHECKING:
    from mqtt_explorer.payload.json_index import JsonIndex

_CHECKED: Final = 200
"""Unfolded containers whose keys are compared, where the shape is the same."""
_WALKED: Final = 8_000
"""Children that are looked at; what lies behind them starts folded."""


def same_shape(old: FoldedRows, old_source: bytes, index: JsonIndex, source: bytes) -> bool:
    """Whether another text has the same lines: brackets alike, and the keys of the unfolded containers too."""
    before = old.index
    if len(before) != len(index) or before.closes != index.closes or before.depths != index.depths:
        return False
    checked = islice(sorted(old.unfolded), _CHECKED)
    lines = {0, *checked} | set(islice(old.lines, _CHECKED))
    return all(_key(old_source, before, line) == _key(source, index, line) for line in lines)


def carry_folds(old: FoldedRows, old_source: bytes, new: FoldedRows, source: bytes) -> None:
    """Unfolds in `new` what is unfolded in `old`, and what was not there before as far as a fresh tree would."""
    waiting = deque([(old.top, new.top)])
    fresh: list[int] = []
    rows = walked = 0
    while waiting and walked < _WALKED:
        before, after = waiting.popleft()
        known = _containers(old, old_source, before)
        as_list = _is_list(source, new.index, after)
        for place, line in enumerate(islice(new.children(after), PAGE)):
            walked += 1
            rows += 1
            if not new.index.closes[line]:
                continue
            match = known.get(place if as_list else _key(source, new.index, line))
            if match is None:
                fresh.append(line)
            elif match in old.unfolded:
                new.unfolded.add(line)
                waiting.append((match, line))
    if fresh and rows < FIRST_ROWS:
        new.unfold_first(candidates=fresh, room=FIRST_ROWS - rows)


def _containers(rows: FoldedRows, source: bytes, parent: int) -> dict[bytes | int, int]:
    """The containers directly inside one, by key or place."""
    closes = rows.index.closes
    as_list = _is_list(source, rows.index, parent)
    return {
        (place if as_list else _key(source, rows.index, line)): line
        for place, line in enumerate(islice(rows.children(parent), PAGE))
        if closes[line]
    }


def _key(source: bytes, index: JsonIndex, line: int) -> bytes:
    return source[index.row(source, line).key]


def _is_list(source: bytes, index: JsonIndex, line: int) -> bool:
    return line == TOP or source[index.row(source, line).value] == b"["
