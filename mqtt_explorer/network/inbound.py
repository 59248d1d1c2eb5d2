# SPDX-License-Identifier: MIT
"""What comes in on one connection: messages go out as batches, answers are read, and whatever is wrong with either has its fault."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from mqtt_explorer.network import control
from mqtt_explorer.network.faults import FaultKind, LinkFault, batch_fault, link_fault, no_connack_fault
from mqtt_explorer.network.tap import FrameSplitter
from mqtt_explorer.protocol.batch import Batch
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion

if TYPE_CHECKING:
    from mqtt_explorer.network.held import Held

_log = logging.getLogger(__name__)
_FIRST_BYTES = 16


class Inbound:
    """The reading side of one connection.

    Args:
        options: Version, caps, and the address for sentences.
        held: The session's QoS 2 messages; see `FrameSplitter`.
        on_batch: Gets every batch in wire order. If it raises, the connection ends and nothing of the batch is acknowledged.
        acknowledge: Gets the acknowledgements owed, after `on_batch` returned.
        awaits: Tells of a packet whether anybody waits for it.
        on_answer: Gets each answer somebody waits for, CONNACK and DISCONNECT.
        on_pong: A PINGRESP came.
        on_fault: The stream cannot be read any further.

    Attributes:
        accepted: True once an accepting CONNACK came; set by the client.
    """

    def __init__(
        self,
        options: ConnectOptions,
        held: Held,
        *,
        on_batch: Callable[[Batch], None],
        acknowledge: Callable[[bytes], None],
        awaits: Callable[[bytes], bool],
        on_answer: Callable[[control.Answer], None],
        on_pong: Callable[[], None],
        on_fault: Callable[[LinkFault], None],
    ) -> None:
        self.accepted = False
        self._options = options
        self._v5 = options.version is ProtocolVersion.V5
        self._splitter = FrameSplitter(
            options.version,
            options.payload_cap,
            held,
            topic_alias_maximum=options.topic_alias_maximum or 0,
        )
        self._on_batch = on_batch
        self._acknowledge = acknowledge
        self._awaits = awaits
        self._on_answer = on_answer
        self._on_pong = on_pong
        self._on_fault = on_fault
        self._open = True
        self._first_bytes = b""

    def close(self) -> None:
        """The connection ended: nothing is called any more."""
        self._open = False

    def feed(self, data: bytes, mono_ns: int, wall_ns: int) -> bool:
        """Takes what one read brought.

        Returns:
            Whether something may have to be written now.
        """
        if not self._open:
            return False
        if not self.accepted:
            self._first_bytes += data[: _FIRST_BYTES - len(self._first_bytes)]
            if self._first_bytes[0] not in control.FIRST_PACKETS:
                self._broken("")
                return False
        feed = self._splitter.feed(data)
        if feed.frames or feed.malformed:
            batch = Batch(mono_ns, wall_ns, feed.frames, feed.malformed, feed.wire_bytes, feed.truncated)
            try:
                self._on_batch(batch)
            except Exception as error:  # noqa: BLE001 – it is logged and told; what was not kept must not be acknowledged
                _log.exception("A batch could not be taken over")
                self._on_fault(batch_fault(error))
                return False
        if feed.acks and self._open:
            self._acknowledge(bytes(feed.acks))
        for packet in feed.control:
            if not self._closed():
                self._read(packet)
        if feed.broken is not None and not self._closed():
            self._broken(feed.broken)
        return not self._closed() and bool(feed.acks or feed.control)

    def _closed(self) -> bool:
        return not self._open

    def _read(self, packet: bytes) -> None:
        if self.accepted:
            if packet[0] == control.PINGRESP:
                self._on_pong()
                return
            if not self._awaits(packet):
                return  # nobody asked; paho would take a PUBACK for the end of a QoS 2 publish
        try:
            answer = control.read_answer(packet, v5=self._v5)
        except control.ControlError as error:
            self._broken(str(error))
            return
        if answer.kind == control.AUTH:
            self._broken("The broker asked for an extended sign-in (AUTH), which was not offered.")
        elif self.accepted or answer.kind == control.CONNACK:  # else it stands behind a refusal
            self._on_answer(answer)

    def _broken(self, reason: str) -> None:
        if self.accepted or self._first_bytes[0] in control.FIRST_PACKETS:
            sentence = f"{reason} The connection was closed."
            fault = LinkFault(FaultKind.PROTOCOL, "Protocol error", sentence, permanent=not self.accepted)
        else:
            fault = no_connack_fault(self._options.url, self._options.tls, self._first_bytes)
        self._on_fault(fault)

    def fault_at_end(self, error: OSError | LinkFault | None, said: str) -> LinkFault:
        """Why the stream ended.

        Args:
            error: Of the last read or write; None: the peer closed it.
            said: A reason the transport knows (a websocket's close frame), or "".
        """
        if isinstance(error, LinkFault):
            return error
        if self.accepted:
            return link_fault(error, self._options.url, self._options.tls, said=said)
        return no_connack_fault(self._options.url, self._options.tls, self._first_bytes, error)
