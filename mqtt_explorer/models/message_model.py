# SPDX-License-Identifier: MIT
"""The messages below a branch, newest first: a window of numbers into the history."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QModelIndex, QObject, Qt, QTimer, Signal

from mqtt_explorer.models.frame_clock import FrameClock, Turn
from mqtt_explorer.models.message_cells import (
    GAP,
    PREVIEW,
    QOS,
    RETAINED,
    SIZE,
    TIME,
    TOPIC,
    MessageCells,
    head_tooltip,
    heads,
)
from mqtt_explorer.models.message_state import ListState
from mqtt_explorer.models.table import NOWHERE, Index, TableModel
from mqtt_explorer.store.message_scan import SLICE_S, MessageScan

if TYPE_CHECKING:
    from mqtt_explorer.profiles.decoder_choices import DecoderChoices
    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.store.matcher import Matcher
    from mqtt_explorer.store.topic_store import TopicStore

__all__ = ["GAP", "PREVIEW", "QOS", "RETAINED", "SIZE", "TIME", "TOPIC", "ListState", "MessageModel"]

FOLLOWED: Final = 500
"""Rows of a list that follows; older ones come as somebody scrolls to them."""
PAGE: Final = 500
MOST_ROWS: Final = 100_000
"""Rows a list ends at, however far somebody scrolls: about 10 MB beside the budget."""
_BESIDE_TREE_S: Final = 0.002
"""How long it may look at messages in a frame in which the tree is painted."""
KEPT: Final = 300
"""Messages around the middle of the screen that a paused list keeps although the budget evicts them."""
_SCREEN: Final = 50
_MORE_SLICES: Final = 3
_QUIET: Final = 500
"""With more new messages in a frame than this, the loop has better things to do than to count old ones."""


class MessageModel(TableModel):
    """Follows the newest messages, or stands still while somebody reads or has paused it.

    Rows hold numbers, not messages. New rows come only at the top and only while it follows; rows go only at the end. While it is
    not shown it does nothing.

    Signals:
        state_changed: `state` is another one; at most ten times a second.
        follow_changed(bool): It follows, or was held: by somebody, or because the selected row would have left the list.
    """

    state_changed = Signal()
    follow_changed = Signal(bool)

    def __init__(self, clock: FrameClock, parent: QObject | None = None) -> None:
        super().__init__(heads(), parent, right=(GAP, SIZE))
        self.state = ListState()
        self._store: TopicStore | None = None
        self._scan: MessageScan | None = None
        self._seqs: list[int] = []
        self._cells = MessageCells()
        self._shown = False
        self._follow = True
        self._paused = False
        self._changing = False
        self._selected: int | None = None
        self._dropped_at_mark = 0
        self._at_once = True
        self._seen = 0
        self._slices = 0
        self._more = QTimer(self)
        self._more.setInterval(0)
        self._more.timeout.connect(self._on_idle)
        self._clock = clock
        clock.tick.connect(self._on_tick)

    # --- what the panel asks ------------------------------------------------------------------------------------

    @property
    def scan(self) -> MessageScan | None:
        """What it shows."""
        return self._scan

    @property
    def follow(self) -> bool:
        """True while new messages come in at the top, unless it is paused."""
        return self._follow

    @property
    def paused(self) -> bool:
        """True while its rows are frozen."""
        return self._paused

    def set_source(
        self,
        store: TopicStore | None,
        scan: MessageScan | None,
        matcher: Matcher | None = None,
        decoders: DecoderChoices | None = None,
    ) -> None:
        """Shows another selection of messages from its newest on, or nothing. A pause stays and freezes what is there now."""
        self._more.stop()
        self._store, self._scan = store, scan
        self._selected = None
        if scan is not None:
            scan.step()
        self.beginResetModel()
        self._cells.release()
        self._cells.set_source(store, matcher, decoders)
        self._seqs = scan.newest(FOLLOWED) if scan is not None else []
        self.endResetModel()
        self._seen = store.next_seq if store is not None else 0
        self._mark()
        if self._paused:
            self._keep(0)
        if not self._follow:
            self._follow = True
            self.follow_changed.emit(True)
        self._tell()

    def set_shown(self, shown: bool) -> None:
        """Whether somebody can see it."""
        self._shown = shown
        self._at_once = True
        if not shown:
            self._more.stop()
            self._cells.forget_before(self._store.next_seq if self._store is not None else 0)

    def set_follow(self, follow: bool) -> None:
        """Goes on from the newest, or lets the rows stand."""
        if follow == self._follow:
            return
        self._follow = follow
        if not self._paused:
            self._mark()
        if follow and not self._paused:
            self._catch_up()
        self.follow_changed.emit(follow)
        self._tell()

    def set_paused(self, paused: bool, middle: int = 0) -> None:
        """Freezes the rows, or goes on.

        Args:
            paused: Whether they stand.
            middle: The row in the middle of the screen: messages around it stay although the budget evicts them.
        """
        if paused == self._paused:
            return
        self._paused = paused
        if paused:
            self._keep(middle)
            if self._follow:
                self._mark()
        else:
            self._cells.release()
            self._drop_evicted()
            if self._follow:
                self._catch_up()
            self._repaint()
        self._tell()

    def show_waiting(self) -> None:
        """Shows what waits, and follows; a pause stays and freezes what is there then."""
        self._follow = True
        paused, self._paused = self._paused, False
        self._cells.release()
        self._drop_evicted()
        self._catch_up()
        self._paused = paused
        if paused:
            self._keep(0)
        self._repaint()
        self.follow_changed.emit(True)
        self._tell()

    def set_selected(self, seq: int | None) -> None:
        """The oldest selected message: the list is held before its row would leave."""
        self._selected = seq

    def message(self, row: int) -> Message | None:
        """The message of a row; None when it was evicted meanwhile."""
        return self._cells.message(self._seqs[row]) if 0 <= row < len(self._seqs) else None

    def message_of(self, seq: int) -> Message | None:
        """The message of a number; None when it was evicted meanwhile."""
        return self._cells.message(seq)

    def seqs(self, rows: range) -> list[int]:
        """The numbers of the messages in these rows."""
        return self._seqs[rows.start : rows.stop]

    def row_of(self, seq: int) -> int:
        """Where a message stands, or -1."""
        row = bisect_left(self._seqs, -seq, key=lambda each: -each)
        return row if row < len(self._seqs) and self._seqs[row] == seq else -1

    def page_in(self, rows: int = MOST_ROWS) -> None:
        """Fetches older messages until there are so many rows."""
        self._append(min(rows, MOST_ROWS) - len(self._seqs))

    # --- what a view asks ---------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Messages fetched so far."""
        return 0 if parent.isValid() else len(self._seqs)

    def canFetchMore(self, parent: Index) -> bool:
        """True while there are older messages that were looked at."""
        if parent.isValid() or self._scan is None or self._changing or not 0 < len(self._seqs) < MOST_ROWS:
            return False
        return bool(self._scan.older(self._seqs[-1], 1))

    def fetchMore(self, parent: Index) -> None:
        """Appends the next page of older messages. A list that follows is held by it: it keeps no more rows than the newest."""
        if self.canFetchMore(parent):
            self._append(PAGE)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Column heads, and what they mean."""
        if role == Qt.ItemDataRole.ToolTipRole and orientation == Qt.Orientation.Horizontal:
            return head_tooltip(section)
        return super().headerData(section, orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts and paint roles of one cell."""
        row = index.row()
        if not index.isValid() or row >= len(self._seqs):
            return None
        column = index.column()
        before = self._before(row) if column == GAP else None
        return self._cells.data(self._seqs[row], before, column, role)

    def _before(self, row: int) -> int | None:
        """The message before that of a row in the list; -1 when there is none, None while that is unknown."""
        if row + 1 < len(self._seqs):
            return self._seqs[row + 1]
        scan = self._scan
        older = scan.older(self._seqs[row], 1) if scan is not None else []
        if older:
            return older[0]
        return -1 if scan is not None and scan.done else None

    # --- once a frame -------------------------------------------------------------------------------------------

    def _on_tick(self) -> None:
        scan, store = self._scan, self._store
        if not self._shown or scan is None or store is None:
            return
        done = scan.step(_BESIDE_TREE_S if self._clock.is_turn(Turn.TREE) else SLICE_S)
        quiet = store.next_seq - self._seen < _QUIET
        self._seen = store.next_seq
        self._slices = 0
        if done or not quiet:
            self._more.stop()
        else:
            self._more.start()
        if self._at_once or self._is_due():
            self._at_once = False
            self._update()

    def _is_due(self) -> bool:
        return self._clock.is_turn(Turn.MESSAGES)

    def _on_idle(self) -> None:
        """More of the history, while nothing else is to be done."""
        self._slices += 1
        if self._scan is None or self._scan.step() or self._slices >= _MORE_SLICES:
            self._more.stop()

    def _update(self) -> None:
        assert self._store is not None
        self._cells.forget_before(self._store.first_seq)
        if not self._paused:
            self._drop_evicted()
            if self._follow:
                self._catch_up()
        self._tell()

    def _tell(self) -> None:
        state = self._make_state()
        if state != self.state:
            self.state = state
            self.state_changed.emit()

    def _make_state(self) -> ListState:
        scan, store = self._scan, self._store
        if scan is None or store is None:
            return ListState()
        waiting = lost = 0
        if self._paused or not self._follow:
            waiting = scan.newer(scan.mark)
            lost = scan.lost + store.counters.dropped - self._dropped_at_mark
        return ListState(len(self._seqs), scan.matched, scan.inside, scan.muted, scan.done, waiting, lost)

    def _keep(self, middle: int) -> None:
        """Holds the messages around a row, the nearest first."""
        first = max(0, middle - KEPT // 2)
        rows = range(first, min(first + KEPT, len(self._seqs)))
        self._cells.keep(self._seqs[row] for row in sorted(rows, key=lambda row: abs(row - middle)))

    def _mark(self) -> None:
        """From here on messages wait."""
        if self._scan is not None and self._store is not None:
            self._scan.mark = self._seqs[0] if self._seqs else self._scan.newest_looked_at
            self._scan.lost = 0
            self._dropped_at_mark = self._store.counters.dropped

    # --- rows ---------------------------------------------------------------------------------------------------

    def _drop_evicted(self) -> None:
        first_seq = self._store.first_seq if self._store is not None else 0
        if self._seqs and self._seqs[-1] < first_seq:
            self._cut(bisect_left(self._seqs, 1 - first_seq, key=lambda each: -each))

    def _catch_up(self) -> None:
        """Shows the newest messages: what is new at the top, what is too much goes at the end."""
        scan, rows = self._scan, self._seqs
        if scan is None:
            return
        target = scan.newest(FOLLOWED)
        if scan.has_gap and len(target) < min(len(rows), _SCREEN):
            return  # it began anew at the head and has found little yet: better what was there than an empty list
        oldest = target[-1] if target else scan.newest_looked_at + 1
        if self._selected is not None and rows and rows[-1] <= self._selected < oldest:
            self._mark()
            self._follow = False
            self.follow_changed.emit(False)
            return
        # Whoever hears of the new rows must not fetch older ones before the list is whole.
        self._changing = True
        try:
            top = rows[0] if rows else -1
            fresh = bisect_left(target, -top, key=lambda each: -each)
            if fresh:
                self.beginInsertRows(QModelIndex(), 0, fresh - 1)
                rows[:0] = target[:fresh]
                self.endInsertRows()
            self._cut(bisect_left(rows, 1 - oldest, key=lambda each: -each))
            if len(rows) < len(target):
                self._insert_at_end(target[len(rows) :])
        finally:
            self._changing = False
        self._mark()

    def _append(self, count: int) -> None:
        if self._scan is None or not self._seqs or count <= 0:
            return
        older = self._scan.older(self._seqs[-1], min(count, MOST_ROWS - len(self._seqs)))
        if older:
            if self._follow and not self._paused and len(self._seqs) + len(older) > FOLLOWED:
                self._mark()
                self._follow = False
                self.follow_changed.emit(False)
            self._insert_at_end(older)

    def _insert_at_end(self, seqs: list[int]) -> None:
        first = len(self._seqs)
        self.beginInsertRows(QModelIndex(), first, first + len(seqs) - 1)
        self._seqs += seqs
        self.endInsertRows()
        self._repaint_gap(first - 1)

    def _cut(self, first: int) -> None:
        """Lets the rows from `first` on go."""
        if first < len(self._seqs):
            self.beginRemoveRows(QModelIndex(), first, len(self._seqs) - 1)
            del self._seqs[first:]
            self.endRemoveRows()
            self._repaint_gap(first - 1)

    def _repaint_gap(self, row: int) -> None:
        """The message before that of the last row became known, or went."""
        if row >= 0:
            self.dataChanged.emit(self.index(row, GAP), self.index(row, GAP))

    def _repaint(self) -> None:
        if self._seqs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._seqs) - 1, PREVIEW))
