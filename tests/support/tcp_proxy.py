# SPDX-License-Identifier: MIT
"""A TCP proxy on 127.0.0.1 that can cut what runs through it: the cable somebody pulls."""

from __future__ import annotations

import asyncio
import socket
import struct


class TcpProxy:
    """Forwards to one port of this machine; lives in the running loop.

    Attributes:
        port: Where it listens.
        accepted: How many connections it took.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self.port = 0
        self.accepted = 0

    async def __aenter__(self) -> TcpProxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        while self._pairs:
            await asyncio.sleep(0.005)

    def cut(self) -> None:
        """Resets all connections on both sides; bytes under way are gone."""
        for pair in self._pairs:
            for writer in pair:
                if writer.transport.is_closing():
                    continue
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, far_writer)
        self._pairs.add(pair)
        try:
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        finally:
            self._pairs.discard(pair)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # cut
    finally:
        writer.close()
