# SPDX-License-Identifier: MIT
"""Saved brokers as a tree of two levels: folders, then the brokers without a folder, then addresses used by hand."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from PySide6.QtCore import QMimeData, QModelIndex, QObject, Qt, Signal

from mqtt_explorer.models.profile_layout import RECENT, Key, find_hits, lay_out
from mqtt_explorer.models.profile_rows import (
    ADDRESS,
    AT_START_ROLE,
    BROKER,
    COLOUR_ROLE,
    KEY_ROLE,
    LAST_USED,
    PROBLEMS_ROLE,
    SIGN_IN,
    STATE_ROLE,
    ProfileRows,
    Row,
)
from mqtt_explorer.models.profile_wording import SIGN_IN_ICONS, exact_time, last_used_text, sign_in
from mqtt_explorer.models.roles import HITS_ROLE, ICON_ROLE, KIND_ROLE, NOTE_ROLE, RAW_ROLE, STRONG_ROLE
from mqtt_explorer.models.table import Index
from mqtt_explorer.models.wording import translate

if TYPE_CHECKING:
    from mqtt_explorer.profiles.profile import Profile

MIME: Final = "application/x-mqtt-explorer-broker"
_DISPLAY, _EDIT = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole


class ProfileModel(ProfileRows):
    """Shows profiles and folders, and says what the user wants to do with them; it changes nothing itself.

    A new library is taken over by moving, inserting and removing single rows, so that views keep selection, folding and scroll.

    Signals:
        move_requested(str, str, str): A profile's id, the folder and the id before which it goes ("" is the end).
        folder_move_requested(str, str): A folder and the one before which it goes ("" is the end).
        rename_requested(object, str): A row's key and the new name.
    """

    move_requested = Signal(str, str, str)
    folder_move_requested = Signal(str, str)
    rename_requested = Signal(object, str)

    def __init__(self, parent: QObject | None = None, *, now: Callable[[], float] = time.time) -> None:
        super().__init__(parent)
        self._heads = (
            translate("Broker"),
            translate("Address"),
            translate("Sign-in"),
            translate("Last used"),
        )
        self._now = now
        self._folders: tuple[str, ...] = ()
        self._recent: tuple[str, ...] = ()
        self._states: dict[str, tuple[str, str]] = {}
        self._problems: dict[str, int] = {}
        self._keyring = True
        self._words: tuple[str, ...] = ()

    # -- what is shown -------------------------------------------------------------------------------------------------

    @property
    def searching(self) -> bool:
        """True while a search hides rows."""
        return bool(self._words)

    def set_library(self, folders: Sequence[str], profiles: Iterable[Profile]) -> None:
        """Shows these folders and profiles, in this order."""
        self._folders = tuple(folders)
        self._profiles = {profile.id: profile for profile in profiles}
        self._lay_out()

    def set_recent(self, urls: Sequence[str]) -> None:
        """Lists addresses used by hand, below the profiles; those of a profile are left out."""
        self._recent = tuple(urls)
        self._lay_out()

    def set_search(self, text: str) -> None:
        """Shows only what holds every word of `text` in name, address, folder or user name."""
        words = tuple(text.lower().split())
        if words != self._words:
            self._words = words
            self._lay_out()
            self._announce_all(BROKER, BROKER)  # the marks on the hits

    def set_states(self, states: Mapping[str, tuple[str, str]]) -> None:
        """Says how profiles are doing: id → (word, tone). Those not named are not open."""
        self._states = self._take(self._states, states)

    def set_problems(self, problems: Mapping[str, int]) -> None:
        """Says in how many fields of profiles something is wrong: id → number."""
        self._problems = self._take(self._problems, {name: n for name, n in problems.items() if n})

    def set_keyring(self, available: bool) -> None:
        """Says whether there is a keyring; without one secrets last for the session only."""
        if available != self._keyring:
            self._keyring = available
            self._announce_all(SIGN_IN, SIGN_IN)

    def refresh_ages(self) -> None:
        """Lets views ask again how long ago brokers were used."""
        self._announce_all(LAST_USED, LAST_USED)

    # -- Qt's questions ------------------------------------------------------------------------------------------------

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        """Column heads."""
        if orientation == Qt.Orientation.Horizontal and role == _DISPLAY and 0 <= section < len(self._heads):
            return self._heads[section]
        return None

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        """Texts and paint roles of one cell."""
        row = self.row_at(index)
        if row is None:
            return None
        if role == KEY_ROLE:
            return row.key
        if role == RAW_ROLE:
            return row.profile
        column = index.column()
        if row.profile is not None:
            return self._profile_data(row.profile, column, role)
        if row.key[0] == "recent":
            return self._recent_data(row.key[1], column, role)
        return self._group_data(row, role) if column == BROKER else None

    def setData(self, index: Index, value: Any, role: int = _EDIT) -> bool:
        """Asks for another name; the row changes when the library does."""
        row = self.row_at(index)
        name = str(value).strip()
        if row is None or role != _EDIT or not name or name == self.data(index, _EDIT):
            return False
        self.rename_requested.emit(row.key, name)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Brokers and folders can be dragged; a drop goes between rows or into a folder."""
        row = self.row_at(index)
        if row is None:
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        kind = row.key[0]
        if kind in ("folder", "profile"):
            flags |= Qt.ItemFlag.ItemIsDragEnabled
            if index.column() == BROKER:
                flags |= Qt.ItemFlag.ItemIsEditable
        if kind == "folder":
            return flags | Qt.ItemFlag.ItemIsDropEnabled
        return flags | Qt.ItemFlag.ItemNeverHasChildren if kind != "recent_group" else flags

    # -- drag and drop -------------------------------------------------------------------------------------------------

    def supportedDropActions(self) -> Qt.DropAction:
        """Dragging moves."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """Rows of our own only."""
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The key of the dragged row; no address or name leaves the program."""
        data = QMimeData()
        keys = list(dict.fromkeys(row.key for each in indexes if (row := self.row_at(each)) is not None))
        data.setData(MIME, json.dumps(keys).encode())
        return data

    def canDropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Whether `dropMimeData` would do something."""
        key = _dragged(data)
        if key is None:
            return False
        above = self.row_at(parent)
        if key[0] == "folder":
            return above is None and 0 <= row <= len(self._shown_folders())
        if above is None:
            return row < 0 or len(self._shown_folders()) <= row <= self._end_of_profiles()
        return above.key[0] == "folder"

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Asks for the move; the rows change when the library does."""
        key = _dragged(data)
        if key is None or not self.canDropMimeData(data, action, row, column, parent):
            return False
        kids, _ = self._kids(parent)
        behind = kids[row].key if 0 <= row < len(kids) else None
        before = behind[1] if behind is not None and behind[0] == key[0] else ""
        if key[0] == "folder":
            self.folder_move_requested.emit(key[1], before)
        else:
            above = self.row_at(parent)
            self.move_requested.emit(key[1], above.key[1] if above is not None else "", before)
        return True

    def step(self, index: QModelIndex, by: Literal[-1, 1]) -> bool:
        """Asks to move a row one place up or down, a broker over the edge of its folder into the next one.

        Returns:
            False where it stands at the end already, or cannot be moved.
        """
        row = self.row_at(index)
        if row is None:
            return False
        kind, name = row.key
        if kind == "folder":
            before = _place_beside([*self._shown_folders()], name, by)
            if before is not None:
                self.folder_move_requested.emit(name, before)
            return before is not None
        place = self._profile_step(name, by) if kind == "profile" else None
        if place is not None:
            self.move_requested.emit(name, *place)
        return place is not None

    # -- inside --------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        layout = lay_out(self._folders, self._profiles.values(), self._recent, self._words)
        self.follow(layout, self._profiles)

    def _profile_step(self, profile_id: str, by: Literal[-1, 1]) -> tuple[str, str] | None:
        """The folder and the id before which a profile goes."""
        groups = [(row.key[1], _ids(row.kids)) for row in self._top if row.key[0] == "folder"]
        groups.append(("", _ids(self._top)))
        here = next(at for at, (_, ids) in enumerate(groups) if profile_id in ids)
        folder, ids = groups[here]
        before = _place_beside(ids, profile_id, by)
        if before is not None:
            return folder, before
        if not 0 <= here + by < len(groups):
            return None
        folder, ids = groups[here + by]
        return folder, ids[0] if by > 0 and ids else ""

    def _shown_folders(self) -> list[str]:
        return [row.key[1] for row in self._top if row.key[0] == "folder"]

    def _end_of_profiles(self) -> int:
        return len(self._top) - (1 if self._top and self._top[-1].key == RECENT else 0)

    def _profile_data(self, profile: Profile, column: int, role: int) -> Any:
        if role in (_DISPLAY, Qt.ItemDataRole.AccessibleTextRole):
            return self._spoken(profile, column) if role != _DISPLAY else self._text(profile, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tooltip(profile, column)
        if role == KIND_ROLE:
            return "text" if column == BROKER and profile.name.strip() else "muted"
        if role == ICON_ROLE and column == SIGN_IN:
            return SIGN_IN_ICONS[sign_in(profile, keyring=self._keyring)[0]]
        if column != BROKER:
            return profile.connect_at_start if role == AT_START_ROLE else None
        if role == _EDIT:
            return profile.name
        if role == HITS_ROLE:
            return find_hits(self._text(profile, BROKER), self._words)
        if role == COLOUR_ROLE:
            return -1 if profile.colour is None else profile.colour
        if role == PROBLEMS_ROLE:
            return self._problems.get(profile.id, 0)
        return self._states.get(profile.id) if role == STATE_ROLE else None

    def _text(self, profile: Profile, column: int) -> str:
        if column == BROKER:
            return profile.title
        if column == ADDRESS:
            return profile.address or "–"
        if column == SIGN_IN:
            return sign_in(profile, keyring=self._keyring)[1]
        return last_used_text(profile.last_used, self._now())

    def _spoken(self, profile: Profile, column: int) -> str:
        """What a screen reader says: also what is drawn beside the text."""
        parts = [self._text(profile, column)]
        if column == BROKER:
            if state := self._states.get(profile.id):
                parts.append(state[0])
            if problems := self._problem_text(profile):
                parts.append(problems)
        elif column == LAST_USED and profile.connect_at_start:
            parts.append(translate("connects at start"))
        return ", ".join(parts)

    def _problem_text(self, profile: Profile) -> str:
        number = self._problems.get(profile.id, 0)
        if not number:
            return ""
        text = translate("1 problem in its form") if number == 1 else translate("{n} problems in its form")
        return text.format(n=number)

    def _tooltip(self, profile: Profile, column: int) -> str | None:
        if column == LAST_USED:
            return exact_time(profile.last_used) or None
        if column != BROKER:
            return None
        parts = [profile.title, profile.address if profile.address != profile.title else ""]
        return " · ".join(part for part in (*parts, self._problem_text(profile)) if part)

    def _recent_data(self, url: str, column: int, role: int) -> Any:
        if role in (_DISPLAY, Qt.ItemDataRole.AccessibleTextRole):
            return (_host(url), url, "", "")[column]
        if role == Qt.ItemDataRole.ToolTipRole and column == BROKER:
            return url
        if role == ICON_ROLE and column == BROKER:
            return "plug"
        return "muted" if role == KIND_ROLE else None

    def _group_data(self, row: Row, role: int) -> Any:
        folder = row.key[0] == "folder"
        if role in (_DISPLAY, _EDIT, Qt.ItemDataRole.AccessibleTextRole):
            return row.key[1] if folder else translate("Recent addresses")
        if role == STRONG_ROLE:
            return True
        if role == NOTE_ROLE:
            return str(len(row.kids))
        if role == ICON_ROLE:
            return "folder" if folder else "history"
        return find_hits(row.key[1], self._words) if role == HITS_ROLE else None

    def _take(self, before: dict[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
        """Announces the profiles for which a mapping changed, and returns the new one; it is in force when they are asked."""
        changed = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
        before.clear()
        before.update(after)
        for name in changed:
            index = self.index_of_profile(name)
            if index.isValid():
                self.dataChanged.emit(index, index)
        return before


def _ids(rows: Iterable[Row]) -> list[str]:
    return [row.key[1] for row in rows if row.key[0] == "profile"]


def _host(url: str) -> str:
    """What an address without a name is called: its host, and the port behind it stays in the address."""
    host = url.rpartition("://")[2].partition("/")[0]
    return host.rpartition(":")[0] or host


def _place_beside(names: Sequence[str], name: str, by: Literal[-1, 1]) -> str | None:
    """Before which of its neighbours `name` goes to move by one, "" for the end; None where it cannot."""
    at = names.index(name) + (by if by < 0 else 2)
    if at < 0 or at > len(names):
        return None
    return names[at] if at < len(names) else ""


def _dragged(data: QMimeData) -> Key | None:
    """The folder or profile that is being dragged."""
    try:
        keys = json.loads(bytes(data.data(MIME).data()) or b"[]")
        kind, name = keys[0]
    except (ValueError, IndexError, TypeError):
        return None
    return (kind, name) if kind in ("folder", "profile") and isinstance(name, str) else None
