# SPDX-License-Identifier: MIT
"""What the rows on the screen need beyond the store: glow, rate and whether they are stale. No Qt."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mqtt_explorer.profiles.marks import TopicMarks
    from mqtt_explorer.store.staleness import Staleness
    from mqtt_explorer.store.topic_tree import Node

GLOW_S: Final = 0.6
"""How long a changed row glows, in seconds."""
WINDOW: Final = 10
"""Samples, one a second, that a rate is measured over."""
FEW: Final = 5
"""Fewer messages than this in the window, and the gap between the last two says more than their number."""
REMEMBERED: Final = 2_000
"""Rows that left the screen and whose samples are kept."""
_APART_S: Final = 0.9
"""Samples closer together would shorten the window."""


class VisibleRow:
    """One row while it can be seen."""

    __slots__ = ("again_at", "below", "changed_at", "closed", "count", "gap_s", "rate", "samples", "stale")

    def __init__(self, node: Node) -> None:
        self.count = node.count
        self.below = node.messages_below
        self.changed_at = 0.0
        self.again_at: float | None = None
        self.samples: deque[tuple[float, int, int]] = deque(maxlen=WINDOW + 1)  # when, own messages, all
        self.closed = False
        self.rate = 0.0
        self.gap_s: float | None = None
        self.stale = False


class VisibleRows:
    """Follows the rows of the screen: who changed, who still glows, how often each changes, who is overdue.

    It compares what it saw last with what is there now, so its cost depends on the rows of the screen and not
    on how many messages arrived.
    """

    def __init__(self, last_gap_s: Callable[[Node], float | None]) -> None:
        self._last_gap_s = last_gap_s
        self._marks: TopicMarks | None = None
        self._staleness: Staleness | None = None
        self._rows: dict[Node, VisibleRow] = {}
        self._left: dict[Node, VisibleRow] = {}  # rows that cannot be seen any more, the newest last
        self._sampled_at = 0.0
        self._marked: tuple[object, object] | None = None

    def reset(self, marks: TopicMarks | None = None, staleness: Staleness | None = None) -> None:
        """Another store, with its marks and what is known of the rhythm of its topics."""
        self._marks = marks
        self._staleness = staleness
        self.clear()

    def leave(self) -> None:
        """No row can be seen for the moment; those that come back go on where they were."""
        self._remember(self._rows)
        self._rows = {}
        self._sampled_at = 0.0

    def clear(self) -> None:
        """Forgets all rows."""
        self._rows.clear()
        self._left.clear()
        self._sampled_at = 0.0
        self._marked = None

    def glow(self, node: Node, now_s: float) -> float:
        """1.0 for a row that changed this moment, falling to 0.0."""
        row = self._rows.get(node)
        if row is None or not row.changed_at:
            return 0.0
        return max(0.0, 1.0 - (now_s - row.changed_at) / GLOW_S)

    def rate(self, node: Node) -> float:
        """Messages per second of the topic itself; of a closed branch, with everything below it."""
        row = self._rows.get(node)
        return row.rate if row is not None else 0.0

    def is_stale(self, node: Node) -> bool | None:
        """Whether the topic was overdue when it was looked at, less than a second ago; None for a row it does not follow."""
        row = self._rows.get(node)
        return row.stale if row is not None else None

    def look_again(self, node: Node, at_s: float) -> None:
        """Has a row painted again at that moment of the monotonic clock, because a part of it is not up to date yet."""
        row = self._rows.get(node)
        if row is not None:
            row.again_at = at_s

    def update(self, nodes: Iterable[Node], is_open: Callable[[Node], bool], now_s: float) -> list[Node]:
        """Looks at the rows of the screen and returns those that have to be painted again, in the same order."""
        sample = now_s - self._sampled_at >= 1.0
        if sample:
            self._sampled_at = now_s
        marked = self._marks_changed()
        old, self._rows = self._rows, {}
        dirty = []
        for node in nodes:
            row = old.pop(node, None)
            fresh = row is None
            if row is None:
                row = self._come_back(node) or VisibleRow(node)
            self._rows[node] = row
            closed = bool(node.kids) and not is_open(node)
            changed = self._see(row, node, now_s, closed=closed) and not fresh
            if sample or fresh or closed is not row.closed:
                self._sample(row, node, now_s, closed=closed)
                changed = self._look_for_silence(row, node, now_s) or changed
            elif changed and row.stale:
                self._look_for_silence(row, node, now_s)  # a message ends it at once
            if row.again_at is not None and row.again_at <= now_s:
                row.again_at = None
                changed = True
            if changed or sample or marked or 0.0 < now_s - row.changed_at < GLOW_S + 0.1:
                dirty.append(node)
        self._remember(old)
        return dirty

    def _come_back(self, node: Node) -> VisibleRow | None:
        """A row that was seen before goes on with its samples, so that its rate need not be learnt anew."""
        row = self._left.pop(node, None)
        if row is not None:
            row.count, row.below, row.changed_at, row.again_at = node.count, node.messages_below, 0.0, None
        return row

    def _remember(self, gone: dict[Node, VisibleRow]) -> None:
        """Keeps the samples of rows that cannot be seen any more: those of the newest few."""
        self._left.update(gone)
        for node in list(self._left)[: max(0, len(self._left) - REMEMBERED)]:
            del self._left[node]

    def _marks_changed(self) -> bool:
        """True once after the user marked something: any row may be among it, or below it."""
        if self._marks is None:
            return False
        # Marks are replaced and never changed, so the objects tell.
        before, self._marked = self._marked, (self._marks.favourites, self._marks.muted)
        return before is not None and (before[0] is not self._marked[0] or before[1] is not self._marked[1])

    def _see(self, row: VisibleRow, node: Node, now_s: float, *, closed: bool) -> bool:
        own = node.count != row.count
        below = node.messages_below != row.below
        row.count, row.below = node.count, node.messages_below
        # An open branch does not glow for its children: they stand below it and glow themselves.
        if not own and not (below and closed):
            return False
        muted = self._marks is not None and self._marks.is_muted(node.topic)
        row.changed_at = 0.0 if muted else now_s
        return True

    def _look_for_silence(self, row: VisibleRow, node: Node, now_s: float) -> bool:
        """Looks whether the topic is overdue, which costs a walk through its history; True when that changed."""
        if self._staleness is None:
            return False
        before, row.stale = row.stale, self._staleness.is_stale(node, int(now_s * 1e9))
        return row.stale is not before

    def _sample(self, row: VisibleRow, node: Node, now_s: float, *, closed: bool) -> None:
        samples = row.samples
        row.closed = closed
        total = node.count + node.messages_below
        if not (total if closed else node.count):
            row.rate = 0.0  # an open branch that is no topic
            return
        if not closed and (not samples or samples[-1][1] != node.count):
            row.gap_s = self._last_gap_s(node)
        if not samples or now_s - samples[-1][0] >= _APART_S:  # a fold in between tells nothing new
            samples.append((now_s, node.count, total))
        first_at, first_own, first_total = samples[0]
        span = now_s - first_at
        new = total - first_total if closed else node.count - first_own
        if span > 0 and (closed or new >= FEW):
            row.rate = new / span
        else:
            row.rate = 0.0 if closed else self._slow_rate(row.gap_s, node, now_s)

    @staticmethod
    def _slow_rate(gap_s: float | None, node: Node, now_s: float) -> float:
        if not gap_s or node.stamp is None:
            return 0.0
        silent_s = now_s - node.stamp.mono_ns / 1e9
        # After more than twice its usual gap nobody can say that it still has a rate.
        return 1 / gap_s if silent_s <= 2.5 * gap_s + 1 else 0.0
