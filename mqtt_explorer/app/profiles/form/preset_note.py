# SPDX-License-Identifier: MIT
"""What a preset changed, said under the form, with a way back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from mqtt_explorer.profiles.presets import LABELS, taken_back
from mqtt_explorer.profiles.profile import Profile
from mqtt_explorer.widgets.forms import Strip


class PresetNote(Strip):
    """Stands under the scrolled fields: above them it would move them away under the mouse.

    Signals:
        undo_requested(): The profile as it was before the preset.
    """

    undo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("info", "", parent, dismissable=True)
        self.undo = self.add_button(self.tr("Undo"), self.undo_requested.emit)
        self.hide()

    def tell(self, before: Profile, after: Profile, replaced: Sequence[str]) -> None:
        """Names the fields a preset changed; `replaced` are those that held a value of the user's own."""
        gone = taken_back(before, after)
        changed = [label for name, label in LABELS.items() if getattr(before, name) != getattr(after, name)]
        filled = [label for label in changed if label not in (*replaced, *gone)]
        parts = [
            text.format(fields=", ".join(labels))
            for text, labels in (
                (self.tr("The preset changed: {fields}."), replaced),
                (self.tr("The preset filled in: {fields}."), filled),
                (self.tr("Taken back from the preset before: {fields}."), gone),
            )
            if labels
        ]
        nothing = self.tr("The preset changed nothing you had typed.") if after.preset else ""
        self.set_message(" ".join(parts) or nothing)
        self.undo.setVisible(bool(parts))
        self.setVisible(bool(parts or nothing))
