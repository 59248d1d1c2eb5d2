# SPDX-License-Identifier: MIT
"""Paints lines: grounds of selection and hits, the text, the caret, the numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTextCharFormat, QTextLayout

from mqtt_explorer.widgets.line_layout import Piece, Typesetter, format_range
from mqtt_explorer.widgets.line_sight import PAD, Placed, Sight
from mqtt_explorer.widgets.theme import theme

if TYPE_CHECKING:
    from mqtt_explorer.widgets.line_selection import Selection

_CARET: Final = 1.5
Hits = Callable[[str], Iterable[tuple[int, int]]]


class LinePainter:
    """Paints what is in sight with the colours of the theme."""

    def __init__(self, setter: Typesetter) -> None:
        self._setter = setter
        self.load()

    def load(self) -> None:
        """Takes the theme that stands."""
        look = theme()
        self._text = QPen(look.color("text"))
        self._muted = QPen(look.color("muted"))
        self._selection = look.color("selection")
        self._hit = QColor(look.color("accent"))
        self._hit.setAlphaF(look.tokens.hit_percent / 100)
        self._hit_line = QPen(look.color("accent"), 1.5)
        self._frame = QPen(look.color("accent"), 1)
        self._selected_format = QTextCharFormat()
        self._selected_format.setBackground(self._selection)
        self._hit_format = QTextCharFormat()
        self._hit_format.setBackground(self._hit)

    def paint_row(
        self, painter: QPainter, sight: Sight, number: int, selection: Selection, hits: Hits | None
    ) -> None:
        """Paints one line; the painter's origin is the area's corner."""
        placed = sight.placed(number)
        piece, x = placed
        y = sight.y_of(number)
        over: list[QTextLayout.FormatRange] = []
        if not selection.is_empty:
            self._paint_selected(painter, sight, placed, number, y, selection, over)
        if hits is not None:
            chosen: tuple[int, int] | None = None
            if number == selection.first.line == selection.last.line:
                chosen = (selection.first.column - piece.start, selection.last.column - piece.start)
            for hit in hits(piece.text):
                self._paint_hit(painter, placed, y, hit, over, is_chosen=hit == chosen)
        painter.setPen(self._text)
        clip = QRectF(0, y - self._setter.row / 4, sight.width, self._setter.row * 1.5)
        piece.layout.draw(painter, QPointF(x, y + self._setter.base - piece.ascent), over, clip)

    def paint_caret(self, painter: QPainter, sight: Sight, selection: Selection) -> None:
        """Paints the caret as a thin line."""
        caret = selection.caret
        if caret.line < len(sight.lines):
            x, y = sight.x_of(caret), sight.y_of(caret.line)
            painter.fillRect(QRectF(round(x) - 0.5, y + 1, _CARET, self._setter.row - 2), self._text.color())

    def paint_number(self, painter: QPainter, sight: Sight, number: int, width: int) -> None:
        """Paints the number of a line, right-aligned in a gutter of that width."""
        painter.setPen(self._muted)
        area = QRectF(0, sight.y_of(number), width - PAD, self._setter.row)
        painter.drawText(
            area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{number + 1}"
        )

    def _paint_hit(
        self,
        painter: QPainter,
        placed: Placed,
        y: int,
        hit: tuple[int, int],
        over: list[QTextLayout.FormatRange],
        *,
        is_chosen: bool,
    ) -> None:
        piece, x = placed
        boxes, rest = piece.boxes(*hit)
        over += [_over(piece, *part, self._hit_format) for part in rest]
        row = self._setter.row
        for begin, end in boxes:
            left, right = round(x + begin), round(x + end)
            painter.fillRect(left, y + 1, right - left, row - 2, self._hit)
            painter.setPen(self._hit_line)
            painter.drawLine(QPointF(left, y + row - 1), QPointF(right, y + row - 1))
            if is_chosen:  # the one that is stepped to stands out by a frame
                painter.setPen(self._frame)
                painter.drawRect(left, y, right - left - 1, row - 1)

    def _paint_selected(
        self,
        painter: QPainter,
        sight: Sight,
        placed: Placed,
        number: int,
        y: int,
        selection: Selection,
        over: list[QTextLayout.FormatRange],
    ) -> None:
        first, last = selection.first, selection.last
        if not first.line <= number <= last.line:
            return
        piece, x = placed
        start = max(first.column if number == first.line else 0, piece.start)
        stop = min(last.column if number == last.line else piece.stop, piece.stop)
        row = self._setter.row
        boxes, rest = piece.boxes(start - piece.start, stop - piece.start)
        over += [_over(piece, *part, self._selected_format) for part in rest]
        for begin, end in boxes:
            painter.fillRect(QRectF(x + begin, y, end - begin, row), self._selection)
        # The end of the line is selected too where the selection goes on below.
        if number < last.line and piece.stop >= sight.pieces.length(number):
            painter.fillRect(QRectF(x + piece.width, y, self._setter.cell / 2, row), self._selection)


def _over(piece: Piece, start: int, stop: int, form: QTextCharFormat) -> QTextLayout.FormatRange:
    """A ground that Qt paints: right-to-left text may lie in several places."""
    return format_range(None, piece.unit(start), piece.unit(stop), form)
