# SPDX-License-Identifier: MIT
"""Which characters of a topic row a search marks. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mqtt_explorer.store.matcher import Matcher
    from mqtt_explorer.store.topic_tree import Node

Spans = list[tuple[int, int]]

_REMEMBERED: Final = 512


class TopicHits:
    """The spans of the matcher, remembered while their rows are on the screen: a row is painted more often than it changes."""

    __slots__ = ("_levels", "_matcher", "_values")

    def __init__(self) -> None:
        self._matcher: Matcher | None = None
        self._levels: dict[Node, Spans] = {}
        self._values: dict[int, Spans] = {}

    def set_matcher(self, matcher: Matcher | None) -> None:
        """Another search, or none."""
        self._matcher = matcher
        self._levels.clear()
        self._values.clear()

    def in_level(self, node: Node) -> Spans | None:
        """What to mark in the level of a row; of a hit that spans levels the part that lies in this one."""
        if self._matcher is None:
            return None
        spans = self._levels.get(node)
        if spans is None:
            if len(self._levels) >= _REMEMBERED:
                self._levels.clear()
            topic = node.topic.decode("utf-8", "replace")
            begin = len(topic) - len(node.level)
            spans = self._levels[node] = _clipped(self._matcher.topic_spans(topic), begin)
        return spans

    def in_value(self, seq: int, text: str) -> Spans | None:
        """What to mark in the value shown of message `seq`."""
        if self._matcher is None:
            return None
        spans = self._values.get(seq)
        if spans is None:
            if len(self._values) >= _REMEMBERED:
                self._values.clear()
            spans = self._values[seq] = self._matcher.value_spans(text)
        return spans


def _clipped(spans: Spans, begin: int) -> Spans:
    """The parts from character `begin` on, counted from there."""
    return [
        (max(0, start - begin), start + length - max(start, begin))
        for start, length in spans
        if start + length > begin
    ]
