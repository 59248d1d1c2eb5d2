# SPDX-License-Identifier: MIT
"""The message over its history: a short history leaves the room to the message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.panels.message.history import History

_SHARE: Final = 0.265
"""Of the height, what the history takes where it has rows enough."""


class HistorySplitter(QSplitter):
    """Shares the height until the user drags its handle; from then on it stays as it was dragged.

    Args:
        upper: What stands over the history.
        history: Below.
        parent: The panel.
    """

    def __init__(self, upper: QWidget, history: History, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._history = history
        self._dragged = False
        self.setChildrenCollapsible(False)
        self.addWidget(upper)
        self.addWidget(history)
        self.setStretchFactor(0, 3)
        self.setStretchFactor(1, 1)
        self.splitterMoved.connect(self._on_moved)
        for changed in (history.model.rowsInserted, history.model.rowsRemoved, history.model.modelReset):
            changed.connect(lambda *_: self.share())

    def share(self) -> None:
        """Gives the history what its rows need, at most its usual share."""
        total = sum(self.sizes())
        if self._dragged or self._history.isHidden() or not total:
            return
        height = min(round(total * _SHARE), self._history.wanted_height())
        height = max(height, self._history.minimumSizeHint().height())
        if self.sizes()[1] != height:
            self.setSizes([total - height, height])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The shares go along with the height."""
        super().resizeEvent(event)
        self.share()

    def _on_moved(self) -> None:
        self._dragged = True
