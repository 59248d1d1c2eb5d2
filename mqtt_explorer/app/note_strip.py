# SPDX-License-Identifier: MIT
"""Sentences a user should read once: they stand above the page until they are dismissed."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from mqtt_explorer.widgets.forms import Strip


class NoteStrip(Strip):
    """Shows notes one below the other; hidden while there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("info", "", parent, dismissable=True)
        self._notes: dict[str, bool] = {}  # sentences, and whether they go with the connection
        self.dismissed.connect(self._notes.clear)
        self.hide()

    def add(self, text: str, *, passing: bool = False) -> None:
        """Shows a sentence; one that is shown already is not repeated.

        Args:
            text: The sentence.
            passing: It is about the shown connection and goes with it.
        """
        self._notes[text] = passing
        self._show_notes()

    def drop_passing(self) -> None:
        """The connection is gone, and what was said about it."""
        for text in [text for text, passing in self._notes.items() if passing]:
            del self._notes[text]
        self._show_notes()

    def _show_notes(self) -> None:
        self.set_message("\n".join(self._notes))
        self.setVisible(bool(self._notes))
