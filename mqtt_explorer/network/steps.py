# SPDX-License-Identifier: MIT
"""The steps of connecting, in the order they are taken."""

from __future__ import annotations

import enum

_TEXTS = {
    "lookup": "Looking up the host",
    "tcp": "Connecting",
    "tls": "TLS handshake",
    "websocket": "WebSocket upgrade",
    "connect": "Waiting for the broker's answer",
}


class Step(enum.StrEnum):
    """Where an attempt to connect stands; TLS and WEBSOCKET are left out where the address needs none."""

    LOOKUP = "lookup"
    TCP = "tcp"
    TLS = "tls"
    WEBSOCKET = "websocket"
    CONNECT = "connect"

    @property
    def text(self) -> str:
        """What it is called before people, without a full stop."""
        return _TEXTS[self.value]
