# SPDX-License-Identifier: MIT
"""Favourites and muted branches while the program runs: changed at once, written beside the loop."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.events import Event
from mqtt_explorer.profiles.marks import TopicMarks
from mqtt_explorer.profiles.marks_file import MarksFile
from mqtt_explorer.tasks import create_task, run_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mqtt_explorer.protocol.url import BrokerUrl

#: Changes within this time are written together.
_GATHER_S: Final = 0.5
DEMO_KEY: Final = "demo"


def key_for(url: BrokerUrl, profile_id: str | None = None) -> str:
    """Under which key the marks of a broker are kept: its profile, else its address without a login."""
    return profile_id or f"url:{url.shown}"


class MarksBook:
    """Holds the marks of all brokers and saves every change a moment later.

    Reads the file when it is made, which waits for the disk.

    Attributes:
        load_problem: What was wrong with the file, in some sentences; None when nothing was.

    Events:
        problem: With a sentence when the marks could not be saved; the next change, and `finish`, try again.
    """

    def __init__(self, folder: Path) -> None:
        self.problem: Event[str] = Event()
        self._file = MarksFile(folder)
        self._brokers = self._file.load()
        self.load_problem = self._file.problem
        self._live: dict[str, TopicMarks] = {}
        self._disconnect: dict[str, Callable[[], None]] = {}
        self._saving: asyncio.Task[None] | None = None
        self._soon: asyncio.TimerHandle | None = None
        self._dirty = False

    @property
    def path(self) -> Path:
        """Where they are stored."""
        return self._file.path

    @property
    def unsaved(self) -> bool:
        """True while a change is not on the disk yet."""
        return self._dirty or self._writing

    @property
    def _writing(self) -> bool:
        return self._saving is not None and not self._saving.done()

    def marks_for(self, key: str) -> TopicMarks:
        """The marks of a broker, live: the same object for the same key, and what changes in it is saved."""
        marks = self._live.get(key)
        if marks is None:
            marks = self._live[key] = TopicMarks(self._brokers.get(key))
            self._disconnect[key] = marks.changed.connect(partial(self._on_changed, key))
        return marks

    def adopt(self, key: str, marks: TopicMarks) -> None:
        """Keeps live marks under one more key: an open broker was saved, and its marks are the saved one's from now on."""
        if key not in self._live:
            self._live[key] = marks
            self._disconnect[key] = marks.changed.connect(partial(self._on_changed, key))
            self._on_changed(key)

    def forget(self, key: str) -> None:
        """Lets the marks of a broker go that is gone for good."""
        if key in self._live:
            del self._live[key]
            self._disconnect.pop(key)()
        if self._brokers.pop(key, None) is not None:
            self._save_soon()

    async def finish(self) -> None:
        """Waits until everything is written; what failed to be written is tried once more."""
        while self._saving is not None and not self._saving.done():
            await asyncio.wait([self._saving])
        if self._dirty:
            await asyncio.wait([self._save_now()])

    def _on_changed(self, key: str) -> None:
        self._brokers[key] = self._live[key].kept()
        self._save_soon()

    def _save_soon(self) -> None:
        self._dirty = True
        if self._soon is None and not self._writing:
            self._soon = asyncio.get_running_loop().call_later(_GATHER_S, self._save_now)

    def _save_now(self) -> asyncio.Task[None]:
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        self._saving = create_task(self._save(), name="save marks")
        return self._saving

    async def _save(self) -> None:
        self._dirty = False
        sent = dict(self._brokers)
        try:
            written = await run_in_thread(self._file.save, sent)
        except MqttExplorerError as error:
            again, self._dirty = self._dirty, True
            self.problem.emit(error.message)
        else:
            again = self._dirty
            # What another program has written for brokers nobody has opened here.
            for key in written.keys() - sent.keys():
                self._brokers.setdefault(key, written[key])
        self._saving = None
        if again:  # it changed meanwhile; what merely failed would fail again at once
            self._save_soon()
