# SPDX-License-Identifier: MIT
"""A TCP proxy on 127.0.0.1 that does to a connection what networks do: late, slow, in crumbs, damaged, half closed, silent, cut.

    async with FaultProxy(broker.port) as proxy:
        connect_to("127.0.0.1", proxy.port)
        proxy.down.delay_s = 0.3     # from now on, what the broker says comes late
        proxy.up.blackhole = True    # and what the client says comes nowhere
        proxy.heal()

Every fault holds for one direction, for all connections, from the moment it is set.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Callable

_READ_SIZE = 65_536
#: Blocks between reading and sending: a slow receiver is felt by the sender, as on a real path.
_BLOCKS = 8
#: A throttled direction sends so many pieces a second, so that its pace can change at once.
_PIECES_PER_S = 50

#: Gets the connection's number (1 is the first), the direction's name and the bytes that were sent on.
Observer = Callable[[int, str, bytes], None]


class Direction:
    """One way through the proxy and what is wrong with it.

    Attributes:
        name: "up" (client to server) or "down".
        delay_s: Seconds each byte is on its way.
        bytes_per_s: The pace; None for as fast as it goes.
        byte_wise: Each byte travels in a segment of its own.
        blackhole: Everything is taken, the end of the stream included, and nothing sent on; the connection stays.
        corrupt_share: The part of all bytes that arrive changed, 0 to 1.
        forwarded: Bytes sent on so far.
        corrupted: Bytes changed so far.
    """

    def __init__(self, name: str, chance: random.Random) -> None:
        self.name = name
        self.forwarded = 0
        self.corrupted = 0
        self._chance = chance
        self.pipes: set[_Pipe] = set()
        self.heal()

    def heal(self) -> None:
        """Ends every fault; what a black hole took and what a half-closed stream lacks does not come back."""
        self.delay_s = 0.0
        self.bytes_per_s: float | None = None
        self.byte_wise = False
        self.blackhole = False
        self.corrupt_share = 0.0
        self._reset_in: int | None = None
        self._corrupt_in: int | None = None

    def reset_after(self, count: int) -> None:
        """Sends `count` more bytes, then resets the connection that carried the last of them (RST to both sides)."""
        self._reset_in = count

    def corrupt_after(self, count: int) -> None:
        """Lets `count` more bytes pass and changes the next one."""
        self._corrupt_in = count

    def half_close(self) -> None:
        """Ends the stream in this direction (FIN); what the sender still says is dropped. The other direction goes on."""
        for pipe in self.pipes:
            pipe.finish()

    def damaged(self, data: bytes) -> bytes:
        out = bytearray(data)
        if self._corrupt_in is not None:
            if self._corrupt_in < len(out):
                self._change(out, self._corrupt_in)
                self._corrupt_in = None
            else:
                self._corrupt_in -= len(out)
        if self.corrupt_share:
            for at in range(len(out)):
                if self._chance.random() < self.corrupt_share:
                    self._change(out, at)
        return bytes(out)

    def _change(self, out: bytearray, at: int) -> None:
        out[at] ^= self._chance.randrange(1, 256)
        self.corrupted += 1

    def until_reset(self, data: bytes) -> tuple[bytes, bool]:
        """What may still pass of a block, and whether the connection is reset behind it."""
        if self._reset_in is None:
            return data, False
        passing, self._reset_in = data[: self._reset_in], self._reset_in - len(data)
        if self._reset_in > 0:
            return passing, False
        self._reset_in = None
        return passing, True

    def piece_size(self) -> int:
        if self.byte_wise:
            return 1
        return _READ_SIZE if self.bytes_per_s is None else max(1, int(self.bytes_per_s / _PIECES_PER_S))


class _Passage:
    """One connection through the proxy: a client's socket, the server's, and a pipe each way."""

    def __init__(self, number: int, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.number = number
        self.writers = (near, far)
        self.gone = asyncio.Event()
        for writer in self.writers:
            # drain() waits until the system has everything: nothing that was sent on is lost by a reset here.
            writer.transport.set_write_buffer_limits(high=0)

    def reset(self) -> None:
        """Sends RST to both sides; what was under way is gone."""
        self.gone.set()
        for writer in self.writers:
            if not writer.transport.is_closing():
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()

    async def pause(self, seconds: float) -> None:
        """Waits, but not for a connection that was reset."""
        try:
            async with asyncio.timeout(seconds):
                await self.gone.wait()
        except TimeoutError:
            return


class _Pipe:
    """One direction of one connection."""

    def __init__(
        self,
        passage: _Passage,
        direction: Direction,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        observer: Observer | None,
    ) -> None:
        self._passage, self._direction = passage, direction
        self._reader, self._writer = reader, writer
        self._observer = observer
        self._blocks: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_BLOCKS)
        self._finished = False

    async def run(self) -> None:
        """Carries until the stream ends or the connection is reset."""
        self._direction.pipes.add(self)
        try:
            await asyncio.gather(self._take(), self._give())
        finally:
            self._direction.pipes.discard(self)

    def finish(self) -> None:
        """Sends FIN; everything later is dropped."""
        if not self._finished:
            self._finished = True
            if not self._writer.transport.is_closing():
                try:
                    self._writer.write_eof()
                except OSError:  # the receiver is gone already
                    self._passage.reset()

    async def _take(self) -> None:
        now = asyncio.get_running_loop().time
        data = b"-"
        while data:
            try:
                data = await self._reader.read(_READ_SIZE)
            except OSError:  # a reset is passed on as one
                self._passage.reset()
                data = b""
            await self._blocks.put((now() + self._direction.delay_s, data))

    async def _give(self) -> None:
        now = asyncio.get_running_loop().time
        while True:
            due, data = await self._blocks.get()
            if (early := due - now()) > 0:
                await self._passage.pause(early)
            if not data:
                if not (self._direction.blackhole or self._passage.gone.is_set()):
                    self.finish()
                return
            try:
                await self._send(data)
            except OSError:
                self._passage.reset()

    async def _send(self, data: bytes) -> None:
        """Sends a block in the pieces its direction asks for.

        Raises:
            OSError: The receiver is gone.
        """
        way, at = self._direction, 0
        while at < len(data) and not (way.blackhole or self._finished or self._passage.gone.is_set()):
            piece = data[at : at + way.piece_size()]
            at += len(piece)
            passing, reset = way.until_reset(way.damaged(piece))
            if passing:
                self._writer.write(passing)
                await self._writer.drain()
                way.forwarded += len(passing)
                if self._observer is not None:
                    self._observer(self._passage.number, way.name, passing)
            if reset:
                self._passage.reset()
            if way.bytes_per_s is not None:
                await self._passage.pause(len(piece) / way.bytes_per_s)
            elif way.byte_wise:
                await asyncio.sleep(0)  # a receiver in this loop reads each byte by itself


class FaultProxy:
    """Forwards to one port of this machine; lives in the running loop.

    Args:
        target_port: Of the server on 127.0.0.1.
        seed: For what is left to chance.
        observer: Sees what was sent on.

    Attributes:
        up: From the client to the server.
        down: From the server to the client.
        port: Where it listens.
        accepted: How many connections it took.
    """

    def __init__(self, target_port: int, *, seed: int = 0, observer: Observer | None = None) -> None:
        chance = random.Random(seed)
        self.up, self.down = Direction("up", chance), Direction("down", chance)
        self.port = 0
        self.accepted = 0
        self._target_port = target_port
        self._observer = observer
        self._server: asyncio.Server | None = None
        self._passages: set[_Passage] = set()

    async def __aenter__(self) -> FaultProxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.heal()
        self.cut()
        while self._passages:
            await asyncio.sleep(0.005)

    @property
    def open(self) -> int:
        """How many connections run through it now."""
        return len(self._passages)

    def heal(self) -> None:
        """Ends every fault in both directions."""
        self.up.heal()
        self.down.heal()

    def cut(self) -> None:
        """Resets all connections on both sides (RST); bytes under way are gone."""
        for passage in self._passages:
            passage.reset()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            return
        passage = _Passage(self.accepted, writer, far_writer)
        self._passages.add(passage)
        try:
            await asyncio.gather(
                _Pipe(passage, self.up, reader, far_writer, self._observer).run(),
                _Pipe(passage, self.down, far_reader, writer, self._observer).run(),
            )
        finally:
            for each in passage.writers:
                each.close()
            self._passages.discard(passage)
