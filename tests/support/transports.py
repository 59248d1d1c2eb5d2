# SPDX-License-Identifier: MIT
"""Reading from and writing to a non-blocking transport in a test."""

from __future__ import annotations

import asyncio

from mqtt_explorer.network.transport import Transport

TIMEOUT_S = 10.0


async def ready(transport: Transport, *, write: bool = False) -> None:
    """Waits until the socket is readable (or writable)."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    fd = transport.fileno()
    (loop.add_writer if write else loop.add_reader)(fd, event.set)
    try:
        await asyncio.wait_for(event.wait(), TIMEOUT_S)
    finally:
        (loop.remove_writer if write else loop.remove_reader)(fd)


async def receive(transport: Transport, n: int = 65_536) -> bytes:
    """Reads once, waiting until there is something."""
    while True:
        try:
            return transport.recv(n)
        except BlockingIOError:
            await ready(transport)


async def receive_exactly(transport: Transport, size: int, n: int = 65_536) -> bytes:
    """Reads so many bytes; fewer only at the end of the stream."""
    data = bytearray()
    while len(data) < size:
        part = await receive(transport, min(n, size - len(data)))
        if not part:
            break
        data += part
    return bytes(data)


async def send_all(transport: Transport, data: bytes) -> None:
    """Sends everything, also what the transport keeps back."""
    view = memoryview(data)
    while view:
        try:
            view = view[transport.send(view) :]
        except BlockingIOError:
            await ready(transport, write=True)
    while transport.wants_write:
        await ready(transport, write=True)
        transport.flush()
