# SPDX-License-Identifier: MIT
"""The tree both lists of saved brokers show: keys, buttons in rows, folding that lasts, and dragging."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QToolTip, QWidget

from mqtt_explorer.app.profiles.list_delegate import ListDelegate, RowAction, button_boxes
from mqtt_explorer.models.profile_rows import BROKER, KEY_ROLE, LAST_USED
from mqtt_explorer.widgets.tokens import ROW_LIST
from mqtt_explorer.widgets.views import TreeView, menu_place

if TYPE_CHECKING:
    from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QMouseEvent

    from mqtt_explorer.models.profile_layout import Key
    from mqtt_explorer.models.profile_model import ProfileModel
    from mqtt_explorer.widgets.delegates import Column, Index

_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class BrokerTree(TreeView):
    """Folders and saved brokers; one row is selected at a time.

    Signals:
        opened(object): Enter or a double click on a broker or address: its key.
        button_pressed(str, object): A button in a row ("connect", "edit", "save"), and the row's key.
        rename_pressed(): F2.
        delete_pressed(): Delete; Backspace does nothing.
        menu_asked(QPoint): A menu for the current row, at this place on the screen.
        row_chosen(object): The current row changed, by the user or `choose` but not by a search: its key, or None.
    """

    opened = Signal(object)
    button_pressed = Signal(str, object)
    rename_pressed = Signal()
    delete_pressed = Signal()
    menu_asked = Signal(QPoint)
    row_chosen = Signal(object)

    def __init__(
        self,
        columns: Sequence[Column],
        model: ProfileModel,
        parent: QWidget | None = None,
        *,
        mark: Literal["dot", "icon"],
    ) -> None:
        super().__init__(columns, parent, row_height=ROW_LIST)
        self._profiles = model
        self._folded: set[Key] = set()
        self._settling = False
        self._searching = False
        self._hidden: Key | None = None  # what was chosen before a search hid it
        self._pressed: tuple[RowAction, QPersistentModelIndex] | None = None
        self._hint: dict[RowAction, str] = {
            "connect": self.tr("Connect (Enter)"),
            "edit": self.tr("Edit (F2)"),
            "save": self.tr("Save this broker"),
        }
        self._delegate: ListDelegate = ListDelegate(columns, ROW_LIST, self, mark=mark, is_hot=self._is_hot)
        self.setItemDelegate(self._delegate)
        self.setModel(model)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setAutoExpandDelay(600)
        self.expanded.connect(lambda index: self._note_fold(index, False))
        self.collapsed.connect(lambda index: self._note_fold(index, True))
        self.selectionModel().currentRowChanged.connect(lambda now, _before: self._on_current(now))

    @property
    def current_key(self) -> Key | None:
        """The current row."""
        return self.key_of(self.currentIndex())

    @staticmethod
    def key_of(index: QModelIndex) -> Key | None:
        """What a row is, by any of its cells."""
        return index.siblingAtColumn(BROKER).data(KEY_ROLE) if index.isValid() else None

    def choose(self, key: Key | None) -> bool:
        """Makes a row the current one and shows it; False where it is not listed, which clears the selection."""
        index = self._profiles.index_of(key) if key is not None else QModelIndex()
        flags = QItemSelectionModel.SelectionFlag
        if not index.isValid():
            self.selectionModel().clear()
            return False
        if index.parent().isValid() and not self.isExpanded(index.parent()):
            self.expand(index.parent())
        self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.scrollTo(index)
        return True

    def choose_first_hit(self) -> None:
        """Makes the first broker or address that is listed the current row."""
        model = self._profiles
        tops = [model.index(row, BROKER) for row in range(model.rowCount())]
        leaves = (model.index(0, BROKER, top) if model.rowCount(top) else top for top in tops)
        for index in leaves:
            key = self.key_of(index)
            if key is not None and key[0] in ("profile", "recent"):
                self.choose(key)
                return

    def settle(self) -> None:
        """Folds folders as the user left them, after rows came or went; a search shows what is in them."""
        self._settling = True
        for row in range(self._profiles.rowCount()):
            index = self._profiles.index(row, BROKER)
            key = index.data(KEY_ROLE)
            group = key[0] in ("folder", "recent_group")
            self.setFirstColumnSpanned(row, QModelIndex(), group)
            if group:
                self.setExpanded(index, self._profiles.searching or key not in self._folded)
        self._settling = False

    def search(self, text: str) -> None:
        """Shows only what holds every word of `text`. What is chosen stays chosen, also while a search hides it."""
        chosen = self._hidden or self.current_key
        self._searching = True
        self._profiles.set_search(text)
        self.settle()
        self._hidden = None if self.choose(chosen) else chosen
        self._searching = False

    def rename_fold(self, old: Key, new: Key) -> None:
        """Keeps a folder folded under its new name."""
        if old in self._folded:
            self._folded.add(new)
        self._folded.discard(old)
        self.settle()

    # -- keys and mouse ------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        key, alt = event.key(), event.modifiers() == Qt.KeyboardModifier.AltModifier
        if self.state() == QAbstractItemView.State.EditingState:
            super().keyPressEvent(event)  # the name's field passes on the Enter that ends it
        elif key in _ENTER and index.isValid():
            self._open(index)
        elif key == Qt.Key.Key_F2 and index.isValid():
            self.rename_pressed.emit()
        elif key == Qt.Key.Key_Delete and index.isValid():
            self.delete_pressed.emit()
        elif alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._profiles.step(index, -1 if key == Qt.Key.Key_Up else 1)
            self.scrollTo(self.currentIndex())
        elif key != Qt.Key.Key_Backspace:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self._button_at(event)
        if self._pressed is None:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is None:
            super().mouseReleaseEvent(event)
        elif (now := self._button_at(event)) is not None and now == pressed:
            self.button_pressed.emit(pressed[0], pressed[1].data(KEY_ROLE))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._button_at(event) is not None
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
        if self._pressed is None:
            super().mouseMoveEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click opens; two quick clicks on a button press it once."""
        if self._button_at(event) is not None:
            return
        index = self.indexAt(event.position().toPoint())
        super().mouseDoubleClickEvent(event)
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self._open(index)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index, place = menu_place(self, event)
        if index.isValid():
            self.setCurrentIndex(index)
        self.menu_asked.emit(place)

    def _show_tooltip(self, event: QHelpEvent) -> None:
        index = self.indexAt(event.pos())
        if index.isValid() and self._is_hot(index) and index.column() == LAST_USED:
            for name, box in button_boxes(index, self.visualRect(index)):
                if box.contains(event.pos()):
                    QToolTip.showText(event.globalPos(), self._hint[name], self.viewport())
                    return
        super()._show_tooltip(event)

    # -- inside --------------------------------------------------------------------------------------------------------

    def _open(self, index: QModelIndex) -> None:
        first = index.siblingAtColumn(BROKER)
        key = first.data(KEY_ROLE)
        if key[0] in ("folder", "recent_group"):
            self.setExpanded(first, not self.isExpanded(first))
        else:
            self.opened.emit(key)

    def _is_hot(self, index: Index) -> bool:
        """The row below the pointer, and the current one while the list has the keyboard, show their buttons."""
        model = self._profiles
        first = model.index(index.row(), BROKER, index.parent())
        return self._hover == first or (
            self.hasFocus() and self.currentIndex().siblingAtColumn(BROKER) == first
        )

    def _button_at(self, event: QMouseEvent) -> tuple[RowAction, QPersistentModelIndex] | None:
        index = self.indexAt(event.position().toPoint())
        if not index.isValid():
            return None
        name = self._delegate.button_at(index, self.visualRect(index), event.position())
        return None if name is None else (name, QPersistentModelIndex(index))

    def _note_fold(self, index: QModelIndex, folded: bool) -> None:
        key = index.data(KEY_ROLE)
        if self._settling or self._profiles.searching or key is None:
            return
        (self._folded.add if folded else self._folded.discard)(key)

    def _on_current(self, now: QModelIndex) -> None:
        if not self._searching:
            self._hidden = None
            self.row_chosen.emit(self.key_of(now))
