# SPDX-License-Identifier: MIT
"""The profile in the form and its secrets: saved a moment after each change, and never asked about."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from mqtt_explorer.app.profiles.book import ProfileBook
from mqtt_explorer.profiles.profile import Profile, Secrets
from mqtt_explorer.profiles.secrets import SecretStore
from mqtt_explorer.tasks import create_task

_TEXT_MS: Final = 300
_SECRETS_MS: Final = 600


class Draft(QObject):
    """What the form edits. The book may change the same profile meanwhile (its folder, when it was used): both survive.

    Signals:
        secrets_arrived(): The keyring answered; `secrets` holds what is kept and what was typed meanwhile.
        changed_elsewhere(): The book's profile changed by another hand; `profile` has it.
        gone(): The profile was removed.
        state_changed(): Saving, saved or failed: see `saving`, `held`, `saved_at`, `problem`.
    """

    secrets_arrived = Signal()
    changed_elsewhere = Signal()
    gone = Signal()
    state_changed = Signal()

    def __init__(self, book: ProfileBook, store: SecretStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self._store = store
        self.profile: Profile | None = None
        self.secrets = Secrets()
        self.secrets_known = False
        self.problem = ""
        self.saved_at: float | None = None
        self.held = False
        self._base: Profile | None = None
        self._touched: set[str] = set()
        self._unsaved_secrets = False
        self._writing = False
        self._keeps = 0
        self._loading: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._text_timer = QTimer(self, singleShot=True, interval=_TEXT_MS)
        self._text_timer.timeout.connect(self._save_profile)
        self._secret_timer = QTimer(self, singleShot=True, interval=_SECRETS_MS)
        self._secret_timer.timeout.connect(self._save_secrets)
        self._unhook = (
            book.changed.connect(self._on_book),
            book.saved.connect(self._on_saved),
            book.problem.connect(self._on_problem),
            store.changed.connect(self._on_store),
        )
        for unhook in self._unhook:
            self.destroyed.connect(unhook)

    def set_held(self, held: bool) -> None:
        """Notes that a field holds text that is not handed over yet, because it may be a password or is no address."""
        if held != self.held:
            self.held = held
            self.state_changed.emit()

    @property
    def saving(self) -> bool:
        """True while something is not on the disk or in the keyring yet."""
        return (
            self._text_timer.isActive() or self._secret_timer.isActive() or self._writing or self._keeps > 0
        )

    def open(self, profile_id: str) -> bool:
        """Saves what is in the form and takes another profile; False when there is none with this id."""
        self.flush()
        found = self._book.find(profile_id)
        self._cancel_loading()
        self.profile = self._base = found
        self.secrets, self.secrets_known, self._touched = Secrets(), False, set()
        self.saved_at = None
        self.held = False
        if found is None:
            return False
        known = self._store.known(profile_id)
        if known is not None:
            self.secrets, self.secrets_known = known, True
        else:
            self.load_secrets()
        return True

    def load_secrets(self) -> None:
        """Asks the keyring; what was typed meanwhile wins."""
        if self.profile is not None:
            self._cancel_loading()
            self._loading = create_task(self._load(self.profile.id), name="load secrets")

    def set_profile(self, profile: Profile) -> None:
        """Takes an edit; it is in the book within 300 ms."""
        if profile == self.profile or self.profile is None:
            return
        if profile.remember_secrets != self.profile.remember_secrets:
            self._keep_secrets_soon()
        self.profile = profile
        self._text_timer.start()
        self.state_changed.emit()

    def set_secrets(self, secrets: Secrets) -> None:
        """Takes an edit of a secret; it is kept within 600 ms."""
        changed = {
            name
            for name in Secrets.__struct_fields__
            if getattr(secrets, name) != getattr(self.secrets, name)
        }
        if changed and self.profile is not None:
            self._touched |= changed
            self.secrets = secrets
            self._keep_secrets_soon()

    def flush(self) -> None:
        """Hands everything over now: to the book, which writes it, and to the keyring's thread."""
        self._save_profile()
        self._save_secrets()

    async def finish_saving(self) -> None:
        """Waits until the secrets are kept."""
        while self._keeping is not None and not self._keeping.done():
            await asyncio.wait([self._keeping])

    async def finish(self) -> None:
        """Waits until the secrets are kept, and gives up a question to the keyring."""
        self.flush()
        await self.finish_saving()
        if self._loading is not None and not self._loading.done():
            self._loading.cancel()
            await asyncio.wait([self._loading])

    # -- saving --------------------------------------------------------------------------------------------------------

    def _edits(self) -> dict[str, Any]:
        """What the form changed since the book and it last agreed."""
        if self.profile is None or self._base is None:
            return {}
        names = (field.name for field in msgspec.structs.fields(Profile))
        mine, base = self.profile, self._base
        return {name: getattr(mine, name) for name in names if getattr(mine, name) != getattr(base, name)}

    def _save_profile(self) -> None:
        self._text_timer.stop()
        edits = self._edits()
        if not edits or self.profile is None:
            self.state_changed.emit()  # typed there and back: nothing to save
            return
        current = self._book.find(self.profile.id)
        if current is None:
            return  # removed meanwhile: it stays gone
        merged = msgspec.structs.replace(current, **edits)
        self.profile = self._base = merged
        self._writing = merged != current
        self._book.replace(merged)
        self.state_changed.emit()

    def _keep_secrets_soon(self) -> None:
        self._unsaved_secrets = True
        self._secret_timer.start()
        self.state_changed.emit()

    def _save_secrets(self) -> None:
        self._secret_timer.stop()
        if not self._unsaved_secrets or self.profile is None:
            return
        self._unsaved_secrets = False
        job = self._keep(
            self._keeping, self.profile, self.secrets, frozenset(self._touched), self.secrets_known
        )
        self._keeps += 1
        self._keeping = create_task(job, name="keep secrets")

    async def _keep(
        self,
        before: asyncio.Task[None] | None,
        profile: Profile,
        secrets: Secrets,
        touched: frozenset[str],
        known: bool,
    ) -> None:
        """Keeps secrets, one save after the other. What the form never saw is not overwritten with nothing."""
        if before is not None and not before.done():
            await asyncio.wait([before])
        if not known:
            secrets = _merged(await self._store.load(profile.id), secrets, touched)
        await self._store.save(profile.id, secrets, remember=profile.remember_secrets)
        self._keeps -= 1
        self.saved_at = time.monotonic()
        self.state_changed.emit()

    async def _load(self, profile_id: str) -> None:
        loaded = await self._store.load(profile_id)
        if self.profile is not None and self.profile.id == profile_id:
            self.secrets = _merged(loaded, self.secrets, frozenset(self._touched))
            # A locked keyring gives nothing: what it holds is still unknown.
            self.secrets_known = self._store.known(profile_id) is not None
            self.secrets_arrived.emit()

    def _cancel_loading(self) -> None:
        if self._loading is not None and not self._loading.done():
            self._loading.cancel()

    # -- the book ------------------------------------------------------------------------------------------------------

    def _on_book(self) -> None:
        if self.profile is None:
            return
        current = self._book.find(self.profile.id)
        if current is None:
            self._text_timer.stop()
            self._secret_timer.stop()
            self.profile = self._base = None
            self.gone.emit()
        elif current != self._base:
            edits = self._edits()
            self._base = current
            self.profile = msgspec.structs.replace(current, **edits)
            self.changed_elsewhere.emit()

    def _on_store(self) -> None:
        """A keyring that was slow or locked may have answered."""
        if (
            self.profile is not None
            and not self.secrets_known
            and self._store.known(self.profile.id) is not None
        ):
            self.load_secrets()

    def _on_saved(self) -> None:
        self.problem, self._writing = "", False
        self.saved_at = time.monotonic()
        self.state_changed.emit()

    def _on_problem(self, sentence: str) -> None:
        self.problem, self._writing = sentence, False
        self.state_changed.emit()


def _merged(kept: Secrets, typed: Secrets, touched: frozenset[str]) -> Secrets:
    return msgspec.structs.replace(kept, **{name: getattr(typed, name) for name in touched})
