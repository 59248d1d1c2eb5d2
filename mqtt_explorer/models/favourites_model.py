# SPDX-License-Identifier: MIT
"""The favourites of a connection as a short table: what each says now, and when it said it last.

Nothing happens per message. Ten times a second the model looks at the rows that can be seen and compares; what a row
says is kept until then, so that a paused list stands still however much arrives.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QMimeData, QModelIndex, QObject, Qt, Signal

from mqtt_explorer.models import wording
from mqtt_explorer.models.frame_clock import FrameClock, Turn
from mqtt_explorer.models.previews import PreviewCache
from mqtt_explorer.models.roles import (
    GLOW_ROLE,
    ICON_ROLE,
    KIND_ROLE,
    PIN_ROLE,
    RAW_ROLE,
    TRUNCATED_ROLE,
)
from mqtt_explorer.models.table import NOWHERE, Index, TableModel
from mqtt_explorer.models.visible_rows import GLOW_S
from mqtt_explorer.models.wording import translate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mqtt_explorer.profiles.marks import TopicMarks
    from mqtt_explorer.store.topic_store import TopicStore
    from mqtt_explorer.store.topic_tree import Node

TOPIC, VALUE, AGE = range(3)
MIME: Final = "application/x-mqtt-explorer-qt-favourites"
"""Frames from one look at the visible rows to the next."""


class _Row:
    """What one favourite says, as of the last look."""

    __slots__ = ("age", "changed_at", "cut", "kind", "messages", "retained", "seen", "topic", "value")

    def __init__(self, topic: bytes) -> None:
        self.topic = topic
        self.messages = -1  # before the first look: nothing has changed by it
        self.seen = False
        self.value = ""
        self.kind = "muted"
        self.age: str | None = None
        self.retained = False
        self.cut = False
        self.changed_at = 0.0


class FavouritesModel(TableModel):
    """Topic, value and age of each favourite, in the user's order; those not received yet say so.

    Signals:
        move_requested(object, int): Rows were dropped: their topics, and the row they shall stand before.
        rows_touched(): Visible rows look different, glow included: views repaint.
    """

    move_requested = Signal(object, int)
    rows_touched = Signal()

    def __init__(self, clock: FrameClock, parent: QObject | None = None) -> None:
        super().__init__((translate("Topic"), translate("Value"), translate("Age")), parent, right={AGE})
        self._store: TopicStore | None = None
        self._marks: TopicMarks | None = None
        self._forget: Callable[[], None] | None = None
        self._rows: list[_Row] = []
        self._previews = PreviewCache()
        self._on_screen: Callable[[], range] = lambda: range(0)
        self._paused = False
        self._clock = clock
        clock.tick.connect(self._on_tick)

    def set_store(self, store: TopicStore | None, marks: TopicMarks | None = None) -> None:
        """Shows the favourites of another connection, or nothing; also ends a pause."""
        if self._forget is not None:
            self._forget()
        self.beginResetModel()
        self._store, self._marks = store, marks
        self._paused = False
        self._previews.clear(marks.decoders if marks is not None else None)
        self._rows = [_Row(topic) for topic in marks.favourites] if marks is not None else []
        self._look_at(self._rows)
        self.endResetModel()
        self._forget = marks.changed.connect(self._follow) if marks is not None else None

    def set_screen(self, on_screen: Callable[[], range]) -> None:
        """Tells the model whom to ask which rows can be seen."""
        self._on_screen = on_screen

    def set_paused(self, paused: bool) -> None:
        """Freezes what the rows say, or goes on."""
        if paused != self._paused:
            self._look_at(self._rows)
            self._paused = paused
            self._tell_all()

    def topic(self, row: int) -> bytes | None:
        """The topic of a row."""
        return self._rows[row].topic if 0 <= row < len(self._rows) else None

    def row_of(self, topic: bytes) -> int | None:
        """Where a topic stands; None when it is no favourite."""
        return next((at for at, row in enumerate(self._rows) if row.topic == topic), None)

    # --- what a view asks ---------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Favourites."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts and paint roles of one cell."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.AccessibleTextRole and column == TOPIC:
            return self._spoken(row)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            if column == TOPIC:
                return row.topic.decode()
            return row.value if column == VALUE else row.age
        if role == KIND_ROLE:
            if column == VALUE:
                return row.kind
            return None if column == TOPIC and row.seen else "muted"
        if role == RAW_ROLE:
            return row.topic
        if column == TOPIC:
            return self._mark(row, role)
        return None

    @staticmethod
    def _spoken(row: _Row) -> str:
        """The topic for a screen reader: marks in words."""
        parts = [row.topic.decode()]
        if row.retained:
            parts.append(translate("retained"))
        if row.cut:
            parts.append(translate("kept in part"))
        return ", ".join(parts)

    @staticmethod
    def _mark(row: _Row, role: int) -> Any:
        if role == GLOW_ROLE:
            return max(0.0, 1.0 - (time.monotonic() - row.changed_at) / GLOW_S) if row.changed_at else 0.0
        if role == ICON_ROLE:
            return "star-filled:muted" if row.seen else "star:muted"
        if role == PIN_ROLE:
            return row.retained
        return row.cut if role == TRUNCATED_ROLE else None

    # --- dragging -----------------------------------------------------------------------------------------------

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Rows can be dragged; a drop goes between them."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemNeverHasChildren

    def supportedDropActions(self) -> Qt.DropAction:
        """Dragging moves."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """Rows of our own only."""
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The topics of the dragged rows."""
        data = QMimeData()
        rows = sorted({each.row() for each in indexes})
        data.setData(MIME, json.dumps([self._rows[row].topic.decode() for row in rows]).encode())
        return data

    def canDropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Whether `dropMimeData` would do something."""
        return bool(self._dragged(data))

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Asks for the move; the rows change when the marks do.

        Returns:
            False always: a view that is told True removes the dragged rows itself.
        """
        if topics := self._dragged(data):
            at = parent.row() if parent.isValid() else row
            self.move_requested.emit(topics, at if at >= 0 else len(self._rows))
        return False

    def _dragged(self, data: QMimeData) -> list[bytes]:
        """The dragged topics that are favourites here; none of something else that was dragged in."""
        if not data.hasFormat(MIME):
            return []
        named = json.loads(bytes(data.data(MIME).data()))
        return [topic for text in named if self.row_of(topic := text.encode()) is not None]

    # --- following ----------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """The marks changed: rows go, come at the end, and change places, so that selections stay with their topics."""
        wanted = self._marks.favourites if self._marks is not None else ()
        left = set(wanted)
        for at in range(len(self._rows) - 1, -1, -1):
            if self._rows[at].topic not in left:
                self.beginRemoveRows(QModelIndex(), at, at)
                del self._rows[at]
                self.endRemoveRows()
        known = {row.topic for row in self._rows}
        fresh = [_Row(topic) for topic in wanted if topic not in known]
        if fresh:
            self._look_at(fresh)
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(fresh) - 1)
            self._rows += fresh
            self.endInsertRows()
        if tuple(row.topic for row in self._rows) != wanted:
            self._reorder(wanted)

    def _reorder(self, wanted: Sequence[bytes]) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        topics = [self._rows[index.row()].topic for index in before]
        rows = {row.topic: row for row in self._rows}
        self._rows = [rows[topic] for topic in wanted]
        places = {topic: at for at, topic in enumerate(wanted)}
        after = [
            self.index(places[topic], index.column()) for topic, index in zip(topics, before, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _on_tick(self) -> None:
        if self._paused or not self._rows or not self._clock.is_turn(Turn.OTHERS):
            return
        seen = self._on_screen()
        rows = self._rows[seen.start : seen.stop]
        if not rows:
            return
        changed = self._look_at(rows)
        now = time.monotonic()
        if changed:
            self.dataChanged.emit(self.index(seen.start, TOPIC), self.index(seen.start + len(rows) - 1, AGE))
        if changed or any(0 < now - row.changed_at < GLOW_S + 0.2 for row in rows):
            self.rows_touched.emit()

    def _look_at(self, rows: Iterable[_Row]) -> bool:
        """Brings rows up to date; returns whether one of them says something else now."""
        now, changed = time.monotonic(), False
        for row in rows:
            node = self._store.find(row.topic) if self._store is not None else None
            changed |= self._look(row, node, now)
        return changed

    def _look(self, row: _Row, node: Node | None, now_s: float) -> bool:
        before = (row.seen, row.value, row.age, row.retained, row.cut)
        if node is None:
            row.seen, row.value, row.kind, row.age = False, translate("not seen yet"), "muted", None
            row.retained = row.cut = False
            row.messages = max(row.messages, 0)  # its first message is a change
            return before != (row.seen, row.value, row.age, row.retained, row.cut)
        messages = node.count + node.messages_below
        if messages != row.messages:
            if row.messages >= 0:
                row.changed_at = now_s
            row.messages = messages
            self._read(row, node)
        elif node.payload_evicted or row.retained != node.retained:
            self._read(row, node)
        row.age = None if node.stamp is None else wording.age(now_s - node.stamp.mono_ns / 1e9)
        return before != (row.seen, row.value, row.age, row.retained, row.cut) or row.changed_at == now_s

    def _read(self, row: _Row, node: Node) -> None:
        frame = node.frame
        row.seen = True
        row.retained = node.retained
        row.cut = frame is not None and not node.payload_evicted and frame[4] > len(frame[3])
        if frame is None:
            row.value, row.kind = _counted(node), "muted"
        elif node.payload_evicted:
            text = translate("evicted · {size}")
            row.value, row.kind = text.format(size=wording.size(frame[4])), "muted"
        else:
            row.value, row.kind = self._previews.get(node.seq, frame)

    def _tell_all(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, TOPIC), self.index(len(self._rows) - 1, AGE))
            self.rows_touched.emit()


def _counted(node: Node) -> str:
    """How much lies below a branch."""
    topics, messages = node.topics_below, node.messages_below
    first = translate("1 topic") if topics == 1 else translate("{n} topics")
    second = translate("1 message") if messages == 1 else translate("{n} messages")
    return f"{first.format(n=f'{topics:,}')} · {second.format(n=f'{messages:,}')}"
