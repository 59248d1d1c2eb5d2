# SPDX-License-Identifier: MIT
"""The room of the docks for what stands in the middle, for a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDockWidget, QMainWindow


class CentreAlone(QObject):
    """Hides the docks around the middle but for some, and brings them back as they were.

    Args:
        bench: Holds the docks.
        docks: By name.
        stay: Names of those that stay, wherever they are.
        state: The layout that stands, as text.
        restore: Brings a layout back.

    Signals:
        changed(bool): The middle has all the room, or the docks are back.

    Attributes:
        before: The layout to come back to; "" while the docks are there.
    """

    changed = Signal(bool)

    def __init__(
        self,
        bench: QMainWindow,
        docks: Mapping[str, QDockWidget],
        stay: Collection[str],
        state: Callable[[], str],
        restore: Callable[[str], None],
    ) -> None:
        super().__init__(bench)
        self._docks, self._stay, self._state, self._restore = docks, stay, state, restore
        self.before = ""

    def toggle(self) -> None:
        """Gives the middle the room, or gives it back."""
        if before := self.before:
            self.end()
            self._restore(before)
            return
        beside = [
            dock
            for name, dock in self._docks.items()
            if not (dock.isHidden() or dock.isFloating() or name in self._stay)
        ]
        if beside:
            self.before = self._state()
            for dock in beside:
                dock.hide()
            self.changed.emit(True)

    def end(self) -> None:
        """The docks stand otherwise now."""
        if self.before:
            self.before = ""
            self.changed.emit(False)
