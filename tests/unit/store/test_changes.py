# SPDX-License-Identifier: MIT
from __future__ import annotations

import time

import pytest

from mqtt_explorer.store import Budget, TopicStore
from tests.unit.store.building import batch_on


@pytest.fixture
def store() -> TopicStore:
    return TopicStore(Budget(256 << 20))


def test_nothing_changed(store):
    changes = store.take_changes()
    assert (changes.grown, changes.changed, changes.branches, changes.more) == ({}, [], [], False)


def test_growth_is_told_for_known_branches_only(store):
    store.apply(batch_on(b"a/b/c", b"a/b/d", b"x"))
    changes = store.take_changes()
    assert changes.grown == {store.root: 0}
    assert {node.topic for node in changes.changed} == {b"a", b"a/b", b"a/b/c", b"a/b/d", b"x"}

    store.apply(batch_on(b"a/b/e/f", b"a/b/e/g", b"y", b"a/b/h"))
    changes = store.take_changes()
    assert changes.grown == {store.find(b"a/b"): 2, store.root: 2}

    store.apply(batch_on(b"x/leaf"))  # a known leaf becomes a branch
    assert store.take_changes().grown == {store.find(b"x"): 0}
    assert store.take_changes().grown == {}


def test_a_changed_node_comes_once(store):
    store.apply(batch_on(b"a", b"b"))
    store.take_changes()
    store.apply(batch_on(b"a", b"a"))
    store.apply(batch_on(b"a"))
    assert store.take_changes().changed == [store.find(b"a")]
    assert store.take_changes().changed == []


def test_branches_count_what_is_below_them(store):
    store.apply(batch_on(b"a/b/c", b"a/b/c", b"a/b", b"a/d", b"/"))
    changes = store.take_changes()
    assert (store.root.topics_below, store.root.messages_below) == (4, 5)
    assert (store.find(b"a").topics_below, store.find(b"a").messages_below) == (3, 4)
    assert (store.find(b"a/b").topics_below, store.find(b"a/b").messages_below) == (1, 2)
    assert (store.find(b"a/b/c").topics_below, store.find(b"a/b/c").messages_below) == (0, 0)
    assert {node.topic for node in changes.branches if node is not store.root} == {b"a", b"a/b", b""}
    assert len(changes.branches) == 4

    store.apply(batch_on(b"a/b/c"))
    changes = store.take_changes()
    assert {node.topic for node in changes.branches} == {b"", b"a", b"a/b"}
    assert store.root.messages_below == 6
    assert store.root.topics_below == 4


def test_branches_know_when_the_newest_message_below_came(store):
    store.apply(batch_on(b"a/b/c", b"a/d", at_ms=5))
    assert store.find(b"a").stamp_below is None
    store.take_changes()
    assert store.find(b"a/b").stamp_below is store.find(b"a/b/c").stamp
    assert store.root.stamp_below.mono_ns == 5_000_000
    assert store.find(b"a/b/c").stamp_below is None
    store.apply(
        batch_on(b"a/b", at_ms=9)
    )  # a message of the branch itself is below what stands above it only
    store.take_changes()
    assert store.find(b"a/b").stamp_below.mono_ns == 5_000_000
    assert store.find(b"a").stamp_below.mono_ns == 9_000_000


def test_the_newest_message_below_is_exact_after_a_long_time_without_looking(store):
    for second in range(1, 40):
        store.apply(batch_on(b"a/%d/x" % (second % 7), b"b/%d" % (second % 3), at_ms=1_000 * second))
    store.apply(batch_on(*(b"a/1/fill%d" % n for n in range(3_000)), at_ms=41_000))
    store.apply(batch_on(b"a/0/x", at_ms=60_000))  # waits since the first second, in the first slice
    while store.take_changes(slice_s=0.0).more:
        for node in [store.root, *store.nodes()]:
            assert node.stamp_below is None or node.messages_below
    for node in [store.root, *store.nodes()]:
        top = node is store.root
        below = [n.stamp for n in store.nodes() if n.stamp and (top or n.topic.startswith(node.topic + b"/"))]
        assert node.stamp_below == max(below, default=None)


def test_many_changes_come_in_slices_and_stay_exact(store):
    topics = [b"site%d/line%d/topic%d" % (n % 7, n % 50, n) for n in range(30_000)]
    for start in range(0, len(topics), 500):
        store.apply(batch_on(*topics[start : start + 500]))
    seen: list[object] = []
    calls = 0
    while True:
        changes = store.take_changes(slice_s=0.0)
        calls += 1
        seen += changes.changed
        if calls % 3 == 0:
            store.apply(batch_on(topics[-1], topics[0]))  # one still waits, one was handed out before
        if not changes.more:
            break
    assert calls > 20
    assert {node.topic for node in seen} == {node.topic for node in store.nodes()}
    store.take_changes()
    assert store.root.messages_below == store.counters.received
    assert store.root.topics_below == store.counters.topics == 30_000


def test_a_known_waiting_node_that_becomes_a_branch_is_told(store):
    store.apply(batch_on(*(b"t%d" % n for n in range(3_000))))
    assert store.take_changes(slice_s=0.0).more
    store.apply(
        batch_on(b"t2999/kid")
    )  # t2999 was announced with the root's growth, though its change still waits
    assert store.take_changes().grown == {store.find(b"t2999"): 0}


def test_a_slice_is_short(store):
    topics = [b"site%d/line%d/topic%d" % (n % 7, n % 5_000, n) for n in range(100_000)]
    for start in range(0, len(topics), 500):
        store.apply(batch_on(*topics[start : start + 500]))
    durations = []
    while True:
        begin = time.process_time()
        more = store.take_changes().more
        durations.append(time.process_time() - begin)
        if not more:
            break
    assert sorted(durations)[len(durations) // 2] < 0.02  # 6 ms and a chunk on a quiet machine
    assert store.root.topics_below == 100_000
