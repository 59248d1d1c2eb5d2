# SPDX-License-Identifier: MIT
"""When something that changes while the program runs is written: a moment after a change, one write at a time, beside the loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.events import Event
from mqtt_explorer.tasks import create_task

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class Saver:
    """Calls `write` after changes.

    Args:
        write: Writes all there is. It raises MqttExplorerError when it could not.
        gather_s: Changes within this time are written together, in seconds.
        name: Of the task that writes.

    Events:
        saved: Everything changed so far is on the disk.
        problem: With a sentence when it could not be written; the next change, and `finish`, try again.
    """

    def __init__(self, write: Callable[[], Coroutine[Any, Any, None]], gather_s: float, name: str) -> None:
        self.saved: Event[()] = Event()
        self.problem: Event[str] = Event()
        self._write = write
        self._gather_s = gather_s
        self._name = name
        self._working: asyncio.Task[None] | None = None
        self._soon: asyncio.TimerHandle | None = None
        self._then: tuple[Callable[[], Coroutine[Any, Any, None]], str] | None = None
        self._dirty = False

    @property
    def unsaved(self) -> bool:
        """True while a change is not on the disk yet, or the file is in use."""
        return self._dirty or self.working

    @property
    def working(self) -> bool:
        """True while the file is being written, or read with `read`."""
        return self._working is not None and not self._working.done()

    def changed(self) -> None:
        """There is something to write."""
        self._dirty = True
        if self._soon is None and not self.working:
            self._soon = asyncio.get_running_loop().call_later(self._gather_s, self.save_now)

    def save_now(self) -> asyncio.Task[None]:
        """Writes without gathering; only while nothing is `working`."""
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        self._working = create_task(self._save(), name=self._name)
        return self._working

    def read(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        """Does something else with the file, after a write that is under way; not when one is due, which does it too."""
        if self.working:
            self._then = (work, name)  # what is being written was compared with the file a moment ago
        elif self._soon is None:
            self._working = create_task(self._read(work), name=name)

    async def finish(self) -> None:
        """Waits until everything is written; what failed to be written is tried once more."""
        while self._working is not None and not self._working.done():
            self._then = None
            await asyncio.wait([self._working])
        if self._dirty:
            await asyncio.wait([self.save_now()])

    async def _save(self) -> None:
        self._dirty = False
        try:
            await self._write()
        except MqttExplorerError as error:
            again, self._dirty = self._dirty, True
            self.problem.emit(error.message)
        else:
            again = self._dirty
            if not again:
                self.saved.emit()
        self._working = None
        if (
            again
        ):  # it changed meanwhile; what merely failed would fail again at once and waits for the next change
            self.changed()
        self._read_then()

    async def _read(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await work()
        self._working = None
        if self._dirty:
            self.changed()
        self._read_then()

    def _read_then(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            self.read(*then)
