# SPDX-License-Identifier: MIT
"""Treemap and table have the same current source, whichever of them the user moves in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSignalBlocker

from mqtt_explorer.panels.noise.tiles import OTHERS

if TYPE_CHECKING:
    from mqtt_explorer.models.noise_model import NoiseModel
    from mqtt_explorer.panels.noise.table import NoiseTable
    from mqtt_explorer.widgets.treemap import Treemap


class InStep(QObject):
    """Makes the row of the current tile the current one, and the other way round."""

    def __init__(self, tiles: Treemap, table: NoiseTable, model: NoiseModel) -> None:
        super().__init__(tiles)
        self._map, self._table, self._model = tiles, table, model
        self._resting = False
        tiles.current_changed.connect(self.follow_map)
        table.selectionModel().currentRowChanged.connect(lambda *_: self.follow_table())

    def begin(self) -> None:
        """New figures come, first to one of them and then to the other; what is current there is nobody's choice."""
        self._resting = True

    def end(self, *, fresh: bool) -> None:
        """They have come; `fresh`: they are those of something else."""
        self._resting = False
        if fresh and self._map.window().focusWidget() in (self._map, self._table):
            self.follow_map(self._map.current)
        else:
            self.follow_table()

    def follow_map(self, key: object) -> None:
        """Selects the row of that tile alone, or none."""
        if not self._resting:
            self._table.select(next((row for row in self._model.rows if row.key == key), None))

    def follow_table(self) -> None:
        """Makes the tile of the current row the current one, or the tile that sums it up."""
        row = self._model.row(self._table.currentIndex().row())
        if row is not None and not self._resting:
            with QSignalBlocker(self._map):  # the table may have more rows selected
                self._map.set_current(row.key if self._map.shows(row.key) else OTHERS)
