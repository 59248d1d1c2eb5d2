# SPDX-License-Identifier: MIT
"""Broker addresses: mqtt, mqtts, ws and wss URLs.

No message quotes the text it complains about: in a mistyped address any part of it may be a password (in ``user:secret`` the
secret stands where a port would). For the same reason the parsing is our own: what `urllib` raises quotes the address too.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from mqtt_explorer.errors import MqttExplorerError

DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
_ALIASES = {"tcp": "mqtt", "ssl": "mqtts", "tls": "mqtts", "mqtt+tls": "mqtts", "http": "ws", "https": "wss"}
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?\Z")
_ZONE = re.compile(r"[A-Za-z0-9_.~-]+\Z")
_PORT = re.compile(r"[0-9]{1,5}\Z")
_AUTHORITY_END = re.compile(r"[/?#]|\Z")
#: Where no scheme says that a login follows, these make it doubtful where it ends.
_NO_NAME = re.compile(r"[/?#\\]")


class UrlError(MqttExplorerError):
    """The text is not the address of a broker."""

    def __init__(self, message: str) -> None:
        super().__init__("Not a broker address", message, field="url")


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """Where a broker listens. Never holds a user name or a password.

    Attributes:
        scheme: "mqtt", "mqtts", "ws" or "wss".
        host: A name in its ASCII form or an address; IPv6 without brackets, a zone behind "%".
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
        """``host:port``, IPv6 in brackets with its zone as RFC 6874 writes it (``%25eth0``)."""
        return (
            f"[{self.host.replace('%', '%25')}]:{self.port}"
            if ":" in self.host
            else f"{self.host}:{self.port}"
        )

    @property
    def shown(self) -> str:
        """The address for windows, messages and logs: without the query, which may hold a token."""
        return str(self).partition("?")[0]

    def __str__(self) -> str:
        """The whole address, to dial and to edit; show `shown`."""
        return f"{self.scheme}://{self.netloc}{self.path}"

    def __repr__(self) -> str:
        return f"BrokerUrl({self.shown!r})"

    @classmethod
    def parse(cls, text: str) -> tuple[BrokerUrl, str | None, str | None]:
        """Reads an address and takes the login out of it.

        A text without a scheme (``host`` or ``host:port``) is read as mqtt, or mqtts for port 8883; a login in it must be a plain one,
        without slashes.

        Returns:
            The address, the user name and the password (None where absent).

        Raises:
            UrlError: With a sentence that says what is wrong and quotes nothing.
        """
        text = text.strip()
        if not text:
            raise UrlError("Enter an address such as mqtt://localhost or mqtts://broker.example.org:8883.")
        if any(ch == " " or not ch.isprintable() for ch in text):
            raise UrlError("An address has no spaces, control characters or invisible characters in it.")
        bare = "://" not in text
        scheme, rest = ("mqtt", text) if bare else text.split("://", 1)
        scheme = _ALIASES.get(scheme.lower(), scheme.lower())
        if scheme not in DEFAULT_PORTS:
            raise UrlError("An address starts with mqtt://, mqtts://, ws:// or wss://.")
        if bare and _NO_NAME.search(rest.rpartition("@")[0]):
            # "mqtt//user:secret@host", or a path behind the host: guessing would send a login to the wrong host.
            raise UrlError("Write mqtt://, mqtts://, ws:// or wss:// in front of an address with a login.")
        user, password, rest = _take_login(rest, may_have_path=scheme in ("ws", "wss"))
        end = _first(_AUTHORITY_END, rest)
        host, port = _host_and_port(rest[:end], bare=bare)
        if bare and port == DEFAULT_PORTS["mqtts"]:
            scheme = "mqtts"
        path = _checked_path(scheme, rest[end:])
        return cls(scheme, host, port or DEFAULT_PORTS[scheme], path), user, password


def _first(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    return found.start() if found else len(text)


def _take_login(rest: str, *, may_have_path: bool) -> tuple[str | None, str | None, str]:
    """Splits ``user:password@`` off.

    mqtt addresses have no path, so the last @ ends the login and a password may hold ``@``, ``/``, ``?`` and ``#`` as they are. In a
    websocket address an @ behind the first slash may belong to either; guessing would send a login to the wrong host.
    """
    if may_have_path and "@" in rest[_first(_AUTHORITY_END, rest) :]:
        raise UrlError("Write / as %2F, ? as %3F and # as %23 in a password, and @ as %40 in a path.")
    login, at, address = rest.rpartition("@")
    if not at:
        return None, None, rest
    user, colon, password = login.partition(":")
    return _unquoted(user) or None, _unquoted(password) if colon else None, address


def _unquoted(text: str) -> str:
    decoded = unquote_to_bytes(text).decode(errors="surrogateescape")
    if not decoded.isascii() and any("\ud800" <= ch <= "\udfff" for ch in decoded):
        raise UrlError("A %-escape in the login is not valid UTF-8.")
    return decoded


def _host_and_port(authority: str, *, bare: bool) -> tuple[str, int | None]:
    if authority.startswith("["):
        address, bracket, after = authority[1:].partition("]")
        if not bracket or (after and not after.startswith(":")):
            raise UrlError("Write an IPv6 address in brackets, for example mqtt://[::1]:1883.")
        return _checked_ipv6(address), _checked_port(after[1:])
    if authority.count(":") > 1:
        if not bare:
            raise UrlError("Write an IPv6 address in brackets, for example mqtt://[::1]:1883.")
        return _checked_ipv6(authority), None
    host, _, port = authority.partition(":")
    if not host:
        raise UrlError("The address has no host; write mqtt://host or mqtt://host:port.")
    return _checked_name(host), _checked_port(port)


def _checked_port(text: str) -> int | None:
    if not text:
        return None
    if not _PORT.match(text) or not 1 <= int(text) <= 65_535:
        raise UrlError("The port is a number from 1 to 65535, as in mqtt://host:1883.")
    return int(text)


def _checked_ipv6(text: str) -> str:
    address, percent, zone = text.partition("%")
    if zone.startswith("25") and len(zone) > 2:
        zone = zone[2:]  # RFC 6874: "%" is written "%25" in an address
    try:
        plain = str(ipaddress.IPv6Address(address))
    except ValueError:
        plain = ""  # raised below: the original error quotes the text
    if not plain:
        raise UrlError("That is not an IPv6 address; one looks like [2001:db8::1].")
    if percent and not _ZONE.match(zone):
        raise UrlError(
            "The zone behind the IPv6 address is the name of a network interface, as in fe80::1%eth0."
        )
    return plain + percent + zone


def _checked_name(text: str) -> str:
    host = ""
    if len(text) <= 253:  # also keeps the slow codec below from long texts
        try:
            host = text.encode("idna").decode().lower()
        except UnicodeError:
            host = ""  # raised below: the original error quotes the text
    if len(host) > 253 or not _HOST.match(host):
        raise UrlError("That is not a host name; it has letters, digits, dots and hyphens only.")
    if re.fullmatch(r"[0-9.]+", host):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            host = ""
    if not host:
        raise UrlError("That is not an IPv4 address; it needs four numbers from 0 to 255.")
    return host


def _checked_path(scheme: str, text: str) -> str:
    path, mark, _ = text.partition("#")
    if mark:
        raise UrlError("An address has no “#” part; topic filters go into the subscriptions.")
    if scheme in ("mqtt", "mqtts"):
        if path.strip("/"):
            raise UrlError(f"{scheme}:// addresses have no path; only ws:// and wss:// do.")
        return ""
    place, query_mark, query = path.partition("?")
    if place in ("", "/"):
        path = "/mqtt" + query_mark + query
    return quote(path, safe="/?%:;=&,.~!$'()*+-_[]|")
