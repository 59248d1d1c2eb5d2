# SPDX-License-Identifier: MIT
"""Searching in the topic tree: the row of scopes and states, and the tree before the search, which comes back after it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mqtt_explorer.models.topic_search import SearchState, TopicSearch
from mqtt_explorer.panels.topics import view_state
from mqtt_explorer.panels.topics.view_state import ViewState
from mqtt_explorer.store.query import Query, QueryMode
from mqtt_explorer.widgets.query_chips import QueryChips

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from mqtt_explorer.models.topic_model import TopicModel
    from mqtt_explorer.panels.topics.tree import TopicTree


@dataclass(frozen=True, slots=True)
class Kept:
    """What is remembered of a connection that is not shown: the tree without a search, the search, the topic gone to last, and that before the
    search.
    """

    view: ViewState = field(default_factory=ViewState)
    query: Query = field(default_factory=Query)
    chosen: bytes | None = None
    chosen_before: bytes | None = None


class SearchRow(QObject):
    """Puts the header's text and the chips' scopes and states together and applies them to the tree.

    When the first filter comes it takes over how the tree stood. When the last one goes, the tree stands like that again: what was
    unfolded, where it was scrolled to, and the selection, unless the user chose something else meanwhile.

    Signals:
        changed(): Hits, progress, an error, or whether there is a search at all.
        moved(bytes): The search is over and the user went to another topic meanwhile: it has to be revealed.
    """

    changed = Signal()
    moved = Signal(bytes)

    def __init__(
        self, tree: TopicTree, model: TopicModel, chosen: Callable[[], bytes | None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._tree, self._model, self._chosen = tree, model, chosen
        self._before: ViewState | None = None
        self._chosen_before: bytes | None = None
        self._touched = False  # the user chose rows of the result
        self._stands = False
        self._typed = Query()
        self._query = Query()
        self.chips = QueryChips(parent)
        self.topic_search = TopicSearch(model, self)
        self.chips.changed.connect(lambda: self._apply(self.chips.apply(self._typed)))
        self.topic_search.state_changed.connect(lambda _state: self.changed.emit())
        self.topic_search.first_found.connect(self._on_first_found)
        tree.chosen.connect(self._on_chosen)

    @property
    def query(self) -> Query:
        """What is searched for, scopes and states included."""
        return self._query

    @property
    def is_active(self) -> bool:
        """True while there is something to search for, readable or not."""
        return not self._query.is_empty

    @property
    def state(self) -> SearchState:
        """How far the search has come."""
        return self.topic_search.state

    @property
    def unsearchable(self) -> int:
        """How many topics are no hits whose payloads were not all there to look into."""
        return self.topic_search.unsearchable

    def search(self, typed: Query) -> None:
        """Searches for what the header's bar has; scopes and states are the chips'."""
        self._typed = typed
        self._apply(self.chips.apply(typed))

    def set_query(self, query: Query) -> None:
        """Searches for exactly this; the chips follow."""
        self._typed = query
        self.chips.set_from(query)
        self._apply(query)

    def clear(self) -> None:
        """Ends the search: no text and no state; the scopes stay."""
        self.set_query(replace(self._query, text="", retained=False, stale=False, changed_since_ns=None))

    def look_into_properties(self) -> None:
        """The same search, in properties too."""
        self.set_query(replace(self._query, properties=True))

    def find_level(self, level: str) -> None:
        """Searches for topics that have this very level."""
        self.set_query(
            replace(self._query, text=level, mode=QueryMode.TEXT, case=True, whole_level=True, topic=True)
        )

    @property
    def stands(self) -> bool:
        """Whether the tree shows a search's result; with an error that is the last good one's."""
        return self._stands

    # --- going to another connection ----------------------------------------------------------------------------

    def take(self) -> Kept:
        """What to remember of the connection that is shown."""
        before = self._before
        view = before if before is not None else view_state.take(self._tree, self._model)
        return Kept(view, self._query, self._chosen(), self._chosen_before)

    def leave(self) -> None:
        """The connection goes, and with its store the search; nothing is restored."""
        self._before = None
        self._stands = False
        self._typed = self._query = Query()

    def put(self, kept: Kept) -> None:
        """Shows a connection's tree as it was left, and searches for what was searched for there."""
        self._tree.put_view(kept.view)
        self.set_query(kept.query)
        self._chosen_before = kept.chosen_before

    # --- inside -------------------------------------------------------------------------------------------------

    def _apply(self, query: Query) -> None:
        if query == self._query:
            return
        if self._query.is_empty:
            self._chosen_before = self._chosen()
        self._query = query
        if query.is_empty and self._before is not None:
            self._restore(self._before)
        else:
            self.topic_search.set_query(query)
        self.changed.emit()

    def _restore(self, before: ViewState) -> None:
        """The search goes, and the view is the one before it, at once: two would be laid out one after the other."""
        chosen = self._chosen()
        with self._tree.coming_back(before, select=not self._touched):
            self.topic_search.set_query(self._query)
        self._before = None
        self._stands = False
        if chosen is not None and chosen != self._chosen_before:
            self.moved.emit(chosen)

    def _on_chosen(self) -> None:
        self._touched = True

    def _on_first_found(self) -> None:
        if not self._stands:
            self._stands = True
            self._before = self._tree.left
            self._touched = False
        self._tree.expand_hits()
        self.changed.emit()
