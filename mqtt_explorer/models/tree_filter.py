# SPDX-License-Identifier: MIT
"""The hits of a search and the branches above them.

A million hits take a byte each: every branch that shows something has an array with a byte for each of its children. Hits come in
thousands, so what they change above them is added up first and climbs level by level.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Final

from mqtt_explorer.store.topic_tree import Node

_HIT: Final = 1
_ABOVE: Final = 2
_ONE_HIT: Final = bytes((_HIT,))


class TreeFilter:
    """Which nodes a filtered tree shows.

    Attributes:
        hits: How many hits there are.
        version: Another number after each change.
    """

    def __init__(self) -> None:
        self.hits = 0
        self.version = 0
        self._flags: dict[Node, bytearray] = {}  # of the children, by their row
        self._below: dict[Node, int] = {}
        self._kids: dict[Node, list[Node]] = {}  # of the branches somebody asked for, until they change
        self._changed: set[Node] = set()

    # --- what is shown ---

    def kids(self, branch: Node) -> Sequence[Node]:
        """The shown children of a branch, in arrival order (that of `Node.row`); not to be changed."""
        flags = self._flags.get(branch)
        if flags is None:
            return ()
        known = self._kids.get(branch)
        if known is None:
            known = self._kids[branch] = list(compress(branch.kids or (), flags))
        return known

    def count(self, branch: Node) -> int:
        """How many shown children a branch has."""
        known = self._kids.get(branch)
        if known is not None:
            return len(known)
        flags = self._flags.get(branch, b"")
        return len(flags) - flags.count(0)

    def part(self, branch: Node, count: int, *, last: bool = False) -> list[Node]:
        """The first shown children of a branch in arrival order, or the `last` ones beginning with the very last.

        Costs what they are, and not what the branch has.
        """
        flags = self._flags.get(branch, b"")
        known = self._kids.get(branch)
        if known is None and count < len(flags):
            size = count
            while size < len(flags):
                start = len(flags) - size if last else 0
                window = flags[start : start + size]
                if size - window.count(0) >= count:
                    found = list(compress((branch.kids or ())[start : start + size], window))
                    return found[: -count - 1 : -1] if last else found[:count]
                size = max(1, 4 * size)
        kids = self.kids(branch)
        return list(kids[: -count - 1 : -1] if last else kids[:count])

    def shown_before(self, node: Node) -> int:
        """How many shown siblings of a node arrived before it."""
        flags = self._flags.get(node.parent, b"") if node.parent is not None else b""
        row = min(node.row, len(flags))
        return row - flags.count(0, 0, row)

    def flags(self, branch: Node) -> bytes | bytearray:
        """A byte for each child of a branch by its row, other than 0 for shown ones; children beyond its end are hidden.

        Not to be changed, and to be asked for anew after each change.
        """
        return self._flags.get(branch, b"")

    def has_kids(self, branch: Node) -> bool:
        """Whether a branch has shown children."""
        return branch in self._flags

    def hits_below(self, branch: Node) -> int:
        """How many hits there are below a node, without itself."""
        return self._below.get(branch, 0)

    def is_hit(self, node: Node) -> bool:
        """Whether a node is a hit itself."""
        return bool(self._flag(node) & _HIT)

    def shows(self, node: Node) -> bool:
        """Whether a node is a hit or stands above one."""
        return bool(self._flag(node)) if node.parent is not None else node in self._flags

    def hits_of(self, nodes: Sequence[Node], branch: Node) -> list[int] | None:
        """For each of these shown children of a branch: how many hits it is and has below; None when each is one and has none."""
        flags = self._flags.get(branch)
        if flags is None:
            return [0] * len(nodes)
        if self.is_flat(branch):
            return None
        below = self._below.get
        return [below(node, 0) + (flags[node.row] & _HIT) for node in nodes]

    def is_flat(self, branch: Node) -> bool:
        """Whether none of the shown children has hits below it."""
        flags = self._flags.get(branch, b"")
        return not flags.count(_ABOVE) and not flags.count(_HIT | _ABOVE)

    def take_changes(self) -> set[Node]:
        """The branches whose `kids` changed since the last call. One that is shown for the first time may be among them or not:
        whoever learns of it finds its children there already.
        """
        changed, self._changed = self._changed, set()
        return changed

    # --- what changes ---

    def add(self, nodes: Sequence[Node]) -> int:
        """Takes hits in; those it has already change nothing. Cheapest when siblings stand side by side.

        Returns:
            How many were new.
        """
        counts = self._mark(nodes, _HIT)
        total = sum(counts.values())
        self.hits += total
        self.version += 1
        below = self._below
        while counts:
            above: dict[Node, int] = {}
            opened: list[Node] = []
            for branch, count in counts.items():
                before = below.get(branch, 0)
                below[branch] = before + count
                parent = branch.parent
                if parent is not None:
                    above[parent] = above.get(parent, 0) + count
                    if not before:
                        opened.append(branch)
            self._mark(opened, _ABOVE)
            counts = above
        return total

    def remove(self, nodes: Iterable[Node]) -> int:
        """Lets hits go, and branches that lead nowhere any more; returns how many there were."""
        counts: dict[Node, int] = {}
        for node in nodes:
            if self.is_hit(node) and node.parent is not None:
                self._clear(node, _HIT)
                counts[node.parent] = counts.get(node.parent, 0) + 1
        total = sum(counts.values())
        self.hits -= total
        self.version += 1
        while counts:
            above: dict[Node, int] = {}
            for branch, count in counts.items():
                left = self._below[branch] - count
                if left:
                    self._below[branch] = left
                else:
                    del self._below[branch], self._flags[branch]
                parent = branch.parent
                if parent is not None:
                    above[parent] = above.get(parent, 0) + count
                    if not left:
                        self._clear(branch, _ABOVE)
            counts = above
        return total

    def let_go(self, branches: int) -> bool:
        """Frees the memory of so many branches of a filter that nobody shows any more; True while there is more."""
        for held in (self._flags, self._below, self._kids):
            for _ in range(min(branches, len(held))):
                held.popitem()
        return bool(self._flags or self._below or self._kids)

    def _flag(self, node: Node) -> int:
        if node.parent is None:
            return 0
        flags = self._flags.get(node.parent)
        return flags[node.row] if flags is not None and node.row < len(flags) else 0

    def _mark(self, nodes: Sequence[Node], bit: int) -> dict[Node, int]:
        """Sets a bit of nodes; returns the branches they stand in with how many had it not before."""
        counts: dict[Node, int] = {}
        all_bits = bytes((bit,))
        all_flags = self._flags
        start, count = 0, len(nodes)
        while start < count:
            node = nodes[start]
            branch = node.parent
            if branch is None or branch.kids is None:  # the store was closed
                start += 1
                continue
            kids = branch.kids
            first = node.row
            # Often all siblings are meant: two slices are compared faster than their parents are asked one by one.
            length = min(count - start, len(kids) - first)
            end = first + length
            flags = all_flags.get(branch)
            fresh = flags is None
            if flags is None:
                flags = all_flags[branch] = bytearray(len(kids))
                if branch.parent is None or self._flag(branch):
                    self._changed.add(branch)
            elif len(flags) < len(kids):
                flags += bytes(len(kids) - len(flags))
            if (
                nodes[start + length - 1] is kids[end - 1]
                and (fresh or flags.count(0, first, end) == length)
                and (length == 1 or nodes[start : start + length] == kids[first:end])
            ):
                flags[first:end] = all_bits * length
                if not fresh:
                    self._extend_kids(branch, first, end)
                new = length
            else:
                length = 0
                new = 0
                while start + length < count and (node := nodes[start + length]).parent is branch:
                    length += 1
                    flag = flags[node.row]
                    if not flag & bit:
                        flags[node.row] = flag | bit
                        new += 1
                        if not flag and not fresh:
                            self._extend_kids(branch, node.row, node.row + 1)
            if new:
                counts[branch] = counts.get(branch, 0) + new
            start += length
        return counts

    def _extend_kids(self, branch: Node, first: int, end: int) -> None:
        """Rows of a branch are shown from now on."""
        self._changed.add(branch)
        known = self._kids.get(branch)
        if known is None:
            return
        if known and known[-1].row < first:
            known += (branch.kids or ())[first:end]
        else:
            del self._kids[branch]

    def _clear(self, node: Node, bit: int) -> None:
        """Takes a bit from a node."""
        branch = node.parent
        flags = self._flags.get(branch) if branch is not None else None
        if branch is None or flags is None:
            return
        flags[node.row] &= ~bit
        if not flags[node.row]:
            self._changed.add(branch)
            self._kids.pop(branch, None)
