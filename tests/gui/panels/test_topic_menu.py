# SPDX-License-Identifier: MIT
from __future__ import annotations

import time

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from mqtt_explorer.models.topic_columns import DEFAULT, SortOrder
from mqtt_explorer.panels.topics import bulk
from mqtt_explorer.panels.topics.sort_menu import Look, column_texts, order_texts
from mqtt_explorer.profiles.marks import MAX_FAVOURITES, MAX_MUTED, Marks, TopicMarks
from mqtt_explorer.widgets.title_bar import TitleBar
from tests.models.streams import feed, frame

ROOT = QModelIndex()


def open_menu(panel, topic):
    node = panel.model.store.find(topic)
    panel.deeds.show_menu(panel.model.reveal(node), panel.mapToGlobal(QPoint(0, 0)))
    return shown_menu(panel)


def shown_menu(panel):
    menu = next(each for each in panel.findChildren(QMenu) if each.isVisible() and not is_sub(each))
    return menu, {action.text(): action for action in menu.actions() if not action.isSeparator()}


def is_sub(menu):
    return isinstance(menu.parent(), QMenu)


def select(panel, *topics):
    flags = QItemSelectionModel.SelectionFlag
    panel.tree.clearSelection()
    for topic in topics:
        panel.select_topic(topic)
    for topic in topics:
        index = panel.model.reveal(panel.model.store.find(topic))
        panel.tree.selectionModel().select(index, flags.Select | flags.Rows)


def clipboard():
    return QGuiApplication.clipboard().text()


async def test_the_menu_of_one_row_offers_only_what_works(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a/b", b"21.7"), frame("bin", b"\xff\x00"), frame("part", b"abc", size=9))
    clock.tick.emit()
    menu, actions = open_menu(panel, b"a")
    assert list(actions) == [
        "Copy topic",
        "Copy as filter",
        "Show its messages",
        "Find topics like this",
        "Subscribe to this branch",
        "Publish here",
        "Add to favourites",
        "Mute branch",
        "Expand all below",
        "Collapse all below",
    ]
    asked = []
    panel.subscribe_requested.connect(asked.append)
    panel.publish_requested.connect(asked.append)
    panel.messages_requested.connect(asked.append)
    for name in ("Subscribe to this branch", "Publish here", "Show its messages"):
        actions[name].trigger()
    assert asked == ["a/#", b"a", b"a"]
    actions["Copy as filter"].trigger()
    assert clipboard() == "a/#"
    a = panel.model.index(0, 0, ROOT)
    actions["Expand all below"].trigger()
    assert panel.tree.isExpanded(a)
    actions["Collapse all below"].trigger()
    assert not panel.tree.isExpanded(a)
    menu.close()
    menu, actions = open_menu(panel, b"a/b")
    assert "Expand all below" not in actions
    assert "Mute topic" in actions
    actions["Copy value"].trigger()
    assert clipboard() == "21.7"
    actions["Copy topic"].trigger()
    assert clipboard() == "a/b"
    actions["Copy as filter"].trigger()
    assert clipboard() == "a/b"
    menu.close()
    menu, actions = open_menu(panel, b"bin")
    actions["Copy value as hex"].trigger()
    assert clipboard() == "ff 00"
    assert "copied as hex" in panel.note.text.text()
    menu.close()
    menu, actions = open_menu(panel, b"part")
    assert "Copy value (the part kept)" in actions
    menu.close()


async def test_a_menu_does_not_read_megabytes(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("big", b"x" * (64 << 20)), frame("bad", b"x" * (2 << 20) + b"\xff"))
    clock.tick.emit()
    start = time.perf_counter()
    menu, actions = open_menu(panel, b"big")
    spent_ms = (time.perf_counter() - start) * 1e3
    print(f"menu of a topic of 64 MiB: {spent_ms:.1f} ms")
    assert "Copy value" in actions
    menu.close()
    QGuiApplication.clipboard().setText("before")
    menu, actions = open_menu(panel, b"bad")
    actions["Copy value"].trigger()
    menu.close()
    assert clipboard() == "before"
    assert panel.note.text.text().startswith("Nothing was copied: byte 2,097,152 is not UTF-8")
    assert spent_ms < 500


async def test_the_menu_of_several_rows(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a/b", b"1"), frame("c", b"\xff"), frame("d", b"two\nlines", size=99))
    clock.tick.emit()
    select(panel, b"a", b"c", b"d")
    menu, actions = open_menu(panel, b"c")
    assert list(actions)[:3] == ["Copy 3 topics", "Copy their values", "Copy as filters"]
    assert "Publish here" not in actions
    actions["Copy 3 topics"].trigger()
    assert clipboard() == "a\nc\nd"
    actions["Copy as filters"].trigger()
    assert clipboard() == "a/#\nc\nd"
    actions["Copy their values"].trigger()
    assert clipboard() == "ff\ntwo\nlines"
    assert panel.note.text.text() == (
        "Copied 2 values: 1 not UTF-8 text and copied as hex, 1 kept in part only, 1 of several lines."
    )
    actions["Add to favourites"].trigger()
    assert connection.marks.favourites == (b"a", b"c", b"d")
    menu.close()
    menu, actions = open_menu(panel, b"a/b")  # outside the selection: of that row alone
    assert "Copy topic" in actions
    menu.close()


async def test_a_branch_that_goes_with_its_connection_takes_the_menu_along(clock, panel, make_connection):
    one, two = make_connection(), make_connection()
    feed(one.store, frame("a/b", b"1"), frame("a/c", b"2"))
    feed(two.store, frame("x"))
    panel.set_connection(one)
    select(panel, b"a/b", b"a/c")
    menu, actions = open_menu(panel, b"a/b")
    closed = []
    menu.aboutToHide.connect(lambda: closed.append(1))
    panel.set_connection(two)
    assert closed == [1]
    menu, actions = open_menu(panel, b"x")
    panel.deeds._model.set_store(None)  # nothing of it is there any more
    for name in ("Copy as filter", "Show its messages", "Add to favourites", "Mute topic"):
        actions[name].trigger()
    assert two.marks.favourites == (b"x",)
    menu.close()
    panel.deeds._model.set_store(two.store)


async def test_muting_and_taking_it_back_where_it_was_set(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a/b/c"), frame("a/d"))
    clock.tick.emit()
    menu, actions = open_menu(panel, b"a")
    actions["Mute branch"].trigger()
    assert connection.marks.muted == {b"a"}
    menu.close()
    menu, actions = open_menu(panel, b"a/b/c")
    assert "Mute topic" not in actions
    actions["Unmute a"].trigger()
    assert connection.marks.muted == frozenset()
    menu.close()
    connection.marks.set_muted([b"a"], on=True)
    menu, actions = open_menu(panel, b"a")
    actions["Unmute"].trigger()
    assert connection.marks.muted == frozenset()
    menu.close()


async def test_limits_of_marks_are_told(clock, panel, make_connection):
    full = TopicMarks(
        Marks(tuple(f"f{n}" for n in range(MAX_FAVOURITES)), tuple(f"m{n}" for n in range(MAX_MUTED)))
    )
    connection = make_connection(marks=full)
    panel.set_connection(connection)
    feed(connection.store, frame("a"))
    clock.tick.emit()
    menu, actions = open_menu(panel, b"a")
    actions["Add to favourites"].trigger()
    assert panel.note.text.text() == "There is room for 200 favourites; take some away first."
    actions["Mute topic"].trigger()
    assert panel.note.text.text() == "There is room for 1,000 muted branches; unmute some first."
    menu.close()


async def test_a_removed_favourite_can_be_brought_back_to_its_place(clock, panel, make_connection):
    connection = make_connection(marks=TopicMarks(Marks(("x", "a", "y"))))
    panel.set_connection(connection)
    feed(connection.store, frame("a"))
    clock.tick.emit()
    menu, actions = open_menu(panel, b"a")
    actions["Remove from favourites"].trigger()
    menu.close()
    assert connection.marks.favourites == (b"x", b"y")
    assert panel.note.text.text() == "a is no favourite any more."
    panel.note.button.click()
    assert connection.marks.favourites == (b"x", b"a", b"y")
    assert panel.note.isHidden()


async def test_a_favourite_selects_in_the_tree_or_says_why_not(clock, panel, make_connection):
    connection = make_connection(marks=TopicMarks(Marks(("a/b", "later"))))
    panel.set_connection(connection)
    feed(connection.store, frame("a/b"))
    clock.tick.emit()
    selected = []
    panel.topic_selected.connect(selected.append)
    panel.favourites.chosen.emit(b"a/b")
    assert selected == [b"a/b"]
    assert panel.favourites.selected() == (b"a/b",)
    panel.favourites.chosen.emit(b"later")
    assert panel.note.text.text() == "No message has come on later yet."
    assert selected == [b"a/b"]


async def test_the_title_bar_sorts_shows_columns_and_unmutes(clock, panel, connection, qtbot):
    bar = TitleBar("Topics")
    qtbot.addWidget(bar)
    panel.fill_title_bar(bar)
    panel.set_connection(connection)
    feed(connection.store, frame("b"), frame("a/b/c"))
    clock.tick.emit()
    looks = []
    panel.look_changed.connect(lambda: looks.append(panel.look))
    panel.tools.open_sort()
    menu, actions = shown_menu(panel)
    assert len(actions) == 8  # seven orders, and the way round
    assert actions["Arrival"].isChecked()
    actions["Name"].trigger()
    assert looks[-1].sort is SortOrder.NAME
    assert panel.model.index(0, 0, ROOT).data() == "a"
    menu.close()
    panel.tools.open_sort()
    menu, actions = shown_menu(panel)
    actions["Turn round"].trigger()
    assert (looks[-1].sort, looks[-1].descending) == (SortOrder.NAME, True)
    menu.close()
    panel.tools.open_columns()
    menu, actions = shown_menu(panel)
    actions["QoS"].trigger()
    actions["Trend"].trigger()
    assert looks[-1].columns == ("value", "rate", "age", "qos")
    actions["Columns of a first start"].trigger()
    assert looks[-1].columns == DEFAULT
    menu.close()
    connection.marks.set_muted([b"a", b"b"], on=True)
    panel.select_topic(b"a")
    panel.tools.open_more()
    menu, actions = shown_menu(panel)
    actions["Expand all below"].trigger()
    assert panel.tree.isExpanded(panel.model.index_of(connection.store.find(b"a/b")))
    actions["Collapse everything"].trigger()
    assert not panel.tree.isExpanded(panel.model.index_of(connection.store.find(b"a")))
    muted = actions["Muted branches (2)"].menu()
    {action.text(): action for action in muted.actions()}["Unmute a"].trigger()
    assert connection.marks.muted == {b"b"}
    menu.close()


async def test_a_narrow_panel_has_order_and_columns_in_its_last_menu(clock, panel, connection, qtbot):
    bar = TitleBar("Topics")
    qtbot.addWidget(bar)
    panel.fill_title_bar(bar)
    panel.set_connection(connection)
    panel.resize(300, 500)
    assert panel.tools.sort.isHidden()
    assert panel.width() == 300
    panel.tools.open_more()
    menu, actions = shown_menu(panel)
    assert {"Order within a branch", "Columns"} <= actions.keys()
    menu.close()
    panel.resize(500, 500)
    assert not panel.tools.sort.isHidden()


async def test_a_look_is_taken_over(clock, panel, connection):
    look = Look(("value", "messages"), {"topic": 150}, SortOrder.NATURAL, True)
    told = []
    panel.look_changed.connect(lambda: told.append(panel.look))
    panel.set_look(look)
    assert panel.look == look
    assert told == []
    panel.tree.set_columns(("value",))
    assert told == [look._replace(columns=("value",))]


async def test_favourites_can_be_put_away(clock, panel, make_connection):
    connection = make_connection(marks=TopicMarks(Marks(("a",))))
    panel.set_connection(connection)
    assert panel.favourites.isVisible()
    panel.tools.open_more()
    menu, actions = shown_menu(panel)
    actions["Show favourites"].trigger()
    assert not panel.favourites.isVisible()
    menu.close()


async def test_rows_beyond_the_limit_of_a_list_are_told(clock, panel, connection, monkeypatch):
    panel.set_connection(connection)
    feed(connection.store, *(frame(f"n{n}") for n in range(30)))
    clock.tick.emit()
    panel.tree.selectAll()
    nodes = panel.tree.selected_nodes()
    monkeypatch.setattr(panel.tree, "selected_nodes", lambda limit=10: nodes[:limit])
    menu, actions = open_menu(panel, b"n3")
    assert list(actions)[:2] == ["For 10 of 30 selected topics:", "Copy 10 topics"]
    menu.close()
    panel.tree.copy_cut.emit(10, 30)
    assert panel.note.text.text().startswith("Copied 10 of 30 selected topics")


def test_every_order_and_column_has_words(qapp):
    assert [*order_texts()] == [*SortOrder]
    assert all(name and why for name, why in (*order_texts().values(), *column_texts().values()))


def test_values_copied_together_have_a_limit_and_say_so(qapp, monkeypatch):
    monkeypatch.setattr(bulk, "VALUES_LIMIT", 10)
    QGuiApplication.clipboard().setText("before")
    told = bulk.copy_values([frame("a", b"x" * 6), frame("b", b"x" * 6)])
    assert told == "Nothing was copied: together the values have 12 B, and 10 B is the limit. Select fewer."
    assert clipboard() == "before"
    monkeypatch.setattr(bulk, "HEX_LIMIT", 2)
    assert bulk.copy_values([frame("a", b"\xff" * 3), frame("b", b"ok")]) == (
        "Copied 1 value: 1 neither text nor small enough for hex, and left out."
    )
    assert clipboard() == "ok"
    assert bulk.copy_values([frame("a", b"1"), frame("b", b"2")]) == ""
