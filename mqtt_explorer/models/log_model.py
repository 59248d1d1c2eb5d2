# SPDX-License-Identifier: MIT
"""The log of a connection: states, refusals, malformed messages, errors."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal

from mqtt_explorer.models import wording
from mqtt_explorer.models.roles import ICON_ROLE, KIND_ROLE, RAW_ROLE
from mqtt_explorer.models.table import NOWHERE, Index, TableModel
from mqtt_explorer.models.wording import translate

if TYPE_CHECKING:
    from mqtt_explorer.models.frame_clock import FrameClock
    from mqtt_explorer.store.log_book import LogBook, LogEntry


TIME, TITLE, TEXT = range(3)
_LOOKS: Final = {
    "state": ("connect:muted", "text"),
    "refusal": ("forbidden:error", "error"),
    "malformed": ("warning:warn", "warn"),
    "error": ("error:error", "error"),
    "lowered": ("warning:warn", "warn"),
}
"""Icon and colour of each kind of entry."""


class LogModel(TableModel):
    """Shows a LogBook, oldest first; takes what was appended once a frame.

    A flood of malformed messages fills the book thousands of times a second: the model follows the book's own
    count and never counts events.

    Signals:
        fallen_out_changed(int): So many of the oldest entries are no longer kept.
    """

    fallen_out_changed = Signal(int)

    def __init__(self, clock: FrameClock, parent: QObject | None = None) -> None:
        super().__init__((translate("Time"), translate("What"), translate("Details")), parent)
        self._book: LogBook | None = None
        self._entries: list[LogEntry] = []
        self._fallen_out = 0
        self._paused = False
        clock.tick.connect(self.refresh)

    @property
    def fallen_out(self) -> int:
        """How many of the oldest entries are no longer kept."""
        return self._fallen_out

    def set_book(self, book: LogBook | None) -> None:
        """Shows another log, or nothing."""
        self.beginResetModel()
        self._book = book
        self._entries = list(book.entries) if book is not None else []
        self._fallen_out = book.dropped if book is not None else 0
        self.endResetModel()
        self.fallen_out_changed.emit(self._fallen_out)

    def set_paused(self, paused: bool) -> None:
        """Freezes the list, or goes on."""
        self._paused = paused
        if not paused:
            self.refresh()

    def entry(self, row: int) -> LogEntry | None:
        """The entry of a row."""
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def refresh(self) -> None:
        """Takes over what the book gained and lost; the frame clock calls it, and whoever shows the log while it stands."""
        book = self._book
        if book is None or self._paused:
            return
        lost = book.dropped - self._fallen_out
        gained = book.total - self._fallen_out - len(self._entries)
        if not lost and not gained:
            return
        if lost and lost >= len(self._entries):
            self.set_book(book)
            return
        if gained:
            first = len(self._entries)
            fresh = list(islice(book.entries, len(book.entries) - gained, None))
            self.beginInsertRows(QModelIndex(), first, first + gained - 1)
            self._entries += fresh
            self.endInsertRows()
        if lost:
            self.beginRemoveRows(QModelIndex(), 0, lost - 1)
            del self._entries[:lost]
            self._fallen_out = book.dropped
            self.endRemoveRows()
            self.fallen_out_changed.emit(self._fallen_out)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Entries shown."""
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts and paint roles of one cell."""
        if not index.isValid() or index.row() >= len(self._entries):
            return None
        entry, column = self._entries[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return (wording.clock_time(entry.wall_ns), entry.title, entry.text)[column]
        if role == RAW_ROLE:
            return entry
        icon, kind = _LOOKS[entry.kind]
        if role == ICON_ROLE:
            return icon if column == TITLE else None
        if role == KIND_ROLE:
            return kind if column == TITLE else "muted"
        return None
