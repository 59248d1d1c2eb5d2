# SPDX-License-Identifier: MIT
"""Icons are crisp at 1x and 2x, coloured by token, and follow the theme."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QImage
from PySide6.QtWidgets import QPushButton

from mqtt_explorer.widgets import icons
from mqtt_explorer.widgets.theme import Theme
from mqtt_explorer.widgets.tokens import DARK, LIGHT

WANTED = [
    "plug",
    "unplug",
    "connect",
    "disconnect",
    "search",
    "pause",
    "play",
    "sun",
    "moon",
    "monitor",
    "settings",
    "help",
    "close",
    "plus",
    "minus",
    "chevron-right",
    "chevron-down",
    "chevron-up",
    "copy",
    "save",
    "download",
    "pin",
    "trash",
    "send",
    "list",
    "table",
    "tree",
    "warning",
    "error",
    "info",
    "check",
    "refresh",
    "filter",
    "dots",
    "scissors",
    "mute",
    "lock",
    "key",
    "folder",
    "flask",
    "demo",
    "layout",
    "float",
    "dock",
    "keyboard",
    "log",
    "bell",
    "clock",
    "expand",
    "eye",
    "broker",
    "activity",
    "arrow-up",
    "arrow-down",
    "chart",
]


def is_all(image: QImage, wanted: str) -> bool:
    """Whether the strong pixels have that colour; premultiplying rounds by a few."""
    target, strong = QColor(wanted), 0
    for y in range(image.height()):
        for x in range(image.width()):
            color = image.pixelColor(x, y)
            if color.alpha() > 200:
                strong += 1
                pairs = zip(color.getRgb()[:3], target.getRgb()[:3], strict=True)
                if any(abs(one - other) > 4 for one, other in pairs):
                    return False
    return strong > 0


def test_the_wanted_icons_are_there():
    assert set(WANTED) <= set(icons.names())


@pytest.mark.parametrize("name", icons.names())
def test_every_icon_is_one_grid_one_stroke_one_colour(look: Theme, name: str):
    root = ET.fromstring((icons.ICON_FOLDER / f"{name}.svg").read_text(encoding="utf-8"))
    assert root.get("viewBox") == "0 0 16 16"
    assert root.get("stroke-width") == "1.5"
    assert root.get("stroke") == "currentColor"
    drawn = icons.pixmap(name, "accent", 16, 2.0).toImage()
    assert drawn.size() == QSize(32, 32)
    assert is_all(drawn, look.tokens.accent)
    ink = sum(QColor.fromRgba(drawn.pixel(x, y)).alpha() > 0 for x in range(32) for y in range(32))
    assert ink > 20


@pytest.mark.parametrize("name", icons.names())
def test_nothing_is_cut_off_at_the_edge(look: Theme, name: str):
    drawn = icons.pixmap(name, "text", 16, 4.0).toImage()
    edge = [(0, n) for n in range(64)] + [(63, n) for n in range(64)]
    edge += [(n, 0) for n in range(64)] + [(n, 63) for n in range(64)]
    assert all(QColor.fromRgba(drawn.pixel(x, y)).alpha() == 0 for x, y in edge)


def test_an_icon_set_once_follows_the_theme(look: Theme, qtbot):
    button = QPushButton()
    qtbot.addWidget(button)
    icons.set_icon(button, "pin", "warn")
    assert is_all(button.icon().pixmap(QSize(16, 16), 2.0).toImage(), DARK.warn)
    look.set_choice("light")
    assert is_all(button.icon().pixmap(QSize(16, 16), 2.0).toImage(), LIGHT.warn)


def test_states(look: Theme):
    icon = icons.icon("pin", "muted")
    size = QSize(16, 16)
    on = icon.pixmap(size, 2.0, QIcon.Mode.Normal, QIcon.State.On).toImage()
    off = icon.pixmap(size, 2.0, QIcon.Mode.Disabled, QIcon.State.Off).toImage()
    assert is_all(on, look.tokens.accent)
    assert is_all(off, look.tokens.faint)


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_a_pixmap_has_the_pixels_of_its_screen(look: Theme, ratio: float):
    drawn = icons.icon("pin").pixmap(QSize(16, 16), ratio)
    assert drawn.size() == QSize(16, 16) * ratio
    assert drawn.devicePixelRatio() == ratio


def test_a_gap_widens_the_picture_at_the_right(look: Theme, qtbot):
    button = QPushButton("x")
    qtbot.addWidget(button)
    icons.set_icon(button, "stop", "text", gap=4)
    drawn = button.icon().pixmap(button.iconSize(), 2.0).toImage()
    assert drawn.size() == QSize(40, 32)
    assert all(QColor.fromRgba(drawn.pixel(x, y)).alpha() == 0 for x in range(32, 40) for y in range(32))


def test_an_unknown_icon_is_refused(look: Theme):
    with pytest.raises(FileNotFoundError):
        icons.icon("no-such-icon")


def test_the_programs_mark(look: Theme):
    sizes = {size.width() for size in icons.app_icon().availableSizes()}
    assert sizes == {16, 24, 32, 48, 64, 128, 256}


def test_twenty_icons_come_before_the_first_paint(look: Theme):
    """A generous bound for a busy machine; measured 2.4 ms."""
    icons._pixmaps.clear()
    icons._source.cache_clear()
    start = time.perf_counter()
    for name in icons.names()[:20]:
        icons.pixmap(name)
    assert time.perf_counter() - start < 0.1
