# SPDX-License-Identifier: MIT
"""The docks around the message panel: made, remembered, reset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

from mqtt_explorer.app.centre_alone import CentreAlone
from mqtt_explorer.app.dock_room import DockBody, DockPlan, Liked
from mqtt_explorer.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent, QShowEvent

#: Raise it when docks change: an old layout is then ignored instead of misread.
_LAYOUT_VERSION = 1
_PLANNED_FOR = QSize(1336, 736)
"""Size of the workbench, in pixels, that the sizes of the default layout are meant for."""
_LEAST_SHARE = 0.62
"""Docks are lower in a lower workbench, but no lower than this share: a list has to keep a few rows."""
_SMALL = (780, 480)
"""A workbench of less width or height has room for one side only."""
_SLACK = 16
"""Pixels of room more than needed before a second side comes back, so that it does not come and go."""
_BEHIND_PX = 90
"""Height that a dock asks for while it is behind another tab, in pixels."""
_RESIZE_MS = 30
_Area = Qt.DockWidgetArea
_SIDES = (_Area.LeftDockWidgetArea, _Area.RightDockWidgetArea)


class Workbench(QMainWindow):
    """The panels of a connection: the message in the middle, docks around it.

    In a small window the sides share one place, each dock keeps its share of the room, and all of it comes back with the room,
    as the user had made it.

    Attributes:
        alone: Gives the middle all the room for a time.
    """

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
        self._bodies: dict[str, DockBody] = {}
        self._liked: dict[tuple[str, Qt.Orientation], Liked] = {}
        self._dragged: dict[str, QSize] | None = None  # the sizes when the user began to drag a border
        self._folded = False  # docks share a place only because the window is small
        self._take_over = False  # the sizes that stand are the user's
        stay = [plan.name for plan in plans if plan.area is _SIDES[0]]
        self.alone = CentreAlone(self, self.docks, stay, self.layout_state, self.restore_layout)
        self._centre = DockBody()
        column = self._centre.column(12)
        column.setContentsMargins(12, 4, 12, 12)  # its first row stands as high as the docks' title bars
        column.addWidget(centre)
        self.setCentralWidget(self._centre)
        for plan in self._plans:
            self._add(plan)
        self._sized = False
        self._restored = ""
        # What a panel needs at least it knows only when it was laid out once: some ask for much more before, and get it.
        self._settle = QTimer(self, singleShot=True, interval=0)
        self._settle.timeout.connect(self._fit)
        self._resized = QTimer(self, singleShot=True, interval=_RESIZE_MS)
        self._resized.timeout.connect(self._fit)
        self.reset()

    def _add(self, plan: DockPlan) -> None:
        dock = QDockWidget(plan.title, self)
        dock.setObjectName(plan.name)
        bar = TitleBar(plan.title, dock)
        dock.setTitleBarWidget(bar)
        body = self._bodies[plan.name] = DockBody(part="bottom")
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
        # Behind another tab it has no real width, and what wraps there would make all of them high.
        body.setMinimumHeight(_BEHIND_PX)
        dock.visibilityChanged.connect(lambda shown: body.setMinimumHeight(0 if shown else _BEHIND_PX))
        self.docks[plan.name] = dock
        self.bars[plan.name] = bar

    def reset(self) -> None:
        """Brings every dock back to its first place, also when none was shown yet."""
        self._restored = ""  # else the first show would bring the saved layout back
        self.alone.end()
        self._liked.clear()
        self._take_over = False
        self._folded = self._is_small
        for plan in self._plans:
            dock = self.docks[plan.name]
            dock.setFloating(False)
            self.addDockWidget(plan.area, dock)
            dock.show()
        shared = {plan.name: plan.tabs_with(small=self._is_small) for plan in self._plans}
        for name, other in shared.items():
            if other is not None:
                self.tabifyDockWidget(self.docks[other], self.docks[name])
        for other in dict.fromkeys(filter(None, shared.values())):
            self.docks[other].raise_()
        self._size_docks()
        if self._sized:
            self._settle.start()
        self._title_tabs()

    @property
    def _is_small(self) -> bool:
        return self._sized and (self.width() < _SMALL[0] or self.height() < _SMALL[1])

    # -- room ------------------------------------------------------------------------------------------------------

    def _firsts(self) -> list[DockPlan]:
        """The docks that stand around the middle, of tabs that share a place the first."""
        found: list[DockPlan] = []
        for plan in self._plans:
            dock = self.docks[plan.name]
            if dock.isHidden() or dock.isFloating():
                continue
            beside = self.tabifiedDockWidgets(dock)
            if not any(self.docks[other.name] in beside for other in found):
                found.append(plan)
        return found

    def _direction(self, name: str) -> Qt.Orientation:
        """In which direction the size of a dock is its own: the other one its area decides."""
        at_side = self.dockWidgetArea(self.docks[name]) in _SIDES
        return Qt.Orientation.Horizontal if at_side else Qt.Orientation.Vertical

    def _wish(self, plan: DockPlan) -> Liked | None:
        """What the user gave a dock, else what the default layout gives it; None where it stands somewhere else."""
        direction = self._direction(plan.name)
        wide = direction is Qt.Orientation.Horizontal
        planned = plan.size.width() if wide else plan.size.height()
        whole = _PLANNED_FOR.width() if wide else _PLANNED_FOR.height()
        return self._liked.get((plan.name, direction)) or (Liked(planned, whole) if planned else None)

    def _size_docks(self) -> None:
        """Gives the docks their sizes, smaller in a small window, so that something is left for the middle."""
        for direction in (Qt.Orientation.Horizontal, Qt.Orientation.Vertical):
            wide = direction is Qt.Orientation.Horizontal
            sizes: dict[tuple[Qt.DockWidgetArea, int], tuple[QDockWidget, int]] = {}
            for plan in self._firsts():
                wish, dock = self._wish(plan), self.docks[plan.name]
                if wish is None or self._direction(plan.name) is not direction:
                    continue
                share = self.width() / wish.of if wide else max(_LEAST_SHARE, self.height() / max(wish.of, 1))
                # Of docks below each other in one column the first has its way.
                place = (self.dockWidgetArea(dock), dock.x() if wide else dock.y())
                sizes.setdefault(place, (dock, round(wish.px * min(1.0, share))))
            if sizes:
                self.resizeDocks(
                    [dock for dock, _px in sizes.values()], [px for _dock, px in sizes.values()], direction
                )

    def _fit(self) -> None:
        """After the window or what stands in it became larger or smaller."""
        if not self._sized or self._dragged is not None:
            return
        if self._folded:
            self._unfold()
        else:
            self._fold()
        self._bound()
        if self._take_over and not self._is_small:
            self._take_over = False
            self._keep_sizes({})
        else:
            self._size_docks()

    def _bound(self) -> None:
        """Shares the room: what the parts ask for at least may not be more than there is."""
        firsts = [(plan.name, self.dockWidgetArea(self.docks[plan.name])) for plan in self._firsts()]
        areas = [area for _name, area in firsts]
        sides = {area: areas.count(area) for area in _SIDES}
        below = sum(area not in _SIDES for area in areas)
        both = all(sides.values())
        wide, high = self.width() - 24, self.height() - 46  # less borders and tabs
        shares = {_SIDES[0]: 0.33 if both else 0.44, _SIDES[1]: 0.41 if both else 0.44}
        self._centre.bound(QSize(round(wide * (0.26 if both else 0.54)), round(high * 0.5)))
        upper = min(self._centre.needed.height(), high // 2)  # the lists below may have all the rest
        for name, area in firsts:
            if area is _SIDES[1]:
                tall = self._bodies[name].needed.height() + self.bars[name].height()
                upper = max(upper, min(tall, round(high * 0.55)))
        for name, area in firsts:
            bar = self.bars[name].height()
            if area in _SIDES:
                width = round(wide * shares[area]) // sides[area]
                height = round(high * (1.0 if area is _SIDES[0] else 0.55)) // sides[area]
            else:
                width, height = round(wide * 0.55) // areas.count(area), (high - upper) // below
            for each in (self.docks[name], *self.tabifiedDockWidgets(self.docks[name])):
                self._bodies[each.objectName()].bound(QSize(width, max(height - bar, 1)))

    def _side(self) -> tuple[DockPlan, QDockWidget, QDockWidget] | None:
        """The dock that may go to another one as a tab, and that one; both where the default layout has them or None."""
        for plan in self._plans:
            if plan.tab_when_small is None:
                continue
            dock, other = self.docks[plan.name], self.docks[plan.tab_when_small]
            if not any(each.isHidden() or each.isFloating() for each in (dock, other)):
                return plan, dock, other
        return None

    def _needs(self, plan: DockPlan, other: str) -> QSize:
        """What the workbench needs for both sides, in pixels."""
        left, right, centre = self._bodies[other].needed, self._bodies[plan.name].needed, self._centre.needed
        below = [
            self._bodies[each.name].needed.height() for each in self._firsts() if each.area not in _SIDES
        ]
        bars = 2 * self.bars[plan.name].height()
        return QSize(
            left.width() + centre.width() + right.width() + 16,
            max(centre.height(), right.height()) + max(below, default=0) + bars + 46,
        )

    def _has_room(self, plan: DockPlan, other: str, slack: int) -> bool:
        needs = self._needs(plan, other)
        return (
            not self._is_small
            and needs.width() + slack <= self.width()
            and needs.height() + slack <= self.height()
        )

    def _fold(self) -> None:
        """Where both sides have no room one goes behind the other, unless the user has put them somewhere else."""
        found = self._side()
        if found is None:
            return
        plan, dock, other = found
        if self.dockWidgetArea(dock) != plan.area or self.tabifiedDockWidgets(dock):
            return
        if self._has_room(plan, other.objectName(), 0):
            return
        within = dock.isAncestorOf(focus) if (focus := self.focusWidget()) is not None else False
        self.tabifyDockWidget(other, dock)
        (dock if within else other).raise_()
        self._folded = True
        self._title_tabs()

    def _unfold(self) -> None:
        """Brings the other side back as soon as there is room, unless the user has put it somewhere else."""
        found = self._side()
        if found is None:
            return
        plan, dock, other = found
        if other not in self.tabifiedDockWidgets(dock):
            self._folded = False
        elif self._has_room(plan, other.objectName(), _SLACK):
            self._folded = False
            focus = self.focusWidget()
            self.addDockWidget(plan.area, dock)
            dock.show()
            if focus is not None and dock.isAncestorOf(focus):
                focus.setFocus()
            self._title_tabs()
            self._settle.start()  # its real needs it knows in its new place only

    def _keep_sizes(self, before: dict[str, QSize]) -> None:
        """Takes over the sizes that the user gave: all that are not as they were before."""
        for plan in self._firsts():
            dock, direction = self.docks[plan.name], self._direction(plan.name)
            wide = direction is Qt.Orientation.Horizontal
            old, now = before.get(plan.name, QSize()), self._shown_size(dock)
            if (old.width() != now.width()) if wide else (old.height() != now.height()):
                liked = Liked(now.width() if wide else now.height(), self.width() if wide else self.height())
                for each in (dock, *self.tabifiedDockWidgets(dock)):
                    self._liked[each.objectName(), direction] = liked

    def _shown_size(self, dock: QDockWidget) -> QSize:
        """The size of a dock, or of the tab before it: one behind another stands nowhere."""
        group = (dock, *self.tabifiedDockWidgets(dock))
        return next((each.size() for each in group if self.rect().contains(each.geometry())), dock.size())

    # -- Qt ------------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress:  # only a border between docks lets it come here
            self._dragged = {plan.name: self._shown_size(self.docks[plan.name]) for plan in self._firsts()}
        done = bool(super().event(event))
        if kind == QEvent.Type.MouseButtonRelease and self._dragged is not None:
            before, self._dragged = self._dragged, None
            self._keep_sizes(before)
        elif kind == QEvent.Type.LayoutRequest and self._sized:
            self._look_again()
        return done

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._sized:
            self._bound()
            if not self._resized.isActive():  # throttled, for a border is dragged in many steps
                self._resized.start()

    def _look_again(self) -> None:
        """Fonts, strips and chips change what the parts need."""
        found = self._side()
        if found is None or self._settle.isActive():
            return
        plan, _dock, other = found
        if self._has_room(plan, other.objectName(), _SLACK if self._folded else 0) is self._folded:
            self._settle.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._sized:  # Qt forgets sizes given before the docks have a place on the screen
            self._sized = True
            holder = self.parentWidget()
            if (
                holder is not None
            ):  # a page of a stack gets its size after it was shown, and docks would grow with it
                self.resize(holder.contentsRect().size())
            if self._restored:
                self.restore_layout(self._restored)
            elif self._is_small:
                self.reset()
            else:
                self._size_docks()
                self._settle.start()

    def layout_state(self) -> str:
        """The layout as base64 text; the one it was given while it was never shown."""
        if not self._sized:
            return self._restored
        return self.alone.before or bytes(self.saveState(_LAYOUT_VERSION).toBase64().data()).decode()

    def restore_layout(self, text: str) -> None:
        """Restores a layout, at the latest when first shown; an unusable one leaves the default."""
        self._restored = text
        if not self._sized:
            return
        self._settle.stop()
        if not text or not self.restoreState(QByteArray.fromBase64(text.encode()), _LAYOUT_VERSION):
            self.reset()
        else:
            found = self._side()
            self._liked.clear()
            self._folded = (
                self._is_small and found is not None and found[2] in self.tabifiedDockWidgets(found[1])
            )
            self._take_over = True
            self._settle.start()
        self._title_tabs()

    def show_dock(self, name: str) -> None:
        """Opens a dock and brings it to the front."""
        dock = self.docks[name]
        if self.alone.before and dock.isHidden():
            self.alone.toggle()
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
