# SPDX-License-Identifier: MIT
"""``--metrics FILE``: one JSON object a second, appended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mqtt_explorer.events import Event
from mqtt_explorer.measure.metrics import metrics
from mqtt_explorer.measure.process import cpu_seconds, rss_bytes

if TYPE_CHECKING:
    from mqtt_explorer.app.workspace import Workspace
    from mqtt_explorer.measure.loop_lag import Gaps, LoopGap


class MetricsFile:
    """Writes the figures of the workspace.

    Args:
        path: Appended to; its folder must exist.
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
        self.problem: Event[str] = Event()

    async def run(self) -> None:
        """One object at once, then one a second, until cancelled."""
        while True:
            self.write()
            await asyncio.sleep(1)

    def write(self) -> None:
        """Appends one object now; a file that cannot be written is told as `problem`."""
        gaps = self._loop_gap.read()
        self._gaps(gaps)
        if self._path is None or self._failed:
            return
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
        try:
            with self._path.open("ab") as file:
                file.write(msgspec.json.encode(line) + b"\n")
        except OSError as error:
            self._failed = True
            self.problem.emit(
                f"The metrics cannot be written to {self._path} ({error.strerror or error}); check the folder and its permissions."
            )
