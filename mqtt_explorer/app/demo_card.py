# SPDX-License-Identifier: MIT
"""The start page's offer to try the demo."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mqtt_explorer.widgets import icons
from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import Card, label
from mqtt_explorer.widgets.theme import theme

_ICON = 16


class DemoCard(Card):
    """What the demo is, and its button.

    Signals:
        start_requested(): Start the demo.
    """

    start_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = self.column(16, 8)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(_Picture("demo", "accent"))
        head.addWidget(label(self.tr("Try the demo"), "heading"), 1)
        column.addLayout(head)
        what = self.tr(
            "A small broker starts on this computer with a simulated greenhouse and a production line. "
            "Nothing leaves the machine, and it is gone when you close it."
        )
        column.addWidget(label(what, "muted", wrap=True))
        self._facts = QWidget()
        facts = QVBoxLayout(self._facts)
        facts.setContentsMargins(0, 0, 0, 0)
        facts.setSpacing(8)
        for fact in (
            self.tr("About 200 topics, 50 messages a second"),
            self.tr("Retained values, binary and large payloads, deep topics"),
            self.tr('Open a valve: publish {"open": true} to greenhouse/north/valve/set'),
        ):
            line = QHBoxLayout()
            line.setSpacing(8)
            line.addWidget(_Picture("check", "muted"), 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(label(fact, "muted", wrap=True), 1)
            facts.addLayout(line)
        column.addWidget(self._facts)
        self.button = push_button(self.tr("Start demo"), self.start_requested.emit, icon_name="play")
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addStretch(1)
        column.addLayout(row)

    def set_compact(self, compact: bool) -> None:
        """Leaves the list of facts out, where the card would push others off the window."""
        self._facts.setVisible(not compact)


class _Picture(QWidget):
    """An icon beside text; it follows the theme because it is painted each time."""

    def __init__(self, name: str, token: str) -> None:
        super().__init__()
        self._name, self._token = name, token
        self.setFixedSize(_ICON, _ICON)
        theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, icons.pixmap(self._name, self._token, _ICON, self.devicePixelRatioF()))
        painter.end()
