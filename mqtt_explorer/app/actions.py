# SPDX-License-Identifier: MIT
"""Every action of the window in one list: the shortcuts, the help and later the command palette read it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


class Actions:
    """Makes actions and keeps them in order."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self.all: list[QAction] = []

    def add(self, text: str, shortcut: str, run: Callable[[], object]) -> QAction:
        """Adds an action that works wherever the focus is in the window."""
        action = QAction(text, self._window)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda: run())
        self._window.addAction(action)
        self.all.append(action)
        return action
