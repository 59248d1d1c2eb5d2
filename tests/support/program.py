# SPDX-License-Identifier: MIT
"""The program as `app.main` puts it together, within a test's reach."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from keyring.backends.fail import Keyring as NoKeyring

from mqtt_explorer.app.connector import Connector
from mqtt_explorer.app.error_report import ErrorReports
from mqtt_explorer.app.marks_book import MarksBook
from mqtt_explorer.app.preferences import Preferences
from mqtt_explorer.app.profiles.book import ProfileBook
from mqtt_explorer.app.window import MainWindow
from mqtt_explorer.app.workspace import Workspace
from mqtt_explorer.models.frame_clock import FrameClock
from mqtt_explorer.profiles.profile_file import ProfileFile
from mqtt_explorer.profiles.secrets import SecretStore
from mqtt_explorer.profiles.settings_file import SettingsFile
from mqtt_explorer.store.budget import Budget


@dataclass
class Program:
    """The window and all that stands behind it; needs a running qasync loop and an installed theme."""

    window: MainWindow
    workspace: Workspace
    connector: Connector
    preferences: Preferences
    reports: ErrorReports
    file: SettingsFile
    clock: FrameClock
    book: ProfileBook
    secrets: SecretStore
    marks: MarksBook

    @classmethod
    def open(cls, folder: Path, secrets: SecretStore | None = None) -> Program:
        """Opens the window with the settings and profiles of a folder; without a store there is no keyring."""
        file = SettingsFile(folder)
        budget = Budget()
        workspace = Workspace(budget)
        marks = MarksBook(folder)
        workspace.marks_for, workspace.adopt_marks = marks.marks_for, marks.adopt
        profiles = ProfileFile(folder)
        book = ProfileBook(profiles.load(), profiles)
        secrets = secrets or SecretStore(NoKeyring())  # type: ignore[no-untyped-call]
        connector = Connector(workspace, book, secrets)
        preferences = Preferences(file.load(), file, budget)
        reports, clock = ErrorReports(), FrameClock()
        window = MainWindow(workspace, connector, preferences, reports, clock)
        book.gone.connect(marks.forget)
        window.show()
        return cls(window, workspace, connector, preferences, reports, file, clock, book, secrets, marks)

    async def close(self) -> None:
        """Closes it without a question, and waits until all is gone."""
        self.window.close_now()
        await self.connector.close_all()
        await self.preferences.finish()
        await self.window.finish()
        await self.marks.finish()
        self.clock.stop()
        self.clock.deleteLater()
        self.window.deleteLater()

    async def until(self, condition: Callable[[], object], what: str, seconds: float = 10.0) -> None:
        """Waits until a condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"never came: {what}"
            await asyncio.sleep(0.01)

    async def connect(self, url: str) -> None:
        """Types an address, presses Connect and waits for the tree."""
        self.window.start.url.setText(url)
        self.window.start.connect_button.click()
        await self.until(lambda: self.workspace.shown is not None, f"a connection to {url}")
