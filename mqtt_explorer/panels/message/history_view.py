# SPDX-License-Identifier: MIT
"""The table inside the History: what its keys and buttons mean, also while two messages are compared."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from mqtt_explorer.models.history_model import GAP, MARK, PREVIEW, QOS, RETAINED, TIME, HistoryModel
from mqtt_explorer.widgets.delegates import PAD, Column
from mqtt_explorer.widgets.theme import theme
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
_TEXTS: Final = {MARK: "A", TIME: "00:00:00.000", GAP: "+999.999 s", QOS: "0"}
"""What has to fit the columns of one size."""
_EXTRA: Final = {MARK: 4, TIME: 5, GAP: 12, QOS: 10}
_MARKS: Final = 44
_PREVIEW: Final = '{"value":21.7'
"""What should be seen of a preview at least: before, the gap goes, then the QoS."""
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_MOVES: Final = (
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
)
_FLAGS: Final = QItemSelectionModel.SelectionFlag


class HistoryView(TableView):
    """One row for each message. While comparing, a click, Up, Down, Enter or B picks the newer side, Ctrl+click, Shift+Enter or A the older one.

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
        header.setMinimumSectionSize(20)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(PREVIEW, QHeaderView.ResizeMode.Stretch)
        self.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        theme().changed.connect(self._fit_columns)
        self._fit_columns()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shares the width."""
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        measure = QFontMetricsF(theme().mono_font()).horizontalAdvance
        widths = {each: round(measure(text)) + 2 * PAD + _EXTRA[each] for each, text in _TEXTS.items()}
        widths[RETAINED] = _MARKS
        room = self.viewport().width() - sum(widths.values()) - measure(_PREVIEW) - 2 * PAD
        for column in (GAP, QOS):
            self.setColumnHidden(column, room < 0)
            room += widths[column] if room < 0 else 0
        for column, width in widths.items():
            self.setColumnWidth(column, width)

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
        plain = modifiers == Qt.KeyboardModifier.NoModifier
        if self._comparing and plain and event.key() in _MOVES and self.currentIndex().row() not in (-1, row):
            self.picked.emit(self.currentIndex().row(), False)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """For the row under the pointer, or the current one for the Menu key."""
        index, place = menu_place(self, event)
        if index.isValid():
            self.menu_wanted.emit(index.row(), place)
