# SPDX-License-Identifier: MIT
"""What the Properties tab says of a message: its MQTT 5 properties, its packet, and which messages belong to it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.models.property_model import PropertyRow
from mqtt_explorer.panels.message.packet_rows import packet_rows, pair_rows
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.protocol.properties import PropertyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt_explorer.models.property_model import Look
    from mqtt_explorer.panels.message.packet_rows import Facts
    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.protocol.properties import PropertyValue
    from mqtt_explorer.store.pairing import Pairing

_SECOND: Final = 1_000_000_000


def _tr(text: str) -> str:
    return QCoreApplication.translate("PropertiesView", text)


def message_rows(
    message: Message, facts: Facts, now_ns: int, pairing: Pairing | None, *, looking: bool
) -> list[PropertyRow]:
    """All rows.

    Args:
        message: The message.
        facts: See `facts_of`.
        now_ns: The monotonic clock.
        pairing: What is known of requests and responses.
        looking: Whether they are still being looked for.
    """
    rows = [_group(_tr("MQTT 5 properties")), *_property_rows(message, facts, now_ns)]
    user = _user_rows(message)
    if user:
        count = "" if len(user) == 1 else f" ({len(user):,})"
        rows += [_group(_tr("User properties") + count), *user]
    if pairing is not None:
        pairs = pair_rows(message, pairing, looking=looking)
        if pairs:
            rows += [_group(_tr("Request and response")), *pairs]
    return [*rows, _group(_tr("Packet")), *packet_rows(message, facts)]


def _group(title: str) -> PropertyRow:
    return PropertyRow(title, look="group")


# --- MQTT 5 properties ----------------------------------------------------------------------------------------------


def _property_rows(message: Message, facts: Facts, now_ns: int) -> list[PropertyRow]:
    if facts.version is not ProtocolVersion.V5:
        return [_note(_tr("MQTT 3.1.1 has no properties."))]
    if message.evicted:
        return [_note(_tr("Dropped with the payload to stay within the memory budget."))]
    block = message.frame[2]
    try:
        items = message.properties().items
    except PropertyError as error:
        what = _tr("The properties cannot be read: they break MQTT 5, 2.2.2.")
        hint = _tr("The block of properties as it came, without its length.")
        return [
            PropertyRow(_tr("Malformed"), error.message, what, "error"),
            PropertyRow(_tr("Raw bytes"), block.hex(" "), hint, raw=block),
        ]
    if not items:
        return [_note(_tr("This message has no properties."))]
    seen: Counter[str] = Counter()
    rows = []
    for name, value in items:
        if name == "user_property":
            continue
        seen[name] += 1
        made = _MAKERS.get(name)
        row = made(value, message, facts, now_ns) if made is not None else _stranger(name, value)
        if seen[name] > 1 and name != "subscription_identifier":
            row = PropertyRow(
                row.name,
                row.value,
                _tr(
                    "A second one: it may stand only once, which makes the packet a protocol error (MQTT 5, 3.3.2.3)."
                ),
                "warn",
                row.copies,
                row.raw,
            )
        rows.append(row)
    return rows


def _note(text: str) -> PropertyRow:
    return PropertyRow("–", text, look="muted")


def _user_rows(message: Message) -> list[PropertyRow]:
    if message.evicted:
        return []
    try:
        pairs = message.properties().user
    except PropertyError:
        return []
    meaning = _tr(
        "User property: name and value are the sender's own; order and repeats are kept (MQTT 5, 3.3.2.3.7)."
    )
    return [PropertyRow(name, value, meaning) for name, value in pairs]


def _payload_format(value: PropertyValue, message: Message, facts: Facts, now_ns: int) -> PropertyRow:
    del message, facts, now_ns
    words = {0: _tr("bytes of any kind"), 1: _tr("UTF-8 text")}
    look: Look = "value" if value in (0, 1) else "warn"
    said = words.get(value, _tr("not defined")) if isinstance(value, int) else ""
    meaning = _tr("What the sender says the payload is; nobody has checked it (MQTT 5, 3.3.2.3.2).")
    return PropertyRow(_tr("Payload format"), f"{value!s} · {said}", meaning, look, str(value))


def _expiry(value: PropertyValue, message: Message, facts: Facts, now_ns: int) -> PropertyRow:
    del facts
    interval = value if isinstance(value, int) else 0
    left = interval - (now_ns - message.mono_ns) / _SECOND
    of = f"{interval:,}"
    # Rounded up while it lasts, so that it says 0 s never before the end.
    text = (
        _tr("{time} left of {n} s").format(time=duration(-int(-left // 1)), n=of)
        if left > 0
        else _tr("expired {time} ago, after {n} s").format(time=duration(int(-left)), n=of)
    )
    meaning = _tr(
        "How long a broker may still keep it for others. What came is what was left when the broker delivered it (MQTT 5, 3.3.2.3.3); counted from its arrival here."
    )
    return PropertyRow(
        _tr("Message expiry"),
        text,
        meaning,
        "value" if left > 0 else "warn",
        str(value),
        countdown=True,
    )


def _content_type(value: PropertyValue, message: Message, facts: Facts, now_ns: int) -> PropertyRow:
    del message, facts, now_ns
    meaning = _tr("What the payload holds, in the sender's words, often a MIME type (MQTT 5, 3.3.2.3.9).")
    return PropertyRow(_tr("Content type"), str(value), meaning)


def _response_topic(value: PropertyValue, message: Message, facts: Facts, now_ns: int) -> PropertyRow:
    del message, facts, now_ns
    meaning = _tr(
        "Makes the message a request: its response is wanted on this topic (MQTT 5, 3.3.2.3.5). Enter shows the topic."
    )
    topic = str(value).encode("utf-8", "replace")
    return PropertyRow(
        _tr("Response topic"),
        str(value),
        meaning,
        "link",
        action=_tr("Show topic") if topic else "",
        topic=topic or None,
    )


def _correlation(value: PropertyValue, message: Message, facts: Facts, now_ns: int) -> PropertyRow:
    del message, facts, now_ns
    raw = value if isinstance(value, bytes) else b""
    meaning = _tr(
        "Tells to which request a response belongs; the responder sends it back unchanged (MQTT 5, 3.3.2.3.6)."
    )
    digits = raw.hex(" ")
    text = printable(raw)
    shown = f"{digits[:600]} · “{text}”" if text is not None else digits
    if not raw:
        shown = _tr("(empty)")
    return PropertyRow(_tr("Correlation data"), shown, meaning, copies=digits, raw=raw)


def _subscription(value: PropertyValue, message: Message, facts: Facts, now_ns: int) -> PropertyRow:
    del message, now_ns
    found = facts.filters.get(value) if isinstance(value, int) else None
    said = found if found is not None else _tr("no subscription has this number now")
    meaning = _tr("The number of a subscription of ours that this message matches (MQTT 5, 3.3.2.3.8).")
    return PropertyRow(_tr("Subscription identifier"), f"{value!s} · {said}", meaning, copies=str(value))


def _alias(value: PropertyValue, message: Message, facts: Facts, now_ns: int) -> PropertyRow:
    del message, facts, now_ns
    meaning = _tr(
        "A number that stands for the topic on this connection; the topic shown is what it stood for (MQTT 5, 3.3.2.3.4)."
    )
    return PropertyRow(_tr("Topic alias"), str(value), meaning, "number")


def _stranger(name: str, value: PropertyValue) -> PropertyRow:
    meaning = _tr(
        "This property does not belong in a PUBLISH packet (MQTT 5, 2.2.2.2): a protocol error of the sender."
    )
    shown = value.hex(" ") if isinstance(value, bytes) else str(value)
    return PropertyRow(
        name.replace("_", " ").capitalize(),
        shown,
        meaning,
        "warn",
        raw=value if isinstance(value, bytes) else None,
    )


_MAKERS: Final[dict[str, Callable[[PropertyValue, Message, Facts, int], PropertyRow]]] = {
    "payload_format_indicator": _payload_format,
    "message_expiry_interval": _expiry,
    "content_type": _content_type,
    "response_topic": _response_topic,
    "correlation_data": _correlation,
    "subscription_identifier": _subscription,
    "topic_alias": _alias,
}


def printable(raw: bytes, most: int = 200) -> str | None:
    """Bytes as text, where they are nothing but text one can read, and no more than `most`."""
    if not raw or len(raw) > most:
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def duration(seconds: int) -> str:
    """A number of seconds in at most two units: "41 s", "4 min 10 s", "2 h 13 min", "3 d 4 h"."""
    if seconds < 60:
        return f"{seconds} s"
    for unit, name, lower, lower_name in (
        (86_400, "d", 3_600, "h"),
        (3_600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if seconds >= unit:
            rest = seconds % unit // lower
            return (
                f"{seconds // unit:,} {name} {rest} {lower_name}" if rest else f"{seconds // unit:,} {name}"
            )
    return ""
