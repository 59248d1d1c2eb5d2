# SPDX-License-Identifier: MIT
"""The tree view of the Topics panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import QHeaderView, QStyleOptionViewItem, QWidget

from mqtt_explorer.models.roles import NOTE_ROLE
from mqtt_explorer.models.topic_model import AGE, MESSAGES, RATE, TOPIC, VALUE, TopicModel
from mqtt_explorer.widgets.delegates import Column, Index, RowDelegate
from mqtt_explorer.widgets.tokens import ROW_TREE
from mqtt_explorer.widgets.views import TreeView, menu_place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mqtt_explorer.store.topic_tree import Node

COLUMNS: Final = (
    Column(name=True, marks=True, hits=True),
    Column(mono=True, badge=True),
    Column(right=True, small=True, kind="muted"),
    Column(right=True, small=True, kind="muted"),
    Column(right=True, small=True, kind="muted"),
)
EXPAND_LIMIT: Final = 1_000
"""Rows that "expand all below" unfolds at most."""
END_LIMIT: Final = 100_000
"""Rows that End shows of one branch at most: laying out more of them stops the window for too long."""
#: Of the Topic column at most this much is indentation; the rest is for names.
_INDENT_SHARE = 0.6
_WIDE: Final = 440
"""From this width on the number of messages has a column."""
_NARROW: Final = 330
"""Below this width the rate makes room for the value."""


class TopicTree(TreeView):
    """A tree that pages big branches in as the user reaches their ends.

    Signals:
        end_cut(int, int): End went to the last row it may show of a branch: rows shown, rows there are.
        menu_wanted(QModelIndex, QPoint): The context menu of a row, and where on the screen.
    """

    end_cut = Signal(int, int)
    menu_wanted = Signal(QModelIndex, QPoint)

    def __init__(self, model: TopicModel, parent: QWidget | None = None) -> None:
        super().__init__(COLUMNS, parent)
        self._model = model
        self._screen: list[tuple[Node, QRect]] = []
        self._sized_by_user = False
        self._sizing = False
        self.setItemDelegateForColumn(TOPIC, _NameDelegate(COLUMNS, ROW_TREE, self))
        self.setModel(model)
        self.setAccessibleName(self.tr("Topic tree"))
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(VALUE, QHeaderView.ResizeMode.Stretch)
        header.sectionResized.connect(self._on_resized)
        self.expanded.connect(lambda index: model.set_open(index, True))
        self.collapsed.connect(lambda index: model.set_open(index, False))
        model.set_screen(self.visible_nodes)
        model.rows_touched.connect(self._repaint_rows)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self._paging = False
        self._full_indentation = self.indentation()
        self.expanded.connect(lambda _index: self._on_scrolled())
        self.collapsed.connect(lambda _index: self._on_scrolled())

    def visible_nodes(self) -> list[Node]:
        """The nodes on the screen, from top to bottom."""
        if not self.isVisible():
            self._screen = []
        else:
            rows = self._rows(self.viewport().rect())
            self._screen = [(index.internalPointer(), rect) for index, rect in rows]
        return [node for node, _ in self._screen]

    def page_in(self) -> None:
        """Shows the next page of each branch whose last shown row is on the screen; nothing during a pause."""
        if self._model.paused:
            return
        for index, _ in list(self._rows(self.viewport().rect())):
            branch = index.parent()
            if index.row() + 1 == self._model.rowCount(branch) and self._model.hidden_rows(branch):
                self._model.show_more(branch)

    def go_to_end(self) -> None:
        """Selects the last row of the branch the user is in; from there, that of the branch around it."""
        index = self.currentIndex().siblingAtColumn(TOPIC)
        branch = index if index.isValid() and self.isExpanded(index) else index.parent()
        while True:
            rows = self._model.show_more(branch, END_LIMIT)
            last = self._model.index(rows - 1, TOPIC, branch)
            if not branch.isValid() or last != index:
                break
            branch = branch.parent()
        if last.isValid():
            self.setCurrentIndex(last)
            self.scrollTo(last)
        if hidden := self._model.hidden_rows(branch):
            self.end_cut.emit(rows, rows + hidden)

    def expand_below(self, index: QModelIndex) -> bool:
        """Unfolds a branch and everything below it; returns False when it stopped at EXPAND_LIMIT rows."""
        left = EXPAND_LIMIT
        waiting = [index]
        while waiting:
            branch = waiting.pop(0)
            kids = self._model.node(branch).kids
            if not kids:
                continue
            if len(kids) > left:
                # The branch asked for opens whatever its size: it pages.
                if branch == index:
                    self.expand(index)
                return False
            left -= len(kids)
            shown = self._model.show_more(branch, len(kids))
            self.expand(branch)
            waiting += [self._model.index(row, TOPIC, branch) for row in range(shown)]
        return True

    def collapse_below(self, index: QModelIndex) -> None:
        """Folds a branch and everything below it that is open."""
        waiting = [index]
        while waiting:
            branch = waiting.pop()
            for row in range(self._model.rowCount(branch)):
                child = self._model.index(row, TOPIC, branch)
                if self.isExpanded(child):
                    waiting.append(child)
            self.collapse(branch)

    def expanded_nodes(self) -> list[Node]:
        """All unfolded branches, parents before children."""
        found: list[Node] = []
        waiting = [QModelIndex()]
        while waiting:
            branch = waiting.pop(0)
            for row in range(self._model.rowCount(branch)):
                child = self._model.index(row, TOPIC, branch)
                if self.isExpanded(child):
                    found.append(self._model.node(child))
                    waiting.append(child)
        return found

    # --- Qt -----------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """End goes to the last row of the branch; the asterisk, which would unfold everything, does nothing."""
        if event.key() == Qt.Key.Key_End and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.go_to_end()
            event.accept()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self._copy_topic()
            event.accept()
        elif event.key() == Qt.Key.Key_Asterisk:
            event.accept()
        elif event.key() == Qt.Key.Key_Left and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self._fold_or_go_up()
            event.accept()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Asks for the menu of the row under the pointer, or of the current one when a key asked."""
        index, place = menu_place(self, event)
        if index.isValid():
            self.menu_wanted.emit(index.siblingAtColumn(TOPIC), place)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The row that gets the keys is the one selected: Qt makes the first one current and leaves it unmarked."""
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason and not self.selectionModel().hasSelection():
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().select(self.currentIndex(), flags.ClearAndSelect | flags.Rows)

    def _copy_topic(self) -> None:
        index = self.currentIndex()
        if index.isValid():
            QGuiApplication.clipboard().setText(self._model.node(index).topic.decode())

    def _fold_or_go_up(self) -> None:
        """Folds the branch, or goes to the one around it. Qt's own loses its way where indentation fills the column."""
        index = self.currentIndex().siblingAtColumn(TOPIC)
        if index.isValid() and self.isExpanded(index) and self._model.hasChildren(index):
            self.collapse(index)
        elif index.parent().isValid():
            self.setCurrentIndex(index.parent())
            self.scrollTo(index.parent())

    def _fit_indentation(self) -> None:
        """Indents less while deep branches are on the screen, so that their names stay in the column."""
        cells = (
            self.visualRect(index.siblingAtColumn(TOPIC)).left()
            for index, _ in self._rows(self.viewport().rect())
        )
        depth = (max(cells, default=0) + self.header().offset()) // self.indentation()
        room = int(self.columnWidth(TOPIC) * _INDENT_SHARE)
        wanted = max(1, min(self._full_indentation, room // max(1, depth)))
        if wanted != self.indentation():
            self.setIndentation(wanted)

    def keyboardSearch(self, search: str) -> None:
        """Typing does not move the selection: Qt would ask for the text of every row."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives topic and value the room there is."""
        super().resizeEvent(event)
        self._share_width()
        self._on_scrolled()

    def _share_width(self) -> None:
        width = self.viewport().width()
        self._sizing = True
        self.setColumnHidden(MESSAGES, width < _WIDE)
        self.setColumnHidden(RATE, width < _NARROW)
        self.setColumnWidth(MESSAGES, 72)
        self.setColumnWidth(RATE, 60)
        self.setColumnWidth(AGE, 54)
        if not self._sized_by_user:
            rest = width - 54 - (60 if width >= _NARROW else 0) - (72 if width >= _WIDE else 0)
            self.setColumnWidth(TOPIC, max(120, int(rest * 0.6)))
        self._sizing = False

    def _on_resized(self, section: int, _old: int, _new: int) -> None:
        if section == TOPIC and not self._sizing:
            self._sized_by_user = True

    def _on_scrolled(self, _value: int = 0) -> None:
        # Not from inside a scroll: it may come out of a layout.
        if not self._paging:
            self._paging = True
            QTimer.singleShot(0, self, self._page_in_later)

    def _page_in_later(self) -> None:
        self._paging = False
        self._fit_indentation()
        self.page_in()

    def _repaint_rows(self, nodes: Iterable[Node]) -> None:
        wanted = set(nodes)
        for node, rect in self._screen:
            if node in wanted:
                self.viewport().update(rect)


class _NameDelegate(RowDelegate):
    """Lets the note of a branch without a value of its own run over the empty cells beside it."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if index.data(NOTE_ROLE) and index.sibling(index.row(), VALUE).data() is None:
            view: Any = self.parent()
            option.rect.setRight(view.viewport().width() - 1)  # type: ignore[attr-defined]
        super().paint(painter, option, index)
