# SPDX-License-Identifier: MIT
"""A treemap: one rectangle for each part, its area the part's share; for mouse, keyboard and screen readers alike."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from mqtt_explorer.widgets.squarify import Box, calm_order, squarify
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import Tokens, mix

#: Of the data colour over the panel: as much as leaves the text readable.
_FILL: Final = 0.26
_FILL_HOVER: Final = 0.36
#: Rectangles without a colour of their own take so much of the text's.
_PLAIN: Final = 0.07
_PLAIN_HOVER: Final = 0.13
_LEAST_TEXT: Final = 16
"""Pixels of width below which no name is begun."""
_BOTH_ENDS_FROM: Final = 90
"""Pixels of width from which a name of several levels shows its beginning and its end."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One part.

    Attributes:
        key: What it stands for; the same from update to update.
        name: Plain text from anywhere; elided to fit.
        size: Its share of the area, in any unit; over 0.
        caption: A short line under the name: "12 %".
        lines: The whole story: tooltip and description for screen readers.
        series: Number of its data colour; negative for none.
        enterable: One can go into it.
        badge: A quiet word after the caption: "muted".
        last: It stands for all the rest and keeps its place at the end.
    """

    key: Hashable
    name: str
    size: float
    caption: str = ""
    lines: tuple[str, ...] = ()
    series: int = -1
    enterable: bool = False
    badge: str = ""
    last: bool = False


def ground(tokens: Tokens, series: int, *, hover: bool = False) -> str:
    """The fill of a rectangle with that data colour; every text on it has a contrast of at least 4.5:1."""
    if series < 0:
        return mix(tokens.panel, tokens.text, _PLAIN_HOVER if hover else _PLAIN)
    return mix(tokens.panel, tokens.series(series), _FILL_HOVER if hover else _FILL)


class Treemap(QWidget):
    """Shows tiles as rectangles.

    A click or Space chooses one, a double click or Enter goes into it, Backspace goes up, arrows move between them.

    Signals:
        chosen(object): The key of the tile that was clicked.
        entered(object): The key of the tile to look into.
        up_requested(): Back to the branch above.
        menu_wanted(object, QPoint): The key of a tile, and where on the screen.
        current_changed(object): The key of another current tile, or None.
    """

    chosen = Signal(object)
    entered = Signal(object)
    up_requested = Signal()
    menu_wanted = Signal(object, QPoint)
    current_changed = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._tiles: dict[Hashable, Tile] = {}
        self._rects: dict[Hashable, QRect] = {}
        self._waiting: Sequence[Tile] | None = None
        self._current: Hashable | None = None
        self._hover: Hashable | None = None
        self._pressed: Hashable | None = None
        self._keyboard = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._describe()
        theme().changed.connect(self.update)

    # --- tiles ---

    @property
    def tiles(self) -> list[Tile]:
        """What is shown, in the order of the rectangles."""
        return list(self._tiles.values())

    @property
    def current(self) -> Hashable | None:
        """The key of the current tile."""
        return self._current

    def rect_of(self, key: Hashable) -> QRect:
        """Where a tile is; an empty rectangle when it is not shown."""
        return self._rects.get(key, QRect())

    def tile_at(self, place: QPoint) -> Tile | None:
        """The tile at a place of this widget."""
        for key, rect in self._rects.items():
            if rect.contains(place):
                return self._tiles[key]
        return None

    def set_tiles(self, tiles: Sequence[Tile], *, fresh: bool = False) -> None:
        """Shows these parts; while a mouse button is down it waits, so that nothing moves from under the pointer.

        Args:
            tiles: The parts; one of size 0 is left out.
            fresh: They are parts of something else than before: no order is kept, and the first becomes the current one.
        """
        if self._pressed is not None and not fresh:
            self._waiting = tiles
            return
        self._waiting = None
        self._pressed = None
        by_key = {tile.key: tile for tile in tiles if tile.size > 0}
        rest = [key for key, tile in by_key.items() if tile.last]
        ranked = [key for key, tile in by_key.items() if not tile.last]
        before = [] if fresh else list(self._tiles)
        order = calm_order(before, ranked, lambda key: by_key[key].size) + rest
        self._tiles = {key: by_key[key] for key in order}
        self._lay_out()
        if self._current not in self._tiles:
            self._set_current(order[0] if order else None)
        else:
            self._describe()

    def set_current(self, key: Hashable | None) -> None:
        """Makes a tile the current one, where it is shown."""
        if key in self._tiles or key is None:
            self._set_current(key)

    def _set_current(self, key: Hashable | None) -> None:
        if key != self._current:
            self._current = key
            self.update()
            self.current_changed.emit(key)
        self._describe()

    def _describe(self) -> None:
        """Tells a screen reader the current rectangle; it is a part of this widget's name as there is no item to focus."""
        tile = self._tiles.get(self._current) if self._current is not None else None
        name = f"{self._name}: {one_line(tile.name, 80)}, {tile.caption}" if tile is not None else self._name
        lines = " · ".join(one_line(line) for line in tile.lines) if tile is not None else ""
        if name != self.accessibleName():
            self.setAccessibleName(name)
        if lines != self.accessibleDescription():
            self.setAccessibleDescription(lines)

    def _lay_out(self) -> None:
        boxes = squarify([tile.size for tile in self._tiles.values()], self.width(), self.height())
        self._rects = {key: _snapped(box) for key, box in zip(self._tiles, boxes, strict=True)}
        if self._hover is not None:
            place = self.mapFromGlobal(self.cursor().pos())
            under = self.tile_at(place) if self.underMouse() else None
            self._hover = under.key if under is not None else None
        self.update()

    # --- mouse ---

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._keyboard = False
        tile = self.tile_at(event.position().toPoint())
        if tile is not None:
            self._set_current(tile.key)
            if event.button() == Qt.MouseButton.LeftButton:
                self._pressed = tile.key
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        tile = self.tile_at(event.position().toPoint())
        if tile is not None and tile.key == self._pressed:
            self.chosen.emit(tile.key)
        self._pressed = None
        if self._waiting is not None:
            self.set_tiles(self._waiting)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        tile = self.tile_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and tile is not None and tile.enterable:
            self.entered.emit(tile.key)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        tile = self.tile_at(event.position().toPoint())
        self._set_hover(tile.key if tile is not None else None)

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(None)

    def _set_hover(self, key: Hashable | None) -> None:
        if key != self._hover:
            self._hover = key
            self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            tile = self.tile_at(event.pos())
            QToolTip.showText(event.globalPos(), _tooltip(tile.lines) if tile is not None else "", self)
            return True
        return bool(super().event(event))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            key, place = self._current, self.mapToGlobal(self.rect_of(self._current).center())
        else:
            tile = self.tile_at(event.pos())
            key, place = tile.key if tile is not None else None, event.globalPos()
        if key is not None:
            self.menu_wanted.emit(key, place)

    # --- keyboard ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        self._keyboard = True
        self.update()
        step = _STEPS.get(Qt.Key(key))
        if step is not None:
            self._move(*step)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and self._tiles:
            self._set_current(list(self._tiles)[0 if key == Qt.Key.Key_Home else -1])
        elif key == Qt.Key.Key_Backspace:
            self.up_requested.emit()
        elif key == Qt.Key.Key_Space and self._current is not None:
            self.chosen.emit(self._current)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current is not None:
            if self._tiles[self._current].enterable:
                self.entered.emit(self._current)
        else:
            super().keyPressEvent(event)

    def _move(self, dx: int, dy: int) -> None:
        """Makes the nearest rectangle on that side the current one: those that lie beside the current one first."""
        if self._current is None:
            return
        here = self._rects[self._current]
        best: tuple[tuple[int, int, int], Hashable] | None = None
        for key, rect in self._rects.items():
            ahead = dx * (rect.center().x() - here.center().x()) + dy * (
                rect.center().y() - here.center().y()
            )
            beyond = _beyond(here, rect, dx, dy)
            if key == self._current or beyond < 0 or rect.isEmpty():
                continue
            aside = _apart(here.top(), here.bottom(), rect.top(), rect.bottom())
            if dy:
                aside = _apart(here.left(), here.right(), rect.left(), rect.right())
            across = (
                abs(rect.center().y() - here.center().y())
                if dx
                else abs(rect.center().x() - here.center().x())
            )
            rank = (aside, beyond, across + ahead)
            if best is None or rank < best[0]:
                best = (rank, key)
        if best is not None:
            self._set_current(best[1])

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._keyboard = event.reason() != Qt.FocusReason.MouseFocusReason
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    # --- painting ---

    def sizeHint(self) -> QSize:
        return QSize(320, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 60)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        name_font, small = theme().ui_font(), theme().small_font()
        names, captions = QFontMetricsF(name_font), QFontMetricsF(small)
        tokens = theme().tokens
        for key, tile in self._tiles.items():
            rect = self._rects[key]
            if rect.isEmpty() or not rect.intersects(event.rect()):
                continue
            painter.fillRect(rect, QColor(ground(tokens, tile.series, hover=key == self._hover)))
            if tile.series >= 0 and rect.width() > 3:
                painter.fillRect(rect.x(), rect.y(), 2, rect.height(), theme().series(tile.series))
            inside = rect.adjusted(8, 4, -4, -3)
            if inside.width() < _LEAST_TEXT or inside.height() < names.height():
                continue
            painter.setPen(theme().color("text"))
            painter.setFont(name_font)
            both_ends = "/" in tile.name and inside.width() >= _BOTH_ENDS_FROM
            mode = Qt.TextElideMode.ElideMiddle if both_ends else Qt.TextElideMode.ElideRight
            fitted = names.elidedText(one_line(tile.name), mode, inside.width())
            painter.drawText(inside.x(), int(inside.y() + names.ascent()), fitted)
            if inside.height() >= names.height() + captions.height():
                painter.setFont(small)
                line = " · ".join(filter(None, (tile.caption, tile.badge)))
                fitted = captions.elidedText(line, Qt.TextElideMode.ElideRight, inside.width())
                painter.drawText(inside.x(), int(inside.y() + names.height() + captions.ascent()), fitted)
        self._paint_current(painter)
        painter.end()

    def _paint_current(self, painter: QPainter) -> None:
        if self._current is None or not self.hasFocus():
            return
        rect = self.rect_of(self._current)
        wide = 2 if self._keyboard else 1
        painter.setPen(QPen(theme().color("accent"), wide, j=Qt.PenJoinStyle.MiterJoin))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect.adjusted(wide // 2, wide // 2, -1, -1))


_STEPS: Final = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


def _snapped(box: Box) -> QRect:
    """On whole pixels, with a gap of one between neighbours; a sliver keeps no gap."""
    left, top = round(box.x), round(box.y)
    wide, high = round(box.x + box.width) - left, round(box.y + box.height) - top
    return QRect(left, top, wide - (wide > 2), high - (high > 2))


def _beyond(here: QRect, rect: QRect, dx: int, dy: int) -> int:
    """How far a rectangle lies on that side of another one; negative when it does not."""
    if dx:
        return rect.left() - here.right() if dx > 0 else here.left() - rect.right()
    return rect.top() - here.bottom() if dy > 0 else here.top() - rect.bottom()


def _apart(start: int, end: int, other_start: int, other_end: int) -> int:
    """The gap between two stretches; 0 where they overlap."""
    return max(other_start - end, start - other_end, 0)


def _tooltip(lines: Sequence[str]) -> str:
    """Lines as a tooltip that Qt cannot take for markup of the wire's."""
    safe = [one_line(line) for line in lines]
    if not any("<" in line for line in safe):
        return "\n".join(safe)
    escaped = (line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for line in safe)
    return f"<qt>{'<br>'.join(escaped)}</qt>"
