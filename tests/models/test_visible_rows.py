# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from mqtt_explorer.models.visible_rows import GLOW_S, VisibleRows
from mqtt_explorer.profiles.marks import TopicMarks
from mqtt_explorer.store.staleness import Staleness
from tests.models.streams import feed, frame, new_store

SECOND = 1_000_000_000


def rows_of(store):
    def gap(node):
        last = store.history(node, limit=2)
        return (last[0].mono_ns - last[1].mono_ns) / 1e9 if len(last) == 2 else None

    return VisibleRows(gap)


@pytest.mark.parametrize(("gap_s", "shown"), [(0.5, 2.0), (10.0, 0.1)])
def test_a_steady_topic_keeps_its_rate(gap_s, shown):
    store = new_store()
    rows = rows_of(store)
    now = 1_000.0
    feed(store, frame("a"), mono_ns=int(now * SECOND))
    node = store.find(b"a")
    sent = now
    while now < 1_060:
        now += 0.25
        while sent + gap_s <= now:
            sent += gap_s
            feed(store, frame("a"), mono_ns=int(sent * SECOND))
        rows.update([node], lambda _: False, now)
    assert rows.rate(node) == pytest.approx(shown, rel=0.15)


def test_a_topic_that_fell_silent_has_no_rate():
    store = new_store()
    rows = rows_of(store)
    for n in range(5):
        feed(store, frame("a"), mono_ns=(1_000 + n) * SECOND)
    node = store.find(b"a")
    rows.update([node], lambda _: False, 1_005.0)
    assert rows.rate(node) == pytest.approx(1.0)
    rows.update([node], lambda _: False, 1_030.0)
    assert rows.rate(node) == 0.0


def test_rows_that_left_the_screen_are_forgotten():
    store = new_store()
    rows = rows_of(store)
    feed(store, frame("a"), frame("b"))
    a, b = store.find(b"a"), store.find(b"b")
    rows.update([a, b], lambda _: False, 1.0)
    feed(store, frame("a"))
    assert rows.update([a, b], lambda _: False, 1.2) == [a]
    assert rows.glow(a, 1.2) == 1.0
    rows.update([b], lambda _: False, 1.3)
    assert rows.glow(a, 1.3) == 0.0


def test_a_closed_branch_glows_for_what_lies_below_and_an_open_one_does_not():
    store = new_store()
    rows = rows_of(store)
    feed(store, frame("a/b"))
    store.take_changes()
    a = store.find(b"a")
    for is_open, glow in ((False, 1.0), (True, 0.0)):
        rows.clear()
        rows.update([a], lambda _, is_open=is_open: is_open, 1.0)
        feed(store, frame("a/b"))
        store.take_changes()
        rows.update([a], lambda _, is_open=is_open: is_open, 1.5)
        assert rows.glow(a, 1.5) == glow


def test_a_glow_is_repainted_until_it_is_gone_and_a_quiet_row_once_a_second():
    store = new_store()
    rows = rows_of(store)
    feed(store, frame("a"))
    node = store.find(b"a")
    rows.update([node], lambda _: False, 10.0)
    feed(store, frame("a"))
    assert rows.update([node], lambda _: False, 10.1) == [node]
    assert rows.update([node], lambda _: False, 10.1 + GLOW_S / 2) == [node]
    assert rows.update([node], lambda _: False, 10.9) == []
    assert rows.update([node], lambda _: False, 11.05) == [node]


def test_a_closed_branch_has_the_rate_of_all_that_lies_below_and_an_open_one_its_own():
    store = new_store()
    rows = rows_of(store)
    state = {"open": False}
    feed(store, frame("a"), frame("a/b"), frame("a/c"), mono_ns=1_000 * SECOND)
    store.take_changes()
    a = store.find(b"a")
    now = 1_000.0
    for second in range(12):
        now = 1_001.0 + second
        feed(store, *[frame("a/b"), frame("a/c")] * 4, mono_ns=int(now * SECOND))
        store.take_changes()
        rows.update([a], lambda _: state["open"], now)
    assert rows.rate(a) == pytest.approx(8.0)
    state["open"] = True
    rows.update([a], lambda _: state["open"], now + 0.1)  # at once, not with the next second
    assert rows.rate(a) == 0.0
    state["open"] = False
    for second in range(11):  # the window goes on over the moment it was open
        feed(store, frame("a/b"), mono_ns=int(now * SECOND))
        store.take_changes()
        rows.update([a], lambda _: state["open"], now + 1 + second)
    assert rows.rate(a) == pytest.approx(1.0)


def test_a_row_that_becomes_stale_is_painted_again_and_a_message_ends_it_at_once():
    store = new_store()
    rows = rows_of(store)
    staleness = Staleness(store)
    staleness.set_connected(0, connected=True)
    rows.reset(None, staleness)
    for n in range(6):
        feed(store, frame("a"), mono_ns=(1_000 + n) * SECOND)
    node = store.find(b"a")
    assert rows.is_stale(node) is None  # not on the screen
    rows.update([node], lambda _: False, 1_006.0)
    assert rows.is_stale(node) is False
    assert rows.update([node], lambda _: False, 1_012.0) == [node]
    assert rows.is_stale(node) is True
    feed(store, frame("a"), mono_ns=int(1_012.2 * SECOND))
    assert rows.update([node], lambda _: False, 1_012.3) == [node]
    assert rows.is_stale(node) is False


def test_staleness_is_looked_at_once_a_second(monkeypatch):
    store = new_store()
    rows = rows_of(store)
    staleness = Staleness(store)
    asked = []
    monkeypatch.setattr(staleness, "is_stale", lambda node, now_ns: asked.append(now_ns) is not None)
    rows.reset(None, staleness)
    feed(store, frame("a"))
    node = store.find(b"a")
    for tenth in range(31):
        feed(store, frame("a"))
        rows.update([node], lambda _: False, 100.0 + tenth / 10)
    assert 3 <= len(asked) <= 4


def test_muted_rows_do_not_glow_and_marking_paints_all_rows_again():
    store = new_store()
    rows = rows_of(store)
    marks = TopicMarks()
    rows.reset(marks)
    feed(store, frame("a/b"), frame("c"))
    store.take_changes()
    nodes = [store.find(b"a/b"), store.find(b"c")]
    rows.update(nodes, lambda _: True, 10.0)
    assert rows.update(nodes, lambda _: True, 10.1) == []
    marks.set_muted([b"a"], on=True)
    assert rows.update(nodes, lambda _: True, 10.2) == nodes
    assert rows.update(nodes, lambda _: True, 10.3) == []
    feed(store, frame("a/b"), frame("c"))
    assert rows.update(nodes, lambda _: True, 10.4) == nodes
    assert (rows.glow(nodes[0], 10.4), rows.glow(nodes[1], 10.4)) == (0.0, 1.0)
    marks.set_favourite([b"c"], on=True)
    assert rows.update(nodes, lambda _: True, 10.5) == nodes


def test_a_row_that_asks_for_it_is_painted_again():
    store = new_store()
    rows = rows_of(store)
    feed(store, frame("a"))
    node = store.find(b"a")
    rows.look_again(node, 10.2)  # not on the screen: nothing happens
    rows.update([node], lambda _: False, 10.0)
    rows.look_again(node, 10.2)
    assert rows.update([node], lambda _: False, 10.1) == []
    assert rows.update([node], lambda _: False, 10.2) == [node]
    assert rows.update([node], lambda _: False, 10.3) == []


def test_a_row_that_comes_back_knows_its_rate():
    """After a search, a fold or a scroll the rate need not be learnt anew, and does not overshoot."""
    store = new_store()
    feed(store, frame("a/x"), frame("b"))
    store.take_changes()
    rows = VisibleRows(lambda _node: None)
    branch, other = store.find(b"a"), store.find(b"b")
    now = 100.0
    for _ in range(12):
        now += 1.0
        feed(store, *[frame("a/x")] * 20)
        store.take_changes()
        rows.update([branch, other], lambda _node: False, now)
    assert rows.rate(branch) == pytest.approx(20, rel=0.05)
    rows.leave()
    feed(store, *[frame("a/x")] * 20)
    store.take_changes()
    now += 1.0
    assert rows.update([other, branch], lambda _node: False, now) is not None
    assert rows.rate(branch) == pytest.approx(20, rel=0.1)
    assert rows.glow(branch, now) == 0.0
    rows.update([branch], lambda _node: True, now + 0.1)  # unfolded: it is no topic itself
    assert rows.rate(branch) == 0.0
    rows.update([branch], lambda _node: False, now + 0.2)  # and folded again
    assert rows.rate(branch) == pytest.approx(20, rel=0.1)
