# SPDX-License-Identifier: MIT
"""Reads one transport when it is readable, within the read budget all sockets share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from mqtt_explorer.network.faults import LinkFault

if TYPE_CHECKING:
    from mqtt_explorer.network.loop_bridge import LoopBridge
    from mqtt_explorer.network.read_budget import ReadBudget
    from mqtt_explorer.network.transport import Transport

#: Bytes per read: some 500 small messages, about 2 ms of work, so the budget can be kept.
READ_SIZE = 65_536
#: A read below this that follows the last one closely is a trickle: messages arrive one by one.
_TRICKLE_BYTES = 4_096
#: While they trickle, one read in 5 ms takes what 5 would (DESIGN §4, idle CPU). Arrival stamps are off by at most this.
_COALESCE_S = 0.005
_QUIET_POLLS = 4


class Reader:
    """Hands over what arrives until the stream ends.

    Args:
        transport: Ready and non-blocking.
        bridge: Announces readiness.
        budget: Shared by all sockets of the process.
        coalesce: Says whether reads may wait for more: never where an arrival is timed or an answer awaited.
        on_data: Gets the bytes with monotonic and wall time (ns) of the read. May call `close`.
        on_end: Called once, with the error or None when the peer closed.
    """

    def __init__(
        self,
        transport: Transport,
        bridge: LoopBridge,
        budget: ReadBudget,
        *,
        coalesce: Callable[[], bool],
        on_data: Callable[[bytes, int, int], None],
        on_end: Callable[[OSError | LinkFault | None], None],
    ) -> None:
        self._transport = transport
        self._bridge = bridge
        self._budget = budget
        self._coalesce = coalesce
        self._on_data = on_data
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._fd = transport.fileno()
        self._open = True
        self._last_ns = 0
        self._timer: asyncio.TimerHandle | None = None
        self._again: asyncio.Handle | None = None
        self._quiet = 0
        bridge.add_reader(self._fd, self._readable)
        if transport.pending():  # the dialer's handshake may have read ahead
            self._again = self._loop.call_soon(self._readable)

    def close(self) -> None:
        """Stops reading; `on_end` is not called any more."""
        if self._open:
            self._open = False
            if self._timer is None:
                self._bridge.remove_reader(self._fd)
            for handle in (self._timer, self._again):
                if handle is not None:
                    handle.cancel()

    def attend(self) -> None:
        """An answer is awaited: reads at once from now on, as long as `coalesce` says no."""
        if self._open and self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._bridge.add_reader(self._fd, self._readable)

    def drain(self) -> None:
        """Reads now what is there, within the budget."""
        if self._open:
            self._read()

    def _closed(self) -> bool:
        return not self._open

    def _readable(self) -> None:
        self._again = None
        if not self._open:
            return
        got = self._read()
        if got is not None and got < _TRICKLE_BYTES and self._open and self._timer is None:
            now = time.monotonic_ns()
            if now - self._last_ns < _COALESCE_S * 1e9 and self._coalesce():
                self._bridge.remove_reader(self._fd)
                self._quiet = 0
                self._timer = self._loop.call_later(_COALESCE_S, self._poll)
            self._last_ns = now

    def _poll(self) -> None:
        """One read in 5 ms instead of one per message, until the trickle stops or becomes a flood."""
        self._timer = None
        if not self._open:
            return
        got = self._read()
        if self._closed():
            return
        self._quiet = 0 if got else self._quiet + 1
        if got is None or got >= _TRICKLE_BYTES or self._quiet >= _QUIET_POLLS or not self._coalesce():
            self._bridge.add_reader(self._fd, self._readable)
        else:
            self._timer = self._loop.call_later(_COALESCE_S, self._poll)

    def _read(self) -> int | None:
        """Reads until nothing is there or the budget is spent.

        Returns:
            Bytes read, or None when it stopped with more to come.
        """
        if not self._budget.start(self):
            self._come_back()
            return None
        try:
            return self._read_within_budget()
        finally:
            self._budget.stop()

    def _read_within_budget(self) -> int | None:
        transport = self._transport
        total = 0
        while not self._budget.spent():
            try:
                data = transport.recv(READ_SIZE)
            except BlockingIOError:
                if transport.pending():
                    continue  # control frames of a websocket; what is behind them was read from the socket already
                return total
            except (OSError, LinkFault) as error:  # a websocket tells broken framing by itself
                self._end(error)
                return None
            if not data:
                self._end(None)
                return None
            total += len(data)
            self._on_data(data, time.monotonic_ns(), time.time_ns())
            if not self._open:
                return None
            if len(data) < READ_SIZE and not transport.pending():
                if total < _TRICKLE_BYTES:
                    transport.quick_ack()
                return total
        self._come_back()
        return None

    def _come_back(self) -> None:
        """Asks for another turn where no readiness event will announce what is left."""
        if self._transport.pending() and self._again is None:
            self._again = self._loop.call_soon(self._readable)

    def _end(self, error: OSError | LinkFault | None) -> None:
        self.close()
        self._on_end(error)
