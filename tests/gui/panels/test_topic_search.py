# SPDX-License-Identifier: MIT
"""Searching in the Topics panel: what the tree shows, what comes back afterwards, and what bad input does to it."""

from __future__ import annotations

import asyncio
import time

import pytest
from PySide6.QtCore import QModelIndex, Qt

from mqtt_explorer.models.topic_search import SearchState
from mqtt_explorer.panels.topics.foot import SearchFoot
from mqtt_explorer.panels.topics.situation import unmatched
from mqtt_explorer.profiles.marks import Marks, TopicMarks
from mqtt_explorer.store.query import Query, QueryMode
from mqtt_explorer.widgets.title_bar import TitleBar
from tests.models.streams import feed, frame

ROOT = QModelIndex()
DONE = SearchState(3, 10, 10)


async def search(clock, panel, query):
    """Types it, and waits until all topics were looked at."""
    panel.search(Query(text=query) if isinstance(query, str) else query)
    await settle(clock, panel)


async def settle(clock, panel, timeout_s=20.0):
    deadline = time.monotonic() + timeout_s
    clock.tick.emit()
    while not panel.search_row.state.done:
        assert time.monotonic() < deadline, "the search does not end"
        await asyncio.sleep(0.002)
        clock.tick.emit()
    for _ in range(6):  # rows follow with the next frames
        clock.tick.emit()
    panel.tree.executeDelayedItemsLayout()


async def follow(clock, panel, condition, timeout_s=10.0):
    """Waits until a search that is through has followed what arrived since."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the search does not follow"
        clock.tick.emit()
        await asyncio.sleep(0.005)


def shown(panel):
    """The topics of the rows there are, as far as they are unfolded."""
    found, waiting = [], [ROOT]
    while waiting:
        branch = waiting.pop(0)
        for row in range(panel.model.rowCount(branch)):
            index = panel.model.index(row, 0, branch)
            found.append(panel.model.node(index).topic)
            if panel.tree.isExpanded(index):
                waiting.append(index)
    return found


def current(panel):
    rows = panel.tree.selected_nodes()
    return rows[0].topic if rows else None


def expanded(panel):
    return sorted(node.topic for node in panel.tree.expanded_nodes())


def plant(connection):
    feed(connection.store, *(frame(f"zone{n}/climate/{name}") for n in range(40) for name in ("temp", "co2")))
    feed(connection.store, *(frame(f"other{n}") for n in range(40)))


async def test_hits_and_the_branches_above_them_are_shown_unfolded(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a/b/temp"), frame("a/b/c"), frame("x/y"), frame("temp2"))
    clock.tick.emit()
    found = []
    panel.found.connect(lambda state, place: found.append((state.hits, place)))
    await search(clock, panel, "temp")
    assert set(shown(panel)) == {b"a", b"a/b", b"a/b/temp", b"temp2"}
    assert panel.info == "2 of 4"
    assert panel.foot.isVisible()
    assert panel.foot.text.text() == "2 topics hidden by the search"
    assert panel.search_row.chips.isVisible()
    assert found[-1] == (2, None)
    panel.step_hit(1)
    assert current(panel) == b"a/b/temp"
    assert found[-1] == (2, 1)
    panel.step_hit(1)
    panel.step_hit(1)
    assert found[-1] == (2, 1)
    panel.step_hit(-1)
    assert (current(panel), found[-1]) == (b"temp2", (2, 2))


async def test_clearing_brings_folding_selection_and_scroll_back(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    plant(connection)
    clock.tick.emit()
    panel.select_topic(b"zone30/climate/co2")
    panel.tree.collapse(panel.model.index_of(connection.store.find(b"zone30/climate")))
    panel.select_topic(b"zone35")
    panel.tree.verticalScrollBar().setValue(20 * panel.tree.row_delegate.row_height)
    before = (expanded(panel), current(panel), panel.tree.verticalScrollBar().value())
    assert before[2] > 0
    selected, told = [], []
    panel.topic_selected.connect(selected.append)
    panel.query_changed.connect(told.append)
    await search(clock, panel, "other1")
    await search(clock, panel, "other12")
    assert shown(panel) == [b"other12"]
    assert told == []
    qtbot.keyClick(panel.tree, Qt.Key.Key_Escape)
    await settle(clock, panel)
    assert (expanded(panel), current(panel), panel.tree.verticalScrollBar().value()) == before
    assert selected == []
    assert [query.is_empty for query in told] == [True]
    assert not panel.foot.isVisible()
    assert not panel.search_row.chips.isVisible()


async def test_a_hit_the_user_went_to_stays_selected_after_the_search(clock, panel, connection):
    panel.set_connection(connection)
    plant(connection)
    clock.tick.emit()
    panel.select_topic(b"other3")
    panel.tree.expand(panel.model.index_of(connection.store.find(b"zone1")))
    selected = []
    panel.topic_selected.connect(selected.append)
    await search(clock, panel, "zone35/climate/temp")
    panel.step_hit(1)
    await search(clock, panel, "")
    assert selected == [b"zone35/climate/temp"]
    assert current(panel) == b"zone35/climate/temp"
    assert expanded(panel) == [b"zone1", b"zone35", b"zone35/climate"]
    rect = panel.tree.visualRect(panel.tree.currentIndex())
    assert panel.tree.viewport().rect().contains(rect.center())


async def test_a_row_that_the_search_takes_away_chooses_nothing_else(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a"), frame("b"), frame("ab"))
    clock.tick.emit()
    panel.select_topic(b"b")
    selected = []
    panel.topic_selected.connect(selected.append)
    await search(clock, panel, "a")
    assert current(panel) is None
    await search(clock, panel, "b")
    assert current(panel) == b"b"
    assert selected == []


async def test_going_to_what_the_search_hides_says_so(clock, panel, make_connection):
    connection = make_connection(marks=TopicMarks(Marks(("x/y",))))
    panel.set_connection(connection)
    feed(connection.store, frame("a"), frame("x/y"))
    clock.tick.emit()
    await search(clock, panel, "a")
    selected = []
    panel.topic_selected.connect(selected.append)
    panel.favourites.chosen.emit(b"x/y")
    assert selected == [b"x/y"]
    assert panel.note.text.text() == "x/y is hidden by the search."
    panel.note.button.click()
    await settle(clock, panel)
    assert current(panel) == b"x/y"
    assert not panel.search_row.is_active
    assert panel.note.isHidden()


async def test_states_work_without_a_text(clock, panel, connection, qtbot):
    bar = TitleBar("Topics")
    qtbot.addWidget(bar)
    panel.fill_title_bar(bar)
    panel.set_connection(connection)
    feed(connection.store, frame("kept", flags=1), frame("live"))
    clock.tick.emit()
    assert not panel.search_row.chips.isVisible()
    panel.tools.filter.click()
    assert panel.search_row.chips.isVisible()
    panel.search_row.chips.retained.click()
    await settle(clock, panel)
    assert shown(panel) == [b"kept"]
    await search(clock, panel, "live")
    assert panel.pages.no_hit.isVisible()
    panel.search(Query())  # the text goes, the state stays
    await settle(clock, panel)
    assert shown(panel) == [b"kept"]
    qtbot.keyClick(panel.tree, Qt.Key.Key_Escape)
    assert not panel.search_row.is_active
    assert not panel.search_row.chips.retained.isChecked()
    qtbot.keyClick(panel.tree, Qt.Key.Key_Escape)
    assert not panel.search_row.chips.isVisible()


async def test_no_hit_says_what_to_try_and_tries_it(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"1"))
    clock.tick.emit()
    told = []
    panel.query_changed.connect(told.append)
    await search(clock, panel, "nowhere")
    assert panel.pages.no_hit.isVisible()
    assert panel.pages.no_hit.title.text() == "Nothing matches in topic or payload"
    panel.pages.no_hit.button.click()
    await settle(clock, panel)
    assert told[-1].properties
    assert panel.search_row.chips.properties.isChecked()
    assert panel.pages.no_hit.title.text() == "Nothing matches in topic or payload or properties"
    assert panel.pages.no_hit.button.isHidden()
    feed(connection.store, frame("nowhere"))
    await follow(clock, panel, lambda: shown(panel) == [b"nowhere"])
    assert panel.tree.isVisible()


async def test_a_pattern_that_cannot_be_read_leaves_the_last_good_search(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a"), frame("b"))
    clock.tick.emit()
    states = []
    panel.found.connect(lambda state, place: states.append(state))
    await search(clock, panel, Query(text="(", mode=QueryMode.REGEX))
    assert states[-1].error
    assert shown(panel) == [b"a", b"b"]
    assert panel.foot.text.text() == "Not searched: all topics are shown"
    await search(clock, panel, Query(text="a", mode=QueryMode.REGEX))
    await search(clock, panel, Query(text="(", mode=QueryMode.REGEX))
    assert shown(panel) == [b"a"]
    assert panel.foot.text.text() == "The last good search is shown"
    await search(clock, panel, Query())
    assert shown(panel) == [b"a", b"b"]


async def test_topics_like_this_are_searched_by_the_level(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a/temp"), frame("b/temp/x"), frame("c/temperature"))
    clock.tick.emit()
    told = []
    panel.query_changed.connect(told.append)
    panel.deeds.find_requested.emit("temp")
    await settle(clock, panel)
    assert (told[-1].text, told[-1].whole_level) == ("temp", True)
    assert b"c/temperature" not in shown(panel)
    assert b"a/temp" in shown(panel)


async def test_each_connection_keeps_its_search(clock, panel, make_connection):
    one, two = make_connection(), make_connection()
    feed(one.store, *(frame(f"n{n}/temp") for n in range(30)), frame("z"))
    feed(two.store, frame("other/temp"), frame("y"))
    panel.set_connection(one)
    clock.tick.emit()
    panel.tree.expand(panel.model.index(3, 0, ROOT))
    told, selected = [], []
    panel.query_changed.connect(told.append)
    panel.topic_selected.connect(selected.append)
    panel.search(Query(text="temp"))  # and on, while it runs
    panel.set_connection(two)
    await settle(clock, panel)
    assert told[-1].is_empty
    assert set(shown(panel)) == {b"other", b"y"}
    await search(clock, panel, "y")
    panel.set_connection(one)
    await settle(clock, panel)
    assert told[-1].text == "temp"
    assert len(shown(panel)) == 60
    panel.step_hit(1)
    panel.set_connection(two)
    await settle(clock, panel)
    assert (told[-1].text, shown(panel)) == ("y", [b"y"])
    panel.set_connection(one)
    await settle(clock, panel)
    assert (current(panel), selected[-1]) == (b"n0/temp", b"n0/temp")
    await search(clock, panel, "")
    assert expanded(panel) == [b"n0", b"n3"]
    assert current(panel) == b"n0/temp"


# --- bad input ----------------------------------------------------------------------------------------------------


async def test_a_row_that_is_no_hit_any_more_goes_from_under_the_cursor(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a/one", b"red"), frame("b/two", b"red"))
    clock.tick.emit()
    await search(clock, panel, "red")
    panel.select_topic(b"a/one")
    selected = []
    panel.topic_selected.connect(selected.append)
    feed(connection.store, frame("a/one", b"green"))
    await follow(clock, panel, lambda: b"a/one" not in shown(panel))
    assert current(panel) is None
    assert selected == []  # the message stays with the topic it tells of
    panel.step_hit(1)
    assert current(panel) == b"b/two"
    feed(connection.store, frame("b/two", b"green"))
    await follow(clock, panel, panel.pages.no_hit.isVisible)
    feed(connection.store, frame("b/two", b"red"))
    await follow(clock, panel, lambda: panel.tree.isVisible() and current(panel) == b"b/two")


async def test_a_hundred_thousand_hits(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, *(frame(f"site/{n % 100}/node-{n}/temp") for n in range(100_000)))
    feed(connection.store, frame("else"))
    for _ in range(60):
        clock.tick.emit()
    start = time.perf_counter()
    await search(clock, panel, "temp")
    print(f"100,000 hits: {time.perf_counter() - start:.2f} s")
    assert panel.search_row.state.hits == 100_000
    assert panel.info == "100,000 of 100,001"
    assert panel.foot.text.text() == "1 topic hidden by the search"
    panel.step_hit(-1)
    assert current(panel) == b"site/99/node-99999/temp"
    assert panel.search_row.topic_search.place_of(connection.store.find(current(panel))) == 100_000
    await search(clock, panel, "")
    assert current(panel) == b"site/99/node-99999/temp"


async def test_other_names_of_system_trees(clock, panel, connection):
    panel.set_connection(connection)
    feed(
        connection.store, frame("$SYS/broker/uptime"), frame("$sys/x"), frame("$SYS"), frame("$/uptime/$SYS")
    )
    clock.tick.emit()
    await search(clock, panel, "uptime")
    assert set(shown(panel)) >= {b"$SYS", b"$SYS/broker", b"$SYS/broker/uptime", b"$", b"$/uptime"}
    await search(clock, panel, Query(text="$SYS/#", mode=QueryMode.FILTER))
    assert set(shown(panel)) == {b"$SYS", b"$SYS/broker", b"$SYS/broker/uptime"}
    await search(clock, panel, Query(text="$SYS", case=True, whole_level=True))
    assert b"$sys" not in shown(panel)


async def test_a_search_during_a_pause(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a/temp", b"1"), frame("b", b"1"))
    clock.tick.emit()
    panel.set_paused(True)
    await search(clock, panel, "temp")
    assert set(shown(panel)) == {b"a", b"a/temp"}
    feed(connection.store, frame("c/temp"))
    panel.set_paused(False)
    await follow(clock, panel, lambda: b"c" in shown(panel))
    panel.set_paused(True)
    await search(clock, panel, "")
    assert {b"a", b"b"} <= set(shown(panel))
    panel.set_paused(False)


async def test_a_megabyte_is_refused_and_the_tree_stays(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a"))
    clock.tick.emit()
    await search(clock, panel, "x" * 1_000_000)
    assert panel.search_row.state.error
    assert shown(panel) == [b"a"]


# --- words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "filtered", "text"),
    [
        (DONE, True, "7 topics hidden by the search"),
        (SearchState(9, 10, 10), True, "1 topic hidden by the search"),
        (SearchState(10, 10, 10), True, "The search hides no topic"),
        (SearchState(1, 2_000, 1_000, False), True, "Searching… 1,000 of 2,000"),
        (SearchState(1, 10, 10, True, "bad"), True, "The last good search is shown"),
        (SearchState(0, 0, 0, True, "bad"), False, "Not searched: all topics are shown"),
    ],
    ids=range(6),
)
def test_the_foot_says_how_the_search_stands(qtbot, state, filtered, text):
    foot = SearchFoot()
    qtbot.addWidget(foot)
    foot.resize(400, 30)
    foot.show_state(state, filtered=filtered)
    assert foot.text.text() == text
    assert foot.progress.isHidden() == state.done
    assert foot.progress.share == (0.5 if not state.done else 0.0)


@pytest.mark.parametrize(
    ("query", "title", "text"),
    [
        (Query(text="xy"), "Nothing matches in topic or payload", "Try fewer characters."),
        (Query(text="x", payload=False), "Nothing matches in topic", ""),
        (Query(text="x", case=True), "Nothing matches in topic or payload", "Try without case."),
        (
            Query(text="x", whole_level=True, retained=True, stale=True),
            "Nothing matches in topic or payload",
            "Only what is retained, stale was looked at. Try a part of a level: whole levels are switched on.",
        ),
        (Query(stale=True), "No topic fits", "Nothing is stale."),
        (
            Query(text="a/+", mode=QueryMode.FILTER),
            "The filter matches no topic",
            "+ stands for one level, # for all below.",
        ),
    ],
    ids=range(6),
)
def test_what_stands_where_nothing_matches(query, title, text):
    assert unmatched(query, DONE)[1:] == (title, text)
    assert (
        unmatched(query, SearchState(0, 2_000, 1_000, False)).text
        == "1,000 of 2,000 topics looked at; no hit yet."
    )
