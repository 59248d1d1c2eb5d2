# SPDX-License-Identifier: MIT
"""What the cells of the topic tree say and how they are coloured."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Qt

from mqtt_explorer.models import wording
from mqtt_explorer.models.previews import PreviewCache
from mqtt_explorer.models.roles import (
    GLOW_ROLE,
    KIND_ROLE,
    NOTE_ROLE,
    PIN_ROLE,
    RAW_ROLE,
    STRONG_ROLE,
    TRUNCATED_ROLE,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mqtt_explorer.models.announced import Announced
    from mqtt_explorer.models.visible_rows import VisibleRows
    from mqtt_explorer.protocol.batch import Frame
    from mqtt_explorer.store.topic_tree import Node, Stamp

TOPIC, VALUE, MESSAGES, RATE, AGE = range(5)


class Facts:
    """What a row showed when the view was frozen: the attributes of a Node that cells read."""

    __slots__ = (
        "count",
        "frame",
        "messages_below",
        "payload_evicted",
        "retained",
        "seq",
        "stamp",
        "topics_below",
    )

    def __init__(self, node: Node) -> None:
        self.seq = node.seq
        self.frame: Frame | None = node.frame
        self.stamp: Stamp | None = node.stamp
        self.count = node.count
        self.retained = node.retained
        self.payload_evicted = node.payload_evicted
        self.topics_below = node.topics_below
        self.messages_below = node.messages_below


class TopicCells:
    """Answers data() for the topic model; a frozen view reads facts taken when the pause began."""

    def __init__(self) -> None:
        self._rows: Announced | None = None
        self._previews = PreviewCache()
        self._frozen: dict[Node, Facts] | None = None
        self._frozen_at = 0.0
        display, accessible = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole
        self._answers: Final[dict[int, Callable[[Node, int, VisibleRows], Any]]] = {
            int(display): self._text,
            int(accessible): self._spoken,
            RAW_ROLE: lambda node, column, visible: node,
            KIND_ROLE: self._kind,
            GLOW_ROLE: self._glow,
            NOTE_ROLE: self._note,
            PIN_ROLE: lambda node, column, visible: column == TOPIC and self._facts(node).retained,
            TRUNCATED_ROLE: lambda node, column, visible: column == TOPIC and self._is_cut(node),
            STRONG_ROLE: lambda node, column, visible: column == TOPIC and bool(node.kids),
        }

    def reset(self, rows: Announced | None) -> None:
        """Another store: forgets what it kept of the last one."""
        self._rows = rows
        self._previews.clear()
        self._frozen = None

    def freeze(self, nodes: Iterable[Node]) -> None:
        """From now on rows keep what they show; these at once, others when they are first seen."""
        self._frozen_at = time.monotonic()
        self._frozen = {node: Facts(node) for node in nodes}

    def thaw(self) -> None:
        """Rows show the present again."""
        self._frozen = None

    def data(self, node: Node, column: int, role: int, visible: VisibleRows) -> Any:
        """The value of one role, or None where it does not apply."""
        answer = self._answers.get(role)
        return answer(node, column, visible) if answer is not None else None

    def _facts(self, node: Node) -> Node | Facts:
        if self._frozen is None:
            return node
        facts = self._frozen.get(node)
        if facts is None:
            facts = self._frozen[node] = Facts(node)
        return facts

    def _now(self) -> float:
        return time.monotonic() if self._frozen is None else self._frozen_at

    def _text(self, node: Node, column: int, visible: VisibleRows) -> str | None:
        if column == TOPIC:
            return node.level or wording.translate("(empty level)")
        facts = self._facts(node)
        if facts.frame is None:
            return None
        if column == VALUE:
            return self._value(facts)[0]
        if column == MESSAGES:
            return f"{facts.count:,}"
        if column == RATE:
            return wording.rate(visible.rate(node))
        if facts.stamp is None:
            return None
        return wording.age(self._now() - facts.stamp.mono_ns / 1e9)

    def _value(self, facts: Node | Facts) -> tuple[str, str]:
        """Text and kind of a topic's last value."""
        if facts.frame is None:
            return "", "muted"
        if facts.payload_evicted:
            return wording.translate("evicted · {size}").format(size=wording.size(facts.frame[4])), "muted"
        return self._previews.get(facts.seq, facts.frame)

    def _kind(self, node: Node, column: int, visible: VisibleRows) -> str | None:
        if column == VALUE:
            return self._value(self._facts(node))[1]
        if column == TOPIC and not node.level:
            return "muted"
        return None

    def _glow(self, node: Node, column: int, visible: VisibleRows) -> float | None:
        return visible.glow(node, time.monotonic()) if column == TOPIC and self._frozen is None else None

    def _note(self, node: Node, column: int, visible: VisibleRows) -> str | None:
        if column != TOPIC or not node.kids or self._rows is None:
            return None
        facts = self._facts(node)
        if not self._rows.is_open(node):
            return counted(facts.topics_below, facts.messages_below)
        shown, total = self._rows.rows(node), len(node.kids)
        if shown < total:
            return wording.translate("showing {shown} of {total}").format(
                shown=f"{shown:,}", total=f"{total:,}"
            )
        return None

    def _is_cut(self, node: Node) -> bool:
        facts = self._facts(node)
        frame = facts.frame
        return frame is not None and not facts.payload_evicted and frame[4] > len(frame[3])

    def _spoken(self, node: Node, column: int, visible: VisibleRows) -> str | None:
        """The cell for a screen reader: marks and notes in words."""
        text = self._text(node, column, visible)
        if column != TOPIC or text is None:
            return text
        parts = [text]
        if self._facts(node).retained:
            parts.append(wording.translate("retained"))
        if self._is_cut(node):
            parts.append(wording.translate("kept in part"))
        if note := self._note(node, column, visible):
            parts.append(note)
        return ", ".join(parts)


def counted(topics: int, messages: int) -> str:
    """How much lies below a branch: "18 topics · 4,102 messages"."""
    first = wording.translate("1 topic") if topics == 1 else wording.translate("{n} topics")
    second = wording.translate("1 message") if messages == 1 else wording.translate("{n} messages")
    return f"{first.format(n=f'{topics:,}')} · {second.format(n=f'{messages:,}')}"
