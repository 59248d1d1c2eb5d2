# SPDX-License-Identifier: MIT
"""What was written without a connection: a strip with the count, the list behind it, send and discard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.models.held_model import PAYLOAD, QOS, SIZE, STATE, TIME, TOPIC, HeldModel
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.delegates import Column
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.icons import icon
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP_XS
from mqtt_explorer.widgets.views import TableView, menu_place, selected_ranges

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QModelIndex, QPoint
    from PySide6.QtGui import QContextMenuEvent, QResizeEvent

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.network.offline import HeldPublish

_COLUMNS: Final = (
    Column(mono=True, small=True, kind="muted"),
    Column(mono=True, middle=True),
    Column(mono=True, kind="muted"),
    Column(kind="muted"),
    Column(right=True, kind="muted"),
    Column(),
)
_WIDTHS: Final = {TIME: 84, QOS: 84, SIZE: 64, STATE: 72}
#: Below these widths of the list a column goes: topic and state say most.
_NEEDED: Final = {TIME: 540, QOS: 250, SIZE: 480}
#: From here on the payload's start has a column of its own; narrower, the tooltip shows it.
_PAYLOAD_FROM: Final = 340
_LEAST_TOPIC_PX: Final = 60
#: Narrower, Undo takes the place of Show for as long as it is offered.
_FOUR_BUTTONS_PX: Final = 290
_LIST_PX: Final = 118
#: So long a discard can be taken back.
_UNDO_MS: Final = 15_000


class _HeldList(TableView):
    """The list; asks its box for a menu."""

    menu_wanted = Signal(object)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(menu_place(self, event))


class HeldBox(QWidget):
    """Hidden while nothing is held. Send and discard act on the selected rows, else on all.

    Signals:
        focus_left: What had the focus here is gone; somebody else has to take it.
    """

    focus_left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._connection: Connection | None = None
        self._forget: list[Callable[[], None]] = []
        self._discarded: list[HeldPublish] = []
        self.strip = Strip("warn", "", self)
        self.show_list = self.strip.add_button(self.tr("Show"), self._toggle_list)
        self.undo = self.strip.add_button(self.tr("Undo"), self._undo)
        self.discard = self.strip.add_button(self.tr("Discard"), self._discard)
        self.send = self.strip.add_button(self.tr("Send"), self._send)
        self.strip.text.setToolTip(
            self.tr("Written while there was no connection; they go only when you say so")
        )
        self.model = HeldModel(self)
        self.list = _HeldList(_COLUMNS, self)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setModel(self.model)
        self.list.setAccessibleName(self.tr("Held messages"))
        self.list.setFixedHeight(_LIST_PX)
        self.list.horizontalHeader().setMinimumSectionSize(40)
        self.list.selectionModel().selectionChanged.connect(lambda *_rows: self._show())
        self.list.menu_wanted.connect(self._show_menu)
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
        payload = room >= _PAYLOAD_FROM
        self.list.setColumnHidden(PAYLOAD, not payload)
        self.list.setColumnWidth(PAYLOAD, rest * 2 // 5)
        self.list.setColumnWidth(TOPIC, max(rest - (rest * 2 // 5 if payload else 0), _LEAST_TOPIC_PX))
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
        focus = self.window().focusWidget()
        inside = focus is not None and self.isAncestorOf(focus)
        self._show_all()
        if inside and focus is not None and (self.isHidden() or focus.isHidden()):
            self._pass_focus()

    def _pass_focus(self) -> None:
        """What had the focus went: to the next sensible thing, instead of wherever Qt finds a place."""
        for heir in (self.undo, self.show_list):
            if not self.isHidden() and not heir.isHidden():
                heir.setFocus()
                return
        self.focus_left.emit()

    def _show_all(self) -> None:
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
                self.tr("{n} messages held.") if count > 1 else self.tr("1 message held.")
            )  # short: it stands on one line in the narrowest dock
            self.strip.set_message(words.format(n=f"{count:,}"), kind="warn")
        else:
            gone = len(self._discarded)
            words = self.tr("{n} messages discarded.") if gone > 1 else self.tr("Message discarded.")
            self.strip.set_message(words.format(n=f"{gone:,}"), kind="info")

    def _show_menu(self, asked: tuple[QModelIndex, QPoint]) -> None:
        index, place = asked
        chosen = self._chosen()
        item = self.model.item(index.row()) if index.isValid() else None
        if item is None or chosen is None:
            return
        up = self._connection is not None and self._connection.state.state is LinkState.CONNECTED
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        send = menu.addAction(icon("send"), self.tr("Send"), self._send)
        send.setEnabled(up)
        if not up:
            send.setText(self.tr("Send (as soon as the broker is connected)"))
        menu.addAction(icon("trash"), self.tr("Discard"), self._discard)
        menu.addSeparator()
        topic = item.request.topic
        menu.addAction(
            icon("copy"), self.tr("Copy topic"), lambda: QGuiApplication.clipboard().setText(topic)
        )
        menu.popup(place)

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
            item
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
        try:
            self._connection.held.restore(self._discarded)
        except MqttExplorerError as found:
            error = found
        back = {item.number for item in self._connection.held.items}
        self._discarded = [item for item in self._discarded if item.number not in back]  # may go back still
        self._refresh()
        if error is not None:
            self.strip.set_message(one_line(error.message), kind="error")

    def _forget_discarded(self) -> None:
        self._discarded = []
        self._show()
