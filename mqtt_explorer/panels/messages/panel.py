# SPDX-License-Identifier: MIT
"""The Messages panel: every message below the selected branch in arrival order, newest on top."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from mqtt_explorer.models.message_model import MessageModel
from mqtt_explorer.panels.messages.deeds import MessageDeeds
from mqtt_explorer.panels.messages.filter_row import FilterRow
from mqtt_explorer.panels.messages.menu import build_menu
from mqtt_explorer.panels.messages.situation import foot, info, situation
from mqtt_explorer.panels.messages.table import MessageTable, typed_text
from mqtt_explorer.panels.messages.waiting import WaitingStrip
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.store.matcher import Matcher
from mqtt_explorer.store.message_scan import MessageScan
from mqtt_explorer.store.query import Query, QueryError
from mqtt_explorer.widgets.buttons import IconButton, SegmentedControl, push_button
from mqtt_explorer.widgets.cards import Elided, EmptyState
from mqtt_explorer.widgets.query_bar import QueryBar
from mqtt_explorer.widgets.query_chips import QueryChips
from mqtt_explorer.widgets.tokens import GAP_XS, ROW_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QPoint

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.models.frame_clock import FrameClock
    from mqtt_explorer.widgets.title_bar import TitleBar

EVERYTHING, BELOW = range(2)


@dataclass(slots=True)
class _View:
    """What one connection's list was left at."""

    query: Query = field(default_factory=Query)
    good: Query = field(default_factory=Query)
    """The last one that could be searched for; another than `query` while that cannot be read."""
    branch: bytes | None = None
    scope: int = BELOW


class MessagesPanel(QWidget):
    """Follows the newest messages until somebody reads in the list or pauses it; both keep receiving.

    Signals:
        topic_selected(bytes): The user wants to see this topic in the tree.
        info_changed(str): What stands beside the title: "below greenhouse · 6,120 of 48,210 match".
    """

    topic_selected = Signal(bytes)
    info_changed = Signal(str)

    def __init__(self, clock: FrameClock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panel_title = self.tr("Messages")
        self.info = ""
        self._connection: Connection | None = None
        self._disconnect: Callable[[], None] | None = None
        self._views: WeakKeyDictionary[Connection, _View] = WeakKeyDictionary()
        self._view = _View()
        self._matcher: Matcher | None = None
        self._muted: frozenset[bytes] = frozenset()
        self._error = ""
        self._held_by_window = False
        self._paused_here = False
        self._follow_button: IconButton | None = None
        self._pause_button: IconButton | None = None
        self._filter_button: IconButton | None = None
        self.model = MessageModel(clock, self)
        self._build()
        self.model.state_changed.connect(self._show)
        self.model.follow_changed.connect(self._on_follow_changed)
        clock.tick.connect(self._on_tick)
        self._show()

    # --- what others ask ----------------------------------------------------------------------------------------

    @property
    def branch(self) -> bytes | None:
        """The branch whose messages are shown; None for everything."""
        return self._view.branch if self._view.scope == BELOW else None

    @property
    def query(self) -> Query:
        """What the list is filtered by."""
        return self._view.query

    def fill_title_bar(self, bar: TitleBar) -> None:
        """Adds this panel's actions to its dock's title bar."""
        tooltip = self.tr("Scopes and states of the filter")
        self._filter_button = bar.add_action("filter", tooltip, checkable=True)
        self._filter_button.toggled.connect(lambda _on: self._show_chips())
        self._follow_button = bar.add_action("follow", self.tr("Follow the newest message"), checkable=True)
        self._follow_button.setChecked(self.model.follow)
        self._follow_button.clicked.connect(self._on_follow_clicked)
        self._pause_button = bar.add_action(
            "pause", self.tr("Pause this list; messages are received meanwhile"), checkable=True
        )
        self._pause_button.clicked.connect(self.pause)
        bar.add_action("save", self.tr("Export the selected messages, or all…"), self.deeds.export)

    def set_connection(self, connection: Connection | None) -> None:
        """Shows another connection's messages, with the filter and branch it was left at.

        Comes before the Topics panel's `set_connection`, whose restored selection tells the branch again.
        """
        if connection is self._connection:
            return
        if self._disconnect is not None:
            self._disconnect()
            self._disconnect = None
        self._connection = connection
        self._view = _View()
        if connection is not None:
            self._view = self._views.setdefault(connection, self._view)
            self._disconnect = connection.marks.changed.connect(self._on_marks)
            is_5 = connection.options.version is ProtocolVersion.V5
            self.chips.set_no_properties("" if is_5 else self.tr("MQTT 3.1.1 has no properties."))
        self.deeds.connection = connection
        self.bar.set_query(self._view.query)
        self.chips.set_from(self._view.query)
        self._show_scope()
        self._compile()
        self.pause(False)
        self._search()

    def set_branch(self, topic: bytes | None) -> None:
        """The selection in the tree: its messages are shown, unless the user chose to see everything."""
        if topic != self._view.branch:
            self._view.branch = topic
            self._show_scope()
            if self._view.scope == BELOW:
                self._search()

    def show_branch(self, topic: bytes) -> None:
        """Shows the messages of a topic and below it, whatever was chosen before."""
        self._view.branch = topic
        self._view.scope = BELOW
        self._show_scope()
        self._search()

    def set_paused(self, paused: bool) -> None:
        """The window's pause: freezes the list, or lets it go on unless it is paused itself."""
        self._held_by_window = paused
        self._freeze()

    # --- what the user does -------------------------------------------------------------------------------------

    def pause(self, on: bool) -> None:
        """Pauses this list alone, or goes on."""
        self._paused_here = on
        if self._pause_button is not None:
            self._pause_button.setChecked(on)
        self._freeze()

    def show_waiting(self) -> None:
        """Shows what waits and goes on. While the whole window is paused it stands again right away."""
        self._paused_here = False
        if self._pause_button is not None:
            self._pause_button.setChecked(False)
        self.table.to_top()
        if self._held_by_window:
            self.model.show_waiting()
        else:
            self._freeze()
            self.model.set_follow(True)
        self.table.to_top()

    # --- the selection of messages ------------------------------------------------------------------------------

    def _on_query(self) -> None:
        self._view.query = self.chips.apply(self.bar.query)
        if self._compile():
            self._search()
        self._show()  # with a text that cannot be searched for the last good list stays

    def _on_scope(self, scope: int) -> None:
        if scope != self._view.scope:
            self._view.scope = scope
            self._search()

    def _on_marks(self) -> None:
        if self._connection is not None and self._connection.marks.muted != self._muted:
            self._search()

    def _compile(self) -> bool:
        """Makes the matcher of the query; False when its text cannot be searched for: then that of the last good one."""
        view = self._view
        self._error = ""
        try:
            self._matcher = self._make_matcher(view.query)
            view.good = view.query
        except QueryError as error:
            self._error = error.message
            self._matcher = self._make_matcher(view.good)
        return not self._error

    def _make_matcher(self, query: Query) -> Matcher | None:
        return None if query.is_empty or self._connection is None else Matcher(query)

    def _search(self) -> None:
        """Looks for the messages anew."""
        connection = self._connection
        self.table.to_top()
        if connection is None:
            self.model.set_source(None, None)
        else:
            scan, decoders = self._make_scan(connection), connection.marks.decoders
            self.model.set_source(connection.store, scan, self._matcher, decoders)
        self._show()

    def _make_scan(self, connection: Connection, until: int | None = None) -> MessageScan:
        marks = connection.marks
        self._muted = marks.muted
        is_muted = marks.is_muted if marks.muted else None
        return MessageScan(connection.store, self.branch, self._matcher, is_muted, until)

    def _whole(self) -> MessageScan | None:
        """All that match at this moment, for an export; None when there are none."""
        connection = self._connection
        if connection is None or not self.model.state.matched:
            return None
        return self._make_scan(connection, connection.store.next_seq)

    def _freeze(self) -> None:
        self.model.set_paused(self._paused_here or self._held_by_window, self.table.middle_row())
        self._show_waiting()

    # --- showing ------------------------------------------------------------------------------------------------

    def _on_tick(self) -> None:
        if self.model.paused and self.isVisible():
            self._show_waiting()  # the rate goes on also when nothing that matches arrives

    def _on_follow_clicked(self, on: bool) -> None:
        if on:
            self.show_waiting()
        else:
            self.model.set_follow(False)

    def _on_follow_changed(self, follow: bool) -> None:
        if self._follow_button is not None:
            self._follow_button.setChecked(follow)
        self._show_waiting()

    def _show(self) -> None:
        state, model = self.model.state, self.model
        filtered = self._matcher is not None
        text = info(self.branch, state, filtered=filtered) if model.scan is not None else ""
        if text != self.info:
            self.info = text
            self.info_changed.emit(text)
        self.bar.set_found(None, None, 0, True, self._error)
        self._show_chips()
        self._show_waiting()
        since = self._connection.store.oldest_history() if self._connection is not None else None
        line = foot(model.scan, state, since.wall_ns if since is not None else None)
        if line != self.foot.text():
            self.foot.setText(line)
        self.foot.setVisible(bool(line))
        if not state.rows:
            self._show_empty(filtered)
        self.stack.setCurrentWidget(self.table if state.rows else self.empty_page)

    def _show_chips(self) -> None:
        button = self._filter_button
        self.row.want_chips(not self._view.query.is_empty or (button is not None and button.isChecked()))

    def _show_waiting(self) -> None:
        store = self._connection.store if self._connection is not None else None
        model = self.model
        self.waiting.show_state(store, model.state, paused=model.paused, held=not model.follow)

    def _show_empty(self, filtered: bool) -> None:
        said = situation(self._connection, self.branch, self.model.state, filtered=filtered)
        if (self.empty.title.text(), self.empty.text.text()) != (said.title, said.text):
            self.empty.set_texts(said.title, said.text, said.icon)
        self.empty_button.setVisible(bool(said.button))
        self.empty_button.setText(said.button)

    def _on_empty_button(self) -> None:
        if self._view.query.is_empty:
            self.scope.set_index(EVERYTHING)
        else:
            self.bar.set_query(Query())
            self.chips.set_from(Query())
            self._on_query()

    def _show_scope(self) -> None:
        blocked = self.scope.blockSignals(True)
        self.scope.set_index(self._view.scope)
        self.scope.blockSignals(blocked)

    # --- building -----------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.bar = QueryBar(self, placeholder=self.tr("Filter messages"), icon_name="filter", stepping=False)
        self.chips = QueryChips(self, stale=False)
        self.scope = SegmentedControl(
            (self.tr("Everything"), self.tr("Below selection")), BELOW, self, name=self.tr("Messages of")
        )
        self.table = MessageTable(self.model, self)
        self.waiting = WaitingStrip(self)
        self.row = FilterRow(self.bar, self.chips, self.scope, self.waiting, self)
        self.foot = Elided("", self, role="caption")
        self.deeds = MessageDeeds(self.table, self.model, self)
        self.deeds.whole = self._whole
        self.deeds.topic_wanted.connect(self.topic_selected)
        self.empty = EmptyState("messages", "", "", self)
        self.empty_button = push_button("", self._on_empty_button, kind="link")
        self.stack = QStackedWidget(self)
        self._lay_out()
        self.setFocusProxy(self.table)
        self.bar.changed.connect(lambda _query: self._on_query())
        self.bar.left.connect(self.table.setFocus)
        self.chips.changed.connect(self._on_query)
        self.scope.changed.connect(self._on_scope)
        self.waiting.show_wanted.connect(self.show_waiting)
        self.table.opened.connect(self.deeds.show_in_tree)
        self.table.copy_wanted.connect(self.deeds.copy_rows)
        self.table.menu_wanted.connect(self._open_menu)

    def _lay_out(self) -> None:
        self.empty_page = QWidget(self)
        page = QVBoxLayout(self.empty_page)
        page.setContentsMargins(0, 0, 0, 0)
        page.addStretch(1)
        page.addWidget(self.empty)
        page.addWidget(self.empty_button, 0, Qt.AlignmentFlag.AlignHCenter)
        page.addStretch(1)
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.empty_page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP_XS)
        for part in (self.row, self.stack, self.row.under, self.foot, self.deeds.strip):
            column.addWidget(part, 1 if part is self.stack else 0)
        self.stack.setMinimumHeight(ROW_TABLE)  # a list without rows is better than one over the filter
        self.setMinimumHeight(110)

    def _open_menu(self, place: QPoint) -> None:
        menu = build_menu(
            self.deeds,
            len(self.table.selected_seqs()),
            paused=self._paused_here,
            any_rows=self.model.state.rows > 0,
            parent=self,
            pause=lambda: self.pause(not self._paused_here),
        )
        menu.popup(place)

    # --- Qt -----------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        # Ctrl+F is the window's too: whoever has the focus here means this filter.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.matches(QKeySequence.StandardKey.Find)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Find):
            self.bar.begin()
        elif self.table.hasFocus() and (text := typed_text(event)):
            self.bar.begin(text)
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.set_shown(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.model.set_shown(False)
