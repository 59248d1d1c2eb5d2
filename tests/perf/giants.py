# SPDX-License-Identifier: MIT
"""Payloads that stop other clients: what `bench payload` shows, and tests too."""

from __future__ import annotations

import json
from typing import NamedTuple


class Giant(NamedTuple):
    """One of them: what it is, its topic and payload, and whether it has a pretty, coloured tab."""

    name: str
    topic: bytes
    payload: bytes
    structured: bool


def giants(share: float = 1.0) -> list[Giant]:
    """All of them; a smaller `share` makes them smaller, for a test of the benchmark itself."""

    def count(full: int) -> int:
        return max(int(full * share), 40)

    rows = [
        {"id": n, "name": f"sensor {n}", "value": n * 1.5, "on": n % 2 == 0, "tags": ["a", "é"], "at": None}
        for n in range(count(180_000))
    ]
    deep = count(100_000)
    long_topic = b"/".join([b"x" * 300] * 218)[: min(count(65_535), 65_535)].rstrip(b"/")
    return [
        Giant("16 MB of JSON", b"giant/json", json.dumps(rows).encode(), True),
        Giant("JSON in one line of 5 MB", b"giant/line-json", json.dumps({"line": "y" * count(5_000_000)}).encode(), True),
        Giant("text in one line of 5 MB", b"giant/line", b"word " * count(1_000_000), False),
        Giant("200,000 lines", b"giant/lines", b"".join(b"line %d of a log\n" % n for n in range(count(200_000))), False),
        Giant("100,000 levels of nesting", b"giant/deep", b'{"a":' * deep + b"1" + b"}" * deep, True),
        Giant("a topic of 65,535 bytes", long_topic, b'{"value": 21.7}', True),
        Giant("64 MB of bytes", b"giant/bytes", bytes(range(256)) * count(262_144), False),
    ]  # fmt: skip
