# SPDX-License-Identifier: MIT
"""The page of saved brokers on a real book and a real secret store, whose keyring is a dictionary."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QMainWindow

from mqtt_explorer.app.profiles.book import ProfileBook
from mqtt_explorer.app.profiles.page import ProfilePage
from mqtt_explorer.profiles.profile import Profile
from mqtt_explorer.profiles.profile_file import Library, ProfileFile
from mqtt_explorer.profiles.secrets import SecretStore


class MemoryKeyring:
    """A keyring backend that keeps its entries in `entries`; `delay_s` makes each read slow."""

    priority = 1

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.delay_s = 0.0

    def get_password(self, service: str, username: str) -> str | None:
        """The secret, or None."""
        time.sleep(self.delay_s)
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Stores one."""
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Removes one; an unknown one is a KeyError."""
        del self.entries[service, username]


class ProfileBench:
    """A shown page and what stands behind it."""

    def __init__(self, folder: Path, *profiles: Profile, keyring: MemoryKeyring | None = None) -> None:
        self.folder = folder
        self.keyring = keyring or MemoryKeyring()
        self.store = SecretStore(self.keyring)
        folders = tuple(dict.fromkeys(each.folder for each in profiles if each.folder))
        self.book = ProfileBook(Library(folders=folders, profiles=profiles), ProfileFile(folder))
        self.page = ProfilePage(self.book, self.store)
        self.window = QMainWindow()
        self.window.setCentralWidget(self.page)
        self.window.resize(1360, 820)
        self.window.show()

    async def show(self, profile_id: str) -> None:
        """Shows a profile and waits for the window to be in front, and for the profile's secrets."""
        await self.until(self._in_front, "the window in front")
        self.page.show_profile(profile_id)
        await self.until(lambda: self.page.draft.secrets_known, "the secrets")

    def _in_front(self) -> bool:
        # Fields are left only in an active window; a request made while another one closes gets lost.
        if not self.page.isActiveWindow():
            self.window.activateWindow()
        return self.page.isActiveWindow()

    async def until(self, condition: Callable[[], object], what: str, seconds: float = 5.0) -> None:
        """Waits until a condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"never came: {what}")
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        """Closes the page as the program does."""
        await self.page.finish()
        await self.book.finish()
        self.window.close()
        self.window.deleteLater()
        await asyncio.sleep(0.02)  # the window system's own events about the closed window

    def on_disk(self) -> str:
        """All that was written, file after file."""
        files = [file for file in sorted(self.folder.rglob("*")) if file.is_file()]
        return "\n".join(file.read_text(errors="replace") for file in files)
