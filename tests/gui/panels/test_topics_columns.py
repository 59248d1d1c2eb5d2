# SPDX-License-Identifier: MIT
"""The columns of the topic tree: which are shown in which width, what a head does, what is remembered."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QHelpEvent
from PySide6.QtWidgets import QMenu, QToolTip

from mqtt_explorer.models.topic_columns import (
    AGE,
    COLUMNS,
    DEFAULT,
    MESSAGES,
    NAMES,
    RATE,
    RETAINED,
    TOPIC,
    TREND,
    VALUE,
    SortOrder,
)
from mqtt_explorer.models.topic_model import TopicModel
from mqtt_explorer.panels.topics.columns import LEAST_TOPIC, LEAST_VALUE, fit, next_order
from mqtt_explorer.panels.topics.tree import TopicTree
from mqtt_explorer.widgets.theme import theme
from tests.models.streams import feed, frame, new_store


@pytest.fixture
def model(clock):
    made = TopicModel(clock)
    yield made
    made.set_store(None)
    made.deleteLater()


@pytest.fixture
def tree(clock, model, qtbot):
    store = new_store()
    model.set_store(store)
    made = TopicTree(model)
    made.sort_requested.connect(model.set_sort)
    qtbot.addWidget(made, before_close_func=lambda tree: model.set_store(None))
    made.resize(430, 300)
    with qtbot.waitExposed(made):
        made.show()
    feed(store, *(frame(f"node-{n}", b"1") for n in (10, 2, 1)))
    clock.tick.emit()
    return made


def shown(tree):
    return [section for section in range(COLUMNS) if not tree.isColumnHidden(section)]


def head(tree, section):
    heads = tree.heads
    return QPoint(
        heads.sectionViewportPosition(section) + heads.sectionSize(section) // 2, heads.height() // 2
    )


def click(qtbot, tree, section):
    qtbot.mouseClick(tree.heads.viewport(), Qt.MouseButton.LeftButton, pos=head(tree, section))


def drag(qtbot, tree, section, by):
    heads = tree.heads
    edge = QPoint(
        heads.sectionViewportPosition(section) + heads.sectionSize(section) - 1, heads.height() // 2
    )
    qtbot.mousePress(heads.viewport(), Qt.MouseButton.LeftButton, pos=edge)
    for step in (by // 2, by):
        qtbot.mouseMove(heads.viewport(), edge + QPoint(step, 0))
    qtbot.mouseRelease(heads.viewport(), Qt.MouseButton.LeftButton, pos=edge + QPoint(by, 0))


def order(tree):
    return [node.topic.decode() for node in tree.visible_nodes()]


# --- sharing the width --------------------------------------------------------------------------------------------


def test_the_widths_always_fill_the_tree():
    every = tuple(NAMES)
    for chosen in ((), ("value",), DEFAULT, every, ("age", "rate"), ("trend",)):
        for width in range(130, 1_600, 7):
            for given in ({}, {"topic": 500, "rate": 90}, {"topic": 20}):
                widths = fit(width, chosen, given)
                assert sum(widths.values()) == width
                assert widths["topic"] >= LEAST_TOPIC
                assert widths.get("value", LEAST_VALUE) >= LEAST_VALUE
                assert set(widths) <= {"topic", *chosen}


def test_a_name_three_levels_down_fits_at_the_default_width():
    widths = fit(410, DEFAULT, {})  # beside the scroll bar of a dock of 446 pixels
    assert set(widths) == {"topic", *DEFAULT}
    assert widths["topic"] >= 168  # three indents, "temperature" and a mark
    assert widths["trend"] == 60  # the line with its padding: the head stands over its left end


def test_figures_make_room_before_names_are_cut():
    assert set(fit(250, DEFAULT, {})) == {"topic", "value"}
    assert fit(250, DEFAULT, {})["topic"] >= 140
    assert set(fit(200, DEFAULT, {})) == {"topic", "value"}


def test_columns_step_back_one_by_one_and_in_the_same_order():
    gone = []
    for width in range(1_200, 130, -1):
        missing = [name for name in NAMES if name not in fit(width, NAMES, {})]
        gone += [name for name in missing if name not in gone]
        assert set(gone) == set(missing)
    assert gone == ["messages", "size", "qos", "retained", "trend", "rate", "age", "value"]


def test_a_narrow_tree_forgets_no_choice(tree):
    tree.set_columns(NAMES)
    assert len(shown(tree)) < COLUMNS
    assert tree.visible_columns == tuple(NAMES)
    tree.resize(200, 300)
    assert shown(tree) == [TOPIC, VALUE]
    tree.resize(1_000, 300)
    assert shown(tree) == [*range(COLUMNS)]
    assert sum(tree.columnWidth(section) for section in shown(tree)) == tree.viewport().width()


def test_columns_are_chosen_by_name_in_the_order_of_the_screen(tree):
    told = []
    tree.columns_changed.connect(lambda: told.append(tree.visible_columns))
    tree.set_columns(("age", "no such", "value"))
    assert shown(tree) == [TOPIC, VALUE, AGE]
    tree.set_columns(("value", "age"))
    assert told == [("value", "age")]
    tree.set_columns(())
    assert shown(tree) == [TOPIC]


def test_a_larger_font_makes_room_for_the_heads(tree, qtbot):
    tree.resize(900, 300)
    before = tree.columnWidth(RATE)
    look = theme()
    px, mono = look.ui_px, look.mono_px
    look.set_sizes(26, 24)
    try:
        assert tree.columnWidth(RATE) > before * 1.5
    finally:
        look.set_sizes(px, mono)
    assert tree.columnWidth(RATE) == before


# --- dragging -----------------------------------------------------------------------------------------------------


def test_a_drag_moves_the_border_between_two_columns_and_is_kept(tree, qtbot):
    tree.resize(600, 300)
    told = []
    tree.columns_changed.connect(lambda: told.append(tree.widths))
    before = {section: tree.columnWidth(section) for section in shown(tree)}
    drag(qtbot, tree, RATE, -10)
    assert tree.columnWidth(RATE) == before[RATE] - 10
    assert tree.columnWidth(AGE) == before[AGE] + 10
    assert tree.columnWidth(VALUE) == before[VALUE]
    assert told == [{"rate": before[RATE] - 10, "age": before[AGE] + 10}]
    drag(qtbot, tree, TOPIC, 30)
    assert tree.columnWidth(TOPIC) == before[TOPIC] + 30
    assert tree.columnWidth(VALUE) == before[VALUE] - 30
    assert tree.widths["topic"] == before[TOPIC] + 30
    drag(qtbot, tree, VALUE, 5)
    assert tree.columnWidth(TREND) == before[TREND] - 5
    assert tree.columnWidth(TOPIC) == before[TOPIC] + 30


def test_no_drag_pushes_a_column_out(tree, qtbot):
    tree.resize(500, 300)
    columns = shown(tree)
    for section in columns:
        drag(qtbot, tree, section, 700)
        drag(qtbot, tree, section, -700)
        assert shown(tree) == columns
        assert sum(tree.columnWidth(each) for each in columns) == tree.viewport().width()


def test_widths_come_back(tree):
    tree.resize(700, 300)
    tree.set_widths({"topic": 300, "rate": 88, "no such": 5, "age": 1})
    assert (tree.columnWidth(TOPIC), tree.columnWidth(RATE)) == (300, 88)
    assert tree.columnWidth(AGE) >= 20
    assert set(tree.widths) == {"topic", "rate", "age"}


# --- sorting ------------------------------------------------------------------------------------------------------


def test_clicks_on_a_head_sort_turn_round_and_end_it(tree, clock, qtbot):
    click(qtbot, tree, TOPIC)
    assert order(tree) == ["node-1", "node-2", "node-10"]
    click(qtbot, tree, TOPIC)
    assert order(tree) == ["node-10", "node-2", "node-1"]
    click(qtbot, tree, TOPIC)
    assert order(tree) == ["node-10", "node-2", "node-1"]  # arrival
    assert (tree.model().sort_order, tree.model().descending) == (SortOrder.ARRIVAL, False)
    click(qtbot, tree, VALUE)
    assert tree.model().sort_order is SortOrder.ARRIVAL


def test_two_quick_clicks_are_two_clicks(tree, qtbot):
    place = head(tree, TOPIC)
    viewport = tree.heads.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    asked = (tree.model().sort_order, tree.model().descending)
    assert asked in ((SortOrder.NATURAL, True), (SortOrder.ARRIVAL, False))


@pytest.mark.parametrize(
    ("section", "before", "after"),
    [
        (TOPIC, (SortOrder.NAME, False), (SortOrder.NAME, True)),
        (AGE, (SortOrder.ARRIVAL, False), (SortOrder.AGE, False)),
        (AGE, (SortOrder.STALE, False), (SortOrder.STALE, True)),
        (RATE, (SortOrder.ACTIVITY, True), (SortOrder.ARRIVAL, False)),
        (MESSAGES, (SortOrder.AGE, True), (SortOrder.MESSAGES, False)),
        (TREND, (SortOrder.AGE, True), None),
        (RETAINED, (SortOrder.ARRIVAL, False), None),
    ],
    ids=["name", "age", "stale", "activity", "messages", "trend", "retained"],
)
def test_what_a_click_makes_of_an_order(section, before, after):
    assert next_order(section, before[0], descending=before[1]) == after


def test_the_arrow_stands_at_the_head_that_sorts(tree, clock):
    tree.resize(900, 300)
    tree.set_columns(NAMES)

    def heads():
        image = tree.heads.viewport().grab().toImage()
        spans = [(tree.heads.sectionViewportPosition(each), tree.columnWidth(each)) for each in shown(tree)]
        return [image.copy(start, 0, width - 1, image.height()) for start, width in spans]

    def marked():
        """The heads that look otherwise than in order of arrival."""
        now, order_now = heads(), (tree.model().sort_order, tree.model().descending)
        tree.model().set_sort(SortOrder.ARRIVAL)
        plain = heads()
        tree.model().set_sort(*order_now)
        return {section for section, one, two in zip(shown(tree), now, plain, strict=True) if one != two}

    assert marked() == set()
    tree.model().set_sort(SortOrder.NATURAL)
    assert marked() == {TOPIC}
    tree.model().set_sort(SortOrder.ACTIVITY)
    assert marked() == {RATE}
    tree.set_columns(("messages",))
    assert marked() == set()
    tree.model().set_sort(SortOrder.MESSAGES)
    assert marked() == {MESSAGES}
    tree.model().set_sort(SortOrder.STALE, True)
    assert marked() == set()


# --- the menu of the heads ----------------------------------------------------------------------------------------


def open_menu(tree):
    place = head(tree, VALUE)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, tree.heads.viewport().mapToGlobal(place))
    QGuiApplication.sendEvent(tree.heads.viewport(), event)
    menu = next(each for each in tree.heads.findChildren(QMenu) if each.isVisible())
    return menu, {action.text(): action for action in menu.actions() if not action.isSeparator()}


def test_the_menu_of_the_heads_shows_columns_and_orders(tree):
    tree.set_columns(("value", "messages", "trend", "rate", "age", "size"))
    menu, actions = open_menu(tree)
    assert actions["Value"].isChecked()
    assert actions["Messages (no room now)"].isChecked()
    assert not actions["QoS"].isChecked()
    assert actions["Sort by: Arrival"].isChecked()
    actions["Value"].trigger()
    assert "value" not in tree.visible_columns
    menu.close()
    menu, actions = open_menu(tree)
    actions["Sort by: Name, numbers by value"].trigger()
    menu.close()
    assert order(tree) == ["node-1", "node-2", "node-10"]
    menu, actions = open_menu(tree)
    actions["Turn round"].trigger()
    menu.close()
    assert order(tree) == ["node-10", "node-2", "node-1"]


def test_a_head_says_what_it_means_and_what_a_click_does(tree, qtbot):
    for section, sorts in ((RATE, True), (VALUE, False)):
        place = head(tree, section)
        QGuiApplication.sendEvent(
            tree.heads.viewport(), QHelpEvent(QHelpEvent.Type.ToolTip, place, tree.mapToGlobal(place))
        )
        assert ("A click sorts" in QToolTip.text()) is sorts
        assert len(QToolTip.text()) > 20
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_several_columns_are_ticked_without_opening_the_menu_again(tree, qtbot):
    tree.set_columns(("value",))
    menu, actions = open_menu(tree)
    for name in ("Size", "QoS"):
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(actions[name]).center())
    assert menu.isVisible()
    menu.setActiveAction(actions["Age"])
    qtbot.keyClick(menu, Qt.Key.Key_Space)
    assert menu.isVisible()
    assert set(tree.visible_columns) == {"value", "size", "qos", "age"}
    menu.close()


def test_a_drag_that_misses_a_border_does_not_sort(tree, qtbot):
    tree.resize(600, 300)
    told = []
    tree.sort_requested.connect(lambda *order: told.append(order))
    heads, place = tree.heads.viewport(), head(tree, RATE)
    qtbot.mousePress(heads, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseMove(heads, place + QPoint(7, 0))
    qtbot.mouseRelease(heads, Qt.MouseButton.LeftButton, pos=place + QPoint(7, 0))
    assert not told
    click(qtbot, tree, RATE)
    assert len(told) == 1


@pytest.mark.parametrize("beside", [-6, 5])
def test_a_border_is_taken_from_some_pixels_beside_it(tree, qtbot, beside):
    tree.resize(600, 300)
    before = tree.columnWidth(TOPIC)
    edge = QPoint(tree.heads.sectionViewportPosition(TOPIC) + before + beside, 10)
    qtbot.mousePress(tree.heads.viewport(), Qt.MouseButton.LeftButton, pos=edge)
    for step in (10, 20):
        qtbot.mouseMove(tree.heads.viewport(), edge + QPoint(step, 0))
    qtbot.mouseRelease(tree.heads.viewport(), Qt.MouseButton.LeftButton, pos=edge + QPoint(20, 0))
    assert tree.columnWidth(TOPIC) == before + 20


def test_a_head_stays_readable_however_it_is_dragged(tree, qtbot):
    tree.resize(600, 300)
    drag(qtbot, tree, RATE, -50)
    assert tree.columnWidth(RATE) >= tree.heads.sectionSizeFromContents(RATE).width()
