# SPDX-License-Identifier: MIT
"""The context menu of a source of noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from mqtt_explorer.widgets.icons import icon
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from mqtt_explorer.models.noise_model import NoiseRow
    from mqtt_explorer.profiles.marks import TopicMarks
    from mqtt_explorer.store.topic_tree import Node


@dataclass(frozen=True, slots=True)
class NoiseActions:
    """What the panel does for its menu.

    Attributes:
        show: Shows a topic in the tree.
        enter: Looks into a branch.
        mute: Mutes a branch (True) or lets it be heard again.
    """

    show: Callable[[bytes], object]
    enter: Callable[[Node], object]
    mute: Callable[[bytes, bool], object]


def build_menu(parent: QWidget, row: NoiseRow, marks: TopicMarks, actions: NoiseActions) -> QMenu:
    """The menu of a row with a topic; the caller pops it up."""
    topic = row.topic or b""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction(icon("tree"), parent.tr("Show in tree"), lambda: actions.show(topic))
    if row.branch:
        menu.addAction(
            icon("arrow-right"), parent.tr("Look into this branch"), lambda: actions.enter(row.node)
        )
    menu.addAction(icon("copy"), parent.tr("Copy topic"), lambda: _copy(topic))
    menu.addSeparator()
    muting = marks.muting(topic)
    if muting is None:
        text = parent.tr("Mute branch") if row.branch or row.kind == "own" else parent.tr("Mute topic")
        menu.addAction(icon("mute"), text, lambda: actions.mute(topic, True))
    else:
        name = one_line(muting.decode("utf-8", "replace"), 40).replace("&", "&&")
        menu.addAction(
            icon("eye"), parent.tr("Unmute {branch}").format(branch=name), lambda: actions.mute(muting, False)
        )
    return menu


def _copy(topic: bytes) -> None:
    QGuiApplication.clipboard().setText(topic.decode("utf-8", "replace"))
