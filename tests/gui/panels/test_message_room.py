# SPDX-License-Identifier: MIT
"""Small things of the message panel: its room, what it says, and what goes on while it stands at one message."""

from __future__ import annotations

import pytest

from mqtt_explorer.panels.message import MessagePanel
from mqtt_explorer.panels.message.document_view import DocumentView
from mqtt_explorer.panels.message.tabs import DIFF
from tests.models.streams import feed, frame


@pytest.fixture
def panel(clock, qtbot):
    made = MessagePanel(clock)
    qtbot.addWidget(made, before_close_func=lambda panel: panel.set_connection(None))
    made.resize(560, 700)
    with qtbot.waitExposed(made):
        made.show()
    return made


def show(panel, connection, count):
    panel.set_connection(connection)
    feed(connection.store, *(frame("a", b"m%d" % n) for n in range(count)))
    panel.show_topic(b"a")


async def test_a_short_history_leaves_the_room_to_the_message(clock, panel, connection, qtbot):
    show(panel, connection, 2)
    low = panel.history.height()
    view = panel.history.view
    assert low < 110
    assert view.visualRect(panel.history.model.index(1, 0)).bottom() <= view.viewport().height()
    feed(connection.store, *(frame("a", b"more") for _ in range(50)))
    clock.tick.emit()
    usual = panel.history.height()
    assert low + 50 < usual < 0.3 * panel.height()
    panel.resize(560, 900)
    assert usual + 20 < panel.history.height() < 0.3 * panel.height()
    splitter = panel.splitter
    splitter.moveSplitter(300, 1)  # as the mouse does
    dragged = panel.history.height()
    feed(connection.store, frame("b", b"1"))
    panel.show_topic(b"b")
    assert panel.history.height() == dragged


async def test_what_was_done_goes_by_itself_and_what_failed_stays(panel, connection, qtbot):
    show(panel, connection, 1)
    head = panel.head
    assert head._told.interval() == 6_000
    head._told.setInterval(1)
    head.say("Copied.")
    assert head.done.isVisible()
    qtbot.waitUntil(lambda: not head.done.isVisible())
    head.say("Copied.")
    head.say("No room on the disk.", failed=True)
    qtbot.wait(20)
    assert head.done.isVisible()


async def test_the_count_goes_on_while_it_stands_at_a_message(clock, panel, connection, monkeypatch):
    monkeypatch.setattr(type(clock), "frames", 0)  # one of those at which it is told
    show(panel, connection, 2)
    panel.show_message(panel.history.model.message(1))
    feed(connection.store, frame("a", b"new"))
    clock.tick.emit()
    assert panel.head.chips.count.text() == "3 messages"
    panel.set_paused(True)
    feed(connection.store, frame("a", b"new"))
    clock.tick.emit()
    assert panel.head.chips.count.text() == "3 messages"


async def test_one_message_has_nothing_to_be_compared_with(clock, panel, connection):
    show(panel, connection, 1)
    panel.tabs.setCurrentIndex(DIFF)
    empty = panel.tabs.diff.empty
    assert empty.text.text() == "Only one message was received on this topic so far."
    feed(connection.store, frame("a", b"new"))
    panel._not_before = 0.0
    clock.tick.emit()
    assert panel.tabs.diff.diff is not None
    panel.show_message(panel.history.model.message(1))
    assert "no message before this one" in empty.text.text()


async def test_rows_of_bytes_have_room(qtbot):
    view = DocumentView()
    qtbot.addWidget(view)
    view.resize(900, 300)
    with qtbot.waitExposed(view):
        view.show()
    view.show_payload(bytes(range(256)) * 16, "hex")
    assert view.text.lines.width == 16
    assert view.text.lines.text(1).startswith("00000010  10 11")
    view.text.scroll_to(64)
    view.resize(420, 300)
    assert view.text.lines.width == 8
    assert view.text.lines.text(1).startswith("00000008  08 09")
    assert view.text.top_line == 128
    view.show_payload(bytes(300), "hex")
    assert view.text.lines.width == 8
    assert view.text.horizontalScrollBar().maximum() == 0
    view.resize(900, 300)
    assert view.text.lines.width == 16
    view.show_payload(b"text", "text")
    assert view.text.lines.text(0) == "text"
