# SPDX-License-Identifier: MIT
"""Which topics are silent for much longer than usual."""

from __future__ import annotations

import pytest

from mqtt_explorer.protocol.batch import RETAIN
from mqtt_explorer.store import Budget, Node, TopicStore
from mqtt_explorer.store.staleness import LEAST_S, Staleness
from tests.unit.store.building import batch_of, frame

SECOND = 1_000_000_000


@pytest.fixture
def store() -> TopicStore:
    return TopicStore(Budget(256 << 20))


@pytest.fixture
def staleness(store) -> Staleness:
    made = Staleness(store)
    made.set_connected(0, connected=True)
    return made


def send(store: TopicStore, *at_s: float, topic: bytes = b"a", flags: int = 0, payload: bytes = b"1") -> Node:
    for moment in at_s:
        store.apply(batch_of(frame(topic, payload, flags), at_ms=round(moment * 1_000)))
    node = store.find(topic)
    assert node is not None
    return node


def every(gap_s: float, count: int, start_s: float = 1.0) -> list[float]:
    return [start_s + n * gap_s for n in range(count)]


@pytest.mark.parametrize(
    ("gap_s", "fresh_s", "stale_s"), [(1.0, 4.9, 5.1), (10.0, 29.0, 31.0), (3_600.0, 10_700.0, 10_900.0)]
)
def test_a_regular_topic_is_stale_after_three_intervals_but_not_before_five_seconds(
    store, staleness, gap_s, fresh_s, stale_s
):
    sent = every(gap_s, 12)
    node = send(store, *sent)
    assert staleness.interval_s(node) == pytest.approx(gap_s)
    assert not staleness.is_stale(node, int((sent[-1] + fresh_s) * SECOND))
    assert staleness.is_stale(node, int((sent[-1] + stale_s) * SECOND))
    assert staleness.overdue_s(node, int((sent[-1] + 100 * gap_s) * SECOND)) == pytest.approx(
        100 * gap_s - max(LEAST_S, 3 * gap_s)
    )
    assert staleness.silent_s(node, int((sent[-1] + 7) * SECOND)) == pytest.approx(7)


def test_a_message_ends_it(store, staleness):
    sent = every(1.0, 6)
    node = send(store, *sent)
    assert staleness.is_stale(node, 60 * SECOND)
    send(store, 60.0)
    assert not staleness.is_stale(node, 64 * SECOND)
    # The long silence is one of the gaps now: the topic is known to do that.
    assert not staleness.is_stale(node, 100 * SECOND)


def test_an_irregular_topic_is_given_its_longest_gap(store, staleness):
    node = send(store, 1, 2, 3, 63, 64, 65, 66)
    assert staleness.interval_s(node) == pytest.approx(1.0)
    assert not staleness.is_stale(node, (66 + 85) * SECOND)
    assert staleness.is_stale(node, (66 + 95) * SECOND)


def test_only_the_last_gaps_count(store, staleness):
    node = send(store, *every(60.0, 20), *every(1.0, 9, start_s=1_200.0))
    assert staleness.interval_s(node) == pytest.approx(1.0)
    assert staleness.is_stale(node, 1_215 * SECOND)


def test_with_too_few_messages_nothing_is_stale(store, staleness):
    node = send(store, 1, 2, 3)
    assert staleness.interval_s(node) is None
    assert not staleness.is_stale(node, 10**6 * SECOND)
    send(store, 4)
    assert staleness.is_stale(node, 10**6 * SECOND)


def test_a_mere_branch_is_never_stale(store, staleness):
    send(store, *every(1.0, 10), topic=b"a/b")
    branch = store.find(b"a")
    assert staleness.silent_s(branch, 10**12) is None
    assert staleness.interval_s(branch) is None
    assert not staleness.is_stale(branch, 10**15)


def test_time_without_a_connection_does_not_count(store, staleness):
    sent = every(1.0, 10)
    node = send(store, *sent)
    end = sent[-1]
    staleness.set_connected(int((end + 2) * SECOND), connected=False)
    staleness.set_connected(int((end + 60) * SECOND), connected=False)  # still trying
    assert staleness.silent_s(node, int((end + 10_000) * SECOND)) == pytest.approx(2)
    assert not staleness.is_stale(node, int((end + 10_000) * SECOND))
    back = end + 20_000
    staleness.set_connected(int(back * SECOND), connected=True)
    assert not staleness.is_stale(node, int((back + 4) * SECOND))
    assert staleness.is_stale(node, int((back + 6) * SECOND))


def test_what_was_stale_when_the_connection_ended_stays_so(store, staleness):
    node = send(store, *every(1.0, 10))
    staleness.set_connected(60 * SECOND, connected=False)
    assert staleness.is_stale(node, 10_000 * SECOND)


def test_a_gap_across_connections_is_no_gap_of_the_topic(store, staleness):
    node = send(store, *every(1.0, 5))
    staleness.set_connected(6 * SECOND, connected=False)
    staleness.set_connected(3_600 * SECOND, connected=True)
    send(store, *every(1.0, 3, start_s=3_601.0))
    assert staleness.interval_s(node) == pytest.approx(1.0)
    assert staleness.is_stale(node, 3_610 * SECOND)


def test_the_brokers_copy_at_each_connect_teaches_nothing(store, staleness):
    """A topic that only ever comes as a retained message is not stale, however often we connect."""
    for n in range(12):
        staleness.set_connected(n * 60 * SECOND, connected=True)
        node = send(store, n * 60 + 1, flags=RETAIN)
        staleness.set_connected((n * 60 + 30) * SECOND, connected=False)
    staleness.set_connected(1_000 * SECOND, connected=True)
    assert staleness.interval_s(node) is None
    assert not staleness.is_stale(node, 10**6 * SECOND)


def test_the_gap_after_the_brokers_copy_is_passed_over(store, staleness):
    """An hourly topic whose copy came a second before each of its messages is not one of a second."""
    for n in range(6):
        staleness.set_connected((n * 7_200) * SECOND, connected=True)
        send(store, n * 7_200 + 1, flags=RETAIN)
        node = send(store, n * 7_200 + 2, n * 7_200 + 3_602)
    assert staleness.interval_s(node) == pytest.approx(3_600)
    assert not staleness.is_stale(node, (5 * 7_200 + 3_602 + 7_000) * SECOND)


def test_live_messages_with_retain_are_messages(store, staleness):
    """MQTT 5 with retain as published: the flag alone says nothing."""
    node = send(store, *every(1.0, 10), flags=RETAIN)
    assert staleness.interval_s(node) == pytest.approx(1.0)
    assert staleness.is_stale(node, 60 * SECOND)


def test_messages_that_come_several_at_a_time_have_an_interval(store, staleness):
    for n in range(4):
        store.apply(batch_of(*[frame(b"a")] * 4, at_ms=10_000 * n))
    node = store.find(b"a")
    assert staleness.interval_s(node) == pytest.approx(2.5)
    assert not staleness.is_stale(node, (30 + 14) * SECOND)
    assert staleness.is_stale(node, (30 + 16) * SECOND)


def test_after_the_history_has_gone_the_mean_counts_and_is_given_more_time(store, staleness):
    sent = every(2.0, 50)
    node = send(store, *sent)
    end = sent[-1]
    send(store, end + 1, topic=b"b")
    while store.first_seq <= node.seq:
        store.evict_history()
    assert store.history(node, limit=9) != []  # the last payload alone
    assert staleness.interval_s(node) == pytest.approx(2.0, rel=0.05)
    assert not staleness.is_stale(node, int((end + 19) * SECOND))
    assert staleness.is_stale(node, int((end + 22) * SECOND))


def test_after_the_history_has_gone_copies_of_the_broker_are_not_taken_for_a_rhythm(store, staleness):
    for n in range(12):
        staleness.set_connected(n * 60 * SECOND, connected=True)
        node = send(store, n * 60 + 1, flags=RETAIN)
    while store.first_seq <= node.seq:
        store.evict_history()
    assert staleness.interval_s(node) is None
    assert not staleness.is_stale(node, 10**6 * SECOND)
