# SPDX-License-Identifier: MIT
"""The search field above a list of saved brokers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from mqtt_explorer.widgets.cards import EmptyState
from mqtt_explorer.widgets.icons import icon

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from mqtt_explorer.app.profiles.list_tree import BrokerTree


class SearchField(QLineEdit):
    """Escape clears it and goes back to the list; Down and Enter go to the list, to its first hit."""

    def __init__(self, view: BrokerTree, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self.looked_at = self.tr("Names, addresses, folders and user names are searched.")
        self.setPlaceholderText(self.tr("Find a broker"))
        self.setAccessibleName(self.tr("Find a broker"))
        self.setToolTip(self.tr("{what} (Ctrl+F)").format(what=self.looked_at))
        self.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        wipe = self.addAction(icon("close"), QLineEdit.ActionPosition.TrailingPosition)
        wipe.setToolTip(self.tr("Clear search (Esc)"))
        wipe.setVisible(False)
        wipe.triggered.connect(self.clear)
        self.textChanged.connect(lambda text: wipe.setVisible(bool(text)))

    def begin(self) -> None:
        """Takes the focus; what is typed next replaces what stands there. Hidden, there is nothing to search."""
        if self.isVisible():
            self.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.clear()
        elif key not in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        elif self.text().strip():
            self._view.choose_first_hit()
        self._view.setFocus(Qt.FocusReason.TabFocusReason)

    def nothing_found(self) -> EmptyState:
        """What stands in the list's place when nothing matches."""
        return EmptyState(
            "search",
            self.tr("No broker matches"),
            self.looked_at,
            button=self.tr("Clear search"),
            on_click=self.clear,
        )
