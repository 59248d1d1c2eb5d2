# SPDX-License-Identifier: MIT
"""Where the keys move the caret of a text view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt

from mqtt_explorer.widgets.line_selection import Place, Selection, word_after, word_before

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from mqtt_explorer.widgets.line_sight import Sight

_SIDEWAYS: Final = (Qt.Key.Key_Left, Qt.Key.Key_Right)
_ENDS: Final = (Qt.Key.Key_Home, Qt.Key.Key_End)
_UP_DOWN: Final = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_SHIFT: Final = Qt.KeyboardModifier.ShiftModifier
_CTRL: Final = Qt.KeyboardModifier.ControlModifier


class CaretKeys:
    """Tells where a key leads, and remembers the x that Up and Down keep to."""

    def __init__(self) -> None:
        self._x: float | None = None

    def forget_x(self) -> None:
        """The caret was put elsewhere."""
        self._x = None

    def target(self, sight: Sight, selection: Selection, event: QKeyEvent) -> Selection | None:
        """The selection after a key; None when the key is for somebody else."""
        key = Qt.Key(event.key())
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if modifiers & ~(_SHIFT | _CTRL) or not len(sight.lines):
            return None
        shift, ctrl = bool(modifiers & _SHIFT), bool(modifiers & _CTRL)
        if key in _UP_DOWN and not ctrl:
            caret = self._vertical(sight, selection, key, shift=shift)
        elif key in _SIDEWAYS:
            self._x = None
            caret = self._sideways(sight, selection, key, shift=shift, ctrl=ctrl)
        elif key in _ENDS:
            self._x = None
            caret = _end(sight, selection.caret, key, ctrl=ctrl)
        else:
            return None
        return Selection(selection.anchor if shift else caret, caret)

    def _vertical(self, sight: Sight, selection: Selection, key: Qt.Key, *, shift: bool) -> Place:
        line = selection.caret.line
        page = max(sight.whole_rows() - 1, 1)
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page}
        if not shift and line not in sight.rows() and selection.is_empty:
            rows = sight.rows(sight.setter.row)  # who has scrolled away reads on from there
            line = rows.start if rows else line
            if abs(steps[key]) == 1:
                return Place(line, 0)
        if self._x is None:
            self._x = sight.x_of(selection.caret) + sight.left
        number = line + steps[key]
        if number < 0:
            return Place(0, 0)
        last = len(sight.lines) - 1
        if number > last:
            return Place(last, sight.pieces.length(last))
        return Place(number, sight.column_at(number, self._x - sight.left))

    @staticmethod
    def _sideways(sight: Sight, selection: Selection, key: Qt.Key, *, shift: bool, ctrl: bool) -> Place:
        line, column = selection.caret
        right = key == Qt.Key.Key_Right
        if ctrl:
            return (word_after if right else word_before)(sight.lines, selection.caret)
        if not (shift or selection.is_empty):
            return selection.last if right else selection.first
        pieces = sight.pieces
        if right:
            if column < pieces.length(line):
                return Place(line, pieces.piece(line, column, 1).after(column))
            return Place(line + 1, 0) if line + 1 < len(sight.lines) else selection.caret
        if column:
            return Place(line, pieces.piece(line, column, 1).before(column))
        return Place(line - 1, pieces.length(line - 1)) if line else selection.caret


def _end(sight: Sight, caret: Place, key: Qt.Key, *, ctrl: bool) -> Place:
    if key == Qt.Key.Key_Home:
        return Place(0 if ctrl else caret.line, 0)
    line = len(sight.lines) - 1 if ctrl else caret.line
    return Place(line, sight.pieces.length(line))
