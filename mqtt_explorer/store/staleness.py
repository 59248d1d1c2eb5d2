# SPDX-License-Identifier: MIT
"""How often topics usually have a message, and which have been silent for much longer than that."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mqtt_explorer.store.topic_store import TopicStore
    from mqtt_explorer.store.topic_tree import Node

#: Gaps between messages that are looked at, newest first.
GAPS = 8

#: With fewer gaps nothing is learnt.
FEWEST_GAPS = 3

#: A topic is stale after so many times its usual interval …
USUAL = 3.0

#: … and so many times the longest of the gaps looked at, so that a topic with an irregular rhythm is given its time …
LONGEST = 1.5

#: … and never before so many seconds.
LEAST_S = 5.0


class Staleness:
    """Learns the interval of a topic from its last messages and tells which topics are overdue.

    Nothing is kept per topic: the history is asked when somebody looks. While there is no connection time stands still, and after a
    reconnect every topic gets its interval anew: silence of ours is no silence of the topic.
    """

    def __init__(self, store: TopicStore) -> None:
        self._store = store
        self._since_ns = 0
        self._until_ns: int | None = None

    def set_connected(self, now_ns: int, *, connected: bool) -> None:
        """Tells that the connection stands since now, or stands no more (`now_ns`: monotonic clock)."""
        if connected:
            self._since_ns = now_ns
            self._until_ns = None
        elif self._until_ns is None:
            self._until_ns = now_ns

    def silent_s(self, node: Node, now_ns: int) -> float | None:
        """For how long a topic was silent while we listened; None for a mere branch."""
        if node.stamp is None:
            return None
        end = now_ns if self._until_ns is None else self._until_ns
        return max(0, end - max(node.stamp.mono_ns, self._since_ns)) / 1e9

    def interval_s(self, node: Node) -> float | None:
        """The usual time between two messages of a topic in seconds; None while it is unknown."""
        gaps = self._gaps(node)
        return median(gaps) if gaps else None

    def overdue_s(self, node: Node, now_ns: int) -> float:
        """For how long a topic has been stale; 0.0 when it is not."""
        silent = self.silent_s(node, now_ns)
        if silent is None or silent < LEAST_S or node.count <= FEWEST_GAPS:
            return 0.0
        gaps = self._gaps(node)
        if not gaps:
            return 0.0
        allowed = max(LEAST_S, USUAL * median(gaps), LONGEST * max(gaps))
        return max(0.0, silent - allowed)

    def is_stale(self, node: Node, now_ns: int) -> bool:
        """True when a topic is silent for much longer than usual."""
        return self.overdue_s(node, now_ns) > 0.0

    def _gaps(self, node: Node) -> list[float]:
        """The last gaps in seconds; what the whole life of the topic tells where its history has gone."""
        if node.count <= FEWEST_GAPS or node.stamp is None or node.first is None:
            return []
        kept = self._store.history(node, limit=GAPS + 1)
        if len(kept) > FEWEST_GAPS:
            return [(kept[i].mono_ns - kept[i + 1].mono_ns) / 1e9 for i in range(len(kept) - 1)]
        return [(node.stamp.mono_ns - node.first.mono_ns) / 1e9 / (node.count - 1)]
