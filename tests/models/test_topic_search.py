# SPDX-License-Identifier: MIT
from __future__ import annotations

import random
import time

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models import topic_search
from mqtt_explorer.models.topic_columns import SortOrder
from mqtt_explorer.models.topic_model import TopicModel
from mqtt_explorer.models.topic_search import SearchState, TopicSearch
from mqtt_explorer.store.matcher import Matcher
from mqtt_explorer.store.query import Query, QueryMode
from mqtt_explorer.store.staleness import Staleness
from tests.models.streams import feed, frame, new_store, random_frames

ROOT = QModelIndex()


@pytest.fixture
def store():
    return new_store()


@pytest.fixture
def model(clock, store):
    made = TopicModel(clock)
    made.set_store(store)
    yield made
    made.set_store(None)


@pytest.fixture
def search(model):
    made = TopicSearch(model)
    yield made
    made.set_query(Query())
    assert not made._timer.isActive()
    made._sweeper.stop()


@pytest.fixture
def filters(model, monkeypatch):
    """The filters the model was given."""
    given = []
    real = model.set_filter

    def set_filter(tree_filter, matcher=None):
        given.append(tree_filter)
        real(tree_filter, matcher)

    monkeypatch.setattr(model, "set_filter", set_filter)
    return given


def settle(qtbot, search, clock=None):
    def quiet():
        if clock is not None:
            clock.tick.emit()
        assert search.state.done
        assert not search._changed
        assert not search._gone
        assert search.state == search._told

    qtbot.waitUntil(quiet, timeout=5_000)


def shown(model, branch=None):
    """Every node of the filtered tree, from top to bottom."""
    found = []
    for node in model.ordered(branch if branch is not None else model.store.root):
        found += [node.topic.decode(), *shown(model, node)]
    return found


def hits(search, store):
    """The hits in display order, by stepping through them."""
    found, node = [], None
    for _ in range(search.state.hits):
        node = search.step(node, 1)
        found.append(node.topic.decode())
    return found


def test_hits_and_their_branches_are_shown_until_the_query_is_empty(qtbot, store, model, search):
    feed(store, frame("home/kitchen/temp"), frame("home/bath/temp"), frame("garden/soil", b"kitchen"))
    whole = shown(model)
    with qtbot.waitSignal(search.first_found):
        search.set_query(Query("KITCHEN"))
    settle(qtbot, search)
    assert shown(model) == ["home", "home/kitchen", "home/kitchen/temp", "garden", "garden/soil"]
    assert search.state == SearchState(2, 3, 3, True, "")
    search.set_query(Query())
    assert shown(model) == whole
    assert search.state == SearchState()
    assert search.step(None, 1) is None


def test_the_tree_stays_until_the_first_hits_are_there(qtbot, store, model, search, filters):
    feed(store, *(frame(f"a/{n}") for n in range(20_000)), frame("b/last"))
    search.set_query(Query("a/1", payload=False))
    assert filters == []
    assert len(model.ordered(store.root)) == 2
    settle(qtbot, search)
    assert len(filters) == 1
    assert search.state.hits == 11_111


def test_no_hit_shows_nothing_when_the_search_is_over(qtbot, store, model, search, filters):
    feed(store, frame("a"))
    with qtbot.waitSignal(search.first_found):
        search.set_query(Query("zz"))
    assert shown(model) == []
    assert search.state == SearchState(0, 1, 1, True, "")


def test_typing_on_cancels_the_search_before(qtbot, store, model, search, filters):
    feed(store, *(frame(f"{n}/temperature") for n in range(5_000)), frame("x/te"))
    for text in ("t", "te", "tem", "tempera"):
        search.set_query(Query(text))
    settle(qtbot, search)
    assert len(filters) == 1
    assert search.state.hits == 5_000
    assert search.query == Query("tempera")


def test_what_cannot_be_read_leaves_the_last_result(qtbot, store, model, search, filters):
    feed(store, frame("a/b"), frame("c"))
    good = Query("a.", mode=QueryMode.REGEX)
    search.set_query(good)
    settle(qtbot, search)
    states = []
    search.state_changed.connect(states.append)
    search.set_query(Query("a(", mode=QueryMode.REGEX))
    assert search.state == SearchState(1, 2, 2, True, "A bracket is not closed: “(” (character 2).")
    assert states == [search.state]
    assert search.query == good
    assert shown(model) == ["a", "a/b"]
    feed(store, frame("a/d"))
    model._on_tick()
    settle(qtbot, search)
    assert search.state.hits == 2
    search.set_query(good)
    assert search.state.error == ""
    assert len(filters) == 1


def test_an_error_without_a_result_before(search, store, model):
    search.set_query(Query("a/#/b", mode=QueryMode.FILTER))
    assert "last level" in search.state.error
    search.set_query(Query())
    assert search.state == SearchState()


def test_new_topics_join_and_changed_payloads_come_and_go(qtbot, clock, store, model, search):
    feed(store, frame("a/1", b"on"), frame("a/2", b"off"), frame("b", b"on"))
    search.set_query(Query("on"))
    settle(qtbot, search)
    assert shown(model) == ["a", "a/1", "b"]
    feed(store, frame("a/2", b"on"), frame("c/on", b"-"), frame("b", b"off"))
    clock.tick.emit()
    settle(qtbot, search, clock)
    assert shown(model) == ["a", "a/1", "a/2", "c", "c/on"]
    assert search.state.hits == 3


def test_topics_leave_in_groups_and_not_when_they_come_back(qtbot, clock, store, model, search, monkeypatch):
    monkeypatch.setattr(topic_search, "REMOVE_EVERY_S", 3_600.0)
    feed(store, *(frame(f"t{n}", b"on") for n in range(10)))
    search.set_query(Query("on", topic=False))
    settle(qtbot, search)
    search._removed_s = time.perf_counter()
    feed(store, *(frame(f"t{n}", b"off") for n in range(10)))
    clock.tick.emit()
    qtbot.waitUntil(lambda: len(search._gone) == 10)
    feed(store, *(frame(f"t{n}", b"on") for n in range(5)))
    clock.tick.emit()
    qtbot.waitUntil(lambda: len(search._gone) == 5)
    assert search.state.hits == 10
    monkeypatch.setattr(topic_search, "REMOVE_EVERY_S", 0.0)
    search._timer.start(0)
    settle(qtbot, search)
    assert shown(model) == [f"t{n}" for n in range(5)]


def test_a_paused_model_searches_and_lets_changes_wait(qtbot, clock, store, model, search):
    feed(store, frame("a1"), frame("b"))
    clock.tick.emit()
    model.set_paused(True)
    search.set_query(Query("a"))
    settle(qtbot, search)
    assert search.state.hits == 1
    feed(store, frame("a2"))
    clock.tick.emit()
    qtbot.wait(60)
    assert search.state.hits == 1
    model.set_paused(False)
    clock.tick.emit()
    qtbot.waitUntil(lambda: search.state.hits == 2)


def test_another_store_ends_the_search(qtbot, store, model, search):
    feed(store, *(frame(f"a/{n}") for n in range(5_000)))
    search.set_query(Query("a"))
    states = []
    search.state_changed.connect(states.append)
    model.set_store(new_store())
    assert search.query == Query()
    assert search.state == SearchState()
    assert not search._timer.isActive()
    search.set_query(Query("a"))
    settle(qtbot, search)
    model.set_store(None)
    search.set_query(Query("a"))
    assert search.state == SearchState()


def test_stale_topics_come_with_time_and_go_with_a_message(qtbot, clock, store, search, monkeypatch):
    monkeypatch.setattr(topic_search, "STALE_EVERY_S", 0.05)
    model = search._model
    staleness = Staleness(store)
    model.set_store(store, None, staleness)
    now = time.monotonic_ns()
    staleness.set_connected(now - 3_600 * 10**9, connected=True)
    for step in range(6):
        feed(store, frame("a/b"), mono_ns=now - 10 * 10**9 - (6 - step) * 10**9)
    search.set_query(Query(stale=True))
    settle(qtbot, search)
    assert search.state.hits == 1
    feed(store, *(frame("new") for _ in range(5)))
    feed(store, frame("a/b"))
    clock.tick.emit()
    qtbot.waitUntil(lambda: search.state.hits == 0)
    store.find(b"a/b").stamp = store.find(b"a/b").stamp._replace(mono_ns=now - 3_000 * 10**9)
    qtbot.waitUntil(lambda: search.state.hits == 1)


@pytest.mark.parametrize("order", [SortOrder.ARRIVAL, SortOrder.NAME])
def test_steps_follow_the_order_of_the_rows(qtbot, store, model, search, order):
    feed(store, *random_frames(random.Random(3), 400))
    model.set_sort(order)
    search.set_query(Query("a"))
    settle(qtbot, search)
    found = set(Matcher(Query("a")).hits(list(store.nodes()), 0))
    way = [topic for topic in shown(model) if any(node.topic.decode() == topic for node in found)]
    stepped = hits(search, store)
    assert sorted(stepped) == sorted(node.topic.decode() for node in found)
    assert len(way) == len(stepped)
    node = search.step(None, 1)
    for place in range(1, len(stepped) + 1):
        assert search.place_of(node) == place
        node = search.step(node, 1)
    assert search.place_of(node) == 1
    assert search.place_of(search.step(node, -1)) == len(stepped)
    assert search.place_of(None) is None


def test_a_hundred_thousand_hits_are_stepped_through_at_once(qtbot, store, model, search):
    feed(store, *(frame(f"a{n % 40}/b{n % 1000}/{n}") for n in range(100_000)))
    search.set_query(Query("b", payload=False))
    qtbot.waitUntil(lambda: search.state.done and search.state.hits == 100_000, timeout=20_000)
    node = search.step(None, -1)
    begun = time.perf_counter()
    for _ in range(10):
        node = search.step(node, 1)
    assert (time.perf_counter() - begun) / 10 < 0.1  # 1 ms; tests may share their core
    assert search.place_of(node) == 10


def test_large_filters_are_freed_in_slices(qtbot, store, model, search, monkeypatch):
    monkeypatch.setattr(topic_search, "LET_GO", 100)
    feed(store, *(frame(f"a{n}/b") for n in range(1_000)))
    search.set_query(Query("b", payload=False))
    settle(qtbot, search)
    old = search._filter
    search.set_query(Query("a1", payload=False))
    settle(qtbot, search)
    qtbot.waitUntil(lambda: not search._sweeper.isActive())
    assert not old.has_kids(store.root)
    assert search.state.hits == 111
    assert len(hits(search, store)) == 111
    search.set_query(Query())
    qtbot.waitUntil(lambda: not search._sweeper.isActive())


@pytest.mark.parametrize("seed", range(3))
def test_the_model_tester_finds_nothing_while_searching(qtbot, clock, store, model, search, seed):
    rng = random.Random(seed)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    tester.setUseFetchMore(
        False
    )  # it would fetch in the middle of a reset, and then take its own rows for a fault
    queries = [
        Query(),
        Query("a"),
        Query("1.5", topic=False),
        Query("ä/", case=True),
        Query("+/a/#", mode=QueryMode.FILTER),
        Query("^[ab]", mode=QueryMode.REGEX),
        Query("(", mode=QueryMode.REGEX),
        Query(retained=True),
    ]
    for _ in range(60):
        feed(store, *random_frames(rng, rng.randint(1, 60)))
        if rng.random() < 0.4:
            search.set_query(rng.choice(queries))
        if rng.random() < 0.1:
            model.set_paused(not model.paused)
        clock.tick.emit()
        qtbot.wait(rng.choice([0, 0, 1, 5]))
    model.set_paused(False)
    clock.tick.emit()
    settle(qtbot, search, clock)
    if search.query.is_empty:
        search.set_query(Query("a"))
        settle(qtbot, search, clock)
    found = Matcher(search.query).hits(list(store.nodes()), time.monotonic_ns())
    assert search.state.hits == len(found)
    assert sorted(hits(search, store)) == sorted(node.topic.decode() for node in found)


def test_hits_that_go_leave_in_portions(qtbot, clock, store, model, search, monkeypatch):
    monkeypatch.setattr(topic_search, "REMOVE_EVERY_S", 0.0)
    monkeypatch.setattr(topic_search, "REMOVE_STEP", 50)
    feed(store, *(frame(f"t{n}", b"on") for n in range(500)))
    search.set_query(Query("on", topic=False))
    settle(qtbot, search)
    portions = []
    remove = search._filter.remove
    monkeypatch.setattr(
        search._filter, "remove", lambda nodes: (portions.append(len(list(nodes))), remove(nodes))[1]
    )
    feed(store, *(frame(f"t{n}", b"off") for n in range(450)))
    clock.tick.emit()
    settle(qtbot, search, clock)
    assert search.state.hits == 50
    assert sum(portions) == 450
    assert max(portions) <= 50


def test_only_new_topics_matter_to_a_search_in_topics(qtbot, clock, store, model, search, monkeypatch):
    feed(store, *(frame(f"a/{n}") for n in range(100)), frame("b/c/on"), mono_ns=1_000)
    feed(store, frame("a/0"), mono_ns=1_001)  # what is as new as the last message is looked at once more
    clock.tick.emit()
    search.set_query(Query("on", payload=False))
    settle(qtbot, search)
    looked = []
    changed = search._search.changed
    monkeypatch.setattr(
        search._search, "changed", lambda nodes, slice_s: (looked.extend(nodes), changed(nodes, slice_s))[1]
    )
    for second in (2_000, 3_000):
        clock.tick.emit()
        feed(store, *(frame(f"a/{n}") for n in range(100)), mono_ns=second)
        clock.tick.emit()
        settle(qtbot, search)
    assert looked == []
    # Also a branch that becomes a topic, and at the same time as the last message.
    feed(store, *(frame(f"a/{n}") for n in range(100)), frame("on/x"), mono_ns=4_000)
    clock.tick.emit()
    feed(store, frame("on"), frame("a/1/on"), frame("a/1"), mono_ns=4_000)
    clock.tick.emit()
    settle(qtbot, search)
    assert {node.topic for node in looked} == {b"on/x", b"on", b"a/1/on"}
    assert hits(search, store) == ["a/1/on", "b/c/on", "on", "on/x"]


@pytest.mark.parametrize("order", list(SortOrder), ids=str)
def test_the_place_of_a_hit_follows_filter_and_order(qtbot, clock, store, model, search, order):
    feed(store, *(frame(f"{n % 7}/t{n}", b"x" * n) for n in range(200)))
    search.set_query(Query("t1", payload=False))
    settle(qtbot, search)
    model.set_sort(order, descending=True)
    way = hits(search, store)
    assert [search.place_of(store.find(topic.encode())) for topic in way] == list(range(1, len(way) + 1))
    node = store.find(way[-1].encode())
    feed(store, *(frame(f"{n % 7}/t1x{n}") for n in range(20)))
    clock.tick.emit()
    settle(qtbot, search, clock)
    if not order.is_live:
        assert search.place_of(node) == hits(search, store).index(node.topic.decode()) + 1
