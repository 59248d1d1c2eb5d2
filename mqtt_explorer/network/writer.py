# SPDX-License-Identifier: MIT
"""Writes what is queued when the socket takes it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mqtt_explorer.network.loop_bridge import LoopBridge
    from mqtt_explorer.network.paho_adapter import PahoAdapter
    from mqtt_explorer.network.transport import Transport


class Writer:
    """The outbound side of one connection.

    Args:
        transport: Ready and non-blocking.
        bridge: Announces that the socket takes more.
        paho: Holds the queue.
        on_written: Called after each attempt.
        on_error: Called once when the transport fails.
    """

    def __init__(
        self,
        transport: Transport,
        bridge: LoopBridge,
        paho: PahoAdapter,
        *,
        on_written: Callable[[], None],
        on_error: Callable[[OSError], None],
    ) -> None:
        self._transport = transport
        self._bridge = bridge
        self._paho = paho
        self._on_written = on_written
        self._on_error = on_error
        self._loop = asyncio.get_running_loop()
        self._fd = transport.fileno()
        self._watching = False
        self._open = True
        self._soon: asyncio.Handle | None = None

    @property
    def unsent(self) -> bool:
        """True while something is queued or half sent."""
        return self._open and (self._paho.wants_write or self._transport.wants_write)

    def schedule(self) -> None:
        """Writes at the end of this loop turn: what is queued until then goes in one go."""
        if self._soon is None and self._open:
            self._soon = self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Writes now, as far as the socket takes it, and asks to be told when it takes more."""
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        if not self._open:
            return
        try:
            if self._transport.wants_write:
                self._transport.flush()
            self._paho.write()
        except OSError as error:
            self._on_error(error)
            return
        self._on_written()
        if self.unsent != self._watching and self._open:
            self._watching = not self._watching
            if self._watching:
                self._bridge.add_writer(self._fd, self.flush)
            else:
                self._bridge.remove_writer(self._fd)

    async def drain(self, seconds: float) -> None:
        """Writes until nothing is left, at most so many seconds."""
        deadline = time.monotonic() + seconds
        self.flush()
        while self.unsent and time.monotonic() < deadline:
            await asyncio.sleep(0.005)

    def close(self) -> None:
        """Stops writing; nothing is called any more."""
        self._open = False
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        if self._watching:
            self._watching = False
            self._bridge.remove_writer(self._fd)
