# SPDX-License-Identifier: MIT
"""What must be asked before a saved broker can be connected to: the password of its login or of its private key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from mqtt_explorer.network.refusal import ConnackRefused
from mqtt_explorer.profiles.profile import Secrets

if TYPE_CHECKING:
    from mqtt_explorer.errors import MqttExplorerError
    from mqtt_explorer.profiles.profile import Profile
    from mqtt_explorer.protocol.options import ConnectOptions

#: Bad user name or password, and not authorised (MQTT 5, 3.2.2.2): a wrong password is either, depending on the broker.
LOGIN_REFUSED = frozenset((0x86, 0x87))

Which: TypeAlias = Literal["password", "key_password"]


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and a password that stand in for the profile's, this time only."""

    username: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return "Login()"


@dataclass(frozen=True, slots=True)
class PasswordQuestion:
    """What a password is asked for.

    Attributes:
        which: Of the login, or of the private key.
        broker: What the user calls it, and its address.
        account: The user name, or the file with the key.
        sentence: Why it is asked again; empty the first time.
        saved: It is for a saved broker and may be kept; else it serves one connection.
        remember: What the profile says about keeping it.
    """

    which: Which
    broker: str
    account: str
    sentence: str = ""
    saved: bool = True
    remember: bool = True


@dataclass(frozen=True, slots=True)
class PasswordAnswer:
    """What the user typed, and whether to keep it in the keyring."""

    password: str
    remember: bool

    def __repr__(self) -> str:
        return f"PasswordAnswer(remember={self.remember})"


class KnownSecrets:
    """What a saved broker signs in with: its stored secrets, a login from outside, and what the user typed.

    Attributes:
        secrets: To connect with.
        to_store: The stored ones with what the user typed; a login from outside is never part of them.
        without_answers: The stored ones without what was typed, for a user who wants to be asked each time.
        answer: The last one, or None.
    """

    def __init__(self, stored: Secrets, login: Login | None = None) -> None:
        self.secrets = self.to_store = self.without_answers = stored
        if login is not None and login.password is not None:
            self.secrets = msgspec.structs.replace(stored, password=login.password)
        self.answer: PasswordAnswer | None = None

    def take(self, question: PasswordQuestion, answer: PasswordAnswer) -> None:
        """Takes over what the user typed."""
        self.answer = answer
        self.secrets = _with(self.secrets, question.which, answer.password)
        self.to_store = _with(self.to_store, question.which, answer.password)
        self.without_answers = _with(self.without_answers, question.which, None)


def _with(secrets: Secrets, which: Which, value: str | None) -> Secrets:
    if which == "password":
        return msgspec.structs.replace(secrets, password=value)
    return msgspec.structs.replace(secrets, key_password=value)


#: Asks the user; None when the question was closed.
Ask: TypeAlias = Callable[[PasswordQuestion], Awaitable[PasswordAnswer | None]]


def missing(profile: Profile, secrets: Secrets, options: ConnectOptions) -> PasswordQuestion | None:
    """The password to ask for before anything is sent, or None."""
    if not options.username or options.password is not None or secrets.password is not None:
        return None  # an empty answer counts: some brokers want a user name only
    return _question("password", profile, options)


def refused(error: MqttExplorerError, profile: Profile, options: ConnectOptions) -> PasswordQuestion | None:
    """The password to ask for anew after a failure, or None where another one would not help."""
    if isinstance(error, ConnackRefused) and error.code in LOGIN_REFUSED and options.username:
        return _question("password", profile, options, error.message)
    if error.field == "key_password" and options.tls.has_client_certificate:
        tried = options.tls.key_password is not None  # the first time nobody has done anything wrong
        return _question("key_password", profile, options, error.message if tried else "")
    return None


def _question(
    which: Which, profile: Profile, options: ConnectOptions, sentence: str = ""
) -> PasswordQuestion:
    key = options.tls.pkcs12_file or options.tls.key_file or ""
    address = options.url.netloc
    broker = address if profile.title in (address, options.url.shown) else f"{profile.title} ({address})"
    return PasswordQuestion(
        which,
        broker,
        (options.username or "") if which == "password" else key,
        sentence,
        remember=profile.remember_secrets,
    )
