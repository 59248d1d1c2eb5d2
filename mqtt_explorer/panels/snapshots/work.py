# SPDX-License-Identifier: MIT
"""What takes a while: taking and comparing in slices beside the loop, and the files."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.export.pieces import pause
from mqtt_explorer.export.snapshot_file import FORMAT, VERSION, Header, SnapshotReader, SnapshotWriter, iso
from mqtt_explorer.export.snapshot_report import ReportRow, ReportWriter
from mqtt_explorer.models import snapshot_words
from mqtt_explorer.store.snapshot import About, Snapshot, SnapshotColumns
from mqtt_explorer.store.snapshot_compare import Comparing, Comparison
from mqtt_explorer.store.snapshot_taker import SnapshotTaker
from mqtt_explorer.tasks import create_task, run_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.export.writer import ExportWriter

_TOLD_EVERY_S: Final = 0.1
_LAST_MOMENT_S: Final = 0.25
"""How long the end of the program waits for a write that is under way, so that the part written can be removed."""
_WRITTEN_AT_ONCE: Final = 2_000
_REPORTED_AT_ONCE: Final = 500
_WORDED_AT_ONCE: Final = 50
"""Words of a change take up to a tenth of a millisecond; the window gets its turn after so many."""
_READ_AT_ONCE: Final = 500
_ADDED_AT_ONCE: Final = 500


class Step(Protocol):
    """Work in slices."""

    def step(self) -> bool:
        """Does some of it; True when all is done."""
        ...


class Work:
    """One thing under way; it goes on whatever the panel shows.

    Attributes:
        text: How far it is.
        writes: It makes a file.
    """

    def __init__(self, text: str, told: Callable[[], object], *, writes: bool = False) -> None:
        self.text = text
        self.writes = writes
        self.cancelled = False
        self._told = told
        self._told_at = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begins."""
        self._task = create_task(work, name="snapshots")

    def cancel(self) -> None:
        """Ends it; nothing of it stays."""
        if self._task is not None and not self.cancelled:
            self.cancelled = True
            self._task.cancel()

    def tell(self, text: str) -> None:
        """Says how far it is, ten times a second at most."""
        now = time.monotonic()
        if now - self._told_at >= _TOLD_EVERY_S:
            self._told_at = now
            self.text = text
            self._told()

    async def take(self, connection: Connection, scope: bytes | None, limit_bytes: int) -> Snapshot:
        """Takes a snapshot. Raises SnapshotError."""
        taker = SnapshotTaker(
            connection.store,
            scope,
            broker=connection.title,
            address=connection.options.url.shown,
            limit_bytes=limit_bytes,
        )
        text = _tr("Taking topics: {n} of {all}")
        await self._run(taker, lambda: text.format(n=f"{taker.taken:,}", all=f"{taker.total:,}"))
        assert taker.snapshot is not None
        return taker.snapshot

    async def compare(self, before: Snapshot, after: Snapshot) -> Comparison:
        """Compares two snapshots. Raises SnapshotError."""
        comparing = Comparing(before, after)
        text = _tr("Comparing: {n} %")
        await self._run(comparing, lambda: text.format(n=f"{100 * comparing.share:.0f}"))
        assert comparing.comparison is not None
        return comparing.comparison

    async def _run(self, work: Step, text: Callable[[], str]) -> None:
        while not work.step():
            self.tell(text())
            await asyncio.sleep(0)

    async def save(self, snapshot: Snapshot, path: str) -> int:
        """Writes a snapshot to a file; returns its size in bytes. Raises OSError."""
        about = snapshot.about
        header = Header(
            format=FORMAT,
            version=VERSION,
            broker=about.broker,
            address=about.address,
            begun=iso(about.begun_ns),
            ended=iso(about.ended_ns),
            topics=len(snapshot),
            scope=None if about.scope is None else about.scope.decode(),
            session=about.session,
            dropped=about.dropped,
        )
        writer = SnapshotWriter(path, header)

        def pieces() -> Iterator[Callable[[], None]]:
            for start in range(0, len(snapshot), _WRITTEN_AT_ONCE):
                entries = snapshot.entries(start, start + _WRITTEN_AT_ONCE)
                yield lambda entries=entries: writer.write_entries(entries)  # type: ignore[misc]

        await self._write(writer, pieces(), len(snapshot))
        return writer.bytes_written

    async def report(self, comparison: Comparison, numbers: Sequence[int], path: str) -> int:
        """Writes these rows of a comparison to a file; returns its size in bytes. Raises OSError."""
        writer = ReportWriter(path)

        def rows(start: int) -> Iterator[ReportRow]:
            for count, number in enumerate(numbers[start : start + _REPORTED_AT_ONCE]):
                if not count % _WORDED_AT_ONCE:
                    pause()
                row = comparison.row(number)
                name = row.status.name.lower().replace("_", " ")
                change = snapshot_words.change(comparison, row)
                yield ReportRow(name, row.topic, row.before, row.after, change)

        def pieces() -> Iterator[Callable[[], None]]:
            for start in range(0, len(numbers), _REPORTED_AT_ONCE):
                yield lambda start=start: writer.write_rows(rows(start))  # type: ignore[misc]

        await self._write(writer, pieces(), len(numbers))
        return writer.bytes_written

    async def _write(self, writer: ExportWriter, pieces: Iterator[Callable[[], None]], total: int) -> None:
        text = _tr("Writing: {n} of {all}")
        try:
            await run_in_thread(writer.open)
            for piece in pieces:
                self.tell(text.format(n=f"{writer.written:,}", all=f"{total:,}"))
                await run_in_thread(piece)
            await run_in_thread(writer.finish)
        except OSError:
            await run_in_thread(writer.abort)
            raise
        except BaseException:
            if self.cancelled:
                create_task(run_in_thread(writer.abort), name="remove a part written")
            else:  # the program ends: nothing can be waited for any more
                writer.abort(_LAST_MOMENT_S)
            raise

    async def open(self, path: str, limit_bytes: int) -> Snapshot:
        """Reads a snapshot from a file. Raises OSError, SnapshotFileError and SnapshotError."""
        reader = SnapshotReader(path)
        text = _tr("Reading: {n} of {all} topics")
        columns = SnapshotColumns(limit_bytes)
        try:
            header = await run_in_thread(reader.open)
            while entries := await run_in_thread(reader.read, _READ_AT_ONCE):
                for start in range(0, len(entries), _ADDED_AT_ONCE):
                    for entry in entries[start : start + _ADDED_AT_ONCE]:
                        columns.add(entry)
                    await asyncio.sleep(0)
                self.tell(text.format(n=f"{reader.read_topics:,}", all=f"{header.topics:,}"))
        finally:
            reader.close()
        scope = None if header.scope is None else header.scope.encode()
        about = About(
            header.broker,
            header.address,
            scope,
            header.begun_ns,
            header.ended_ns,
            header.session,
            header.dropped,
        )
        return columns.finish(about)


def _tr(text: str) -> str:
    return QCoreApplication.translate("SnapshotsPanel", text)
