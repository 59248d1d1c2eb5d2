# SPDX-License-Identifier: MIT
"""The bar over the bytes: where to go, how many stand in a row, what to find."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QLineEdit, QVBoxLayout, QWidget

from mqtt_explorer.panels.message.hex_finding import FindField
from mqtt_explorer.widgets.bubble import Bubble
from mqtt_explorer.widgets.buttons import IconButton, SegmentedControl
from mqtt_explorer.widgets.byte_area_lines import WIDTHS
from mqtt_explorer.widgets.cards import label, set_property
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP

_LEAST: Final = 240
_FIND_LEAST: Final = 230
"""Pixels below which the search field gets a line of its own."""


class OffsetField(QLineEdit):
    """Shows the current offset and takes another one.

    Signals:
        entered(str): Enter was pressed.
        left(): Escape: the focus is for the bytes.
    """

    entered = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offset = ""
        set_property(self, "mono", True)
        self.setMaxLength(64)
        self.setAccessibleName(self.tr("Go to offset"))
        self.setToolTip(
            self.tr("Hexadecimal: 1000 or 0x1000. Decimal: 4096d. From here: +20 or -20. (Ctrl+G)")
        )
        self.bubble = Bubble(self)
        self.textEdited.connect(lambda _text: self.tell(""))
        theme().changed.connect(self._restyle)
        self._restyle()

    def show_offset(self, text: str) -> None:
        """Shows where the cursor is, unless something is being typed."""
        self._offset = text
        if not self.hasFocus():
            self.setText(text)
            self.tell("")

    def tell(self, text: str) -> None:
        """Says what is wrong with what was typed; "" takes it away."""
        set_property(self, "error", bool(text))
        self.bubble.say(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit(self.text())
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.show_offset(self._offset)

    def _restyle(self) -> None:
        self.setFixedWidth(QFontMetrics(theme().mono_font()).horizontalAdvance("0" * 10) + 24)


class HexBar(QWidget):
    """Its parts tell for themselves; it lays them out in one line, or in two where one is too narrow.

    Signals:
        width_chosen(int): The user wants so many bytes in a row.
    """

    width_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._silent = False
        self._caption = label(self.tr("Go to"), "caption")
        self.offset = OffsetField(self)
        self.widths = SegmentedControl(
            [str(each) for each in WIDTHS], 1, self, name=self.tr("Bytes in a row")
        )
        self.widths.setToolTip(self.tr("Bytes in a row"))
        self.widths.changed.connect(self._on_width)
        self.finder = FindField(self)
        self.fold = IconButton("collapse", self.tr("Fold runs of zeros"), self, checkable=True)
        self.fold.setChecked(True)
        self.copy = IconButton("copy", self.tr("Copy or save the selected bytes"), self)
        self.readings = IconButton("ruler", self.tr("What the bytes mean"), self, checkable=True)
        self._line = QHBoxLayout()
        self._line.setSpacing(GAP)
        self._line.addWidget(self._caption)
        self._line.addWidget(self.offset)
        self._line.addWidget(self.widths)
        self._line.addWidget(self.finder, 1)
        icons = QHBoxLayout()
        icons.setSpacing(0)
        for each in (self.fold, self.copy, self.readings):
            icons.addWidget(each)
        self._line.addStretch(0)
        self._line.addLayout(icons)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(GAP)
        # One line needs more room than two: its need may not hold the width.
        self._rows.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._rows.addLayout(self._line)
        self._two_lines = False

    def show_width(self, width: int) -> None:
        """Shows how many bytes stand in a row."""
        self._silent = True
        self.widths.set_index(WIDTHS.index(width))
        self._silent = False

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST, self._rows.minimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        """The search field goes under the others where it would be too narrow; then the caption goes, then the switch."""
        caption = self._caption.sizeHint().width() + GAP
        switch = self.widths.sizeHint().width() + GAP
        icons = self.fold.width() + self.copy.width() + self.readings.width()
        room = self.width() - self.offset.width() - GAP - icons
        two = room - caption - switch - 2 * GAP < _FIND_LEAST
        self._caption.setVisible(not two or room >= caption + switch)
        self.widths.setVisible(not two or room >= switch)
        if two != self._two_lines:
            self._two_lines = two
            if two:
                self._line.removeWidget(self.finder)
                self._rows.addWidget(self.finder)
            else:
                self._rows.removeWidget(self.finder)
                self._line.insertWidget(3, self.finder, 1)
            self._line.setStretch(self._line.count() - 2, 1 if two else 0)
            self.updateGeometry()
        self._rows.activate()

    def _on_width(self, index: int) -> None:
        if not self._silent:
            self.width_chosen.emit(WIDTHS[index])
