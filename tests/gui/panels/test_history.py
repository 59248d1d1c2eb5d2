# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QMenu, QToolTip

from mqtt_explorer.models.history_model import MARK, TIME
from mqtt_explorer.panels.message.history import History
from tests.models.streams import feed, frame, new_store

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def store():
    return new_store()


@pytest.fixture
def history(clock, qtbot, store):
    made = History(clock)
    qtbot.addWidget(made, before_close_func=lambda each: each.model.set_node(None, None))
    made.resize(520, 220)
    feed(store, *(frame("a", b"m%d" % n) for n in range(6)))
    made.model.set_node(store, store.find(b"a"))
    # What the panel does.
    made.message_chosen.connect(made.set_pinned)
    made.live_wanted.connect(lambda: made.set_pinned(None))
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def pairs(history):
    found = []
    history.pair_changed.connect(lambda a, b: found.append(payloads((a, b))))
    return found


def payloads(pair):
    return tuple(each.payload.decode() if each is not None else None for each in pair)


def marks(history):
    model = history.model
    return {
        model.message(row).payload.decode(): mark
        for row in range(model.rowCount())
        if (mark := model.index(row, MARK).data())
    }


def selected(history):
    chosen = history.view.selectionModel().selectedRows()
    return sorted(history.model.message(index.row()).payload.decode() for index in chosen)


def click(qtbot, history, row, modifiers=Qt.KeyboardModifier.NoModifier):
    place = history.view.visualRect(history.model.index(row, TIME)).center()
    qtbot.mouseClick(history.view.viewport(), Qt.MouseButton.LeftButton, modifiers, place)


async def test_the_newest_two_are_compared_and_follow(clock, history, pairs, store):
    history.set_comparing(True)
    assert payloads(history.pair) == ("m4", "m5")
    feed(store, frame("a", b"m6"))
    clock.tick.emit()
    assert pairs == [("m4", "m5"), ("m5", "m6")]
    assert marks(history) == {"m5": "A", "m6": "B"}
    assert selected(history) == ["m5", "m6"]
    assert not history.live.isVisible()


async def test_a_click_goes_through_the_changes_and_a_picked_a_stays(clock, history, pairs, store, qtbot):
    chosen = []
    history.message_chosen.connect(lambda each: chosen.append(each.payload))
    history.set_comparing(True)
    click(qtbot, history, 2)
    assert payloads(history.pair) == ("m2", "m3")
    click(qtbot, history, 4, CTRL)
    assert payloads(history.pair) == ("m1", "m3")
    assert marks(history) == {"m1": "A", "m3": "B"}
    assert selected(history) == ["m1", "m3"]
    assert chosen == [b"m3", b"m3"]
    click(qtbot, history, 1)
    assert payloads(history.pair) == ("m1", "m4")
    feed(store, frame("a", b"m6"))
    clock.tick.emit()
    assert payloads(history.pair) == ("m1", "m4")
    assert history.live.isVisible()
    history.live.click()
    assert payloads(history.pair) == ("m5", "m6")
    assert pairs == [("m4", "m5"), ("m2", "m3"), ("m1", "m3"), ("m1", "m4"), ("m5", "m6")]


async def test_the_older_one_is_a_unless_they_are_swapped(history, qtbot):
    history.set_comparing(True)
    click(qtbot, history, 2, CTRL)
    assert payloads(history.pair) == ("m3", "m5")
    click(qtbot, history, 4)  # older than the one picked
    assert payloads(history.pair) == ("m1", "m3")
    assert marks(history) == {"m1": "A", "m3": "B"}
    history.swap()
    assert payloads(history.pair) == ("m3", "m1")
    click(qtbot, history, 0)
    assert payloads(history.pair) == ("m5", "m3")
    history.swap()
    assert payloads(history.pair) == ("m3", "m5")
    click(qtbot, history, 2)  # the picked one itself
    assert payloads(history.pair) == ("m3", "m4")
    click(qtbot, history, 0, CTRL)
    click(qtbot, history, 0)
    assert payloads(history.pair) == ("m4", "m5")


async def test_arrow_keys_go_through_the_changes(clock, history, qtbot, store):
    history.set_comparing(True)
    view = history.view
    feed(store, frame("a", b"m6"))
    clock.tick.emit()
    seen = []
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
        qtbot.keyClick(view, key)
        seen.append(payloads(history.pair))
    assert seen == [("m4", "m5"), ("m3", "m4"), ("m4", "m5"), (None, "m0"), ("m5", "m6")]
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_A)
    assert payloads(history.pair) == ("m5", "m6")
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert payloads(history.pair) == ("m4", "m5")
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert payloads(history.pair) == ("m3", "m5")


async def test_keys_set_the_sides(history, qtbot):
    history.set_comparing(True)
    view = history.view
    for _ in range(3):
        qtbot.keyClick(view, Qt.Key.Key_Down, CTRL)  # goes there and compares nothing
    assert payloads(history.pair) == ("m4", "m5")
    qtbot.keyClick(view, Qt.Key.Key_A)
    assert payloads(history.pair) == ("m2", "m5")
    qtbot.keyClick(view, Qt.Key.Key_Up, CTRL)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert payloads(history.pair) == ("m2", "m3")
    qtbot.keyClick(view, Qt.Key.Key_Up, CTRL)
    qtbot.keyClick(view, Qt.Key.Key_B)
    assert payloads(history.pair) == ("m2", "m4")
    qtbot.keyClick(view, Qt.Key.Key_Up, CTRL)
    qtbot.keyClick(view, Qt.Key.Key_Return, SHIFT)
    assert payloads(history.pair) == ("m4", "m5")


async def test_a_pair_stays_when_the_history_lets_go_of_it(clock, history, store, qtbot):
    history.set_comparing(True)
    click(qtbot, history, 3)
    store.evict_history()
    clock.tick.emit()
    assert payloads(history.pair) == ("m1", "m2")


async def test_swapping_and_setting_the_sides(history, pairs):
    history.set_comparing(True)
    history.swap()
    assert payloads(history.pair) == ("m5", "m4")
    assert marks(history) == {"m5": "A", "m4": "B"}
    history.set_pair(history.model.message(5), history.model.message(0))
    assert pairs[-1] == ("m0", "m5")
    history.set_pinned(None)
    assert pairs[-1] == ("m4", "m5")


async def test_it_begins_at_the_message_shown_and_ends_there(history, qtbot):
    click(qtbot, history, 3)
    history.set_comparing(True)
    assert payloads(history.pair) == ("m1", "m2")
    click(qtbot, history, 1)
    history.set_comparing(False)
    assert marks(history) == {}
    assert selected(history) == ["m4"]
    assert payloads(history.pair) == (None, None)
    click(qtbot, history, 0)
    assert selected(history) == ["m5"]


async def test_another_topic_begins_with_its_newest_two(history, pairs, store, qtbot):
    history.set_comparing(True)
    click(qtbot, history, 3)
    feed(store, frame("b", b"x"), frame("b", b"y"), frame("c", b"z"))
    history.model.set_node(store, store.find(b"b"))
    history.set_pinned(None)
    assert payloads(history.pair) == ("x", "y")
    history.model.set_node(store, store.find(b"c"))
    history.set_pinned(None)
    assert payloads(history.pair) == (None, "z")
    history.model.set_node(store, None)
    assert pairs[-1] == (None, None)


async def test_sides_outlive_their_rows(clock, history, store, qtbot):
    history.set_comparing(True)
    click(qtbot, history, 5, CTRL)
    store.evict_history()
    clock.tick.emit()
    assert payloads(history.pair)[0] == "m0"


async def test_outside_of_comparing_nothing_is_marked(history, pairs, qtbot):
    chosen = []
    history.message_chosen.connect(lambda each: chosen.append(each.payload))
    click(qtbot, history, 2, CTRL)
    qtbot.keyClick(history.view, Qt.Key.Key_A)
    assert chosen == [b"m3"]
    assert marks(history) == {}
    assert pairs == []


def open_menu(history, row):
    history._show_menu(row, QPoint(0, 0))
    return next(each for each in history.findChildren(QMenu) if each.isVisible())


def trigger(menu, title):
    next(each for each in menu.actions() if each.text().split("\t")[0] == title).trigger()


async def test_the_menu_of_a_row(history, qtbot):
    copied, saved, compared = [], [], []
    history.payload_copy_wanted.connect(lambda each: copied.append(each.payload))
    history.save_wanted.connect(lambda each: saved.append(each.payload))
    history.compare_wanted.connect(lambda a, b: compared.append(payloads((a, b))))
    menu = open_menu(history, 2)
    for title in (
        "Copy payload",
        "Save payload…",
        "Compare with the one shown",
        "Compare with the one before",
    ):
        trigger(menu, title)
    menu.close()
    assert (copied, saved, compared) == ([b"m3"], [b"m3"], [("m3", "m5"), ("m2", "m3")])
    history.set_comparing(True)
    menu = open_menu(history, 3)
    trigger(menu, "Compare as A, the older side")
    menu.close()
    assert payloads(history.pair) == ("m2", "m5")


async def test_the_right_button_goes_nowhere(history, qtbot):
    place = history.view.visualRect(history.model.index(2, TIME)).center()
    chosen = []
    history.message_chosen.connect(chosen.append)
    qtbot.mousePress(history.view.viewport(), Qt.MouseButton.RightButton, pos=place)
    assert chosen == []
    assert selected(history) == []


async def test_the_tooltip_of_the_figures_says_what_went(clock, history, store):
    for _ in range(2):
        feed(store, frame("a", b"new"), mono_ns=10**18)
    store.evict_history()
    clock.tick.emit()
    assert "dropped for memory, last at" in history.info.text()
    at = history.info.mapToGlobal(QPoint(2, 2))
    QApplication.sendEvent(history.info, QHelpEvent(QEvent.Type.ToolTip, QPoint(2, 2), at))
    assert "dropped ones came between" in QToolTip.text()
    QToolTip.hideText()
