# SPDX-License-Identifier: MIT
"""A treemap: one rectangle for each part, its area the part's share; for mouse, keyboard and screen readers alike."""

from __future__ import annotations

import time
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
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from mqtt_explorer.widgets.squarify import squarify
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.treemap_parts import beside, find_tints, ground, snapped
from mqtt_explorer.widgets.views import asks_for_menu

#: For how long after the pointer moved over it nothing changes places, in seconds.
_STILL_S: Final = 2.0
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
        self._tints: dict[Hashable, int] = {}
        self._waiting: Sequence[Tile] | None = None
        self._current: Hashable | None = None
        self._hover: Hashable | None = None
        self._pressed: Hashable | None = None
        self._moved_at = -_STILL_S
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

    @property
    def is_held(self) -> bool:
        """True while nothing may change places: the user aims, the pointer moved a moment ago or a button is down."""
        return self._pressed is not None or time.monotonic() - self._moved_at < _STILL_S

    def shows(self, key: Hashable) -> bool:
        """Whether there is a tile with that key."""
        return key in self._tiles

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
        """Shows these parts. While `is_held` their figures only, so that nothing moves from under the pointer; they come with the
        first ones set after that, or when the pointer leaves.

        Args:
            tiles: The parts in their order, the largest first or nearly so; one of size 0 is left out.
            fresh: They are parts of something else than before, and do not wait.
        """
        by_key = {tile.key: tile for tile in tiles if tile.size > 0}
        if self.is_held and not fresh:
            self._waiting = tiles
            self._tiles = {key: by_key.get(key, tile) for key, tile in self._tiles.items()}
            self._describe()
            self.update()
            return
        self._waiting = None
        self._pressed = None
        self._moved_at = -_STILL_S
        order = sorted(by_key, key=lambda key: by_key[key].last)
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
        self._rects = {key: snapped(box) for key, box in zip(self._tiles, boxes, strict=True)}
        self._tints = find_tints({key: tile.series for key, tile in self._tiles.items()}, self._rects)
        if self._hover is not None:
            place = self.mapFromGlobal(self.cursor().pos())
            under = self.tile_at(place) if self.underMouse() else None
            self._hover = under.key if under is not None else None
        self.update()

    # --- mouse ---

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._keyboard = False
        self._moved_at = time.monotonic()
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

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        tile = self.tile_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and tile is not None and tile.enterable:
            self.entered.emit(tile.key)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._moved_at = time.monotonic()
        tile = self.tile_at(event.position().toPoint())
        self._set_hover(tile.key if tile is not None else None)

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(None)
        self._let_go()

    def hideEvent(self, event: QHideEvent) -> None:
        self._pressed = None
        self._let_go()

    def _let_go(self) -> None:
        """Nobody aims any more: what waited is shown."""
        self._moved_at = -_STILL_S
        if self._waiting is not None:
            self.set_tiles(self._waiting)

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
        if asks_for_menu(event):
            place = self.rect_of(self._current).center()
            asked = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, place, self.mapToGlobal(place))
            QApplication.sendEvent(self, asked)
        elif step is not None:
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
        key = beside(self._rects, self._current, dx, dy)
        if key is not None:
            self._set_current(key)

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
            fill = ground(tokens, tile.series, hover=key == self._hover, tint=self._tints.get(key, 0))
            painter.fillRect(rect, QColor(fill))
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


def _tooltip(lines: Sequence[str]) -> str:
    """Lines as a tooltip that Qt cannot take for markup of the wire's."""
    safe = [one_line(line) for line in lines]
    if not any("<" in line for line in safe):
        return "\n".join(safe)
    escaped = (line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for line in safe)
    return f"<qt>{'<br>'.join(escaped)}</qt>"
