# SPDX-License-Identifier: MIT
"""Heads whose borders are seen and easily taken, and a drag that misses one is no click."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QEnterEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from mqtt_explorer.widgets.theme import theme

_GRIP: Final = 6
"""So near to a border, in pixels, the mouse takes it."""
_STILL: Final = 4
"""A mouse that moved further between press and release meant a border and no head."""
_INSET: Final = 5


class GripHeader(QHeaderView):
    """A horizontal header of columns whose borders can be dragged, all but the last."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._pressed: QPoint | None = None
        self._snap = 0
        self._moved = False
        self.setMouseTracking(True)

    @property
    def was_moved(self) -> bool:
        """Whether the mouse moved since it was pressed: then it is no click."""
        return self._moved

    def paint_border(self, painter: QPainter, rect: QRect) -> None:
        """The border at the right end of a head, while the mouse is over the header."""
        if self.underMouse() and rect.right() + 1 in self._borders():
            height = rect.height() - 2 * _INSET
            painter.fillRect(rect.right(), rect.y() + _INSET, 1, height, theme().color("line_strong"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Near a border it takes that one."""
        self._pressed, self._moved = event.position().toPoint(), False
        self._snap = self._to_border(self._pressed.x())
        super().mousePressEvent(self._snapped(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows where a border can be taken, and goes on with one that is."""
        place = event.position().toPoint()
        if not event.buttons():
            self._snap = self._to_border(place.x())
        elif self._pressed is not None and (place - self._pressed).manhattanLength() > _STILL:
            self._moved = True
        super().mouseMoveEvent(self._snapped(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second of two quick clicks."""
        self._pressed, self._moved, self._snap = event.position().toPoint(), False, 0
        super().mouseDoubleClickEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The border is where it shall be."""
        super().mouseReleaseEvent(self._snapped(event))
        self._pressed, self._snap = None, 0

    def enterEvent(self, event: QEnterEvent) -> None:
        """The borders show."""
        super().enterEvent(event)
        self.viewport().update()

    def leaveEvent(self, event: QEvent) -> None:
        """The borders go."""
        super().leaveEvent(event)
        self.viewport().update()

    def _borders(self) -> list[int]:
        """Where borders are that can be moved: all but the last."""
        shown = [section for section in range(self.count()) if not self.isSectionHidden(section)]
        return [self.sectionViewportPosition(section) + self.sectionSize(section) for section in shown[:-1]]

    def _to_border(self, x: int) -> int:
        """How far a border is that the mouse means; 0 where it means none."""
        near = min((border - x for border in self._borders()), key=abs, default=_GRIP + 1)
        return near if abs(near) <= _GRIP else 0

    def _snapped(self, event: QMouseEvent) -> QMouseEvent:
        """The event as if the mouse were on the border it means."""
        if not self._snap:
            return event
        moved = QPointF(self._snap, 0)
        return QMouseEvent(
            event.type(),
            event.position() + moved,
            event.globalPosition() + moved,
            event.button(),
            event.buttons(),
            event.modifiers(),
        )
