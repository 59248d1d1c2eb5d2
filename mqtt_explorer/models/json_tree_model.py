# SPDX-License-Identifier: MIT
"""A JSON text as a tree: a flat table of the lines that are unfolded, key and value."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QModelIndex, QObject, Qt, QTimer

from mqtt_explorer.models.json_tree_carry import carry_folds, same_shape
from mqtt_explorer.models.json_tree_reader import JsonReader
from mqtt_explorer.models.json_tree_rows import ChildCounts, FoldedRows, Rows
from mqtt_explorer.models.json_tree_texts import Step, pointer
from mqtt_explorer.models.roles import BADGE_ROLE, GLOW_ROLE, KIND_ROLE, RAW_ROLE
from mqtt_explorer.models.table import NOWHERE, Index, TableModel
from mqtt_explorer.models.wording import translate
from mqtt_explorer.payload.preview import VISIBLE

if TYPE_CHECKING:
    from mqtt_explorer.payload.api import Document
    from mqtt_explorer.payload.json_index import JsonIndex

KEY, VALUE = range(2)
ALL_ROWS: Final = 20_000
"""Rows that "unfold all below" adds at most."""
GLOW_S: Final = 0.8
_GLOWING: Final = 1 << 20
"""Bytes of a text whose changed values glow; the one before is kept as long."""
_SLICE_S: Final = 0.004
_TIP_STEPS: Final = 12
_TIP_KEY: Final = 60
_TIP_LETTERS: Final = 280
_LONG: Final = 24
"""Characters from which on the tooltip of a value is the value instead of its path."""


class JsonTreeModel(TableModel):
    """The rows of a document with a structure; only those asked for are read."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__((translate("Key"), translate("Value")), parent)
        self._rows: FoldedRows | None = None
        self._reader: JsonReader | None = None
        self._complete = True
        self._counts: ChildCounts | None = None
        self._before: tuple[bytes, JsonIndex] | None = None
        self._glows: dict[int, bool] = {}
        self._changed_at = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._count_more)

    # --- what the view asks ---------------------------------------------------------------------------------------

    def show_document(self, document: Document | None) -> None:
        """Shows another document; nothing when it has no structure.

        What is unfolded stays so by its keys. Where only values differ no row moves; else the model is reset.
        """
        if document is None or document.structure is None:
            self._reset(None, b"", True)
            return
        reader, index, source = self._reader, document.structure, document.source
        if reader is None:
            rows = FoldedRows(index)
            rows.unfold_first()
            self._reset(rows, source, document.complete)
            return
        old = reader.rows
        if source == reader.source and len(index) == len(old.index):
            self._complete = document.complete
        elif document.complete == self._complete and same_shape(old, reader.source, index, source):
            self._swap(old, index, source)
        else:
            rows = FoldedRows(index)
            carry_folds(old, reader.source, rows, source)
            self._reset(rows, source, document.complete)

    def level(self, row: int) -> int:
        """How deep a row lies, from 0."""
        return self._rows.level(row) if self._rows is not None else 0

    def fold_state(self, row: int) -> bool | None:
        """True: unfolded, False: folded, None: there is nothing to fold."""
        rows = self._rows
        if rows is None or not 0 <= row < len(rows) or rows.is_more(row):
            return None
        line = rows.lines[row]
        return line in rows.unfolded if rows.index.is_open(line) else None

    def is_more(self, row: int) -> bool:
        """True for a row that stands for the children not shown."""
        return self._rows is not None and 0 <= row < len(self._rows) and self._rows.is_more(row)

    def parent_row(self, row: int) -> int:
        """The row of the container a row is in; -1 on the first level."""
        return self._rows.row_of_parent(row) if self._rows is not None else -1

    def glowing(self) -> bool:
        """Whether changed values glow just now; asked for as long as it says so, it also lets go of the values before."""
        if self._before is not None and time.monotonic() - self._changed_at > GLOW_S:
            self._before = None
            self._glows.clear()
        return self._before is not None

    # --- folding --------------------------------------------------------------------------------------------------

    def unfold(self, row: int) -> None:
        """Shows what is in the container of a row."""
        rows = self._rows
        if rows is None or self.fold_state(row) is not False:
            return
        rows.unfolded.add(rows.lines[row])
        self._insert(row + 1, rows.below(rows.lines[row]))
        self._tell(row)

    def fold(self, row: int) -> None:
        """Hides it; what is unfolded in there is remembered."""
        rows = self._rows
        if rows is None or self.fold_state(row) is not True:
            return
        self._remove(row + 1, rows.last_inside(row))
        rows.unfolded.discard(rows.lines[row])
        self._tell(row)

    def unfold_all(self, row: int) -> bool:
        """Unfolds everything in the container of a row; False when that were more than `ALL_ROWS` rows and some are left folded."""
        rows = self._rows
        if rows is None or self.fold_state(row) is None:
            return True
        self.fold(row)
        line = rows.lines[row]
        rows.unfolded.add(line)
        below = rows.below(line, most=ALL_ROWS)
        self._insert(row + 1, below)
        self._tell(row)
        closes = rows.index.closes
        return len(below.lines) < ALL_ROWS or all(
            each in rows.unfolded or not closes[each] for each in below.lines
        )

    def open_more(self, row: int) -> None:
        """Shows the next page in the place of a row for more."""
        rows = self._rows
        if rows is None or not self.is_more(row):
            return
        page = rows.next_page(row)
        self._remove(row, row)
        self._insert(row, page)

    def open_last_page(self) -> bool:
        """Shows the last page of the first level; the row for more then stands before it. False while it is being counted."""
        rows, counts = self._rows, self._counts
        row = self.rowCount() - 1
        if rows is None or counts is None or not self.is_more(row) or rows.parent(row) != rows.top:
            return True
        count = counts.count(rows.top)
        if count is None:
            self._timer.start()
            return False
        page = rows.last_page(row, count, counts.last_page(rows.top))
        if page is None:
            self.open_more(row)
        else:
            self._insert(row + 1, page)
            self._tell(row)
        return True

    # --- paths and texts ------------------------------------------------------------------------------------------

    def path(self, row: int) -> tuple[Step, ...] | None:
        """Keys and places from the top to a row; None when there is no such row, or it lies too deep for a path."""
        return self._reader.path(row) if self._reader is not None and self._is_value(row) else None

    def row_of_path(self, path: tuple[Step, ...]) -> int:
        """Where a path stands; -1 when it is not there, or not shown."""
        return self._reader.row_of(path) if self._reader is not None else -1

    def raw_value(self, row: int) -> bytes | None:
        """The value as it is spelled in the source: a scalar, or a whole container; None for a row for more."""
        reader = self._reader
        return reader.value(reader.rows.lines[row]) if reader is not None and self._is_value(row) else None

    def is_string(self, row: int) -> bool:
        """True for a value in quotes."""
        reader = self._reader
        return (
            reader is not None
            and self._is_value(row)
            and reader.cell(reader.rows.lines[row]).kind == "string"
        )

    def key(self, row: int) -> str:
        """The whole key, without quotes; "" for an array's element."""
        reader = self._reader
        return reader.key(reader.rows.lines[row]) if reader is not None and self._is_value(row) else ""

    def _is_value(self, row: int) -> bool:
        return 0 <= row < self.rowCount() and not self.is_more(row)

    # --- what a view asks of every model ----------------------------------------------------------------------------

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Lines that are unfolded."""
        return 0 if parent.isValid() or self._rows is None else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts and paint roles of one cell."""
        reader = self._reader
        if reader is None or not index.isValid() or index.row() >= len(reader.rows):
            return None
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._key_text(reader, row) if column == KEY else self._value_text(reader, row)
        if role == KIND_ROLE:
            return _kind(reader, row, column)
        if role == GLOW_ROLE:
            return self._glow(reader, row)
        if role == BADGE_ROLE and column == VALUE and not reader.rows.is_more(row):
            more = reader.cell(reader.rows.lines[row]).more
            return f"muted:{more}" if more else None
        if role == RAW_ROLE:
            return reader.rows.lines[row]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(reader, row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(reader, row, column)
        return None

    # --- inside ---------------------------------------------------------------------------------------------------

    def _reset(self, rows: FoldedRows | None, source: bytes, complete: bool) -> None:
        self.beginResetModel()
        self._rows, self._complete = rows, complete
        self._reader = JsonReader(source, rows) if rows is not None else None
        self._counts = ChildCounts(rows) if rows is not None else None
        self._forget()
        if rows is not None:
            rows.start()
        self.endResetModel()

    def _swap(self, rows: FoldedRows, index: JsonIndex, source: bytes) -> None:
        """Other values in the same rows."""
        assert self._reader is not None
        before = (self._reader.source, rows.index)
        rows.index = index
        self._reader = JsonReader(source, rows)
        self._forget()
        if len(source) <= _GLOWING:
            self._before, self._changed_at = before, time.monotonic()
        self._tell_all()

    def _forget(self) -> None:
        self._timer.stop()
        self._glows.clear()
        self._before = None

    def _insert(self, row: int, more: Rows) -> None:
        if self._rows is not None and len(more.lines):
            self.beginInsertRows(QModelIndex(), row, row + len(more.lines) - 1)
            self._rows.insert(row, more)
            self.endInsertRows()

    def _remove(self, first: int, last: int) -> None:
        if self._rows is not None and last >= first:
            self.beginRemoveRows(QModelIndex(), first, last)
            self._rows.remove(first, last)
            self.endRemoveRows()

    def _tell(self, row: int) -> None:
        self.dataChanged.emit(self.index(row, KEY), self.index(row, VALUE))

    def _tell_all(self) -> None:
        if self.rowCount():
            self.dataChanged.emit(self.index(0, KEY), self.index(self.rowCount() - 1, VALUE))

    def _count_more(self) -> None:
        counts = self._counts
        done = counts.step(_SLICE_S) if counts is not None else []
        if counts is None or not counts.busy:
            self._timer.stop()
        if done:  # the rows for more say how many they stand for
            self._tell_all()

    def _count(self, line: int) -> int | None:
        count = self._counts.count(line) if self._counts is not None else None
        if count is None:
            self._timer.start()
        return count

    def _key_text(self, reader: JsonReader, row: int) -> str:
        rows = reader.rows
        if rows.is_more(row):
            return "…"
        if reader.is_alone(row):
            return ""
        if reader.in_list(row):
            return f"[{rows.place(row)}]"
        return reader.cell(rows.lines[row]).key or '""'

    def _value_text(self, reader: JsonReader, row: int) -> str:
        rows = reader.rows
        if rows.is_more(row):
            count = self._count(rows.parent(row))
            if count is None or not reader.is_whole(rows.parent(row)):
                return translate("more")
            return translate("{n} more").format(n=f"{rows.hidden(row, count):,}")
        line = rows.lines[row]
        made = reader.cell(line)
        if made.kind != "open":
            return made.value
        left, right = ("[", "]") if made.value == "[" else ("{", "}")
        count = self._count(line)
        known = "" if count is None else f"{count:,}"
        return left + known + ("" if known and reader.is_whole(line) else "…") + right

    def _glow(self, reader: JsonReader, row: int) -> float | None:
        if self._before is None or reader.rows.is_more(row):
            return None
        line = reader.rows.lines[row]
        changed = self._glows.get(line)
        if changed is None:
            source, index = self._before
            one, other = index.row(source, line), reader.rows.index.row(reader.source, line)
            changed = self._glows[line] = source[one.value] != reader.source[other.value]
        share = 1 - (time.monotonic() - self._changed_at) / GLOW_S
        return share if changed and share > 0 else None

    def _spoken(self, reader: JsonReader, row: int, column: int) -> str:
        rows = reader.rows
        if column == VALUE:
            more = reader.cell(rows.lines[row]).more if not rows.is_more(row) else ""
            return self._value_text(reader, row) + (f" ({more})" if more else "")
        words = [self._key_text(reader, row), translate("level {n}").format(n=f"{rows.level(row) + 1:,}")]
        state = self.fold_state(row)
        if state is not None:
            words.append(translate("unfolded") if state else translate("folded"))
        return ", ".join(words)


def _kind(reader: JsonReader, row: int, column: int) -> str:
    if reader.rows.is_more(row):
        return "accent"
    if column == KEY:
        return "muted" if reader.in_list(row) else "key"
    kind = reader.cell(reader.rows.lines[row]).kind
    return "muted" if kind == "open" else kind


def _tip(reader: JsonReader, row: int, column: int) -> str | None:
    rows = reader.rows
    if rows.is_more(row):
        return translate("Enter or a click shows the next 1,000; End goes to the last one.")
    made = reader.cell(rows.lines[row])
    if column == VALUE and (len(made.value) > _LONG or made.more):
        return made.value[:_TIP_LETTERS] + (f"\n{made.more}" if made.more else "")
    steps, whole = reader.last_steps(row, _TIP_STEPS)
    if not steps:
        return None
    cut = (each if isinstance(each, int) else each[:_TIP_KEY] for each in reversed(steps))
    path = ("/…" if not whole else "") + pointer(cut).translate(VISIBLE)
    return path + "\n" + translate("Level {n}").format(n=f"{rows.level(row) + 1:,}")
