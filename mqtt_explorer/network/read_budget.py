# SPDX-License-Identifier: MIT
"""One reading budget for all sockets together, so that the window gets its turn between two floods."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from time import perf_counter_ns


class ReadBudget:
    """Grants all readers of one loop together `total_ms` per turn of the loop.

    A reader asks `start`, reads until `spent` says so, and calls `stop`. One that gets nothing returns at once: its socket
    stays readable, so it is called again next turn, and is then first in the queue. So every socket gets its share whatever
    order the loop calls them in.

    The end of a turn is found by `call_soon`, and only once a quarter of the budget is used: lone messages, one a turn, would
    otherwise pay a timer event of Qt each.
    """

    __slots__ = ("_ending", "_hungry", "_seen", "_started", "_total", "_used")

    def __init__(self, total_ms: float = 8.0) -> None:
        self._total = int(total_ms * 1_000_000)
        self._used = 0
        self._started = 0
        self._ending = False
        self._hungry: dict[Hashable, None] = {}  # who got nothing, longest waiting first
        self._seen: set[Hashable] = set()

    def start(self, reader: Hashable) -> bool:
        """False when nothing is left for this reader in this turn; then do not read and do not call `stop`."""
        hungry = self._hungry
        if hungry or self._used >= self._total:
            if self._used >= self._total or next(iter(hungry)) != reader:
                hungry[reader] = None
                # Only here: the end of the turn, which forgets it again, is certain to come.
                self._seen.add(reader)
                self._end_turn_soon()
                return False
            del hungry[reader]
        self._started = perf_counter_ns()
        return True

    def spent(self) -> bool:
        """True once this reader has to stop."""
        return self._used + perf_counter_ns() - self._started >= self._total

    def stop(self) -> None:
        """Books the time since `start`."""
        self._used += perf_counter_ns() - self._started
        if self._used * 4 > self._total:
            self._end_turn_soon()

    def _end_turn_soon(self) -> None:
        if not self._ending:
            self._ending = True
            asyncio.get_running_loop().call_soon(self._end_turn)

    def _end_turn(self) -> None:
        self._ending = False
        self._used = 0
        # Who did not ask again has nothing to read, or is gone: it must not hold up the others.
        for reader in [reader for reader in self._hungry if reader not in self._seen]:
            del self._hungry[reader]
        self._seen.clear()
