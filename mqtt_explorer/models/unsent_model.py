# SPDX-License-Identifier: MIT
"""What has not reached the broker, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt

from mqtt_explorer.models import wording
from mqtt_explorer.models.table import NOWHERE, Index, TableModel
from mqtt_explorer.models.wording import translate

if TYPE_CHECKING:
    from mqtt_explorer.network.unsent import Unsent

TOPIC, QOS, SIZE, BROKER, STATE = range(5)


class UnsentModel(TableModel):
    """Topic, QoS, size, broker and state of each message."""

    def __init__(self, parent: QObject | None = None) -> None:
        heads = tuple(translate(head) for head in ("Topic", "QoS", "Size", "Broker", "State"))
        super().__init__(heads, parent, right={SIZE})
        self._rows: tuple[tuple[str, Unsent], ...] = ()

    def set_rows(self, rows: Sequence[tuple[str, Unsent]]) -> None:
        """Shows these messages, each with its broker's title."""
        if tuple(rows) != self._rows:
            self.beginResetModel()
            self._rows = tuple(rows)
            self.endResetModel()

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Messages shown."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts of one cell."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        title, row = self._rows[index.row()]
        match index.column():
            case 0:
                return row.topic
            case 1:
                return str(row.qos)
            case 2:
                return wording.size(row.size)
            case 3:
                return title
            case _:
                return translate(row.state.value)
