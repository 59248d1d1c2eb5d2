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
    """One chip for each status there is. Where they do not fit beside each other they say less, then go on in further lines.

    Signals:
        changed(): The user switched one.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: dict[Status, Chip] = {}
        self._counts = dict.fromkeys(Status, 0)
        self._brief = False
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
            count = self._counts[status] = comparison.count(status) if comparison is not None else 0
            chip.setChecked(status in chosen)
            chip.setVisible(count > 0)
        self._name(brief=self._brief)
        self._arrange()

    def _name(self, *, brief: bool) -> None:
        self._brief = brief
        for status, chip in self.chips.items():
            name = snapshot_words.name(status)
            chip.set_text(f"{snapshot_words.word(status) if brief else name} {self._counts[status]:,}")
            chip.setAccessibleName(f"{name} {self._counts[status]:,}")

    @property
    def _length(self) -> int:
        return sum(each.sizeHint().width() + GAP_XS for each in self._shown)

    def sizeHint(self) -> QSize:
        return QSize(self._length, self.minimumHeight())

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
        if self._brief:
            self._name(brief=False)
        if self._length - GAP_XS > self.width():
            self._name(brief=True)
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
