# SPDX-License-Identifier: MIT
"""The report of an error nobody caught; the program goes on behind it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import label, set_tone
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_L

#: An error that comes again and again must not fill the memory.
_KEPT: Final = 20
_TEXT_LIMIT: Final = 64 * 1024
_SIZE: Final = (640, 420)


class ErrorDialog(QDialog):
    """Headline, what it means for the user, and the traceback to copy.

    One dialog takes further errors in while it is open, see `add`.
    """

    def __init__(self, headline: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Error"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._texts: list[str] = []
        self._count = 0
        self._picture = QLabel(self)
        self.headline = label("", "section", wrap=True)
        self.headline.setMinimumWidth(1)
        set_tone(self.headline, "error")
        self.explanation = label("", wrap=True)
        self.text = QPlainTextEdit(self)
        self.text.setReadOnly(True)
        self.text.setProperty("mono", True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(self.tr("Report"))
        self.copy_button = push_button(self.tr("Copy report"), self.copy, icon_name="copy")
        self.close_button = push_button(self.tr("Close"), self.close)
        self._lay_out()
        theme().changed.connect(self._paint_icon)
        self._paint_icon()
        self.resize(*_SIZE)
        self.add(headline, text)

    def open(self) -> None:
        """Shows the report beside the window, which stays usable."""
        self.setModal(False)
        self.show()
        self.raise_()

    def add(self, headline: str, text: str) -> None:
        """Takes one more error in; only the last ones are kept."""
        self._count += 1
        cut = text if len(text) <= _TEXT_LIMIT else text[:_TEXT_LIMIT] + "\n…"
        self._texts = [*self._texts, cut.rstrip()][-_KEPT:]
        self.headline.setText(self.tr("Unexpected error: {name}").format(name=one_line(headline, 120)))
        explanation = self.tr(
            "The program keeps running and connections stay open. If something does not work as before, restart it. "
            "To report the error copy the text; read it first, as an error may quote what it stumbled over."
        )
        if self._count > 1:
            explanation += " " + self.tr("{n} errors so far, the newest last.").format(n=self._count)
        self.explanation.setText(explanation)
        self.text.setPlainText(self.report())

    def report(self) -> str:
        """The text that Copy takes."""
        return "\n\n".join(self._texts)

    def copy(self) -> None:
        """Puts the report on the clipboard."""
        QGuiApplication.clipboard().setText(self.report())
        self.copy_button.setText(self.tr("Copied"))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.headline, 1)
        ends = QHBoxLayout()
        ends.addWidget(self.copy_button)
        ends.addStretch(1)
        ends.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP_L, GAP_L, GAP_L, GAP_L)
        layout.setSpacing(GAP)
        layout.addLayout(head)
        layout.addWidget(self.explanation)
        layout.addWidget(self.text, 1)
        layout.addLayout(ends)

    def _paint_icon(self) -> None:
        self._picture.setPixmap(pixmap("error", "error", 20, self.devicePixelRatioF()))
