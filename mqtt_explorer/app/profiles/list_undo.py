# SPDX-License-Identifier: MIT
"""The strip that says what was deleted and brings it back, in place of a question beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QWidget

from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.text import one_line

#: Long enough to come back to; the secrets of what was deleted stay as long.
_STAYS_MS: Final = 120_000
_NAME_LIMIT: Final = 48


@dataclass(frozen=True, slots=True)
class _Deed:
    text: str
    undo: Callable[[], object]
    settle: Callable[[], object]


class UndoStrip(Strip):
    """Offers the last deletions for undoing, newest first, for two minutes after the last one; Ctrl+Z in the list takes them back too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("info", "", parent, dismissable=True)
        self._deeds: list[_Deed] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_STAYS_MS)
        self._timer.timeout.connect(self._on_time_over)
        self.button = self.add_button(self.tr("Undo"), self.undo)
        self.button.setToolTip(self.tr("Undo (Ctrl+Z)"))
        self.dismissed.connect(self.settle)
        if parent is not None:
            shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), parent)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self.undo)
        self.hide()

    def offer(self, text: str, undo: Callable[[], object], settle: Callable[[], object]) -> None:
        """Says what was done. `undo` takes it back; `settle` is called instead once nobody can any more."""
        self._deeds.append(_Deed(text, undo, settle))
        self._show_last()

    def undo(self) -> None:
        """Takes the last deed back."""
        if self._deeds:
            self._deeds.pop().undo()
            self._show_last()

    def settle(self) -> None:
        """Ends the offer."""
        deeds, self._deeds = self._deeds, []
        self._timer.stop()
        self.hide()
        for deed in deeds:
            deed.settle()

    def _show_last(self) -> None:
        if not self._deeds:
            self._timer.stop()
            self.hide()
            return
        more = len(self._deeds) - 1
        text = self._deeds[-1].text
        self.set_message(self.tr("{text} (and {n} before)").format(text=text, n=more) if more else text)
        self.show()
        self._timer.start()

    def _on_time_over(self) -> None:
        """Nobody loses the Undo they are about to press."""
        focus = QApplication.focusWidget()
        if self.underMouse() or (focus is not None and self.isAncestorOf(focus)):
            self._timer.start()
        else:
            self.settle()


def quoted(name: str) -> str:
    """A name inside a sentence: one line, not too long."""
    return f"“{one_line(name, _NAME_LIMIT)}”"
