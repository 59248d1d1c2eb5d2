# SPDX-License-Identifier: MIT
"""The topic tree: one small node per topic or branch, found by its full path in one dictionary.

There is no dictionary of children and no stored level name: at a million topics those cost more than the payloads. `b"a"` and
`b"a/"` are different paths, and so are `b""` (the empty first level of `/x`) and the root, which is in no dictionary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mqtt_explorer.protocol.batch import Frame

#: A deeper topic keeps its remainder in its last node. No broker we know passes more than 200 levels; a hostile one may.
MAX_LEVELS = 200

#: No branch is made of a longer path: 200 branches of a 64 KiB topic would turn one packet into 13 MB of paths.
MAX_BRANCH_BYTES = 4096

#: Estimated bytes of a node beside its path: object (176), entry of `by_path` (52), slot in `kids` (9), the number `seq` (32).
NODE_BYTES = 269

#: Estimated bytes of the first `kids` list of a node.
KIDS_BYTES = 80


class Stamp(NamedTuple):
    """When a batch arrived: `mono_ns` for intervals, `wall_ns` (ns since the epoch) for display. Shared by its messages."""

    mono_ns: int
    wall_ns: int


class Node:
    """A topic, a branch, or both.

    Attributes:
        topic: The full path, raw. The root's is empty, and so is that of the empty first level of `/x`; only the root has no parent.
        parent: The branch above; None for the root (and after the store was closed).
        row: Its place in `parent.kids`; arrival order, never changes.
        kids: The children, or None while there are none.
        frame: The last message; without payload and properties when `payload_evicted`. None for a mere branch.
        stamp: When the last message arrived.
        first: When the first one did.
        seq: The last message's number within the connection, -1 for a mere branch.
        count: Messages received on this very topic.
        evicted_count: How many of them have left the history.
        topics_below: Topics below this node, without itself; as of the last `take_changes`.
        messages_below: Messages on the topics below; as of the last `take_changes`.
        stamp_below: When the newest of them arrived; as of the last `take_changes`. None while there are none.
        retained: The broker keeps a message here, as far as the messages seen tell.
        payload_evicted: The memory budget took the last payload.
        folded: How much of `count` the branches above already contain.
        mark: None when clean; otherwise it waits in `TopicTree.changed`, new to the reader when it is `TopicTree.fresh`.
    """

    __slots__ = (
        "count",
        "evicted_count",
        "first",
        "folded",
        "frame",
        "kids",
        "mark",
        "messages_below",
        "parent",
        "payload_evicted",
        "retained",
        "row",
        "seq",
        "stamp",
        "stamp_below",
        "topic",
        "topics_below",
    )

    def __init__(self, topic: bytes, parent: Node | None, row: int, mark: object | None) -> None:
        self.topic = topic
        self.parent = parent
        self.row = row
        self.kids: list[Node] | None = None
        self.frame: Frame | None = None
        self.stamp: Stamp | None = None
        self.stamp_below: Stamp | None = None
        self.first: Stamp | None = None
        self.seq = -1
        self.count = 0
        self.evicted_count = 0
        self.topics_below = 0
        self.messages_below = 0
        self.retained = False
        self.payload_evicted = False
        self.folded = 0
        self.mark = mark

    @property
    def level(self) -> str:
        """The last level as text; the remainder, with its slashes, of a topic that is too deep to branch."""
        parent = self.parent
        if parent is None or parent.parent is None:
            return self.topic.decode("utf-8", "replace")
        return self.topic[len(parent.topic) + 1 :].decode("utf-8", "replace")

    @property
    def is_topic(self) -> bool:
        """True when a message arrived on this very path."""
        return self.seq >= 0

    def __repr__(self) -> str:
        return f"Node({self.topic!r}, count={self.count})"


def object_bytes(length: int) -> int:
    """The memory of a bytes object of `length`: 33 bytes of header, rounded up to 16."""
    return (length + 48) & ~15


class TopicTree:
    """All nodes of one connection, and which of them changed since they were last handed out (`changes.take`).

    A node waits at most once: its `mark` is `fresh` when it was made since the last hand-out, True when it is merely dirty, and None
    once it was handed out. `fresh` is a new object each time, so that no node has to be visited to grow old.

    Attributes:
        by_path: Every node but the root, by its full path.
        root: Its kids are the top-level nodes.
        topics: How many nodes are topics.
        memory_bytes: Estimated memory of the nodes and their paths.
        grown: Branches known to the reader that got kids, with the number of kids they had before.
        changed: The waiting nodes, oldest first.
        fresh: The mark of nodes the reader does not know yet.
    """

    def __init__(self) -> None:
        self.by_path: dict[bytes, Node] = {}
        self.root = Node(b"", None, 0, None)
        self.topics = 0
        self.memory_bytes = 0
        self.grown: dict[Node, int] = {}
        self.changed: list[Node] = []
        self.fresh: object = object()

    def touch(self, node: Node) -> None:
        """Marks a node dirty."""
        if node.mark is None:
            node.mark = True
            self.changed.append(node)

    def add(self, topic: bytes) -> Node:
        """Makes the node of a topic that is not there yet, with the branches it lacks."""
        by_path = self.by_path
        missing = [topic]
        cut = topic.rfind(b"/") if len(topic) < MAX_LEVELS else _last_cut(topic)
        path = topic
        parent = self.root
        while cut >= 0:
            path = path[:cut]
            found = by_path.get(path)
            if found is not None:
                parent = found
                break
            missing.append(path)
            cut = path.rfind(b"/")

        fresh = self.fresh
        if parent.mark is not fresh and parent not in self.grown:
            self.grown[parent] = 0 if parent.kids is None else len(parent.kids)
        memory = 0
        while missing:
            path = missing.pop()
            kids = parent.kids
            if kids is None:
                node = Node(path, parent, 0, fresh)
                parent.kids = [node]
                memory += KIDS_BYTES
            else:
                node = Node(path, parent, len(kids), fresh)
                kids.append(node)
            by_path[path] = node
            self.changed.append(node)
            memory += NODE_BYTES + ((len(path) + 48) & ~15)
            parent = node
        self.memory_bytes += memory
        return parent


def _last_cut(topic: bytes) -> int:
    """Where the last node of a long topic begins: its last slash within the first 199 ones and the first 4 KiB; -1 for none."""
    cut = -1
    for _ in range(MAX_LEVELS - 1):
        following = topic.find(b"/", cut + 1, MAX_BRANCH_BYTES + 1)
        if following < 0:
            break
        cut = following
    return cut
