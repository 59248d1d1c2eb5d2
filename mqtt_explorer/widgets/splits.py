# SPDX-License-Identifier: MIT
"""Two parts of a panel: side by side where there is room, else one above the other."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSplitter

_HIGH_FROM: Final = 250


def turn_split(split: QSplitter, size: QSize, wide_from: int) -> None:
    """Turns a split for a panel of that size; one above the other needs height, which a low panel has not.

    Args:
        split: Of two parts.
        size: The panel's, in device-independent pixels.
        wide_from: From this width on the parts stand side by side.
    """
    wide = size.width() >= wide_from or size.height() < _HIGH_FROM
    split.setOrientation(Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical)
