# SPDX-License-Identifier: MIT
from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QLabel

from mqtt_explorer import cli
from mqtt_explorer.app import help_connecting, help_message
from mqtt_explorer.app.actions import plain_name
from mqtt_explorer.app.closing import PATIENCE_S
from mqtt_explorer.app.help_dialog import HelpDialog, shortcuts
from mqtt_explorer.app.help_texts import view_keys
from mqtt_explorer.network.offline import MOST_BYTES, MOST_MESSAGES
from mqtt_explorer.network.reconnect import IN_A_ROW, INSTANT_S, LONGEST_S
from mqtt_explorer.panels.message.diff_view import DiffView
from mqtt_explorer.panels.message.hex_view import HexView
from mqtt_explorer.panels.topics.tree import END_LIMIT
from mqtt_explorer.payload.api import INFLATION_CAP
from mqtt_explorer.payload.kept import KEPT_WHOLE
from mqtt_explorer.payload.registry import DECODERS
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
        "The message": ("Live or held", "Large payloads", "History"),
        "Decoders": ("Remembered", "Auto", "Protobuf"),
        "Diff, Hex and Properties": ("Diff", "Hex", "Request and response"),
        "Snapshots": ("What became of it", "Files"),
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
    assert "Live or held" in texts(dialog)


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


PAGES = (help_message.message, help_message.decoders, help_message.tabs, help_message.snapshots)


def test_it_gives_the_limits_of_payloads_and_snapshots(qapp):
    decoders, snapshots = dict(help_message.decoders()), dict(help_message.snapshots())
    assert f"up to {INFLATION_CAP // MIB} MiB" in decoders["Packed, numbers, images"]
    assert f"over {KEPT_WHOLE // 1024} KiB" in snapshots["Take one (Ctrl+8)"]


def test_it_names_every_decoder(qapp):
    page = " ".join(f"{name} {text}" for name, text in help_message.decoders()).casefold()
    for decoder in DECODERS:
        word = {"numbers": "numbers", "unwrap": "gzip, zlib and zstd", "image": "images"}.get(
            decoder.name, decoder.label
        )
        assert word.casefold() in page, decoder.name


async def test_keys_of_the_message_are_those_of_the_window(program):
    """Each key with Ctrl or Alt in these pages is an action's, or one that a view takes itself."""
    of_actions = {
        keys.toString(): plain_name(action)
        for action in program.window.actions()
        for keys in action.shortcuts()
    }
    named = {
        key
        for page in PAGES
        for line in page()
        for text in line
        for key in re.findall(r"(?:Ctrl|Alt)\+\w+", text)
    }
    assert {"Ctrl+D", "Ctrl+M", "Ctrl+8", "Alt+1", "Alt+5", "Ctrl+F", "Ctrl+G"} == named
    assert named - {*of_actions} == {"Ctrl+G"}
    assert "decoder" in of_actions["Ctrl+D"]
    assert "room" in of_actions["Ctrl+M"]
    assert "Snapshots" in of_actions["Ctrl+8"]
    assert "payload" in of_actions["Alt+1"]
    assert "properties" in of_actions["Alt+5"]


def test_keys_inside_the_message_are_those_of_its_views(qtbot):
    hex_view, diff_view = HexView(), DiffView()
    for view in (hex_view, diff_view):
        qtbot.addWidget(view)
    control, plain = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
    for key, modifiers in ((Qt.Key.Key_F, control), (Qt.Key.Key_G, control), (Qt.Key.Key_F3, plain)):
        over = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
        over.ignore()
        hex_view.event(over)
        assert over.isAccepted(), key
    steps = {each.key().toString() for each in diff_view.findChildren(QShortcut)}
    assert {"F8", "Shift+F8"} <= steps


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
