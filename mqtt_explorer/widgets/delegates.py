# SPDX-License-Identifier: MIT
"""The delegate that paints the cells of every tree, list and table; the views paint the rows' grounds.

It is the hot spot of a repaint: measured, a 30 x 5 tree must stay below 3 ms. So it draws text at a base
line instead of in a box, keeps elided texts, asks only for the roles its column names, and never asks the style.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QStaticText, QTextLayout
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from mqtt_explorer.models.roles import (
    BADGE_ROLE,
    BAR_ROLE,
    HITS_ROLE,
    ICON_ROLE,
    KIND_ROLE,
    MUTE_ROLE,
    NOTE_ROLE,
    PIN_ROLE,
    SPARK_ROLE,
    STAR_ROLE,
    STRONG_ROLE,
    TRUNCATED_ROLE,
)
from mqtt_explorer.widgets.delegate_spark import SparkPainter
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.text import PAINT_LIMIT, one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import ICON, ROW_LIST

Index = QModelIndex | QPersistentModelIndex
Ask = Callable[[Any, int], Any]
"""The `data` of a model."""
PAD: Final = 6
"""Pixels between a column's edge and its text."""
_FITS_LIMIT: Final = 4096
_DRAWN_LIMIT: Final = 2048
_LONGEST: Final = 400
"""Characters that are looked at: megabytes are no keys."""
_LEAST_TEXT: Final = 48
"""A badge leaves at least so much of the text to be read, in pixels."""
_DISPLAY: Final = int(Qt.ItemDataRole.DisplayRole)
_SMOOTH: Final = QPainter.RenderHint.Antialiasing
_UI, _MONO, _SMALL, _STRONG = range(4)
_MARKS: Final = (
    (PIN_ROLE, "pin", "muted"),
    (TRUNCATED_ROLE, "scissors", "warn"),
    (STAR_ROLE, "star-filled", "muted"),
    (MUTE_ROLE, "mute", "muted"),
)
"""Small pictures at the right end of a cell, from the right."""
_MARK_WIDTH: Final = 18


@dataclass(frozen=True, slots=True)
class Column:
    """How the cells of one column are painted, and which roles they are asked for.

    Attributes:
        mono: fixed font, for what comes from the wire.
        right: right-aligned (numbers, ages).
        small: two pixels smaller, for ages and captions.
        kind: colour of all cells; None asks KIND_ROLE.
        middle: elide in the middle (addresses: the port is what people look for).
        name: ask STRONG_ROLE and NOTE_ROLE.
        marks: ask PIN_ROLE, TRUNCATED_ROLE, STAR_ROLE and MUTE_ROLE.
        hits: ask HITS_ROLE.
        spark: draw SPARK_ROLE instead of text.
        bar: ask BAR_ROLE.
        icon: ask ICON_ROLE.
        badge: ask BADGE_ROLE.
    """

    mono: bool = False
    right: bool = False
    small: bool = False
    kind: str | None = None
    middle: bool = False
    name: bool = False
    marks: bool = False
    hits: bool = False
    spark: bool = False
    bar: bool = False
    icon: bool = False
    badge: bool = False


PLAIN: Final = Column()


class RowDelegate(QStyledItemDelegate):
    """Paints cells by their Column; columns beyond the sequence are plain text."""

    def __init__(
        self, columns: Sequence[Column] = (), row_height: int = ROW_LIST, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._plain = frozenset(n for n, spec in enumerate(self._columns) if _is_plain(spec))
        self._base_height = row_height
        self._fits: dict[tuple[str, int, int], tuple[str, float]] = {}
        self._drawn: dict[tuple[str, int], tuple[QStaticText, float] | None] = {}
        self._sparks = SparkPainter()
        self._load_theme()
        theme().changed.connect(self._load_theme)

    @property
    def row_height(self) -> int:
        """Height of every row in device-independent pixels, at least what the font needs."""
        return self._height

    def column(self, index: int) -> Column:
        """How that column is painted."""
        return self._columns[index] if index < len(self._columns) else PLAIN

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        text = index.data(_DISPLAY)
        spec = self.column(index.column())
        width = 0.0
        if isinstance(text, str):
            width = self._metrics[self._font_of(spec, False)].horizontalAdvance(one_line(text))
        extra = 2 * PAD + (ICON + PAD) * (spec.icon + spec.bar) + 2 * ICON * spec.marks
        return QSize(int(width) + extra + 2, self._height)

    def is_cut(self, index: Index, width: int) -> bool:
        """Whether the text does not fit a cell of that width, in pixels."""
        spec = self.column(index.column())
        text = index.data(_DISPLAY)
        if spec.spark or not isinstance(text, str):
            return False
        room = width - 2 * PAD - (ICON + PAD) * spec.icon - 10 * spec.bar
        if spec.marks:
            room -= _MARK_WIDTH * sum(bool(index.data(role)) for role, _, _ in _MARKS)
        if spec.badge:
            room -= self._badge_room(index.data(BADGE_ROLE), room)
        font = self._font_of(spec, spec.name and bool(index.data(STRONG_ROLE)))
        return self._metrics[font].horizontalAdvance(one_line(text)) > room

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        number = index.column()
        spec = self._columns[number] if number < len(self._columns) else PLAIN
        place: tuple[int, int, int, int] = option.rect.getRect()  # type: ignore[attr-defined, assignment]
        x, y, width, height = place
        left, right = x + PAD, x + width - PAD
        ask = index.model().data  # not index.data: with a model of ours nothing becomes a QVariant on the way
        if number in self._plain:
            text = ask(index, _DISPLAY)
            if text is not None and right > left:
                pen = self._pens.get(spec.kind or ask(index, KIND_ROLE) or "text", self._text_pen)
                font = self._font_of(spec, False)
                fitted, advance = self._fit(str(text), right - left, font, spec.middle)
                painter.setPen(pen)
                self._draw(painter, fitted, int(right - advance) if spec.right else left, y, height, font)
            return
        if spec.spark:
            self._sparks.paint(painter, ask(index, SPARK_ROLE), left, y, right - left, height)
            return
        if spec.bar:
            left = self._paint_bar(painter, ask(index, BAR_ROLE), left, y, height)
        if spec.icon:
            left = self._paint_icon(painter, ask(index, ICON_ROLE), left, y, height)
        if spec.marks:
            right = self._paint_marks(painter, ask, index, right, y, height)
        text = ask(index, _DISPLAY)
        if text is None or right <= left:
            return
        if text.__class__ is not str:
            text = str(text)
        strong = spec.name and bool(ask(index, STRONG_ROLE))
        font = self._font_of(spec, strong)
        badge = ask(index, BADGE_ROLE) if spec.badge else None
        taken = self._badge_room(badge, right - left)
        fitted, advance = self._fit(text, right - left - taken, font, spec.middle)
        at = right - advance if spec.right else left
        pen = self._pens.get(spec.kind or ask(index, KIND_ROLE) or "text", self._text_pen)
        hits = ask(index, HITS_ROLE) if spec.hits else None
        if hits:
            self._paint_hits(painter, text, fitted, hits, at, y, height, font)
        painter.setPen(pen)
        self._draw(painter, fitted, int(at), y, height, font)
        if spec.name:
            note = ask(index, NOTE_ROLE)
            if note:
                self._paint_note(painter, note, at + advance + 8, right, y, height)
        if taken and badge:
            self._paint_badge(painter, badge, at + advance + 6, y, height)

    def _draw(self, painter: QPainter, text: str, left: int, y: int, height: int, font: int) -> None:
        """Draws what fits. From the second time on as a laid out text, which costs half; most rows are painted several times."""
        painter.setFont(self._fonts[font])
        base = y + (height + self._base[font]) // 2
        key = (text, font)
        drawn = self._drawn.get(key)
        if drawn is not None:
            laid_out, ascent = drawn
            painter.drawStaticText(QPointF(left, base - ascent), laid_out)
            return
        if key in self._drawn:
            self._drawn[key] = _laid_out(text, self._fonts[font])
        else:
            if len(self._drawn) >= _DRAWN_LIMIT:
                self._drawn.clear()
            self._drawn[key] = None
        painter.drawText(left, base, text)

    def helpEvent(self, event: object, view: object, option: QStyleOptionViewItem, index: Index) -> bool:
        """No tooltip of Qt's own: it would read text from the wire as markup. Views show theirs."""
        return False

    def _load_theme(self) -> None:
        look = theme()
        self._fonts: list[QFont] = [
            look.ui_font(),
            look.mono_font(),
            look.small_font(),
            look.ui_font(semibold=True),
        ]
        self._metrics = [QFontMetricsF(font) for font in self._fonts]
        # Cap height centres text better than ascent and descent do.
        self._base = [round(metrics.capHeight()) for metrics in self._metrics]
        self._height = max(self._base_height, round(max(m.height() for m in self._metrics)) + 6)
        names = ("text", "muted", "accent", "ok", "warn", "error", "number", "string", "key")
        self._pens = {name: QPen(look.color(name)) for name in names}
        self._text_pen = self._pens["text"]
        tokens = look.tokens
        self._hit_fill = QColor(tokens.accent)
        self._hit_fill.setAlphaF(tokens.hit_percent / 100)
        self._hit_line = QPen(look.color("accent"), 1.5)
        self._badges = {
            "warn": QColor(tokens.tint_warn),
            "error": QColor(tokens.tint_error),
            "ok": QColor(tokens.tint_ok),
        }
        self._raised = look.color("raised")
        self._fits.clear()
        self._drawn.clear()
        self._sparks.set_color(look.series(0))

    @staticmethod
    def _font_of(spec: Column, strong: bool) -> int:
        if strong:
            return _STRONG
        if spec.mono:
            return _MONO
        return _SMALL if spec.small else _UI

    def _fit(self, text: str, width: int, font: int, middle: bool) -> tuple[str, float]:
        """`text` made safe and elided to `width`, and its advance; remembered."""
        if len(text) > _LONGEST:
            text = text[:_LONGEST]
        key = (text, width, font)
        found = self._fits.get(key)
        if found is None:
            metrics = self._metrics[font]
            fitted = one_line(text)
            advance = metrics.horizontalAdvance(fitted)
            if advance > width:
                mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
                fitted = metrics.elidedText(fitted, mode, width)
                advance = metrics.horizontalAdvance(fitted)
            if len(self._fits) >= _FITS_LIMIT:
                self._fits.clear()
            found = self._fits[key] = (fitted, advance)
        return found

    def _paint_note(self, painter: QPainter, note: str, left: float, right: int, y: int, height: int) -> None:
        if right - left < 24:
            return
        fitted, _ = self._fit(note, int(right - left), _SMALL, False)
        painter.setPen(self._pens["muted"])
        self._draw(painter, fitted, int(left), y, height, _SMALL)

    def _badge_room(self, badge: str | None, width: int) -> int:
        """What a badge takes from a text of that width; nothing where too little of the text would be left."""
        if not badge:
            return 0
        word = badge.partition(":")[2]
        room = int(self._fit(word, 200, _SMALL, False)[1]) + 16 if word else 0
        return room if width - room >= _LEAST_TEXT else 0

    def _paint_badge(self, painter: QPainter, badge: str, left: float, y: int, height: int) -> None:
        kind, _, word = badge.partition(":")
        fitted, advance = self._fit(word, 200, _SMALL, False)
        painter.setRenderHint(_SMOOTH)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._badges.get(kind, self._raised))
        painter.drawRoundedRect(QRect(int(left), y + (height - 18) // 2, int(advance) + 10, 18), 4, 4)
        painter.setRenderHint(_SMOOTH, False)
        painter.setPen(self._pens.get(kind, self._pens["muted"]))
        self._draw(painter, fitted, int(left) + 5, y, height, _SMALL)

    def _paint_hits(
        self,
        painter: QPainter,
        text: str,
        fitted: str,
        hits: Sequence[tuple[int, int]],
        left: float,
        y: int,
        height: int,
        font: int,
    ) -> None:
        shown, place = _as_shown(text)
        # Never past the place where the text was elided.
        whole = len(fitted) - 1 if fitted.endswith("…") else len(fitted)
        if not shown.startswith(fitted[:whole]):
            return  # elided in the middle: what stands where is not known
        metrics = self._metrics[font]
        for start, length in hits:
            begin, end = place(start), min(place(start + length), whole)
            if begin >= end:
                continue
            at = left + metrics.horizontalAdvance(fitted[:begin])
            wide = metrics.horizontalAdvance(fitted[:end]) - metrics.horizontalAdvance(fitted[:begin])
            box = QRect(round(at), y + (height - 18) // 2, round(wide), 18)
            painter.fillRect(box, self._hit_fill)
            painter.setPen(self._hit_line)
            painter.drawLine(QPointF(box.left(), box.bottom()), QPointF(box.right() + 1, box.bottom()))

    def _paint_marks(self, painter: QPainter, ask: Ask, index: Index, right: int, y: int, height: int) -> int:
        top = y + (height - 14) // 2
        for role, name, token in _MARKS:
            if ask(index, role):
                ratio = painter.device().devicePixelRatioF()
                painter.drawPixmap(right - 14, top, pixmap(name, token, 14, ratio))
                right -= _MARK_WIDTH
        return right

    @staticmethod
    def _paint_icon(painter: QPainter, name: str | None, left: int, y: int, height: int) -> int:
        if name:
            name, _, token = name.partition(":")
            ratio = painter.device().devicePixelRatioF()
            painter.drawPixmap(left, y + (height - ICON) // 2, pixmap(name, token or "muted", ICON, ratio))
        return left + ICON + 6

    @staticmethod
    def _paint_bar(painter: QPainter, series: int | None, left: int, y: int, height: int) -> int:
        if series is not None and series >= 0:
            painter.fillRect(QRect(left, y + (height - 14) // 2, 4, 14), theme().series(series))
        return left + 4 + 6


def _is_plain(spec: Column) -> bool:
    """Whether a column has nothing but texts and their colours: most of a table."""
    return not any((spec.name, spec.marks, spec.hits, spec.spark, spec.bar, spec.icon, spec.badge))


def _laid_out(text: str, font: QFont) -> tuple[QStaticText, float]:
    """A text that is drawn again and again, and how far its base line is below its top."""
    made = QStaticText(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    made.prepare(font=font)
    # Not the font's own ascent: a character that another font has to lend may stand higher.
    layout = QTextLayout(text, font)
    layout.beginLayout()
    line = layout.createLine()
    layout.endLayout()
    return made, line.ascent()


def _as_shown(text: str) -> tuple[str, Callable[[int], int]]:
    """The text as it is painted, and where a character of it stands there: what is invisible is spelled out."""
    shown = one_line(text[:_LONGEST])
    if text.isascii() and text.isprintable():
        return shown, int
    return shown, lambda at: len(one_line(text[: min(at, PAINT_LIMIT)]))
