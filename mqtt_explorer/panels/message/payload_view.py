# SPDX-License-Identifier: MIT
"""Read-only text from the wire: paged, never wrapped, coloured where it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from mqtt_explorer.payload.api import PAGE, no_spans
from mqtt_explorer.payload.registry import AUTO, decode
from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import label
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_XS

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.payload.api import Decoded, Span

LINE_LIMIT: Final = 2_000
"""Characters shown of one line: Qt lays a line out whole, and an unbroken megabyte takes it most of a second."""
LINES: Final = 4_000
"""Lines of a page: Qt takes about 2 µs for each, however short, before it shows the first."""
LARGEST_PAGE: Final = 8 * PAGE
"""What "Show more" ends at: text beyond it is better saved and opened elsewhere."""
_COLORS: Final = {
    "key": "json_key",
    "string": "json_string",
    "number": "json_number",
    "literal": "json_number",
}


class WireText(QPlainTextEdit):
    """Plain text that is never wrapped; only the lines in sight are coloured."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setProperty("mono", True)
        self.setTabChangesFocus(True)
        self._spans: Callable[[str], list[Span]] = no_spans
        self._formats: dict[str, QTextCharFormat] = {}
        self._load_theme()
        theme().changed.connect(self._load_theme)
        self.verticalScrollBar().valueChanged.connect(self._color_lines)

    def show_text(self, text: str, spans: Callable[[str], list[Span]] = no_spans) -> None:
        """Shows other text and stays where the user has scrolled to."""
        vertical, horizontal = self.verticalScrollBar(), self.horizontalScrollBar()
        place = (vertical.value(), horizontal.value())
        self._spans = spans
        self.setExtraSelections([])
        self.setPlainText(cut_lines(text))
        vertical.setValue(place[0])
        horizontal.setValue(place[1])
        self._color_lines()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Colours the lines that came into sight."""
        super().resizeEvent(event)
        self._color_lines()

    def _load_theme(self) -> None:
        self._formats = {}
        for kind, token in _COLORS.items():
            made = QTextCharFormat()
            made.setForeground(theme().color(token))
            self._formats[kind] = made
        self._color_lines()

    def _color_lines(self) -> None:
        if self._spans is no_spans:
            return
        selections = []
        block = self.firstVisibleBlock()
        bottom = self.viewport().height()
        while (
            block.isValid()
            and self.blockBoundingGeometry(block).translated(self.contentOffset()).top() <= bottom
        ):
            for span in self._spans(block.text()):
                selection = QTextEdit.ExtraSelection()
                cursor = QTextCursor(block)
                cursor.setPosition(block.position() + span.start)
                cursor.setPosition(
                    block.position() + span.start + span.length, QTextCursor.MoveMode.KeepAnchor
                )
                selection.cursor = cursor  # type: ignore[attr-defined]
                selection.format = self._formats[span.kind]  # type: ignore[attr-defined]
                selections.append(selection)
            block = block.next()
        self.setExtraSelections(selections)


class PayloadView(QWidget):
    """A decoded payload, page by page.

    Signals:
        decoded(str): Label of the format that was shown ("JSON").
        held: The user marked text or turned the page; another message would take that away.
    """

    decoded = Signal(str)
    held = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = WireText(self)
        self.text.setAccessibleName(self.tr("Payload"))
        self.note = label("", "caption", wrap=True)
        self.more = push_button(self.tr("Show more"), self._show_more, kind="link")
        self._payload = b""
        self._cut = False
        self._choice = AUTO
        self._limit = PAGE
        foot = QHBoxLayout()
        foot.setSpacing(GAP)
        foot.addWidget(self.note, 1)
        foot.addWidget(self.more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_XS)
        layout.addWidget(self.text, 1)
        layout.addLayout(foot)
        self.text.copyAvailable.connect(self._on_copy_available)

    def show_payload(self, payload: bytes, *, cut: bool, choice: str = AUTO) -> None:
        """Shows the first page of a payload; `cut` says that more was sent than is kept."""
        if payload is not self._payload:
            self._limit = PAGE
        self._payload, self._cut, self._choice = payload, cut, choice
        self._show()

    def _show_more(self) -> None:
        self._limit = min(self._limit * 2, LARGEST_PAGE)
        self._show()
        self.held.emit()

    def _show(self) -> None:
        page = decode(self._payload, self._choice, self._limit, cut=self._cut)
        lines, most = page.text.count("\n"), LINES * self._limit // PAGE
        if lines > most:
            page = decode(self._payload, self._choice, len(page.text) * most // lines, cut=self._cut)
        self.text.show_text(page.text, page.spans)
        self._show_note(page)
        self.decoded.emit(page.label)

    def _show_note(self, page: Decoded) -> None:
        parts = [page.problem, page.note]
        at_end = self._limit >= LARGEST_PAGE
        if page.note and at_end:
            parts.append(self.tr("Save the payload to see the rest, or look at its bytes under Hex."))
        text = " ".join(part for part in parts if part)
        self.note.setText(text)
        self.note.setVisible(bool(text))
        self.more.setVisible(bool(page.note) and not at_end)

    def _on_copy_available(self, available: bool) -> None:
        if available:
            self.held.emit()


def cut_lines(text: str, limit: int = LINE_LIMIT) -> str:
    """Cuts lines that are too long to lay out, and says how much of each is not shown."""
    if len(text) <= limit:
        return text
    lines = text.split("\n")
    return "\n".join(
        line if len(line) <= limit else f"{line[:limit]}… ({len(line) - limit:,} more characters)"
        for line in lines
    )
