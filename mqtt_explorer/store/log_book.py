# SPDX-License-Identifier: MIT
"""What happened on a connection besides messages: states, refusals, malformed packets, errors."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from mqtt_explorer.events import Event

_KEPT = 2_000
#: Raw bytes of malformed packets kept; 2,000 of 64 KiB each would be 128 MB outside the memory budget.
_KEPT_RAW = 16 * 1024 * 1024


class LogKind(enum.StrEnum):
    """What an entry tells of."""

    STATE = "state"
    REFUSAL = "refusal"
    MALFORMED = "malformed"
    ERROR = "error"
    LOWERED = "lowered"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the log.

    Attributes:
        number: Counted from 0 over the life of the connection.
        wall_ns: When, ns since the epoch.
        kind: What it tells of.
        title: A short headline.
        text: One sentence.
        raw: The bytes of a malformed packet (at most 64 KiB), else None.
    """

    number: int
    wall_ns: int
    kind: LogKind
    title: str
    text: str
    raw: bytes | None = None


class LogBook:
    """A bounded list of entries that says how many fell out.

    Events:
        appended: With the newest entry, once per `add` or `add_many`. A view must not redraw for each: a hostile peer sends thousands a second.
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self.entries: deque[LogEntry] = deque(maxlen=kept)
        self.appended: Event[LogEntry] = Event()
        self.total = 0
        self._raw_bytes = 0

    @property
    def dropped(self) -> int:
        """Entries that fell out because the book was full."""
        return self.total - len(self.entries)

    def add(self, wall_ns: int, kind: LogKind, title: str, text: str, raw: bytes | None = None) -> None:
        """Writes one entry."""
        self.appended.emit(self._append(wall_ns, kind, title, text, raw))

    def add_many(
        self, wall_ns: int, kind: LogKind, title: str, notes: Sequence[tuple[str, bytes | None]]
    ) -> None:
        """Writes an entry for each pair of text and raw bytes; those that would fall out at once are counted only."""
        if not notes:
            return
        fits = self.entries.maxlen or len(notes)
        if len(notes) > fits:
            self.total += len(notes) - fits
            notes = notes[-fits:]
        for text, raw in notes:
            entry = self._append(wall_ns, kind, title, text, raw)
        self.appended.emit(entry)

    def _append(self, wall_ns: int, kind: LogKind, title: str, text: str, raw: bytes | None) -> LogEntry:
        entry = LogEntry(self.total, wall_ns, kind, title, text, raw)
        self.total += 1
        self._raw_bytes += len(raw or b"")
        while self.entries and (len(self.entries) == self.entries.maxlen or self._raw_bytes > _KEPT_RAW):
            self._raw_bytes -= len(self.entries.popleft().raw or b"")
        self.entries.append(entry)
        return entry
