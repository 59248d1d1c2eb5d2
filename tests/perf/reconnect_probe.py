# SPDX-License-Identifier: MIT
"""The program as shipped, made to publish through its connection while that is cut again and again, and to write down what came of it.

`python -m tests.perf.reconnect_probe RECORD PUBLISHES RESETS -- ARGUMENTS OF THE PROGRAM`. What the command line cannot ask for yet, a
session that outlives its connection, is set here.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from mqtt_explorer import cli
from mqtt_explorer.app import main as app_main
from mqtt_explorer.app.workspace import Workspace
from mqtt_explorer.connection import Connection
from mqtt_explorer.network.link import LinkState, StateChange
from mqtt_explorer.network.outbox import RequestLost
from mqtt_explorer.network.subscriptions import RowState, SubscriptionRow
from mqtt_explorer.protocol.batch import Batch
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion
from mqtt_explorer.protocol.requests import PublishRequest, Subscription
from mqtt_explorer.tasks import create_task

SESSION_S = 300
PROGRESS_S = 0.5
CYCLE_S = 3.0
"""About the time from one reset to the next; the publishes are spread over it."""
BURST = 30
"""More than the in-flight window: some resets meet a full window and a queue behind it."""
AGAIN_S = 0.01
TOLD = 20
"""So many missing numbers are named."""


def due(count: int, resets: int, done: int, since_s: float) -> int:
    """How many of `count` publishes are due, `since_s` seconds after the reset number `done`: as many after each of them, in bursts."""
    if done >= resets:
        return count
    return int(count * (done + min(0.95, since_s / CYCLE_S)) / resets) // BURST * BURST


class Record:
    """A file of JSON lines, each with its `event`."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1, encoding="utf-8")

    def tell(self, event: str, **more: Any) -> None:
        """Writes a line at once."""
        self._file.write(json.dumps({"event": event, "at": time.monotonic(), **more}) + "\n")


class Traffic:
    """Publishes through one connection and counts what it receives."""

    def __init__(self, connection: Connection, record: Record, publishes: int, resets: int) -> None:
        self._connection = connection
        self._record = record
        self._publishes, self._resets = publishes, resets
        self._granted = False
        self._up = asyncio.Event()
        self._drops = 0
        self._since = 0.0
        self._received = {1: bytearray(publishes), 2: bytearray(publishes)}
        self._live: defaultdict[int, set[bytes]] = defaultdict(set)
        self._answered: Counter[int] = Counter()
        self._tried_again: Counter[str] = Counter()
        connection.state_changed.connect(self._on_state)
        connection.subscriptions.changed.connect(self._on_row)
        connection.batch_received.connect(self._on_batch)

    async def run(self) -> None:
        """Publishes everything; tells how far it is until it is cancelled."""
        await self._up.wait()
        for qos in (1, 2):
            create_task(self._publish_all(qos), name=f"publish QoS {qos}")
        while True:
            await asyncio.sleep(PROGRESS_S)
            self._record.tell(
                "progress",
                answered=[self._answered[qos] for qos in (1, 2)],
                received=[self._publishes - self._received[qos].count(0) for qos in (1, 2)],
                doubled=[sum(max(0, n - 1) for n in self._received[qos]) for qos in (1, 2)],
                missing=[self._missing(qos) for qos in (1, 2)],
                live={number: len(topics) for number, topics in self._live.items()},
                tried_again=dict(self._tried_again),
            )

    def _missing(self, qos: int) -> list[int]:
        """The first of the numbers that have not been received."""
        missing = (number for number, times in enumerate(self._received[qos]) if not times)
        return list(islice(missing, TOLD))

    def _on_state(self, change: StateChange) -> None:
        self._record.tell("state", state=change.state.value, reason=change.reason)
        if change.state is LinkState.CONNECTED:
            self._up.set()
        elif self._up.is_set():
            self._up.clear()
            self._granted = False
            self._drops += 1
            self._since = time.monotonic()

    def _on_row(self, _row: SubscriptionRow | None) -> None:
        rows = self._connection.subscriptions.rows
        if self._granted or not self._up.is_set() or any(row.state is not RowState.GRANTED for row in rows):
            return
        self._granted = True
        self._since = self._since or time.monotonic()
        self._record.tell("granted", rows=len(rows))

    def _on_batch(self, batch: Batch) -> None:
        for _flags, topic, _properties, payload, _size in batch.frames:
            if topic.startswith(b"live/"):
                self._live[int(payload)].add(topic)
                continue
            qos, number = topic[-1] - ord("0"), int(payload)
            counts = self._received[qos]
            counts[number] += 1
            if counts[number] > 1:
                self._record.tell("doubled", qos=qos, number=number)

    async def _publish_all(self, qos: int) -> None:
        for number in range(self._publishes):
            while number >= due(self._publishes, self._resets, self._drops, time.monotonic() - self._since):
                await asyncio.sleep(AGAIN_S)
            create_task(self._publish(qos, number), name=f"publish QoS {qos}, {number}")

    async def _publish(self, qos: int, number: int) -> None:
        """Publishes one message; once more only when nothing of it has left."""
        while True:
            await self._up.wait()
            try:
                result = await self._connection.publish(PublishRequest(f"out/{qos}", b"%d" % number, qos))
            except RequestLost as error:
                if error.may_arrive:
                    self._record.tell("unanswered", qos=qos, number=number, reason=error.message)
                    return
                self._tried_again[error.title] += 1
                await asyncio.sleep(AGAIN_S)
                continue
            self._answered[qos] += 1
            if result.reason.is_error:
                self._record.tell("refused", qos=qos, number=number, reason=result.reason.name)
            return


def main() -> int:
    """Runs the program with the traffic on its first connection."""
    at = sys.argv.index("--")
    record, publishes, resets = Record(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])

    class KeepsItsSession(Workspace):
        """Connections whose session outlives them."""

        def add(
            self,
            options: ConnectOptions,
            subscriptions: Iterable[Subscription] = (),
            *more: Any,
            **others: Any,
        ) -> Connection:
            expiry = SESSION_S if options.version is ProtocolVersion.V5 else None
            kept = replace(options, clean_start=False, session_expiry=expiry)
            connection = super().add(kept, subscriptions, *more, **others)
            traffic = Traffic(connection, record, publishes, resets)
            create_task(traffic.run(), name="traffic")
            return connection

    vars(app_main)["Workspace"] = KeepsItsSession
    return cli.main(sys.argv[at + 1 :])


if __name__ == "__main__":
    sys.exit(main())
