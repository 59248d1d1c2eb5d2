# SPDX-License-Identifier: MIT
"""The row that tells of work which takes longer: how far it is, what it is, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import Elided
from mqtt_explorer.widgets.tokens import GAP

if TYPE_CHECKING:
    from collections.abc import Callable

_PROGRESS_PX: Final = 96
_STEPS: Final = 1000


class BusyRow(QWidget):
    """Hidden until there is such work.

    Args:
        on_cancel: The user does not want to wait.
        parent: The view that works.
    """

    def __init__(self, on_cancel: Callable[[], object], parent: QWidget) -> None:
        super().__init__(parent)
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(_PROGRESS_PX)
        self.progress.setRange(0, _STEPS)
        self.working = Elided("", role="caption")
        self.cancel = push_button(self.tr("Cancel"), on_cancel, kind="link")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.progress)
        row.addWidget(self.working, 1)
        row.addWidget(self.cancel)
        self.hide()

    def set_share(self, share: float) -> None:
        """Shows which share is done, 0 to 1."""
        self.progress.setValue(int(share * _STEPS))

    def say(self, text: str) -> None:
        """Says what is done."""
        self.working.setText(text)
