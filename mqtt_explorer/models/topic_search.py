# SPDX-License-Identifier: MIT
"""Searches the topics of a model as the user types, in slices, and keeps the result up to date."""

from __future__ import annotations

from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from mqtt_explorer.models.hit_order import HitOrder, LastPlace
from mqtt_explorer.models.tree_filter import TreeFilter
from mqtt_explorer.store.matcher import Matcher
from mqtt_explorer.store.query import Query, QueryError
from mqtt_explorer.store.search import Search, Walk

if TYPE_CHECKING:
    from mqtt_explorer.models.topic_model import TopicModel
    from mqtt_explorer.store.changes import Changes
    from mqtt_explorer.store.topic_store import TopicStore
    from mqtt_explorer.store.topic_tree import Node

TURN_S: Final = 0.005
"""How long one turn of the loop may be held."""
STEP_S: Final = 0.001
"""Searching between two looks at the clock: its hits still have to go into the filter."""
FRAME_S: Final = 0.033
SCREENFUL: Final = 60
FIRST_S: Final = 0.030
"""The filtered tree takes the place of the one before with a screenful of hits, or with fewer after this time …"""
EMPTY_S: Final = 0.5
"""… and without any when the search is over, or takes longer than this."""
REMOVE_EVERY_S: Final = 0.5
"""Topics that are hits no more leave in groups, so that rows do not flicker."""
GIANTS_MS: Final = 10
"""How often answers are asked for that come from a thread."""
LET_GO: Final = 4_000
"""Branches of an old filter that are freed in one turn: about 2 ms."""
REMOVE_STEP: Final = 2_000
"""So many in one turn."""
STALE_EVERY_S: Final = 3.0
"""Topics become stale by themselves: so often all are looked at again …"""
STALE_SHARE: Final = 5
"""… and less often when a look takes more than this part of the time."""


class SearchState(NamedTuple):
    """How far a search is.

    Attributes:
        hits: Topics found so far.
        topics: Topics there are.
        scanned: Of these, how many were looked at.
        done: Everything was looked at; from then on changes are followed.
        error: The sentence for a text that cannot be searched for; "" otherwise. The figures are those of the last good one.
    """

    hits: int = 0
    topics: int = 0
    scanned: int = 0
    done: bool = True
    error: str = ""


class TopicSearch(QObject):
    """Keeps the filter of a topic model as the query wants it.

    The tree that is shown stays until the first hits of a new query are there. With another store in the model the search ends, and the
    query has to be set anew. While the model is paused a new query is answered from what is there; changes wait.

    Signals:
        state_changed(SearchState): At most about 30 times a second.
        first_found: The filtered tree of a new query stands.
    """

    state_changed = Signal(object)
    first_found = Signal()

    def __init__(self, model: TopicModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._query = Query()
        self._error = ""
        self._told = SearchState()
        self._store: TopicStore | None = None
        self._search: Search | None = None
        self._matcher: Matcher | None = None
        self._filter = TreeFilter()
        self._shown: TreeFilter | None = None
        self._begun_s = 0.0
        self._told_s = 0.0
        self._changed: list[Node] = []
        self._gone: dict[Node, None] = {}
        self._removed_s = 0.0
        self._removing = False
        self._new_ns = 0  # topics whose first message is older were looked at
        self._place = LastPlace()
        self._again: Walk | None = None
        self._again_s = 0.0
        self._again_took_s = 0.0
        self._old: list[TreeFilter] = []
        self._sweeper = QTimer(self)
        self._sweeper.timeout.connect(self._sweep)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._work)
        model.changes_taken.connect(self._on_changes)
        model.waiting_changed.connect(self._on_waiting_changed)
        model.modelReset.connect(self._on_reset)

    # --- what the panel asks ------------------------------------------------------------------------------------

    @property
    def query(self) -> Query:
        """What is looked for: the last query that could be read."""
        return self._query

    @property
    def state(self) -> SearchState:
        """How far it is."""
        search, store = self._search, self._store
        if search is None or store is None:
            return SearchState(error=self._error)
        return SearchState(self._filter.hits, store.counters.topics, search.scanned, search.done, self._error)

    @property
    def unsearchable(self) -> int:
        """How many topics were no hits when they were looked at, but had a payload that was not all there (evicted or cut)."""
        return self._search.unsearchable if self._search is not None else 0

    def set_query(self, query: Query) -> None:
        """Looks for something else; an empty query takes the filter away.

        What cannot be searched for changes nothing but `state.error`.
        """
        try:
            matcher = None if query.is_empty else Matcher(query, self._model.staleness)
        except QueryError as error:
            self._error = error.message
            self._tell()
            return
        self._error = ""
        if query == self._query and (self._search is None) == (matcher is None or self._model.store is None):
            self._tell()
            return
        self._query = query
        if matcher is None or self._model.store is None:
            self._model.set_filter(None)
            self._end()
        else:
            self._begin(self._model.store, matcher)
        self._tell()

    def step(self, current: Node | None, by: int) -> Node | None:
        """The hit that stands so many hits behind (or, negative, before) a node in display order, around the ends; None without hits."""
        order = self._order()
        return order.step(current, by) if order is not None else None

    def place_of(self, node: Node | None) -> int | None:
        """Which hit a node is in display order, beginning with 1; None when it is none."""
        order = self._order()
        if order is None or node is None or self._shown is None:
            return None
        model = self._model
        # Orders that move by themselves are looked at anew once a second, too.
        moved = int(perf_counter()) if model.sort_order.is_live else 0
        return self._place.of(node, (self._shown.version, model.sort_order, model.descending, moved), order)

    def _order(self) -> HitOrder | None:
        if self._shown is None or self._store is None or self._store is not self._model.store:
            return None
        self._model.filter_changed()
        return HitOrder(self._store.root, self._shown, self._model.ordered, self._model.place_in_branch)

    # --- beginning and ending -----------------------------------------------------------------------------------

    def _begin(self, store: TopicStore, matcher: Matcher) -> None:
        self._end(keep_shown=True)
        self._store = store
        self._matcher = matcher
        self._search = Search(store, matcher)
        self._begun_s = self._again_s = perf_counter()
        self._new_ns = _newest_ns(store)
        self._timer.start(0)

    def _end(self, *, keep_shown: bool = False) -> None:
        self._timer.stop()
        self._search = self._matcher = self._store = self._again = None
        self._changed = []
        self._gone = {}
        self._removing = False
        self._place = LastPlace()
        if self._filter is not self._shown:
            self._let_go(self._filter)
        self._filter = TreeFilter()
        if not keep_shown:
            self._let_go(self._shown)
            self._shown = None

    def _let_go(self, old: TreeFilter | None) -> None:
        """Frees a filter, in slices if it is large."""
        if old is not None and old.let_go(LET_GO):
            self._old.append(old)
            self._sweeper.start(0)

    def _sweep(self) -> None:
        if self._old and not self._old[-1].let_go(LET_GO):
            self._old.pop()
        if not self._old:
            self._sweeper.stop()

    def _on_reset(self) -> None:
        """The model has another store (or the filter we gave it)."""
        if self._store is not self._model.store:
            had_query = not self._query.is_empty
            self._query = Query()
            self._error = ""
            self._end()
            if had_query:
                self._tell()

    # --- in turns of the loop -----------------------------------------------------------------------------------

    def _work(self) -> None:
        search = self._search
        if search is None:
            return
        deadline = perf_counter() + TURN_S
        added = False
        while not search.done and perf_counter() < deadline:
            added |= self._filter.add(search.step(STEP_S)) > 0
            if not search.scanning:
                break
        if not self._model.paused and self._shown is self._filter:
            added |= self._follow(search, deadline)
            self._remove_gone()
        self._show(search, added=added)
        self._schedule(search)

    def _follow(self, search: Search, deadline: float) -> bool:
        """Looks again at what changed, and at everything where time alone makes hits; True when hits joined."""
        if self._matcher is not None and self._matcher.query.stale and search.done:
            self._look_again(search)
        before = self._filter.hits
        while (self._changed or search.busy or search.waiting) and perf_counter() < deadline:
            nodes, self._changed = self._changed, []
            hits, others = search.changed(nodes, STEP_S)
            for node in hits:
                self._gone.pop(node, None)
            self._filter.add(hits)
            is_hit = self._filter.is_hit
            self._gone.update(dict.fromkeys(node for node in others if is_hit(node)))
            if not search.busy:
                break
        return self._filter.hits > before

    def _look_again(self, search: Search) -> None:
        now = perf_counter()
        if self._again is None:
            pause = max(STALE_EVERY_S, STALE_SHARE * self._again_took_s)
            if now - self._again_s < pause or self._store is None:
                return
            self._again = Walk(self._store.root)
            self._again_s = now
        if not self._changed:
            self._changed = self._again.take(1024)
        if self._again.done:
            self._again = None
            self._again_took_s = now - self._again_s
            self._again_s = now

    def _remove_gone(self) -> None:
        now = perf_counter()
        if self._gone and (self._removing or now - self._removed_s >= REMOVE_EVERY_S):
            self._removed_s = now
            self._removing = True
            gone = list(islice(self._gone, REMOVE_STEP))
            for node in gone:
                del self._gone[node]
            if self._filter.remove(gone):
                self._model.filter_changed()
        self._removing = self._removing and bool(self._gone)

    def _show(self, search: Search, *, added: bool) -> None:
        """Brings the model up to date: at once for the first hits, then once a frame."""
        now = perf_counter()
        passed = now - self._begun_s
        if self._shown is not self._filter:
            hits = self._filter.hits
            if search.done or hits >= SCREENFUL or (hits and passed >= FIRST_S) or passed >= EMPTY_S:
                before, self._shown = self._shown, self._filter
                self._model.set_filter(self._filter, self._matcher)
                self._let_go(before)
                self._tell()
                self.first_found.emit()
            return
        if now - self._told_s >= FRAME_S or (search.done and (added or not self._told.done)):
            if self._filter.hits != self._told.hits or added:
                self._model.filter_changed()
            self._tell()

    def _schedule(self, search: Search) -> None:
        if self._search is not search:
            return  # a slot of ours began another one
        waits = self._model.paused or self._shown is not self._filter
        follows = not waits and (
            bool(self._changed) or search.busy or self._again is not None or self._removing
        )
        if follows or search.scanning:
            self._timer.start(0)
        elif search.waiting and (not waits or not search.done):
            self._timer.start(GIANTS_MS)
        elif self._state_is_old():
            self._timer.start(int(FRAME_S * 1_000))
        elif self._gone and not waits:
            self._timer.start(int(REMOVE_EVERY_S * 1_000))
        elif self._matcher is not None and self._matcher.query.stale and not waits:
            self._timer.start(int(STALE_EVERY_S * 1_000))

    def _state_is_old(self) -> bool:
        return self.state != self._told or self._place.is_old

    def _tell(self) -> None:
        self._told_s = perf_counter()
        state = self.state
        if state != self._told or self._place.take_due():
            self._told = state
            self.state_changed.emit(state)

    # --- what happens meanwhile ---------------------------------------------------------------------------------

    def _on_changes(self, changes: Changes) -> None:
        store, matcher = self._store, self._matcher
        if self._search is None or store is None or matcher is None or not changes.changed:
            return
        nodes = changes.changed
        if not matcher.follows_messages:
            # What there was when everything was last reported was looked at, and stays what it is.
            since = self._new_ns
            nodes = [node for node in nodes if node.first is not None and node.first.mono_ns >= since]
            if not changes.more:
                self._new_ns = _newest_ns(store)
            if not nodes:
                return
        self._changed += nodes
        if not self._timer.isActive() or self._timer.interval():
            self._timer.start(0)

    def _on_waiting_changed(self, _count: int) -> None:
        if self._search is not None and not self._model.paused and not self._timer.isActive():
            self._timer.start(0)


def _newest_ns(store: TopicStore) -> int:
    """When the newest message arrived of those that were reported, on the monotonic clock."""
    newest = store.root.stamp_below
    return newest.mono_ns if newest is not None else 0
