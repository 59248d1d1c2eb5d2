# SPDX-License-Identifier: MIT
"""What is said about an address while it is typed, and an address with another scheme."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.app.broker_secrets import address_or_none
from mqtt_explorer.protocol.url import BrokerUrl


def explain_address(text: str) -> str:
    """How an address without a scheme is read; nothing for a whole one, or while it is none yet."""
    if "://" in text:
        return ""
    parsed = address_or_none(text)
    if parsed is None:
        return ""
    url = parsed[0]
    if url.tls:
        return _tr("Read as {url}: port 8883 is the one for TLS.").format(url=url.shown)
    told = _tr("Read as {url}, without encryption. Write mqtts:// before it for TLS.")
    return told.format(url=url.shown)


def with_scheme(url: BrokerUrl, scheme: str) -> BrokerUrl:
    """The same host and port under another scheme; a websocket gets the usual path."""
    websocket = scheme in ("ws", "wss")
    return replace(url, scheme=scheme, path=(url.path or "/mqtt") if websocket else "")


def is_weaker(url: BrokerUrl, scheme: str) -> bool:
    """True when the other scheme gives up encryption: what was typed for the first must not go out in plain text."""
    return url.tls and scheme not in ("mqtts", "wss")


def _tr(text: str) -> str:
    return QCoreApplication.translate("StartPage", text)
