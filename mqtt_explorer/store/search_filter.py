# SPDX-License-Identifier: MIT
"""Looks for the topics that an MQTT topic filter takes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mqtt_explorer.protocol.topics import TopicFilter


class FilterFinder:
    """A topic filter as a pattern of the standard library (MQTT 5, 4.7).

    `#` takes its parent too, `+` an empty level, and no wildcard in the first level takes a topic that begins with `$`; of a shared
    subscription the filter behind the group counts. Such a pattern has one way to match, so it is linear there too, and the call per
    topic costs less than another engine's blocks.

    Raises:
        TopicError: The text is no filter.
    """

    def __init__(self, text: str) -> None:
        levels = TopicFilter(text).levels
        source = rb"(?!\$)" if levels[0] in ("+", "#") else b""
        for index, level in enumerate(levels):
            slash = b"/" if index else b""
            if level == "#":
                source += b"(?:/.*)?" if index else b".*"
            else:
                source += slash + (b"[^/]*" if level == "+" else re.escape(level.encode()))
        self._match = re.compile(source, re.DOTALL).fullmatch

    def found(self, topic: bytes) -> bool:
        """Whether the filter takes a topic."""
        return self._match(topic) is not None

    def mask(self, topics: Sequence[bytes], *, utf8: bool = True) -> bytearray | None:
        """Which of the topics it takes: a 1 or 0 for each; None for none."""
        match = self._match
        result = bytearray([match(topic) is not None for topic in topics])
        return result if 1 in result else None

    def spans(self, text: str, limit: int) -> list[tuple[int, int]]:
        """Nothing: a filter takes whole topics, and there is no part to mark."""
        return []
