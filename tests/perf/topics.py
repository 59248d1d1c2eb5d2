# SPDX-License-Identifier: MIT
"""`topics`: a broker full of retained messages, from CONNACK to the last one; and a branch of many children in the window.

A paused broker (SIGSTOP) holds everybody back until the program has settled, so that no start-up is measured with it.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.perf.broker import DEFAULT_LIMITS, NO_LIMITS, BenchBroker, publish
from tests.perf.mosquitto_sub import MosquittoSub
from tests.perf.processes import REPOSITORY, Flow, SocketMeter, record_flow
from tests.perf.receivers import Line, gaps_within, summarise_gaps
from tests.perf.run import Run

SETTLE_S = 2.5
"""The program's start, with a metrics line behind it, before the broker is let go."""


@dataclass(frozen=True)
class Arrival:
    """What came from a full broker.

    Attributes:
        seconds: From CONNACK to the last message.
        arrived: Messages that came.
        topics: Topics in the tree, branches included; 0 for mosquitto_sub.
    """

    seconds: float
    arrived: int
    topics: int
    gaps: list[Line]


def benchmark(run: Run) -> Iterator[Line]:
    """Yields two rows per number of topics, and one for the branch where there is a window."""
    for count in run.size.topics:
        for limits, lines in (("default", DEFAULT_LIMITS), ("none", NO_LIMITS)):
            with (
                tempfile.TemporaryDirectory(prefix="bench-") as name,
                BenchBroker(Path(name), lines) as broker,
            ):
                publish(broker.port, "retained", count=count)
                ours, theirs = _rounds(run, Path(name), broker)
            label = {**run.label(f"{count:,} retained topics"), "limits": limits, "topics": count}
            yield _default_row(label, ours, theirs) if limits == "default" else _row(label, ours, theirs)
    if not run.engine:
        yield unfold(run)


def _rounds(run: Run, folder: Path, broker: BenchBroker) -> tuple[list[Arrival], list[Arrival]]:
    ours: list[Arrival] = []
    theirs: list[Arrival] = []
    for number in range(run.size.rounds):
        for who in ("ours", "theirs") if number % 2 == 0 else ("theirs", "ours"):
            if who == "ours":
                ours.append(_load_ours(run, folder, broker))
            else:
                theirs.append(_load_mosquitto_sub(run, broker))
    return ours, theirs


def _default_row(label: Line, ours: list[Arrival], theirs: list[Arrival]) -> Line:
    """With default limits the broker drops what a reader does not take at once; the worst round counts."""
    return {
        **label,
        "arrived": min(result.arrived for result in ours),
        "mosquitto_sub_arrived": min(result.arrived for result in theirs),
        "rounds": len(ours),
    }


def _row(label: Line, ours: list[Arrival], theirs: list[Arrival]) -> Line:
    seconds = statistics.median(result.seconds for result in ours)
    sub_seconds = statistics.median(result.seconds for result in theirs)
    return {
        **label,
        "arrived": min(result.arrived for result in ours),
        "topics_in_tree": min(result.topics for result in ours),
        "seconds": round(seconds, 3),
        "mosquitto_sub_seconds": round(sub_seconds, 3),
        "ratio": round(seconds / sub_seconds, 3),
        **summarise_gaps([gap for result in ours for gap in result.gaps]),
        "rounds": len(ours),
    }


def _load_ours(run: Run, folder: Path, broker: BenchBroker) -> Arrival:
    broker.pause()
    # The program's own budget: 256 MB do not hold a million topics.
    with run.start(folder, [broker], budget_bytes=None) as receiver:
        time.sleep(SETTLE_S)
        receiver.wait_lines(1)
        flow = _let_go(run, broker, receiver.meter)
        receiver.wait_lines(2)
        if not receiver.connected():
            raise RuntimeError("our program did not stay connected to the broker")
        line = receiver.lines()[-1]
        to_epoch = time.time() - time.monotonic()
        gaps = gaps_within(receiver.lines(), flow.first_byte + to_epoch, flow.end + to_epoch)
    return Arrival(flow.end - flow.first_byte, line["received"], line["topics"], gaps)


def _load_mosquitto_sub(run: Run, broker: BenchBroker) -> Arrival:
    broker.pause()
    with MosquittoSub(broker) as sub:
        time.sleep(0.5)
        flow = _let_go(run, broker, sub.meter)
        return Arrival(flow.end - flow.first_byte, sub.stop(), 0, [])


def _let_go(run: Run, broker: BenchBroker, meter: SocketMeter) -> Flow:
    """Lets the paused broker go on and records what follows; it begins with the CONNACK."""
    broker.resume()
    # A SUBSCRIBE to a million retained messages may keep the broker busy for a moment before it sends the first.
    return record_flow(meter, least_s=2.0, quiet_s=run.size.quiet_s, timeout_s=120)


def unfold(run: Run) -> Line:
    """Opens a big branch of the real tree on a screen, in a fresh process each time; the medians count."""
    command = [sys.executable, "-m", "tests.perf.unfold_probe", str(run.size.children)]
    results = []
    for _ in range(run.size.rounds):
        done = subprocess.run(
            command, cwd=REPOSITORY, env=run.screen_environment, stdout=subprocess.PIPE, check=True
        )
        results.append(json.loads(done.stdout))
    medians = {key: statistics.median(result[key] for result in results) for key in ("unfold_ms", "end_ms")}
    return {"case": f"{run.size.children:,} children", **medians, "rounds": run.size.rounds}
