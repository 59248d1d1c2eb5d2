# SPDX-License-Identifier: MIT
"""The header: which broker, its state, and what acts on the whole window."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QIcon, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from mqtt_explorer.app.broker_tabs import BrokerTabs
from mqtt_explorer.models.state_wording import state_details, state_tone, state_word
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.widgets.buttons import Chip, IconButton, push_button
from mqtt_explorer.widgets.cards import Elided, StatusDot, label, set_property, set_tone
from mqtt_explorer.widgets.icons import set_icon
from mqtt_explorer.widgets.query_bar import GROWN_WIDTH, LEAST_WIDTH, LIKED_WIDTH, QueryBar
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import control_px

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QResizeEvent

    from mqtt_explorer.connection import Connection

#: Below this width words go that the dot, the buttons and the strip say too.
_NARROW = 860

#: The share of the header that the search may take, and while it is used.
_SEARCH_SHARE = 0.3
_SEARCH_SHARE_USED = 0.4
_PALETTE_KEYS = "Ctrl+K"
_GAP = 8
#: Pixels of the parts without their words, with the gap beside them; what the keys add; and the least a search can be used in.
_TOGGLE_PX = 58
_PALETTE_PX = 38
_KEYS_PX = 32
_SEARCH_LAST_PX = 64


class Header(QWidget):
    """One row at the top of the window.

    Signals:
        toggle_requested(): Connect, disconnect, or stop trying.
        edit_requested(): Open the shown broker's form.
        palette_requested(): Open the command palette.
        pause_toggled(bool): Hold the topic tree and the message (everything is still received), or let them go on.

    Attributes:
        search: The search over the shown broker's topics; hidden where no broker is shown.
    """

    toggle_requested = Signal()
    edit_requested = Signal()
    palette_requested = Signal()
    pause_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._connection: Connection | None = None
        self._forget: list[Callable[[], None]] = []
        self._count = 0
        self._buttons: list[IconButton] = []
        self._toggle_icon = ""
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
        self.search = QueryBar(self)
        self.palette_button = push_button(
            "",
            self.palette_requested.emit,
            small=True,
            tooltip=self.tr("Commands, topics, settings and brokers"),
        )
        self.palette_button.setAccessibleName(self.tr("Open the command palette"))
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
        layout.addWidget(self.search)
        layout.addWidget(self.palette_button)
        layout.addWidget(self._waiting)
        layout.addWidget(self.pause)
        layout.addLayout(self._actions)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._show)
        self.search.use_changed.connect(self._fit)
        theme().changed.connect(self._restyle)
        self._restyle()
        self.set_connection(None)

    def add_action(
        self, icon_name: str, tooltip: str, on_click: Callable[[], object], shortcut: str = ""
    ) -> IconButton:
        """Adds an icon button at the right end."""
        button = IconButton(icon_name, tooltip, self, on_click=on_click, shortcut=shortcut)
        self._actions.addWidget(button)
        self._buttons.append(button)
        self._order_keys()
        self._fit()
        return button

    def set_connections(self, connections: Sequence[Connection], current: Connection | None) -> None:
        """Shows a tab for each open connection; `current` None marks the saved brokers as shown."""
        self.tabs.set_connections(connections, current)
        self._order_keys()
        self._show()

    def _order_keys(self) -> None:
        """The Tab key goes from left to right; Qt would put new tabs behind everything else of the window."""
        stops = [
            *self.tabs.in_key_order,
            self.toggle,
            self.unverified,
            *self.search.in_key_order,
            self.palette_button,
            self.pause,
            *self._buttons,
        ]
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
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Shares the width: what has no words comes first, then words in the order of their weight; the details get the rest."""
        connected = self._connection is not None
        room = self.width()
        used = self.search.in_use
        liked, share = (GROWN_WIDTH, _SEARCH_SHARE_USED) if used else (LIKED_WIDTH, _SEARCH_SHARE)
        self.search.setMaximumWidth(max(LEAST_WIDTH, min(liked, int(room * share))))
        beside = [self.unverified, self._waiting]
        taken = sum(_around(each) for each in beside if not each.isHidden())
        self.tabs.set_available(room - taken - (LEAST_WIDTH + _PALETTE_PX if connected else 0))
        ends: list[QWidget] = [self.pause, *self._buttons]
        room -= taken + self.tabs.width() + sum(_around(each) - 4 for each in ends if not each.isHidden())
        room -= 2 * _GAP  # before the buttons' own row, and before the details
        if connected:
            room -= _around(self._dot) + _TOGGLE_PX + LEAST_WIDTH + _GAP
        room = self._fit_waiting(room)
        room -= _PALETTE_PX
        self.palette_button.setVisible(room >= 0)
        if connected:
            # Only where chip and count leave no room at all does the field get less than it should have.
            self.search.setMinimumWidth(
                max(_SEARCH_LAST_PX, min(LEAST_WIDTH, LEAST_WIDTH + room + _PALETTE_PX))
            )
            state = self._state.sizeHint().width() + _GAP
            self._state.setVisible(room >= state)
            room -= state if room >= state else 0
            word = self._word_of_toggle()[1]
            wanted = self.toggle.fontMetrics().horizontalAdvance(word) + 8  # bolder than the metrics know
            self._show_word(word if room >= wanted else "", word)
            room -= wanted if room >= wanted else 0
        self._show_palette_keys(room)
        layout = self.layout()
        if layout is not None:
            layout.activate()  # else one frame would show the new words in the old places

    def _fit_waiting(self, room: int) -> int:
        """Where there is no room the count stands without its words, which the button beside it says too; the room that is left."""
        if self._waiting.isHidden():
            return room
        before = self._waiting.sizeHint().width()
        texts = (self.tr("Paused · {n} waiting"), self.tr("{n} waiting"), "{n}")
        count = f"{self._count:,}"
        self._waiting.setAccessibleName(texts[0].format(n=count))
        advance = self._waiting.fontMetrics().horizontalAdvance
        spare = room + before - _PALETTE_PX
        fitting = (each.format(n=count) for each in texts[self.width() < _NARROW :])
        shown = next((each for each in fitting if advance(each) + 2 <= spare), count)
        if self._waiting.text() != shown:
            self._waiting.setText(shown)
        return room + before - self._waiting.sizeHint().width()

    def _show_palette_keys(self, room: int) -> None:
        """The hint at the palette: its keys, or an icon in a narrow header."""
        keys = QKeySequence(_PALETTE_KEYS).toString(QKeySequence.SequenceFormat.NativeText).replace("+", " ")
        shown = keys if self.width() >= _NARROW and room >= _KEYS_PX else ""
        if shown != self.palette_button.text() or self.palette_button.icon().isNull() != bool(shown):
            self.palette_button.setText(shown)
            set_property(self.palette_button, "bare", not shown)  # among icon buttons one of them
            if shown:
                self.palette_button.setIcon(QIcon())
            else:
                set_icon(self.palette_button, "palette", "muted")

    def _restyle(self) -> None:
        self.setFixedHeight(control_px(theme().ui_px) + 4)
        self._fit()

    def _on_pause(self, paused: bool) -> None:
        self._waiting.setVisible(paused)
        self.set_waiting(0)
        self.pause.set_icon_name("play" if paused else "pause", "warn" if paused else "muted")
        self.pause.set_hint(self.tr("Go on") if paused else self.tr("Pause: keep receiving, hold the view"))
        self.pause_toggled.emit(paused)

    def _show(self) -> None:
        connection = self._connection
        for widget in (self.toggle, self._dot, self.search):
            widget.setVisible(connection is not None)
        self.unverified.setVisible(
            connection is not None
            and connection.options.url.tls
            and not connection.options.tls.verify
            and connection.state.state not in (LinkState.DISCONNECTED, LinkState.FAILED)
        )
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
            self._fit()
            return
        state = connection.state.state
        tone = state_tone(state)
        self._dot.set_tone(tone)
        self._state.setText(state_word(state))
        set_tone(self._state, tone)
        self._detail.setText(state_details(connection))
        name = self._word_of_toggle()[0]
        if self._toggle_icon != name:
            self._toggle_icon = name
            set_icon(self.toggle, name, "text", on="text", gap=4)
        self._fit()

    def _word_of_toggle(self) -> tuple[str, str]:
        """Icon and word of the button that connects and disconnects."""
        state = LinkState.DISCONNECTED if self._connection is None else self._connection.state.state
        if state is LinkState.CONNECTED:
            return "disconnect", self.tr("Disconnect")
        if state in (LinkState.CONNECTING, LinkState.WAITING):
            return "stop", self.tr("Stop trying")
        return "connect", self.tr("Connect")

    def _show_word(self, word: str, whole: str) -> None:
        """Shows the word on the button, or says it in the tooltip where it has no room."""
        if self.toggle.text() != word or self.toggle.accessibleName() != whole:
            self.toggle.setText(word)
            self.toggle.setAccessibleName(whole)
            self.toggle.setToolTip("" if word else whole)


def _around(widget: QWidget) -> int:
    """What a widget takes of the row with the gap beside it."""
    fixed = widget.minimumWidth() == widget.maximumWidth()
    return (widget.minimumWidth() if fixed else widget.sizeHint().width()) + _GAP
