# SPDX-License-Identifier: MIT
"""The columns of the topic tree: which are shown, how wide they are, and their heads.

The user chooses columns by name and drags their widths. Where the tree is too narrow for all of them, columns step back
and come again with the room; the choice stays what it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QHelpEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QStyle,
    QStyleOptionHeader,
    QStyleOptionViewItem,
    QToolTip,
    QTreeView,
    QWidget,
)

from mqtt_explorer.models.roles import NOTE_ROLE
from mqtt_explorer.models.topic_columns import (
    AGE,
    COLUMNS,
    DEFAULT,
    MESSAGES,
    NAMES,
    RATE,
    TOPIC,
    VALUE,
    SortOrder,
)
from mqtt_explorer.panels.topics.grips import GripHeader
from mqtt_explorer.widgets.cards import plain_tooltip
from mqtt_explorer.widgets.delegate_spark import SPARK_WIDTH
from mqtt_explorer.widgets.delegates import PAD, Column, Index, RowDelegate
from mqtt_explorer.widgets.icons import pixmap
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.views import style_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mqtt_explorer.models.topic_model import TopicModel

_FIGURE: Final = Column(right=True, small=True)
SPECS: Final = (
    Column(name=True, marks=True, hits=True),
    Column(mono=True, badge=True, hits=True),
    Column(spark=True),
    _FIGURE,
    _FIGURE,
    _FIGURE,
    _FIGURE,
    _FIGURE,
    Column(small=True),
)
"""How the cells of each column are painted."""

LEAST_TOPIC: Final = 120
_NAME_ROOM: Final = 140
"""What figures leave the topic: they step back before names are cut, the value only below `LEAST_TOPIC`."""
LEAST_VALUE: Final = 72
USUAL: Final = {
    "trend": SPARK_WIDTH + 2 * PAD,
    "messages": 68,
    "rate": 56,
    "size": 62,
    "age": 48,
    "qos": 40,
    "retained": 66,
}
"""Widths of the columns that do not share the rest, in pixels, until the user drags them or their head needs more."""
STEP_BACK: Final = ("messages", "size", "qos", "retained", "trend", "rate", "age", "value")
"""The order in which columns make room for topic and value."""
_TOPIC_SHARE: Final = 0.7
_ARROW: Final = 10
_SECTIONS: Final = {"topic": TOPIC, **NAMES}
_BY_SECTION: Final = {section: name for name, section in _SECTIONS.items()}

_CLICKS: Final = {
    TOPIC: SortOrder.NATURAL,
    MESSAGES: SortOrder.MESSAGES,
    RATE: SortOrder.ACTIVITY,
    AGE: SortOrder.AGE,
}
_HEADS: Final = {
    SortOrder.NAME: (TOPIC,),
    SortOrder.NATURAL: (TOPIC,),
    SortOrder.MESSAGES: (MESSAGES,),
    SortOrder.ACTIVITY: (RATE,),
    SortOrder.AGE: (AGE,),
    SortOrder.STALE: (AGE,),
}
_LARGEST_FIRST: Final = (SortOrder.MESSAGES, SortOrder.ACTIVITY, SortOrder.STALE)


def fit(
    width: int, chosen: Iterable[str], given: Mapping[str, int], usual: Mapping[str, int] = USUAL
) -> dict[str, int]:
    """Which columns a tree of this width shows, and how wide, in pixels.

    Topic and value share what the others leave; a width the user gave to the topic counts as far as there is room.

    Args:
        width: Of the tree.
        chosen: The columns to show, by name.
        given: Widths from the user, by name.
        usual: Widths of the columns that have none from the user.
    """
    shown = {name: given.get(name, usual.get(name, LEAST_VALUE)) for name in NAMES if name in set(chosen)}
    if "value" in shown:
        shown["value"] = LEAST_VALUE
    for name in STEP_BACK:
        least = LEAST_TOPIC if name == "value" else _NAME_ROOM
        if least + sum(shown.values()) <= width:
            break
        shown.pop(name, None)
    rest = width - sum(shown.values())
    if "value" not in shown:
        return {"topic": max(rest, min(width, LEAST_TOPIC)), **shown}
    rest += LEAST_VALUE
    topic = min(max(given.get("topic", int(rest * _TOPIC_SHARE)), LEAST_TOPIC), rest - LEAST_VALUE)
    return {"topic": topic, **shown, "value": rest - topic}


def next_order(section: int, order: SortOrder, *, descending: bool) -> tuple[SortOrder, bool] | None:
    """The order after a click on a head: its own, then turned round, then arrival again; None where it has none."""
    wanted = _CLICKS.get(section)
    if wanted is None:
        return None
    if section not in _HEADS.get(order, ()):
        return wanted, False
    return (SortOrder.ARRIVAL, False) if descending else (order, True)


class TreeHeader(GripHeader):
    """The heads of the topic tree, and the widths of its columns.

    A click sorts, a drag between two heads moves the border between them, and the context menu is the tree's.

    Signals:
        sort_clicked(SortOrder, bool): A click asks for an order, maybe turned round.
        menu_wanted(QPoint): The context menu, and where on the screen.
        changed(): The user gave a column another width, or other columns were chosen.
    """

    sort_clicked = Signal(object, bool)
    menu_wanted = Signal(QPoint)
    changed = Signal()

    def __init__(self, model: TopicModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._order = model
        self._chosen: tuple[str, ...] = DEFAULT
        self._given: dict[str, int] = {}
        self._room = 0
        self._fitting = False
        self._dragged = False
        self.setAccessibleName(self.tr("Columns of the topic tree"))
        self.setSectionsMovable(False)
        self.setStretchLastSection(False)
        style_header(self)
        self.sectionClicked.connect(self._on_clicked)
        self.sectionDoubleClicked.connect(
            self._on_clicked
        )  # the second of two quick clicks is told as this only
        self.sectionResized.connect(self._on_resized)
        theme().changed.connect(self._refit)
        model.layoutChanged.connect(self._repaint)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The columns the user wants, whether or not there is room for all of them."""
        return self._chosen

    @property
    def given(self) -> dict[str, int]:
        """The widths the user gave, in pixels, by name; "topic" too."""
        return dict(self._given)

    @property
    def stepped_back(self) -> tuple[str, ...]:
        """Chosen columns there is no room for now."""
        return tuple(name for name in self._chosen if self.isSectionHidden(NAMES[name]))

    def choose(self, names: Iterable[str]) -> None:
        """Shows these columns beside the topic; unknown names are left out, the order is that of the screen."""
        wanted = set(names)
        chosen = tuple(name for name in NAMES if name in wanted)
        if chosen != self._chosen:
            self._chosen = chosen
            self._refit()
            self.changed.emit()

    def give(self, widths: Mapping[str, int]) -> None:
        """Takes over widths, in pixels, by name; unknown names are left out."""
        self._given = {name: max(px, self._least(name)) for name, px in widths.items() if name in _SECTIONS}
        self._refit()

    def fit_into(self, width: int) -> None:
        """Shares that many pixels among the columns."""
        self._room = width
        self._refit()

    def _refit(self) -> None:
        if self._room <= 0 or self.count() < COLUMNS:
            return
        widths = fit(self._room, self._chosen, self._given, self._usual())
        self._fitting = True
        for name, section in _SECTIONS.items():
            self.setSectionHidden(section, name not in widths)
            if name in widths:
                self.resizeSection(section, widths[name])
        self._fitting = False

    def _usual(self) -> dict[str, int]:
        """Room for a head and its arrow whatever the language and the size of the font."""
        scale = theme().ui_px / 13
        return {
            name: max(
                round(px * scale),
                self.sectionSizeFromContents(NAMES[name]).width()
                + (_ARROW + 2 if NAMES[name] in _CLICKS else 0),
            )
            for name, px in USUAL.items()
        }

    def _least(self, name: str) -> int:
        """A head stays readable, whatever is dragged."""
        section = _SECTIONS[name]
        if self.count() < COLUMNS:
            return self.minimumSectionSize()
        return self.sectionSizeFromContents(section).width()

    def _text(self, section: int) -> str:
        return str(self._order.headerData(section, Qt.Orientation.Horizontal) or "")

    # --- the user -----------------------------------------------------------------------------------------------

    def _on_clicked(self, section: int) -> None:
        if self.was_moved:
            return  # a border was missed, or the mouse went to another head
        wanted = next_order(section, self._order.sort_order, descending=self._order.descending)
        if wanted is not None:
            self.sort_clicked.emit(*wanted)
            self._repaint()

    def _on_resized(self, section: int, before: int, now: int) -> None:
        """The border moves: the column at its other side gives or takes what the dragged one took or gave."""
        if self._fitting or not before or not now:
            return
        name = _BY_SECTION[section]
        right = [each for each in range(section + 1, COLUMNS) if not self.isSectionHidden(each)]
        if name != "value":
            self._given[name] = max(now, self._least(name))
            now = self._given[name]
        if right and right[0] != VALUE and (name == "value" or section > VALUE or not self._shares(VALUE)):
            other = _BY_SECTION[right[0]]
            self._given[other] = max(self.sectionSize(right[0]) - (now - before), self._least(other))
        self._limit(name)
        self._dragged = True
        self._refit()

    def _shares(self, section: int) -> bool:
        return not self.isSectionHidden(section)

    def _limit(self, name: str) -> None:
        """No drag pushes another column out."""
        shown = [each for each in self._chosen if not self.isSectionHidden(NAMES[each])]
        usual = self._usual()
        others = _NAME_ROOM if name != "topic" else 0
        others += sum(
            LEAST_VALUE if each == "value" else self._given.get(each, usual[each])
            for each in shown
            if each != name
        )
        if name in self._given:
            self._given[name] = min(self._given[name], max(self._room - others, self._least(name)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A drag ends: now the widths are worth keeping."""
        super().mouseReleaseEvent(event)
        if self._dragged:
            self._dragged = False
            self.changed.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Columns and orders."""
        self.menu_wanted.emit(event.globalPos())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """The model says what a column means; below it stands what a click does."""
        if event.type() != QEvent.Type.ToolTip or not isinstance(event, QHelpEvent):
            return bool(super().viewportEvent(event))
        section = self.logicalIndexAt(event.pos())
        role = Qt.ItemDataRole.ToolTipRole
        lines = [self._order.headerData(section, Qt.Orientation.Horizontal, role)] if section >= 0 else []
        if section in _CLICKS:
            lines.append(self.tr("A click sorts by it, the next turns that round, a third ends it."))
        QToolTip.showText(event.globalPos(), plain_tooltip("\n".join(filter(None, lines))), self)
        return True

    # --- the arrow ----------------------------------------------------------------------------------------------

    def initStyleOptionForIndex(self, option: QStyleOptionHeader, section: int) -> None:
        """Only what a click sorts by looks as if it could be clicked."""
        super().initStyleOptionForIndex(option, section)
        if section not in _CLICKS:
            lit = QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Sunken | QStyle.StateFlag.State_On
            option.state &= ~lit  # type: ignore[attr-defined]  # the stubs leave the fields out

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """The head, and beside its text the order in force: up for the smallest first."""
        super().paintSection(painter, rect, section)
        self.paint_border(painter, rect)
        order = self._order.sort_order
        heads = [each for each in _HEADS.get(order, ()) if not self.isSectionHidden(each)]
        if not heads or heads[0] != section:
            return
        down = (order in _LARGEST_FIRST) is not self._order.descending
        text = self._text(section)
        wide = QFontMetrics(theme().small_font(semibold=True)).horizontalAdvance(text)
        if section == TOPIC:
            x = min(rect.left() + PAD + wide + 3, rect.right() - _ARROW)
        else:
            x = max(rect.right() - PAD - wide - _ARROW - 1, rect.left())
        glyph = pixmap(
            "chevron-down" if down else "chevron-up", "accent", _ARROW, painter.device().devicePixelRatioF()
        )
        painter.drawPixmap(x, rect.y() + (rect.height() - _ARROW) // 2, glyph)

    def _repaint(self) -> None:
        self.viewport().update()


class NameDelegate(RowDelegate):
    """Lets the note of a branch without a value of its own run over the empty cells beside it."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if index.data(NOTE_ROLE) and index.sibling(index.row(), VALUE).data() is None:
            view: Any = self.parent()
            option.rect.setRight(_room_beside(view, index) - 1)  # type: ignore[attr-defined]
        super().paint(painter, option, index)


def _room_beside(view: QTreeView, index: Index) -> int:
    """Where the first cell that says something begins, else the end of the row."""
    row = index.row()
    for column in range(VALUE, COLUMNS):
        if not view.isColumnHidden(column) and index.sibling(row, column).data() is not None:
            return view.columnViewportPosition(column)
    return view.viewport().width()
