# SPDX-License-Identifier: MIT
"""The table of a comparison: tinted rows, steps from change to change, and what can be copied."""

from __future__ import annotations

from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QItemSelectionModel, QRect, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QWidget

from mqtt_explorer.models.diff_model import CHANGE, KEY, SIGN, TONES, A, B, DiffModel
from mqtt_explorer.panels.message.diff_delegate import COLUMNS, DiffDelegate
from mqtt_explorer.payload.diff_bytes import WIDTHS
from mqtt_explorer.widgets.icons import icon
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.views import TableView, menu_place, selected_ranges

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.payload.diff_rows import Side

_SIGN_PX: Final = 24
_LEAST_KEY: Final = 92
_LEAST_CHANGE: Final = 60
_LEAST_VALUE: Final = 104
#: Rows that are measured for the widths of columns.
_MEASURED: Final = 120
COPY_ROWS: Final = 10_000
"""Rows copied at most."""
COPY_LIMIT: Final = 4 << 20
"""Characters of one value copied at most: a payload is saved as a whole."""
_HOVER_ALPHA: Final = 0.05
_FLAGS = QItemSelectionModel.SelectionFlag


class DiffTable(TableView):
    """One row for each value, line or stretch of bytes.

    Signals:
        said(str): What came of copying, as a sentence.
        byte_width_changed(int): So many bytes of each side fit a row now.
    """

    said = Signal(str)
    byte_width_changed = Signal(int)

    def __init__(self, model: DiffModel, parent: QWidget | None = None) -> None:
        super().__init__(COLUMNS, parent)
        self._rows_shown = model
        self._painter = DiffDelegate(self)
        self._delegate = self._painter
        self._byte_width = WIDTHS[0]
        self.setItemDelegate(self._painter)
        self.setModel(model)
        self.setAccessibleName(self.tr("Differences"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(_SIGN_PX)
        model.modelReset.connect(self.fit_columns)
        theme().changed.connect(self.fit_columns)

    @property
    def byte_width(self) -> int:
        """Bytes of each side that fit a row."""
        return self._byte_width

    # --- steps ------------------------------------------------------------------------------------------------------

    def go_to_change(self, step: int) -> None:
        """Goes to the next change (1) or to the one before (-1)."""
        current = self.currentIndex()
        # The focus alone makes the first row current, and nobody went there.
        stands = current.isValid() and self.selectionModel().isSelected(current)
        row = self._rows_shown.next_change(current.row() if stands else -1, step)
        if row < 0:
            return
        index = self._rows_shown.index(row, KEY)
        self.selectionModel().setCurrentIndex(index, _FLAGS.ClearAndSelect | _FLAGS.Rows)
        self.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_rows()
        elif plain and event.key() in (Qt.Key.Key_N, Qt.Key.Key_P):
            self.go_to_change(1 if event.key() == Qt.Key.Key_N else -1)
        else:
            super().keyPressEvent(event)

    # --- copying ------------------------------------------------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index, place = menu_place(self, event)
        if not index.isValid():
            return
        menu = self.row_menu(index.row())
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def row_menu(self, row: int) -> QMenu:
        """What can be done with a row."""
        menu = QMenu(self)
        diff = self._rows_shown.diff
        words = {
            "structure": self.tr("Copy key path"),
            "lines": self.tr("Copy line number"),
            "bytes": self.tr("Copy offset"),
        }
        menu.addAction(
            icon("copy"), words[diff.mode if diff is not None else "structure"], partial(self.copy_key, row)
        )
        place = self._rows_shown.place(row)
        sides: tuple[tuple[Side, str], ...] = (
            ("a", self.tr("Copy the value of A")),
            ("b", self.tr("Copy the value of B")),
        )
        for side, text in sides:
            action = menu.addAction(icon("copy"), text, partial(self.copy_value, row, side))
            action.setEnabled(diff is not None and diff.rows.value(place, side) is not None)
        menu.addSeparator()
        menu.addAction(self.tr("Copy rows\tCtrl+C"), self.copy_rows)
        menu.addSeparator()
        menu.addAction(self.tr("Next change\tN"), partial(self.go_to_change, 1))
        menu.addAction(self.tr("Previous change\tP"), partial(self.go_to_change, -1))
        return menu

    def copy_key(self, row: int) -> None:
        """Puts the whole key of a row on the clipboard."""
        diff = self._rows_shown.diff
        if diff is not None:
            QGuiApplication.clipboard().setText(diff.rows.path(self._rows_shown.place(row)))
            self.said.emit(
                self.tr("Copied the key path.") if diff.mode == "structure" else self.tr("Copied.")
            )

    def copy_value(self, row: int, side: Side) -> None:
        """Puts a value on the clipboard as it is spelled."""
        diff = self._rows_shown.diff
        value = diff.rows.value(self._rows_shown.place(row), side) if diff is not None else None
        if value is None:
            return
        if len(value) > COPY_LIMIT:
            self.said.emit(self.tr("Nothing was copied: the value is too large. Save the payload."))
            return
        QGuiApplication.clipboard().setText(value.decode("utf-8", "replace"))
        self.said.emit(self.tr("Copied the value of {side}.").format(side=side.upper()))

    def copy_rows(self) -> None:
        """Puts the selected rows on the clipboard as they stand, cells between tabs."""
        ranges = selected_ranges(self)
        chosen = sum(map(len, ranges))
        lines = [self._line(row) for row in islice(chain.from_iterable(ranges), COPY_ROWS)]
        if not lines:
            return
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")
        if len(lines) < chosen:
            text = self.tr("Copied the first {n} of {all} selected rows.")
        else:
            text = self.tr("Copied 1 row.") if chosen == 1 else self.tr("Copied {n} rows.")
        self.said.emit(text.format(n=f"{len(lines):,}", all=f"{chosen:,}"))

    def _line(self, row: int) -> str:
        cells = [
            str(self._rows_shown.index(row, column).data() or "") for column in (SIGN, KEY, A, B, CHANGE)
        ]
        return "\t".join(cell.replace("\t", " ").replace("\n", " ").replace("\r", " ") for cell in cells)

    # --- columns ------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_columns()

    def fit_columns(self) -> None:
        """Shares the width: keys and changes get what they need, within bounds, and the values the rest in halves."""
        room = self.viewport().width()
        if room <= 0:
            return
        model, painter = self._rows_shown, self._painter
        key = painter.mono_width(model.key_head() + " ")
        change = painter.mono_width(str(model.headerData(CHANGE, Qt.Orientation.Horizontal)))
        count = model.rowCount()
        measured = chain(range(min(count, _MEASURED)), range(max(count - 3, _MEASURED), count))
        for number in measured:
            row = model.diff_row(number)
            if row is not None:
                key, change = (
                    max(key, painter.mono_width(row.key)),
                    max(change, painter.mono_width(row.change)),
                )
        key = min(max(key, _LEAST_KEY), max(room * 34 // 100, _LEAST_KEY))
        change = min(max(change, _LEAST_CHANGE), max(room * 26 // 100, _LEAST_CHANGE))
        left = room - _SIGN_PX - key - change
        if left < 2 * _LEAST_VALUE:  # the values are what one looks for
            key = max(_LEAST_KEY, key - (2 * _LEAST_VALUE - left))
            left = room - _SIGN_PX - key - change
        half = max(left // 2, 0)
        for column, width in (
            (SIGN, _SIGN_PX),
            (KEY, key),
            (A, half),
            (B, half),
            (CHANGE, room - _SIGN_PX - key - 2 * half),
        ):
            self.setColumnWidth(column, max(width, 0))
        self._tell_byte_width(room)

    def _tell_byte_width(self, room: int) -> None:
        """From the width alone: what the rows hold just now would answer differently before and after."""
        painter = self._painter
        values = room - _SIGN_PX - painter.mono_width("0" * 8) - painter.mono_width("16 bytes")
        count = next(
            (each for each in WIDTHS if 2 * painter.mono_width("00 " * each) <= values + 16), WIDTHS[-1]
        )
        if count != self._byte_width:
            self._byte_width = count
            self.byte_width_changed.emit(count)

    # --- grounds ------------------------------------------------------------------------------------------------------

    def _paint_grounds(self, painter: QPainter, area: QRect) -> None:
        look = theme()
        tints = {sign: look.color(f"tint_{tone}") for sign, tone in TONES.items()}
        selection, hover = look.color("selection"), look.color("hover")
        over = QColor(look.color("text"))
        over.setAlphaF(_HOVER_ALPHA)
        is_selected = self.selectionModel().isSelected
        for index, rect in self._rows(area):
            tint = tints.get(self._rows_shown.sign(index.row()))
            if is_selected(index):
                painter.fillRect(rect, selection)
            elif tint is not None:
                painter.fillRect(rect, tint)
                if self._hover == index:
                    painter.fillRect(rect, over)
            elif self._hover == index:
                painter.fillRect(rect, hover)
