# SPDX-License-Identifier: MIT
"""The fault-injecting proxy does what it says, on real sockets: else the tests that use it prove nothing."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.support.fault_proxy import FaultProxy
from tests.support.mqtt_peer import until

DATA = bytes(range(256)) * 40
#: Where Linux keeps the number of received segments that held data in struct tcp_info.
_DATA_SEGMENTS_AT = 152


class End:
    """One end of a connection: what came, and how it ended."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.got = bytearray()
        self.ended = ""
        self._reading = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while data := await loop.sock_recv(self.sock, 65_536):
                self.got += data
            self.ended = "FIN"
        except ConnectionResetError:
            self.ended = "RST"

    async def say(self, data: bytes) -> None:
        """Sends everything."""
        await asyncio.get_running_loop().sock_sendall(self.sock, data)

    def segments(self) -> int:
        """How many segments with data came."""
        info = self.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        return int(struct.unpack_from("=I", info, _DATA_SEGMENTS_AT)[0])

    async def close(self) -> None:
        """Stops reading and closes."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self.sock.close()


@dataclass
class Path:
    """A client and a server with the proxy between them."""

    proxy: FaultProxy
    server_socket: socket.socket
    client: End
    server: End


@asynccontextmanager
async def path(**options: object) -> AsyncIterator[Path]:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        async with FaultProxy(listening.getsockname()[1], **options) as proxy:
            client = End(await connected(proxy.port))
            server = End((await loop.sock_accept(listening))[0])
            await until(lambda: proxy.open == 1)
            try:
                yield Path(proxy, listening, client, server)
            finally:
                await client.close()
                await server.close()


async def connected(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    return sock


async def quiet(end: End, seconds: float = 0.15) -> None:
    """Nothing comes for a while."""
    before, ended = len(end.got), end.ended
    await asyncio.sleep(seconds)
    assert (len(end.got), end.ended) == (before, ended)


async def test_without_a_fault_everything_passes_both_ways():
    async with path() as it:
        big = DATA * 200
        await asyncio.gather(it.client.say(big), it.server.say(DATA))
        await until(lambda: it.server.got == big and it.client.got == DATA)
        assert (it.proxy.up.forwarded, it.proxy.down.forwarded) == (len(big), len(DATA))
        assert (it.proxy.accepted, it.proxy.open) == (1, 1)


async def test_the_end_of_a_stream_passes_in_its_own_direction():
    async with path() as it:
        await it.client.say(b"last words")
        it.client.sock.shutdown(socket.SHUT_WR)
        await until(lambda: it.server.ended == "FIN")
        await it.server.say(b"answer")
        await until(lambda: it.client.got == b"answer")
        assert it.client.ended == ""
        it.server.sock.shutdown(socket.SHUT_WR)
        await until(lambda: it.client.ended == "FIN" and it.proxy.open == 0)


async def test_a_reset_of_one_side_reaches_the_other():
    async with path() as it:
        it.server.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await it.server.close()
        await until(lambda: it.client.ended == "RST" and it.proxy.open == 0)


async def test_delay_holds_one_direction_and_keeps_the_order():
    async with path() as it:
        it.proxy.down.delay_s = 0.2
        begin = time.monotonic()
        await it.server.say(b"1")
        await asyncio.sleep(0.05)
        it.proxy.down.delay_s = 0.0
        await it.server.say(b"2")
        await it.client.say(b"at once")
        await until(lambda: it.server.got == b"at once")
        assert time.monotonic() - begin < 0.15
        await until(lambda: it.client.got == b"12")
        assert 0.2 <= time.monotonic() - begin < 0.5


async def test_delay_is_a_path_and_not_a_pace():
    async with path() as it:
        it.proxy.up.delay_s = 0.2
        begin = time.monotonic()
        for _ in range(5):
            await it.client.say(b"x")
            await asyncio.sleep(0.02)
        await until(lambda: len(it.server.got) == 5)
        assert time.monotonic() - begin < 0.6


async def test_throttle_sets_the_pace_until_it_is_lifted():
    async with path() as it:
        it.proxy.up.bytes_per_s = 20_000
        begin = time.monotonic()
        await it.client.say(DATA)
        await until(lambda: len(it.server.got) >= 6_000)
        assert 0.2 <= time.monotonic() - begin < 0.9
        it.proxy.up.bytes_per_s = None
        await until(lambda: it.server.got == DATA, 0.2)


async def test_reset_now_reaches_both_sides():
    async with path() as it:
        it.proxy.cut()
        await until(lambda: it.client.ended == it.server.ended == "RST")
        await until(lambda: it.proxy.open == 0)


async def test_reset_after_so_many_bytes():
    async with path() as it:
        await it.client.say(b"before")
        await until(lambda: it.server.got)
        it.proxy.up.reset_after(1_000)
        await it.client.say(DATA)
        await until(lambda: it.client.ended == it.server.ended == "RST")
        assert it.server.got == b"before" + DATA[:1_000]
        again = End(await connected(it.proxy.port))
        await until(lambda: it.proxy.open == 1)
        await again.say(DATA)
        await quiet(again)  # once only
        await again.close()


async def test_half_close_ends_one_direction_only():
    async with path() as it:
        it.proxy.down.half_close()
        await until(lambda: it.client.ended == "FIN")
        await it.client.say(b"still heard")
        await until(lambda: it.server.got == b"still heard")
        await it.server.say(b"not any more")
        await asyncio.sleep(0.1)
        assert (it.client.got, it.server.ended) == (b"", "")
        it.client.sock.shutdown(socket.SHUT_WR)
        await until(lambda: it.server.ended == "FIN")


async def test_a_black_hole_takes_everything_and_the_connection_stays():
    async with path() as it:
        it.proxy.up.blackhole = True
        await it.client.say(DATA * 300)  # more than all buffers hold: it is taken
        await quiet(it.server)
        await it.server.say(b"the other way")
        await until(lambda: it.client.got == b"the other way")
        it.proxy.up.blackhole = False
        await it.client.say(b"again")
        await until(lambda: it.server.got == b"again")
        it.proxy.up.blackhole = True
        it.client.sock.shutdown(socket.SHUT_WR)
        await quiet(it.server)
        assert it.server.ended == ""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux counts segments")
async def test_byte_wise_means_a_segment_for_each_byte():
    async with path() as it:
        await it.server.say(DATA[:500])
        await until(lambda: len(it.client.got) == 500)
        assert it.client.segments() < 10
        it.proxy.down.byte_wise = True
        await it.server.say(DATA[:500])
        await until(lambda: len(it.client.got) == 1_000)
        assert it.client.segments() >= 500
        assert it.client.got == DATA[:500] * 2


async def test_one_byte_is_changed_where_it_was_asked_for():
    async with path() as it:
        await it.client.say(b"before")
        await until(lambda: it.server.got)
        it.proxy.up.corrupt_after(700)
        await it.client.say(DATA)
        await until(lambda: len(it.server.got) == 6 + len(DATA))
        changed = [at for at, (a, b) in enumerate(zip(it.server.got[6:], DATA, strict=True)) if a != b]
        assert changed == [700]
        assert it.proxy.up.corrupted == 1


async def test_bytes_are_changed_by_chance_and_the_chance_has_a_seed():
    async def damaged(seed: int) -> bytes:
        async with path(seed=seed) as it:
            it.proxy.down.corrupt_share = 0.01
            await it.server.say(DATA)
            await until(lambda: len(it.client.got) == len(DATA))
            wrong = sum(a != b for a, b in zip(it.client.got, DATA, strict=True))
            assert wrong == it.proxy.down.corrupted
            assert 40 <= wrong <= 200
            return bytes(it.client.got)

    assert await damaged(1) == await damaged(1) != await damaged(2)


async def test_heal_ends_all_faults():
    async with path() as it:
        for way in (it.proxy.up, it.proxy.down):
            way.delay_s, way.bytes_per_s, way.byte_wise, way.blackhole = 5.0, 1.0, True, True
            way.corrupt_share = 1.0
            way.reset_after(1)
            way.corrupt_after(1)
        it.proxy.heal()
        await asyncio.gather(it.client.say(DATA), it.server.say(DATA))
        await until(lambda: it.server.got == it.client.got == DATA)


async def test_leaving_does_not_wait_for_what_is_slow():
    begin = time.monotonic()
    async with path() as it:
        it.proxy.up.delay_s = it.proxy.down.delay_s = 30.0
        await asyncio.gather(it.client.say(DATA), it.server.say(DATA))
        await asyncio.sleep(0.05)
    assert time.monotonic() - begin < 2


async def test_a_target_that_is_not_there_closes_the_connection():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    async with FaultProxy(port) as proxy:
        end = End(await connected(proxy.port))
        await until(lambda: end.ended)
        await end.close()


async def test_an_observer_sees_what_was_sent_on():
    seen: list[tuple[int, str, bytes]] = []
    async with path(observer=lambda *what: seen.append(what)) as it:
        await it.client.say(b"hello")
        await until(lambda: it.server.got)
        await it.server.say(b"you")
        await until(lambda: it.client.got)
    assert seen == [(1, "up", b"hello"), (1, "down", b"you")]
