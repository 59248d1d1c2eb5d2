# SPDX-License-Identifier: MIT
"""The real window on the real loop, with settings in a folder of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from mqtt_explorer.profiles.profile import Profile
from mqtt_explorer.profiles.secrets import SecretStore
from mqtt_explorer.widgets.theme import install
from tests.support.profile_page import MemoryKeyring, ProfileBench
from tests.support.program import Program


@pytest.fixture
async def open_program(
    qapp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[..., Program]]:
    """Opens the program; called again it is a second start with the same settings."""
    # Between test and teardown pytest-qt handles Qt's events with no loop running; the program's tasks would run there and fail.
    monkeypatch.setattr("pytestqt.plugin._process_events", lambda: None)
    opened: list[Program] = []
    look = install(qapp, "dark")
    qapp.setQuitOnLastWindowClosed(False)  # as app.main does

    def open_it(secrets: SecretStore | None = None) -> Program:
        opened.append(Program.open(tmp_path / "settings", secrets))
        return opened[-1]

    yield open_it
    for program in opened:
        await program.close()
    look.set_choice("dark")
    look.set_sizes(13, 12)
    qapp.setQuitOnLastWindowClosed(True)
    await asyncio.sleep(0)  # whatever close() set going ends


@pytest.fixture
async def program(open_program: Callable[[], Program]) -> Program:
    """The program, started once."""
    return open_program()


@pytest.fixture
async def bench(
    qapp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[..., ProfileBench]]:
    """Opens the page of saved brokers alone, with the profiles and the keyring it is given."""
    monkeypatch.setattr("pytestqt.plugin._process_events", lambda: None)  # as above
    install(qapp, "dark")
    qapp.setQuitOnLastWindowClosed(False)  # as app.main does
    opened: list[ProfileBench] = []

    def make(*profiles: Profile, keyring: MemoryKeyring | None = None) -> ProfileBench:
        opened.append(ProfileBench(tmp_path / str(len(opened)), *profiles, keyring=keyring))
        return opened[-1]

    yield make
    for each in opened:
        await each.close()
    qapp.setQuitOnLastWindowClosed(True)
