# SPDX-License-Identifier: MIT
"""What stands above a payload: its topic, what can be done with it, how it came, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mqtt_explorer.models import wording
from mqtt_explorer.panels.message.breadcrumb import Breadcrumb
from mqtt_explorer.panels.message.chips import Chips
from mqtt_explorer.widgets.buttons import IconButton
from mqtt_explorer.widgets.forms import Strip
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import GAP, GAP_XS

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.protocol.message import Message

_TOLD_MS: Final = 6_000
"""So long a sentence about what was done stands."""
_WIDE: Final = 44
"""Heights of the text: a narrower panel says in fewer words that a message was cut."""


class MessageHead(QWidget):
    """The path, the buttons, the chips, and strips for what was cut and what was done.

    Signals:
        copy_wanted: The payload is to be copied.
        save_wanted: The payload is to be saved.
        limit_wanted: The user wants to keep more of large payloads.
        room_wanted: The panel is to have all the room, or to give it back.
    """

    copy_wanted = Signal()
    save_wanted = Signal()
    limit_wanted = Signal()
    room_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._message: Message | None = None
        self.breadcrumb = Breadcrumb(self)
        self.copy_button = IconButton(
            "copy", self.tr("Copy the payload"), self, on_click=self.copy_wanted.emit
        )
        self.save_button = IconButton(
            "save", self.tr("Save the payload…"), self, on_click=self.save_wanted.emit
        )
        self.room_button = IconButton("expand", "", self, on_click=self.room_wanted.emit, shortcut="Ctrl+M")
        self.set_alone(False)
        self.chips = Chips(self)
        self.warning = Strip("warn", "", self)
        self.warning.add_button(self.tr("Keep more…"), self.limit_wanted.emit)
        self.done = Strip("info", "", self, dismissable=True)
        self._told = QTimer(self, singleShot=True, interval=_TOLD_MS)
        self._told.timeout.connect(self.done.hide)
        path = QHBoxLayout()
        path.setSpacing(GAP_XS)
        path.addWidget(self.breadcrumb, 1)
        path.addWidget(self.copy_button)
        path.addWidget(self.save_button)
        path.addWidget(self.room_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addLayout(path)
        layout.addWidget(self.warning)
        layout.addWidget(self.chips)
        layout.addWidget(self.done)
        self.done.hide()
        self.show_message(None, 0)

    def show_message(self, message: Message | None, count: int) -> None:
        """Shows how a message came; `count` is the number of messages of its topic."""
        has_bytes = message is not None and bool(message.payload)
        self.copy_button.setVisible(has_bytes)
        self.save_button.setVisible(has_bytes)
        self.chips.setVisible(message is not None)
        if message is not None:
            self.chips.show_message(message, count)
        self._message = message
        self._show_warning(message)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Says that a message was cut in as many words as there is room for."""
        super().resizeEvent(event)
        self._show_warning(self._message)

    def set_alone(self, alone: bool) -> None:
        """Says whether the panel has the room of the others."""
        hint = self.tr("Bring the other panels back") if alone else self.tr("Give the message all the room")
        self.room_button.set_icon_name("collapse" if alone else "expand")
        self.room_button.set_hint(hint)

    def say(self, text: str, *, strong: str = "", failed: bool = False) -> None:
        """Tells what came of something for some seconds; what failed, until it is dismissed or another topic is shown."""
        self.done.set_message(one_line(text), kind="error" if failed else "info", strong=strong)
        self.done.show()
        if failed:
            self._told.stop()
        else:
            self._told.start()

    def _show_warning(self, message: Message | None) -> None:
        cut = message is not None and message.truncated
        if cut and message is not None:
            whole = self.tr("The rest was counted and let go; copying and saving give the part kept.")
            short = self.tr("The rest was let go.")
            narrow = self.width() < theme().ui_px * _WIDE
            self.warning.setToolTip(whole)
            self.warning.set_message(
                short if narrow else whole,
                strong=self.tr("Kept {part} of {all}").format(
                    part=wording.size(len(message.payload)), all=wording.size(message.size)
                ),
            )
        self.warning.setVisible(cut)
