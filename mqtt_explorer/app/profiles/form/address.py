# SPDX-License-Identifier: MIT
"""What an address typed into the form comes apart into: what may be shown and saved, and what is a secret."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.profiles.profile import Secrets, without_login
from mqtt_explorer.protocol.url import BrokerUrl


@dataclass(frozen=True)
class TypedAddress:
    """The parts of an address; None where it did not say.

    Attributes:
        shown: For the URL field: without login, path and query where it is an address, else the text without what may be a login.
        problem: What is wrong with it, or nothing.
        query: Of a websocket address, behind "?"; a secret.
    """

    shown: str
    username: str | None = None
    password: str | None = None
    path: str | None = None
    query: str | None = None
    problem: str = ""

    def __repr__(self) -> str:
        return f"TypedAddress({self.shown!r})"


def take_apart(text: str) -> TypedAddress:
    """Reads what was typed. Of a text that is no address the login goes out too: nothing of it may stay readable."""
    text = text.strip()
    try:
        url, user, password = BrokerUrl.parse(text)
    except MqttExplorerError as error:
        return _of_a_faulty(text, error.message)
    path, mark, query = url.path.partition("?")
    if "/" not in text.partition("://")[2].rpartition("@")[2] and path == "/mqtt":
        path = ""  # the usual path was not typed: it stays unsaid
    return TypedAddress(f"{url.scheme}://{url.netloc}", user, password, path or None, query if mark else None)


def _of_a_faulty(text: str, problem: str) -> TypedAddress:
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "", text
    login, at, address = rest.rpartition("@")
    if not at:
        # "?" begins what often holds a token.
        shown = text if "?" not in text else without_login(text)
        return TypedAddress(shown, problem=problem)
    user, colon, password = login.partition(":")
    shown = scheme + separator + address.partition("?")[0]
    return TypedAddress(shown, user or None, password if colon else None, problem=problem)


def origin(text: str) -> str:
    """``scheme://host:port`` of an address, or nothing: secrets belong to one origin."""
    try:
        url = BrokerUrl.parse(text)[0]
    except MqttExplorerError:
        return ""
    return f"{url.scheme}://{url.netloc}"


def sent_secrets(secrets: Secrets, *, websocket: bool) -> list[str]:
    """Which secrets the broker gets to see, by name; the key password opens a file here and is never sent."""
    names = []
    if secrets.password:
        names.append(QCoreApplication.translate("BasicSection", "password"))
    if websocket and secrets.websocket_query:
        names.append(QCoreApplication.translate("BasicSection", "query"))
    if websocket and any(secrets.websocket_values):
        names.append(QCoreApplication.translate("BasicSection", "header values"))
    return names
