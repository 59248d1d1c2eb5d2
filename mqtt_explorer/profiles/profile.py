# SPDX-License-Identifier: MIT
"""A saved broker as the user typed it: texts, valid or not, and never a secret.

The form saves while one types, so that nothing is lost; `profiles.resolve` turns a profile into `ConnectOptions`, or says what is wrong
with which field. Field names here are the field names of the form and of its problems.
"""

from __future__ import annotations

import re
import secrets as random_source
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from mqtt_explorer.profiles.settings import without_secrets

#: The data colours of the theme, by index.
COLOURS: Final = 6
_SCHEME: Final = re.compile(r"[A-Za-z]{2,8}(\+tls)?")

Pairs: TypeAlias = tuple[tuple[str, str], ...]
Qos: TypeAlias = Literal[0, 1, 2]
PayloadForm: TypeAlias = Literal["text", "hex", "base64"]


class WillDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The Last Will of a profile; `enabled` False keeps the rest for later.

    Attributes:
        payload: As typed, in the form `payload_form` names.
        delay: Seconds; empty leaves the property out (MQTT 5).
        payload_is_text: The payload format indicator; None leaves it out (MQTT 5).
        message_expiry: Seconds; empty leaves it out (MQTT 5).
        correlation_data: As hex digits (MQTT 5).
        extra: Keys this version does not know, as in `Profile`.
    """

    enabled: bool = False
    topic: str = ""
    payload: str = ""
    payload_form: PayloadForm = "text"
    qos: Qos = 0
    retain: bool = False
    delay: str = ""
    payload_is_text: bool | None = None
    message_expiry: str = ""
    content_type: str = ""
    response_topic: str = ""
    correlation_data: str = ""
    user_properties: Pairs = ()
    extra: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)


class SubscriptionDraft(msgspec.Struct, frozen=True, kw_only=True):
    """One start-up subscription. `identifier` is a number as text; empty leaves it out. `extra`: as in `Profile`."""

    filter: str = ""
    qos: Qos = 0
    no_local: bool = False
    retain_as_published: bool = True
    retain_handling: Qos = 0
    identifier: str = ""
    extra: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)


def new_id() -> str:
    """The name of a profile in files and in the keyring; never shown."""
    return random_source.token_hex(8)


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One saved broker. Empty texts mean "not set".

    Attributes:
        id: Stable for the life of the profile; the keyring knows its secrets by it.
        folder: The name of its folder; empty at the top level.
        colour: Index of a data colour; None takes the neutral one.
        preset: Key of a preset in `profiles.presets`, or "".
        url: Without login, path and query: ``wss://broker:8084``. May be invalid text, but `without_login` has been over it.
        remember_secrets: Keep secrets in the keyring; False asks for the password at each connect.
        client_id: Empty takes a fresh one per process, which forces clean start and a session expiry of 0.
        keep_alive: Seconds.
        session_expiry: Seconds, or "never" (0xFFFFFFFF).
        websocket_path: Without the query, which is a secret.
        websocket_headers: Names; their values are secrets, in the same order.
        trust: "system" store or "file" (`ca_file`).
        certificate: Which of the client certificate's fields count.
        alpn: Names, comma-separated.
        server_name: SNI; the host when empty.
        verify: False connects without checking the broker's certificate, under a standing warning.
        connect_at_start: Connect when the program starts.
        last_used: Seconds since 1970, 0 for never.
        extra: Keys this version does not know, as raw JSON; they are written back as they were.
    """

    id: str = msgspec.field(default_factory=new_id)
    name: str = ""
    folder: str = ""
    colour: Annotated[int, msgspec.Meta(ge=0, lt=COLOURS)] | None = None
    preset: str = ""
    url: str = ""
    version: Literal["5", "3.1.1"] = "5"
    username: str = ""
    remember_secrets: bool = True
    client_id: str = ""
    keep_alive: str = "30"
    clean_start: bool = True
    session_expiry: str = ""
    receive_maximum: str = ""
    maximum_packet_size: str = ""
    topic_alias_maximum: str = ""
    user_properties: Pairs = ()
    websocket_path: str = ""
    websocket_headers: tuple[str, ...] = ()
    trust: Literal["system", "file"] = "system"
    ca_file: str = ""
    certificate: Literal["none", "pem", "pkcs12"] = "none"
    cert_file: str = ""
    key_file: str = ""
    pkcs12_file: str = ""
    alpn: str = ""
    server_name: str = ""
    minimum_tls: Literal["1.2", "1.3"] = "1.2"
    verify: bool = True
    will: WillDraft = WillDraft()
    subscriptions: tuple[SubscriptionDraft, ...] = (SubscriptionDraft(filter="#"),)
    connect_at_start: bool = False
    last_used: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    extra: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        # Whatever gets in here, by hand or by an edited file, a login does not.
        msgspec.structs.force_setattr(self, "url", without_login(self.url))

    @property
    def fresh_client_id(self) -> bool:
        """True when a client id is made at each start of the program."""
        return not self.client_id

    @property
    def address(self) -> str:
        """The address to show: URL and websocket path, no query."""
        path = self.websocket_path if self.url.startswith(("ws://", "wss://")) else ""
        return self.url + (path if path.startswith("/") or not path else f"/{path}")

    @property
    def title(self) -> str:
        """What to call it: its name, else its address."""
        return self.name.strip() or self.address or "New broker"


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """What a profile keeps in the keyring or in memory, never in a file. None means "not set".

    Attributes:
        password: Of the login.
        key_password: Of the private key or PKCS#12 file.
        websocket_query: The part of a websocket URL behind "?", which often holds a token.
        websocket_values: The values of the headers, in the order of `Profile.websocket_headers`.
    """

    password: str | None = None
    key_password: str | None = None
    websocket_query: str | None = None
    websocket_values: tuple[str, ...] = ()

    def __repr__(self) -> str:
        given = [name for name in self.__struct_fields__ if getattr(self, name)]
        return f"Secrets({', '.join(given)})"


def without_login(text: str) -> str:
    """An address fit for the disk: no login, path or query; of a text that is no address, only what cannot be a password.

    In a mistyped address any part may be a secret: everything up to the last "@" goes, and everything behind "?".
    """
    text = text.strip()
    cleaned = without_secrets(text)
    if cleaned is None:
        scheme, separator, rest = text.partition("://")
        if not separator or not _SCHEME.fullmatch(
            scheme
        ):  # also "user:pass://word@host": nothing in front of it is kept
            scheme, separator, rest = "", "", rest or text
        rest = rest.rpartition("@")[2].partition("?")[0]
        host, colon, port = rest.partition(":")
        # "user:secret" without a host yet: what stands where the port would is kept only when it is digits.
        return f"{scheme}{separator}{host}" + (f"{colon}{port}" if port.isdigit() or not port else "")
    if "://" not in text:
        return cleaned
    scheme, separator, rest = cleaned.partition("://")
    return scheme + separator + rest.partition("/")[0]
