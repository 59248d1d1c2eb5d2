# SPDX-License-Identifier: MIT
"""The decoding process: one warm child that does what would hold the interpreter lock for more than some milliseconds.

A thread does not protect the window from that, a process does; and a process can be killed. It is spawned, never forked, so it has
nothing of the window in it. A fresh one takes some tenths of a second until it works, so one stands ready.

Its jobs get `*args, progress` and should return what travels well: bytes and arrays, however large, and not a million small objects,
because those are unpickled in the window's process.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.payload.parcel import Parcel, receive
from mqtt_explorer.payload.worker_main import Answer, Failure, Job, serve
from mqtt_explorer.tasks import run_in_thread

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

T = TypeVar("T")

#: The decoders; without them the first job would load them.
_PRELOAD: Final = ("mqtt_explorer.payload.jobs",)
#: From the end of a process to the start of the one that is to stand ready; a job that waits has it started at once.
_PAUSE_S: Final = 0.02
_CLOSING_S: Final = 0.002
_log = logging.getLogger(__name__)


class WorkError(MqttExplorerError):
    """A job ended without an answer, or with one that cannot be brought here."""

    def __init__(self, message: str) -> None:
        super().__init__("Decoding failed", message)


class _Gone(Exception):
    """The process ended."""


class _Child:
    """One process. `start`, `work` and `put_away` block and are for threads; `kill` is for the loop."""

    def __init__(self, preload: Sequence[str]) -> None:
        self._preload = tuple(preload)
        self._lock = threading.Lock()  # held by whoever uses the connection
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._killed = False

    def start(self) -> None:
        """Starts it unless it runs."""
        with self._lock:
            self._ensure()

    def work(self, job: Job, report: Callable[[float], None] | None) -> Answer:
        """Does a job.

        Raises:
            _Gone: The process ended.
            Exception: The job cannot be pickled.
        """
        parcel = Parcel(job)
        with self._lock:
            connection = self._ensure()
            try:
                parcel.send(connection)
                while True:
                    answer: Answer = receive(connection)
                    if answer.kind != "progress":
                        return answer
                    if report is not None:
                        report(answer.value)
            except (EOFError, OSError, pickle.UnpicklingError):
                raise _Gone from None

    def kill(self) -> None:
        """Ends it at once; whoever waits for an answer gets `_Gone`."""
        self._killed = True
        process = self._process
        if process is not None:
            try:
                process.kill()
            except (ValueError, OSError):  # it has been put away, or is about to be
                return

    def put_away(self) -> None:
        """Gives back what belongs to it. It has been killed."""
        with self._lock:
            self._close()

    def _ensure(self) -> Connection:
        if self._connection is not None and self._connection.poll():  # nobody asked it: this is its end
            self._close()  # the machine was short of memory, and took it while it had nothing to do
        if self._killed:
            raise _Gone
        if self._connection is None:
            self._spawn()
            if self._killed:  # meanwhile
                self.kill()
                raise _Gone
        assert self._connection is not None
        return self._connection

    def _spawn(self) -> None:
        import multiprocessing

        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        try:
            process = context.Process(
                target=serve, args=(theirs, self._preload), name="decoding", daemon=True
            )
            _without_ctrl_c(process.start)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._process, self._connection = process, ours

    def _close(self) -> None:
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            connection.close()
        if process is not None:
            process.kill()
            process.join()
            try:
                process.close()
            except ValueError:  # Python ends, and waits for it in another thread at the same moment
                return


class Worker:
    """Runs jobs one after another, in the order they were asked for, in one child process.

    Args:
        preload: Modules that a fresh process loads before it has a job.
    """

    def __init__(self, preload: Sequence[str] = _PRELOAD) -> None:
        self._preload = tuple(preload)
        self._child: _Child | None = None
        self._turn: asyncio.Lock | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._threads: list[threading.Thread] = []
        self._closed = False

    @property
    def is_closed(self) -> bool:
        """True after `close`: it takes no job any more."""
        return self._closed

    def warm(self) -> None:
        """Has a process started beside the loop, so that the next job need not wait for it."""
        if self._child is None and not self._closed:
            self._child = _Child(self._preload)
            self._in_thread(self._child.start)

    async def run(
        self, function: Callable[..., T], *args: Any, progress: Callable[[float], None] | None = None
    ) -> T:
        """Has a job done. Cancelling the awaiting task kills the process, and a fresh one is started.

        Args:
            function: A function of a module (it travels by its name), called as `function(*args, progress)`; `progress` takes the
                share that is done, from 0 to 1, and may be called as often as one likes.
            args: What can be pickled; large `bytes` and arrays cost no time of the loop.
            progress: Called in the loop, at most about 20 times a second.

        Raises:
            WorkError: The process ended in the middle of it, or is closed.
            Exception: What the job raised, with its traceback as a note.
        """
        async with self._my_turn():
            if self._closed:
                raise WorkError("The program is closing.")
            self.warm()
            child = self._child
            assert child is not None
            told = _Told(asyncio.get_running_loop(), progress)
            try:
                answer = await run_in_thread(child.work, Job(function, args), told.from_thread)
            except asyncio.CancelledError:
                self._replace(child)
                raise
            except _Gone:
                self._replace(child)
                raise WorkError(
                    "The decoding process ended unexpectedly (out of memory?); the bytes are all there."
                ) from None
            finally:
                told.stop()
            if answer.worn:
                self._replace(child)
        if answer.kind == "failed":
            raise _as_error(answer.value)
        result: T = answer.value
        return result

    async def close(self) -> None:
        """Ends the process, and with it a job under way."""
        self._closed = True
        if self._child is not None:
            self._replace(self._child)
        # Asked, not told by a thread: one that is still telling the loop something when Python ends would abort the program.
        while any(thread.is_alive() for thread in self._threads):
            await asyncio.sleep(_CLOSING_S)
        self._threads.clear()

    def _my_turn(self) -> asyncio.Lock:
        """First come, first served. A lock belongs to one loop, and each test has its own."""
        loop = asyncio.get_running_loop()
        if self._turn is None or self._loop is not loop:
            self._loop, self._turn = loop, asyncio.Lock()
        return self._turn

    def _replace(self, child: _Child) -> None:
        """Ends a process; unless this is the end of all, a fresh one takes its place."""
        child.kill()
        self._in_thread(child.put_away)
        if self._child is child:
            self._child = None
            # Not at once: jobs are also cancelled because the program ends.
            asyncio.get_running_loop().call_later(_PAUSE_S, self.warm)

    def _in_thread(self, call: Callable[[], None]) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=_quietly, args=(call,), name="decoding", daemon=True)
        self._threads.append(thread)
        thread.start()


class _Told:
    """Progress on its way from a thread to the loop; nothing is told once the job is over."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tell: Callable[[float], None] | None) -> None:
        self._loop = loop
        self._tell = tell

    def from_thread(self, share: float) -> None:
        try:
            self._loop.call_soon_threadsafe(self._take, share)
        except RuntimeError:
            self._tell = None  # the loop is closed

    def stop(self) -> None:
        self._tell = None

    def _take(self, share: float) -> None:
        if self._tell is not None:
            self._tell(share)


def _as_error(failure: Failure) -> Exception:
    """The exception as it was raised over there."""
    error: Exception
    if failure.ours is not None:
        kind, args, attributes = failure.ours
        error = kind.__new__(kind)
        error.args = args
        error.__dict__.update(attributes)
    elif failure.error is not None:
        error = pickle.loads(failure.error)
    else:
        error = WorkError(f"The decoder failed ({failure.text}).")
    error.add_note(f"In the decoding process:\n{failure.trace}")
    return error


def _quietly(call: Callable[[], None]) -> None:
    """For threads nobody waits for: the next job tells what is wrong."""
    try:
        call()
    except _Gone:
        return
    except Exception:  # noqa: BLE001 – a process that cannot be started
        _log.warning("The decoding process", exc_info=True)


def _without_ctrl_c(start: Callable[[], None]) -> None:
    """Starts a process that never hears of Ctrl+C, not even while Python loads: it has the signal mask of this thread."""
    if sys.platform == "win32":
        start()
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # it changes the mask itself
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Shared:
    worker: Worker | None = None


_shared: Final = _Shared()


def shared_worker() -> Worker:
    """The worker of this process; made on first use, and anew after its end."""
    if _shared.worker is None or _shared.worker.is_closed:
        _shared.worker = Worker()
    return _shared.worker
