# SPDX-License-Identifier: MIT
"""A refused CONNECT."""

from __future__ import annotations

from mqtt_explorer.errors import MqttExplorerError
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
