# SPDX-License-Identifier: MIT
"""The broker's side of MQTT in bytes, for scripted peers: packets to send, packets to read, a client to send them to."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from mqtt_explorer.network.client import MqttClient
from mqtt_explorer.network.dialer import dial
from mqtt_explorer.network.faults import LinkFault
from mqtt_explorer.protocol.batch import Batch
from mqtt_explorer.protocol.options import ConnectOptions
from mqtt_explorer.protocol.url import BrokerUrl
from tests.support.scripted_peer import Script, ScriptedPeer, mute

PINGRESP = b"\xd0\x00"


def varint(value: int) -> bytes:
    """A variable byte integer (MQTT 5, 1.5.5)."""
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def text(value: str | bytes) -> bytes:
    """A string with its length in front."""
    raw = value.encode() if isinstance(value, str) else value
    return len(raw).to_bytes(2, "big") + raw


def packet(first: int, body: bytes = b"") -> bytes:
    """Any packet: the first byte and what follows the length."""
    return bytes([first]) + varint(len(body)) + body


def connack(code: int = 0, *, session: bool = False, properties: bytes = b"", v5: bool = True) -> bytes:
    """A CONNACK."""
    body = bytes([session, code])
    return packet(0x20, body + varint(len(properties)) + properties if v5 else body)


def publish(
    topic: str | bytes,
    payload: bytes = b"",
    *,
    qos: int = 0,
    packet_id: int = 0,
    properties: bytes | None = b"",
    flags: int = 0,
) -> bytes:
    """A PUBLISH; `properties` None for MQTT 3.1.1, `flags` adds DUP (8) and RETAIN (1)."""
    body = text(topic)
    if qos:
        body += packet_id.to_bytes(2, "big")
    if properties is not None:
        body += varint(len(properties)) + properties
    return packet(0x30 | qos << 1 | flags, body + payload)


def answer(first: int, packet_id: int, rest: bytes = b"") -> bytes:
    """PUBACK, PUBREC, PUBREL (0x62), PUBCOMP, SUBACK or UNSUBACK."""
    return packet(first, packet_id.to_bytes(2, "big") + rest)


def read_exactly(sock: socket.socket, size: int) -> bytes:
    """Reads so many bytes.

    Raises:
        EOFError: The client closed before.
    """
    data = bytearray()
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def read_packet(sock: socket.socket) -> tuple[int, bytes]:
    """Reads one packet: the first byte and what follows the length."""
    first = read_exactly(sock, 1)[0]
    length = shift = 0
    while True:
        byte = read_exactly(sock, 1)[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return first, read_exactly(sock, length)


def read_kind(sock: socket.socket, first: int) -> bytes:
    """Reads until a packet with this first byte comes, answering pings, and returns its body."""
    while True:
        kind, body = read_packet(sock)
        if kind == 0xC0:
            sock.sendall(PINGRESP)
        if kind == first:
            return body


def publish_id(body: bytes) -> int:
    """The packet identifier in the body of a QoS 1 or 2 PUBLISH."""
    at = 2 + int.from_bytes(body[:2], "big")
    return int.from_bytes(body[at : at + 2], "big")


def accepts(script: Script = mute, *, reply: bytes | None = None, v5: bool = True) -> Script:
    """Reads CONNECT, answers with `reply` (an accepting CONNACK unless told) and goes on with the script."""

    def wrapped(sock: socket.socket) -> None:
        first, _ = read_packet(sock)
        if first != 0x10:
            raise AssertionError(f"expected CONNECT, got packet type {first:#x}")
        sock.sendall(connack(v5=v5) if reply is None else reply)
        script(sock)

    return wrapped


def in_turn(*scripts: Script) -> Script:
    """A script per connection, one after the other; the last one serves all later ones."""
    waiting = list(scripts)

    def wrapped(sock: socket.socket) -> None:
        (waiting.pop(0) if len(waiting) > 1 else waiting[0])(sock)

    return wrapped


def options_for(port: int, **more: Any) -> ConnectOptions:
    """Options for a peer on this machine, with deadlines that suit a test."""
    url, _, _ = BrokerUrl.parse(f"mqtt://127.0.0.1:{port}")
    defaults: dict[str, Any] = {"client_id": "test", "connack_timeout_s": 5.0, "request_timeout_s": 5.0}
    return ConnectOptions(url, **(defaults | more))


class Heard:
    """A client and what it told."""

    def __init__(self, peer: ScriptedPeer, options: ConnectOptions) -> None:
        self.peer = peer
        self.batches: list[Batch] = []
        self.faults: list[LinkFault] = []
        self.client = MqttClient(options, on_batch=self.batches.append)
        self.client.lost.connect(self.faults.append)

    @property
    def frames(self) -> list[Any]:
        """All messages in order."""
        return [frame for batch in self.batches for frame in batch.frames]

    @property
    def malformed(self) -> list[Any]:
        """All malformed packets in order."""
        return [each for batch in self.batches for each in batch.malformed]

    async def connect(self) -> Any:
        """Dials and connects; returns the CONNACK."""
        return await self.client.connect(await dial(self.client.options))


@asynccontextmanager
async def client_of(script: Script, *, connect: bool = True, **more: Any) -> AsyncIterator[Heard]:
    """A client of a scripted peer, connected unless told."""
    with ScriptedPeer(script) as peer:
        heard = Heard(peer, options_for(peer.port, **more))
        try:
            if connect:
                await heard.connect()
            yield heard
        finally:
            await heard.client.disconnect()


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
    return ours, theirs


async def until(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    """Waits until something is true.

    Raises:
        AssertionError: It did not become so in time.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen in time")
        await asyncio.sleep(0.005)
