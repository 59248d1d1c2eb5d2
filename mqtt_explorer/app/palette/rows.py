# SPDX-License-Identifier: MIT
"""The palette's rows: a heading for each kind, and under it its entries; and how they are painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPointF, QRect, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem

from mqtt_explorer.app.palette.entry import Entry, Kind
from mqtt_explorer.models.roles import HITS_ROLE, ICON_ROLE, NOTE_ROLE
from mqtt_explorer.widgets.delegates import PAD, Column, Index, RowDelegate
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP
from mqtt_explorer.widgets.views import ListView

ENTRY_ROLE: Final = Qt.ItemDataRole.UserRole + 100
"""The Entry of a row; None for a heading."""

_ICONS: Final = {
    Kind.RECENT: "history",
    Kind.COMMAND: "palette",
    Kind.BROKER: "broker",
    Kind.SETTING: "settings",
    Kind.TOPIC: "topic",
}
_ROW: Final = 28
_NO_PARENT: Final = QModelIndex()


@dataclass(frozen=True, slots=True)
class Heading:
    """Stands above the entries of one kind; `note` says how many there are."""

    title: str
    note: str = ""


class PaletteModel(QAbstractListModel):
    """Headings and entries; headings cannot be chosen."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.rows: list[Heading | Entry] = []

    def set_rows(self, rows: list[Heading | Entry]) -> None:
        """Shows other rows."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def entry(self, row: int) -> Entry | None:
        """The entry of a row; None for a heading, or where there is no row."""
        found = self.rows[row] if 0 <= row < len(self.rows) else None
        return found if isinstance(found, Entry) else None

    def places(self) -> list[int]:
        """The rows that can be chosen."""
        return [row for row, each in enumerate(self.rows) if isinstance(each, Entry)]

    def row_of(self, identity: str) -> int | None:
        """Where the entry for that thing stands."""
        for row, each in enumerate(self.rows):
            if isinstance(each, Entry) and each.identity == identity:
                return row
        return None

    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.entry(index.row()) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not 0 <= index.row() < len(self.rows):
            return None
        row = self.rows[index.row()]
        if isinstance(row, Heading):
            return row.title if role == Qt.ItemDataRole.DisplayRole else None
        if role == ENTRY_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == NOTE_ROLE:
            return row.detail or None
        if role == HITS_ROLE:
            return row.spans or None
        if role == ICON_ROLE:
            return _ICONS[row.kind]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(one_line(part) for part in (row.title, row.detail, row.shortcut) if part)
        return None


class PaletteDelegate(RowDelegate):
    """Headings small and muted with their note at the right; of entries the keys stand there. Topics have the fixed font."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__((Column(name=True, hits=True, icon=True),), _ROW, parent)
        self._topics = RowDelegate((Column(name=True, hits=True, icon=True, mono=True),), _ROW, parent)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        row = model.rows[index.row()] if isinstance(model, PaletteModel) else None
        rect = QRect(option.rect)  # type: ignore[attr-defined]
        if isinstance(row, Heading):
            base = rect.bottom() - 7  # nearer to what it heads
            self._draw_right(painter, rect, row.note, base)
            painter.setFont(theme().small_font(semibold=True))
            painter.setPen(theme().color("muted"))
            painter.drawText(QPointF(rect.x() + PAD, base), row.title.upper())
            return
        if not isinstance(row, Entry):
            return
        taken = self._draw_right(painter, rect, row.shortcut)
        narrowed = QStyleOptionViewItem(option)
        narrowed.rect = rect.adjusted(0, 0, -taken, 0)  # type: ignore[attr-defined]
        if row.kind in (Kind.RECENT, Kind.TOPIC):
            self._topics.paint(painter, narrowed, index)
        else:
            super().paint(painter, narrowed, index)

    @staticmethod
    def _draw_right(painter: QPainter, rect: QRect, text: str, base: float | None = None) -> int:
        """Small and muted at the right end, in the middle or on a base line; what it takes, in pixels."""
        if not text:
            return 0
        font = theme().small_font()
        metrics = QFontMetricsF(font)
        width = round(metrics.horizontalAdvance(text))
        painter.setFont(font)
        painter.setPen(theme().color("muted"))
        if base is None:
            base = rect.y() + (rect.height() + metrics.capHeight()) / 2
        painter.drawText(QPointF(rect.right() - PAD - width, base), text)
        return width + PAD + GAP


class PaletteList(ListView):
    """The list under the palette's line, which keeps the focus. The pointer marks nothing on headings."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(Column(name=True, hits=True, icon=True), parent, row_height=_ROW)
        self._delegate = PaletteDelegate(self)
        self.setItemDelegate(self._delegate)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)  # the card's own ground
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _set_hover(self, index: QModelIndex) -> None:
        super()._set_hover(index if index.flags() & Qt.ItemFlag.ItemIsEnabled else QModelIndex())
