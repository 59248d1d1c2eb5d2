# SPDX-License-Identifier: MIT
"""A CONNECT that was refused, or never answered."""

from __future__ import annotations

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.network.faults import FaultKind, LinkFault
from mqtt_explorer.protocol.options import ConnectOptions
from mqtt_explorer.protocol.reason_codes import ReasonCode


class ConnackRefused(MqttExplorerError):
    """The broker answered CONNECT with a refusal.

    Attributes:
        reason: Its reason code.
    """

    def __init__(self, reason: ReasonCode) -> None:
        field = {0x84: "version", 0x85: "client_id", 0x86: "password"}.get(reason.value)
        super().__init__(reason.name, reason.sentence, field=field, code=reason.value)
        self.reason = reason


def silent_broker(options: ConnectOptions) -> LinkFault:
    """No CONNACK came within `options.connack_timeout_s`."""
    return LinkFault(
        FaultKind.TIMEOUT,
        "No answer to CONNECT",
        f"{options.url.netloc} took the connection but sent no CONNACK within {options.connack_timeout_s:g} s; "
        "check that an MQTT broker listens there.",
    )
