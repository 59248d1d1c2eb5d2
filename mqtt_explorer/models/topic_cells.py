# SPDX-License-Identifier: MIT
"""What the cells of the topic tree say and how they are coloured."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from PySide6.QtCore import Qt

from mqtt_explorer.models import wording
from mqtt_explorer.models.previews import PreviewCache
from mqtt_explorer.models.roles import (
    BADGE_ROLE,
    GLOW_ROLE,
    HITS_ROLE,
    KIND_ROLE,
    MUTE_ROLE,
    NOTE_ROLE,
    PIN_ROLE,
    RAW_ROLE,
    SPARK_ROLE,
    STAR_ROLE,
    STRONG_ROLE,
    TRUNCATED_ROLE,
)
from mqtt_explorer.models.topic_columns import (
    AGE,
    MESSAGES,
    QOS,
    RATE,
    RETAINED,
    SIZE,
    TOPIC,
    TREND,
    VALUE,
)
from mqtt_explorer.models.topic_hits import TopicHits
from mqtt_explorer.models.topic_tips import rhythm, topic_tip
from mqtt_explorer.models.trends import Trend, Trends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mqtt_explorer.models.tree_filter import TreeFilter
    from mqtt_explorer.models.visible_rows import VisibleRows
    from mqtt_explorer.profiles.marks import TopicMarks
    from mqtt_explorer.protocol.batch import Frame
    from mqtt_explorer.store.matcher import Matcher
    from mqtt_explorer.store.staleness import Staleness
    from mqtt_explorer.store.topic_store import TopicStore
    from mqtt_explorer.store.topic_tree import Node, Stamp


class Rows(Protocol):
    """What cells ask about the arrangement of rows."""

    def rows(self, node: Node) -> int:
        """How many children of a branch a view knows."""

    def total(self, node: Node) -> int:
        """How many there are in the filter."""

    def is_open(self, node: Node) -> bool:
        """Whether a view shows them."""


class Facts:
    """What a row showed when the view was frozen: the attributes of a Node that cells read."""

    __slots__ = (
        "count",
        "frame",
        "messages_below",
        "payload_evicted",
        "retained",
        "rhythm",
        "seq",
        "stale",
        "stamp",
        "stamp_below",
        "topics_below",
    )

    def __init__(self, node: Node) -> None:
        self.seq = node.seq
        self.frame: Frame | None = node.frame
        self.stamp: Stamp | None = node.stamp
        self.stamp_below: Stamp | None = node.stamp_below
        self.count = node.count
        self.retained = node.retained
        self.payload_evicted = node.payload_evicted
        self.topics_below = node.topics_below
        self.messages_below = node.messages_below
        self.stale = False
        self.rhythm: str | None = None


class TopicCells:
    """Answers data() for the topic model; a frozen view reads facts taken when the pause began.

    What the user does shows in a frozen view too: folding, marks, a search.
    """

    def __init__(self) -> None:
        self._rows: Rows | None = None
        self._trends: Trends | None = None
        self._marks: TopicMarks | None = None
        self._staleness: Staleness | None = None
        self._filter: TreeFilter | None = None
        self._hits = TopicHits()
        self._previews = PreviewCache()
        self._frozen: dict[Node, Facts] | None = None
        self._frozen_at = 0.0
        display, accessible = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole
        self._answers: Final[dict[int, Callable[[Node, int, VisibleRows], Any]]] = {
            int(display): self._text,
            int(accessible): self._spoken,
            int(Qt.ItemDataRole.ToolTipRole): self._tip,
            RAW_ROLE: lambda node, column, visible: node,
            KIND_ROLE: self._kind,
            GLOW_ROLE: self._glow,
            NOTE_ROLE: self._note,
            PIN_ROLE: lambda node, column, visible: column == TOPIC and self._facts(node).retained,
            TRUNCATED_ROLE: lambda node, column, visible: column == TOPIC and self._is_cut(node),
            STRONG_ROLE: lambda node, column, visible: column == TOPIC and bool(node.kids),
            STAR_ROLE: lambda node, column, visible: column == TOPIC and self._is_favourite(node),
            MUTE_ROLE: lambda node, column, visible: column == TOPIC and self._mutes(node),
            BADGE_ROLE: self._badge,
            SPARK_ROLE: self._line,
            HITS_ROLE: self._spans,
        }
        self._texts: Final[dict[int, Callable[[Node, Node | Facts, VisibleRows], str | None]]] = {
            TOPIC: lambda node, facts, visible: node.level or wording.translate("(empty level)"),
            VALUE: lambda node, facts, visible: self._value(facts)[0] if facts.frame is not None else None,
            MESSAGES: lambda node, facts, visible: f"{facts.count:,}" if facts.count else None,
            RATE: self._rate,
            SIZE: lambda node, facts, visible: (
                wording.size(facts.frame[4]) if facts.frame is not None else None
            ),
            AGE: self._age,
            QOS: lambda node, facts, visible: (
                str(facts.frame[0] >> 1 & 3) if facts.frame is not None else None
            ),
            RETAINED: lambda node, facts, visible: wording.translate("yes") if facts.retained else None,
        }

    # --- what the model tells -----------------------------------------------------------------------------------

    def reset(
        self,
        rows: Rows | None,
        store: TopicStore | None = None,
        marks: TopicMarks | None = None,
        staleness: Staleness | None = None,
    ) -> None:
        """Another store: forgets what it kept of the last one, also its search."""
        self._rows = rows
        self._trends = Trends(store) if store is not None else None
        self._marks = marks
        self._staleness = staleness
        self._previews.clear(marks.decoders if marks is not None else None)
        self._frozen = None
        self.set_search(None, None)

    def set_search(self, tree_filter: TreeFilter | None, matcher: Matcher | None) -> None:
        """Counts and marks the hits of a search from now on; None for no search."""
        self._filter = tree_filter
        self._hits.set_matcher(matcher)

    def freeze(self, nodes: Iterable[Node]) -> None:
        """From now on rows keep what they show; these at once, others when they are first seen."""
        self._frozen_at = time.monotonic()
        self._frozen = {}
        for node in nodes:
            self._facts(node)

    def thaw(self) -> None:
        """Rows show the present again."""
        self._frozen = None

    def data(self, node: Node, column: int, role: int, visible: VisibleRows) -> Any:
        """The value of one role, or None where it does not apply."""
        answer = self._answers.get(role)
        return answer(node, column, visible) if answer is not None else None

    # --- facts --------------------------------------------------------------------------------------------------

    def _facts(self, node: Node) -> Node | Facts:
        if self._frozen is None:
            return node
        facts = self._frozen.get(node)
        if facts is None:
            facts = self._frozen[node] = Facts(node)
            if self._staleness is not None and node.is_topic:
                now_ns = int(self._frozen_at * 1e9)
                facts.stale = self._staleness.is_stale(node, now_ns)
                facts.rhythm = rhythm(self._staleness, node, now_ns, stale=facts.stale)
        return facts

    def _now(self) -> float:
        return time.monotonic() if self._frozen is None else self._frozen_at

    def _is_closed(self, node: Node) -> bool:
        return bool(node.kids) and self._rows is not None and not self._rows.is_open(node)

    def _is_stale(self, node: Node, visible: VisibleRows) -> bool:
        facts = self._facts(node)
        return facts.stale if isinstance(facts, Facts) else bool(visible.is_stale(node))

    def _is_cut(self, node: Node) -> bool:
        facts = self._facts(node)
        frame = facts.frame
        return frame is not None and not facts.payload_evicted and frame[4] > len(frame[3])

    def _is_favourite(self, node: Node) -> bool:
        return self._marks is not None and self._marks.is_favourite(node.topic)

    def _is_muted(self, node: Node) -> bool:
        return self._marks is not None and self._marks.is_muted(node.topic)

    def _mutes(self, node: Node) -> bool:
        """Whether the mark stands on this very row; on all rows below it, it would be noise."""
        return self._marks is not None and node.topic in self._marks.muted

    # --- texts --------------------------------------------------------------------------------------------------

    def _text(self, node: Node, column: int, visible: VisibleRows) -> str | None:
        make = self._texts.get(column)
        return make(node, self._facts(node), visible) if make is not None else None

    def _value(self, facts: Node | Facts) -> tuple[str, str]:
        """Text and kind of a topic's last value."""
        if facts.frame is None:
            return "", "muted"
        if facts.payload_evicted:
            return wording.translate("evicted · {size}").format(size=wording.size(facts.frame[4])), "muted"
        return self._previews.get(facts.seq, facts.frame)

    def _rate(self, node: Node, facts: Node | Facts, visible: VisibleRows) -> str | None:
        # An open branch leaves it to the rows below it.
        if facts.frame is None and not self._is_closed(node):
            return None
        return wording.rate(visible.rate(node))

    def _age(self, node: Node, facts: Node | Facts, visible: VisibleRows) -> str | None:
        stamp = facts.stamp
        below = facts.stamp_below if self._is_closed(node) else None
        if stamp is None or (below is not None and below > stamp):
            stamp = below
        return wording.age(self._now() - stamp.mono_ns / 1e9) if stamp is not None else None

    def _note(self, node: Node, column: int, visible: VisibleRows) -> str | None:
        if column != TOPIC or not node.kids or self._rows is None:
            return None
        facts = self._facts(node)
        hits = self._filter.hits_below(node) if self._filter is not None else 0
        parts = []
        if not self._rows.is_open(node):
            parts.append(counted(facts.topics_below, facts.messages_below))
            if hits:
                parts.append(counted_hits(hits))
            return " · ".join(parts)
        # Of the branches unfolded in a search the topmost one says it for those inside.
        if hits and node.parent is not None and node.parent.parent is None:
            parts.append(counted_hits(hits))
        shown, total = self._rows.rows(node), self._rows.total(node)
        if shown < total:
            text = wording.translate("showing {shown} of {total}")
            parts.append(text.format(shown=f"{shown:,}", total=f"{total:,}"))
        return " · ".join(parts) or None

    def _spoken(self, node: Node, column: int, visible: VisibleRows) -> str | None:
        """The cell for a screen reader: marks and notes in words."""
        if column == TREND:
            trend = self._trend(node, visible)
            return described(trend) if trend is not None else None
        text = self._text(node, column, visible)
        if text is None:
            return None
        if column == RETAINED:
            return wording.translate("retained")
        parts = [text]
        if column == TOPIC:
            parts += self._marked(node)
            if note := self._note(node, column, visible):
                parts.append(note)
        elif column == VALUE and self._is_stale(node, visible):
            parts.append(wording.translate("stale"))
        return ", ".join(parts)

    def _marked(self, node: Node) -> list[str]:
        """What the small marks of a row mean."""
        marks = (
            (self._is_favourite(node), wording.translate("favourite")),
            (self._is_muted(node), wording.translate("muted")),
            (self._facts(node).retained, wording.translate("retained")),
            (self._is_cut(node), wording.translate("kept in part")),
        )
        return [word for is_set, word in marks if is_set]

    def _tip(self, node: Node, column: int, visible: VisibleRows) -> str | None:
        """The tooltip: lines of plain text."""
        if column == TREND:
            trend = self._trend(node, visible)
            return described(trend) if trend is not None else None
        if column != TOPIC:
            return None
        facts = self._facts(node)
        if isinstance(facts, Facts):
            said = facts.rhythm
        elif self._staleness is not None:
            stale = self._is_stale(node, visible)
            said = rhythm(self._staleness, node, time.monotonic_ns(), stale=stale)
        else:
            said = None
        muting = self._marks.muting(node.topic) if self._marks is not None and self._is_muted(node) else None
        return topic_tip(
            node, said, muting, retained=facts.retained, cut=facts.frame if self._is_cut(node) else None
        )

    # --- colours, lines and marks -------------------------------------------------------------------------------

    def _kind(self, node: Node, column: int, visible: VisibleRows) -> str | None:
        if column == TOPIC:
            return "muted" if not node.level or self._is_muted(node) else None
        if column == VALUE:
            if self._is_muted(node) or self._is_stale(node, visible):
                return "muted"
            return self._value(self._facts(node))[1]
        if column == AGE and self._is_stale(node, visible) and not self._is_closed(node):
            return "warn"
        return "muted"

    def _glow(self, node: Node, column: int, visible: VisibleRows) -> float | None:
        return visible.glow(node, time.monotonic()) if column == TOPIC and self._frozen is None else None

    def _badge(self, node: Node, column: int, visible: VisibleRows) -> str | None:
        if column == VALUE and self._is_stale(node, visible):
            return "warn:" + wording.translate("stale")
        return None

    def _line(self, node: Node, column: int, visible: VisibleRows) -> Sequence[float] | None:
        trend = self._trend(node, visible) if column == TREND else None
        return trend.line if trend is not None else None

    def _trend(self, node: Node, visible: VisibleRows) -> Trend | None:
        facts = self._facts(node)
        if self._trends is None or facts.frame is None:
            return None
        trend = self._trends.get(node, facts.seq, time.monotonic(), at_once=facts is not node)
        if facts is node:
            due_s = self._trends.due_s(node, facts.seq)
            if due_s is not None:
                visible.look_again(node, due_s)
        return trend

    def _spans(self, node: Node, column: int, visible: VisibleRows) -> Sequence[tuple[int, int]] | None:
        if column == TOPIC:
            return self._hits.in_level(node)
        if column == VALUE:
            facts = self._facts(node)
            if facts.frame is not None and not facts.payload_evicted:
                return self._hits.in_value(facts.seq, self._value(facts)[0])
        return None


def counted(topics: int, messages: int) -> str:
    """How much lies below a branch: "18 topics · 4,102 messages"."""
    first = wording.translate("1 topic") if topics == 1 else wording.translate("{n} topics")
    second = wording.translate("1 message") if messages == 1 else wording.translate("{n} messages")
    return f"{first.format(n=f'{topics:,}')} · {second.format(n=f'{messages:,}')}"


def counted_hits(hits: int) -> str:
    """How many of them a search found: "8 hits"."""
    text = wording.translate("1 hit") if hits == 1 else wording.translate("{n} hits")
    return text.format(n=f"{hits:,}")


def described(trend: Trend) -> str:
    """A line in words: "Last 48 numbers, between 19.4 and 21.7"."""
    return wording.translate("Last {n} numbers, between {low} and {high}").format(
        n=len(trend.line), low=wording.number(trend.low), high=wording.number(trend.high)
    )
