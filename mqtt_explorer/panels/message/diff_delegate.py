# SPDX-License-Identifier: MIT
"""Paints the cells of a comparison: values cut around what changed in them, the change marked, what is gone struck through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionViewItem

from mqtt_explorer.models.diff_model import CHANGE, KEY, PIECE_ROLE, SIGN, SIGN_ROLE, TONES, A, B
from mqtt_explorer.models.roles import KIND_ROLE
from mqtt_explorer.payload.diff_rows import CHANGED, GONE, Piece
from mqtt_explorer.widgets.delegates import PAD, Column, Index, RowDelegate
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import ROW_TABLE

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

COLUMNS: Final = (
    Column(mono=True),
    Column(mono=True, middle=True),
    Column(mono=True),
    Column(mono=True),
    Column(mono=True, right=True, kind="muted"),
)
_MONO: Final = 1
_FITTED: Final = 2_048
#: More than a screen is wide.
_LONGEST: Final = 4_000
#: How strongly what changed is marked.
_MARK_ALPHA: Final = 0.18
_MARK_PX: Final = 18
#: Of a long change, so many characters are seen at least.
_SEEN: Final = 6


class Fitted(NamedTuple):
    """What a cell has room for: the text, and start and length of what differs in it."""

    text: str
    marks: tuple[tuple[int, int], ...]


class DiffDelegate(RowDelegate):
    """The row delegate with pieces of values."""

    def __init__(self, parent: QObject | None = None) -> None:
        self._pieces: dict[tuple[Piece, int], Fitted] = {}
        super().__init__(COLUMNS, ROW_TABLE, parent)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paints a cell."""
        column = index.column()
        piece = index.data(PIECE_ROLE) if column in (A, B) else None
        if not isinstance(piece, Piece):
            if column in (SIGN, KEY, CHANGE):
                super().paint(painter, option, index)
            return
        place: QRect = option.rect  # type: ignore[attr-defined]
        x, y, width, height = place.x(), place.y(), place.width(), place.height()
        fitted = self.fitted(piece, width - 2 * PAD)
        left, sign = x + PAD, index.data(SIGN_ROLE)
        kind = index.data(KIND_ROLE)
        if sign == CHANGED and piece.kind != "number":
            self._paint_marks_of(painter, fitted, left, y, height)
        painter.setPen(self._pens.get(kind, self._text_pen))
        self._draw(painter, fitted.text, left, y, height, _MONO)
        if sign == GONE and fitted.text:
            base = y + (height + self._base[_MONO]) // 2
            line = base - round(self._metrics[_MONO].xHeight() / 2) + 0.5
            painter.setPen(QPen(theme().color("error"), 1))
            wide = self._metrics[_MONO].horizontalAdvance
            indent = wide(fitted.text[: len(fitted.text) - len(fitted.text.lstrip())])
            painter.drawLine(QPointF(left + indent, line), QPointF(left + wide(fitted.text), line))

    def is_cut(self, index: Index, width: int) -> bool:
        """Whether a value is not shown whole."""
        piece = index.data(PIECE_ROLE) if index.column() in (A, B) else None
        if not isinstance(piece, Piece):
            return super().is_cut(index, width)
        if piece.before or piece.after:
            return True
        return self._metrics[_MONO].horizontalAdvance(one_line(piece.text, _LONGEST)) > width - 2 * PAD

    def mono_width(self, text: str) -> int:
        """Pixels a text takes in the fixed font, with the padding of a cell."""
        return round(self._metrics[_MONO].horizontalAdvance(one_line(text))) + 2 * PAD + 1

    def fitted(self, piece: Piece, room: int) -> Fitted:
        """The part of a piece that fits so many pixels: its beginning, or what is around the change."""
        key = (piece, room)
        found = self._pieces.get(key)
        if found is None:
            if len(self._pieces) >= _FITTED:
                self._pieces.clear()
            found = self._pieces[key] = self._fit_piece(piece, room)
        return found

    def _fit_piece(self, piece: Piece, room: int) -> Fitted:
        metrics = self._metrics[_MONO]
        text, marks = _safe(piece)
        if metrics.horizontalAdvance(text) <= room:
            return Fitted(text, marks)
        first = marks[0][0] if marks else 0
        behind = first + min(marks[0][1], _SEEN) if marks else 0
        if metrics.horizontalAdvance(text[:behind] + "…") > room:
            # The end that fits when the change is in it; else from right before the change on.
            fits = int(room / max(metrics.horizontalAdvance("0"), 1.0)) - 1
            start = min(max(first - 1, 0), max(len(text) - fits, 0))
            if start > 0:
                text = "…" + text[start:]
                marks = tuple((at - start + 1, length) for at, length in marks if at >= start)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        whole = len(shown) if shown == text else max(len(shown) - 1, 0)
        return Fitted(shown, tuple((at, min(length, whole - at)) for at, length in marks if at < whole))

    def _paint_marks_of(self, painter: QPainter, fitted: Fitted, left: int, y: int, height: int) -> None:
        metrics = self._metrics[_MONO]
        ground = QColor(theme().color(TONES[CHANGED]))
        ground.setAlphaF(_MARK_ALPHA)
        for start, length in fitted.marks:
            begin = metrics.horizontalAdvance(fitted.text[:start])
            end = metrics.horizontalAdvance(fitted.text[: start + length])
            painter.fillRect(QRectF(left + begin, y + (height - _MARK_PX) / 2, end - begin, _MARK_PX), ground)

    def _load_theme(self) -> None:
        super()._load_theme()
        self._pieces.clear()


def _safe(piece: Piece) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text made safe to paint, and where its marks are then: what is invisible is spelled out, so they move."""
    out = "…" if piece.before else ""
    marks = []
    at = 0
    for start, length in piece.marks:
        out += one_line(piece.text[at:start], _LONGEST)
        marked = one_line(piece.text[start : start + length], _LONGEST)
        if marked:
            marks.append((len(out), len(marked)))
        out += marked
        at = start + length
    out += one_line(piece.text[at:], _LONGEST)
    return (out + "…" if piece.after else out), tuple(marks)
