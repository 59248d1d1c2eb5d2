# SPDX-License-Identifier: MIT
"""Which kinds of entries are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel

from mqtt_explorer.models.log_model import LogModel
from mqtt_explorer.store.log_book import LogKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mqtt_explorer.store.log_book import LogEntry

ALL_KINDS: Final = frozenset(LogKind)


class LogFilter(QSortFilterProxyModel):
    """The entries of some kinds, in their order; for other kinds make another one."""

    def __init__(self, source: LogModel, kinds: Iterable[LogKind], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._log = source
        self._kinds = frozenset(kinds)
        self.setSourceModel(source)

    def entry(self, row: int) -> LogEntry | None:
        """The entry of a row of this model."""
        return self._log.entry(self.mapToSource(self.index(row, 0)).row())

    def filterAcceptsRow(self, source_row: int, source_parent: QModelIndex | QPersistentModelIndex) -> bool:
        entry = self._log.entry(source_row)
        return entry is not None and entry.kind in self._kinds
