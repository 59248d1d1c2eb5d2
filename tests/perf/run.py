# SPDX-License-Identifier: MIT
"""What all benchmarks of one call share: how big, and with or without a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.perf.broker import BenchBroker
from tests.perf.receivers import Line, Receiver


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes:
        rounds: How often, of which the median is printed.
        cases: Which cases of `receive` are run.
        flood: Messages of one flood.
        fill: Messages sent beforehand; None fills the budget until it evicts.
        topics: Numbers of retained topics.
        children: Topics of one branch.
        history: Topics, and messages on each.
        giants: How large the payloads of `payload` are, 1 for their full size.
        searched: Topics that `search` looks through.
        soak_s: Seconds of `soak` after the warm-up.
        idle_s: Seconds of lone messages, visible and hidden.
        starts: Cold starts.
        resets: Connections cut in `reconnect`.
        publishes: Messages per QoS and direction in `reconnect`.
        dial_s: Seconds of connecting in vain, per host.
        settle_s: Seconds a probe in the window waits before and after what it measures.
        quiet_s: Nothing new for so many seconds, and a flow of retained messages is over.
    """

    rounds: int
    cases: tuple[str, ...]
    flood: int
    fill: int | None
    topics: tuple[int, ...]
    children: int
    history: tuple[int, int]
    searched: int
    giants: float
    soak_s: float
    idle_s: float
    starts: int
    resets: int
    publishes: int
    dial_s: float
    settle_s: float
    quiet_s: float


SIZES = {
    "full": Size(
        rounds=3,
        cases=("MQTT 5", "MQTT 3.1.1", "QoS 1", "TLS", "websockets", "three brokers"),
        flood=600_000,
        fill=None,
        topics=(100_000, 1_000_000),
        children=50_000,
        history=(10_000, 100),
        searched=1_000_000,
        giants=1.0,
        soak_s=600.0,
        idle_s=20.0,
        starts=10,
        resets=50,
        publishes=10_000,
        dial_s=13.0,
        settle_s=1.0,
        quiet_s=1.5,
    ),
    "small": Size(
        rounds=1,
        cases=("TLS", "three brokers"),
        flood=5_000,
        fill=2_000,
        topics=(2_000,),
        children=1_000,
        history=(500, 10),
        searched=5_000,
        giants=0.02,
        soak_s=3.0,
        idle_s=1.0,
        starts=1,
        resets=2,
        publishes=200,
        dial_s=0.5,
        settle_s=0.2,
        quiet_s=0.5,
    ),
}


class StartReceiver(Protocol):
    """Starts our program against brokers; `budget_bytes` None leaves the program's own default, and
    `settings` are more of the window's."""

    def __call__(
        self,
        folder: Path,
        brokers: Sequence[BenchBroker],
        *,
        scheme: str = "mqtt",
        version: str = "5",
        qos: int = 0,
        budget_bytes: int | None = ...,
        settings: Line | None = ...,
    ) -> Receiver: ...


@dataclass(frozen=True)
class Run:
    """One call of a benchmark.

    Attributes:
        start: Starts our program, as the engine alone or with its window.
        screen_environment: For a program that opens a window of its own; None without a screen.
    """

    size: Size
    engine: bool
    start: StartReceiver
    screen_environment: dict[str, str] | None = None

    def label(self, name: str) -> Line:
        """The first fields of a row: without a window the case is "engine" and `load` says what it got."""
        return {"case": "engine", "load": name} if self.engine else {"case": name}
