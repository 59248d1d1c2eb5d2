# SPDX-License-Identifier: MIT
"""What was written without a connection: a strip with the count, the list behind it, send and discard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.models.held_model import QOS, SIZE, STATE, TIME, TOPIC, HeldModel
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.delegates import Column
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP_XS
from mqtt_explorer.widgets.views import TableView, selected_ranges

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.protocol.requests import PublishRequest

_COLUMNS: Final = (
    Column(mono=True, small=True, kind="muted"),
    Column(mono=True, middle=True),
    Column(kind="muted"),
    Column(right=True, kind="muted"),
    Column(),
)
_WIDTHS: Final = {TIME: 96, QOS: 76, SIZE: 64, STATE: 64}
#: Below these widths of the list a column goes: topic and state say most.
_NEEDED: Final = {TIME: 460, SIZE: 300}
_LEAST_TOPIC_PX: Final = 60
#: Narrower, Undo takes the place of Show for as long as it is offered.
_FOUR_BUTTONS_PX: Final = 290
_LIST_PX: Final = 118
#: So long a discard can be taken back.
_UNDO_MS: Final = 15_000


class HeldBox(QWidget):
    """Hidden while nothing is held. Send and discard act on the selected rows, else on all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._connection: Connection | None = None
        self._forget: list[Callable[[], None]] = []
        self._discarded: list[PublishRequest] = []
        self.strip = Strip("warn", "", self)
        self.show_list = self.strip.add_button(self.tr("Show"), self._toggle_list)
        self.undo = self.strip.add_button(self.tr("Undo"), self._undo)
        self.discard = self.strip.add_button(self.tr("Discard"), self._discard)
        self.send = self.strip.add_button(self.tr("Send"), self._send)
        self.model = HeldModel(self)
        self.list = TableView(_COLUMNS, self)
        self.list.setModel(self.model)
        self.list.setAccessibleName(self.tr("Held messages"))
        self.list.setFixedHeight(_LIST_PX)
        self.list.horizontalHeader().setMinimumSectionSize(40)
        self.list.selectionModel().selectionChanged.connect(lambda *_rows: self._show())
        self.list.hide()
        self._undo_timer = QTimer(self, singleShot=True, interval=_UNDO_MS)
        self._undo_timer.timeout.connect(self._forget_discarded)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP_XS)
        column.addWidget(self.strip)
        column.addWidget(self.list)
        self.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() - self.list.verticalScrollBar().sizeHint().width()
        shown = [column for column in _WIDTHS if room >= _NEEDED.get(column, 0)]
        for column, width in _WIDTHS.items():
            self.list.setColumnHidden(column, column not in shown)
            self.list.setColumnWidth(column, width)
        rest = room - sum(_WIDTHS[column] for column in shown)
        self.list.setColumnWidth(TOPIC, max(rest, _LEAST_TOPIC_PX))
        self._show()

    def set_connection(self, connection: Connection | None) -> None:
        """Shows another connection's held messages."""
        for forget in self._forget:
            forget()
        self._connection = connection
        self._discarded = []
        self._forget = []
        if connection is not None:
            self._forget = [
                connection.held.changed.connect(self._refresh),
                connection.state_changed.connect(lambda _change: self._show()),
            ]
        self._refresh()

    def _refresh(self) -> None:
        self.model.show_held(self._connection.held if self._connection is not None else None)
        self._show()

    def _chosen(self) -> list[int] | None:
        """The numbers of the selected messages; None stands for all."""
        if self.list.isHidden():
            return None
        rows = [row for part in selected_ranges(self.list) for row in part]
        return [item.number for row in rows if (item := self.model.item(row)) is not None] or None

    def _show(self) -> None:
        connection = self._connection
        count = len(connection.held) if connection is not None else 0
        self.setVisible(bool(count or self._discarded))
        if connection is None:
            return
        if not count:
            self.list.hide()
        chosen = self._chosen()
        n = count if chosen is None else len(chosen)
        up = connection.state.state is LinkState.CONNECTED
        for button in (self.discard, self.send):
            button.setVisible(bool(count))
        self.undo.setVisible(bool(self._discarded))
        crowded = bool(self._discarded) and self.width() < _FOUR_BUTTONS_PX
        self.show_list.setVisible(bool(count) and not crowded)
        self.send.setEnabled(up)
        self.send.setText(self.tr("Send all") if chosen is None else self.tr("Send {n}").format(n=n))
        self.send.setToolTip(
            self.tr("Send them now, in the order they were written")
            if up
            else self.tr("Possible as soon as the broker is connected")
        )
        self.discard.setText(self.tr("Discard all") if chosen is None else self.tr("Discard {n}").format(n=n))
        self.show_list.setText(self.tr("Show") if self.list.isHidden() else self.tr("Hide"))
        if count:
            words = (
                self.tr("{n} held, written while offline.")
                if count > 1
                else self.tr("One held, written while offline.")
            )
            self.strip.set_message(words.format(n=f"{count:,}"), kind="warn")
        else:
            gone = len(self._discarded)
            words = self.tr("{n} messages discarded.") if gone > 1 else self.tr("Message discarded.")
            self.strip.set_message(words.format(n=f"{gone:,}"), kind="info")

    def _toggle_list(self) -> None:
        self.list.setVisible(self.list.isHidden())
        self._show()

    def _send(self) -> None:
        if self._connection is not None and self._connection.state.state is LinkState.CONNECTED:
            create_task(self._connection.send_held(self._chosen()), name="send held messages")

    def _discard(self) -> None:
        if self._connection is None:
            return
        chosen = self._chosen()
        going = [
            item.request
            for item in self._connection.held.items
            if not item.sending and (chosen is None or item.number in chosen)
        ]
        self._discarded = going
        self._undo_timer.start()
        self._connection.held.discard(chosen)
        self._show()

    def _undo(self) -> None:
        if self._connection is None:
            return
        error: MqttExplorerError | None = None
        while self._discarded and error is None:
            try:
                self._connection.held.hold(self._discarded[0])
                del self._discarded[0]
            except MqttExplorerError as found:
                error = found  # what did not go back may still
        self._refresh()
        if error is not None:
            self.strip.set_message(one_line(error.message), kind="error")

    def _forget_discarded(self) -> None:
        self._discarded = []
        self._show()
