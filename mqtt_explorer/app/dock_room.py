# SPDX-License-Identifier: MIT
"""What is known of one dock: its place in the default layout, the size it shall have, and the room it asks for."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QWidget

from mqtt_explorer.widgets.cards import Card


@dataclass(frozen=True, slots=True)
class DockPlan:
    """One dock of the default layout.

    Attributes:
        name: Stable; the saved layout knows the dock by it.
        tab_with: The dock it shares its place with as a tab.
        tab_when_small: The dock it shares its place with where the window is small.
    """

    name: str
    title: str
    panel: QWidget
    area: Qt.DockWidgetArea
    size: QSize
    tab_with: str | None = None
    tab_when_small: str | None = None

    def tabs_with(self, *, small: bool) -> str | None:
        """The dock it shares its place with as a tab, if it does."""
        return (self.tab_when_small if small else None) or self.tab_with


@dataclass(frozen=True, slots=True)
class Liked:
    """How wide (at a side) or high a dock shall be.

    Attributes:
        px: Pixels.
        of: Pixels of the workbench in that direction when it was chosen; in less room it shrinks with it.
    """

    px: int
    of: int


class DockBody(Card):
    """Asks for no more than its share of the workbench, for docks that ask for too much would lie over each other.

    Attributes:
        most: The least size it may ask for at most; invalid for no bound.
    """

    most = QSize()

    def minimumSizeHint(self) -> QSize:
        needed = super().minimumSizeHint()
        return needed.boundedTo(self.most) if self.most.isValid() else needed

    @property
    def needed(self) -> QSize:
        """What it would ask for without the bound."""
        return super().minimumSizeHint()

    def bound(self, most: QSize) -> None:
        """Sets `most`."""
        if most != self.most:
            self.most = most
            self.updateGeometry()
