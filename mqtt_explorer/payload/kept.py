# SPDX-License-Identifier: MIT
"""What a snapshot keeps of a topic: its last payload whole, or the beginning and a hash of a large one, and the figures around it."""

from __future__ import annotations

from hashlib import blake2b
from time import monotonic_ns, perf_counter, time_ns
from typing import Final, Literal, NamedTuple

from mqtt_explorer.protocol.batch import QOS_MASK, RETAIN
from mqtt_explorer.protocol.message import Message

#: Payloads up to this many bytes are kept whole.
KEPT_WHOLE: Final = 64 * 1024
#: Of larger ones this much is kept, with their size and their hash.
HEAD: Final = 1024
DIGEST_BYTES: Final = 16

# Beside the low nibble of the fixed header (RETAIN, QoS, DUP) `Entry.flags` holds these.
#: The memory budget took the payload: nothing of it is kept.
EVICTED: Final = 0x10
#: Only the beginning is kept, and the hash of all that was received.
CUT: Final = 0x20
#: The broker keeps a message on the topic, as far as the messages seen tell.
RETAINED: Final = 0x40
#: The payload was received in part only, so that its hash is that of the part.
PART: Final = 0x80

Kept = Literal["whole", "head", "none"]
_PIECE: Final = 1 << 20


class Entry(NamedTuple):
    """One topic in a snapshot.

    Attributes:
        topic: Raw.
        payload: The last message's; see `kept`.
        size: The payload's size on the wire, in bytes.
        flags: Flags of the message and the bits above.
        messages: Received on the topic until then.
        wall_ns: When the last one arrived, ns since the epoch.
        digest: BLAKE2b (16 bytes) of the payload where only its beginning is kept; else empty.
    """

    topic: bytes
    payload: bytes
    size: int
    flags: int
    messages: int
    wall_ns: int
    digest: bytes = b""

    def as_message(self, number: int) -> Message:
        """The same as a message that is in no history, so its number is below 0; its monotonic time is reckoned from the wall clock's."""
        mono_ns = monotonic_ns() - (time_ns() - self.wall_ns)
        frame = (self.flags & 0x0F, self.topic, b"", self.payload, self.size)
        return Message(number, self.wall_ns, mono_ns, frame, evicted=bool(self.flags & EVICTED))

    @property
    def retained(self) -> bool:
        """Whether the broker keeps a message there."""
        return bool(self.flags & RETAINED)

    @property
    def qos(self) -> int:
        """The QoS the last message came with."""
        return (self.flags & QOS_MASK) >> 1

    @property
    def kept(self) -> Kept:
        """How much of the payload is there."""
        return "none" if self.flags & EVICTED else "head" if self.flags & CUT else "whole"

    @property
    def deleted(self) -> bool:
        """The last message took the retained one away (MQTT 5, 3.3.1.3): empty, with RETAIN."""
        return self.size == 0 and bool(self.flags & RETAIN)


class Digest:
    """The hash of a large payload, a piece at a time: 32 MiB at once would hold the window for 30 ms."""

    def __init__(self, payload: bytes) -> None:
        self._rest = memoryview(payload)
        self._hash = blake2b(digest_size=DIGEST_BYTES)

    def step(self, deadline: float) -> bytes | None:
        """Goes on until `deadline` (of `perf_counter`), one piece at least; the hash when it is done."""
        while self._rest:
            self._hash.update(self._rest[:_PIECE])
            self._rest = self._rest[_PIECE:]
            if self._rest and perf_counter() >= deadline:
                return None
        return self._hash.digest()
