# SPDX-License-Identifier: MIT
"""Which rows of the topic tree a view knows of. No Qt: the model translates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mqtt_explorer.store.topic_tree import Node

PAGE: Final = 500
"""Rows of a branch shown before somebody scrolls to its end. The view asks index() and hasChildren() for each
row of each relayout (about 3 µs together), so this bounds what a frame can cost."""
ARROW: Final = 1
"""Rows announced of a branch that is closed: enough for its arrow to appear."""


class Announced:
    """How many children of each branch were announced, and how many may be.

    A branch is *open* while a view shows its children. Open branches grow by themselves up to their limit, one
    page unless the user scrolled further; closed ones never do. Rows are only ever added at the end.
    """

    __slots__ = ("_growing", "_limits", "_open", "_root", "_shown")

    def __init__(self, root: Node) -> None:
        self._root = root
        self._shown: dict[Node, int] = {}
        self._limits: dict[Node, int] = {}
        self._open: set[Node] = {root}
        # A dict keeps the order in which branches grew: none waits for ever behind a busier one.
        self._growing: dict[Node, None] = {root: None}

    def rows(self, node: Node) -> int:
        """How many children the view knows."""
        return self._shown.get(node, 0)

    def open_rows(self) -> int:
        """How many rows all open branches have together: what a relayout walks."""
        return sum(self._shown.get(node, 0) for node in self._open)

    def is_open(self, node: Node) -> bool:
        """True while a view shows the children."""
        return node in self._open

    def set_open(self, node: Node, *, is_open: bool) -> None:
        """A view unfolded or folded the branch."""
        if is_open:
            self._open.add(node)
            self.grew(node)
        elif node is not self._root:
            self._open.discard(node)
            self._growing.pop(node, None)

    def note_growth(self, grown: Mapping[Node, int]) -> None:
        """Children were appended; the values tell how many each branch had before."""
        for node, before in grown.items():
            if node in self._open or (not before and self._is_announced(node)):
                self._growing[node] = None

    def grew(self, node: Node) -> None:
        """Puts an open branch in line; a view may have to learn of new children."""
        if node in self._open:
            self._growing[node] = None

    def growing(self) -> Iterator[tuple[Node, int]]:
        """Takes branches that wait, oldest first, each with the number of rows it may show."""
        while self._growing:
            node = next(iter(self._growing))
            del self._growing[node]
            target = self.target(node)
            if target > self.rows(node):
                yield node, target

    def target(self, node: Node) -> int:
        """How many children a view should know now."""
        kids = len(node.kids or ())
        return min(kids, self._limits.get(node, PAGE) if node in self._open else ARROW)

    def first_page(self, node: Node) -> int:
        """How many children the first page has."""
        return min(len(node.kids or ()), PAGE)

    def hidden(self, node: Node) -> int:
        """How many children wait behind the limit."""
        return len(node.kids or ()) - self.rows(node)

    def raise_limit(self, node: Node, rows: int) -> int:
        """Lets the branch show at least `rows` children; returns how many it may show now."""
        self._limits[node] = max(self._limits.get(node, PAGE), rows)
        return min(len(node.kids or ()), self._limits[node])

    def set_rows(self, node: Node, rows: int) -> None:
        """The view learnt of the first `rows` children."""
        self._shown[node] = rows

    def _is_announced(self, node: Node) -> bool:
        parent = node.parent
        return parent is not None and parent in self._open and node.row < self._shown.get(parent, 0)
