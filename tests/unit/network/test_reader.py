# SPDX-License-Identifier: MIT
"""Reading within the budget, coalescing a trickle, and the end of a stream."""

from __future__ import annotations

import asyncio
import time

import pytest

from mqtt_explorer.network.loop_bridge import LoopBridge
from mqtt_explorer.network.read_budget import ReadBudget
from mqtt_explorer.network.reader import READ_SIZE, Reader
from mqtt_explorer.network.transport import SocketTransport
from tests.support.mqtt_peer import tcp_pair, until


class Reading:
    """A reader on one end of a socket pair; `theirs` is the other end."""

    def __init__(self, coalesce=True, budget=None):
        self.theirs, ours = tcp_pair()
        self.transport = SocketTransport(ours, "pair")
        self.reads, self.ends, self.times = [], [], []
        self.coalesce = coalesce
        self.reader = Reader(
            self.transport,
            LoopBridge.of_running_loop(),
            budget or ReadBudget(),
            coalesce=lambda: self.coalesce,
            on_data=self.on_data,
            on_end=self.ends.append,
        )

    def on_data(self, data, mono_ns, wall_ns):
        self.reads.append(data)
        self.times.append((mono_ns, wall_ns))

    @property
    def data(self):
        return b"".join(self.reads)

    def close(self):
        self.reader.close()
        self.transport.close()
        self.theirs.close()


@pytest.fixture
async def make():
    made = []

    def start(**more):
        made.append(Reading(**more))
        return made[-1]

    yield start
    for each in made:
        each.close()


async def test_bytes_arrive_in_order_with_both_times(make):
    reading = make()
    before = time.monotonic_ns(), time.time_ns()
    reading.theirs.sendall(b"one")
    await until(lambda: reading.reads)
    reading.theirs.sendall(b"two")
    await until(lambda: reading.data == b"onetwo")
    after = time.monotonic_ns(), time.time_ns()
    assert all(low <= got <= high for low, got, high in zip(before, reading.times[0], after, strict=True))


async def test_the_end_is_told_once_after_the_last_bytes(make):
    reading = make()
    reading.theirs.sendall(b"last")
    reading.theirs.close()
    await until(lambda: reading.ends)
    await asyncio.sleep(0.02)
    assert (reading.data, reading.ends) == (b"last", [None])


async def test_a_fault_is_told_with_its_cause(make):
    reading = make()
    broken = ConnectionResetError(104, "reset")

    def recv(_size):
        raise broken

    reading.transport.recv = recv
    reading.theirs.sendall(b"x")
    await until(lambda: reading.ends)
    assert reading.ends == [broken]


async def test_after_close_nothing_is_told(make):
    reading = make()
    reading.theirs.sendall(b"x")
    reading.reader.close()
    reading.reader.close()
    reading.theirs.close()
    await asyncio.sleep(0.02)
    reading.reader.drain()
    assert not reading.reads
    assert not reading.ends


async def test_close_from_within_on_data_stops_at_once(make):
    reading = make()
    reading.reader._on_data = lambda data, *_: (reading.reads.append(data), reading.reader.close())
    reading.theirs.sendall(bytes(3 * READ_SIZE))
    await asyncio.sleep(0.02)
    assert len(reading.reads) == 1


async def trickle(reading, count, pause=0.001):
    for number in range(count):
        reading.theirs.sendall(b"%05d" % number)
        await asyncio.sleep(pause)
    await until(lambda: len(reading.data) == 5 * count)
    assert reading.data == b"".join(b"%05d" % number for number in range(count))


async def test_a_trickle_is_read_every_five_milliseconds(make):
    reading = make()
    await trickle(reading, 100)
    assert len(reading.reads) < 50


async def test_without_coalescing_each_message_is_read_at_once(make):
    reading = make(coalesce=False)
    await trickle(reading, 50, pause=0.002)
    assert len(reading.reads) >= 45


async def test_attention_ends_coalescing_at_once(make):
    reading = make()
    await trickle(reading, 30)
    reading.theirs.sendall(b"x")
    await asyncio.sleep(0.003)
    assert reading.reader._timer is not None
    reading.coalesce = False
    reading.reader.attend()
    assert reading.reader._timer is None
    reading.theirs.sendall(b"y")
    started = time.monotonic()
    await until(lambda: reading.data.endswith(b"xy"))
    assert time.monotonic() - started < 0.5


async def test_after_a_trickle_a_lone_message_is_still_heard(make):
    reading = make()
    await trickle(reading, 30)
    await asyncio.sleep(0.05)  # the polls have stopped
    assert reading.reader._timer is None
    reading.theirs.sendall(b"lone")
    await until(lambda: reading.data.endswith(b"lone"))


async def test_a_flood_leaves_the_loop_its_turns(make):
    reading = make(budget=ReadBudget(4.0))
    reading.reader._on_data = lambda data, *_: (reading.reads.append(data), time.sleep(0.001))
    reading.theirs.setblocking(False)
    gaps, last = [], time.perf_counter()
    sent = 0
    while len(reading.reads) < 60:
        try:
            sent += reading.theirs.send(bytes(READ_SIZE))
        except BlockingIOError:
            pass
        await asyncio.sleep(0)
        now = time.perf_counter()
        gaps.append(now - last)
        last = now
    assert sorted(gaps)[len(gaps) * 9 // 10] < 0.05


async def test_drain_reads_what_is_there_now(make):
    reading = make()
    reading.theirs.sendall(b"now")
    reading.reader.drain()
    assert reading.data == b"now"


async def test_bytes_the_handshake_read_ahead_are_not_forgotten():
    ours, theirs = tcp_pair()

    class Ahead(SocketTransport):
        left = 1

        def pending(self):
            return self.left

    transport = Ahead(ours, "pair")

    def recv(_size):
        if not transport.left:
            raise BlockingIOError
        transport.left = 0
        return b"early"

    transport.recv = recv
    reads = []
    reader = Reader(
        transport, LoopBridge.of_running_loop(), ReadBudget(), coalesce=lambda: True,
        on_data=lambda data, *_: reads.append(data), on_end=lambda _: None,
    )  # fmt: skip
    await until(lambda: reads)
    reader.close()
    transport.close()
    theirs.close()
    assert reads == [b"early"]
