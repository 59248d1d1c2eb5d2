# SPDX-License-Identifier: MIT
"""The buttons in the title bar of the Topics panel, and their menus: order, columns, and more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from mqtt_explorer.models.topic_columns import DEFAULT, NAMES, SortOrder
from mqtt_explorer.panels.topics.menu import menu_text
from mqtt_explorer.widgets.cards import plain_tooltip
from mqtt_explorer.widgets.icons import icon
from mqtt_explorer.widgets.menus import TickMenu, add_tick

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtWidgets import QWidget

    from mqtt_explorer.widgets.buttons import IconButton
    from mqtt_explorer.widgets.title_bar import TitleBar

MUTED_SHOWN: Final = 20
"""Muted branches that the menu lists at most; it says how many more there are."""


_NARROW: Final = 360
"""Below this width the title bar keeps only the buttons that have no other place."""


class Look(NamedTuple):
    """What settings keep of the tree: columns shown and widths given, by name, and the order within a branch."""

    columns: tuple[str, ...] = DEFAULT
    widths: Mapping[str, int] = {}
    sort: SortOrder = SortOrder.ARRIVAL
    descending: bool = False


def _tr(text: str) -> str:
    return QCoreApplication.translate("TopicsPanel", text)


def order_texts() -> dict[SortOrder, tuple[str, str]]:
    """Name and one-line explanation of each order."""
    return {
        SortOrder.ARRIVAL: (_tr("Arrival"), _tr("As the topics were first seen; new ones come last.")),
        SortOrder.NAME: (_tr("Name"), _tr("By character, capital letters first.")),
        SortOrder.NATURAL: (_tr("Name, numbers by value"), _tr("node-2 stands before node-10.")),
        SortOrder.ACTIVITY: (_tr("Activity"), _tr("The most messages a second first; live.")),
        SortOrder.MESSAGES: (_tr("Messages"), _tr("The most messages received first; live.")),
        SortOrder.AGE: (_tr("Last message"), _tr("The newest message first; live.")),
        SortOrder.STALE: (_tr("Overdue"), _tr("Longest silent beyond its usual interval first; live.")),
    }


def column_texts() -> dict[str, tuple[str, str]]:
    """Name and one-line explanation of each column that may be hidden."""
    return {
        "value": (_tr("Value"), _tr("The last payload, as a preview.")),
        "trend": (_tr("Trend"), _tr("The last numbers as a small line.")),
        "messages": (_tr("Messages"), _tr("How many were received.")),
        "rate": (_tr("Rate"), _tr("Messages a second.")),
        "size": (_tr("Size"), _tr("Bytes of the last payload.")),
        "age": (_tr("Age"), _tr("Time since the last message.")),
        "qos": (_tr("QoS"), _tr("Of the last message.")),
        "retained": (_tr("Retained"), _tr("Whether the broker keeps a message here.")),
    }


@dataclass(frozen=True, slots=True)
class TitleActions:
    """What the panel does for its title bar, and what the menus ask it when they open.

    Attributes:
        look: The columns and the order in force.
        no_room: Chosen columns that the panel is too narrow for.
        sort: Takes an order, and whether it is turned round.
        columns: Takes the columns to show, by name.
        row: Shows the row with the scopes and states (True) or hides it.
        has_current: Whether a row is the current one.
        expand, collapse: Everything below the current row.
        collapse_all: Folds every branch.
        favourites: How many there are, and whether they are shown.
        show_favourites: Shows them or not.
        muted: The muted branches.
        unmute: Lets branches be heard again.
    """

    look: Callable[[], Look]
    no_room: Callable[[], Sequence[str]]
    sort: Callable[[SortOrder, bool], object]
    columns: Callable[[tuple[str, ...]], object]
    row: Callable[[bool], object]
    has_current: Callable[[], bool]
    expand: Callable[[], object]
    collapse: Callable[[], object]
    collapse_all: Callable[[], object]
    favourites: Callable[[], tuple[int, bool]]
    show_favourites: Callable[[bool], object]
    muted: Callable[[], Sequence[bytes]]
    unmute: Callable[[Sequence[bytes]], object]


class TitleTools(QObject):
    """The buttons. In a narrow panel order and columns move into the last menu, so that the figure beside the title stays.

    Signals:
        opened(object): A menu that is about to pop up.
    """

    opened = Signal(object)

    def __init__(self, actions: TitleActions, parent: QWidget) -> None:
        super().__init__(parent)
        self._panel = parent
        self._actions = actions
        self._narrow = False
        self.filter: IconButton | None = None
        self.sort: IconButton | None = None
        self.columns: IconButton | None = None
        self.more: IconButton | None = None

    def fill(self, bar: TitleBar) -> None:
        """Adds the buttons to the panel's title bar."""
        self.filter = bar.add_action("filter", self.tr("Scopes and states of the search"), checkable=True)
        self.filter.toggled.connect(self._actions.row)
        self.sort = bar.add_action("sort", self.tr("Order within a branch"), self.open_sort)
        self.columns = bar.add_action("columns", self.tr("Columns"), self.open_columns)
        self.more = bar.add_action("dots", self.tr("More for topics"), self.open_more)
        self._show_buttons()

    def fit(self, width: int) -> None:
        """Hides the buttons whose menus the last one has too where the panel is narrow; `width` in pixels."""
        self._narrow = width < _NARROW
        self._show_buttons()

    def _show_buttons(self) -> None:
        for button in (self.sort, self.columns):
            if button is not None:
                button.setVisible(not self._narrow)

    def open_sort(self) -> None:
        """Pops up the orders."""
        self._pop_up(self._fill_sort(self._menu()), self.sort)

    def open_columns(self) -> None:
        """Pops up the columns."""
        self._pop_up(self._fill_columns(self._menu()), self.columns)

    def open_more(self) -> None:
        """Pops up everything else."""
        menu = self._menu()
        actions = self._actions
        if self._narrow:
            self._fill_sort(self._sub(menu, self.tr("Order within a branch"), "sort"))
            self._fill_columns(self._sub(menu, self.tr("Columns"), "columns"))
            menu.addSeparator()
        if actions.has_current():
            menu.addAction(icon("expand"), self.tr("Expand all below"), lambda: actions.expand())
            menu.addAction(icon("collapse"), self.tr("Collapse all below"), lambda: actions.collapse())
        menu.addAction(self.tr("Collapse everything"), lambda: actions.collapse_all())
        menu.addSeparator()
        count, shown = actions.favourites()
        if count:
            favourites = menu.addAction(self.tr("Show favourites"))
            favourites.setCheckable(True)
            favourites.setChecked(shown)
            favourites.toggled.connect(actions.show_favourites)
        self._add_muted(menu)
        self._pop_up(menu, self.more)

    def _add_muted(self, menu: QMenu) -> None:
        muted = sorted(self._actions.muted())
        if not muted:
            return
        sub = self._sub(menu, self.tr("Muted branches ({n})").format(n=f"{len(muted):,}"), "mute")
        for topic in muted[:MUTED_SHOWN]:
            self._add_unmute(sub, topic)
        sub.addSeparator()
        more = len(muted) - MUTED_SHOWN
        all_ = self.tr("Unmute all")
        if more > 0:
            all_ = self.tr("Unmute all, also {n} not listed").format(n=f"{more:,}")
        sub.addAction(all_, lambda: self._actions.unmute(muted))

    def _add_unmute(self, menu: QMenu, topic: bytes) -> None:
        text = self.tr("Unmute {branch}").format(branch=menu_text(topic.decode()))
        action = menu.addAction(icon("eye"), text, lambda: self._actions.unmute((topic,)))
        action.setToolTip(plain_tooltip(topic.decode()))

    def _fill_sort(self, menu: QMenu) -> QMenu:
        look = self._actions.look()
        group = QActionGroup(menu)
        for order, (name, why) in order_texts().items():
            action = menu.addAction(name, lambda order=order: self._actions.sort(order, look.descending))  # type: ignore[misc]
            action.setToolTip(why)
            action.setCheckable(True)
            action.setChecked(order is look.sort)
            group.addAction(action)
        menu.addSeparator()
        turn = menu.addAction(self.tr("Turn round"))
        turn.setToolTip(self.tr("The last of this order first."))
        turn.setCheckable(True)
        turn.setChecked(look.descending)
        turn.toggled.connect(lambda on: self._actions.sort(look.sort, on))
        return menu

    def _fill_columns(self, menu: QMenu) -> QMenu:
        shown = self._actions.look().columns
        no_room = self._actions.no_room()
        for name, (title, why) in column_texts().items():
            if name in no_room:
                title = self.tr("{column} (no room now)").format(column=title)
            action = add_tick(menu, title, on=name in shown, tooltip=why)
            action.toggled.connect(lambda on, name=name: self._toggle_column(name, on))
        menu.addSeparator()
        menu.addAction(self.tr("Columns of a first start"), lambda: self._actions.columns(DEFAULT))
        return menu

    def _toggle_column(self, name: str, on: bool) -> None:
        shown = {*self._actions.look().columns} - {name}
        if on:
            shown.add(name)
        self._actions.columns(tuple(each for each in NAMES if each in shown))

    def _menu(self) -> QMenu:
        menu = TickMenu(self._panel)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        return menu

    @staticmethod
    def _sub(menu: QMenu, title: str, icon_name: str) -> QMenu:
        sub = menu.addMenu(icon(icon_name), title)
        sub.setToolTipsVisible(True)
        return sub

    def _pop_up(self, menu: QMenu, button: QWidget | None) -> None:
        self.opened.emit(menu)
        at = button if button is not None and button.isVisible() else self._panel
        menu.popup(at.mapToGlobal(at.rect().bottomLeft() if at is button else at.rect().topLeft()))
