# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import random
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.network.dialer import dial
from mqtt_explorer.network.faults import DialError, FaultKind, LinkFault
from mqtt_explorer.network.websocket import WebsocketTransport
from mqtt_explorer.protocol.options import ConnectOptions, TlsOptions
from mqtt_explorer.protocol.url import BrokerUrl
from tests.support.certificates import Certificates
from tests.support.mqtt_peer import until
from tests.support.scripted_peer import (
    Script,
    ScriptedPeer,
    accept_upgrade,
    frame,
    mute,
    over_tls,
    read_frame,
    read_head,
    says,
    server_context,
    websocket,
)
from tests.support.transports import receive, receive_exactly, send_all

TEN_MB = random.Random(2).randbytes(10_000_000)
CLOSE, PING, PONG, TEXT, BINARY, CONTINUATION = 8, 9, 10, 1, 2, 0


async def dialled(peer: ScriptedPeer, **more: Any) -> WebsocketTransport:
    url, _, _ = BrokerUrl.parse(f"ws://127.0.0.1:{peer.port}/mqtt?x=1")
    transport = await dial(ConnectOptions(url, **more))
    assert isinstance(transport, WebsocketTransport)
    return transport


class FakeInner:
    """A transport that gives the chunks it was made with and takes as much as it is allowed."""

    tls_version = ""
    peer = "peer"
    description = "TCP, here"
    end_reason = ""
    wants_write = False

    def __init__(self, chunks: Sequence[bytes] = (), *, room: int = 1 << 30) -> None:
        self.chunks = list(chunks)
        self.room = room
        self.sent = bytearray()
        self.reads = 0
        self.buffered = False  # all chunks have left the socket already, as in TLS

    def recv(self, n: int, /) -> bytes:
        self.reads += 1
        if not self.chunks:
            raise BlockingIOError
        return self.chunks.pop(0)

    def send(self, data: Any, /) -> int:
        if not self.room:
            raise BlockingIOError
        part = bytes(data[: self.room])
        self.room -= len(part)
        self.sent += part
        return len(part)

    def flush(self) -> None:
        pass

    def pending(self) -> int:
        return len(self.chunks) if self.buffered else 0

    def fileno(self) -> int:
        return 1

    def close(self) -> None:
        pass


def read_all(transport: WebsocketTransport) -> bytes:
    """Reads as long as the socket (the fake's chunks) has something, as a reader does that is told of readiness."""
    data = b""
    inner = transport._inner
    assert isinstance(inner, FakeInner)
    while True:
        more = bool(inner.chunks)
        try:
            part = transport.recv(65_536)
        except BlockingIOError:
            if more:
                continue
            return data
        if not part:
            return data
        data += part


# --- the upgrade ----------------------------------------------------------------------------------------------------


async def test_the_request_names_host_port_path_subprotocol_and_own_headers():
    heads: list[bytes] = []

    def script(sock: socket.socket) -> None:
        heads.append(accept_upgrade(sock))
        mute(sock)

    with ScriptedPeer(script) as peer:
        headers = (("Authorization", "Bearer canary"), ("X-Tenant", "a b"))
        transport = await dialled(peer, websocket_headers=headers)
        transport.close()
        await until(lambda: heads)  # the peer answers before it has put them there
        head = heads[0].decode()
        assert head.startswith("GET /mqtt?x=1 HTTP/1.1\r\n")
        assert f"\r\nHost: 127.0.0.1:{peer.port}\r\n" in head
        assert "\r\nSec-WebSocket-Protocol: mqtt\r\n" in head
        assert "\r\nAuthorization: Bearer canary\r\n" in head
        assert "\r\nX-Tenant: a b\r\n" in head
        assert "Extensions" not in head
        assert transport.description == f"Websocket, 127.0.0.1:{peer.port}"


@pytest.mark.parametrize(
    ("name", "value"),
    [("X-Key", "canary\x7f"), ("X-Key", "canary–")],
)
async def test_a_header_that_http_does_not_allow_is_refused_in_the_form(name: str, value: str):
    with ScriptedPeer(mute) as peer:
        with pytest.raises(DialError) as caught:
            await dialled(peer, websocket_headers=((name, value),))
        assert caught.value.field == "websocket_headers"
        assert caught.value.permanent
        assert "canary" not in caught.value.message


@pytest.mark.parametrize("subprotocol", [None, "wamp"])
async def test_a_server_that_does_not_speak_mqtt(subprotocol: str | None):
    def script(sock: socket.socket) -> None:
        accept_upgrade(sock, subprotocol=subprotocol)
        mute(sock)

    with ScriptedPeer(script) as peer:
        with pytest.raises(DialError) as caught:
            await dialled(peer)
        assert caught.value.kind is FaultKind.WEBSOCKET
        assert caught.value.permanent
        assert f"127.0.0.1:{peer.port}" in caught.value.message
        assert "x=1" not in caught.value.message, "what stands behind the question mark may be a token"


async def test_a_path_that_is_not_there_is_told_without_its_query():
    def script(sock: socket.socket) -> None:
        read_head(sock)
        says(b"HTTP/1.1 404 Not Found\r\n\r\n")(sock)

    with ScriptedPeer(script) as peer:
        with pytest.raises(DialError) as caught:
            await dialled(peer)
        assert "nothing at “/mqtt”" in caught.value.message


async def test_a_client_certificate_missed_during_the_upgrade_is_said(certificates: Certificates):
    """TLS 1.3 ends our side of the handshake first; the alert comes while we wait for the answer to the upgrade."""
    context = server_context(certificates.server, certificates)
    with ScriptedPeer(over_tls(context)) as peer:
        url, _, _ = BrokerUrl.parse(f"wss://localhost:{peer.port}")
        with pytest.raises(DialError) as caught:
            await dial(ConnectOptions(url, tls=TlsOptions(ca_file=str(certificates.ca))))
        assert caught.value.kind is FaultKind.TLS
        assert "wants a client certificate" in caught.value.message
        assert caught.value.field == "cert_file"


async def test_frames_in_the_segment_of_the_answer_are_not_lost():
    with ScriptedPeer(websocket(mute, early=frame(b"early") + b"\x82")) as peer:
        transport = await dialled(peer)
        assert transport.pending() > 0
        assert transport.recv(100) == b"early"
        transport.close()


# --- receiving ------------------------------------------------------------------------------------------------------


@given(
    messages=st.lists(
        st.lists(
            st.sampled_from([0, 1, 5, 125, 126, 127, 300, 65_535, 65_536, 70_000]), min_size=1, max_size=3
        ),
        max_size=6,
    ),
    ping_every=st.integers(1, 4),
    cuts=st.lists(st.integers(1, 70_000), max_size=30),
)
def test_the_payload_comes_whole_however_it_is_framed_and_split(
    messages: list[list[int]], ping_every: int, cuts: list[int]
):
    stream, expected, count = b"", b"", 0
    for sizes in messages:
        for number, size in enumerate(sizes):
            payload = bytes([count % 251]) * size
            opcode = CONTINUATION if number else BINARY
            stream += frame(payload, opcode=opcode, fin=number == len(sizes) - 1)
            expected += payload
            count += 1
            if count % ping_every == 0:
                stream += frame(b"ping", opcode=PING)
    chunks = []
    for cut in cuts:
        chunks.append(stream[:cut])
        stream = stream[cut:]
    chunks.append(stream)
    inner = FakeInner([chunk for chunk in chunks if chunk])
    assert read_all(WebsocketTransport(inner, "here")) == expected
    pongs, rest = divmod(len(inner.sent), 2 + 4 + 4)
    assert rest == 0
    assert min(1, count // ping_every) <= pongs <= count // ping_every


def test_the_payload_comes_whole_byte_by_byte():
    stream = frame(b"a" * 200) + frame(b"", opcode=PING) + frame(b"b" * 70_000) + frame(b"c")
    inner = FakeInner([bytes([byte]) for byte in stream])
    assert read_all(WebsocketTransport(inner, "here")) == b"a" * 200 + b"b" * 70_000 + b"c"


async def test_a_ping_is_answered_with_its_payload():
    answers: list[tuple[int, bytes]] = []

    def script(sock: socket.socket) -> None:
        sock.sendall(frame(b"are you there", opcode=PING) + frame(b"data"))
        answers.append(read_frame(sock))
        mute(sock)

    with ScriptedPeer(websocket(script)) as peer:
        transport = await dialled(peer)
        assert await receive(transport) == b"data"
        await asyncio.sleep(0.1)
        assert answers == [(PONG, b"are you there")]
        transport.close()


def test_a_flood_of_pings_does_not_fill_the_memory():
    inner = FakeInner([frame(b"x" * 125, opcode=PING) * 100] * 1_000, room=0)
    transport = WebsocketTransport(inner, "here")
    assert read_all(transport) == b""
    assert inner.reads > 1_000
    assert 0 < len(transport._unsent) < 70_000


def test_a_flood_of_pings_does_not_hold_the_loop():
    """One read a call: who calls looks at the clock in between."""
    inner = FakeInner([frame(b"p", opcode=PING) * 100] * 50 + [frame(b"data")])
    transport = WebsocketTransport(inner, "here")
    for reads in range(1, 51):
        with pytest.raises(BlockingIOError):
            transport.recv(65_536)
        assert inner.reads == reads
    assert transport.recv(65_536) == b"data"


def test_a_read_of_nothing_but_tiny_pings_is_quick():
    transport = WebsocketTransport(FakeInner([frame(b"", opcode=PING) * 32_768]), "here")
    begun = time.process_time()
    with pytest.raises(BlockingIOError):
        transport.recv(65_536)
    assert time.process_time() - begun < 0.15


def test_pending_tells_of_what_the_inner_transport_has_read_ahead():
    inner = FakeInner([frame(b"", opcode=PONG), frame(b"data")])
    inner.buffered = True
    transport = WebsocketTransport(inner, "here")
    with pytest.raises(BlockingIOError):
        transport.recv(65_536)
    assert transport.pending() > 0
    assert transport.recv(65_536) == b"data"
    assert transport.pending() == 0


def test_early_bytes_without_data_are_not_the_end():
    transport = WebsocketTransport(FakeInner([frame(b"data")]), "here", frame(b"p", opcode=PING) * 2)
    with pytest.raises(BlockingIOError):
        transport.recv(3)
    assert transport.pending() > 0
    with pytest.raises(BlockingIOError):
        transport.recv(3)
    assert transport.pending() == 0
    assert transport.recv(10) == b"data"


def test_only_the_newest_ping_of_a_read_is_answered():
    inner = FakeInner([b"".join(frame(b"%03d" % number, opcode=PING) for number in range(500))])
    transport = WebsocketTransport(inner, "here")
    assert read_all(transport) == b""
    head, mask, data = inner.sent[:2], inner.sent[2:6], inner.sent[6:]
    assert bytes(head) == b"\x8a\x83"
    assert bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)) == b"499"


def test_a_ping_in_the_read_of_the_close_frame_is_not_answered():
    inner = FakeInner([frame(b"p", opcode=PING) + frame(b"\x03\xe8", opcode=CLOSE)])
    transport = WebsocketTransport(inner, "here")
    assert transport.recv(65_536) == b""
    assert inner.sent[:2] == b"\x88\x82"
    assert len(inner.sent) == 2 + 4 + 2


async def test_a_close_frame_is_the_end_of_the_stream_and_is_answered():
    answers: list[tuple[int, bytes]] = []

    def script(sock: socket.socket) -> None:
        sock.sendall(frame(b"last") + frame(b"\x03\xf0go away", opcode=CLOSE))
        answers.append(read_frame(sock))

    with ScriptedPeer(websocket(script)) as peer:
        transport = await dialled(peer)
        assert await receive(transport) == b"last"
        assert transport.pending() > 0
        assert transport.recv(10) == b""
        assert transport.pending() == 0
        assert transport.end_reason == "1008 go away"
        await asyncio.to_thread(peer.ended.wait, 2)
        assert [opcode for opcode, _ in answers] == [CLOSE]
        transport.close()


@pytest.mark.parametrize("end", [frame(b"\x03\xe9restart", opcode=CLOSE), b""])
def test_an_answer_to_the_last_message_is_swallowed_and_the_end_still_told(end: bytes):
    """A broker that stops sends its last message and the close frame together; the message may want a PUBACK."""
    inner = FakeInner([frame(b"publish") + end] if end else [frame(b"publish"), b""])
    transport = WebsocketTransport(inner, "here")
    assert transport.recv(65_536) == b"publish"
    if not end:
        assert transport.recv(65_536) == b""
    sent = bytes(inner.sent)
    assert transport.send(memoryview(b"puback")) == 6
    assert bytes(inner.sent) == sent
    assert transport.recv(65_536) == b""
    assert transport.end_reason == ("1001 restart" if end else "")


def test_after_the_end_nothing_is_pending_whatever_came_behind_it():
    inner = FakeInner([frame(b"\x03\xe8", opcode=CLOSE), frame(b"late")])
    inner.buffered = True
    transport = WebsocketTransport(inner, "here")
    assert transport.recv(65_536) == b""
    assert transport.pending() == 0


async def test_a_closed_socket_is_the_end_of_the_stream():
    with ScriptedPeer(websocket(lambda sock: sock.sendall(frame(b"last")))) as peer:
        transport = await dialled(peer)
        assert await receive(transport) == b"last"
        assert await receive(transport) == b""
        assert transport.end_reason == ""
        transport.close()


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (frame(b"text", opcode=TEXT), "text frame"),
        (b"\xc2\x01x", "rules"),  # a reserved bit without an extension
        (b"\x82\x81abcd?", "rules"),  # masked by a server
        (frame(b"x", opcode=3), "rules"),
        (frame(b"x", opcode=CONTINUATION), "rules"),
        (frame(b"x", fin=False) + frame(b"y"), "rules"),
        (b"\x89\x7e\x00\x80" + b"x" * 128, "rules"),  # a ping of 128 bytes
        (frame(b"\x03", opcode=CLOSE), "rules"),  # half a close code
        (frame(b"x", opcode=PING, fin=False), "rules"),
    ],
)
def test_broken_framing_is_a_fault_told_after_the_data_before_it(bad: bytes, words: str):
    transport = WebsocketTransport(FakeInner([frame(b"good") + bad]), "broker.test:80")
    data = transport.recv(65_536)
    assert data.startswith(b"good")
    assert transport.pending() > 0
    for _ in range(2):
        with pytest.raises(LinkFault, match=words) as caught:
            transport.recv(65_536)
    assert caught.value.kind is FaultKind.WEBSOCKET
    assert "broker.test:80" in caught.value.message


# --- sending --------------------------------------------------------------------------------------------------------


async def test_what_we_send_is_masked_and_arrives():
    got: list[tuple[int, bytes]] = []

    def script(sock: socket.socket) -> None:
        got.append(read_frame(sock))
        sock.sendall(frame(b"ok"))
        mute(sock)

    with ScriptedPeer(websocket(script)) as peer:
        transport = await dialled(peer)
        assert transport.send(memoryview(b"hello")) == 5
        assert await receive(transport) == b"ok"
        assert got == [(BINARY, b"hello")]
        transport.close()


def test_a_partial_write_is_resumed():
    inner = FakeInner(room=7)
    transport = WebsocketTransport(inner, "here")
    assert transport.send(b"hello world") == 11
    assert transport.wants_write
    with pytest.raises(BlockingIOError):
        transport.send(b"more")
    inner.room = 3
    transport.flush()
    assert transport.wants_write
    inner.room = 1000
    transport.flush()
    assert not transport.wants_write
    head, mask, data = inner.sent[:2], inner.sent[2:6], inner.sent[6:]
    assert bytes(head) == b"\x82\x8b"
    assert bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)) == b"hello world"


def test_nothing_is_framed_for_nothing():
    inner = FakeInner()
    assert WebsocketTransport(inner, "here").send(b"") == 0
    assert not inner.sent


@pytest.mark.parametrize("scheme", ["ws", "wss"])
async def test_ten_megabytes_both_ways(certificates: Certificates, scheme: str):
    def echo(sock: socket.socket) -> None:
        data = bytearray()
        while len(data) < len(TEN_MB):
            opcode, part = read_frame(sock)
            assert opcode == BINARY
            data += part
        for pos in range(0, len(data), 3_000_000):
            last = pos + 3_000_000 >= len(data)
            part = bytes(data[pos : pos + 3_000_000])
            sock.sendall(frame(part, opcode=CONTINUATION if pos else BINARY, fin=last))
        mute(sock)

    script: Script = websocket(echo)
    if scheme == "wss":
        script = over_tls(server_context(certificates.server), script)
    with ScriptedPeer(script) as peer:
        url, _, _ = BrokerUrl.parse(f"{scheme}://localhost:{peer.port}")
        tls = TlsOptions(ca_file=str(certificates.ca)) if url.tls else TlsOptions()
        transport = await dial(ConnectOptions(url, tls=tls))
        await send_all(transport, TEN_MB)
        assert await receive_exactly(transport, len(TEN_MB)) == TEN_MB
        assert transport.description.startswith(
            "Websocket, TLS 1.3" if scheme == "wss" else "Websocket, local"
        )
        transport.close()


async def test_close_says_goodbye_and_may_be_repeated():
    got: list[tuple[int, bytes]] = []
    done = threading.Event()

    def script(sock: socket.socket) -> None:
        got.append(read_frame(sock))
        done.set()

    with ScriptedPeer(websocket(script)) as peer:
        transport = await dialled(peer)
        transport.close()
        transport.close()
        assert transport.fileno() == -1
        assert await asyncio.to_thread(done.wait, 2)
    assert got == [(CLOSE, b"\x03\xe8")]


async def test_a_peer_that_says_nothing_blocks_nobody():
    with ScriptedPeer(websocket(says())) as peer:
        transport = await dialled(peer)
        with pytest.raises(BlockingIOError):
            transport.recv(10)
        transport.close()
