# SPDX-License-Identifier: MIT
"""What the decoding process does: one job after another, until its parent lets go of it.

A module is loaded by the first job that lives in it, so Qt is there only if a job brings it.
"""

from __future__ import annotations

import importlib
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.payload.parcel import Parcel, receive

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

#: Address space at most, in bytes; and never more than half of the machine's memory. A hostile payload then ends with MemoryError.
MOST_MEMORY: Final = 4 << 30
#: Below this no library loads any more, however small the machine.
_LEAST_MEMORY: Final = 1 << 30
#: A process that keeps more than this after a job, in bytes, is replaced by a fresh one.
_WORN: Final = 512 << 20
_NICENESS: Final = 5
_REPORT_EVERY_S: Final = 0.05


class Job(NamedTuple):
    """What is to be done: a function of a module, called with `*args, progress`."""

    function: Callable[..., Any]
    args: tuple[Any, ...]


class Answer(NamedTuple):
    """What comes back.

    Attributes:
        kind: "progress" comes any number of times, then one of the others.
        value: The share done, the result, the `Failure`.
        worn: The process holds much memory, and should not be given another job.
    """

    kind: Literal["progress", "done", "failed"]
    value: Any
    worn: bool = False


class Failure(NamedTuple):
    """An exception on its way.

    Attributes:
        error: The exception itself, pickled; None where that does not work.
        ours: Class, arguments and attributes of one of our errors: their constructors take other arguments than they keep.
        text: Type and message.
        trace: Where it happened.
    """

    error: bytes | None
    ours: tuple[type[MqttExplorerError], tuple[Any, ...], dict[str, Any]] | None
    text: str
    trace: str


def serve(connection: Connection, preload: Sequence[str]) -> None:
    """Answers jobs until the parent is gone.

    Args:
        connection: To the parent.
        preload: Modules to load before the first job is there.
    """
    _settle_in()
    try:
        for name in preload:
            importlib.import_module(name)
        while True:
            _answer(connection, receive(connection))
    except (EOFError, OSError):
        return  # the parent let go, or is gone


def _settle_in() -> None:
    """Ctrl+C in a terminal is the parent's; memory is bounded; the window goes first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, name="parent", daemon=True).start()
    if sys.platform != "win32":
        _limit()


if sys.platform != "win32":  # mypy looks at one platform

    def _limit() -> None:
        import resource

        os.nice(_NICENESS)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # what the payload holds is nobody else's
        half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
        most = max(_LEAST_MEMORY, min(MOST_MEMORY, half))
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        try:
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))
        except (OSError, ValueError):
            return  # macOS knows the limit and does not take it


def _leave_with_parent() -> None:
    """In the middle of a job nobody reads the connection: a parent that was killed is noticed here."""
    import multiprocessing
    from multiprocessing.connection import wait

    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _answer(connection: Connection, job: Job) -> None:
    reported_s = time.monotonic()

    def report(share: float) -> None:
        nonlocal reported_s
        now = time.monotonic()
        if now - reported_s >= _REPORT_EVERY_S:
            reported_s = now
            Parcel(Answer("progress", min(1.0, max(0.0, float(share))))).send(connection)

    try:
        kind: Literal["done", "failed"] = "done"
        parcel = _try(job, report)
    except Exception as error:  # noqa: BLE001 – it is the caller's
        kind = "failed"
        parcel = Parcel(Answer(kind, _failure(error), isinstance(error, MemoryError)))
    del job
    parcel.send(connection)


def _try(job: Job, report: Callable[[float], None]) -> Parcel:
    result = job.function(*job.args, report)
    return Parcel(Answer("done", result, _kept() > _WORN))


def _failure(error: Exception) -> Failure:
    trace = "".join(traceback.format_exception(error)).rstrip()
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, MqttExplorerError):
        ours = (type(error), error.args, dict(error.__dict__))
        return Failure(None, ours if _travels(ours) else None, text, trace)
    error.__traceback__ = None
    packed = pickle.dumps(error) if _travels(error) else None
    return Failure(packed, None, text, trace)


def _travels(value: object) -> bool:
    """Whether it can be pickled and comes out again; some exceptions can only be pickled."""
    try:
        pickle.loads(pickle.dumps(value))
    except Exception:  # noqa: BLE001 – then its text goes in its place
        return False
    return True


def _kept() -> int:
    """Bytes of memory this process has now; 0 where that is not known."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
