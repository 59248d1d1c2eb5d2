# SPDX-License-Identifier: MIT
"""What a search must leave alone in the Topics panel: the chosen topic, the selection, and the frames while much comes back."""

from __future__ import annotations

import asyncio
import time

import pytest
from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, Qt

from mqtt_explorer.connection import Connection
from mqtt_explorer.panels.topics import selecting, view_state
from mqtt_explorer.panels.topics.deeds import put_back
from mqtt_explorer.profiles.marks import Marks, TopicMarks
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.store import Budget
from mqtt_explorer.store.query import Query
from tests.models.streams import feed, frame

FLAGS = QItemSelectionModel.SelectionFlag
CTRL = Qt.KeyboardModifier.ControlModifier


async def search(clock, panel, text):
    panel.search(Query(text=text))
    await settle(clock, panel)


async def settle(clock, panel):
    deadline = time.monotonic() + 20
    clock.tick.emit()
    while not panel.search_row.state.done or panel.tree.unfolding.running:
        assert time.monotonic() < deadline, "the tree does not settle"
        await asyncio.sleep(0.002)
        clock.tick.emit()
    for _ in range(6):
        clock.tick.emit()
    panel.tree.executeDelayedItemsLayout()


def index_of(panel, topic):
    return panel.model.index_of(panel.model.store.find(topic))


def selected(panel):
    return [node.topic for node in panel.tree.selected_nodes()]


def click(qtbot, panel, topic, modifier=Qt.KeyboardModifier.NoModifier):
    place = panel.tree.visualRect(index_of(panel, topic)).center()
    qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def choose_two(panel):
    """Chooses t13 and selects t15 too."""
    panel.select_topic(b"l/t13")
    panel.tree.selectionModel().select(index_of(panel, b"l/t15"), FLAGS.Select | FLAGS.Rows)


async def test_a_search_chooses_nothing(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, *(frame(f"l/t{n}") for n in range(20)))
    clock.tick.emit()
    choose_two(panel)
    told = []
    panel.topic_selected.connect(told.append)
    await search(clock, panel, "t15")
    assert selected(panel) == [b"l/t15"]
    assert told == []
    await search(clock, panel, "")
    assert selected(panel) == [b"l/t13", b"l/t15"]
    assert told == []


async def test_a_selected_row_that_goes_chooses_no_other(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, *(frame(f"l/t{n}", b"red") for n in range(20)))
    clock.tick.emit()
    await search(clock, panel, "red")
    choose_two(panel)
    told = []
    panel.topic_selected.connect(told.append)
    feed(connection.store, frame("l/t13", b"green"))
    deadline = time.monotonic() + 10
    while index_of(panel, b"l/t13").isValid():
        assert time.monotonic() < deadline
        clock.tick.emit()
        await asyncio.sleep(0.005)
    assert selected(panel) == [b"l/t15"]
    assert told == []


async def test_a_row_deselected_in_a_search_stays_so(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, *(frame(f"t{n}") for n in range(20)))
    clock.tick.emit()
    panel.select_topic(b"t3")
    await search(clock, panel, "t")
    click(qtbot, panel, b"t3", CTRL)
    assert selected(panel) == []
    feed(connection.store, frame("t99"))
    await settle(clock, panel)
    for _ in range(10):
        await asyncio.sleep(0.02)
        clock.tick.emit()
    assert index_of(panel, b"t99").isValid()
    assert selected(panel) == []
    await search(clock, panel, "")
    assert selected(panel) == []
    click(qtbot, panel, b"t4")
    assert selected(panel) == [b"t4"]


async def test_folding_behind_an_unreadable_pattern_stays(clock, panel, connection):
    """Nothing was filtered, so nothing has to come back."""
    panel.set_connection(connection)
    feed(connection.store, frame("a/b"))
    clock.tick.emit()
    await search(clock, panel, "x" * 1_000_000)
    panel.tree.expand(index_of(panel, b"a"))
    await search(clock, panel, "")
    assert panel.tree.isExpanded(index_of(panel, b"a"))


async def unfolded(clock, panel, connection, branches):
    """Many unfolded branches, scrolled to their middle; the state of the view."""
    panel.set_connection(connection)
    feed(connection.store, *(frame(f"x/{n}/{m}") for n in range(branches) for m in range(10)))
    clock.tick.emit()
    panel.tree.expand_below(index_of(panel, b"x"))
    while panel.tree.expanding.running:
        await asyncio.sleep(0)
    await settle(clock, panel)
    bar = panel.tree.verticalScrollBar()
    bar.setValue(bar.maximum() // 2 + 7)
    for each in panel.tree.visible_nodes()[3:9]:
        panel.tree.selectionModel().select(panel.model.index_of(each), FLAGS.Select | FLAGS.Rows)
    far = connection.store.find(b"x/3/3")
    panel.tree.selectionModel().select(panel.model.index_of(far), FLAGS.Select | FLAGS.Rows)
    return view_state.take(panel.tree, panel.model)


async def test_many_branches_come_back_in_slices_and_nothing_jumps(clock, panel, connection):
    before = await unfolded(clock, panel, connection, 900)
    shown = [node.topic for node in panel.tree.visible_nodes()]
    await search(clock, panel, "x/12")
    fetched = []
    panel.model.fetchMore, plain = lambda index: (fetched.append(1), plain(index)), panel.model.fetchMore
    panel.search(Query())
    assert panel.tree.unfolding.running
    assert len(fetched) < 100  # what is on the screen, not all of them
    # The rows at the bottom still stand behind the search's own.
    assert [node.topic for node in panel.tree.visible_nodes()][:15] == shown[:15]
    assert {*view_state.take(panel.tree, panel.model).selected} == {*before.selected}
    assert {node.topic for node in panel.tree.expanded_nodes()} == {*before.expanded}
    while panel.tree.unfolding.running:
        await asyncio.sleep(0)
        assert view_state.take(panel.tree, panel.model).places[:15] == before.places[:15]
    del panel.model.fetchMore
    assert view_state.take(panel.tree, panel.model).scroll == before.scroll
    assert {*selected(panel)} == {*before.selected}


async def test_a_view_that_still_comes_back_is_kept_whole(clock, panel, connection):
    """The next search begins, and ends, while the last one's tree is being unfolded."""
    before = await unfolded(clock, panel, connection, 900)
    await search(clock, panel, "x/12")
    panel.search(Query())
    assert panel.tree.unfolding.running
    await search(clock, panel, "x/13")
    await search(clock, panel, "")
    after = view_state.take(panel.tree, panel.model)
    assert {*after.expanded} == {*before.expanded}
    assert {*after.selected} == {*before.selected}
    assert (after.places, after.scroll) == (before.places, before.scroll)


async def test_what_is_folded_meanwhile_stays_folded(clock, panel, connection):
    await unfolded(clock, panel, connection, 900)
    await search(clock, panel, "x/12")
    panel.search(Query())
    panel.tree.collapseAll()
    assert not panel.tree.unfolding.running
    await settle(clock, panel)
    assert panel.tree.expanded_nodes() == []


async def test_a_selection_that_is_too_large_is_told(clock, panel, connection, monkeypatch):
    monkeypatch.setattr(view_state, "SELECTED_LIMIT", 10)
    monkeypatch.setattr(
        view_state, "selected_nodes", lambda tree, model: selecting.selected_nodes(tree, model, 10)
    )
    panel.set_connection(connection)
    feed(connection.store, *(frame(f"t{n:02}") for n in range(30)))
    clock.tick.emit()
    panel.tree.selectAll()
    await search(clock, panel, "t")
    text = "Of 30 selected topics the first 10, outside folded branches, stay selected."
    assert panel.note.text.text() == text
    assert panel.note.isVisible()
    await search(clock, panel, "")
    assert len(selected(panel)) == 10


async def test_found_is_told_when_something_changed(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a"), frame("b"))
    clock.tick.emit()
    await search(clock, panel, "a")
    told = []
    panel.found.connect(lambda state, place: told.append((state.hits, place)))
    for _ in range(5):
        panel.search_row.changed.emit()
    assert told == []
    panel.step_hit(1)
    assert told == [(1, 1)]


async def test_mqtt_3_has_no_properties_to_search(clock, panel, make_connection):
    url = BrokerUrl.parse("mqtt://127.0.0.1:1")[0]
    old = Connection(ConnectOptions(url, version=ProtocolVersion.V311), budget=Budget(1 << 28))
    panel.set_connection(old)
    assert not panel.search_row.chips.properties.isEnabled()
    panel.set_connection(make_connection())
    assert panel.search_row.chips.properties.isEnabled()


async def test_undo_keeps_favourites_that_came_since(clock, panel, make_connection):
    connection = make_connection(marks=TopicMarks(Marks(("a", "b", "c"))))
    panel.set_connection(connection)
    panel.deeds.favour((b"b",), on=False)
    panel.deeds.favour((b"d",), on=True)
    panel.note.button.click()
    assert connection.marks.favourites == (b"a", b"b", b"c", b"d")


@pytest.mark.parametrize(
    ("now", "removed", "before", "wanted"),
    [
        ("bc", "a", "abc", "abc"),
        ("", "ab", "ab", "ab"),
        ("cxa", "b", "abc", "cxab"),
        ("ab", "a", "ab", "ab"),
        ("x", "bd", "abcd", "bdx"),
    ],
    ids=range(5),
)
def test_removed_favourites_go_back_to_their_places(now, removed, before, wanted):
    assert "".join(put_back(now, removed, before)) == wanted


async def test_a_mark_repaints_a_frozen_tree(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, frame("a"))
    clock.tick.emit()
    panel.set_paused(True)
    painted = Painted(panel.tree.viewport())
    await asyncio.sleep(0.05)
    painted.times = 0
    connection.marks.set_muted([b"a"], on=True)
    await asyncio.sleep(0.05)
    assert painted.times
    panel.set_paused(False)


class Painted(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget):
        super().__init__(widget)
        self.times = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):
        self.times += event.type() == QEvent.Type.Paint
        return False
