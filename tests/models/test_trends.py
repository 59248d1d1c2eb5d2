# SPDX-License-Identifier: MIT
"""The numbers behind the small lines of the topic tree."""

from __future__ import annotations

import pytest

from mqtt_explorer.models import trends as module
from mqtt_explorer.models.trends import EVERY_S, POINTS, Trends, number_in
from tests.models.streams import feed, frame, new_store


@pytest.mark.parametrize(
    ("payload", "number"),
    [
        (b"21.7", 21.7),
        (b" -3 ", -3),
        (b"21.7 \xc2\xb0C", 21.7),
        (b"1_000", None),
        (b"nan", None),
        (b"1,5", None),
        (b"ON", 1),
        (b"false", 0),
        (b"unavailable", None),
        (b"", None),
        (b"\xff\xfe", None),
        (b"5\xff", None),
        (b"9" * 65, None),
        (b'{"value":21.7,"unit":"C","battery":93}', 21.7),
        (b'{"val":"19.4 warm","rssi":-61}', None),
        (b'{"val":"19.4 \xc2\xb0C","rssi":-61}', 19.4),
        (b'{"v":true}', 1),
        (b'{"state":"OFF","brightness":254}', 0),
        (b'{"temp":185,"name":"oven","ts":1763731200}', 185),
        (b'{"timestamp":1763731200}', None),
        (b'{"temp":1,"humidity":2}', None),
        (b'{"temp":1,"inner":{"x":2}}', None),
        (b'{"value":{"x":2}}', None),
        (b'{"value":1e999}', None),
        (b'{"value":', None),
        (b"{" * 3_000, None),
        (b"[1]", None),
    ],
)
def test_what_counts_as_a_number(payload, number):
    assert number_in(frame("a", payload)) == number


def test_a_payload_that_was_cut_or_evicted_has_no_number():
    assert number_in(frame("a", b"12", size=5)) is None
    assert number_in(frame("a", b"", size=5)) is None


def test_a_line_lies_between_its_lowest_and_highest_number():
    store = new_store()
    trends = Trends(store)
    feed(store, frame("a", b"10"))
    node = store.find(b"a")
    assert trends.get(node, node.seq, 1.0) is None  # one number is no line
    feed(store, frame("a", b"30"), frame("b", b"99"), frame("a", b"20"))
    trend = trends.get(node, node.seq, 2.0)
    assert trend == ((0.0, 1.0, 0.5), 10, 30)


def test_a_level_line_stands_in_the_middle_and_huge_numbers_do_not_overflow():
    store = new_store()
    trends = Trends(store)
    feed(store, *[frame("a", b"7")] * 3, *[frame("b", b"-1.7e308"), frame("b", b"1.7e308"), frame("b", b"0")])
    a, b = store.find(b"a"), store.find(b"b")
    assert trends.get(a, a.seq, 1.0).line == (0.5, 0.5, 0.5)
    assert trends.get(b, b.seq, 1.0).line == (0.0, 1.0, 0.5)


def test_only_new_messages_are_read_and_never_more_than_a_line_has(monkeypatch):
    store = new_store()
    trends = Trends(store)
    read: list[bytes] = []
    monkeypatch.setattr(module, "number_in", lambda frame: read.append(frame[3]) or number_in(frame))
    feed(store, *(frame("a", b"%d" % n) for n in range(100)))
    node = store.find(b"a")
    assert len(trends.get(node, node.seq, 1.0).line) == POINTS
    assert read == [b"%d" % n for n in range(99, 99 - POINTS, -1)]
    read.clear()
    feed(store, frame("x", b"1"), frame("a", b"100"), frame("x", b"1"), frame("a", b"101"))
    trend = trends.get(node, node.seq, 5.0)
    assert read == [b"101", b"100"]
    assert (len(trend.line), trend.low, trend.high) == (POINTS, 54, 101)
    read.clear()
    feed(store, *(frame("a", b"%d" % n) for n in range(200, 1_200)))
    assert trends.get(node, node.seq, 9.0).low == 1_200 - POINTS
    assert len(read) == POINTS


def test_a_line_is_brought_up_to_date_some_times_a_second():
    store = new_store()
    trends = Trends(store)
    feed(store, frame("a", b"1"), frame("a", b"2"))
    node = store.find(b"a")
    first = trends.get(node, node.seq, 10.0)
    assert trends.due_s(node, node.seq) is None
    feed(store, frame("a", b"3"))
    assert trends.get(node, node.seq, 10.0 + EVERY_S / 2) is first
    assert trends.due_s(node, node.seq) == pytest.approx(10.0 + EVERY_S, abs=2)
    assert trends.get(node, node.seq, 10.0 + module.SLOWEST_S).high == 3


def test_topics_without_numbers_are_not_read_over_and_over(monkeypatch):
    store = new_store()
    trends = Trends(store)
    read: list[bytes] = []
    monkeypatch.setattr(module, "number_in", lambda frame: read.append(frame[3]) or number_in(frame))
    feed(store, *[frame("a", b"hello")] * 100)
    node = store.find(b"a")
    assert trends.get(node, node.seq, 1.0) is None
    assert len(read) == module.NO_NUMBERS
    for n in range(100):
        feed(store, *[frame("a", b"again")] * 10)
        assert trends.get(node, node.seq, 1.0 + n / 100) is None
        assert trends.due_s(node, node.seq) is None
    assert len(read) == module.NO_NUMBERS
    feed(store, frame("a", b"1"))
    trends.get(node, node.seq, 3.0)
    feed(store, frame("a", b"2"))
    assert trends.get(node, node.seq, 9.0).line == (0.0, 1.0)


def test_words_between_numbers_are_passed_over_until_there_are_only_words():
    store = new_store()
    trends = Trends(store)
    feed(store, frame("a", b"1"), frame("a", b"unavailable"), frame("a", b"3"))
    node = store.find(b"a")
    assert trends.get(node, node.seq, 1.0).line == (0.0, 1.0)
    for n in range(module.NO_NUMBERS):
        assert trends.get(node, node.seq, 10.0 * (n + 1)) is not None
        feed(store, frame("a", b"unavailable"))
    assert trends.get(node, node.seq, 1_000.0) is None


def test_what_one_frame_may_cost_is_bounded_and_the_rest_comes_later(monkeypatch):
    store = new_store()
    trends = Trends(store)
    monkeypatch.setattr(module, "FRAME_S", 0.0)
    names = [f"t{n}" for n in range(5)]
    feed(store, *(frame(name, value) for name in names for value in (b"1", b"2")))
    nodes = [store.find(name.encode()) for name in names]
    # No time at all: nothing is read, and each row says that it waits.
    assert [trends.get(node, node.seq, 1.0) for node in nodes] == [None] * 5
    assert [trends.due_s(node, node.seq) for node in nodes] == [0.0] * 5
    assert trends.get(nodes[0], nodes[0].seq, 1.0, at_once=True) is not None
    monkeypatch.setattr(module, "FRAME_S", 1e-9)
    for turn in range(1, 5):  # one more in each frame
        made = [trends.get(node, node.seq, 1.0 + turn) for node in nodes]
        assert sum(trend is not None for trend in made) == 1 + turn


def test_a_frozen_row_is_read_up_to_its_own_message():
    store = new_store()
    trends = Trends(store)
    feed(store, frame("a", b"1"), frame("a", b"5"))
    node = store.find(b"a")
    seq = node.seq
    feed(store, frame("a", b"9"))
    assert trends.get(node, seq, 1.0, at_once=True).high == 5


def test_messages_that_left_the_history_are_not_read():
    store = new_store()
    trends = Trends(store)
    feed(store, frame("a", b"1"), frame("a", b"5"), mono_ns=1)
    node = store.find(b"a")
    store.evict_history()
    assert trends.get(node, node.seq, 1.0) is None
