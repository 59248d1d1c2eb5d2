# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from mqtt_explorer.store import Budget, TopicStore
from mqtt_explorer.store.message_log import SEGMENT_MESSAGES, SMALL_BATCH, MessageLog
from tests.unit.store.building import MS, batch_of, batch_on, frame


@pytest.fixture
def store() -> TopicStore:
    return TopicStore(Budget(64 << 20))


def payloads(messages) -> list[bytes]:
    return [message.payload for message in messages]


def test_history_is_newest_first_with_its_own_times(store):
    store.apply(batch_of(frame(b"a", b"1"), frame(b"b", b"x"), frame(b"a", b"2"), at_ms=1))
    store.apply(batch_of(frame(b"a", b"3"), at_ms=2))
    messages = store.history(store.find(b"a"))
    assert payloads(messages) == [b"3", b"2", b"1"]
    assert [message.seq for message in messages] == [3, 2, 0]
    assert [message.mono_ns for message in messages] == [2 * MS, 1 * MS, 1 * MS]
    assert messages[0].wall_ns == 2 * MS + 10**18
    assert not messages[0].evicted


def test_pages(store):
    for number in range(50):
        store.apply(batch_of(frame(b"a", b"%d" % number), frame(b"b", b"-"), at_ms=number))
    node = store.find(b"a")
    first = store.history(node, limit=20)
    second = store.history(node, before_seq=first[-1].seq, limit=20)
    rest = store.history(node, before_seq=second[-1].seq, limit=20)
    assert payloads(first + second + rest) == [b"%d" % number for number in reversed(range(50))]
    assert store.history(node, before_seq=rest[-1].seq) == []
    assert store.history(node, limit=0) == []


def test_a_page_may_begin_at_any_number(store):
    for number in range(10):
        store.apply(batch_of(frame(b"a", b"%d" % number), frame(b"b", b"-")))
    node = store.find(b"a")
    assert payloads(store.history(node, before_seq=5)) == [b"2", b"1", b"0"]  # message 5 is b's
    assert payloads(store.history(node, before_seq=10**9, limit=1)) == [b"9"]
    assert store.history(node, before_seq=0) == []


def test_a_page_before_what_was_evicted_is_empty_at_once(store, monkeypatch):
    for number in range(3 * SEGMENT_MESSAGES):
        store.apply(batch_of(frame(b"a", b"%d" % number)))
    store.evict_history()
    node = store.find(b"a")
    assert store.first_seq == SEGMENT_MESSAGES
    seen = []
    walk = MessageLog.walk

    def counted(log, seq):
        for entry in walk(log, seq):
            seen.append(entry[0])
            yield entry

    monkeypatch.setattr(MessageLog, "walk", counted)
    for before in (0, 1, SEGMENT_MESSAGES - 1, SEGMENT_MESSAGES):
        assert store.history(node, before_seq=before) == []
    assert not seen
    assert payloads(store.history(node, before_seq=SEGMENT_MESSAGES + 1)) == [b"%d" % SEGMENT_MESSAGES]


def test_messages_by_number(store):
    for number in range(200):
        store.apply(batch_of(frame(b"a", b"%d" % number), at_ms=number))
    assert store.message(150).payload == b"150"
    assert store.message(150).mono_ns == 150 * MS
    assert store.message(200) is None
    assert store.message(-1) is None


def test_last_message(store):
    store.apply(batch_of(frame(b"a/b", b"1", flags=1)))
    store.apply(batch_of(frame(b"a/b", b"2"), at_ms=7))
    last = store.last_message(store.find(b"a/b"))
    assert (last.payload, last.seq, last.mono_ns, last.retain) == (b"2", 1, 7 * MS, False)
    assert store.last_message(store.find(b"a")) is None
    assert store.history(store.find(b"a")) == []
    assert store.kept(store.find(b"a")) == 0


def test_small_batches_share_a_segment(store):
    for number in range(SEGMENT_MESSAGES):
        store.apply(batch_on(b"a", at_ms=number))
    assert len(store._log._segments) == 1
    store.apply(batch_on(b"a", at_ms=SEGMENT_MESSAGES))
    assert len(store._log._segments) == 2
    store.apply(batch_on(b"a", at_ms=60_000))  # much later
    assert len(store._log._segments) == 3
    assert [m.mono_ns // MS for m in store.history(store.find(b"a"), limit=3)] == [
        60_000,
        SEGMENT_MESSAGES,
        SEGMENT_MESSAGES - 1,
    ]


@pytest.mark.parametrize("length", [SMALL_BATCH, SEGMENT_MESSAGES - 1, SEGMENT_MESSAGES, 1000])
def test_a_batch_is_not_changed_by_those_after_it(store, length):
    batch = batch_on(*[b"a"] * length)
    store.apply(batch)
    store.apply(batch_on(b"a"))
    assert len(batch.frames) == length
    assert len(store.history(store.find(b"a"), limit=2000)) == length + 1


def test_counters(store):
    batch = batch_on(b"a/b", b"c", b"c")
    batch.truncated = 1
    store.apply(batch)
    counters = store.counters
    assert counters.received == counters.messages_in_history == 3
    assert (counters.truncated, counters.dropped, counters.evicted, counters.malformed) == (1, 0, 0, 0)
    assert (counters.topics, counters.nodes) == (2, 3)
    assert counters.bytes_received == batch.wire_bytes
    assert counters.bytes_in_history > 3 * 100


def test_malformed_packets_are_counted_even_alone(store):
    from mqtt_explorer.protocol.batch import Malformed

    store.apply(batch_of(malformed=[Malformed(b"\x30\x00", "The topic is empty.", 0, 2)]))
    assert store.counters.malformed == 1
    assert store.counters.received == 0


def test_a_message_without_a_wire_size_is_still_paid_for(store):
    batch = batch_of(frame(b"a", b"x" * 10_000))
    batch.wire_bytes = 0
    store.apply(batch)
    assert store.counters.bytes_in_history > 10_000
