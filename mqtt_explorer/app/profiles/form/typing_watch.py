# SPDX-License-Identifier: MIT
"""Whether the text field with the cursor was changed since the cursor came: what Esc leaves first."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget


class TypingWatch(QObject):
    """Follows the focus of the program while its parent lives."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus)

    def typed_into(self, widget: QWidget | None) -> bool:
        """Whether this is a text field of ours that was typed into since it got the focus."""
        if widget is None or not self._is_inside(widget):
            return False
        if isinstance(widget, QPlainTextEdit):
            return widget.document().isModified()
        return isinstance(widget, QLineEdit) and widget.isModified()

    def _on_focus(self, _old: QWidget | None, now: QWidget | None) -> None:
        if now is None or not self._is_inside(now):
            return  # texts in other places may count for something else
        if isinstance(now, QLineEdit):
            now.setModified(False)
        elif isinstance(now, QPlainTextEdit):
            now.document().setModified(False)

    def _is_inside(self, widget: QWidget) -> bool:
        parent = self.parent()
        return isinstance(parent, QWidget) and parent.isAncestorOf(widget)
