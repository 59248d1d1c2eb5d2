# SPDX-License-Identifier: MIT
"""The table of messages: columns that share the room, and a list that stands still as soon as somebody reads in it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QRect, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import QHeaderView, QStyleOptionHeader, QWidget

from mqtt_explorer.models.message_model import (
    GAP,
    PREVIEW,
    QOS,
    RETAINED,
    SIZE,
    TIME,
    TOPIC,
    MessageModel,
)
from mqtt_explorer.widgets.delegates import PAD, Column
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.theme import MONO_PX, theme
from mqtt_explorer.widgets.tokens import ROW_TABLE
from mqtt_explorer.widgets.views import TableView, menu_place, selected_ranges, style_header

_COLUMNS: Final = (
    Column(mono=True),
    Column(mono=True, right=True, kind="muted"),
    Column(mono=True, hits=True),
    Column(mono=True, kind="muted"),
    Column(marks=True, small=True, kind="muted"),
    Column(mono=True, right=True, kind="muted"),
    Column(mono=True, hits=True),
)
_SAMPLES: Final = {TIME: "00:00:00.000", GAP: "+99.99 ms", QOS: "0", RETAINED: "", SIZE: "999.9 KiB"}
"""The longest usual text of the columns that do not share the rest: their width, whatever the font."""
_SPARE: Final = 6
"""Pixels more than the text: it would be elided at its exact width."""
_PIN_COLUMN: Final = 44
_TOPIC_SHARE: Final = 0.58
_TOPIC_SHARE_NARROW: Final = 0.64
_LEAST_TOPIC: Final = 120
_WIDE_FROM: Final = 640
"""Narrower than this, gap, QoS and size make room for topic and preview."""
_PIN: Final = 14
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def typed_text(event: QKeyEvent) -> str:
    """The characters a key means as text; "" for a space and for all other keys."""
    beside = Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
    text = event.text()
    return text if text.strip() and text.isprintable() and not event.modifiers() & ~beside else ""


class _Header(QHeaderView):
    """Over the pins stands a pin: the word would take more room than all of them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        style_header(self)

    def initStyleOptionForIndex(self, option: QStyleOptionHeader, section: int) -> None:
        super().initStyleOptionForIndex(option, section)
        if section == RETAINED:
            option.text = ""  # type: ignore[attr-defined]  # the stubs leave the fields out

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        super().paintSection(painter, rect, section)
        if section == RETAINED:
            glyph = pixmap("pin", "muted", _PIN, painter.device().devicePixelRatioF())
            painter.drawPixmap(rect.right() + 1 - PAD - _PIN, rect.y() + (rect.height() - _PIN) // 2, glyph)


class MessageTable(TableView):
    """Shows a MessageModel. It follows at its top; scrolled away from there it is held.

    Signals:
        opened(): Enter or a double click on a row.
        copy_wanted(): The user wants the selected rows.
        menu_wanted(object): A context menu at this point of the screen (QPoint).
    """

    opened = Signal()
    copy_wanted = Signal()
    menu_wanted = Signal(object)

    def __init__(self, model: MessageModel, parent: QWidget | None = None) -> None:
        super().__init__(_COLUMNS, parent, row_height=ROW_TABLE)
        self._model = model
        self._changing = False
        self._sizing = False
        self._sized_by_hand = False
        # Before the view hears of it: it would select a neighbour of a row that goes, and nobody chose that one.
        model.rowsAboutToBeRemoved.connect(self._on_removing)
        model.modelAboutToBeReset.connect(self._on_changing)
        self.setHorizontalHeader(_Header(self))
        self.setModel(model)
        model.rowsRemoved.connect(self._on_changed)
        model.modelReset.connect(self._on_changed)
        self.setSelectionMode(TableView.SelectionMode.ExtendedSelection)
        self.setAccessibleName(self.tr("Messages"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setStretchLastSection(True)
        header.setSectionsClickable(True)
        self._size_figures()
        theme().changed.connect(self._size_figures)
        header.setSectionResizeMode(PREVIEW, QHeaderView.ResizeMode.Stretch)
        header.sectionResized.connect(self._on_section_resized)
        self.doubleClicked.connect(lambda _index: self.opened.emit())
        self.selectionModel().selectionChanged.connect(lambda *_: self._on_selected())
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)

    def selected_seqs(self) -> list[int]:
        """The numbers of the selected messages, newest first."""
        return [seq for rows in selected_ranges(self) for seq in self._model.seqs(rows)]

    def middle_row(self) -> int:
        """The row in the middle of the screen."""
        first = max(0, self.rowAt(0))
        last = self.rowAt(self.viewport().height() - 1)
        return (first + (last if last >= 0 else first)) // 2

    def to_top(self) -> None:
        """Shows the newest row."""
        self._changing = True
        self.scrollToTop()
        self._changing = False

    def to_oldest(self) -> None:
        """Fetches the older messages, as many as a list holds, and goes to the last of them."""
        self._model.page_in()
        last = self._model.rowCount() - 1
        if last >= 0:
            self.setCurrentIndex(self._model.index(last, TIME))
            self.scrollToBottom()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        elif event.key() in _ENTER and plain and self.currentIndex().isValid():
            self.opened.emit()
        elif event.key() == Qt.Key.Key_End and plain:
            self._set_keyboard(True)
            self.to_oldest()
        elif event.key() == Qt.Key.Key_Home and plain and self._model.rowCount():
            self._set_keyboard(True)  # Qt means the first column of the row
            self.setCurrentIndex(self._model.index(0, TIME))
            self.scrollToTop()
        elif typed_text(event):
            event.ignore()  # Qt would walk through all rows for one that begins so; the panel takes it for the filter
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            super().mouseDoubleClickEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index, place = menu_place(self, event)
        if index.isValid() and not self.selectionModel().isRowSelected(index.row()):
            self.selectRow(index.row())
        self.menu_wanted.emit(place)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    # --- inside ---------------------------------------------------------------------------------------------------

    def _size_figures(self) -> None:
        """Times show their milliseconds and heads their words in every size of the font."""
        if self._sized_by_hand:
            return
        self._sizing = True
        cell, head = QFontMetrics(theme().mono_font()), QFontMetrics(theme().small_font(semibold=True))
        for column, sample in _SAMPLES.items():
            text = self._model.headerData(column, Qt.Orientation.Horizontal) if column != RETAINED else ""
            words = head.horizontalAdvance(str(text or ""))
            wide = max(cell.horizontalAdvance(sample), words) + 2 * PAD + _SPARE
            self.setColumnWidth(column, _PIN_COLUMN if column == RETAINED else wide)
        self._sizing = False
        self._share_room()

    def _share_room(self) -> None:
        """Topic and preview share what the figures leave, until somebody drags a column."""
        self._sizing = True
        width = self.viewport().width()
        wide = width >= _WIDE_FROM * theme().mono_px / MONO_PX
        for column in (GAP, QOS, SIZE):
            self.setColumnHidden(column, not wide)
        if not self._sized_by_hand:
            taken = sum(self.columnWidth(column) for column in _SAMPLES if not self.isColumnHidden(column))
            share = _TOPIC_SHARE if wide else _TOPIC_SHARE_NARROW
            self.setColumnWidth(TOPIC, max(_LEAST_TOPIC, round((width - taken) * share)))
        self._sizing = False

    def _on_section_resized(self, column: int, _before: int, _now: int) -> None:
        if not self._sizing and column != PREVIEW:
            self._sized_by_hand = True

    def _on_changing(self) -> None:
        self._changing = True  # what the scroll bar does now nobody asked for

    def _on_removing(self, _parent: QModelIndex, first: int, _last: int) -> None:
        self._changing = True
        if self.currentIndex().row() >= first:
            self.selectionModel().clearCurrentIndex()

    def _on_changed(self) -> None:
        self._changing = False
        self._on_selected()

    def _on_selected(self) -> None:
        ranges = selected_ranges(self)
        seqs = self._model.seqs(range(ranges[-1].stop - 1, ranges[-1].stop)) if ranges else []
        self._model.set_selected(seqs[0] if seqs else None)

    def _on_scrolled(self, value: int) -> None:
        if not self._changing:
            self._model.set_follow(value == 0)
