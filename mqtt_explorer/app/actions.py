# SPDX-License-Identifier: MIT
"""Every action of the window in one list: the shortcuts, the help and the command palette read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


class About(NamedTuple):
    """What helps to find an action.

    Attributes:
        group: What it belongs to, in a word that is shown ("Brokers").
        keywords: Other words for it, which are not shown.
    """

    group: str = ""
    keywords: str = ""


class Actions:
    """Makes actions and keeps them in order."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self.all: list[QAction] = []
        self._about: dict[QAction, About] = {}

    def add(
        self, text: str, shortcut: str, run: Callable[[], object], *, group: str = "", keywords: str = ""
    ) -> QAction:
        """Adds an action that works wherever the focus is in the window.

        Args:
            text: Its name in plain words; "&" marks a mnemonic, as Qt has it.
            shortcut: Its keys, or "".
            run: What it does.
            group: What it belongs to, shown beside it in the palette.
            keywords: Other words somebody may look for, apart by blanks.
        """
        action = QAction(text, self._window)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda: run())
        self._window.addAction(action)
        self.all.append(action)
        self._about[action] = About(group, keywords)
        return action

    def about(self, action: QAction) -> About:
        """Group and keywords of an action; of one that is not ours nothing."""
        return self._about.get(action, About())


def plain_name(action: QAction) -> str:
    """An action's name without the marks of mnemonics."""
    return action.text().replace("&&", "\0").replace("&", "").replace("\0", "&")


def shown_keys(action: QAction) -> str:
    """An action's keys as this system writes them, or ""."""
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(each.toString(native) for each in action.shortcuts() if not each.isEmpty())
