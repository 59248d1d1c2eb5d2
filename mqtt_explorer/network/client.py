# SPDX-License-Identifier: MIT
"""One MQTT client: a connection to a broker, requests with results, inbound messages as batches.

Answers are read by `control`, messages by `tap`; paho encodes and keeps the outbound handshakes. What was sent and is not yet acknowledged
survives a lost connection: paho sends it again after the next `connect()`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mqtt_explorer.events import Event
from mqtt_explorer.network import control
from mqtt_explorer.network.deadline import Deadline, place_deadline, publish_deadline
from mqtt_explorer.network.faults import FaultKind, LinkFault, batch_fault, link_fault, no_connack_fault
from mqtt_explorer.network.heartbeat import Heartbeat
from mqtt_explorer.network.held import Held
from mqtt_explorer.network.loop_bridge import LoopBridge
from mqtt_explorer.network.outbox import Outbox, grants_of, not_connected
from mqtt_explorer.network.paho_adapter import PahoAdapter
from mqtt_explorer.network.read_budget import ReadBudget
from mqtt_explorer.network.reader import Reader
from mqtt_explorer.network.refusal import ConnackRefused, silent_broker
from mqtt_explorer.network.tap import FrameSplitter
from mqtt_explorer.network.wire_counters import WireCounters
from mqtt_explorer.network.writer import Writer
from mqtt_explorer.protocol.batch import Batch
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion
from mqtt_explorer.protocol.reason_codes import ReasonCode
from mqtt_explorer.protocol.requests import Connack, Grant, PublishRequest, PublishResult, Subscription

if TYPE_CHECKING:
    from mqtt_explorer.network.transport import Transport

_log = logging.getLogger(__name__)
_TICK_S = 0.5
_DRAIN_S = 2.0
_GOODBYE_S = 0.5


class MqttClient:
    """Keeps one paho client for the life of a broker and client id.

    Args:
        options: Broker, login, session.
        on_batch: Gets every batch in wire order; acknowledgements leave after it returned. If it raises, the connection ends.
        read_budget: Shared by all clients of the process.
        coalesce: False for probes that time arrivals.

    Events:
        lost: Once for each connection that had its CONNACK and ended without `disconnect()`.
        progress: After a SUBACK or an acknowledgement: the connection is of use.
        granted_late: What a SUBACK said that came after its deadline.
    """

    def __init__(
        self,
        options: ConnectOptions,
        *,
        on_batch: Callable[[Batch], None],
        read_budget: ReadBudget | None = None,
        coalesce: bool = True,
    ) -> None:
        self.options = options
        self.lost: Event[LinkFault] = Event()
        self.progress: Event[()] = Event()
        self.connack: Connack | None = None
        self.wire = WireCounters()
        self._on_batch = on_batch
        self._read_budget = read_budget or ReadBudget()
        self._coalesce = coalesce
        self._v5 = options.version is ProtocolVersion.V5
        self._paho = PahoAdapter(options)
        self._outbox = Outbox(self._paho)
        self.granted_late = self._outbox.granted_late
        self._held = Held()
        self._transport: Transport | None = None
        self._reader: Reader | None = None
        self._splitter: FrameSplitter | None = None
        self._writer: Writer | None = None
        self._answer: asyncio.Future[Connack] | None = None
        self._up = False
        self._leaving = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tick_handle: asyncio.TimerHandle | None = None
        self._first_bytes = b""
        self._write_error: OSError | None = None
        self._heartbeat = Heartbeat(0, self.wire)
        self._counted_out = 0

    @property
    def rtt_s(self) -> float | None:
        """The last PINGREQ → PINGRESP round trip in seconds; None before the first."""
        return self._heartbeat.rtt_s

    @property
    def up(self) -> bool:
        """True between a CONNACK and the end of the connection."""
        return self._up

    @property
    def unacknowledged(self) -> int:
        """Publishes and requests without an answer yet."""
        return self._outbox.unacknowledged

    # -- connecting ---------------------------------------------------------------------------------------------------

    async def connect(self, transport: Transport) -> Connack:
        """Sends CONNECT on a ready transport and waits for the CONNACK. Takes the transport over.

        Raises:
            ConnackRefused: The broker said no.
            LinkFault: The connection ended, or no CONNACK came within `options.connack_timeout_s`.
        """
        if self._transport is not None:
            raise RuntimeError("This client is connected already.")
        self._loop = loop = asyncio.get_running_loop()
        options = self.options
        self._transport = transport
        bridge = LoopBridge.of_running_loop()
        self._splitter = FrameSplitter(options.version, options.payload_cap, self._held)
        self._first_bytes, self._write_error, self._leaving = b"", None, False
        self._answer = loop.create_future()
        self._paho.open(transport)
        self._reader = Reader(
            transport,
            bridge,
            self._read_budget,
            coalesce=self._may_coalesce,
            on_data=self._on_data,
            on_end=self._on_end,
        )
        self._writer = Writer(
            transport, bridge, self._paho, on_written=self._written, on_error=self._on_write_error
        )
        self._tick_handle = loop.call_later(_TICK_S, self._tick)
        self._writer.flush()
        try:
            async with asyncio.timeout(options.connack_timeout_s):
                return await self._answer
        except TimeoutError:
            raise silent_broker(options) from None
        finally:
            if not self._up:
                self._teardown()

    def _on_connack(self, answer: control.Answer) -> None:
        if self._answer is None or self._answer.done():
            self._fail(LinkFault(FaultKind.PROTOCOL, "Protocol error", "The broker sent a second CONNACK."))
            return
        connack = control.connack_of(answer)
        if connack.reason.value != 0:
            self._answer.set_exception(ConnackRefused(connack.reason))
            return
        self._up = True
        self.connack = connack
        self._outbox.limit(connack.receive_maximum)
        wanted = self.options.keep_alive if connack.server_keep_alive is None else connack.server_keep_alive
        self._heartbeat = Heartbeat(wanted, self.wire)
        self._answer.set_result(connack)

    # -- requests -----------------------------------------------------------------------------------------------------

    async def publish(self, request: PublishRequest) -> PublishResult:
        """Publishes and waits for the acknowledgement (QoS 0: until the bytes left).

        Raises:
            RequestLost: Not connected, no place in the in-flight window, or no answer came in time; its `may_arrive` tells whether it left.
            RequestError: The broker's limits or the version forbid it; nothing was sent.
        """
        connack = self._require_up()
        self._outbox.check_limits(request, connack, v5=self._v5)
        started = time.monotonic()
        async with place_deadline(self.options.request_timeout_s):
            await self._outbox.admit(request.qos)
        self._require_up()
        async with publish_deadline(self.options.request_timeout_s, request.qos):
            packet_id, answer = self._outbox.publish(request)
            self._send()
            reason = await answer
        self.wire.published += 1
        return PublishResult(reason, packet_id if request.qos else None, time.monotonic() - started)

    async def subscribe(self, subscriptions: Sequence[Subscription]) -> list[Grant]:
        """Sends one SUBSCRIBE per subscription identifier and waits for the answers.

        Returns:
            One grant per subscription, in their order; refusals included.

        Raises:
            RequestLost: Not connected, the connection ended, or no SUBACK came in time.
        """
        self._require_up()
        async with Deadline(self.options.request_timeout_s, "No SUBACK came"):
            waiting = self._outbox.subscribe(subscriptions)
            self._send()
            return await grants_of(waiting, subscriptions)

    async def unsubscribe(self, filters: Sequence[str]) -> list[ReasonCode]:
        """Sends UNSUBSCRIBE and waits for the UNSUBACK.

        Returns:
            One reason per filter; on 3.1.1, whose UNSUBACK has none, success for each.

        Raises:
            RequestLost: Not connected, the connection ended, or no UNSUBACK came in time.
        """
        self._require_up()
        async with Deadline(self.options.request_timeout_s, "No UNSUBACK came"):
            answer = self._outbox.unsubscribe(filters)
            self._send()
            reasons = (await answer).reasons
        return list(reasons) if reasons else [ReasonCode(0, "UNSUBACK")] * len(filters)

    async def disconnect(self) -> int:
        """Waits briefly for what is under way, says DISCONNECT and closes.

        Returns:
            How many publishes and requests were left without an answer.
        """
        if self._up:
            deadline = time.monotonic() + _DRAIN_S
            while self._up and self._outbox.unacknowledged and time.monotonic() < deadline:
                await asyncio.sleep(0.01)
        left = self._outbox.unacknowledged
        if self._up:
            self._up, self._leaving = False, True
            self._paho.disconnect()
            if self._writer is not None:
                await self._writer.drain(_GOODBYE_S)
        self._teardown()
        self._outbox.fail_all()
        return left

    def _require_up(self) -> Connack:
        if not self._up or self.connack is None:
            raise not_connected()
        return self.connack

    def _send(self) -> None:
        """Sends what a request queued, and reads without delay until its answer is there."""
        if self._reader is not None and self._writer is not None:
            self._reader.attend()
            self._writer.schedule()

    def _may_coalesce(self) -> bool:
        return self._coalesce and not self._outbox.unacknowledged and not self._heartbeat.waiting

    # -- reading ------------------------------------------------------------------------------------------------------

    def _on_data(self, data: bytes, mono_ns: int, wall_ns: int) -> None:
        splitter = self._splitter
        if splitter is None or self._leaving:
            return
        self.wire.bytes_in += len(data)
        if not self._up:
            self._first_bytes += data[: 16 - len(self._first_bytes)]
            if self._first_bytes[0] not in control.FIRST_PACKETS:
                self._stream_broken("")
                return
        feed = splitter.feed(data)
        if feed.frames or feed.malformed:
            batch = Batch(mono_ns, wall_ns, feed.frames, feed.malformed, feed.wire_bytes, feed.truncated)
            try:
                self._on_batch(batch)
            except Exception as error:  # noqa: BLE001 – it is logged and told; what was not kept must not be acknowledged
                _log.exception("A batch could not be taken over")
                self._fail(batch_fault(error))
                return
        if feed.acks and self._transport is not None:
            self._paho.queue_acknowledgements(bytes(feed.acks))
        for packet in feed.control:
            if self._transport is None:
                return
            self._on_control(packet)
        if feed.broken is not None and self._transport is not None:
            self._stream_broken(feed.broken)
        elif self._writer is not None and (feed.acks or feed.control):
            self._writer.flush()

    def _stream_broken(self, reason: str) -> None:
        if self._up or self._first_bytes[0] in control.FIRST_PACKETS:
            sentence = f"{reason} The connection was closed."
            self._fail(LinkFault(FaultKind.PROTOCOL, "Protocol error", sentence, permanent=not self._up))
        else:
            self._fail(no_connack_fault(self.options.url, self.options.tls, self._first_bytes))

    def _on_control(self, packet: bytes) -> None:
        if self._up and packet[0] == control.PINGRESP:
            self._heartbeat.answered(time.monotonic())
            return
        if self._up and not self._outbox.awaits(packet):
            return  # nobody asked; paho would take a PUBACK for the end of a QoS 2 publish
        try:
            answer = control.read_answer(packet, v5=self._v5)
        except control.ControlError as error:
            self._stream_broken(str(error))
            return
        kind = answer.kind
        if kind == control.CONNACK:
            self._on_connack(answer)
            if not self._up:
                return
        elif kind == control.AUTH:
            self._stream_broken("The broker asked for an extended sign-in (AUTH), which was not offered.")
            return
        elif not self._up:
            return  # behind a refusal
        elif kind == control.DISCONNECT:
            reason = answer.reason
            self._fail(LinkFault(FaultKind.CLOSED, reason.name, reason.sentence, code=reason.value))
            return
        elif self._outbox.settle(answer):
            self.progress.emit()
        else:
            return  # nobody asked; paho would take a PUBACK for the end of a QoS 2 publish
        self._paho.feed(control.slim_copy(answer, v5=self._v5))

    def _on_end(self, error: OSError | LinkFault | None) -> None:
        if isinstance(error, LinkFault):
            self._fail(error)
        elif self._up:
            said = self._transport.end_reason if self._transport is not None else ""
            self._fail(link_fault(error, self.options.url, self.options.tls, said=said))
        else:
            self._fail(no_connack_fault(self.options.url, self.options.tls, self._first_bytes, error))

    def _on_write_error(self, error: OSError) -> None:
        """Waits half a second at most for the reader to say why: a DISCONNECT or a TLS alert may lie in the socket still."""
        self._write_error = error
        if self._writer is not None:
            self._writer.close()

    # -- writing and time ---------------------------------------------------------------------------------------------

    def _written(self) -> None:
        self._count_sent()
        if self._paho.take_ping_sent():
            self._heartbeat.sent(time.monotonic())
        self._outbox.settle_sent()

    def _count_sent(self) -> None:
        self.wire.bytes_out += self._paho.bytes_out - self._counted_out
        self._counted_out = self._paho.bytes_out

    def _tick(self) -> None:
        """Reads first, then looks at the clock: after a freeze the answers wait in the socket (PAHO.md, T9)."""
        self._tick_handle = None
        try:
            if self._reader is not None:
                self._reader.drain()
            if self._write_error is not None and self._transport is not None:
                self._on_end(self._write_error)
            elif self._up:
                self._keep_alive(time.monotonic())
        finally:
            if self._transport is not None and self._loop is not None:  # Qt may fire after the loop stopped
                self._tick_handle = self._loop.call_later(_TICK_S, self._tick)

    def _keep_alive(self, now: float) -> None:
        fault = self._heartbeat.overdue(now, self.options.url.netloc)
        if fault is not None:
            self._fail(fault)
        elif self._heartbeat.due(now):
            self._paho.ping()
            self._send()

    # -- ending -------------------------------------------------------------------------------------------------------

    def _fail(self, fault: LinkFault) -> None:
        was_up = self._up
        self._teardown()
        if was_up:
            self._outbox.connection_lost(fault)
            self.lost.emit(fault)
        elif self._answer is not None and not self._answer.done():
            self._answer.set_exception(fault)

    def _teardown(self) -> None:
        """Lets go of the transport; what is unacknowledged stays with paho for the next connection."""
        self._up = False
        transport, self._transport = self._transport, None
        if transport is None:
            return
        self._count_sent()
        self._counted_out = 0
        for part in (self._reader, self._writer):
            if part is not None:
                part.close()
        self._reader = self._writer = None
        if self._tick_handle is not None:
            self._tick_handle.cancel()
            self._tick_handle = None
        self._splitter = None
        self._paho.close()
        transport.close()
