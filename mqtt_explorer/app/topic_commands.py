# SPDX-License-Identifier: MIT
"""Deeds of the panels that have a place in the palette and no keys of their own."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.models.topic_columns import SortOrder
from mqtt_explorer.store.query import QueryMode

if TYPE_CHECKING:
    from mqtt_explorer.app.actions import Actions
    from mqtt_explorer.app.panel_set import PanelSet
    from mqtt_explorer.panels.topics import TopicsPanel
    from mqtt_explorer.widgets.query_bar import QueryBar


def add_panel_commands(actions: Actions, panels: PanelSet, bar: QueryBar) -> None:
    """Adds what can be done in Topics, Messages and Noise; what needs a connection or a selection does nothing without."""
    topics = panels.topics
    _add_tree(actions, topics)
    _add_orders(actions, topics)
    _add_search(actions, bar)
    group = _tr("Messages")
    deeds = panels.messages.deeds
    actions.add(
        _tr("Export all messages that match…"),
        "",
        deeds.export_all,
        group=group,
        keywords=_tr("save csv ndjson json file"),
    )
    actions.add(
        _tr("Export the selected messages…"),
        "",
        deeds.export_selection,
        group=group,
        keywords=_tr("save csv ndjson json file"),
    )
    actions.add(
        _tr("Count the noise anew"), "", panels.noise.new_window, group=_tr("Noise"), keywords=_tr("reset")
    )


def _add_tree(actions: Actions, topics: TopicsPanel) -> None:
    group, tree, deeds = _tr("Topics"), topics.tree, topics.deeds

    def selected() -> tuple[bytes, ...]:
        return tuple(node.topic for node in tree.selected_nodes())

    actions.add(
        _tr("Expand all below"),
        "",
        lambda: deeds.expand_below(tree.currentIndex()),
        group=group,
        keywords=_tr("unfold open"),
    )
    actions.add(
        _tr("Collapse all below"),
        "",
        lambda: deeds.collapse_below(tree.currentIndex()),
        group=group,
        keywords=_tr("fold close"),
    )
    actions.add(_tr("Collapse everything"), "", tree.collapseAll, group=group, keywords=_tr("fold close"))
    actions.add(
        _tr("Add to favourites"),
        "",
        lambda: deeds.favour(selected(), on=True),
        group=group,
        keywords=_tr("star pin"),
    )
    actions.add(
        _tr("Remove from favourites"),
        "",
        lambda: deeds.favour(selected(), on=False),
        group=group,
        keywords=_tr("star pin"),
    )
    actions.add(
        _tr("Mute the branch"),
        "",
        lambda: deeds.mute(selected(), on=True),
        group=group,
        keywords=_tr("silence hide"),
    )
    actions.add(
        _tr("Unmute the branch"),
        "",
        lambda: deeds.mute(selected(), on=False),
        group=group,
        keywords=_tr("hear again"),
    )
    actions.add(
        _tr("Copy the selected topics"), "", tree.copy_selected, group=group, keywords=_tr("clipboard")
    )


def _add_orders(actions: Actions, topics: TopicsPanel) -> None:
    orders = {
        SortOrder.ARRIVAL: _tr("Sort topics by arrival"),
        SortOrder.NAME: _tr("Sort topics by name"),
        SortOrder.NATURAL: _tr("Sort topics by name, numbers by value"),
        SortOrder.ACTIVITY: _tr("Sort topics by activity"),
        SortOrder.MESSAGES: _tr("Sort topics by messages"),
        SortOrder.AGE: _tr("Sort topics by their last message"),
        SortOrder.STALE: _tr("Sort topics by how long they are overdue"),
    }
    for order, text in orders.items():
        sort = partial(topics.tree.sort_requested.emit, order, False)
        actions.add(text, "", sort, group=_tr("Topics"), keywords=_tr("order"))


def _add_search(actions: Actions, bar: QueryBar) -> None:
    modes = {
        QueryMode.TEXT: (_tr("Search for a text"), _tr("plain")),
        QueryMode.REGEX: (_tr("Search with a regular expression"), _tr("regex pattern re2")),
        QueryMode.FILTER: (_tr("Search with an MQTT filter"), _tr("wildcard + #")),
    }
    for mode, (text, keywords) in modes.items():
        actions.add(text, "", partial(_begin, bar, mode), group=_tr("Topics"), keywords=keywords)


def _begin(bar: QueryBar, mode: QueryMode) -> None:
    if bar.isVisible():
        bar.set_query(replace(bar.query, mode=mode))
        bar.changed.emit(bar.query)
        bar.begin()


def _tr(text: str) -> str:
    return QCoreApplication.translate("MainWindow", text)
