# SPDX-License-Identifier: MIT
"""Compares two messages: small ones at once, large ones in the decoding process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QObject, Signal

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.payload.diff import is_quick
from mqtt_explorer.payload.diff_jobs import Request, arrived, diff_here, diff_job
from mqtt_explorer.payload.worker import Worker, shared_worker
from mqtt_explorer.tasks import create_task

if TYPE_CHECKING:
    from mqtt_explorer.payload.diff import Diff
    from mqtt_explorer.protocol.message import Message

#: Work that is done sooner is not announced: it would only flicker.
ANNOUNCE_S: Final = 0.15
#: A topic that is followed is compared again after as long as the last comparison took, but never later than this.
_LONGEST_PAUSE_S: Final = 2.0
#: Equal payloads up to this size are found to be equal at once.
_EQUAL_AT_ONCE: Final = 1 << 20


class Pair(NamedTuple):
    """What is compared: the older and the newer message, and how."""

    a: Message
    b: Message
    request: Request


class Comparing(QObject):
    """One comparison at a time; while a live topic is followed the one under way is finished, then the newest pair is next.

    Signals:
        made(object, object): The Diff and the Pair it belongs to.
        failed(str): Why there is none, in a sentence.
        progressed(float): Which share is done, 0 to 1.
        working_changed(bool): It takes longer, or is over.
    """

    made = Signal(object, object)
    failed = Signal(str)
    progressed = Signal(float)
    working_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None, *, worker: Worker | None = None) -> None:
        super().__init__(parent)
        self._run = _Run(worker, self)
        self.destroyed.connect(self._run.end)

    @property
    def is_working(self) -> bool:
        """Whether an answer is to come."""
        return self._run.task is not None

    def compare(self, pair: Pair, *, following: bool = False) -> None:
        """Compares; `following` says that it is the same topic a moment later."""
        a, b, choice = pair.request.a, pair.request.b, pair.request.choice
        quick = is_quick(a, b, choice, pair.request.context_a, pair.request.context_b)
        if quick or (len(a) == len(b) <= _EQUAL_AT_ONCE and a == b):
            self._run.end()
            self.made.emit(diff_here(pair.request), pair)
        elif following and self._run.task is not None:
            self._run.next = pair
        else:
            self._run.start(pair)

    def cancel(self) -> None:
        """Gives up what is under way; its process is ended."""
        self._run.end()


class _Run:
    """The task; not a part of the QObject, because it has to be ended when that one is gone."""

    def __init__(self, worker: Worker | None, owner: Comparing) -> None:
        self._worker = worker
        self._owner = owner
        self._announced = False
        self.task: asyncio.Task[None] | None = None
        self.next: Pair | None = None

    def start(self, pair: Pair) -> None:
        self.end()
        self.task = create_task(self._work(pair), name="compare payloads")

    def end(self, *_gone: object) -> None:
        task, self.task, self.next = self.task, None, None
        if task is not None:
            task.cancel()
            if not _gone:
                self._announce(False)

    async def _work(self, pair: Pair) -> None:
        while True:
            started = time.monotonic()
            later = asyncio.get_running_loop().call_later(ANNOUNCE_S, self._announce, True)
            try:
                answer = await self._compare(pair)
            finally:
                later.cancel()
            if self.next is None:
                self.task = None
            self._announce(False)
            answer()
            if self.next is None:
                return
            await asyncio.sleep(min(time.monotonic() - started, _LONGEST_PAUSE_S))
            pair, self.next = self.next, None

    async def _compare(self, pair: Pair) -> Callable[[], None]:
        """Does it; returns what is to be told of it."""
        owner = self._owner
        worker = self._worker or shared_worker()
        try:
            answer = await worker.run(diff_job, pair.request, progress=owner.progressed.emit)
            made: Diff = arrived(answer, pair.request)
        except MqttExplorerError as error:
            reason = error.message
            return lambda: owner.failed.emit(reason)
        except MemoryError:
            return lambda: owner.failed.emit("It would take more memory than there is.")
        except Exception as error:  # noqa: BLE001 – whatever a payload does to a decoder, the window goes on
            text = f"The comparison failed ({type(error).__name__})."
            return lambda: owner.failed.emit(text)
        return lambda: owner.made.emit(made, pair)

    def _announce(self, working: bool) -> None:
        if working != self._announced:
            self._announced = working
            self._owner.working_changed.emit(working)
