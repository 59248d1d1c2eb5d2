# SPDX-License-Identifier: MIT
"""The context menu of a topic: only what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from mqtt_explorer.payload.api import DecodeError
from mqtt_explorer.payload.text import decode_head
from mqtt_explorer.protocol.topics import TopicError, TopicFilter
from mqtt_explorer.widgets.clipboard import copy_bytes
from mqtt_explorer.widgets.icons import icon

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from mqtt_explorer.store.topic_tree import Node

_HEAD: Final = 4096


@dataclass(frozen=True, slots=True)
class TopicActions:
    """What the panel does for its menu."""

    subscribe: Callable[[str], object]
    publish: Callable[[bytes], object]
    expand: Callable[[], object]
    collapse: Callable[[], object]
    say: Callable[[str], object]


def build_menu(parent: QWidget, node: Node, actions: TopicActions) -> QMenu:
    """The menu of one row; the caller pops it up."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    topic, branch = node.topic, branch_filter(node)
    menu.addAction(icon("copy"), parent.tr("Copy topic"), lambda: _copy(topic.decode()))
    _add_copy_value(menu, parent, node, actions)
    menu.addSeparator()
    if branch is not None:
        subscribe = parent.tr("Subscribe to this branch")
        menu.addAction(icon("filter"), subscribe, lambda: actions.subscribe(branch))
    menu.addAction(icon("send"), parent.tr("Publish here"), lambda: actions.publish(topic))
    if node.kids:
        menu.addSeparator()
        menu.addAction(icon("expand"), parent.tr("Expand all below"), lambda: actions.expand())
        menu.addAction(icon("collapse"), parent.tr("Collapse all below"), lambda: actions.collapse())
    return menu


def branch_filter(node: Node) -> str | None:
    """The filter of a topic and everything below it, or None where it would be too long."""
    try:
        return TopicFilter(f"{node.topic.decode()}/#").text
    except TopicError:
        return None


def _add_copy_value(menu: QMenu, panel: QWidget, node: Node, actions: TopicActions) -> None:
    """Copies the exact bytes as text, or as hex where they are no text; says so when only a part is there.

    A menu must not read a payload of megabytes: its beginning names the entry, and the rest is read on demand.
    """
    frame = node.frame
    if frame is None or not frame[3]:
        return
    payload, size = frame[3], frame[4]
    part = panel.tr(" (the part kept)") if size > len(payload) else ""
    try:
        decode_head(payload, _HEAD, cut=size > len(payload))
    except DecodeError:
        text = panel.tr("Copy value as hex")
    else:
        text = panel.tr("Copy value")
    menu.addAction(icon("copy"), text + part, lambda: _copy_value(payload, size, actions))


def _copy_value(payload: bytes, size: int, actions: TopicActions) -> None:
    copied = copy_bytes(payload, size)
    if not copied.as_text:
        actions.say(copied.sentence)


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
