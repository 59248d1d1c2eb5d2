# SPDX-License-Identifier: MIT
"""The Last Will of a profile: from texts to the will of a CONNECT."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.profiles.problem import Problems
from mqtt_explorer.profiles.profile import PayloadForm, WillDraft
from mqtt_explorer.profiles.resolve_lists import pairs_of
from mqtt_explorer.protocol.limits import Limits
from mqtt_explorer.protocol.requests import PublishProperties, PublishRequest
from mqtt_explorer.protocol.topics import TopicError, TopicName, utf8_problem
from mqtt_explorer.protocol.will import MAX_DELAY_S, MAX_PAYLOAD, Will

#: What errors of requests call a field, where the form calls it otherwise.
_FIELDS: Final = {"expiry": "message_expiry", "properties": "content_type"}
_HEX: Final = re.compile(r"([0-9A-Fa-f]{2})*")


def will_of(draft: WillDraft, limits: Limits, problems: Problems) -> Will | None:
    """The will, or None when it is switched off or has problems; those are named ``will.topic`` and so on.

    MQTT 3.1.1 wills have no delay and no properties: they do not count there.
    """
    if not draft.enabled:
        return None
    before = len(problems.found)
    _check_topic(draft, limits, problems)
    payload = _payload(draft, limits, problems)
    for name, reason in (
        ("qos", limits.qos_reason(draft.qos)),
        ("retain", limits.retain_reason() if draft.retain else None),
    ):
        if reason is not None:
            problems.add(f"will.{name}", reason)
    delay = (
        problems.number("will.delay", draft.delay, "The delay", 0, MAX_DELAY_S, "seconds ")
        if limits.v5
        else None
    )
    properties = _properties(draft, problems) if limits.v5 else PublishProperties()
    if len(problems.found) > before:
        return None
    try:
        message = PublishRequest(draft.topic, payload, draft.qos, draft.retain, properties)
        return Will(message, delay)
    except MqttExplorerError as error:  # what only the whole shows
        name = error.field or "topic"
        problems.add(f"will.{_FIELDS.get(name, name)}", error.message)
        return None


def _check_topic(draft: WillDraft, limits: Limits, problems: Problems) -> None:
    try:
        TopicName(draft.topic)
    except TopicError as error:
        problems.add("will.topic", error.message)
        return
    if reason := limits.topic_reason(draft.topic):
        problems.add("will.topic", reason)


def _payload(draft: WillDraft, limits: Limits, problems: Problems) -> bytes:
    try:
        payload = decode_payload(draft.payload, draft.payload_form)
    except ValueError as error:
        problems.add("will.payload", str(error))
        return b""
    if len(payload) > MAX_PAYLOAD:
        problems.add(
            "will.payload",
            f"The payload is {len(payload):,} bytes long; a will holds at most {MAX_PAYLOAD:,}.",
        )
    elif reason := limits.size_reason(len(payload) + len(draft.topic.encode(errors="replace"))):
        problems.add("will.payload", reason)
    return payload


def _properties(draft: WillDraft, problems: Problems) -> PublishProperties:
    expiry = problems.number(
        "will.message_expiry", draft.message_expiry, "Message expiry", 0, 0xFFFF_FFFF, "seconds "
    )
    if problem := utf8_problem(draft.content_type):
        problems.add("will.content_type", f"The content type {problem}")
    if draft.response_topic:
        try:
            TopicName(draft.response_topic)
        except TopicError as error:
            problems.add("will.response_topic", error.message)
    correlation = None
    if draft.correlation_data.strip():
        try:
            correlation = decode_payload(draft.correlation_data, "hex")
        except ValueError as error:
            problems.add("will.correlation_data", str(error))
        else:
            if len(correlation) > MAX_PAYLOAD:
                problems.add(
                    "will.correlation_data", f"Correlation data is at most {MAX_PAYLOAD:,} bytes long."
                )
    user = pairs_of(draft.user_properties, "will.user_properties", problems)
    return PublishProperties(
        payload_is_text=draft.payload_is_text,
        message_expiry_s=expiry,
        content_type=draft.content_type or None,
        response_topic=draft.response_topic or None,
        correlation_data=correlation,
        user=user,
    )


def decode_payload(text: str, form: PayloadForm) -> bytes:
    """The bytes a typed payload stands for; blanks and line ends between hex or base64 digits do not count.

    Raises:
        ValueError: A sentence that says what is wrong, and quotes nothing.
    """
    if form == "text":
        try:
            return text.encode()
        except UnicodeEncodeError:
            raise ValueError("The payload holds half a character; enter it again.") from None
    digits = "".join(text.split())
    if form == "hex":
        if not _HEX.fullmatch(digits):
            raise ValueError("Hex digits are 0–9 and A–F, two for each byte.")
        return bytes.fromhex(digits)
    try:
        return base64.b64decode(digits, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("That is not base64; its length is a multiple of 4, with = at the end.") from None
