# SPDX-License-Identifier: MIT
"""By what the children of a branch are sorted. No Qt.

Keys are made for many nodes at once, since one call per node would cost more than the sorting. Within a branch no two
keys are equal: where the order itself leaves a tie, the row of arrival decides.
"""

from __future__ import annotations

import re
import time
from array import array
from math import log2
from typing import TYPE_CHECKING, Any, Final

from mqtt_explorer.models.topic_columns import SortOrder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mqtt_explorer.store.staleness import Staleness
    from mqtt_explorer.store.topic_tree import Node

HALF_LIFE_S: Final = 10.0
"""After so many seconds of silence a topic counts for half as active."""
STEPS_PER_OCTAVE: Final = 4
"""A rate keeps its place until it has changed by about a fifth: rows that change places at every look are no order."""
_SILENT: Final = -80.0  # the step of a rate that is as good as none
_AGAIN_S: Final = 0.5  # samples closer together than this say nothing

_NUMBER: Final = re.compile("[0-9]+")
_TURN: Final = bytes(255 - n for n in range(256))


class SortKeys:
    """The keys of one order; `descending` turns it round, ties included."""

    def __init__(
        self,
        order: SortOrder = SortOrder.ARRIVAL,
        *,
        descending: bool = False,
        staleness: Staleness | None = None,
    ) -> None:
        self.order = order
        self.descending = descending
        self.activity = Activity()
        self._staleness = staleness
        self._make = {
            SortOrder.ARRIVAL: self._arrival,
            SortOrder.NAME: self._names,
            SortOrder.NATURAL: self._natural,
            SortOrder.ACTIVITY: self._activity,
            SortOrder.MESSAGES: self._counts,
            SortOrder.AGE: self._ages,
            SortOrder.STALE: self._stale,
        }[order]

    def of(self, nodes: Sequence[Node]) -> list[Any]:
        """The keys of some children of one branch; smaller ones stand further up."""
        return self._make(nodes) if nodes else []

    def sort(self, nodes: Sequence[Node]) -> tuple[list[Node], list[Any]]:
        """Children of one branch in order, and their keys."""
        keys = self.of(nodes)
        order = sorted(range(len(keys)), key=keys.__getitem__)
        return [nodes[n] for n in order], [keys[n] for n in order]

    def begin(self, branch: Node) -> None:
        """The children of a branch are about to be looked at (`sample`) and sorted anew."""
        if self.order is SortOrder.ACTIVITY:
            self.activity.begin(branch, time.monotonic())

    def sample(self, nodes: Sequence[Node]) -> None:
        """Looks at some children of a branch; each once between two calls of `begin`."""
        if self.order is SortOrder.ACTIVITY:
            self.activity.sample(nodes)

    def forget(self, branch: Node) -> None:
        """Nobody looks at the children of a branch any more."""
        self.activity.forget(branch)

    def _arrival(self, nodes: Sequence[Node]) -> list[Any]:
        return [-node.row for node in nodes] if self.descending else [node.row for node in nodes]

    def _names(self, nodes: Sequence[Node]) -> list[Any]:
        # Children share what stands before their level, and UTF-8 sorts like the characters it stands for.
        names = [node.topic for node in nodes]
        return _turned(names) if self.descending else names

    def _natural(self, nodes: Sequence[Node]) -> list[Any]:
        parent = nodes[0].parent
        cut = len(parent.topic) + 1 if parent is not None and parent.parent is not None else 0
        # One string for all: no topic holds a NUL.
        plain = b"\0".join([node.topic[cut:] for node in nodes]).decode("utf-8", "replace")
        folded = _NUMBER.sub(_by_value, plain.casefold())
        keys = [f"{low}\0{name}" for low, name in zip(folded.split("\0"), plain.split("\0"), strict=True)]
        return _turned([key.encode("utf-8", "surrogatepass") for key in keys]) if self.descending else keys

    def _activity(self, nodes: Sequence[Node]) -> list[Any]:
        steps = self.activity.steps(nodes)
        if self.descending:
            return [(step, node.row) for step, node in zip(steps, nodes, strict=True)]
        return [(-step, node.row) for step, node in zip(steps, nodes, strict=True)]

    def _counts(self, nodes: Sequence[Node]) -> list[Any]:
        sign = 1 if self.descending else -1
        return [(sign * (node.count + node.messages_below), node.row) for node in nodes]

    def _ages(self, nodes: Sequence[Node]) -> list[Any]:
        sign = 1 if self.descending else -1
        return [(sign * last_ns(node), node.row) for node in nodes]

    def _stale(self, nodes: Sequence[Node]) -> list[Any]:
        staleness, now = self._staleness, time.monotonic_ns()
        sign = -1 if self.descending else 1
        keys: list[Any] = []
        for node in nodes:
            overdue = staleness.overdue_s(node, now) if staleness is not None and node.seq >= 0 else 0.0
            if overdue > 0.0:
                # Since when it is overdue does not change while time passes: keys of two looks compare.
                keys.append((0, sign * (now - int(overdue * 1e9)), node.row))
            else:
                keys.append((sign, -sign * last_ns(node), node.row))
        return keys


class _Samples:
    """What the last look at the children of a branch saw, by their rows of arrival."""

    __slots__ = ("begun_s", "since_s", "span_s", "steps", "totals", "values")

    def __init__(self, begun_s: float, since_s: float) -> None:
        self.begun_s = begun_s
        self.since_s = since_s
        self.span_s = 0.0
        self.totals = array("q")  # messages; -1 while nobody looked
        self.values = array("d")  # messages a second
        self.steps = array("d")

    def grow(self, rows: int) -> None:
        """Makes room for so many children."""
        if (missing := rows - len(self.totals)) > 0:
            self.totals.extend([-1] * missing)
            self.values.extend([0.0] * missing)
            self.steps.extend([_SILENT] * missing)


class Activity:
    """How many messages a second arrive on and below the children of open branches, older ones counting less and less."""

    def __init__(self) -> None:
        self._branches: dict[Node, _Samples] = {}

    def begin(self, branch: Node, now_s: float) -> None:
        """A look at the children of a branch begins."""
        seen = self._branches.get(branch)
        if seen is None:
            seen = self._branches[branch] = _Samples(now_s, _born_s(branch, now_s))
        elif now_s - seen.begun_s < _AGAIN_S:
            seen.span_s = 0.0  # too soon: the last look still holds
        else:
            seen.span_s = now_s - seen.begun_s
            seen.begun_s = now_s
        seen.grow(len(branch.kids or ()))

    def sample(self, nodes: Sequence[Node]) -> None:
        """Looks at some children of a branch."""
        seen = self._branches.get(nodes[0].parent) if nodes and nodes[0].parent is not None else None
        if seen is None:
            return
        totals, values, steps = seen.totals, seen.values, seen.steps
        seen.grow(max(node.row for node in nodes) + 1)
        span = seen.span_s
        life = max(1.0, seen.begun_s - seen.since_s)
        weight = 1.0 - 0.5 ** (span / HALF_LIFE_S)
        for node in nodes:
            row = node.row
            total, last = node.count + node.messages_below, totals[row]
            if last < 0:
                values[row] = total / life
            elif span:
                values[row] += ((total - last) / span - values[row]) * weight
            else:
                continue
            totals[row] = total
            step = _step(values[row])
            if last < 0 or abs(step - steps[row]) >= 1.0:
                steps[row] = round(step)

    def rate(self, node: Node) -> float:
        """Messages a second, as of the last look; 0.0 before the first one."""
        seen = self._branches.get(node.parent) if node.parent is not None else None
        return seen.values[node.row] if seen is not None and node.row < len(seen.values) else 0.0

    def steps(self, nodes: Sequence[Node]) -> list[float]:
        """The rates of children of one branch on a scale that does not move at every look."""
        parent = nodes[0].parent
        seen = self._branches.get(parent) if parent is not None else None
        if seen is None:
            return [_SILENT] * len(nodes)
        seen.grow(max(node.row for node in nodes) + 1)
        fresh = [node for node in nodes if seen.totals[node.row] < 0]
        if fresh:
            self.sample(fresh)
        return [seen.steps[node.row] for node in nodes]

    def forget(self, branch: Node) -> None:
        """Nobody looks at these children any more."""
        self._branches.pop(branch, None)


def last_ns(node: Node) -> int:
    """When the last message arrived on or below a node, on the monotonic clock; 0 when none did."""
    own = node.stamp.mono_ns if node.stamp is not None else 0
    below = node.stamp_below
    return own if below is None or below.mono_ns < own else below.mono_ns


def _born_s(branch: Node, now_s: float) -> float:
    """When the first message below a branch arrived: first children were there first."""
    node: Node | None = branch
    while node is not None:
        if node.first is not None:
            return node.first.mono_ns / 1e9
        node = node.kids[0] if node.kids else None
    return now_s


def _step(rate: float) -> float:
    return STEPS_PER_OCTAVE * log2(rate) if rate > 1e-4 else _SILENT


def _by_value(match: re.Match[str]) -> str:
    """A number as text that sorts by value: among digits first how many there are."""
    digits = match[0].lstrip("0")
    return f"0{chr(0x30 + len(digits))}{digits}"


def _turned(keys: list[bytes]) -> list[bytes]:
    """Keys that sort the other way round; the end of a key counts as its smallest character, and so as its largest here."""
    return [key.translate(_TURN) + b"\xff" for key in keys]
