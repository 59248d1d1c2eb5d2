# SPDX-License-Identifier: MIT
"""How late a 5 ms timer of the running loop comes: the longest the window could not answer."""

from __future__ import annotations

import asyncio
from array import array
from typing import NamedTuple

from mqtt_explorer import tasks

#: The timer's period in seconds.
PERIOD_S = 0.005

#: Samples kept between two reads, the newest ones: 100 seconds.
CAPACITY = 20_000


class Gaps(NamedTuple):
    """Lateness in milliseconds since the last read; all 0 when nothing was measured."""

    p50: float
    p99: float
    max: float


class LoopGap:
    """Measures the running loop between `start` and `stop`."""

    def __init__(self) -> None:
        self._late_s: array[float] = array("d")
        self._next = 0
        self._max_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to measure the running loop; does nothing when it already does."""
        if self._task is None:
            self._task = tasks.create_task(self._measure(), name="loop gap")

    async def stop(self) -> None:
        """Stops; what was measured can still be read."""
        task, self._task = self._task, None
        await tasks.cancel_and_wait(task)

    def read(self) -> Gaps:
        """The lateness since the last read. The maximum counts all of it, the percentiles the newest 100 seconds."""
        ordered = sorted(self._late_s)
        gaps = Gaps(_percentile_ms(ordered, 0.5), _percentile_ms(ordered, 0.99), round(self._max_s * 1e3, 3))
        del self._late_s[:]
        self._next = 0
        self._max_s = 0.0
        return gaps

    def note(self, late_s: float) -> None:
        """Takes one measured lateness in seconds."""
        self._max_s = max(self._max_s, late_s)
        if len(self._late_s) < CAPACITY:
            self._late_s.append(late_s)
        else:
            self._late_s[self._next] = late_s
            self._next = (self._next + 1) % CAPACITY

    async def _measure(self) -> None:
        now = asyncio.get_running_loop().time
        while True:
            due = now() + PERIOD_S
            await asyncio.sleep(PERIOD_S)
            self.note(max(0.0, now() - due))


def _percentile_ms(ordered: list[float], share: float) -> float:
    """The nearest-rank percentile, in milliseconds."""
    if not ordered:
        return 0.0
    rank = min(len(ordered) - 1, int(share * len(ordered)))
    return round(ordered[rank] * 1e3, 3)
