# SPDX-License-Identifier: MIT
"""Copying a selection out of lines: the characters that were sent, in slices where it takes long, and never a part of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QClipboard, QGuiApplication

from mqtt_explorer.models import wording
from mqtt_explorer.widgets.line_selection import COPY_LIMIT, Gathering, text_between
from mqtt_explorer.widgets.line_slices import Slices

if TYPE_CHECKING:
    from mqtt_explorer.payload.api import Lines
    from mqtt_explorer.widgets.line_selection import Selection

_AT_ONCE_S: Final = 0.02
_PRIMARY: Final = 64 * 1024


class Copier(QObject):
    """Puts selections on the clipboard.

    Signals:
        said(str): What came of it, where that cannot be taken for granted.
        progressed(float): How much is done, 0 to 1, where it takes long; 1 also when it was given up.
    """

    said = Signal(str)
    progressed = Signal(float)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._slices = Slices(self, self._on_slice)
        self._gathering: Gathering | None = None
        self._slow = False

    @property
    def running(self) -> bool:
        """True while a large selection is on its way to the clipboard."""
        return self._slices.running

    def copy(self, lines: Lines, selection: Selection) -> None:
        """Copies; what was under way is given up."""
        self.cancel()
        self._gathering = Gathering(lines, selection)
        self._slow = False
        self._slices.start(self._gathering.steps())
        self._slices.run_slice(_AT_ONCE_S)

    def cancel(self) -> None:
        """Gives up what is under way; the clipboard is as it was."""
        if self._slices.running:
            self._slices.stop()
            self.progressed.emit(1.0)
            self.said.emit(self.tr("Copying was stopped: the clipboard is as it was."))

    @staticmethod
    def offer(lines: Lines, selection: Selection) -> None:
        """Makes a small selection the one that the middle button pastes, where there is such a thing."""
        clipboard = QGuiApplication.clipboard()
        if clipboard.supportsSelection() and not selection.is_empty:
            text = text_between(lines, selection, _PRIMARY)
            if text:
                clipboard.setText(text, QClipboard.Mode.Selection)

    def _on_slice(self) -> None:
        gathering = self._gathering
        assert gathering is not None
        if self._slices.running:
            if not self._slow:
                self._slow = True
                self.said.emit(self.tr("Copying…"))
            self.progressed.emit(gathering.share)
            return
        if gathering.too_large:
            text = self.tr(
                "Nothing was copied: the selection has more than {most}. Copy or save the whole payload instead."
            )
            self.said.emit(text.format(most=wording.size(COPY_LIMIT)))
        else:
            QGuiApplication.clipboard().setText(gathering.text)
            if self._slow:
                self.said.emit(self.tr("Copied {size}.").format(size=wording.size(gathering.size)))
        if self._slow:
            self.progressed.emit(1.0)
        self._gathering = None
