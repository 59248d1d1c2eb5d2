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
    from collections.abc import Callable, Iterator

    from mqtt_explorer.app.actions import Actions
    from mqtt_explorer.app.panel_set import PanelSet
    from mqtt_explorer.panels.topics import TopicsPanel
    from mqtt_explorer.widgets.query_bar import QueryBar

    _Command = tuple[str, str, Callable[[], object], str]  # group, name, deed, other words for it


def add_panel_commands(actions: Actions, panels: PanelSet, bar: QueryBar) -> None:
    """Adds what can be done in Topics, Messages and Noise; what needs a connection or a selection does nothing without."""
    _add_orders(actions, panels.topics)
    _add_search(actions, bar)
    for group, text, run, keywords in (*_of_tree(panels.topics), *_of_lists(panels)):
        actions.add(text, "", run, group=group, keywords=keywords)


def _of_tree(topics: TopicsPanel) -> Iterator[_Command]:
    group, tree, deeds = _tr("Topics"), topics.tree, topics.deeds

    def selected() -> tuple[bytes, ...]:
        return tuple(node.topic for node in tree.selected_nodes())

    fold, star = _tr("fold close"), _tr("star pin")
    yield group, _tr("Expand all below"), lambda: deeds.expand_below(tree.currentIndex()), _tr("unfold open")
    yield group, _tr("Collapse all below"), lambda: deeds.collapse_below(tree.currentIndex()), fold
    yield group, _tr("Collapse everything"), tree.collapseAll, fold
    yield group, _tr("Add to favourites"), lambda: deeds.favour(selected(), on=True), star
    yield group, _tr("Remove from favourites"), lambda: deeds.favour(selected(), on=False), star
    yield group, _tr("Mute the branch"), lambda: deeds.mute(selected(), on=True), _tr("silence hide")
    yield group, _tr("Unmute the branch"), lambda: deeds.mute(selected(), on=False), _tr("hear again")
    yield group, _tr("Copy the selected topics"), tree.copy_selected, _tr("clipboard")


def _of_lists(panels: PanelSet) -> Iterator[_Command]:
    group, deeds, files = _tr("Messages"), panels.messages.deeds, _tr("save csv ndjson json file")
    yield group, _tr("Export all messages that match…"), deeds.export_all, files
    yield group, _tr("Export the selected messages…"), deeds.export_selection, files
    group, snapshots, tree = _tr("Snapshots"), panels.snapshots, _tr("tree state compare")
    yield group, _tr("Take a snapshot"), snapshots.take, tree
    yield group, _tr("Compare with the snapshot"), snapshots.compare, _tr("new gone silent changed")
    yield group, _tr("Open a snapshot file…"), snapshots.open_file, tree
    yield group, _tr("Save the snapshot…"), snapshots.save_file, tree
    yield _tr("Noise"), _tr("Count the noise anew"), panels.noise.new_window, _tr("reset")


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
