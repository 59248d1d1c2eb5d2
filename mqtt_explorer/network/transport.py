# SPDX-License-Identifier: MIT
"""A non-blocking byte stream to the broker: plain TCP or TLS. The websocket one is in `websocket`."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Protocol

Data = bytes | bytearray | memoryview

#: Read from the socket at once under TLS; a broker writes one small record per message, so many fit.
_READ = 65_536
#: The largest TLS record (RFC 8446 section 5.1).
_RECORD = 16_384
#: What a server's first record can be: change_cipher_spec, alert, handshake (RFC 8446 section 5.1).
_HANDSHAKE = 0x16
_HANDSHAKE_RECORDS = (0x14, 0x15, _HANDSHAKE)
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)
#: Encrypted per `send`: bounds both the time of a call and the memory of what waits.
_SEND = 262_144


class Transport(Protocol):
    """What the dialer makes and the tap reads.

    Attributes:
        description: "TLS 1.3, broker.example.org:8883".
        tls_version: "TLSv1.3"; "" without TLS.
        peer: The address reached, "192.0.2.1:8883".
    """

    description: str
    tls_version: str
    peer: str

    @property
    def wants_write(self) -> bool:
        """True while own output waits for a writable socket; then call `flush`."""
        ...

    @property
    def end_reason(self) -> str:
        """Why the peer ended the stream, in its words; "" when it gave none."""
        ...

    def recv(self, n: int, /) -> bytes:
        """Up to `n` bytes; ``b""`` at the end of the stream.

        Raises:
            BlockingIOError: No data came; wait until the socket is readable, unless `pending` says that there is more.
            OSError: The connection is broken (`ssl.SSLError` when TLS is).
        """
        ...

    def send(self, data: Data, /) -> int:
        """Takes bytes, possibly fewer than given, and returns how many.

        Raises:
            BlockingIOError: None were taken; wait until the socket is writable.
            OSError: The connection is broken.
        """
        ...

    def flush(self) -> None:
        """Sends what `send` took but the socket did not; never blocks. `wants_write` says whether some is left."""
        ...

    def pending(self) -> int:
        """More than 0 when `recv` has something that no readiness of the socket will announce."""
        ...

    def quick_ack(self) -> None:
        """Acknowledges what was read at once where the system can (Linux); never raises.

        A broker that leaves Nagle's algorithm on holds its next small packet, the PUBACK behind our own message, until the last one
        is acknowledged, and the kernel would wait 40 ms for something to send along.
        """
        ...

    def fileno(self) -> int:
        """The socket's number; -1 once closed."""
        ...

    def close(self) -> None:
        """Closes the socket. May be called again; never raises."""
        ...


def peer_name(sock: socket.socket) -> str:
    """The peer's address, "192.0.2.1:1883" or "[2001:db8::1]:1883"; "" when the connection is already gone."""
    try:
        host, port = sock.getpeername()[:2]
    except OSError:
        return ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class SocketTransport:
    """Plain TCP. `recv` and `send` are the socket's own: nothing stands between."""

    wants_write = False
    end_reason = ""
    tls_version = ""

    def __init__(self, sock: socket.socket, where: str) -> None:
        sock.setblocking(False)
        self._sock = sock
        self.peer = peer_name(sock)
        self.description = f"TCP, {where}"
        self.recv: Callable[[int], bytes] = sock.recv
        self.send: Callable[[Data], int] = sock.send

    def flush(self) -> None:
        """Nothing is ever kept back."""

    def pending(self) -> int:
        """0: the kernel announces everything."""
        return 0

    def quick_ack(self) -> None:
        """Acknowledges what was read at once."""
        acknowledge_now(self._sock)

    def fileno(self) -> int:
        """The socket's number; -1 once closed."""
        return self._sock.fileno()

    def close(self) -> None:
        """Closes the socket."""
        close_quietly(self._sock)


class TlsTransport:
    """TLS over a socket, in memory: OpenSSL never touches the socket.

    A broker writes one TLS record per message. Reading them through an SSL socket costs two system calls each and gives one
    message per read; here one system call brings many records and `recv` joins them. Writing into memory never blocks half
    way in a record, so different senders (paho, our acknowledgements) may alternate freely.
    """

    end_reason = ""

    def __init__(
        self,
        sock: socket.socket,
        context: ssl.SSLContext,
        server_hostname: str,
        where: str,
    ) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._where = where
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._ssl = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname)
        self._unsent = memoryview(b"")
        self._more = False  # recv stopped because it was full, not because nothing was left
        self._ended = False
        self._deaf = False  # the peer takes nothing any more
        self._failure: OSError | None = None
        self.peer = peer_name(sock)
        self.tls_version = ""
        self.description = f"TLS, {where}"

    def handshake(self, wait: Callable[[bool], None]) -> None:
        """Shakes hands, blocking in `wait` (told True to wait for writable, False for readable).

        Raises:
            ssl.SSLError: The handshake failed.
            ConnectionError: The peer closed the connection.
        """
        first, hello_seen = True, False
        while True:
            try:
                self._ssl.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                done = False
            except ssl.SSLError as error:
                # TLS 1.2 says "handshake failure" for no shared cipher (before its hello) and for a missing client certificate (after it).
                error.after_hello = hello_seen  # type: ignore[attr-defined]
                self._say_why()
                raise
            self.flush()
            while self.wants_write:
                wait(True)
                self.flush()
            if done:
                break
            wait(False)
            try:
                data = self._sock.recv(_READ)
            except BlockingIOError:
                continue
            if not data:
                raise ConnectionAbortedError("closed during the TLS handshake")
            if first and data[0] not in _HANDSHAKE_RECORDS:
                # OpenSSL finds out too, but waits for five bytes: a plain CONNACK has four.
                fault = ssl.SSLError("the peer does not speak TLS")
                fault.reason = "WRONG_VERSION_NUMBER"
                raise fault
            hello_seen = hello_seen or (first and data[0] == _HANDSHAKE)
            first = False
            self._incoming.write(data)
        self.tls_version = self._ssl.version() or ""
        self.description = f"{self.tls_version.replace('TLSv', 'TLS ')}, {self._where}"
        self._more = self._incoming.pending > 0

    def peer_certificate(self) -> dict[str, object]:
        """The broker's certificate as `ssl.SSLSocket.getpeercert` gives it; empty when it was not verified."""
        return dict(self._ssl.getpeercert() or {})

    def _say_why(self) -> None:
        """Sends the alert OpenSSL prepared, so that the broker's log names the cause too."""
        try:
            self._sock.send(self._outgoing.read())
        except OSError:
            pass  # the fault being reported is the one that counts

    @property
    def wants_write(self) -> bool:
        """True while encrypted output waits for the socket."""
        return bool(self._unsent)

    def recv(self, n: int, /) -> bytes:
        """Up to `n` bytes of as many records as are there; ``b""`` at the end of the stream.

        Reads the socket once: a peer that drips a record, or sends records without data, must not keep the caller from looking at
        the clock. What is left then makes the socket readable again.
        """
        if self._failure is not None:
            raise self._failure
        data = self._decrypt(n)
        if not data and not self._ended and self._failure is None:
            raw = self._sock.recv(_READ)
            if raw:
                self._incoming.write(raw)
                data = self._decrypt(n)
            else:
                self._ended = True
        if data:
            return data
        if self._ended:
            return b""
        if self._failure is not None:
            raise self._failure
        raise BlockingIOError

    def _decrypt(self, n: int) -> bytes:
        chunks: list[bytes] = []
        read = self._ssl.read
        room = n
        self._more = True
        try:
            while room > 0:
                chunk = read(min(room, _RECORD))
                if not chunk:
                    self._ended = True  # close_notify
                    break
                chunks.append(chunk)
                room -= len(chunk)
        except ssl.SSLWantReadError:
            self._more = False
        except ssl.SSLError as error:
            self._failure = error  # told after what came before it
        if self._outgoing.pending:
            self.flush()  # an answer of TLS itself: a key update, an alert
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def send(self, data: Data, /) -> int:
        """Encrypts and sends; what the socket does not take at once is kept and sent by `flush`."""
        if self._unsent:
            self.flush()
            if self._unsent:
                raise BlockingIOError
        view = memoryview(data)[:_SEND]
        if not view or self._deaf:
            return len(view)
        try:
            taken = self._ssl.write(view)
        except ssl.SSLWantReadError:
            raise BlockingIOError from None
        self.flush()
        return taken

    def flush(self) -> None:
        """Sends encrypted output as far as the socket takes it."""
        if self._outgoing.pending:
            fresh = self._outgoing.read()
            self._unsent = memoryview(bytes(self._unsent) + fresh if self._unsent else fresh)
        try:
            while self._unsent:
                self._unsent = self._unsent[self._sock.send(self._unsent) :]
        except BlockingIOError:
            return
        except ConnectionError:
            # A TLS 1.3 broker that refuses our certificate says so in an alert and closes, and our next write fails before
            # we have read why. A broken socket is always readable: the fault is told by recv, after the alert.
            self._unsent = memoryview(b"")
            self._deaf = True

    def pending(self) -> int:
        """More than 0 while decrypted or undecrypted whole records, an end or a fault wait in memory."""
        if self._more or self._failure is not None:
            return max(1, self._ssl.pending())
        return 0

    def quick_ack(self) -> None:
        """Acknowledges what was read at once."""
        acknowledge_now(self._sock)

    def fileno(self) -> int:
        """The socket's number; -1 once closed."""
        return self._sock.fileno()

    def close(self) -> None:
        """Says goodbye (close_notify) without waiting for the answer, and closes the socket."""
        if self._sock.fileno() >= 0 and not self._unsent:
            try:
                self._ssl.unwrap()
            except (OSError, ValueError):
                pass  # the answer of the peer is not waited for
            self._say_why()
        close_quietly(self._sock)


def acknowledge_now(sock: socket.socket) -> None:
    """Sends the TCP acknowledgement that waits for company; the kernel forgets the wish, so it is said after each read."""
    if _QUICKACK is not None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        except OSError:
            pass  # the connection has ended; the next read says why


def close_quietly(sock: socket.socket) -> None:
    """Closes a socket whatever its state; the connection may be broken already."""
    try:
        sock.close()
    except OSError:
        pass  # the number is free even so
