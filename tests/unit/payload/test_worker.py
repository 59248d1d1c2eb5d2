# SPDX-License-Identifier: MIT
"""The decoding process: order, cancelling, dying, errors, and what may not be left behind. Real processes, nothing stands in."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from array import array
from multiprocessing import Pipe
from pathlib import Path
from types import MappingProxyType

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.payload import parcel as parcels
from mqtt_explorer.payload import registry
from mqtt_explorer.payload.api import Context, DecodeError, Document
from mqtt_explorer.payload.jobs import decode_job, with_source
from mqtt_explorer.payload.parcel import Parcel, receive
from mqtt_explorer.payload.worker import Worker, WorkError, _Child, shared_worker
from mqtt_explorer.payload.worker_main import MOST_MEMORY
from tests.support import jobs

ROOT = Path(__file__).resolve().parents[3]
BIG = random.Random(5).randbytes(1 << 20) * 8


@contextlib.asynccontextmanager
async def running():
    worker = Worker(())
    try:
        yield worker
    finally:
        await worker.close()


@pytest.fixture(autouse=True)
def nothing_is_left():
    threads, files = set(threading.enumerate()), open_files()
    yield
    deadline = time.monotonic() + 2  # a thread that has told its result is not over yet
    while set(threading.enumerate()) - threads and time.monotonic() < deadline:
        time.sleep(0.001)
    assert set(threading.enumerate()) <= threads
    assert open_files() <= files + 2  # the first test starts the resource tracker of multiprocessing
    assert not [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


def open_files() -> int:
    return len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0


async def test_one_process_does_all_jobs_and_it_is_another_one():
    async with running() as worker:
        pids = {await worker.run(jobs.pid) for _ in range(3)}
    assert len(pids) == 1
    assert os.getpid() not in pids


async def test_cancelling_one_that_waits_disturbs_nobody():
    async with running() as worker:
        first = asyncio.ensure_future(worker.run(jobs.sleep, 0.2))
        waiting = asyncio.ensure_future(worker.run(jobs.pid))
        last = asyncio.ensure_future(worker.run(jobs.pid))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await first == await last


async def test_cancelling_while_the_process_starts():
    async with running() as worker:
        for delay in (0, 0.001, 0.01, 0.03):
            task = asyncio.ensure_future(worker.run(jobs.sleep, 60))
            await asyncio.sleep(delay)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await worker.run(jobs.echo, 1) == 1


async def test_cancelling_while_a_large_payload_is_sent():
    async with running() as worker:
        await worker.run(jobs.pid)
        task = asyncio.ensure_future(worker.run(jobs.echo, bytes(64 << 20)))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await worker.run(jobs.echo, 1) == 1


@pytest.mark.parametrize("how", ["exit", "SIGKILL", "SIGSEGV"])
async def test_a_process_that_dies_costs_its_job_only(how):
    async with running() as worker:
        with pytest.raises(WorkError, match="The decoding process ended unexpectedly") as caught:
            await worker.run(jobs.die, how)
        assert caught.value.title == "Decoding failed"
        assert await worker.run(jobs.echo, 1) == 1


async def test_a_process_that_died_while_it_had_nothing_to_do_costs_nothing():
    async with running() as worker:
        first = await worker.run(jobs.pid)
        os.kill(first, signal.SIGKILL)
        while psutil.Process(first).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)  # its other thread
        assert await worker.run(jobs.pid) != first


@pytest.mark.parametrize("times", [1, 3])
async def test_errors_come_back_as_themselves(times):
    async with running() as worker:
        for _ in range(times):
            with pytest.raises(DecodeError) as decode:
                await worker.run(jobs.fail, "decode")
            assert decode.value.message == "Byte 3 is wrong."
            assert str(decode.value) == "Not this format: Byte 3 is wrong."
            with pytest.raises(MqttExplorerError) as ours:
                await worker.run(jobs.fail, "ours")
            assert (ours.value.title, ours.value.field, ours.value.code) == ("Title", "topic", 7)
            with pytest.raises(ValueError, match="plain") as plain:
                await worker.run(jobs.fail, "plain")
            assert plain.value.args == ("plain", 3)
            assert "raise ValueError" in plain.value.__notes__[0]


async def test_errors_and_results_that_cannot_travel_are_told():
    async with running() as worker:
        with pytest.raises(WorkError, match="LocalError: nobody can import me"):
            await worker.run(jobs.fail, "local")
        with pytest.raises(Exception, match="pickle"):
            await worker.run(jobs.unpicklable)
        with pytest.raises(Exception, match="pickle"):
            await worker.run(jobs.echo, lambda: 1)
        assert await worker.run(jobs.echo, 1) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the address space is limited on Linux")
async def test_memory_is_bounded_and_a_process_that_ran_out_of_it_is_replaced():
    async with running() as worker:
        first = await worker.run(jobs.pid)
        with pytest.raises(MemoryError):
            await worker.run(jobs.eat, MOST_MEMORY)
        assert await worker.run(jobs.pid) != first


async def test_ctrl_c_is_not_for_it(capfd):
    async with running() as worker:
        child = await worker.run(jobs.pid)
        task = asyncio.ensure_future(worker.run(jobs.sleep, 0.2))
        await asyncio.sleep(0.05)
        os.kill(child, signal.SIGINT)
        assert await task == child
    assert "KeyboardInterrupt" not in capfd.readouterr().err


async def test_nothing_of_the_program_or_of_pytest_is_loaded_there():
    async with running() as worker:
        loaded = await worker.run(jobs.modules)
    assert "mqtt_explorer" in loaded
    assert not loaded & {"PySide6", "_pytest", "paho", "numpy"}


async def test_close_ends_a_job_and_takes_no_more():
    worker = Worker(())
    task = asyncio.ensure_future(worker.run(jobs.sleep, 60))
    behind = asyncio.ensure_future(worker.run(jobs.pid))
    await asyncio.sleep(0.1)
    await asyncio.wait_for(worker.close(), 2)
    for each in (task, behind, worker.run(jobs.pid)):
        with pytest.raises(WorkError):
            await each
    await worker.close()


async def test_a_warm_one_is_there_at_once():
    async with running() as worker:
        worker.warm()
        worker.warm()
        assert len({await worker.run(jobs.pid), await worker.run(jobs.pid)}) == 1


async def test_the_shared_one_is_one():
    worker = shared_worker()
    assert worker is shared_worker()
    await worker.close()
    fresh = shared_worker()
    assert fresh is not worker
    await fresh.close()


def test_it_dies_with_its_parent(tmp_path):
    """Killed in the middle of a job, so that nobody can tell it."""
    mark = tmp_path / "pid"
    code = (
        "import asyncio, sys\nfrom mqtt_explorer.payload.worker import Worker\nfrom tests.support import jobs\n"
        "asyncio.run(Worker(()).run(jobs.mark_and_sleep, sys.argv[1], 60))"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(mark)], cwd=ROOT) as parent:
        done = tmp_path / "pid.done"
        deadline = time.monotonic() + 20
        while not done.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        child = psutil.Process(int(done.read_text()))
        parent.kill()
    child.wait(5)


def test_the_program_ends_though_a_job_is_under_way(tmp_path):
    mark = tmp_path / "pid"
    code = (
        "import asyncio, sys\nfrom mqtt_explorer.payload.worker import Worker\nfrom tests.support import jobs\n"
        "async def main():\n"
        "    job = asyncio.ensure_future(Worker(()).run(jobs.mark_and_sleep, sys.argv[1], 60))\n"
        "    await asyncio.sleep(0.5)\n"
        "asyncio.run(main())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(mark)],
        cwd=ROOT,
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_process_that_python_waits_for_at_its_end_is_left_to_it():
    class Awaited:
        def kill(self):
            pass

        join = kill

        def close(self):
            raise ValueError("Cannot close a process while it is still running.")

    child = _Child(())
    child._process = Awaited()
    child.put_away()
    assert child._process is None


# --- decoding there --------------------------------------------------------------------------------------------------


async def test_a_payload_is_decoded_there_and_does_not_travel_back():
    payload = b"a line\n" * 30_000
    context = Context("a/b")
    async with running() as worker:
        answer = await worker.run(decode_job, payload, "text", context)
    assert answer[0].source == b""
    document = with_source(answer, payload)
    assert document.source is payload
    assert document == registry.decode(payload, "text", context)


def test_a_source_of_its_own_travels(monkeypatch):
    made = Document("base64", "Base64", b"decoded")
    monkeypatch.setattr(registry, "decode", lambda *_: made)
    answer = decode_job(b"payload", "base64", Context(), lambda _share: None)
    assert with_source(answer, b"payload") == made


# --- parcels ---------------------------------------------------------------------------------------------------------


def through_a_pipe(value):
    ours, theirs = Pipe()
    with ours, theirs:
        sender = threading.Thread(target=Parcel(value).send, args=(ours,))
        sender.start()
        got = receive(theirs)
        sender.join()
    return got


VALUES = st.recursive(
    st.none() | st.integers() | st.text() | st.binary() | st.binary().map(bytearray) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(value=VALUES | st.lists(st.integers(0, 2**64 - 1)).map(lambda numbers: array("Q", numbers)))
def test_any_value_travels(value):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parcels, "_LARGE", 1)
        patch.setattr(parcels, "_PIECE", 8)
        assert through_a_pipe(value) == value


def test_what_is_large_is_not_pickled():
    value = Document("json", "JSON", BIG, lines=array("Q", range(100_000)), inner=BIG)
    body, *aside = Parcel(value)._parts
    assert len(body) < 1_000
    assert [type(part) for part in aside] == [bytes, array]
    back = through_a_pipe(value)
    assert back == value
    assert back.inner is back.source


def test_a_context_travels():
    context = Context("a", related=MappingProxyType({"b": b"c"}))
    assert through_a_pipe(context) == context
    assert through_a_pipe(Context()) == Context()
