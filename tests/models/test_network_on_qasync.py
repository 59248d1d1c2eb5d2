# SPDX-License-Identifier: MIT
"""Dialling, readiness and the read budget on the window's loop."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
import qasync

from mqtt_explorer.network.dialer import dial
from mqtt_explorer.network.faults import DialError, FaultKind
from mqtt_explorer.network.loop_bridge import LoopBridge
from mqtt_explorer.network.read_budget import ReadBudget
from mqtt_explorer.protocol.options import ConnectOptions
from mqtt_explorer.protocol.url import BrokerUrl
from tests.support.scripted_peer import ScriptedPeer, mute


def options(port: int, timeout: float) -> ConnectOptions:
    return ConnectOptions(BrokerUrl.parse(f"mqtts://127.0.0.1:{port}")[0], dial_timeout_s=timeout)


@pytest.mark.parametrize("force_thread", [False, True])
async def test_reader_and_writer(force_thread: bool):
    assert isinstance(asyncio.get_running_loop(), qasync.QEventLoop)
    bridge = LoopBridge(force_thread=force_thread)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        fd, got = ours.fileno(), bytearray()
        read, wrote = asyncio.Event(), asyncio.Event()

        def on_readable() -> None:
            got.extend(ours.recv(2))
            if len(got) == 6:
                read.set()

        bridge.add_reader(fd, on_readable)
        bridge.add_writer(fd, lambda: (bridge.remove_writer(fd), wrote.set()))
        await asyncio.wait_for(wrote.wait(), 2)
        theirs.send(b"abcdef")
        await asyncio.wait_for(read.wait(), 2)
        assert got == b"abcdef"
        assert bridge.remove_reader(fd)


async def test_a_mute_server_times_out_and_can_be_cancelled():
    with ScriptedPeer(mute) as peer:
        with pytest.raises(DialError) as caught:
            await dial(options(peer.port, 0.2))
        assert caught.value.kind is FaultKind.TIMEOUT
        task = asyncio.create_task(dial(options(peer.port, 20)))
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - begun < 0.2


async def test_three_floods_share_the_turns():
    bridge, budget = LoopBridge(force_thread=False), ReadBudget(8)
    pairs = [socket.socketpair() for _ in range(3)]
    turns = [0, 0, 0]

    def reader(number: int, sock: socket.socket) -> None:
        if budget.start(sock):
            turns[number] += 1
            while not budget.spent():
                pass  # there is always more
            budget.stop()

    for number, (ours, theirs) in enumerate(pairs):
        theirs.send(b"x")
        bridge.add_reader(ours.fileno(), lambda number=number, ours=ours: reader(number, ours))
    gaps = []
    end = time.monotonic() + 0.8
    while time.monotonic() < end:
        begun = time.monotonic()
        await asyncio.sleep(0.001)
        gaps.append(time.monotonic() - begun)
    for ours, theirs in pairs:
        bridge.remove_reader(ours.fileno())
        ours.close()
        theirs.close()
    assert min(turns) > 5
    assert max(turns) <= min(turns) * 2
    assert sorted(gaps)[len(gaps) // 2] < 0.03
