# SPDX-License-Identifier: MIT
"""Line icons drawn from our own SVGs in the colour of a token; they follow the theme by themselves."""

from __future__ import annotations

from functools import cache
from typing import Final

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from mqtt_explorer.resources import FOLDER
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import ICON

ICON_FOLDER: Final = FOLDER / "icons"
_CACHE_LIMIT: Final = 512
_pixmaps: dict[tuple[str, str, int, int], QPixmap] = {}


def icon(name: str, token: str = "muted", *, on: str = "accent") -> QIcon:
    """The icon `name` in the colour of `token`, and of `on` while its button is checked.

    The colour is looked up when it is painted, so that an icon set once follows the theme.

    Raises:
        FileNotFoundError: there is no such icon.
    """
    _source(name)
    return QIcon(_Engine(name, token, on))


def pixmap(name: str, token: str = "muted", size: int = ICON, ratio: float = 1.0) -> QPixmap:
    """The icon as a cached pixmap of `size` device-independent pixels at device pixel ratio `ratio`."""
    return pixmap_in(name, theme().tokens.color(token), size, ratio)


def pixmap_in(name: str, color: str, size: int = ICON, ratio: float = 1.0) -> QPixmap:
    """The same in a colour that is no token, such as a data colour: "#rrggbb"."""
    pixels = round(size * ratio)
    key = (name, color, pixels, round(ratio * 100))
    found = _pixmaps.get(key)
    if found is None:
        if len(_pixmaps) >= _CACHE_LIMIT:
            _pixmaps.clear()
        found = _render(_source(name).replace("currentColor", color), pixels)
        found.setDevicePixelRatio(ratio)
        _pixmaps[key] = found
    return found


def set_icon(
    button: QAbstractButton, name: str, token: str = "muted", *, on: str = "accent", gap: int = 0
) -> None:
    """Give a button the icon at 16 px, with `gap` pixels more between it and the text."""
    button.setIcon(icon(name, token, on=on))
    button.setIconSize(QSize(ICON + gap, ICON))


def app_icon() -> QIcon:
    """The program's own mark at 16 to 256 px."""
    made = QIcon()
    source = _source("app")
    for pixels in (16, 24, 32, 48, 64, 128, 256):
        made.addPixmap(_render(source, pixels))
    return made


def names() -> list[str]:
    """Names of all line icons."""
    return sorted(path.stem for path in ICON_FOLDER.glob("*.svg") if path.stem != "app")


@cache
def _source(name: str) -> str:
    return (ICON_FOLDER / f"{name}.svg").read_text(encoding="utf-8")


def _render(source: str, pixels: int) -> QPixmap:
    picture = QPixmap(pixels, pixels)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return picture


class _Engine(QIconEngine):
    """Paints one SVG; asks the theme for the colour each time."""

    def __init__(self, name: str, token: str, on: str) -> None:
        super().__init__()
        self._name = name
        self._token = token
        self._on = on

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        size = min(rect.width(), rect.height())
        if size <= 0:
            return
        ratio = painter.device().devicePixelRatioF()
        corner = QPoint(rect.x() + (rect.width() - size) // 2, rect.y() + (rect.height() - size) // 2)
        painter.drawPixmap(corner, pixmap(self._name, self._color(mode, state), size, ratio))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        """`size` is in device-independent pixels. A wider one leaves the rest empty: the gap before a text.

        Qt before 6.9 asks in device pixels and then shows our larger picture at the size it asked for.
        """
        glyph = pixmap(self._name, self._color(mode, state), min(size.width(), size.height()), scale)
        if size.width() <= size.height():
            return QPixmap(glyph)
        wide = QPixmap(size * scale)
        wide.setDevicePixelRatio(scale)
        wide.fill(Qt.GlobalColor.transparent)
        painter = QPainter(wide)
        painter.drawPixmap(0, 0, glyph)
        painter.end()
        return wide

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._token, self._on)

    def key(self) -> str:
        return "mqtt-explorer-line-icon"

    def _color(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        if mode == QIcon.Mode.Disabled:
            return "faint"
        return self._on if state == QIcon.State.On else self._token
