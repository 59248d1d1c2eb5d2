# SPDX-License-Identifier: MIT
"""When the rows of the topic tree follow the store, the filter and the order: a little in each frame, and never more than a frame
can afford.
"""

from __future__ import annotations

import time
from time import perf_counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mqtt_explorer.models.arrangement import Arrangement, Target
    from mqtt_explorer.models.sort_keys import SortKeys
    from mqtt_explorer.models.tree_edits import TreeEdits
    from mqtt_explorer.store.topic_tree import Node

SLICE_S: Final = 0.008
"""How long a frame may sort and announce."""
LOOK_S: Final = 0.005
"""How long a frame may look anew at an order that changes by itself."""
REST: Final = 19
"""After such a look it rests so many times as long: five percent of the time in all."""
LAYOUT_ROW_S: Final = 3e-6
"""What a view spends on each open row when it is told of a change."""
ROWS_PER_QUIET_FRAME: Final = 1_000
"""Announcing rows makes the view lay out all open rows anew, so with many of them it happens in every second, third, … frame only."""


class TreePace:
    """Has the arrangement follow, and the edits announced."""

    def __init__(self, rows: Arrangement, edits: TreeEdits) -> None:
        self._rows = rows
        self._edits = edits
        self._quiet = 0
        self._look_from = 0.0

    def frame(self, *, paused: bool, held: bool) -> None:
        """One frame's share. `paused`: only what the user asked for; `held`: rows do not change places by themselves."""
        self.follow(paused=paused)
        if not paused and not held and self._rows.is_live:
            self._look()

    def follow(self, *, paused: bool) -> None:
        """Brings branches that wait in line up to date, as many as there is time for."""
        rows = self._rows
        quiet = self._quiet > 0
        self._quiet = max(0, self._quiet - 1)
        deadline = perf_counter() + SLICE_S
        targets: dict[Node, Target] = {}
        for branch, asked in rows.take_waiting(asked_only=paused or quiet).items():
            if not rows.is_known(branch):
                continue
            target = rows.target(branch, deadline) if perf_counter() < deadline else None
            if target is None:
                rows.put_back(branch, asked=asked)
            else:
                targets[branch] = target
        if self._announce(targets):
            self._quiet = rows.open_rows() // ROWS_PER_QUIET_FRAME

    def show(self, branch: Node, deadline: float | None = None) -> None:
        """Brings one branch up to date at once; what takes longer comes with the next frames, and a page in order of arrival stands
        until then (`deadline`: `perf_counter`).
        """
        target = self._rows.target(branch, deadline)
        if target is not None:
            self._announce({branch: target})
        else:
            self._rows.ask(branch)
            self._edits.apply({branch: self._rows.meanwhile(branch)})

    def first_page(self, root: Node, deadline: float) -> list[Node]:
        """The rows a view begins with."""
        target = self._rows.target(root, deadline)
        if target is None:
            self._rows.ask(root)
            target = self._rows.meanwhile(root)
        return target.head

    def sort_anew(self, sort_keys: SortKeys, *, paused: bool) -> None:
        """Another order was chosen; during a pause the rows shown are sorted, and nothing joins them."""
        rows = self._rows
        rows.set_keys(sort_keys)
        if paused:
            rows.ask_nothing()
            self._edits.apply(
                {node: rows.as_sorted(node) for node in rows.open_branches() if rows.rows(node)}
            )
        else:
            self.follow(paused=False)

    def reveal(self, node: Node, deadline: float) -> None:
        """Announces what is missing on the way to a node, from the top; nothing when the filter hides it."""
        rows = self._rows
        path = []
        step: Node | None = node
        while step is not None and not rows.is_known(step):
            path.append(step)
            step = step.parent
        if step is None or not rows.shows(node):
            return
        for each in reversed(path):
            if (branch := each.parent) is not None:
                rows.set_open(branch, is_open=True)
                if (target := rows.revealed(each, deadline)) is not None:
                    self._edits.apply({branch: target})

    def _announce(self, targets: dict[Node, Target]) -> bool:
        if not targets:
            return False
        changed = self._edits.apply(targets)
        for branch in targets:
            self._rows.settled(branch)
        return changed

    def _look(self) -> None:
        now = time.monotonic()
        if now < self._look_from:
            return
        start = perf_counter()
        changed = self._announce(self._rows.live_targets(now, start + LOOK_S))
        spent = perf_counter() - start
        if changed:
            spent += LAYOUT_ROW_S * self._rows.open_rows()
        self._look_from = now + REST * spent
