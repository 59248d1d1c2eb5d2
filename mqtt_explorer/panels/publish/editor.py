# SPDX-License-Identifier: MIT
"""The payload editor: plain text in the fixed font, JSON coloured, the faulty line marked."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextCursor, QTextDocument, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from mqtt_explorer.payload.json_format import line_spans
from mqtt_explorer.widgets.theme import theme

#: Characters; colouring a longer line would take longer than reading it is worth.
_COLOUR_LIMIT: Final = 5_000
#: Characters of the whole text; each line that comes in costs a call, and a pasted megabyte has many.
_TEXT_LIMIT: Final = 50_000
_COLOURS: Final = {"literal": "number"}


class PayloadEdit(QPlainTextEdit):
    """An editor that gives back exactly what was typed, no-break spaces included.

    It never wraps: one unbroken line of a megabyte would stop the window for a minute.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("mono", True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self._faulty_line = 0
        self._colours = _JsonColours(self.document())
        self.textChanged.connect(self._colours.follow_size)
        theme().changed.connect(self._restyle)

    def text(self) -> str:
        """The text as it is to be sent; `toPlainText()` would turn no-break spaces into spaces."""
        return self.document().toRawText().replace("\u2029", "\n")

    def replace_text(self, text: str) -> None:
        """Puts another text in place; Ctrl+Z brings the old one back."""
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        cursor.endEditBlock()

    def set_json(self, on: bool) -> None:
        """Colours the text as JSON, or not."""
        self._colours.set_on(on)

    def mark_line(self, number: int) -> None:
        """Tints one line, counted from 1; 0 takes the mark away."""
        self._faulty_line = number
        self.setExtraSelections([] if number < 1 else [self._mark(number)])

    def go_to_line(self, number: int) -> None:
        """Puts the cursor at the beginning of a line, counted from 1, and takes the focus."""
        block = self.document().findBlockByNumber(number - 1)
        if block.isValid():
            self.setTextCursor(QTextCursor(block))
        self.setFocus()

    def _mark(self, number: int) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        # The stubs do not know the fields of this plain structure as writable.
        mark.cursor = QTextCursor(self.document().findBlockByNumber(number - 1))  # type: ignore[misc]
        mark.format.setBackground(theme().color("tint_error"))  # type: ignore[attr-defined]
        mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)  # type: ignore[attr-defined]
        return mark

    def _restyle(self) -> None:
        self._colours.rehighlight()
        self.mark_line(self._faulty_line)


class _JsonColours(QSyntaxHighlighter):
    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._on = False
        self._large = False

    def set_on(self, on: bool) -> None:
        if on != self._on:
            self._on = on
            self.rehighlight()

    def follow_size(self) -> None:
        """Brings the colours back when a long text became a short one."""
        was_large, self._large = self._large, self._is_large()
        if was_large and not self._large:
            self.rehighlight()

    def _is_large(self) -> bool:
        return self.document().characterCount() > _TEXT_LIMIT

    def highlightBlock(self, text: str) -> None:
        if not self._on or len(text) > _COLOUR_LIMIT or self._is_large():
            return
        look = theme()
        for start, length, kind in line_spans(text):
            style = QTextCharFormat()
            style.setForeground(look.color(_COLOURS.get(kind, kind)))
            self.setFormat(start, length, style)
