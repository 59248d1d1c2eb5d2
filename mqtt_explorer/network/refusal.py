# SPDX-License-Identifier: MIT
"""A CONNECT that was refused or never answered, and connections the broker ends again and again."""

from __future__ import annotations

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.network.faults import FaultKind, LinkFault
from mqtt_explorer.network.reconnect import Pattern
from mqtt_explorer.protocol.options import ConnectOptions
from mqtt_explorer.protocol.reason_codes import ReasonCode

#: Where in the form a refusal is mended.
_FIELDS = {
    0x84: "version",
    0x85: "client_id",
    0x86: "password",
    0x90: "will.topic",
    0x99: "will.payload_is_text",
    0x9A: "will.retain",
    0x9B: "will.qos",
    0x9C: "url",
    0x9D: "url",
}


class ConnackRefused(MqttExplorerError):
    """The broker answered CONNECT with a refusal.

    Attributes:
        reason: Its reason code.
    """

    def __init__(self, reason: ReasonCode) -> None:
        super().__init__(reason.name, reason.sentence, field=_FIELDS.get(reason.value), code=reason.value)
        self.reason = reason


def silent_broker(options: ConnectOptions) -> LinkFault:
    """No CONNACK came within `options.connack_timeout_s`."""
    return LinkFault(
        FaultKind.TIMEOUT,
        "No answer to CONNECT",
        f"{options.url.netloc} took the connection but sent no CONNACK within {options.connack_timeout_s:g} s; "
        "check that an MQTT broker listens there.",
    )


def paused(pattern: Pattern, fault: LinkFault, options: ConnectOptions) -> LinkFault:
    """Why trying is paused after a row of early ends, and what to change before the next try.

    Args:
        pattern: What they have in common.
        fault: The last one.
        options: How we connected.
    """
    where, field = options.url.netloc, None
    match pattern:
        case Pattern.SAME_FAULT:
            title = "Paused: the same fault each time"
            text = (
                f"Three times in a row the connection broke in the same way within seconds: {fault.message} Probably a message "
                "that the broker keeps (retained, or waiting in the session) does that. Remove the filter that brings it "
                "from the subscriptions, or have the message deleted on the broker, then connect again."
            )
        case Pattern.CLIENT_ID:
            title, field = "Paused: is the client id used twice?", "client_id"
            text = (
                f"{where} closed the connection without a reason three times within seconds. Probably another client has the "
                f"same client id “{options.client_id[:80]}”, and the two throw each other out. Choose another client id, or "
                "end the other client."
            )
        case Pattern.SAME_REASON:
            title = f"Paused: {fault.title}"
            text = (
                f"{where} ended the connection three times within seconds for the same reason, so trying is paused. "
                f"{fault.message} Change what it objects to, then connect again."
            )
        case Pattern.INSTANT:
            title = "Paused: dropped again and again"
            text = (
                f"{where} ended the connection three times within seconds, before it was of any use, so trying is paused. "
                f"Last reason: {fault.message} Another client with the same client id, or a filter or login the broker does "
                "not allow, are common causes: look into its log, then connect again."
            )
    return LinkFault(fault.kind, title, text, field=field, code=fault.code)
