# SPDX-License-Identifier: MIT
"""`memory`: what a tree of many topics with their last payloads costs, and what a message of the history costs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.perf.broker import BenchBroker, publish
from tests.perf.processes import record_flow
from tests.perf.receivers import Line
from tests.perf.run import Run


def benchmark(run: Run) -> Iterator[Line]:
    """Yields a row per number of topics, and one for the history."""
    yield from topics(run)
    yield history(run)


def history(run: Run) -> Line:
    """A hundred messages of 100 B on each of many topics: what one more message costs, its topic being there already."""
    topics, depth = run.size.history
    count = topics * depth
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        BenchBroker(Path(name)) as broker,
        run.start(Path(name), [broker], budget_bytes=None) as receiver,
    ):
        receiver.wait_connected()
        publish(broker.port, "flood", count=topics, topics=topics)
        receiver.wait_received(topics)
        receiver.wait_lines(2)
        first = receiver.process.memory_info().rss
        publish(broker.port, "flood", count=count - topics, topics=topics)
        receiver.wait_received(count)
        receiver.wait_lines(2)
        line = receiver.lines()[-1]
        full = receiver.process.memory_info().rss
    return {
        **run.label(f"{depth} messages on each of {topics:,} topics"),
        "topics": line["topics"],
        "arrived": line["received"],
        "messages_in_history": line["messages_in_history"],
        "rss_bytes": full,
        "bytes_per_message": round((full - first) / (count - topics)),
        "estimated_bytes_per_message": round(line["bytes_in_history"] / max(1, line["messages_in_history"])),
        "evicted": line["evicted"],
        "dropped": line["dropped"],
    }


def topics(run: Run) -> Iterator[Line]:
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
