# SPDX-License-Identifier: MIT
"""The branch looked into, as a path one can click."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from mqtt_explorer.widgets.buttons import IconButton
from mqtt_explorer.widgets.cards import label, plain_tooltip
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import CONTROL

if TYPE_CHECKING:
    from mqtt_explorer.store.topic_tree import Node

_SHOWN: Final = 8
"""Levels that get a button at most, the last ones."""
_LEVEL_CHARACTERS: Final = 32


_AROUND: Final = 14
"""Padding and border of a button, both sides together, in pixels."""


class _Level(QToolButton):
    """A button no wider than its name: the style would leave room for a button that stands alone."""

    def sizeHint(self) -> QSize:
        wide = self.fontMetrics().horizontalAdvance(self.text().replace("&&", "&"))
        return QSize(wide + _AROUND, super().sizeHint().height())


class BranchPath(QWidget):
    """A button upwards, and one for each level; where they do not fit, the first ones make room for an ellipsis.

    Signals:
        level_clicked(object): The node of the level.
        up_clicked(): One branch up.
    """

    level_clicked = Signal(object)
    up_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._node: Node | None = None
        self._levels: list[QToolButton] = []
        self._slashes: list[QLabel] = []  # one before each level, hidden before the first
        self._deep = False
        self.up = IconButton(
            "arrow-up",
            self.tr("Up one branch"),
            self,
            on_click=self.up_clicked.emit,
            small=True,
            shortcut="Backspace",
        )
        self._more = label("…", "mono-muted")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(CONTROL)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.up)
        self._layout.addWidget(self._more)
        self._layout.addStretch(1)
        self.set_node(None)

    @property
    def levels(self) -> list[QToolButton]:
        """The buttons, all topics first; those that do not fit are hidden."""
        return list(self._levels)

    def set_node(self, node: Node | None) -> None:
        """Shows the path to another branch; None shows nothing."""
        if node is self._node and self._levels:
            return
        self._node = node
        for part in (*self._levels, *self._slashes):
            # Deleting waits for the event loop, and until then it would still stand there.
            self._layout.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._levels = []
        self._slashes = []
        way: list[Node] = []
        while node is not None and len(way) < _SHOWN:
            way.append(node)
            node = node.parent
        self._deep = node is not None
        for place, level in enumerate(reversed(way)):
            self._add(level, place)
        self.up.setEnabled(len(way) > 1)
        self._fit()

    def _add(self, level: Node, place: int) -> None:
        is_root = level.parent is None
        name = (
            self.tr("All topics")
            if is_root
            else one_line(level.level, _LEVEL_CHARACTERS) or self.tr("(empty)")
        )
        slash = label("/" if place or self._deep else "", "muted")
        button = _Level(self)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setText(name.replace("&", "&&"))
        button.setAccessibleName(self.tr("Go to {topic}").format(topic=name))
        if not is_root:
            button.setToolTip(plain_tooltip(level.topic.decode("utf-8", "replace")))
        button.clicked.connect(partial(self.level_clicked.emit, level))
        self._layout.insertWidget(2 + 2 * place, slash)
        self._layout.insertWidget(3 + 2 * place, button)
        self._levels.append(button)
        self._slashes.append(slash)

    def minimumSizeHint(self) -> QSize:
        """It takes the room there is."""
        return QSize(80, CONTROL)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows as many levels as fit."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - self.up.width() - self._more.sizeHint().width()
        hidden = False
        for button, slash in zip(reversed(self._levels), reversed(self._slashes), strict=True):
            room -= button.sizeHint().width() + slash.sizeHint().width()
            # The last level is always there, cut by the edge if it must be.
            hidden = hidden or (room < 0 and button is not self._levels[-1])
            button.setVisible(not hidden)
            slash.setVisible(not hidden and bool(slash.text()))
        self._more.setVisible(hidden or self._deep)
