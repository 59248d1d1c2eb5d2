# SPDX-License-Identifier: MIT
"""`soak`: ten minutes of 5,000 messages a second on 10,000 topics, the tree sorted by activity and searched: is the memory flat?

The budget is full and evicting before anything is counted, as after a day of use.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.perf.broker import BenchBroker, Generator
from tests.perf.receive import fill_budget
from tests.perf.receivers import Line, Receiver, gaps_within, summarise_gaps
from tests.perf.run import Run

RATE = 5_000
TOPICS = 10_000
WARM_UP_SHARE = 0.2
"""Of the time measured, so much goes by before the memory is looked at: caches fill, the allocator finds its size."""
SEARCHED = "sensor7"
MINUTES = 10


def benchmark(run: Run) -> Iterator[Line]:
    """Yields one row."""
    seconds, warm_up = run.size.soak_s, run.size.soak_s * WARM_UP_SHARE
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        BenchBroker(Path(name)) as broker,
        run.start(Path(name), [broker], settings={"tree_sort": "activity"}) as receiver,
    ):
        receiver.wait_connected()
        fill_budget(receiver, broker, run.size.fill)
        receiver.unfold()
        receiver.search(SEARCHED)
        received, before = receiver.newest("received"), receiver.process.memory_info().rss
        generator = Generator(broker.port, "lone", rate=RATE, seconds=seconds + warm_up, topics=TOPICS)
        try:
            time.sleep(warm_up)
            begin = time.time()
            samples = _watch(receiver, seconds)
            end = time.time()
            load = generator.result()
        finally:
            generator.stop()
        receiver.wait_received(received + load.sent)
        lines = receiver.lines()
        yield {
            **run.label("5,000 messages a second, sorted and searched"),
            "seconds": round(end - begin, 1),
            "sent_per_s": round(load.sent / load.seconds),
            "lost": received + load.sent - lines[-1]["received"],
            "rss_before_bytes": before,
            "rss_first_bytes": samples[0][1],
            "rss_last_bytes": samples[-1][1],
            "slope_mb_per_10_min": round(slope(samples) * 60 * MINUTES / 1e6, 3),
            **summarise_gaps(gaps_within(lines, begin, end)),
            "evicted": lines[-1]["evicted"],
            "dropped": lines[-1]["dropped"],
        }


def _watch(receiver: Receiver, seconds: float) -> list[tuple[float, int]]:
    """The memory once a second: (seconds since the begin, bytes)."""
    begin = time.monotonic()
    samples = []
    while (now := time.monotonic() - begin) < seconds or len(samples) < 2:
        samples.append((now, receiver.process.memory_info().rss))
        time.sleep(1.0)
    return samples


def slope(samples: list[tuple[float, int]]) -> float:
    """Bytes a second, by the least squares."""
    return statistics.linear_regression([at for at, _ in samples], [rss for _, rss in samples]).slope
