# SPDX-License-Identifier: MIT
"""Sorting and filtering within branches: the arrangement alone, and through the model."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models import arrange_buckets, arrangement
from mqtt_explorer.models.arrange_buckets import Buckets, KidsInOrder, in_order
from mqtt_explorer.models.sort_keys import SortKeys
from mqtt_explorer.models.topic_columns import AGE, COLUMNS, MESSAGES, VALUE, SortOrder
from mqtt_explorer.models.topic_model import TopicModel
from tests.models.streams import feed, filter_of, frame, new_store, random_frames

ROOT = QModelIndex()
STILL = [order for order in SortOrder if not order.is_live]
LIVE = [order for order in SortOrder if order.is_live]
SECOND = 1_000_000_000


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
def small_buckets(monkeypatch):
    monkeypatch.setattr(arrange_buckets, "BUCKET", 20)
    monkeypatch.setattr(arrange_buckets, "CHUNK", 7)


def big(store, count, prefix="big/n", seed=1):
    numbers = list(range(count))
    random.Random(seed).shuffle(numbers)
    feed(store, *(frame(f"{prefix}{n}") for n in numbers))


def names(model, parent=ROOT):
    return [model.index(row, 0, parent).data() for row in range(model.rowCount(parent))]


def unfold(model, *path):
    index = ROOT
    for row in path:
        index = model.index(row, 0, index)
        model.fetchMore(index)
        model.set_open(index, True)
    return index


def ticks(clock, count=60):
    for _ in range(count):
        clock.tick.emit()


@pytest.fixture
def later(monkeypatch):
    """Lets monotonic time run ahead by so many seconds."""
    real, ahead = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: real() + ahead[0])

    def pass_by(seconds):
        ahead[0] += seconds

    return pass_by


# --- buckets ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_buckets")
@pytest.mark.parametrize("order", STILL, ids=str)
@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
def test_buckets_say_what_sorting_says(order, descending):
    rng = random.Random(7)
    store = new_store()
    big(store, 300)
    branch = store.find(b"big")
    keys = SortKeys(order, descending=descending)
    kids = KidsInOrder(branch, keys, None)
    while not kids.settle(10, time.perf_counter()):
        pass  # a chunk or a bucket at a time
    for step in range(30):
        big(store, rng.randint(0, 40), prefix=f"big/{rng.choice('amz')}{step}-")
        count = rng.randint(0, len(branch.kids) + 5)
        assert kids.settle(count)
        expected = keys.sort(branch.kids)[0]
        assert kids.head(count) == expected[:count]
        node = rng.choice(branch.kids)
        assert expected[kids.place_of(node)] is node


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=120), st.booleans())
@settings(max_examples=60, deadline=None)
def test_buckets_take_and_give(steps, look_first):
    store = new_store()
    big(store, 61, prefix="n")
    keys = SortKeys(SortOrder.NATURAL)
    by_number = keys.sort(store.root.kids)[0]
    old, arrange_buckets.BUCKET = arrange_buckets.BUCKET, 5
    try:
        buckets, there = Buckets(keys, by_number), set()
        for adds, number in steps:
            node = by_number[number]
            if adds and node not in there:
                buckets.add([node])
                there.add(node)
            elif not adds and node in there:
                buckets.remove([node])
                there.discard(node)
            if look_first:
                assert buckets.head(4) == [node for node in by_number if node in there][:4]
        assert buckets.head(100) == [node for node in by_number if node in there]
    finally:
        arrange_buckets.BUCKET = old


@pytest.mark.usefixtures("small_buckets")
@pytest.mark.parametrize("order", list(SortOrder), ids=str)
def test_children_follow_a_filter(order):
    rng = random.Random(4)
    store = new_store()
    big(store, 150)
    branch = store.find(b"big")
    picked = filter_of(*branch.kids[::2])
    kids = in_order(branch, SortKeys(order), picked)
    for _ in range(40):
        some = rng.sample(branch.kids, rng.randint(0, 30))
        feed(store, *(frame(node.topic) for node in some))  # moves it in live orders
        picked.add(some) if rng.random() < 0.5 else picked.remove(some)
        kids.filter_changed()
        kids.settle(1_000, time.perf_counter() if rng.random() < 0.3 else None)
        if kids.settle(1_000):
            assert set(kids.head(1_000)) == set(picked.kids(branch))
            assert len(kids.head(1_000)) == len(picked.kids(branch))


# --- order ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", STILL, ids=str)
@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
def test_new_rows_come_to_their_places(clock, model, store, order, descending):
    model.set_sort(order, descending)
    for n in range(12):
        big(store, 15, prefix=f"t{n % 3}-{n}-", seed=n)
        clock.tick.emit()
        expected = SortKeys(order, descending=descending).sort(store.root.kids)[0]
        assert names(model) == [node.level for node in expected]
        assert model.ordered(store.root) == expected
        assert [model.index_of(node).row() for node in expected] == list(range(len(expected)))


def test_inserts_are_merged_ranges(clock, model, store):
    feed(store, *(frame(f"n{n}") for n in (10, 20, 30)))
    model.set_sort(SortOrder.NATURAL)
    clock.tick.emit()
    inserts = []
    model.rowsInserted.connect(lambda parent, first, last: inserts.append((first, last)))
    feed(store, *(frame(f"n{n}") for n in (24, 12, 22, 11, 40)))
    clock.tick.emit()
    assert names(model) == ["n10", "n11", "n12", "n20", "n22", "n24", "n30", "n40"]
    assert inserts == [(1, 2), (4, 5), (7, 7)]


def test_many_places_are_one_range_and_one_sorting(clock, model, store):
    feed(store, *(frame(f"n{n}") for n in range(0, 200, 2)))
    model.set_sort(SortOrder.NATURAL)
    clock.tick.emit()
    inserts, layouts = [], []
    model.rowsInserted.connect(lambda parent, first, last: inserts.append((first, last)))
    model.layoutChanged.connect(lambda: layouts.append(1))
    feed(store, *(frame(f"n{n}") for n in range(1, 200, 2)))
    clock.tick.emit()
    assert names(model) == [f"n{n}" for n in range(200)]
    assert inserts == [(100, 199)]
    assert layouts == [1]


@pytest.mark.parametrize("order", list(SortOrder), ids=str)
def test_persistent_indexes_survive_sorting_and_inserting(clock, model, store, order):
    big(store, 300)
    feed(store, *(frame(f"big/n{n}/leaf") for n in range(0, 300, 7)))
    clock.tick.emit()
    branch = unfold(model, 0)
    kept = {}
    for row in range(0, 300, 3):
        index = model.index(row, row % COLUMNS, branch)
        kept[model.node(index).topic, index.column()] = QPersistentModelIndex(index)
    deep = unfold(model, 0, model.index_of(store.find(b"big/n7")).row())
    leaf = QPersistentModelIndex(model.index(0, 2, deep))
    for descending in (False, True, False):
        model.set_sort(order, descending)
        big(store, 40, prefix=f"big/m{descending}")
        ticks(clock)
        for (topic, column), index in kept.items():
            assert index.isValid()
            assert model.node(index).topic == topic
            assert index.column() == column
            assert index.row() == model.index_of(store.find(topic)).row()
        assert model.node(leaf).topic == b"big/n7/leaf"
        assert leaf.parent().row() == model.index_of(store.find(b"big/n7")).row()


def test_set_sort_sorts_all_open_branches_at_once(clock, model, store):
    feed(store, *(frame(f"{a}/{b}") for a in "cab" for b in "zyx"))
    clock.tick.emit()
    for row in range(3):
        unfold(model, row)
    layouts = []
    model.layoutChanged.connect(lambda: layouts.append(1))
    model.set_sort(SortOrder.NAME)
    assert names(model) == ["a", "b", "c"]
    assert all(names(model, model.index(row, 0)) == ["x", "y", "z"] for row in range(3))
    assert layouts == [1]


def test_a_closed_branch_is_sorted_when_it_opens(clock, model, store):
    feed(store, *(frame(f"a/{n}") for n in (3, 1, 2)))
    clock.tick.emit()
    a = unfold(model, 0)
    model.set_open(a, False)
    model.set_sort(SortOrder.NAME)
    feed(store, frame("a/0"))
    clock.tick.emit()
    model.set_open(a, True)
    clock.tick.emit()
    assert names(model, a) == ["0", "1", "2", "3"]


# --- big branches --------------------------------------------------------------------------------------------------


def test_a_big_branch_is_sorted_in_slices_and_shows_a_page(clock, model, store):
    big(store, 50_000)
    model.set_sort(SortOrder.NATURAL)
    while store.take_changes().more:
        pass
    ticks(clock, 3)
    branch = model.index(0, 0)
    start = time.perf_counter()
    model.fetchMore(branch)
    spent = [time.perf_counter() - start]
    assert model.rowCount(branch) == arrangement.PAGE  # a page in order of arrival, until it is sorted
    while names(model, branch)[:2] != ["n0", "n1"]:
        start = time.perf_counter()
        clock.tick.emit()
        spent.append(time.perf_counter() - start)
        assert len(spent) < 100
    assert names(model, branch) == [f"n{n}" for n in range(500)]
    assert model.hidden_rows(branch) == 49_500
    start = time.perf_counter()
    assert model.show_more(branch, 100_000) == 50_000
    end = time.perf_counter() - start
    assert names(model, branch)[-1] == "n49999"
    print(
        f"50,000 children: unfold {spent[0] * 1e3:.1f} ms, sorted after {len(spent) - 1} frames of at most "
        f"{max(spent[1:]) * 1e3:.1f} ms, all rows {end * 1e3:.1f} ms"
    )
    assert sorted(spent)[len(spent) // 2] < 0.05  # 9 ms on a quiet machine


def test_pages_of_a_sorted_branch(clock, model, store):
    big(store, 3_000)
    model.set_sort(SortOrder.NATURAL)
    clock.tick.emit()
    branch = unfold(model, 0)
    ticks(clock, 10)
    assert names(model, branch) == [f"n{n}" for n in range(500)]
    assert model.show_more(branch) == 1_000
    assert names(model, branch) == [f"n{n}" for n in range(1_000)]
    assert not model.canFetchMore(branch)


def test_a_full_page_takes_better_rows_in_and_lets_the_last_go_later(clock, model, store):
    big(store, 2_000, prefix="big/m")
    model.set_sort(SortOrder.NATURAL)
    clock.tick.emit()
    branch = unfold(model, 0)
    clock.tick.emit()
    selected = QPersistentModelIndex(model.index(490, 0, branch))
    seen = model.node(model.index(495, 0, branch))
    model.set_screen(lambda: [seen])
    removed = []
    model.rowsRemoved.connect(lambda parent, first, last: removed.append((first, last)))
    for n in range(20):
        big(store, 10, prefix=f"big/a{n}-")
        clock.tick.emit()
        assert 500 <= model.rowCount(branch) <= 500 + arrangement.SLACK + 10
    shown = names(model, branch)
    assert shown == sorted(shown, key=lambda name: (name[0], [int(part) for part in name[1:].split("-")]))
    assert selected.isValid()
    assert selected.data() == "m490"
    assert model.index_of(seen).isValid()
    assert removed


@pytest.mark.parametrize("order", [SortOrder.NAME, SortOrder.AGE], ids=str)
def test_selected_rows_stay_also_in_the_middle_of_a_range(clock, model, store, later, order):
    big(store, 2_000, prefix="big/m")
    model.set_sort(SortOrder.NATURAL)
    clock.tick.emit()
    branch = unfold(model, 0)
    clock.tick.emit()
    selection = QItemSelectionModel(model)
    chosen = QItemSelection(model.index(400, 0, branch), model.index(499, COLUMNS - 1, branch))
    flags = QItemSelectionModel.SelectionFlag
    selection.select(chosen, flags.Select | flags.Rows)
    before = {model.node(index) for index in selection.selectedRows()}
    assert len(before) == 100
    model.set_sort(order)
    for n in range(5):
        big(store, 100, prefix=f"big/a{n}-")
        later(2)
        ticks(clock, 3)
    assert {model.node(index) for index in selection.selectedRows()} == before
    assert model.rowCount(branch) <= 500 + 100 + arrangement.SLACK


def test_a_hit_that_left_before_its_branch_was_folded_leaves(clock, model, store):
    feed(store, frame("a/x"), frame("a/y"))
    picked = filter_of(*store.find(b"a").kids)
    model.set_filter(picked)
    a = unfold(model, 0)
    picked.remove([store.find(b"a/x")])
    model.filter_changed()
    model.set_open(a, False)
    clock.tick.emit()
    assert names(model, a) == ["y"]


def test_a_revealed_row_far_down_comes_without_those_before_it(clock, model, store, monkeypatch):
    monkeypatch.setattr(arrangement, "REVEAL_ROWS", 2_000)
    big(store, 5_000)
    for order in (SortOrder.ARRIVAL, SortOrder.NATURAL):
        model.set_sort(order)
        clock.tick.emit()
        branch = unfold(model, 0)
        ticks(clock, 20)
        target = next(node for node in model.ordered(store.find(b"big"))[4_900:])
        index = model.reveal(target)
        assert model.node(index) is target
        assert index.row() == model.rowCount(branch) - 1
        assert model.rowCount(branch) <= 502
        near = model.ordered(store.find(b"big"))[700]
        assert model.reveal(near).row() == 700
        assert model.rowCount(branch) <= 752
        model.show_more(branch, 5_000)
        assert names(model, branch) == [node.level for node in model.ordered(store.find(b"big"))]
        model.set_store(store)


def test_newest_first_under_a_flood_keeps_its_page(clock, model, store):
    model.set_sort(SortOrder.ARRIVAL, True)
    for n in range(30):
        feed(store, *(frame(f"t{n}-{m}") for m in range(100)))
        clock.tick.emit()
        assert model.index(0, 0).data() == f"t{n}-99"
        assert model.rowCount() <= arrangement.PAGE + 100 + arrangement.SLACK


# --- live orders ---------------------------------------------------------------------------------------------------


def test_the_newest_message_comes_to_the_top_about_once_a_second(clock, model, store, later):
    feed(store, *(frame(name) for name in "abc"))
    model.set_sort(SortOrder.AGE)
    ticks(clock, 2)
    feed(store, frame("b"))
    clock.tick.emit()
    assert names(model) == ["a", "b", "c"]
    later(1.5)
    clock.tick.emit()
    assert names(model) == ["b", "a", "c"]
    feed(store, frame("new"))
    later(1.5)
    clock.tick.emit()
    assert names(model) == ["new", "b", "a", "c"]


def test_live_orders_hold_still_while_held(clock, model, store, later):
    feed(store, *(frame(name) for name in "abc"))
    model.set_sort(SortOrder.AGE)
    held = [True]
    model.set_holding(lambda: held[0])
    feed(store, frame("c"), frame("x"))
    later(5)
    ticks(clock, 5)
    assert names(model) == ["a", "b", "c"]
    held[0] = False
    clock.tick.emit()
    assert names(model)[:2] == ["c", "x"]


def test_activity_follows_what_happens(clock, model, store, later):
    feed(store, *(frame(name) for name in ("a", "b", "c/x", "c/y")))
    model.set_sort(SortOrder.ACTIVITY)
    clock.tick.emit()
    for _ in range(20):
        feed(store, *[frame("b")] * 10, *[frame("c/x")] * 15, *[frame("c/y")] * 15)
        later(1.1)
        clock.tick.emit()
    assert names(model) == ["c", "b", "a"]


def test_a_live_page_changes_and_keeps_what_somebody_looks_at(clock, model, store, later):
    for n in range(700):
        feed(store, frame(f"n{n}"), mono_ns=n * SECOND)
    model.set_sort(SortOrder.AGE)
    ticks(clock, 3)
    assert names(model) == [f"n{n}" for n in range(699, 199, -1)]
    current = QPersistentModelIndex(model.index(499, 3))
    on_screen = model.node(model.index(498, 0))
    model.set_screen(lambda: [on_screen])
    for n in range(100):
        feed(store, frame(f"n{n}"), mono_ns=(1_000 + n) * SECOND)
    later(2)
    ticks(clock, 3)
    assert names(model)[:100] == [f"n{n}" for n in range(99, -1, -1)]
    assert names(model)[500:] == ["n201", "n200"]
    assert current.row() == 501
    model.set_screen(tuple)
    current = None
    later(2)
    feed(store, frame("n300"), mono_ns=2_000 * SECOND)
    ticks(clock, 3)
    assert model.rowCount() == 500


def test_live_orders_take_their_share_and_no_more(clock, model, store, later):
    big(store, 20_000, prefix="n")
    model.set_sort(SortOrder.AGE)
    ticks(clock, 100)
    later(2)
    worked = 0
    for _ in range(100):  # a hundred frames in no time: there is only time for the first look
        start = time.perf_counter()
        clock.tick.emit()
        worked += time.perf_counter() - start > 0.002
    assert worked <= 5


# --- filter --------------------------------------------------------------------------------------------------------


def test_a_filter_shows_its_nodes_and_clearing_shows_all(clock, model, store):
    feed(store, *(frame(topic) for topic in ("a/x", "a/y", "b", "c/d/e")))
    clock.tick.emit()
    resets = []
    model.modelReset.connect(lambda: resets.append(1))
    model.set_filter(filter_of(store.find(b"a/y"), store.find(b"c/d/e")))
    assert names(model) == ["a", "c"]
    a = unfold(model, 0)
    assert names(model, a) == ["y"]
    assert not model.reveal(store.find(b"b")).isValid()
    assert not model.reveal(store.find(b"a/x")).isValid()
    found = model.reveal(store.find(b"c/d/e"))
    assert model.node(found).topic == b"c/d/e"
    model.set_filter(None)
    assert names(model) == ["a", "b", "c"]
    assert resets == [1, 1]


def test_hits_come_and_leave(clock, model, store):
    feed(store, *(frame(f"a/{n}") for n in range(20)), frame("b"), frame("z/leaf"))
    model.set_sort(SortOrder.NATURAL)
    picked = filter_of(store.find(b"a/3"), store.find(b"a/7"), store.find(b"b"))
    model.set_filter(picked)
    a = unfold(model, 0)
    removed = []
    model.rowsRemoved.connect(lambda parent, first, last: removed.append((first, last)))
    picked.add([store.find(b"a/5"), store.find(b"z/leaf")])
    picked.remove([store.find(b"a/3"), store.find(b"b")])
    model.filter_changed()
    clock.tick.emit()
    assert names(model) == ["a", "z"]
    assert names(model, a) == ["5", "7"]
    assert sorted(removed) == [(0, 0), (1, 1)]
    assert not model.index_of(store.find(b"a/3")).isValid()
    picked.remove([store.find(b"a/5"), store.find(b"a/7")])
    model.filter_changed()
    clock.tick.emit()
    assert names(model) == ["z"]
    assert model.hasChildren(model.index(0, 0))
    picked.remove([store.find(b"z/leaf")])
    model.filter_changed()
    clock.tick.emit()
    assert model.rowCount() == 0


def test_a_closed_branch_keeps_its_arrow_as_long_as_there_are_hits(clock, model, store):
    feed(store, frame("a/x"), frame("a/y"), frame("a"))
    picked = filter_of(store.find(b"a"))
    model.set_filter(picked)
    a = model.index(0, 0)
    assert not model.hasChildren(a)
    picked.add([store.find(b"a/x"), store.find(b"a/y")])
    model.filter_changed()
    clock.tick.emit()
    assert model.rowCount(a) == 1
    picked.remove([model.node(model.index(0, 0, a))])
    model.filter_changed()
    clock.tick.emit()
    assert model.rowCount(a) == 1
    picked.remove(store.find(b"a").kids)
    model.filter_changed()
    clock.tick.emit()
    assert model.rowCount(a) == 0
    assert not model.hasChildren(a)


def test_ten_thousand_hits_in_one_branch_page_as_ever(clock, model, store):
    big(store, 12_000)
    picked = filter_of()
    model.set_sort(SortOrder.NATURAL)
    model.set_filter(picked)
    kids = store.find(b"big").kids
    for at in range(0, 10_000, 1_000):
        picked.add(kids[at : at + 1_000])
        model.filter_changed()
        clock.tick.emit()
    branch = unfold(model, 0)
    ticks(clock, 10)
    assert 500 <= model.rowCount(branch) <= 500 + arrangement.SLACK
    assert model.hidden_rows(branch) == 10_000 - model.rowCount(branch)
    ordered = model.ordered(store.find(b"big"))
    assert len(ordered) == 10_000
    assert names(model, branch)[:500] == [node.level for node in ordered[:500]]


def test_growth_does_not_join_a_filtered_tree(clock, model, store):
    feed(store, frame("a/x"), frame("b"))
    picked = filter_of(store.find(b"a/x"))
    model.set_filter(picked)
    unfold(model, 0)
    taken = []
    model.changes_taken.connect(taken.append)
    feed(store, frame("a/new"), frame("c"))
    clock.tick.emit()
    assert names(model) == ["a"]
    assert names(model, model.index(0, 0)) == ["x"]
    assert {node.topic for changes in taken for node in changes.changed} == {b"a/new", b"c"}


# --- pause ---------------------------------------------------------------------------------------------------------


def test_a_pause_freezes_rows_and_order(clock, model, store, later):
    feed(store, *(frame(name) for name in "bca"))
    model.set_sort(SortOrder.AGE)
    ticks(clock, 2)
    model.set_paused(True)
    feed(store, frame("c"), frame("d"))
    later(5)
    ticks(clock, 5)
    assert names(model) == ["b", "c", "a"]
    model.set_sort(SortOrder.NAME)
    ticks(clock, 5)
    assert names(model) == ["a", "b", "c"]  # asked for, and only of what is shown
    model.set_paused(False)
    ticks(clock, 2)
    assert names(model) == ["a", "b", "c", "d"]


def test_a_search_during_a_pause_shows_its_hits(clock, model, store):
    feed(store, *(frame(name) for name in "abc"))
    clock.tick.emit()
    model.set_paused(True)
    picked = filter_of()
    model.set_filter(picked)
    assert names(model) == []
    picked.add([store.find(b"b")])
    model.filter_changed()
    clock.tick.emit()
    assert names(model) == ["b"]
    assert model.paused
    model.set_filter(None)
    assert names(model) == ["a", "b", "c"]


# --- everything at once --------------------------------------------------------------------------------------------


def check(model, store, picked):
    """Every branch a view has open shows the head of its order, and rows know their places."""
    rows = model._rows
    for branch in rows.open_branches():
        shown = rows.shown(branch)
        assert len(set(shown)) == len(shown)
        assert [rows.row_of(node) for node in shown] == list(range(len(shown)))
        there = set(picked.kids(branch) if picked else branch.kids or ())
        assert set(shown) <= there
        if not model.sort_order.is_live:
            keys = SortKeys(model.sort_order, descending=model.descending)
            ordered = keys.sort(sorted(there, key=lambda node: node.row))[0]
            assert list(shown) == [node for node in ordered if node in set(shown)]
            assert list(shown[: min(len(there), arrangement.PAGE)]) == ordered[: arrangement.PAGE]


@pytest.mark.usefixtures("small_buckets")
@pytest.mark.parametrize("seed", range(4))
def test_the_model_tester_finds_nothing_whatever_one_does(clock, seed, monkeypatch, later):
    monkeypatch.setattr(arrangement, "PAGE", 12)
    monkeypatch.setattr("mqtt_explorer.models.topic_model.PAGE", 12)
    monkeypatch.setattr(arrangement, "SLACK", 3)
    monkeypatch.setattr(arrangement, "REVEAL_ROWS", 30)
    rng = random.Random(seed)
    store, other = new_store(), new_store()
    feed(other, *random_frames(rng, 60))
    model = TopicModel(clock)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    tester.setUseFetchMore(False)  # it would fetch in the middle of a reset, and call its own rows a fault
    model.set_store(store)
    picked = None
    kept: list[tuple[QPersistentModelIndex, bytes]] = []
    for _ in range(150):
        feed(store, *random_frames(rng, rng.randint(0, 12)))
        nodes = list(store.nodes())
        index = model.index(rng.randrange(max(1, model.rowCount(ROOT))), 0, ROOT)
        while index.isValid() and rng.random() < 0.6 and model.rowCount(index):
            index = model.index(rng.randrange(model.rowCount(index)), 0, index)
        match rng.randrange(15):
            case 0:
                model.set_sort(rng.choice(list(SortOrder)), rng.random() < 0.5)
            case 1 if rng.random() < 0.3:
                picked = (
                    filter_of(*rng.sample(nodes, rng.randint(0, len(nodes)))) if rng.random() < 0.6 else None
                )
                model.set_filter(picked)
            case 2 | 3 | 4 if picked is not None and nodes:
                some = rng.sample(nodes, rng.randint(1, min(20, len(nodes))))
                picked.add(some) if rng.random() < 0.5 else picked.remove(some)
                model.filter_changed()
            case 5 if model.canFetchMore(index):
                model.fetchMore(index)
            case 6 | 7:
                model.set_open(index, rng.random() < 0.7)
            case 8:
                model.show_more(index, rng.choice([None, 40, 5_000]))
            case 9 if nodes:
                node = rng.choice(nodes)
                found = model.reveal(node)
                assert found.isValid() is (picked is None or picked.shows(node))
            case 10 if rng.random() < 0.4:
                model.set_paused(not model.paused)
            case 11 if rng.random() < 0.1:
                model.set_store(other)
                clock.tick.emit()
                model.set_store(store)
                picked = None
            case 12:
                later(rng.random() * 2)
            case 13 if index.isValid():
                kept.append((QPersistentModelIndex(index), model.node(index).topic))
                del kept[:-20]
        clock.tick.emit()
        for persistent, topic in kept:
            assert not persistent.isValid() or model.node(persistent).topic == topic
    model.set_paused(False)
    later(3)
    ticks(clock, 30)
    check(model, store, picked)
    kept.clear()
    model.set_store(None)
    tester.deleteLater()


def test_heads_say_what_columns_are(model):
    horizontal, tip = Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole
    heads = [model.headerData(column, horizontal) for column in range(COLUMNS)]
    assert heads == ["Topic", "Value", "Trend", "Messages", "Rate", "Size", "Age", "QoS", "Retained"]
    assert all(model.headerData(column, horizontal, tip).endswith(".") for column in range(COLUMNS))
    align = Qt.ItemDataRole.TextAlignmentRole
    assert model.headerData(MESSAGES, horizontal, align) == model.headerData(AGE, horizontal, align)
    assert model.headerData(VALUE, horizontal, align) is None
    assert model.columnCount() == COLUMNS
    assert model.headerData(COLUMNS, horizontal) is None


def test_many_leave_buckets_nobody_looked_into():
    store = new_store()
    big(store, 30_000)
    branch = store.find(b"big")
    keys = SortKeys(SortOrder.NAME)
    buckets = Buckets(keys, branch.kids)
    buckets.add(branch.kids)
    gone, left = branch.kids[28_999::-1], keys.sort(branch.kids[29_000:])[0]
    begun = time.thread_time()
    buckets.remove(gone)
    assert (
        time.thread_time() - begun < 0.15
    )  # looked for one by one in their buckets it takes ten times as long
    assert buckets.head(2_000) == left
    buckets.add(gone[::3])
    assert buckets.head(1_000) == keys.sort([*left, *gone[::3]])[0][:1_000]


@pytest.mark.parametrize("order", STILL, ids=str)
@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
def test_a_filter_that_changes_costs_what_changed(order, descending, monkeypatch):
    store = new_store()
    big(store, 20_000)
    branch = store.find(b"big")
    picked = filter_of(*branch.kids[::2])
    keys = SortKeys(order, descending=descending)
    kids = in_order(branch, keys, picked)
    assert kids.settle(500)
    looked = []
    real = keys.of
    monkeypatch.setattr(keys, "of", lambda nodes: (looked.extend(nodes), real(nodes))[1])
    monkeypatch.setattr(picked, "kids", lambda _: pytest.fail("that is all of them"))
    picked.add(branch.kids[1:41:2])
    picked.remove(branch.kids[-100::2])
    kids.filter_changed()
    assert kids.take_in()
    assert len(looked) <= 70
    monkeypatch.undo()
    assert kids.settle(500)
    assert kids.head(500) == keys.sort(picked.kids(branch))[0][:500]
    node = picked.kids(branch)[7]
    assert keys.sort(picked.kids(branch))[0][kids.place_of(node)] is node


def test_a_change_further_up_does_not_keep_the_rest_waiting():
    store = new_store()
    big(store, 5_000)
    branch = store.find(b"big")
    picked = filter_of(*branch.kids)
    kids = in_order(branch, SortKeys(SortOrder.NAME), picked)
    for turn in range(40):
        some = branch.kids[:100]
        picked.remove(some) if turn % 2 else picked.add(some)
        kids.filter_changed()
        kids.take_in(time.perf_counter())  # time is up after each chunk
    assert len(kids.head(5_000)) >= 4_900
