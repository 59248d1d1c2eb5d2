# SPDX-License-Identifier: MIT
"""The tabs of the header: one per open broker, and a button back to the saved ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from mqtt_explorer.models.state_wording import state_tone, state_word
from mqtt_explorer.widgets.buttons import IconButton
from mqtt_explorer.widgets.cards import Elided, StatusDot, set_property, set_tone

if TYPE_CHECKING:
    from mqtt_explorer.connection import Connection

_HEIGHT: Final = 32
#: The title of one broker may be this wide; several share what there is.
_TITLE_PX: Final = 260
_LEAST_TITLE_PX: Final = 36
#: Dot, margins and the cross around a title.
_AROUND_PX: Final = 58
#: At most this share of the header is for tabs.
_SHARE: Final = 0.42


class BrokerTab(QFrame):
    """One open broker: dot, title, and a cross.

    Signals:
        chosen(): Show this broker.
        close_requested(): Close this broker.
    """

    chosen = Signal()
    close_requested = Signal()

    def __init__(self, connection: Connection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.connection = connection
        self.setFixedHeight(_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.dot = StatusDot("faint")
        self.title = Elided("", role="body")
        self.close_button = IconButton(
            "close", self.tr("Close this connection"), self, on_click=self.close_requested.emit, small=True
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 4, 0)
        row.setSpacing(6)
        for widget in (self.dot, self.title, self.close_button):
            row.addWidget(widget)
        self._forget = connection.state_changed.connect(lambda _change: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Shows the present state and title."""
        state = self.connection.state.state
        self.dot.set_tone(state_tone(state))
        self.title.setText(self.connection.title)
        self.setAccessibleName(
            self.tr("{broker}, {state}").format(broker=self.connection.title, state=state_word(state))
        )

    def set_current(self, current: bool, *, closable: bool) -> None:
        """Marks the tab whose broker is shown; the cross of the others appears under the pointer."""
        set_property(self, "current", current)
        set_property(self.title, "role", "heading" if current else "body")
        set_tone(self.title, None if current else "muted")
        self.close_button.setVisible(closable)
        self.close_button.set_hint(
            self.tr("Close this connection (Ctrl+W)") if current else self.tr("Close this connection")
        )

    @property
    def wanted_title_px(self) -> int:
        """How wide the title would be."""
        return min(_TITLE_PX, self.title.fontMetrics().horizontalAdvance(self.title.text()) + 4)

    def let_go(self) -> None:
        """The connection is no longer watched."""
        self._forget()
        self.deleteLater()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit()
        elif event.button() == Qt.MouseButton.MiddleButton:
            self.close_requested.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        elif event.key() == Qt.Key.Key_Delete:
            event.ignore()  # Ctrl+W closes; a slip must not
        else:
            super().keyPressEvent(event)


class BrokerTabs(QWidget):
    """All open brokers in the order they were opened.

    Signals:
        chosen(object): The `Connection` to show.
        close_requested(object): The `Connection` to close.
        home_requested(): Show the saved brokers.
    """

    chosen = Signal(object)
    close_requested = Signal(object)
    home_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tabs: list[BrokerTab] = []
        self._available_px = 600
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)
        self.home_button = IconButton(
            "plus",
            self.tr("Brokers: open another one"),
            self,
            on_click=self.home_requested.emit,
            checkable=True,
            shortcut="Ctrl+B",
        )
        self._row.addWidget(self.home_button)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_connections(self, connections: Sequence[Connection], current: Connection | None) -> None:
        """Shows these connections; `current` None marks the saved brokers as shown."""
        kept = {tab.connection: tab for tab in self.tabs}
        for connection, tab in kept.items():
            if connection not in connections:
                self._row.removeWidget(tab)
                tab.hide()
                tab.let_go()
        self.tabs = [kept.get(each) or self._make(each) for each in connections]
        for place, tab in enumerate(self.tabs):
            self._row.insertWidget(place, tab)
            tab.set_current(tab.connection is current, closable=tab.connection is current)
        self.home_button.setChecked(current is None)
        self.home_button.setVisible(bool(self.tabs))
        self.refresh()

    def set_available(self, width: int) -> None:
        """Tells how wide the header is, in pixels: the tabs take their share of it."""
        self._available_px = width
        self._fit()

    def refresh(self) -> None:
        """A title or a state changed."""
        for tab in self.tabs:
            tab.refresh()
        self._fit()

    def current(self) -> BrokerTab | None:
        """The tab of the shown broker."""
        return next((tab for tab in self.tabs if tab.property("current")), None)

    def _make(self, connection: Connection) -> BrokerTab:
        tab = BrokerTab(connection, self)
        tab.chosen.connect(lambda: self.chosen.emit(connection))
        tab.close_requested.connect(lambda: self.close_requested.emit(connection))
        tab.show()
        return tab

    def _fit(self) -> None:
        """Gives each title what it wants, or an equal part of what there is."""
        if not self.tabs:
            return
        room = int(self._available_px * _SHARE) - 36 - len(self.tabs) * _AROUND_PX
        each = max(_LEAST_TITLE_PX, room // len(self.tabs))
        for tab in self.tabs:
            tab.title.setFixedWidth(min(tab.wanted_title_px, each))
            tab.setFixedWidth(tab.sizeHint().width())
        self.setFixedWidth(self._row.sizeHint().width())

    def sizeHint(self) -> QSize:
        return self._row.sizeHint()
