# SPDX-License-Identifier: MIT
"""Batches for the store's tests, as the tap makes them."""

from __future__ import annotations

from mqtt_explorer.protocol.batch import Batch, Frame, Malformed

MS = 1_000_000


def frame(topic: bytes, payload: bytes = b"21.5", flags: int = 0, properties: bytes = b"") -> Frame:
    return (flags, topic, properties, payload, len(payload))


def batch_of(*frames: Frame, at_ms: int = 0, malformed: list[Malformed] | None = None) -> Batch:
    wire = sum(5 + len(topic) + len(props) + len(payload) for _, topic, props, payload, _ in frames)
    return Batch(at_ms * MS, at_ms * MS + 10**18, list(frames), malformed or [], wire)


def batch_on(*topics: bytes, at_ms: int = 0) -> Batch:
    return batch_of(*(frame(topic) for topic in topics), at_ms=at_ms)
