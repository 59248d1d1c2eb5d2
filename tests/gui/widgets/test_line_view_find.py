# SPDX-License-Identifier: MIT
"""Finding in the text view: hits in order, counted beside the window, in lines of any length."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from mqtt_explorer.payload.json_index import JsonLines, build_index
from mqtt_explorer.payload.text_lines import TextLines, find_lines
from mqtt_explorer.widgets import line_find
from mqtt_explorer.widgets.line_find import Finder
from mqtt_explorer.widgets.line_selection import WINDOW, Place
from mqtt_explorer.widgets.line_view import LineView
from mqtt_explorer.widgets.theme import Theme

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def of(*lines: str) -> TextLines:
    source = "\n".join(lines).encode()
    return TextLines(source, find_lines(source))


@pytest.fixture
def view(look: Theme, qtbot):
    made = LineView()
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    qtbot.waitExposed(made)
    made.setFocus()
    yield made
    made.search.finder.stop()


def done(qtbot, view: LineView) -> None:
    qtbot.waitUntil(lambda: view.search.finder.done, timeout=20_000)


def search(qtbot, view: LineView, text: str) -> None:
    view.open_find()
    view.search.bar.edit.setText(text)
    done(qtbot, view)


def test_keys_open_step_and_close(view, qtbot):
    view.show_lines(of("Temp", "x", "temp temp", "end"))
    qtbot.keyClick(view, Qt.Key.Key_F, CTRL)
    bar = view.search.bar
    assert bar.edit.hasFocus()
    qtbot.keyClicks(bar.edit, "temp")
    done(qtbot, view)
    assert view.selected_text() == "Temp"
    assert bar.counter.text() == "1 of 3"
    qtbot.keyClick(bar.edit, Qt.Key.Key_Return)
    assert view.selection.first == Place(2, 0)
    qtbot.keyClick(bar.edit, Qt.Key.Key_F3)
    assert bar.counter.text() == "3 of 3"
    qtbot.keyClick(bar.edit, Qt.Key.Key_F3)
    assert view.selection.first == Place(0, 0)  # from the end to the beginning
    qtbot.keyClick(bar.edit, Qt.Key.Key_F3, SHIFT)
    assert view.selection.first == Place(2, 5)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_F3)
    assert view.selection.first == Place(0, 0)
    view.go_to(1, 0)
    qtbot.keyClick(view, Qt.Key.Key_F3, SHIFT)
    assert view.selection.first == Place(0, 0)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not view.search.is_open
    assert view.hasFocus()


def test_case_and_no_hit(view, qtbot):
    view.show_lines(of("Temp", "temp", "ÄRGER ärger"))
    search(qtbot, view, "temp")
    assert view.search.finder.count == 2
    qtbot.keyClick(view.search.bar.edit, Qt.Key.Key_C, Qt.KeyboardModifier.AltModifier)
    done(qtbot, view)
    assert view.search.finder.count == 1
    assert view.selection.first == Place(1, 0)
    qtbot.keyClick(view.search.bar.edit, Qt.Key.Key_C, Qt.KeyboardModifier.AltModifier)
    search(qtbot, view, "ärger")
    assert view.search.finder.count == 2
    search(qtbot, view, ".*")
    assert view.search.bar.counter.text() == "no hit"
    assert not view.search.bar.next.isEnabled()
    search(qtbot, view, "")
    assert view.search.bar.counter.text() == ""


def test_it_begins_where_one_looks_and_counts_from_the_top(view, qtbot):
    view.show_lines(of(*(f"hit {n}" for n in range(100))))
    view.go_to(50, 0)
    search(qtbot, view, "hit")
    assert view.selection.first == Place(50, 0)
    assert view.search.bar.counter.text() == "51 of 100"
    view.search.step(-1)
    assert view.selection.first == Place(49, 0)
    view.go_to(0, 0)
    view.search.step(-1)
    assert view.selection.first == Place(99, 0)


@pytest.mark.parametrize("offset", [-3, -2, -1, 0, 1], ids=["before", "over2", "over1", "at", "behind"])
def test_hits_at_the_edge_of_a_window(view, qtbot, offset):
    """A long line is looked at in windows."""
    at = WINDOW + offset
    text = "." * at + "abc" + "." * 50 + "abc"
    view.show_lines(of(text, "abc"))
    search(qtbot, view, "abc")
    assert view.search.finder.count == 3
    assert view.selection.first == Place(0, at)
    view.search.step(1)
    assert view.selection.first == Place(0, at + 53)
    assert view.viewport().rect().contains(view.rect_of(view.selection.caret))


def test_overlapping_hits_count_as_in_one_piece(view, qtbot):
    text = "a" * (2 * WINDOW + 7)
    view.show_lines(of(text))
    search(qtbot, view, "aaa")
    assert view.search.finder.count == len(text) // 3


def test_a_long_search_leaves_the_window_alone_and_is_stopped(view, qtbot):
    source = b"\n".join(b"line %d" % n for n in range(150_000))
    view.show_lines(TextLines(source, find_lines(source)))
    view.open_find()
    view.search.bar.edit.setText("line 149999")
    finder = view.search.finder
    assert not finder.done
    qtbot.waitUntil(lambda: view.search.bar.counter.text().startswith("searching"), timeout=5_000)
    done(qtbot, view)
    assert view.selection.first == Place(149_999, 0)
    assert view.search.bar.counter.text() == "1 of 1"
    view.search.bar.edit.setText("line")
    assert not finder.done
    view.close_find()
    assert finder.done
    assert finder.count == 0


def test_a_step_waits_for_a_hit_that_is_not_found_yet(view, qtbot):
    source = b"\n".join(b"%d" % n for n in range(100_000))
    view.show_lines(TextLines(source, find_lines(source)))
    view.go_to(99_000, 0)
    view.open_find()
    view.search.bar.edit.setText("50000")
    assert not view.has_selection
    done(qtbot, view)
    assert view.selection.first == Place(50_000, 0)


def test_too_many_hits_are_said_to_be_more(view, qtbot, monkeypatch):
    monkeypatch.setattr(line_find, "MOST_HITS", 50)
    view.show_lines(of("x" * 100))
    search(qtbot, view, "x")
    assert view.search.finder.count == 50
    assert view.search.bar.counter.text() == "over 50"
    view.search.step(1)
    assert view.selection.first == Place(0, 1)


def test_other_lines_are_searched_and_nothing_moves(view, qtbot):
    view.show_lines(of(*("hit" for _ in range(60))))
    search(qtbot, view, "hit")
    view.go_to(40, 0)
    top = view.top_line
    view.show_lines(of(*("hit hit" for _ in range(60))))
    done(qtbot, view)
    assert view.search.finder.count == 120
    assert view.top_line == top
    assert not view.has_selection


def test_what_is_selected_is_looked_for(view, qtbot):
    view.show_lines(of("alpha beta", "beta"))
    view.select(Place(0, 6), Place(0, 10))
    view.open_find()
    done(qtbot, view)
    assert view.search.bar.text == "beta"
    assert view.search.finder.count == 2


def test_hits_in_sight_are_marked(view, qtbot):
    view.show_lines(of("abc", "", "שלום abc"))
    without = view.viewport().grab().toImage()
    search(qtbot, view, "abc")
    view.go_to(1, 0)
    marked = view.viewport().grab().toImage()
    for place in (Place(0, 1), Place(2, 6)):
        at = view.rect_of(place)
        spot = (at.x() + 1, at.bottom() - 2)
        assert marked.pixelColor(*spot) != without.pixelColor(*spot)
    view.close_find()
    view.clearFocus()
    without = view.viewport().grab().toImage()
    assert without.pixelColor(view.rect_of(Place(0, 1)).x() + 1, 18) != marked.pixelColor(
        view.rect_of(Place(0, 1)).x() + 1, 18
    )


def test_the_bar_lies_under_the_text_at_any_size(view, look, qtbot):
    view.show_lines(of(*("hit" for _ in range(100))))
    search(qtbot, view, "hit")
    for px in (13, 24):
        look.set_sizes(px, px)
        view.resize(400 + px, 300 + px)
        bar, port = view.search.bar.geometry(), view.viewport().geometry()
        assert (bar.top(), bar.left(), bar.width()) == (port.bottom() + 1, port.left(), port.width())
        assert bar.bottom() <= view.rect().bottom()
    below = view.viewport().height()
    view.close_find()
    assert view.viewport().height() > below


def test_the_views_own_keys_come_before_the_windows(view):
    for key, modifier in ((Qt.Key.Key_F, CTRL), (Qt.Key.Key_C, CTRL), (Qt.Key.Key_F3, SHIFT)):
        event = QKeyEvent(QKeyEvent.Type.ShortcutOverride, key, modifier)
        event.ignore()
        QApplication.sendEvent(view, event)
        assert event.isAccepted()


TOKENS = st.sampled_from(['"a"', '"Key"', "1.5", "{", "}", "[", "]", ":", ",", " ", "\n", '"ſ: s"', "null"])


@given(
    source=st.lists(TOKENS, min_size=1, max_size=40).map(lambda parts: "".join(parts).encode()),
    needle=st.one_of(
        TOKENS, st.lists(TOKENS, min_size=2, max_size=3).map("".join), st.text('akKsS": 1.', min_size=1)
    ),
    case=st.booleans(),
    share=st.floats(0, 1, exclude_max=True),
)
@settings(max_examples=150, deadline=None)
def test_hits_are_those_of_each_line(qapp, source, needle, case, share):
    lines = JsonLines(source, build_index(source))
    owner = QObject()
    finder = Finder(owner)
    finder.search(lines, needle, case=case, origin=int(share * len(lines)))
    while not finder.done:
        finder._slices.run_slice()
    pattern = re.compile(re.escape(needle), 0 if case else re.IGNORECASE)
    hits = [
        Place(number, found.start())
        for number in range(len(lines))
        for found in pattern.finditer(lines.text(number))
    ]
    got = [part[number] for part in (finder._above, finder._below) for number in range(len(part))]
    assert got == hits
    assert finder.share == 1


def test_how_far_it_is_and_that_more_is_to_come(view, qtbot):
    source = b"\n".join(b"line %d" % n for n in range(100_000))
    view.show_lines(TextLines(source, find_lines(source)))
    view.open_find()
    counter = view.search.bar.counter
    view.search.bar.edit.setText("LINE")
    qtbot.waitUntil(lambda: view.search.finder.count > 30_000)
    view.search.show_count()
    assert re.fullmatch(r"searching… [3-9]\d %", counter.text())
    view.show_lines(of("abc"))
    view.search.set_coming(True)
    search(qtbot, view, "end")
    assert counter.text() == "… still decoding"
    search(qtbot, view, "abc")
    assert counter.text() == "1 so far · still decoding"
    search(qtbot, view, "end")
    view.show_lines(of("abc", "the end"))
    view.search.set_coming(False)
    done(qtbot, view)
    assert view.selection.first == Place(1, 4)  # it went on by itself
    assert counter.text() == "1 of 1"
