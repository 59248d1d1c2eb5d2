# SPDX-License-Identifier: MIT
"""Joins the header's search bar with the topic tree, and the tree's look with the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mqtt_explorer.models.topic_columns import DEFAULT, NAMES, SortOrder
from mqtt_explorer.panels.topics import Look

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt_explorer.app.preferences import Preferences
    from mqtt_explorer.models.topic_search import SearchState
    from mqtt_explorer.panels.topics import TopicsPanel
    from mqtt_explorer.profiles.settings import Settings
    from mqtt_explorer.widgets.query_bar import QueryBar


class Searching:
    """The bar asks, the tree answers; typing in the tree begins a search.

    Args:
        bar: The header's.
        topics: The tree's panel.
        show: Brings a panel, by its name, to the front and gives it the focus.
    """

    def __init__(self, bar: QueryBar, topics: TopicsPanel, show: Callable[[str], None]) -> None:
        self._bar, self._topics, self._show = bar, topics, show
        bar.changed.connect(topics.search)
        bar.step_requested.connect(topics.step_hit)
        bar.left.connect(self._on_left)
        topics.found.connect(self._show_found)
        topics.query_changed.connect(bar.set_query)
        topics.search_requested.connect(bar.begin)

    def _on_left(self) -> None:
        """The keys go to the tree. Esc in an empty bar ends what the chips alone still hide."""
        if self._topics.search_row.is_active and not self._bar.query.text:
            self._topics.foot.clear_requested.emit()
        self._show("topics")

    def _show_found(self, state: SearchState, place: int | None) -> None:
        active = self._topics.search_row.is_active
        self._bar.set_found(state.hits if active else None, place, state.topics, state.done, state.error)


class TreeLook:
    """Columns, widths and order of the tree come from the settings and go back there."""

    def __init__(self, topics: TopicsPanel, preferences: Preferences) -> None:
        self._topics, self._preferences = topics, preferences
        self._taking = False
        self._take(preferences.settings)
        topics.look_changed.connect(self._keep)
        preferences.changed.connect(self._take)

    def _take(self, settings: Settings) -> None:
        """A name or an order that a newer program has written is left out."""
        columns = tuple(name for name in settings.tree_columns if name in NAMES)
        known = settings.tree_sort in set(SortOrder)
        sort = SortOrder(settings.tree_sort) if known else SortOrder.ARRIVAL
        look = Look(
            columns or (DEFAULT if settings.tree_columns else ()),
            dict(settings.tree_widths),
            sort,
            settings.tree_descending,
        )
        if look != self._topics.look:
            self._taking = True
            self._topics.set_look(look)
            self._taking = False

    def _keep(self) -> None:
        if not self._taking:
            self._preferences.remember_tree(self._topics.look)
