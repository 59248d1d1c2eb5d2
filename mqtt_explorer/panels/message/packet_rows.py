# SPDX-License-Identifier: MIT
"""What the Properties tab says of a message beside its properties: its packet, and which messages belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.models import wording
from mqtt_explorer.models.property_model import PropertyRow
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.protocol.properties import PropertyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.store.pairing import Pairing


def _tr(text: str) -> str:
    return QCoreApplication.translate("PropertiesView", text)


class Facts(NamedTuple):
    """What a message does not know of itself.

    Attributes:
        version: The MQTT version it came with.
        filters: The filters of the subscriptions of now, by subscription identifier.
        gap_ns: Time since the message before it on its topic; None when that one is not kept, or there was none.
    """

    version: ProtocolVersion
    filters: Mapping[int, str]
    gap_ns: int | None


def facts_of(message: Message, connection: Connection) -> Facts:
    """Looks them up."""
    store = connection.store
    filters = {
        row.subscription.identifier: row.filter_text
        for row in connection.subscriptions.rows
        if row.subscription.identifier is not None
    }
    node = store.find(message.frame[1])
    before = store.history(node, before_seq=message.seq, limit=1) if node is not None else []
    gap = message.mono_ns - before[0].mono_ns if before else None
    return Facts(connection.options.version, filters, gap)


# --- requests and responses -----------------------------------------------------------------------------------------


def pair_rows(message: Message, pairing: Pairing, *, looking: bool) -> list[PropertyRow]:
    """The request of a message and its responses, or why none is shown."""
    rows = []
    request = pairing.request
    if request is not None and request.found is not None:
        rows.append(
            _pair(
                _tr("Request"),
                request.found,
                message,
                _tr("Asked for this message on this topic, with the same correlation data."),
            )
        )
    elif request is not None and request.correlation is not None and pairing.responses is None:
        if looking:
            text = _tr("looking for it…")
        else:
            text = (
                _tr("not kept any more, or never received here")
                if request.lost
                else _tr("none received before it")
            )
        rows.append(PropertyRow(_tr("Request"), text, _request_hint(), "muted"))
    responses = pairing.responses
    if responses is None:
        return rows
    for number, each in enumerate(responses.first, 1):
        name = (
            _tr("Response")
            if responses.count == 1
            else _tr("Response {n} of {all}").format(n=number, all=f"{responses.count:,}")
        )
        rows.append(
            _pair(name, each, message, _tr("Came on the response topic, with the same correlation data."))
        )
    more = responses.count - len(responses.first)
    if more > 0:
        rows.append(
            PropertyRow(_tr("Response"), _tr("{n} more, not listed").format(n=f"{more:,}"), look="muted")
        )
    if not responses.count:
        if looking:
            text = _tr("looking for it…")
        else:
            text = _tr("none kept; older messages were dropped") if responses.lost else _tr("none seen yet")
        rows.append(PropertyRow(_tr("Response"), text, _response_hint(), "muted"))
    return rows


def _request_hint() -> str:
    return _tr(
        "The message before this one that names its topic as response topic, with the same correlation data (MQTT 5, 4.10)."
    )


def _response_hint() -> str:
    return _tr(
        "A message on the response topic with the same correlation data (MQTT 5, 4.10). It is seen only where a subscription matches that topic."
    )


def _pair(name: str, other: Message, message: Message, meaning: str) -> PropertyRow:
    gap = other.mono_ns - message.mono_ns
    words = _tr("{time} later") if gap >= 0 else _tr("{time} earlier")
    time = wording.gap(abs(gap)).removeprefix("+")
    return PropertyRow(
        name,
        f"{words.format(time=time)} · {other.topic}",
        meaning + " " + _tr("Enter goes to it."),
        "link",
        other.topic,
        action=_tr("Go to"),
        message=other,
    )


# --- the packet -----------------------------------------------------------------------------------------------------


def packet_rows(message: Message, facts: Facts) -> list[PropertyRow]:
    """The facts of the packet."""
    qos = {0: _tr("at most once"), 1: _tr("at least once"), 2: _tr("exactly once")}.get(message.qos, "")
    yes, no = _tr("yes"), _tr("no")
    gap = wording.gap(facts.gap_ns) if facts.gap_ns is not None else _tr("unknown: none is kept before it")
    return [
        PropertyRow(
            _tr("QoS"),
            f"{message.qos} · {qos}",
            _tr("How it was delivered here: the lower of its own QoS and the subscription's (MQTT 5, 4.3)."),
            copies=str(message.qos),
        ),
        PropertyRow(
            _tr("Retained"),
            yes if message.retain else no,
            _tr("Whether the broker sent what it had kept, or passed the flag on (MQTT 5, 3.3.1.3)."),
        ),
        PropertyRow(
            _tr("DUP"),
            yes if message.dup else no,
            _tr("Whether the broker may have sent this packet before (MQTT 5, 3.3.1.1)."),
        ),
        *_size_rows(message, facts.version),
        PropertyRow(
            _tr("Arrived"),
            wording.full_time(message.wall_ns),
            _tr("When it was read off the socket, by this computer's clock."),
        ),
        PropertyRow(
            _tr("Since the last one"),
            gap,
            _tr("Time since the message before it on its topic, by a clock that is never set."),
        ),
        PropertyRow(
            _tr("Number"),
            f"{message.seq:,}",
            _tr("Its place among all messages of this connection, from 0."),
            "number",
            str(message.seq),
        ),
    ]


def _size_rows(message: Message, version: ProtocolVersion) -> list[PropertyRow]:
    payload = PropertyRow(
        _tr("Payload size"),
        _bytes(message.size),
        _tr("Bytes of the payload as it was sent."),
        copies=str(message.size),
    )
    if message.evicted:
        return [payload]
    size = packet_size(message, version)
    meaning = _tr("The whole PUBLISH packet: header, topic, properties and payload.")
    text = _bytes(size)
    if b"\x23" in message.frame[2] and _has_alias(message):
        alone = size - len(message.frame[1])
        text = _tr("{size}, or {alone} with the alias alone").format(size=text, alone=f"{alone:,}")
    return [PropertyRow(_tr("Packet size"), text, meaning, copies=str(size)), payload]


def _has_alias(message: Message) -> bool:
    try:
        return message.properties().get("topic_alias") is not None
    except PropertyError:
        return False


def packet_size(message: Message, version: ProtocolVersion) -> int:
    """Bytes of the PUBLISH packet with its topic written out (MQTT 5, 3.3)."""
    body = 2 + len(message.frame[1]) + (2 if message.qos else 0) + message.size
    if version is ProtocolVersion.V5:
        body += _varint_bytes(len(message.frame[2])) + len(message.frame[2])
    return 1 + _varint_bytes(body) + body


def _varint_bytes(value: int) -> int:
    return 1 + (value > 0x7F) + (value > 0x3FFF) + (value > 0x1FFFFF)


def _bytes(count: int) -> str:
    return _tr("1 byte") if count == 1 else _tr("{n} bytes").format(n=f"{count:,}")
