# SPDX-License-Identifier: MIT
"""Makes a connection: DNS, TCP, TLS and the websocket upgrade, off the loop and under one deadline.

Everything happens in one daemon thread that owns its sockets and waits for them together with a wake-up pipe: cancelling
writes into the pipe, and the thread closes what it has. A name lookup cannot be woken; then the thread is left behind and
the awaiting side goes on without it.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from mqtt_explorer.network import faults, tls
from mqtt_explorer.network.faults import DialError, FaultKind
from mqtt_explorer.network.steps import Step
from mqtt_explorer.network.tls_faults import HOST_MISMATCH
from mqtt_explorer.network.transport import SocketTransport, TlsTransport, Transport, close_quietly
from mqtt_explorer.network.websocket_handshake import upgrade
from mqtt_explorer.protocol.options import ConnectOptions

#: Seconds until the next address is tried beside the first (RFC 8305 section 8).
STAGGER_S = 0.25
#: Seconds for asking after the names in a certificate that is for another host.
NAMES_S = 2.0
_RECEIVE_BUFFER = 4 * 1024 * 1024
_WORTH_IT = 2 * 1024 * 1024
_RMEM_MAX = Path("/proc/sys/net/core/rmem_max")

_Address = tuple[int, tuple[object, ...]]  # family, sockaddr


async def dial(options: ConnectOptions, on_step: Callable[[Step], None] | None = None) -> Transport:
    """Connects to the broker and returns a non-blocking transport, ready for CONNECT.

    Args:
        options: Where to and how.
        on_step: Called in the loop as each step begins, and not any more once the dial ended or was cancelled.

    Raises:
        DialError: No connection within `options.dial_timeout_s`, or a fault that names its cause.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Transport | Exception] = loop.create_future()

    def tell(step: Step) -> None:
        if on_step is not None and not outcome.done():
            on_step(step)

    def begin(step: Step) -> None:
        try:
            loop.call_soon_threadsafe(tell, step)
        except RuntimeError:
            pass  # the loop is closed: nobody looks any more

    job = _Dial(options, begin)

    def settle(result: Transport | Exception) -> None:
        if not outcome.done():
            outcome.set_result(result)
        elif not isinstance(result, Exception):
            result.close()  # nobody waits any more

    def work() -> None:
        result = job.run()
        try:
            loop.call_soon_threadsafe(settle, result)
        except RuntimeError:  # the loop is closed
            if not isinstance(result, Exception):
                result.close()

    threading.Thread(target=work, name=f"dial {options.url.netloc}", daemon=True).start()
    try:
        await asyncio.wait({outcome}, timeout=options.dial_timeout_s)
    except asyncio.CancelledError:
        job.cancel()
        if outcome.done():
            settle(outcome.result())
        outcome.cancel()
        raise
    if not outcome.done():
        job.cancel()
        outcome.cancel()
        raise job.timed_out()
    result = outcome.result()
    if isinstance(result, Exception):
        raise result
    return result


class _Cancelled(Exception):
    """The awaiting side has gone."""


class _Dial:
    """One attempt, run in a thread of its own."""

    def __init__(self, options: ConnectOptions, on_step: Callable[[Step], None]) -> None:
        self._options = options
        self._url = options.url
        self._on_step = on_step
        self._deadline = time.monotonic() + options.dial_timeout_s
        self._step = Step.LOOKUP
        self._cancelled = False
        self._wake_lock = threading.Lock()
        self._wake_in: socket.socket | None
        self._wake_in, self._wake_out = socket.socketpair()

    def cancel(self) -> None:
        """Called by the loop: makes the thread close what it has and end."""
        self._cancelled = True
        with self._wake_lock:
            if self._wake_in is not None:
                self._wake_in.send(b"x")

    def timed_out(self) -> DialError:
        """The error of a passed deadline, in words of the step it passed in."""
        where = self._url.netloc
        phase = {
            Step.LOOKUP: f"The name lookup of “{self._url.host}” gave no answer",
            Step.TLS: f"{where} did not answer the TLS handshake",
            Step.WEBSOCKET: f"{where} did not answer the websocket request",
        }.get(self._step, f"{where} did not answer")
        return faults.timeout_error(phase, self._url, self._options.dial_timeout_s)

    def run(self) -> Transport | Exception:
        """The whole dial; gives an error back instead of raising it, since nobody may be left to take it."""
        try:
            return self._run()
        except DialError as error:
            return error
        except _Cancelled as error:
            return error
        except OSError as error:
            return faults.connect_error([error], self._url)
        except Exception as error:  # noqa: BLE001 – raised again on the loop's side
            return error
        finally:
            with self._wake_lock:
                wake, self._wake_in = self._wake_in, None
            for end in (wake, self._wake_out):
                if end is not None:
                    close_quietly(end)

    def _run(self) -> Transport:
        self._begin(Step.LOOKUP)
        # Files first: a wrong one is said at once, not after the network's delays.
        context = tls.build_context(self._options.tls) if self._url.tls else None
        addresses = self._resolve()
        self._begin(Step.TCP)
        sock = self._connect(addresses)
        transport: Transport
        if context is None:
            transport = SocketTransport(sock, self._url.netloc)
        else:
            self._begin(Step.TLS)
            transport = self._encrypt(sock, context)
        if not self._url.websocket:
            return transport
        try:
            self._begin(Step.WEBSOCKET)
            return upgrade(
                transport, self._options, lambda write: self._wait(transport.fileno(), write=write)
            )
        except BaseException:
            transport.close()
            raise

    def _begin(self, step: Step) -> None:
        self._step = step
        if not self._cancelled:
            self._on_step(step)

    # --- waiting -----------------------------------------------------------------------------------------------

    def _left(self) -> float:
        """Seconds until the deadline; raises when none are left."""
        left = self._deadline - time.monotonic()
        if self._cancelled:
            raise _Cancelled
        if left <= 0:
            raise self.timed_out()
        return left

    def _wait(self, fileno: int, *, write: bool) -> None:
        """Waits for the socket, the deadline or the wake-up."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_out, selectors.EVENT_READ)
            selector.register(fileno, selectors.EVENT_WRITE if write else selectors.EVENT_READ)
            selector.select(self._left())
        self._left()

    # --- the steps ---------------------------------------------------------------------------------------------

    def _resolve(self) -> list[_Address]:
        try:
            found = socket.getaddrinfo(self._url.host, self._url.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            self._left()
            raise faults.dns_error(
                error if isinstance(error, OSError) else OSError(str(error)), self._url
            ) from error
        self._left()
        addresses: list[_Address] = list(dict.fromkeys((family, to) for family, _, _, _, to in found))
        if not addresses:
            raise faults.dns_error(OSError("no address"), self._url)
        return _alternate(addresses)

    def _connect(self, addresses: list[_Address]) -> socket.socket:
        """The first address to take the connection; a new one is tried every `STAGGER_S` beside the others."""
        waiting = deque(addresses)
        errors: list[OSError] = []
        racing: set[socket.socket] = set()
        next_start = time.monotonic()
        winner: socket.socket | None = None
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._wake_out, selectors.EVENT_READ)
                while winner is None:
                    left = self._left()
                    now = time.monotonic()
                    if waiting and (now >= next_start or not racing):
                        next_start = now + STAGGER_S
                        try:
                            sock = _start(*waiting.popleft())
                        except OSError as error:
                            errors.append(error)
                            continue
                        racing.add(sock)
                        selector.register(sock, selectors.EVENT_WRITE)
                    if not racing:
                        raise faults.connect_error(errors, self._url)
                    timeout = min(left, max(0.0, next_start - now)) if waiting else left
                    for key, _ in selector.select(timeout):
                        done = key.fileobj
                        if not isinstance(done, socket.socket) or done is self._wake_out:
                            continue
                        number = done.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                        if number == 0:
                            winner = done
                            break
                        errors.append(_os_error(number))
                        selector.unregister(done)
                        racing.discard(done)
                        close_quietly(done)
                        next_start = now  # the next address at once
        finally:
            for sock in racing:
                if sock is not winner:
                    close_quietly(sock)
        return winner

    def _encrypt(self, sock: socket.socket, context: ssl.SSLContext) -> TlsTransport:
        transport: TlsTransport | None = None
        try:
            transport = self._tls(sock, context)
            transport.handshake(lambda write: self._wait(sock.fileno(), write=write))
        except ssl.SSLCertVerificationError as error:
            close_quietly(sock)
            names = self._names(context) if error.verify_code in HOST_MISMATCH else ()
            raise faults.tls_handshake_error(error, self._url, self._options.tls, names) from error
        except OSError as error:
            close_quietly(sock)
            raise faults.tls_handshake_error(error, self._url, self._options.tls) from error
        except BaseException:
            close_quietly(sock)
            raise
        return transport

    def _tls(self, sock: socket.socket, context: ssl.SSLContext) -> TlsTransport:
        name = self._options.tls.server_name or self._url.host.partition("%")[0]
        try:
            return TlsTransport(sock, context, name, self._url.netloc)
        except ValueError as error:
            raise DialError(
                FaultKind.TLS,
                "Server name",
                f"“{name}” cannot be a server name for TLS; correct it in the TLS settings.",
                permanent=True,
                field="server_name",
            ) from error

    def _names(self, context: ssl.SSLContext) -> tuple[str, ...]:
        """The names in the broker's certificate, so that the user sees what to write instead.

        OpenSSL drops the certificate it refused, so the broker is asked once more, checking all but the name. Nothing is sent
        over that connection.
        """
        context.check_hostname = False
        # A broker that is slow now must not turn the clear fault we have into a timeout.
        self._deadline = min(self._deadline - 0.1, time.monotonic() + NAMES_S)
        try:
            sock = self._connect(self._resolve())
        except DialError:
            return ()
        try:
            transport = self._tls(sock, context)
            transport.handshake(lambda write: self._wait(sock.fileno(), write=write))
            listed = transport.peer_certificate().get("subjectAltName", ())
        except (OSError, DialError):
            return ()
        finally:
            close_quietly(sock)
        return tuple(value for _, value in listed) if isinstance(listed, tuple) else ()


def _alternate(addresses: list[_Address]) -> list[_Address]:
    """Takes turns between the address families, the system's first choice first (RFC 8305 section 4)."""
    first = [address for address in addresses if address[0] == addresses[0][0]]
    other = [address for address in addresses if address[0] != addresses[0][0]]
    pairs = itertools.zip_longest(first, other)
    return [address for pair in pairs for address in pair if address is not None]


def _start(family: int, sockaddr: tuple[object, ...]) -> socket.socket:
    """A socket on its way to an address; raises OSError when that fails at once."""
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if receive_buffer_allowed():
            # Before connect: the window scale is agreed in the SYN.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        sock.connect(sockaddr)
    except BlockingIOError:
        pass  # under way
    except BaseException:
        sock.close()
        raise
    return sock


def receive_buffer_allowed() -> bool:
    """True where the kernel grants a large receive buffer.

    A broker drops QoS 0 to slow readers, and a large buffer gives us time. Clipped to a small maximum it would switch the
    kernel's own tuning off and do harm.
    """
    try:
        return int(_RMEM_MAX.read_text()) >= _WORTH_IT
    except (OSError, ValueError):
        return False


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
