# SPDX-License-Identifier: MIT
"""The card that says what the bytes at the cursor mean: numbers, times, a character, bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QMenu, QSizePolicy, QWidget

from mqtt_explorer.models.roles import KIND_ROLE
from mqtt_explorer.models.table import NOWHERE, Index, TableModel
from mqtt_explorer.payload.readings import NOTHING, Reading, readings
from mqtt_explorer.widgets.buttons import SegmentedControl, push_button
from mqtt_explorer.widgets.cards import Card, Elided
from mqtt_explorer.widgets.delegates import PAD, Column
from mqtt_explorer.widgets.icons import icon
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_XS
from mqtt_explorer.widgets.views import TableView, menu_place

_ROW: Final = 21
_NAMES: Final = "uint16 × 4"
"""The widest name."""
_LEAST_ROWS: Final = 3
NAME, VALUE = range(2)


class ReadingModel(TableModel):
    """A row for each reading."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(("", ""), parent)
        self._rows: tuple[Reading, ...] = ()

    def set_readings(self, rows: Sequence[Reading]) -> None:
        """Shows other readings; only the last ones may come and go."""
        before, now = len(self._rows), len(rows)
        if now > before:
            self.beginInsertRows(NOWHERE, before, now - 1)
            self._rows = tuple(rows)
            self.endInsertRows()
        elif now < before:
            self.beginRemoveRows(NOWHERE, now, before - 1)
            self._rows = tuple(rows)
            self.endRemoveRows()
        self._rows = tuple(rows)
        if now:
            self.dataChanged.emit(self.index(0, 0), self.index(now - 1, VALUE))

    def reading(self, row: int) -> Reading:
        """One of them."""
        return self._rows[row]

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        each = self._rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return each.text if index.column() == VALUE else each.name
        if role == Qt.ItemDataRole.ToolTipRole and each.note:
            return f"{each.name}: {each.text}  {each.note}" if each.plain else each.note
        if role == KIND_ROLE and (index.column() == NAME or each.text == NOTHING):
            return "muted"
        return None


class ReadingsCard(Card):
    """Title with the place, byte order, a row for each meaning, and Copy.

    Signals:
        said(str): A reading was copied, as a sentence.
    """

    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data, self._chosen = b"", range(0)
        self.title = Elided("", self, role="title")
        self.order = SegmentedControl(("LE", "BE"), 0, self, name=self.tr("Byte order"))
        self.order.setToolTip(self.tr("Which byte comes first: the least (LE) or the most significant (BE)"))
        self.order.changed.connect(lambda _index: self._show())
        self.model = ReadingModel(self)
        self.view = _Readings(self)
        self.view.setModel(self.model)
        self.view.setAccessibleName(self.tr("What the bytes mean"))
        self.view.copy_wanted.connect(self.copy)
        self.view.doubleClicked.connect(lambda _index: self.copy())
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._show_button())
        self.button = push_button(
            self.tr("Copy"),
            self.copy,
            icon_name="copy",
            small=True,
            tooltip=self.tr("Copy the marked value (Ctrl+C)"),
        )
        self.hint = Elided(self.tr("Mark a value to copy it"), self, role="caption")
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(self.title, 1)
        head.addWidget(self.order)
        foot = QHBoxLayout()
        foot.setContentsMargins(0, GAP_XS, 0, 0)
        foot.setSpacing(GAP)
        foot.addWidget(self.button)
        foot.addWidget(self.hint, 1)
        column = self.column(margin=GAP, spacing=GAP_XS)
        column.setContentsMargins(GAP + 4, GAP, GAP, GAP)
        column.addLayout(head)
        column.addWidget(self.view)
        column.addLayout(foot)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._show_button()

    @property
    def little(self) -> bool:
        """Whether the least significant byte comes first."""
        return self.order.index == 0

    def show_bytes(self, data: bytes, chosen: range) -> None:
        """Reads the bytes from the beginning of a selection on."""
        self._data, self._chosen = data, chosen
        self._show()

    def copy(self) -> None:
        """Copies the marked reading: a number without separators."""
        row = self.view.currentIndex().row()
        if row < 0:
            return
        each = self.model.reading(row)
        if not each.plain:
            self.said.emit(self.tr("Nothing was copied: {name} has no value here.").format(name=each.name))
            return
        QGuiApplication.clipboard().setText(each.plain)
        self.said.emit(self.tr("Copied {name}: {value}").format(name=each.name, value=each.plain))

    def _show(self) -> None:
        chosen = self._chosen
        text = self.tr("AT {offset}") if len(chosen) < 2 else self.tr("AT {offset}, {n} BYTES")
        self.title.setText(text.format(offset=f"{chosen.start:08X}", n=f"{len(chosen):,}"))
        selected = len(chosen) if len(chosen) > 1 else 0
        self.model.set_readings(readings(self._data, chosen.start, little=self.little, selected=selected))
        self.view.fit()

    def _show_button(self) -> None:
        has_row = self.view.selectionModel().hasSelection()
        self.button.setEnabled(has_row)
        self.hint.setText("" if has_row else self.tr("Mark a value to copy it"))


class _Readings(TableView):
    """The rows, without heads; as high as its rows where there is room.

    Signals:
        copy_wanted(): Ctrl+C, Enter or the menu.
    """

    copy_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        columns = (Column(small=True), Column(mono=True, right=True))
        super().__init__(columns, parent, row_height=_ROW)
        self._wanted = 0
        self.horizontalHeader().hide()
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setStretchLastSection(True)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._wanted)

    def fit(self) -> None:
        """As high as its rows, and the names as wide as the widest."""
        row = self.verticalHeader().defaultSectionSize()
        count = self.model().rowCount() if self.model() is not None else 0
        self._wanted = max(count, 1) * row
        self.setMaximumHeight(self._wanted)
        self.updateGeometry()
        self.setMinimumHeight(min(count, _LEAST_ROWS) * row)
        wide = QFontMetrics(theme().small_font()).horizontalAdvance(_NAMES) + 2 * PAD + 2
        if self.columnWidth(NAME) != wide:
            self.setColumnWidth(NAME, wide)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) or event.key() in (
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
        ):
            self.copy_wanted.emit()
            event.accept()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index, place = menu_place(self, event)
        if not index.isValid():
            return
        self.setCurrentIndex(index)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("copy"), self.tr("Copy the value"), self.copy_wanted.emit)
        menu.popup(place)
