# SPDX-License-Identifier: MIT
"""Bytes in rows that scroll: offset, hexadecimal, characters, and runs of zeros folded. What is current or selected is `byte_area`'s."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QSize, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from mqtt_explorer.payload.hex_rows import FoldedRows, Line, ZeroRuns, least_run
from mqtt_explorer.widgets.byte_area_look import NO_MARKS, ByteLook, Column, Marks
from mqtt_explorer.widgets.theme import theme

#: Bytes that can stand in a row.
WIDTHS: Final = (8, 16, 32)
_SLICE_S: Final = 0.004
_FAR: Final = 4
"""Lines above a place that is gone to."""


class ByteLines(QAbstractScrollArea):
    """Shows bytes, painted line by line, so that 64 MB scroll as smoothly as a page.

    Long runs of zeros are folded into a line each. They are looked for in slices beside the window's work; what is on the screen stays
    where it is when some are found.

    Signals:
        width_changed(int): Another number of bytes stands in a row.
        folds_changed(): Rows were folded or opened.
    """

    width_changed = Signal(int)
    folds_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = b""
        self._rows = FoldedRows()
        self._look = ByteLook()
        self._chosen: int | None = None
        self._top = 0  # offset of the first byte on the screen: the place that stays
        self._sought = range(0)  # bytes that were gone to: their rows are not folded
        self._hover: int | None = None
        self._finder: ZeroRuns | None = None
        self._find_timer = QTimer(self, interval=0)
        self._find_timer.timeout.connect(self._find_on)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.horizontalScrollBar().valueChanged.connect(self.viewport().update)
        theme().changed.connect(self._restyle)

    # --- what is shown ----------------------------------------------------------------------------------------------

    @property
    def data(self) -> bytes:
        """All bytes."""
        return self._data

    @property
    def row_width(self) -> int:
        """Bytes in a row."""
        return self._rows.width

    @property
    def top_offset(self) -> int:
        """Offset of the first byte on the screen."""
        return self._top

    @property
    def lines(self) -> FoldedRows:
        """Which bytes stand on which line; only to be read."""
        return self._rows

    @property
    def folding(self) -> bool:
        """Whether runs of zeros are folded."""
        return self._rows.folding

    @property
    def finding(self) -> bool:
        """True while runs of zeros are still being looked for."""
        return self._finder is not None

    def set_data(self, data: bytes, *, fresh: bool = False) -> None:
        """Shows other bytes; the place stays as far as there are bytes, unless it is `fresh`."""
        self._data = data
        last = max(len(data) - 1, 0)
        self._sought = range(0)
        self._top = min(self._top, last)
        if fresh:
            self._rows.close_all()
            self._top = 0
            self.horizontalScrollBar().setValue(0)
        self._look.digits = max(8, len(f"{last:X}"))
        self._start_rows(self._rows.width)

    def set_chosen_width(self, width: int | None) -> None:
        """Puts so many bytes in a row; None for the most that fit."""
        self._chosen = width
        self._fit_width()

    @property
    def fitting_width(self) -> int:
        """The most bytes in a row that there is room for."""
        # A bar that comes or goes with the width would make it swing.
        room = self.width() - self.verticalScrollBar().sizeHint().width()
        return max((each for each in WIDTHS if self._look.contents_px(each) <= room), default=WIDTHS[0])

    def set_folding(self, on: bool) -> None:
        """Folds runs of zeros, also those that were opened, or nothing."""
        self._rows.set_folding(on)
        self._folds_changed()

    def open_fold(self, offset: int) -> bool:
        """Opens the fold that holds a byte; False where there is none."""
        opened = self._rows.open(offset)
        if opened:
            self._folds_changed()
        return opened

    def rect_of(self, offset: int, column: Column = "hex") -> QRect:
        """Where a byte stands in the viewport."""
        line = self._rows.line_of(offset)
        byte = offset - self._rows.at(line).start if self._rows.at(line).rows == 0 else 0
        left = self._look.x_of(byte, column) - self.horizontalScrollBar().value()
        right = (
            self._look.x_of(byte, column) + self._look.unit_px(column) - self.horizontalScrollBar().value()
        )
        top = self._look.head_px + (line - self.verticalScrollBar().value()) * self._look.row_px
        return QRect(int(left), top, int(right - left), self._look.row_px)

    def reveal(self, offset: int, column: Column = "hex", *, far: bool = False) -> None:
        """Scrolls so that a byte is seen; from `far` away with some lines above it."""
        bar = self.verticalScrollBar()
        line, shown = self._rows.line_of(offset), self._lines_shown()
        if far and not bar.value() <= line < bar.value() + shown:
            bar.setValue(line - min(_FAR, shown // 3))
        elif line < bar.value():
            bar.setValue(line)
        elif line >= bar.value() + shown:
            bar.setValue(line - shown + 1)
        if self.horizontalScrollBar().maximum() and self._rows.at(line).rows == 0:
            across = self.horizontalScrollBar()
            left = int(self._look.x_of(offset - self._rows.at(line).start, column))
            right = left + int(self._look.unit_px(column)) + 6
            if left - 6 < across.value():
                across.setValue(left - 6 if left > self._look.hex_left else 0)
            elif right > across.value() + self.viewport().width():
                across.setValue(right - self.viewport().width())

    def _lines_shown(self) -> int:
        """Whole lines that fit."""
        return max(1, (self.viewport().height() - self._look.head_px) // self._look.row_px)

    def _line_at(self, y: float) -> int:
        """The line at a height of the viewport, also above and below it."""
        return int((y - self._look.head_px) // self._look.row_px) + self.verticalScrollBar().value()

    # --- lines ------------------------------------------------------------------------------------------------------

    def _start_rows(self, width: int) -> None:
        """Lays the bytes out anew; the runs of zeros near the beginning are found at once."""
        changed = width != self._rows.width
        self._rows.restart(len(self._data), width)
        self._look.width = width
        self._finder = ZeroRuns(self._data, least_run(width)) if self._data else None
        self._find_on()
        if self._finder is not None:
            self._find_timer.start()
        if changed:
            self.width_changed.emit(width)

    def _find_on(self) -> None:
        finder = self._finder
        if finder is not None:
            self._rows.add_runs(finder.step(_SLICE_S))
            if self._sought:
                self._rows.open(self._sought.start)
                self._rows.open(self._sought.stop - 1)
            if finder.done:
                self._finder = None
        if self._finder is None:
            self._find_timer.stop()
        self._folds_changed()

    def _folds_changed(self) -> None:
        self._place_bars()
        self.viewport().update()
        self.folds_changed.emit()

    def _place_bars(self) -> None:
        """Gives the bars their ranges and keeps the first byte on the screen where it is."""
        bar, across = self.verticalScrollBar(), self.horizontalScrollBar()
        shown = self._lines_shown()
        top = self._top
        bar.setRange(0, max(0, len(self._rows) - shown))
        bar.setPageStep(shown)
        bar.setValue(self._rows.line_of(top) if self._data else 0)
        self._top = top  # the bar's own rounding to lines does not count
        across.setRange(0, max(0, self._look.contents_px() - self.viewport().width()))
        across.setPageStep(self.viewport().width())
        across.setSingleStep(self._look.row_px)

    def _on_scrolled(self, line: int) -> None:
        if line < len(self._rows):
            self._top = self._rows.at(line).start
        self.viewport().update()

    def _fit_width(self) -> None:
        width = self._chosen or self.fitting_width
        if width != self._rows.width:
            self._start_rows(width)
        else:
            self._place_bars()
        self.viewport().update()

    def _restyle(self) -> None:
        self._look.load()
        self._fit_width()

    # --- painting ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        px = self.viewport().width()
        painter.translate(-self.horizontalScrollBar().value(), 0)
        px += self.horizontalScrollBar().value()
        look, rows = self._look, self._rows
        marks = self._marks()
        line = self.verticalScrollBar().value()
        top = look.head_px
        painter.setClipRect(0, top, px, self.viewport().height() - top)
        while top < self.viewport().height() and line < len(rows):
            each = rows.at(line)
            if each.rows:
                look.paint_fold(painter, top, each, self._words(each), px, marks, hover=line == self._hover)
            else:
                look.paint_bytes(painter, top, each, self._data[each.start : each.stop], marks)
            top += look.row_px
            line += 1
        painter.setClipping(False)
        look.paint_head(painter, px, f"{self.tr('Offset')}\n{self.tr('ASCII')}")
        painter.end()

    def _marks(self) -> Marks:
        """What is marked: nothing here."""
        return NO_MARKS

    def _words(self, line: Line) -> str:
        text = self.tr("{n} zero bytes ({rows} rows) folded")
        return text.format(n=f"{line.stop - line.start:,}", rows=f"{line.rows:,}")

    def sizeHint(self) -> QSize:
        return QSize(self._look.contents_px(16) + 12, self._look.head_px + 16 * self._look.row_px)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self._look.head_px + 4 * self._look.row_px)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_width()
