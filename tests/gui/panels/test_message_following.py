# SPDX-License-Identifier: MIT
"""What stands in the panel belongs together: head, payload, marks and focus, also with giants that take their time and in narrow panels."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication

from mqtt_explorer.models.history_model import GAP, PREVIEW, QOS, TIME
from mqtt_explorer.panels.message import MessagePanel
from mqtt_explorer.panels.message.document_view import PRETTY
from mqtt_explorer.panels.message.tabs import DIFF, HEX, PAYLOAD, PROPERTIES, RAW
from mqtt_explorer.payload.registry import lines_of
from mqtt_explorer.widgets.theme import theme
from tests.models.streams import feed, frame


@pytest.fixture
def panel(clock, connection, qtbot):
    made = MessagePanel(clock)
    qtbot.addWidget(made, before_close_func=lambda panel: panel.set_connection(None))
    made.resize(560, 600)
    made.set_connection(connection)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def large_text():
    look = theme()
    before = look.ui_px, look.mono_px
    look.set_sizes(16, 15)
    yield
    look.set_sizes(*before)


async def until(condition, timeout_s=20.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.01)


def giant(name):
    return json.dumps({"name": name, "rows": [[n, str(n)] for n in range(40_000)]}).encode()


def tick(clock, panel):
    panel._not_before = 0.0
    clock.tick.emit()


def second_line(panel):
    return lines_of(panel.tabs.document.document).text(1)


async def test_an_older_giant_that_one_goes_to_never_stands_under_the_head_of_another(panel, connection):
    first, second = giant("first"), giant("second")
    feed(connection.store, frame("a", first), frame("a", second))
    panel.tabs.document.mode.set_index(PRETTY)
    panel.show_topic(b"a")
    await until(lambda: panel.tabs.document.document.complete)
    assert second_line(panel) == '  "name": "second",'
    panel.history.message_chosen.emit(panel.history.model.message(1))
    assert panel.message.payload == first
    assert second_line(panel) == '  "name": "first",'
    panel.set_connection(None)
    await until(lambda: not panel.tabs.document.decoding.is_working)


async def test_what_is_marked_is_what_the_panel_stands_at(clock, panel, connection):
    """While giants come, an earlier one may be in sight: marked, it is the one that stays."""
    view = panel.tabs.document
    feed(connection.store, frame("a", giant("first")))
    view.mode.set_index(PRETTY)
    panel.show_topic(b"a")
    await until(lambda: view.document.complete)
    shown, size = view.document, panel.head.chips.length.text()
    feed(connection.store, frame("a", giant("a longer second")))
    tick(clock, panel)
    assert panel.head.chips.length.text() != size
    assert view.decoding.is_behind
    assert "An earlier message" in view.busy.working.text()
    view.text.select_all()
    assert panel.pinned
    assert panel.message.payload == giant("first")
    assert panel.head.chips.length.text() == size
    assert view.document is shown
    assert view.text.has_selection
    assert not view.decoding.is_working
    await asyncio.sleep(0.3)
    assert view.document is shown


async def test_short_work_is_not_announced(panel, connection):
    feed(connection.store, frame("a", giant("a")))
    panel.show_topic(b"a")
    view = panel.tabs.document
    assert view.decoding.is_working
    assert not view.busy.isVisible()
    view._announce.timeout.emit()
    assert view.busy.isVisible()
    assert view.busy.working.text().startswith("Decoding ")
    await until(lambda: view.document.complete)
    assert not view.busy.isVisible()
    assert not view._announce.isActive()


async def test_tabs_behind_let_go_of_another_topics_bytes(panel, connection):
    feed(connection.store, frame("a", b'{"v":1}'), frame("a", b'{"v":2}'), frame("b", b"text"))
    panel.show_topic(b"a")
    for tab in (PAYLOAD, DIFF, HEX, RAW, PROPERTIES):
        panel.show_tab(tab)
    tabs = panel.tabs
    assert tabs.hex.area.data
    assert tabs.diff.diff is not None
    panel.show_topic(b"b")
    assert (tabs.document.document, tabs.raw.document, tabs.diff.diff) == (None, None, None)
    assert tabs.hex.area.data == b""
    assert tabs.properties.model.rows
    panel.set_connection(None)
    assert tabs.properties.model.rows == ()


async def test_an_evicted_payload_is_not_kept_by_its_view(clock, panel, connection):
    feed(connection.store, frame("a", b"x" * 5_000))
    panel.show_topic(b"a")
    assert panel.tabs.document.document is not None
    node = connection.store.find(b"a")
    node.payload_evicted, node.frame = True, (0, b"a", b"", b"", 5_000)
    tick(clock, panel)
    assert panel.message.evicted
    assert panel.tabs.document.document is None


async def test_the_format_said_under_diff_is_that_of_its_messages(panel, connection):
    feed(connection.store, frame("a", b'{"v":1}'), frame("b", b"one"), frame("b", b"two"))
    panel.show_topic(b"a")
    assert panel.head.chips.format.text() == "JSON, auto ▾"
    panel.show_tab(DIFF)
    panel.show_topic(b"b")
    assert panel.head.chips.format.text() == "Text, auto ▾"


async def test_swapping_changes_the_marks_in_the_history_too(panel, connection):
    feed(connection.store, frame("a", b'{"v":1}'), frame("a", b'{"v":2}'))
    panel.show_topic(b"a")
    panel.show_tab(DIFF)
    table = panel.tabs.diff.model
    marks = [panel.history.model.index(row, 0).data() for row in (0, 1)]
    assert (marks, table.index(0, 4).data()) == (["B", "A"], "+1")
    panel.tabs.diff.head.swap.click()
    marks = [panel.history.model.index(row, 0).data() for row in (0, 1)]
    assert (marks, table.index(0, 4).data()) == (["A", "B"], "−1")
    assert panel.tabs.diff.diff.counts.changed == 1
    panel.tabs.diff.head.swap.click()
    assert table.index(0, 4).data() == "+1"
    panel.go_live()
    assert [panel.history.model.index(row, 0).data() for row in (0, 1)] == ["B", "A"]


async def test_the_focus_lands_in_what_is_shown(panel, connection):
    feed(connection.store, frame("t", b"text"), frame("j", b'{"v":1}'))
    tabs = panel.tabs
    panel.show_topic(b"t")
    panel.activateWindow()
    panel.setFocus()
    assert QApplication.focusWidget() is tabs.document.text
    panel.show_topic(b"j")
    assert QApplication.focusWidget() is tabs.document.tree
    for tab, view in ((HEX, tabs.hex.area), (RAW, tabs.raw.text), (PROPERTIES, tabs.properties.table)):
        tabs.setCurrentIndex(tab)
        panel.head.room_button.setFocus()
        panel.setFocus()
        assert QApplication.focusWidget() is view


@pytest.mark.parametrize("width", [320, 360, 430, 560])
@pytest.mark.usefixtures("large_text")
async def test_every_tab_can_be_read_beside_the_switch(panel, connection, width):
    feed(connection.store, frame("j", b'{"v":1}'))
    panel.resize(width, 600)
    panel.show_topic(b"j")
    await asyncio.sleep(0)
    tabs, bar = panel.tabs, panel.tabs.tabBar()
    assert tabs.document.mode.isVisible()
    if width > 340:  # less than the names of the tabs alone
        assert bar.width() >= bar.sizeHint().width()
    right = tabs.document.mode.mapTo(panel, tabs.document.mode.rect().topRight()).x()
    assert right < panel.width()
    panel.show_tab(HEX)
    assert not tabs.document.mode.isVisible()
    panel.resize(900, 600)
    await asyncio.sleep(0)
    assert tabs.cornerWidget() is tabs.document.mode
    assert not tabs.document.mode.isVisible()
    panel.show_tab(PAYLOAD)
    assert tabs.document.mode.isVisible()


@pytest.mark.parametrize(("width", "left_out"), [(900, []), (500, []), (380, [GAP]), (300, [GAP, QOS])])
@pytest.mark.usefixtures("large_text")
async def test_the_history_shows_whole_times_and_something_of_the_payload(panel, connection, width, left_out):
    feed(connection.store, frame("j", b'{"v":1}'))
    panel.show_topic(b"j")
    panel.resize(width, 600)
    await asyncio.sleep(0)
    view = panel.history.view
    assert [column for column in (GAP, QOS) if view.isColumnHidden(column)] == left_out
    time_px = QFontMetricsF(theme().mono_font()).horizontalAdvance("22:22:22.222")
    assert view.columnWidth(TIME) >= time_px + 12
    assert view.columnWidth(PREVIEW) > time_px / 2
