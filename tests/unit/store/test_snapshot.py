# SPDX-License-Identifier: MIT
from __future__ import annotations

import hashlib

import pytest

from mqtt_explorer.payload.kept import CUT, EVICTED, HEAD, KEPT_WHOLE, PART, RETAINED, Digest, Entry
from mqtt_explorer.protocol.batch import RETAIN
from mqtt_explorer.store import Budget, TopicStore
from mqtt_explorer.store.snapshot import About, SnapshotColumns, SnapshotError, is_below, session_of
from mqtt_explorer.store.snapshot_taker import SnapshotTaker
from tests.unit.store.building import batch_of, batch_on, frame


@pytest.fixture
def store():
    return TopicStore(Budget(256 << 20))


def take(store, scope=None, limit_bytes=1 << 30):
    taker = SnapshotTaker(store, scope, broker="Plant", limit_bytes=limit_bytes, address="mqtt://plant:1883")
    while not taker.step(0.0):
        pass
    return taker.snapshot


def test_each_topic_once_with_its_last_message(store):
    store.apply(batch_of(frame(b"a/b", b"1"), frame(b"a", b"2", RETAIN | 0x02), frame(b"a/b", b"3"), at_ms=5))
    snapshot = take(store)
    entries = {entry.topic: entry for entry in snapshot.entries()}
    assert entries == {
        b"a": Entry(b"a", b"2", 1, RETAIN | 0x02 | RETAINED, 1, 5_000_000 + 10**18),
        b"a/b": Entry(b"a/b", b"3", 1, 0, 2, 5_000_000 + 10**18),
    }
    assert entries[b"a"].retained
    assert entries[b"a"].qos == 1
    assert not entries[b"a/b"].retained
    about = snapshot.about
    assert (about.broker, about.scope, about.session) == ("Plant", None, session_of(store))
    assert 0 < about.begun_ns <= about.ended_ns


def test_payloads_are_shared_and_weighed(store):
    payload = b"x" * 1000
    store.apply(batch_of(frame(b"a", payload)))
    snapshot = take(store)
    assert snapshot.payloads[0] is payload
    assert snapshot.topics[0] is store.find(b"a").topic
    assert 1000 < snapshot.memory_bytes < 1400


def test_a_branch_is_the_topic_and_all_below(store):
    store.apply(batch_on(b"a", b"a/b", b"a/b/c", b"a/", b"ab", b"a/bc"))
    assert set(take(store, b"a").topics) == {b"a", b"a/b", b"a/b/c", b"a/", b"a/bc"}
    assert set(take(store, b"a/b").topics) == {b"a/b", b"a/b/c"}
    assert list(take(store, b"nowhere").topics) == []
    assert [is_below(each, b"a/b") for each in (b"a/b", b"a/b/c", b"a/bc", b"a")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_giant_keeps_its_beginning_and_a_hash(store):
    exact, giant = b"y" * KEPT_WHOLE, bytes(range(256)) * (20 << 10)
    store.apply(batch_of(frame(b"exact", exact), frame(b"giant", giant)))
    entries = {entry.topic: entry for entry in take(store).entries()}
    assert entries[b"exact"].payload is exact
    assert entries[b"exact"].kept == "whole"
    kept = entries[b"giant"]
    assert (kept.payload, kept.size, kept.kept) == (giant[:HEAD], len(giant), "head")
    assert kept.digest == hashlib.blake2b(giant, digest_size=16).digest()
    assert Digest(b"").step(0.0) == hashlib.blake2b(b"", digest_size=16).digest()


def test_what_is_not_all_there_is_marked(store):
    store.apply(batch_of((0, b"cut", b"", b"abc", 5_000_000)))
    kept = next(iter(take(store).entries()))
    assert kept.flags & (CUT | PART) == CUT | PART
    assert (kept.payload, kept.size) == (b"abc", 5_000_000)
    small = TopicStore(Budget(1 << 10))
    for number in range(200):
        small.apply(
            batch_of(frame(b"old", b"o" * 300) if not number else frame(b"new", b"n" * 300), at_ms=number)
        )
    assert small.find(b"old").payload_evicted
    gone = next(entry for entry in take(small).entries() if entry.topic == b"old")
    assert (gone.payload, gone.size, gone.kept) == (b"", 300, "none")
    assert gone.flags & EVICTED


def test_it_goes_in_steps_while_the_tree_grows(store):
    store.apply(batch_on(*(b"t/%d" % n for n in range(3_000))))
    taker = SnapshotTaker(store, None, broker="", limit_bytes=1 << 30)
    steps = 0
    while not taker.step(0.0):
        steps += 1
        if steps % 7 == 0:
            store.apply(batch_on(b"t/%d" % (5_000 + steps), b"u/%d/x" % steps))
            assert taker.taken <= taker.total
    topics = taker.snapshot.topics
    assert steps > 10
    assert len(topics) == len(set(topics))
    assert {b"t/%d" % n for n in range(3_000)} <= set(topics)
    assert taker.step(), "done stays done"


def test_there_is_a_limit(store):
    store.apply(batch_on(*(b"t/%d" % n for n in range(1_000))))
    with pytest.raises(SnapshotError, match=r"There is no room: .* Remove snapshots"):
        take(store, limit_bytes=10_000)


async def test_a_closed_connection_ends_it(store):
    store.apply(batch_on(*(b"t/%d" % n for n in range(1_000))))
    taker = SnapshotTaker(store, None, broker="", limit_bytes=1 << 30)
    taker.step(0.0)
    await store.close()
    with pytest.raises(SnapshotError, match="closed"):
        taker.step()


def test_sessions_are_of_stores(store):
    assert session_of(store) == session_of(store)
    assert session_of(store) != session_of(TopicStore(Budget(1 << 20)))


def test_columns_give_back_what_came():
    entries = [
        Entry(b"a", b"x", 1, 0x40, 7, 10**18),
        Entry(b"b", b"h" * 5, 2**31, CUT, 2**40, -5, b"d" * 16),
    ]
    columns = SnapshotColumns(1 << 20)
    for entry in entries:
        columns.add(entry)
    snapshot = columns.finish(About("x"))
    assert list(snapshot.entries()) == entries
    assert list(snapshot.entries(1, 9)) == entries[1:]
    assert len(snapshot) == 2
