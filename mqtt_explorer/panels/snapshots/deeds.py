# SPDX-License-Identifier: MIT
"""What can be done with snapshots: taken, compared, saved, opened, removed; one thing at a time for each connection."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.models import wording
from mqtt_explorer.panels.snapshots.files import SNAPSHOT_ENDS
from mqtt_explorer.panels.snapshots.state import Named, Removed, View
from mqtt_explorer.panels.snapshots.work import Work
from mqtt_explorer.store.snapshot import snapshot_limit
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.store.snapshot_compare import Comparison

_PATH = 200


class SnapshotDeeds(QObject):
    """Works on the views of all connections, also of one that is not shown.

    Signals:
        changed(object): Another state of this View: snapshots, result, progress or what is said.
        shelf_changed(object): Snapshots of this View came or went.
        progressed(object): What is under way for this View is further.
    """

    changed = Signal(object)
    shelf_changed = Signal(object)
    progressed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._views: WeakKeyDictionary[Connection, View] = WeakKeyDictionary()

    def view(self, connection: Connection) -> View:
        """What is known of a connection."""
        return self._views.setdefault(connection, View())

    @property
    def memory_bytes(self) -> int:
        """What all snapshots weigh."""
        return sum(view.memory_bytes for view in self._views.values())

    @property
    def _room(self) -> int:
        return max(0, snapshot_limit() - self.memory_bytes)

    def exports_from(self, connections: Sequence[Connection]) -> bool:
        """True while a snapshot or comparison of one of these connections is written to a file: closing it would end that."""
        views = (self._views.get(each) for each in connections)
        return any(view is not None and view.work is not None and view.work.writes for view in views)

    def keep_only(self, connections: Sequence[Connection]) -> None:
        """Forgets all other connections, which were closed, and ends what is under way for them.

        A connection that was closed may be out of the garbage collector's sight: its snapshots would stay for good.
        """
        for connection in [each for each in self._views if each not in connections]:
            view = self._views.pop(connection)
            self.cancel(view)
            view.forget()

    # --- taking and comparing --------------------------------------------------------------------------------------

    def take(self, connection: Connection, scope: bytes | None) -> None:
        """Takes a snapshot of a branch, or of the whole tree."""
        view = self.view(connection)

        async def work(work: Work) -> None:
            snapshot = await work.take(connection, scope, self._room)
            view.taken += 1
            self._add(view, Named(snapshot, self.tr("Snapshot {n}").format(n=view.taken)))
            if not len(snapshot):
                self._say(
                    view, "warn", "", self.tr("There is no topic in it: nothing has arrived there yet.")
                )

        self._begin(view, self.tr("Taking topics…"), work)

    def compare(self, connection: Connection) -> None:
        """Compares the chosen snapshot with the chosen other one, or with now."""
        view = self.view(connection)
        before, after = view.before, view.after
        if before is None or before is after:
            return

        async def work(work: Work) -> None:
            if after is None:
                # What is shown now goes with the result that comes: two copies of the tree need no room.
                shown = view.comparison.after.memory_bytes if view.comparison is not None else 0
                room = self._room + (shown if view.compared[1] is None else 0)
                other = await work.take(connection, before.snapshot.about.scope, room)
            else:
                other = after.snapshot
            sides = sorted((before.snapshot, other), key=lambda each: each.about.begun_ns)
            view.comparison = await work.compare(*sides)
            view.compared = (before, after)

        self._begin(view, self.tr("Comparing…"), work)

    def cancel(self, view: View) -> None:
        """Ends what is under way."""
        if view.work is not None:
            view.work.cancel()

    # --- files -----------------------------------------------------------------------------------------------------

    def save(self, view: View, named: Named, path: str) -> None:
        """Saves a snapshot to a file."""

        async def work(work: Work) -> None:
            size = await work.save(named.snapshot, path)
            named.path = path
            text = self.tr("{name}, {size}, to {path}").format(
                name=one_line(named.name, 40), size=wording.size(size), path=one_line(path, _PATH)
            )
            self._say(view, "info", self.tr("Saved"), text)
            self.shelf_changed.emit(view)

        self._begin(view, self.tr("Saving…"), work, path, writes=True)

    def open(self, connection: Connection, path: str) -> None:
        """Opens a snapshot's file."""
        if connection.store.closed:  # while the file was chosen
            return
        view = self.view(connection)

        async def work(work: Work) -> None:
            snapshot = await work.open(path, self._room)
            name = Path(path).name
            for end in SNAPSHOT_ENDS:
                name = name.removesuffix(end)
            self._add(view, Named(snapshot, one_line(name, 60), path))

        self._begin(view, self.tr("Opening…"), work, path)

    def report(self, view: View, comparison: Comparison, numbers: Sequence[int], path: str) -> None:
        """Writes rows of a comparison to a file."""

        async def work(work: Work) -> None:
            size = await work.report(comparison, numbers, path)
            text = self.tr("1 topic") if len(numbers) == 1 else self.tr("{n} topics")
            text = text.format(n=f"{len(numbers):,}")
            text = self.tr("{topics}, {size}, to {path}").format(
                topics=text, size=wording.size(size), path=one_line(path, _PATH)
            )
            self._say(view, "info", self.tr("Exported"), text)

        self._begin(view, self.tr("Exporting…"), work, path, writes=True)

    # --- the shelf -------------------------------------------------------------------------------------------------

    def remove(self, view: View, named: Named) -> None:
        """Takes a snapshot away; until the next one goes it can be had back."""
        if named not in view.shelf:
            return
        view.removed = Removed(named, view.shelf.index(named))
        view.shelf.remove(named)
        if view.before is named:
            view.before = view.shelf[-1] if view.shelf else None
        if view.after is named:
            view.after = None
        if named in view.compared:
            view.comparison, view.compared = None, (None, None)
        self._say(view, "info", "", self.tr("{name} was removed").format(name=one_line(named.name, 40)))
        self.shelf_changed.emit(view)

    def undo(self, view: View) -> None:
        """Brings the snapshot back that was removed last."""
        removed = view.removed
        if removed is not None:
            view.removed = None
            view.shelf.insert(min(removed.place, len(view.shelf)), removed.named)
            view.before = removed.named
            self._say(view, "info", "", "")
            self.shelf_changed.emit(view)

    def forget_removed(self, view: View) -> None:
        """The one that was removed cannot be had back any more: its memory goes."""
        view.removed = None
        self._say(view, "info", "", "")

    # --- inside ----------------------------------------------------------------------------------------------------

    def _add(self, view: View, named: Named) -> None:
        view.shelf.append(named)
        view.before = named
        if view.after is named:
            view.after = None
        self.shelf_changed.emit(view)

    def _begin(
        self,
        view: View,
        text: str,
        work: Callable[[Work], Coroutine[Any, Any, None]],
        path: str = "",
        *,
        writes: bool = False,
    ) -> None:
        if view.work is not None:
            return
        view.removed = None
        view.said = ("info", "", "")
        view.work = Work(text, lambda: self._tell_progress(view), writes=writes)
        view.work.start(self._run(view, view.work, work, path))
        self._tell(view)

    async def _run(
        self, view: View, under_way: Work, work: Callable[[Work], Coroutine[Any, Any, None]], path: str
    ) -> None:
        try:
            await work(under_way)
        except MqttExplorerError as error:
            text = f"{one_line(path, _PATH)}: {error.message}" if path else error.message
            view.said = ("error", error.title, one_line(text, 400))
        except OSError as error:
            text = f"{one_line(path, _PATH)}: {error.strerror or error}."
            view.said = ("error", self._failed(), text)
        except asyncio.CancelledError:
            if not under_way.cancelled:
                raise
        finally:
            view.work = None
        self._tell(view)

    def _failed(self) -> str:
        return self.tr("That file cannot be used") if isValid(self) else ""

    def _tell(self, view: View) -> None:
        if isValid(self):
            self.changed.emit(view)

    def _tell_progress(self, view: View) -> None:
        if isValid(self):
            self.progressed.emit(view)

    def _say(self, view: View, kind: str, strong: str, text: str) -> None:
        view.said = (kind, strong, text)
        self._tell(view)
