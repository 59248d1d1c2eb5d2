# SPDX-License-Identifier: MIT
"""Which broker a login and TLS options belong to: they must not reach another one."""

from __future__ import annotations

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.protocol.url import BrokerUrl


class Belonging:
    """Remembers the scheme, host and port that the secrets in a form were given for.

    The scheme counts too: what was typed for ``mqtts://`` must not go out in plain text over ``mqtt://``.

    Attributes:
        origin: ``scheme://host:port``; empty while nothing is bound.
    """

    def __init__(self) -> None:
        self.origin = ""

    def bind(self, url: BrokerUrl) -> None:
        """From now on the secrets are this broker's."""
        self.origin = f"{url.scheme}://{url.netloc}"

    def move_to(self, url: BrokerUrl) -> str:
        """Binds to a broker; returns the one left when it is another: what was its own must be dropped. Else an empty text."""
        left = self.origin
        self.bind(url)
        return left if left != self.origin else ""


def address_or_none(text: str) -> tuple[BrokerUrl, str | None, str | None] | None:
    """Address, user name and password of a text, or None while it is no address."""
    try:
        return BrokerUrl.parse(text)
    except MqttExplorerError:
        return None
