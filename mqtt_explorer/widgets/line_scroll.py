# SPDX-License-Identifier: MIT
"""The scroll bars of a text view: pixels while Qt's 31 bits hold them, else steps of several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, Signal

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractScrollArea, QScrollBar

    from mqtt_explorer.widgets.line_selection import Place
    from mqtt_explorer.widgets.line_sight import Sight

_MOST: Final = 1 << 30
_SIDEWAYS: Final = 4
"""Characters that a step of the horizontal bar scrolls by."""


class LineScroll(QObject):
    """Keeps the bars of a view and its `Sight` at one place.

    A place that there is no text for any more is remembered, and taken again when there is, unless the user has scrolled meanwhile: the
    first page of a message stands between two whole ones.
    """

    _grown = Signal()

    def __init__(self, view: QAbstractScrollArea, sight: Sight) -> None:
        super().__init__(view)
        self._view, self._sight = view, sight
        self._units = [1, 1]  # pixels of a step: across, down
        self._wanted: tuple[int, int] | None = None
        self._fitting = False
        self._grown.connect(self.fit, Qt.ConnectionType.QueuedConnection)

    def fit(self, *, keep_place: bool = True) -> None:
        """Takes over how large text and view are."""
        sight, view = self._sight, self._view
        wanted = (self._wanted or (sight.top, sight.left)) if keep_place else (0, 0)
        self._fitting = True
        sizes = (
            (view.horizontalScrollBar(), sight.full_width, sight.width, _SIDEWAYS * int(sight.setter.cell)),
            (view.verticalScrollBar(), sight.full_height, sight.height, sight.setter.row),
        )
        for axis, (bar, full, page, step) in enumerate(sizes):
            self._units[axis] = unit = full // _MOST + 1
            bar.setPageStep(max(page // unit, 1))
            bar.setSingleStep(max(step // unit, 1))
            bar.setRange(0, -(-max(full - page, 0) // unit))
        self._fitting = False
        self._put(wanted)
        self._wanted = None if (sight.top, sight.left) == wanted else wanted

    def grow(self) -> None:
        """More is needed than was known; called while painting, so it is done afterwards."""
        self._grown.emit()

    def to(self, top: int, left: int) -> None:
        """Scrolls to pixels, as far as there is text."""
        if self._sight.full_width > self._view.horizontalScrollBar().maximum() * self._units[0]:
            self.fit()
        self._wanted = None
        self._put((top, left))

    def by(self, right: int, down: int) -> None:
        """Scrolls by pixels."""
        self.to(self._sight.top + down, self._sight.left + right)

    def reveal(self, place: Place, *, centered: bool = False) -> None:
        """Scrolls as little as needed to bring a place into sight; `centered` puts its line in the middle then."""
        self.to(*self._sight.revealing(place, centered=centered))

    def follow_bars(self) -> None:
        """A bar has moved."""
        if self._fitting:
            return
        self._wanted = None
        across, down = self._view.horizontalScrollBar(), self._view.verticalScrollBar()
        self._sight.left = _pixels(across, self._units[0])
        self._sight.top = _pixels(down, self._units[1])

    def _put(self, wanted: tuple[int, int]) -> None:
        top, left = wanted
        self._view.verticalScrollBar().setValue(_steps(top, self._units[1]))
        self._view.horizontalScrollBar().setValue(_steps(left, self._units[0]))
        self.follow_bars()
        self._view.viewport().update()


def _pixels(bar: QScrollBar, unit: int) -> int:
    return int(bar.value()) * unit


def _steps(pixels: int, unit: int) -> int:
    return max(min(-(-pixels // unit), (1 << 31) - 1), 0)
