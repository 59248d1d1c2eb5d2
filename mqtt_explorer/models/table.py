# SPDX-License-Identifier: MIT
"""What the flat tables share: named columns and no children."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Index = QModelIndex | QPersistentModelIndex

NOWHERE: Final = QModelIndex()


class TableModel(QAbstractTableModel):
    """A table with these column heads; those of `right` columns stand at the right."""

    def __init__(
        self, heads: Sequence[str], parent: QObject | None = None, *, right: Collection[int] = ()
    ) -> None:
        super().__init__(parent)
        self._heads = tuple(heads)
        self._right = frozenset(right)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """One for each head."""
        return 0 if parent.isValid() else len(self._heads)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Column heads."""
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(self._heads):
            if role == Qt.ItemDataRole.DisplayRole:
                return self._heads[section]
            if role == Qt.ItemDataRole.TextAlignmentRole and section in self._right:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None
