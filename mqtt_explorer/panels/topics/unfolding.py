# SPDX-License-Identifier: MIT
"""Unfolds many branches again after a search came or went: those on the screen at once, the others between the frames."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mqtt_explorer.panels.topics.anchor import Anchor
    from mqtt_explorer.store.topic_tree import Node

ROWS_AT_ONCE: Final = 1_000
"""Rows beside those of the screen that are laid out in one go; what is more comes in slices."""
SLICE_S: Final = 0.006


class Unfolding(QObject):
    """Branches that are still to be unfolded, off the screen; what stands on it keeps its place meanwhile.

    Args:
        anchor: Keeps the place.
        unfold: Unfolds one branch.
    """

    def __init__(self, anchor: Anchor, unfold: Callable[[Node], object]) -> None:
        super().__init__(anchor)
        self._anchor, self._unfold = anchor, unfold
        self._line: list[Node] = []  # the next one is the last
        self._due: set[Node] = set()
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)

    @property
    def running(self) -> bool:
        """True while something is left to unfold."""
        return self._timer.isActive()

    def __contains__(self, node: object) -> bool:
        return node in self._due

    def begin(self, nodes: Iterable[Node]) -> None:
        """These wait now, and nothing else; parents before children."""
        self._line = list(nodes)
        self._line.reverse()
        self._due = set(self._line)
        if self._due:
            self._timer.start()
        else:
            self._timer.stop()

    def leave_out(self, nodes: Iterable[Node]) -> None:
        """These stay folded."""
        self._due.difference_update(nodes)

    def stop(self) -> None:
        """Leaves what is not unfolded yet."""
        self.begin(())

    def _go_on(self) -> None:
        until = time.perf_counter() + SLICE_S
        self._anchor.hold()
        with self._anchor.resting():
            while self._line and time.perf_counter() < until:
                node = self._line.pop()
                if node in self._due:
                    self._due.remove(node)
                    self._unfold(node)
        self._anchor.settle()
        if not self._line:
            self._timer.stop()
