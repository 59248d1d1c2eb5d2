# SPDX-License-Identifier: MIT
"""QoS 2 messages between PUBLISH and PUBREL, bounded in bytes."""

from __future__ import annotations

from mqtt_explorer.protocol.batch import Frame
from mqtt_explorer.protocol.options import MIB

#: Payloads of QoS 2 messages that wait for their PUBREL are kept up to here, those beyond without their payload.
HELD_BYTES = 64 * MIB
#: Topics and properties alone never come near this.
_HELD_TOO_MUCH = 3 * HELD_BYTES
_HELD_OVERHEAD = 256


class Held:
    """QoS 2 messages between PUBLISH and PUBREL by packet identifier, and about how many bytes they hold.

    A message comes with its bytes on the wire; None stands for a malformed one (which is answered all the same).
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._messages: dict[int, tuple[Frame, int] | None] = {}

    def __contains__(self, packet_id: int) -> bool:
        return packet_id in self._messages

    @property
    def too_much(self) -> bool:
        """A peer fills memory with topics and properties of messages it never releases."""
        return self.bytes > _HELD_TOO_MUCH

    def add(self, packet_id: int, message: tuple[Frame, int] | None) -> None:
        """Keeps a message; one that is held already is the same message, repeated (4.3.3). Above `HELD_BYTES` its payload is left out."""
        if packet_id in self._messages:
            return
        if message is not None and self.bytes + len(message[0][3]) > HELD_BYTES and self.bytes:
            (flags, topic, properties, payload, size), wire = message
            message = (flags, topic, properties, b"", size), wire - len(payload)
        self._messages[packet_id] = message
        self.bytes += _held_bytes(message)

    def take(self, packet_id: int) -> tuple[Frame, int] | None:
        """Removes a message and returns it; None also for an unknown identifier."""
        message = self._messages.pop(packet_id, None)
        self.bytes -= _held_bytes(message)
        return message

    def clear(self) -> None:
        """Forgets all."""
        self._messages.clear()
        self.bytes = 0


def _held_bytes(message: tuple[Frame, int] | None) -> int:
    if message is None:
        return 0
    _, topic, properties, payload, _ = message[0]
    return len(topic) + len(properties) + len(payload) + _HELD_OVERHEAD
