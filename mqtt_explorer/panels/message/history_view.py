# SPDX-License-Identifier: MIT
"""The table inside the History: what its keys and buttons mean, also while two messages are compared."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from mqtt_explorer.models.history_model import GAP, MARK, PREVIEW, QOS, RETAINED, TIME, HistoryModel
from mqtt_explorer.widgets.delegates import Column
from mqtt_explorer.widgets.tokens import ROW_LIST
from mqtt_explorer.widgets.views import TableView, menu_place

_COLUMNS: Final = (
    Column(mono=True, kind="accent"),
    Column(mono=True),
    Column(mono=True, right=True, kind="muted"),
    Column(mono=True, right=True, kind="muted"),
    Column(marks=True),
    Column(mono=True),
)
_WIDTHS: Final = {MARK: 24, TIME: 104, GAP: 96, QOS: 30, RETAINED: 44}
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_FLAGS: Final = QItemSelectionModel.SelectionFlag


class HistoryView(TableView):
    """One row for each message. While comparing, a click, Enter or B picks the newer side, Ctrl+click, Shift+Enter or A the older one.

    Signals:
        picked(int, bool): While comparing: a row, and whether it is to be A.
        menu_wanted(int, QPoint): A context menu for a row, at this point of the screen.
    """

    picked = Signal(int, bool)
    menu_wanted = Signal(int, QPoint)

    def __init__(self, model: HistoryModel, parent: QWidget) -> None:
        super().__init__(_COLUMNS, parent, row_height=ROW_LIST)
        self._comparing = False
        self.setModel(model)
        self.setAccessibleName(self.tr("History"))
        header = self.horizontalHeader()
        header.hide()
        header.setMinimumSectionSize(_WIDTHS[MARK])
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        header.setSectionResizeMode(PREVIEW, QHeaderView.ResizeMode.Stretch)
        self.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def set_comparing(self, on: bool) -> None:
        """While comparing, the two sides are selected, and moving about selects nothing."""
        self._comparing = on
        modes = TableView.SelectionMode
        self.setSelectionMode(modes.NoSelection if on else modes.SingleSelection)

    def select_rows(self, *rows: int) -> None:
        """Selects these rows and no others."""
        model, chosen = self.model(), QItemSelection()
        for row in rows:
            if row >= 0:
                chosen.select(model.index(row, MARK), model.index(row, PREVIEW))
        self.selectionModel().select(chosen, _FLAGS.ClearAndSelect)
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The right button selects nothing: what its menu offers is about the row it points at and the message shown."""
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.RightButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            event.accept()
            return
        super().mousePressEvent(event)
        if self._comparing and event.button() == Qt.MouseButton.LeftButton and index.isValid():
            self.picked.emit(index.row(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """While comparing, letters and Enter pick the sides."""
        row = self.currentIndex().row()
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shifted = modifiers == Qt.KeyboardModifier.ShiftModifier
        if self._comparing and row >= 0 and (shifted or modifiers == Qt.KeyboardModifier.NoModifier):
            key = event.key()
            if key in (Qt.Key.Key_A, Qt.Key.Key_B) or key in _ENTER:
                self._set_keyboard(True)
                self.picked.emit(row, key == Qt.Key.Key_A or (key in _ENTER and shifted))
                event.accept()
                return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """For the row under the pointer, or the current one for the Menu key."""
        index, place = menu_place(self, event)
        if index.isValid():
            self.menu_wanted.emit(index.row(), place)
