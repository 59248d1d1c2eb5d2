# SPDX-License-Identifier: MIT
"""Readiness of sockets on any asyncio loop.

Windows' Proactor loop, and with it qasync's there, has no `add_reader`. Then one daemon thread selects and only signals
readiness; reading itself stays in the loop. A signalled socket is not watched again until its callback has run, so the thread
never spins.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import threading
import weakref
from collections.abc import Callable

from mqtt_explorer.network.transport import close_quietly

#: Set to 1 to use the selector thread where the loop could do without (for tests and for hunting faults).
FORCE_THREAD = "MQTT_EXPLORER_QT_SELECTOR_THREAD"

_bridges: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, LoopBridge] = weakref.WeakKeyDictionary()


class LoopBridge:
    """`add_reader` and its kin, with the loop's own where it has them.

    Callbacks run in the loop, level-triggered: they come again while the socket is ready.
    """

    def __init__(self, *, force_thread: bool | None = None) -> None:
        self._loop = weakref.ref(asyncio.get_running_loop())
        if force_thread is None:
            force_thread = os.environ.get(FORCE_THREAD, "") == "1"
        self._thread: _SelectorThread | None = None
        if force_thread:
            self._use_thread()

    @classmethod
    def of_running_loop(cls) -> LoopBridge:
        """The one bridge of the running loop: all connections share one thread where one is needed."""
        loop = asyncio.get_running_loop()
        bridge = _bridges.get(loop)
        if bridge is None:
            bridge = _bridges[loop] = cls()
        return bridge

    def add_reader(self, fd: int, callback: Callable[[], object]) -> None:
        """Calls `callback` while the socket is readable; replaces an earlier one."""
        self._add(_READ, fd, callback)

    def add_writer(self, fd: int, callback: Callable[[], object]) -> None:
        """Calls `callback` while the socket is writable; replaces an earlier one."""
        self._add(_WRITE, fd, callback)

    def remove_reader(self, fd: int) -> bool:
        """Stops watching; False when nothing was watched. Call it before the socket is closed."""
        return self._remove(_READ, fd)

    def remove_writer(self, fd: int) -> bool:
        """Stops watching; False when nothing was watched. Call it before the socket is closed."""
        return self._remove(_WRITE, fd)

    def _add(self, kind: int, fd: int, callback: Callable[[], object]) -> None:
        if self._thread is None:
            loop = self._running()
            try:
                (loop.add_reader if kind == _READ else loop.add_writer)(fd, callback)
            except NotImplementedError:
                self._use_thread()
            else:
                return
        assert self._thread is not None
        self._thread.watch(kind, fd, callback)

    def _remove(self, kind: int, fd: int) -> bool:
        if self._thread is not None:
            return self._thread.forget(kind, fd)
        loop = self._loop()
        if loop is None or loop.is_closed():
            return False
        try:
            return bool((loop.remove_reader if kind == _READ else loop.remove_writer)(fd))
        except NotImplementedError:
            return False

    def _use_thread(self) -> None:
        self._thread = _SelectorThread(self._running())

    def _running(self) -> asyncio.AbstractEventLoop:
        loop = self._loop()
        if loop is None:
            raise RuntimeError("the loop of this bridge is gone")
        return loop


_READ, _WRITE = 0, 1


class _Watch:
    """One registration; `armed` while the thread watches for it."""

    __slots__ = ("armed", "callback", "fd", "kind")

    def __init__(self, kind: int, fd: int, callback: Callable[[], object]) -> None:
        self.kind = kind
        self.fd = fd
        self.callback = callback
        self.armed = True


class _SelectorThread:
    """Selects in a daemon thread that lives while something is watched."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self._lock = threading.Lock()
        self._watches: tuple[dict[int, _Watch], dict[int, _Watch]] = ({}, {})
        self._wake: socket.socket | None = None  # our end; None while no thread runs

    def watch(self, kind: int, fd: int, callback: Callable[[], object]) -> None:
        """Adds or replaces a registration."""
        if fd < 0:
            raise ValueError(f"Invalid file descriptor: {fd}")
        with self._lock:
            self._watches[kind][fd] = _Watch(kind, fd, callback)
            if self._wake is None:
                ours, theirs = socket.socketpair()
                ours.setblocking(False)
                theirs.setblocking(False)
                self._wake = ours
                threading.Thread(
                    target=self._run, args=(theirs,), name="socket readiness", daemon=True
                ).start()
            else:
                self._poke()

    def forget(self, kind: int, fd: int) -> bool:
        """Removes a registration."""
        with self._lock:
            known = self._watches[kind].pop(fd, None) is not None
            self._poke()
            return known

    def _poke(self) -> None:
        """Makes the thread look at the registrations again; the lock is held."""
        if self._wake is not None:
            try:
                self._wake.send(b"x")
            except BlockingIOError:
                pass  # enough wake-ups wait already

    def _run(self, woken: socket.socket) -> None:
        while True:
            with self._lock:
                if not (self._watches[_READ] or self._watches[_WRITE]):
                    self._end(woken)
                    return
                armed = [[w for w in watches.values() if w.armed] for watches in self._watches]
            ready = _select(woken, armed[_READ], armed[_WRITE])
            try:
                while woken.recv(4096):
                    pass
            except BlockingIOError:
                pass  # all wake-ups taken
            if not self._signal(ready):
                with self._lock:
                    self._watches[_READ].clear()
                    self._watches[_WRITE].clear()

    def _signal(self, ready: list[_Watch]) -> bool:
        loop = self._loop()
        if loop is None:
            return False
        for watch in ready:
            watch.armed = False
            try:
                loop.call_soon_threadsafe(self._fire, watch)
            except RuntimeError:  # the loop is closed
                return False
        return True

    def _fire(self, watch: _Watch) -> None:
        """In the loop: runs a callback and watches again, unless it was removed or replaced meanwhile."""
        if self._watches[watch.kind].get(watch.fd) is not watch:
            return
        try:
            watch.callback()
        finally:
            with self._lock:
                if self._watches[watch.kind].get(watch.fd) is watch:
                    watch.armed = True
                    self._poke()

    def _end(self, woken: socket.socket) -> None:
        """Closes the wake-up pair; the lock is held, so the next `watch` starts a new thread."""
        if self._wake is not None:
            close_quietly(self._wake)
        self._wake = None
        close_quietly(woken)


def _select(woken: socket.socket, readers: list[_Watch], writers: list[_Watch]) -> list[_Watch]:
    reads = {watch.fd: watch for watch in readers}
    writes = {watch.fd: watch for watch in writers}
    try:
        # The third set: Windows tells a failed connection there only.
        readable, writable, failed = select.select([woken.fileno(), *reads], [*writes], [*writes])
    except (OSError, ValueError):
        # A socket was closed before it was removed. Its callback finds out; the others are asked next time.
        return [watch for watch in (*readers, *writers) if _is_gone(watch.fd)]
    return [reads[fd] for fd in readable if fd in reads] + [writes[fd] for fd in {*writable, *failed}]


def _is_gone(fd: int) -> bool:
    try:
        select.select([fd], [], [], 0)
    except (OSError, ValueError):
        return True
    return False
