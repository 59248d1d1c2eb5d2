# SPDX-License-Identifier: MIT
"""The docks around the message panel: made, remembered, reset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

from mqtt_explorer.widgets.cards import Card
from mqtt_explorer.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

#: Raise it when docks change: an old layout is then ignored instead of misread.
_LAYOUT_VERSION = 1
_Area = Qt.DockWidgetArea


@dataclass(frozen=True, slots=True)
class DockPlan:
    """One dock of the default layout.

    Attributes:
        name: Stable; the saved layout knows the dock by it.
        tab_with: The dock it shares its place with as a tab.
    """

    name: str
    title: str
    panel: QWidget
    area: Qt.DockWidgetArea
    size: QSize
    tab_with: str | None = None


class Workbench(QMainWindow):
    """The panels of a connection: the message in the middle, docks around it."""

    def __init__(self, centre: QWidget, plans: Sequence[DockPlan], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockOptions(QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        self.setTabPosition(_Area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setCorner(Qt.Corner.BottomLeftCorner, _Area.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, _Area.BottomDockWidgetArea)
        self._plans = tuple(plans)
        self.docks: dict[str, QDockWidget] = {}
        self.bars: dict[str, TitleBar] = {}
        card = Card()
        card.column(12).addWidget(centre)
        self.setCentralWidget(card)
        for plan in self._plans:
            self._add(plan)
        self._sized = False
        self._restored = ""
        self.reset()

    def _add(self, plan: DockPlan) -> None:
        dock = QDockWidget(plan.title, self)
        dock.setObjectName(plan.name)
        bar = TitleBar(plan.title, dock)
        dock.setTitleBarWidget(bar)
        body = Card(part="bottom")
        body.column(12).addWidget(plan.panel)
        dock.setWidget(body)
        info = getattr(plan.panel, "info_changed", None)
        if info is not None:
            info.connect(bar.set_info)
        fill = getattr(plan.panel, "fill_title_bar", None)
        if fill is not None:
            fill(bar)
        dock.dockLocationChanged.connect(lambda _area: self._title_tabs())
        dock.topLevelChanged.connect(lambda _floating: self._title_tabs())
        dock.visibilityChanged.connect(lambda _visible: self._title_tabs())
        self.docks[plan.name] = dock
        self.bars[plan.name] = bar

    def reset(self) -> None:
        """Brings every dock back to its first place, also when none was shown yet."""
        self._restored = ""  # else the first show would bring the saved layout back
        for plan in self._plans:
            dock = self.docks[plan.name]
            dock.setFloating(False)
            self.addDockWidget(plan.area, dock)
            dock.show()
        for plan in self._plans:
            if plan.tab_with is not None:
                self.tabifyDockWidget(self.docks[plan.tab_with], self.docks[plan.name])
        for plan in self._plans:
            if any(other.tab_with == plan.name for other in self._plans):
                self.docks[plan.name].raise_()
        self._size_docks()
        self._title_tabs()

    def _size_docks(self) -> None:
        firsts = [plan for plan in self._plans if plan.tab_with is None]
        for side, orientation in (
            ((_Area.LeftDockWidgetArea, _Area.RightDockWidgetArea), Qt.Orientation.Horizontal),
            ((_Area.BottomDockWidgetArea, _Area.TopDockWidgetArea), Qt.Orientation.Vertical),
        ):
            chosen = [plan for plan in firsts if plan.area in side]
            wide = orientation is Qt.Orientation.Horizontal
            sizes = [plan.size.width() if wide else plan.size.height() for plan in chosen]
            self.resizeDocks([self.docks[plan.name] for plan in chosen], sizes, orientation)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._sized:  # Qt forgets sizes given before the docks have a place on the screen
            self._sized = True
            if self._restored:
                self.restore_layout(self._restored)
            else:
                self._size_docks()

    def layout_state(self) -> str:
        """The layout as base64 text; the one it was given while it was never shown."""
        if not self._sized:
            return self._restored
        return bytes(self.saveState(_LAYOUT_VERSION).toBase64().data()).decode()

    def restore_layout(self, text: str) -> None:
        """Restores a layout, at the latest when first shown; an unusable one leaves the default."""
        self._restored = text
        if not self._sized:
            return
        if not text or not self.restoreState(QByteArray.fromBase64(text.encode()), _LAYOUT_VERSION):
            self.reset()
        self._title_tabs()

    def show_dock(self, name: str) -> None:
        """Opens a dock and brings it to the front."""
        dock = self.docks[name]
        dock.show()
        dock.raise_()
        if dock.isFloating():
            dock.activateWindow()

    def _title_tabs(self) -> None:
        """A tab says the name already, so the title below it does not say it again."""
        for name, dock in self.docks.items():
            tabbed = any(
                not other.isFloating() and not other.isHidden() for other in self.tabifiedDockWidgets(dock)
            )
            self.bars[name].title.setVisible(not tabbed or dock.isFloating())
