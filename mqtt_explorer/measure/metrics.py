# SPDX-License-Identifier: MIT
"""The object that `--metrics` appends once a second and that `watch` ends with, from plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mqtt_explorer.measure.loop_lag import Gaps


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is counted on every connection. Counts are cumulative, `*_in_history` and `topics` are as of now.

    Attributes:
        received: Messages that reached us, malformed ones not included.
        published: Messages sent.
        topics: Topics that had a message.
        messages_in_history: Messages in the history.
        bytes_in_history: Estimated memory of the history.
        dropped: Reached us and were not stored.
        evicted: Payloads the memory budget took back.
        truncated: Kept shorter than sent.
        malformed: Packets that are no messages.
    """

    received: int = 0
    published: int = 0
    topics: int = 0
    messages_in_history: int = 0
    bytes_in_history: int = 0
    dropped: int = 0
    evicted: int = 0
    truncated: int = 0
    malformed: int = 0


#: Their names.
FIGURES = tuple(figure.name for figure in fields(Figures))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFigures(Figures):
    """The figures of one connection under its name."""

    title: str
    state: str
    received_per_s: float = 0.0


def metrics(
    connections: Sequence[ConnectionFigures],
    *,
    wall_ns: int,
    state: str,
    budget_bytes: int,
    rss_bytes: int,
    cpu_seconds: float,
    frames: int | None,
    gaps: Gaps,
) -> dict[str, object]:
    """Builds the object: sums over connections, and each of them under `connections`.

    Args:
        connections: The open connections.
        wall_ns: Now, ns since the epoch.
        state: The state of the connection that is shown; "disconnected" when there is none.
        budget_bytes: The memory budget's limit.
        rss_bytes: Memory of the process.
        cpu_seconds: Processor time of the process so far.
        frames: Repaints so far, None without a window.
        gaps: Lateness of the loop since the last object.
    """
    rows = [{"title": each.title, "state": each.state} | asdict(each) for each in connections]
    for row in rows:
        row["received_per_s"] = round(row["received_per_s"], 1)
    sums = {name: sum(row[name] for row in rows) for name in (*FIGURES, "received_per_s")}
    return {
        "time": iso_time(wall_ns),
        "state": state,
        **sums,
        "received_per_s": round(sums["received_per_s"], 1),
        "budget_bytes": budget_bytes,
        "rss_bytes": rss_bytes,
        "cpu_seconds": round(cpu_seconds, 3),
        "frames": frames,
        "loop_gap_ms": gaps._asdict(),
        "connections": rows,
    }


def iso_time(wall_ns: int) -> str:
    """A time as ISO 8601 in UTC with milliseconds: 2026-01-31T12:00:00.123Z."""
    seconds, rest_ns = divmod(wall_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest_ns // 1_000_000:03d}Z"
