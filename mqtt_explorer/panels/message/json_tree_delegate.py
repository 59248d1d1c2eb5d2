# SPDX-License-Identifier: MIT
"""Paints the keys of a JSON tree: indented, with a chevron before what can be folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionViewItem

from mqtt_explorer.models.json_tree_model import KEY, JsonTreeModel
from mqtt_explorer.widgets.delegates import PAD, Column, Index, RowDelegate
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.tokens import ROW_TABLE

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

INDENT: Final = 16
CHEVRON: Final = 12
BEFORE_KEY: Final = 16
"""Pixels of a row's indentation that belong to the chevron, whether there is one or not."""
#: A chart icon beside numbers, once there are charts, is a mark at the right end of the value: `marks=True`.
COLUMNS: Final = (Column(mono=True), Column(mono=True, badge=True))


class JsonDelegate(RowDelegate):
    """The row delegate with an indentation; `room` is what it takes at most, `step` what a level takes, in pixels."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, ROW_TABLE, parent)
        self.step = INDENT
        self.room = 160

    def left(self, level: int) -> int:
        """How far a row of that level is indented; the deepest ones stand below each other."""
        return min(level * self.step, self.room)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paints a cell; the key behind its indentation."""
        model = index.model()
        if index.column() != KEY or not isinstance(model, JsonTreeModel):
            super().paint(painter, option, index)
            return
        whole: QRect = option.rect  # type: ignore[attr-defined]
        left = self.left(model.level(index.row()))
        state = model.fold_state(index.row())
        if state is not None:
            ratio = painter.device().devicePixelRatioF()
            glyph = pixmap("chevron-down" if state else "chevron-right", "muted", CHEVRON, ratio)
            painter.drawPixmap(whole.x() + left + 4, whole.y() + (whole.height() - CHEVRON) // 2, glyph)
        moved = QStyleOptionViewItem(option)
        moved.rect = whole.adjusted(left + BEFORE_KEY, 0, 0, 0)  # type: ignore[attr-defined]
        super().paint(painter, moved, index)

    def key_width(self, level: int, text: str) -> int:
        """What a key takes in its column, in pixels."""
        return self.left(level) + BEFORE_KEY + 2 * PAD + round(self.mono_width(text)) + 1

    def mono_width(self, text: str) -> float:
        """Width of a text in the fixed font."""
        return self._metrics[1].horizontalAdvance(text)
