# SPDX-License-Identifier: MIT
"""Pings of our own: the round trip time, and a deadline that catches peers which drip bytes but never answer."""

from __future__ import annotations

from collections.abc import Callable

_EVERY_S = 15.0
#: A peer that drips is dead after this; one that delivers a backlog gets more time (PAHO.md, T11).
_PATIENCE_S = 20.0
_BACKLOG_PATIENCE = 6
_DRIP_BYTES = 65_536


class Heartbeat:
    """When to ping, and whether an answer is overdue.

    Args:
        keep_alive: Seconds; 0 means no pings at all.
        bytes_in: Bytes received so far, a cumulative counter.

    Attributes:
        rtt_s: The last PINGREQ → PINGRESP in seconds; None before the first.
    """

    def __init__(self, keep_alive: int, bytes_in: Callable[[], int]) -> None:
        self.rtt_s: float | None = None
        self._keep_alive = keep_alive
        self._bytes_in = bytes_in
        self._next_s = 0.0
        self._sent_s: float | None = None
        self._bytes_then = 0

    def due(self, now: float) -> bool:
        """True when a ping should be sent now: at once after the CONNACK, then every 15 s or keep-alive."""
        if not self._keep_alive or self._sent_s is not None or now < self._next_s:
            return False
        self._next_s = now + min(_EVERY_S, self._keep_alive)
        return True

    def sent(self, now: float) -> None:
        """A PINGREQ left, ours or paho's."""
        if self._sent_s is None:
            self._sent_s = now
            self._bytes_then = self._bytes_in()

    def answered(self, now: float) -> None:
        """A PINGRESP came."""
        if self._sent_s is not None:
            self.rtt_s = now - self._sent_s
            self._sent_s = None

    def overdue_s(self, now: float) -> float | None:
        """How long an answer has been waited for in vain, or None while it may still come."""
        if self._sent_s is None:
            return None
        waited = now - self._sent_s
        patience = min(_PATIENCE_S, max(2.0, float(self._keep_alive)))
        if self._bytes_in() - self._bytes_then >= _DRIP_BYTES:
            patience *= _BACKLOG_PATIENCE
        return waited if waited > patience else None
