# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from mqtt_explorer.models.visible_rows import GLOW_S, VisibleRows
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
