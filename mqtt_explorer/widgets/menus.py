# SPDX-License-Identifier: MIT
"""Menus in which several things are ticked one after the other."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu

_STAYS = "stays"


def add_tick(menu: QMenu, title: str, *, on: bool, tooltip: str = "") -> QAction:
    """An entry with a tick that leaves a `TickMenu` open."""
    action = menu.addAction(title)
    action.setToolTip(tooltip)
    action.setCheckable(True)
    action.setChecked(on)
    action.setProperty(_STAYS, True)
    return action


class TickMenu(QMenu):
    """A menu that stays open while entries of `add_tick` are ticked, by mouse, Space or Enter."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ticks without closing."""
        action = self.actionAt(event.position().toPoint())
        if not self._tick(action):
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ticks without closing."""
        keys = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() not in keys or not self._tick(self.activeAction()):
            super().keyPressEvent(event)

    @staticmethod
    def _tick(action: QAction | None) -> bool:
        if action is None or not action.isEnabled() or not action.property(_STAYS):
            return False
        action.toggle()
        return True
