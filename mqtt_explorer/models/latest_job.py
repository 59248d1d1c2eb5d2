# SPDX-License-Identifier: MIT
"""One job at a time in the decoding process, for a view that always wants the newest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from mqtt_explorer.tasks import create_task

W = TypeVar("W")
R = TypeVar("R")

#: How long a job that nobody wants any more may go on. Killing the process costs a fresh one, about this long: so waiting never costs
#: more than twice what the better of the two would have.
GRACE_S: Final = 0.15
#: From a kill to the next job: the fresh process loads meanwhile, and of all that is wanted until then only the last is done.
SETTLE_S: Final = 0.1


class LatestJob(Generic[W, R]):
    """Does what is wanted; of the wishes that come meanwhile only the newest is kept.

    Args:
        work: Does a job; its exceptions are given to `on_answer`, and cancelling it kills it.
        on_answer: Gets each wish whose job came to an end, with the result.
        grace_s: See `GRACE_S`.
    """

    def __init__(
        self,
        work: Callable[[W], Awaitable[R]],
        on_answer: Callable[[W, R | Exception], None],
        *,
        grace_s: float = GRACE_S,
    ) -> None:
        self._do_work = work
        self._on_answer = on_answer
        self._grace_s = grace_s
        self._next: W | None = None
        self._current: W | None = None
        self._task: asyncio.Task[None] | None = None
        self._job: asyncio.Task[R | Exception] | None = None
        self._begun_s = 0.0
        self._kill: asyncio.TimerHandle | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a job is under way, or about to be, that will be answered."""
        return self._next is not None or (self._current is not None and self._kill is None)

    def want(self, wish: W, *, patiently: bool = False) -> None:
        """Does that one next; what is under way may end (`patiently`), or is killed if it takes long."""
        if self._job is not None and wish == self._current:
            self._next = None
            self._let_live()
            return
        self._next = wish
        if self._task is None:
            self._task = create_task(self._work(), name="latest job")
        elif not patiently:
            self._hurry()

    def drop(self) -> None:
        """Nothing is wanted any more; what is under way is killed if it takes long."""
        self._next = None
        self._hurry()

    def stop(self) -> None:
        """What is under way is killed at once."""
        self._next = None
        self._let_live()
        if self._job is not None:
            self._job.cancel()

    def end(self) -> None:
        """No task is left a moment later, and nothing is told."""
        self.stop()
        if self._task is not None:
            self._task.cancel()

    async def _work(self) -> None:
        try:
            while (wish := self._next) is not None:
                self._next = None
                if not await self._do(wish):
                    await asyncio.sleep(SETTLE_S)
        finally:
            self._task = None

    async def _do(self, wish: W) -> bool:
        """Does one; False when it was killed."""
        self._current = wish
        self._begun_s = asyncio.get_running_loop().time()
        job = self._job = create_task(self._answer(wish), name="latest job, its work")
        try:
            await asyncio.wait({job})
        finally:
            job.cancel()
            self._let_live()
            self._current = self._job = None
        if job.cancelled():
            return False
        self._on_answer(wish, job.result())
        return True

    async def _answer(self, wish: W) -> R | Exception:
        try:
            return await self._do_work(wish)
        except Exception as error:  # noqa: BLE001 – who wanted it shows it
            return error

    def _hurry(self) -> None:
        if self._job is not None and self._kill is None:
            self._kill = self._job.get_loop().call_at(self._begun_s + self._grace_s, self._job.cancel)

    def _let_live(self) -> None:
        if self._kill is not None:
            self._kill.cancel()
            self._kill = None
