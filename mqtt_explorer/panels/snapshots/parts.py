# SPDX-License-Identifier: MIT
"""The two sides of the panel: the snapshots at the left (or above), the comparison at the right (or below)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mqtt_explorer.panels.snapshots.chips import StatusChips
from mqtt_explorer.panels.snapshots.shelf import Shelf, ShelfModel
from mqtt_explorer.panels.snapshots.table import SnapshotTable
from mqtt_explorer.widgets.buttons import IconButton, SegmentedControl, push_button
from mqtt_explorer.widgets.cards import Elided, EmptyState, label, plain_tooltip
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.splits import turn_split
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP, GAP_XS, ROW_LIST, ROW_TABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mqtt_explorer.models.snapshot_model import SnapshotModel
    from mqtt_explorer.panels.snapshots.situation import Situation
    from mqtt_explorer.panels.snapshots.state import Named

_WIDE_FROM: Final = 700
_SIDE: Final = 300
"""Width of the list where it stands beside the comparison."""
_ABOVE: Final = 154
"""Its height where it stands above."""
_LEAST_COMBO: Final = 6
_NAME: Final = 40
_FILTER: Final = (90, 150)
#: Lower than this, an empty page has one line beside its button; narrower, the head goes without "compared with".
_LOW, _NARROW = 130, 300


def make_strips(parent: QWidget) -> tuple[Strip, Strip]:
    """The strip of what is under way, and the one that says how it went."""
    progress, notice = Strip("info", "", parent), Strip("info", "", parent, dismissable=True)
    for strip in (progress, notice):
        strip.text.setMinimumWidth(1)
        strip.hide()
    return progress, notice


class Split(QSplitter):
    """Both sides, beside each other where there is room."""

    def __init__(self, shelf: QWidget, result: QWidget, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._sized: Qt.Orientation | None = None
        self.addWidget(shelf)
        self.addWidget(result)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(12)
        self.setStretchFactor(0, 0)
        self.setStretchFactor(1, 1)

    def turn(self, size: QSize) -> None:
        """Fits a panel of that size; what the user dragged stays until it turns."""
        turn_split(self, size, _WIDE_FROM)
        if self._sized is not self.orientation():
            self._sized = self.orientation()
            wide = self._sized is Qt.Orientation.Horizontal
            side = min(_SIDE, size.width() * 2 // 5) if wide else _ABOVE
            self.setSizes([side, max((size.width() if wide else size.height()) - side - 12, 1)])


class ShelfSide(QWidget):
    """What takes snapshots, and the list of them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.take = push_button(self.tr("Take snapshot"), icon_name="plus", kind="primary")
        self.take.setToolTip(self.tr("Keep every topic with its last message"))
        self.open = IconButton("folder-open", self.tr("Open a snapshot's file…"), self)
        self.save = IconButton("save", self.tr("Save this snapshot to a file…"), self)
        self.scope = SegmentedControl(
            (self.tr("Whole tree"), self.tr("Selected branch")), 0, self, name=self.tr("Snapshot of")
        )
        self.branch = Elided("", self, role="caption", mode=Qt.TextElideMode.ElideMiddle)
        self.model = ShelfModel(self)
        self.list = Shelf(self.model, self)
        self.room = Elided("", self, role="caption")
        self.list.setMinimumHeight(ROW_LIST)
        first, second = QHBoxLayout(), QHBoxLayout()
        for row in (first, second):
            row.setSpacing(GAP_XS)
        first.addWidget(self.take, 1)
        first.addWidget(self.open)
        first.addWidget(self.save)
        second.setSpacing(GAP)
        second.addWidget(self.scope)
        second.addWidget(self.branch, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP_XS + 2)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.list, 1)
        column.addWidget(self.room)

    def show_scope(self, branch: str, reason: str) -> None:
        """Says which branch a snapshot would be of, or why none can be taken."""
        self.branch.setText(reason or branch)
        tooltip = reason or self.tr("Keep every topic with its last message")
        self.take.setToolTip(plain_tooltip(tooltip))


class ResultSide(QWidget):
    """What is compared with what, and the result.

    Signals:
        other_chosen(object): Compare with this snapshot; None for now.
    """

    other_chosen = Signal(object)

    def __init__(self, model: SnapshotModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._others: list[Named | None] = [None]
        self.head = Elided("", self, role="heading")
        self.versus = label(self.tr("compared with"), "muted")
        self.other = QComboBox(self)
        self.other.setAccessibleName(self.tr("Compare with"))
        self.other.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.other.setMinimumContentsLength(_LEAST_COMBO)
        self.refresh = IconButton("refresh", self.tr("Compare again"), self, shortcut="F5")
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText(self.tr("Filter topics"))
        self.filter.setAccessibleName(self.tr("Filter topics"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(_FILTER[0])
        self.filter.setMaximumWidth(_FILTER[1])
        self.chips = StatusChips(self)
        self.table = SnapshotTable(model, self)
        self.empty = EmptyState("history", "", "", self)
        self.brief = Elided("", self, role="caption")
        self.empty_button = push_button("", kind="link")
        self.foot = Elided("", self, role="caption")
        self.stack = QStackedWidget(self)
        self.stack.setMinimumHeight(ROW_TABLE)
        self._lay_out()
        self.stack.installEventFilter(self)
        self.other.activated.connect(lambda place: self.other_chosen.emit(self._others[place]))

    def set_filter(self, text: str) -> None:
        """Puts another text into the filter without a word."""
        with QSignalBlocker(self.filter):
            self.filter.setText(text)

    def show_head(self, name: str) -> None:
        """Says which snapshot is compared; nothing without one."""
        self.head.setText(name)
        for part in (self.head, self.other, self.refresh):
            part.setVisible(bool(name))
        self._fit()

    def _fit(self) -> None:
        self.versus.setVisible(bool(self.head.text()) and self.width() >= _NARROW)
        self._chip_row.setDirection(
            QBoxLayout.Direction.TopToBottom if self.width() < _NARROW else QBoxLayout.Direction.LeftToRight
        )
        is_low = self.stack.height() < (_LOW if self.width() >= _NARROW else 2 * _LOW)
        self.empty.setVisible(not is_low)
        self.brief.setVisible(is_low)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)

    def show_others(self, others: Sequence[Named], chosen: Named | None) -> None:
        """Offers now and these snapshots to compare with."""
        self._others = [None, *others]
        with QSignalBlocker(self.other):
            self.other.clear()
            self.other.addItem(self.tr("Now"))
            for each in others:
                self.other.addItem(one_line(each.name, _NAME))
            self.other.setCurrentIndex(next((n for n, each in enumerate(self._others) if each is chosen), 0))

    def show_situation(self, now: Situation | None) -> None:
        """Shows the table, or why it is empty."""
        if now is None:
            self.stack.setCurrentWidget(self.table)
            return
        self.empty.set_texts(now.title, now.text, now.icon)
        self.brief.setText(f"{now.title}. {now.text}")
        self.empty_button.setText(now.button)
        self.empty_button.setVisible(bool(now.button))
        self.stack.setCurrentWidget(self._empty_page)

    def show_foot(self, text: str) -> None:
        """Shows the line under the table."""
        self.foot.setText(text)
        self.foot.setVisible(bool(text))

    def _lay_out(self) -> None:
        self._empty_page = QWidget(self)
        page = QVBoxLayout(self._empty_page)
        page.setContentsMargins(0, 0, 0, 0)
        page.addStretch(1)
        page.addWidget(self.empty)
        page.addWidget(self.brief)
        page.addWidget(self.empty_button, 0, Qt.AlignmentFlag.AlignHCenter)
        page.addStretch(1)
        self.stack.addWidget(self.table)
        self.stack.addWidget(self._empty_page)
        first, second = QHBoxLayout(), QHBoxLayout()
        for row in (first, second):
            row.setSpacing(GAP)
        # As wide as its name where there is room, and the rest stays right of all.
        first.addWidget(self.head, 1)
        first.addWidget(self.versus)
        first.addWidget(self.other)
        first.addWidget(self.refresh)
        self._chip_row = second
        second.addWidget(self.filter)
        second.addWidget(self.chips, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP_XS + 2)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.stack, 1)
        column.addWidget(self.foot)
