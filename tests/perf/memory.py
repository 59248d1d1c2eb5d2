# SPDX-License-Identifier: MIT
"""`memory`: what a tree of many topics with their last payloads costs, the program itself included and left out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.perf.broker import BenchBroker, publish
from tests.perf.processes import record_flow
from tests.perf.receivers import Line
from tests.perf.run import Run


def benchmark(run: Run) -> Iterator[Line]:
    """Yields a row per number of topics."""
    for count in run.size.topics:
        # The program's own budget: 256 MB do not hold a million topics.
        with (
            tempfile.TemporaryDirectory(prefix="bench-") as name,
            BenchBroker(Path(name)) as broker,
            run.start(Path(name), [broker], budget_bytes=None) as receiver,
        ):
            receiver.wait_connected()
            empty = receiver.process.memory_info().rss
            publish(broker.port, "retained", count=count)
            record_flow(receiver.meter, least_s=2.0, quiet_s=1.0, timeout_s=120)
            receiver.wait_received(count)
            receiver.wait_lines(2)
            line = receiver.lines()[-1]
            full = receiver.process.memory_info().rss
        yield {
            **run.label(f"{count:,} topics"),
            "topics": line["topics"],
            "arrived": line["received"],
            "rss_bytes": full,
            "rss_empty_bytes": empty,
            "bytes_per_topic": round((full - empty) / count),
            "evicted": line["evicted"],
            "dropped": line["dropped"],
        }
