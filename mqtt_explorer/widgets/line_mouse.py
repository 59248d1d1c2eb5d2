# SPDX-License-Identifier: MIT
"""Selecting text with the mouse: by characters, words or lines, and on beyond the edges."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QPointF, QTimer
from PySide6.QtWidgets import QApplication

from mqtt_explorer.widgets.line_selection import Place, Selection, word_around

if TYPE_CHECKING:
    from mqtt_explorer.widgets.line_sight import Sight

_EVERY_MS: Final = 30
_FASTEST: Final = 20
"""Lines, or characters times four, that are scrolled at each beat with the pointer far outside."""
_CHARACTERS, _WORDS, _LINES = 1, 2, 3


class MouseSelection(QObject):
    """Follows a press to its release.

    Args:
        parent: The view.
        sight: What is in sight of it.
        select: Takes the selection so far.
        scroll_by: Scrolls by pixels to the right and down.
    """

    def __init__(
        self,
        parent: QObject,
        sight: Sight,
        select: Callable[[Selection], object],
        scroll_by: Callable[[int, int], object],
    ) -> None:
        super().__init__(parent)
        self._sight, self._select, self._scroll_by = sight, select, scroll_by
        self._from: Selection | None = None  # what the press has selected
        self._unit = _CHARACTERS
        self._at = QPointF()
        self._pressed_s, self._pressed_at = 0.0, QPointF()
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._on_beat)

    @property
    def dragging(self) -> bool:
        """True between press and release."""
        return self._from is not None

    def press(self, at: QPointF, *, double: bool, extend: Selection | None, whole_line: bool = False) -> None:
        """The button went down, `double` for the second time.

        Args:
            at: Where, in the text's area.
            double: Qt's own double click.
            extend: What Shift goes on with.
            whole_line: In the gutter.
        """
        sight = self._sight
        if not len(sight.lines):
            return
        now = time.monotonic()
        close = now - self._pressed_s < QApplication.doubleClickInterval() / 1000
        close = close and (at - self._pressed_at).manhattanLength() < QApplication.startDragDistance()
        triple = self._unit == _WORDS and close and not double
        self._unit = _LINES if whole_line or triple else _WORDS if double else _CHARACTERS
        self._pressed_s, self._pressed_at, self._at = now, at, at
        self._from = self._around(at)
        if extend is not None and self._unit == _CHARACTERS:
            self._from = Selection(extend.anchor, extend.anchor)
        self._go_on()

    def move(self, at: QPointF) -> None:
        """The pointer moved while the button is down."""
        if self._from is None:
            return
        self._at = at
        self._go_on()
        inside = 0 <= at.x() < self._sight.width and 0 <= at.y() < self._sight.height
        if inside:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def release(self) -> None:
        """The button went up, or the press was taken away."""
        self._from = None
        self._timer.stop()

    def _on_beat(self) -> None:
        setter = self._sight.setter
        down = _beyond(self._at.y(), self._sight.height)
        right = _beyond(self._at.x(), self._sight.width)
        most_down, most_right = _FASTEST * setter.row, _FASTEST * setter.cell * 4
        self._scroll_by(
            int(max(min(right, most_right), -most_right)), int(max(min(down, most_down), -most_down))
        )
        self._go_on()

    def _go_on(self) -> None:
        begun = self._from
        if begun is None:
            return
        now = self._around(self._at)
        if now.first < begun.first:
            self._select(Selection(begun.last, now.first))
        else:
            self._select(Selection(begun.first, max(now.last, begun.last)))

    def _around(self, at: QPointF) -> Selection:
        sight = self._sight
        # Beyond the edges the place at the edge counts: what is not in sight is not selected yet.
        y = min(max(at.y(), 0.0), sight.height - 1.0)
        x = min(max(at.x(), 0.0), float(sight.width))
        place = sight.place_at(x, y)
        if self._unit == _CHARACTERS:
            return Selection(place, place)
        if self._unit == _WORDS:
            return word_around(sight.lines, sight.char_at(x, y) or place)
        line = place.line
        if line + 1 < len(sight.lines):
            return Selection(Place(line, 0), Place(line + 1, 0))
        return Selection(Place(line, 0), Place(line, sight.pieces.length(line)))


def _beyond(at: float, size: int) -> float:
    """How far outside it is; negative before the area."""
    return at if at < 0 else at - size if at >= size else 0.0
