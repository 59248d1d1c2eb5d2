# SPDX-License-Identifier: MIT
"""Looking at a receiver from outside: what it has taken out of its socket, its processor time, its memory."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]

# Linux sock_diag(7): NETLINK_SOCK_DIAG, and the fields of struct tcp_info that its INET_DIAG_INFO attribute holds.
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST, _NLM_F_DUMP = 0x1, 0x300
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_INET_DIAG_INFO = 2
_TCP_ESTABLISHED = 1
_BYTES_RECEIVED_AT = 128
_HEADER, _MESSAGE = 16, 72

SAMPLE_S = 0.005
SLACK_BYTES = 64
"""Fewer bytes than this are a keep-alive, not a message."""


@dataclass(frozen=True)
class TcpSocket:
    """One established connection as the kernel sees it; `consumed` is what the program has read, in bytes."""

    inode: int
    remote_port: int
    consumed: int


def established_sockets(remote_port: int) -> list[TcpSocket]:
    """All connections of this machine to a port of 127.0.0.1 (IPv4)."""
    request = struct.pack(
        "=BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 1 << (_INET_DIAG_INFO - 1), 1 << _TCP_ESTABLISHED
    )
    request += struct.pack("!HH", 0, remote_port) + bytes(44)
    head = struct.pack(
        "=IHHII", _HEADER + len(request), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST | _NLM_F_DUMP, 1, 0
    )
    found: list[TcpSocket] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as netlink:
        netlink.sendall(head + request)
        while True:
            data = netlink.recv(65_536)
            at = 0
            while at < len(data):
                size, kind = struct.unpack_from("=IH", data, at)
                if kind == _NLMSG_DONE:
                    return found
                if kind == _NLMSG_ERROR:
                    raise OSError("the kernel does not answer socket diagnostics (sock_diag)")
                entry = _parse(data[at + _HEADER : at + size])
                if entry is not None and entry.remote_port == remote_port:
                    found.append(entry)
                at += (size + 3) & ~3


def _parse(message: bytes) -> TcpSocket | None:
    (remote_port,) = struct.unpack_from("!H", message, 6)
    _expires, unread, _wqueue, _uid, inode = struct.unpack_from("=IIIII", message, 52)
    at = _MESSAGE
    while at + 4 <= len(message):
        size, kind = struct.unpack_from("=HH", message, at)
        if kind == _INET_DIAG_INFO:
            (received,) = struct.unpack_from("=Q", message, at + 4 + _BYTES_RECEIVED_AT)
            return TcpSocket(inode, remote_port, received - unread)
        at += (size + 3) & ~3
    return None


def _socket_inodes(pid: int) -> set[int]:
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(entry)
        except OSError:
            continue  # closed in the meantime
        if target.startswith("socket:["):
            inodes.add(int(target[8:-1]))
    return inodes


class SocketMeter:
    """Follows how much processes have read from their connections to brokers."""

    def __init__(self, *connections: tuple[int, int]) -> None:
        """Takes pairs of a process id and the port of a broker; what they have read is added up."""
        self._connections = connections
        self._inodes: dict[tuple[int, int], int] = {}

    def consumed(self) -> int:
        """Bytes read so far; 0 before there is a connection."""
        return sum(self._consumed(pid, port) for pid, port in self._connections)

    def _consumed(self, pid: int, port: int) -> int:
        sockets = {entry.inode: entry.consumed for entry in established_sockets(port)}
        if self._inodes.get((pid, port)) not in sockets:
            own = sockets.keys() & _socket_inodes(pid) if sockets else set()
            if not own:
                return 0
            self._inodes[pid, port] = own.pop()
        return sockets[self._inodes[pid, port]]


@dataclass
class Flow:
    """When bytes were read: pairs of a monotonic time (s) and a total (bytes)."""

    samples: list[tuple[float, int]] = field(default_factory=list)

    @property
    def first_byte(self) -> float:
        """When anything was read: the CONNACK, where the recording began before it."""
        base = self.samples[0][1]
        return next((t for t, total in self.samples if total > base), self.samples[0][0])

    @property
    def begin(self) -> float:
        """When the first message was read."""
        base = self.samples[0][1]
        return next((t for t, total in self.samples if total > base + SLACK_BYTES), self.samples[0][0])

    @property
    def end(self) -> float:
        """When the last message was read."""
        final = self.samples[-1][1]
        return next(t for t, total in self.samples if total >= final - SLACK_BYTES)

    @property
    def seconds(self) -> float:
        """From the first to the last message."""
        return self.end - self.begin


def record_flow(
    meter: SocketMeter,
    *,
    busy: Callable[[], bool] | None = None,
    least_s: float = 0.0,
    quiet_s: float,
    timeout_s: float,
) -> Flow:
    """Samples a connection until nothing has been read for `quiet_s` seconds.

    Args:
        meter: What is sampled.
        busy: While it says True, silence is not the end.
        least_s: Sample at least so long.
        quiet_s: How much silence is the end.
        timeout_s: How long to wait for that.

    Raises:
        TimeoutError: It did not become quiet in time.
    """
    flow = Flow()
    begin = last_growth = time.monotonic()
    seen = 0
    while True:
        now, total = time.monotonic(), meter.consumed()
        flow.samples.append((now, total))
        if total > seen + SLACK_BYTES:
            seen, last_growth = total, now
        elif now - last_growth > quiet_s and now - begin > least_s and not (busy and busy()):
            return flow
        if now - begin > timeout_s:
            raise TimeoutError(f"the flow did not end within {timeout_s} s")
        time.sleep(SAMPLE_S)


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float) -> None:
    """Polls a condition.

    Raises:
        TimeoutError: It did not come true in time; the text names `what`.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_s} s in vain for {what}")
        time.sleep(0.01)


def cpu_seconds(process: psutil.Process) -> float:
    """User and system time the process has used so far."""
    times = process.cpu_times()
    return float(times.user + times.system)
