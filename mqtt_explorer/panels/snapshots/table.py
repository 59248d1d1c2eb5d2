# SPDX-License-Identifier: MIT
"""The table of a comparison: what became of each topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QItemSelectionModel, QPoint, Qt, Signal, SignalInstance
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
)
from PySide6.QtWidgets import QHeaderView, QWidget

from mqtt_explorer.models.snapshot_model import AFTER, AGE, BEFORE, CHANGE, STATUS, TOPIC, SnapshotModel
from mqtt_explorer.widgets.delegates import Column
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.views import TableView, menu_place, selected_ranges

if TYPE_CHECKING:
    from mqtt_explorer.store.snapshot_compare import Row

_COLUMNS: Final = (
    Column(icon=True),
    Column(mono=True, hits=True, middle=True),
    Column(mono=True, marks=True),
    Column(mono=True, marks=True),
    Column(),
    Column(right=True, small=True),
)
_SHARES: Final = {TOPIC: 0.34, BEFORE: 0.2, AFTER: 0.2, CHANGE: 0.26}
_STATUS_TEXT: Final = "not kept"
_AGE_TEXT: Final = "59 min"
_ICON_ONLY: Final = 34
#: Narrower than this, columns make room for the others: the words of the status, then the age, then what was before.
_WORDS_FROM, _AGE_FROM, _BEFORE_FROM = 720, 560, 400
_ROWS_COPIED: Final = 10_000
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_FLAGS = QItemSelectionModel.SelectionFlag


class SnapshotTable(TableView):
    """Shows a SnapshotModel.

    Signals:
        opened(object): Enter or a double click on a row (Row).
        difference_wanted(object): The user wants to see both payloads beside each other (Row).
        menu_wanted(object, QPoint): A context menu for a row.
    """

    opened = Signal(object)
    difference_wanted = Signal(object)
    menu_wanted = Signal(object, QPoint)

    def __init__(self, model: SnapshotModel, parent: QWidget | None = None) -> None:
        super().__init__(_COLUMNS, parent)
        self._model = model
        self._topic: bytes | None = None
        self._sorted_by = TOPIC, Qt.SortOrder.AscendingOrder
        model.modelAboutToBeReset.connect(self._remember)
        self.setModel(model)
        model.modelReset.connect(self._bring_back)
        self.setSelectionMode(TableView.SelectionMode.ExtendedSelection)
        self.setAccessibleName(self.tr("Comparison"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setStretchLastSection(False)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(TOPIC, Qt.SortOrder.AscendingOrder)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.sectionClicked.connect(self._on_head)
        self.doubleClicked.connect(lambda index: self._emit(self.opened, index.row()))
        theme().changed.connect(self._fit)

    def _on_head(self, column: int) -> None:
        header = self.horizontalHeader()
        if column not in (STATUS, TOPIC):
            header.setSortIndicator(*self._sorted_by)
            return
        self._sorted_by = column, header.sortIndicatorOrder()
        self._model.sort(*self._sorted_by)

    def _emit(self, signal: SignalInstance, place: int) -> None:
        row = self._model.row(place)
        if row is not None:
            signal.emit(row)

    @property
    def current(self) -> Row | None:
        """The row with the cursor."""
        return self._model.row(self.currentIndex().row())

    def copy(self) -> None:
        """Puts the selected rows on the clipboard, separated by tabs; the first 10,000 of them."""
        model = self._model
        lines: list[str] = []
        for each in selected_ranges(self):
            for place in each:
                if len(lines) >= _ROWS_COPIED:
                    break
                cells = (
                    str(model.index(place, column).data() or "") for column in range(model.columnCount())
                )
                lines.append("\t".join(" ".join(cell.split()) for cell in cells))
        if lines:
            QGuiApplication.clipboard().setText("\n".join(lines) + "\n")

    # --- the current topic stays -----------------------------------------------------------------------------------

    def _remember(self) -> None:
        row = self.current
        if row is not None:
            self._topic = row.topic

    def _bring_back(self) -> None:
        if self._topic is None:
            return
        index = self._model.index_of(self._topic)
        if index.isValid():
            self.selectionModel().setCurrentIndex(index, _FLAGS.ClearAndSelect | _FLAGS.Rows)
            self.scrollTo(index)

    # --- Qt --------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in _ENTER:
            self._emit(self.opened, self.currentIndex().row())
        elif event.key() == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self._emit(self.difference_wanted, self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index, place = menu_place(self, event)
        row = self._model.row(index.row()) if index.isValid() else None
        if row is not None:
            self.menu_wanted.emit(row, place)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Shares the room; what matters least goes first where there is little."""
        room = self.viewport().width()
        header = self.horizontalHeader()
        metrics = QFontMetrics(theme().ui_font())
        status = metrics.horizontalAdvance(self.tr(_STATUS_TEXT)) + 40 if room >= _WORDS_FROM else _ICON_ONLY
        age = metrics.horizontalAdvance(self.tr(_AGE_TEXT)) + 20
        self.setColumnHidden(AGE, room < _AGE_FROM)
        self.setColumnHidden(BEFORE, room < _BEFORE_FROM)
        header.resizeSection(STATUS, status)
        header.resizeSection(AGE, age)
        left = max(room - status - (age if room >= _AGE_FROM else 0), 120)
        shares = {column: share for column, share in _SHARES.items() if not self.isColumnHidden(column)}
        whole = sum(shares.values())
        for column, share in shares.items():
            header.resizeSection(column, int(left * share / whole))
