# SPDX-License-Identifier: MIT
"""The list of a topic's messages under the message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QVBoxLayout, QWidget

from mqtt_explorer.models.history_model import GAP, PREVIEW, QOS, RETAINED, TIME, HistoryModel
from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import Elided, label
from mqtt_explorer.widgets.delegates import Column
from mqtt_explorer.widgets.tokens import GAP as SPACING
from mqtt_explorer.widgets.tokens import GAP_XS, ROW_LIST
from mqtt_explorer.widgets.views import TableView

if TYPE_CHECKING:
    from mqtt_explorer.models.frame_clock import FrameClock
    from mqtt_explorer.protocol.message import Message

_COLUMNS: Final = (
    Column(mono=True),
    Column(mono=True, right=True, kind="muted"),
    Column(mono=True, right=True, kind="muted"),
    Column(marks=True),
    Column(mono=True),
)
_WIDTHS: Final = {TIME: 108, GAP: 96, QOS: 30, RETAINED: 44}


class History(QWidget):
    """Newest first; follows while nothing is selected and the list stands at its top.

    Signals:
        message_chosen(object): The Message of the row the user went to.
        live_wanted: The user wants to follow the newest message again.
        copy_wanted: The user wants the payload of the selected row.
    """

    message_chosen = Signal(object)
    live_wanted = Signal()
    copy_wanted = Signal()

    def __init__(self, clock: FrameClock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = HistoryModel(clock, self)
        self.view = TableView(_COLUMNS, self, row_height=ROW_LIST)
        # Before the view hears of it: it would select a neighbour of a row that goes, and nobody chose that one.
        self.model.rowsAboutToBeRemoved.connect(self._on_removing)
        self.view.setModel(self.model)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.view)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy_wanted)
        self.view.setAccessibleName(self.tr("History"))
        self.view.horizontalHeader().hide()
        self.view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        for column, width in _WIDTHS.items():
            self.view.setColumnWidth(column, width)
        self.view.horizontalHeader().setSectionResizeMode(PREVIEW, QHeaderView.ResizeMode.Stretch)
        self.view.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.info = Elided("", role="caption")
        self.info.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.live = push_button(self.tr("Live"), self.live_wanted.emit, icon_name="follow", kind="link")
        self.live.setToolTip(self.tr("Follow the newest message again"))
        head = QHBoxLayout()
        head.setSpacing(SPACING)
        head.addWidget(label(self.tr("HISTORY"), "title"))
        head.addWidget(self.info, 1)
        head.addWidget(self.live)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_XS)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)
        self._pinned = False
        self.live.hide()
        self.model.info_changed.connect(self._show_info)
        self.model.modelReset.connect(self._show_info)
        # Not the current row: that one changes when the list merely gets the focus.
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._on_selected())
        self.view.verticalScrollBar().valueChanged.connect(self._on_scrolled)

    def set_pinned(self, message: Message | None) -> None:
        """Marks the message the panel stands at; None follows the newest again."""
        self._pinned = message is not None
        if message is None:
            selection = self.view.selectionModel()
            blocked = selection.blockSignals(True)
            selection.clear()
            selection.blockSignals(blocked)
            self.view.viewport().update()
            self.view.scrollToTop()
        elif (row := self.model.row_of(message.seq)) >= 0 and row != self.view.currentIndex().row():
            self.view.selectRow(row)
        self._hold()

    def _hold(self) -> None:
        held = self._pinned or self.view.verticalScrollBar().value() > 0
        self.model.set_held(held)
        self.live.setVisible(held)
        self._show_info()

    def _on_removing(self, _parent: QModelIndex, first: int, _last: int) -> None:
        if self.view.currentIndex().row() >= first:
            self.view.selectionModel().clear()

    def _on_scrolled(self, _value: int) -> None:
        self._hold()

    def _on_selected(self) -> None:
        rows = self.view.selectionModel().selectedRows()
        message = self.model.message(rows[0].row()) if rows else None
        if message is not None:
            self.message_chosen.emit(message)

    def _show_info(self) -> None:
        text = self.model.info()
        newer = self.model.newer
        if newer and self.live.isVisibleTo(self):
            text = self.tr("{n} newer").format(n=f"{newer:,}") + (f" · {text}" if text else "")
        if text != self.info.text():
            self.info.setText(text)
