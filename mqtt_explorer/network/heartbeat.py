# SPDX-License-Identifier: MIT
"""The keep-alive: pings of our own, the round trip time, and a deadline that catches peers which drip bytes but never answer.

paho's is off. It closes a live connection after a freeze or behind a backlog, and takes a slow drip for life (PAHO.md, T8 to T11).
"""

from __future__ import annotations

from collections import deque

from mqtt_explorer.network.faults import FaultKind, LinkFault
from mqtt_explorer.network.wire_counters import WireCounters

_EVERY_S = 15.0
#: A peer that drips is dead after this; one that delivers a backlog gets more time.
_PATIENCE_S = 20.0
_BACKLOG_PATIENCE = 6
_DRIP_BYTES = 65_536
#: After the computer slept a broker that is there answers at once, and nobody wants to wait longer for one that is not.
_HURRY_S = 3.0


class Heartbeat:
    """When to ping, and whether an answer is overdue. All times are seconds on the monotonic clock.

    Args:
        keep_alive: Seconds; 0 means no pings but those asked for by `hurry`.
        wire: Tells whether bytes move.

    Attributes:
        rtt_s: The last PINGREQ → PINGRESP in seconds; None before the first.
    """

    def __init__(self, keep_alive: int, wire: WireCounters) -> None:
        self.rtt_s: float | None = None
        self._keep_alive = keep_alive
        self._wire = wire
        self._next_s = 0.0
        self._stuck_s: float | None = None  # since when a queued ping has seen no byte leave
        self._bytes_out_then = 0
        #: When each unanswered ping left, and the bytes read by then.
        self._sent: deque[tuple[float, int]] = deque()
        self._hurry: tuple[float, int] | None = None  # since when it is asked, and the bytes read by then

    @property
    def waiting(self) -> bool:
        """A ping is queued or sent, and not answered."""
        return self._stuck_s is not None or bool(self._sent)

    def due(self, now: float) -> bool:
        """True when a ping is to be queued now: at once after the CONNACK, then every 15 s, or half the keep-alive if that is less.

        Also while one is unanswered: its answer may lie behind a long backlog, and the broker ends a connection that is silent for
        one and a half keep-alives (MQTT 5, 3.1.2.10).
        """
        wanted = self._keep_alive or self._hurry is not None
        if not wanted or self._stuck_s is not None or now < self._next_s:
            return False
        self._next_s = now + min(_EVERY_S, self._keep_alive / 2 or _EVERY_S)
        self._stuck_s = now
        self._bytes_out_then = self._wire.bytes_out
        return True

    def hurry(self, now: float) -> None:
        """The connection may have died unnoticed: a ping is due at once, and any byte must come back within 3 s."""
        self._hurry = (now, self._wire.bytes_in)
        self._next_s = now

    def sent(self, now: float) -> None:
        """The PINGREQ left."""
        self._stuck_s = None
        self._sent.append((now, self._wire.bytes_in))

    def answered(self, now: float) -> None:
        """A PINGRESP came: the oldest ping's."""
        if self._sent:
            self.rtt_s = now - self._sent.popleft()[0]

    def overdue(self, now: float, where: str) -> LinkFault | None:
        """The fault of a peer that has not answered, or takes nothing more, for too long; None while there is hope.

        Args:
            now: After everything readable was read.
            where: The broker, for the sentence.
        """
        patience = min(_PATIENCE_S, max(2.0, float(self._keep_alive or _PATIENCE_S)))
        if self._stuck_s is not None:
            if self._wire.bytes_out != self._bytes_out_then:  # a large message is leaving before the ping
                self._bytes_out_then = self._wire.bytes_out
                self._stuck_s = now
            waited = now - self._stuck_s
            if waited > patience:
                return _silent(f"{where} has taken nothing for {waited:.0f} s")
        if self._hurry is not None and (fault := self._hurried(now, where)) is not None:
            return fault
        if self._sent:
            sent_s, bytes_then = self._sent[0]
            waited = now - sent_s
            if self._wire.bytes_in - bytes_then >= _DRIP_BYTES:
                patience *= _BACKLOG_PATIENCE
            if waited > patience:
                return _silent(f"{where} did not answer a ping for {waited:.0f} s")
        return None

    def _hurried(self, now: float, where: str) -> LinkFault | None:
        asked_s, bytes_then = self._hurry or (now, 0)
        if self._wire.bytes_in != bytes_then:  # it lives: the usual patience is enough
            self._hurry = None
            return None
        # What still leaves moves `_stuck_s` on: a dead peer takes a full buffer at most.
        waited = now - max(asked_s, self._stuck_s or asked_s)
        return _silent(f"{where} did not answer a ping for {waited:.0f} s") if waited > _HURRY_S else None


def _silent(problem: str) -> LinkFault:
    return LinkFault(
        FaultKind.TIMEOUT, "Broker does not answer", f"{problem}; check the network and the broker."
    )
