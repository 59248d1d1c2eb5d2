# SPDX-License-Identifier: MIT
"""The area in which lines are painted and scrolled: without keys, mouse and selecting, which `line_view.py` adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from mqtt_explorer.widgets.cards import plain_tooltip
from mqtt_explorer.widgets.line_layout import Typesetter
from mqtt_explorer.widgets.line_paint import LinePainter
from mqtt_explorer.widgets.line_scroll import LineScroll
from mqtt_explorer.widgets.line_selection import START, NoLines, Place, Selection
from mqtt_explorer.widgets.line_sight import PAD, Sight
from mqtt_explorer.widgets.line_standins import name_of
from mqtt_explorer.widgets.theme import theme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtGui import QFocusEvent, QPaintEvent, QResizeEvent

    from mqtt_explorer.payload.api import Lines


class LineArea(QAbstractScrollArea):
    """Paints what of some `api.Lines` is in sight, with a selection and hits in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: Lines = NoLines()
        self._selection = START
        self._hits: Callable[[str], Iterator[tuple[int, int]]] | None = None
        self._numbers = False
        self._keyboard = False
        self._room = 0
        self._setter = Typesetter()
        self._sight = Sight(self._lines, self._setter)
        self._painter = LinePainter(self._setter)
        self._scroll = LineScroll(self, self._sight)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        theme().changed.connect(self._restyle)

    @property
    def lines(self) -> Lines:
        """What is shown."""
        return self._lines

    @property
    def selection(self) -> Selection:
        """From where it was begun to the caret; empty for a mere caret."""
        return self._selection

    def set_numbers(self, on: bool) -> None:
        """Shows or hides line numbers."""
        self._numbers = on
        self._fit()

    @property
    def top_line(self) -> int:
        """Number of the first line in sight, counted from 0."""
        return self._sight.rows().start

    def scroll_to(self, line: int) -> None:
        """Makes a line the first one in sight, as far as there is text below it."""
        self._scroll.to(line * self._setter.row + PAD // 2 if line else 0, self._sight.left)

    def place_at(self, at: QPoint) -> Place:
        """The place between characters that is nearest to a point of the viewport."""
        return self._sight.place_at(at.x() - self._gutter(), at.y())

    def rect_of(self, place: Place) -> QRect:
        """Where the caret stands at a place, in the viewport."""
        x = self._sight.x_of(place) + self._gutter()
        return QRect(round(x), self._sight.y_of(place.line), 1, self._setter.row)

    # --- hidden characters --------------------------------------------------------------------------------------

    def hidden_names(self) -> list[str]:
        """What the stand-ins in sight stand for: "U+202E RIGHT-TO-LEFT OVERRIDE", each once."""
        names: dict[str, None] = {}
        for number in self._sight.rows():
            piece = self._sight.placed(number).piece
            names.update((name_of(piece.text[place]), None) for place in piece.hidden)
        return list(names)

    def hidden_name(self, place: Place) -> str:
        """What the character behind a place is, where a stand-in is painted for it; else ""."""
        if not place.line < len(self._lines):
            return ""
        piece = self._sight.placed(place.line).piece
        at = place.column - piece.start
        return name_of(piece.text[at]) if at in piece.hidden else ""

    # --- Qt: painting and size ----------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(400, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 3 * self._setter.row)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        sight, area, gutter = self._sight, event.rect(), self._gutter()
        painter = QPainter(self.viewport())
        painter.fillRect(area, theme().color("panel"))
        painter.setFont(self._setter.font)
        rows = sight.rows(area.top(), area.bottom() + 1)
        if gutter:
            for number in rows:
                self._painter.paint_number(painter, sight, number, gutter)
        reach = sight.reach
        painter.setClipRect(area & QRect(gutter, 0, sight.width, sight.height))
        painter.translate(gutter, 0)
        for number in rows:
            self._painter.paint_row(painter, sight, number, self._selection, self._hits)
        if self.hasFocus():
            self._painter.paint_caret(painter, sight, self._selection)
        painter.resetTransform()
        painter.setClipping(False)
        if self._keyboard and self.hasFocus():
            painter.setPen(QPen(theme().color("accent"), 1))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
        painter.end()
        if sight.reach != reach:
            self._scroll.grow()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._scroll.follow_bars()
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._sight.char_at(event.pos().x() - self._gutter(), event.pos().y())
            self._show_hint(event.globalPos(), place)
            return True
        return bool(super().viewportEvent(event))

    # --- inside -------------------------------------------------------------------------------------------------

    def _gutter(self) -> int:
        """Pixels for line numbers; 0 without them."""
        if not self._numbers or not len(self._lines):
            return 0
        return int(max(len(str(len(self._lines))), 2) * self._setter.cell) + 2 * PAD

    def show_hits(self, find: Callable[[str], Iterator[tuple[int, int]]] | None) -> None:
        """Marks what `find` gives for the text of a line or a part of one; None marks nothing."""
        self._hits = find
        self.viewport().update()

    def make_room(self, height: int) -> None:
        """Leaves room for a bar under the text, in pixels."""
        if height != self._room:
            self._room = height
            self.setViewportMargins(0, 0, 0, height)
            self._fit()

    def _fit(self) -> None:
        """Takes the viewport's size over."""
        size = self.viewport().size()
        self._sight.width = max(size.width() - self._gutter(), 1)
        self._sight.height = size.height()
        self._scroll.fit()
        self.viewport().update()

    def _restyle(self) -> None:
        line = max(self._sight.top - PAD // 2, 0) / self._setter.row
        columns = self._sight.left / self._setter.cell
        self._setter.load()
        self._painter.load()
        self._sight.show(self._lines)
        self._fit()
        top = round(line * self._setter.row) + PAD // 2 if line else 0
        self._scroll.to(top, round(columns * self._setter.cell))

    def _show_hint(self, at: QPoint, place: Place | None) -> None:
        name = self.hidden_name(place) if place is not None else ""
        QToolTip.showText(at, plain_tooltip(name), self.viewport())

    def _in_area(self, at: QPointF) -> QPointF:
        """From the viewport's corner to the text area's."""
        return QPointF(at.x() - self._gutter(), at.y())

    def _set_keyboard(self, on: bool) -> None:
        """Whether the focus came by keys, and is shown by a ring."""
        if on != self._keyboard:
            self._keyboard = on
            self.viewport().update()
