# SPDX-License-Identifier: MIT
"""The operating system's keyring, by blocking calls: which one there is, and the entries of a profile in it.

One entry per secret, because Windows limits the size of one: service ``mqtt-explorer-qt``, user ``<profile id>/<kind>``. Nothing here
is called in the thread of the window, and no error leaves with a text that a backend wrote: it might quote a secret.
"""

from __future__ import annotations

import contextlib
import enum
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec

from mqtt_explorer.profiles.profile import Secrets

SERVICE: Final = "mqtt-explorer-qt"
#: No upgrade request has more headers of its own than this.
_MAX_VALUES: Final = 64
_SINGLE: Final = ("password", "key_password", "websocket_query")
_NAMES: Final = {
    "keyring.backends.SecretService": "Secret Service",
    "keyring.backends.libsecret": "Secret Service",
    "keyring.backends.kwallet": "KWallet",
    "keyring.backends.macOS": "Keychain",
    "keyring.backends.Windows": "Credential Manager",
}

T = TypeVar("T")


class Backend(Protocol):
    """What the keyring library's backends have."""

    def get_password(self, service: str, username: str) -> str | None:
        """The secret, or None."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Stores one."""

    def delete_password(self, service: str, username: str) -> None:
        """Removes one; raises when there is none."""


class Failure(enum.Enum):
    """Why secrets are kept for the session only; the value completes “Kept for this session only: …”."""

    MISSING = "no keyring is running."
    OFF = "the keyring is switched off in its settings."
    UNSAFE = "the only keyring found would write them to a file anybody can read."
    BROKEN = "the keyring that is set up cannot be loaded."
    CLOSED = "the keyring could not be opened."
    LOCKED = "the keyring is locked."
    SLOW = "the keyring does not answer; it may be waiting to be unlocked."
    REFUSED = "the keyring could not store or read them."


class KeyringFailure(Exception):
    """A call failed; holds the kind only, nothing a backend said."""

    def __init__(self, kind: Failure) -> None:
        super().__init__(kind.name)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """How a call ended: a value, or why there is none."""

    value: T | None = None
    failure: Failure | None = None


def attempt(work: Callable[[], T]) -> Outcome[T]:
    """Calls; whatever is raised becomes a `Failure`, so that no text of a backend gets into a log or a traceback."""
    try:
        return Outcome(value=work())
    except KeyringFailure as error:
        return Outcome(failure=error.kind)
    except Exception as error:  # noqa: BLE001 – backends raise anything; the text may quote what was to be stored
        return Outcome(failure=_kind_of(error))


def _kind_of(error: Exception) -> Failure:
    from keyring import errors

    if isinstance(error, errors.KeyringLocked):
        return Failure.LOCKED
    if isinstance(error, errors.InitError):
        return Failure.CLOSED  # its user dismissed the dialog, or it has not been set up
    if isinstance(error, errors.NoKeyringError):
        return Failure.MISSING
    return Failure.REFUSED


def find_backend() -> Backend:
    """The keyring to use: the one the user set up for the keyring library, else the best there is.

    Raises:
        KeyringFailure: There is none, or none that keeps a secret.
    """
    from keyring import backend, core
    from keyring.backends import chainer

    try:
        chosen = core.load_env() or core.load_config()
    except Exception:  # noqa: BLE001 – a module that is not installed, a backend that does not run
        raise KeyringFailure(Failure.BROKEN) from None
    if chosen is not None and not isinstance(chosen, chainer.ChainerBackend):
        return checked(chosen)
    with contextlib.suppress(AttributeError, KeyError):
        backend.get_all_keyring.reset()  # the list is remembered, but a keyring may have been started meanwhile
    found = sorted(backend.get_all_keyring(), key=lambda each: each.priority, reverse=True)
    unsafe = False
    for each in found:
        if isinstance(each, chainer.ChainerBackend):
            continue  # it would write to the first of the others, whichever that is
        problem = _problem_with(each)
        if problem is None:
            return each
        unsafe = unsafe or problem is Failure.UNSAFE
    raise KeyringFailure(Failure.UNSAFE if unsafe else Failure.MISSING)


def checked(backend: Any) -> Backend:
    """The same backend.

    Raises:
        KeyringFailure: It keeps nothing, or keeps it in plain text.
    """
    problem = _problem_with(backend)
    if problem is not None:
        raise KeyringFailure(problem)
    found: Backend = backend
    return found


def _problem_with(backend: Any) -> Failure | None:
    kind = type(backend)
    if kind.__module__ == "keyring.backends.fail":
        return Failure.MISSING
    if kind.__module__ == "keyring.backends.null":
        return Failure.OFF
    # keyrings.alt are files; the library's own rule says that below 1 a backend is not recommended.
    if (
        kind.__module__.startswith("keyrings.alt")
        or "plaintext" in kind.__name__.lower()
        or kind.priority < 1
    ):
        return Failure.UNSAFE
    return None


def name_of(backend: Any) -> str:
    """What people call a keyring."""
    module = type(backend).__module__
    known = next((name for start, name in _NAMES.items() if module.startswith(start)), None)
    return known or str(getattr(backend, "name", type(backend).__name__))


def read_secrets(backend: Backend, profile_id: str) -> Secrets:
    """The secrets of a profile; those that are not there are None."""
    single = {kind: backend.get_password(SERVICE, f"{profile_id}/{kind}") for kind in _SINGLE}
    values = []
    for index in range(_MAX_VALUES):
        text = backend.get_password(SERVICE, _value_entry(profile_id, index))
        if text is None:
            break
        values.append(_value(text))
    return Secrets(**single, websocket_values=tuple(values))


def write_secrets(backend: Backend, profile_id: str, old: Secrets | None, new: Secrets) -> None:
    """Makes the entries of a profile those of `new`; writes only what differs from `old`, all of it when that is None."""
    for kind in _SINGLE:
        value = getattr(new, kind)
        if old is None or getattr(old, kind) != value:
            _put(backend, f"{profile_id}/{kind}", value or None)
    before = None if old is None else old.websocket_values
    for index, value in enumerate(new.websocket_values):
        if before is None or index >= len(before) or before[index] != value:
            _put(backend, _value_entry(profile_id, index), json.dumps(value))
    # Reading stops at the first gap, so what is behind the last value goes from the end: a stop halfway leaves no gap.
    end = len(new.websocket_values)
    last = end if before is None else max(end, len(before))
    while before is None and backend.get_password(SERVICE, _value_entry(profile_id, last)) is not None:
        last += 1
    for index in range(last - 1, end - 1, -1):
        _put(backend, _value_entry(profile_id, index), None)


def probe(backend: Backend) -> None:
    """Asks for an entry that never exists: a locked keyring asks its user first."""
    backend.get_password(SERVICE, "probe")


def _put(backend: Backend, entry: str, value: str | None) -> None:
    if value is not None:
        backend.set_password(SERVICE, entry, value)
    elif backend.get_password(SERVICE, entry) is not None:
        backend.delete_password(SERVICE, entry)


def _value_entry(profile_id: str, index: int) -> str:
    return f"{profile_id}/websocket_value.{index}"


def _value(text: str) -> str:
    """The value of a header; entries hold it as a JSON text because some keyrings take an empty secret for none."""
    try:
        return msgspec.json.decode(text.encode(), type=str)
    except (msgspec.DecodeError, UnicodeError):
        return text
