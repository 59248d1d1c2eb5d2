# SPDX-License-Identifier: MIT
"""A TCP peer that does what a test tells it, byte by byte: what a broker would refuse to do."""

from __future__ import annotations

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha1

from tests.support.certificates import Certificates, KeyPair

Script = Callable[[socket.socket], None]


class ScriptedPeer:
    """Listens on a free port and runs `script` with each connection in a thread of its own.

    Attributes:
        port: Where it listens.
        accepted: How many connections it took.
        ended: Set once a script has ended; `mute` ends when the client closes.
    """

    def __init__(self, script: Script, *, host: str = "127.0.0.1") -> None:
        self._script = script
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._server = socket.create_server((host, 0), family=family)
        self.port: int = self._server.getsockname()[1]
        self.accepted = 0
        self.ended = threading.Event()
        self.error: BaseException | None = None
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []

    def __enter__(self) -> ScriptedPeer:
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        # A listening socket does not wake its accept() when closed, only when shut down.
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for sock in self._open:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # closed already
        for thread in self._threads:
            thread.join(10)
        if self.error is not None:
            raise self.error

    def _run(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._server.accept()
            except OSError:
                return  # the test is over
            self.accepted += 1
            self._open.append(sock)
            self._run(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        try:
            with sock:
                sock.settimeout(20)
                self._script(sock)
        except (OSError, EOFError):
            pass  # the client went away; what it should have seen is the test's to check
        except BaseException as error:  # noqa: BLE001 – raised again in the test's thread
            self.error = error
        finally:
            self.ended.set()


def mute(sock: socket.socket) -> None:
    """Says nothing until the client closes."""
    while sock.recv(65_536):
        pass


def says(*parts: bytes) -> Script:
    """Sends the parts one after the other, then says nothing more."""

    def script(sock: socket.socket) -> None:
        for part in parts:
            sock.sendall(part)
        mute(sock)

    return script


def hangs_up(sock: socket.socket) -> None:
    """Reads what the client says first and closes."""
    sock.recv(65_536)


def server_context(
    pair: KeyPair, certificates: Certificates | None = None, *, newest: ssl.TLSVersion | None = None
) -> ssl.SSLContext:
    """A TLS server's context; given `certificates`, it demands one of their authority from the client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    if certificates is not None:
        context.load_verify_locations(certificates.ca)
        context.verify_mode = ssl.CERT_REQUIRED
    if newest is not None:
        context.minimum_version = newest
        context.maximum_version = newest
    return context


def over_tls(context: ssl.SSLContext, script: Script = mute) -> Script:
    """Shakes hands, then runs the script over TLS."""

    def wrapped(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as encrypted:
            script(encrypted)

    return wrapped


def read_head(sock: socket.socket) -> bytes:
    """Reads an HTTP request up to its empty line."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte:
            raise EOFError
        head += byte
    return head


def accept_upgrade(sock: socket.socket, *, subprotocol: str | None = "mqtt", early: bytes = b"") -> bytes:
    """Answers the request for a websocket and returns its head; `early` travels in the same segment as the answer."""
    head = read_head(sock)
    lines = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    key = next(value for name, value in lines.items() if name.lower() == b"sec-websocket-key")
    token = b64encode(sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    answer += b"Sec-WebSocket-Accept: " + token + b"\r\n"
    if subprotocol is not None:
        answer += b"Sec-WebSocket-Protocol: " + subprotocol.encode() + b"\r\n"
    sock.sendall(answer + b"\r\n" + early)
    return head


def websocket(script: Script, *, early: bytes = b"") -> Script:
    """Accepts the upgrade, then runs the script."""

    def wrapped(sock: socket.socket) -> None:
        accept_upgrade(sock, early=early)
        script(sock)

    return wrapped


def frame(payload: bytes, *, opcode: int = 2, fin: bool = True) -> bytes:
    """A websocket frame as a server sends it, unmasked."""
    first = bytes([opcode | (0x80 if fin else 0)])
    size = len(payload)
    if size < 126:
        return first + bytes([size]) + payload
    if size < 65_536:
        return first + bytes([126]) + size.to_bytes(2, "big") + payload
    return first + bytes([127]) + size.to_bytes(8, "big") + payload


def read_frame(sock: socket.socket) -> tuple[int, bytes]:
    """Reads a masked frame and returns its opcode and payload."""
    first, second = _exactly(sock, 2)
    if not second & 0x80:
        raise AssertionError("a client must mask")
    size = second & 0x7F
    if size >= 126:
        size = int.from_bytes(_exactly(sock, 2 if size == 126 else 8), "big")
    mask = _exactly(sock, 4)
    data = _exactly(sock, size)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return first & 0x0F, (int.from_bytes(data, "big") ^ key).to_bytes(size, "big")


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)
