# SPDX-License-Identifier: MIT
"""``watch``: a connection without a window that prints one JSON object per event."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import sys
import time
from collections import deque
from typing import TYPE_CHECKING

import msgspec

from mqtt_explorer.connection import Connection
from mqtt_explorer.measure.loop_lag import LoopGap
from mqtt_explorer.measure.metrics import iso_time, metrics
from mqtt_explorer.measure.process import cpu_seconds, rss_bytes
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.network.refusal import ConnackRefused
from mqtt_explorer.network.subscriptions import RowState, SubscriptionRow
from mqtt_explorer.protocol.properties import PropertyError, decode_properties
from mqtt_explorer.store.budget import Budget
from mqtt_explorer.tasks import cancel_and_wait, create_task, run_in_thread

if TYPE_CHECKING:
    from mqtt_explorer.network.link import StateChange
    from mqtt_explorer.protocol.batch import Batch, Malformed
    from mqtt_explorer.request import Request

#: Output above this waits for the reader of the pipe: the loop must not block, and memory must not grow without end.
_MAX_WAITING = 64 * 1024 * 1024
#: How long the end waits for a reader that does not read.
_LAST_WORDS_S = 5.0


class Printer:
    """Writes JSON lines to a descriptor from a thread of its own, so that a slow reader never blocks the loop."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._encoder = msgspec.json.Encoder()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._wake = asyncio.Event()
        self._done = asyncio.Event()
        self.skipped = 0

    def print(self, event: dict[str, object], *, droppable: bool = False) -> None:
        """Queues one line; a droppable one is counted in `skipped` instead when the reader cannot keep up."""
        if droppable and self._waiting_bytes > _MAX_WAITING:
            self.skipped += 1
            return
        line = self._encoder.encode(event) + b"\n"
        self._waiting.append(line)
        self._waiting_bytes += len(line)
        self._wake.set()

    async def run(self) -> None:
        """Writes until `finish`, or until the reader of the pipe has gone."""
        while not (self._done.is_set() and not self._waiting):
            await self._wake.wait()
            self._wake.clear()
            block = b"".join(self._waiting)
            self._waiting.clear()
            if block and not await run_in_thread(self._write, block):
                return
            self._waiting_bytes = sum(map(len, self._waiting))

    def _write(self, block: bytes) -> bool:
        view = memoryview(block)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:
            return False  # the reader has gone; there is nobody to tell
        return True

    def finish(self) -> None:
        """Ends `run` once everything is written."""
        self._done.set()
        self._wake.set()


class Watch:
    """One run of ``watch``."""

    def __init__(self, request: Request, printer: Printer) -> None:
        if request.options is None:
            raise ValueError("watch needs an address")
        self._request = request
        self._printer = printer
        self._budget = Budget()
        self._connection = Connection(
            request.options, budget=self._budget, subscriptions=request.subscriptions
        )
        self._connection.state_changed.connect(self._on_state)
        self._connection.subscriptions.changed.connect(self._on_row)
        self._connection.batch_received.connect(self._on_batch)
        self._printed: dict[SubscriptionRow, RowState] = {}
        self._end = asyncio.Event()
        self._was_connected = False
        self._refused = False

    def stop(self) -> None:
        """Ends the run: a signal came."""
        self._end.set()

    async def run(self) -> int:
        """Runs until `--for` is over, a signal comes or the broker refuses.

        Returns:
            The exit code.
        """
        started = time.monotonic()
        gap = LoopGap()
        gap.start()
        self._connection.open()
        try:
            async with asyncio.timeout(self._request.seconds):
                await self._end.wait()
        except TimeoutError:
            pass  # the time asked for is over: the regular end
        elapsed = time.monotonic() - started
        state = self._connection.state.state.value
        figures = self._connection.figures(elapsed)
        await self._connection.disconnect()
        summary = metrics(
            [figures],
            wall_ns=time.time_ns(),
            state=state,
            budget_bytes=self._budget.limit_bytes,
            rss_bytes=rss_bytes(),
            cpu_seconds=cpu_seconds(),
            frames=None,
            gaps=gap.read(),
        )
        await gap.stop()
        self._printer.print(
            {
                "event": "summary",
                **summary,
                "seconds": round(elapsed, 3),
                "not_printed": self._printer.skipped,
            }
        )
        await self._connection.close()
        return 0 if self._was_connected and not self._refused else 1

    def _on_state(self, change: StateChange) -> None:
        self._printer.print(
            {
                "event": "state",
                "time": iso_time(time.time_ns()),
                "state": change.state.value,
                "reason": change.reason,
                "code": change.code,
            }
        )
        if change.state is LinkState.CONNECTED:
            self._was_connected = True
        elif change.state is LinkState.FAILED:
            self._refused = True
            self._end.set()
        elif isinstance(change.error, ConnackRefused) and not self._was_connected:
            self._end.set()  # also a refusal that may pass: a script must not hang on it

    def _on_row(self, row: SubscriptionRow | None) -> None:
        if row is None or self._printed.get(row) is row.state:
            return
        self._printed[row] = row.state
        if row.state is RowState.GRANTED:
            self._printer.print(
                {"event": "subscribed", "filter": row.filter_text, "granted": row.granted_qos}
            )
        elif row.state is RowState.REFUSED:
            self._printer.print({"event": "subscribed", "filter": row.filter_text, "error": row.sentence})

    def _on_batch(self, batch: Batch) -> None:
        arrived = iso_time(batch.wall_ns)
        malformed = deque(batch.malformed)
        for position, frame in enumerate(batch.frames):
            while malformed and malformed[0].position <= position:
                self._print_malformed(malformed.popleft())
            flags, topic, raw_properties, payload, size = frame
            event: dict[str, object] = {
                "event": "message",
                "time": arrived,
                "topic": topic.decode(),
                "size": size,
                "qos": (flags & 6) >> 1,
                "retain": bool(flags & 1),
                "dup": bool(flags & 8),
                "properties": _properties(raw_properties),
            }
            try:
                event["payload"] = payload.decode()
            except UnicodeDecodeError:
                event["payload_base64"] = base64.b64encode(payload).decode()
            self._printer.print(event, droppable=True)
        for packet in malformed:
            self._print_malformed(packet)

    def _print_malformed(self, packet: Malformed) -> None:
        encoded = base64.b64encode(packet.raw).decode()
        event: dict[str, object] = {"event": "malformed", "reason": packet.reason, "bytes_base64": encoded}
        self._printer.print(event, droppable=True)


def _properties(raw: bytes) -> dict[str, object]:
    """Properties by name; those that may repeat are lists."""
    if not raw:
        return {}
    result: dict[str, object] = {}
    try:
        items = decode_properties(raw).items
    except PropertyError as error:
        return {"error": error.message}
    for name, value in items:
        if name in ("user_property", "subscription_identifier"):
            bucket = result.setdefault(name, [])
            assert isinstance(bucket, list)
            bucket.append(value)
        else:
            result[name] = base64.b64encode(value).decode() if isinstance(value, bytes) else value
    return result


async def _main(request: Request) -> int:
    printer = Printer(sys.stdout.fileno())
    watch = Watch(request, printer)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, watch.stop)
        except NotImplementedError:  # Windows: the loop has no signal handlers
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(watch.stop))
    writing = create_task(printer.run(), name="print")
    writing.add_done_callback(lambda _: watch.stop())  # the reader of the pipe has gone
    code = await watch.run()
    printer.finish()
    await asyncio.wait([writing], timeout=_LAST_WORDS_S)
    await cancel_and_wait(writing)
    return code


def run(request: Request) -> int:
    """Runs ``watch`` to its end and returns the exit code."""
    return asyncio.run(_main(request))
