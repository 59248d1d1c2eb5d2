# SPDX-License-Identifier: MIT
"""A JSON payload as a tree that can be folded: keys in one column, values in another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QHeaderView, QWidget

from mqtt_explorer.models.json_tree_model import ALL_ROWS, KEY, VALUE, JsonTreeModel
from mqtt_explorer.panels.message.json_tree_copy import build_menu, copy_value
from mqtt_explorer.panels.message.json_tree_delegate import BEFORE_KEY, COLUMNS, INDENT, JsonDelegate
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import ROW_TABLE
from mqtt_explorer.widgets.views import TableView, menu_place

if TYPE_CHECKING:
    from mqtt_explorer.models.json_tree_texts import Step
    from mqtt_explorer.payload.api import Document

_GLOW_MS: Final = 80
_LEAST_KEYS: Final = 140
_KEYS_SHARE: Final = 0.45
"""Of the width, what the keys take at most, and their indentation of that."""
_INDENT_SHARE: Final = 0.4
_MEASURED: Final = 200
_KEY_LETTERS: Final = 60
_OPEN: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class _Place(NamedTuple):
    """Where the user stands: the selected path, the path of the topmost row, and how far that one is scrolled out, in pixels."""

    selected: tuple[Step, ...] | None
    top: tuple[Step, ...] | None
    offset: int


class JsonTree(TableView):
    """Shows the structure of a document. Other values in the same places change nothing else: not what is unfolded, selected or in sight.

    Signals:
        said(str): What was copied, or why something was not done; a sentence.
    """

    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(COLUMNS, parent, row_height=ROW_TABLE)
        self._keys = JsonDelegate(self)
        self._delegate.deleteLater()
        self._delegate = self._keys
        self.setItemDelegate(self._keys)
        self.tree = JsonTreeModel(self)
        self._place: _Place | None = None
        self._widest = 0
        self._to_end = False
        self._glow = QTimer(self)
        self._glow.setInterval(_GLOW_MS)
        self._glow.timeout.connect(self._on_glow)
        self.tree.modelAboutToBeReset.connect(self._keep_place)
        self.setModel(self.tree)
        self.tree.modelReset.connect(self._on_reset)
        self.tree.rowsInserted.connect(self._on_inserted)
        self.tree.dataChanged.connect(self._on_data_changed)
        self.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self.setAccessibleName(self.tr("Payload as a tree"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.hide()
        header.setSectionResizeMode(KEY, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(VALUE, QHeaderView.ResizeMode.Stretch)
        self.verticalScrollBar().valueChanged.connect(lambda _value: self._fit())
        theme().changed.connect(self._measure_again)

    def show_document(self, document: Document | None, *, fresh: bool = False) -> None:
        """Shows a document with a structure. What is unfolded, selected and in sight stays by its path, unless it is a `fresh` start."""
        if fresh:
            self.tree.show_document(None)
            self._widest = 0
        self.tree.show_document(document)

    def unfold_all(self, row: int) -> None:
        """Unfolds everything in a row, and says when that is too much."""
        if not self.tree.unfold_all(row):
            text = self.tr("Unfolded {n} rows; what lies deeper or behind is still folded.")
            self.said.emit(text.format(n=f"{ALL_ROWS:,}"))

    # --- keys and mouse -------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Folds and copies as the topic tree does."""
        row = self.currentIndex().row()
        alone = not event.modifiers() & ~(
            Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
        )
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy(row)
        elif alone and self._on_key(Qt.Key(event.key()), event.text(), row):
            self._set_keyboard(True)
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def _on_key(self, key: Qt.Key, text: str, row: int) -> bool:
        """What a key without modifiers does; False when it is not ours."""
        state = self.tree.fold_state(row)
        if key == Qt.Key.Key_Home:
            self._go_to(0)
        elif key == Qt.Key.Key_End:
            self._go_to_end()
        elif key == Qt.Key.Key_Left or text == "-":
            if state:
                self.tree.fold(row)
            elif text != "-" and self.tree.parent_row(row) >= 0:
                self._go_to(self.tree.parent_row(row))
        elif key == Qt.Key.Key_Right or text == "+":
            if state is False:
                self.tree.unfold(row)
            elif state and text != "+":
                self._go_to(row + 1)
        elif text == "*":
            self.unfold_all(row)
        elif key in _OPEN:
            self._turn(row)
        else:
            return False
        return True

    def keyboardSearch(self, search: str) -> None:
        """Not through all rows for one that begins so: there may be many, and each would be read."""
        del search

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A chevron folds and a row for more opens; anything else selects."""
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            row = index.row()
            at = event.position().x() - self.columnViewportPosition(KEY)
            left = self._keys.left(self.tree.level(row))
            on_chevron = index.column() == KEY and left <= at < left + BEFORE_KEY + 4
            if self.tree.is_more(row) or (on_chevron and self.tree.fold_state(row) is not None):
                self._set_keyboard(False)
                self._turn(row)
                return
        super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with a row."""
        index, place = menu_place(self, event)
        if not index.isValid() or self.tree.is_more(index.row()):
            return
        self.selectRow(index.row())
        menu = build_menu(self.tree, index.row(), self, say=self.said.emit, unfold_all=self.unfold_all)
        menu.popup(place)

    def _turn(self, row: int) -> None:
        if self.tree.is_more(row):
            self.tree.open_more(row)
            self._go_to(row)
        elif self.tree.fold_state(row):
            self.tree.fold(row)
        else:
            self.tree.unfold(row)

    def _copy(self, row: int) -> None:
        sentence = copy_value(self.tree, row)
        if sentence:
            self.said.emit(sentence)

    def _go_to(self, row: int) -> None:
        if 0 <= row < self.tree.rowCount():
            self.setCurrentIndex(self.tree.index(row, KEY))

    def _go_to_end(self) -> None:
        # A large array is counted first; then comes the last page.
        self._to_end = not self.tree.open_last_page()
        self._go_to(self.tree.rowCount() - 1)

    # --- staying in place -----------------------------------------------------------------------------------------

    def _keep_place(self) -> None:
        row = self.rowAt(0)
        rows = self.selectionModel().selectedRows()
        self._place = _Place(
            self.tree.path(rows[0].row()) if rows else None,
            self.tree.path(row),
            -self.rowViewportPosition(row) if row >= 0 else 0,
        )

    def _on_reset(self) -> None:
        place, self._place = self._place, None
        self._to_end = False
        self._measure(0, min(self.tree.rowCount(), _MEASURED))
        if place is None:
            return
        scrolls = self.hasAutoScroll()
        self.setAutoScroll(False)
        if place.selected is not None and (row := self.tree.row_of_path(place.selected)) >= 0:
            self.setCurrentIndex(self.tree.index(row, KEY))
        self.setAutoScroll(scrolls)
        if place.top is not None and (row := self.tree.row_of_path(place.top)) >= 0:
            self.executeDelayedItemsLayout()
            self.verticalScrollBar().setValue(row * self._keys.row_height + place.offset)

    def _on_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        self._measure(first, min(last + 1, first + _MEASURED))

    def _on_data_changed(self) -> None:
        if self._to_end:
            self._go_to_end()
        if self.isVisible() and self.tree.glowing():
            self._glow.start()

    def _on_glow(self) -> None:
        if not self.tree.glowing():
            self._glow.stop()
        self.viewport().update()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing glows where nobody looks."""
        self._glow.stop()
        super().hideEvent(event)

    # --- widths ---------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Gives the keys their room."""
        super().showEvent(event)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives the keys their room."""
        super().resizeEvent(event)
        self._fit()

    def _measure_again(self) -> None:
        self._widest = 0
        self._measure(0, min(self.tree.rowCount(), _MEASURED))

    def _measure(self, first: int, stop: int) -> None:
        """The keys' column only grows: values would move to and fro."""
        tree = self.tree
        for row in range(first, stop):
            text = one_line(str(tree.index(row, KEY).data() or "")[:_KEY_LETTERS])
            self._widest = max(self._widest, self._keys.key_width(tree.level(row), text))
        self._fit()

    def _fit(self) -> None:
        """Shares the width, and indents less while deep rows are on the screen, so that their keys can be read."""
        most = max(_LEAST_KEYS, int(self.viewport().width() * _KEYS_SHARE))
        width = min(max(self._widest + INDENT, _LEAST_KEYS), most)
        if width != self.columnWidth(KEY):
            self.setColumnWidth(KEY, width)
        room = int(width * _INDENT_SHARE)
        last = self.rowAt(self.viewport().height() - 1)
        rows = range(max(self.rowAt(0), 0), (last if last >= 0 else self.tree.rowCount() - 1) + 1)
        deepest = max(map(self.tree.level, rows), default=0)
        step = max(1, min(INDENT, room // max(1, deepest)))
        if (step, room) != (self._keys.step, self._keys.room):
            self._keys.step, self._keys.room = step, room
            self.viewport().update()
