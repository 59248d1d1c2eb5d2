# SPDX-License-Identifier: MIT
"""Where keys lead in rows of bytes, and what is selected on the way. A fold counts as one step, and is selected whole."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from mqtt_explorer.payload.hex_rows import FoldedRows

_VERTICAL: Final = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


def target_of(event: QKeyEvent, rows: FoldedRows, here: int, goal: int, page: int) -> int | None:
    """The byte that a key leads to; None when it leads nowhere.

    Args:
        event: The key.
        rows: The bytes; there is at least one.
        here: The current byte.
        goal: The place in a row that going up and down keeps to, from 0.
        page: Lines on the screen.
    """
    key, ctrl = Qt.Key(event.key()), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
    line = rows.line_of(here)
    each = rows.at(line)
    if key in _VERTICAL and not ctrl:
        lines = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page}
        there = rows.at(max(0, min(line + lines[key], len(rows) - 1)))
        return min(there.start + goal, there.stop - 1)
    if key == Qt.Key.Key_Home:
        return 0 if ctrl else each.start
    if key == Qt.Key.Key_End:
        return rows.length - 1 if ctrl else each.stop - 1
    if key == Qt.Key.Key_Left and not ctrl:
        return max(0, each.start - 1 if each.rows else here - 1)
    if key == Qt.Key.Key_Right and not ctrl:
        return min(each.stop if each.rows else here + 1, rows.length - 1)
    return None


def keeps_goal(event: QKeyEvent) -> bool:
    """Whether a key goes up or down, and so keeps to its place in the row."""
    return event.key() in _VERTICAL


def selected_by(rows: FoldedRows, anchor: int, offset: int, *, extend: bool) -> tuple[int, int]:
    """Both ends of the selection, the fixed one first, when another byte becomes the current one."""
    if not extend:
        return offset, offset
    down = offset >= anchor
    here, there = rows.at(rows.line_of(offset)), rows.at(rows.line_of(anchor))
    if there.rows:
        anchor = there.start if down else there.stop - 1
    if here.rows:
        offset = here.stop - 1 if down else here.start
    return anchor, offset
