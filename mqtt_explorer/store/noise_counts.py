# SPDX-License-Identifier: MIT
"""What a noise meter holds: counts by node in dictionaries that grow, and are freed, without stopping the window."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from mqtt_explorer.store.topic_tree import Node

#: Parts of a large dictionary.
PARTS: Final = 64

#: Entries freed between two looks at the clock.
_CHUNK: Final = 256

_Value = TypeVar("_Value")


class ByNode(Generic[_Value]):
    """A dictionary by node, in parts: one of 200,000 entries stops the window for 30 ms whenever it grows."""

    def __init__(self) -> None:
        self.parts: list[dict[Node, _Value]] = [{} for _ in range(PARTS)]
        self.size = 0

    def part(self, node: Node) -> dict[Node, _Value]:
        """The part a node belongs to."""
        return self.parts[
            hash(node) >> 6 & (PARTS - 1)
        ]  # its address, but for the bits in which most are alike

    def get(self, node: Node, default: _Value) -> _Value:
        """The value of a node."""
        return self.part(node).get(node, default)

    def enter(self, node: Node, value: _Value) -> _Value:
        """Gives a value to a node that has none."""
        self.part(node)[node] = value
        self.size += 1
        return value


class Counts:
    """The counts of one window.

    Attributes:
        totals: Of topics and branches alike, everything below included.
        kids: Of each branch those below it that have counts.
        merged: What counts for a branch because topics below it have no counts of their own.
        ended: The window is over; nothing is left here.
    """

    def __init__(self) -> None:
        self.ended = False
        self.totals: ByNode[int] = ByNode()
        self.kids: ByNode[list[Node]] = ByNode()
        self.merged: dict[Node, int] = {}

    def end(self, sweeper: Sweeper) -> None:
        """Hands everything to a sweeper. The totals go last: what else there is holds the same nodes."""
        sweeper.take(*self.totals.parts, self.merged, *self.kids.parts)
        self.ended = True
        self.totals = ByNode()
        self.kids = ByNode()
        self.merged = {}


class Sweeper:
    """Frees what windows that ended leave behind, in slices: 200,000 counts at once stop the window for 60 ms."""

    def __init__(self) -> None:
        self._held: list[dict[Node, Any] | list[Node]] = []

    def __bool__(self) -> bool:
        return bool(self._held)

    def take(self, *held: dict[Node, Any] | list[Node]) -> None:
        """Takes over what nobody else holds any more; the first goes last."""
        self._held += [each for each in held if each]

    def sweep(self, deadline: float) -> None:
        """Frees some of it, until `perf_counter` reaches the deadline."""
        held = self._held
        while held:
            last, long = held.pop(), []
            if isinstance(last, dict):
                for _ in range(min(_CHUNK, len(last))):
                    _, value = last.popitem()
                    if isinstance(value, list) and len(value) > _CHUNK:
                        long.append(value)
            else:
                del last[-_CHUNK:]
            self.take(last, *long)
            if perf_counter() >= deadline:
                return
