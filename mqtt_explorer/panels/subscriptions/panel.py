# SPDX-License-Identifier: MIT
"""The Subscriptions panel: the table, the form that adds to it, and what to do about a refusal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget
from shiboken6 import isValid

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.models.subscription_model import SubscriptionModel
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.network.subscriptions import RowState, SubscriptionRow
from mqtt_explorer.panels.subscriptions.form import SubscribeForm
from mqtt_explorer.panels.subscriptions.suggestions import narrower
from mqtt_explorer.panels.subscriptions.table import SubscriptionRows, SubscriptionsTable, refusal
from mqtt_explorer.protocol.limits import NO_LIMITS
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.store.log_book import LogKind
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.cards import EmptyState, Rule
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.icons import icon
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP, GAP_L

if TYPE_CHECKING:
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.widgets.title_bar import TitleBar

_WIDE_FROM: Final = 720
_LEAST_WIDTH: Final = 300
_NOTICE_MS: Final = 12_000
_SUGGESTIONS: Final = 2
#: Subscriptions made in one turn of the loop: five milliseconds' work.
_PER_TURN: Final = 10


class SubscriptionsPanel(QWidget):
    """What was asked of the broker and what it granted; works without a connection too, rows are then sent on connect.

    Signals:
        info_changed(str): What stands beside the panel's title: "8 subscriptions · 1 refused".
    """

    info_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panel_title = self.tr("Subscriptions")
        self.info = ""
        self._connection: Connection | None = None
        self._disconnect: list[Callable[[], None]] = []
        self._undo: Callable[[], None] | None = None
        self._suggested: list[str] = []
        self.model = SubscriptionModel(self)
        self.rows = SubscriptionRows(self.model, self)
        self.table = SubscriptionsTable(self.rows, self)
        self.form = SubscribeForm(self)
        self.setFocusProxy(self.form.filter)
        self.empty = EmptyState(
            "filter", "", "", self, button=self.tr("Subscribe to everything (#)"), on_click=self._everything
        )
        self.refusal = Strip("error", "", self)
        self.refusal.text.setMinimumWidth(1)
        self._suggestion_buttons = [
            self.refusal.add_button("", partial(self._take_suggestion, number))
            for number in range(_SUGGESTIONS)
        ]
        self._again = self.refusal.add_button(self.tr("Ask again"), self.ask_again)
        self.notice = Strip("info", "", self, dismissable=True)
        self.notice.text.setMinimumWidth(1)
        self._undo_button = self.notice.add_button(self.tr("Undo"), self._take_back)
        # A long list of rows changes one by one; one look after them is enough.
        self._look_soon = QTimer(self, singleShot=True, interval=0)
        self._look_soon.timeout.connect(self._look)
        self._seconds = QTimer(self, interval=1_000)
        self._seconds.timeout.connect(self.rows.show_seconds)
        self._notice_timer = QTimer(self, singleShot=True, interval=_NOTICE_MS)
        self._notice_timer.timeout.connect(self._on_notice_over)
        self._lay_out()
        self._connect()
        self._look()

    # -- what others call ---------------------------------------------------------------------------------------------

    def fill_title_bar(self, bar: TitleBar) -> None:
        """Adds this panel's actions to its dock's title bar."""
        bar.add_action("paste", self.tr("Subscribe to the filters on the clipboard, one a line"), self.paste)
        bar.add_action("trash", self.tr("Unsubscribe the selected filters (Del)"), self.unsubscribe_selected)

    def set_connection(self, connection: Connection | None) -> None:
        """Shows another connection's subscriptions, or that there is none."""
        if connection is self._connection:
            return
        for disconnect in self._disconnect:
            disconnect()
        self._disconnect = []
        self._connection = connection
        self._hide_notice()
        self.rows.set_connection(connection)
        if connection is not None:
            self._disconnect = [
                connection.subscriptions.changed.connect(self._on_changed),
                connection.state_changed.connect(lambda _change: self._on_state()),
            ]
        self.form.set_limits(connection.limits if connection is not None else NO_LIMITS)
        self._look()

    def _on_state(self) -> None:
        if self._connection is not None:
            self.form.set_limits(self._connection.limits)
        self._look_soon.start()

    def subscribe_to(self, filter_text: str) -> None:
        """Subscribes at once with the QoS of the form; a faulty filter goes into the form with its reason."""
        if self._connection is None:
            self.form.filter.setText(filter_text)
            self.form.filter.setFocus()
            return
        self.form.ask_for(filter_text)

    def paste(self) -> None:
        """Subscribes to each line on the clipboard."""
        text = QGuiApplication.clipboard().text()
        if text.strip() and self._connection is not None:
            self.form.take_lines(text)

    def selected_rows(self) -> list[SubscriptionRow]:
        """The subscriptions selected in the table."""
        indexes = self.table.selectionModel().selectedRows()
        found = (self.rows.row_of(index) for index in sorted(indexes, key=lambda index: index.row()))
        return [row for row in found if row is not None]

    def unsubscribe_selected(self) -> None:
        """Takes the selected subscriptions out; a notice offers to bring them back."""
        connection, rows = self._connection, self.selected_rows()
        if connection is None or not rows:
            return
        gone = [row.subscription for row in rows]
        if len(gone) == 1:
            text = self.tr("Unsubscribed from {filter}.").format(filter=one_line(gone[0].filter.text, 60))
        else:
            text = self.tr("Unsubscribed from {n} filters.").format(n=len(gone))
        self._notify(text, undo=lambda: self._add(connection, gone))
        self._start(self._remove(connection, [each.filter.text for each in gone]), "unsubscribe")

    def ask_again(self) -> None:
        """Sends the refused or unanswered subscription that the strip speaks of once more."""
        row = self._troubled()
        if row is not None and self._connection is not None:
            self._add(self._connection, [row.subscription])

    # -- requests -----------------------------------------------------------------------------------------------------

    def _on_submitted(self, wanted: list[Subscription]) -> None:
        connection = self._connection
        if connection is None:
            self.form.filter.setText(wanted[0].filter.text)
            self.form.show_error(self.tr("Connect to a broker first; subscriptions belong to a connection."))
            return
        self._add(connection, wanted)
        if len(wanted) > 1:
            filters = [each.filter.text for each in wanted]
            text = self.tr("Added {n} filters.").format(n=len(wanted))
            self._notify(
                text, undo=lambda: self._start(self._remove(connection, filters), "undo subscribing")
            )

    def _add(self, connection: Connection, wanted: Sequence[Subscription]) -> None:
        self._start(self._subscribe(connection, wanted), "subscribe")

    def _start(self, request: Coroutine[Any, Any, None], name: str) -> None:
        create_task(request, name=name)

    async def _subscribe(self, connection: Connection, wanted: Sequence[Subscription]) -> None:
        # A refusal, or no answer, stands in the row: there is nothing to catch here.
        waiting = []
        for start in range(0, len(wanted), _PER_TURN):
            waiting.append(asyncio.gather(*map(connection.subscribe, wanted[start : start + _PER_TURN])))
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)

    async def _remove(self, connection: Connection, filters: Sequence[str]) -> None:
        async def remove(filter_text: str) -> str:
            try:
                reason = await connection.unsubscribe(filter_text)
            except MqttExplorerError as error:
                return f"{filter_text}: {error.message}"
            return f"{filter_text}: {reason.sentence}" if reason is not None and reason.is_error else ""

        for problem in filter(None, await asyncio.gather(*(remove(each) for each in filters))):
            connection.log.add(time.time_ns(), LogKind.ERROR, "Unsubscribe not confirmed", problem)
            if isValid(self) and connection is self._connection:
                self._notify(one_line(problem), kind_is_warning=True)

    def _everything(self) -> None:
        self.subscribe_to("#")

    # -- showing ------------------------------------------------------------------------------------------------------

    def _on_changed(self, row: SubscriptionRow | None) -> None:
        if row is not None:
            self.rows.note(row)
        self._look_soon.start()

    def _look(self) -> None:
        """Everything that hangs on the rows and the state of the connection."""
        connection = self._connection
        rows = connection.subscriptions.rows if connection is not None else []
        self.rows.forget_removed(rows)
        pending = any(row.state is RowState.PENDING for row in rows)
        if pending != self._seconds.isActive():
            self._seconds.start() if pending else self._seconds.stop()
        self._show_empty(connection)
        self._stack.setCurrentWidget(self.table if rows else self.empty)
        self.form.setEnabled(connection is not None)
        self._show_refusal()
        self._show_info(rows)

    def _show_empty(self, connection: Connection | None) -> None:
        if self.empty.button is not None:
            self.empty.button.setVisible(connection is not None)
        if connection is None:
            text = self.tr("Connect to a broker, and its subscriptions stand here.")
            self.empty.set_texts(self.tr("Not connected"), text, "connect")
        else:
            text = self.tr(
                "Nothing will arrive. # is everything this account may read; it can be a lot on a public broker."
            )
            self.empty.set_texts(self.tr("No subscriptions"), text, "filter")

    def _troubled(self) -> SubscriptionRow | None:
        """The refused or unanswered row the strip speaks of: the selected one, else the first."""
        connection = self._connection
        if connection is None:
            return None
        up = connection.state.state is LinkState.CONNECTED

        def in_trouble(row: SubscriptionRow) -> bool:
            return row.state is RowState.REFUSED or (up and row.state is RowState.LOST and bool(row.problem))

        candidates = [*self.selected_rows(), *connection.subscriptions.rows]
        return next((row for row in candidates if in_trouble(row)), None)

    def _show_refusal(self) -> None:
        row, connection = self._troubled(), self._connection
        self._suggested = []
        if row is not None and connection is not None:
            known = {each.filter_text for each in connection.subscriptions.rows}
            if row.state is RowState.REFUSED:
                self._suggested = narrower(row.subscription.filter, connection.store, known, _SUGGESTIONS)
            sentence = refusal(row) if row.state is RowState.REFUSED else row.sentence
            self.refusal.set_message(one_line(sentence), strong=one_line(row.filter_text, 40))
        for number, button in enumerate(self._suggestion_buttons):
            shown = number < len(self._suggested)
            button.setVisible(shown)
            if shown:
                button.setText(one_line(self._suggested[number], 30).replace("&", "&&"))
        self.refusal.setVisible(row is not None)

    def _take_suggestion(self, number: int) -> None:
        row = self._troubled()
        if self._connection is not None and row is not None and number < len(self._suggested):
            wanted = Subscription(TopicFilter(self._suggested[number]), row.subscription.qos)
            self._add(self._connection, [wanted])

    def _show_info(self, rows: Sequence[SubscriptionRow]) -> None:
        refused = sum(row.state is RowState.REFUSED for row in rows)
        waiting = sum(row.state is RowState.PENDING for row in rows)
        count = self.tr("1 subscription") if len(rows) == 1 else self.tr("{n} subscriptions")
        parts = [count.format(n=len(rows))] if rows else []
        if refused:
            parts.append(self.tr("{n} refused").format(n=refused))
        if waiting:
            parts.append(self.tr("{n} waiting").format(n=waiting))
        text = " · ".join(parts)
        if text != self.info:
            self.info = text
            self.info_changed.emit(text)

    def _notify(
        self, text: str, undo: Callable[[], None] | None = None, *, kind_is_warning: bool = False
    ) -> None:
        self._undo = undo
        self._undo_button.setVisible(undo is not None)
        self.notice.set_message(text, kind="warn" if kind_is_warning else "info")
        self.notice.show()
        self._notice_timer.start()

    def _take_back(self) -> None:
        undo = self._undo
        self._hide_notice()
        if undo is not None:
            undo()

    def _on_notice_over(self) -> None:
        """Nobody loses the Undo they are about to press."""
        focus = QApplication.focusWidget()
        if self.notice.underMouse() or (focus is not None and self.notice.isAncestorOf(focus)):
            self._notice_timer.start()
        else:
            self._hide_notice()

    def _hide_notice(self) -> None:
        self._undo = None
        self._notice_timer.stop()
        self.notice.hide()

    def _show_menu(self, place: QPoint) -> None:
        rows = self.selected_rows()
        if not rows:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("copy"), self.tr("Copy filter"), self.copy)
        menu.addSeparator()
        menu.addAction(icon("trash"), self.tr("Unsubscribe"), self.unsubscribe_selected)
        menu.popup(place)

    def copy(self) -> None:
        """Puts the selected filters on the clipboard, one a line."""
        rows = self.selected_rows()
        if rows:
            QGuiApplication.clipboard().setText("\n".join(row.filter_text for row in rows))

    # -- layout -------------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.form.submitted.connect(self._on_submitted)
        self.table.menu_wanted.connect(self._show_menu)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._look_soon.start())
        self.notice.dismissed.connect(self._hide_notice)
        keys = (
            (QKeySequence(QKeySequence.StandardKey.Delete), self.unsubscribe_selected),
            (QKeySequence(QKeySequence.StandardKey.Copy), self.copy),
            (QKeySequence(QKeySequence.StandardKey.Paste), self.paste),
        )
        for sequence, action in keys:
            shortcut = QShortcut(sequence, self.table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(action)

    def _lay_out(self) -> None:
        self.setMinimumWidth(_LEAST_WIDTH)  # else the wide layout would not let itself be made narrow
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        self._left = QWidget(self)
        left = QVBoxLayout(self._left)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(GAP)
        left.addWidget(self._stack, 1)
        left.addWidget(self.refusal)
        left.addWidget(self.notice)
        self.refusal.hide()
        self.notice.hide()
        self._line = Rule(self, vertical=True)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.addWidget(self._left, 1)
        self._box.addWidget(self._line)
        self._box.addWidget(self.form)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < _WIDE_FROM
        # The form comes last in both: in a narrow panel the layout runs from bottom to top.
        direction = QBoxLayout.Direction.BottomToTop if narrow else QBoxLayout.Direction.LeftToRight
        self._box.setDirection(direction)
        self._box.setSpacing(GAP if narrow else GAP_L)
        self._line.setVisible(not narrow)
        self.form.set_narrow(narrow=narrow)
        form = 0 if narrow else self.form.width() + 2 * GAP_L
        self.table.fit(event.size().width() - form)
