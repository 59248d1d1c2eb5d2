# SPDX-License-Identifier: MIT
"""Paints the values of properties: in several lines where one is too short for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QTextLayout, QTextOption

from mqtt_explorer.models.property_model import VALUE
from mqtt_explorer.models.roles import BADGE_ROLE, KIND_ROLE
from mqtt_explorer.widgets.delegates import PAD, Column, Index, RowDelegate
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import ROW_TABLE

if TYPE_CHECKING:
    from PySide6.QtCore import QObject
    from PySide6.QtWidgets import QStyleOptionViewItem

_COLUMNS: Final = (Column(name=True), Column(mono=True, badge=True))
#: Lines of a value; what is longer still is cut, and its tooltip has more of it.
_MOST_LINES: Final = 4
#: Values of which the lines are kept.
_KEPT: Final = 512


class PropertyDelegate(RowDelegate):
    """The row delegate with values that wrap."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, ROW_TABLE, parent)
        self._wrapped: dict[tuple[str, int, int], tuple[str, ...]] = {}

    def height(self, index: Index, width: int) -> int:
        """What a row takes whose value is painted in that many pixels."""
        return self.row_height + (len(self.lines(index, width)) - 1) * self._line

    def name_width(self, index: Index) -> int:
        """What a name takes, in pixels."""
        text = one_line(str(index.data(Qt.ItemDataRole.DisplayRole)))
        return round(self._metrics[0].horizontalAdvance(text)) + 2 * PAD + 1

    def lines(self, index: Index, width: int) -> tuple[str, ...]:
        """A value as it is painted; an empty one at the end is the place of its badge."""
        room = max(1, width - 2 * PAD)
        badge = self._badge_room(index.data(BADGE_ROLE), room)
        text = one_line(str(index.data(Qt.ItemDataRole.DisplayRole)))
        found = self._wrapped.get((text, room, badge))
        if found is None:
            if len(self._wrapped) >= _KEPT:
                self._wrapped.clear()
            found = self._wrap(text, room)
            if badge and self._metrics[1].horizontalAdvance(found[-1]) + badge > room:
                found = (*found, "")
            self._wrapped[text, room, badge] = found
        return found

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paints a cell: a name beside the first line of its value."""
        whole: QRect = option.rect  # type: ignore[attr-defined]
        lines = self.lines(index, whole.width()) if index.column() == VALUE else ()
        if len(lines) > 1:
            self._paint_lines(painter, whole, index, lines)
            return
        option.rect = QRect(whole.x(), whole.y(), whole.width(), min(whole.height(), self.row_height))  # type: ignore[attr-defined]
        super().paint(painter, option, index)

    def _paint_lines(self, painter: QPainter, whole: QRect, index: Index, lines: tuple[str, ...]) -> None:
        pen = self._pens.get(index.data(KIND_ROLE), self._text_pen)
        left, top = whole.x() + PAD, whole.y()
        for line in lines:
            painter.setPen(pen)
            self._draw(painter, line, left, top, self.row_height, 1)
            top += self._line
        badge = index.data(BADGE_ROLE)
        if badge and self._badge_room(badge, whole.width() - 2 * PAD):
            at = left + (self._metrics[1].horizontalAdvance(lines[-1]) + PAD if lines[-1] else 0.0)
            self._paint_badge(painter, badge, at, top - self._line, self.row_height)

    def _wrap(self, text: str, room: int) -> tuple[str, ...]:
        metrics = self._metrics[1]
        if metrics.horizontalAdvance(text) <= room:
            return (text,)
        layout = QTextLayout(text, self._fonts[1])
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        lines: list[str] = []
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(room)
            begin = line.textStart()
            if len(lines) == _MOST_LINES - 1:
                rest = text[begin:]
                lines.append(metrics.elidedText(rest, Qt.TextElideMode.ElideRight, room))
                break
            lines.append(text[begin : begin + line.textLength()].rstrip(" "))
        layout.endLayout()
        return tuple(lines)

    def _load_theme(self) -> None:
        super()._load_theme()
        self._wrapped = {}
        self._line = round(QFontMetricsF(theme().mono_font()).height()) + 1
