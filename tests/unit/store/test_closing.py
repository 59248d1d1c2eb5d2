# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import gc
import weakref

from mqtt_explorer.store import Budget, TopicStore
from mqtt_explorer.store import topic_store as topic_store_module
from mqtt_explorer.store.collector import GROWTH, NODE_WEIGHT, Collector
from tests.unit.store.building import batch_of, frame


class Payload(bytearray):
    """Bytes that can be watched as they go (a subclass of bytes cannot)."""


async def test_objects_die_without_the_collector():
    store = TopicStore(Budget(1 << 30))
    payload = Payload(b"x" * 100)
    alive = weakref.ref(payload)
    store.apply(batch_of(frame(b"a/b/c", payload), frame(b"a/b/d", b"1")))
    store.apply(batch_of(*(frame(b"a/%d" % n, b"x") for n in range(1000))))
    store.take_changes()
    del payload
    tree = weakref.ref(store._tree)
    root = store.root
    gc.disable()  # links must be broken by the store itself
    try:
        await store.close()
        del store
        assert alive() is None
        assert tree() is None
        assert root.kids is None
    finally:
        gc.enable()


async def test_close_gives_the_loop_its_turn():
    store = TopicStore(Budget(1 << 30))
    for start in range(0, 60_000, 500):
        store.apply(batch_of(*(frame(b"a/%d" % n, b"x") for n in range(start, start + 500))))
    turns = 0

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counter = asyncio.get_running_loop().create_task(count())
    await store.close()
    counter.cancel()
    assert turns >= 3


async def test_kids_go_one_by_one_and_not_with_their_branch(monkeypatch):
    """A branch of a million kids would take them all along in one go, at the very end."""
    store = TopicStore(Budget(1 << 30))
    for start in range(0, 100_000, 500):
        store.apply(batch_of(*(frame(b"a/%d" % n, b"x") for n in range(start, start + 500))))
    branch = store.find(b"a")
    left = []
    real = asyncio.sleep

    class Watched:
        @staticmethod
        async def sleep(delay):
            left.append(
                (len(branch.kids or ()), len(store._tree.by_path))
            )  # None once the branch itself has gone
            await real(delay)

    monkeypatch.setattr(topic_store_module, "asyncio", Watched)
    monkeypatch.setattr(topic_store_module, "_CLOSE_SLICE_S", 0.0005)
    await store.close()
    assert len(left) > 5
    assert any(kids for kids, _ in left)
    assert all(kids <= nodes for kids, nodes in left)


async def test_counters_outlive_the_store():
    store = TopicStore(Budget(1 << 30))
    store.apply(batch_of(frame(b"a"), frame(b"b")))
    before = store.counters
    await store.close()
    assert store.counters == before
    assert store.find(b"a") is None


async def test_growth_is_frozen_and_thawed_with_the_last_store():
    collector = Collector()
    collector.grew(messages=GROWTH - 2, nodes=0)
    assert gc.get_freeze_count() == 0
    collector.grew(messages=0, nodes=1)
    assert gc.get_freeze_count() > 1000
    assert gc.get_threshold()[0] >= 5_000
    await collector.closed(1 << 30)  # another store is large: a full collection would stop the window
    assert gc.get_freeze_count() > 1000
    await collector.closed(0)
    assert gc.get_freeze_count() == 0


async def test_young_garbage_is_collected_before_it_is_frozen():
    collector = Collector()
    circle: list[object] = []
    watched = Payload(b"x")
    alive = weakref.ref(watched)
    circle += [circle, watched]
    gc.disable()
    try:
        del circle, watched
        assert alive() is not None
        collector.grew(messages=0, nodes=GROWTH // NODE_WEIGHT)
        assert alive() is None
    finally:
        gc.enable()
