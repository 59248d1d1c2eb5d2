# SPDX-License-Identifier: MIT
"""Reads the packets a broker answers with, completely and without paho's traps.

paho drops reason strings, completes a QoS 2 publish on a PUBACK, ignores a refused PUBREC, tells a refused CONNACK as "Protocol
error", and takes quadratic time for many properties. So answers are read here; paho gets a slim copy of those its state machine needs.
"""

from __future__ import annotations

from dataclasses import dataclass

from mqtt_explorer.protocol.properties import Properties, PropertyError, decode_properties, read_varint
from mqtt_explorer.protocol.reason_codes import ReasonCode, connack_311
from mqtt_explorer.protocol.requests import Connack

CONNACK, PUBACK, PUBREC, PUBCOMP = 0x20, 0x40, 0x50, 0x70
SUBACK, UNSUBACK, PINGRESP, DISCONNECT, AUTH = 0x90, 0xB0, 0xD0, 0xE0, 0xF0
#: Those that answer a request and carry its packet identifier in front.
WITH_PACKET_ID = frozenset((PUBACK, PUBREC, PUBCOMP, SUBACK, UNSUBACK))
#: CONNACK, and AUTH for those who offered it; whatever else comes first is not MQTT.
FIRST_PACKETS = (CONNACK, AUTH)
NAMES = {
    CONNACK: "CONNACK",
    PUBACK: "PUBACK",
    PUBREC: "PUBREC",
    PUBCOMP: "PUBCOMP",
    SUBACK: "SUBACK",
    UNSUBACK: "UNSUBACK",
    PINGRESP: "PINGRESP",
    DISCONNECT: "DISCONNECT",
    AUTH: "AUTH",
}


_NO_PROPERTIES = Properties()
#: Accepted in the form of 3.1.1 it took us for a client of that version, and would misread what follows.
_WRONG_VERSION = 0x84


class ControlError(ValueError):
    """An answer that breaks the specification; the connection cannot be trusted any further."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One packet from the broker.

    Attributes:
        kind: The packet type in the high nibble (`CONNACK`, `PUBACK`, …).
        packet_id: 0 where the packet has none.
        reasons: One per filter for SUBACK and UNSUBACK, else exactly one.
        properties: MQTT 5 only.
        session_present: CONNACK only.
    """

    kind: int
    packet_id: int = 0
    reasons: tuple[ReasonCode, ...] = ()
    properties: Properties = _NO_PROPERTIES
    session_present: bool = False

    @property
    def reason(self) -> ReasonCode:
        """The only, or first, reason code."""
        return self.reasons[0]


def read_answer(packet: bytes, *, v5: bool) -> Answer:
    """Reads one whole packet.

    Raises:
        ControlError: It is shorter than its type allows, or its properties cannot be read.
    """
    kind = packet[0] & 0xF0
    body = packet[read_varint(packet, 1)[1] :]
    try:
        if kind == CONNACK:
            return _read_connack(body, v5)
        if kind in (PUBACK, PUBREC, PUBCOMP):
            return _read_acknowledgement(kind, body, v5)
        if kind in (SUBACK, UNSUBACK):
            return _read_grants(kind, body, v5)
        if kind in (DISCONNECT, AUTH):
            return _read_disconnect(kind, body)
        return Answer(kind)
    except (IndexError, PropertyError) as error:
        raise ControlError(f"The broker sent a {NAMES[kind]} that cannot be read.") from error


def _split_properties(body: bytes, start: int) -> tuple[Properties, int]:
    length, pos = read_varint(body, start)
    if pos + length > len(body):
        raise IndexError("The property block is cut off.")
    return decode_properties(body[pos : pos + length]), pos + length


def _read_connack(body: bytes, v5: bool) -> Answer:
    session_present = bool(body[0] & 1)
    if not v5 or len(body) == 2:  # a 3.1.1 broker answers an MQTT 5 CONNECT in its own form
        code = body[1]
        if v5 and code == 0:
            code = _WRONG_VERSION
        reason = connack_311(code) if code < 0x80 else ReasonCode(code, "CONNACK")
        return Answer(CONNACK, reasons=(reason,), session_present=session_present)
    properties, _ = _split_properties(body, 2)
    reason = _told(body[1], "CONNACK", properties)
    return Answer(CONNACK, reasons=(reason,), properties=properties, session_present=session_present)


def _read_acknowledgement(kind: int, body: bytes, v5: bool) -> Answer:
    packet_id = body[0] << 8 | body[1]
    code = body[2] if v5 and len(body) > 2 else 0
    properties = _split_properties(body, 3)[0] if v5 and len(body) > 3 else _NO_PROPERTIES
    return Answer(
        kind, packet_id, (ReasonCode(code, "PUBACK", properties.text("reason_string")),), properties
    )


def _read_grants(kind: int, body: bytes, v5: bool) -> Answer:
    packet_id = body[0] << 8 | body[1]
    properties, pos = _split_properties(body, 2) if v5 else (_NO_PROPERTIES, 2)
    text = properties.text("reason_string")
    reasons = tuple(ReasonCode(code, NAMES[kind], text) for code in body[pos:])
    return Answer(kind, packet_id, reasons, properties)


def _read_disconnect(kind: int, body: bytes) -> Answer:
    properties = _split_properties(body, 1)[0] if len(body) > 1 else _NO_PROPERTIES
    reason = _told(body[0] if body else 0, "DISCONNECT", properties)
    return Answer(kind, reasons=(reason,), properties=properties)


def _told(code: int, packet: str, properties: Properties) -> ReasonCode:
    return ReasonCode(code, packet, properties.text("reason_string"), properties.text("server_reference"))


def _flag(properties: Properties, name: str) -> bool | None:
    value = properties.number(name)
    return None if value is None else bool(value)


def connack_of(answer: Answer) -> Connack:
    """What a CONNACK says of broker and session."""
    properties = answer.properties
    return Connack(
        session_present=answer.session_present,
        reason=answer.reason,
        assigned_client_id=properties.text("assigned_client_identifier"),
        server_keep_alive=properties.number("server_keep_alive"),
        receive_maximum=properties.number("receive_maximum"),
        maximum_qos=properties.number("maximum_qos"),
        retain_available=_flag(properties, "retain_available"),
        maximum_packet_size=properties.number("maximum_packet_size"),
        topic_alias_maximum=properties.number("topic_alias_maximum"),
        session_expiry=properties.number("session_expiry_interval"),
        wildcard_available=_flag(properties, "wildcard_subscription_available"),
        identifiers_available=_flag(properties, "subscription_identifiers_available"),
        shared_available=_flag(properties, "shared_subscription_available"),
        reason_string=properties.text("reason_string"),
        user=properties.user,
    )


def slim_copy(answer: Answer, *, v5: bool) -> bytes:
    """The shortest packet that moves paho's state machine on, or nothing.

    A refused PUBREC ends the exchange (4.3.3): paho would answer it with a PUBREL, so it gets a PUBCOMP instead.
    """
    kind = answer.kind
    if kind == CONNACK:
        return bytes(
            (CONNACK, 3, answer.session_present, 0, 0) if v5 else (CONNACK, 2, answer.session_present, 0)
        )
    if kind in (PUBACK, PUBREC, PUBCOMP):
        if kind == PUBREC and answer.reason.is_error:
            kind = PUBCOMP
        return bytes((kind, 2, answer.packet_id >> 8, answer.packet_id & 0xFF))
    return b""
