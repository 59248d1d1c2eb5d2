# SPDX-License-Identifier: MIT
"""Favourites, muted branches and chosen decoders while the program runs: changed at once, written beside the loop."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from mqtt_explorer.app.saver import Saver
from mqtt_explorer.profiles.marks import TopicMarks
from mqtt_explorer.profiles.marks_file import MarksFile
from mqtt_explorer.tasks import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
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
        self._file = MarksFile(folder)
        self._brokers = self._file.load()
        self.load_problem = self._file.problem
        self._live: dict[str, TopicMarks] = {}
        self._disconnect: dict[str, Callable[[], None]] = {}
        self._saver = Saver(self._save, _GATHER_S, "save marks")
        self.problem = self._saver.problem

    @property
    def path(self) -> Path:
        """Where they are stored."""
        return self._file.path

    @property
    def unsaved(self) -> bool:
        """True while a change is not on the disk yet."""
        return self._saver.unsaved

    def marks_for(self, key: str) -> TopicMarks:
        """The marks of a broker, live: the same object for the same key, and what changes in it is saved.

        Looks at the file, once for a key: another program may have marked something there since.
        """
        marks = self._live.get(key)
        if marks is None:
            if not self.unsaved:  # else it is about to be written, or just now: it is read then
                self._file.look()
                self._take_over([key])
            marks = self._live[key] = TopicMarks(self._brokers.get(key))
            self._watch(key, marks)
        return marks

    def adopt(self, key: str, marks: TopicMarks) -> None:
        """Keeps live marks under one more key: an open broker was saved, and its marks are the saved one's from now on."""
        if key not in self._live:
            self._live[key] = marks
            self._watch(key, marks)
            self._on_changed(key)

    def forget(self, key: str) -> None:
        """Lets the marks of a broker go that is gone for good."""
        if key in self._live:
            del self._live[key]
            self._disconnect.pop(key)()
        if self._brokers.pop(key, None) is not None:
            self._saver.changed()

    async def finish(self) -> None:
        """Waits until everything is written; what failed to be written is tried once more."""
        await self._saver.finish()

    def _take_over(self, keys: Iterable[str]) -> None:
        """For these brokers counts what the file holds."""
        keys = list(keys)
        for key in keys:
            self._brokers.pop(key, None)
        self._brokers |= self._file.take_over(keys)

    def _watch(self, key: str, marks: TopicMarks) -> None:
        on_changed = partial(self._on_changed, key)
        ends = (marks.changed.connect(on_changed), marks.decoders.changed.connect(on_changed))

        def disconnect() -> None:
            for end in ends:
                end()

        self._disconnect[key] = disconnect

    def _on_changed(self, key: str) -> None:
        self._brokers[key] = self._live[key].kept()
        self._saver.changed()

    async def _save(self) -> None:
        sent = dict(self._brokers)
        written = await run_in_thread(self._file.save, sent)
        # What another program has written for brokers nobody has opened here, and nobody has forgotten meanwhile.
        self._take_over(
            key
            for key in written.keys() | sent.keys()
            if key not in self._live and self._brokers.get(key) == sent.get(key)
        )
