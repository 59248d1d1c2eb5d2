# SPDX-License-Identifier: MIT
"""The table of where the messages come from: one row for each source below a branch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from PySide6.QtCore import QModelIndex, QObject, Qt

from mqtt_explorer.models import wording
from mqtt_explorer.models.roles import BAR_ROLE, KIND_ROLE, MUTE_ROLE, RAW_ROLE
from mqtt_explorer.models.table import NOWHERE, Index, TableModel
from mqtt_explorer.models.wording import translate

if TYPE_CHECKING:
    from mqtt_explorer.store.noise_meter import By, Noise, Ranked
    from mqtt_explorer.store.topic_tree import Node

TOPIC, MESSAGES, SHARE, BYTES, RATE, BYTE_RATE = range(6)

Kind = Literal["source", "own", "merged", "others"]


class NoiseRow(NamedTuple):
    """One row.

    Attributes:
        kind: A source below the branch; the branch's own topic; topics that have no counts of their own; or all those not listed.
        node: The source, or the branch itself.
        name: The last levels of its topic, those below the branch; or what it is.
        messages: Messages on it and below.
        size: Their payloads on the wire, in bytes.
        branch: One can look into it.
    """

    kind: Kind
    node: Node
    name: str
    messages: int
    size: int
    branch: bool = False

    @property
    def key(self) -> tuple[str, Node]:
        """The same from update to update."""
        return self.kind, self.node

    @property
    def topic(self) -> bytes | None:
        """The topic one can go to; None when the row stands for several."""
        return self.node.topic if self.kind in ("source", "own") and self.node.parent is not None else None

    def measure(self, by: By) -> int:
        """What the rows are sorted by."""
        return self.messages if by == "messages" else self.size


def noise_rows(ranked: Ranked, by: By) -> list[NoiseRow]:
    """The rows of a branch, loudest first; what is not listed by itself comes last, so that all of them make up the whole."""
    branch = ranked.branch
    rows = [
        NoiseRow("source", each.node, _name(each.node, branch), each.messages, each.bytes, each.branch)
        for each in ranked.sources
    ]
    if ranked.own.messages:
        rows.append(NoiseRow("own", branch, translate("On this topic itself"), *ranked.own))
        rows.sort(key=lambda row: row.measure(by), reverse=True)
    if ranked.merged.messages:
        rows.append(NoiseRow("merged", branch, translate("Topics not told apart"), *ranked.merged))
    if (left := ranked.number - len(ranked.sources)) > 0:
        listed = sum(row.messages for row in rows), sum(row.size for row in rows)
        messages, size = max(ranked.total.messages - listed[0], 0), max(ranked.total.bytes - listed[1], 0)
        name = translate("1 other") if left == 1 else translate("{n} others").format(n=f"{left:,}")
        rows.append(NoiseRow("others", branch, name, messages, size))
    return rows


def _name(node: Node, branch: Node) -> str:
    topic = node.topic if branch.parent is None else node.topic[len(branch.topic) + 1 :]
    return topic.decode("utf-8", "replace") or translate("(empty)")


def share_text(part: int, whole: int) -> str:
    """A share in percent: "43 %", "4.3 %", "< 0.1 %"."""
    share = 100 * part / whole if whole else 0.0
    if 0 < share < 0.1:
        return "< 0.1 %"
    return f"{share:.0f} %" if share >= 9.95 else f"{share:.1f} %"


def _head_tip(column: int, by: By) -> str | None:
    of_all = (
        translate("Of all messages on this branch")
        if by == "messages"
        else translate("Of all bytes on this branch")
    )
    return {
        TOPIC: translate("Topics and branches below the one looked into"),
        MESSAGES: translate("Messages since this window began"),
        SHARE: of_all,
        BYTES: translate("Payloads as they came, since this window began"),
        RATE: translate("Messages per second, on average since this window began"),
        BYTE_RATE: translate("Payload per second, on average since this window began"),
    }.get(column)


def byte_rate(per_second: float) -> str:
    """Bytes per second: "6.1 KiB/s"; a dash for less than one."""
    return f"{wording.size(int(per_second))}/s" if per_second >= 1 else "–"


class NoiseModel(TableModel):
    """Shows rows that somebody else ranks; selection and scroll stay with their sources from update to update."""

    def __init__(self, parent: QObject | None = None) -> None:
        heads = (translate("Topic"), translate("Messages"), translate("Share"), translate("Bytes"))
        super().__init__((*heads, translate("Messages/s"), translate("Bytes/s")), parent, right=range(1, 6))
        self._rows: list[NoiseRow] = []
        self._total: Noise | None = None
        self._seconds = 0.0
        self._by: By = "messages"
        self._is_muted: Callable[[bytes], bool] = lambda _topic: False
        self._series: Callable[[NoiseRow], int] = lambda _row: -1

    def set_looks(self, is_muted: Callable[[bytes], bool], series: Callable[[NoiseRow], int]) -> None:
        """Tells how rows look: which topics are muted, and the number of a row's data colour, negative for none."""
        self._is_muted = is_muted
        self._series = series
        self.repaint()

    def repaint(self) -> None:
        """All cells may look different."""
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, BYTE_RATE))

    @property
    def rows(self) -> Sequence[NoiseRow]:
        """The rows in their order."""
        return self._rows

    def row(self, number: int) -> NoiseRow | None:
        """One row."""
        return self._rows[number] if 0 <= number < len(self._rows) else None

    def set_rows(self, rows: Sequence[NoiseRow], total: Noise, seconds: float, by: By) -> None:
        """Shows these rows.

        Args:
            rows: In the order to show them; no two have the same key.
            total: What shares are shares of.
            seconds: For how long it was counted; rates are averages over that.
            by: The measure of the shares.
        """
        self._total, self._seconds, self._by = total, seconds, by
        wanted = {row.key for row in rows}
        stay = [row for row in self._rows if row.key in wanted]
        if len(stay) < len(self._rows):
            self._arrange(stay + [row for row in self._rows if row.key not in wanted])
            self.beginRemoveRows(QModelIndex(), len(stay), len(self._rows) - 1)
            del self._rows[len(stay) :]
            self.endRemoveRows()
        known = {row.key for row in stay}
        fresh = [row for row in rows if row.key not in known]
        if fresh:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(fresh) - 1)
            self._rows = self._rows + fresh
            self.endInsertRows()
        self._arrange(list(rows))
        self.repaint()

    def clear(self) -> None:
        """Shows nothing."""
        if self._rows:
            self.beginResetModel()
            self._rows = []
            self.endResetModel()

    def _arrange(self, rows: list[NoiseRow]) -> None:
        """Puts the rows into another order, with their newest figures; persistent indexes follow their sources."""
        if [row.key for row in rows] == [row.key for row in self._rows]:
            self._rows = rows
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        places = {row.key: number for number, row in enumerate(rows)}
        after = [self.createIndex(places[self._rows[index.row()].key], index.column()) for index in before]
        self._rows = rows
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Rows shown."""
        return 0 if parent.isValid() else len(self._rows)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Column heads; their tooltips say what is counted, and since when."""
        if role == Qt.ItemDataRole.ToolTipRole and orientation == Qt.Orientation.Horizontal:
            return _head_tip(section, self._by)
        return super().headerData(section, orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts and paint roles of one cell."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            muted = f", {translate('muted')}" if column == TOPIC and self.is_muted(row) else ""
            return self.text(row, column) + muted
        if role == RAW_ROLE:
            return row
        if role == Qt.ItemDataRole.TextAlignmentRole and column != TOPIC:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if column == TOPIC:
            if role == BAR_ROLE:
                return self._series(row)
            if role == MUTE_ROLE:
                return self.is_muted(row) or None
            if role == Qt.ItemDataRole.ToolTipRole and row.topic is not None:
                muted = f" ({translate('muted')})" if self.is_muted(row) else ""
                return row.topic.decode("utf-8", "replace") + muted
            if role == KIND_ROLE and (row.kind != "source" or self.is_muted(row)):
                return "muted"
        elif role == KIND_ROLE:
            return "text" if column == (MESSAGES if self._by == "messages" else BYTES) else "muted"
        return None

    def is_muted(self, row: NoiseRow) -> bool:
        """Whether the row's branch, or one above it, is muted."""
        return row.topic is not None and self._is_muted(row.topic)

    def text(self, row: NoiseRow, column: int) -> str:
        """One cell as text."""
        if column == TOPIC:
            return row.name + "/…" if row.branch else row.name
        if column == MESSAGES:
            return f"{row.messages:,}"
        if column == BYTES:
            return wording.size(row.size)
        if column == SHARE:
            whole = getattr(self._total, self._by) if self._total is not None else 0
            return share_text(row.measure(self._by), whole)
        seconds = max(self._seconds, 1e-3)
        return wording.rate(row.messages / seconds) if column == RATE else byte_rate(row.size / seconds)
