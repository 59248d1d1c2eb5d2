# SPDX-License-Identifier: MIT
"""The context menus of a snapshot and of a row of a comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from mqtt_explorer.widgets.clipboard import copy_bytes
from mqtt_explorer.widgets.icons import icon

if TYPE_CHECKING:
    from mqtt_explorer.payload.kept import Entry
    from mqtt_explorer.store.snapshot_compare import Row


class ShelfActions(NamedTuple):
    """What the panel does with a snapshot."""

    compare: Callable[[], object]
    rename: Callable[[], object]
    save: Callable[[], object]
    remove: Callable[[], object]


def shelf_menu(parent: QWidget, actions: ShelfActions, *, busy: bool) -> QMenu:
    """The menu of a snapshot; the caller pops it up."""
    menu = _menu(parent)
    compare = menu.addAction(icon("diff"), parent.tr("Compare with now\tEnter"), actions.compare)
    menu.addAction(icon("edit"), parent.tr("Rename\tF2"), actions.rename)
    save = menu.addAction(icon("save"), parent.tr("Save to a file…"), actions.save)
    menu.addSeparator()
    menu.addAction(icon("trash"), parent.tr("Remove\tDel"), actions.remove)
    compare.setEnabled(not busy)
    save.setEnabled(not busy)
    return menu


def row_menu(
    parent: QWidget, row: Row, show: Callable[[], object], difference: Callable[[], object] | None
) -> QMenu:
    """The menu of a row; the caller pops it up.

    Args:
        parent: Of the menu.
        row: The topic.
        show: Shows it in the tree.
        difference: Shows both payloads beside each other; None where that cannot be done.
    """
    menu = _menu(parent)
    menu.addAction(icon("tree"), parent.tr("Show in tree\tEnter"), show)
    differ = menu.addAction(icon("diff"), parent.tr("Show difference\tSpace"), difference or (lambda: None))
    differ.setEnabled(difference is not None)
    menu.addSeparator()
    topic = row.topic.decode("utf-8", "replace")
    menu.addAction(icon("copy"), parent.tr("Copy topic"), lambda: QGuiApplication.clipboard().setText(topic))
    for text, entry in (
        (parent.tr("Copy payload from before"), row.before),
        (parent.tr("Copy later payload"), row.after),
    ):
        if entry is not None and entry.kept == "whole":
            menu.addAction(icon("copy"), text, lambda entry=entry: _copy(entry))  # type: ignore[misc]
    return menu


def _copy(entry: Entry) -> None:
    copy_bytes(entry.payload, entry.size)


def _menu(parent: QWidget) -> QMenu:
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return menu
