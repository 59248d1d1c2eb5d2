# SPDX-License-Identifier: MIT
"""Rows of bytes in which bytes can be selected, by mouse and keyboard, in hexadecimal and characters alike."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from mqtt_explorer.payload.hex_rows import Line
from mqtt_explorer.widgets.byte_area_keys import keeps_goal, selected_by, target_of
from mqtt_explorer.widgets.byte_area_lines import ByteLines
from mqtt_explorer.widgets.byte_area_look import Column, Marks
from mqtt_explorer.widgets.views import asks_for_menu

_SCROLL_MS: Final = 40


class ByteArea(ByteLines):
    """Shows bytes; they are selected by mouse (drag, Shift with a click) and keyboard (arrows, Shift with them) in either column.

    A click on a fold opens it, and so does Enter; a selection that meets one holds all of it.

    Signals:
        moved(): The current byte or the selection is new, whoever changed it, or other bytes are shown.
        marked(): The user selected more than one byte.
        copy_wanted(): Ctrl+C.
        menu_wanted(QPoint): A context menu is asked for, at this place of the screen.
    """

    moved = Signal()
    marked = Signal()
    copy_wanted = Signal()
    menu_wanted = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._anchor = self._cursor = 0
        self._goal = 0
        self._column: Column = "hex"
        self._pointer: QPoint | None = None  # while it draws a selection
        self._drag_timer = QTimer(self, interval=_SCROLL_MS)
        self._drag_timer.timeout.connect(self._drag_on)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Bytes"))
        self.viewport().setMouseTracking(True)
        self.verticalScrollBar().valueChanged.connect(lambda _line: self._set_hover(None))

    # --- what is selected -------------------------------------------------------------------------------------------

    @property
    def cursor_offset(self) -> int:
        """Offset of the current byte; 0 also where there is none."""
        return self._cursor

    @property
    def selection(self) -> range:
        """The selected bytes: at least the current one, none where there are none."""
        first, last = sorted((self._anchor, self._cursor))
        return range(first, min(last + 1, len(self._data)))

    def set_data(self, data: bytes, *, fresh: bool = False) -> None:
        """Shows other bytes; place and selection stay as far as there are bytes, unless it is `fresh`."""
        if data is self._data and not fresh:
            return
        last = max(len(data) - 1, 0)
        if fresh:
            self._anchor = self._cursor = self._goal = 0
            self._column = "hex"
        self._anchor, self._cursor = min(self._anchor, last), min(self._cursor, last)
        super().set_data(data, fresh=fresh)
        self._tell_moved()

    def select(self, start: int, length: int = 1) -> None:
        """Selects bytes and shows them, out of their fold if they are in one."""
        last = max(len(self._data) - 1, 0)
        self._anchor = max(0, min(start, last))
        self._cursor = max(0, min(start + length - 1, last))
        self._goal = self._cursor % self.row_width
        self._sought = self.selection
        self.open_fold(self._anchor)
        self.open_fold(self._cursor)
        self.reveal(self._anchor, self._column, far=True)
        self._tell_moved()

    def select_all(self) -> None:
        """Selects all bytes; what is on the screen stays."""
        self._anchor, self._cursor = 0, max(len(self._data) - 1, 0)
        self._tell_moved(by_user=True)

    def _marks(self) -> Marks:
        return Marks(self.selection, self._cursor if self._data else -1, self._column, self.hasFocus())

    # --- mouse ------------------------------------------------------------------------------------------------------

    def _offset_at(self, place: QPoint) -> tuple[int, Column]:
        """The byte nearest to a place, and its column."""
        line = max(0, min(self._line_at(place.y()), len(self._rows) - 1))
        spot = self._look.spot_at(place.x() + self.horizontalScrollBar().value())
        each = self._rows.at(line)
        if each.rows:
            return each.start, spot.column
        return min(each.start + spot.byte, each.stop - 1), spot.column

    def _fold_at(self, place: QPoint) -> Line | None:
        line = self._line_at(place.y())
        if place.y() < self._look.head_px or not 0 <= line < len(self._rows):
            return None
        each = self._rows.at(line)
        return each if each.rows else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        if not self._data or place.y() < self._look.head_px:
            return
        offset, column = self._offset_at(place)
        fold = self._fold_at(place)
        if event.button() == Qt.MouseButton.RightButton:
            if offset not in self.selection:
                self._go(offset, column)
            return
        if event.button() != Qt.MouseButton.LeftButton:
            return
        extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if fold is not None and not extend:
            self._go(fold.start, column)
            self.open_fold(fold.start)
            return
        self._pointer = place
        self._go(offset, column, extend=extend)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        if self._pointer is None:
            fold = self._fold_at(place)
            self._set_hover(None if fold is None else self._line_at(place.y()))
            return
        self._pointer = place
        outside = place.y() < self._look.head_px or place.y() >= self.viewport().height()
        if outside and not self._drag_timer.isActive():
            self._drag_timer.start()
        elif not outside:
            self._drag_timer.stop()
        self._draw_to(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pointer = None
            self._drag_timer.stop()

    def _drag_on(self) -> None:
        """The pointer draws outside: the lines come to it, the faster the farther it is."""
        if self._pointer is None:
            self._drag_timer.stop()
            return
        head, row = self._look.head_px, self._look.row_px
        below = self._pointer.y() - self.viewport().height()
        step = 1 + below // row if below >= 0 else -1 - (head - self._pointer.y()) // row
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + step)
        self._draw_to(self._pointer)

    def _draw_to(self, place: QPoint) -> None:
        bottom = self._look.head_px + self._lines_shown() * self._look.row_px - 1
        inside = QPoint(place.x(), max(self._look.head_px, min(place.y(), bottom)))
        offset, _ = self._offset_at(inside)
        self._go(offset, self._column, extend=True, reveal=False)

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(None)

    def _set_hover(self, line: int | None) -> None:
        if line != self._hover:
            self._hover = line
            shape = Qt.CursorShape.ArrowCursor if line is None else Qt.CursorShape.PointingHandCursor
            self.viewport().setCursor(shape)
            self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            fold = self._fold_at(event.pos())
            text = self.tr("A click opens these rows; so does Enter.") if fold is not None else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return bool(super().viewportEvent(event))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self._data:
            return
        place = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.reveal(self._cursor, self._column)
            place = self.viewport().mapToGlobal(self.rect_of(self._cursor, self._column).bottomLeft())
        self.menu_wanted.emit(place)

    # --- keyboard ---------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._data:
            super().keyPressEvent(event)
            return
        target = target_of(event, self._rows, self._cursor, self._goal, self._lines_shown())
        if target is not None:
            goal = self._goal
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._go(target, self._column, extend=shift)
            if keeps_goal(event):
                self._goal = goal
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif asks_for_menu(event):
            place = self.rect_of(self._cursor, self._column).bottomLeft()
            asked = QContextMenuEvent(
                QContextMenuEvent.Reason.Keyboard, place, self.viewport().mapToGlobal(place)
            )
            QApplication.sendEvent(self, asked)
        elif not self._take_key(event):
            super().keyPressEvent(event)
            return
        event.accept()

    def _take_key(self, event: QKeyEvent) -> bool:
        """Enter opens a fold, Escape lets a selection go."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return self.open_fold(self._cursor)
        if event.key() == Qt.Key.Key_Escape and len(self.selection) > 1:
            self._go(self._cursor, self._column, reveal=False)
            return True
        return False

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def _go(self, offset: int, column: Column, *, extend: bool = False, reveal: bool = True) -> None:
        """Makes a byte the current one; `extend` keeps the other end of the selection."""
        self._column = column
        self._sought = range(0)
        self._anchor, self._cursor = selected_by(self._rows, self._anchor, offset, extend=extend)
        self._goal = offset % self.row_width
        if reveal:
            self.reveal(self._cursor, column)
        self._tell_moved(by_user=extend)

    def _tell_moved(self, *, by_user: bool = False) -> None:
        self.viewport().update()
        byte = f"{self._data[self._cursor]:02X}" if self._data else ""
        text = self.tr("Offset {offset}: {byte}; {n} selected")
        self.setAccessibleDescription(
            text.format(offset=f"{self._cursor:08X}", byte=byte, n=f"{len(self.selection):,}")
        )
        self.moved.emit()
        if by_user and len(self.selection) > 1:
            self.marked.emit()
