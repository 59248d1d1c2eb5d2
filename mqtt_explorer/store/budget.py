# SPDX-License-Identifier: MIT
"""The one memory budget: what all connections together may keep, in estimated memory rather than payload bytes."""

from __future__ import annotations

import asyncio
import os
import sys
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from mqtt_explorer.store.collector import Collector

if TYPE_CHECKING:
    from mqtt_explorer.store.topic_tree import Stamp

#: How long one round of evictions may hold the loop.
SLICE_S = 0.006

_FALLBACK_MEMORY = 4 << 30
_LARGEST_DEFAULT = 4 << 30
_PAYLOADS_PER_STEP = 256


def machine_memory() -> int:
    """The machine's memory in bytes; 4 GiB where the system does not tell."""
    if sys.platform == "win32":
        return _windows_memory()
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return _FALLBACK_MEMORY


def _windows_memory() -> int:
    import ctypes

    class MemoryStatus(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_uint32),
            ("load", ctypes.c_uint32),
            ("total_physical", ctypes.c_uint64),
            ("rest", ctypes.c_uint64 * 6),
        )

    status = MemoryStatus()
    status.length = ctypes.sizeof(status)
    kernel32 = getattr(ctypes, "windll").kernel32  # noqa: B009 – the attribute exists on Windows alone
    if not kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return _FALLBACK_MEMORY
    return int(status.total_physical)


def default_limit() -> int:
    """A quarter of the machine's memory, at most 4 GiB; in bytes."""
    return min(machine_memory() // 4, _LARGEST_DEFAULT)


class Member(Protocol):
    """What the budget asks of a store."""

    def oldest_history(self) -> Stamp | None:
        """When the oldest message of the history arrived; None when there is no history."""

    def evict_history(self) -> None:
        """Lets the oldest segment of the history go."""

    def oldest_last_payload(self) -> Stamp | None:
        """When the oldest last payload arrived whose message left the history; None when there is none."""

    def evict_last_payloads(self, wanted_bytes: int, limit: int) -> None:
        """Takes the oldest last payloads back: until so many bytes are free, at most `limit` of them."""


class Budget:
    """One per process, shared by all connections.

    Oldest history goes first, across connections (to within one segment of the log); then the oldest last payloads; when nothing is
    left to take, the budget is `full`: new topics are counted but not added.

    Attributes:
        limit_bytes: May be set at any time; what is too much then goes in slices, see `enforce`.
        used_bytes: Estimated memory of all stores. Stores keep it up to date.
        collector: The garbage collector's policy of this process.
    """

    def __init__(self, limit_bytes: int | None = None) -> None:
        self.limit_bytes = default_limit() if limit_bytes is None else limit_bytes
        self.used_bytes = 0
        self.collector = Collector()
        self._exhausted = False
        self._members: list[Member] = []

    @property
    def full(self) -> bool:
        """The limit is passed and nothing is left to evict: there is no room for new topics."""
        return self._exhausted and self.used_bytes > self.limit_bytes

    def register(self, member: Member) -> None:
        """Takes a store in."""
        self._members.append(member)

    def unregister(self, member: Member) -> None:
        """Forgets a store; it has given its share of `used_bytes` back, or does so as it closes."""
        self._members.remove(member)

    def enforce(self, slice_s: float = SLICE_S) -> bool:
        """Evicts until the limit holds, for at most about `slice_s` seconds.

        Returns:
            False when time was up first: call again (every received batch does).
        """
        deadline = perf_counter() + slice_s
        while self.used_bytes > self.limit_bytes:
            if not self._evict_some():
                self._exhausted = True
                return True
            if perf_counter() >= deadline:
                break
        self._exhausted = False
        return self.used_bytes <= self.limit_bytes

    async def set_limit(self, limit_bytes: int) -> None:
        """Changes the limit and evicts what is too much, giving the loop its turn after every slice."""
        self.limit_bytes = limit_bytes
        while not self.enforce():
            await asyncio.sleep(0)

    def _evict_some(self) -> bool:
        oldest: Member | None = None
        oldest_ns = 0
        for member in self._members:
            stamp = member.oldest_history()
            if stamp is not None and (oldest is None or stamp.mono_ns < oldest_ns):
                oldest, oldest_ns = member, stamp.mono_ns
        if oldest is not None:
            oldest.evict_history()
            return True
        for member in self._members:
            stamp = member.oldest_last_payload()
            if stamp is not None and (oldest is None or stamp.mono_ns < oldest_ns):
                oldest, oldest_ns = member, stamp.mono_ns
        if oldest is not None:
            oldest.evict_last_payloads(self.used_bytes - self.limit_bytes, _PAYLOADS_PER_STEP)
            return True
        return False
