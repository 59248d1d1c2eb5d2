# SPDX-License-Identifier: MIT
"""From a profile as typed to what a connection needs, or what is wrong with which field.

What a profile holds but cannot use does not count, and keeps its value: TLS fields on an address without TLS, websocket fields without a
websocket, MQTT 5 fields on MQTT 3.1.1, session fields while the client id is a fresh one (which forces clean start and a session expiry
of 0), the fields of a Last Will that is switched off, locked fields of a preset, and empty rows of a list. The form greys them with the
reason. Nobody loses what was typed by switching a choice there and back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.profiles.presets import Preset, preset
from mqtt_explorer.profiles.problem import Problem, Problems
from mqtt_explorer.profiles.profile import Profile, Secrets
from mqtt_explorer.profiles.resolve_lists import pairs_of, subscriptions_of
from mqtt_explorer.profiles.resolve_will import will_of
from mqtt_explorer.protocol.limits import NO_LIMITS, Limits
from mqtt_explorer.protocol.options import (
    MAX_RECEIVE_MAXIMUM,
    ConnectOptions,
    OptionsError,
    ProtocolVersion,
    TlsOptions,
)
from mqtt_explorer.protocol.requests import MAX_PACKET, Subscription
from mqtt_explorer.protocol.topics import MAX_BYTES, utf8_problem
from mqtt_explorer.protocol.url import BrokerUrl, UrlError

__all__ = ["Problem", "ProfileError", "limits_of", "problems", "resolve"]

NEVER: Final = 0xFFFF_FFFF
_DEFAULT_KEEP_ALIVE: Final = 30
#: A name of our own that passes every check, while only problems are looked for.
_ANY_CLIENT_ID: Final = "mxq000000000000"
#: An ALPN name is 1 to 255 bytes; those registered are visible ASCII (RFC 7301).
_ALPN: Final = re.compile(r"[!-~]{1,255}")
# RFC 9110 section 5: a token, and visible ASCII with blanks inside.
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[!-~]([ \t!-~]*[!-~])?")
#: The upgrade itself sets these.
_OWN_HEADERS: Final = frozenset({"connection", "upgrade", "content-length", "transfer-encoding"})


class ProfileError(MqttExplorerError):
    """A profile cannot connect; `field` names the first field in the way."""


def problems(profile: Profile, secrets: Secrets) -> list[Problem]:
    """All problems of a profile in form order; reads no file.

    Fields are named as in the profile, with their place in lists: "url", "will.topic", "subscriptions.2.filter", "user_properties.0",
    "websocket_headers.1"; and "password", "key_password" and "websocket_query" for secrets. No message quotes a secret.
    """
    return _Draft(profile, secrets, _ANY_CLIENT_ID).read().found


def limits_of(profile: Profile) -> Limits:
    """What the broker is known to take before it told: the preset's limits, or none."""
    chosen = preset(profile.preset)
    limits = NO_LIMITS if chosen is None else chosen.limits
    return replace(limits, v5=profile.version == "5")


def resolve(
    profile: Profile, secrets: Secrets, *, client_id: str, payload_cap: int
) -> tuple[ConnectOptions, tuple[Subscription, ...]]:
    """What to connect with and what to subscribe to.

    `client_id` is the fresh one of this process, used while the profile has none; of payloads above `payload_cap` bytes only the
    beginning is kept.

    Raises:
        ProfileError: The profile has problems; the first one's field and sentence.
    """
    draft = _Draft(profile, secrets, client_id).read()
    if draft.found or draft.options is None:
        first = draft.found[0]
        raise ProfileError("Check the broker’s settings", first.message, field=first.field)
    return replace(draft.options, payload_cap=payload_cap), draft.subscriptions


@dataclass(slots=True)
class _Draft:
    """One reading of a profile; collects the problems on the way, in the order of the form."""

    profile: Profile
    secrets: Secrets
    fresh_id: str
    problems: Problems = field(default_factory=Problems)
    options: ConnectOptions | None = None
    subscriptions: tuple[Subscription, ...] = ()

    @property
    def found(self) -> list[Problem]:
        return self.problems.found

    @property
    def v5(self) -> bool:
        return self.profile.version == "5"

    def read(self) -> _Draft:
        chosen = preset(self.profile.preset)
        locked = frozenset() if chosen is None else frozenset(chosen.locked)
        limits = limits_of(self.profile)
        url = self._url(chosen)
        username, password = self._login(locked)
        tls = TlsOptions() if url is None or not url.tls else self._tls(url, chosen)
        client_id = self._client_id(chosen)
        session = self._session(locked)
        will = will_of(self.profile.will, limits, self.problems)
        self.subscriptions = subscriptions_of(self.profile.subscriptions, limits, self.problems)
        headers: tuple[tuple[str, str], ...] = ()
        if url is not None and url.websocket:
            url = self._with_path(url)
            headers = self._headers()
        if url is None or self.found:
            return self
        try:
            self.options = ConnectOptions(
                url,
                client_id=client_id,
                version=ProtocolVersion.V5 if self.v5 else ProtocolVersion.V311,
                username=username,
                password=password,
                tls=tls,
                will=will,
                limits=limits,
                websocket_headers=headers,
                **session,
            )
        except OptionsError as error:  # what only the whole shows
            self.problems.add(error.field or "url", error.message)
        return self

    # -- address and login ---------------------------------------------------------------------------------------------

    def _url(self, chosen: Preset | None) -> BrokerUrl | None:
        try:
            url = BrokerUrl.parse(self.profile.url)[0]
        except UrlError as error:
            self.problems.add("url", error.message)
            return None
        if chosen is not None and url.scheme not in chosen.ports:
            offered = " or ".join(f"{scheme}:// (port {port})" for scheme, port in chosen.ports.items())
            self.problems.add(
                "url", f"{chosen.name} does not take {url.scheme}:// connections; write {offered}."
            )
        return url

    def _login(self, locked: frozenset[str]) -> tuple[str | None, str | None]:
        username = None if "username" in locked else self.profile.username or None
        password = None if "password" in locked else self.secrets.password
        if username is not None:
            self._check_text("username", "The user name", username)
        if password and username is None:
            self.problems.add("username", "There is no password without a user name; enter a user name too.")
        if password is not None:
            try:
                size = len(password.encode())
            except UnicodeEncodeError:
                self.problems.add("password", "The password holds half a character; enter it again.")
            else:
                if size > MAX_BYTES:
                    self.problems.add(
                        "password", f"The password is {size:,} bytes long; MQTT allows {MAX_BYTES:,}."
                    )
        return username, (password if username is not None else None)

    # -- TLS -----------------------------------------------------------------------------------------------------------

    def _tls(self, url: BrokerUrl, chosen: Preset | None) -> TlsOptions:
        profile = self.profile
        ca_file = profile.ca_file.strip() if profile.trust == "file" else ""
        if profile.trust == "file" and not ca_file:
            self.problems.add("ca_file", "Choose the CA file to trust, or the system store.")
        files: dict[str, Any] = {}
        if profile.certificate == "pem":
            files = {"cert_file": profile.cert_file.strip(), "key_file": profile.key_file.strip()}
            self._need(files, cert_file="Choose the client certificate.", key_file="Choose its private key.")
        elif profile.certificate == "pkcs12":
            files = {"pkcs12_file": profile.pkcs12_file.strip()}
            self._need(files, pkcs12_file="Choose the PKCS#12 file (.p12 or .pfx).")
        elif chosen is not None and chosen.needs_certificate and not url.websocket:
            self.problems.add("certificate", f"{chosen.name} needs a client certificate; choose its kind.")
        # Also with problems: the list is to be complete, and the options are not used then.
        incomplete = bool(self.found)
        alpn, server_name = self._alpn(url, chosen), self._server_name()
        if incomplete:
            return TlsOptions()
        return TlsOptions(
            ca_file=ca_file or None,
            **files,
            key_password=(self.secrets.key_password or None) if files else None,
            verify=profile.verify,
            alpn=alpn,
            server_name=server_name,
            minimum_version=profile.minimum_tls,
        )

    def _need(self, files: dict[str, str], **sentences: str) -> None:
        for name, sentence in sentences.items():
            if not files[name]:
                self.problems.add(name, sentence)

    def _alpn(self, url: BrokerUrl, chosen: Preset | None) -> tuple[str, ...]:
        names = tuple(name.strip() for name in self.profile.alpn.split(",") if name.strip())
        if any(not _ALPN.fullmatch(name) for name in names):
            self.problems.add("alpn", "ALPN names are visible ASCII characters, separated by commas.")
            return ()
        if url.websocket and chosen is not None and chosen.fills.get("alpn") in names:
            self.problems.add("alpn", "This ALPN name is for mqtts:// addresses; empty the field for wss://.")
        return names

    def _server_name(self) -> str | None:
        name = self.profile.server_name.strip()
        if not name:
            return None
        try:
            if "@" in name:
                raise UrlError("")  # it would be read as a login
            return BrokerUrl.parse(f"mqtt://{name}:1")[0].host
        except UrlError:
            self.problems.add(
                "server_name", "The server name (SNI) is a host name such as broker.example.org."
            )
            return None

    # -- session -------------------------------------------------------------------------------------------------------

    def _client_id(self, chosen: Preset | None) -> str:
        client_id = self.profile.client_id
        if not client_id:
            return self.fresh_id
        self._check_text("client_id", "The client id", client_id)
        most = None if chosen is None else chosen.client_id_bytes
        if chosen is not None and most is not None and len(client_id.encode(errors="replace")) > most:
            self.problems.add("client_id", f"{chosen.name} takes client ids of {most} bytes at most.")
        return client_id

    def _session(self, locked: frozenset[str]) -> dict[str, Any]:
        profile = self.profile
        number = self.problems.number
        keep_alive = number("keep_alive", profile.keep_alive, "Keep-alive", 0, 65_535, "seconds ")
        session: dict[str, Any] = {
            "keep_alive": _DEFAULT_KEEP_ALIVE if keep_alive is None else keep_alive,
            "clean_start": profile.fresh_client_id or profile.clean_start,
        }
        if not self.v5:
            return session
        if not profile.fresh_client_id:
            session["session_expiry"] = self._session_expiry()
        for name, label, low, high in (
            ("receive_maximum", "Receive maximum", 1, MAX_RECEIVE_MAXIMUM),
            ("maximum_packet_size", "Maximum packet size", 1, MAX_PACKET + 5),
            ("topic_alias_maximum", "Topic alias maximum", 0, 65_535),
        ):
            session[name] = number(name, getattr(profile, name), label, low, high)
        if "user_properties" not in locked:
            session["user_properties"] = pairs_of(profile.user_properties, "user_properties", self.problems)
        return session

    def _session_expiry(self) -> int | None:
        text = self.profile.session_expiry.strip()
        if text.lower() == "never":
            return NEVER
        return self.problems.number(
            "session_expiry", text, "Session expiry", 0, NEVER, "seconds ", ", or “never”"
        )

    # -- websocket -----------------------------------------------------------------------------------------------------

    def _with_path(self, url: BrokerUrl) -> BrokerUrl:
        """The address with path and query; "" and "/" are ``/mqtt``, as everywhere."""
        path = self.profile.websocket_path.strip()
        query = (self.secrets.websocket_query or "").strip().removeprefix("?")
        if path and not path.startswith("/"):
            path = f"/{path}"
        where = f"{url.scheme}://{url.netloc}"
        for name, text, bad in (
            ("websocket_path", path, r"[\s?#@]"),
            ("websocket_query", query, r"[\s#@]"),
        ):
            if re.search(bad, text) or not text.isprintable():
                marks = "“?”, “#” and “@”" if name == "websocket_path" else "“#” and “@”"
                label = "path" if name == "websocket_path" else "query"
                self.problems.add(
                    name, f"The websocket {label} has no spaces and none of {marks}; write them as %-escapes."
                )
                return url
        try:
            return BrokerUrl.parse(where + path + (f"?{query}" if query else ""))[0]
        except UrlError:  # its sentence is about the whole address
            self.problems.add("websocket_path", "That is not a websocket path; one looks like /mqtt.")
            return url

    def _headers(self) -> tuple[tuple[str, str], ...]:
        headers = []
        values = self.secrets.websocket_values
        for index, typed in enumerate(self.profile.websocket_headers):
            name, place = typed.strip(), f"websocket_headers.{index}"
            value = values[index].strip() if index < len(values) else ""
            problem = None
            if not name and not value:
                continue
            if not _HEADER_NAME.fullmatch(name):
                problem = "A header’s name has letters, digits and hyphens only."
            elif name.lower() in _OWN_HEADERS or name.lower().startswith("sec-websocket-"):
                problem = "This header is set by the program; remove it."
            elif not value:
                problem = "Enter the value of this header; it is kept apart, as secrets are."
            elif not _HEADER_VALUE.fullmatch(value):
                problem = "The value of this header holds a character that headers cannot have; only ASCII is allowed."
            if problem is None:
                headers.append((name, value))
            else:
                self.problems.add(place, problem)
        return tuple(headers)

    def _check_text(self, name: str, label: str, text: str) -> None:
        if problem := utf8_problem(text):
            self.problems.add(name, f"{label} {problem}")
