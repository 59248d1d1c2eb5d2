# SPDX-License-Identifier: MIT
"""The search bar: keys, modes, errors under it, what is too much, and any width."""

from __future__ import annotations

import itertools
import time

import pytest
from PySide6.QtCore import QMimeData, QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QMainWindow, QMenu, QVBoxLayout, QWidget

from mqtt_explorer.store.query import MAX_CHARACTERS, Query, QueryMode
from mqtt_explorer.widgets.bubble import MOST_LINES, Bubble
from mqtt_explorer.widgets.query_bar import LEAST_WIDTH, QueryBar
from mqtt_explorer.widgets.query_chips import QueryChips
from mqtt_explorer.widgets.theme import Theme


class Bench:
    """A bar in a window, with another field beside it, and what the bar told."""

    def __init__(self, qtbot, width=420):
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        holder = QWidget()
        self.column = QVBoxLayout(holder)
        self.bar = QueryBar()
        self.bar.setFixedWidth(width)
        self.other = QLineEdit()
        self.column.addWidget(self.bar)
        self.column.addWidget(self.other)
        self.column.addStretch(1)
        self.window.setCentralWidget(holder)
        self.window.resize(600, 300)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.changed: list[Query] = []
        self.steps: list[int] = []
        self.left: list[int] = []
        self.bar.changed.connect(self.changed.append)
        self.bar.step_requested.connect(self.steps.append)
        self.bar.left.connect(lambda: self.left.append(1))

    @property
    def edit(self):
        return self.bar.edit


@pytest.fixture
def bench(look: Theme, qtbot):
    return Bench(qtbot)


def paste(qtbot, edit, text):
    QGuiApplication.clipboard().setText(text)
    qtbot.keyClick(edit, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


def key(qtbot, widget, which, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(widget, which, modifier)


def test_each_letter_is_told_at_once(bench, qtbot):
    qtbot.keyClicks(bench.edit, "te")
    assert [each.text for each in bench.changed] == ["t", "te"]
    assert bench.bar.query == Query("te")


def test_keys_step_clear_and_leave(bench, qtbot):
    bench.bar.begin()
    qtbot.keyClicks(bench.edit, "t")
    shift = Qt.KeyboardModifier.ShiftModifier
    for which, modifier in (
        (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier),
        (Qt.Key.Key_Return, shift),
        (Qt.Key.Key_F3, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_F3, shift),
    ):
        key(qtbot, bench.edit, which, modifier)
    assert bench.steps == [1, 1, -1, 1, -1]
    key(qtbot, bench.edit, Qt.Key.Key_Down)
    assert bench.left == [1]
    key(qtbot, bench.edit, Qt.Key.Key_Escape)
    assert bench.changed[-1] == Query()
    assert bench.left == [1]
    key(qtbot, bench.edit, Qt.Key.Key_Escape)
    assert bench.left == [1, 1]


def test_escape_works_on_the_buttons_too(bench, qtbot):
    bench.bar.begin("t")
    key(qtbot, bench.bar.switches.all[0], Qt.Key.Key_Escape)
    assert bench.edit.text() == ""
    assert bench.edit.hasFocus()


def test_a_letter_typed_elsewhere_begins_anew(bench, qtbot):
    bench.bar.begin("old")
    bench.other.setFocus()
    bench.bar.begin("n")
    qtbot.keyClicks(bench.edit, "ew")
    assert bench.edit.text() == "new"
    bench.other.setFocus()
    bench.bar.begin()
    assert bench.edit.hasFocus()
    assert bench.edit.selectedText() == "new"


def test_modes_exclude_each_other_and_say_why(bench, qtbot):
    case, whole, regex, wildcard = bench.bar.switches.all
    bench.bar.begin("a")
    alt = Qt.KeyboardModifier.AltModifier
    for which in (Qt.Key.Key_C, Qt.Key.Key_W):
        key(qtbot, bench.edit, which, alt)
    assert bench.bar.query == Query("a", case=True, whole_level=True)
    key(qtbot, bench.edit, Qt.Key.Key_R, alt)
    assert bench.bar.query == Query("a", QueryMode.REGEX, case=True)
    assert not whole.isEnabled()
    key(qtbot, bench.edit, Qt.Key.Key_M, alt)
    assert bench.bar.query == Query("a", QueryMode.FILTER)
    assert not regex.isChecked()
    assert not case.isEnabled()
    assert "always tells upper and lower case apart" in case.toolTip()
    assert "whole levels" in whole.accessibleDescription()
    qtbot.mouseClick(wildcard, Qt.MouseButton.LeftButton)
    assert bench.bar.query == Query("a", case=True, whole_level=True)  # what was chosen before
    assert case.toolTip() == "Match case (Alt+C)"
    assert bench.changed[-1] == bench.bar.query
    assert bench.edit.text() == "a"


def test_keys_of_a_switch_belong_to_the_bar_with_the_focus(bench, qtbot):
    second = QueryBar()
    bench.column.insertWidget(1, second)
    second.show()
    bench.bar.begin()
    key(qtbot, bench.edit, Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
    second.begin()
    key(qtbot, second.edit, Qt.Key.Key_M, Qt.KeyboardModifier.AltModifier)
    assert bench.bar.query.mode is QueryMode.REGEX
    assert second.query.mode is QueryMode.FILTER


def test_setting_a_query_tells_nobody(bench):
    wanted = Query("a.b", QueryMode.REGEX, case=True)
    bench.bar.set_query(wanted)
    assert bench.bar.query == wanted
    assert bench.changed == []
    bench.bar.set_query(Query())
    assert bench.bar.query == Query()


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ((None, None, 0, True), ""),
        ((12, None, 1284, False), "searching… 12"),
        ((0, None, 1284, True), "no hit"),
        ((1038, None, 1284, True), "1,038"),
        ((1038, 3, 1284, True), "3 of 1,038"),
    ],
)
def test_the_counter(bench, found, text):
    bench.bar.begin("t")
    bench.bar.set_found(*found)
    assert bench.bar.counter.text() == text
    assert bench.bar.counter.isVisible() == bool(text)
    if text:
        assert bench.bar.counter.toolTip().endswith("hits in 1,284")
        assert bench.edit.accessibleDescription() == bench.bar.counter.toolTip()


def test_an_error_stands_under_the_field_until_it_is_mended(bench, qtbot):
    bar, bubble = bench.bar, bench.bar.bubble
    bar.begin("(")
    bar.set_found(None, None, 0, True, "A bracket <b>is</b> not closed.")
    assert bubble.isVisible()
    assert bubble.parentWidget() is bench.window
    assert bar.property("error") is True
    assert bench.edit.accessibleDescription() == "A bracket <b>is</b> not closed."
    top = bar.mapTo(bench.window, QPoint(0, bar.height())).y()
    assert top <= bubble.y() <= top + 8
    assert not bubble.isWindow()
    bar.set_found(3, None, 9, True)
    assert bubble.isHidden()
    assert bar.property("error") is False
    bar.set_found(None, None, 0, True, "Again.")
    key(qtbot, bench.edit, Qt.Key.Key_Escape)
    assert bubble.isHidden()
    assert bar.property("error") is False


def test_the_bubble_moves_with_the_bar_and_hides_with_it(bench, qtbot):
    bench.bar.begin("(")
    bench.bar.set_found(None, None, 0, True, "No.")
    bubble = bench.bar.bubble
    before = bubble.y()
    bench.column.insertSpacing(0, 40)
    qtbot.waitUntil(lambda: bubble.y() >= before + 40)
    top = bench.bar.mapTo(bench.window, QPoint(0, bench.bar.height())).y()
    assert top <= bubble.y() <= top + 8
    bench.bar.hide()
    assert bubble.isHidden()
    bench.bar.show()
    assert bubble.isVisible()
    other = QMainWindow()
    qtbot.addWidget(other)
    other.setCentralWidget(bench.bar)  # a dock that is floated
    other.show()
    assert bubble.parentWidget() is other
    assert bubble.isVisible()
    qtbot.mouseClick(bubble, Qt.MouseButton.LeftButton)
    assert bubble.isHidden()


def test_a_bubble_is_at_most_three_lines_inside_the_window(bench, qtbot):
    bubble = bench.bar.bubble
    for width in (200, 600):
        bench.bar.setFixedWidth(LEAST_WIDTH)
        bench.window.resize(width, 300)
        qtbot.waitUntil(lambda width=width: bench.window.width() == width)
        for text in ("w" * 5000, "many words " * 500, "x\x00\n\u202e" * 80):
            bench.bar.set_found(None, None, 0, True, text)
            assert len(bubble._lines) <= MOST_LINES
            assert bubble.x() >= 0
            assert bubble.geometry().right() < width
            assert bubble.toolTip()


def test_where_the_window_ends_the_bubble_stands_above(look: Theme, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(400, 200)
    anchor = QWidget(window)
    anchor.setGeometry(20, 170, 200, 28)
    window.show()
    bubble = Bubble(anchor)
    bubble.say("A sentence.")
    assert bubble.isVisible()
    assert bubble.geometry().bottom() < anchor.y()


def test_a_bubble_goes_with_its_anchor(look: Theme, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    anchor = QWidget(window)
    window.show()
    bubble = Bubble(anchor)
    bubble.say("A sentence.")
    assert bubble.parentWidget() is window
    with qtbot.waitSignal(bubble.destroyed):
        anchor.deleteLater()


def test_a_pasted_megabyte_is_refused_and_what_was_there_stays(bench, qtbot):
    bench.bar.begin("kept")
    bench.changed.clear()
    begun = time.perf_counter()
    paste(qtbot, bench.edit, "x" * 1_000_000)
    assert (
        time.perf_counter() - begun < 2.0
    )  # measured 0.05 s; taken back letter by letter it would be minutes
    assert bench.edit.text() == "kept"
    assert bench.changed == []
    assert "1,000,004 characters are too many" in bench.bar.bubble.text
    assert bench.bar.bubble.isVisible()
    qtbot.keyClicks(bench.edit, "!")
    assert bench.edit.text() == "kept!"
    assert bench.bar.bubble.isHidden()


def test_as_much_as_is_allowed_is_taken(bench, qtbot):
    bench.bar.begin()
    paste(qtbot, bench.edit, "x" * MAX_CHARACTERS)
    assert len(bench.edit.text()) == MAX_CHARACTERS
    assert bench.bar.bubble.text == ""
    qtbot.keyClicks(bench.edit, "y")
    assert bench.edit.text() == "x" * MAX_CHARACTERS
    assert "1,001 characters" in bench.bar.bubble.text


@pytest.mark.parametrize(
    ("pasted", "text", "note"),
    [
        ("one\r\ntwo\nthree", "a-one-z", "The first line was taken; 3 lines were pasted."),
        ("\n\n two", "a- two-z", ""),
        ("one\n", "a-one-z", "The line break at the end was left out."),
        ("line\n" * 4120, "a-line-z", "The first line was taken; 4,120 lines were pasted."),
        ("a\x00b", "a-a\x00b-z", "The text holds a character that cannot be seen, and searches for it."),
        (
            "\x01\x02",
            "a-\x01\x02-z",
            "The text holds 2 characters that cannot be seen, and searches for them.",
        ),
    ],
    ids=["lines", "blank-first", "break-at-end", "many", "nul", "controls"],
)
def test_lines_and_unseen_characters_are_told(bench, qtbot, pasted, text, note):
    bench.bar.begin("a--z")
    bench.edit.setCursorPosition(2)
    QGuiApplication.clipboard().setText(pasted)
    assert QGuiApplication.clipboard().text() == pasted
    key(qtbot, bench.edit, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    if pasted == "\n\n two":
        assert bench.edit.text() == "a--z"  # the line it was put into is the first
        assert "3 lines were pasted" in bench.bar.bubble.text
        return
    assert bench.edit.text() == text
    assert bench.edit.cursorPosition() == text.index("-z")
    assert bench.bar.bubble.text == note
    assert bench.changed[-1].text == text


def test_a_drop_goes_through_the_same_gate(bench, qtbot):
    data = QMimeData()
    data.setText("one\ntwo")
    bench.edit.insert(data.text())  # what QLineEdit does with a drop
    assert bench.edit.text() == "one"
    assert "2 lines were pasted" in bench.bar.bubble.text


def test_in_a_narrow_bar_switches_go_into_a_menu(bench, qtbot):
    bar = bench.bar
    bar.begin("t")
    bar.set_found(38, 3, 1284, True)
    seen = {}
    for width in (420, 300, 250, LEAST_WIDTH):
        bar.setFixedWidth(width)
        qtbot.waitUntil(lambda width=width: bar.width() == width and bar.edit.width() >= 60)
        inside = [each for each in (*bar.in_key_order, bar.counter) if each.isVisible()]
        assert all(each.mapTo(bar, each.rect().topRight()).x() < width for each in inside)
        assert bar.clear_button.isVisible()
        seen[width] = (bar.counter.isVisible(), bar.next.isVisible(), bar.switches.isVisible())
        assert bar.more.isVisible() != bar.switches.isVisible()
    assert seen == {
        420: (True, True, True),
        300: (True, True, False),
        250: (True, False, False),
        LEAST_WIDTH: (False, False, False),
    }
    key(qtbot, bench.edit, Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
    assert bar.query.mode is QueryMode.REGEX
    qtbot.mouseClick(bar.more, Qt.MouseButton.LeftButton)
    menu = bar.findChild(QMenu)
    texts = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert texts[:3] == ["3 of 38", "Previous hit", "Next hit"]
    by_text = {action.text().partition("\t")[0]: action for action in menu.actions()}
    assert by_text["Regular expression"].isChecked()
    assert not by_text["Whole level or word"].isEnabled()
    by_text["MQTT filter with + and #"].trigger()
    by_text["Next hit"].trigger()
    menu.close()
    assert bar.query.mode is QueryMode.FILTER
    assert bench.steps == [1]


def test_at_rest_there_is_the_field_alone(bench, qtbot):
    bench.other.setFocus()
    buttons = bench.bar.in_key_order[1:]
    assert not any(each.isVisible() for each in buttons)
    bench.bar.begin()
    assert bench.bar.switches.isVisible()
    assert bench.bar.property("within") is True
    key(qtbot, bench.edit, Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
    bench.other.setFocus()
    assert bench.bar.switches.isVisible()  # one is on: that must not be hidden


def test_every_part_has_a_name(bench):
    for each in bench.bar.in_key_order:
        assert each.accessibleName()
        assert each is bench.edit or each.toolTip()


# -- the chips ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def chips(look: Theme, qtbot):
    made = QueryChips()
    qtbot.addWidget(made)
    made.show()
    return made


def click(qtbot, chip):
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)


def test_scopes_and_states_go_into_the_query(chips, qtbot):
    told = []
    chips.changed.connect(lambda: told.append(chips.apply(Query("t"))))
    click(qtbot, chips.properties)
    click(qtbot, chips.payload)
    click(qtbot, chips.retained)
    click(qtbot, chips.stale)
    assert told[-1] == Query("t", payload=False, properties=True, retained=True, stale=True)
    chips.set_from(Query())
    assert chips.apply(Query("t")) == Query("t")
    assert len(told) == 4


def test_one_scope_stays_on(chips, qtbot):
    told = []
    chips.changed.connect(lambda: told.append(1))
    click(qtbot, chips.topic)
    click(qtbot, chips.payload)
    assert chips.payload.isChecked()
    assert told == [1]
    assert "stays on" in chips.payload.toolTip()
    chips.set_from(Query(topic=False, payload=False))
    assert chips.apply(Query()).topic


def test_changed_since_a_moment(chips, qtbot):
    click(qtbot, chips.since)
    assert not chips.since.isChecked()
    menu = chips.findChild(QMenu)
    by_text = {action.text(): action for action in menu.actions()}
    assert list(by_text) == [
        "Since now",
        "In the last 10 seconds",
        "In the last minute",
        "In the last 10 minutes",
    ]
    before = time.monotonic_ns()
    by_text["In the last minute"].trigger()
    menu.close()
    since = chips.apply(Query()).changed_since_ns
    assert 0 <= since - (before - 60_000_000_000) < 5_000_000_000
    assert chips.since.isChecked()
    assert time.strftime("%H:") in chips.since.toolTip() or "since" in chips.since.toolTip()
    click(qtbot, chips.since)
    assert chips.apply(Query()).changed_since_ns is None
    assert not chips.since.isChecked()


def test_what_a_topic_filter_does_not_look_at_is_off_and_says_why(chips):
    assert chips.apply(Query("+", QueryMode.FILTER)).payload  # what was chosen is kept
    for chip in (chips.topic, chips.payload, chips.properties):
        assert not chip.isEnabled()
        assert "topics alone" in chip.toolTip()
    assert chips.retained.isEnabled()
    chips.apply(Query("+"))
    assert chips.payload.isEnabled()


def test_a_broker_without_properties(chips, qtbot):
    chips.set_from(Query(topic=False, payload=False, properties=True))
    chips.set_no_properties("MQTT 3.1.1 has no properties.")
    assert not chips.properties.isEnabled()
    assert chips.properties.toolTip() == "MQTT 3.1.1 has no properties."
    assert chips.apply(Query()) == Query(payload=False)
    chips.set_no_properties("")
    assert chips.properties.isEnabled()


def test_lists_of_messages_have_no_stale(look: Theme, qtbot):
    made = QueryChips(stale=False)
    qtbot.addWidget(made)
    made.show()
    assert not made.stale.isVisible()


def test_chips_stand_on_two_lines_where_it_is_narrow(look: Theme, qtbot):
    holder = QWidget()
    qtbot.addWidget(holder)
    chips = QueryChips(holder)
    holder.show()

    def places():
        return [QRect(chip.mapTo(chips, QPoint()), chip.size()) for chip in chips.stops]

    narrow = chips.minimumSizeHint().width()
    assert narrow <= min(220, chips.line_width)
    for width, lines in ((chips.line_width, 1), (narrow, 2), (chips.line_width + 50, 1)):
        chips.resize(width, chips.height_at(width))
        qtbot.waitUntil(lambda lines=lines: len({place.y() for place in places()}) == lines)
        assert all(chips.rect().contains(place) for place in places())
        assert not any(one.intersects(other) for one, other in itertools.combinations(places(), 2))


def test_the_counter_stands_beside_the_buttons(bench, qtbot):
    bar = bench.bar
    bar.setFixedWidth(364)
    bar.begin("t")
    bar.set_found(38, None, 204, False)
    searching = bar.edit.width()
    bar.set_found(38, None, 204, True)
    bar.layout().activate()
    assert bar.edit.width() > searching  # the room of "searching…" goes back to the text
    bare = bar.edit.width()
    assert bar.counter.alignment() & Qt.AlignmentFlag.AlignRight
    assert bar.counter.geometry().right() + 8 >= bar.previous.geometry().left()
    bar.set_found(38, 8, 204, True)
    bar.layout().activate()
    assert bar.edit.width() == bare  # stepping does not move it


def test_escape_goes_back_to_where_the_text_was_begun(bench, qtbot):
    bench.bar.begin("t")
    qtbot.keyClicks(bench.edit, "e")
    key(qtbot, bench.edit, Qt.Key.Key_Escape)
    assert bench.edit.text() == ""
    assert bench.changed[-1] == Query()
    assert bench.left == [1]
    bench.bar.begin()
    qtbot.keyClicks(bench.edit, "t")
    key(qtbot, bench.edit, Qt.Key.Key_Escape)
    assert bench.left == [1]  # begun here


@pytest.mark.parametrize("width", [420, 364, 250])
def test_a_mode_that_is_on_is_seen_also_at_rest(bench, qtbot, width):
    bench.bar.setFixedWidth(width)
    bench.bar.set_query(Query("a", mode=QueryMode.REGEX))
    bench.bar.begin()
    key(qtbot, bench.edit, Qt.Key.Key_Escape)
    bench.other.setFocus()
    regex = bench.bar.switches.all[2]
    assert regex.isVisible()
    qtbot.mouseClick(regex, Qt.MouseButton.LeftButton)
    assert bench.bar.query.mode is QueryMode.TEXT
    bench.other.setFocus()
    assert not bench.bar.switches.isVisible()


def test_a_notice_goes_with_the_next_key_and_an_error_does_not(bench, qtbot):
    bench.bar.begin()
    for _ in range(2):  # the same notice is told again
        paste(qtbot, bench.edit, "one\ntwo")
        assert bench.bar.bubble.isVisible()
        key(qtbot, bench.edit, Qt.Key.Key_Control)
        assert bench.bar.bubble.isVisible()
        key(qtbot, bench.edit, Qt.Key.Key_Left)
        assert not bench.bar.bubble.isVisible()
    bench.bar.set_found(None, None, 0, True, "A bracket is not closed.")
    key(qtbot, bench.edit, Qt.Key.Key_Left)
    assert bench.bar.bubble.isVisible()


def test_a_notice_goes_by_itself(look: Theme, qtbot, monkeypatch):
    monkeypatch.setattr("mqtt_explorer.widgets.bubble.NOTICE_MS", 30)
    bench = Bench(qtbot)
    bench.bar.bubble.say("A notice.", "warn")
    assert bench.bar.bubble.isVisible()
    qtbot.waitUntil(lambda: not bench.bar.bubble.isVisible(), timeout=2_000)
    bench.bar.bubble.say("An error.", "error")
    qtbot.wait(60)
    assert bench.bar.bubble.isVisible()
