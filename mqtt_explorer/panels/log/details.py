# SPDX-License-Identifier: MIT
"""One entry of the log in full: its sentence, and the bytes of a malformed packet as hex."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from mqtt_explorer.models import wording
from mqtt_explorer.payload.hex_format import HexRows
from mqtt_explorer.widgets.buttons import IconButton
from mqtt_explorer.widgets.cards import Elided, label
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP, GAP_XS

if TYPE_CHECKING:
    from mqtt_explorer.store.log_book import LogEntry

#: Characters of the sentence; what a broker adds may be long.
_TEXT_LIMIT: Final = 600
#: Bytes shown; copying takes all that were kept.
_HEX_BYTES: Final = 8 * 1024
_HEX_MIN: Final = 24


class LogDetails(QWidget):
    """The selected entry."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry: LogEntry | None = None
        self.title = Elided("", role="heading")
        self.time = label("", "mono-muted")
        self.copy_button = IconButton(
            "copy", self.tr("Copy this entry with all its bytes"), self, on_click=self.copy, small=True
        )
        self.text = label("", wrap=True)
        self.text.setMinimumWidth(1)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hex = QPlainTextEdit(self)
        self.hex.setReadOnly(True)
        self.hex.setProperty("mono", True)
        self.hex.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.hex.setMinimumHeight(_HEX_MIN)
        self.hex.setTabChangesFocus(True)
        self.hex.setAccessibleName(self.tr("Bytes of the packet"))
        self.part = label("", "caption", wrap=True)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(self.title, 1)
        head.addWidget(self.time)
        head.addWidget(self.copy_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_XS)
        layout.addLayout(head)
        layout.addWidget(self.text)
        layout.addWidget(self.part)
        layout.addWidget(self.hex, 1)
        self._filler = QWidget(self)
        layout.addWidget(self._filler, 1)

    @property
    def entry(self) -> LogEntry | None:
        """The entry shown."""
        return self._entry

    def set_entry(self, entry: LogEntry | None) -> None:
        """Shows an entry; it stays even when it falls out of the log."""
        self._entry = entry
        self.setVisible(entry is not None)
        if entry is None:
            self.hex.clear()
            return
        self.title.setText(entry.title)
        self.time.setText(wording.full_time(entry.wall_ns))
        self.text.setText(one_line(entry.text, _TEXT_LIMIT))
        raw = entry.raw
        self.hex.setVisible(raw is not None)
        self.part.setVisible(raw is not None)
        self._filler.setVisible(raw is None)
        if raw is not None:
            rows = HexRows(raw[:_HEX_BYTES])
            self.hex.setPlainText("\n".join(map(rows.line, range(len(rows)))))
            size = self.tr("{size} of the packet were kept").format(size=wording.size(len(raw)))
            if len(raw) > _HEX_BYTES:
                size = self.tr("{kept}; the first {shown} are shown, Copy takes all").format(
                    kept=size, shown=wording.size(_HEX_BYTES)
                )
            self.part.setText(size + ".")

    def copy(self) -> None:
        """Puts the entry on the clipboard, with a hex dump of all bytes kept."""
        if self._entry is not None:
            QGuiApplication.clipboard().setText(entry_text(self._entry))


def entry_text(entry: LogEntry) -> str:
    """An entry as text for the clipboard."""
    text = f"{wording.full_time(entry.wall_ns)}  {entry.kind}  {entry.title}\n{entry.text}\n"
    if entry.raw is not None:
        rows = HexRows(entry.raw)
        text += "\n".join(rows.line(number) for number in range(len(rows))) + "\n"
    return text
