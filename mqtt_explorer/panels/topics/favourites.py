# SPDX-License-Identifier: MIT
"""The user's favourites above the topic tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QItemSelectionModel, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QSizePolicy, QVBoxLayout, QWidget

from mqtt_explorer.models.favourites_model import AGE, TOPIC, VALUE, FavouritesModel
from mqtt_explorer.widgets.delegates import Column, RowDelegate
from mqtt_explorer.widgets.icons import icon
from mqtt_explorer.widgets.sections import SectionHead
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.tokens import ROW_TREE
from mqtt_explorer.widgets.views import TableView, menu_place, selected_ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mqtt_explorer.models.frame_clock import FrameClock
    from mqtt_explorer.profiles.marks import TopicMarks
    from mqtt_explorer.store.topic_store import TopicStore

ROWS_SHOWN: Final = 6
"""With more rows than this the list scrolls."""
_COLUMNS: Final = (
    Column(icon=True, marks=True, middle=True),
    Column(mono=True),
    Column(right=True, small=True, kind="muted"),
)
_HEAD_PX: Final = 26
_AGE_PX: Final = 54
_VALUE_SHARE: Final = 0.36
_VALUE_PX: Final = 104
"""Enough for "not seen yet"."""
_NARROW: Final = 300
"""Below this width the age makes room for the topic."""


class Favourites(QWidget):
    """Favourites with their last values, in the user's order; hidden while there are none, folded by its heading.

    Signals:
        chosen(bytes): A click or Enter on a favourite.
        removed(object): Topics whose star was taken away, and all favourites as they were before (two tuples).
        publish_requested(bytes): "Publish here".
    """

    chosen = Signal(bytes)
    removed = Signal(object, object)
    publish_requested = Signal(bytes)

    def __init__(self, clock: FrameClock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks: TopicMarks | None = None
        self._wanted = True
        self.model = FavouritesModel(clock, self)
        self.head = SectionHead(self.tr("Favourites"), self)
        self.head.setFixedHeight(_HEAD_PX)
        self.head.fold_requested.connect(self.set_open)
        self.view = _FavouritesView(self.model, self)
        self.head.show_open(on=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(self.view)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.view.clicked.connect(lambda index: self._choose(index.row()))
        self.view.key_pressed.connect(self._on_key)
        self.view.menu_wanted.connect(self._show_menu)
        self.model.move_requested.connect(self._move)
        for changed in (self.model.modelReset, self.model.rowsInserted, self.model.rowsRemoved):
            changed.connect(self._fit)
        theme().changed.connect(self._fit)  # rows have another height; the view knows it already
        self._fit()

    @property
    def is_wanted(self) -> bool:
        """Whether the user wants to see favourites where there are some."""
        return self._wanted

    def set_wanted(self, on: bool) -> None:
        """Shows the list where there are favourites, or never."""
        self._wanted = on
        self._fit()

    def set_open(self, on: bool) -> None:
        """Unfolds the list below its heading, or folds it."""
        if not on and self.view.hasFocus():
            self.head.setFocus()
        self.view.setVisible(on)
        self.head.show_open(on=on)

    def set_store(self, store: TopicStore | None, marks: TopicMarks | None = None) -> None:
        """Shows another connection's favourites, or none."""
        self._marks = marks
        self.model.set_store(store, marks)

    def show_current(self, topic: bytes | None) -> None:
        """Selects the favourite the tree has gone to, if it is one; none where the tree is elsewhere."""
        row = self.model.row_of(topic) if topic is not None else None
        selection = self.view.selectionModel()
        if row is None:
            selection.clear()
        elif selection.currentIndex().row() != row or not selection.hasSelection():
            flags = QItemSelectionModel.SelectionFlag
            selection.setCurrentIndex(self.model.index(row, TOPIC), flags.ClearAndSelect | flags.Rows)

    def selected(self) -> tuple[bytes, ...]:
        """The topics of the selected rows, from top to bottom."""
        found = (self.model.topic(row) for rows in selected_ranges(self.view) for row in rows)
        return tuple(topic for topic in found if topic is not None)

    def remove(self, topics: Sequence[bytes]) -> None:
        """Takes stars away; the panel offers to undo it."""
        if self._marks is not None and topics:
            before = self._marks.favourites
            self._marks.set_favourite(topics, on=False)
            self.removed.emit(tuple(topics), before)

    def step(self, chosen: Sequence[bytes], by: int) -> None:
        """Moves rows up (-1) or down (1), as a block."""
        rows = [row for topic in chosen if (row := self.model.row_of(topic)) is not None]
        if not rows:
            return
        at = min(rows) - 1 if by < 0 else max(rows) + 2
        if 0 <= at <= self.model.rowCount():
            self._move(chosen, at)

    def _move(self, topics: Sequence[bytes], at: int) -> None:
        """Brings topics before row `at` of what is shown now."""
        if self._marks is None:
            return
        before, moving = self._marks.favourites, set(topics)
        head = [topic for topic in before[:at] if topic not in moving]
        tail = [topic for topic in before[at:] if topic not in moving]
        self._marks.arrange_favourites((*head, *(each for each in before if each in moving), *tail))
        self.view.scrollTo(self.view.currentIndex())

    def _choose(self, row: int) -> None:
        topic = self.model.topic(row)
        if topic is not None:
            self.chosen.emit(topic)

    def _on_key(self, what: str) -> None:
        if what == "choose":
            self._choose(self.view.currentIndex().row())
        elif what == "remove":
            self.remove(self.selected())
        elif what == "copy":
            _copy(self.selected())
        else:
            self.step(self.selected(), -1 if what == "up" else 1)

    def _show_menu(self, row: int, place: QPoint) -> None:
        topic = self.model.topic(row)
        if topic is None:
            return
        chosen = self.selected()
        topics = chosen if topic in chosen else (topic,)
        one = len(topics) == 1
        rows, last = [self.model.row_of(each) for each in topics], self.model.rowCount() - 1
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        entries: list[tuple[str, str, Callable[[], object], str]] = [
            (
                "copy",
                self.tr("Copy topic") if one else self.tr("Copy topics"),
                lambda: _copy(topics),
                "Ctrl+C",
            )
        ]
        if one:
            publish = self.tr("Publish here")
            entries.append(("send", publish, lambda: self.publish_requested.emit(topic), ""))
        if 0 not in rows:
            entries.append(("arrow-up", self.tr("Move up"), lambda: self.step(topics, -1), "Alt+Up"))
        if last not in rows:
            entries.append(("arrow-down", self.tr("Move down"), lambda: self.step(topics, 1), "Alt+Down"))
        remove = self.tr("Remove from favourites")
        entries.append(("star-filled", remove, lambda: self.remove(topics), "Del"))
        for name, text, act, keys in entries:
            action = menu.addAction(icon(name), text, act)
            if keys:  # shown only: the list has the keys itself
                action.setText(
                    f"{text}\t{QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)}"
                )
        menu.popup(place)

    def _fit(self) -> None:
        """As high as its rows, up to ROWS_SHOWN of them."""
        count = self.model.rowCount()
        height = self.view.row_delegate.row_height
        self.view.setFixedHeight(height * min(max(count, 1), ROWS_SHOWN))
        self.head.set_summary(f"{count:,}")
        self.setVisible(self._wanted and count > 0)


class _FavouritesView(TableView):
    """The rows; keys come out as words: choose, remove, copy, up, down."""

    key_pressed = Signal(str)
    menu_wanted = Signal(int, QPoint)

    def __init__(self, model: FavouritesModel, parent: QWidget) -> None:
        super().__init__(_COLUMNS, parent, row_height=ROW_TREE)
        self._model = model
        self.setItemDelegateForColumn(TOPIC, _TopicDelegate(_COLUMNS, ROW_TREE, self))
        self.setModel(model)
        self.setAccessibleName(self.tr("Favourites"))
        header = self.horizontalHeader()
        header.hide()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(True)
        self.setDragDropOverwriteMode(False)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        model.set_screen(self.visible_rows)
        model.rows_touched.connect(self.viewport().update)
        theme().changed.connect(self._share_width)

    def visible_rows(self) -> range:
        """The rows on the screen."""
        count = self._model.rowCount()
        if not self.isVisible() or not count:
            return range(0)
        area = self.viewport().rect()
        first, last = self.rowAt(area.top()), self.rowAt(area.bottom())
        return range(max(first, 0), (last if last >= 0 else count - 1) + 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the topic, Delete takes the star away, Alt with an arrow moves it."""
        words = {
            (Qt.Key.Key_Return, False): "choose",
            (Qt.Key.Key_Enter, False): "choose",
            (Qt.Key.Key_Delete, False): "remove",
            (Qt.Key.Key_Up, True): "up",
            (Qt.Key.Key_Down, True): "down",
        }
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.matches(QKeySequence.StandardKey.Copy):
            word: str | None = "copy"
        elif modifiers in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier):
            word = words.get((Qt.Key(event.key()), modifiers == Qt.KeyboardModifier.AltModifier))
        else:
            word = None
        if word is not None:
            self.key_pressed.emit(word)
            event.accept()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Typing does not move the selection."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Asks for the menu of a row."""
        index, place = menu_place(self, event)
        if index.isValid():
            self.menu_wanted.emit(index.row(), place)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

    def sizeHint(self) -> QSize:
        return QSize(200, self.row_delegate.row_height)

    def _share_width(self) -> None:
        width = self.viewport().width()
        narrow = width < _NARROW
        self.setColumnHidden(AGE, narrow)
        rest = width if narrow else width - _AGE_PX
        value = max(_VALUE_PX, int(rest * _VALUE_SHARE))
        self.setColumnWidth(TOPIC, max(80, rest - value))
        self.setColumnWidth(VALUE, value)
        self.setColumnWidth(AGE, _AGE_PX)


class _TopicDelegate(RowDelegate):
    """Leaves out the middle levels of a topic that is too long: its last ones say which it is."""

    def _fit(self, text: str, width: int, font: int, middle: bool) -> tuple[str, float]:
        metrics = self._metrics[font]
        if middle and "/" in text and metrics.horizontalAdvance(one_line(text)) > width:
            for shorter in _shortened(text):
                if metrics.horizontalAdvance(one_line(shorter)) <= width:
                    text = shorter
                    break
        return super()._fit(text, width, font, middle)


def _shortened(topic: str) -> list[str]:
    """A topic with fewer and fewer of its levels, the last two kept longest: "plant/…/oven/temp", "…/oven/temp", "…/temp"."""
    levels = topic.split("/")
    tail = "/".join(levels[-2:])
    heads = ["/".join(levels[:kept]) for kept in range(min(len(levels) - 3, 8), 0, -1)]
    found = [f"{head}/…/{tail}" for head in heads]
    if len(levels) > 2:
        found.append(f"…/{tail}")
    return [*found, f"…/{levels[-1]}"]


def _copy(topics: Sequence[bytes]) -> None:
    QGuiApplication.clipboard().setText("\n".join(topic.decode() for topic in topics))
