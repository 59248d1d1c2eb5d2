# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QLabel

from mqtt_explorer.app.help_dialog import HelpDialog, shortcuts, view_keys
from mqtt_explorer.panels.topics.tree import END_LIMIT


@pytest.fixture
def actions(qapp):
    search = QAction("&Search topics && payloads")
    search.setShortcut("Ctrl+F")
    zoom = QAction("Zoom in")
    zoom.setShortcuts([QKeySequence("Ctrl++"), QKeySequence("Ctrl+=")])
    return [search, zoom, QAction("Without keys")]


@pytest.fixture
def dialog(qtbot, actions):
    made = HelpDialog(actions)
    qtbot.addWidget(made)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    made.open()
    qtbot.waitExposed(made)
    return made


def texts(dialog):
    return [each.text() for each in dialog.findChildren(QLabel) if each.isVisible()]


def test_shortcuts_come_from_the_actions(actions):
    assert shortcuts(actions) == [("Ctrl+F", "Search topics & payloads"), ("Ctrl++, Ctrl+=", "Zoom in")]


def test_it_shows_keys_and_words_without_blocking_the_window(dialog):
    assert not dialog.isModal()
    shown = texts(dialog)
    for text in ("Ctrl+F", "Right, Left", "QoS 0", "Retain", "Wildcard +", "$share/group/filter", "Will"):
        assert text in shown
    assert "Without keys" not in shown
    assert all(each.textFormat() == Qt.TextFormat.PlainText for each in dialog.findChildren(QLabel))


def test_it_promises_no_more_than_the_views_do(qapp):
    keys = dict(view_keys())
    assert "100,000" in keys["End"]
    assert f"{END_LIMIT:,}" in keys["End"]
    assert "topic" in keys["Ctrl+C"]
    assert "field" not in keys["Esc"]


def test_searching_hides_the_rest(dialog, qtbot):
    qtbot.keyClicks(dialog.search, "RETAIN")
    shown = texts(dialog)
    assert "Retain" in shown
    assert "Ctrl+F" not in shown
    assert "Shortcuts" not in shown
    dialog.search.setText("zebra")
    assert texts(dialog) == ["Nothing about this here."]
    dialog.search.clear()
    assert "Ctrl+F" in texts(dialog)


def test_no_line_is_wider_than_the_page(dialog):
    page = dialog.findChildren(QLabel)[0].window()
    for width in (620, 420):
        dialog.resize(width, 640)
        for each in dialog.findChildren(QLabel):
            if each.isVisible():
                assert each.mapTo(page, each.rect().topRight()).x() <= page.width()
