# SPDX-License-Identifier: MIT
"""The table beside the treemap: the same sources, with their figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QVBoxLayout, QWidget

from mqtt_explorer.models.noise_model import (
    BYTE_RATE,
    BYTES,
    MESSAGES,
    RATE,
    SHARE,
    TOPIC,
    NoiseModel,
    NoiseRow,
)
from mqtt_explorer.widgets.cards import label
from mqtt_explorer.widgets.delegates import Column
from mqtt_explorer.widgets.tokens import GAP_XS
from mqtt_explorer.widgets.views import TableView, menu_place, selected_ranges

if TYPE_CHECKING:
    from mqtt_explorer.store.noise_meter import By, Noise, Ranked

_WIDTHS: Final = {MESSAGES: 84, SHARE: 64, BYTES: 88, RATE: 96, BYTE_RATE: 100}
_LEAST_TOPIC: Final = 150
#: What gives way first where there is little room; the measure and its share stay.
_GIVE_WAY: Final[dict[By, tuple[int, ...]]] = {
    "messages": (BYTE_RATE, RATE, BYTES, SHARE),
    "bytes": (RATE, BYTE_RATE, MESSAGES, SHARE),
}
_NUMBER: Final = Column(mono=True, right=True)
_FLAGS = QItemSelectionModel.SelectionFlag


class NoiseTable(TableView):
    """One row for each source, loudest first.

    Signals:
        row_chosen(object): The row that was clicked, or chosen with Space.
        entered(object): The key of a row to look into.
        up_requested(): Back to the branch above.
        menu_wanted(object, QPoint): The key of a row, and where on the screen.
        measure_wanted(str): The other measure, by a click on a column's head.
    """

    row_chosen = Signal(object)
    entered = Signal(object)
    up_requested = Signal()
    menu_wanted = Signal(object, QPoint)
    measure_wanted = Signal(str)

    def __init__(self, model: NoiseModel, parent: QWidget | None = None) -> None:
        super().__init__([Column(bar=True, middle=True, marks=True), *([_NUMBER] * 5)], parent)
        self._rows_shown = model
        self._by: By = "messages"
        self.foot = label("", "caption", wrap=True)
        self.setModel(model)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAccessibleName(self.tr("Noise as a table"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(TOPIC, QHeaderView.ResizeMode.Stretch)
        for column, width in _WIDTHS.items():
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, width)
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self._on_head)
        self.clicked.connect(lambda index: self._choose(index.row()))
        self.doubleClicked.connect(lambda index: self._enter(index.row()))

    def with_foot(self, parent: QWidget) -> QWidget:
        """The table with the line under it that says how much of the branch it shows."""
        box = QWidget(parent)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_XS)
        layout.addWidget(self, 1)
        layout.addWidget(self.foot)
        self.foot.hide()
        return box

    def show_rows(self, rows: Sequence[NoiseRow], ranked: Ranked | None, seconds: float, by: By) -> None:
        """Shows the rows of a branch."""
        if by != self._by:
            self._by = by
            self._fit()
        total: Noise | None = ranked.total if ranked is not None else None
        if total is None or not rows:
            self._rows_shown.clear()
        else:
            self._rows_shown.set_rows(rows, total, seconds, by)
        shown, number = (len(ranked.sources), ranked.number) if ranked is not None else (0, 0)
        self.foot.setVisible(shown < number)
        if shown < number:
            text = self.tr("Showing {shown} of {all}; the last row sums up the others.")
            self.foot.setText(text.format(shown=f"{shown:,}", all=f"{number:,}"))

    def select(self, row: NoiseRow | None) -> None:
        """Selects a row alone and scrolls to it; None selects nothing."""
        for place, each in enumerate(self._rows_shown.rows):
            if row is not None and each.key == row.key:
                index = self._rows_shown.index(place, TOPIC)
                self.selectionModel().setCurrentIndex(index, _FLAGS.ClearAndSelect | _FLAGS.Rows)
                self.scrollTo(index)
                return
        self.selectionModel().clear()

    def copy(self) -> None:
        """Puts the selected rows on the clipboard, with full topics, separated by tabs."""
        ranges = selected_ranges(self)
        self._copy(chain.from_iterable(ranges))

    def copy_all(self) -> None:
        """Puts all rows on the clipboard."""
        self._copy(range(self._rows_shown.rowCount()))

    def _copy(self, places: Iterable[int]) -> None:
        model = self._rows_shown
        rows = [row for place in places if (row := model.row(place)) is not None]
        if not rows:
            return
        heads = [str(model.headerData(column, Qt.Orientation.Horizontal)) for column in range(6)]
        lines = ["\t".join(heads), *("\t".join(self._cells(row)) for row in rows)]
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")

    def _cells(self, row: NoiseRow) -> list[str]:
        topic = row.topic.decode("utf-8", "replace") if row.topic is not None else row.name
        # A topic may hold what separates cells and rows.
        topic = topic.replace("\t", " ").replace("\n", " ").replace("\r", " ")
        figures = [self._rows_shown.text(row, column) for column in (SHARE, RATE, BYTE_RATE)]
        return [topic, str(row.messages), figures[0], str(row.size), figures[1], figures[2]]

    # -- what the user does -------------------------------------------------------------------------------------------

    def _choose(self, place: int) -> None:
        row = self._rows_shown.row(place)
        if row is not None:
            self.row_chosen.emit(row)

    def _enter(self, place: int) -> None:
        row = self._rows_shown.row(place)
        if row is not None and row.branch:
            self.entered.emit(row.key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter(self.currentIndex().row())
        elif key == Qt.Key.Key_Backspace:
            self.up_requested.emit()
        elif key == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self._choose(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index, place = menu_place(self, event)
        row = self._rows_shown.row(index.row())
        if row is not None:
            self.menu_wanted.emit(row.key, place)

    def _on_head(self, column: int) -> None:
        by = {MESSAGES: "messages", RATE: "messages", BYTES: "bytes", BYTE_RATE: "bytes"}.get(column)
        if by is not None and by != self._by:
            self.measure_wanted.emit(by)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Hides columns where the topics would get too narrow."""
        room = self.viewport().width() - _LEAST_TOPIC - sum(_WIDTHS.values())
        for column in _GIVE_WAY[self._by]:
            self.setColumnHidden(column, room < 0)
            if room < 0:
                room += _WIDTHS[column]
        self.setColumnHidden(MESSAGES if self._by == "messages" else BYTES, False)
