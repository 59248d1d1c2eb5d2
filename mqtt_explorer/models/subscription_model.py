# SPDX-License-Identifier: MIT
"""The subscriptions of a connection: what was asked, what was granted, and the refusal in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QModelIndex, QObject, Qt

from mqtt_explorer.models.roles import KIND_ROLE, RAW_ROLE
from mqtt_explorer.models.table import NOWHERE, Index, TableModel
from mqtt_explorer.models.wording import translate

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt_explorer.network.subscriptions import SubscriptionRow, SubscriptionTable


FILTER, QOS, STATE = range(3)
_KINDS: Final = {"granted": "ok", "refused": "error", "lost": "warn"}


class SubscriptionModel(TableModel):
    """Shows a SubscriptionTable in its own order.

    Granted QoS stands beside the requested one; a downgrade is coloured as needing attention.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__((translate("Filter"), translate("QoS"), translate("State")), parent)
        self._table: SubscriptionTable | None = None
        self._rows: list[SubscriptionRow] = []
        self._places: dict[SubscriptionRow, int] = {}
        self._disconnect: Callable[[], None] | None = None

    def set_table(self, table: SubscriptionTable | None) -> None:
        """Shows another connection's subscriptions, or nothing."""
        if self._disconnect is not None:
            self._disconnect()
        self.beginResetModel()
        self._table = table
        self._rows = list(table.rows) if table is not None else []
        self._places = {row: at for at, row in enumerate(self._rows)}
        self.endResetModel()
        self._disconnect = table.changed.connect(self._on_changed) if table is not None else None

    def row(self, number: int) -> SubscriptionRow | None:
        """The subscription of a row."""
        return self._rows[number] if 0 <= number < len(self._rows) else None

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Subscriptions shown."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts and paint roles of one cell."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            if column == FILTER:
                return row.filter_text
            return _qos_text(row) if column == QOS else row.sentence
        if role == RAW_ROLE:
            return row
        if role == KIND_ROLE:
            return _kind(row, column)
        return None

    def _on_changed(self, row: SubscriptionRow | None) -> None:
        """A row changed, or with None: rows came or went. A change and a new row cost the same however many there are."""
        if row is None:
            self._follow()
        elif (at := self._places.get(row)) is not None:
            self.dataChanged.emit(self.index(at, 0), self.index(at, STATE))

    def _follow(self) -> None:
        rows = self._table.rows if self._table is not None else []
        known = len(self._rows)
        if len(rows) <= known or (known and rows[known - 1] is not self._rows[-1]):
            self._remove_gone(rows)
            known = len(self._rows)
        # The table appends: what is new stands behind what we know.
        fresh = rows[known:]
        if fresh:
            self.beginInsertRows(QModelIndex(), known, known + len(fresh) - 1)
            self._rows += fresh
            self._places.update((row, known + at) for at, row in enumerate(fresh))
            self.endInsertRows()

    def _remove_gone(self, rows: list[SubscriptionRow]) -> None:
        left = set(rows)
        for at in range(len(self._rows) - 1, -1, -1):
            if self._rows[at] not in left:
                self.beginRemoveRows(QModelIndex(), at, at)
                del self._rows[at]
                self._places = {row: place for place, row in enumerate(self._rows)}
                self.endRemoveRows()


def _qos_text(row: SubscriptionRow) -> str:
    """What was asked, and behind an arrow what was granted where it differs: "1", "2 → 1", "1 → –"."""
    asked = row.subscription.qos
    if row.state == "refused":
        return f"{asked} → –"
    granted = row.granted_qos
    return str(asked) if granted is None or granted == asked else f"{asked} → {granted}"


def _kind(row: SubscriptionRow, column: int) -> str | None:
    if column == FILTER:
        return "text"
    if column == QOS:
        return "warn" if row.lowered or row.state == "refused" else "text"
    return "warn" if row.lowered else _KINDS.get(row.state, "muted")
