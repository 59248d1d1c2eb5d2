# SPDX-License-Identifier: MIT
"""The context menu of one topic or of several: only what can be done with them.

A menu stays open while messages arrive. So its actions know topics, not rows, and the panel looks them up when one is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from mqtt_explorer.panels.topics.bulk import branch_filter, copy_filters, copy_topics, copy_values
from mqtt_explorer.payload.api import DecodeError
from mqtt_explorer.payload.text import decode_head
from mqtt_explorer.widgets.clipboard import copy_bytes
from mqtt_explorer.widgets.icons import icon
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

    from mqtt_explorer.profiles.marks import TopicMarks
    from mqtt_explorer.store.topic_tree import Node

Topics = tuple[bytes, ...]

_HEAD: Final = 4096
_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class TopicActions:
    """What the panel does for its menu.

    Attributes:
        nodes: Looks topics up; those that are gone are left out.
        subscribe: To a filter.
        publish: To a topic.
        messages: Shows the messages of a topic and everything below it.
        find: Searches for a level name.
        favour: Sets stars (True) or takes them away.
        mute: Mutes branches (True) or lets them be heard again.
        expand: Unfolds everything below.
        collapse: Folds everything below.
        say: Shows a sentence; an empty one shows nothing.
    """

    nodes: Callable[[Topics], list[Node]]
    subscribe: Callable[[str], object]
    publish: Callable[[bytes], object]
    messages: Callable[[bytes], object]
    find: Callable[[str], object]
    favour: Callable[[Topics, bool], object]
    mute: Callable[[Topics, bool], object]
    expand: Callable[[Topics], object]
    collapse: Callable[[Topics], object]
    say: Callable[[str], object]


def build_menu(
    parent: QWidget, nodes: Sequence[Node], marks: TopicMarks, actions: TopicActions, *, more: int = 0
) -> QMenu:
    """The menu of one row or several; the caller pops it up.

    Args:
        parent: The panel.
        nodes: The rows it is about.
        marks: Favourites and muted branches.
        actions: What the panel does.
        more: How many more rows are selected, which it does not touch: the menu says so.
    """
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    topics = tuple(node.topic for node in nodes)
    if more:
        text = parent.tr("For {n} of {total} selected topics:")
        text = text.format(n=f"{len(nodes):,}", total=f"{len(nodes) + more:,}")
        menu.addAction(text).setEnabled(False)
    if len(nodes) == 1:
        _add_copy(menu, parent, nodes[0], actions)
        menu.addSeparator()
        _add_deeds(menu, parent, nodes[0], actions)
    else:
        _add_copy_several(menu, parent, nodes, actions)
    menu.addSeparator()
    _add_favourite(menu, parent, topics, marks, actions)
    _add_mute(menu, parent, nodes, marks, actions)
    if any(node.kids for node in nodes):
        menu.addSeparator()
        menu.addAction(icon("expand"), parent.tr("Expand all below"), lambda: actions.expand(topics))
        menu.addAction(icon("collapse"), parent.tr("Collapse all below"), lambda: actions.collapse(topics))
    return menu


def menu_text(text: str) -> str:
    """Text from the wire on one line of a menu, where an ampersand would become a key and a tab a column."""
    return one_line(text, _NAME).replace("&", "&&")


def _add_copy(menu: QMenu, panel: QWidget, node: Node, actions: TopicActions) -> None:
    topic = node.topic
    menu.addAction(icon("copy"), panel.tr("Copy topic"), lambda: copy_topics((topic,)))
    _add_copy_value(menu, panel, node, actions)
    menu.addAction(
        icon("copy"), panel.tr("Copy as filter"), lambda: actions.say(copy_filters(actions.nodes((topic,))))
    )


def _add_copy_several(menu: QMenu, panel: QWidget, nodes: Sequence[Node], actions: TopicActions) -> None:
    topics = tuple(node.topic for node in nodes)
    count = f"{len(topics):,}"
    menu.addAction(icon("copy"), panel.tr("Copy {n} topics").format(n=count), lambda: copy_topics(topics))
    if any(_has_value(node) for node in nodes):
        menu.addAction(
            icon("copy"), panel.tr("Copy their values"), lambda: actions.say(_copy_values(topics, actions))
        )
    menu.addAction(
        icon("copy"), panel.tr("Copy as filters"), lambda: actions.say(copy_filters(actions.nodes(topics)))
    )


def _copy_values(topics: Topics, actions: TopicActions) -> str:
    return copy_values([node.frame for node in actions.nodes(topics) if node.frame and _has_value(node)])


def _has_value(node: Node) -> bool:
    return node.frame is not None and bool(node.frame[3])


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


def _add_deeds(menu: QMenu, panel: QWidget, node: Node, actions: TopicActions) -> None:
    topic, level, branch = node.topic, node.level, branch_filter(node.topic)
    messages = menu.addAction(
        icon("messages"), panel.tr("Show its messages"), lambda: actions.messages(topic)
    )
    messages.setToolTip(panel.tr("Lists the messages of this topic and of everything below it."))
    if level:
        find = menu.addAction(icon("search"), panel.tr("Find topics like this"), lambda: actions.find(level))
        find.setToolTip(panel.tr("Searches for topics with a level of the same name."))
    if branch is not None:
        subscribe = panel.tr("Subscribe to this branch")
        menu.addAction(icon("filter"), subscribe, lambda: actions.subscribe(branch))
    menu.addAction(icon("send"), panel.tr("Publish here"), lambda: actions.publish(topic))


def _add_favourite(
    menu: QMenu, panel: QWidget, topics: Topics, marks: TopicMarks, actions: TopicActions
) -> None:
    on = not all(marks.is_favourite(topic) for topic in topics)
    text = panel.tr("Add to favourites") if on else panel.tr("Remove from favourites")
    menu.addAction(icon("star" if on else "star-filled"), text, lambda: actions.favour(topics, on))


def _add_mute(
    menu: QMenu, panel: QWidget, nodes: Sequence[Node], marks: TopicMarks, actions: TopicActions
) -> None:
    """Mutes what is heard; where all of it is muted, takes that back where it was set, maybe on a branch above."""
    heard = tuple(node.topic for node in nodes if not marks.is_muted(node.topic))
    if heard:
        text = panel.tr("Mute branch") if any(node.kids for node in nodes) else panel.tr("Mute topic")
        if len(nodes) > 1:
            text = panel.tr("Mute")
        action = menu.addAction(icon("mute"), text, lambda: actions.mute(heard, True))
        action.setToolTip(
            panel.tr("Still received and counted, but dimmed, without glow, and left out of Messages.")
        )
        return
    muting = tuple(dict.fromkeys(each for node in nodes if (each := marks.muting(node.topic)) is not None))
    text = panel.tr("Unmute")
    if len(muting) == 1 and muting[0] != nodes[0].topic:
        text = panel.tr("Unmute {branch}").format(branch=menu_text(muting[0].decode()))
    menu.addAction(icon("eye"), text, lambda: actions.mute(muting, False))
