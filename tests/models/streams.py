# SPDX-License-Identifier: MIT
"""Message streams for model tests."""

from __future__ import annotations

import random
import time

from mqtt_explorer.models.tree_filter import TreeFilter
from mqtt_explorer.protocol.batch import Batch, Frame
from mqtt_explorer.store import Budget, TopicStore
from mqtt_explorer.store.topic_tree import Node


def new_store(limit_bytes: int = 256 << 20) -> TopicStore:
    return TopicStore(Budget(limit_bytes))


def frame(topic: str | bytes, payload: bytes = b"1", flags: int = 0, size: int | None = None) -> Frame:
    raw = topic if isinstance(topic, bytes) else topic.encode()
    return (flags, raw, b"", payload, len(payload) if size is None else size)


def feed(store: TopicStore, *frames: Frame, mono_ns: int | None = None, wall_ns: int | None = None) -> None:
    store.apply(
        Batch(
            time.monotonic_ns() if mono_ns is None else mono_ns,
            time.time_ns() if wall_ns is None else wall_ns,
            list(frames),
        )
    )


def random_frames(rng: random.Random, count: int) -> list[Frame]:
    """Messages on a growing, uneven tree: empty levels, leaves that become branches, repeated topics, deep ones."""
    names = ["a", "b", "c", "", "x y", "ä", "$SYS", "constructor", *(str(n) for n in range(6))]
    frames = []
    for _ in range(count):
        levels = [rng.choice(names) for _ in range(min(rng.randint(1, 4), rng.randint(1, 5)))]
        topic = "/".join(levels) or "/"
        frames.append(frame(topic, rng.choice([b"", b"1.5", b'{"a":1}', b"\xff\x00"]), rng.choice([0, 1, 2])))
    return frames


def filter_of(*nodes: Node) -> TreeFilter:
    """A filter with these hits, as a view meets it."""
    made = TreeFilter()
    made.add(nodes)
    made.take_changes()
    return made
