# SPDX-License-Identifier: MIT
"""A row of colours to choose from. Left and Right move, Tab enters and leaves."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import CONTROL

_STEP = 26
_DOT = 12


class Swatches(QWidget):
    """The neutral colour first, then the data colours.

    Signals:
        changed(): The user chose another one.
    """

    changed = Signal()

    def __init__(self, count: int, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = count
        self._name = name
        self._index: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize((count + 1) * _STEP, CONTROL)
        self.setToolTip(self.tr("The dot in lists and tabs; Left and Right choose"))
        theme().changed.connect(self.update)
        self.set_index(None)

    @property
    def index(self) -> int | None:
        """The chosen data colour; None is the neutral one."""
        return self._index

    def set_index(self, index: int | None) -> None:
        """Shows a choice."""
        self._index = index
        said = self.tr("neutral") if index is None else self.tr("number {n}").format(n=index + 1)
        self.setAccessibleName(f"{self._name}: {said}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize((self._count + 1) * _STEP, CONTROL)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place in range(self._count + 1):
            centre = QPointF(place * _STEP + _STEP / 2, self.height() / 2)
            colour = look.color("muted") if place == 0 else QColor(look.series(place - 1))
            if place == self._place:
                ring = "accent" if self.hasFocus() else "text"
                painter.setPen(QPen(look.color(ring), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(centre, _DOT / 2 + 4, _DOT / 2 + 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(QRectF(centre.x() - _DOT / 2, centre.y() - _DOT / 2, _DOT, _DOT))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(int(event.position().x() // _STEP))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step:
            self._choose(self._place + step)
        else:
            super().keyPressEvent(event)

    @property
    def _place(self) -> int:
        return 0 if self._index is None else self._index + 1

    def _choose(self, place: int) -> None:
        if 0 <= place <= self._count and place != self._place:
            self.set_index(None if place == 0 else place - 1)
            self.changed.emit()
