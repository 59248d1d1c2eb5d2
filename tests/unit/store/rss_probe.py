# SPDX-License-Identifier: MIT
"""Run in a process of its own: what a store really takes, as one JSON object on stdout."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time

from mqtt_explorer.measure.process import rss_bytes
from mqtt_explorer.protocol.batch import Batch, Frame
from mqtt_explorer.store import Budget, Node, TopicStore

READ_BYTES = 64 * 1024


def batches(topics: list[bytes], size: int, messages: int, properties: bytes = b""):
    """Batches as the tap makes them: every frame with objects of its own."""
    frames: list[Frame] = []
    wire = 0
    filler = b"0123456789" * (size // 10 + 1)
    for number in range(messages):
        topic = topics[number % len(topics)]
        frames.append(
            (
                1,
                bytes(bytearray(topic)),
                bytes(bytearray(properties)),
                filler[: size - 1] + b"%d" % (number % 10),
                size,
            )
        )
        wire += len(topic) + size + 8
        if wire >= READ_BYTES or len(frames) == 1000:
            yield Batch(time.monotonic_ns(), time.time_ns(), frames, wire_bytes=wire)
            frames, wire = [], 0
    yield Batch(time.monotonic_ns(), time.time_ns(), frames, wire_bytes=wire)


def flood(limit: int, topic_count: int, size: int, properties: bytes = b"") -> dict[str, float]:
    """Fills a budget one and a half times."""
    topics = [b"plant/line%d/machine%d/temp%06d" % (i % 50, i % 5000, i) for i in range(topic_count)]
    before = rss_bytes()
    budget = Budget(limit)
    store = TopicStore(budget)
    while store.counters.evicted * 2 <= store.counters.messages_in_history and not store.counters.dropped:
        per_round = max(2 * topic_count if size < 1000 else 0, min(100_000, 50_000_000 // size))
        for batch in batches(topics, size, per_round, properties):
            store.apply(batch)
    del batch
    counters = store.counters
    return {
        "growth": rss_bytes() - before,
        "used": budget.used_bytes,
        "evicted": counters.evicted,
        "dropped": counters.dropped,
    }


def grow(topic_count: int) -> dict[str, float]:
    """Memory per topic with a 30-byte topic and a 100-byte payload."""
    before = rss_bytes()
    budget = Budget(8 << 30)
    store = TopicStore(budget)
    for start in range(0, topic_count, 10_000):
        topics = [
            b"plant/line%02d/mach%04d/temp%06d" % (i % 50, i % 5000, i) for i in range(start, start + 10_000)
        ]
        for batch in batches(topics, 100, 10_000):
            store.apply(batch)
    del batch, topics
    growth = rss_bytes() - before
    return {
        "bytes_per_topic": growth / topic_count,
        "estimate": budget.used_bytes / topic_count,
        "topics": store.counters.topics,
    }


def close(topic_count: int) -> dict[str, float]:
    """What is left of a store's memory after it was closed. Some 5 MB of slack stay with the allocator at any size."""
    budget = Budget(1 << 30)
    figures: dict[str, float] = {}
    gc.collect()
    for _ in range(2):
        before = rss_bytes()
        store = TopicStore(budget)
        for start in range(0, topic_count, 10_000):
            topics = [
                b"plant/line%d/machine%d/temp%06d" % (i % 50, i % 500, i)
                for i in range(start, start + 10_000)
            ]
            for batch in batches(topics, 100, 10_000):
                store.apply(batch)
        del batch, topics
        full = rss_bytes()
        frozen = gc.get_freeze_count()
        asyncio.run(store.close())
        del store
        figures = {
            "before": before,
            "full": full,
            "after": rss_bytes(),
            "used": budget.used_bytes,
            "frozen_while_open": frozen,
            "frozen": gc.get_freeze_count(),
            "nodes_alive": sum(isinstance(thing, Node) for thing in gc.get_objects()),
        }
    return figures


if __name__ == "__main__":
    what, *numbers = sys.argv[1:]
    call = {"flood": flood, "grow": grow, "close": close}[what]
    print(json.dumps(call(*map(int, numbers))))
