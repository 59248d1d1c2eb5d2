# SPDX-License-Identifier: MIT
"""``--metrics FILE``: one JSON object a second, appended."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mqtt_explorer.events import Event
from mqtt_explorer.measure.metrics import metrics
from mqtt_explorer.measure.process import cpu_seconds, rss_bytes
from mqtt_explorer.tasks import create_task, run_in_thread

if TYPE_CHECKING:
    from mqtt_explorer.app.workspace import Workspace
    from mqtt_explorer.measure.loop_lag import Gaps, LoopGap


class MetricsFile:
    """Writes the figures of the workspace.

    Args:
        path: Appended to, beside the loop; a regular file whose folder exists.
        frames: How many repaints there were so far.
        gaps: Takes each reading of the loop's lateness too (the status bar), so that both show the same.

    Events:
        problem: With a sentence, once, when the file cannot be written; it is left alone from then on.
    """

    def __init__(
        self,
        path: Path | None,
        workspace: Workspace,
        loop_gap: LoopGap,
        frames: Callable[[], int],
        gaps: Callable[[Gaps], None],
    ) -> None:
        self._path = path
        self._workspace = workspace
        self._loop_gap = loop_gap
        self._frames = frames
        self._gaps = gaps
        self._last = time.monotonic()
        self._failed = False
        self._writing: asyncio.Task[None] | None = None
        self.problem: Event[str] = Event()

    async def run(self) -> None:
        """One object at once, then one a second, until cancelled."""
        while True:
            self.tick()
            await asyncio.sleep(1)

    def tick(self) -> None:
        """Takes the figures now and begins to append them; while the disk is still busy with the last ones they are left out."""
        line = self._line()
        if line is not None and (self._writing is None or self._writing.done()):
            self._begin(line)

    async def finish(self) -> None:
        """Takes the figures now and returns when they are in the file."""
        line = self._line()
        await self._written()
        if line is not None:
            self._begin(line)
            await self._written()

    def _line(self) -> bytes | None:
        """The figures as one line; None when nothing is to be written."""
        gaps = self._loop_gap.read()
        self._gaps(gaps)
        if self._path is None or self._failed:
            return None
        now = time.monotonic()
        seconds, self._last = now - self._last, now
        shown = self._workspace.shown
        line = metrics(
            [connection.figures(seconds) for connection in self._workspace.connections],
            wall_ns=time.time_ns(),
            state=shown.state.state.value if shown is not None else "disconnected",
            budget_bytes=self._workspace.budget.limit_bytes,
            rss_bytes=rss_bytes(),
            cpu_seconds=cpu_seconds(),
            frames=self._frames(),
            gaps=gaps,
        )
        return msgspec.json.encode(line) + b"\n"

    def _begin(self, line: bytes) -> None:
        if self._path is not None:
            self._writing = create_task(self._write(self._path, line), name="write metrics")

    async def _written(self) -> None:
        if self._writing is not None:
            await asyncio.wait([self._writing])

    async def _write(self, path: Path, line: bytes) -> None:
        if self._failed:
            return
        try:
            await run_in_thread(_append, path, line)
        except OSError as error:
            self._failed = True
            self.problem.emit(
                f"The metrics cannot be written to {path} ({error.strerror or error}); check the folder and its permissions."
            )


def _append(path: Path, line: bytes) -> None:
    """Appends to a plain file: anything else (a pipe nobody reads) may keep a writer waiting for ever.

    Raises:
        OSError: It cannot be written.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no regular file")
    # Should a pipe take the file's place right now, then opening it must not wait.
    at_once = getattr(os, "O_NONBLOCK", 0)
    with open(path, "ab", opener=lambda name, flags: os.open(name, flags | at_once, 0o666)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        file.write(line)
