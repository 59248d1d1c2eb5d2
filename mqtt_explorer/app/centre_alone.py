# SPDX-License-Identifier: MIT
"""The room of the docks for what stands in the middle, for a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDockWidget, QMainWindow

_STAYS: Final = Qt.DockWidgetArea.LeftDockWidgetArea


class CentreAlone(QObject):
    """Hides the docks beside and below the middle, and brings them back as they were; those at the left stay.

    Args:
        bench: Holds the docks.
        docks: By name.
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
        state: Callable[[], str],
        restore: Callable[[str], None],
    ) -> None:
        super().__init__(bench)
        self._bench, self._docks, self._state, self._restore = bench, docks, state, restore
        self.before = ""

    def toggle(self) -> None:
        """Gives the middle the room, or gives it back."""
        if before := self.before:
            self.end()
            self._restore(before)
            return
        beside = [
            dock
            for dock in self._docks.values()
            if not (dock.isHidden() or dock.isFloating()) and self._bench.dockWidgetArea(dock) is not _STAYS
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
