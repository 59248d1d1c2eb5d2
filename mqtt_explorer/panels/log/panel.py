# SPDX-License-Identifier: MIT
"""The Log panel: a table that follows, chips that filter by kind, and the selected entry in full."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mqtt_explorer.models import wording
from mqtt_explorer.models.log_model import TEXT, TIME, TITLE, LogModel
from mqtt_explorer.panels.log.details import LogDetails, entry_text
from mqtt_explorer.panels.log.filter import ALL_KINDS, LogFilter
from mqtt_explorer.store.log_book import LogEntry, LogKind
from mqtt_explorer.widgets.buttons import Chip, IconButton
from mqtt_explorer.widgets.cards import EmptyState
from mqtt_explorer.widgets.delegates import Column
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.splits import turn_split
from mqtt_explorer.widgets.tokens import GAP, GAP_XS
from mqtt_explorer.widgets.views import TableView, selected_ranges

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.models.frame_clock import FrameClock
    from mqtt_explorer.widgets.title_bar import TitleBar

COPY_LIMIT: Final = 1 << 20
"""Characters copied at most, but for the end of the last entry: bytes as hex are slow to make."""
_WIDE_FROM: Final = 760
_LEAST_HEIGHT: Final = 140
_TIME_WIDTH: Final = 112
_TITLE_WIDTH: Final = 190


class LogPanel(QWidget):
    """What happened on one connection besides messages, the newest last.

    It follows until somebody scrolls up; then the list stands still and counts what waits.

    Signals:
        info_changed(str): What stands beside the panel's title: "312 entries · 40 older ones discarded".
    """

    info_changed = Signal(str)

    def __init__(self, clock: FrameClock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panel_title = self.tr("Log")
        self.info = ""
        self._connection: Connection | None = None
        self._disconnect: Callable[[], None] | None = None
        self._follow = True
        self._seen = (0, 0, 0)
        self._moving = False
        self._follow_button: IconButton | None = None
        self.model = LogModel(clock, self)
        # Asked for every row of a full log many times a second, so it is there only while something is hidden.
        self._filter: LogFilter | None = None
        self.table = TableView(
            [Column(mono=True, kind="muted"), Column(icon=True), Column(kind="muted")], self
        )
        self.setFocusProxy(self.table)
        self.details = LogDetails(self)
        self.empty = EmptyState("log", "", "", self)
        self.note = Strip("info", "", self, dismissable=True)
        self.note.text.setMinimumWidth(1)
        self.note.hide()
        self.waiting = Strip("info", "", self)
        self.waiting.text.setMinimumWidth(1)
        self.waiting.add_button(self.tr("Show them"), lambda: self.set_follow(follow=True))
        self.chips = self._make_chips()
        self._set_up_table()
        self._lay_out()
        self._use(self.model)
        self.details.set_entry(None)
        clock.tick.connect(self._on_tick)
        self._show()

    # -- what others call ---------------------------------------------------------------------------------------------

    def fill_title_bar(self, bar: TitleBar) -> None:
        """Adds this panel's actions to its dock's title bar."""
        self._follow_button = bar.add_action("follow", self.tr("Follow the newest entry"), checkable=True)
        self._follow_button.setChecked(self._follow)
        self._follow_button.toggled.connect(lambda on: self.set_follow(follow=on))

    def set_connection(self, connection: Connection | None) -> None:
        """Shows another connection's log, or that there is none."""
        if connection is self._connection:
            return
        if self._disconnect is not None:
            self._disconnect()
            self._disconnect = None
        self._connection = connection
        self.details.set_entry(None)
        self.note.hide()
        self.model.set_paused(False)
        self.model.set_book(connection.log if connection is not None else None)
        if connection is not None:
            # States also change while the frame clock stands still.
            self._disconnect = connection.state_changed.connect(lambda _change: self._on_state())
        self.set_follow(follow=True)
        self._show()

    def set_follow(self, *, follow: bool) -> None:
        """Stays at the newest entry, or lets the list stand still."""
        self._follow = follow
        self.model.set_paused(not follow)
        if self._follow_button is not None:
            self._follow_button.setChecked(follow)
        if follow:
            self._to_end()
        self._show()

    # -- what the user does -------------------------------------------------------------------------------------------

    def _on_chips(self) -> None:
        kinds = {kind for chip, its in self.chips for kind in its if chip.isChecked()}
        self._filter = LogFilter(self.model, kinds, self) if kinds != ALL_KINDS else None
        self._use(self._filter if self._filter is not None else self.model)
        self._show()

    def _on_current_changed(self) -> None:
        entry = None if self._moving else self._entry(self.table.currentIndex().row())
        if entry is not None:
            self.details.set_entry(entry)

    def copy(self) -> None:
        """Puts the selected entries on the clipboard, with the bytes of malformed packets; COPY_LIMIT at most."""
        ranges = selected_ranges(self.table)
        chosen = sum(map(len, ranges))
        parts: list[str] = []
        size = 0
        for row in chain.from_iterable(ranges):
            entry = self._entry(row)
            if size >= COPY_LIMIT:
                break
            if entry is not None:
                parts.append(entry_text(entry))
                size += len(parts[-1])
        if not parts:
            return
        QGuiApplication.clipboard().setText("".join(parts))
        self.note.setVisible(len(parts) < chosen)
        if len(parts) < chosen:
            text = self.tr("Copied the first {n} of {all} selected entries: {limit} of text is the most.")
            self.note.set_message(
                text.format(n=f"{len(parts):,}", all=f"{chosen:,}", limit=wording.size(COPY_LIMIT))
            )

    def _on_scrolled(self, value: int) -> None:
        if self._moving:
            return
        at_end = value >= self.table.verticalScrollBar().maximum()
        if at_end != self._follow:
            self.set_follow(follow=at_end)

    # -- showing ------------------------------------------------------------------------------------------------------

    def _entry(self, row: int) -> LogEntry | None:
        return self._filter.entry(row) if self._filter is not None else self.model.entry(row)

    def _use(self, model: LogModel | LogFilter) -> None:
        """Puts a model into the table, which gets a new selection by it."""
        before = self.table.model()
        if before is model:
            return
        self._moving = True
        selection = self.table.selectionModel()
        if before is not None:
            for coming in (before.modelAboutToBeReset, before.rowsAboutToBeRemoved):
                coming.disconnect(self._on_about_to_change)
            for changed in (before.modelReset, before.rowsInserted, before.rowsRemoved):
                changed.disconnect(self._on_rows_changed)
        # Before the view hears of it: it moves the current row off what is removed, and nobody chose that row.
        for coming in (model.modelAboutToBeReset, model.rowsAboutToBeRemoved):
            coming.connect(self._on_about_to_change)
        self.table.setModel(model)
        # After the view: it must know the rows before it is sent to the last one.
        for changed in (model.modelReset, model.rowsInserted, model.rowsRemoved):
            changed.connect(self._on_rows_changed)
        self.table.selectionModel().currentRowChanged.connect(self._on_current_changed)
        if selection is not None:
            selection.deleteLater()
        if isinstance(before, LogFilter):
            before.deleteLater()
        self._set_widths()
        self._moving = False
        if self._follow:
            self._to_end()

    def _on_about_to_change(self) -> None:
        self._moving = True  # a reset takes the scroll bar to the top, which nobody asked for

    def _on_rows_changed(self) -> None:
        if self._follow:
            self._to_end()
        self._moving = False

    def _to_end(self) -> None:
        self._moving = True
        self.table.scrollToBottom()
        self._moving = False

    def _on_state(self) -> None:
        self.model.refresh()
        self._show()

    def _on_tick(self) -> None:
        if self._connection is None or not self.isVisible():
            return
        seen = (self._connection.log.total, self.model.rowCount(), self.table.model().rowCount())
        if seen != self._seen:
            self._seen = seen
            self._show()

    def _show(self) -> None:
        book = self._connection.log if self._connection is not None else None
        rows = self.model.rowCount()
        waits = book.total - self.model.fallen_out - rows if book is not None and not self._follow else 0
        if not self._follow:
            newer = self.tr("1 newer entry") if waits == 1 else self.tr("{n} newer entries")
            newer = newer.format(n=f"{waits:,}") if waits else self.tr("nothing newer yet")
            self.waiting.set_message(newer, strong=self.tr("Scrolled up: the list is held"))
        self.waiting.setVisible(not self._follow)
        shown = self.table.model().rowCount()
        self._show_empty(rows)
        self._stack.setCurrentWidget(self._split if shown or self.details.entry is not None else self.empty)
        self._show_info(book.total if book is not None else 0, book.dropped if book is not None else 0)

    def _show_empty(self, rows: int) -> None:
        if rows:
            text = self.tr("Switch on more kinds of entries above.")
            self.empty.set_texts(self.tr("Nothing of these kinds"), text)
        else:
            text = self.tr("States, refusals, malformed messages and errors of this connection appear here.")
            self.empty.set_texts(self.tr("Nothing logged"), text)

    def _show_info(self, total: int, fallen_out: int) -> None:
        kept = total - fallen_out
        text = ""
        if kept:
            text = self.tr("1 entry") if kept == 1 else self.tr("{n} entries").format(n=f"{kept:,}")
        if fallen_out:
            text += " · " + self.tr("{n} older ones discarded").format(n=f"{fallen_out:,}")
        if text != self.info:
            self.info = text
            self.info_changed.emit(text)

    # -- layout -------------------------------------------------------------------------------------------------------

    def _make_chips(self) -> list[tuple[Chip, tuple[LogKind, ...]]]:
        kinds = (
            (self.tr("States"), (LogKind.STATE,)),
            (self.tr("Refusals"), (LogKind.REFUSAL, LogKind.LOWERED)),
            (self.tr("Malformed"), (LogKind.MALFORMED,)),
            (self.tr("Errors"), (LogKind.ERROR,)),
        )
        made: list[tuple[Chip, tuple[LogKind, ...]]] = []
        for text, its in kinds:
            chip = Chip(text, self, checkable=True, tooltip=self.tr("Show or hide: {kind}").format(kind=text))
            chip.setAccessibleName(self.tr("Show {kind}").format(kind=text.lower()))
            chip.setChecked(True)
            chip.toggled.connect(self._on_chips)
            made.append((chip, its))
        return made

    def _set_up_table(self) -> None:
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setAutoScroll(False)
        self.table.setAccessibleName(self.tr("Log"))
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bar = self.table.verticalScrollBar()
        bar.valueChanged.connect(self._on_scrolled)
        bar.rangeChanged.connect(lambda *_: self._on_range_changed())
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.table)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(self.copy)

    def _on_range_changed(self) -> None:
        """The panel got higher or lower: the newest entry stays in sight."""
        if self._follow and not self._moving:
            self._moving = True
            bar = self.table.verticalScrollBar()
            bar.setValue(bar.maximum())
            self._moving = False

    def _set_widths(self) -> None:
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.resizeSection(TIME, _TIME_WIDTH)
        header.resizeSection(TITLE, _TITLE_WIDTH)
        header.setSectionResizeMode(TEXT, QHeaderView.ResizeMode.Stretch)

    def _lay_out(self) -> None:
        chips = QHBoxLayout()
        chips.setSpacing(GAP_XS)
        for chip, _kinds in self.chips:
            chips.addWidget(chip)
        chips.addStretch(1)
        self.setMinimumHeight(_LEAST_HEIGHT)  # else the high layout would not let itself be made low
        self._split = QSplitter(Qt.Orientation.Horizontal, self)
        self._split.addWidget(self.table)
        self._split.addWidget(self.details)
        self._split.setStretchFactor(0, 1)
        self._split.setStretchFactor(1, 1)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(12)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._split)
        self._stack.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addLayout(chips)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.note)
        layout.addWidget(self.waiting)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        turn_split(self._split, event.size(), _WIDE_FROM)
