# SPDX-License-Identifier: MIT
"""What is known of a picture: a column of names and values beside it, or one text where there is less room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from mqtt_explorer.widgets.cards import label, plain_tooltip
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP

_WIDTH: Final = 256
_NO_BREAK: Final = "\u00a0"


class Fact(NamedTuple):
    """One of them; `speaks` when its value needs no name."""

    name: str
    value: str
    speaks: bool = False

    @property
    def text(self) -> str:
        """The fact in a line with others."""
        return one_line(self.value if self.speaks else f"{self.name} {self.value}")


def facts_line(facts: Sequence[Fact], *, wraps: bool = False) -> str:
    """All of them in a text; with `wraps` it is broken between two rather than within one."""
    parts = [fact.text for fact in facts]
    if wraps:
        parts = [part.replace(" ", _NO_BREAK) if len(part) < 40 else part for part in parts]
    return " · ".join(parts)


def facts_tip(facts: Sequence[Fact]) -> str:
    """All of them with their names, as a tooltip."""
    return plain_tooltip("\n".join(f"{one_line(f.name)}: {one_line(f.value)}" for f in facts), lines=True)


class FactsColumn(QWidget):
    """Names and values below each other; those at the end are left out where the room is low."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
        self._labels: list[tuple[QLabel, QLabel]] = []
        self._count = 0

    @property
    def shown(self) -> dict[str, str]:
        """Those that there is room for."""
        return {name.text(): value.text() for name, value in self._labels if not name.isHidden()}

    def minimumSizeHint(self) -> QSize:
        """Never asks for height."""
        return QSize(_WIDTH, 0)

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Shows others."""
        self._count = len(facts)
        while len(self._labels) < len(facts):
            self._labels.append(self._make_pair())
        for (name, value), fact in zip(self._labels, facts, strict=False):
            name.setText(one_line(fact.name))
            value.setText(one_line(fact.value))
            value.setAccessibleName(f"{fact.name} {fact.value}")
        self.setToolTip(facts_tip(facts) if facts else "")
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows as many as there is room for."""
        super().resizeEvent(event)
        self._place()

    def _make_pair(self) -> tuple[QLabel, QLabel]:
        name, value = label("", "muted"), label("", "mono", wrap=True)
        name.setParent(self)
        value.setParent(self)
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return name, value

    def _place(self) -> None:
        used = self._labels[: self._count]
        names = max((name.sizeHint().width() for name, _ in used), default=0)
        at = 0
        for number, (name, value) in enumerate(self._labels):
            width = self.width() - names - GAP
            height = max(name.sizeHint().height(), value.heightForWidth(width))
            fits = number < self._count and at + height <= self.height()
            name.setVisible(fits)
            value.setVisible(fits)
            if not fits:
                at = self.height() + 1  # none behind it either
                continue
            name.setGeometry(0, at, names, name.sizeHint().height())
            value.setGeometry(self.width() - width, at, width, height)
            at += height + GAP
