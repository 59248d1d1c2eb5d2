# SPDX-License-Identifier: MIT
from __future__ import annotations

import time

import pytest

from mqtt_explorer.store import Budget, TopicStore, default_limit
from mqtt_explorer.store.budget import machine_memory
from tests.unit.store.building import batch_of, batch_on, frame

KB = 1024


def fill(store: TopicStore, topics: list[bytes], size: int, at_ms: int = 0) -> None:
    store.apply(batch_of(*(frame(topic, b"x" * size) for topic in topics), at_ms=at_ms))


def test_the_default_limit_fits_the_machine():
    assert 64 << 20 < machine_memory() < 1 << 50
    assert default_limit() == min(machine_memory() // 4, 4 << 30)
    assert Budget().limit_bytes == default_limit()


def test_the_limit_holds_and_the_oldest_history_goes():
    budget = Budget(256 * KB)
    store = TopicStore(budget)
    for number in range(200):
        fill(store, [b"a"] * 10, 1000, at_ms=number * 11_000)
        assert budget.used_bytes <= budget.limit_bytes
    counters = store.counters
    assert counters.messages_in_history + counters.evicted == 2000
    assert counters.messages_in_history > 150
    node = store.find(b"a")
    assert store.kept(node) == counters.messages_in_history
    assert store.kept_since(node).mono_ns == store.message(store.first_seq).mono_ns


def test_a_last_payload_outlives_the_history_and_goes_next():
    budget = Budget(256 * KB)
    store = TopicStore(budget)
    fill(store, [b"quiet/1"], 50_000, at_ms=1)
    fill(store, [b"quiet/2"], 50_000, at_ms=11_002)
    for number in range(100):
        fill(store, [b"loud"], 10_000, at_ms=30_000 + number * 11_000)
    quiet = store.find(b"quiet/1")
    assert quiet.seq < store.first_seq
    assert not quiet.payload_evicted
    assert [len(m.payload) for m in store.history(quiet)] == [50_000]
    assert store.kept_since(quiet) is quiet.stamp
    store.take_changes()

    budget.limit_bytes = 64 * KB
    assert budget.enforce()
    assert quiet.payload_evicted
    assert not store.find(b"quiet/2").payload_evicted
    assert store.counters.messages_in_history == 0
    last = store.last_message(quiet)
    assert (last.payload, last.size, last.evicted, last.truncated) == (b"", 50_000, True, False)
    assert store.take_changes().changed == [quiet]

    fill(store, [b"quiet/1"], 5, at_ms=2_000_000)
    assert not quiet.payload_evicted
    assert quiet.count == 2


def test_new_topics_are_counted_but_not_added_when_nothing_is_left_to_evict():
    budget = Budget(256 * KB)
    store = TopicStore(budget)
    for number in range(1000):
        fill(store, [b"t/%d" % number], 100, at_ms=number * 11_000)
    counters = store.counters
    assert budget.full
    assert counters.dropped > 100
    assert counters.received == 1000 == counters.dropped + counters.topics
    assert counters.nodes == counters.topics + 1
    assert store.find(b"t/999") is None
    assert budget.used_bytes < 1.1 * budget.limit_bytes

    fill(store, [b"t/0", b"t/new"], 100)  # a known topic still gets its message
    assert store.find(b"t/0").count == 2
    assert store.find(b"t/new") is None

    budget.limit_bytes *= 2
    fill(store, [b"t/new"], 100)
    assert store.find(b"t/new").count == 1
    assert not budget.full


def test_history_goes_oldest_first_across_stores():
    budget = Budget(1 << 30)
    early, late = TopicStore(budget), TopicStore(budget)
    for number in range(10):
        fill(early, [b"a"], 10_000, at_ms=number * 20_000)
        fill(late, [b"a"], 10_000, at_ms=number * 20_000 + 10_000)
    for evicted in range(1, 20):
        budget.limit_bytes = budget.used_bytes - 1
        budget.enforce()
        assert (early.first_seq, late.first_seq) == ((evicted + 1) // 2, evicted // 2)


def test_last_payloads_go_oldest_first_across_stores():
    budget = Budget(1 << 30)
    stores = [TopicStore(budget), TopicStore(budget)]
    for number in range(10):
        fill(stores[number % 2], [b"t/%d" % number], 10_000, at_ms=number * 20_000)
    while stores[0].counters.messages_in_history or stores[1].counters.messages_in_history:
        budget.limit_bytes = budget.used_bytes - 1
        budget.enforce()
    assert sum(store.counters.evicted for store in stores) == 0
    for number in range(10):
        budget.limit_bytes = budget.used_bytes - 1
        budget.enforce()
        gone = [stores[n % 2].find(b"t/%d" % n).payload_evicted for n in range(10)]
        assert gone == [n <= number for n in range(10)]
    assert sum(store.counters.evicted for store in stores) == 10


async def test_a_smaller_limit_evicts_in_slices():
    budget = Budget(1 << 30)
    store = TopicStore(budget)
    for number in range(200):
        fill(store, [b"t/%d" % n for n in range(number * 500, number * 500 + 500)], 100, at_ms=number)
    node_bytes = store._tree.memory_bytes
    assert not budget.enforce(0.0) or budget.used_bytes < budget.limit_bytes
    budget.limit_bytes = budget.used_bytes // 2
    before = budget.used_bytes
    assert not budget.enforce(slice_s=0.0)
    assert before - budget.used_bytes < 500 * KB
    longest = 0.0
    while True:
        begin = time.process_time()
        done = budget.enforce()
        longest = max(longest, time.process_time() - begin)
        if done:
            break
    assert longest < 0.03  # 6 ms and one step on a quiet machine
    await budget.set_limit(node_bytes // 2)
    assert budget.full
    assert store.counters.evicted == 100_000
    assert store.find(b"t/99999").payload_evicted


async def test_a_closed_store_gives_its_share_back():
    budget = Budget(256 * KB)
    store, other = TopicStore(budget), TopicStore(budget)
    fill(store, [b"a/b", b"c"], 1000)
    fill(other, [b"a"], 1000)
    await store.close()
    assert budget.used_bytes == other.memory_bytes > 0
    fill(store, [b"late"], 10)  # a read that was under way
    await store.close()
    assert store.counters.received == 2
    for _ in range(300):
        fill(other, [b"a"], 10_000)
    assert budget.used_bytes <= budget.limit_bytes


@pytest.mark.parametrize("size", [0, 1, 20, 100, 500, 2000, 50_000])
@pytest.mark.parametrize("properties", [b"", b"\x01\x01" * 10])
def test_the_estimate_from_the_wire_agrees_with_the_exact_one(size, properties):
    exact, quick = TopicStore(Budget(1 << 30)), TopicStore(Budget(1 << 30))
    for store in (exact, quick):
        for _ in range(10):
            batch = batch_of(
                *(frame(b"plant/line/machine/%d" % n, b"x" * size, 0, properties) for n in range(100))
            )
            if store is exact:
                batch.wire_bytes = 0
            store.apply(batch)
    assert quick.memory_bytes == pytest.approx(exact.memory_bytes, rel=0.12)


def test_a_first_message_alone_passes_a_tiny_limit_without_harm():
    store = TopicStore(Budget(0))
    store.apply(batch_on(b"a"))
    store.apply(batch_on(b"b"))
    assert (store.counters.topics, store.counters.dropped) == (1, 1)
