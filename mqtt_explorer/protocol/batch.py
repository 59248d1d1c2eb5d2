# SPDX-License-Identifier: MIT
"""What one socket read brought: the unit that flows from the network to the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

#: ``(flags, topic, properties, payload, size)``. ``flags`` is the low nibble of the fixed header (MQTT 5, 3.3.1), ``topic`` the raw,
#: valid UTF-8 topic with aliases resolved, ``properties`` the raw property block without its length (empty on 3.1.1), ``payload`` the
#: bytes kept and ``size`` the payload's size on the wire. A plain tuple: 80 bytes, against 1,500–7,400 for a message object.
Frame: TypeAlias = tuple[int, bytes, bytes, bytes, int]

RETAIN = 0x01
QOS_MASK = 0x06
DUP = 0x08


class Malformed(NamedTuple):
    """A PUBLISH that cannot be shown as a message, kept raw.

    Attributes:
        raw: The packet as it came (at most its first 64 KiB).
        reason: One plain sentence.
        position: How many frames of the batch came before it.
        size: The packet's whole size on the wire, in bytes.
    """

    raw: bytes
    reason: str
    position: int
    size: int


@dataclass(slots=True)
class Batch:
    """The messages of one socket read, in the order on the wire.

    Attributes:
        mono_ns: Arrival on the monotonic clock, for intervals.
        wall_ns: Arrival on the wall clock (ns since the epoch), for display.
        frames: The messages.
        malformed: Packets that are no messages.
        wire_bytes: What the frames took on the wire; the store's memory estimate starts from it.
        truncated: How many frames keep less payload than was sent.
    """

    mono_ns: int
    wall_ns: int
    frames: list[Frame]
    malformed: list[Malformed] = field(default_factory=list)
    wire_bytes: int = 0
    truncated: int = 0
