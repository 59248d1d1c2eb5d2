# SPDX-License-Identifier: MIT
"""How to connect: everything a client needs to know about a broker and a session."""

from __future__ import annotations

import enum
import secrets
import string
from dataclasses import dataclass, field

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.protocol.topics import MAX_BYTES, utf8_problem
from mqtt_explorer.protocol.url import BrokerUrl

MIB = 1024 * 1024
#: What is kept of a payload above the cap.
KEPT_OF_OVERSIZE = 1 * MIB
_ALPHANUMERIC = string.ascii_letters + string.digits


class ProtocolVersion(enum.Enum):
    """The MQTT versions we speak; the value is the protocol level of CONNECT."""

    V311 = 4
    V5 = 5

    @property
    def label(self) -> str:
        """The name people know: MQTT 5 or MQTT 3.1.1."""
        return "MQTT 5" if self is ProtocolVersion.V5 else "MQTT 3.1.1"


class OptionsError(MqttExplorerError):
    """An option has a value no broker can be asked for."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__("Check the connection", message, field=field)


def fresh_client_id() -> str:
    """``mxq`` and 12 alphanumerics: allowed by every 3.1.1 broker (3.1.3-5), and not a name brokers refuse ``#`` to."""
    return "mxq" + "".join(secrets.choice(_ALPHANUMERIC) for _ in range(12))


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """TLS settings; files are paths in PEM format.

    Attributes:
        verify: False drops the chain and the host check.
        server_name: SNI and the name checked; the host when None.
        key_password: Never shown or stored.
    """

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    key_password: str | None = field(default=None, repr=False)
    verify: bool = True
    server_name: str | None = None
    alpn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """One broker, one client, one session.

    Attributes:
        keep_alive: Seconds, 0–65535; 0 switches it off.
        session_expiry: Seconds (MQTT 5); None leaves the property out.
        websocket_headers: Names and values for the upgrade request; hidden in repr because they may hold a token.
        payload_cap: Bytes; of larger payloads the first 1 MiB is kept.
        dial_timeout_s: DNS, TCP, TLS and websocket upgrade together.
        connack_timeout_s: From CONNECT to CONNACK.
        request_timeout_s: SUBACK, UNSUBACK, PUBACK and PUBCOMP.

    Raises:
        OptionsError: A value is out of range; `field` names it. No message quotes a secret.
    """

    url: BrokerUrl
    client_id: str = field(default_factory=fresh_client_id)
    version: ProtocolVersion = ProtocolVersion.V5
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    keep_alive: int = 30
    clean_start: bool = True
    session_expiry: int | None = None
    tls: TlsOptions = TlsOptions()
    websocket_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    payload_cap: int = 64 * MIB
    dial_timeout_s: float = 10.0
    connack_timeout_s: float = 10.0
    request_timeout_s: float = 20.0

    def __post_init__(self) -> None:
        if not 0 <= self.keep_alive <= 65_535:
            raise OptionsError("Keep-alive is a number of seconds from 0 to 65535.", field="keep_alive")
        if self.session_expiry is not None and not 0 <= self.session_expiry <= 0xFFFF_FFFF:
            raise OptionsError(
                "Session expiry is a number of seconds up to 4294967295.", field="session_expiry"
            )
        if self.payload_cap < 1:
            raise OptionsError("The payload cap is at least one byte.", field="payload_cap")
        for name in ("client_id", "username"):
            if (text := getattr(self, name)) is not None and (problem := utf8_problem(text)):
                raise OptionsError(f"The {name.replace('_', ' ')} {problem}", field=name)
        if self.password is not None and (problem := _password_problem(self.password)):
            raise OptionsError(f"The password {problem}", field="password")
        if self.password is not None and self.username is None:
            # MQTT 3.1.1 forbids it (3.1.2-22). MQTT 5 allows it, but paho leaves such a password out without a word.
            raise OptionsError(
                "There is no password without a user name; enter a user name too.", field="username"
            )
        if not self.client_id and not self.clean_start:
            raise OptionsError("A session that is to be kept needs a client id.", field="client_id")
        if (self.tls.cert_file is None) != (self.tls.key_file is None):
            missing = "key" if self.tls.key_file is None else "certificate"
            raise OptionsError(
                f"A client certificate needs both files; the {missing} is missing.",
                field="key_file" if missing == "key" else "cert_file",
            )
        if self.tls != TlsOptions() and not self.url.tls:
            raise OptionsError(
                "TLS files and settings need an address that begins with mqtts:// or wss://; this one is not encrypted.",
                field="url",
            )


def _password_problem(text: str) -> str | None:
    """Why a password cannot be sent; it is binary data (MQTT 5, 3.1.3.6), so NUL is allowed."""
    try:
        raw = text.encode()
    except UnicodeEncodeError as error:
        return f"holds half a surrogate pair at character {error.start + 1}; enter it again."
    return f"is {len(raw):,} bytes long; MQTT allows {MAX_BYTES:,}." if len(raw) > MAX_BYTES else None
