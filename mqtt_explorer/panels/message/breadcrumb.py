# SPDX-License-Identifier: MIT
"""The topic of the message as a path one can click."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QSizePolicy, QWidget

from mqtt_explorer.widgets.cards import label, plain_tooltip
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import control_px

if TYPE_CHECKING:
    from mqtt_explorer.store.topic_tree import Node

_SHOWN: Final = 12
"""Levels that get a button at most, the last ones."""
_LEVEL_CHARACTERS: Final = 40
_PAD: Final = 8
_SLASH: Final = 8


class Breadcrumb(QWidget):
    """One button for each level; where they do not fit, the first ones make room for an ellipsis.

    Signals:
        level_clicked(bytes): The path up to the level that was clicked.
    """

    level_clicked = Signal(bytes)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._topic: bytes | None = None
        self._node: Node | None = None
        self._parts: list[tuple[_Level, QLabel, float]] = []
        self._cut = False
        self._more = label("…", "mono-muted")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_height())
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self._more)
        self._layout.addStretch(1)
        theme().changed.connect(self._rebuild)

    def set_topic(self, topic: bytes | None, node: Node | None = None) -> None:
        """Shows another topic; None shows nothing. Only with its node, when something arrived there, can it be clicked."""
        if topic != self._topic or node is not self._node:
            self._topic, self._node = topic, node
            self._rebuild()

    def minimumSizeHint(self) -> QSize:
        """It takes the room there is."""
        return QSize(60, _height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows as many levels as fit."""
        super().resizeEvent(event)
        self._fit()

    def _rebuild(self) -> None:
        for button, slash, _ in self._parts:
            for widget in (button, slash):
                # Deleting waits for the event loop, and until then it would still stand there.
                self._layout.removeWidget(widget)
                widget.hide()
                widget.deleteLater()
        self._parts = []
        self.setFixedHeight(_height())
        topic = self._topic
        self._cut = False
        self.setToolTip("")
        if topic is not None:
            self.setToolTip(plain_tooltip(topic.decode("utf-8", "replace")))
            self._add_levels(topic)
        self._fit()

    def _add_levels(self, topic: bytes) -> None:
        levels, self._cut = _known_levels(self._node) if self._node is not None else _split(topic)
        font = theme().mono_font(theme().mono_px + 1)
        metrics = QFontMetricsF(font)
        for place, (path, name) in enumerate(levels):
            text = one_line(name, _LEVEL_CHARACTERS) or self.tr("(empty)")
            button = _Level(text, font, self)
            button.setAccessibleName(self.tr("Go to {topic}").format(topic=text))
            button.setEnabled(self._node is not None)
            button.clicked.connect(partial(self.level_clicked.emit, path))
            wide = metrics.horizontalAdvance(text) + _PAD
            button.setFixedSize(int(wide) + 1, _height() - 4)
            slash = label("/" if place or self._cut else "", "mono-muted")
            slash.setFixedWidth(_SLASH if place or self._cut else 0)
            slash.setAlignment(Qt.AlignmentFlag.AlignCenter)
            at = 1 + 2 * place
            self._layout.insertWidget(at, slash)
            self._layout.insertWidget(at + 1, button)
            self._parts.append((button, slash, wide + slash.width() + 1))

    def _fit(self) -> None:
        room = self.width() - _SLASH - 8.0
        hidden = False
        for button, slash, wide in reversed(self._parts):
            room -= wide
            # The last level is always there, cut by the edge if it must be.
            hidden = hidden or (room < 0 and button is not self._parts[-1][0])
            button.setVisible(not hidden)
            slash.setVisible(not hidden)
        self._more.setVisible(hidden or self._cut)


def _height() -> int:
    """As high as the buttons beside it."""
    return control_px(theme().mono_px)


def _known_levels(node: Node) -> tuple[list[tuple[bytes, str]], bool]:
    """Path and name of the last levels the tree has; the rest of a topic that is too deep for it is one level."""
    levels: list[tuple[bytes, str]] = []
    step: Node | None = node
    while step is not None and step.parent is not None and len(levels) < _SHOWN:
        levels.append((step.topic, step.level))
        step = step.parent
    return levels[::-1], step is not None and step.parent is not None


def _split(topic: bytes) -> tuple[list[tuple[bytes, str]], bool]:
    """The last levels of a topic on which nothing arrived."""
    levels = topic.split(b"/")
    return [(topic, level.decode("utf-8", "replace")) for level in levels[-_SHOWN:]], len(levels) > _SHOWN


class _Level(QAbstractButton):
    """One level: plain text that lights up under the pointer and shows a ring for the keyboard."""

    def __init__(self, text: str, font: QFont, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = text
        self.setFont(font)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        """The owner sets the size."""
        return self.minimumSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the text as it is: no markup, no mnemonic."""
        look = theme()
        painter = QPainter(self)
        painter.setFont(self.font())
        lit = self.underMouse() and self.isEnabled()
        painter.setPen(look.color("accent" if lit else "text" if self.isEnabled() else "muted"))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(self.rect(), int(flags), self._text)
        if self.hasFocus():
            painter.setPen(QPen(look.color("accent"), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
