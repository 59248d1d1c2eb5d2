# SPDX-License-Identifier: MIT
"""Takes a snapshot of a store in slices, while messages go on arriving."""

from __future__ import annotations

import time
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Final

from mqtt_explorer.payload.kept import CUT, EVICTED, HEAD, KEPT_WHOLE, PART, RETAINED, Digest, Entry
from mqtt_explorer.store.search import Walk
from mqtt_explorer.store.snapshot import About, Snapshot, SnapshotColumns, SnapshotError, session_of

if TYPE_CHECKING:
    from mqtt_explorer.store.topic_store import TopicStore
    from mqtt_explorer.store.topic_tree import Node

#: How long one step may work.
SLICE_S: Final = 0.004
#: Nodes between two looks at the clock: about a third of a millisecond.
_CHUNK: Final = 128


class SnapshotTaker:
    """One snapshot on its way. Each topic is taken at one moment; the tree may change between two of them.

    Topics that join the tree meanwhile may or may not be in it; none is there twice.

    Args:
        store: What it is taken of.
        scope: The branch, with the branch itself; None for the whole tree.
        broker: The connection's title.
        address: The broker's address, without a login.
        limit_bytes: What it may weigh.

    Attributes:
        snapshot: The result, once `step` said that it is done.
    """

    def __init__(
        self, store: TopicStore, scope: bytes | None, *, broker: str, limit_bytes: int, address: str = ""
    ) -> None:
        self._store = store
        self._scope = scope
        self._broker = broker
        self._address = address
        self._columns = SnapshotColumns(limit_bytes)
        self._begun_ns = time.time_ns()
        top = store.root if scope is None else store.find(scope)
        self._walk = Walk(top) if top is not None else None
        self._nodes: deque[Node] = deque([top] if top is not None and scope is not None else ())
        self._hashing: tuple[Entry, Digest] | None = None
        self._below = top
        self.snapshot: Snapshot | None = None

    @property
    def taken(self) -> int:
        """Topics taken so far."""
        return len(self._columns)

    @property
    def total(self) -> int:
        """Topics there are, as of the last look at the tree."""
        if self._scope is None:
            return self._store.counters.topics
        return self._below.topics_below + self._below.is_topic if self._below is not None else 0

    def step(self, slice_s: float = SLICE_S) -> bool:
        """Takes more for about `slice_s` seconds; True when all are taken.

        Raises:
            SnapshotError: The connection was closed meanwhile, or there is no room.
        """
        deadline = perf_counter() + slice_s
        while self.snapshot is None:
            if self._store.closed:
                raise SnapshotError("The connection was closed before all topics were taken.")
            if self._hashing is not None:
                self._go_on_hashing(deadline)
            elif self._nodes:
                self._take_some()
            elif self._walk is not None and not self._walk.done:
                self._nodes.extend(self._walk.take(_CHUNK))
            else:
                self._finish()
                break
            if perf_counter() >= deadline:
                break
        return self.snapshot is not None

    def _take_some(self) -> None:
        nodes = self._nodes
        while nodes and self._hashing is None:
            node = nodes.popleft()
            if node.frame is not None and node.stamp is not None:
                self._take(node)

    def _take(self, node: Node) -> None:
        assert node.frame is not None
        assert node.stamp is not None
        flags, _, _, payload, size = node.frame
        if node.retained:
            flags |= RETAINED
        if node.payload_evicted and size:
            flags |= EVICTED
            payload = b""
        elif size > len(payload):
            flags |= CUT | PART
        elif size > KEPT_WHOLE:
            flags |= CUT
        if flags & CUT:
            entry = Entry(node.topic, payload[:HEAD], size, flags, node.count, node.stamp.wall_ns)
            self._hashing = entry, Digest(payload)
        else:
            self._columns.add_row(node.topic, payload, size, flags, node.count, node.stamp.wall_ns)

    def _go_on_hashing(self, deadline: float) -> None:
        assert self._hashing is not None
        entry, digest = self._hashing
        done = digest.step(deadline)
        if done is not None:
            self._hashing = None
            self._columns.add(entry._replace(digest=done))

    def _finish(self) -> None:
        about = About(
            self._broker,
            self._address,
            self._scope,
            self._begun_ns,
            time.time_ns(),
            session_of(self._store),
            self._store.counters.dropped,
        )
        self.snapshot = self._columns.finish(about)
