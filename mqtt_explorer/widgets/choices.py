# SPDX-License-Identifier: MIT
"""A combo box for forms that scroll: the wheel scrolls the form and never changes the choice."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget


class Choice(QComboBox):
    """A few choices, each a value with its text."""

    def __init__(
        self, choices: Sequence[tuple[object, str]] = (), parent: QWidget | None = None, *, name: str = ""
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.set_choices(choices)

    def set_choices(self, choices: Sequence[tuple[object, str]]) -> None:
        """Offers other choices; the value stays where it is among them."""
        before = self.value
        self.blockSignals(True)
        self.clear()
        for value, text in choices:
            self.addItem(text, value)
        self.blockSignals(False)
        self.set_value(before)

    @property
    def value(self) -> object:
        """The chosen value; None while there are no choices."""
        return self.currentData()

    def set_value(self, value: object) -> None:
        """Chooses a value; one that is not offered changes nothing."""
        # findData() compares as Qt does, where None and "" are the same.
        for index in range(self.count()):
            if self.itemData(index) == value:
                self.setCurrentIndex(index)
                return

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
