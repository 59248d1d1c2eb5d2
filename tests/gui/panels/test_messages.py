# SPDX-License-Identifier: MIT
from __future__ import annotations

import csv
import io
import itertools
import random
import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QStyleOptionHeader, QVBoxLayout, QWidget

from mqtt_explorer.models import message_model
from mqtt_explorer.models.message_model import PREVIEW, RETAINED, TIME, TOPIC
from mqtt_explorer.panels.messages import MessagesPanel, copying
from mqtt_explorer.panels.messages.panel import BELOW, EVERYTHING
from mqtt_explorer.store.query import Query, QueryMode
from mqtt_explorer.widgets.buttons import IconButton
from mqtt_explorer.widgets.title_bar import TitleBar
from tests.models.streams import feed, frame

NO_MODIFIER = Qt.KeyboardModifier.NoModifier


@pytest.fixture(autouse=True)
def _each_tick_updates(monkeypatch):
    monkeypatch.setattr(message_model.MessageModel, "_is_due", lambda self: True)


@pytest.fixture
def panel(clock, qtbot):
    made = MessagesPanel(clock)
    qtbot.addWidget(made, before_close_func=lambda panel: panel.set_connection(None))
    made.resize(900, 300)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


@pytest.fixture
def connection(make_connection):
    return make_connection()


def column(panel, number=PREVIEW):
    return [panel.model.index(row, number).data() for row in range(panel.model.rowCount())]


def send(connection, *payloads, topic="a"):
    feed(connection.store, *(frame(topic, str(payload).encode()) for payload in payloads))


def type_in(panel, text):
    panel.bar.begin()
    QTest.keyClicks(panel.bar.edit, text)


def click_row(panel, row, modifier=NO_MODIFIER, button=Qt.MouseButton.LeftButton, twice=False):
    place = panel.table.visualRect(panel.model.index(row, TOPIC)).center()
    act = QTest.mouseDClick if twice else QTest.mouseClick
    act(panel.table.viewport(), button, modifier, place)


def test_newest_on_top_below_the_selection(panel, connection, clock):
    send(connection, 1, 2, topic="a/b")
    send(connection, 3, topic="c")
    panel.set_connection(connection)
    assert column(panel) == ["3", "2", "1"]
    assert panel.info == "3 messages"
    panel.set_branch(b"a")
    assert column(panel) == ["2", "1"]
    assert panel.info == "below a · 2 messages"
    send(connection, 4, topic="a")
    send(connection, 5, topic="ab")
    clock.tick.emit()
    assert column(panel) == ["4", "2", "1"]


def test_everything_does_not_follow_the_selection(panel, connection):
    send(connection, 1, topic="a")
    send(connection, 2, topic="b")
    panel.set_connection(connection)
    panel.set_branch(b"a")
    QTest.mouseClick(panel.scope._button(EVERYTHING), Qt.MouseButton.LeftButton)
    assert column(panel) == ["2", "1"]
    panel.set_branch(b"b")
    assert column(panel) == ["2", "1"]
    QTest.mouseClick(panel.scope._button(BELOW), Qt.MouseButton.LeftButton)
    assert column(panel) == ["2"]
    panel.scope.set_index(EVERYTHING)
    panel.show_branch(b"a")
    assert (column(panel), panel.scope.index) == (["1"], BELOW)


def test_the_filter_counts_what_matches(panel, connection, clock):
    send(connection, *range(100))
    panel.set_connection(connection)
    type_in(panel, "7")
    assert panel.info == "19 of 100 match"
    assert column(panel)[0] == "97"
    send(connection, 107, 108)
    clock.tick.emit()
    assert panel.info == "20 of 102 match"
    QTest.keyClick(panel.bar.edit, Qt.Key.Key_Down)
    assert panel.table.hasFocus()


def test_a_broken_pattern_is_explained_and_the_last_good_list_stays(panel, connection, make_connection):
    send(connection, *range(30))
    panel.set_connection(connection)
    type_in(panel, "7")
    panel.bar.set_query(Query("2(", mode=QueryMode.REGEX))
    panel.bar.changed.emit(panel.bar.query)
    assert panel.bar.bubble.isVisible()
    assert column(panel) == ["27", "17", "7"]
    assert panel.info == "3 of 30 match"
    panel.set_branch(b"b")
    assert column(panel) == []
    panel.set_branch(None)
    assert column(panel) == ["27", "17", "7"]
    other = make_connection()
    send(other, "other")
    panel.set_connection(other)
    assert (column(panel), panel.bar.bubble.isVisible()) == (["other"], False)
    panel.set_connection(connection)
    assert panel.bar.bubble.isVisible()
    assert column(panel) == ["27", "17", "7"]


def test_chips_filter_too(panel, connection):
    feed(connection.store, frame("a", b"1", 1), frame("a", b"2"))
    panel.set_connection(connection)
    QTest.mouseClick(panel.chips.retained, Qt.MouseButton.LeftButton)
    assert (column(panel), panel.info) == (["1"], "1 of 2 match")


def test_each_connection_keeps_its_filter_and_branch(panel, connection, make_connection):
    other = make_connection()
    for each in (connection, other):
        send(each, 1, 2, topic="a")
    panel.set_connection(connection)
    panel.set_branch(b"a")
    type_in(panel, "2")
    panel.set_connection(other)
    assert (panel.bar.query.text, panel.branch, column(panel)) == ("", None, ["2", "1"])
    panel.set_connection(connection)
    assert (panel.bar.query.text, panel.branch, column(panel)) == ("2", b"a", ["2"])


def test_muted_branches_are_left_out_and_said(panel, connection, clock):
    send(connection, 1, topic="a")
    send(connection, *range(312), topic="noise/x")
    panel.set_connection(connection)
    connection.marks.set_muted([b"noise"], on=True)
    assert column(panel) == ["1"]
    assert panel.foot.text() == "312 of muted branches left out"
    panel.set_branch(b"noise")
    assert panel.empty.isVisible()
    assert panel.empty.title.text() == "Only muted messages"
    connection.marks.set_muted([b"noise"], on=False)
    assert len(column(panel)) == 312
    assert not panel.foot.isVisible()


def test_scrolling_holds_the_list_and_the_top_goes_on(panel, connection, clock):
    send(connection, *range(100))
    panel.set_connection(connection)
    bar = panel.table.verticalScrollBar()
    bar.setValue(240)
    top = panel.table.indexAt(QPoint(5, 5)).row()
    send(connection, *range(100, 130))
    clock.tick.emit()
    assert (bar.value(), panel.table.indexAt(QPoint(5, 5)).row()) == (240, top)
    assert panel.waiting.isVisible()
    assert panel.waiting.count.text() == "30 new"
    bar.setValue(0)
    assert not panel.waiting.isVisible()
    assert column(panel)[0] == "129"


def test_follow_in_the_title_bar(panel, connection, clock, qtbot):
    send(connection, *range(100))
    bar = TitleBar("Messages", None)
    qtbot.addWidget(bar)
    panel.fill_title_bar(bar)
    panel.set_connection(connection)
    button = panel._follow_button
    assert button.isChecked()
    panel.table.verticalScrollBar().setValue(240)
    assert not button.isChecked()
    send(connection, "new")
    clock.tick.emit()
    button.click()
    assert column(panel)[0] == "new"
    assert panel.table.verticalScrollBar().value() == 0
    button.click()
    send(connection, "newer")
    clock.tick.emit()
    assert column(panel)[0] == "new"
    assert panel.waiting.isVisible()


def test_the_selection_stays_on_its_message(panel, connection, clock):
    send(connection, *range(50))
    panel.set_connection(connection)
    click_row(panel, 2)
    for _ in range(3):
        send(connection, *range(300))
        clock.tick.emit()
    assert [panel.model.message_of(seq).payload for seq in panel.table.selected_seqs()] == [b"47"]
    assert not panel.model.follow
    assert panel.waiting.count.text() == "600 new"
    assert panel.table.verticalScrollBar().value() == 0


def test_pause_keeps_receiving_and_says_how_many_wait(panel, connection, clock, qtbot):
    send(connection, *range(50))
    bar = TitleBar("Messages", None)
    qtbot.addWidget(bar)
    panel.fill_title_bar(bar)
    panel.set_connection(connection)
    top = panel.table.geometry().top()
    panel._pause_button.click()
    send(connection, *range(1_204))
    clock.tick.emit()
    strip = panel.waiting
    assert (strip.strong.text(), strip.count.text()) == ("Paused", "1,204 waiting")
    assert strip.property("kind") == "warn"
    assert strip.rate.text().startswith("still receiving ")
    assert panel.table.geometry().top() == top
    place = strip.rate.geometry()
    send(connection, *range(900))
    clock.tick.emit()
    assert strip.count.text() == "2,104 waiting"
    assert strip.rate.geometry() == place
    assert len(column(panel)) == 50
    strip.button.click()
    assert not strip.isVisible()
    assert not panel._pause_button.isChecked()
    assert column(panel)[0] == "899"


def test_the_rate_is_that_of_the_connection(panel, connection, clock, monkeypatch):
    panel.set_connection(connection)
    now = [1_000.0]
    monkeypatch.setattr("mqtt_explorer.panels.messages.waiting.time.monotonic", lambda: now[0])
    panel.pause(True)
    for _ in range(4):
        clock.tick.emit()
        send(connection, *range(156))
        now[0] += 0.5
    clock.tick.emit()
    assert panel.waiting.rate.text() == "still receiving 312 msg/s"


def test_the_pause_of_the_window_stays_when_what_waits_is_shown(panel, connection, clock):
    send(connection, 1)
    panel.set_connection(connection)
    panel.set_paused(True)
    send(connection, 2)
    clock.tick.emit()
    panel.waiting.button.click()
    assert column(panel) == ["2", "1"]
    send(connection, 3)
    clock.tick.emit()
    assert column(panel) == ["2", "1"]
    assert panel.waiting.count.text() == "1 waiting"
    panel.set_paused(False)
    assert column(panel) == ["3", "2", "1"]


def test_what_is_dropped_while_it_waits_stands_in_the_strip(panel, connection, clock):
    connection.store._budget.limit_bytes = 100_000
    send(connection, *range(50))
    panel.set_connection(connection)
    panel.pause(True)
    while connection.store.first_seq < 150:
        send(connection, *range(20))
        clock.tick.emit()
    gone = connection.store.first_seq - 50
    assert panel.waiting.lost.text() == f"{gone:,} dropped"
    assert panel.waiting.lost.isVisible()
    assert column(panel)[0] == "49"
    panel.pause(False)
    assert panel.foot.text().startswith(f"{connection.store.first_seq:,} older ones were dropped")


def test_end_goes_to_the_oldest_and_says_where_the_list_ends(panel, connection, clock, monkeypatch):
    send(connection, *range(3_000))
    panel.set_connection(connection)
    panel.table.setFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_End)
    assert column(panel)[-1] == "0"
    bar = panel.table.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    QTest.keyClick(panel.table, Qt.Key.Key_Home)
    monkeypatch.setattr(message_model, "MOST_ROWS", 1_000)
    monkeypatch.setattr("mqtt_explorer.panels.messages.situation.MOST_ROWS", 1_000)
    clock.tick.emit()
    panel.show_waiting()
    QTest.keyClick(panel.table, Qt.Key.Key_End)
    clock.tick.emit()
    assert column(panel)[-1] == "2000"
    assert panel.foot.text() == "Showing 1,000 of 3,000: a filter brings older ones"


def test_enter_and_double_click_go_to_the_topic(panel, connection, qtbot):
    send(connection, 1, topic="a/b")
    send(connection, 2, topic="c")
    panel.set_connection(connection)
    click_row(panel, 1)
    with qtbot.waitSignal(panel.topic_selected) as caught:
        QTest.keyClick(panel.table, Qt.Key.Key_Return)
    assert caught.args == [b"a/b"]
    click_row(panel, 0)
    with qtbot.waitSignal(panel.topic_selected) as caught:
        click_row(panel, 0, twice=True)
    assert caught.args == [b"c"]


def test_copied_rows_are_exact(panel, connection):
    feed(connection.store, frame("a/b", b"1"), frame("x", b'two\nlines\t"q"'), frame("bin", b"\x00\xff"))
    panel.set_connection(connection)
    click_row(panel, 0)
    click_row(panel, 2, Qt.KeyboardModifier.ShiftModifier)
    QTest.keySequence(panel.table, QKeySequence(QKeySequence.StandardKey.Copy))
    text = QGuiApplication.clipboard().text()
    rows = list(csv.reader(io.StringIO(text, newline=""), dialect="excel-tab"))
    assert [row[1:] for row in rows] == [["bin", "00 ff"], ["x", 'two\nlines\t"q"'], ["a/b", "1"]]
    assert rows[0][0].startswith(time.strftime("%Y-%m-%d "))
    assert not panel.deeds.strip.isVisible()


def test_a_copy_that_is_cut_says_so(panel, connection, monkeypatch):
    monkeypatch.setattr(copying, "COPY_ROWS", 3)
    send(connection, *range(10))
    panel.set_connection(connection)
    panel.table.selectAll()
    panel.deeds.copy_rows()
    assert QGuiApplication.clipboard().text().count("\n") == 3
    assert panel.deeds.strip.text.text() == "Copied the first 3 of 10 rows; an export takes all"


def test_the_context_menu_offers_what_can_be_done(panel, connection, qtbot):
    send(connection, *range(10), topic="a/b")
    panel.set_connection(connection)

    def menu():
        found = [each for each in panel.findChildren(QMenu) if each.isVisible()]
        return found[0] if found else None

    panel.table.menu_wanted.emit(QPoint(5, 5))
    texts = [action.text() for action in menu().actions() if action.text()]
    assert texts == ["Export all…", "Pause"]
    menu().close()
    click_row(panel, 1)
    panel.table.menu_wanted.emit(QPoint(5, 5))
    texts = [action.text().partition("\t")[0] for action in menu().actions() if action.text()]
    assert texts == [
        "Copy row",
        "Copy payload",
        "Copy topic",
        "Show in tree",
        "Export selection…",
        "Export all…",
        "Pause",
    ]
    next(action for action in menu().actions() if action.text() == "Copy topic").trigger()
    assert QGuiApplication.clipboard().text() == "a/b"
    menu().close()
    panel.deeds.copy_payload()
    assert QGuiApplication.clipboard().text() == "8"


def test_ctrl_f_means_the_filter_here_and_typing_begins_one(panel, connection, qtbot):
    send(connection, 1, 2)
    panel.set_connection(connection)
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    layout.addWidget(panel)
    elsewhere = []
    shortcut = QShortcut(QKeySequence("Ctrl+F"), window)
    shortcut.activated.connect(lambda: elsewhere.append(1))
    shortcut.activatedAmbiguously.connect(lambda: elsewhere.append(2))
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    panel.table.setFocus()
    QTest.keySequence(window.windowHandle(), QKeySequence("Ctrl+F"))
    assert panel.bar.edit.hasFocus()
    assert elsewhere == []
    panel.table.setFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_2)
    assert panel.bar.edit.hasFocus()
    assert (panel.bar.query.text, column(panel)) == ("2", ["2"])
    panel.setParent(None)


def test_empty_lists_say_why(panel, connection):
    def said():
        assert panel.empty.isVisible()
        return panel.empty.title.text()

    assert said() == "Not connected"
    panel.set_connection(connection)
    assert said() == "No messages"
    panel.set_branch(b"x")
    assert said() == "No messages here"
    panel.empty_button.click()
    assert (panel.branch, said()) == (None, "No messages")
    send(connection, 1)
    panel.bar.set_query(Query("zzz"))
    panel.bar.changed.emit(panel.bar.query)
    assert said() == "Nothing matches"
    assert panel.empty.text.text() == "1 message was looked at."
    panel.empty_button.click()
    assert (column(panel), panel.bar.query.text) == (["1"], "")


def top_of(panel, part):
    return part.mapTo(panel, QPoint(0, 0)).y()


def test_narrow_panels_put_the_strip_under_the_list(panel, connection, qtbot):
    send(connection, 1)
    panel.set_connection(connection)
    panel.pause(True)
    assert top_of(panel, panel.waiting) < top_of(panel, panel.stack)
    assert panel.waiting.isVisible()
    panel.resize(480, 300)
    qtbot.waitUntil(lambda: top_of(panel, panel.waiting) > top_of(panel, panel.stack))
    assert panel.waiting.isVisible()
    panel.resize(900, 300)
    qtbot.waitUntil(lambda: top_of(panel, panel.waiting) < top_of(panel, panel.stack))
    assert panel.waiting.isVisible()
    panel.pause(False)
    assert not panel.waiting.isVisible()
    assert panel.minimumSizeHint().width() <= 410


def test_chips_come_with_a_filter_and_go_with_it(panel, connection, qtbot):
    send(connection, 1)
    panel.set_connection(connection)
    before = top_of(panel, panel.stack)
    assert not panel.chips.isVisible()
    type_in(panel, "1")
    assert panel.chips.isVisible()
    assert top_of(panel, panel.stack) == before  # there is room beside the filter
    QTest.mouseClick(panel.chips.retained, Qt.MouseButton.LeftButton)
    panel.bar.clear_button.click()
    assert panel.chips.isVisible()
    panel.chips.retained.setFocus()
    QTest.keyClick(panel.chips.retained, Qt.Key.Key_Space)
    assert panel.query.is_empty
    assert panel.chips.isVisible()  # not under the fingers
    panel.table.setFocus()
    assert not panel.chips.isVisible()


def test_chips_on_request(panel, connection, qtbot):
    bar = TitleBar("Messages", None)
    qtbot.addWidget(bar)
    panel.fill_title_bar(bar)
    panel.set_connection(connection)
    button = next(each for each in bar.findChildren(IconButton) if "Scopes" in each.toolTip())
    button.click()
    assert panel.chips.isVisible()
    button.click()
    assert not panel.chips.isVisible()


@pytest.mark.parametrize("width", [404, 480, 640, 760, 860, 900, 1300])
def test_the_parts_above_the_list_never_meet(panel, connection, qtbot, width):
    send(connection, 1)
    panel.set_connection(connection)
    type_in(panel, "1")
    panel.pause(True)
    panel.resize(width, 300)
    qtbot.waitUntil(lambda: panel.row.width() == width)
    parts = [
        part for part in (panel.bar, panel.chips, panel.waiting, panel.scope) if part.parent() is panel.row
    ]
    places = [part.geometry() for part in parts]
    assert all(panel.row.rect().contains(place) for place in places)
    assert not any(one.intersects(other) for one, other in itertools.combinations(places, 2))
    assert panel.bar.width() <= 340
    qtbot.waitUntil(lambda: top_of(panel, panel.stack) >= panel.row.height())


def test_seven_rows_at_the_usual_height(panel, connection, clock, qtbot):
    panel.set_connection(connection)
    send(connection, *range(20))
    clock.tick.emit()
    panel.resize(856, 235)  # what a dock of 281 pixels leaves
    qtbot.waitUntil(lambda: panel.table.viewport().height() >= 7 * panel.table.rowHeight(0))


def test_a_pin_stands_over_the_pins(panel, connection, clock):
    panel.set_connection(connection)
    send(connection, 1)
    clock.tick.emit()
    header = panel.table.horizontalHeader()
    assert header.sectionSize(RETAINED) < 50
    assert panel.model.headerData(RETAINED, Qt.Orientation.Horizontal) == "Retained"  # read aloud
    option = QStyleOptionHeader()
    header.initStyleOptionForIndex(option, RETAINED)
    assert option.text == ""
    header.initStyleOptionForIndex(option, TIME)
    assert option.text == "Time"


def test_hostile_text_is_shown_plainly(panel, connection):
    feed(connection.store, frame("<b>x</b>/\x07", b"<img src=x>"))
    panel.set_connection(connection)
    panel.set_branch(b"<b>x</b>/\x07")
    assert "\x07" not in panel.info
    panel.set_branch(b"<b>none</b>")
    assert panel.empty.text.textFormat() == Qt.TextFormat.PlainText
    panel.grab()


def test_a_favourite_does_not_begin_the_list_anew(panel, connection):
    send(connection, *range(100))
    panel.set_connection(connection)
    panel.table.verticalScrollBar().setValue(240)
    click_row(panel, 12)
    connection.marks.set_favourite([b"a"], on=True)
    assert panel.table.verticalScrollBar().value() == 240
    assert len(panel.table.selected_seqs()) == 1


def test_hidden_it_does_nothing_and_catches_up_when_shown(panel, connection, clock):
    panel.set_connection(connection)
    panel.hide()
    send(connection, 1, 2)
    clock.tick.emit()
    assert column(panel) == []
    panel.show()
    clock.tick.emit()
    assert column(panel) == ["2", "1"]


def test_capitals_are_typed_into_the_filter_too(panel, connection):
    send(connection, "On", "off")
    panel.set_connection(connection)
    panel.table.setFocus()
    QTest.keyClick(panel.table, "O", Qt.KeyboardModifier.ShiftModifier)
    assert panel.bar.query.text == "O"


@pytest.mark.parametrize("seed", range(3))
def test_random_deeds_leave_the_list_true(panel, connection, clock, seed):
    """The real view under everything a user and a broker may do: selection and scroll stay on their messages."""
    rng = random.Random(seed)
    connection.store._budget.limit_bytes = 300_000
    panel.set_connection(connection)
    bar = panel.table.verticalScrollBar()
    deeds = (
        lambda: bar.setValue(rng.randrange(bar.maximum() + 1)),
        lambda: bar.setValue(0),
        lambda: QTest.keyClick(panel.table, rng.choice([Qt.Key.Key_End, Qt.Key.Key_Home, Qt.Key.Key_Down])),
        lambda: click_row(panel, rng.randrange(3)),
        lambda: panel.pause(rng.random() < 0.5),
        lambda: panel.set_paused(rng.random() < 0.5),
        lambda: panel.set_branch(rng.choice([None, b"a", b"b"])),
        lambda: panel.show_waiting(),
        lambda: panel.resize(rng.choice([480, 900]), 300),
        lambda: panel.grab(),
        lambda: panel.deeds.copy_rows(),
    )
    for _ in range(150):
        rng.choice(deeds)()
        before = panel.table.selected_seqs()
        held, top = bar.value() > 0, top_seq(panel)
        for _ in range(rng.choice([0, 1, 3])):
            send(connection, *range(rng.choice([1, 5, 200])), topic=rng.choice("ab"))
        clock.tick.emit()
        first = connection.store.first_seq
        assert set(panel.table.selected_seqs()) <= set(before)
        assert {seq for seq in before if seq >= first} <= set(panel.table.selected_seqs())
        if held and top is not None and top >= first + 20:
            assert top_seq(panel) == top


def top_seq(panel):
    seqs = panel.model.seqs(range(panel.model.rowCount()))
    row = panel.table.rowAt(1)
    return seqs[row] if 0 <= row < len(seqs) else None
