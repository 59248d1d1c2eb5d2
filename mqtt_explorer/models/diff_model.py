# SPDX-License-Identifier: MIT
"""The table of what differs between two messages; only the rows that are asked for are made."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QObject, Qt

from mqtt_explorer.models.roles import KIND_ROLE
from mqtt_explorer.models.table import NOWHERE, Index, TableModel
from mqtt_explorer.models.wording import translate
from mqtt_explorer.payload.diff import Diff, Mode
from mqtt_explorer.payload.diff_rows import CHANGED, GONE, NEW, SAME, DiffRow, Piece, Sign

SIGN, KEY, A, B, CHANGE = range(5)
#: The Piece of a cell, with what differs in it; asked of A and B only.
PIECE_ROLE: Final = 0x0100 + 40
#: The sign of a row.
SIGN_ROLE: Final = 0x0100 + 41
MARKS: Final = {SAME: "", CHANGED: "~", NEW: "+", GONE: "−"}
TONES: Final = {CHANGED: "warn", NEW: "ok", GONE: "error"}
_KINDS: Final = {"string": "string", "number": "number", "literal": "number", "mark": "muted"}
#: A table asks for each cell several times.
_KEPT: Final = 512


class DiffModel(TableModel):
    """Sign, key, older value, newer value and change of each row; those that are the same can be left out."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(("", translate("Key"), "", "", translate("Change")), parent, right=(CHANGE,))
        self._diff: Diff | None = None
        self._hiding = False
        self._times = ("", "")
        self._tips = ("", "")
        self._made: dict[int, DiffRow] = {}

    @property
    def diff(self) -> Diff | None:
        """What is shown."""
        return self._diff

    @property
    def hides_same(self) -> bool:
        """Whether rows that are the same are left out."""
        return self._hiding

    @property
    def same(self) -> int:
        """Rows that are the same, shown or not."""
        return len(self._diff.rows) - self._diff.rows.changes if self._diff is not None else 0

    def set_diff(self, diff: Diff | None, times: tuple[str, str], tips: tuple[str, str] = ("", "")) -> None:
        """Shows another comparison.

        Args:
            diff: What differs; None for nothing.
            times: The heads of the older and the newer value.
            tips: What they say when one points at them.
        """
        self.beginResetModel()
        self._diff, self._times, self._tips = diff, times, tips
        self._made.clear()
        self.endResetModel()

    def set_hides_same(self, hiding: bool) -> None:
        """Leaves out what is the same, or not."""
        if hiding != self._hiding:
            self.beginResetModel()
            self._hiding = hiding
            self.endResetModel()

    def place(self, row: int) -> int:
        """The number of a row among all rows."""
        return self._diff.rows.change(row) if self._hiding and self._diff is not None else row

    def row_of(self, place: int) -> int:
        """The row that shows the row with that number among all, or the first one behind it."""
        return self._diff.rows.change_at(place) if self._hiding and self._diff is not None else place

    def sign(self, row: int) -> Sign:
        """What a row says; cheaper than making it."""
        return self._diff.rows.sign(self.place(row)) if self._diff is not None else SAME

    def diff_row(self, row: int) -> DiffRow | None:
        """A row with its texts."""
        if self._diff is None or not 0 <= row < self.rowCount():
            return None
        place = self.place(row)
        found = self._made.get(place)
        if found is None:
            if len(self._made) >= _KEPT:
                self._made.clear()
            found = self._made[place] = self._diff.rows.row(place)
        return found

    def next_change(self, row: int, step: int) -> int:
        """The next row that is not the same, from `row` on downwards (1) or upwards (-1), without `row` itself; -1 when there is none."""
        if self._diff is None:
            return -1
        rows = self._diff.rows
        if step > 0:
            number = rows.change_at(self.place(row) + 1) if row >= 0 else 0
        else:
            number = rows.change_at(self.place(row)) - 1 if row >= 0 else -1
        if not 0 <= number < rows.changes:
            return -1
        return number if self._hiding else rows.change(number)

    def key_head(self) -> str:
        """What the keys are."""
        mode: Mode = self._diff.mode if self._diff is not None else "structure"
        heads = {"structure": translate("Key"), "lines": translate("Line"), "bytes": translate("Offset")}
        return heads[mode]

    # --- what a view asks ---------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Rows shown."""
        if parent.isValid() or self._diff is None:
            return 0
        return self._diff.rows.changes if self._hiding else len(self._diff.rows)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Column heads; the values are headed by the times of their messages."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole and section in (KEY, A, B):
                return (self.key_head(), *self._times)[section - KEY]
            if role == Qt.ItemDataRole.ToolTipRole and section in (A, B):
                return self._tips[section - A] or None
        return super().headerData(section, orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts and paint roles of one cell."""
        if not index.isValid() or self._diff is None:
            return None
        if role == SIGN_ROLE:
            return self.sign(index.row())
        if role not in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.AccessibleTextRole,
            Qt.ItemDataRole.ToolTipRole,
            KIND_ROLE,
            PIECE_ROLE,
        ):
            return None
        row = self.diff_row(index.row())
        if row is None:
            return None
        column = index.column()
        if role == KIND_ROLE:
            return self._kind(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, index.row(), column)
        if role == PIECE_ROLE:
            return row.a if column == A else row.b if column == B else None
        return self._text(row, column, spoken=role == Qt.ItemDataRole.AccessibleTextRole)

    def _text(self, row: DiffRow, column: int, *, spoken: bool) -> str:
        if column == SIGN:
            return word(row.sign) if spoken else MARKS[row.sign]
        if column in (A, B):
            piece = row.a if column == A else row.b
            return whole_text(piece) if piece is not None else ""
        return row.key if column == KEY else row.change

    def _tip(self, row: DiffRow, number: int, column: int) -> str | None:
        """What a cell means that does not say it by itself; a text that is cut is told by the view."""
        if self._diff is None:
            return None
        if column == SIGN:
            return word(row.sign)
        if column == CHANGE and row.sign == SAME and row.change:
            return translate("The same value, spelled differently")
        if column == KEY and self._diff.mode == "bytes":
            path = self._diff.rows.path(self.place(number))
            return translate("Older → newer: {offsets}").format(offsets=path) if path != row.key else None
        return None

    def _kind(self, row: DiffRow, column: int) -> str:
        if column == SIGN:
            return TONES.get(row.sign, "muted")
        if column == CHANGE or row.sign == SAME:
            return "muted"
        if column == KEY:
            return "key" if self._diff is not None and self._diff.mode == "structure" else "text"
        if row.sign == GONE:
            return "error"
        piece = row.a if column == A else row.b
        return _KINDS.get(piece.kind, "text") if piece is not None else "text"


def word(sign: Sign) -> str:
    """A sign in words, for a screen reader."""
    return {
        SAME: translate("same"),
        CHANGED: translate("changed"),
        NEW: translate("new"),
        GONE: translate("gone"),
    }[sign]


def whole_text(piece: Piece) -> str:
    """A piece as a line of text."""
    return f"{'…' if piece.before else ''}{piece.text}{'…' if piece.after else ''}"
