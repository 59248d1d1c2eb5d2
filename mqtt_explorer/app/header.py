# SPDX-License-Identifier: MIT
"""The header: which broker, its state, and what acts on the whole window."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from mqtt_explorer.app.broker_tabs import BrokerTabs
from mqtt_explorer.models.state_wording import state_details, state_tone, state_word
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.widgets.buttons import Chip, IconButton, push_button
from mqtt_explorer.widgets.cards import Elided, StatusDot, label, set_tone
from mqtt_explorer.widgets.icons import set_icon

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.connection import Connection

#: Below this width words go that the dot, the buttons and the strip say too.
_NARROW = 860


class Header(QWidget):
    """One row at the top of the window.

    Signals:
        toggle_requested(): Connect, disconnect, or stop trying.
        edit_requested(): Open the shown broker's form.
        pause_toggled(bool): Hold the topic tree and the message (everything is still received), or let them go on.
    """

    toggle_requested = Signal()
    edit_requested = Signal()
    pause_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._connection: Connection | None = None
        self._forget: list[Callable[[], None]] = []
        self._count = 0
        self._buttons: list[IconButton] = []
        self.setFixedHeight(32)
        self.tabs = BrokerTabs(self)
        self.toggle: QPushButton = push_button("", self.toggle_requested.emit)
        self._dot = StatusDot("faint")
        self._state = label("", "heading")
        self.unverified = Chip(
            self.tr("TLS not verified"),
            self,
            tint="warn",
            tooltip=self.tr(
                "The connection is encrypted, but nobody checked who is at the other end: certificate checks are off. Click to change that."
            ),
            on_click=self.edit_requested.emit,
        )
        self._detail = Elided("", role="muted")
        self._waiting = label("", "caption")
        set_tone(self._waiting, "warn")
        self.pause = IconButton(
            "pause",
            self.tr("Pause: keep receiving, hold the view"),
            self,
            checkable=True,
            shortcut="Ctrl+Shift+P",
        )
        self.pause.toggled.connect(self._on_pause)
        self._actions = QHBoxLayout()
        self._actions.setSpacing(4)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.tabs)
        layout.addWidget(self.toggle)
        layout.addWidget(self._dot)
        layout.addWidget(self._state)
        layout.addWidget(self.unverified)
        layout.addWidget(self._detail, 1)
        layout.addWidget(self._waiting)
        layout.addWidget(self.pause)
        layout.addLayout(self._actions)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._show)
        self.set_connection(None)

    def add_action(
        self, icon_name: str, tooltip: str, on_click: Callable[[], object], shortcut: str = ""
    ) -> IconButton:
        """Adds an icon button at the right end."""
        button = IconButton(icon_name, tooltip, self, on_click=on_click, shortcut=shortcut)
        self._actions.addWidget(button)
        self._buttons.append(button)
        self._order_keys()
        return button

    def set_connections(self, connections: Sequence[Connection], current: Connection | None) -> None:
        """Shows a tab for each open connection; `current` None marks the saved brokers as shown."""
        self.tabs.set_connections(connections, current)
        self._order_keys()
        self._show()

    def _order_keys(self) -> None:
        """The Tab key goes from left to right; Qt would put new tabs behind everything else of the window."""
        stops = [*self.tabs.in_key_order, self.toggle, self.unverified, self.pause, *self._buttons]
        for before, after in itertools.pairwise(stops):
            QWidget.setTabOrder(before, after)

    def set_connection(self, connection: Connection | None) -> None:
        """Shows the state of a connection, or that none is shown."""
        for forget in self._forget:
            forget()
        self._forget = []
        self._connection = connection
        self.pause.setChecked(False)
        if connection is not None:
            self._forget = [
                connection.state_changed.connect(lambda _change: self._show()),
                connection.step_changed.connect(lambda _step: self._show()),
            ]
            self._timer.start()
        else:
            self._timer.stop()
        self._show()

    def set_waiting(self, count: int) -> None:
        """Says how many messages wait behind the pause."""
        self._count = count
        text = self.tr("{n} waiting") if self.width() < _NARROW else self.tr("Paused · {n} waiting")
        self._waiting.setText(text.format(n=f"{count:,}"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.tabs.set_available(event.size().width())
        if (event.oldSize().width() < _NARROW) != (event.size().width() < _NARROW):
            self.set_waiting(self._count)
            self._show()

    def _on_pause(self, paused: bool) -> None:
        self._waiting.setVisible(paused)
        self.set_waiting(0)
        self.pause.set_icon_name("play" if paused else "pause", "warn" if paused else "muted")
        self.pause.set_hint(self.tr("Go on") if paused else self.tr("Pause: keep receiving, hold the view"))
        self.pause_toggled.emit(paused)

    def _show(self) -> None:
        connection = self._connection
        for widget in (self.toggle, self._dot):
            widget.setVisible(connection is not None)
        self.unverified.setVisible(
            connection is not None
            and connection.options.url.tls
            and not connection.options.tls.verify
            and connection.state.state not in (LinkState.DISCONNECTED, LinkState.FAILED)
        )
        self._state.setVisible(self.unverified.isHidden() or self.width() >= _NARROW)
        self._waiting.setVisible(self.pause.isChecked())
        self.pause.setVisible(connection is not None)
        if connection is None:
            self._state.setText(self.tr("MQTT Explorer Qt"))
            self._state.setVisible(not self.tabs.tabs)
            set_tone(self._state, None)
            several = len(self.tabs.tabs)
            self._detail.setText(
                self.tr("{n} brokers open").format(n=several)
                if several > 1
                else self.tr("One broker open")
                if several
                else self.tr("No broker open")
            )
            return
        state = connection.state.state
        tone = state_tone(state)
        self._dot.set_tone(tone)
        self._state.setText(state_word(state))
        set_tone(self._state, tone)
        self._detail.setText(state_details(connection))
        self._show_toggle(state)

    def _show_toggle(self, state: LinkState) -> None:
        trying = state in (LinkState.CONNECTING, LinkState.WAITING)
        connected = state is LinkState.CONNECTED
        word = (
            self.tr("Disconnect") if connected else self.tr("Stop trying") if trying else self.tr("Connect")
        )
        if self.toggle.text() != word:
            self.toggle.setText(word)
            name = "disconnect" if connected else "stop" if trying else "connect"
            set_icon(self.toggle, name, "text", on="text", gap=4)
