# SPDX-License-Identifier: MIT
"""The theme sets every colour itself and follows choice, system and font sizes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QLabel

from mqtt_explorer.widgets.theme import Theme, build_palette, install, theme
from mqtt_explorer.widgets.tokens import COLOR_NAMES, DARK, LIGHT, contrast, mix

ROLES = [
    role
    for role in QPalette.ColorRole
    if role not in (QPalette.ColorRole.NoRole, QPalette.ColorRole.NColorRoles)
]
GROUPS = [QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive, QPalette.ColorGroup.Disabled]


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
def test_no_colour_of_the_palette_is_qts_own(look, tokens):
    palette = build_palette(tokens)
    known = {tokens.color(name) for name in COLOR_NAMES} | {mix(tokens.bg, "#000000", 0.5)}
    for group in GROUPS:
        for role in ROLES:
            assert palette.isBrushSet(group, role), (group, role)
            assert palette.color(group, role).name() in known, (group, role)


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
def test_text_roles_can_be_read_on_their_grounds(look, tokens):
    palette, role = build_palette(tokens), QPalette.ColorRole
    pairs = [
        (role.WindowText, role.Window), (role.Text, role.Base), (role.Text, role.AlternateBase),
        (role.ButtonText, role.Button), (role.PlaceholderText, role.Base), (role.ToolTipText, role.ToolTipBase),
        (role.HighlightedText, role.Highlight), (role.Link, role.Base), (role.LinkVisited, role.Base),
    ]  # fmt: skip
    for group in GROUPS:
        for text, ground in pairs:
            ratio = contrast(palette.color(group, text).name(), palette.color(group, ground).name())
            assert ratio >= 4.5, (group, text, ground)


def test_choice_changes_everything_once(look: Theme, qtbot):
    with qtbot.waitSignal(look.changed):
        look.set_choice("light")
    assert not look.is_dark
    assert look.tokens is LIGHT
    assert look.color("text").name() == LIGHT.text
    assert QApplication.palette().color(QPalette.ColorRole.Window).name() == LIGHT.bg
    assert LIGHT.panel in QApplication.instance().styleSheet()
    with qtbot.assertNotEmitted(look.changed):
        look.set_choice("light")


def test_system_unknown_is_dark_and_light_is_light(look: Theme, monkeypatch, qtbot):
    look.set_choice("light")
    scheme = {"now": Qt.ColorScheme.Unknown}

    class Hints:
        def colorScheme(self):
            return scheme["now"]

        def unsetColorScheme(self):
            pass

        def setColorScheme(self, _):
            pass

    monkeypatch.setattr(QGuiApplication, "styleHints", staticmethod(Hints))
    look.set_choice("system")
    assert look.is_dark
    scheme["now"] = Qt.ColorScheme.Light
    with qtbot.waitSignal(look.changed):
        look._follow_system()
    assert not look.is_dark
    look.set_choice("dark")
    with qtbot.assertNotEmitted(look.changed):
        look._follow_system()
    assert look.is_dark


def test_the_systems_signal_reaches_the_theme(look: Theme, monkeypatch, qtbot):
    look.set_choice("system")
    monkeypatch.setattr(look, "_resolve", lambda: LIGHT)
    with qtbot.waitSignal(look.changed):
        QGuiApplication.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert look.tokens is LIGHT


def test_font_sizes(look: Theme, qtbot):
    with qtbot.waitSignal(look.changed):
        look.set_sizes(18, 16)
    assert (look.ui_font().pixelSize(), look.mono_font().pixelSize()) == (18, 16)
    assert QApplication.font().pixelSize() == 18
    look.set_sizes(500, -3)
    assert (look.ui_px, look.mono_px) == (28, 9)


def test_labels_take_their_role_from_the_stylesheet(look: Theme, qtbot):
    label = QLabel("x")
    qtbot.addWidget(label)
    label.setProperty("role", "page")
    label.show()
    assert label.font().pixelSize() == look.ui_px + 7


def test_there_is_one_theme(look: Theme, qapp):
    assert theme() is look
    assert install(qapp, "dark") is look


def test_an_unknown_colour_is_refused(look: Theme):
    with pytest.raises(KeyError):
        look.color("purple")
