# SPDX-License-Identifier: MIT
"""The small line of a cell: the last numbers of a topic, without axes or figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

SPARK_WIDTH: Final = 48
"""A line is never wider, in device-independent pixels."""
_LEAST: Final = 12
_REMEMBERED: Final = 256
_MARGIN: Final = 6
"""Pixels above and below it."""

_Key = tuple[tuple[float, ...], int, int, float]


class SparkPainter:
    """Paints lines and remembers them as pictures.

    Drawing one smoothly takes 70 to 100 us, the picture of it 1 us, and a row is painted several times for each of its messages
    (glow, age, hover). The pictures used longest ago make room, so that rows that change all the time do not take those of quiet ones.
    """

    def __init__(self) -> None:
        self._pictures: dict[_Key, QPixmap] = {}
        self._color = QColor()

    def set_color(self, color: QColor) -> None:
        """Of all lines from now on."""
        self._color = QColor(color)
        self._pictures.clear()

    def paint(
        self, painter: QPainter, values: Sequence[float] | None, left: int, y: int, width: int, height: int
    ) -> None:
        """Paints values between 0 and 1 at the right end of a cell; nothing for fewer than two, or in too little room."""
        if not values or len(values) < 2 or width < _LEAST:
            return
        wide, ratio = min(width, SPARK_WIDTH), painter.device().devicePixelRatioF()
        key = (tuple(values), wide, height, ratio)
        picture = self._pictures.pop(key, None)
        if picture is None:
            if len(self._pictures) >= _REMEMBERED:
                del self._pictures[next(iter(self._pictures))]
            picture = self._draw(values, wide, height, ratio)
        self._pictures[key] = picture  # now the one used last
        painter.drawPixmap(left + width - wide, y, picture)

    def _draw(self, values: Sequence[float], width: int, height: int, ratio: float) -> QPixmap:
        picture = QPixmap(round(width * ratio), round(height * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        step = (width - 2) / (len(values) - 1)
        tall = height - 2 * _MARGIN
        # On half pixels a level line fills one row of pixels and not two half ones.
        top, half = _MARGIN * ratio, 0.5 / ratio
        points = [
            QPointF(1 + n * step, (round(top + (1 - value) * tall * ratio)) / ratio + half)
            for n, value in enumerate(values)
        ]
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._color, 1.0 if ratio < 1.5 else 1.25))
        painter.drawPolyline(QPolygonF(points))
        painter.end()
        return picture
