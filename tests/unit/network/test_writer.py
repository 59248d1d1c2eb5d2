# SPDX-License-Identifier: MIT
"""Writing what is queued, as far as the socket takes it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from mqtt_explorer.network.loop_bridge import LoopBridge
from mqtt_explorer.network.transport import SocketTransport
from mqtt_explorer.network.writer import Writer
from tests.support.mqtt_peer import tcp_pair, until


class Queue:
    """What the writer asks of the paho adapter."""

    def __init__(self, transport):
        self.transport = transport
        self.rest = b""
        self.error = None

    @property
    def wants_write(self):
        return bool(self.rest)

    def write(self):
        if self.error is not None:
            raise self.error
        try:
            while self.rest:
                self.rest = self.rest[self.transport.send(self.rest) :]
        except BlockingIOError:
            return


class Writing:
    def __init__(self):
        self.theirs, ours = tcp_pair()
        self.transport = SocketTransport(ours, "pair")
        self.queue = Queue(self.transport)
        self.written, self.errors = [], []
        self.writer = Writer(
            self.transport, LoopBridge.of_running_loop(), self.queue,
            on_written=lambda: self.written.append(1), on_error=self.errors.append,
        )  # fmt: skip

    def close(self):
        self.writer.close()
        self.transport.close()
        self.theirs.close()


@pytest.fixture
async def writing():
    made = Writing()
    yield made
    made.close()


async def test_what_is_scheduled_in_one_turn_goes_in_one_write(writing):
    for part in (b"a", b"b", b"c"):
        writing.queue.rest += part
        writing.writer.schedule()
    assert writing.writer.unsent
    assert not writing.written
    await asyncio.sleep(0)
    assert len(writing.written) == 1
    assert writing.theirs.recv(10) == b"abc"
    assert not writing.writer.unsent


async def test_what_the_socket_does_not_take_goes_when_it_does(writing):
    data = bytes(range(256)) * 20_000
    writing.queue.rest = data
    writing.writer.flush()
    assert writing.writer.unsent
    got = bytearray()
    writing.theirs.setblocking(False)

    def read():
        try:
            got.extend(writing.theirs.recv(1 << 20))
        except BlockingIOError:
            pass
        return len(got) == len(data)

    await until(read)
    assert bytes(got) == data
    assert not writing.writer.unsent
    before = len(writing.written)
    await asyncio.sleep(0.02)
    assert len(writing.written) == before  # it no longer watches: a writable socket would spin


async def test_own_output_of_the_transport_goes_first(writing):
    order = []

    class Keeping(SocketTransport):
        wants_write = True

        def flush(self):
            order.append("transport")
            self.wants_write = False

    writing.writer._transport = Keeping(socket.socket(), "x")
    writing.queue.write = lambda: order.append("queue")
    writing.writer.flush()
    writing.writer._transport.close()
    assert order == ["transport", "queue"]


async def test_a_fault_is_told(writing):
    writing.queue.error = BrokenPipeError(32, "broken")
    writing.writer.flush()
    assert writing.errors == [writing.queue.error]
    assert not writing.written


async def test_after_close_nothing_happens(writing):
    writing.queue.rest = b"x"
    writing.writer.schedule()
    writing.writer.close()
    writing.writer.schedule()
    writing.writer.flush()
    await asyncio.sleep(0)
    assert not writing.written
    assert not writing.writer.unsent
