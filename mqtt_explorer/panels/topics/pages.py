# SPDX-License-Identifier: MIT
"""What stands in the Topics panel: the tree, or why there is nothing in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from mqtt_explorer.panels.topics.situation import situation, unmatched
from mqtt_explorer.store.query import QueryMode
from mqtt_explorer.widgets.cards import EmptyState
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from mqtt_explorer.connection import Connection
    from mqtt_explorer.models.topic_search import SearchState
    from mqtt_explorer.store.query import Query

_TITLE = 60


class TopicPages(QStackedWidget):
    """The tree, an empty connection, or a search without a hit; never a blank tree.

    Signals:
        properties_requested(): "Search properties too".
    """

    properties_requested = Signal()

    def __init__(self, tree: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tree = tree
        self.empty = EmptyState("topic", "", "", self)
        self.no_hit = EmptyState(
            "search",
            self.tr("Searching…"),
            self.tr("No hit yet."),
            self,
            button=self.tr("Search properties too"),
            on_click=self.properties_requested.emit,
        )
        for page in (tree, self.empty, self.no_hit):
            self.addWidget(page)

    @property
    def shows_tree(self) -> bool:
        """True while the tree stands there."""
        return self.currentWidget() is self._tree

    def show_tree(self) -> None:
        """There are topics."""
        self.setCurrentWidget(self._tree)

    def show_situation(self, connection: Connection | None) -> None:
        """There are no topics: says why, and what to do."""
        now = situation(connection)
        self.empty.set_texts(one_line(now.title, _TITLE), one_line(now.text), now.icon)
        self.setCurrentWidget(self.empty)

    def show_unmatched(self, query: Query, state: SearchState) -> None:
        """There are topics, but the search shows none: says what to try."""
        now = unmatched(query, state)
        self.no_hit.set_texts(now.title, now.text, now.icon)
        if self.no_hit.button is not None:
            can_help = bool(query.text) and not query.properties and query.mode is not QueryMode.FILTER
            self.no_hit.button.setVisible(can_help and state.done)
        self.setCurrentWidget(self.no_hit)
