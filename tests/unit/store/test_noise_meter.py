# SPDX-License-Identifier: MIT
from __future__ import annotations

import random
import time
from collections import Counter

import pytest

from mqtt_explorer.store import Budget, TopicStore, noise_counts, noise_meter
from mqtt_explorer.store.noise_meter import Noise, NoiseMeter
from tests.unit.store.building import batch_of, batch_on, frame


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(noise_meter, "_FOLD_EVERY_S", 0.0)
    monkeypatch.setattr(noise_meter, "_FOLD_SHARE", 1e9)


@pytest.fixture
def store():
    return TopicStore(Budget(256 << 20))


def settle(meter):
    for _ in range(10_000):
        meter.step()
        if not meter.behind and not meter._waiting and meter._folding is None:
            return
    raise AssertionError("it never ends")


def found(meter, path=None, by="messages", limit=500):
    store = meter._store
    branch = store.root if path is None else store.find(path)
    return {each.node.topic: each[1:] for each in meter.top(branch, by, limit).sources}


def test_it_counts_from_its_start_and_no_message_twice(store):
    store.apply(batch_on(b"a/b", b"a/c"))
    meter = NoiseMeter(store)
    settle(meter)
    assert meter.total() == Noise(0, 0)
    store.apply(batch_of(frame(b"a/b", b"12345"), frame(b"x", b"")))
    settle(meter)
    store.apply(batch_of(frame(b"a/b", b"123")))  # joins the segment that was read already
    settle(meter)
    assert meter.total() == Noise(3, 8)
    assert found(meter) == {b"a/b": (2, 8, False), b"x": (1, 0, False)}


def test_bytes_are_those_on_the_wire_not_those_kept(store):
    meter = NoiseMeter(store)
    store.apply(batch_of((0, b"t", b"", b"kept", 64_000_000)))
    settle(meter)
    assert meter.total() == Noise(1, 64_000_000)


@pytest.mark.parametrize("seed", range(4))
def test_it_agrees_with_plain_counting(store, seed):
    rng = random.Random(seed)
    names = ["a", "b", "", "ä", "$SYS"]
    meter = NoiseMeter(store)
    messages: Counter[bytes] = Counter()
    size: Counter[bytes] = Counter()
    for _ in range(60):
        frames = []
        for _ in range(rng.choice([1, 5, 300])):
            topic = "/".join(rng.choice(names) for _ in range(rng.randint(1, 4))).encode() or b"/"
            payload = b"x" * rng.randint(0, 300)
            frames.append(frame(topic, payload))
            levels = topic.split(b"/")
            for depth in range(1, len(levels) + 1):
                messages[b"/".join(levels[:depth])] += 1
                size[b"/".join(levels[:depth])] += len(payload)
            messages["root"] += 1
            size["root"] += len(payload)
        store.apply(batch_of(*frames))
        if rng.random() < 0.5:
            meter.step(rng.choice([0.0, 0.004]))
    settle(meter)
    assert meter.total() == Noise(messages["root"], size["root"])
    for node in store.nodes():
        assert meter.total(node) == Noise(messages[node.topic], size[node.topic])
        ranked = meter.top(node, "bytes")
        below = sum(each.messages for each in ranked.sources)
        assert ranked.total.messages == below + ranked.own.messages
        assert [each.bytes for each in ranked.sources] == sorted(
            (e.bytes for e in ranked.sources), reverse=True
        )


def test_branches_of_one_source_stand_as_that_source(store):
    meter = NoiseMeter(store)
    store.apply(batch_on(b"acme/berlin/line/1", b"acme/berlin/line/2", b"x/y"))
    settle(meter)
    assert found(meter) == {b"acme/berlin/line": (2, 8, True), b"x/y": (1, 4, False)}
    store.apply(batch_on(b"acme/berlin"))
    settle(meter)
    assert found(meter) == {b"acme/berlin": (3, 12, True), b"x/y": (1, 4, False)}
    ranked = meter.top(store.find(b"acme/berlin"), "messages")
    assert ranked.own == Noise(1, 4)
    assert ranked.total == Noise(3, 12)


def test_a_new_window_forgets_all_counts(store):
    meter = NoiseMeter(store)
    store.apply(batch_on(b"a/b"))
    settle(meter)
    before = meter.since_wall_ns
    store.apply(batch_on(b"a/b", b"c"))  # not counted yet: it belongs to the window that ends
    time.sleep(0.001)
    meter.reset()
    settle(meter)
    assert meter.since_wall_ns > before
    assert meter.total() == Noise()
    assert found(meter) == {}
    store.apply(batch_on(b"c"))
    settle(meter)
    assert found(meter) == {b"c": (1, 4, False)}


def held(meter):
    return sum(len(each) for each in meter._sweeper._held)


@pytest.mark.parametrize("how", ["reset", "close"])
def test_what_ended_is_freed_in_slices(store, how):
    meter = NoiseMeter(store)
    store.apply(batch_on(*(b"b/%d/x" % n for n in range(3_000)), *(b"wide/%d" % n for n in range(3_000))))
    settle(meter)
    meter.step()
    getattr(meter, how)()
    before = held(meter)
    assert before > 9_000, "nothing was freed at once"
    assert meter.total() == Noise()
    steps = 0
    while meter.sweeping:
        meter.step(0.0)
        after = held(meter)
        assert before - after <= 2 * noise_counts._CHUNK
        before = after
        steps += 1
    assert steps > 20
    assert meter.closed == (how == "close")


def test_a_ranking_of_a_window_that_ended_finds_nothing(store):
    meter = NoiseMeter(store)
    store.apply(batch_on(*(b"b/%d" % n for n in range(3_000))))
    settle(meter)
    ranking = meter.rank(store.find(b"b"), "messages")
    assert not ranking.step(0.0)
    meter.reset()
    assert ranking.step()
    assert ranking.result.sources == ()


def test_the_loudest_come_first_by_either_measure(store):
    meter = NoiseMeter(store)
    store.apply(
        batch_of(*[frame(b"often", b"1")] * 9, *[frame(b"large", b"1" * 500)] * 2, frame(b"rare", b"12"))
    )
    settle(meter)
    assert list(found(meter)) == [b"often", b"large", b"rare"]
    assert list(found(meter, by="bytes")) == [b"large", b"often", b"rare"]
    ranked = meter.top(store.root, "bytes", limit=2)
    assert [each.node.topic for each in ranked.sources] == [b"large", b"often"]
    assert ranked.number == 3


def test_ranking_goes_in_slices(store):
    meter = NoiseMeter(store)
    topics = [b"t%05d" % n for n in range(20_000)]
    store.apply(batch_on(*topics, *[b"t%05d" % n for n in range(300, 900)]))
    settle(meter)
    ranking = meter.rank(store.root, "messages", 500)
    steps = 1
    while not ranking.step(0.0):
        steps += 1
    assert steps > 5
    assert ranking.result.number == 20_000
    assert {each.messages for each in ranking.result.sources} == {2}
    assert len(ranking.result.sources) == 500


def test_messages_that_left_before_they_were_counted_are_told():
    store = TopicStore(Budget(32 << 20))
    meter = NoiseMeter(store)
    payload = b"x" * 4_000
    for start in range(0, 20_000, 100):
        store.apply(batch_of(*(frame(b"t/%d" % (n % 50), payload) for n in range(start, start + 100))))
    assert store.first_seq > 0
    settle(meter)
    assert meter.missed == store.first_seq
    assert meter.total().messages == 20_000 - meter.missed


def test_beyond_the_limit_topics_count_for_their_branch(store, monkeypatch):
    monkeypatch.setattr(noise_meter, "MAX_COUNTED", 100)
    meter = NoiseMeter(store)
    store.apply(batch_on(*(b"b/%d" % n for n in range(50))))
    settle(meter)
    store.apply(batch_on(*(b"b/%d" % n for n in range(300)), b"new/branch/here"))
    settle(meter)
    assert meter._counts.totals.size <= 100
    assert meter.total() == Noise(351, 4 * 351)
    assert meter.total(store.find(b"b")) == Noise(350, 4 * 350)
    assert meter.merged == 203 == 300 - 98 + 1
    ranked = meter.top(store.find(b"b"), "messages")
    assert ranked.merged.messages == 202
    assert ranked.own == Noise()
    assert meter.top(store.root, "messages").merged.messages == 1


def test_waiting_counts_are_bounded(store, monkeypatch):
    monkeypatch.setattr(noise_meter, "MAX_WAITING", 1_000)
    monkeypatch.setattr(noise_meter, "_FOLD_EVERY_S", 60.0)
    meter = NoiseMeter(store)
    for start in range(0, 20_000, 500):
        store.apply(batch_on(*(b"b/%d" % n for n in range(start, start + 500))))
        meter.step(0.0)
        assert len(meter._waiting) < 1_500
    monkeypatch.setattr(noise_meter, "_FOLD_EVERY_S", 0.0)
    meter._fold_at = 0.0
    settle(meter)
    assert meter.total().messages == 20_000


async def test_with_the_store_it_ends(store):
    meter = NoiseMeter(store)
    store.apply(batch_on(b"a/b"))
    settle(meter)
    await store.close()
    assert not meter.step()
    assert meter.closed
    assert meter.total() == Noise()
    assert meter.behind == 0
    assert meter.top(store.root, "messages").sources == ()


def test_messages_without_room_are_told():
    store = TopicStore(Budget(1 << 20))
    number = 0
    while not store.counters.dropped:
        store.apply(batch_on(*(b"fill/%d" % n for n in range(number, number + 500))))
        number += 500
    meter = NoiseMeter(store)
    store.apply(batch_on(b"no/room/for/this"))
    settle(meter)
    assert meter.dropped == 1
    assert meter.total().messages == 0
