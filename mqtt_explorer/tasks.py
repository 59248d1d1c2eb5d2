# SPDX-License-Identifier: MIT
"""Named, kept asyncio tasks, and blocking calls in daemon threads.

asyncio keeps only weak references to tasks, and an executor's threads are joined at exit (a stuck DNS call makes `loop.close()` wait
for it). So tasks are made here, and blocking work runs in threads of our own that are abandoned on cancel.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")

_log = logging.getLogger(__name__)
_running: set[asyncio.Task[Any]] = set()


def create_task(coro: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
    """Starts a task, keeps it alive until done, and logs an exception nobody awaited."""
    task = asyncio.get_running_loop().create_task(coro, name=name)
    _running.add(task)
    task.add_done_callback(_finished)
    return task


def _finished(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("Task %s failed", task.get_name(), exc_info=error)


async def cancel_and_wait(*tasks: asyncio.Task[Any] | None) -> None:
    """Cancels tasks and waits until they have ended; errors they end with are logged, not raised."""
    alive = [task for task in tasks if task is not None and not task.done()]
    for task in alive:
        task.cancel()
    if alive:
        await asyncio.wait(alive)


async def run_in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a blocking call in a daemon thread of its own and returns its result.

    When the awaiting task is cancelled the thread is abandoned: its result is dropped and it never delays the end of the program.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def work() -> None:
        result: T | None = None
        failure: BaseException | None = None
        try:
            result = function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 – it is handed to the awaiting task
            failure = error
        try:
            loop.call_soon_threadsafe(settle, result, failure)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    threading.Thread(target=work, name=getattr(function, "__name__", "call"), daemon=True).start()
    return await future
