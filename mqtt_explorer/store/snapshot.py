# SPDX-License-Identifier: MIT
"""The topic tree at one moment: for each topic its last message and figures, in parallel columns.

Payloads and topics are the very objects of the store's frames: a snapshot of a million topics weighs its columns, 42 MB, until values
change; from then on it alone keeps the old payloads alive. The memory budget does not count that, so snapshots have a limit of their own.
"""

from __future__ import annotations

import uuid
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.payload.byte_column import ByteColumn
from mqtt_explorer.payload.kept import Entry
from mqtt_explorer.store.budget import default_limit
from mqtt_explorer.store.topic_tree import object_bytes

if TYPE_CHECKING:
    from mqtt_explorer.store.topic_store import TopicStore

#: Columns of one topic: two references (16), size, count and time (24), flags and slack (2).
ROW_BYTES: Final = 42
#: A hash of a large payload: its bytes object and its slot.
DIGEST_ROW_BYTES: Final = 160
_MOST_DEFAULT: Final = 1 << 30

_sessions: WeakKeyDictionary[TopicStore, str] = WeakKeyDictionary()


class SnapshotError(MqttExplorerError):
    """A snapshot could not be taken or compared; the message is a sentence with the way out."""

    def __init__(self, message: str) -> None:
        super().__init__("No snapshot", message)


def snapshot_limit() -> int:
    """What all snapshots together may weigh: half of what messages get by default, at most 1 GiB; in bytes."""
    return min(default_limit() // 2, _MOST_DEFAULT)


def session_of(store: TopicStore) -> str:
    """A name for the time in which a store counts: counts of two snapshots compare within one session only."""
    found = _sessions.get(store)
    if found is None:
        found = _sessions[store] = uuid.uuid4().hex
    return found


@dataclass(frozen=True, slots=True)
class About:
    """What a snapshot is of.

    Attributes:
        broker: The connection's title; never a login.
        address: The broker's address without login and query; "" when unknown.
        scope: The branch it was taken of, with the branch itself; None for the whole tree.
        begun_ns: When it began, ns since the epoch. The tree goes on meanwhile: each topic is taken at one moment from then …
        ended_ns: … until then.
        session: See `session_of`; "" when unknown.
        dropped: Messages on new topics the memory budget had no room for until then.
    """

    broker: str
    address: str = ""
    scope: bytes | None = None
    begun_ns: int = 0
    ended_ns: int = 0
    session: str = ""
    dropped: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The topics of a tree. The columns belong together and are not changed any more.

    Attributes:
        about: What it is of, and when.
        memory_bytes: What it weighs once the tree has moved on, estimated; less before, see the module.
    """

    about: About
    topics: ByteColumn = field(default_factory=ByteColumn)
    payloads: ByteColumn = field(default_factory=ByteColumn)
    sizes: array[int] = field(default_factory=lambda: array("Q"))
    counts: array[int] = field(default_factory=lambda: array("Q"))
    times: array[int] = field(default_factory=lambda: array("q"))
    flags: bytearray = field(default_factory=bytearray)
    digests: dict[int, bytes] = field(default_factory=dict)
    memory_bytes: int = 0

    def __len__(self) -> int:
        return len(self.topics)

    def entry(self, row: int) -> Entry:
        """One topic."""
        return Entry(
            self.topics[row],
            self.payloads[row],
            self.sizes[row],
            self.flags[row],
            self.counts[row],
            self.times[row],
            self.digests.get(row, b""),
        )

    def entries(self, start: int = 0, stop: int | None = None) -> Iterable[Entry]:
        """Topics in the order they were taken."""
        return map(self.entry, range(start, len(self) if stop is None else min(stop, len(self))))


class SnapshotColumns:
    """Collects topics for a snapshot.

    Args:
        limit_bytes: What it may weigh.

    Attributes:
        memory_bytes: What it weighs so far.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._made = Snapshot(About(""))
        self.memory_bytes = 0

    def __len__(self) -> int:
        return len(self._made)

    def add(self, entry: Entry) -> None:
        """Adds a topic.

        Raises:
            SnapshotError: There is no room left.
        """
        self.add_row(*entry)

    def add_row(
        self,
        topic: bytes,
        payload: bytes,
        size: int,
        flags: int,
        messages: int,
        wall_ns: int,
        digest: bytes = b"",
    ) -> None:
        """Adds a topic by its figures, as `Entry` has them.

        Raises:
            SnapshotError: There is no room left.
        """
        made = self._made
        if digest:
            made.digests[len(made)] = digest
            self.memory_bytes += DIGEST_ROW_BYTES
        made.topics.append(topic)
        made.payloads.append(payload)
        made.sizes.append(size)
        made.flags.append(flags)
        made.counts.append(messages)
        made.times.append(wall_ns)
        self.memory_bytes += (
            ROW_BYTES + object_bytes(len(topic)) + (object_bytes(len(payload)) if payload else 0)
        )
        if self.memory_bytes > self._limit:
            raise SnapshotError(
                f"There is no room: snapshots may take {snapshot_limit() >> 20:,} MiB together, and {len(made):,} topics of this one "
                "fill what is left. Remove snapshots, or take one of a branch."
            )

    def finish(self, about: About) -> Snapshot:
        """The snapshot; nothing can be added after that."""
        made = self._made
        return Snapshot(
            about,
            made.topics,
            made.payloads,
            made.sizes,
            made.counts,
            made.times,
            made.flags,
            made.digests,
            self.memory_bytes,
        )


def is_below(topic: bytes, branch: bytes | None) -> bool:
    """Whether a topic is on a branch; None is the whole tree."""
    return branch is None or topic == branch or topic.startswith(branch + b"/")
