# SPDX-License-Identifier: MIT
"""Notices that the computer slept, so that nobody waits for a connection that died meanwhile.

A sleeping machine gets no word of a broker that hung up, and a timer started before takes the sleep for no time at all. Two clocks tell:
one stands still while the machine sleeps, the other goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable

#: Seconds by which the clocks must have parted since the last look: clocks that are set right step by less.
ASLEEP_S = 5.0


def passing_s() -> float:
    """Seconds on a clock that goes on during sleep: Linux has one of its own, elsewhere it is the wall clock."""
    boot_time: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.time() if boot_time is None else time.clock_gettime(boot_time)


class WakeWatch:
    """Compares a clock that stops during sleep with one that does not.

    Where both go on (Windows) it never tells; there timers run out during the sleep by themselves. A wall clock that is set forward
    looks like a sleep, which costs one ping.

    Args:
        awake: Seconds on a clock that stops during sleep.
        passing: Seconds on a clock that goes on.
    """

    def __init__(
        self, awake: Callable[[], float] = time.monotonic, passing: Callable[[], float] = passing_s
    ) -> None:
        self._awake = awake
        self._passing = passing
        self._apart_s = self._difference()

    def slept(self) -> bool:
        """True once after each sleep of more than `ASLEEP_S`; call it every second or two."""
        before, self._apart_s = self._apart_s, self._difference()
        return self._apart_s - before > ASLEEP_S

    def _difference(self) -> float:
        return self._passing() - self._awake()
