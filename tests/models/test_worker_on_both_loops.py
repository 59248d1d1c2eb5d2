# SPDX-License-Identifier: MIT
"""The decoding process on asyncio's own loop and on Qt's. Not in tests/unit: a closed Qt loop is only safe where garbage is collected
between tests (see `pytest_runtest_protocol` in tests/conftest.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from array import array

import psutil
import pytest

from mqtt_explorer.payload.worker import Worker
from tests.support import jobs

BIG = random.Random(5).randbytes(1 << 20) * 8


@contextlib.asynccontextmanager
async def running():
    worker = Worker(())
    try:
        yield worker
    finally:
        await worker.close()


@pytest.mark.both_loops
async def test_values_travel():
    values = [None, 5, "ä", b"x" * 10, BIG, bytearray(BIG), array("Q", range(100_000)), {"a": [BIG, BIG]}]
    async with running() as worker:
        assert await worker.run(jobs.echo, values) == values


@pytest.mark.both_loops
async def test_jobs_are_done_in_the_order_they_were_asked_for():
    done = []

    async def job(number):
        await worker.run(jobs.echo, number)
        done.append(number)

    async with running() as worker:
        await asyncio.gather(*map(job, range(8)))
    assert done == [*range(8)]


@pytest.mark.both_loops
async def test_cancelling_kills_the_process_at_once_and_the_next_job_has_a_fresh_one():
    async with running() as worker:
        first = await worker.run(jobs.pid)
        task = asyncio.ensure_future(worker.run(jobs.sleep, 60))
        behind = asyncio.ensure_future(worker.run(jobs.pid))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < 0.2
        while psutil.pid_exists(first):
            assert time.monotonic() - began < 1
            await asyncio.sleep(0.005)
        assert await behind != first


@pytest.mark.both_loops
async def test_progress_is_told_in_the_loop_some_twenty_times_a_second():
    told = []

    def tell(share):
        asyncio.get_running_loop()
        told.append((share, threading.current_thread()))

    async with running() as worker:
        assert await worker.run(jobs.steps, 300, progress=tell) == 300
    shares = [share for share, _ in told]
    assert 2 <= len(shares) <= 0.3 * 20 * 10  # a busy machine takes longer for 300 steps
    assert shares == sorted(shares)
    assert {thread for _, thread in told} == {threading.main_thread()}


@pytest.mark.both_loops
async def test_the_loop_goes_on_while_large_values_travel():
    """Only the order of magnitude: `Parcel` is what keeps it small, and `test_what_is_large_is_not_pickled` proves that."""
    gaps = []

    async def tick():
        before = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            gaps.append(now - before)
            before = now

    payload = bytes(64 << 20)
    async with running() as worker:
        await worker.run(jobs.pid)
        ticking = asyncio.ensure_future(tick())
        back = await worker.run(jobs.echo, payload)
        found = await worker.run(jobs.numbers, 2_500_000)
        ticking.cancel()
    assert (len(back), len(found)) == (len(payload), 2_500_000)
    assert max(gaps) < 0.25
