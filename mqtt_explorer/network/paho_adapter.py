# SPDX-License-Identifier: MIT
"""The one module that touches paho, private names included.

paho is the encoder and the outbound state machine: CONNECT, SUBSCRIBE, UNSUBSCRIBE, PUBLISH with its QoS 1 and 2 handshakes and resends. It never
sees the real socket: `_Pipe` gives it the few bytes it may read and takes what it writes. `tests/unit/network/test_paho_contract.py` pins
every private name used here; paho is held to one minor version.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MessageState, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties as PahoProperties
from paho.mqtt.subscribeoptions import SubscribeOptions

from mqtt_explorer.protocol.options import MAX_RECEIVE_MAXIMUM, ConnectOptions, ProtocolVersion

if TYPE_CHECKING:
    from mqtt_explorer.network.transport import Transport
    from mqtt_explorer.protocol.requests import PublishProperties, PublishRequest, Subscription
    from mqtt_explorer.protocol.will import Will

#: Private names of paho 2.2 used below; the contract test holds them.
PRIVATE_NAMES = (
    "_create_socket",
    "_packet_queue",
    "_keepalive",
    "_out_messages",
    "_out_packet",
    "_sock_close",
)
#: How far a QoS 2 publish is after its PUBREC.
_RELEASED = (MessageState.MQTT_MS_WAIT_FOR_PUBCOMP, MessageState.MQTT_MS_RESEND_PUBREL)
_PUBACK = 0x40
_PINGREQ = 0xC0


class _Pipe:
    """What paho believes to be its socket.

    Reading serves the slim copies of answers. Writing takes a whole packet or none of it: paho copies the rest of a packet for each
    partial send (0.9 s for 10 MB) and loses it on websockets, so a partly sent packet is finished here.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.inbound = bytearray()
        self.bytes_out = 0
        self.ping_sent = False
        self.error: OSError | None = None
        self._rest: memoryview | None = None

    def recv(self, size: int) -> bytes:
        if not self.inbound:
            raise BlockingIOError
        data = bytes(self.inbound[:size])
        del self.inbound[:size]
        return data

    def send(self, data: bytes) -> int:
        if not self.finish():
            raise BlockingIOError
        if data[0] == _PINGREQ:
            self.ping_sent = True
        try:
            sent = self.transport.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:  # paho would close the pipe and keep the reason to itself
            self.error = error
            raise BlockingIOError from error
        self.bytes_out += sent
        if sent < len(data):
            self._rest = memoryview(bytes(data))[sent:]
        return len(data)

    def finish(self) -> bool:
        """Sends what is left of the last packet; True when nothing is left."""
        while self._rest is not None:
            try:
                sent = self.transport.send(self._rest)
            except BlockingIOError:
                return False
            self.bytes_out += sent
            self._rest = self._rest[sent:] if sent < len(self._rest) else None
        return True

    @property
    def unfinished(self) -> bool:
        return self._rest is not None

    def pending(self) -> int:
        return len(self.inbound)

    def fileno(self) -> int:
        return self.transport.fileno()

    def setblocking(self, flag: bool) -> None:
        """The transport never blocks; paho asks anyway."""

    def close(self) -> None:
        """The client closes the transport itself, after the last bytes left."""


class _PahoClient(Client):
    """paho with the socket handed to it."""

    next_pipe: _Pipe | None = None

    def _create_socket(self) -> Any:
        return self.next_pipe


class PahoAdapter:
    """One paho client for the life of a broker and client id; only the pipe is new on a reconnect.

    Its callbacks append to `_sent_qos0` or set `closed` and do nothing else: paho holds plain locks around them. paho's own keep-alive is off:
    `heartbeat` pings, and decides from more than paho knows.
    """

    def __init__(self, options: ConnectOptions) -> None:
        self._options = options
        self._v5 = options.version is ProtocolVersion.V5
        self._pipe: _Pipe | None = None
        self._sent_qos0: deque[int] = deque()
        self._released: list[int] = []
        self.closed = False
        client = _PahoClient(
            CallbackAPIVersion.VERSION2,
            client_id=options.client_id,
            clean_session=None if self._v5 else options.clean_start,
            protocol=options.version.value,  # type: ignore[arg-type]
            reconnect_on_failure=False,
        )
        client.max_inflight_messages_set(65_535)  # the window is ours: paho ignores its own on a resend
        client.max_queued_messages_set(0)
        if options.username is not None or options.password is not None:
            client.username_pw_set(options.username, options.password)
        client.on_publish = self._on_publish
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = _ignore  # writing is scheduled by the client, never by paho itself
        client.on_socket_unregister_write = _ignore
        if options.will is not None:
            message = options.will.message
            will_properties = _will_properties(options.will) if self._v5 else None
            client.will_set(message.topic, message.payload, message.qos, message.retain, will_properties)
        # Once only: paho refuses it as long as it believes in a connection that we have closed.
        client.connect_async(
            options.url.host,
            options.url.port,
            clean_start=options.clean_start if self._v5 else 3,
            properties=_connect_properties(options) if self._v5 else None,
        )
        self._client = client

    def _on_publish(self, _client: object, _userdata: object, mid: int, *_rest: object) -> None:
        self._sent_qos0.append(mid)

    def _on_socket_close(self, *_args: object) -> None:
        self.closed = True

    def open(self, transport: Transport) -> None:
        """Starts a connection on a ready transport; CONNECT is queued, nothing is read or written yet."""
        self._sent_qos0.clear()
        self._pipe = self._client.next_pipe = _Pipe(transport)
        self._client._keepalive = self._options.keep_alive  # noqa: SLF001
        messages = self._client._out_messages  # noqa: SLF001
        # Before reconnect(), which forgets how far they were where the session is to start clean.
        self._released = [mid for mid, each in messages.items() if each.state in _RELEASED]
        self._client.reconnect()
        self._client._keepalive = 0  # noqa: SLF001 – CONNECT is queued with the real one
        self.closed = False

    def feed(self, packet: bytes) -> None:
        """Lets paho read one slim answer."""
        if self._pipe is None or not packet:
            return
        self._pipe.inbound += packet
        while self._pipe.inbound and not self.closed:
            self._client.loop_read()

    def write(self) -> None:
        """Sends what is queued, as far as the transport takes it.

        Raises:
            OSError: The transport failed.
        """
        if self._pipe is not None and self._pipe.finish():
            self._client.loop_write()
            if self._pipe.error is not None:
                raise self._pipe.error

    @property
    def wants_write(self) -> bool:
        """True while something is queued or half sent."""
        return self._client.want_write() or (self._pipe is not None and self._pipe.unfinished)

    @property
    def bytes_out(self) -> int:
        """Bytes sent on this connection."""
        return self._pipe.bytes_out if self._pipe is not None else 0

    def take_sent_qos0(self) -> list[int]:
        """The QoS 0 publishes whose bytes have left since the last call. paho counts a packet as sent when the pipe takes it, the socket may not have."""
        waits = self._pipe is not None and (self._pipe.unfinished or self._pipe.transport.wants_write)
        return [self._sent_qos0.popleft() for _ in range(len(self._sent_qos0) - waits)]

    def take_ping_sent(self) -> bool:
        """True once after each PINGREQ that went out."""
        sent = self._pipe is not None and self._pipe.ping_sent
        if self._pipe is not None:
            self._pipe.ping_sent = False
        return sent

    def ping(self) -> None:
        """Queues a PINGREQ."""
        self._client._packet_queue(_PINGREQ, bytes((_PINGREQ, 0)), 0, 0)  # noqa: SLF001

    def forget_publishes(self) -> None:
        """Drops what is not acknowledged; else paho sends it after the next CONNACK, long after it was told as not sent."""
        self._client._out_messages.clear()  # noqa: SLF001

    def released(self) -> list[int]:
        """The QoS 2 publishes the broker had taken (PUBREC) when the last connection ended, and that are not forgotten since."""
        return [mid for mid in self._released if mid in self._client._out_messages]  # noqa: SLF001

    def forget_publish(self, packet_id: int) -> None:
        """Drops one that is not acknowledged."""
        self._client._out_messages.pop(packet_id, None)  # noqa: SLF001

    def forget_queued(self) -> None:
        """Drops the packets of which no byte was written; one that is half sent goes on, or the stream would break."""
        self._client._out_packet.clear()  # noqa: SLF001 – paho sees no half sent ones: the pipe takes a packet whole

    def queue_acknowledgements(self, packets: bytes) -> None:
        """Queues acknowledgements of our own, several packets in one write."""
        self._client._packet_queue(_PUBACK, packets, 0, 0)  # noqa: SLF001

    def publish(self, request: PublishRequest) -> int:
        """Queues a PUBLISH and returns its packet identifier (at QoS 0 only a number to know it by)."""
        properties = _publish_properties(request.properties) if self._v5 else None
        info = self._client.publish(request.topic, request.payload, request.qos, request.retain, properties)
        if info.rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_AGAIN):
            if info.rc is MQTTErrorCode.MQTT_ERR_NO_CONN:
                self.forget_publish(
                    info.mid
                )  # kept all the same, to be sent after the next CONNACK (PAHO.md, T13)
            raise ConnectionError(f"paho refused the publish: {info.rc!r}")
        return info.mid

    def subscribe(self, subscriptions: Sequence[Subscription]) -> int:
        """Queues one SUBSCRIBE; all must share one subscription identifier. Returns the packet identifier."""
        if not self._v5:
            return _packet_id(
                self._client.subscribe([(each.filter.text, each.qos) for each in subscriptions])
            )
        properties = None
        if subscriptions[0].identifier is not None:
            properties = PahoProperties(PacketTypes.SUBSCRIBE)
            properties.SubscriptionIdentifier = subscriptions[0].identifier
        topics = [
            (
                each.filter.text,
                SubscribeOptions(each.qos, each.no_local, each.retain_as_published, each.retain_handling),
            )
            for each in subscriptions
        ]
        return _packet_id(self._client.subscribe(topics, properties=properties))

    def unsubscribe(self, filters: Sequence[str]) -> int:
        """Queues one UNSUBSCRIBE and returns its packet identifier."""
        return _packet_id(self._client.unsubscribe(list(filters)))

    def disconnect(self) -> None:
        """Queues DISCONNECT behind everything else; with it the broker throws the will away (MQTT 5, 3.1.2.5)."""
        self._client.disconnect()

    def close(self) -> None:
        """Lets go of the transport without a word to the broker."""
        self._client._sock_close()  # noqa: SLF001
        self._pipe = None


def _ignore(*_args: object) -> None:
    """A callback that must be set, or paho writes from within publish()."""


def _packet_id(result: tuple[MQTTErrorCode, int | None]) -> int:
    code, mid = result
    if code is not MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
        raise ConnectionError(f"paho refused the request: {code!r}")
    return mid


def _connect_properties(options: ConnectOptions) -> PahoProperties:
    """The properties of CONNECT (MQTT 5, 3.1.2.11)."""
    properties = PahoProperties(PacketTypes.CONNECT)
    # Always sent: left out it means 65,535, and what waits for its PUBREL must stay bounded.
    properties.ReceiveMaximum = options.receive_maximum or MAX_RECEIVE_MAXIMUM
    if options.session_expiry is not None:
        properties.SessionExpiryInterval = options.session_expiry
    if options.maximum_packet_size is not None:
        properties.MaximumPacketSize = options.maximum_packet_size
    if options.topic_alias_maximum:
        properties.TopicAliasMaximum = options.topic_alias_maximum
    if options.user_properties:
        properties.UserProperty = list(options.user_properties)
    return properties


def _will_properties(will: Will) -> PahoProperties | None:
    """The properties of a will (MQTT 5, 3.1.3.2): those of a message, and the delay."""
    wanted = will.message.properties
    if wanted.empty and will.delay_s is None:
        return None
    properties = PahoProperties(PacketTypes.WILLMESSAGE)
    if will.delay_s is not None:
        properties.WillDelayInterval = will.delay_s
    _fill(properties, wanted)
    return properties


def _publish_properties(wanted: PublishProperties) -> PahoProperties | None:
    if wanted.empty:
        return None
    properties = PahoProperties(PacketTypes.PUBLISH)
    if wanted.topic_alias is not None:
        properties.TopicAlias = wanted.topic_alias
    _fill(properties, wanted)
    return properties


def _fill(properties: PahoProperties, wanted: PublishProperties) -> None:
    """Sets what a PUBLISH and a will have in common."""
    if wanted.payload_is_text is not None:
        properties.PayloadFormatIndicator = int(wanted.payload_is_text)
    if wanted.message_expiry_s is not None:
        properties.MessageExpiryInterval = wanted.message_expiry_s
    if wanted.content_type is not None:
        properties.ContentType = wanted.content_type
    if wanted.response_topic is not None:
        properties.ResponseTopic = wanted.response_topic
    if wanted.correlation_data is not None:
        properties.CorrelationData = wanted.correlation_data
    if wanted.user:
        properties.UserProperty = list(wanted.user)
