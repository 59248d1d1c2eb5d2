# SPDX-License-Identifier: MIT
"""The find bar of a text view, joined with what searches its lines."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt

from mqtt_explorer.widgets.find_bar import FindBar
from mqtt_explorer.widgets.line_find import Finder
from mqtt_explorer.widgets.line_selection import Place
from mqtt_explorer.widgets.theme import theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt_explorer.payload.api import Lines
    from mqtt_explorer.widgets.line_area import LineArea

_COUNT_S: Final = 0.08


class LineSearch(QObject):
    """Opens and closes the bar, and selects one hit after the other.

    Args:
        view: Under whose text the bar is.
        select: Selects what lies between two places and brings it into sight.
    """

    def __init__(self, view: LineArea, select: Callable[[Place, Place], object]) -> None:
        super().__init__(view)
        self._view, self._select = view, select
        self.bar = FindBar(view)
        self.bar.hide()
        self.finder = Finder(self)
        self._begun = Place(0, 0)  # where typing began: the first hit from there on is shown
        self._counted_s = 0.0
        self._coming = False
        self._waiting: tuple[Place, int] | None = None  # a step to a hit that is not found yet
        self.bar.changed.connect(self._on_changed)
        self.bar.step_requested.connect(self.step)
        self.bar.closed.connect(self.close)
        self.finder.changed.connect(self._on_found)
        theme().changed.connect(self.lay_out)  # after the bar, which has its new height then

    @property
    def is_open(self) -> bool:
        """Whether the bar is there."""
        return not self.bar.isHidden()

    def open(self, text: str = "") -> None:
        """Shows the bar and gives it the focus; with a text it looks for that."""
        self._begun = self._view.selection.first
        if not self.is_open:
            self.bar.show()
            self.lay_out()
            if self.bar.text:  # what stands there from last time
                self._on_changed()
        self.bar.begin(text)

    def close(self) -> None:
        """Hides the bar and gives the text the focus."""
        self.finder.search(self._view.lines, "", case=False, origin=0)
        self._waiting = None
        if self.is_open:
            self.bar.hide()
            self._view.make_room(0)
            self._view.show_hits(None)
        self._view.setFocus(Qt.FocusReason.OtherFocusReason)

    def step(self, step: int) -> None:
        """Selects the next hit (1) or the previous one (-1); opens the bar where it is closed."""
        if not self.is_open:
            self.open()
        if self.bar.text:
            self._go(self._view.selection.first, step)

    def set_coming(self, coming: bool) -> None:
        """Tells whether these lines are the beginning only, and others with the rest are to come."""
        if coming != self._coming:
            self._coming = coming
            self.show_count()

    def follow(self, lines: Lines) -> None:
        """Searches other lines for the same; nothing is selected by that, unless nothing was found while more was to come."""
        if self.is_open:
            self._waiting = None
            unanswered = self._coming and not self.finder.count and bool(self.bar.text)
            self._search(lines)
            if unanswered:
                self._go(self._begun, 0)

    def lay_out(self) -> None:
        """Puts the bar under the text."""
        if self.is_open:
            self._view.make_room(self.bar.height())
            area = self._view.viewport().geometry()
            self.bar.setGeometry(area.x(), area.bottom() + 1, area.width(), self.bar.height())

    def _on_changed(self) -> None:
        self._waiting = None
        self._search(self._view.lines)
        if self.bar.text:
            self._go(self._begun, 0)

    def _search(self, lines: Lines) -> None:
        origin = min(self._begun.line, max(len(lines) - 1, 0))
        self.finder.search(lines, self.bar.text, case=self.bar.case, origin=origin)
        self._view.show_hits(self.finder.hits_in if self.bar.text else None)

    def _go(self, place: Place, step: int) -> None:
        found = self.finder.step(place, step)
        self._waiting = (place, step) if found is None and not self.finder.done else None
        if found is not None:
            self._select(found, Place(found.line, found.column + self.finder.length))

    def _on_found(self) -> None:
        if self._waiting is not None:
            self._go(*self._waiting)
        now = time.monotonic()
        if (
            self.finder.done or now - self._counted_s >= _COUNT_S
        ):  # a label that changes costs as much as a slice
            self._counted_s = now
            self.show_count()

    def show_count(self) -> None:
        """Says how many hits there are, and which of them is selected."""
        if not self.is_open:
            return
        finder = self.finder
        if not self.bar.text:
            self.bar.set_found(None)
            return
        selection = self._view.selection
        whole = selection.last == Place(selection.first.line, selection.first.column + finder.length)
        place = finder.number_of(selection.first) if whole else None
        self.bar.set_found(
            finder.count,
            place,
            done=finder.done,
            more=finder.is_full,
            share=finder.share,
            coming=self._coming,
        )
