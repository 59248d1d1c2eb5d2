# SPDX-License-Identifier: MIT
"""`idle`: processor time under 1,000 lone messages a second, 1 ms apart, with the window visible and hidden."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.perf.broker import NO_DELAY, NO_LIMITS, BenchBroker, Generator
from tests.perf.receive import fill_budget
from tests.perf.receivers import Line, Receiver
from tests.perf.run import Run

RATE = 1_000
"""Messages a second."""
MIN_FRAMES_PER_S = 5
"""Below this the window shows something else than a tree whose rows change (its status bar alone repaints twice a second)."""
LEAD_S = 1.0
"""The generator runs this much longer before and after what is measured."""


def benchmark(run: Run) -> Iterator[Line]:
    """Yields one row; without a window nothing can be hidden."""
    # Without TCP_NODELAY the broker would gather messages while it waits for the receiver's acknowledgement.
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        BenchBroker(Path(name), NO_LIMITS + NO_DELAY) as broker,
        run.start(Path(name), [broker]) as receiver,
    ):
        receiver.wait_connected()
        fill_budget(receiver, broker, run.size.fill)
        receiver.unfold()
        row = run.label("1,000 lone messages a second")
        frames = receiver.newest("frames")
        row["cpu_percent_visible"] = _cpu_percent(run, receiver, broker)
        if not run.engine and receiver.newest("frames") - frames < MIN_FRAMES_PER_S * run.size.idle_s:
            raise RuntimeError("the tree was not repainted while messages came: nothing visible was measured")
        if not run.engine:
            receiver.hide()
            row["cpu_percent_hidden"] = _cpu_percent(run, receiver, broker)
        line = receiver.lines()[-1]
        yield {**row, "seconds": run.size.idle_s, "evicted": line["evicted"], "dropped": line["dropped"]}


def _cpu_percent(run: Run, receiver: Receiver, broker: BenchBroker) -> float:
    """Percent of one core while the messages come.

    Raises:
        RuntimeError: They did not come at the rate asked for: the figure would mean nothing.
    """
    generator = Generator(broker.port, "lone", rate=RATE, seconds=run.size.idle_s + 2 * LEAD_S)
    try:
        # The generator takes a moment to start; its first messages tell.
        bytes_before = receiver.meter.consumed()
        while receiver.meter.consumed() < bytes_before + 1_000:
            time.sleep(0.01)
        time.sleep(LEAD_S)
        begin, cpu = time.monotonic(), receiver.cpu_seconds()
        time.sleep(run.size.idle_s)
        used, seconds = receiver.cpu_seconds() - cpu, time.monotonic() - begin
        load = generator.result()
    finally:
        generator.stop()
    if not 0.97 < load.sent / load.seconds / RATE < 1.03:
        raise RuntimeError(
            f"{load.sent} messages took {load.seconds:.2f} s: the machine is too busy for this figure"
        )
    return round(100 * used / seconds, 2)
