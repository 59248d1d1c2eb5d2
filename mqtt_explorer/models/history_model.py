# SPDX-License-Identifier: MIT
"""The messages of one topic, newest first."""

from __future__ import annotations

import time
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
    from mqtt_explorer.profiles.decoder_choices import DecoderChoices
    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.store.topic_store import TopicStore
    from mqtt_explorer.store.topic_tree import Node

MARK, TIME, GAP, QOS, RETAINED, PREVIEW = range(6)
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
        heads = ("", translate("Time"), translate("Gap"), translate("QoS"), "", translate("Preview"))
        super().__init__(heads, parent, right=(GAP,))
        self._store: TopicStore | None = None
        self._node: Node | None = None
        self._messages: list[Message] = []
        self._complete = True
        self._held = False
        self._paused = False
        self._seen = (-1, 0, False)
        self._count_at_top = 0
        self._marks: tuple[int | None, int | None] = (None, None)
        self._gone = 0
        self._went_at: int | None = None
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

    def set_node(
        self, store: TopicStore | None, node: Node | None, decoders: DecoderChoices | None = None
    ) -> None:
        """Shows the history of a topic from its newest message on, or nothing; `decoders` are those chosen for topics."""
        self._store, self._node = store, node
        self._held = False
        self._gone = node.evicted_count if node is not None else 0
        self._went_at = None
        self._previews.clear(decoders)
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

    def newest(self) -> Message | None:
        """The newest message of the topic, also while the list is held."""
        if self._store is None or self._node is None:
            return None
        return self._store.last_message(self._node)

    def previous(self, message: Message) -> Message | None:
        """The message before one, on the topic shown; None when it is not kept."""
        if self._store is None or self._node is None:
            return None
        return next(iter(self._store.history(self._node, before_seq=message.seq, limit=1)), None)

    def set_marks(self, a: int | None, b: int | None) -> None:
        """Puts the letters A and B before the messages of these numbers."""
        before, self._marks = self._marks, (a, b)
        if before == (a, b):
            return
        for seq in {*before, a, b} - {None}:
            assert seq is not None
            if (row := self.row_of(seq)) >= 0:
                self.dataChanged.emit(self.index(row, MARK), self.index(row, MARK))

    def info(self) -> str:
        """How much is kept, since when, and what is gone: "3,040 kept since 13:11:31 · none dropped"."""
        store, node = self._store, self._node
        if store is None or node is None or not node.count:
            return ""
        kept, since = store.kept(node), store.kept_since(node)
        if since is None:
            return translate("none of {all} kept").format(all=f"{node.count:,}") + self._last_drop()
        start = _to_the_second(since.wall_ns)
        gone = node.count - kept
        if len(self._messages) >= MOST_ROWS:
            start += translate(", the list ends at {n}").format(n=f"{MOST_ROWS:,}")
        if not gone:
            return translate("{kept} kept since {time} · none dropped").format(kept=f"{kept:,}", time=start)
        text = translate("{kept} kept since {time} · {gone} dropped for memory")
        return text.format(kept=f"{kept:,}", time=start, gone=f"{gone:,}") + self._last_drop()

    def _last_drop(self) -> str:
        """When the budget dropped some last, where that happened while the topic was shown."""
        if self._went_at is None:
            return ""
        return translate(", last at {time}").format(time=_to_the_second(self._went_at))

    def info_tip(self) -> str:
        """The same at more length: which messages went, as far as that is known."""
        store, node = self._store, self._node
        if store is None or node is None or node.first is None or node.count == store.kept(node):
            return ""
        gone, first = node.count - store.kept(node), wording.full_time(node.first.wall_ns)
        since = store.kept_since(node)
        if since is None:
            parts = [
                translate("The {n} dropped ones came from {first} on.").format(n=f"{gone:,}", first=first)
            ]
        else:
            text = translate("The {n} dropped ones came between {first} and {last}.")
            parts = [text.format(n=f"{gone:,}", first=first, last=wording.full_time(since.wall_ns))]
        parts.append(
            translate("The oldest go first, of all topics and brokers, to stay within the memory budget.")
        )
        if self._went_at is None:
            parts.append(translate("They went before this topic was shown; when exactly is not noted."))
        return "\n".join(parts)

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
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(message, index.row(), column)
        return None

    def _tip(self, message: Message, row: int, column: int) -> str | None:
        if column == MARK:
            how = translate(
                "A click compares it with the one before it; Ctrl+click or A holds it, and the next click compares with it."
            )
            return how if self._marks != (None, None) else None
        if column == TIME:
            return translate("Arrived {time}, number {n}").format(
                time=wording.full_time(message.wall_ns), n=f"{message.seq:,}"
            )
        if column == GAP:
            gap = self._text(message, row, GAP, spoken=False)
            return (
                translate("{gap} since the message before it on this topic").format(gap=gap)
                if gap and gap != "–"
                else None
            )
        if column == QOS:
            return translate("Delivered with QoS {n}").format(n=message.qos)
        if column == RETAINED:
            words = [translate("Retained")] if message.retain else []
            if message.truncated:
                kept, sent = wording.size(len(message.payload)), wording.size(message.size)
                words.append(translate("Kept {kept} of {sent}").format(kept=kept, sent=sent))
            return "\n".join(words) or None
        return None

    def _mark(self, message: Message, *, spoken: bool) -> str | None:
        a, b = self._marks
        if message.seq not in (a, b):
            return None
        letter = "A" if message.seq == a else "B"
        if a == b:
            letter = "AB"
        return translate("compared as {letter}").format(letter=letter) if spoken else letter

    def _text(self, message: Message, row: int, column: int, *, spoken: bool) -> str | None:
        if column == MARK:
            return self._mark(message, spoken=spoken)
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
        if node.evicted_count > self._gone:
            self._gone, self._went_at = node.evicted_count, time.time_ns()
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


def _to_the_second(wall_ns: int) -> str:
    return wording.clock_time(wall_ns)[:8]


def _state(node: Node) -> tuple[int, int, bool]:
    """What has to change before anything is looked at."""
    return node.seq, node.evicted_count, node.payload_evicted
