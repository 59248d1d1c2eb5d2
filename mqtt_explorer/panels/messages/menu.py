# SPDX-License-Identifier: MIT
"""The context menu of the list of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from mqtt_explorer.widgets.icons import icon

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from mqtt_explorer.panels.messages.deeds import MessageDeeds


def build_menu(
    deeds: MessageDeeds,
    selected: int,
    *,
    paused: bool,
    any_rows: bool,
    parent: QWidget,
    pause: Callable[[], object],
) -> QMenu:
    """The menu for so many selected rows: only what can be done with them. The caller pops it up."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    tr = deeds.tr
    if selected:
        text = tr("Copy row") if selected == 1 else tr("Copy {n} rows").format(n=f"{selected:,}")
        copy = QKeySequence(QKeySequence.StandardKey.Copy).toString(QKeySequence.SequenceFormat.NativeText)
        menu.addAction(icon("copy"), f"{text}\t{copy}", deeds.copy_rows)
    if selected == 1:
        menu.addAction(icon("copy"), tr("Copy payload"), deeds.copy_payload)
        menu.addAction(icon("copy"), tr("Copy topic"), deeds.copy_topic)
        menu.addAction(icon("tree"), tr("Show in tree") + "\t" + tr("Enter"), deeds.show_in_tree)
    if selected:
        menu.addSeparator()
    if selected and not deeds.exporting:
        menu.addAction(icon("save"), tr("Export selection…"), deeds.export_selection)
    if any_rows and not deeds.exporting:
        menu.addAction(icon("save"), tr("Export all…"), deeds.export_all)
    menu.addSeparator()
    menu.addAction(icon("play" if paused else "pause"), tr("Go on") if paused else tr("Pause"), pause)
    return menu
