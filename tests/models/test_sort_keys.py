# SPDX-License-Identifier: MIT
from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.models.sort_keys import Activity, SortKeys, last_ns
from mqtt_explorer.models.topic_columns import SortOrder
from mqtt_explorer.store.staleness import Staleness
from tests.models.streams import feed, frame, new_store

LIVE = pytest.mark.parametrize("order", [order for order in SortOrder if order.is_live], ids=str)
SECOND = 1_000_000_000


def levels(store, order, descending=False, branch=None, staleness=None):
    branch = branch if branch is not None else store.root
    keys = SortKeys(order, descending=descending, staleness=staleness)
    keys.begin(branch)
    keys.sample(branch.kids)
    return [node.level for node in keys.sort(branch.kids)[0]]


def filled(*topics):
    store = new_store()
    feed(store, *(frame(topic) for topic in topics))
    store.take_changes()
    return store


def test_arrival_and_its_reverse():
    store = filled("b", "a", "c")
    assert levels(store, SortOrder.ARRIVAL) == ["b", "a", "c"]
    assert levels(store, SortOrder.ARRIVAL, True) == ["c", "a", "b"]


def test_names_by_character():
    store = filled("x/b", "x/B", "x/", "x/a10", "x/a2", "x/ä", "x/a", "x/\U0001f600", "x/\uffee")
    branch = store.find(b"x")
    expected = ["", "B", "a", "a10", "a2", "b", "ä", "\uffee", "\U0001f600"]
    assert levels(store, SortOrder.NAME, branch=branch) == expected
    assert levels(store, SortOrder.NAME, True, branch=branch) == expected[::-1]


def test_natural_order_reads_numbers_and_ignores_case():
    names = [
        "node-2",
        "Node-10",
        "node-010",
        "node-1",
        "node",
        "b",
        "A",
        "a",
        "7x",
        "12",
        "v1.10",
        "v1.9",
        "0",
        "00",
    ]
    store = filled(*(f"x/{name}" for name in names))
    expected = [
        "0",
        "00",
        "7x",
        "12",
        "A",
        "a",
        "b",
        "node",
        "node-1",
        "node-2",
        "Node-10",
        "node-010",
        "v1.9",
        "v1.10",
    ]
    branch = store.find(b"x")
    assert levels(store, SortOrder.NATURAL, branch=branch) == expected
    assert levels(store, SortOrder.NATURAL, True, branch=branch) == expected[::-1]


def test_a_number_of_sixty_thousand_digits_is_a_number():
    store = filled("9" * 60_000, "1" + "0" * 59_999, "5")
    for descending in (False, True):
        found = [len(level) for level in levels(store, SortOrder.NATURAL, descending)]
        assert found == ([60_000, 60_000, 1] if descending else [1, 60_000, 60_000])


def test_a_level_with_line_breaks_and_odd_case_keeps_its_place():
    # One string is made of all names, folded and cut apart again: nothing in a name may shift the others.
    names = ["a\nb", "ß", "İ", "ﬁ", "b"]
    store = filled(*names)
    assert sorted(levels(store, SortOrder.NATURAL)) == sorted(names)
    assert levels(store, SortOrder.NATURAL)[:2] == ["a\nb", "b"]


@given(
    st.lists(
        st.text(st.characters(exclude_characters="/\0+#", codec="utf-8"), max_size=6), unique=True, min_size=1
    )
)
def test_keys_have_no_ties_and_turn_round_exactly(names):
    store = new_store()
    for name in names:
        feed(store, frame(f"x/{name}"))
    store.take_changes()
    branch = store.find(b"x")
    for order in SortOrder:
        keys = SortKeys(order).of(branch.kids)
        assert len(set(keys)) == len(names)
        forward = levels(store, order, branch=branch)
        if not order.is_live:
            assert levels(store, order, True, branch=branch) == forward[::-1]
    assert levels(store, SortOrder.NAME, branch=branch) == sorted(names)


def test_age_counts_what_lies_below():
    store = new_store()
    for number, topic in enumerate(["a", "b/x", "c", "d/y/z", "a"]):
        feed(store, frame(topic), mono_ns=(number + 1) * SECOND)
    store.take_changes()
    assert levels(store, SortOrder.AGE) == ["a", "d", "c", "b"]
    assert levels(store, SortOrder.AGE, True) == ["b", "c", "d", "a"]
    assert last_ns(store.find(b"d")) == 4 * SECOND


@LIVE
def test_ties_stand_as_they_arrived(order):
    store = new_store()
    names = [f"n{n}" for n in range(50)]
    random.Random(1).shuffle(names)
    feed(store, *(frame(name) for name in names), mono_ns=SECOND)
    store.take_changes()
    assert levels(store, order) == names
    assert levels(store, order, True) == names


def test_stale_topics_come_first_the_longest_overdue_on_top(monkeypatch):
    store = new_store()
    now = 1_000 * SECOND
    monkeypatch.setattr("time.monotonic_ns", lambda: now)
    staleness = Staleness(store)
    for topic, last in {"fresh": 999, "late": 900, "latest": 700, "once": 10}.items():
        for n in range(1 if topic == "once" else 8, 0, -1):
            feed(store, frame(topic), mono_ns=(last - n + 1) * SECOND)
    store.take_changes()
    assert levels(store, SortOrder.STALE, staleness=staleness) == ["latest", "late", "fresh", "once"]
    assert levels(store, SortOrder.STALE, True, staleness=staleness) == ["once", "fresh", "late", "latest"]
    assert levels(store, SortOrder.STALE) == [
        "fresh",
        "late",
        "latest",
        "once",
    ]  # nothing is known of silence


class TestActivity:
    @pytest.fixture
    def store(self):
        return filled("a", "b", "c/x")

    def look(self, activity, store, now_s):
        store.take_changes()
        activity.begin(store.root, now_s)
        activity.sample(store.root.kids)
        return [round(activity.rate(node), 3) for node in store.root.kids]

    def test_it_nears_the_rate_and_fades(self, store):
        activity = Activity()
        start = store.find(b"a").first.mono_ns / 1e9
        self.look(activity, store, start + 10)
        now = start + 10
        for _ in range(60):
            now += 1
            feed(store, *[frame("b")] * 10, *[frame("c/x")] * 4)
            rates = self.look(activity, store, now)
        assert rates[1] == pytest.approx(10, rel=0.02)
        assert rates[2] == pytest.approx(4, rel=0.03)  # what lies below counts
        assert rates[0] < 0.01
        half = self.look(activity, store, now + 10)
        assert half[1] == pytest.approx(rates[1] / 2, rel=0.01)

    def test_the_first_look_takes_the_whole_life(self, store):
        activity = Activity()
        feed(store, *[frame("b")] * 19)
        start = store.find(b"a").first.mono_ns / 1e9
        assert self.look(activity, store, start + 10) == [0.1, 2.0, 0.1]

    def test_looks_in_quick_succession_change_nothing(self, store):
        activity = Activity()
        now = store.find(b"a").first.mono_ns / 1e9 + 10
        first = self.look(activity, store, now)
        feed(store, *[frame("b")] * 100)
        assert self.look(activity, store, now + 0.1) == first
        assert self.look(activity, store, now + 1.0)[1] > 5

    def test_nearly_equal_rates_do_not_change_places(self, store):
        activity = Activity()
        now = store.find(b"a").first.mono_ns / 1e9 + 1
        rng = random.Random(3)
        seen = set()
        for n in range(60):
            now += 1
            feed(store, *[frame("a")] * rng.randint(48, 52), *[frame("b")] * rng.randint(48, 52))
            self.look(activity, store, now)
            steps = activity.steps(store.root.kids)
            if n > 30:
                seen.add(tuple(steps[:2]))
        assert len(seen) == 1

    def test_a_folded_branch_costs_nothing(self, store):
        activity = Activity()
        self.look(activity, store, 10.0)
        activity.forget(store.root)
        assert activity.rate(store.find(b"b")) == 0.0
        assert not activity._branches
