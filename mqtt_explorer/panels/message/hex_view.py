# SPDX-License-Identifier: MIT
"""The bytes of a payload in rows."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from mqtt_explorer.models.hex_model import ASCII, BYTES, OFFSET, HexModel
from mqtt_explorer.widgets.clipboard import HEX_LIMIT
from mqtt_explorer.widgets.delegates import PAD, Column
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.views import TableView, selected_ranges

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

_COLUMNS: Final = (Column(mono=True), Column(mono=True), Column(mono=True))
_ROW: Final = 22
_WIDTHS: Final = (32, 16, 8)
"""Bytes in a row, the most that fit."""


class HexView(TableView):
    """As many bytes in a row as there is room for; every byte can be reached, whatever the size.

    Signals:
        copied(str): Rows were copied; how many, as a sentence.
    """

    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_COLUMNS, parent, row_height=_ROW)
        self._model = HexModel(self)
        self.setModel(self._model)
        self.setAccessibleName(self.tr("Bytes"))

    def show_bytes(self, payload: bytes) -> None:
        """Shows other bytes, from the same place on."""
        place = self.verticalScrollBar().value()
        self._model.set_payload(payload)
        self._share_width()
        self.verticalScrollBar().setValue(place)

    def copy(self) -> None:
        """Puts the selected rows on the clipboard as they stand, HEX_LIMIT bytes at most."""
        ranges = selected_ranges(self)
        chosen = sum(map(len, ranges))
        if not chosen:
            return
        limit = HEX_LIMIT // self._model.width
        lines = [self._model.line(row) for row in islice(chain.from_iterable(ranges), limit)]
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")
        if len(lines) < chosen:
            text = self.tr("Copied the first {n} of {all} selected rows; save the payload to have all bytes.")
        else:
            text = self.tr("Copied 1 row.") if chosen == 1 else self.tr("Copied {n} rows.")
        self.copied.emit(text.format(n=f"{len(lines):,}", all=f"{chosen:,}"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copies whole rows; Qt would copy one cell."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            event.accept()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fits the rows to the width."""
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        wide = QFontMetricsF(theme().mono_font()).horizontalAdvance("0")
        room = self.viewport().width()
        count = next((each for each in _WIDTHS if _needed(each, wide) <= room), _WIDTHS[-1])
        self._model.set_width(count)
        self.setColumnWidth(OFFSET, int(8 * wide) + 2 * PAD + 6)
        self.setColumnWidth(BYTES, int(3 * count * wide) + 2 * PAD + 6)
        self.setColumnWidth(ASCII, int(count * wide) + 2 * PAD + 6)


def _needed(count: int, wide: float) -> float:
    """Width of a row of so many bytes: offset, bytes with a space each, characters."""
    return (8 + 4 * count) * wide + 6 * PAD + 18
