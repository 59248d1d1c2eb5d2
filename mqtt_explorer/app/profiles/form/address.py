# SPDX-License-Identifier: MIT
"""What an address typed into the form comes apart into: what may be shown and saved, and what is a secret."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.profiles.presets import PRESETS, Preset, with_usual_port
from mqtt_explorer.profiles.profile import Secrets, without_login
from mqtt_explorer.protocol.url import DEFAULT_PORTS, BrokerUrl

_AUTHORITY_END: Final = re.compile(r"[/?#]")
#: Nobody's password, however it goes on.
_USUAL_PORTS: Final = frozenset(DEFAULT_PORTS.values()).union(*(each.ports.values() for each in PRESETS))


@dataclass(frozen=True)
class TypedAddress:
    """The parts of an address; None where it did not say.

    Attributes:
        shown: For the URL field: without login, path and query where it is an address, else the text without what may be a login.
        problem: What is wrong with it, or nothing.
        query: Of a websocket address, behind "?"; a secret.
        provisional: More may be typed behind it that makes a login of it, whose password now stands where a port would.
    """

    shown: str
    username: str | None = None
    password: str | None = None
    path: str | None = None
    query: str | None = None
    problem: str = ""
    provisional: bool = False

    @property
    def bare(self) -> bool:
        """Whether it is an address with nothing in it that goes elsewhere."""
        parts = (self.username, self.password, self.path, self.query)
        return not self.problem and all(part is None for part in parts)

    @property
    def may_be_saved(self) -> bool:
        """Whether it may go to the disk while it is still being typed: an address that cannot turn into a login."""
        return self.bare and not self.provisional

    def __repr__(self) -> str:
        return f"TypedAddress({self.shown!r})"


def take_apart(text: str, chosen: Preset | None = None) -> TypedAddress:
    """Reads what was typed; where it names no port, the preset's is taken.

    Of a text that is no address the login goes out too: nothing of it may stay readable.
    """
    text = text.strip()
    try:
        url, user, password = BrokerUrl.parse(text)
    except MqttExplorerError as error:
        return _of_a_faulty(text, error.message)
    path, mark, query = url.path.partition("?")
    if "/" not in text.partition("://")[2].rpartition("@")[2] and path == "/mqtt":
        path = ""  # the usual path was not typed: it stays unsaid
    port = _typed_port(text)
    if not port:
        url = with_usual_port(url, chosen, any_scheme="://" not in text)
    return TypedAddress(
        f"{url.scheme}://{url.netloc}",
        user,
        password,
        path or None,
        query if mark else None,
        provisional="://" not in text
        or (bool(port) and int(port) not in _USUAL_PORTS and not _is_ip(url.host)),
    )


def _typed_port(text: str) -> str:
    """The port in an address, or nothing where it says none."""
    authority = _AUTHORITY_END.split(text.partition("://")[2] or text, maxsplit=1)[0].rpartition("@")[2]
    return authority.rpartition("]")[2].partition(":")[2]


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


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
