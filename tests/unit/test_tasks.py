# SPDX-License-Identifier: MIT
import asyncio
import gc
import subprocess
import sys
import threading
import time

import pytest

from mqtt_explorer import tasks


async def test_a_task_has_its_name_and_result():
    async def work():
        return 5

    task = tasks.create_task(work(), name="five")
    assert task.get_name() == "five"
    assert await task == 5
    await asyncio.sleep(0)
    assert task not in tasks._running


async def test_a_task_nobody_holds_survives_the_garbage_collector():
    done = asyncio.Event()

    async def work():
        # Nothing else refers to this future: without a kept reference the whole cycle could be collected.
        waiter = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.05, lambda: waiter.done() or waiter.set_result(None))
        await waiter
        done.set()

    tasks.create_task(work(), name="kept")
    assert any(task.get_name() == "kept" for task in tasks._running)
    await asyncio.sleep(0)
    gc.collect()
    await asyncio.wait_for(done.wait(), 2)


async def test_an_exception_nobody_awaits_is_logged_with_the_tasks_name(caplog, expect_log):
    expect_log("Task loser failed")

    async def work():
        raise ValueError("lost")

    tasks.create_task(work(), name="loser")
    await asyncio.sleep(0.01)
    [record] = caplog.records
    assert "loser" in record.getMessage()
    assert "lost" in str(record.exc_info[1])


async def test_a_cancelled_task_logs_nothing(caplog):
    task = tasks.create_task(asyncio.sleep(60), name="sleeper")
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not caplog.records


async def test_cancel_and_wait_ends_tasks_and_takes_none_and_finished_ones():
    ended = []

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.append(True)

    task = tasks.create_task(work(), name="slow end")
    finished = tasks.create_task(asyncio.sleep(0), name="finished")
    await finished
    await tasks.cancel_and_wait(task, None, finished)
    assert ended == [True]
    assert task.cancelled()


async def test_cancel_and_wait_does_not_raise_what_a_task_ends_with(caplog, expect_log):
    expect_log("Task bad end failed")

    async def work():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise ValueError("while ending") from None

    task = tasks.create_task(work(), name="bad end")
    await asyncio.sleep(0)
    await tasks.cancel_and_wait(task)
    await asyncio.sleep(0)
    assert "bad end" in caplog.text


async def test_run_in_thread_returns_the_result_from_a_daemon_thread():
    def work(number, *, more):
        return (
            number + more,
            threading.current_thread().daemon,
            threading.current_thread() is threading.main_thread(),
        )

    assert await tasks.run_in_thread(work, 2, more=3) == (5, True, False)


async def test_run_in_thread_raises_what_the_call_raised():
    def work():
        raise OSError("no such host")

    with pytest.raises(OSError, match="no such host"):
        await tasks.run_in_thread(work)


async def test_cancelling_abandons_the_thread_at_once_and_drops_its_result():
    release = threading.Event()
    task = tasks.create_task(tasks.run_in_thread(release.wait, 10), name="stuck")
    await asyncio.sleep(0.02)
    start = time.monotonic()
    await tasks.cancel_and_wait(task)
    assert time.monotonic() - start < 0.2
    release.set()
    await asyncio.sleep(0.05)  # the late result must not raise InvalidStateError in the loop
    assert task.cancelled()


def test_an_abandoned_thread_delays_neither_the_loops_nor_the_programs_end():
    program = """
import asyncio, time
from mqtt_explorer import tasks
async def main():
    task = tasks.create_task(tasks.run_in_thread(time.sleep, 30), name="stuck")
    await asyncio.sleep(0.05)
    await tasks.cancel_and_wait(task)
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=15, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_thread_that_ends_after_its_loop_closed_is_silent():
    program = """
import asyncio, time
from mqtt_explorer import tasks
async def main():
    task = tasks.create_task(tasks.run_in_thread(time.sleep, 0.2), name="late")
    await asyncio.sleep(0.05)
    await tasks.cancel_and_wait(task)
asyncio.run(main())
time.sleep(0.4)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=15, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
