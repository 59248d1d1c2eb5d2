# SPDX-License-Identifier: MIT
"""The command palette (Ctrl+K): everything the window can do or go to, by its name."""

from mqtt_explorer.app.palette.entry import Entry, Kind, PaletteSource
from mqtt_explorer.app.palette.palette import Palette

__all__ = ["Entry", "Kind", "Palette", "PaletteSource"]
