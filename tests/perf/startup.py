# SPDX-License-Identifier: MIT
"""`startup`: from starting the process to the first painted frame, byte code present.

The program writes its first line of metrics right after that frame (`frames` ≥ 1), with the time; the URL field has the focus then.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.perf.processes import wait_until
from tests.perf.receivers import Line, Receiver, seconds_of
from tests.perf.run import Run


def benchmark(run: Run) -> Iterator[Line]:
    """Yields one row."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        _first_paint(run, Path(name))  # writes the byte code and warms the disk cache; not counted
        seconds = [_first_paint(run, Path(name)) for _ in range(run.size.starts)]
    yield {
        **run.label("cold start"),
        "first_paint_s": round(statistics.median(seconds), 3),
        "fastest_s": round(min(seconds), 3),
        "slowest_s": round(max(seconds), 3),
        "starts": len(seconds),
    }


def _first_paint(run: Run, folder: Path) -> float:
    begin = time.time()
    with run.start(folder, [], budget_bytes=None) as receiver:
        wait_until(lambda: bool(_painted(receiver)), "the first painted frame", 30)
        return seconds_of(_painted(receiver)[0]) - begin


def _painted(receiver: Receiver) -> list[Line]:
    return [line for line in receiver.lines() if line["frames"]]
