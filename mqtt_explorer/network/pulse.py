# SPDX-License-Identifier: MIT
"""The clock of one connection: every half second it reads, looks whether the peer still answers, and pings."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from mqtt_explorer.network.heartbeat import Heartbeat

if TYPE_CHECKING:
    from mqtt_explorer.network.faults import LinkFault
    from mqtt_explorer.network.wire_counters import WireCounters

_TICK_S = 0.5


class Pulse:
    """Runs from the first byte of a connection to its last.

    Args:
        wire: Tells the heartbeat whether bytes move.
        where: The broker, for sentences.
        read: Reads what is there. May end the connection.
        ping: Sends a PINGREQ.
        on_silence: Called with the fault of a peer that does not answer any more.

    Attributes:
        heartbeat: When to ping, and how long the answers take.
    """

    def __init__(
        self,
        wire: WireCounters,
        where: str,
        *,
        read: Callable[[], None],
        ping: Callable[[], None],
        on_silence: Callable[[LinkFault], None],
    ) -> None:
        self.heartbeat = Heartbeat(0, wire)
        self._wire = wire
        self._where = where
        self._read = read
        self._ping = ping
        self._on_silence = on_silence
        self._loop = asyncio.get_running_loop()
        self._beats = False
        self._open = True
        self._next: asyncio.TimerHandle | None = self._loop.call_later(_TICK_S, self.tick)

    def start_beating(self, keep_alive: int) -> None:
        """The CONNACK came: from now on the peer has to answer pings.

        Args:
            keep_alive: Seconds; 0 means no pings at all.
        """
        self.heartbeat = Heartbeat(keep_alive, self._wire)
        self._beats = True

    def tick(self) -> None:
        """Reads first, then looks at the clock: after a freeze the answers wait in the socket (PAHO.md, T9)."""
        try:
            self._read()
            self._beat(time.monotonic())
        finally:
            if self._next is not None:
                self._next.cancel()
            self._next = self._loop.call_later(_TICK_S, self.tick) if self._open else None

    def hurry(self) -> None:
        """Pings at once, and gives the peer a few seconds only: the computer slept, and the connection may be long gone."""
        self.heartbeat.hurry(time.monotonic())
        self.tick()

    def _beat(self, now: float) -> None:
        if not self._beats or not self._open:
            return
        fault = self.heartbeat.overdue(now, self._where)
        if fault is not None:
            self._on_silence(fault)
        elif self.heartbeat.due(now):
            self._ping()

    def close(self) -> None:
        """Stops for good."""
        self._open = self._beats = False
        if self._next is not None:
            self._next.cancel()
            self._next = None
