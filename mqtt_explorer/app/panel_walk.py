# SPDX-License-Identifier: MIT
"""Going from panel to panel, and from part to part of a page, by keyboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from mqtt_explorer.app.docks import Workbench

_BY_KEY = Qt.FocusReason.ShortcutFocusReason


class PanelWalk:
    """Gives panels the focus, closed docks excepted.

    Args:
        panels: In the order of walking, by name; a dock has the name of its panel.
        workbench: Where they are.

    Attributes:
        at: The panel last gone to: an empty one has nothing that could hold the focus.
    """

    def __init__(self, panels: Mapping[str, QWidget], workbench: Workbench) -> None:
        self.at = ""
        self._panels = panels
        self._workbench = workbench

    def go_to(self, name: str, *, asked: bool = True) -> None:
        """Brings a panel to the front, opens its dock if it is closed, and gives it the focus.

        Args:
            name: Of the panel.
            asked: The user wants to go there; else the focus comes by itself, and nothing in the panel is chosen by it.
        """
        reason = _BY_KEY if asked else Qt.FocusReason.OtherFocusReason
        if name in self._workbench.docks:
            self._workbench.show_dock(name)
        self.at = name
        panel = self._panels[name]
        panel.setFocus(reason)
        if _has_focus(panel):
            return
        tab_stop = _first_stop(panel)  # its view is hidden behind an empty state
        if tab_stop is not None:
            tab_stop.setFocus(reason)
        elif (left := self._workbench.window().focusWidget()) is not None:
            left.clearFocus()  # an empty panel takes no keys, and the one left gets none meant for it

    def step(self, step: int) -> None:
        """Goes to the next (1) or previous (-1) open panel."""
        docks = self._workbench.docks
        open_ones = [name for name in self._panels if name not in docks or not docks[name].isHidden()]
        here = next((name for name in open_ones if _has_focus(self._panels[name])), self.at)
        now = open_ones.index(here) if here in open_ones else -step
        self.go_to(open_ones[(now + step) % len(open_ones)])

    def fill(self, name: str) -> None:
        """A panel that was empty when it was gone to has something now: it takes the keys that go nowhere.

        Never those meant for a dialog, a floating dock or another program.
        """
        window = self._workbench.window()
        if self.at == name and window.isActiveWindow() and window.focusWidget() is None:
            self._panels[name].setFocus(Qt.FocusReason.OtherFocusReason)


def walk_parts(parts: Sequence[QWidget], step: int) -> None:
    """Goes to the next (1) or previous (-1) part of a page that has something to go to: a control, or a box of controls."""
    stops = [(part, stop) for part in parts if part.isVisible() and (stop := _first_stop(part)) is not None]
    if not stops:
        return
    holding = [place for place, (part, _) in enumerate(stops) if _has_focus(part)]
    now = holding[-1] if holding else (-1 if step > 0 else 0)  # of a part within a part the inner one
    stops[(now + step) % len(stops)][1].setFocus(_BY_KEY)


def _first_stop(part: QWidget) -> QWidget | None:
    """What the Tab key would come to first in a part."""
    inside = [part.focusProxy() or part, *part.findChildren(QWidget)]
    stops = (each for each in inside if each.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return next((each for each in stops if each.isVisible() and each.isEnabled()), None)


def _has_focus(part: QWidget) -> bool:
    focus = part.window().focusWidget()  # a floating dock is a window of its own
    return focus is not None and (focus is part or part.isAncestorOf(focus))
