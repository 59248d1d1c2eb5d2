# SPDX-License-Identifier: MIT
"""The tabs of the header: one per open broker, a menu of those there is no room for, and a button back to the saved ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QWidget

from mqtt_explorer.models.state_wording import state_tone, state_word
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.widgets.buttons import IconButton, push_button
from mqtt_explorer.widgets.cards import Elided, StatusDot, plain_tooltip, set_property, set_tone
from mqtt_explorer.widgets.icons import icon
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from mqtt_explorer.connection import Connection

_HEIGHT: Final = 32
#: The title of one broker may be this wide; several share what there is.
_TITLE_PX: Final = 260
#: A shorter title says nothing; tabs that would have to be cut further go into the menu.
_LEAST_TITLE_PX: Final = 72
#: Dot and margins around a title, and the gap to the next tab; with its cross.
_AROUND_PX: Final = 36
_CROSS_PX: Final = 30
#: Button back, button of the menu, and their gaps.
_HOME_PX: Final = 32
_MORE_PX: Final = 76
#: At most this share of the header is for tabs; more where no state stands beside them.
_SHARE: Final = 0.42
_SHARE_WIDE: Final = 0.52
_SHARE_ALONE: Final = 0.7
#: From this width on the state beside the tabs needs no more of it.
_WIDE_PX: Final = 1200


class BrokerTab(QFrame):
    """One open broker: dot, title, and a cross.

    Signals:
        chosen(): Show this broker.
        close_requested(): Close this broker.
        menu_requested(QPoint): Its menu, at this place on the screen.
    """

    chosen = Signal()
    close_requested = Signal()
    menu_requested = Signal(QPoint)

    def __init__(self, connection: Connection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.connection = connection
        self.setFixedHeight(_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.dot = StatusDot("faint")
        # The port at the end tells brokers of one host apart.
        self.title = Elided("", role="body", mode=Qt.TextElideMode.ElideMiddle)
        self.close_button = IconButton(
            "close",
            self.tr("Close this connection"),
            self,
            on_click=self.close_requested.emit,
            small=True,
            shortcut="Ctrl+W",
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
        told = self.tr("{broker}, {state}").format(broker=self.connection.title, state=state_word(state))
        self.setAccessibleName(told)
        self.setToolTip(plain_tooltip(told))

    def set_current(self, current: bool) -> None:
        """Marks the tab whose broker is shown. Only it has a cross; the others close with the middle button."""
        set_property(self, "current", current)
        set_property(self.title, "role", "heading" if current else "body")
        set_tone(self.title, None if current else "muted")
        self.close_button.setVisible(current)

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

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        self.menu_requested.emit(
            event.globalPos() if by_mouse else self.mapToGlobal(self.rect().bottomLeft())
        )

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
        toggle_requested(object): The `Connection` to connect or disconnect.
        edit_requested(object): The `Connection` whose form is wanted.
        close_others_requested(object): The one `Connection` to keep.
        home_requested(): Show the saved brokers.

    Attributes:
        can_edit: Whether a connection has a form.
    """

    chosen = Signal(object)
    close_requested = Signal(object)
    toggle_requested = Signal(object)
    edit_requested = Signal(object)
    close_others_requested = Signal(object)
    home_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tabs: list[BrokerTab] = []
        self.can_edit: Callable[[Connection], bool] = lambda _connection: True
        self._available_px = 600
        self._row = QHBoxLayout(self)
        self.more_button = push_button("", self._open_menu, icon_name="chevron-down", small=True)
        self.more_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
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
        self._row.addWidget(self.more_button)
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
            tab.set_current(tab.connection is current)
        self._row.insertWidget(len(self.tabs), self.more_button)
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
        tab.menu_requested.connect(lambda place: self.menu_of(connection).popup(place))
        tab.show()
        return tab

    def menu_of(self, connection: Connection) -> QMenu:
        """What can be done with an open broker; the caller pops it up."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        down = connection.state.state in (LinkState.DISCONNECTED, LinkState.FAILED)
        menu.addAction(
            icon("connect" if down else "disconnect"),
            self.tr("Connect") if down else self.tr("Disconnect"),
            lambda: self.toggle_requested.emit(connection),
        )
        edit = menu.addAction(
            icon("edit"), self.tr("Edit broker…"), lambda: self.edit_requested.emit(connection)
        )
        edit.setEnabled(self.can_edit(connection))
        edit.setToolTip("" if edit.isEnabled() else self.tr("The demo has nothing to edit."))
        menu.addSeparator()
        menu.addAction(icon("close"), self.tr("Close"), lambda: self.close_requested.emit(connection))
        others = menu.addAction(self.tr("Close others"), lambda: self.close_others_requested.emit(connection))
        others.setEnabled(len(self.tabs) > 1)
        others.setToolTip("" if others.isEnabled() else self.tr("No other broker is open."))
        return menu

    @property
    def in_key_order(self) -> list[QWidget]:
        """What the Tab key goes through, from left to right."""
        stops: list[QWidget] = []
        for tab in self.tabs:
            stops += [tab, tab.close_button]
        return [*stops, self.more_button, self.home_button]

    @property
    def hidden_tabs(self) -> list[BrokerTab]:
        """The open brokers that stand in the menu, as there is no room for their tabs."""
        return [tab for tab in self.tabs if tab.isHidden()]

    def _fit(self) -> None:
        """Gives each title what it wants, or an equal part of what there is; tabs that find no room go into the menu."""
        if not self.tabs:
            self.more_button.hide()
            return
        beside = _SHARE_WIDE if self._available_px >= _WIDE_PX else _SHARE
        share = beside if self.current() is not None else _SHARE_ALONE
        room = int(self._available_px * share) - _HOME_PX
        shown = self._that_fit(room)
        hidden = len(self.tabs) - len(shown)
        if hidden:
            room -= _MORE_PX
        each = max(_LEAST_TITLE_PX, (room - sum(_around(tab) for tab in shown)) // len(shown))
        for tab in self.tabs:
            tab.setVisible(tab in shown)
            tab.title.setFixedWidth(min(tab.wanted_title_px, each))
            tab.setFixedWidth(tab.sizeHint().width())
        self._show_more(hidden)
        self.setFixedWidth(self._row.sizeHint().width())

    def _that_fit(self, room: int) -> list[BrokerTab]:
        """As many as there is room for, from the left; the shown broker's takes the last place if it would not be among them."""
        least = [_around(tab) + min(tab.wanted_title_px, _LEAST_TITLE_PX) for tab in self.tabs]
        if sum(least) <= room:
            return self.tabs
        current = self.current()
        room -= _MORE_PX + (least[self.tabs.index(current)] if current is not None else 0)
        shown = [current] if current is not None else []
        for tab, width in zip(self.tabs, least, strict=True):
            if tab is current:
                continue
            if width > room and shown:
                break
            shown.append(tab)
            room -= width
        return shown

    def _show_more(self, hidden: int) -> None:
        self.more_button.setVisible(bool(hidden))
        text = self.tr("{n} more").format(n=hidden)
        if self.more_button.text() != text:
            self.more_button.setText(text)
        trouble = [
            tab.connection.title
            for tab in self.hidden_tabs
            if tab.connection.state.state in (LinkState.WAITING, LinkState.FAILED)
        ]
        told = self.tr("More open brokers")
        if trouble:
            told = self.tr("More open brokers; in trouble: {brokers}").format(brokers=", ".join(trouble))
        self.more_button.setToolTip(plain_tooltip(told))
        self.more_button.setAccessibleName(one_line(f"{text}. {told}"))
        set_tone(self.more_button, "warn" if trouble else None)

    def _open_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for tab in self.hidden_tabs:
            state = state_word(tab.connection.state.state)
            text = f"{one_line(tab.connection.title, 60)} – {state}".replace("&", "&&")
            menu.addAction(text, tab.chosen.emit)
        menu.popup(self.more_button.mapToGlobal(self.more_button.rect().bottomLeft()))

    def sizeHint(self) -> QSize:
        return self._row.sizeHint()


def _around(tab: BrokerTab) -> int:
    """What a tab takes beside its title, in pixels."""
    return _AROUND_PX + (_CROSS_PX if tab.property("current") else 0)
