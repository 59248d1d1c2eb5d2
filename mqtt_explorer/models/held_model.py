# SPDX-License-Identifier: MIT
"""Messages written without a connection, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Qt

from mqtt_explorer.models import wording
from mqtt_explorer.models.roles import KIND_ROLE
from mqtt_explorer.models.table import NOWHERE, Index, TableModel
from mqtt_explorer.models.wording import translate
from mqtt_explorer.payload.preview import preview

if TYPE_CHECKING:
    from mqtt_explorer.network.offline import HeldPublish, HeldPublishes

#: Of a time of day as "14:02:11.482": whole seconds are enough for what a person wrote.
_SECONDS: Final = 8

#: Characters of a topic in a tooltip.
_TOPIC_SHOWN: Final = 300

TIME, TOPIC, PAYLOAD, QOS, SIZE, STATE = range(6)


class HeldModel(TableModel):
    """Time, topic, start of the payload, QoS, size and state of each held message, oldest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        heads = tuple(translate(head) for head in ("Written", "Topic", "Payload", "QoS", "Size", "State"))
        super().__init__(heads, parent, right={SIZE})
        self._rows: tuple[HeldPublish, ...] = ()

    def show_held(self, held: HeldPublishes | None) -> None:
        """Shows what is held now; rows that stay keep their selection."""
        rows = held.items if held is not None else ()
        if [row.number for row in rows] == [row.number for row in self._rows]:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, STATE))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def item(self, row: int) -> HeldPublish | None:
        """The message of a row."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Messages shown."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts of one cell; a failure stands in its colour."""
        item = self.item(index.row()) if index.isValid() else None
        if item is None:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return _text(item, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tooltip(item, index.column())
        if role == KIND_ROLE and index.column() == STATE:
            return "error" if item.error is not None else "muted"
        return None


def _text(item: HeldPublish, column: int) -> str:
    request = item.request
    match column:
        case 0:
            return wording.clock_time(item.wall_ns)[:_SECONDS]
        case 1:
            return request.topic
        case 2:
            return preview(request.payload, len(request.payload)).text
        case 3:
            return f"{request.qos}" + (translate(" · retain") if request.retain else "")
        case 4:
            return wording.size(len(request.payload))
        case _:
            if item.sending:
                return translate("on its way")
            return item.error.message if item.error is not None else translate("held")


def _tooltip(item: HeldPublish, column: int) -> str | None:
    """What a narrow list leaves out: the whole time, and the payload below the topic."""
    if column == TIME:
        return wording.full_time(item.wall_ns)
    if column in (TOPIC, PAYLOAD):
        payload = _text(item, PAYLOAD) or translate("Empty payload")
        return f"{item.request.topic[:_TOPIC_SHOWN]}\n{payload}"
    return None
