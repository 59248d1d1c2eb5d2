# SPDX-License-Identifier: MIT
"""How often topics usually have a message, and which have been silent for much longer than that."""

from __future__ import annotations

from bisect import bisect_right
from itertools import islice
from statistics import fmean, median
from typing import TYPE_CHECKING

from mqtt_explorer.protocol.batch import RETAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mqtt_explorer.store.topic_store import TopicStore
    from mqtt_explorer.store.topic_tree import Node

#: Gaps between messages that are looked at, newest first.
GAPS = 8

#: With fewer gaps nothing is learnt.
FEWEST_GAPS = 3

#: Messages of the history that are looked at for them at most: gaps that are none of the topic's own are passed over.
LOOKED_AT = 4 * GAPS

#: A topic is stale after so many times its usual interval …
USUAL = 3.0

#: … and so many times the longest of the gaps looked at, so that a topic with an irregular rhythm is given its time …
LONGEST = 1.5

#: … and never before so many seconds.
LEAST_S = 5.0

#: Where the history of a topic has gone only its mean interval is known, not how regular it was: it is given more time.
USUAL_OF_LIFE = 10.0

#: Connections that are remembered to tell which gaps lie across one.
CONNECTIONS = 1_000


class Staleness:
    """Learns the interval of a topic from its last messages and tells which topics are overdue.

    Nothing is kept per topic: the history is asked when somebody looks. While there is no connection time stands still, and after a
    reconnect every topic gets its interval anew: silence of ours is no silence of the topic. For the same reason two gaps teach
    nothing: one across the beginning of a connection, and one after a message with RETAIN that is the topic's first of a connection,
    because that is most likely the broker's copy, which comes whenever we subscribe.
    """

    def __init__(self, store: TopicStore) -> None:
        self._store = store
        self._since_ns = 0
        self._until_ns: int | None = None
        self._begins: list[int] = []

    def set_connected(self, now_ns: int, *, connected: bool) -> None:
        """Tells that the connection stands since now, or stands no more (`now_ns`: monotonic clock)."""
        if connected:
            self._since_ns = now_ns
            self._until_ns = None
            self._begins.append(now_ns)
            del self._begins[:-CONNECTIONS]
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
        gaps = list(self._gaps(node))
        if len(gaps) < FEWEST_GAPS:
            return self._mean_of_life(node)
        # Messages that come several at a time have a median of nothing.
        return median(gaps) or fmean(gaps)

    def overdue_s(self, node: Node, now_ns: int) -> float:
        """For how long a topic has been stale; 0.0 when it is not."""
        silent = self.silent_s(node, now_ns)
        if silent is None or silent < LEAST_S or node.count <= FEWEST_GAPS:
            return 0.0
        gaps: list[float] = []
        for gap in self._gaps(node):
            if LONGEST * gap >= silent:  # most topics that are merely slow are through with the first one
                return 0.0
            gaps.append(gap)
        if len(gaps) >= FEWEST_GAPS:
            allowed = max(LEAST_S, USUAL * (median(gaps) or fmean(gaps)), LONGEST * max(gaps))
        else:
            mean = self._mean_of_life(node)
            if mean is None:
                return 0.0
            allowed = max(LEAST_S, USUAL_OF_LIFE * mean)
        return max(0.0, silent - allowed)

    def is_stale(self, node: Node, now_ns: int) -> bool:
        """True when a topic is silent for much longer than usual."""
        return self.overdue_s(node, now_ns) > 0.0

    def _gaps(self, node: Node) -> Iterator[float]:
        """The last gaps in seconds, newest first, without those that are ours."""
        return islice(self._own_gaps(node), GAPS)

    def _own_gaps(self, node: Node) -> Iterator[float]:
        later_ns, connection = 0, -1
        held: float | None = (
            None  # the gap after a message with RETAIN, until it is known whether that was the first
        )
        for mono_ns, flags in self._moments(node):
            before, connection = connection, bisect_right(self._begins, mono_ns)
            if connection == before:
                if held is not None:
                    yield held
                gap = (later_ns - mono_ns) / 1e9
                held = gap if flags & RETAIN else None
                if held is None:
                    yield gap
            else:
                held = None
            later_ns = mono_ns

    def _moments(self, node: Node) -> Iterator[tuple[int, int]]:
        """Arrival (monotonic ns) and flags of the last messages in the history, newest first."""
        seq = node.seq
        segment = self._store.segment(seq)
        for _ in range(LOOKED_AT):
            if segment is None:
                return
            index = seq - segment.first_seq
            yield segment.stamp_at(index).mono_ns, segment.frames[index][0]
            seq = segment.prev[index]
            if seq < segment.first_seq:
                segment = self._store.segment(seq)

    def _mean_of_life(self, node: Node) -> float | None:
        """The mean interval since the first message, where the history of the topic has gone."""
        if not node.evicted_count or node.stamp is None or node.first is None:
            return None
        gaps = node.count - 1 - len(self._begins)  # each connection may have brought the broker's copy once
        if gaps < FEWEST_GAPS:
            return None
        return (node.stamp.mono_ns - node.first.mono_ns) / 1e9 / gaps
