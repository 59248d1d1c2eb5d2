# SPDX-License-Identifier: MIT
"""Paints what the lists of saved brokers have beside their texts: colours, states, warnings, and the buttons of a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeAlias

from PySide6.QtCore import QObject, QPointF, QRect, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QStyleOptionViewItem, QWidget

from mqtt_explorer.models.profile_rows import (
    AT_START_ROLE,
    BROKER,
    COLOUR_ROLE,
    KEY_ROLE,
    LAST_USED,
    PROBLEMS_ROLE,
    STATE_ROLE,
)
from mqtt_explorer.widgets.delegates import PAD, Column, Index, RowDelegate
from mqtt_explorer.widgets.icons import pixmap, pixmap_in
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import ICON

RowAction: TypeAlias = Literal["connect", "edit", "save"]

_SLOT: Final = 24
_LEAST_TEXT: Final = 48
_ACTION_ICONS: Final[dict[RowAction, str]] = {"connect": "play", "edit": "edit", "save": "star"}
_ACTIONS: Final[dict[str, tuple[RowAction, ...]]] = {
    "profile": ("connect", "edit"),
    "recent": ("connect", "save"),
}


class ListDelegate(RowDelegate):
    """Paints the cells of both lists.

    With `mark` "dot" a profile has a round dot in its colour (the narrow list), with "icon" the broker icon (the table). `is_hot` says
    whether a row shows its buttons.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        row_height: int,
        parent: QObject,
        *,
        mark: Literal["dot", "icon"],
        is_hot: Callable[[Index], bool],
    ) -> None:
        super().__init__(columns, row_height, parent)
        self._mark = mark
        self._is_hot = is_hot

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        column = index.column()
        if column not in (BROKER, LAST_USED):
            super().paint(painter, option, index)
            return
        inner = QStyleOptionViewItem(option)
        box: QRect = inner.rect  # type: ignore[attr-defined]
        if column == BROKER and (colour := index.data(COLOUR_ROLE)) is not None:
            self._paint_mark(painter, colour, box)
            box.setRight(self._paint_ends(painter, index, box))
        elif column == LAST_USED:
            box.setRight(self._paint_buttons(painter, index, box))
        inner.rect = box  # type: ignore[attr-defined]
        super().paint(painter, inner, index)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setAccessibleName(self.tr("Name"))
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        box: QRect = option.rect  # type: ignore[attr-defined]
        height = max(editor.minimumSizeHint().height(), box.height())
        top = max(box.y() + (box.height() - height) // 2, 0)
        # The field's own padding and border are 8 px: the text stays where it was painted.
        left = box.x() + PAD + ICON + 6 - 8
        editor.setGeometry(left, top, max(box.right() - left - 2, 80), height)

    def button_at(self, index: Index, cell: QRect, at: QPointF) -> RowAction | None:
        """The button of a row's last cell below the pointer."""
        if index.column() != LAST_USED or not self._is_hot(index):
            return None
        return next((name for name, box in button_boxes(index, cell) if box.contains(at.toPoint())), None)

    def _paint_mark(self, painter: QPainter, colour: int, box: QRect) -> None:
        left, middle = box.x() + PAD, box.y() + box.height() / 2
        look = theme()
        if self._mark == "icon":
            ratio = painter.device().devicePixelRatioF()
            tint = look.tokens.muted if colour < 0 else look.tokens.series(colour)
            painter.drawPixmap(
                left, box.y() + (box.height() - ICON) // 2, pixmap_in("broker", tint, ICON, ratio)
            )
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if colour < 0:  # no colour chosen: a hollow dot
            painter.setPen(QPen(look.color("muted"), 1.25))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(left + ICON / 2, middle), 3.4, 3.4)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.series(colour))
            painter.drawEllipse(QPointF(left + ICON / 2, middle), 4, 4)
        painter.restore()

    def _paint_ends(self, painter: QPainter, index: Index, box: QRect) -> int:
        """Warning and state word at the right end; the x up to which the name may go."""
        right = box.right() - PAD
        if index.data(PROBLEMS_ROLE):
            right -= ICON
            ratio = painter.device().devicePixelRatioF()
            top = box.y() + (box.height() - ICON) // 2
            painter.drawPixmap(right, top, pixmap("warning", "error", ICON, ratio))
            right -= PAD
        state = index.data(STATE_ROLE)
        if state:
            font = theme().small_font()
            metrics = QFontMetricsF(font)
            word = one_line(state[0], 24)
            width = metrics.horizontalAdvance(word)
            if right - width - box.x() > _LEAST_TEXT + ICON + PAD:
                painter.setFont(font)
                painter.setPen(theme().color(state[1]))
                base = box.y() + (box.height() + round(metrics.capHeight())) // 2
                painter.drawText(QPointF(right - width, base), word)
                right -= round(width) + PAD
        return min(right + PAD, box.right())

    def _paint_buttons(self, painter: QPainter, index: Index, box: QRect) -> int:
        """The star of "connects at start", and the buttons of the row in hand; the x up to which the text may go."""
        right = box.right()
        ratio = painter.device().devicePixelRatioF()
        if index.data(AT_START_ROLE):
            spot = _spot(box, 0)
            painter.drawPixmap(spot.topLeft(), pixmap("star-filled", "accent", ICON, ratio))
            right = spot.x() - PAD
        if self._is_hot(index):
            for name, slot in button_boxes(index, box):
                spot = QRect(slot.x() + 4, slot.y() + (slot.height() - ICON) // 2, ICON, ICON)
                painter.drawPixmap(spot.topLeft(), pixmap(_ACTION_ICONS[name], "accent", ICON, ratio))
                right = min(right, slot.x() - 2)
        return right


def button_boxes(index: Index, cell: QRect) -> list[tuple[RowAction, QRect]]:
    """The buttons of a row with their boxes in its last cell; the last slot belongs to the star of "connects at start"."""
    key = index.data(KEY_ROLE)
    names = _ACTIONS.get(key[0], ()) if key else ()
    boxes = []
    for number, name in enumerate(names):
        spot = _spot(cell, len(names) - number)
        boxes.append((name, QRect(spot.x() - 4, cell.y(), _SLOT, cell.height())))
    return boxes


def _spot(cell: QRect, from_right: int) -> QRect:
    left = cell.right() + 1 - _SLOT * (from_right + 1) + 4
    return QRect(left, cell.y() + (cell.height() - ICON) // 2, ICON, ICON)
