# SPDX-License-Identifier: MIT
"""The real window on the real loop, with settings in a folder of the test's own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mqtt_explorer.app.connector import Connector
from mqtt_explorer.app.error_report import ErrorReports
from mqtt_explorer.app.preferences import Preferences
from mqtt_explorer.app.window import MainWindow
from mqtt_explorer.app.workspace import Workspace
from mqtt_explorer.models.frame_clock import FrameClock
from mqtt_explorer.profiles.settings_file import SettingsFile
from mqtt_explorer.store.budget import Budget
from mqtt_explorer.widgets.theme import install


@dataclass
class Program:
    """What `app.main` puts together, within reach."""

    window: MainWindow
    workspace: Workspace
    connector: Connector
    preferences: Preferences
    reports: ErrorReports
    file: SettingsFile

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


@pytest.fixture
async def open_program(qapp, tmp_path: Path) -> AsyncIterator[Callable[[], Program]]:
    """Opens the program; called again it is a second start with the same settings."""
    opened: list[tuple[Program, FrameClock]] = []
    look = install(qapp, "dark")
    qapp.setQuitOnLastWindowClosed(False)  # as app.main does

    def open_it() -> Program:
        file = SettingsFile(tmp_path / "settings")
        budget = Budget()
        workspace = Workspace(budget)
        connector = Connector(workspace)
        preferences = Preferences(file.load(), file, budget)
        reports, clock = ErrorReports(), FrameClock()
        window = MainWindow(workspace, connector, preferences, reports, clock)
        window.show()
        program = Program(window, workspace, connector, preferences, reports, file)
        opened.append((program, clock))
        return program

    yield open_it
    for program, clock in opened:
        program.window.close()
        await program.connector.close_all()
        await program.preferences.finish()
        clock.stop()
        clock.deleteLater()
        program.window.deleteLater()
    look.set_choice("dark")
    look.set_sizes(13, 12)
    qapp.setQuitOnLastWindowClosed(True)
    await asyncio.sleep(0)  # whatever close() set going ends


@pytest.fixture
async def program(open_program: Callable[[], Program]) -> Program:
    """The program, started once."""
    return open_program()
