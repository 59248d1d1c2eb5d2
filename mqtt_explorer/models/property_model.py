# SPDX-License-Identifier: MIT
"""Rows of names and values in groups: the properties of a message and the facts of its packet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from PySide6.QtCore import QObject, Qt

from mqtt_explorer.models import wording
from mqtt_explorer.models.roles import BADGE_ROLE, KIND_ROLE, RAW_ROLE, STRONG_ROLE
from mqtt_explorer.models.table import NOWHERE, Index, TableModel
from mqtt_explorer.models.wording import translate
from mqtt_explorer.payload.preview import VISIBLE

if TYPE_CHECKING:
    from mqtt_explorer.protocol.message import Message

NAME, VALUE = range(2)
SHOWN: Final = 300
"""Characters of a name or a value that are shown; copying takes all."""

Look: TypeAlias = Literal["value", "number", "link", "muted", "warn", "error", "group"]
_KINDS: Final[dict[Look, str]] = {
    "value": "text",
    "number": "number",
    "link": "accent",
    "muted": "muted",
    "warn": "warn",
    "error": "error",
    "group": "muted",
}


@dataclass(frozen=True, slots=True)
class PropertyRow:
    """One line of the table.

    Attributes:
        name: The property's name; of a group its title.
        value: The value as it is shown and, where `copies` is None, copied.
        meaning: What it means, with the section of the specification.
        look: How the value is painted; "group" is a title without a value, which cannot be selected.
        copies: What copying gives where it is not `value`.
        raw: The bytes behind the value, where it has some.
        action: What Enter and a click do, as a word ("Go to"); "" for nothing.
        topic: The topic that the action shows.
        message: The message that the action goes to.
        countdown: True when the value changes with the time.
    """

    name: str
    value: str = ""
    meaning: str = ""
    look: Look = "value"
    copies: str | None = None
    raw: bytes | None = None
    action: str = ""
    topic: bytes | None = None
    message: Message | None = None
    countdown: bool = False

    @property
    def text(self) -> str:
        """The whole value for the clipboard."""
        return self.value if self.copies is None else self.copies


class PropertyModel(TableModel):
    """Shows the rows it was given."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__((translate("Name"), translate("Value")), parent)
        self._rows: tuple[PropertyRow, ...] = ()

    @property
    def rows(self) -> tuple[PropertyRow, ...]:
        """What is shown."""
        return self._rows

    def row(self, number: int) -> PropertyRow | None:
        """One of them."""
        return self._rows[number] if 0 <= number < len(self._rows) else None

    def show(self, rows: Sequence[PropertyRow]) -> None:
        """Shows other rows. Where the names stay, values change in place, so that a selection and the scroll bar stay too."""
        fresh = tuple(rows)
        before = self._rows
        if [(each.name, each.look == "group") for each in before] != [
            (each.name, each.look == "group") for each in fresh
        ]:
            self.beginResetModel()
            self._rows = fresh
            self.endResetModel()
            return
        self._rows = fresh
        for number, (one, other) in enumerate(zip(before, fresh, strict=True)):
            if one != other:
                self.dataChanged.emit(self.index(number, NAME), self.index(number, VALUE))

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Lines, titles of groups included."""
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Titles are passed over by the keyboard."""
        row = self.row(index.row())
        if row is None or row.look == "group":
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts and paint roles of one cell."""
        row = self.row(index.row()) if index.isValid() else None
        if row is None:
            return None
        column = index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            shown = _shown(row.name if column == NAME else row.value)
            if role == Qt.ItemDataRole.AccessibleTextRole and column == VALUE and row.action:
                return f"{shown}, {row.action}"
            return shown
        if role == KIND_ROLE:
            return _KINDS[row.look] if column == VALUE or row.look == "group" else "muted"
        if role == STRONG_ROLE:
            return row.look == "group"
        if role == BADGE_ROLE and column == VALUE:
            return _badge(row)
        if role == RAW_ROLE:
            return row
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(row)
        return None


def _shown(text: str) -> str:
    cut = text[:SHOWN].translate(VISIBLE)
    return cut + "…" if len(text) > SHOWN else cut


def _badge(row: PropertyRow) -> str | None:
    """What can be done with a value, else how long it is where it is cut."""
    if row.action:
        return f"accent:{row.action}"
    if len(row.value) <= SHOWN:
        return None
    count = len(row.raw) if row.raw is not None else len(row.value.encode("utf-8", "replace"))
    return (
        "muted:" + translate("{n} bytes").format(n=f"{count:,}")
        if count < 1 << 20
        else "muted:" + wording.size(count)
    )


def _tip(row: PropertyRow) -> str | None:
    """The whole value where it is long, and what it means."""
    if row.look == "group":
        return None
    parts = [_shown(row.value)] if len(row.value) > 30 else []
    if len(row.name) > 24:
        parts.insert(0, _shown(row.name))
    if row.meaning:
        parts.append(row.meaning)
    return "\n".join(parts) or None
