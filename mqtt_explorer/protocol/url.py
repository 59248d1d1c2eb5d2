# SPDX-License-Identifier: MIT
"""Broker addresses: mqtt, mqtts, ws and wss URLs."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from mqtt_explorer.errors import MqttExplorerError

DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
_ALIASES = {"tcp": "mqtt", "ssl": "mqtts", "tls": "mqtts", "mqtt+tls": "mqtts", "http": "ws", "https": "wss"}
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?\Z")


class UrlError(MqttExplorerError):
    """The text is not the address of a broker."""

    def __init__(self, message: str) -> None:
        super().__init__("Not a broker address", message, field="url")


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """Where a broker listens. Never holds a user name or a password.

    Attributes:
        scheme: "mqtt", "mqtts", "ws" or "wss".
        host: A name or an address; IPv6 without brackets.
        port: 1–65535.
        path: The websocket path with query ("/mqtt"); empty for mqtt and mqtts.
    """

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def tls(self) -> bool:
        """True for mqtts and wss."""
        return self.scheme in ("mqtts", "wss")

    @property
    def websocket(self) -> bool:
        """True for ws and wss."""
        return self.scheme in ("ws", "wss")

    @property
    def netloc(self) -> str:
        """``host:port``, IPv6 in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.path}"

    @classmethod
    def parse(cls, text: str) -> tuple[BrokerUrl, str | None, str | None]:
        """Reads an address and takes the login out of it.

        A text without a scheme (``host`` or ``host:port``) is read as mqtt, or mqtts for port 8883.

        Returns:
            The address, the user name and the password (None where absent).

        Raises:
            UrlError: With a sentence that says what is wrong.
        """
        text = text.strip()
        if not text:
            raise UrlError("Enter an address such as mqtt://localhost or mqtts://broker.example.org:8883.")
        if any(ch.isspace() or ord(ch) < 32 or ord(ch) == 127 for ch in text):
            raise UrlError("An address has no spaces or control characters in it.")
        bare = "://" not in text
        scheme, rest = ("mqtt", text) if bare else text.split("://", 1)
        scheme = _ALIASES.get(scheme.lower(), scheme.lower())
        if scheme not in DEFAULT_PORTS:
            raise UrlError(f"“{scheme}” is not a scheme of MQTT; use mqtt://, mqtts://, ws:// or wss://.")
        user, password, rest = _take_login(rest)
        if bare and rest.count(":") > 1 and not rest.startswith("["):
            rest = f"[{rest}]"  # a bare IPv6 address
        try:
            parts = urlsplit(f"{scheme}://{rest}")
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise UrlError(_port_or_host_problem(rest)) from error
        if not host:
            raise UrlError("The address has no host; write mqtt://host or mqtt://host:port.")
        if port == 0:
            raise UrlError("Port 0 cannot be dialled; ports go from 1 to 65535.")
        if bare and port == DEFAULT_PORTS["mqtts"]:
            scheme = "mqtts"
        if parts.fragment:
            raise UrlError("An address has no “#” part; topic filters go into the subscriptions.")
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if scheme in ("mqtt", "mqtts"):
            if path.strip("/"):
                raise UrlError(f"{scheme}:// addresses have no path; only ws:// and wss:// do.")
            path = ""
        elif path in ("", "/"):
            path = "/mqtt"
        return cls(scheme, _checked_host(host), port or DEFAULT_PORTS[scheme], path), user, password


def _take_login(rest: str) -> tuple[str | None, str | None, str]:
    """Splits ``user:password@`` off; the last @ before the path counts, so a password may hold one."""
    authority, slash, tail = rest.partition("/")
    login, at, host = authority.rpartition("@")
    if not at:
        return None, None, rest
    user, colon, password = login.partition(":")
    return unquote(user) or None, unquote(password) if colon else None, host + slash + tail


def _checked_host(host: str) -> str:
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host.split("%")[0])) + (
                "%" + host.split("%", 1)[1] if "%" in host else ""
            )
        except ValueError as error:
            raise UrlError(f"“{host}” is not an IPv6 address.") from error
    if re.fullmatch(r"[0-9.]+", host):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError as error:
            raise UrlError(
                f"“{host}” is not an IPv4 address; it needs four numbers from 0 to 255."
            ) from error
    try:
        ascii_host = host.encode("idna").decode()
    except UnicodeError as error:
        raise UrlError(f"“{host}” is not a host name.") from error
    if len(ascii_host) > 253 or not _HOST.match(ascii_host):
        raise UrlError(f"“{host}” is not a host name; it has letters, digits, dots and hyphens only.")
    return ascii_host


def _port_or_host_problem(rest: str) -> str:
    port = rest.partition("/")[0].rpartition("]")[2].rpartition(":")[2]
    if port.lstrip("-").isdigit():
        return f"{port} is not a port; ports go from 1 to 65535."
    if ":" in rest:
        return f"“{port}” is not a port; write the port as a number, for example mqtt://host:1883."
    return f"“{rest}” is not a host."
