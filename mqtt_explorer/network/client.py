# SPDX-License-Identifier: MIT
"""One MQTT client: a connection to a broker, requests with results, inbound messages as batches.

Answers and messages are read by `inbound`; paho encodes and keeps the outbound handshakes. What was sent and is not yet acknowledged
survives a lost connection: paho sends it again after the next `connect()`, and what waits for its turn waits on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mqtt_explorer.events import Event
from mqtt_explorer.network import control
from mqtt_explorer.network.answers import grants_of, reasons_of
from mqtt_explorer.network.closing import CLOSE_S, drained, farewell
from mqtt_explorer.network.deadline import Clock, Deadline, place_deadline, publish_deadline
from mqtt_explorer.network.faults import FaultKind, LinkFault
from mqtt_explorer.network.held import Held
from mqtt_explorer.network.inbound import Inbound
from mqtt_explorer.network.loop_bridge import LoopBridge
from mqtt_explorer.network.outbox import FILTERS_PER_PACKET, Outbox, not_connected
from mqtt_explorer.network.paho_adapter import PahoAdapter
from mqtt_explorer.network.pulse import Pulse
from mqtt_explorer.network.read_budget import ReadBudget
from mqtt_explorer.network.reader import Reader
from mqtt_explorer.network.refusal import ConnackRefused, silent_broker
from mqtt_explorer.network.wire_counters import WireCounters
from mqtt_explorer.network.writer import Writer
from mqtt_explorer.protocol.batch import Batch
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion
from mqtt_explorer.protocol.reason_codes import ReasonCode
from mqtt_explorer.protocol.requests import Connack, Grant, PublishRequest, PublishResult, Subscription

if TYPE_CHECKING:
    from mqtt_explorer.network.transport import Transport
    from mqtt_explorer.network.unsent import Unsent
    from mqtt_explorer.protocol.limits import Limits


class MqttClient:
    """Keeps one paho client for the life of a broker and client id.

    Args:
        options: Broker, login, session.
        on_batch: Gets every batch in wire order; acknowledgements leave after it returned. If it raises, the connection ends.
        read_budget: Shared by all clients of the process.
        coalesce: False for probes that time arrivals.

    Attributes:
        options: As given.
        limits: What the broker takes: those of the options until the first CONNACK, then what the broker told.
        connack: The last one, or None.
        wire: Bytes and messages, counted over all connections.
        paused: To be called when nobody will connect again by himself; see `Outbox.paused`.
        said_goodbye: The last `disconnect()` was heard, as far as can be told; if not, the broker may publish the will.

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
        self.limits: Limits = options.limits
        self.connack: Connack | None = None
        self.said_goodbye = True
        self.wire = WireCounters()
        self._on_batch = on_batch
        self._read_budget = read_budget or ReadBudget()
        self._coalesce = coalesce
        self._v5 = options.version is ProtocolVersion.V5
        self._paho = PahoAdapter(options)
        self._outbox = Outbox(self._paho)
        self.granted_late = self._outbox.granted_late
        self.paused = self._outbox.paused
        self._clock = Clock()
        self._held = Held()
        self._transport: Transport | None = None
        self._reader: Reader | None = None
        self._inbound: Inbound | None = None
        self._writer: Writer | None = None
        self._answer: asyncio.Future[Connack] | None = None
        self._pulse: Pulse | None = None
        self._up = False
        self._closing = False  # inside disconnect(): nothing new is taken
        self._leaving = False  # DISCONNECT is said: what comes in is read and dropped
        self._write_error: OSError | None = None
        self._counted_out = 0

    @property
    def rtt_s(self) -> float | None:
        """The last PINGREQ → PINGRESP round trip in seconds; None before the first."""
        return self._pulse.heartbeat.rtt_s if self._pulse is not None else None

    @property
    def up(self) -> bool:
        """True between a CONNACK and the end of the connection."""
        return self._up

    @property
    def unacknowledged(self) -> int:
        """Publishes and requests without an answer yet."""
        return self._outbox.unacknowledged

    @property
    def filters_per_packet(self) -> int:
        """How many filters go into one SUBSCRIBE or UNSUBSCRIBE."""
        return min(self.limits.filters_per_subscribe or FILTERS_PER_PACKET, FILTERS_PER_PACKET)

    def unsent(self) -> tuple[Unsent, ...]:
        """The messages the broker has not acknowledged, in flight ones first."""
        return self._outbox.unsent()

    # -- connecting ---------------------------------------------------------------------------------------------------

    async def connect(self, transport: Transport) -> Connack:
        """Sends CONNECT on a ready transport and waits for the CONNACK. Takes the transport over.

        Raises:
            ConnackRefused: The broker said no.
            LinkFault: The connection ended, or no CONNACK came within `options.connack_timeout_s`.
        """
        if self._transport is not None:
            raise RuntimeError("This client is connected already.")
        options = self.options
        self._transport = transport
        bridge = LoopBridge.of_running_loop()
        self._inbound = Inbound(
            options,
            self._held,
            on_batch=self._on_batch,
            acknowledge=self._paho.queue_acknowledgements,
            awaits=self._outbox.awaits,
            on_answer=self._on_answer,
            on_pong=self._on_pong,
            on_fault=self._fail,
        )
        self._write_error, self._leaving = None, False
        self._answer = asyncio.get_running_loop().create_future()
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
        self._pulse = Pulse(
            self.wire, options.url.netloc, read=self._read_now, ping=self._ping, on_silence=self._fail
        )
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
        self.limits = self.options.limits.with_connack(connack)
        if not connack.session_present:
            self._outbox.session_lost()
        self._outbox.connected(self.limits)
        self._clock.restart()
        wanted = self.options.keep_alive if connack.server_keep_alive is None else connack.server_keep_alive
        if self._pulse is not None and self._inbound is not None:
            self._pulse.start_beating(wanted)
            self._inbound.accepted = True
        self._answer.set_result(connack)

    # -- requests -----------------------------------------------------------------------------------------------------

    async def publish(self, request: PublishRequest) -> PublishResult:
        """Publishes and waits for the acknowledgement (QoS 0: until the bytes left).

        At QoS 1 and 2 a lost connection is no end. What was sent is sent again after the next CONNACK, with its whole `request_timeout_s`
        (`deadline.Clock`), or told as lost at `paused()` or `disconnect()`. What waits for a place waits on, for that time in all.

        Raises:
            RequestLost: Not connected, no place in the in-flight window, or no answer came in time; its `may_arrive` tells whether it left.
            RequestError: The broker's limits or the version forbid it; nothing was sent.
        """
        self._require_up()
        self.limits.check_publish(request)
        started = time.monotonic()
        async with place_deadline(self.options.request_timeout_s, lambda: self._up):
            await self._outbox.admit(request)
        async with publish_deadline(self.options.request_timeout_s, request.qos, self._clock):
            packet_id, answer = self._outbox.publish(request)
            self._send()
            reason = await answer
        self.wire.published += 1
        return PublishResult(reason, packet_id if request.qos else None, time.monotonic() - started)

    async def subscribe(self, subscriptions: Sequence[Subscription]) -> list[Grant]:
        """Sends one SUBSCRIBE per subscription identifier and `filters_per_packet` filters, and waits for the answers.

        Returns one grant per subscription, in their order; refusals included.

        Raises:
            RequestLost: Not connected, the connection ended, or no SUBACK came in time.
            RequestError: The limits forbid one of them; nothing was sent.
        """
        self._require_up()
        for each in subscriptions:
            self.limits.check_subscription(each)
        async with Deadline(self.options.request_timeout_s, "No SUBACK came"):
            waiting = self._outbox.subscribe(subscriptions, self.filters_per_packet)
            self._send()
            return await grants_of(waiting, subscriptions)

    async def unsubscribe(self, filters: Sequence[str]) -> list[ReasonCode]:
        """Sends UNSUBSCRIBE, `filters_per_packet` filters in each; gives one reason per filter, on 3.1.1, whose UNSUBACK has none, success.

        Raises:
            RequestLost: Not connected, the connection ended, or no UNSUBACK came in time.
        """
        self._require_up()
        async with Deadline(self.options.request_timeout_s, "No UNSUBACK came"):
            waiting = self._outbox.unsubscribe(filters, self.filters_per_packet)
            self._send()
            return await reasons_of(waiting)

    async def disconnect(self) -> tuple[Unsent, ...]:
        """Sends what is under way or waits, says DISCONNECT and closes, all within `closing.CLOSE_S`.

        DISCONNECT is said in any case, also when that time ran out or the call is cancelled: a clean exit does not fire the will. Only a
        peer that reads nothing any more does not hear it; see `said_goodbye`.

        Returns:
            The messages that were not sent, or not acknowledged. They are forgotten: paho does not send them after another `connect()`.
        """
        end = time.monotonic() + CLOSE_S
        self._closing = True
        was_up, heard, self.said_goodbye = self._up, True, True
        try:
            done = await drained(lambda: self._up and self._outbox.messages > 0, end)
            left = self._outbox.unsent()
            if self._up:
                self._say_disconnect(hurried=not done)
                heard = await farewell(self._unheard, lambda: self.wire.bytes_in, end, slow=not done)
            if was_up and not (self._leaving and heard and self._write_error is None):
                self.said_goodbye = False  # not heard, or lost while it drained
        finally:
            self._say_disconnect(hurried=True)  # cancelled before it was said
            self._teardown()
            self._outbox.fail_all()
            self._closing = False
        return left

    def _say_disconnect(self, *, hurried: bool) -> None:
        if not self._up or self._writer is None:
            return
        self._up, self._leaving = False, True
        if hurried:
            self._paho.forget_queued()  # DISCONNECT would not come before the end behind all that
        self._paho.disconnect()
        self._writer.flush()

    def _unheard(self) -> bool | None:
        """Whether DISCONNECT has still to leave; None when the peer has hung up."""
        return self._writer.unsent if self._writer is not None and self._write_error is None else None

    def _require_up(self) -> None:
        if not self._up or self._closing:
            raise not_connected()

    def _send(self) -> None:
        """Sends what a request queued, and reads without delay until its answer is there."""
        if self._reader is not None and self._writer is not None:
            self._reader.attend()
            self._writer.schedule()

    def _may_coalesce(self) -> bool:
        pinged = self._pulse is not None and self._pulse.heartbeat.waiting
        return self._coalesce and not self._outbox.unacknowledged and not pinged

    # -- reading ------------------------------------------------------------------------------------------------------

    def _on_data(self, data: bytes, mono_ns: int, wall_ns: int) -> None:
        self.wire.bytes_in += len(data)
        if self._inbound is None or self._leaving:
            return
        if self._inbound.feed(data, mono_ns, wall_ns) and self._writer is not None:
            self._writer.flush()

    def _on_answer(self, answer: control.Answer) -> None:
        if answer.kind == control.CONNACK:
            self._on_connack(answer)
            if not self._up:
                return
        elif answer.kind == control.DISCONNECT:
            reason = answer.reason
            self._fail(LinkFault(FaultKind.CLOSED, reason.name, reason.sentence, code=reason.value))
            return
        elif self._outbox.settle(answer):
            self.progress.emit()
        else:
            return  # nobody asked; paho would take a PUBACK for the end of a QoS 2 publish
        self._paho.feed(control.slim_copy(answer, v5=self._v5))

    def _on_pong(self) -> None:
        if self._pulse is not None:
            self._pulse.heartbeat.answered(time.monotonic())

    def _on_end(self, error: OSError | LinkFault | None) -> None:
        if self._inbound is not None and self._transport is not None:
            # A reset that a write met first leaves the reader with what looks like a clean close.
            cause = self._write_error if error is None else error
            self._fail(self._inbound.fault_at_end(cause, self._transport.end_reason))

    def _on_write_error(self, error: OSError) -> None:
        """Waits half a second at most for the reader to say why: a DISCONNECT or a TLS alert may lie in the socket still."""
        self._write_error = error
        if self._writer is not None:
            self._writer.close()

    # -- writing and time ---------------------------------------------------------------------------------------------

    def _written(self) -> None:
        self._count_sent()
        if self._paho.take_ping_sent() and self._pulse is not None:
            self._pulse.heartbeat.sent(time.monotonic())
        self._outbox.settle_sent()

    def _count_sent(self) -> None:
        self.wire.bytes_out += self._paho.bytes_out - self._counted_out
        self._counted_out = self._paho.bytes_out

    def check_now(self) -> None:
        """After the computer woke up: pings at once, and ends the connection if no answer comes within a few seconds."""
        if self._up and self._pulse is not None:
            self._pulse.hurry()

    def _read_now(self) -> None:
        if self._reader is not None:
            self._reader.drain()
        if self._write_error is not None and self._transport is not None:
            self._on_end(self._write_error)

    def _ping(self) -> None:
        self._paho.ping()
        self._send()

    # -- ending -------------------------------------------------------------------------------------------------------

    def _fail(self, fault: LinkFault) -> None:
        was_up = self._up
        self._teardown()
        if was_up:
            self._clock.stop()
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
        if self._leaving and self._writer is not None and self._writer.unsent:
            self.said_goodbye = False  # the peer hung up, or took nothing more, before DISCONNECT was out
        for part in (self._reader, self._writer, self._pulse, self._inbound):
            if part is not None:
                part.close()
        self._reader = self._writer = self._inbound = None  # the pulse stays for its last figure
        self._paho.close()
        transport.close()
