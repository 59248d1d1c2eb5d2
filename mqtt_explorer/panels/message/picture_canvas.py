# SPDX-License-Identifier: MIT
"""Where a picture is painted: fitted or at a scale, dragged with the mouse or moved with the keys."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP_M, mix

_LEAST: Final = 1 / 64
_MOST: Final = 32.0
_STEP: Final = 1.25
#: One notch of a wheel, in eighths of a degree.
_NOTCH: Final = 120
_CELL: Final = 8


class PictureCanvas(QAbstractScrollArea):
    """Shows one picture; transparent parts over a checkerboard, rows that are missing as missing.

    Keys: + and − zoom, 0 fits, 1 is one pixel a pixel, arrows move. Ctrl and the wheel zoom around the mouse.

    Signals:
        scale_changed(): `scale` is another one, or `is_fitted`.
    """

    scale_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixmap = QPixmap()
        self._size = QSize()
        self._kept = 1.0
        self._scale: float | None = None
        self._drag: QPoint | None = None
        self._board = QPixmap()
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Picture"))
        self.viewport().setAutoFillBackground(False)
        theme().changed.connect(self._restyle)
        self._restyle()

    @property
    def scale(self) -> float:
        """Screen pixels for one of the image, in device-independent pixels."""
        return self._scale if self._scale is not None else self._fitting()

    @property
    def is_fitted(self) -> bool:
        """Whether the scale follows the room."""
        return self._scale is None

    def show_image(self, image: QImage, size: QSize, kept: float = 1.0) -> None:
        """Shows a picture.

        Args:
            image: Its pixels, perhaps made smaller.
            size: How large it really is.
            kept: Which share of its rows is there, from the top.
        """
        self._pixmap = QPixmap.fromImage(image)
        self._kept = kept
        if size != self._size:  # the frames of a camera are looked at where one was looking
            self._size = size
            self._scale = None
            self._fit_bars()
            self.scale_changed.emit()
        self.viewport().update()

    def clear(self) -> None:
        """Shows nothing, and frees the picture."""
        self._pixmap = QPixmap()
        self._size = QSize()
        self._scale = None
        self._fit_bars()
        self.viewport().update()

    def set_scale(self, scale: float | None, around: QPoint | None = None) -> None:
        """Shows it at a scale; None fits it. What lies `around` (in the viewport; its middle) stays there."""
        if scale is not None:
            scale = min(_MOST, max(_LEAST, scale))
        point = around if around is not None else self.viewport().rect().center()
        before = self._target()
        share_x = (point.x() - before.x()) / max(1.0, before.width())
        share_y = (point.y() - before.y()) / max(1.0, before.height())
        self._scale = scale
        self._fit_bars()
        width, height = self._shown()
        self.horizontalScrollBar().setValue(round(share_x * width - point.x()))
        self.verticalScrollBar().setValue(round(share_y * height - point.y()))
        self.viewport().update()
        self.scale_changed.emit()

    def zoom(self, steps: float, around: QPoint | None = None) -> None:
        """Makes it larger, or smaller with negative steps."""
        if not self._pixmap.isNull():
            self.set_scale(self.scale * _STEP**steps, around)

    def _fitting(self) -> float:
        if self._size.isEmpty():
            return 1.0
        room = self.maximumViewportSize()
        return min(1.0, room.width() / self._size.width(), room.height() / self._size.height())

    def _shown(self) -> tuple[float, float]:
        return self._size.width() * self.scale, self._size.height() * self.scale

    def _target(self) -> QRectF:
        """Where the picture lies in the viewport; in the middle of room that is left over."""
        width, height = self._shown()
        room = self.viewport().size()
        x = (room.width() - width) / 2 if width <= room.width() else -self.horizontalScrollBar().value()
        y = (room.height() - height) / 2 if height <= room.height() else -self.verticalScrollBar().value()
        return QRectF(round(x), round(y), width, height)

    def _fit_bars(self) -> None:
        width, height = self._shown() if not self.is_fitted and not self._size.isEmpty() else (0.0, 0.0)
        room = self.viewport().size()
        for bar, all_of_it, page in (
            (self.horizontalScrollBar(), width, room.width()),
            (self.verticalScrollBar(), height, room.height()),
        ):
            bar.setRange(0, max(0, round(all_of_it) - page))
            bar.setPageStep(page)
            bar.setSingleStep(_CELL * 3)

    def _restyle(self) -> None:
        tokens = theme().tokens
        board = QPixmap(2 * _CELL, 2 * _CELL)
        board.fill(QColor(tokens.raised))
        painter = QPainter(board)
        other = QColor(mix(tokens.raised, tokens.muted, 0.22))
        painter.fillRect(0, 0, _CELL, _CELL, other)
        painter.fillRect(_CELL, _CELL, _CELL, _CELL, other)
        painter.end()
        self._board = board
        self.viewport().update()

    # --- Qt -----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        if not self._pixmap.isNull():
            target = self._target()
            kept = QRectF(target.x(), target.y(), target.width(), target.height() * self._kept)
            painter.save()
            painter.setClipRect(kept)
            painter.setBrushOrigin(target.topLeft())
            painter.fillRect(kept, QBrush(self._board))
            smooth = target.width() < self._pixmap.width() * 2  # enlarged, one looks at pixels
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawPixmap(target, self._pixmap, QRectF(self._pixmap.rect()))
            painter.restore()
            if self._kept < 1:
                self._paint_missing(painter, QRectF(kept.bottomLeft(), target.bottomRight()))
        if self.hasFocus():
            painter.setPen(QPen(theme().color("accent"), 1))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_missing(self, painter: QPainter, rest: QRectF) -> None:
        painter.fillRect(rest, theme().color("raised"))
        painter.fillRect(rest, QBrush(theme().color("line"), Qt.BrushStyle.BDiagPattern))
        painter.setPen(QPen(theme().color("warn"), 1))
        painter.drawLine(rest.topLeft(), rest.topRight())
        font = theme().ui_font()
        painter.setFont(font)
        text = self.tr("not kept")
        needed = painter.fontMetrics().boundingRect(text).adjusted(-GAP_M, -4, GAP_M, 4)
        if rest.height() > needed.height() and rest.width() > needed.width():
            painter.setPen(theme().color("muted"))
            painter.drawText(rest, Qt.AlignmentFlag.AlignCenter, text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_bars()
        if self.is_fitted:
            self.scale_changed.emit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        del dx, dy
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(event.angleDelta().y() / _NOTCH, event.position().toPoint())
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier):
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1)
        elif key == Qt.Key.Key_Minus:
            self.zoom(-1)
        elif key == Qt.Key.Key_0:
            self.set_scale(None)
        elif key == Qt.Key.Key_1:
            self.set_scale(1.0)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            moved = event.position().toPoint() - self._drag
            self._drag = event.position().toPoint()
            self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - moved.x())
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() - moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        del event
        self._drag = None
