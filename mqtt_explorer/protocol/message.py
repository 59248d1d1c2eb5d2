# SPDX-License-Identifier: MIT
"""A received message, built only for what a view, a decoder or an export asks for."""

from __future__ import annotations

from dataclasses import dataclass

from mqtt_explorer.protocol.batch import DUP, QOS_MASK, RETAIN, Frame
from mqtt_explorer.protocol.properties import Properties, decode_properties


@dataclass(frozen=True, slots=True)
class Message:
    """One received message.

    Attributes:
        seq: Its number within the connection, counted from 0 in arrival order.
        wall_ns: Arrival, ns since the epoch.
        mono_ns: Arrival on the monotonic clock.
        frame: The wire tuple (see `protocol.batch.Frame`).
        evicted: True when the memory budget took the payload back; `payload` is then empty and `size` still tells the truth.
    """

    seq: int
    wall_ns: int
    mono_ns: int
    frame: Frame
    evicted: bool = False

    @property
    def topic(self) -> str:
        """The topic as text; the tap guarantees valid UTF-8."""
        return self.frame[1].decode()

    @property
    def payload(self) -> bytes:
        """The bytes kept; fewer than `size` when truncated."""
        return self.frame[3]

    @property
    def size(self) -> int:
        """The payload's size on the wire, in bytes."""
        return self.frame[4]

    @property
    def qos(self) -> int:
        """The QoS it was delivered with."""
        return (self.frame[0] & QOS_MASK) >> 1

    @property
    def retain(self) -> bool:
        """The RETAIN flag."""
        return bool(self.frame[0] & RETAIN)

    @property
    def dup(self) -> bool:
        """The DUP flag: the broker says it may have sent this before."""
        return bool(self.frame[0] & DUP)

    @property
    def truncated(self) -> bool:
        """True when more was sent than is kept."""
        return not self.evicted and self.frame[4] > len(self.frame[3])

    def properties(self) -> Properties:
        """The decoded MQTT 5 properties.

        Raises:
            PropertyError: The block is malformed.
        """
        return decode_properties(self.frame[2])
