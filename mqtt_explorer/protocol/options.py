# SPDX-License-Identifier: MIT
"""How to connect: everything a client needs to know about a broker and a session."""

from __future__ import annotations

import enum
import secrets
import string
from dataclasses import dataclass, field, replace

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.protocol.limits import NO_LIMITS, Limits
from mqtt_explorer.protocol.requests import MAX_PACKET
from mqtt_explorer.protocol.topics import MAX_BYTES, utf8_problem
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.protocol.will import Will

MIB = 1024 * 1024
#: What is kept of a payload above the cap.
KEPT_OF_OVERSIZE = 1 * MIB
#: More would let a broker fill memory with QoS 2 messages that wait for their PUBREL.
MAX_RECEIVE_MAXIMUM = 1_000
_ALPHANUMERIC = string.ascii_letters + string.digits
_FRESH = "mxq"


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
    return _FRESH + "".join(secrets.choice(_ALPHANUMERIC) for _ in range(12))


def is_fresh_client_id(client_id: str) -> bool:
    """True for one of `fresh_client_id`, and for none at all (the broker makes one up): nobody else can have it by mistake."""
    return not client_id or (
        client_id.startswith(_FRESH) and len(client_id) == len(_FRESH) + 12 and client_id.isalnum()
    )


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """TLS settings; files are paths in PEM format, but for `pkcs12_file`.

    Attributes:
        ca_file: The authorities to trust; the system's when None.
        cert_file: The client certificate, with `key_file`; not together with `pkcs12_file`.
        pkcs12_file: Client certificate and key in one PKCS#12 file (.p12, .pfx).
        key_password: Opens the key file or the PKCS#12 file. Never shown or stored.
        verify: False drops the chain and the host check.
        server_name: SNI and the name checked; the host when None.
        minimum_version: "1.2" or "1.3".
    """

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    pkcs12_file: str | None = None
    key_password: str | None = field(default=None, repr=False)
    verify: bool = True
    server_name: str | None = None
    alpn: tuple[str, ...] = ()
    minimum_version: str = "1.2"

    @property
    def has_client_certificate(self) -> bool:
        """True when we show the broker a certificate of our own."""
        return self.cert_file is not None or self.pkcs12_file is not None


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """One broker, one client, one session.

    Attributes:
        keep_alive: Seconds, 0–65535; 0 switches it off.
        session_expiry: Seconds (MQTT 5); 0xFFFFFFFF never expires; None leaves the property out: the session ends with the connection.
        receive_maximum: The most QoS 1 and 2 messages the broker may have under way to us, 1–1000 (MQTT 5).
        maximum_packet_size: The largest packet the broker may send; it drops larger messages without a word (MQTT 5, 3.1.2.11.4).
        topic_alias_maximum: The highest topic alias the broker may use; None and 0 allow none (MQTT 5).
        user_properties: Of CONNECT (MQTT 5).
        will: The Last Will, or None.
        limits: What the broker is known to take before it told; `Limits.v5` follows `version`.
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
    receive_maximum: int | None = None
    maximum_packet_size: int | None = None
    topic_alias_maximum: int | None = None
    user_properties: tuple[tuple[str, str], ...] = ()
    will: Will | None = None
    limits: Limits = NO_LIMITS
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
        if self.limits.v5 is not (self.version is ProtocolVersion.V5):
            object.__setattr__(self, "limits", replace(self.limits, v5=self.version is ProtocolVersion.V5))
        self._check_v5()
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
        self._check_tls()

    def _check_v5(self) -> None:
        """What only MQTT 5 has: ranges, and that it is not asked of 3.1.1, which would leave it out without a word."""
        for name, low, high in (
            ("receive_maximum", 1, MAX_RECEIVE_MAXIMUM),
            ("maximum_packet_size", 1, MAX_PACKET + 5),
            ("topic_alias_maximum", 0, 65_535),
        ):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                label = name.replace("_", " ").capitalize()
                raise OptionsError(f"{label} is a number from {low} to {high}.", field=name)
        for text in (part for pair in self.user_properties for part in pair):
            if problem := utf8_problem(text):
                raise OptionsError(f"A user property {problem}", field="user_properties")
        if self.version is ProtocolVersion.V5:
            return
        for name in (
            "session_expiry",
            "receive_maximum",
            "maximum_packet_size",
            "topic_alias_maximum",
            "user_properties",
        ):
            if getattr(self, name) not in (None, ()):
                label = name.replace("_", " ").capitalize()
                raise OptionsError(
                    f"{label} needs MQTT 5; MQTT 3.1.1 has no such setting. Empty the field or choose MQTT 5.",
                    field=name,
                )
        if self.will is not None and (
            self.will.delay_s is not None or not self.will.message.properties.empty
        ):
            raise OptionsError("MQTT 3.1.1 wills have no delay and no properties.", field="will")

    def _check_tls(self) -> None:
        if self.tls.pkcs12_file is not None and (
            self.tls.cert_file is not None or self.tls.key_file is not None
        ):
            raise OptionsError(
                "Give a PKCS#12 file or a certificate with its key, not both.", field="pkcs12_file"
            )
        if self.tls.minimum_version not in ("1.2", "1.3"):
            raise OptionsError("The minimum TLS version is 1.2 or 1.3.", field="minimum_tls")
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
