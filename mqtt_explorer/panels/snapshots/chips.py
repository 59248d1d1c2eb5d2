# SPDX-License-Identifier: MIT
"""Chips that count what became of the topics, and choose what is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QStyle, QWidget

from mqtt_explorer.models import snapshot_words
from mqtt_explorer.store.snapshot_compare import Status
from mqtt_explorer.widgets.buttons import Chip
from mqtt_explorer.widgets.tokens import GAP_XS

if TYPE_CHECKING:
    from collections.abc import Collection

    from mqtt_explorer.store.snapshot_compare import Comparison


class StatusChips(QWidget):
    """One chip for each status there is; they go on in a second line where the first one is full.

    Signals:
        changed(): The user switched one.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: dict[Status, Chip] = {}
        for status in Status:
            tooltip = snapshot_words.meaning(status)
            chip = Chip(snapshot_words.name(status), self, checkable=True, tooltip=tooltip)
            chip.clicked.connect(self.changed)
            chip.hide()
            self.chips[status] = chip
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def chosen(self) -> frozenset[Status]:
        """What shall be shown; also what there is none of."""
        return frozenset(status for status, chip in self.chips.items() if chip.isChecked())

    def show_counts(self, comparison: Comparison | None, chosen: Collection[Status]) -> None:
        """Shows the counts of a comparison; a status that no topic has gets no chip."""
        for status, chip in self.chips.items():
            count = comparison.count(status) if comparison is not None else 0
            chip.set_text(f"{snapshot_words.name(status)} {count:,}")
            chip.setChecked(status in chosen)
            chip.setVisible(count > 0)
        self._arrange()

    def sizeHint(self) -> QSize:
        return QSize(sum(each.sizeHint().width() + GAP_XS for each in self._shown), self.minimumHeight())

    def minimumSizeHint(self) -> QSize:
        widest = max((each.sizeHint().width() for each in self._shown), default=0)
        return QSize(widest, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    @property
    def _shown(self) -> list[Chip]:
        return [chip for chip in self.chips.values() if not chip.isHidden()]

    def _arrange(self) -> None:
        left = top = high = 0
        for chip in self._shown:
            size = chip.sizeHint()
            if left and left + size.width() > self.width():
                left, top = 0, top + high + GAP_XS
            high = max(high, size.height())
            rect = QRect(left, top, size.width(), size.height())
            chip.setGeometry(QStyle.visualRect(self.layoutDirection(), self.rect(), rect))
            left += size.width() + GAP_XS
        if self.minimumHeight() != top + high:
            self.setMinimumHeight(top + high)
            self.updateGeometry()
