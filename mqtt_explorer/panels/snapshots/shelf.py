# SPDX-License-Identifier: MIT
"""The list of snapshots: newest on top, renamed in place."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from mqtt_explorer.models import wording
from mqtt_explorer.models.roles import ICON_ROLE, NOTE_ROLE, RAW_ROLE
from mqtt_explorer.models.table import NOWHERE, Index
from mqtt_explorer.widgets.delegates import Column
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.views import ListView, menu_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mqtt_explorer.panels.snapshots.state import Named
    from mqtt_explorer.store.snapshot import Snapshot

LONGEST_NAME = 80


def moment(wall_ns: int) -> str:
    """When, as short as it can be told: the time of today, else with the date."""
    shown = wording.full_time(wall_ns)
    today = time.strftime("%Y-%m-%d")
    return shown[11:19] if shown.startswith(today) else shown[:16]


class ShelfModel(QAbstractListModel):
    """Rows are what the panel put there.

    Signals:
        renamed(): The user gave one another name.
    """

    renamed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Named] = []

    def set_rows(self, rows: Sequence[Named]) -> None:
        """Shows these, the last one on top."""
        self.beginResetModel()
        self._rows = list(reversed(rows))
        self.endResetModel()

    def named(self, place: int) -> Named | None:
        """The snapshot at a place."""
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def place(self, named: Named | None) -> int:
        """Where a snapshot stands; -1 where it does not."""
        return next((place for place, each in enumerate(self._rows) if each is named), -1)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        named = self.named(index.row())
        name = str(value).strip()[:LONGEST_NAME]
        if named is None or role != Qt.ItemDataRole.EditRole or not name:
            return False
        named.name = name
        self.dataChanged.emit(index, index)
        self.renamed.emit()
        return True

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        named = self.named(index.row()) if index.isValid() else None
        if named is None:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return named.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{named.name}, {self.facts(named.snapshot)}"
        if role == NOTE_ROLE:
            return self.facts(named.snapshot)
        if role == ICON_ROLE:
            return "file" if named.path else "history"
        if role == RAW_ROLE:
            return named
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(named)
        return None

    def facts(self, snapshot: Snapshot) -> str:
        """What stands behind the name: "14:02:11 · 1,284 topics · 0.4 MiB"."""
        topics = self.tr("1 topic") if len(snapshot) == 1 else self.tr("{n} topics")
        parts = (
            moment(snapshot.about.begun_ns),
            topics.format(n=f"{len(snapshot):,}"),
            wording.size(snapshot.memory_bytes),
        )
        return " · ".join(parts)

    def _tip(self, named: Named) -> str:
        about = named.snapshot.about
        scope = self.tr("the whole tree")
        if about.scope is not None:
            scope = one_line(about.scope.decode("utf-8", "replace"), 80)
        lines = [
            f"{one_line(named.name)} · {self.facts(named.snapshot)}",
            self.tr("Broker: {name}").format(name=one_line(about.broker or about.address, 80)),
            self.tr("Of: {scope}").format(scope=scope),
            self.tr("Taken from {begin} to {end}; each topic at one moment in between").format(
                begin=wording.full_time(about.begun_ns), end=wording.clock_time(about.ended_ns)
            ),
        ]
        if named.path:
            lines.append(self.tr("File: {path}").format(path=one_line(named.path, 120)))
        return "\n".join(lines)


class Shelf(ListView):
    """Shows a ShelfModel. F2 renames, Delete removes, Enter compares with now.

    Signals:
        chosen(object): Another snapshot is the current one (Named).
        compare_requested(object): Compare it with the tree as it is.
        remove_requested(object): Take it away.
        menu_wanted(object, QPoint): A context menu for it.
    """

    chosen = Signal(object)
    compare_requested = Signal(object)
    remove_requested = Signal(object)
    menu_wanted = Signal(object, QPoint)

    def __init__(self, model: ShelfModel, parent: QWidget | None = None) -> None:
        super().__init__(Column(name=True, icon=True), parent)
        self._model = model
        self._quiet = False
        self.setModel(model)
        self.setAccessibleName(self.tr("Snapshots"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.doubleClicked.connect(lambda index: self._emit(self.compare_requested, index))

    def show_current(self, named: Named | None) -> None:
        """Makes one the current one without a word."""
        self._quiet = True
        place = self._model.place(named)
        self.setCurrentIndex(self._model.index(place, 0) if place >= 0 else QModelIndex())
        self._quiet = False

    @property
    def current(self) -> Named | None:
        """The snapshot with the cursor."""
        return self._model.named(self.currentIndex().row())

    def rename(self) -> None:
        """Begins to rename the current one."""
        if self.currentIndex().isValid():
            self.edit(self.currentIndex())

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if not self._quiet:
            self._emit(self.chosen, current)

    def _emit(self, signal: Any, index: Index) -> None:
        named = self._model.named(index.row()) if index.isValid() else None
        if named is not None:
            signal.emit(named)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_F2:
            self.rename()
        elif key == Qt.Key.Key_Delete:
            self._emit(self.remove_requested, self.currentIndex())
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._emit(self.compare_requested, self.currentIndex())
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index, place = menu_place(self, event)
        named = self._model.named(index.row()) if index.isValid() else None
        if named is not None:
            self.menu_wanted.emit(named, place)
