# SPDX-License-Identifier: MIT
"""The chips of the search on one line, or on two where the panel is narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QWidget

from mqtt_explorer.widgets.cards import Rule
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_XS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mqtt_explorer.widgets.buttons import Chip
    from mqtt_explorer.widgets.query_chips import QueryChips

_AROUND: Final = 20
"""Padding and border of a chip, left and right together, and two pixels to spare."""


class ChipRow(QWidget):
    """Takes the chips out of their own row, which would force its width on the dock.

    Attributes:
        stops: The chips from left to right.
    """

    def __init__(self, chips: QueryChips, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        chips.setParent(self)
        chips.hide()
        self.stops: Sequence[Chip] = (
            chips.topic,
            chips.payload,
            chips.properties,
            chips.retained,
            chips.since,
            chips.stale,
        )
        self._scopes, self._states = _line(self.stops[:3], self), _line(self.stops[3:], self)
        self._rule = Rule(self, vertical=True)
        self._rule.setFixedHeight(16)
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        for part in (self._scopes, self._rule, self._states):
            self._layout.addWidget(part)
        self._layout.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._fit_chips)
        self._fit_chips()

    def minimumSizeHint(self) -> QSize:
        width = max(self._scopes.sizeHint().width(), self._states.sizeHint().width())
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """On one line where both parts fit, else the states below the scopes."""
        both = self._scopes.sizeHint().width() + self._states.sizeHint().width() + 2 * GAP + 1
        direction = QBoxLayout.Direction
        wanted = direction.LeftToRight if self.width() >= both else direction.TopToBottom
        self._layout.setSpacing(GAP if wanted == direction.LeftToRight else GAP_XS)
        if wanted != self._layout.direction():
            self._layout.setDirection(wanted)
            self._rule.setVisible(wanted == direction.LeftToRight)

    def _fit_chips(self) -> None:
        """As wide as their text when it is bold: Qt gives a tool button two blanks more."""
        metrics = QFontMetrics(theme().small_font(semibold=True))
        for chip in self.stops:
            chip.setFixedWidth(metrics.horizontalAdvance(chip.text()) + _AROUND)
        self._arrange()


def _line(chips: Sequence[Chip], parent: QWidget) -> QWidget:
    holder = QWidget(parent)
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(GAP_XS)
    for chip in chips:
        row.addWidget(chip)
    row.addStretch(1)
    return holder
