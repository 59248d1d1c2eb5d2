# SPDX-License-Identifier: MIT
"""The text view for giants: what it asks for, where its characters are, what is selected and copied, and what stays in place."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QMenu, QToolTip

from mqtt_explorer.payload.json_index import JsonLines, build_index
from mqtt_explorer.payload.text_lines import TextLines, find_lines
from mqtt_explorer.widgets import line_selection
from mqtt_explorer.widgets.line_layout import WHOLE, Pieces, Typesetter
from mqtt_explorer.widgets.line_selection import COPY_LIMIT, Place, Selection
from mqtt_explorer.widgets.line_view import LineView
from mqtt_explorer.widgets.theme import Theme

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
BOTH = CTRL | SHIFT
MIXED = (
    "plain ascii",
    "wide 日本語 and on",
    "e\u0301a\u0308 combined",
    "thumb \U0001f44d up \U0001f1e9",
    "a שלום עולם b",
    "tab\there\tand",
    "",
    "hidden \u202e\u200b\x00 end",
)


def of(*lines: str) -> TextLines:
    source = "\n".join(lines).encode()
    return TextLines(source, find_lines(source))


class Counting:
    """Lines that note what they are asked for; made up where they stand."""

    def __init__(self, count: int, length: int) -> None:
        self.count, self.width = count, length
        self.asked: set[int] = set()
        self.characters = 0

    def __len__(self) -> int:
        return self.count

    @property
    def longest(self) -> int:
        return self.width

    def length(self, number: int) -> int:
        self.asked.add(number)
        return self.width

    def text(self, number: int, start: int = 0, stop: int | None = None) -> str:
        self.asked.add(number)
        stop = self.width if stop is None else min(stop, self.width)
        self.characters += max(stop - start, 0)
        return "".join(str(at // 10 % 10) if at % 10 == 0 else "x" for at in range(start, stop))

    def spans(self, number: int, start: int, text: str) -> tuple[()]:
        return ()

    def forget(self) -> None:
        self.asked.clear()
        self.characters = 0


@pytest.fixture
def view(look: Theme, qtbot):
    made = LineView()
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    qtbot.waitExposed(made)
    made.setFocus()
    return made


def paint(view: LineView) -> None:
    view.viewport().grab()


def middle(view: LineView, place: Place) -> QPoint:
    rect = view.rect_of(place)
    return QPoint(rect.x(), rect.center().y())


def click(qtbot, view, at: QPoint, modifier=NONE) -> None:
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, at)


# --- only what is in sight ----------------------------------------------------------------------------------------------


def test_only_lines_in_sight_are_asked_for(view):
    lines = Counting(2_200_000, 40)
    view.show_lines(lines)
    paint(view)
    seen = view.viewport().height() // 10
    assert len(lines.asked) < seen
    lines.forget()
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    paint(view)
    assert len(lines.asked) < seen
    assert 1_099_000 < min(lines.asked) < 1_101_000
    view.go_to(2_199_999, 40)
    paint(view)
    assert view.viewport().rect().contains(view.rect_of(Place(2_199_999, 40)))


def test_only_characters_in_sight_are_asked_for(view):
    lines = Counting(1, 5_000_000)
    view.show_lines(lines)
    bar = view.horizontalScrollBar()
    assert bar.maximum() > 5_000_000 * 5
    for share in (0, 0.3, 0.77, 1):
        lines.forget()
        bar.setValue(int(bar.maximum() * share))
        paint(view)
        assert lines.characters < 1500
    view.go_to(0, 5_000_000)
    assert view.viewport().rect().contains(view.rect_of(Place(0, 5_000_000)))
    view.go_to(0, 3_141_592)
    rect = view.rect_of(Place(0, 3_141_592))
    assert view.viewport().rect().contains(rect)
    assert view.place_at(rect.center()) == Place(0, 3_141_592)


def test_a_long_line_glides_without_jumps(view):
    view.show_lines(of("0123456789" * 400))
    bar = view.horizontalScrollBar()
    before = None
    for value in range(3000, 4200, 7):
        bar.setValue(value)
        x = view.rect_of(Place(0, 500)).x()
        if before is not None:
            assert -8 <= x - before <= -6
        before = x


def test_bars_reach_what_does_not_fit_into_31_bits(view):
    lines = Counting(400_000_000, 900_000_000)
    view.show_lines(lines)
    assert view.verticalScrollBar().maximum() < 1 << 31
    view.go_to(399_999_999, 900_000_000)
    assert view.viewport().rect().contains(view.rect_of(Place(399_999_999, 900_000_000)))
    paint(view)
    view.verticalScrollBar().setValue(0)
    assert view.top_line == 0


@pytest.mark.parametrize(
    "text", ["日本語" * 600, "שלום עולם " * 200, "a\u0301" * 900], ids=["wide", "rtl", "marks"]
)
def test_all_of_a_long_line_can_be_scrolled_to(view, text):
    view.show_lines(of(text))
    bar, seen = view.horizontalScrollBar(), set()
    value = 0
    while True:
        bar.setValue(value)
        paint(view)
        QApplication.processEvents()
        for x in range(0, view.viewport().width(), 3):
            seen.add(view.place_at(QPoint(x, 10)).column)
        if bar.value() < value:
            break
        value += 300
    visible = {at for at in range(len(text)) if text[at] != "\u0301"}
    assert visible <= seen


def test_wide_lines_that_are_laid_out_whole_can_be_read_to_their_end(view):
    text = "日本語" * 60
    assert len(text) <= WHOLE
    view.show_lines(of(text))
    view.go_to(0, len(text))
    assert view.viewport().rect().contains(view.rect_of(Place(0, len(text))))
    paint(view)
    assert view.viewport().rect().contains(view.rect_of(Place(0, len(text))))


def test_a_hundred_thousand_levels(view):
    source = b"[" * 100_000 + b"]" * 100_000
    view.show_lines(JsonLines(source, build_index(source)))
    view.go_to(100_000)
    paint(view)
    assert view.lines.text(view.top_line).strip() == "["


def test_nothing_is_shown_of_nothing(view, qtbot):
    for lines in (None, TextLines(b"", ())):
        view.show_lines(lines)
        paint(view)
        for which in (Qt.Key.Key_Down, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_Left):
            qtbot.keyClick(view, which, CTRL if which == Qt.Key.Key_End else NONE)
        qtbot.keyClick(view, Qt.Key.Key_A, CTRL)
        click(qtbot, view, QPoint(50, 50))
        qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, NONE, QPoint(50, 50))
        assert not view.has_selection
        assert view.selected_text() == ""
        assert view.hidden_names() == []


# --- where characters are ------------------------------------------------------------------------------------------------


def test_a_click_meets_the_character(view, qtbot):
    view.show_lines(of(*MIXED))
    for number, text in enumerate(MIXED):
        rtl = re.compile("[א-ת ]{2,}").search(text)
        for column in range(len(text) + 1):
            if text[column : column + 1] in ("\u0301", "\u0308"):
                continue  # a part of the character before
            if rtl is not None and rtl.start() <= column <= rtl.end():
                continue  # there a place has two ends
            click(qtbot, view, middle(view, Place(number, column)))
            assert view.selection == Selection(Place(number, column), Place(number, column))


def test_right_to_left_letters_are_met_from_the_right(view):
    view.show_lines(of("a שלום b"))
    xs = [view.rect_of(Place(0, column)).x() for column in (3, 4, 5)]
    assert xs == sorted(xs, reverse=True)
    assert view.rect_of(Place(0, 7)).x() > xs[0]  # and the line itself goes to the right
    for column in (3, 4, 5):
        assert view.place_at(middle(view, Place(0, column))) == Place(0, column)


def test_tabs_stop_at_every_fourth_cell(view):
    view.show_lines(of("\tx", "ab\tx", "    x"))
    assert view.rect_of(Place(0, 1)).x() == view.rect_of(Place(1, 3)).x() == view.rect_of(Place(2, 4)).x()


class One(Counting):
    """A single line of any characters."""

    def __init__(self, text: str) -> None:
        super().__init__(1, len(text))
        self.line = text

    def text(self, number: int, start: int = 0, stop: int | None = None) -> str:
        return self.line[start:stop]


ANY = st.one_of(st.characters(), st.sampled_from("אבג \u202e\u0301\ufeff\U0001f44dz日\t1"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=ANY, max_size=60), times=st.sampled_from([1, 30]), share=st.floats(0, 1))
def test_any_text_is_laid_out_one_to_one(look, text, times, share):
    lines = One(text * times)
    pieces = Pieces(lines, Typesetter())
    column = int(share * lines.width)
    piece = pieces.piece(0, column, 10)
    assert piece.text == lines.line[piece.start : piece.stop]
    assert piece.start <= column <= piece.stop
    for x in (0.0, piece.width / 3, piece.width):
        assert piece.start <= piece.column_at(x) <= piece.stop
    for at in range(piece.start, piece.stop + 1):
        assert 0 <= piece.x_of(at) <= piece.width + 1
    if pieces.is_long(0):
        xs = [piece.glide(piece.start + at / 2) for at in range(2 * len(piece.text) + 1)]
        assert all(after >= before - 0.5 for before, after in pairwise(xs))
        assert (xs[0], xs[-1]) == (0, piece.width)


# --- what is hidden ------------------------------------------------------------------------------------------------------


def test_hidden_characters_are_told(view, qtbot):
    view.show_lines(of("pay\u202eexe", "a\x1bb"))
    assert view.hidden_names() == ["U+202E RIGHT-TO-LEFT OVERRIDE", "U+001B ESCAPE"]
    assert view.hidden_name(Place(0, 3)) == "U+202E RIGHT-TO-LEFT OVERRIDE"
    assert view.hidden_name(Place(0, 2)) == ""
    assert view.rect_of(Place(0, 4)).x() > view.rect_of(Place(0, 3)).x()
    at = middle(view, Place(0, 3)) + QPoint(3, 0)
    QApplication.sendEvent(
        view.viewport(), QHelpEvent(QHelpEvent.Type.ToolTip, at, view.viewport().mapToGlobal(at))
    )
    assert QToolTip.text() == "U+202E RIGHT-TO-LEFT OVERRIDE"
    view.go_to(1, 1)
    qtbot.keyClick(view, Qt.Key.Key_F1, CTRL)
    assert QToolTip.text() == "U+001B ESCAPE"
    QToolTip.hideText()


# --- selecting -----------------------------------------------------------------------------------------------------------


def test_copied_is_what_was_sent(view, qtbot):
    view.show_lines(of(*MIXED))
    qtbot.keyClick(view, Qt.Key.Key_A, CTRL)
    assert view.selected_text() == "\n".join(MIXED)
    qtbot.keyClick(view, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "\n".join(MIXED)
    view.select(Place(7, 6), Place(4, 3))
    assert view.selected_text() == "\n".join((MIXED[4][3:], MIXED[5], MIXED[6], MIXED[7][:6]))


MOVES = (
    (Qt.Key.Key_Right, NONE, (0, 5), (0, 6)),
    (Qt.Key.Key_Right, NONE, (0, 11), (1, 0)),
    (Qt.Key.Key_Left, NONE, (1, 0), (0, 11)),
    (Qt.Key.Key_Left, NONE, (0, 0), (0, 0)),
    (Qt.Key.Key_Right, NONE, (2, 0), (2, 2)),
    (Qt.Key.Key_Left, NONE, (2, 2), (2, 0)),
    (Qt.Key.Key_Right, CTRL, (0, 0), (0, 6)),
    (Qt.Key.Key_Left, CTRL, (0, 9), (0, 6)),
    (Qt.Key.Key_Left, CTRL, (1, 0), (0, 11)),
    (Qt.Key.Key_Right, CTRL, (2, 0), (2, 5)),
    (Qt.Key.Key_End, NONE, (1, 3), (1, 15)),
    (Qt.Key.Key_Home, NONE, (1, 3), (1, 0)),
    (Qt.Key.Key_End, CTRL, (1, 3), (7, 14)),
    (Qt.Key.Key_Home, CTRL, (5, 3), (0, 0)),
    (Qt.Key.Key_Down, NONE, (0, 3), (1, 3)),
    (Qt.Key.Key_Up, NONE, (0, 3), (0, 0)),
    (Qt.Key.Key_Down, NONE, (7, 3), (7, 14)),
    (Qt.Key.Key_PageDown, NONE, (0, 3), (7, 14)),
)


def test_keys_move_and_with_shift_select(view, qtbot):
    view.show_lines(of(*MIXED))
    for key, modifier, at, to in MOVES:
        view.go_to(*at)
        qtbot.keyClick(view, key, modifier)
        assert view.selection == Selection(Place(*to), Place(*to)), (key, modifier, at)
        view.go_to(*at)
        qtbot.keyClick(view, key, modifier | SHIFT)
        assert view.selection == Selection(Place(*at), Place(*to)), (key, modifier, at)


def test_up_and_down_keep_to_their_column(view, qtbot):
    view.show_lines(of("0123456789", "01", "0123456789"))
    view.go_to(0, 8)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.selection.caret == Place(1, 2)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.selection.caret == Place(2, 8)


def test_an_arrow_closes_a_selection(view, qtbot):
    view.show_lines(of("0123456789"))
    for key, column in ((Qt.Key.Key_Left, 2), (Qt.Key.Key_Right, 7)):
        view.select(Place(0, 7), Place(0, 2))
        qtbot.keyClick(view, key)
        assert view.selection.caret == Place(0, column)
        assert not view.has_selection


def test_who_has_scrolled_away_reads_on_from_there(view, qtbot):
    view.show_lines(Counting(10_000, 20))
    view.scroll_to(5_000)
    qtbot.keyClick(view, Qt.Key.Key_PageDown)
    assert 5_000 < view.selection.caret.line < 5_040
    assert view.viewport().rect().contains(view.rect_of(view.selection.caret))


def test_drag_shift_double_and_triple_click(view, qtbot):
    view.show_lines(of("one two_three four", "second line", "third"))
    port, left = view.viewport(), Qt.MouseButton.LeftButton
    start, end = middle(view, Place(0, 2)), middle(view, Place(1, 4))
    qtbot.mousePress(port, left, NONE, start)
    drag(port, end)
    assert view.selected_text() == "e two_three four\nseco"
    qtbot.mouseRelease(port, left, NONE, end)
    click(qtbot, view, middle(view, Place(2, 3)), SHIFT)
    assert view.selection == Selection(Place(0, 2), Place(2, 3))
    qtbot.mouseDClick(port, left, NONE, middle(view, Place(0, 6)))
    assert view.selected_text() == "two_three"
    qtbot.mousePress(port, left, NONE, middle(view, Place(0, 6)))
    qtbot.mouseRelease(port, left, NONE, middle(view, Place(0, 6)))
    assert view.selected_text() == "one two_three four\n"
    qtbot.mouseDClick(port, left, NONE, middle(view, Place(1, 9)))
    qtbot.mouseRelease(port, left, NONE, middle(view, Place(1, 9)))
    assert view.selected_text() == "line"


def drag(port, to: QPoint) -> None:
    at = QPointF(to)
    event = QMouseEvent(
        QMouseEvent.Type.MouseMove,
        at,
        QPointF(port.mapToGlobal(to)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        NONE,
    )
    QApplication.sendEvent(port, event)


def test_dragging_below_scrolls_on(view, qtbot):
    view.show_lines(Counting(1_000, 500))
    port, left = view.viewport(), Qt.MouseButton.LeftButton
    qtbot.mousePress(port, left, NONE, QPoint(30, 30))
    drag(port, QPoint(port.width() + 40, port.height() + 60))
    qtbot.waitUntil(lambda: view.top_line > 3 and view.horizontalScrollBar().value() > 50, timeout=5_000)
    assert view.selection.caret.line > 14
    qtbot.mouseRelease(port, left, NONE, QPoint(30, 30))
    top = view.top_line
    qtbot.wait(80)
    assert view.top_line == top


def test_a_word_of_any_length_is_selected(view, qtbot):
    view.show_lines(of("before " + "a" * 200_000 + " after"))
    view.go_to(0, 100_000)
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, NONE, middle(view, Place(0, 100_000)))
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, NONE, QPoint(50, 10))
    assert view.selection == Selection(Place(0, 7), Place(0, 200_007))
    qtbot.keyClick(view, Qt.Key.Key_Right, CTRL)
    assert view.selection.caret == Place(0, 200_008)


@pytest.mark.parametrize("shape", [(1, COPY_LIMIT + 1), (600_000, 40)], ids=["line", "lines"])
def test_too_much_is_refused_with_a_sentence(view, qtbot, shape):
    QGuiApplication.clipboard().setText("before")
    lines = Counting(*shape)
    view.show_lines(lines)
    said = []
    view.said.connect(said.append)
    view.select_all()
    lines.forget()
    view.copy()
    assert lines.characters == 0  # it was told without looking at all of it
    assert len(said) == 1
    assert said[0].startswith("Nothing was copied")
    assert view.selected_text() == ""
    assert QGuiApplication.clipboard().text() == "before"


def test_too_much_is_found_out_on_the_way(view, monkeypatch):
    monkeypatch.setattr(line_selection, "COPY_LIMIT", 10)
    monkeypatch.setattr(line_selection.Gathering.__init__, "__defaults__", (10,))
    view.show_lines(of("12345", "12345"))
    said = []
    view.said.connect(said.append)
    view.select_all()
    view.copy()
    assert said[0].startswith("Nothing was copied")


def test_a_slow_copy_goes_on_beside_the_window_and_can_be_given_up(view, qtbot):
    source = b"\n".join(b"line %d" % n for n in range(150_000))
    view.show_lines(TextLines(source, find_lines(source)))
    said, shares = [], []
    view.said.connect(said.append)
    view.copying.connect(shares.append)
    view.select_all()
    view.copy()
    assert QGuiApplication.clipboard().text() != source.decode()
    qtbot.waitUntil(lambda: shares[-1:] == [1.0], timeout=20_000)
    assert QGuiApplication.clipboard().text() == source.decode()
    assert said[0] == "Copying…"
    assert said[-1].startswith("Copied 1.")
    assert shares == sorted(shares)
    QGuiApplication.clipboard().setText("before")
    view.copy()
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    qtbot.wait(30)
    assert said[-1].startswith("Copying was stopped")
    assert QGuiApplication.clipboard().text() == "before"


def test_selection_is_told_once_for_each_change(view):
    view.show_lines(of("abc", "def"))
    told = []
    view.selection_changed.connect(lambda: told.append(view.has_selection))
    view.select(Place(0, 0), Place(0, 2))
    view.select(Place(0, 0), Place(0, 2))
    view.go_to(1, 1)
    assert told == [True, False]


# --- other lines ---------------------------------------------------------------------------------------------------------


def test_the_place_and_an_unchanged_selection_stay(view):
    lines = [
        f"line {n} of some text that is longer than the view is wide, so that it scrolls" for n in range(400)
    ]
    view.show_lines(of(*lines))
    view.select(Place(200, 2), Place(201, 4))
    view.scroll_to(195)
    view.horizontalScrollBar().setValue(33)
    lines[7] = "another"
    view.show_lines(of(*lines))
    assert (view.top_line, view.horizontalScrollBar().value()) == (195, 33)
    assert view.selection == Selection(Place(200, 2), Place(201, 4))
    lines[200] = "xxx"
    view.show_lines(of(*lines))
    assert (view.top_line, view.horizontalScrollBar().value()) == (195, 33)
    assert view.selection == Selection(Place(201, 4), Place(201, 4))
    view.show_lines(of(*lines), keep_place=False)
    assert (view.top_line, view.selection.caret) == (0, Place(0, 0))


def test_a_first_page_between_two_whole_texts_costs_no_place(view, qtbot):
    lines = [f"line {n}" for n in range(3_000)]
    view.show_lines(of(*lines))
    view.select(Place(2_000, 0), Place(2_000, 4))
    view.scroll_to(1_990)
    view.show_lines(of(*lines[:100]))
    paint(view)
    assert not view.has_selection
    view.show_lines(of(*lines))
    assert view.top_line == 1_990
    assert view.selection == Selection(Place(2_000, 0), Place(2_000, 4))
    view.show_lines(of(*lines[:100]))
    view.scroll_to(3)
    click(qtbot, view, QPoint(20, 20))
    view.show_lines(of(*lines))
    assert view.top_line == 3  # the user went elsewhere
    assert not view.has_selection


# --- look, keys, menu ----------------------------------------------------------------------------------------------------


def test_line_numbers_grow_with_the_count(view):
    view.show_lines(of("a", "b"))
    without = view.rect_of(Place(0, 0)).x()
    view.set_numbers(True)
    few = view.rect_of(Place(0, 0)).x()
    view.show_lines(Counting(1_000_000, 10))
    many = view.rect_of(Place(0, 0)).x()
    assert without < few < many
    paint(view)
    view.set_numbers(False)
    assert view.rect_of(Place(0, 0)).x() == without


def test_a_click_on_a_number_selects_the_line(view, qtbot):
    view.show_lines(of("first", "second", "third"))
    view.set_numbers(True)
    click(qtbot, view, QPoint(4, middle(view, Place(1, 0)).y()))
    assert view.selected_text() == "second\n"


def test_another_size_of_text_keeps_the_place(view, look):
    view.show_lines(Counting(10_000, 2_000))
    view.scroll_to(5_000)
    view.horizontalScrollBar().setValue(3_000)
    column = view.place_at(QPoint(8, 10)).column
    look.set_sizes(13, 22)
    assert view.top_line == 5_000
    assert abs(view.place_at(QPoint(8, 10)).column - column) <= 1
    paint(view)
    look.set_choice("light")
    paint(view)


@pytest.mark.parametrize("modifier", [NONE, SHIFT], ids=["down", "sideways"])
def test_the_wheel_scrolls(view, modifier):
    view.show_lines(Counting(1_000, 2_000))
    at = QPointF(50, 50)
    turned = QPoint(0, -120)
    event = QWheelEvent(
        at,
        QPointF(view.mapToGlobal(at.toPoint())),
        QPoint(),
        turned,
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)
    moved = (view.verticalScrollBar().value() > 0, view.horizontalScrollBar().value() > 0)
    assert moved == ((True, False) if modifier == NONE else (False, True))


def test_a_screen_reader_is_told_the_line(view, qtbot):
    assert view.accessibleName()
    view.show_lines(of("first", "sec\u202eond", "x" * 500))
    assert view.accessibleDescription() == "first"
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.accessibleDescription() == "sec⟨U+202E⟩ond"
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.accessibleDescription() == "x" * 200 + "…"


def test_the_menu_offers_what_there_is(view):
    view.show_lines(of("abc"))
    menus: list[QMenu] = []
    view.menu_requested.connect(menus.append)
    qtbot_event = QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_F10, SHIFT)
    QApplication.sendEvent(view, qtbot_event)
    assert [(each.text(), each.isEnabled()) for each in menus[0].actions()] == [
        ("Copy", False),
        ("Select all", True),
        ("Find…", True),
    ]
    menus[0].actions()[1].trigger()
    assert view.selected_text() == "abc"
    menus[0].close()


def test_tab_leaves_the_view_and_brings_a_ring(view, qtbot):
    view.show_lines(of("abc"))
    ring = view.viewport().grab().toImage().pixelColor(0, 100)
    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    assert view.viewport().grab().toImage().pixelColor(0, 100) != ring
    qtbot.keyClick(view, Qt.Key.Key_Tab)
    assert not view.has_selection
