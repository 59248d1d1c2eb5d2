# SPDX-License-Identifier: MIT
"""All topics of the shown connection by a part of their name, searched beside the loop in slices."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from time import perf_counter
from typing import Final

from PySide6.QtCore import QObject, QTimer

from mqtt_explorer.app.palette.entry import Entry, Kind, PaletteSource
from mqtt_explorer.app.palette.sources import branch_detail, topic_entry
from mqtt_explorer.events import Event
from mqtt_explorer.store.matcher import Matcher
from mqtt_explorer.store.query import Query, QueryError
from mqtt_explorer.store.search import Search
from mqtt_explorer.store.topic_store import TopicStore
from mqtt_explorer.store.topic_tree import Node

_FRAME_S: Final = 0.033
_TURN_S: Final = 0.005
_Rank = tuple[int, int, bytes]


class TopicSource(PaletteSource):
    """Finds topics; those whose last level has the text come first, then the shorter ones.

    Args:
        store: The shown connection's, or None.
        go_to: Selects a topic.
        parent: Owner of the timer.
    """

    def __init__(
        self,
        store: Callable[[], TopicStore | None],
        go_to: Callable[[bytes], object],
        parent: QObject,
    ) -> None:
        self.kind = Kind.TOPIC
        self.more: Event[()] = Event()
        self.total = 0
        self.busy = False
        self._store_of, self._go_to = store, go_to
        self._store: TopicStore | None = None
        self._text = ""
        self._limit = 0
        self._told_s = 0.0
        self._search: Search | None = None
        self._best: list[tuple[_Rank, Node]] = []
        self._timer = QTimer(parent)
        self._timer.setInterval(0)  # each turn of the loop a slice; in between come frames and sockets
        self._timer.timeout.connect(self._step)

    def entries(self, text: str, limit: int) -> list[Entry]:
        store = self._store_of()
        if (text, limit) != (self._text, self._limit) or store is not self._store:
            self._begin(text, limit, store)
        return [
            topic_entry(
                self.kind,
                node.topic.decode(errors="replace"),
                text,
                node.topic,
                self._go_to,
                branch_detail(node),
            )
            for _, node in self._best
        ]

    def stop(self) -> None:
        self._begin("", 0, None)

    def _begin(self, text: str, limit: int, store: TopicStore | None) -> None:
        self._text, self._limit, self._store = text, limit, store
        self._best, self.total = [], 0
        self._search = None
        if text and store is not None:
            try:
                self._search = Search(store, Matcher(Query(text, payload=False)))
            except QueryError:
                pass  # no topic holds such a text
        self.busy = self._search is not None
        if self.busy:
            self._timer.start()
        else:
            self._timer.stop()

    def _step(self) -> None:
        search = self._search
        if search is None or self._store_of() is not self._store:
            self.stop()  # its broker was closed
            self.more.emit()
            return
        before = self.total
        deadline = perf_counter() + _TURN_S
        while not search.done and perf_counter() < deadline:
            # One look at a time: the hits of more could take long to rank.
            self._take(search.step(0.0))
            if not search.scanning:
                break
        hits = self.total > before
        if search.done:
            self._timer.stop()
            self.busy = False
        # Whoever shows them has a frame's time between two answers; the last one comes in any case.
        now = perf_counter()
        if search.done or (hits and now - self._told_s >= _FRAME_S):
            self._told_s = now
            self.more.emit()

    def _take(self, hits: list[Node]) -> None:
        """Keeps the best."""
        self.total += len(hits)
        best = self._best
        if len(best) >= self._limit and best and best[-1][0][0] == 0:
            # Only those have a chance that are no longer than the last one. Most are not.
            longest = best[-1][0][1]
            hits = [node for node in hits if len(node.topic) <= longest]
        if hits:
            wanted = self._text.lower().encode(errors="replace")
            ranked = [(_rank(node, wanted), node) for node in hits]
            self._best = heapq.nsmallest(self._limit, [*best, *ranked], key=lambda each: each[0])


def _rank(node: Node, wanted: bytes) -> _Rank:
    """0: the last level begins with it; 1: it holds it; 2: another level does."""
    topic = node.topic.lower()
    level = topic[topic.rfind(b"/") + 1 :]
    place = level.find(wanted)
    return (2 if place < 0 else int(place > 0), len(topic), topic)
