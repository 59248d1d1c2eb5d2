# SPDX-License-Identifier: MIT
"""The row of chips that say how a message came."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from mqtt_explorer.models import wording
from mqtt_explorer.payload.registry import AUTO, choices
from mqtt_explorer.widgets.buttons import Chip
from mqtt_explorer.widgets.tokens import CHIP, GAP_XS

if TYPE_CHECKING:
    from mqtt_explorer.protocol.message import Message


class Chips(QWidget):
    """QoS, retained, DUP, size, number of messages, time, and the format, which can be chosen.

    Signals:
        format_chosen(str): Name of the decoder the user wants.
    """

    format_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.qos = Chip("", self, tint="accent", tooltip=self.tr("The QoS this message was delivered with"))
        self.retained = Chip(
            self.tr("retained"), self, tooltip=self.tr("The broker kept it for new subscribers")
        )
        self.dup = Chip(self.tr("DUP"), self, tooltip=self.tr("The broker may have sent it before"))
        self.length = Chip("", self, tooltip=self.tr("Size of the payload on the wire"))
        self.count = Chip("", self, tooltip=self.tr("Messages received on this topic"))
        self.time = Chip("", self)
        self.format = Chip("", self, on_click=self._choose, tooltip=self.tr("Choose how it is decoded"))
        self._choice = AUTO
        self._label = ""
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_XS)
        for chip in (self.qos, self.retained, self.dup, self.length, self.count, self.time, self.format):
            layout.addWidget(chip)
        layout.addStretch(1)
        # A narrow panel cuts the row at its end instead of refusing to be narrow.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Chips that do not fit are cut off."""
        return QSize(40, CHIP + 4)

    def show_message(self, message: Message, count: int) -> None:
        """Shows how a message came; `count` is the number of messages of its topic."""
        _say(self.qos, self.tr("QoS {n}").format(n=message.qos))
        self.retained.setVisible(message.retain)
        self.dup.setVisible(message.dup)
        _say(self.length, _size(message.size))
        one, many = self.tr("1 message"), self.tr("{n} messages")
        _say(self.count, one if count == 1 else many.format(n=f"{count:,}"))
        _say(self.time, wording.clock_time(message.wall_ns))
        self.time.setToolTip(wording.full_time(message.wall_ns))

    def show_format(self, choice: str, label: str) -> None:
        """Shows which decoder was asked for and which one answered."""
        self._choice, self._label = choice, label
        how = self.tr("auto") if choice == AUTO else self.tr("chosen")
        _say(self.format, f"{label}, {how} ▾")

    def _choose(self) -> None:
        menu = QMenu(self)
        for name, label in choices():
            text = label
            if name == AUTO:
                text = f"{label} ({self._label})" if self._choice == AUTO else label
            action = menu.addAction(text, partial(self.format_chosen.emit, name))
            action.setCheckable(True)
            action.setChecked(name == self._choice)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.format.mapToGlobal(self.format.rect().bottomLeft()))


def _say(chip: Chip, text: str) -> None:
    if chip.accessibleName() != text:
        chip.set_text(text)


def _size(count: int) -> str:
    """Exact where it is short, with the exact number of bytes behind the unit where it is not."""
    return wording.size(count) if count < 1024 else f"{wording.size(count)} ({count:,} B)"
