# SPDX-License-Identifier: MIT
"""Shows giant payloads in the real window; prints the times as JSON, one object per giant.

The first page counts from the choice of the topic to the paint event that shows it, coloured and indented where it is JSON. The gap is
that of the event loop until the whole is decoded and while somebody drags the scroll bar from the top to the end.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from mqtt_explorer.app.garbage import GarbageTimer
from mqtt_explorer.measure.loop_lag import LoopGap
from mqtt_explorer.panels.message.document_view import PRETTY
from mqtt_explorer.payload.registry import lines_of
from mqtt_explorer.protocol.batch import Batch
from mqtt_explorer.protocol.options import ConnectOptions
from mqtt_explorer.protocol.url import BrokerUrl
from tests.perf.giants import Giant, giants
from tests.perf.in_window import run_in_window
from tests.support.program import Program

GIVE_UP_S = 60.0
STEPS = 60
"""Places the scroll bar is dragged to."""


class Probe(QObject):
    """Watches the paint events of the payload's view."""

    def __init__(self, program: Program, settle_s: float) -> None:
        super().__init__()
        self._settle_s = settle_s
        self._panel = program.window.panels.message
        self._panel.tabs.document.mode.set_index(PRETTY)
        self._text = self._panel.tabs.document.text
        self._gap = LoopGap()
        self._painted_at = 0.0
        self._viewport().installEventFilter(self)

    def _viewport(self) -> QWidget:
        return self._text.viewport()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Remembers when the text was painted last."""
        if event.type() == QEvent.Type.Paint:
            self._painted_at = time.perf_counter()
        return False

    async def run(self, giant: Giant) -> dict[str, object]:
        """Shows one giant, whole, and scrolls through it."""
        self._gap.start()
        chosen = time.perf_counter()
        self._panel.show_topic(giant.topic)
        first = await self._until_painted(chosen, lambda: self._shows(giant))
        whole = await self._until_painted(chosen, lambda: self._is_whole(giant))
        slowest = await self._scroll()
        gap_max = self._gap.read().max
        await self._gap.stop()
        document = self._panel.tabs.document.document
        lines = len(lines_of(document)) if document is not None else 0
        self._panel.show_topic(None)
        await asyncio.sleep(self._settle_s)
        return {
            "giant": giant.name,
            "bytes": len(giant.payload),
            "lines": lines,
            "first_page_ms": first,
            "whole_ms": whole,
            "scroll_max_ms": slowest,
            "gap_max_ms": round(gap_max, 1),
        }

    def _shows(self, giant: Giant) -> bool:
        document, message = self._panel.tabs.document.document, self._panel.message
        if document is None or message is None or message.payload != giant.payload:
            return False
        return (document.structure is not None) == giant.structured

    def _is_whole(self, giant: Giant) -> bool:
        document = self._panel.tabs.document.document
        return self._shows(giant) and document is not None and document.complete

    async def _scroll(self) -> float:
        """Drags both scroll bars from end to end; the slowest paint in ms."""
        slowest = 0.0
        for bar in (self._text.verticalScrollBar(), self._text.horizontalScrollBar()):
            for step in (*range(STEPS + 1), 0):
                moved = time.perf_counter()
                bar.setValue(bar.maximum() * step // STEPS)
                slowest = max(slowest, await self._until_painted(moved, lambda: True))
        return slowest

    async def _until_painted(self, since: float, reached: Callable[[], bool]) -> float:
        """Milliseconds until the first paint of the text after something was reached."""
        end = time.perf_counter() + GIVE_UP_S
        while not reached():
            if time.perf_counter() > end:
                raise TimeoutError("the payload never came to this")
            await asyncio.sleep(0)
        seen = time.perf_counter()
        self._viewport().update()
        while self._painted_at < seen:
            if time.perf_counter() > end:
                raise TimeoutError("the payload is not painted")
            await asyncio.sleep(0)
        return round(max(0.0, self._painted_at - since) * 1e3, 1)


async def measure(share: float, settle_s: float) -> None:
    """Prints a line per giant."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        program = Program.open(Path(folder))
        garbage = GarbageTimer()
        garbage.start()
        connection = program.workspace.add(ConnectOptions(BrokerUrl.parse("mqtt://127.0.0.1")[0]))
        shown = giants(share)
        for giant in shown:
            frame = (0, giant.topic, b"", giant.payload, len(giant.payload))
            connection.store.apply(
                Batch(time.monotonic_ns(), time.time_ns(), [frame], wire_bytes=len(giant.payload))
            )
        program.workspace.show(connection)
        program.window.show_panel("topics")
        probe = Probe(program, settle_s)
        await asyncio.sleep(settle_s)
        for giant in shown:
            print(json.dumps(await probe.run(giant)), flush=True)
        await program.close()


def main() -> int:
    """Runs the probe."""
    return run_in_window(measure(float(sys.argv[1]), float(sys.argv[2])))


if __name__ == "__main__":
    sys.exit(main())
