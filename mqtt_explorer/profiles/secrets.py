# SPDX-License-Identifier: MIT
"""Secrets of profiles: in the operating system's keyring, else for this session only, and said so."""

from __future__ import annotations

import asyncio
import enum
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from mqtt_explorer.events import Event
from mqtt_explorer.profiles.keyring_access import (
    Backend,
    Failure,
    Outcome,
    attempt,
    checked,
    find_backend,
    name_of,
    probe,
    read_secrets,
    write_secrets,
)
from mqtt_explorer.profiles.profile import Secrets
from mqtt_explorer.tasks import cancel_and_wait, create_task, run_in_thread

#: How long the user has for the keyring's own dialog.
UNLOCK_TIMEOUT_S: Final = 120.0
_EMPTY: Final = Secrets()
_UNKNOWN_TEXT: Final = "Kept in the system’s keyring, if there is one."

T = TypeVar("T")


class Place(enum.Enum):
    """Where secrets go."""

    UNKNOWN = "unknown"
    KEYRING = "keyring"
    SESSION = "session"


class SecretStore:
    """The secrets of all profiles.

    The keyring is called in a daemon thread, by one call at a time and in order, each with a time limit; a call that hangs does not hold
    up anything and is not joined by others. What could not be stored is kept for the session and stored once the keyring answers.

    Attributes:
        place: Where secrets go, as the last call showed.
        place_text: The same as a sentence for people, with the reason.
        can_unlock: Whether `unlock` may help: the keyring is there but locked or slow.
        changed: After `place` or its text changed, and when a slow keyring has answered after all.
    """

    def __init__(self, backend: Any | None = None, timeout_s: float = 5.0) -> None:
        self.place = Place.UNKNOWN
        self.place_text = _UNKNOWN_TEXT
        self.can_unlock = False
        self.changed: Event[()] = Event()
        self._given = backend
        self._backend: Backend | None = None
        self._timeout_s = timeout_s
        self._known: dict[str, Secrets] = {}
        self._session_only: set[str] = set()
        self._read: set[str] = set()  # profiles whose entries in the keyring are known
        self._stored: dict[str, Secrets] = {}
        self._wanted: dict[str, Secrets] = {}
        self._refusals: dict[str, str] = {}
        self._turn = asyncio.Lock()
        self._running: asyncio.Task[Any] | None = None
        self._running_until = 0.0
        self._later: asyncio.Task[None] | None = None
        self._failure: Failure | None = None
        self._kept_text = _UNKNOWN_TEXT

    def known(self, profile_id: str) -> Secrets | None:
        """What this session knows of a profile, without asking the keyring."""
        return self._known.get(profile_id)

    def text_for(self, profile_id: str) -> str:
        """Where the secrets of one profile are, as a sentence for people."""
        if profile_id in self._session_only:
            return "Kept for this session only, as chosen for this broker."
        if profile_id in self._stored and profile_id not in self._wanted:
            return self._kept_text
        return self._refusals.get(profile_id, self.place_text)

    async def load(self, profile_id: str) -> Secrets:
        """The secrets of a profile; never raises. Empty when there are none, or the keyring does not give them (`place_text`)."""
        if profile_id in self._known:
            return self._known[profile_id]
        if profile_id in self._wanted:
            return self._wanted[profile_id]  # removed, but the keyring has not done it yet

        def keep(secrets: Secrets) -> None:
            self._stored[profile_id] = secrets
            self._read.add(profile_id)
            # What was typed or forgotten meanwhile is newer.
            if profile_id not in self._wanted:
                self._known.setdefault(profile_id, secrets)

        def prepare() -> Callable[[Backend], Secrets] | None:
            if profile_id in self._known:  # another call was faster
                return None
            return lambda backend: read_secrets(backend, profile_id)

        await self._call(prepare, keep, self._timeout_s)
        return self._known.get(profile_id, _EMPTY)

    async def unlock(self, timeout_s: float = UNLOCK_TIMEOUT_S) -> bool:
        """Asks the keyring again and gives the user time for its dialog; then stores what waited for it.

        Returns:
            Whether the keyring answers.
        """
        answered = await self._call(lambda: probe, lambda _: None, timeout_s)
        if answered:
            await self._store_waiting()
        return answered

    async def save(self, profile_id: str, secrets: Secrets, *, remember: bool) -> None:
        """Keeps secrets, at once for this session and, with `remember`, in the keyring; without it the keyring's are removed. Never raises.

        Where the keyring has not said yet what it holds (it is locked or slow), a secret that is not set leaves the stored one alone.
        """
        self._known[profile_id] = secrets
        (self._session_only.discard if remember else self._session_only.add)(profile_id)
        if not remember:
            self._read.add(profile_id)  # nothing is to stay there, whatever it is
        await self._store(profile_id, secrets if remember else _EMPTY)

    async def forget(self, profile_id: str) -> None:
        """Removes the secrets of a profile everywhere; never raises."""
        self._known.pop(profile_id, None)
        self._session_only.discard(profile_id)
        self._read.add(profile_id)
        await self._store(profile_id, _EMPTY)

    async def duplicate(self, from_id: str, to_id: str) -> None:
        """Copies the secrets of one profile to another, as far as the first is remembered; never raises."""
        secrets = await self.load(from_id)
        if secrets != _EMPTY:
            await self.save(to_id, secrets, remember=from_id not in self._session_only)

    async def close(self) -> None:
        """Gives up a call that still waits for the keyring; its thread ends with the program."""
        await cancel_and_wait(self._running, self._later)

    # -- the keyring ---------------------------------------------------------------------------------------------------

    async def _store(self, profile_id: str, secrets: Secrets) -> None:
        self._wanted[profile_id] = secrets

        def prepare() -> Callable[[Backend], tuple[Secrets, Secrets]] | None:
            # Asked when it is this call's turn: a newer save may have taken the place of this one, or have done it already.
            new = self._wanted.get(profile_id)
            if new is None or self._stored.get(profile_id) == new:
                self._wanted.pop(profile_id, None)
                return None
            old = self._stored.pop(profile_id, None)  # nobody knows what is there while it is written

            blind = profile_id not in self._read

            def write(backend: Backend) -> tuple[Secrets, Secrets]:
                there = read_secrets(backend, profile_id) if blind else old
                stored = _merged(there, new) if there is not None and blind else new
                write_secrets(backend, profile_id, there, stored)
                return new, stored

            return write

        def done(written: tuple[Secrets, Secrets]) -> None:
            new, stored = written
            self._stored[profile_id] = stored
            self._read.add(profile_id)
            self._refusals.pop(profile_id, None)
            if self._wanted.get(profile_id) == new:
                del self._wanted[profile_id]
                if self._known.get(profile_id) == new:
                    self._known[profile_id] = stored

        if not await self._call(prepare, done, self._timeout_s) and profile_id in self._wanted:
            self._refusals[profile_id] = self.place_text

    async def _store_waiting(self) -> None:
        for profile_id, secrets in tuple(self._wanted.items()):
            await self._store(profile_id, secrets)

    async def _call(
        self,
        prepare: Callable[[], Callable[[Backend], T] | None],
        done: Callable[[T], None],
        timeout_s: float,
    ) -> bool:
        """Makes one call when it is its turn; all waiting together is at most `timeout_s`.

        `prepare` gives the work for the thread, or None when there is nothing to do any more. `done` takes the result in the loop, also
        when it comes after the time is over. Returns whether all went well in time.
        """
        until = time.monotonic() + timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                await self._turn.acquire()
        except TimeoutError:
            self._tell(Failure.SLOW)
            return False
        try:
            if not await self._idle(until, patient=timeout_s > self._timeout_s):
                self._tell(Failure.SLOW)
                return False
            work = prepare()
            return work is None or await self._start(work, done, until)
        finally:
            self._turn.release()

    async def _idle(self, until: float, *, patient: bool) -> bool:
        """Waits for a call that hangs: a patient one as long as it may, others no longer than that call had been given."""
        if self._running is not None:
            end = until if patient else min(until, self._running_until)
            await asyncio.wait({self._running}, timeout=max(0.0, end - time.monotonic()))
        return self._running is None

    async def _start(self, work: Callable[[Backend], T], done: Callable[[T], None], until: float) -> bool:
        opened, given = self._backend, self._given

        def in_thread(backend: Backend | None) -> tuple[Backend, T]:
            if backend is None:  # importing the library and asking for its backends takes some 200 ms
                backend = find_backend() if given is None else checked(given)
            return backend, work(backend)

        def thread() -> Outcome[tuple[Backend, T]]:
            return attempt(lambda: in_thread(opened))

        task = create_task(run_in_thread(thread), name="keyring")
        self._running, self._running_until = task, until
        in_time = True

        def settle(ended: asyncio.Task[Outcome[tuple[Backend, T]]]) -> None:
            self._running = None
            if ended.cancelled():
                return
            outcome = ended.result()
            if outcome.value is None:
                self._backend = None  # looked for again next time
                self._tell(outcome.failure)
                return
            self._backend, value = outcome.value
            done(value)
            # What a working keyring has refused it will refuse again.
            back = self._failure not in (None, Failure.REFUSED) or not in_time
            self._tell(None)
            if not in_time:
                self.changed.emit()
            if back and self._wanted:
                self._later = create_task(self._store_waiting(), name="keyring: what waited for it")

        task.add_done_callback(settle)
        try:
            await asyncio.wait({task}, timeout=max(0.0, until - time.monotonic()))
        finally:
            in_time = task.done()
        if not in_time:
            self._tell(Failure.SLOW)
            return False
        return task.result().failure is None

    def _tell(self, failure: Failure | None) -> None:
        before = self.place, self.place_text, self.can_unlock
        self._failure = failure
        self.place = Place.KEYRING if failure is None else Place.SESSION
        self.can_unlock = failure in (Failure.CLOSED, Failure.LOCKED, Failure.SLOW)
        if failure is None:
            self._kept_text = f"Kept in the system keyring ({name_of(self._backend)})."
            self.place_text = self._kept_text
        else:
            self.place_text = f"Kept for this session only: {failure.value}"
        if before != (self.place, self.place_text, self.can_unlock):
            self.changed.emit()


def _merged(there: Secrets, new: Secrets) -> Secrets:
    """The new secrets, and of those there what the new ones leave open."""
    return Secrets(
        password=there.password if new.password is None else new.password,
        key_password=there.key_password if new.key_password is None else new.key_password,
        websocket_query=there.websocket_query if new.websocket_query is None else new.websocket_query,
        websocket_values=new.websocket_values or there.websocket_values,
    )
