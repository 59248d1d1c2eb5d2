# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from mqtt_explorer.network.loop_bridge import FORCE_THREAD, LoopBridge


@pytest.fixture(params=["loop", "thread"])
def force_thread(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "thread")


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def until_it_blocks(call: Callable[[], object]) -> None:
    try:
        while True:
            call()
    except BlockingIOError:
        pass  # full, or empty


def helper_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "socket readiness"]


async def no_helper_threads() -> None:
    for _ in range(100):
        if not helper_threads():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the selector thread is still there")


async def test_a_reader_is_called_until_everything_is_read(pair, force_thread: bool):
    ours, theirs = pair
    bridge = LoopBridge(force_thread=force_thread)
    got, done = bytearray(), asyncio.Event()

    def read() -> None:
        assert threading.current_thread() is threading.main_thread()
        got.extend(ours.recv(3))
        if len(got) == 12:
            done.set()

    bridge.add_reader(ours.fileno(), read)
    theirs.send(b"hello ")
    await asyncio.sleep(0.02)
    theirs.send(b"world!")
    await asyncio.wait_for(done.wait(), 2)
    assert got == b"hello world!"
    assert bridge.remove_reader(ours.fileno())
    assert not bridge.remove_reader(ours.fileno())
    await no_helper_threads()


async def test_a_reader_that_reads_nothing_is_called_again(pair, force_thread: bool):
    """What the read budget relies on."""
    ours, theirs = pair
    bridge = LoopBridge(force_thread=force_thread)
    calls, done = [], asyncio.Event()

    def read() -> None:
        calls.append(1)
        if len(calls) == 5:
            ours.recv(10)
            done.set()

    bridge.add_reader(ours.fileno(), read)
    theirs.send(b"x")
    await asyncio.wait_for(done.wait(), 2)
    await asyncio.sleep(0.02)
    assert len(calls) == 5
    bridge.remove_reader(ours.fileno())


async def test_a_writer_is_called_when_there_is_room(pair, force_thread: bool):
    ours, theirs = pair
    bridge = LoopBridge(force_thread=force_thread)
    until_it_blocks(lambda: ours.send(bytes(65_536)))
    calls, done = [], asyncio.Event()

    def write() -> None:
        calls.append(1)
        bridge.remove_writer(ours.fileno())
        done.set()

    bridge.add_writer(ours.fileno(), write)
    await asyncio.sleep(0.05)
    assert not calls
    until_it_blocks(lambda: theirs.recv(65_536))
    await asyncio.wait_for(done.wait(), 2)
    await asyncio.sleep(0.02)
    assert len(calls) == 1
    await no_helper_threads()


async def test_reader_and_writer_of_one_socket(pair, force_thread: bool):
    ours, theirs = pair
    bridge = LoopBridge(force_thread=force_thread)
    wrote, read = asyncio.Event(), asyncio.Event()
    fd = ours.fileno()
    bridge.add_reader(fd, lambda: (ours.recv(10), read.set()))
    bridge.add_writer(fd, lambda: (bridge.remove_writer(fd), wrote.set()))
    await asyncio.wait_for(wrote.wait(), 2)
    assert not read.is_set()
    theirs.send(b"x")
    await asyncio.wait_for(read.wait(), 2)
    bridge.remove_reader(fd)


async def test_a_new_callback_replaces_the_old(pair, force_thread: bool):
    ours, theirs = pair
    bridge = LoopBridge(force_thread=force_thread)
    done = asyncio.Event()
    bridge.add_reader(ours.fileno(), lambda: pytest.fail("replaced"))
    bridge.add_reader(ours.fileno(), lambda: (ours.recv(10), done.set()))
    theirs.send(b"x")
    await asyncio.wait_for(done.wait(), 2)
    bridge.remove_reader(ours.fileno())


async def test_removed_means_never_called_again(pair, force_thread: bool):
    ours, theirs = pair
    bridge = LoopBridge(force_thread=force_thread)
    bridge.add_reader(ours.fileno(), lambda: pytest.fail("removed"))
    theirs.send(b"x")
    time.sleep(0.05)  # the thread has signalled already; the callback waits in the loop
    bridge.remove_reader(ours.fileno())
    await asyncio.sleep(0.05)


async def test_a_raising_callback_stops_neither_itself_nor_others(pair, expect_log, force_thread: bool):
    expect_log("Exception in callback")
    ours, theirs = pair
    bridge = LoopBridge(force_thread=force_thread)
    calls, done = [], asyncio.Event()

    def read() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError
        ours.recv(10)
        done.set()

    bridge.add_reader(ours.fileno(), read)
    theirs.send(b"x")
    await asyncio.wait_for(done.wait(), 2)
    bridge.remove_reader(ours.fileno())


async def test_a_number_used_again_does_not_wake_the_old_reader(force_thread: bool):
    bridge = LoopBridge(force_thread=force_thread)
    for _ in range(20):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            done = asyncio.Event()
            bridge.add_reader(ours.fileno(), lambda sock=ours, done=done: (sock.recv(10), done.set()))
            theirs.send(b"x")
            await asyncio.wait_for(done.wait(), 2)
            bridge.remove_reader(ours.fileno())
    await no_helper_threads()


async def test_the_thread_does_not_spin_while_a_callback_waits(pair):
    """Watched once, signalled once: a busy loop gets one call, not thousands."""
    ours, theirs = pair
    bridge = LoopBridge(force_thread=True)
    calls = []
    bridge.add_reader(ours.fileno(), lambda: calls.append(ours.recv(10)))
    theirs.send(b"x")
    used = time.process_time()
    time.sleep(0.2)
    assert time.process_time() - used < 0.1
    await asyncio.sleep(0.02)
    assert calls == [b"x"]
    bridge.remove_reader(ours.fileno())


async def test_a_loop_without_add_reader_gets_the_thread(pair, monkeypatch: pytest.MonkeyPatch):
    def refuse(*args: object) -> None:
        raise NotImplementedError

    loop = asyncio.get_running_loop()
    for name in ("add_reader", "add_writer", "remove_reader", "remove_writer"):
        monkeypatch.setattr(loop, name, refuse)
    ours, theirs = pair
    bridge = LoopBridge(force_thread=False)
    assert not bridge.remove_reader(ours.fileno())
    done = asyncio.Event()
    bridge.add_reader(ours.fileno(), lambda: (ours.recv(10), done.set()))
    assert helper_threads()
    theirs.send(b"x")
    await asyncio.wait_for(done.wait(), 2)
    assert bridge.remove_reader(ours.fileno())
    await no_helper_threads()


async def test_the_environment_can_ask_for_the_thread(pair, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(FORCE_THREAD, "1")
    bridge = LoopBridge()
    bridge.add_reader(pair[0].fileno(), lambda: None)
    assert helper_threads()
    bridge.remove_reader(pair[0].fileno())
    await no_helper_threads()


async def test_one_bridge_per_loop():
    assert LoopBridge.of_running_loop() is LoopBridge.of_running_loop()


def test_the_thread_ends_with_its_loop():
    ours, theirs = socket.socketpair()
    with ours, theirs:

        async def leave() -> None:
            LoopBridge(force_thread=True).add_reader(ours.fileno(), lambda: None)

        asyncio.run(leave())
        gc.collect()
        theirs.send(b"x")
        for thread in helper_threads():
            thread.join(2)
        assert not helper_threads()
