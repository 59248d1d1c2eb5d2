# SPDX-License-Identifier: MIT
from __future__ import annotations

import dataclasses
import json

from mqtt_explorer.measure import ConnectionFigures, Gaps, metrics
from mqtt_explorer.measure.metrics import FIGURES, Figures, iso_time

NAMES = {
    "time", "state", "received", "received_per_s", "published", "topics", "messages_in_history", "bytes_in_history",
    "budget_bytes", "dropped", "evicted", "truncated", "malformed", "rss_bytes", "cpu_seconds", "frames", "loop_gap_ms",
    "connections",
}  # fmt: skip


def build(*connections: ConnectionFigures, frames: int | None = 7) -> dict[str, object]:
    line = metrics(
        connections,
        wall_ns=1_700_000_000_123_456_789,
        state="connected",
        budget_bytes=1 << 30,
        rss_bytes=123,
        cpu_seconds=1.23456,
        frames=frames,
        gaps=Gaps(0.1, 2.0, 30.5),
    )
    return json.loads(json.dumps(line))


def test_every_field_is_there():
    line = build()
    assert set(line) == NAMES
    assert line["time"] == "2023-11-14T22:13:20.123Z"
    assert line["loop_gap_ms"] == {"p50": 0.1, "p99": 2.0, "max": 30.5}
    assert (line["state"], line["budget_bytes"], line["rss_bytes"], line["cpu_seconds"], line["frames"]) == (
        "connected", 1 << 30, 123, 1.235, 7,
    )  # fmt: skip
    assert line["received"] == 0
    assert line["connections"] == []


def test_sums_over_connections():
    order = (
        "received", "received_per_s", "published", "topics", "messages_in_history", "bytes_in_history", "dropped",
        "evicted", "truncated", "malformed",
    )  # fmt: skip
    one = ConnectionFigures(title="a", state="connected", **dict(zip(order, range(1, 11), strict=True)))
    two = ConnectionFigures(title="b", state="waiting", **dict(zip(order, range(10, 101, 10), strict=True)))
    line = build(one, two, frames=None)
    assert [line[name] for name in order] == [11 * number for number in range(1, 11)]
    assert [row["state"] for row in line["connections"]] == ["connected", "waiting"]
    assert line["connections"][1]["malformed"] == 100
    assert line["frames"] is None


def test_one_base_names_the_figures_that_are_counted_and_summed():
    base = {field.name for field in dataclasses.fields(Figures)}
    assert set(FIGURES) == base
    assert issubclass(ConnectionFigures, Figures)
    assert base | {"received_per_s"} <= set(build()) <= base | NAMES
    row = build(ConnectionFigures(title="a", state="connected"))["connections"][0]
    assert set(row) == base | {"title", "state", "received_per_s"}
    assert list(row)[:2] == ["title", "state"]


def test_time_keeps_its_zeros():
    assert iso_time(5_000_000) == "1970-01-01T00:00:00.005Z"
