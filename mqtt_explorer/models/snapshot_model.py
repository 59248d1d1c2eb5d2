# SPDX-License-Identifier: MIT
"""The rows of a comparison as a table: a million of them are two columns of numbers, and what stands in a cell is made when it is seen."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterator
from itertools import compress, pairwise
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from PySide6.QtCore import QModelIndex, QObject, Qt, QTimer, Signal

from mqtt_explorer.models import snapshot_words as words
from mqtt_explorer.models import wording
from mqtt_explorer.models.roles import HITS_ROLE, ICON_ROLE, KIND_ROLE, PIN_ROLE, RAW_ROLE, TRUNCATED_ROLE
from mqtt_explorer.models.table import NOWHERE, Index, TableModel
from mqtt_explorer.models.wording import translate
from mqtt_explorer.store.snapshot_compare import Status

if TYPE_CHECKING:
    from mqtt_explorer.payload.kept import Entry
    from mqtt_explorer.store.snapshot_compare import Comparison, Row

STATUS, TOPIC, BEFORE, AFTER, CHANGE, AGE = range(6)
COLUMNS: Final = 6
SHOWN_AT_FIRST: Final = frozenset(Status) - {Status.SAME}
_SLICE_S: Final = 0.006
_CHUNK: Final = 2_048
_REMEMBERED: Final = 512


class _Cells(NamedTuple):
    row: Row
    before: tuple[str, str]
    after: tuple[str, str]
    change: str


class SnapshotModel(TableModel):
    """Shows one comparison: of all its rows those with the chosen statuses whose topic holds a text.

    Choosing among many rows takes slices of the loop; until it is done the rows of before stand there.

    Attributes:
        matching: Rows of each chosen status that hold the text are shown; so many in all.

    Signals:
        sifted(): The rows are those that were asked for last.
    """

    sifted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        heads = ("", translate("Topic"), translate("Before"), translate("Now"), translate("Change"))
        super().__init__((*heads, translate("Age")), parent, right=(AGE,))
        self.comparison: Comparison | None = None
        self._numbers: array[int] = array("l")
        self._groups = [0]  # where each of these begins; within one numbers rise
        self._cells: dict[int, _Cells] = {}
        self._statuses: frozenset[Status] = SHOWN_AT_FIRST
        self._text = ""
        self._by_status = False
        self._descending = False
        self._pending: tuple[Comparison | None, Iterator[list[int]], list[array[int]]] | None = None
        self._go_on = QTimer(self, singleShot=True, interval=0)
        self._go_on.timeout.connect(self._sift_on)

    # --- what is shown ---------------------------------------------------------------------------------------------

    @property
    def sifting(self) -> bool:
        """True while rows are chosen."""
        return self._pending is not None

    @property
    def text(self) -> str:
        """What topics must hold."""
        return self._text

    @property
    def statuses(self) -> frozenset[Status]:
        """What is shown."""
        return self._statuses

    def show_comparison(self, comparison: Comparison | None) -> None:
        """Shows another one, or none."""
        self._sift(comparison)

    def choose(self, statuses: Collection[Status], text: str) -> None:
        """Shows topics with these statuses that hold the text, in any case of letters."""
        if (frozenset(statuses), text) != (self._statuses, self._text):
            self._statuses, self._text = frozenset(statuses), text
            self._sift(self._wanted)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Orders by topic, or by status and then topic."""
        descending = order == Qt.SortOrder.DescendingOrder
        by_status = column == STATUS
        if column in (STATUS, TOPIC) and (by_status, descending) != (self._by_status, self._descending):
            self._by_status, self._descending = by_status, descending
            self._sift(self._wanted)

    def row(self, place: int) -> Row | None:
        """The row at a place of the table."""
        number = self._number(place)
        return None if number is None or self.comparison is None else self.comparison.row(number)

    def place_of(self, topic: bytes) -> int:
        """Where a topic stands; -1 where it is not shown."""
        if self.comparison is None:
            return -1
        number = bisect_left(range(len(self.comparison)), topic, key=self.comparison.topic)
        if number == len(self.comparison) or self.comparison.topic(number) != topic:
            return -1
        for start, stop in pairwise((*self._groups, len(self._numbers))):
            found = bisect_left(self._numbers, number, start, stop)
            if found < stop and self._numbers[found] == number:
                return len(self._numbers) - 1 - found if self._descending else found
        return -1

    def numbers(self) -> array[int]:
        """The comparison's numbers of the rows shown, in their order."""
        return self._numbers[:: -1 if self._descending else 1]

    def _number(self, place: int) -> int | None:
        if not 0 <= place < len(self._numbers):
            return None
        return self._numbers[len(self._numbers) - 1 - place if self._descending else place]

    # --- choosing rows ---------------------------------------------------------------------------------------------

    @property
    def _wanted(self) -> Comparison | None:
        return self._pending[0] if self._pending is not None else self.comparison

    def _sift(self, comparison: Comparison | None) -> None:
        groups = sorted(self._statuses) if self._by_status else [None]
        found: list[array[int]] = []
        self._pending = (comparison, self._sieve(comparison, groups, found), found)
        self._sift_on()

    def _sift_on(self) -> None:
        if self._pending is None:
            return
        comparison, sieve, found = self._pending
        deadline = perf_counter() + _SLICE_S
        for _ in sieve:
            if perf_counter() >= deadline:
                self._go_on.start()
                return
        self._go_on.stop()
        self._pending = None
        self.beginResetModel()
        self.comparison = comparison
        self._numbers, self._groups = found[0], [0]
        for each in found[1:]:
            self._groups.append(len(self._numbers))
            self._numbers += each
        self._cells.clear()
        self.endResetModel()
        self.sifted.emit()

    def _sieve(
        self, comparison: Comparison | None, groups: list[Status] | list[None], found: list[array[int]]
    ) -> Iterator[list[int]]:
        """Fills `found`: one column of rows for each group, in topic order; yields after each piece of work."""
        found += [array("l") for _ in groups] or [array("l")]
        if comparison is None:
            return
        text = self._text.casefold()
        for group, numbers in zip(groups, found, strict=False):
            wanted = self._statuses if group is None else {group}
            table = bytes(number in wanted for number in range(256))
            for start in range(0, len(comparison), _CHUNK):
                stop = min(start + _CHUNK, len(comparison))
                chosen = list(compress(range(start, stop), comparison.statuses[start:stop].translate(table)))
                if text:
                    chosen = [each for each in chosen if text in _folded(comparison.topic(each))]
                numbers.extend(chosen)
                yield chosen

    # --- Qt ---------------------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Rows shown."""
        return 0 if parent.isValid() else len(self._numbers)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Column heads."""
        across = orientation == Qt.Orientation.Horizontal
        if across and role == Qt.ItemDataRole.DisplayRole and section == AFTER and not self.is_now:
            return translate("After")
        if across and role == Qt.ItemDataRole.ToolTipRole and section == AGE:
            return translate("Age of the last message when it was compared")
        return super().headerData(section, orientation, role)

    is_now = True
    """The later side is the tree as it is, and not another snapshot."""

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts and paint roles of one cell."""
        number = self._number(index.row()) if index.isValid() else None
        if number is None or self.comparison is None:
            return None
        column = index.column()
        if role == HITS_ROLE:
            return self._hits(number) if column == TOPIC and self._text else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter if column == AGE else None
        cells = self._made(number)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text_of(cells, column)
        if role == RAW_ROLE:
            return cells.row
        if role == ICON_ROLE and column == STATUS:
            return ":".join(words.SIGNS[cells.row.status])
        if role == KIND_ROLE:
            return self._kind(cells, column)
        if role == PIN_ROLE:
            entry = self._side(cells, column)
            return (entry is not None and entry.retained) or None
        if role == TRUNCATED_ROLE:
            entry = self._side(cells, column)
            return (entry is not None and entry.kept == "head") or None
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(cells, column)
        return None

    def _made(self, number: int) -> _Cells:
        known = self._cells.get(number)
        if known is None:
            assert self.comparison is not None
            if len(self._cells) >= _REMEMBERED:
                self._cells.clear()
            row = self.comparison.row(number)
            change = words.change(self.comparison, row)
            known = _Cells(row, words.shown(row.before), words.shown(row.after), change)
            self._cells[number] = known
        return known

    def _hits(self, number: int) -> list[tuple[int, int]]:
        assert self.comparison is not None
        topic = self.comparison.topic(number).decode("utf-8", "replace")
        at = topic.casefold().find(self._text.casefold())
        return [(at, len(self._text))] if at >= 0 else []

    def _text_of(self, cells: _Cells, column: int) -> str:
        row = cells.row
        if column == AGE:
            entry = row.after or row.before
            assert entry is not None
            assert self.comparison is not None
            return wording.age((self.comparison.after.about.ended_ns - entry.wall_ns) / 1e9)
        return {
            STATUS: words.word(row.status),
            TOPIC: row.topic.decode("utf-8", "replace"),
            BEFORE: cells.before[0],
            AFTER: cells.after[0],
            CHANGE: cells.change,
        }[column]

    def _kind(self, cells: _Cells, column: int) -> str:
        if column == BEFORE:
            return cells.before[1]
        if column == AFTER:
            return cells.after[1]
        if column == CHANGE:
            return {Status.SHAPE: "warn", Status.VALUE: "text"}.get(cells.row.status, "muted")
        if column == STATUS:
            return words.SIGNS[cells.row.status][1]
        return "muted" if column == AGE or cells.row.status is Status.GONE else "text"

    @staticmethod
    def _side(cells: _Cells, column: int) -> Entry | None:
        return {BEFORE: cells.row.before, AFTER: cells.row.after}.get(column)

    def _tip(self, cells: _Cells, column: int) -> str | None:
        if column == STATUS:
            return words.meaning(cells.row.status)
        if column == AGE:
            entry = cells.row.after or cells.row.before
            return wording.full_time(entry.wall_ns) if entry is not None else None
        entry = self._side(cells, column)
        if entry is None:
            return None
        facts = [wording.full_time(entry.wall_ns), wording.size(entry.size), f"QoS {entry.qos}"]
        if entry.retained:
            facts.append(translate("retained"))
        if entry.kept == "head":
            facts.append(translate("only the beginning and a hash of it are kept"))
        return " · ".join(facts)

    def index_of(self, topic: bytes) -> QModelIndex:
        """The topic's cell of `place_of`; invalid where it is not shown."""
        place = self.place_of(topic)
        return self.index(place, TOPIC) if place >= 0 else QModelIndex()


def _folded(topic: bytes) -> str:
    return topic.decode("utf-8", "replace").casefold()
