# SPDX-License-Identifier: MIT
"""The tabs of the header: one broker, three, twelve; by mouse and by keyboard; what has no room stands in a menu."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from mqtt_explorer.network.link import LinkState
from mqtt_explorer.profiles.profile import Profile

NAMES = ["Greenhouse", "Line 3", "Zigbee coordinator", "AWS greenhouse fleet of the south & west"]


@pytest.fixture
def open_brokers(program, broker):
    async def open_them(count):
        for number in range(len(program.workspace.stood), count):
            name = NAMES[number] if number < len(NAMES) else f"Broker {number}"
            profile = program.book.add(Profile(name=name, url=f"mqtt://127.0.0.1:{broker.port}"))
            program.connector.connect_profile(profile.id)
            await program.until(lambda: len(program.workspace.stood) > number, name)  # noqa: B023 – called at once
        await program.book.finish()
        return program.workspace.stood

    return open_them


def tabs_of(program):
    return program.window.header.tabs


def titles(tabs):
    return [tab.connection.title for tab in tabs]


async def settled(program, width=1360):
    program.window.resize(width, 820)
    await program.until(lambda: program.window.header.width() == width - 24, "the width")


def check_nothing_overlaps(program):
    """Every control of the header stands within it and beside the others."""
    header = program.window.header
    end = 0
    for child in sorted(header.findChildren(QWidget), key=lambda each: each.mapTo(header, QPoint()).x()):
        if child.isVisible() and child.parent() in (header, header.tabs) and child is not header.tabs:
            left = child.mapTo(header, QPoint()).x()
            assert left >= end, child
            end = left + child.width()
    assert end <= header.width()


async def test_one_tab_and_the_way_back(program, open_brokers, qtbot):
    tabs = tabs_of(program)
    assert tabs.home_button.isHidden()
    await open_brokers(1)
    (tab,) = tabs.tabs
    assert tab.accessibleName() == "Greenhouse, Connected"
    assert tab.toolTip() == "Greenhouse, Connected"
    assert tabs.current() is tab
    assert tabs.more_button.isHidden()
    qtbot.mouseClick(tabs.home_button, Qt.MouseButton.LeftButton)
    assert not program.window.pages.on_workbench
    assert tabs.home_button.isChecked()
    assert tabs.current() is None
    assert not tab.close_button.isVisible()
    qtbot.mouseClick(tab, Qt.MouseButton.LeftButton)
    assert program.window.pages.on_workbench


async def test_a_tab_by_keyboard_and_closing_by_cross_and_middle_button(program, open_brokers, qtbot):
    first, second, third = await open_brokers(3)
    tabs = tabs_of(program)
    qtbot.keyClick(tabs.tabs[0], Qt.Key.Key_Return)
    assert program.workspace.shown is first
    qtbot.keyClick(tabs.tabs[0], Qt.Key.Key_Delete)
    qtbot.mouseClick(tabs.tabs[1], Qt.MouseButton.MiddleButton)
    await program.until(lambda: len(tabs.tabs) == 2, "the second to close")
    assert program.workspace.stood == [first, third]
    assert program.workspace.shown is first
    tabs.current().close_button.click()
    await program.until(lambda: program.workspace.stood == [third], "the first to close")
    assert titles(tabs.tabs) == [third.title]
    assert second not in program.workspace.connections
    await program.until(lambda: not program.connector._endings, "both to be closed")


async def test_ctrl_tab_goes_round(program, open_brokers, qtbot):
    first, second, third = await open_brokers(3)
    seen = []
    for _ in range(3):
        qtbot.keyClick(program.window, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
        seen.append(program.workspace.shown)
    assert seen == [first, second, third]
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(program.window, Qt.Key.Key_Backtab, both)
    assert program.workspace.shown is second
    program.window.show_brokers()
    qtbot.keyClick(program.window, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
    assert program.workspace.shown is first
    assert program.window.pages.on_workbench


async def test_the_tab_key_walks_the_header_from_left_to_right(program, open_brokers):
    await open_brokers(3)
    header = program.window.header
    assert program.workspace.shown is program.workspace.stood[2]
    expected = [
        *header.tabs.tabs,
        header.tabs.current().close_button,
        header.tabs.home_button,
        header.toggle,
        header.search.edit,
        header.palette_button,
        header.pause,
    ]
    reached, widget = [], header.tabs.tabs[0]
    while len(reached) < len(expected):
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            reached.append(widget)
        widget = widget.nextInFocusChain()
    assert reached == expected


@pytest.mark.parametrize("width", [1360, 900, 720])
async def test_twelve_brokers_never_overlap_and_all_can_be_reached(program, open_brokers, width):
    stood = await open_brokers(12)
    await settled(program, width)
    tabs = tabs_of(program)
    hidden = tabs.hidden_tabs
    assert hidden
    assert tabs.more_button.text() == f"{len(hidden)} more"
    assert tabs.current().isVisible()
    assert tabs.current().connection is stood[-1]
    check_nothing_overlaps(program)
    for tab in tabs.tabs:
        if tab.isVisible():
            assert tab.title.width() >= min(tab.wanted_title_px, 72)
    tabs.more_button.click()
    menu = tabs.findChild(QMenu)
    names = [action.text() for action in menu.actions()]
    assert names[-1] == f"{hidden[-1].connection.title} – Connected"
    menu.actions()[-1].trigger()
    menu.close()
    assert program.workspace.shown is hidden[-1].connection
    assert tabs.current().isVisible()
    check_nothing_overlaps(program)
    program.window.show_brokers()
    check_nothing_overlaps(program)


async def test_the_menu_keeps_an_ampersand_and_says_who_is_in_trouble(program, open_brokers, broker_factory):
    other = broker_factory()
    profile = program.book.add(Profile(name="Lost & found", url=f"mqtt://127.0.0.1:{other.port}"))
    await open_brokers(3)
    program.connector.connect_profile(profile.id)
    await program.until(lambda: len(program.workspace.stood) == 4, "the one that gets lost")
    program.connector.reveal(program.workspace.stood[0])
    await settled(program, 720)
    tabs = tabs_of(program)
    lost = program.workspace.stood[3]
    assert lost in [tab.connection for tab in tabs.hidden_tabs]
    assert "trouble" not in tabs.more_button.accessibleName()
    other.stop()
    await program.until(lambda: lost.state.state is LinkState.WAITING, "the loss")
    await program.until(lambda: "trouble: Lost & found" in tabs.more_button.accessibleName(), "the word")
    assert tabs.more_button.property("tone") == "warn"
    tabs.more_button.click()
    menu = tabs.findChild(QMenu)
    assert "Lost && found – Waiting" in [action.text() for action in menu.actions()]
    menu.close()


async def test_a_closed_tab_leaves_nothing_behind(program, open_brokers):
    stood = list(await open_brokers(2))
    gone = tabs_of(program).tabs[1]
    await program.connector.close(stood[1])
    await program.until(lambda: gone not in QApplication.allWidgets(), "the tab to go")
    assert titles(tabs_of(program).tabs) == [stood[0].title]
