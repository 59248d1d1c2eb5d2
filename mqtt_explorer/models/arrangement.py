# SPDX-License-Identifier: MIT
"""Which rows of the topic tree a view knows of, and in which order. No Qt: `tree_edits` announces, the model translates.

Of each branch a view knows the head of the order up to a limit, and behind it the *extras*: rows that were revealed further down,
and rows that fell out of the head while somebody had an eye on them.
"""

from __future__ import annotations

import time
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

from mqtt_explorer.models.arrange_buckets import KidsAsArrived, KidsInOrder, in_order
from mqtt_explorer.models.sort_keys import SortKeys
from mqtt_explorer.models.topic_columns import SortOrder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mqtt_explorer.models.tree_filter import TreeFilter
    from mqtt_explorer.store.topic_tree import Node

PAGE: Final = 500
"""Rows of a branch shown before somebody scrolls to its end. The view asks index() and hasChildren() for each
row of each relayout (about 3 µs together), so this bounds what a frame can cost."""
ARROW: Final = 1
"""Rows announced of a branch that is closed: enough for its arrow to appear."""
SLACK: Final = 64
"""Extras kept in an order that stands still, before those nobody looks at are dropped."""
REVEAL_ROWS: Final = 10_000
"""A node that stands further down is revealed without the rows before it."""
LIVE_S: Final = 1.0
"""How often an order that moves by itself is made anew, at most."""


class Target(NamedTuple):
    """What a view should know of a branch.

    Attributes:
        head: The first rows of the order.
        extras: Known rows that stand behind the head, in order.
        trim: Extras that are not selected, current or unfolded go …
        keep_screen: … unless they are on the screen.
    """

    head: list[Node]
    extras: list[Node]
    trim: bool = False
    keep_screen: bool = True


class Arrangement:
    """Rows in display order, per branch.

    A branch is *open* while a view shows its children. Open branches follow store, filter and order up to their limit, one page unless
    the user scrolled further; closed ones know one row. Branches with something to follow wait in line.
    """

    def __init__(self, root: Node) -> None:
        self._root = root
        self.restart(SortKeys(), None)

    def restart(self, sort_keys: SortKeys, tree_filter: TreeFilter | None) -> None:
        """Knows nothing and shows another order or filter from now on."""
        root = self._root
        self._sort_keys = sort_keys
        self._filter = tree_filter
        self._shown: dict[Node, list[Node]] = {}
        self._places: dict[Node, int] = {}
        self._limits: dict[Node, int] = {}
        self._open: dict[Node, None] = {root: None}
        self._orders: dict[Node, KidsInOrder | KidsAsArrived] = {}
        self._mixed: set[Node] = set()  # rows do not stand in the present order
        # Dicts keep the order in which branches came: none waits for ever behind a busier one.
        self._growing: dict[Node, None] = {root: None}
        self._asked: dict[Node, None] = {}  # by the user: also during a pause
        self._due: dict[Node, float] = {}
        self._rounds: dict[Node, KidsInOrder | KidsAsArrived] = {}

    # --- what there is ------------------------------------------------------------------------------------------

    def rows(self, node: Node) -> int:
        """How many children the view knows."""
        shown = self._shown.get(node)
        return len(shown) if shown is not None else 0

    def shown(self, node: Node) -> Sequence[Node]:
        """The children the view knows, in its order."""
        return self._shown.get(node) or []

    def row_of(self, node: Node) -> int | None:
        """The row of a node within its branch; None for one the view does not know."""
        return self._places.get(node)

    def is_known(self, node: Node) -> bool:
        """True for the root and for rows the view knows."""
        return node in self._places or node is self._root

    def total(self, node: Node) -> int:
        """How many children there are, in this filter."""
        return len(node.kids or ()) if self._filter is None else self._filter.count(node)

    def hidden(self, node: Node) -> int:
        """How many of them the view does not know."""
        return max(0, self.total(node) - self.rows(node))

    def has_kids(self, node: Node) -> bool:
        """True for branches, whether or not the view knows of children."""
        if self._shown.get(node):
            return True
        return bool(node.kids) if self._filter is None else self._filter.has_kids(node)

    def shows(self, node: Node) -> bool:
        """False for a node that the filter hides."""
        return self._filter is None or self._filter.shows(node)

    def is_open(self, node: Node) -> bool:
        """True while a view shows the children."""
        return node in self._open

    def open_branches(self) -> list[Node]:
        """The branches whose children a view shows."""
        return [node for node in self._open if self.is_known(node)]

    def open_rows(self) -> int:
        """How many rows all open branches have together: what a relayout walks."""
        return sum(self.rows(node) for node in self._open)

    def ordered(self, branch: Node) -> list[Node]:
        """All children in display order, also those the view does not know yet."""
        if self._is_plain:
            return list(branch.kids or ())
        order = self._order_of(branch)
        count = self.total(branch)
        order.settle(count)
        return order.head(count)

    def place_of(self, node: Node) -> int | None:
        """How many children of its branch stand before a node in display order; None when the filter hides it."""
        branch = node.parent
        if branch is None or not self.shows(node):
            return None
        if self.is_live:
            kids = self.ordered(branch)  # the keys of the others may have changed
            return kids.index(node) if node in kids else None
        order = self._order_of(branch)
        order.take_in()
        return order.place_of(node)

    def _order_of(self, branch: Node) -> KidsInOrder | KidsAsArrived:
        order = self._orders.get(branch)
        if order is None:
            order = in_order(branch, self._sort_keys, self._filter)
            if branch in self._open or not self.is_live:
                self._orders[branch] = order
        return order

    @property
    def is_live(self) -> bool:
        """True while the order changes by itself."""
        return self._sort_keys.order.is_live

    @property
    def _is_plain(self) -> bool:
        """True while the children stand as the store has them."""
        keys = self._sort_keys
        return self._filter is None and keys.order is SortOrder.ARRIVAL and not keys.descending

    # --- what happens -------------------------------------------------------------------------------------------

    def set_open(self, node: Node, *, is_open: bool) -> None:
        """A view unfolded or folded the branch."""
        if is_open:
            self._open[node] = None
            self._growing[node] = None
        elif node is not self._root:
            self._open.pop(node, None)
            self._let_go(node)
            if self._filter is not None:
                self._growing[node] = None  # hits may have gone since the last frame

    def set_keys(self, sort_keys: SortKeys) -> None:
        """Another order: every branch that shows rows has to follow it."""
        self._sort_keys = sort_keys
        self._orders.clear()
        self._rounds.clear()
        self._due.clear()
        self._mixed = {node for node, shown in self._shown.items() if shown}
        self._asked.update(self._open)

    def note_growth(self, grown: Mapping[Node, int]) -> None:
        """The store appended children; the values tell how many each branch had before."""
        if self._filter is not None:
            return
        for node, before in grown.items():
            if node in self._open:
                # A live order takes new ones in at its next look.
                if not (self.is_live and self._shown.get(node)):
                    self._growing[node] = None
            elif not before and node in self._places:
                self._growing[node] = None

    def filter_changed(self, branches: Iterable[Node], *, asked: bool) -> None:
        """The filter has other children of these branches; `asked`: they follow also during a pause."""
        for node in branches:
            for order in (self._orders.get(node), self._rounds.get(node)):
                if order is not None:
                    order.filter_changed()
            if self.is_known(node):
                (self._asked if asked else self._growing)[node] = None

    def ask(self, node: Node) -> None:
        """The user wants to see a branch: it follows also during a pause."""
        self._asked[node] = None

    def ask_nothing(self) -> None:
        """A frozen view has what it asked for."""
        self._asked.clear()

    def follow_all(self) -> None:
        """A frozen view goes on: open branches may have been left behind."""
        self._growing.update(self._open)

    def take_waiting(self, *, asked_only: bool) -> dict[Node, bool]:
        """Takes the line of branches that have something to follow, oldest first; True for those the user asked for."""
        line = dict.fromkeys(self._asked, True)
        self._asked = {}
        if not asked_only:
            line = {**dict.fromkeys(self._growing, False), **line}
            self._growing = {}
        return line

    def put_back(self, node: Node, *, asked: bool) -> None:
        """Time was up before a branch had its turn, or was sorted."""
        (self._asked if asked else self._growing)[node] = None

    def limit(self, node: Node) -> int:
        """How many rows the head of an open branch may have."""
        return self._limits.get(node, PAGE)

    def raise_limit(self, node: Node, rows: int) -> None:
        """Lets the branch show at least `rows` children."""
        self._limits[node] = max(self.limit(node), rows)

    # --- what a view should know --------------------------------------------------------------------------------

    def target(self, branch: Node, deadline: float | None = None) -> Target | None:
        """What the view should know of a branch now; None when time was up before the order was known (`perf_counter`)."""
        if branch not in self._open:
            return self._closed_target(branch)
        limit = self.limit(branch)
        if self._is_plain:
            head = (branch.kids or [])[:limit]
        else:
            order = self._orders.get(branch)
            if order is None:
                order = self._orders[branch] = in_order(branch, self._sort_keys, self._filter)
                self._due[branch] = time.monotonic() + LIVE_S
            if not order.settle(limit, deadline):
                return None
            head = order.head(limit)
        extras = self._extras(branch, head)
        mixed = branch in self._mixed
        trim = bool(extras) and (mixed or self.is_live or len(extras) > SLACK)
        # After another order was chosen the screen shows its first rows, not some of the last one.
        return Target(head, extras, trim, keep_screen=not mixed)

    def meanwhile(self, branch: Node) -> Target:
        """What to show of an open branch while its order is not known: what is there, else a page in order of arrival."""
        shown = [node for node in self.shown(branch) if self.shows(node)]
        if len(shown) <= ARROW:
            self._mixed.add(branch)
            page = self._arrived(branch, PAGE)
            return Target([*shown, *(node for node in page if node not in shown)], [])
        return Target(shown, [])

    def as_sorted(self, branch: Node) -> Target:
        """The rows a view knows already, in the present order: for a frozen view."""
        return Target(self._sort_keys.sort(list(self.shown(branch)))[0], [])

    def live_targets(self, now_s: float, deadline: float) -> dict[Node, Target]:
        """Looks at open branches whose last look was long enough ago; as many as there is time for."""
        due = [node for node in self._open if self._due.get(node, now_s) <= now_s and self.is_known(node)]
        # A look that takes several slices does not keep small branches waiting.
        due.sort(key=self._rounds.__contains__)
        targets = {}
        for node in due:
            fresh = self._rounds.get(node)
            if fresh is None:
                fresh = self._rounds[node] = in_order(node, self._sort_keys, self._filter)
            if fresh.settle(self.limit(node), deadline):
                self._orders[node] = self._rounds.pop(node)
                self._due[node] = now_s + LIVE_S
                if (target := self.target(node)) is not None:
                    targets[node] = target
            if perf_counter() > deadline:
                break
        return targets

    def revealed(self, node: Node, deadline: float) -> Target | None:
        """What the view should know of the branch of a node so that it knows the node; None when the filter hides it."""
        branch = node.parent
        if branch is None or not self.shows(node):
            return None
        target = self.target(branch, deadline)
        if target is None:
            target = self.meanwhile(branch)
        else:
            place = node.row if self._is_plain else self._orders[branch].place_of(node)
            if place < max(REVEAL_ROWS, self.limit(branch)):
                # The rows behind it too, so that the next step of the user has somewhere to go.
                self.raise_limit(branch, place + 50)
                target = self.target(branch) or target
        if node in target.head or node in target.extras:
            return target
        extras = [*target.extras, node]
        if branch not in self._mixed:
            extras = self._sort_keys.sort(extras)[0]
        return Target(target.head, extras)

    # --- what the view was told (between begin and end) ---------------------------------------------------------

    def insert(self, branch: Node, row: int, nodes: Sequence[Node]) -> None:
        """The view learnt of children."""
        shown = self._shown.setdefault(branch, [])
        shown[row:row] = nodes
        self._number(shown, row)

    def remove(self, branch: Node, first: int, last: int) -> None:
        """The view forgot children, and what it knew below them."""
        shown = self._shown[branch]
        gone = shown[first : last + 1]
        del shown[first : last + 1]
        self._number(shown, first)
        while gone:
            node = gone.pop()
            del self._places[node]
            self._open.pop(node, None)
            self._limits.pop(node, None)
            self._mixed.discard(node)
            self._let_go(node)
            gone += self._shown.pop(node, ())

    def reorder(self, branch: Node, nodes: list[Node]) -> None:
        """The view learnt that the children it knows stand in another order."""
        self._shown[branch] = nodes
        self._number(nodes, 0)

    def settled(self, branch: Node) -> None:
        """The rows of a branch stand in the present order."""
        self._mixed.discard(branch)

    def _number(self, shown: list[Node], first: int) -> None:
        self._places.update(zip(shown[first:] if first else shown, range(first, len(shown)), strict=True))

    def _let_go(self, node: Node) -> None:
        for waiting in (self._growing, self._asked, self._due, self._orders, self._rounds):
            waiting.pop(node, None)
        self._sort_keys.forget(node)

    def _arrived(self, branch: Node, count: int) -> list[Node]:
        """The first children that arrived, in this filter."""
        return (branch.kids or [])[:count] if self._filter is None else self._filter.part(branch, count)

    def _extras(self, branch: Node, head: list[Node]) -> list[Node]:
        shown = self._shown.get(branch)
        if not shown or shown == head[: len(shown)]:
            return []
        order = self._orders.get(branch)
        known = set(head)
        found = [node for node in shown if node not in known and (order is None or order.has(node))]
        return self._sort_keys.sort(found)[0]

    def _closed_target(self, branch: Node) -> Target:
        shown = [node for node in self.shown(branch) if self.shows(node)]
        if not shown:
            shown = self._arrived(branch, ARROW)
        return Target(shown, [])
