# SPDX-License-Identifier: MIT
"""A payload as rows of bytes; only the rows a view shows are made."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Qt

from mqtt_explorer.models.roles import KIND_ROLE
from mqtt_explorer.models.table import NOWHERE, Index, TableModel
from mqtt_explorer.models.wording import translate
from mqtt_explorer.payload.hex_format import HexRows

OFFSET, BYTES, ASCII = range(3)


class HexModel(TableModel):
    """Offset, bytes and ASCII of each row of a payload."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__((translate("Offset"), translate("Bytes"), translate("ASCII")), parent)
        self._rows = HexRows(b"")

    def set_payload(self, payload: bytes) -> None:
        """Shows other bytes."""
        if payload is self._rows.payload:
            return
        self.beginResetModel()
        self._rows = HexRows(payload, self._rows.width)
        self.endResetModel()

    def set_width(self, width: int) -> None:
        """Puts so many bytes in a row."""
        if width != self._rows.width:
            self.beginResetModel()
            self._rows = HexRows(self._rows.payload, width)
            self.endResetModel()

    def line(self, row: int) -> str:
        """One row as text: offset, bytes, ASCII."""
        return self._rows.line(row)

    @property
    def width(self) -> int:
        """Bytes in a row."""
        return self._rows.width

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """One row for each sixteen bytes, or what `set_width` said."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts of one row; the offset and what is no text are quiet."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            row = self._rows.row(index.row())
            return (f"{row.offset:08x}", row.hex, row.ascii)[index.column()]
        if role == KIND_ROLE:
            return ("muted", "text", "string")[index.column()]
        return None
