# SPDX-License-Identifier: MIT
"""Tree, list and table views: they paint the rows' grounds, the RowDelegate paints the cells.

A row's ground is selection (fill and a 2 px accent bar), hover, glow, and a 1 px ring for the keyboard.
Base views are kept out of the stylesheet; only header sections and scroll bars are styled there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QHoverEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFrame,
    QHeaderView,
    QListView,
    QTableView,
    QToolTip,
    QTreeView,
    QWidget,
)

from mqtt_explorer.models.roles import GLOW_ROLE
from mqtt_explorer.widgets.cards import plain_tooltip
from mqtt_explorer.widgets.delegates import Column, Index, RowDelegate
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import ROW_LIST, ROW_TABLE, ROW_TREE

_KEYBOARD_FOCUS: Final = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_TOOLTIP_KEYS: Final = (Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier)
"""With F1 they show what a pointer on the current row would."""
_INDENT: Final = 14
_HEADER: Final = 26


# A class may have one Qt base only, so the shared part is a plain class that types as a view.
if TYPE_CHECKING:
    _View = QAbstractItemView
else:
    _View = object


class _Rows(_View):
    """What the three views share. Comes first in the bases, so that `super()` reaches the Qt view."""

    _delegate: RowDelegate
    _hover: QPersistentModelIndex
    _keyboard: bool

    def _set_up(self, columns: Sequence[Column], row_height: int) -> None:
        self._delegate = RowDelegate(columns, row_height, self)
        self._hover = QPersistentModelIndex()
        self._keyboard = False
        self.setItemDelegate(self._delegate)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setAlternatingRowColors(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme().changed.connect(self._restyle)

    @property
    def row_delegate(self) -> RowDelegate:
        """The delegate that paints the cells."""
        return self._delegate

    def _restyle(self) -> None:
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def _rows(self, area: QRect) -> Iterator[tuple[QModelIndex, QRect]]:
        """First cell and full-width rectangle of each row that meets `area`."""
        raise TypeError("A view says how its rows lie.")

    def _paint_grounds(self, painter: QPainter, area: QRect) -> None:
        look = theme()
        selection, hover = look.color("selection"), look.color("hover")
        selected = self.selectionModel().isSelected if self.selectionModel() is not None else None
        hovered = self._hover
        glow = QColor(look.color("accent"))
        for index, rect in self._rows(area):
            if selected is not None and selected(index):
                painter.fillRect(rect, selection)
                continue
            if hovered == index:
                painter.fillRect(rect, hover)
            share = index.data(GLOW_ROLE)
            if share:
                glow.setAlphaF(min(0.03 + 0.07 * share, 0.10))
                painter.fillRect(rect, glow)

    def _paint_bars(self, painter: QPainter, area: QRect) -> None:
        """The accent bars, last: the style fills selected rows between the grounds and the cells."""
        selection: Any = self.selectionModel()  # None without a model, whatever the stubs say
        if selection is None or area.left() > 2 or not selection.hasSelection():
            return
        bar = theme().color("accent")
        for index, rect in self._rows(area):
            if selection.isSelected(index):
                painter.fillRect(rect.x(), rect.y(), 2, rect.height(), bar)

    def _paint_ring(self, painter: QPainter) -> None:
        current = self.currentIndex()
        if not (self._keyboard and self.hasFocus()):
            return
        rect = self._row_rect(current) if current.isValid() else self.viewport().rect()
        painter.setPen(QPen(theme().color("accent"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect.adjusted(0, 0, -1, -1))

    def rows_on_screen(self) -> list[tuple[QModelIndex, QRect]]:
        """First cell and full-width rectangle of each row that can be seen, from top to bottom."""
        return list(self._rows(self.viewport().rect()))

    def _row_rect(self, index: Index) -> QRect:
        rect = self.visualRect(index)
        return QRect(0, rect.y(), self.viewport().width(), rect.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        self._paint_grounds(painter, event.rect())
        painter.end()
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        self._paint_bars(painter, event.rect())
        self._paint_ring(painter)
        painter.end()

    def viewportEvent(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.HoverMove and isinstance(event, QHoverEvent):
            self._set_hover(self.indexAt(event.position().toPoint()))
        elif kind in (QEvent.Type.HoverLeave, QEvent.Type.Leave):
            self._set_hover(QModelIndex())
        elif kind == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show_tooltip(event)
            return True
        return bool(super().viewportEvent(event))

    def _set_hover(self, index: QModelIndex) -> None:
        first = index.siblingAtColumn(0) if index.isValid() else index
        before = self._hover
        if before == first:
            return
        self._hover = QPersistentModelIndex(first)
        for row in (before, self._hover):
            if row.isValid():
                self.viewport().update(self._row_rect(row))

    def _show_tooltip(self, event: QHelpEvent) -> None:
        QToolTip.showText(event.globalPos(), self._tooltip(self.indexAt(event.pos())), self.viewport())

    def _tooltip(self, index: Index) -> str:
        """The model's tooltip, else the whole text where it does not fit; never as markup."""
        text = index.data(Qt.ItemDataRole.ToolTipRole) if index.isValid() else None
        if text:
            return plain_tooltip(str(text), lines=True)
        shown = index.data(Qt.ItemDataRole.DisplayRole) if index.isValid() else None
        if isinstance(shown, str) and self._delegate.is_cut(index, self.visualRect(index).width()):
            return plain_tooltip(shown)
        return ""

    def _show_current_tooltip(self) -> None:
        """The tooltip of the current row, for those who have no pointer on it."""
        index = self.currentIndex()
        text = (self._tooltip(index) or self._tooltip(index.siblingAtColumn(0))) if index.isValid() else ""
        place = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
        QToolTip.showText(place, text, self.viewport())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._set_keyboard(True)
        if event.key() == Qt.Key.Key_F1 and event.modifiers() in _TOOLTIP_KEYS:
            self._show_current_tooltip()
            event.accept()
            return
        if asks_for_menu(event):
            self._ask_for_menu()
            event.accept()
            return
        super().keyPressEvent(event)

    def _ask_for_menu(self) -> None:
        """What the Menu key does: Qt knows no other key for it."""
        index = self.currentIndex()
        if index.isValid():
            self.scrollTo(index)
        place = self.visualRect(index).bottomLeft() if index.isValid() else QPoint(0, 0)
        at = self.viewport().mapToGlobal(place)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, self.mapFromGlobal(at), at)
        QApplication.sendEvent(self, event)

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Qt repaints the cell that was current, and the ring goes round its row."""
        super().currentChanged(current, previous)
        if self._keyboard:
            for index in (current, previous):
                if index.isValid():
                    self.viewport().update(self._row_rect(index))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._set_keyboard(False)
        super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if event.reason() in _KEYBOARD_FOCUS:
            self._set_keyboard(True)
        super().focusInEvent(event)

    def _set_keyboard(self, on: bool) -> None:
        if on != self._keyboard:
            self._keyboard = on
            if self.currentIndex().isValid():
                self.viewport().update(self._row_rect(self.currentIndex()))


def selected_ranges(view: QAbstractItemView) -> list[range]:
    """The selected rows from top to bottom; an index for each of a million rows would stop the window."""
    selection: Any = view.selectionModel().selection()  # the stubs do not know that it can be walked
    found = sorted((each.top(), each.bottom()) for each in selection)
    return [range(top, bottom + 1) for top, bottom in found]


def asks_for_menu(event: QKeyEvent) -> bool:
    """Whether a key means the context menu, beside the Menu key that many keyboards lack."""
    return event.key() == Qt.Key.Key_F10 and event.modifiers() == Qt.KeyboardModifier.ShiftModifier


def menu_place(view: QAbstractItemView, event: QContextMenuEvent) -> tuple[QModelIndex, QPoint]:
    """The row a context menu is asked for, and where on the screen it pops up.

    The Menu key means the current row, wherever the pointer is; its event carries coordinates of the view, while
    those of the mouse are the viewport's.
    """
    if event.reason() != QContextMenuEvent.Reason.Keyboard:
        return view.indexAt(event.pos()), event.globalPos()
    index = view.currentIndex()
    if not index.isValid():
        return index, view.viewport().mapToGlobal(QPoint(0, 0))
    view.scrollTo(index)
    return index, view.viewport().mapToGlobal(view.visualRect(index).bottomLeft())


def style_header(header: QHeaderView) -> None:
    """Heads as high and as calm as those of all views."""
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setHighlightSections(False)
    header.setMinimumSectionSize(32)
    header.setFixedHeight(_HEADER)
    header.setTextElideMode(Qt.TextElideMode.ElideRight)


class TreeView(_Rows, QTreeView):
    """A tree in which a click selects and never folds; the arrow, Left and Right fold."""

    def __init__(
        self, columns: Sequence[Column] = (), parent: QWidget | None = None, *, row_height: int = ROW_TREE
    ) -> None:
        super().__init__(parent)
        self._set_up(columns, row_height)
        self.setUniformRowHeights(True)
        self.setExpandsOnDoubleClick(False)
        self.setAnimated(False)
        self.setIndentation(_INDENT)
        self.setAllColumnsShowFocus(False)
        self.header().setStretchLastSection(False)
        style_header(self.header())

    def _rows(self, area: QRect) -> Iterator[tuple[QModelIndex, QRect]]:
        index = self.indexAt(QPoint(max(self.header().sectionViewportPosition(0), 0), area.top()))
        index = index.siblingAtColumn(0)
        if not index.isValid():
            return
        width = self.viewport().width()
        top = self.visualRect(index).y()
        height = self.rowHeight(index)
        while index.isValid() and top <= area.bottom():
            yield index, QRect(0, top, width, height)
            index = self.indexBelow(index)
            top += height

    def drawBranches(self, painter: QPainter, rect: QRect, index: Index) -> None:
        """A chevron where there are children, and nothing else: depth is read from the indent."""
        if not self.model().hasChildren(index):
            return
        name = "chevron-down" if self.isExpanded(index) else "chevron-right"
        ratio = painter.device().devicePixelRatioF()
        x = rect.right() - _INDENT + 2
        painter.drawPixmap(x, rect.y() + (rect.height() - 12) // 2, pixmap(name, "muted", 12, ratio))


class TableView(_Rows, QTableView):
    """A table without a grid whose rows are selected whole."""

    def __init__(
        self, columns: Sequence[Column] = (), parent: QWidget | None = None, *, row_height: int = ROW_TABLE
    ) -> None:
        super().__init__(parent)
        self._set_up(columns, row_height)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setStretchLastSection(True)
        style_header(self.horizontalHeader())
        self._size_rows()

    def _size_rows(self) -> None:
        rows = self.verticalHeader()
        rows.setMinimumSectionSize(self._delegate.row_height)
        rows.setDefaultSectionSize(self._delegate.row_height)

    def _restyle(self) -> None:
        self._size_rows()
        super()._restyle()

    def _rows(self, area: QRect) -> Iterator[tuple[QModelIndex, QRect]]:
        model = self.model()
        first = self.rowAt(area.top())
        if first < 0:
            return
        last = self.rowAt(area.bottom())
        if last < 0:
            last = model.rowCount(self.rootIndex()) - 1
        width, height = self.viewport().width(), self.verticalHeader().defaultSectionSize()
        for row in range(first, last + 1):
            yield (
                model.index(row, 0, self.rootIndex()),
                QRect(0, self.rowViewportPosition(row), width, height),
            )


class ListView(_Rows, QListView):
    """A list of one column."""

    def __init__(
        self, column: Column | None = None, parent: QWidget | None = None, *, row_height: int = ROW_LIST
    ) -> None:
        super().__init__(parent)
        self._set_up((column,) if column is not None else (), row_height)
        self.setUniformItemSizes(True)

    def _rows(self, area: QRect) -> Iterator[tuple[QModelIndex, QRect]]:
        model = self.model()
        index = self.indexAt(QPoint(1, max(area.top(), 0)))
        if not index.isValid():
            return
        for row in range(index.row(), model.rowCount(self.rootIndex())):
            index = model.index(row, self.modelColumn(), self.rootIndex())
            rect = self._row_rect(index)
            if rect.top() > area.bottom():
                return
            yield index, rect
