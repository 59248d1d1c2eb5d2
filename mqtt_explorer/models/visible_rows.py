# SPDX-License-Identifier: MIT
"""What the rows on the screen need beyond the store: glow and rate. No Qt."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mqtt_explorer.store.topic_tree import Node

GLOW_S: Final = 0.6
"""How long a changed row glows, in seconds."""
WINDOW: Final = 10
"""Samples, one a second, that a rate is measured over."""
FEW: Final = 5
"""Fewer messages than this in the window, and the gap between the last two says more than their number."""


class VisibleRow:
    """One row while it can be seen."""

    __slots__ = ("below", "changed_at", "count", "gap_s", "rate", "samples")

    def __init__(self, node: Node) -> None:
        self.count = node.count
        self.below = node.messages_below
        self.changed_at = 0.0
        self.samples: deque[tuple[float, int]] = deque(maxlen=WINDOW + 1)
        self.rate = 0.0
        self.gap_s: float | None = None


class VisibleRows:
    """Follows the rows of the screen: who changed, who still glows, how often each changes.

    It compares what it saw last with what is there now, so its cost depends on the rows of the screen and not
    on how many messages arrived.
    """

    def __init__(self, last_gap_s: Callable[[Node], float | None]) -> None:
        self._last_gap_s = last_gap_s
        self._rows: dict[Node, VisibleRow] = {}
        self._sampled_at = 0.0

    def clear(self) -> None:
        """Forgets everything."""
        self._rows.clear()
        self._sampled_at = 0.0

    def glow(self, node: Node, now_s: float) -> float:
        """1.0 for a row that changed this moment, falling to 0.0."""
        row = self._rows.get(node)
        if row is None or not row.changed_at:
            return 0.0
        return max(0.0, 1.0 - (now_s - row.changed_at) / GLOW_S)

    def rate(self, node: Node) -> float:
        """Messages per second of the topic itself."""
        row = self._rows.get(node)
        return row.rate if row is not None else 0.0

    def update(self, nodes: Iterable[Node], is_open: Callable[[Node], bool], now_s: float) -> list[Node]:
        """Looks at the rows of the screen and returns those that have to be painted again, in the same order."""
        sample = now_s - self._sampled_at >= 1.0
        if sample:
            self._sampled_at = now_s
        old, self._rows = self._rows, {}
        dirty = []
        for node in nodes:
            row = old.get(node)
            fresh = row is None
            if row is None:
                row = VisibleRow(node)
            self._rows[node] = row
            changed = self._see(row, node, is_open, now_s) and not fresh
            if sample or fresh:
                self._sample(row, node, now_s)
            if changed or sample or 0.0 < now_s - row.changed_at < GLOW_S + 0.1:
                dirty.append(node)
        return dirty

    @staticmethod
    def _see(row: VisibleRow, node: Node, is_open: Callable[[Node], bool], now_s: float) -> bool:
        own = node.count != row.count
        below = node.messages_below != row.below
        row.count, row.below = node.count, node.messages_below
        # An open branch does not glow for its children: they stand below it and glow themselves.
        if own or (below and not is_open(node)):
            row.changed_at = now_s
            return True
        return False

    def _sample(self, row: VisibleRow, node: Node, now_s: float) -> None:
        if not node.count:
            return
        samples = row.samples
        if not samples or samples[-1][1] != node.count:
            row.gap_s = self._last_gap_s(node)
        samples.append((now_s, node.count))
        first_at, first = samples[0]
        span = now_s - first_at
        if node.count - first >= FEW and span > 0:
            row.rate = (node.count - first) / span
        else:
            row.rate = self._slow_rate(row.gap_s, node, now_s)

    @staticmethod
    def _slow_rate(gap_s: float | None, node: Node, now_s: float) -> float:
        if not gap_s or node.stamp is None:
            return 0.0
        silent_s = now_s - node.stamp.mono_ns / 1e9
        # After more than twice its usual gap nobody can say that it still has a rate.
        return 1 / gap_s if silent_s <= 2.5 * gap_s + 1 else 0.0
