# SPDX-License-Identifier: MIT
"""Where offsets, bytes and characters of a byte area stand, and how one line of them is painted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from mqtt_explorer.widgets.theme import theme

if TYPE_CHECKING:
    from mqtt_explorer.payload.hex_rows import Line

Column = Literal["hex", "text"]

ROW: Final = 22
GROUP: Final = 8
"""Bytes with a wider gap behind them."""
_PAD: Final = 6
_HEAD: Final = 26
_OFFSET_GAP: Final = 26
_TEXT_GAP: Final = 24
_HEX: Final = tuple(f"{byte:02X}" for byte in range(256))
_LOUD: Final = ("  ", *_HEX[1:])
_QUIET: Final = ("00", *("  " for _ in range(255)))
_PRINTABLE: Final = tuple(chr(byte) if 0x20 <= byte < 0x7F else " " for byte in range(256))
_DOTS: Final = tuple(" " if 0x20 <= byte < 0x7F else "·" for byte in range(256))


class Spot(NamedTuple):
    """What lies under a point: a byte of the row, counted from 0, and in which column."""

    byte: int
    column: Column


class Marks(NamedTuple):
    """What is marked: the selected bytes, the current byte with its column, and whether the keyboard is here."""

    selection: range
    cursor: int
    column: Column
    focus: bool


NO_MARKS: Final = Marks(range(0), -1, "hex", False)


class ByteLook:
    """Measures for a number of bytes in a row, in pixels of the contents, and the painting of lines.

    The fixed font makes every column a multiple of one width, which is a fraction of a pixel off at most.
    """

    def __init__(self, width: int = 16, digits: int = 8) -> None:
        self.width = width
        self.digits = digits
        self.load()

    def load(self) -> None:
        """Takes fonts and measures from the theme."""
        self._mono = theme().mono_font()
        self._caption = theme().ui_font(max(theme().ui_px - 1, 9))
        metrics = QFontMetricsF(self._mono)
        self._char = metrics.horizontalAdvance("0" * 64) / 64
        self.row_px = max(ROW, round(metrics.height()) + 5)
        self.head_px = max(_HEAD, self.row_px + 4)
        self._base = (self.row_px - metrics.height()) / 2 + metrics.ascent()

    @property
    def hex_left(self) -> float:
        """Where the first byte begins."""
        return _PAD + self.digits * self._char + _OFFSET_GAP

    @property
    def text_left(self) -> float:
        """Where the first character begins."""
        return self.hex_left + self._hex_chars(self.width) * self._char + _TEXT_GAP

    def contents_px(self, width: int | None = None) -> int:
        """How wide a row of so many bytes is."""
        width = width or self.width
        chars = self.digits + self._hex_chars(width) + width
        return round(chars * self._char) + 2 * _PAD + _OFFSET_GAP + _TEXT_GAP

    def x_of(self, byte: int, column: Column) -> float:
        """Where a byte of the row begins."""
        if column == "text":
            return self.text_left + byte * self._char
        return self.hex_left + (3 * byte + byte // GROUP) * self._char

    def unit_px(self, column: Column) -> float:
        """How wide a byte is there."""
        return (2 if column == "hex" else 1) * self._char

    def spot_at(self, x: float) -> Spot:
        """The byte nearest to a place in a row; offsets count as the first byte."""
        middle = self.text_left - _TEXT_GAP / 2
        last = self.width - 1
        if x >= middle:
            return Spot(max(0, min(int((x - self.text_left) // self._char), last)), "text")
        # Half of the space before a byte is its own.
        place = (x - self.hex_left) / self._char + 0.5
        group, rest = divmod(place, 3 * GROUP + 1)
        return Spot(max(0, min(int(group) * GROUP + min(int(rest // 3), GROUP - 1), last)), "hex")

    def paint_head(self, painter: QPainter, px: int, words: str) -> None:
        """The column heads: offsets within a row. `px` is the width to fill, `words` the heads of the outer columns, one a line."""
        offset, text = words.split("\n")
        painter.setFont(self._mono)
        painter.setPen(theme().color("muted"))
        y = (self.head_px - self.row_px) / 2 + self._base
        painter.drawText(QPointF(_PAD, y), offset)
        painter.drawText(QPointF(self.hex_left, y), _spaced(_HEX[: self.width]))
        painter.drawText(QPointF(self.text_left, y), text)
        painter.fillRect(QRectF(0, self.head_px - 1, px, 1), theme().color("line"))

    def paint_bytes(self, painter: QPainter, top: float, line: Line, data: bytes, marks: Marks) -> None:
        """One row of bytes."""
        self._paint_ground(painter, top, line, marks)
        look, y = theme(), top + self._base
        painter.setFont(self._mono)
        painter.setPen(look.color("muted"))
        painter.drawText(QPointF(_PAD, y), f"{line.start:0{self.digits}X}")
        if 0 in data:
            painter.drawText(QPointF(self.hex_left, y), _spaced([_QUIET[byte] for byte in data]))
        painter.drawText(QPointF(self.text_left, y), "".join([_DOTS[byte] for byte in data]))
        painter.setPen(look.color("text"))
        painter.drawText(QPointF(self.hex_left, y), _spaced([_LOUD[byte] for byte in data]))
        painter.setPen(look.color("string"))
        painter.drawText(QPointF(self.text_left, y), "".join([_PRINTABLE[byte] for byte in data]))
        if line.start <= marks.cursor < line.stop:
            self._paint_cursor(painter, top, marks.cursor - line.start, marks)

    def paint_fold(
        self, painter: QPainter, top: float, line: Line, words: str, px: int, marks: Marks, *, hover: bool
    ) -> None:
        """A line of folded rows; `px` is the width to fill."""
        look = theme()
        chosen = (
            len(marks.selection) > 1
            and marks.selection.start < line.stop
            and line.start < marks.selection.stop
        )
        ground = QRectF(0, top, px, self.row_px)
        if chosen or hover:
            painter.fillRect(ground, look.color("selection" if chosen else "hover"))
        painter.setFont(self._mono)
        painter.setPen(look.color("muted"))
        y = top + self._base
        painter.drawText(QPointF(self.hex_left, y), "···")
        painter.setFont(self._caption)
        metrics = QFontMetricsF(self._caption)
        base = top + (self.row_px - metrics.height()) / 2 + metrics.ascent()
        left = self.hex_left + 4 * self._char
        painter.drawText(QPointF(left, base), words)
        if line.start <= marks.cursor < line.stop and marks.focus:
            painter.setPen(QPen(look.color("accent"), 1))
            wide = 4 * self._char + metrics.horizontalAdvance(words)
            painter.drawRect(QRectF(round(self.hex_left) - 4.5, top + 1.5, round(wide) + 9, self.row_px - 4))

    def _paint_ground(self, painter: QPainter, top: float, line: Line, marks: Marks) -> None:
        chosen = marks.selection
        first, last = max(chosen.start, line.start) - line.start, min(chosen.stop, line.stop) - line.start - 1
        if len(chosen) < 2 or last < first:
            return
        color = theme().color("selection")
        for column in ("hex", "text"):
            left = self.x_of(first, column)
            right = self.x_of(last, column) + self.unit_px(column)
            pad = 2 if column == "hex" else 0
            painter.fillRect(QRectF(left - pad, top, right - left + 2 * pad, self.row_px), color)

    def _paint_cursor(self, painter: QPainter, top: float, byte: int, marks: Marks) -> None:
        """A frame around the current byte, and a line under it in the other column."""
        look = theme()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for column in ("hex", "text"):
            left = round(self.x_of(byte, column))
            wide = round(self.unit_px(column))
            color = look.color("accent" if marks.focus else "faint")
            painter.setPen(QPen(color, 1))
            if column == marks.column:
                painter.drawRect(QRectF(left - 2.5, top + 1.5, wide + 4, self.row_px - 4))
            else:
                painter.fillRect(QRectF(left - 1, top + self.row_px - 3, wide + 2, 1), color)

    @staticmethod
    def _hex_chars(width: int) -> int:
        return 3 * width - 1 + (width - 1) // GROUP


def _spaced(pairs: list[str] | tuple[str, ...]) -> str:
    """Bytes with a space between, and one more between groups."""
    return "  ".join(" ".join(pairs[start : start + GROUP]) for start in range(0, len(pairs), GROUP))
