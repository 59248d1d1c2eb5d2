# SPDX-License-Identifier: MIT
"""The MQTT 5 properties of a message, the facts of its packet, and the messages that ask for it or answer it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QHeaderView, QMenu, QVBoxLayout, QWidget

from mqtt_explorer.models import wording
from mqtt_explorer.models.property_model import NAME, VALUE, PropertyModel, PropertyRow
from mqtt_explorer.panels.message.packet_rows import Facts, facts_of
from mqtt_explorer.panels.message.property_delegate import PropertyDelegate
from mqtt_explorer.panels.message.property_rows import message_rows, printable
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.store.pairing import Pairing
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.icons import icon
from mqtt_explorer.widgets.tokens import GAP_XS, ROW_TABLE
from mqtt_explorer.widgets.views import TableView, menu_place

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QShowEvent

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.protocol.message import Message

_NAMES_SHARE: Final = 0.4
#: Rows whose name is measured and whose value may take several lines: nobody sends more properties for people.
_MEASURED: Final = 256
_SECOND_MS: Final = 1_000
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PropertiesView(QWidget):
    """A table of everything a message says beside its payload.

    While it is on the screen, and only then, a message expiry counts down, and requests and responses are looked for.

    Signals:
        topic_wanted(bytes): The user wants to see the response topic.
        message_wanted(object): The user wants to go to another Message: the request, or a response.
        said(str): What was copied, as a sentence.
        held(): The user selected a row; another message would take that away.
    """

    topic_wanted = Signal(bytes)
    message_wanted = Signal(object)
    said = Signal(str)
    held = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = PropertyModel(self)
        self.table = _Table(self.model, self)
        self.setFocusProxy(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GAP_XS, 0, 0)
        layout.addWidget(self.table)
        self._message: Message | None = None
        self._connection: Connection | None = None
        self._facts: Facts | None = None
        self._pairing: Pairing | None = None
        self._looking: asyncio.Task[None] | None = None
        self._showing = False
        self._second = QTimer(self)
        self._second.setInterval(_SECOND_MS)
        self._second.timeout.connect(self._on_second)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._on_selected())
        self.table.activated_row.connect(self._act)
        self.table.copy_wanted.connect(lambda: self._copy(self._current()))
        self.table.menu_wanted.connect(self._show_menu)

    def show_message(self, message: Message | None, connection: Connection | None) -> None:
        """Shows a message of a connection; nothing without one."""
        same = (
            message is not None
            and self._message is not None
            and connection is self._connection
            and message.seq == self._message.seq
            and message.evicted == self._message.evicted
        )
        self._message, self._connection = message, connection
        if not same:
            self._stop_looking()
            self._pairing = None
            self._facts = (
                facts_of(message, connection) if message is not None and connection is not None else None
            )
            self._show_rows()
        self._go_on()

    # --- following ------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Goes on counting and looking."""
        super().showEvent(event)
        self._show_rows()
        self._go_on()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stands still."""
        self._second.stop()
        self._stop_looking()
        super().hideEvent(event)

    def _go_on(self) -> None:
        """Looks for what belongs to the message, and looks again each second, while somebody sees it."""
        message, connection = self._message, self._connection
        if message is None or connection is None or not self.isVisible() or connection.store.closed:
            self._second.stop()
            return
        if self._pairing is None and connection.options.version is ProtocolVersion.V5:
            self._pairing = Pairing(connection.store, message)
        self._look()
        if self._wants_seconds():
            self._second.start()
        else:
            self._second.stop()

    def _wants_seconds(self) -> bool:
        responses = self._pairing.responses if self._pairing is not None else None
        return responses is not None or any(row.countdown for row in self.model.rows)

    def _on_second(self) -> None:
        if self._connection is None or self._connection.store.closed:
            self._second.stop()
            return
        self._look()

    def _look(self) -> None:
        """A slice at once, which is all that most messages take; the others in a task."""
        pairing = self._pairing
        if pairing is not None and self._looking is None and not pairing.step():
            self._looking = create_task(self._look_on(pairing), name="pair requests and responses")
        self._show_rows()

    async def _look_on(self, pairing: Pairing) -> None:
        while not pairing.step():
            await asyncio.sleep(0)
        self._looking = None
        self._show_rows()

    def _stop_looking(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def _show_rows(self) -> None:
        message, facts = self._message, self._facts
        rows: list[PropertyRow] = []
        if message is not None and facts is not None:
            now = time.monotonic_ns()
            rows = message_rows(message, facts, now, self._pairing, looking=self._looking is not None)
        self._showing = True
        self.model.show(rows)
        self._showing = False

    # --- what the user does ---------------------------------------------------------------------------------------

    def _current(self) -> PropertyRow | None:
        return self.model.row(self.table.currentIndex().row())

    def _on_selected(self) -> None:
        if not self._showing and self.table.selectionModel().hasSelection():
            self.held.emit()

    def _act(self, number: int) -> None:
        row = self.model.row(number)
        if row is None:
            return
        if row.message is not None:
            self.message_wanted.emit(row.message)
        elif row.topic is not None:
            self.topic_wanted.emit(row.topic)

    def _copy(self, row: PropertyRow | None) -> None:
        if row is not None and row.look != "group":
            self._put(row.text)

    def _copy_all(self) -> None:
        lines = [row.name if row.look == "group" else f"{row.name}\t{row.text}" for row in self.model.rows]
        self._put("\n".join(lines) + "\n")

    def _put(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        size = wording.size(len(text.encode("utf-8", "replace")))
        self.said.emit(self.tr("Copied as text, {size}.").format(size=size))

    def _show_menu(self, number: int, place: QPoint) -> None:
        row = self.model.row(number)
        if row is None or row.look == "group":
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        key = QKeySequence(QKeySequence.StandardKey.Copy).toString(QKeySequence.SequenceFormat.NativeText)
        copy = self.tr("Copy value") if row.raw is None else self.tr("Copy as hex")
        menu.addAction(icon("copy"), f"{copy}\t{key}", partial(self._copy, row))
        text = printable(row.raw, len(row.raw)) if row.raw is not None else None
        if text is not None:
            menu.addAction(icon("copy"), self.tr("Copy as text"), partial(self._put, text))
        menu.addAction(icon("copy"), self.tr("Copy name"), partial(self._put, row.name))
        menu.addAction(icon("copy"), self.tr("Copy everything"), self._copy_all)
        if row.action:
            menu.addSeparator()
            menu.addAction(
                icon("arrow-right"), row.action + "\t" + self.tr("Enter"), partial(self._act, number)
            )
        menu.popup(place)


class _Table(TableView):
    """Names and values; a click on a link or Enter follows it.

    Signals:
        activated_row(int): Enter on a row, or a click on its link.
        copy_wanted(): Ctrl+C.
        menu_wanted(int, object): A row and where on the screen.
    """

    activated_row = Signal(int)
    copy_wanted = Signal()
    menu_wanted = Signal(int, QPoint)

    def __init__(self, model: PropertyModel, parent: QWidget) -> None:
        super().__init__((), parent, row_height=ROW_TABLE)
        self._model = model
        self._values = self._delegate = PropertyDelegate(self)
        self.setItemDelegate(self._values)
        self.setModel(model)
        model.modelReset.connect(self._on_reset)
        model.dataChanged.connect(lambda first, last, _: self._fit_rows(first.row(), last.row() + 1))
        self.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self.setAccessibleName(self.tr("Properties"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.hide()
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(VALUE, QHeaderView.ResizeMode.Stretch)

    def _on_reset(self) -> None:
        self._span_titles()
        self._fit()

    def _fit(self) -> None:
        """Gives names what they need, values the rest, and rows the height for their lines."""
        rows = self._model.rows[:_MEASURED]
        names = (
            self._values.name_width(self._model.index(number, NAME))
            for number, row in enumerate(rows)
            if row.look != "group"
        )
        self.setColumnWidth(NAME, min(max(names, default=0), int(self.viewport().width() * _NAMES_SHARE)))
        self._fit_rows(0, len(rows))

    def _fit_rows(self, first: int, last: int) -> None:
        width = self.viewport().width() - self.columnWidth(NAME)
        for number in range(first, min(last, _MEASURED)):
            row = self._model.rows[number]
            height = self._values.row_height
            if row.look != "group":
                height = self._values.height(self._model.index(number, VALUE), width)
            if self.rowHeight(number) != height:
                self.setRowHeight(number, height)

    def _rows(self, area: QRect) -> Iterator[tuple[QModelIndex, QRect]]:
        for index, rect in super()._rows(area):
            yield index, QRect(rect.x(), rect.y(), rect.width(), self.rowHeight(index.row()))

    def _restyle(self) -> None:
        super()._restyle()
        self._fit()

    def _span_titles(self) -> None:
        self.clearSpans()
        for number, row in enumerate(self._model.rows):
            if row.look == "group":
                self.setSpan(number, NAME, 1, 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        elif event.key() in _ENTER and self.currentIndex().isValid():
            self.activated_row.emit(self.currentIndex().row())
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._set_keyboard(True)
            self._go_to_edge(last=event.key() == Qt.Key.Key_End)
        else:
            super().keyPressEvent(event)

    def _go_to_edge(self, *, last: bool) -> None:
        numbers = range(self._model.rowCount())
        usable = [n for n in (reversed(numbers) if last else numbers) if self._model.rows[n].look != "group"]
        if usable:
            self.setCurrentIndex(self._model.index(usable[0], NAME))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and self._is_link(index):
            self.activated_row.emit(index.row())

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            over = self._is_link(self.indexAt(event.position().toPoint()))
            self.viewport().setCursor(
                Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
            )
        return super().viewportEvent(event)

    def _is_link(self, index: QModelIndex) -> bool:
        row = self._model.row(index.row()) if index.isValid() else None
        return row is not None and bool(row.action) and index.column() == VALUE

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index, place = menu_place(self, event)
        if index.isValid():
            self.menu_wanted.emit(index.row(), place)
