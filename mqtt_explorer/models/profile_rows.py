# SPDX-License-Identifier: MIT
"""The rows of the saved brokers' lists: two levels that follow a layout row by row, so that views keep what they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, Qt

from mqtt_explorer.models.table import NOWHERE, Index

if TYPE_CHECKING:
    from mqtt_explorer.models.profile_layout import Key, Layout
    from mqtt_explorer.profiles.profile import Profile

BROKER, ADDRESS, SIGN_IN, LAST_USED = range(4)

_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 64
KEY_ROLE: Final = _ROLE
"""Row role. What the row is, as (kind, id, folder name or URL)."""
COLOUR_ROLE: Final = _ROLE + 1
"""Row role. Index of the profile's data colour, or -1 for the neutral one; None for rows that are no profile."""
PROBLEMS_ROLE: Final = _ROLE + 2
"""Row role. In how many fields something is wrong."""
STATE_ROLE: Final = _ROLE + 3
"""Row role. (word, tone) of an open connection, such as ("open", "ok")."""
AT_START_ROLE: Final = _ROLE + 4
"""Row role. True when the program connects it at start."""


_COLUMNS: Final = LAST_USED + 1


@dataclass(slots=True, eq=False)
class Row:
    """One row. `number` names a group in the indexes of its children: no pointer that could outlive it."""

    key: Key
    number: int
    profile: Profile | None = None
    kids: list[Row] = field(default_factory=list)


class ProfileRows(QAbstractItemModel):
    """Rows and indexes without any data; `follow` moves, inserts and removes single rows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = count(1)
        self._top: list[Row] = []
        self._groups: dict[int, Row] = {}
        self._profiles: Mapping[str, Profile] = {}

    def index_of(self, key: Key) -> QModelIndex:
        """The first cell of a row, invalid when it is not shown."""
        for at, row in enumerate(self._top):
            if row.key == key:
                return self.createIndex(at, 0, 0)
            for place, kid in enumerate(row.kids):
                if kid.key == key:
                    return self.createIndex(place, 0, row.number)
        return QModelIndex()

    def index_of_profile(self, profile_id: str) -> QModelIndex:
        """The first cell of a profile."""
        return self.index_of(("profile", profile_id))

    def index(self, row: int, column: int, parent: Index = NOWHERE) -> QModelIndex:
        """Cells of the two levels."""
        kids, number = self._kids(parent)
        if 0 <= row < len(kids) and 0 <= column < _COLUMNS:
            return self.createIndex(row, column, number)
        return QModelIndex()

    def parent(self, index: Index = NOWHERE) -> QModelIndex:  # type: ignore[override]
        """The group of a cell of the second level."""
        group = self._groups.get(index.internalId()) if index.isValid() else None
        return QModelIndex() if group is None else self.createIndex(self._top.index(group), 0, 0)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Rows below."""
        return len(self._kids(parent)[0])

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """The same everywhere."""
        return _COLUMNS

    def row_at(self, index: Index) -> Row | None:
        """The row of a cell."""
        if not index.isValid():
            return None
        group = self._groups.get(index.internalId())
        rows = self._top if group is None else group.kids
        return rows[index.row()] if index.row() < len(rows) else None

    def _kids(self, parent: Index) -> tuple[list[Row], int]:
        """Rows below `parent`, and the number their indexes carry."""
        if not parent.isValid():
            return self._top, 0
        row = self.row_at(parent) if parent.column() == BROKER and parent.internalId() == 0 else None
        return ([], 0) if row is None or row.profile is not None else (row.kids, row.number)

    def _announce_all(self, first: int, last: int) -> None:
        for rows, parent in [(self._top, QModelIndex())] + [
            (row.kids, self.index(at, 0)) for at, row in enumerate(self._top)
        ]:
            if rows:
                self.dataChanged.emit(self.index(0, first, parent), self.index(len(rows) - 1, last, parent))

    # -- following a layout -----------------------------------------------------------------------------------------

    def follow(self, layout: Layout, profiles: Mapping[str, Profile]) -> None:
        """Makes the rows those of the layout, with as few announced moves as it takes."""
        self._profiles = profiles
        if not self._top or not layout:
            self.beginResetModel()
            self._groups.clear()
            self._top = [self._made(key, kids) for key, kids in layout]
            self.endResetModel()
            return
        counts = {row.key: len(row.kids) for row in self._top}
        wanted = {key for top, kids in layout for key in (top, *kids)}
        for parent in (None, *self._top):
            self._remove_gone(parent, wanted)
        self._arrange(None, [key for key, _ in layout])
        for row, (_, kids) in zip(tuple(self._top), layout, strict=False):
            self._arrange(row, kids)
        # Folders that are gone stand behind the others now, and empty.
        if len(self._top) > len(layout):
            self.beginRemoveRows(QModelIndex(), len(layout), len(self._top) - 1)
            for row in self._top[len(layout) :]:
                self._groups.pop(row.number, None)
            del self._top[len(layout) :]
            self.endRemoveRows()
        self._refresh(counts)

    def _made(self, key: Key, kids: Sequence[Key] = ()) -> Row:
        row = Row(key, 0, self._profiles.get(key[1]) if key[0] == "profile" else None)
        if key[0] in ("folder", "recent_group"):
            row.number = next(self._numbers)
            self._groups[row.number] = row
            row.kids = [self._made(kid) for kid in kids]
        return row

    def _place_of(self, group: Row | None) -> QModelIndex:
        return QModelIndex() if group is None else self.createIndex(self._top.index(group), 0, 0)

    def _remove_gone(self, group: Row | None, wanted: set[Key]) -> None:
        """Removes leaves; a folder stays until its profiles have moved out."""
        rows = self._top if group is None else group.kids
        for at in range(len(rows) - 1, -1, -1):
            if rows[at].key not in wanted and not rows[at].number:
                self.beginRemoveRows(self._place_of(group), at, at)
                del rows[at]
                self.endRemoveRows()

    def _arrange(self, group: Row | None, keys: Sequence[Key]) -> None:
        """Puts the rows `keys` first and in this order; what stands there now moves behind them."""
        rows = self._top if group is None else group.kids
        for at, key in enumerate(keys):
            if at < len(rows) and rows[at].key == key:
                continue
            found = self._locate(key)
            if found is None:
                self.beginInsertRows(self._place_of(group), at, at)
                rows.insert(at, self._made(key))
                self.endInsertRows()
                continue
            source, place = found
            home = self._top if source is None else source.kids
            self.beginMoveRows(self._place_of(source), place, place, self._place_of(group), at)
            rows.insert(at, home.pop(place))
            self.endMoveRows()

    def _locate(self, key: Key) -> tuple[Row | None, int] | None:
        for group in (None, *self._top):
            for at, row in enumerate(self._top if group is None else group.kids):
                if row.key == key:
                    return group, at
        return None

    def _refresh(self, counts: Mapping[Key, int]) -> None:
        """Takes the new values of profiles, and says which rows look different."""
        for row in (*self._top, *(kid for group in self._top for kid in group.kids)):
            profile = self._profiles.get(row.key[1]) if row.key[0] == "profile" else None
            if profile is not row.profile or (row.number and counts.get(row.key) != len(row.kids)):
                row.profile = profile
                index = self.index_of(row.key)
                self.dataChanged.emit(index, index.siblingAtColumn(LAST_USED))
