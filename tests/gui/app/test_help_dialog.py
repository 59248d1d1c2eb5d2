# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QLabel

from mqtt_explorer import cli
from mqtt_explorer.app import help_connecting
from mqtt_explorer.app.closing import PATIENCE_S
from mqtt_explorer.app.help_dialog import HelpDialog, shortcuts
from mqtt_explorer.app.help_texts import view_keys
from mqtt_explorer.network.offline import MOST_BYTES, MOST_MESSAGES
from mqtt_explorer.network.reconnect import IN_A_ROW, INSTANT_S, LONGEST_S
from mqtt_explorer.panels.topics.tree import END_LIMIT
from mqtt_explorer.protocol.options import MIB


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


def sections(dialog):
    model = dialog.contents.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def go_to(dialog, title):
    dialog.contents.setCurrentIndex(dialog.contents.model().index(sections(dialog).index(title), 0))


def test_it_shows_one_section_at_a_time_without_blocking_the_window(dialog):
    assert not dialog.isModal()
    assert "Browse" in texts(dialog)
    assert "QoS 0" not in texts(dialog)
    for title, names in {
        "Saved brokers": ("The list", "Preset", "Connect at start"),
        "Passwords": ("Keyring", "Without a keyring", "Ask each time"),
        "TLS and certificates": ("Trust", "Client certificate", "ALPN", "SNI", "Verify"),
        "Sessions and the will": ("Fresh or fixed", "Clean start", "Last Will"),
        "States and pauses": (
            "Connecting",
            "Connected",
            "Waiting",
            "Failed",
            "Paused",
            "Same client id twice",
        ),
        "Held messages, closing": ("Held", "Discard", "Closing"),
        "Shortcuts": ("Ctrl+F",),
        "Keys in lists and panels": ("Right, Left", "Alt+Up, Alt+Down"),
        "MQTT's words": ("QoS 0", "Retain", "Wildcard +", "$share/group/filter", "Will"),
    }.items():
        go_to(dialog, title)
        shown = texts(dialog)
        assert title in shown
        assert {*names} <= {*shown}
        assert "Browse" not in shown
    assert all(each.textFormat() == Qt.TextFormat.PlainText for each in dialog.findChildren(QLabel))


def test_actions_without_keys_are_not_listed(dialog):
    go_to(dialog, "Shortcuts")
    assert "Search topics & payloads" in texts(dialog)
    assert "Without keys" not in texts(dialog)


def test_a_section_is_one_screen_long(dialog, qtbot):
    for title in sections(dialog):
        go_to(dialog, title)
        qtbot.wait(1)
        assert dialog._scroll.verticalScrollBar().maximum() == 0, title


def test_the_sections_are_reached_by_keys(dialog, qtbot):
    dialog.contents.setFocus()
    qtbot.keyClick(dialog.contents, Qt.Key.Key_Down)
    assert "From hit to hit" in texts(dialog)
    qtbot.keyClick(dialog.contents, Qt.Key.Key_Down)
    assert "Mute a branch" in texts(dialog)
    qtbot.keyClick(dialog.contents, Qt.Key.Key_Down)
    assert "Preset" in texts(dialog)


def test_it_promises_no_more_than_the_views_do(qapp):
    keys = dict(view_keys())
    assert "100,000" in keys["End"]
    assert f"{END_LIMIT:,}" in keys["End"]
    assert "topic" in keys["Ctrl+C"]
    assert "field" not in keys["Esc"]


def test_it_gives_the_numbers_the_program_has(qapp):
    states, held, passwords = (
        dict(each()) for each in (help_connecting.states, help_connecting.held, help_connecting.passwords)
    )
    assert f"up to {LONGEST_S:g} seconds" in states["Waiting"]
    assert IN_A_ROW == 3
    assert f"three connections in a row that ended within {INSTANT_S:g} seconds" in states["Paused"]
    assert f"{MOST_MESSAGES:,} messages and {MOST_BYTES // MIB} MiB" in held["Held"]
    assert f"up to {PATIENCE_S:g} seconds" in held["Closing"]
    assert cli.USERNAME_VARIABLE in passwords["From outside"]
    assert cli.PASSWORD_VARIABLE in passwords["From outside"]


def test_searching_looks_through_all_sections(dialog, qtbot):
    qtbot.keyClicks(dialog.search, "RETAIN")
    shown = texts(dialog)
    assert "Retain" in shown
    assert "Ctrl+F" not in shown
    assert "Shortcuts" not in shown
    dialog.search.setText("session")
    assert {"Sessions and the will", "States and pauses", "MQTT's words"} <= {*texts(dialog)}
    assert not dialog.contents.selectionModel().hasSelection()
    dialog.search.setText("zebra")
    assert texts(dialog) == ["Nothing about this here."]
    dialog.search.clear()
    assert "Browse" in texts(dialog)
    assert "Retain" not in texts(dialog)


def test_choosing_a_section_ends_the_search(dialog, qtbot):
    dialog.search.setText("zebra")
    row = dialog.contents.visualRect(dialog.contents.model().index(0, 0))
    qtbot.mouseClick(dialog.contents.viewport(), Qt.MouseButton.LeftButton, pos=row.center())
    assert dialog.search.text() == ""
    assert "Browse" in texts(dialog)


def test_no_line_is_wider_than_the_page(dialog):
    for width in (860, 680):
        dialog.resize(width, 640)
        for title in sections(dialog):
            go_to(dialog, title)
            for each in dialog.findChildren(QLabel):
                if each.isVisible():
                    assert each.mapTo(dialog, each.rect().topRight()).x() <= dialog.width()
