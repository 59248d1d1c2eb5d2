# SPDX-License-Identifier: MIT
"""The context menu of a topic: only what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from mqtt_explorer.protocol.topics import TopicError, TopicFilter
from mqtt_explorer.widgets.icons import icon

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex

    from mqtt_explorer.panels.topics.panel import TopicsPanel
    from mqtt_explorer.store.topic_tree import Node


def build_menu(panel: TopicsPanel, index: QModelIndex, node: Node) -> QMenu:
    """The menu of one row; the caller pops it up."""
    menu = QMenu(panel)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction(icon("copy"), panel.tr("Copy topic"), lambda: _copy(node.topic.decode()))
    _add_copy_value(menu, panel, node)
    menu.addSeparator()
    branch = branch_filter(node)
    if branch is not None:
        menu.addAction(
            icon("filter"),
            panel.tr("Subscribe to this branch"),
            lambda: panel.subscribe_requested.emit(branch),
        )
    menu.addAction(icon("send"), panel.tr("Publish here"), lambda: panel.publish_requested.emit(node.topic))
    if node.kids:
        menu.addSeparator()
        menu.addAction(icon("expand"), panel.tr("Expand all below"), lambda: panel.expand_below(index))
        menu.addAction(icon("collapse"), panel.tr("Collapse all below"), lambda: panel.collapse_below(index))
    return menu


def branch_filter(node: Node) -> str | None:
    """The filter of a topic and everything below it, or None where it would be too long."""
    try:
        return TopicFilter(f"{node.topic.decode()}/#").text
    except TopicError:
        return None


def _add_copy_value(menu: QMenu, panel: TopicsPanel, node: Node) -> None:
    """Copies the exact bytes as text, or as hex where they are no text; says so when only a part is there."""
    frame = node.frame
    if frame is None or not frame[3]:
        return
    payload, size = frame[3], frame[4]
    part = panel.tr(" (the part kept)") if size > len(payload) else ""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        menu.addAction(icon("copy"), panel.tr("Copy value as hex") + part, lambda: _copy(payload.hex()))
    else:
        menu.addAction(icon("copy"), panel.tr("Copy value") + part, lambda: _copy(text))


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
