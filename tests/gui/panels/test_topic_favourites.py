# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QMenu

from mqtt_explorer.panels.topics.favourites import ROWS_SHOWN, Favourites, _shortened
from mqtt_explorer.profiles.marks import Marks, TopicMarks
from tests.models.streams import feed, frame, new_store

ALT = Qt.KeyboardModifier.AltModifier
ROOT = QModelIndex()


@pytest.fixture
def favourites(clock, qtbot):
    made = Favourites(clock)
    qtbot.addWidget(made, before_close_func=lambda widget: widget.set_store(None))
    made.resize(380, 300)
    return made


def fill(favourites, qtbot, *topics):
    store, marks = new_store(), TopicMarks(Marks(favourites=topics))
    feed(store, *(frame(topic) for topic in topics))
    favourites.set_store(store, marks)
    with qtbot.waitExposed(favourites):
        favourites.show()
    return marks


def click(qtbot, favourites, row, modifier=Qt.KeyboardModifier.NoModifier):
    rect = favourites.view.visualRect(favourites.model.index(row, 0))
    qtbot.mouseClick(favourites.view.viewport(), Qt.MouseButton.LeftButton, modifier, rect.center())


def menu_of(favourites, row):
    view = favourites.view
    place = view.visualRect(favourites.model.index(row, 0)).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, view.viewport().mapToGlobal(place))
    QGuiApplication.sendEvent(view.viewport(), event)
    menu = next(each for each in favourites.findChildren(QMenu) if each.isVisible())
    return menu, {action.text().split("\t")[0]: action for action in menu.actions()}


def test_the_list_is_there_while_there_are_favourites_and_six_rows_high_at_most(favourites, qtbot):
    marks = TopicMarks()
    favourites.set_store(new_store(), marks)
    assert favourites.isHidden()
    marks.set_favourite([b"a"], on=True)
    assert not favourites.isHidden()
    row = favourites.view.row_delegate.row_height
    assert favourites.view.height() == row
    marks.set_favourite([b"%d" % n for n in range(20)], on=True)
    assert favourites.view.height() == row * ROWS_SHOWN
    assert favourites.head.summary == "21"
    favourites.set_wanted(False)
    assert favourites.isHidden()
    favourites.set_wanted(True)
    marks.arrange_favourites([])
    assert favourites.isHidden()


def test_a_click_and_enter_choose(favourites, qtbot):
    fill(favourites, qtbot, "a", "b")
    chosen = []
    favourites.chosen.connect(chosen.append)
    click(qtbot, favourites, 1)
    qtbot.keyClick(favourites.view, Qt.Key.Key_Up)
    assert chosen == [b"b"]
    qtbot.keyClick(favourites.view, Qt.Key.Key_Return)
    assert chosen == [b"b", b"a"]


def test_delete_takes_stars_away_and_says_what_was_there(favourites, qtbot):
    marks = fill(favourites, qtbot, "a", "b", "c")
    removed = []
    favourites.removed.connect(lambda topics, before: removed.append((topics, before)))
    click(qtbot, favourites, 0)
    click(qtbot, favourites, 2, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(favourites.view, Qt.Key.Key_Delete)
    assert marks.favourites == (b"b",)
    assert removed == [((b"a", b"c"), (b"a", b"b", b"c"))]
    qtbot.keyClick(favourites.view, Qt.Key.Key_Backspace)
    assert marks.favourites == (b"b",)


def test_alt_and_an_arrow_move_the_selected_rows(favourites, qtbot):
    marks = fill(favourites, qtbot, "a", "b", "c", "d")
    click(qtbot, favourites, 1)
    click(qtbot, favourites, 2, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(favourites.view, Qt.Key.Key_Down, ALT)
    assert marks.favourites == (b"a", b"d", b"b", b"c")
    assert favourites.selected() == (b"b", b"c")
    qtbot.keyClick(favourites.view, Qt.Key.Key_Down, ALT)
    assert marks.favourites == (b"a", b"d", b"b", b"c")
    for _ in range(3):
        qtbot.keyClick(favourites.view, Qt.Key.Key_Up, ALT)
    assert marks.favourites == (b"b", b"c", b"a", b"d")


def test_a_drop_moves(favourites, qtbot):
    marks = fill(favourites, qtbot, "a", "b", "c")
    data = favourites.model.mimeData([favourites.model.index(0, 0)])
    favourites.model.dropMimeData(data, Qt.DropAction.MoveAction, 2, 0, ROOT)
    assert marks.favourites == (b"b", b"a", b"c")
    favourites.model.dropMimeData(data, Qt.DropAction.MoveAction, -1, -1, ROOT)
    assert marks.favourites == (b"b", b"c", b"a")


def test_the_menu_of_a_favourite(favourites, qtbot):
    marks = fill(favourites, qtbot, "a", "b", "c")
    asked = []
    favourites.publish_requested.connect(asked.append)
    menu, actions = menu_of(favourites, 0)
    assert list(actions) == ["Copy topic", "Publish here", "Move down", "Remove from favourites"]
    actions["Copy topic"].trigger()
    assert QGuiApplication.clipboard().text() == "a"
    actions["Publish here"].trigger()
    assert asked == [b"a"]
    menu.close()
    menu, actions = menu_of(favourites, 1)
    assert {"Move up", "Move down"} <= actions.keys()
    actions["Move up"].trigger()
    assert marks.favourites == (b"b", b"a", b"c")
    menu.close()
    click(qtbot, favourites, 0)
    click(qtbot, favourites, 2, Qt.KeyboardModifier.ControlModifier)
    menu, actions = menu_of(favourites, 2)
    assert list(actions) == ["Copy topics", "Remove from favourites"]
    marks.set_favourite([b"c"], on=False)  # under the open menu
    actions["Remove from favourites"].trigger()
    assert marks.favourites == (b"a",)
    menu.close()


def test_the_heading_folds_the_list(favourites, qtbot):
    fill(favourites, qtbot, "a")
    favourites.view.setFocus()
    qtbot.mouseClick(favourites.head, Qt.MouseButton.LeftButton)
    assert favourites.view.isHidden()
    qtbot.keyClick(favourites.head, Qt.Key.Key_Right)
    assert favourites.view.isVisible()


def test_where_the_tree_is_the_list_is_too(favourites, qtbot):
    fill(favourites, qtbot, "a", "b")
    chosen = []
    favourites.chosen.connect(chosen.append)
    favourites.show_current(b"b")
    assert favourites.selected() == (b"b",)
    favourites.show_current(b"elsewhere")
    assert favourites.selected() == ()
    assert chosen == []


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("a", ["…/a"]),
        ("a/b", ["…/b"]),
        ("a/b/c", ["…/b/c", "…/c"]),
        ("a/b/c/d", ["a/…/c/d", "…/c/d", "…/d"]),
        ("/a//b/c", ["/a/…/b/c", "/…/b/c", "…/b/c", "…/c"]),
    ],
    ids=range(5),
)
def test_the_last_levels_stay_longest(topic, expected):
    assert _shortened(topic) == expected
