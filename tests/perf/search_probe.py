# SPDX-License-Identifier: MIT
"""Types into the real search bar of the real window over a tree of many topics; prints the times as JSON, one object per search.

A time runs from the last key to the paint event that shows the result. Keys come as the keyboard would send them, one every 30 ms.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from mqtt_explorer.app.garbage import GarbageTimer
from mqtt_explorer.measure.loop_lag import LoopGap
from mqtt_explorer.protocol.batch import Batch
from mqtt_explorer.protocol.options import ConnectOptions
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.store.query import Query, QueryMode
from tests.perf.in_window import run_in_window
from tests.perf.loadgen import payload_of, retained_topic
from tests.support.program import Program

KEY_S = 0.03
GIVE_UP_S = 60.0
PER_BATCH = 500

SEARCHES = (
    ("substring", QueryMode.TEXT, {"payload": False}, "device42"),
    ("one letter, every topic", QueryMode.TEXT, {"payload": False}, "e"),
    ("wildcard", QueryMode.FILTER, {}, "site/+/area07/#"),
    ("regex", QueryMode.REGEX, {"payload": False}, r"area\d7/device\d9$"),
    ("payload", QueryMode.TEXT, {"topic": False}, '"value": 23.41'),
)


class Probe(QObject):
    """Watches the tree's paint events while somebody types."""

    def __init__(self, program: Program, settle_s: float) -> None:
        super().__init__()
        self._settle_s = settle_s
        self._bar = program.window.header.search
        self._panel = program.window.panels.topics
        self._search = self._panel.search_row.topic_search
        self._gap = LoopGap()
        self._painted_at = 0.0
        self._stands = ""
        self._search.first_found.connect(self._on_first_found)
        self._panel.tree.viewport().installEventFilter(self)

    def _on_first_found(self) -> None:
        """The filtered tree stands in place of the old one."""
        self._stands = self._search.query.text

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Remembers when the tree was painted last."""
        if event.type() == QEvent.Type.Paint:
            self._painted_at = time.perf_counter()
        return False

    async def run(self, name: str, mode: QueryMode, scopes: dict[str, bool], text: str) -> dict[str, object]:
        """One search, typed; clears it afterwards."""
        self._panel.search_row.chips.set_from(Query(mode=mode, **scopes))
        self._bar.set_query(Query(mode=mode))
        self._bar.begin()
        await asyncio.sleep(self._settle_s)
        self._gap.start()
        for letter in text[:-1]:
            self._press(letter)
            await asyncio.sleep(KEY_S)
        typed = time.perf_counter()
        self._press(text[-1])
        self._stands = ""
        first = await self._until_painted(typed, lambda: self._stands == text)
        done = await self._until_painted(typed, lambda: self._search.state.done)
        gap_max = self._gap.read().max
        await self._gap.stop()
        hits = self._search.state.hits
        self._press("", Qt.Key.Key_Escape)
        await asyncio.sleep(self._settle_s)
        return {"search": name, "hits": hits, "first_hits_ms": first, "all_ms": done, "gap_max_ms": gap_max}

    def _press(self, letter: str, key: Qt.Key = Qt.Key.Key_unknown) -> None:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, letter)
            QCoreApplication.postEvent(self._bar.edit, event)

    async def _until_painted(self, typed: float, reached: Callable[[], bool]) -> float:
        """Milliseconds from the last key to the first paint of the tree after something was reached."""
        end = time.perf_counter() + GIVE_UP_S
        while not reached():
            if time.perf_counter() > end:
                raise TimeoutError("the search never came to this")
            await asyncio.sleep(0)
        seen = time.perf_counter()
        self._panel.tree.viewport().update()
        while self._painted_at < seen:
            await asyncio.sleep(0)
        return round(max(0.0, self._painted_at - typed) * 1e3, 1)


async def fill(program: Program, topics: int) -> None:
    """Opens a connection that is never dialled and puts the topics into its store, as reads would bring them."""
    connection = program.workspace.add(ConnectOptions(BrokerUrl.parse("mqtt://127.0.0.1")[0]))
    for at in range(0, topics, PER_BATCH):
        numbers = range(at, min(at + PER_BATCH, topics))
        frames = [(1, retained_topic(n), b"", payload_of(n, 100), 100) for n in numbers]
        wire_bytes = sum(4 + len(frame[1]) + 100 for frame in frames)
        connection.store.apply(Batch(time.monotonic_ns(), time.time_ns(), frames, wire_bytes=wire_bytes))
    while connection.store.take_changes().more:
        await asyncio.sleep(0)
    program.workspace.show(connection)
    program.window.show_panel("topics")


async def measure(topics: int, settle_s: float) -> None:
    """Prints a line per search."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        program = Program.open(Path(folder))
        garbage = GarbageTimer()
        garbage.start()
        await fill(program, topics)
        probe = Probe(program, settle_s)
        await asyncio.sleep(settle_s)
        for search in SEARCHES:
            print(json.dumps(await probe.run(*search)), flush=True)
        await program.close()


def main() -> int:
    """Runs the probe."""
    return run_in_window(measure(int(sys.argv[1]), float(sys.argv[2])))


if __name__ == "__main__":
    sys.exit(main())
