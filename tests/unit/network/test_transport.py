# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import random
import select
import socket
import ssl
import struct
import time
from collections.abc import Iterator

import pytest

from mqtt_explorer.network.dialer import dial
from mqtt_explorer.network.faults import FaultKind, link_fault
from mqtt_explorer.network.transport import SocketTransport, TlsTransport
from mqtt_explorer.protocol.options import ConnectOptions, TlsOptions
from mqtt_explorer.protocol.url import BrokerUrl
from tests.support.certificates import Certificates, KeyPair
from tests.support.scripted_peer import Script, ScriptedPeer, mute, over_tls, says, server_context
from tests.support.transports import ready, receive, receive_exactly, send_all

TEN_MB = random.Random(1).randbytes(10_000_000)


def echo(sock: socket.socket) -> None:
    """Reads the ten megabytes before sending them back, slowly enough for both sides' buffers to fill."""
    data = bytearray()
    while len(data) < len(TEN_MB):
        data += sock.recv(100_000)
    sock.sendall(data)
    mute(sock)


@pytest.fixture
def pair() -> Iterator[tuple[SocketTransport, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
    transport = SocketTransport(ours, "here")
    with theirs:
        yield transport, theirs
    transport.close()


def test_plain_recv_is_the_sockets_own(pair: tuple[SocketTransport, socket.socket]):
    transport, theirs = pair
    with pytest.raises(BlockingIOError):
        transport.recv(10)
    theirs.sendall(b"abcdef")
    assert transport.recv(4) == b"abcd"
    assert transport.recv(4) == b"ef"
    theirs.close()
    assert transport.recv(4) == b""
    assert type(transport.recv).__name__ == "builtin_function_or_method"


def test_plain_send_takes_what_fits(pair: tuple[SocketTransport, socket.socket]):
    transport, _ = pair
    first = transport.send(bytes(100_000_000))
    assert 0 < first < 100_000_000
    with pytest.raises(BlockingIOError):
        transport.send(bytes(100_000_000))
    assert not transport.wants_write


async def tls_transport(
    peer: ScriptedPeer, certificates: Certificates, client: KeyPair | None = None
) -> TlsTransport:
    tls = TlsOptions(
        ca_file=str(certificates.ca),
        cert_file=str(client.cert) if client else None,
        key_file=str(client.key) if client else None,
    )
    transport = await dial(ConnectOptions(BrokerUrl.parse(f"mqtts://localhost:{peer.port}")[0], tls=tls))
    assert isinstance(transport, TlsTransport)
    return transport


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_ten_megabytes_both_ways_through_tls(certificates: Certificates, version: ssl.TLSVersion):
    context = server_context(certificates.server, newest=version)
    with ScriptedPeer(over_tls(context, echo)) as peer:
        transport = await tls_transport(peer, certificates)
        await send_all(transport, TEN_MB)
        assert await receive_exactly(transport, len(TEN_MB)) == TEN_MB
        transport.close()


async def test_many_small_records_come_in_one_read(certificates: Certificates):
    records = [bytes([65 + i % 26]) * 20 for i in range(500)]

    def script(sock: socket.socket) -> None:
        for record in records:
            sock.sendall(record)
        mute(sock)

    with ScriptedPeer(over_tls(server_context(certificates.server), script)) as peer:
        transport = await tls_transport(peer, certificates)
        await asyncio.sleep(0.2)
        reads = [await receive(transport)]
        while sum(map(len, reads)) < 10_000:
            reads.append(await receive(transport))
        assert b"".join(reads) == b"".join(records)
        assert len(reads) <= 3
        transport.close()


class Dripping(socket.socket):
    """Gives one byte a read, and counts the reads."""

    reads = 0

    def recv(self, *_: int) -> bytes:
        self.reads += 1
        return super().recv(1)


def test_a_record_that_drips_does_not_hold_the_loop(certificates: Certificates):
    """One read of the socket a call: who calls looks at the clock in between."""
    context = ssl.create_default_context(cafile=str(certificates.ca))
    with ScriptedPeer(over_tls(server_context(certificates.server), says(b"x" * 100))) as peer:
        sock = Dripping(socket.AF_INET, socket.SOCK_STREAM)
        sock.connect(("127.0.0.1", peer.port))
        transport = TlsTransport(sock, context, "localhost", "here")
        transport.handshake(lambda write: None if write else select.select([sock], [], [], 5) and None)
        data = b""
        calls, before = 0, sock.reads
        deadline = time.monotonic() + 10
        while len(data) < 100 and time.monotonic() < deadline:
            calls += 1
            try:
                data += transport.recv(65_536)
            except BlockingIOError:
                assert transport.pending() == 0
        assert data == b"x" * 100
        assert sock.reads - before > 100
        assert sock.reads - before <= calls
        transport.close()


async def test_pending_says_what_no_readiness_announces(certificates: Certificates):
    with ScriptedPeer(over_tls(server_context(certificates.server), says(b"x" * 1000, b"y" * 1000))) as peer:
        transport = await tls_transport(peer, certificates)
        await asyncio.sleep(0.1)
        data = await receive(transport, 10)
        assert data == b"x" * 10
        while transport.pending():
            data += transport.recv(100)
        assert data == b"x" * 1000 + b"y" * 1000
        assert transport.pending() == 0
        with pytest.raises(BlockingIOError):
            transport.recv(10)
        transport.close()


async def test_bytes_sent_with_the_end_of_the_handshake_are_pending(certificates: Certificates):
    """With TLS 1.3 session tickets follow the handshake, and a record may come in the same segment."""
    with ScriptedPeer(over_tls(server_context(certificates.server), says(b"early"))) as peer:
        transport = await tls_transport(peer, certificates)
        await asyncio.sleep(0.05)
        assert await receive(transport) == b"early"
        transport.close()


async def test_what_came_before_the_end_is_not_lost(certificates: Certificates):
    def script(sock: socket.socket) -> None:
        sock.sendall(b"last words")
        assert isinstance(sock, ssl.SSLSocket)
        sock.unwrap()

    with ScriptedPeer(over_tls(server_context(certificates.server), script)) as peer:
        transport = await tls_transport(peer, certificates)
        await asyncio.sleep(0.1)
        assert await receive(transport) == b"last words"
        assert transport.pending() > 0
        assert transport.recv(10) == b""
        transport.close()


async def test_a_broken_record_is_told_after_what_came_before_it(certificates: Certificates):
    def script(sock: socket.socket) -> None:
        sock.sendall(b"good")
        raw = socket.socket(fileno=socket.dup(sock.fileno()))
        with raw:
            raw.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
        mute(sock)

    with ScriptedPeer(over_tls(server_context(certificates.server), script)) as peer:
        transport = await tls_transport(peer, certificates)
        await asyncio.sleep(0.1)
        assert await receive(transport) == b"good"
        assert transport.pending() > 0
        for _ in range(2):
            with pytest.raises(ssl.SSLError):
                transport.recv(10)
        transport.close()


async def test_two_senders_may_alternate_while_the_socket_is_full(certificates: Certificates):
    """OpenSSL on a socket demands the same bytes again after a partial write; paho and our acknowledgements alternate."""
    release = asyncio.Event()
    loop = asyncio.get_running_loop()
    got = bytearray()

    def script(sock: socket.socket) -> None:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result(10)
        while len(got) < expected:
            got.extend(sock.recv(100_000))
        sock.sendall(b"done")
        mute(sock)

    expected = 1 << 60
    with ScriptedPeer(over_tls(server_context(certificates.server), script)) as peer:
        transport = await tls_transport(peer, certificates)
        sent = bytearray()
        big, small = b"B" * 300_000, b"s" * 4
        while not transport.wants_write:
            sent += big[: transport.send(big)]
        with pytest.raises(BlockingIOError):
            transport.send(big)
        expected = len(sent) + len(small) * 3
        release.set()
        for _ in range(3):
            await send_all(transport, small)
        assert await receive(transport) == b"done"
        assert bytes(got) == bytes(sent) + small * 3
        transport.close()


@pytest.mark.parametrize(
    ("client", "words"), [(None, "wants a client certificate"), ("client_expired", "has expired")]
)
async def test_a_client_certificate_refused_after_the_handshake_is_explained(
    certificates: Certificates, client: str | None, words: str
):
    """TLS 1.3 tells it in an alert after our side of the handshake is done; our CONNECT may be on the way by then."""
    context = server_context(certificates.server, certificates)
    script: Script = over_tls(context)

    with ScriptedPeer(script) as peer:
        transport = await tls_transport(peer, certificates, getattr(certificates, client) if client else None)
        url = BrokerUrl.parse(f"mqtts://localhost:{peer.port}")[0]
        for _ in range(5):
            transport.send(b"\x10 CONNECT")
            await asyncio.sleep(0.02)
        with pytest.raises(ssl.SSLError) as caught:
            await receive(transport)
        fault = link_fault(
            caught.value, url, TlsOptions(cert_file="c", key_file="k") if client else TlsOptions()
        )
        assert words in fault.message
        assert f"localhost:{peer.port}" in fault.message
        assert fault.kind is FaultKind.TLS
        assert fault.permanent
        transport.close()


async def test_close_sends_close_notify_and_may_be_repeated(certificates: Certificates):
    ends: list[bytes] = []

    def script(sock: socket.socket) -> None:
        assert isinstance(sock, ssl.SSLSocket)
        sock.suppress_ragged_eofs = False
        ends.append(sock.recv(10))

    with ScriptedPeer(over_tls(server_context(certificates.server), script)) as peer:
        transport = await tls_transport(peer, certificates)
        transport.close()
        transport.close()
        assert transport.fileno() == -1
        assert await asyncio.to_thread(peer.ended.wait, 2)
    assert ends == [b""]


async def test_a_reset_is_an_error_not_an_end(certificates: Certificates):
    def script(sock: socket.socket) -> None:
        sock.recv(1)  # not before the dial is over
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with ScriptedPeer(script) as peer:
        transport = await dial(ConnectOptions(BrokerUrl.parse(f"mqtt://127.0.0.1:{peer.port}")[0]))
        transport.send(b"x")
        await ready(transport)
        with pytest.raises(ConnectionResetError):
            transport.recv(10)
        transport.close()
