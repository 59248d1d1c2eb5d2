# SPDX-License-Identifier: MIT
"""The row of chips that say how a message came."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from mqtt_explorer.models import wording
from mqtt_explorer.payload.registry import AUTO
from mqtt_explorer.widgets.buttons import Chip
from mqtt_explorer.widgets.cards import plain_tooltip
from mqtt_explorer.widgets.tokens import CHIP, GAP_XS

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.protocol.message import Message


class Chips(QWidget):
    """QoS, retained, DUP, size, number of messages, time and age, and the format, which can be chosen.

    Signals:
        format_clicked: The user wants to choose the decoder.
    """

    format_clicked = Signal()

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
        self.age = Chip("", self, tooltip=self.tr("How long ago it arrived"))
        self.format = Chip("", self, on_click=self.format_clicked.emit)
        self.format.setToolTip(plain_tooltip(self.tr("Choose how it is decoded (Ctrl+D)")))
        self._mono_ns = 0
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_XS)
        chips = (self.qos, self.retained, self.dup, self.length, self.count, self.time, self.age, self.format)
        self._wanted: dict[Chip, bool] = dict.fromkeys(chips, True)
        for chip in chips:
            layout.addWidget(chip)
        layout.addStretch(1)
        # A narrow panel leaves chips out instead of refusing to be narrow.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Chips that do not fit are left out."""
        return QSize(40, CHIP + 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves out what does not fit."""
        super().resizeEvent(event)
        self._fit()

    def show_message(self, message: Message, count: int) -> None:
        """Shows how a message came; `count` is the number of messages of its topic."""
        _say(self.qos, self.tr("QoS {n}").format(n=message.qos))
        self._wanted[self.retained] = message.retain
        self._wanted[self.dup] = message.dup
        self._wanted[self.format] = self._wanted[self.format] and bool(message.payload)
        _say(self.length, _size(message.size))
        self._say_count(count)
        _say(self.time, wording.clock_time(message.wall_ns))
        self.time.setToolTip(wording.full_time(message.wall_ns))
        self._mono_ns = message.mono_ns
        self.show_age()
        self._fit()

    def show_count(self, count: int) -> None:
        """Shows how many messages of the topic there are by now."""
        if self._say_count(count):
            self._fit()

    def _say_count(self, count: int) -> bool:
        """True when that is a new number."""
        one, many = self.tr("1 message"), self.tr("{n} messages")
        text = one if count == 1 else many.format(n=f"{count:,}")
        before = self.count.accessibleName()
        _say(self.count, text)
        return text != before

    def show_age(self) -> None:
        """Shows how old the message is by now."""
        if self.age.isVisibleTo(self) or self._wanted[self.age]:
            seconds = max(time.monotonic_ns() - self._mono_ns, 0) / 1e9
            ago = self.tr("{age} ago").format(age=wording.age(seconds))
            _say(self.age, ago if seconds >= 1 else wording.age(seconds))

    def show_format(self, choice: str, label: str, remembered: str | None, failed: str = "") -> None:
        """Shows which decoder was asked for, by whom, which one answered, and the name of one that failed."""
        how = self.tr("auto") if choice == AUTO else self.tr("chosen")
        if remembered is not None and choice != AUTO:
            how = self.tr("remembered")
        if failed:
            how = self.tr("not {format}").format(format=failed)
        # Not decoded yet, or not at all, there is no label.
        text = f"{label}, {how}" if label else self.tr("Format: {how}").format(how=how)
        _say(self.format, f"{text} ▾")
        self._fit()

    def set_format_wanted(self, wanted: bool) -> None:
        """The format is said, and can be chosen, only where decoded text is shown."""
        self._wanted[self.format] = wanted
        self._fit()

    def _fit(self) -> None:
        """Shows what fits: the age goes first, then the number of messages, the time, the size."""
        left_out = [chip for chip, wanted in self._wanted.items() if not wanted]
        room = self.width()
        for chip in (None, self.age, self.count, self.time, self.length, self.format):
            if chip is not None:
                left_out.append(chip)
            shown = [each for each in self._wanted if each not in left_out]
            if sum(each.sizeHint().width() + GAP_XS for each in shown) <= room + GAP_XS:
                break
        for each in self._wanted:
            each.setVisible(each not in left_out)


def _say(chip: Chip, text: str) -> None:
    if chip.accessibleName() != text:
        chip.set_text(text)


def _size(count: int) -> str:
    """Exact where it is short, with the exact number of bytes behind the unit where it is not."""
    return wording.size(count) if count < 1024 else f"{wording.size(count)} ({count:,} B)"
