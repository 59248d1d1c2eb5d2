# SPDX-License-Identifier: MIT
"""The Noise panel: a treemap and a table of what arrived on each branch since the user began a new window."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from mqtt_explorer.models import wording
from mqtt_explorer.models.frame_clock import FrameClock, Turn
from mqtt_explorer.models.noise_model import NoiseModel, NoiseRow, noise_rows
from mqtt_explorer.panels.noise.counting import Counting
from mqtt_explorer.panels.noise.in_step import InStep
from mqtt_explorer.panels.noise.menu import NoiseActions, build_menu
from mqtt_explorer.panels.noise.path import BranchPath
from mqtt_explorer.panels.noise.table import NoiseTable
from mqtt_explorer.panels.noise.tiles import Colours, tiles
from mqtt_explorer.panels.noise.words import average, figures, missing
from mqtt_explorer.profiles.marks import MAX_MUTED
from mqtt_explorer.widgets.buttons import IconButton, SegmentedControl
from mqtt_explorer.widgets.cards import Elided, EmptyState
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.splits import turn_split
from mqtt_explorer.widgets.squarify import CalmOrder
from mqtt_explorer.widgets.tokens import GAP
from mqtt_explorer.widgets.treemap import Treemap

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.store.noise_meter import By, NoiseMeter, Ranked, Ranking
    from mqtt_explorer.store.topic_tree import Node
    from mqtt_explorer.widgets.title_bar import TitleBar

MOST_ROWS: Final = 500
"""Rows of a branch in the table at most; the rest is summed up in one."""
_REFRESH_S: Final = 0.5
_WIDE_FROM: Final = 700
_LEAST_WIDTH: Final = 280
_MEASURES: Final[tuple[By, By]] = ("messages", "bytes")


class NoisePanel(QWidget):
    """Where the messages come from.

    Counting begins when the panel is first seen with a connection and goes on behind it, also while the panel is hidden.

    Signals:
        topic_selected(bytes): Show this topic or branch in the tree.
        info_changed(str): What stands beside the panel's title: "12,345 messages · 61/s".
    """

    topic_selected = Signal(bytes)
    info_changed = Signal(str)

    def __init__(self, clock: FrameClock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panel_title = self.tr("Noise")
        self.info = ""
        self._connection: Connection | None = None
        self._disconnect: Callable[[], None] | None = None
        self._meter: NoiseMeter | None = None
        self._branches: WeakKeyDictionary[Connection, Node] = WeakKeyDictionary()
        self._branch: Node | None = None
        self._by: By = "messages"
        self._paused = False
        self._ranking: Ranking | None = None
        self._ranked: Ranked | None = None
        self._shown = (-1, 0.0)  # folds of the meter, and when it was shown
        self._fresh = True
        self._clock = clock
        self.counting = Counting(clock, self)
        self._colours = Colours()
        self._order: CalmOrder[tuple[str, Node]] = CalmOrder()
        self.model = NoiseModel(self)
        self._make_parts()
        self._lay_out()
        self._connect()
        # Behind the meters: they count first.
        clock.tick.connect(self._on_tick)
        self._show()

    # -- what others call ---------------------------------------------------------------------------------------------

    def fill_title_bar(self, bar: TitleBar) -> None:
        """Adds this panel's actions to its dock's title bar."""
        bar.add_action("copy", self.tr("Copy the rows of this branch as a table"), self.table.copy_all)

    def set_connection(self, connection: Connection | None) -> None:
        """Shows another connection's noise, or that there is none."""
        if connection is self._connection:
            return
        if self._disconnect is not None:
            self._disconnect()
            self._disconnect = None
        self._connection = connection
        self._meter = None
        self._branch = None
        self._ranked = None
        self.notice.hide()
        if connection is not None:
            self._disconnect = connection.marks.changed.connect(self._on_marks)
            self._meter = self.counting.meter(connection)
            self._branch = self._branches.get(connection, connection.store.root)
        is_muted = connection.marks.is_muted if connection is not None else lambda _topic: False
        self.model.set_looks(is_muted, self._colours.of)
        self._begin()
        self._look_anew()

    def set_paused(self, paused: bool) -> None:
        """Freezes what is shown, or goes on; counting never stops."""
        self._paused = paused
        if not paused:
            self._order.clear()  # it stood still long enough
            self.refresh()

    @property
    def branch(self) -> Node | None:
        """The branch looked into; the root is all topics."""
        return self._branch

    @property
    def measure(self) -> By:
        """What areas, order and shares stand for."""
        return self._by

    def enter(self, node: Node) -> None:
        """Looks into a branch."""
        if self._connection is not None and node is not self._branch:
            self._branch = node
            self._branches[self._connection] = node
            self._look_anew()

    def up(self) -> None:
        """Looks into the branch above; those that hold nothing else are passed over."""
        branch, meter = self._branch, self._meter
        if branch is None or branch.parent is None:
            return
        above = branch.parent
        while meter is not None and above.parent is not None and meter.total(above) == meter.total(branch):
            above = above.parent
        self.enter(above)
        self.map.set_current(("source", branch))

    def new_window(self) -> None:
        """Forgets all counts and begins anew."""
        if self._meter is not None:
            self._meter.reset()
            self._look_anew()

    def refresh(self) -> None:
        """Shows the figures as of now, at once; the frame clock does it twice a second otherwise."""
        meter, branch = self._meter, self._branch
        self._ranked = None if meter is None or meter.closed else self._ranked
        self._ranking = None
        if meter is not None and branch is not None and not meter.closed:
            self._shown = (meter.folds, time.monotonic())
            self._ranking = meter.rank(branch, self._by, MOST_ROWS)
            self._go_on()
        else:
            self._present()

    def _go_on(self) -> None:
        """Ranks for a slice; what was there is shown until all is ranked."""
        if self._ranking is not None and self._ranking.step():
            self._ranked, self._ranking = self._ranking.result, None
            self._present()

    # -- showing ------------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._paused or self._ranked is None:
            self._order.clear()  # nobody saw it
            self.refresh()

    def _begin(self) -> None:
        """Counts from now on if somebody looks. A panel among tabs is shown for a moment before it is put behind the others."""
        if self._connection is not None and not self.visibleRegion().isEmpty():
            self._meter = self.counting.start(self._connection)

    def _on_tick(self) -> None:
        if self._meter is None:
            self._begin()
        meter, branch = self._meter, self._branch
        if self._ranking is not None:
            self._go_on()
            return
        others = self._clock.is_turn(Turn.OTHERS)
        if meter is None or branch is None or self._paused or not others or not self.isVisible():
            return
        folds, at = self._shown
        now = time.monotonic()
        if now - at < _REFRESH_S:
            return
        if meter.closed or meter.folds != folds:
            self.refresh()
        else:  # averages fall also while nothing arrives
            self._present()

    def _look_anew(self) -> None:
        """Something else is shown now: no order, colour or selection of before stays."""
        self._fresh = True
        self._order.clear()
        self.refresh()

    def _present(self, *, look: bool = True) -> None:
        """Shows what was ranked; `look`: as of now, and not only painted in another way."""
        meter, ranked = self._meter, self._ranked
        self._shown = (self._shown[0], time.monotonic())
        self.in_step.begin()
        if ranked is not None and meter is not None:
            rows = self._ordered(noise_rows(ranked, self._by), held=not look)
            made = tiles(
                rows,
                ranked.total,
                meter.seconds,
                self._by,
                number=ranked.number,
                is_muted=self.model.is_muted,
                colours=self._colours,
            )
            self.map.set_tiles(made, fresh=self._fresh)
            self.table.show_rows(rows, ranked, meter.seconds, self._by)
        else:
            self.map.set_tiles([], fresh=True)
            self.table.show_rows([], None, 0.0, self._by)
        self.in_step.end(fresh=self._fresh)
        self._fresh = False
        self._show()

    def _ordered(self, rows: list[NoiseRow], *, held: bool) -> list[NoiseRow]:
        """The order for treemap and table alike: by size, but calm. What sums up others comes last."""
        listed = {row.key: row for row in rows if row.kind in ("source", "own")}
        held = held or (self.map.is_held and not self._fresh)
        order = self._order.look(listed, lambda key: listed[key].measure(self._by), held=held)
        return [listed[key] for key in order] + [row for row in rows if row.key not in listed]

    def _show(self) -> None:
        meter, ranked = self._meter, self._ranked
        self.path.set_node(self._branch)
        self._stack.setCurrentWidget(
            self._split if ranked is not None and ranked.total.messages else self.empty
        )
        self.reset.setEnabled(meter is not None)
        self._show_empty()
        text = figures(meter, ranked.total) if ranked is not None and meter is not None else ""
        self.since.setText(text)
        lost = missing(meter) if meter is not None else ""
        self.lost.set_message(lost)
        self.lost.setVisible(bool(lost))
        self._show_info()

    def _show_empty(self) -> None:
        meter = self._meter
        if self._connection is None or (meter is not None and meter.closed):
            text = self.tr("Connect to a broker, and the branches its messages come from stand here.")
            self.empty.set_texts(self.tr("Not connected"), text, "connect")
            return
        # Without a meter it begins with the next frame.
        since_ns = meter.since_wall_ns if meter is not None else time.time_ns()
        since = self.tr("Nothing has arrived since {time}").format(time=wording.clock_time(since_ns)[:8])
        if self._branch is not None and self._branch.parent is not None:
            text = self.tr("Nothing came on this branch in that time.")
        else:
            text = self.tr("What arrives from now on is counted, also while this panel is closed.")
        self.empty.set_texts(since, text, "activity")

    def _show_info(self) -> None:
        text = ""
        if self._meter is not None and self._ranked is not None:
            total = self._meter.total()
            text = self.tr("1 message") if total.messages == 1 else self.tr("{n} messages")
            text = text.format(n=f"{total.messages:,}")
            text += " · " + average(total.messages, self._meter.seconds)
        if self._paused and text:
            text = self.tr("held") + " · " + text
        if text != self.info:
            self.info = text
            self.info_changed.emit(text)

    # -- what the user does -------------------------------------------------------------------------------------------

    def _row(self, key: object) -> NoiseRow | None:
        return next((row for row in self.model.rows if row.key == key), None)

    def _on_measure(self, number: int) -> None:
        self._by = _MEASURES[number]
        self._look_anew()

    def _on_chosen(self, key: object) -> None:
        row = self._row(key)
        if row is not None:
            self.table.select(row)
            if row.topic is not None:
                self.topic_selected.emit(row.topic)

    def _on_entered(self, key: object) -> None:
        row = self._row(key)
        if row is not None and row.branch:
            self.enter(row.node)

    def _on_row_chosen(self, row: NoiseRow) -> None:
        self.in_step.follow_table()
        if row.topic is not None:
            self.topic_selected.emit(row.topic)

    def _on_marks(self) -> None:
        if self._ranked is not None and self._ranking is None:
            self._present(look=False)

    def _show_menu(self, key: object, place: QPoint) -> None:
        row, connection = self._row(key), self._connection
        if row is None or row.topic is None or connection is None:
            return
        actions = NoiseActions(self.topic_selected.emit, self.enter, self._mute)
        build_menu(self, row, connection.marks, actions).popup(place)

    def _mute(self, topic: bytes, on: bool) -> None:
        connection = self._connection
        if connection is not None and not connection.marks.set_muted([topic], on=on):
            text = self.tr("At most {n} branches can be muted; unmute some of them first.")
            self.notice.set_message(text.format(n=f"{MAX_MUTED:,}"), kind="warn")
            self.notice.show()

    # -- layout -------------------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self.path = BranchPath(self)
        self.by = SegmentedControl(
            [self.tr("Messages"), self.tr("Bytes")], 0, self, name=self.tr("Measure by")
        )
        self.reset = IconButton("refresh", self.tr("Start a new window"), self, on_click=self.new_window)
        self.since = Elided("", self, role="caption")
        self.map = Treemap(self.tr("Noise as a treemap"), self)
        self.table = NoiseTable(self.model, self)
        self.in_step = InStep(self.map, self.table, self.model)
        self.empty = EmptyState("activity", "", "", self)
        self.lost = Strip("warn", "", self)
        self.notice = Strip("warn", "", self, dismissable=True)
        for strip in (self.lost, self.notice):
            strip.text.setMinimumWidth(1)
            strip.hide()
        self.setFocusProxy(self.map)

    def _connect(self) -> None:
        self.path.level_clicked.connect(self.enter)
        self.path.up_clicked.connect(self.up)
        self.by.changed.connect(self._on_measure)
        self.map.chosen.connect(self._on_chosen)
        self.map.entered.connect(self._on_entered)
        self.map.up_requested.connect(self.up)
        self.map.menu_wanted.connect(self._show_menu)
        table = self.table
        table.row_chosen.connect(self._on_row_chosen)
        table.entered.connect(self._on_entered)
        table.up_requested.connect(self.up)
        table.menu_wanted.connect(self._show_menu)
        table.measure_wanted.connect(lambda by: self.by.set_index(_MEASURES.index(by)))

    def _lay_out(self) -> None:
        self.setMinimumWidth(_LEAST_WIDTH)
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(self.path, 1)
        head.addWidget(self.by)
        head.addWidget(self.reset)
        self._split = QSplitter(Qt.Orientation.Horizontal, self)
        self._split.addWidget(self.map)
        self._split.addWidget(self.table.with_foot(self))
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(12)
        self._split.setStretchFactor(0, 1)
        self._split.setStretchFactor(1, 1)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._split)
        self._stack.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addLayout(head)
        layout.addWidget(self.since)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.lost)
        layout.addWidget(self.notice)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        turn_split(self._split, event.size(), _WIDE_FROM)
