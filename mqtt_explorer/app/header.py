# SPDX-License-Identifier: MIT
"""The header: which broker, its state, and what acts on the whole window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from mqtt_explorer.network.link import LinkState
from mqtt_explorer.widgets.buttons import Chip, IconButton, push_button
from mqtt_explorer.widgets.cards import Card, Elided, StatusDot, Tone, label, set_tone
from mqtt_explorer.widgets.icons import set_icon

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.connection import Connection

_TITLE_PX = 260
_TITLE_NARROW_PX = 90
#: Below this width words go that the dot, the buttons and the strip say too.
_NARROW = 860
_TONES: dict[LinkState, Tone] = {
    LinkState.CONNECTED: "ok",
    LinkState.CONNECTING: "accent",
    LinkState.WAITING: "warn",
    LinkState.FAILED: "error",
    LinkState.DISCONNECTED: "muted",
}


class Header(QWidget):
    """One row at the top of the window.

    Signals:
        toggle_requested(): Connect, disconnect, or stop trying.
        close_requested(): Close the shown connection.
        pause_toggled(bool): Hold the topic tree and the message (everything is still received), or let them go on.
    """

    toggle_requested = Signal()
    close_requested = Signal()
    pause_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._connection: Connection | None = None
        self._forget: list[Callable[[], None]] = []
        self._count = 0
        self.setFixedHeight(32)
        self.tab = Card(raised=True)
        self.tab.setFixedHeight(32)
        self.tab.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._tab_dot = StatusDot("faint")
        self._tab_title = Elided("", role="heading")
        self.close_button = IconButton(
            "close",
            self.tr("Close this connection"),
            self,
            on_click=self.close_requested.emit,
            small=True,
            shortcut="Ctrl+W",
        )
        row = self.tab.row(0, 6)
        row.setContentsMargins(10, 0, 4, 0)
        for widget in (self._tab_dot, self._tab_title, self.close_button):
            row.addWidget(widget)
        self.toggle: QPushButton = push_button("", self.toggle_requested.emit)
        self._dot = StatusDot("faint")
        self._state = label("", "heading")
        self.unverified = Chip(
            self.tr("TLS not verified"),
            self,
            tint="warn",
            tooltip=self.tr(
                "The connection is encrypted, but nobody checked who is at the other end: certificate checks are off (--insecure)."
            ),
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
        layout.addWidget(self.tab)
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
        return button

    def set_connection(self, connection: Connection | None) -> None:
        """Shows a connection, or that none is open."""
        for forget in self._forget:
            forget()
        self._forget = []
        self._connection = connection
        self.pause.setChecked(False)
        if connection is not None:
            self._forget = [connection.state_changed.connect(lambda _change: self._show())]
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
        for widget in (self.tab, self.toggle, self._dot):
            widget.setVisible(connection is not None)
        self.unverified.setVisible(
            connection is not None and connection.options.url.tls and not connection.options.tls.verify
        )
        self._state.setVisible(self.unverified.isHidden() or self.width() >= _NARROW)
        self._waiting.setVisible(self.pause.isChecked())
        self.pause.setVisible(connection is not None)
        if connection is None:
            self._state.setText(self.tr("MQTT Explorer Qt"))
            set_tone(self._state, None)
            self._detail.setText(self.tr("No broker open"))
            return
        change = connection.state
        tone = _TONES[change.state]
        self._tab_dot.set_tone(tone)
        self._tab_title.setText(connection.title)
        wanted = self._tab_title.fontMetrics().horizontalAdvance(connection.title) + 4
        most = _TITLE_PX if self.width() >= _NARROW else _TITLE_NARROW_PX
        self._tab_title.setFixedWidth(min(most, wanted))
        self._dot.set_tone(tone)
        self._state.setText(self._state_word(change.state))
        set_tone(self._state, tone)
        self._detail.setText(self._detail_text(connection))
        trying = change.state in (LinkState.CONNECTING, LinkState.WAITING)
        connected = change.state is LinkState.CONNECTED
        words = {True: self.tr("Disconnect"), False: self.tr("Stop trying") if trying else self.tr("Connect")}
        if self.toggle.text() != words[connected]:
            self.toggle.setText(words[connected])
            set_icon(
                self.toggle,
                "disconnect" if connected else "stop" if trying else "connect",
                "text",
                on="text",
                gap=4,
            )

    def _state_word(self, state: LinkState) -> str:
        return {
            LinkState.CONNECTED: self.tr("Connected"),
            LinkState.CONNECTING: self.tr("Connecting…"),
            LinkState.WAITING: self.tr("Waiting"),
            LinkState.FAILED: self.tr("Failed"),
            LinkState.DISCONNECTED: self.tr("Disconnected"),
        }[state]

    def _detail_text(self, connection: Connection) -> str:
        change, options = connection.state, connection.options
        if change.state is LinkState.CONNECTED:
            connack = change.connack
            keep_alive = options.keep_alive
            if connack is not None and connack.server_keep_alive is not None:
                keep_alive = connack.server_keep_alive
            parts = [options.version.label]
            if options.url.tls:
                parts.append(change.transport.partition(",")[0])
            parts.append(self.tr("keep-alive {s} s").format(s=keep_alive))
            if connection.rtt_s is not None:
                parts.append(self.tr("RTT {ms} ms").format(ms=f"{connection.rtt_s * 1000:.1f}"))
            return " · ".join(parts)
        if change.state is LinkState.CONNECTING and change.attempt > 1:
            return self.tr("{url} · attempt {n}").format(url=options.url.shown, n=change.attempt)
        return options.url.shown  # what went wrong stands in the strip below
