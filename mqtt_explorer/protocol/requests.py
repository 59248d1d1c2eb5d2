# SPDX-License-Identifier: MIT
"""What we ask of a broker, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.protocol.reason_codes import ReasonCode
from mqtt_explorer.protocol.topics import MAX_BYTES, TopicError, TopicFilter, TopicName, utf8_problem

#: The largest remaining length of a packet (MQTT 5, 1.5.5).
MAX_PACKET = 268_435_455
#: More than what a PUBLISH holds beside topic, payload, texts and binary values.
_FIXED_PARTS = 64


class RequestError(MqttExplorerError):
    """A request no broker could accept; nothing was sent."""


@dataclass(frozen=True, slots=True)
class PublishProperties:
    """The MQTT 5 properties of a PUBLISH (3.3.2.3); None leaves one out."""

    payload_is_text: bool | None = None
    message_expiry_s: int | None = None
    content_type: str | None = None
    response_topic: str | None = None
    correlation_data: bytes | None = None
    topic_alias: int | None = None
    user: tuple[tuple[str, str], ...] = ()

    @property
    def empty(self) -> bool:
        """True when nothing is set."""
        return self == PublishProperties()

    @property
    def size(self) -> int:
        """At most this many bytes on the wire, numbers left out. Only right for values that pass `check`."""
        texts = (
            self.content_type or "",
            self.response_topic or "",
            *(part for pair in self.user for part in pair),
        )
        return len(self.correlation_data or b"") + sum(len(text.encode()) + 3 for text in texts)

    def check(self) -> None:
        """Finds the first value no packet can carry.

        Raises:
            RequestError: `field` names the property.
        """
        if self.message_expiry_s is not None and not 0 <= self.message_expiry_s <= 0xFFFF_FFFF:
            raise RequestError(
                "Check the message", "Expiry is a number of seconds up to 4294967295.", field="expiry"
            )
        if self.topic_alias is not None and not 1 <= self.topic_alias <= MAX_BYTES:
            raise RequestError(
                "Check the message", "A topic alias is a number from 1 to 65535.", field="alias"
            )
        if self.response_topic is not None:
            try:
                TopicName(self.response_topic)
            except TopicError as error:
                raise RequestError(
                    "Check the response topic", error.message, field="response_topic"
                ) from error
        if len(self.correlation_data or b"") > MAX_BYTES:
            raise RequestError(
                "Check the message",
                "Correlation data is at most 65,535 bytes long.",
                field="correlation_data",
            )
        if self.content_type is not None and (problem := utf8_problem(self.content_type)):
            raise RequestError("Check the properties", f"The content type {problem}", field="properties")
        for text in (part for pair in self.user for part in pair):
            if problem := utf8_problem(text):
                raise RequestError("Check the properties", f"A user property {problem}", field="properties")


@dataclass(frozen=True, slots=True)
class PublishRequest:
    """One message to publish, checked before anything is sent.

    Raises:
        TopicError: The topic is no topic name (field "topic").
        RequestError: QoS, payload or a property is out of range; `field` names it.
    """

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: PublishProperties = PublishProperties()
    name: TopicName = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", TopicName(self.topic))
        if self.qos not in (0, 1, 2):
            raise RequestError("Check the message", "QoS is 0, 1 or 2.", field="qos")
        self.properties.check()
        if len(self.payload) + len(self.name.raw) + self.properties.size + _FIXED_PARTS > MAX_PACKET:
            raise RequestError(
                "Payload too large",
                f"The payload is {len(self.payload):,} bytes; an MQTT packet holds at most 268,435,455.",
                field="payload",
            )


@dataclass(frozen=True, slots=True)
class PublishResult:
    """How a publish ended.

    Attributes:
        reason: PUBACK's or PUBREC's/PUBCOMP's reason; success for QoS 0 once the bytes left.
        packet_id: None at QoS 0.
        elapsed_s: From the call to the acknowledgement (QoS 0: to the socket), in seconds.
    """

    reason: ReasonCode
    packet_id: int | None
    elapsed_s: float

    @property
    def no_subscribers(self) -> bool:
        """The broker said that nobody listens (0x10, MQTT 5 only)."""
        return self.reason.value == 0x10


@dataclass(frozen=True, slots=True)
class Subscription:
    """One filter and its options (MQTT 5, 3.8.3.1).

    Raises:
        RequestError: QoS or retain handling out of range, or No Local on a shared subscription (3.8.3.1: a protocol error).
    """

    filter: TopicFilter
    qos: int = 0
    no_local: bool = False
    retain_as_published: bool = True
    retain_handling: int = 0
    identifier: int | None = None

    def __post_init__(self) -> None:
        if self.qos not in (0, 1, 2):
            raise RequestError("Check the subscription", "QoS is 0, 1 or 2.", field="qos")
        if self.retain_handling not in (0, 1, 2):
            raise RequestError(
                "Check the subscription", "Retain handling is 0, 1 or 2.", field="retain_handling"
            )
        if self.no_local and self.filter.group is not None:
            raise RequestError(
                "Check the subscription",
                "No Local is not allowed on a shared subscription.",
                field="no_local",
            )
        if self.identifier is not None and not 1 <= self.identifier <= MAX_PACKET:
            raise RequestError(
                "Check the subscription", "A subscription identifier is 1 to 268435455.", field="identifier"
            )


@dataclass(frozen=True, slots=True)
class Grant:
    """What the broker answered to one filter of a SUBSCRIBE."""

    filter: str
    reason: ReasonCode

    @property
    def refused(self) -> bool:
        """True for reason codes of 0x80 and above."""
        return self.reason.is_error

    @property
    def qos(self) -> int | None:
        """The granted QoS, or None when refused."""
        return None if self.refused else self.reason.value


@dataclass(frozen=True, slots=True)
class Connack:
    """What the broker said of itself and of the session (MQTT 5, 3.2.2); 3.1.1 brokers tell only the first two.

    None means "not told", which the specification reads as its default.
    """

    session_present: bool
    reason: ReasonCode
    assigned_client_id: str | None = None
    server_keep_alive: int | None = None
    receive_maximum: int | None = None
    maximum_qos: int | None = None
    retain_available: bool | None = None
    maximum_packet_size: int | None = None
    topic_alias_maximum: int | None = None
    session_expiry: int | None = None
    wildcard_available: bool | None = None
    identifiers_available: bool | None = None
    shared_available: bool | None = None
    reason_string: str | None = None
    user: tuple[tuple[str, str], ...] = ()
