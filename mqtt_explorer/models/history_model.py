# SPDX-License-Identifier: MIT
"""The messages of one topic, newest first."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal

from mqtt_explorer.models import wording
from mqtt_explorer.models.previews import PreviewCache
from mqtt_explorer.models.roles import KIND_ROLE, PIN_ROLE, RAW_ROLE, TRUNCATED_ROLE
from mqtt_explorer.models.table import NOWHERE, Index, TableModel
from mqtt_explorer.models.wording import translate

if TYPE_CHECKING:
    from mqtt_explorer.models.frame_clock import FrameClock
    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.store.topic_store import TopicStore
    from mqtt_explorer.store.topic_tree import Node

TIME, GAP, QOS, RETAINED, PREVIEW = range(5)
PAGE: Final = 200
KEPT_ROWS: Final = 2_000
"""Rows a followed list keeps; older ones come back when somebody scrolls to them."""
MOST_ROWS: Final = 50_000
"""Rows a list ends at, however far somebody scrolls: about 10 MB beside the budget."""


class HistoryModel(TableModel):
    """Shows a topic's history page by page and, while it follows, puts new messages on top once a frame.

    Signals:
        info_changed: `info()` says something else.
    """

    info_changed = Signal()

    def __init__(self, clock: FrameClock, parent: QObject | None = None) -> None:
        heads = (translate("Time"), translate("Gap"), translate("QoS"), "", translate("Preview"))
        super().__init__(heads, parent, right=(GAP,))
        self._store: TopicStore | None = None
        self._node: Node | None = None
        self._messages: list[Message] = []
        self._complete = True
        self._held = False
        self._paused = False
        self._seen = (-1, 0, False)
        self._count_at_top = 0
        self._previews = PreviewCache()
        clock.tick.connect(self._on_tick)

    # --- what the panel asks ------------------------------------------------------------------------------------

    @property
    def node(self) -> Node | None:
        """The topic shown."""
        return self._node

    @property
    def newer(self) -> int:
        """How many messages of the topic are newer than the first row (they wait while the list is held)."""
        return self._node.count - self._count_at_top if self._node is not None else 0

    def set_node(self, store: TopicStore | None, node: Node | None) -> None:
        """Shows the history of a topic from its newest message on, or nothing."""
        self._store, self._node = store, node
        self._held = False
        self._previews.clear()
        self._reload()
        self.info_changed.emit()

    def set_held(self, held: bool) -> None:
        """Holds the list still (somebody reads an older message), or follows the newest again."""
        if held == self._held:
            return
        self._held = held
        if not held:
            self._catch_up()

    def set_paused(self, paused: bool) -> None:
        """Freezes list and figures, or goes on."""
        self._paused = paused
        if not paused:
            self._on_tick()

    def message(self, row: int) -> Message | None:
        """The message of a row."""
        return self._messages[row] if 0 <= row < len(self._messages) else None

    def row_of(self, seq: int) -> int:
        """Where a message stands, or -1."""
        return next((row for row, each in enumerate(self._messages) if each.seq == seq), -1)

    def info(self) -> str:
        """How much is kept, since when, and what is gone: "3,040 kept since 13:11:31 · none dropped"."""
        store, node = self._store, self._node
        if store is None or node is None or not node.count:
            return ""
        kept, since = store.kept(node), store.kept_since(node)
        if since is None:
            return translate("none of {all} kept").format(all=f"{node.count:,}")
        time = wording.clock_time(since.wall_ns)[:8]
        gone = node.count - kept
        if len(self._messages) >= MOST_ROWS:
            time += translate(", the list ends at {n}").format(n=f"{MOST_ROWS:,}")
        if not gone:
            return translate("{kept} kept since {time} · none dropped").format(kept=f"{kept:,}", time=time)
        return translate("{kept} kept since {time} · {gone} evicted for memory").format(
            kept=f"{kept:,}", time=time, gone=f"{gone:,}"
        )

    # --- what a view asks ---------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Messages fetched so far."""
        return 0 if parent.isValid() else len(self._messages)

    def canFetchMore(self, parent: Index) -> bool:
        """True while older messages may be kept."""
        return not parent.isValid() and not self._complete and len(self._messages) < MOST_ROWS

    def fetchMore(self, parent: Index) -> None:
        """Appends the next page of older messages."""
        if not self.canFetchMore(parent) or self._store is None or self._node is None:
            return
        before = self._messages[-1].seq if self._messages else None
        older = self._store.history(self._node, before_seq=before, limit=PAGE)
        self._complete = len(older) < PAGE
        if older:
            first = len(self._messages)
            self.beginInsertRows(QModelIndex(), first, first + len(older) - 1)
            self._messages += older
            self.endInsertRows()
            if first:
                # Only now its predecessor is known.
                self.dataChanged.emit(self.index(first - 1, GAP), self.index(first - 1, GAP))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts and paint roles of one cell."""
        if not index.isValid() or index.row() >= len(self._messages):
            return None
        message, column = self._messages[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            spoken = role == Qt.ItemDataRole.AccessibleTextRole
            return self._text(message, index.row(), column, spoken=spoken)
        if role == RAW_ROLE:
            return message
        if role == PIN_ROLE:
            return column == RETAINED and message.retain
        if role == TRUNCATED_ROLE:
            return column == RETAINED and message.truncated
        if role == KIND_ROLE and column == PREVIEW:
            return self._preview(message)[1]
        return None

    def _text(self, message: Message, row: int, column: int, *, spoken: bool) -> str | None:
        if column == TIME:
            return wording.clock_time(message.wall_ns)
        if column == GAP:
            if row + 1 >= len(self._messages):
                return "–" if self._complete else ""
            return wording.gap(message.mono_ns - self._messages[row + 1].mono_ns)
        if column == QOS:
            return str(message.qos)
        if column == RETAINED:
            return translate("retained") if spoken and message.retain else None
        return self._preview(message)[0]

    def _preview(self, message: Message) -> tuple[str, str]:
        if message.evicted:
            return translate("evicted · {size}").format(size=wording.size(message.size)), "muted"
        return self._previews.get(message.seq, message.frame)

    # --- once a frame -------------------------------------------------------------------------------------------

    def _on_tick(self) -> None:
        node = self._node
        self._drop_evicted()
        if node is None or self._paused:
            return
        before, self._seen = self._seen, _state(node)
        if self._seen == before:
            return
        if not self._held:
            self._catch_up()
        self.info_changed.emit()

    def _drop_evicted(self) -> None:
        """Lets go of rows whose messages the store let go of, also while the list stands: they would keep the memory."""
        store, node, messages = self._store, self._node, self._messages
        if store is None or node is None or not messages or messages[-1].seq >= store.first_seq:
            return
        first = bisect_right(messages, -store.first_seq, key=lambda each: -each.seq)
        if not first and messages[0].seq == node.seq and not node.payload_evicted:
            first = 1  # the last payload outlives the history
        if first == len(messages):
            return
        self.beginRemoveRows(QModelIndex(), first, len(messages) - 1)
        del messages[first:]
        self._complete = True  # what is older went before
        self.endRemoveRows()
        if first:
            self.dataChanged.emit(self.index(first - 1, GAP), self.index(first - 1, GAP))

    def _catch_up(self) -> None:
        """Puts what is newer than the first row on top."""
        store, node = self._store, self._node
        if store is None or node is None:
            return
        if not self._messages:
            self._reload()
            return
        newest = self._messages[0].seq
        limit = min(node.count - self._count_at_top, PAGE)
        fresh = [each for each in store.history(node, limit=limit) if each.seq > newest] if limit > 0 else []
        if len(fresh) >= PAGE:
            # More came than a page holds: rows in between would be missing, so the list starts again.
            self._reload()
            return
        if fresh:
            self.beginInsertRows(QModelIndex(), 0, len(fresh) - 1)
            self._messages[:0] = fresh
            self.endInsertRows()
        self._count_at_top = node.count
        if len(self._messages) > KEPT_ROWS + PAGE:
            self.beginRemoveRows(QModelIndex(), KEPT_ROWS, len(self._messages) - 1)
            del self._messages[KEPT_ROWS:]
            self._complete = False
            self.endRemoveRows()

    def _reload(self) -> None:
        self.beginResetModel()
        store, node = self._store, self._node
        self._messages = store.history(node, limit=PAGE) if store is not None and node is not None else []
        self._complete = len(self._messages) < PAGE
        self._seen = _state(node) if node is not None else (-1, 0, False)
        self._count_at_top = node.count if node is not None else 0
        self.endResetModel()


def _state(node: Node) -> tuple[int, int, bool]:
    """What has to change before anything is looked at."""
    return node.seq, node.evicted_count, node.payload_evicted
