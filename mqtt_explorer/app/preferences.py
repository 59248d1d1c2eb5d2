# SPDX-License-Identifier: MIT
"""The settings while the program runs: applied at once, written beside the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mqtt_explorer.events import Event
from mqtt_explorer.profiles.settings import Settings
from mqtt_explorer.profiles.settings_file import SettingsError
from mqtt_explorer.store.budget import default_limit
from mqtt_explorer.tasks import create_task, run_in_thread
from mqtt_explorer.widgets.theme import theme

if TYPE_CHECKING:
    from mqtt_explorer.panels.topics import Look
    from mqtt_explorer.profiles.settings import Theme
    from mqtt_explorer.profiles.settings_file import SettingsFile
    from mqtt_explorer.protocol.url import BrokerUrl
    from mqtt_explorer.store.budget import Budget


class Preferences:
    """Holds the settings, applies changes and saves them.

    Events:
        changed: With the new settings.
        problem: With a sentence when they could not be saved.
    """

    def __init__(self, settings: Settings, file: SettingsFile, budget: Budget) -> None:
        self.settings = settings
        self.changed: Event[Settings] = Event()
        self.problem: Event[str] = Event()
        self._file = file
        self._budget = budget
        self._saving: asyncio.Task[None] | None = None
        self._dirty = False

    @property
    def path(self) -> Path:
        """Where they are stored."""
        return self._file.path

    def change(self, settings: Settings) -> None:
        """Applies new settings and saves them soon."""
        before, self.settings = self.settings, settings
        if settings == before:
            return
        if settings.theme != before.theme:
            theme().set_choice(settings.theme)
        if (settings.ui_px, settings.mono_px) != (before.ui_px, before.mono_px):
            theme().set_sizes(settings.ui_px, settings.mono_px)
        limit = settings.budget_bytes or default_limit()
        if limit != self._budget.limit_bytes:
            create_task(self._budget.set_limit(limit), name="apply the memory budget")
        self.changed.emit(settings)
        self._save_soon()

    def take_chosen(self, chosen: Mapping[str, Any]) -> None:
        """Applies the values changed in the settings dialog; what changed elsewhere while it was open stays."""
        self.change(msgspec.structs.replace(self.settings, **chosen))

    def set_theme(self, choice: Theme) -> None:
        """Chooses the theme."""
        theme().set_choice(choice)  # also where the settings dialog shows another one that is not saved yet
        self.change(msgspec.structs.replace(self.settings, theme=choice))

    def zoom(self, step: int) -> None:
        """Makes all text larger (1) or smaller (-1), within the limits of the settings; 0 brings the usual sizes back."""
        now, usual = self.settings, Settings()
        ui = min(20, max(11, now.ui_px + step)) if step else usual.ui_px
        mono = min(20, max(10, now.mono_px + step)) if step else usual.mono_px
        self.change(msgspec.structs.replace(now, ui_px=ui, mono_px=mono))

    def used(self, url: BrokerUrl) -> None:
        """Puts an address at the top of the recent ones."""
        self.change(self.settings.with_recent(url))

    def remember_window(self, geometry: str, layout: str) -> None:
        """Keeps where the window and its docks were."""
        self.change(msgspec.structs.replace(self.settings, window_geometry=geometry, window_layout=layout))

    def remember_tree(self, look: Look) -> None:
        """Keeps columns, widths and order of the topic tree."""
        self.change(
            msgspec.structs.replace(
                self.settings,
                tree_columns=tuple(look.columns),
                tree_widths=dict(look.widths),
                tree_sort=str(look.sort),
                tree_descending=look.descending,
            )
        )

    async def finish(self) -> None:
        """Waits until everything is written."""
        while self._saving is not None and not self._saving.done():
            await asyncio.wait([self._saving])

    def _save_soon(self) -> None:
        self._dirty = True
        if self._saving is None or self._saving.done():
            self._saving = create_task(self._save(), name="save settings")

    async def _save(self) -> None:
        while self._dirty:
            self._dirty = False
            try:
                await run_in_thread(self._file.save, self.settings)
            except SettingsError as error:
                self.problem.emit(error.message)
