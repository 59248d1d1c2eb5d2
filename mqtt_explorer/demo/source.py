# SPDX-License-Identifier: MIT
"""One topic of the plant: what it says, how often, and how."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

#: (topic, payload, QoS, retain): what `Client.publish` takes.
Message = tuple[str, bytes, int, bool]


class Source(NamedTuple):
    """A topic and the function that writes its payload.

    Attributes:
        topic: The whole topic name.
        period_s: Seconds between two messages; `ONCE` says it at the start only.
        payload: Writes the payload for a time (seconds since the start).
        qos: 0 or 1.
        retain: Whether the broker keeps the last one.
    """

    topic: str
    period_s: float
    payload: Callable[[float], bytes]
    qos: int = 0
    retain: bool = False


ONCE = float("inf")


def text(value: object) -> bytes:
    """A value as UTF-8 text."""
    return str(value).encode()


def as_json(value: Any) -> bytes:
    """A value as compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def constant(payload: bytes) -> Callable[[float], bytes]:
    """A payload that never changes."""
    return lambda t: payload
