# SPDX-License-Identifier: MIT
"""Choosing a Protobuf schema: a file, then one of its message types."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import PurePath
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QSortFilterProxyModel, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.payload.protobuf_schema import SEPARATOR, types_job
from mqtt_explorer.payload.worker import shared_worker
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.buttons import push_button
from mqtt_explorer.widgets.cards import Card, Elided, EmptyState, label, plain_tooltip
from mqtt_explorer.widgets.delegates import Column
from mqtt_explorer.widgets.text import one_line
from mqtt_explorer.widgets.tokens import GAP, GAP_L, GAP_M
from mqtt_explorer.widgets.views import ListView

_SIZE: Final = (460, 420)
_RECENT: Final = 5
_PREFIX: Final = "protobuf:"
_LIST, _STATE = range(2)

_log = logging.getLogger(__name__)

ReadTypes = Callable[[str], Awaitable[Sequence[str]]]


async def read_types(path: str) -> Sequence[str]:
    """The message types of a schema, read (and compiled) in the decoding process.

    Raises:
        MqttExplorerError: The file cannot be used.
    """
    return await shared_worker().run(types_job, path)


class SchemaPicker(QObject):
    """Asks for a file, then for a message type, and knows what was chosen in this session.

    Args:
        window: Over which the dialogs stand.
        read: Reads a schema's types; may raise `MqttExplorerError`.

    Signals:
        chosen(str): A choice of the Protobuf decoder (``protobuf:/path/x.desc::pkg.Type``).

    Attributes:
        recent: Choices made, the last one first.
    """

    chosen = Signal(str)

    def __init__(self, window: QWidget, read: ReadTypes = read_types) -> None:
        super().__init__(window)
        self._window = window
        self._read = read
        self.recent: tuple[str, ...] = ()

    def ask(self) -> None:
        """Opens a file dialog, in the folder of the last schema."""
        dialog = QFileDialog(self._window, self.tr("Choose a Protobuf schema"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(
            [
                self.tr("Protobuf schemas (*.desc *.proto *.pb *.protoset *.fds *.bin)"),
                self.tr("All files (*)"),
            ]
        )
        if self.recent:
            last = self.recent[0].removeprefix(_PREFIX).rpartition(SEPARATOR)[0]
            dialog.setDirectory(str(PurePath(last).parent))
        dialog.fileSelected.connect(self.open_types)
        dialog.open()

    def open_types(self, path: str) -> TypesDialog:
        """Opens the dialog with the types of a file."""
        dialog = TypesDialog(path, self._window, self._read)
        dialog.chosen.connect(lambda name: self._take(f"{_PREFIX}{path}{SEPARATOR}{name}"))
        dialog.another.connect(self.ask)
        dialog.open()
        return dialog

    def _take(self, choice: str) -> None:
        self.remember(choice)
        self.chosen.emit(choice)

    def remember(self, choice: str) -> None:
        """Puts a choice first among the recent ones."""
        self.recent = (choice, *(each for each in self.recent if each != choice))[:_RECENT]


class TypesDialog(QDialog):
    """The message types of one schema; typing narrows the list, Enter chooses.

    Signals:
        chosen(str): Full name of a type.
        another(): Another file is wanted.
    """

    chosen = Signal(str)
    another = Signal()

    def __init__(self, path: str, parent: QWidget | None = None, read: ReadTypes = read_types) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Message type"))
        self._names = QStringListModel(self)
        self._shown = QSortFilterProxyModel(self)
        self._shown.setSourceModel(self._names)
        self._shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.file = Elided(PurePath(path).name, role="heading", mode=Qt.TextElideMode.ElideMiddle)
        self.file.setToolTip(plain_tooltip(path))
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Find a message type"))
        self.filter.setAccessibleName(self.tr("Find a message type"))
        self.filter.setClearButtonEnabled(True)
        self.filter.installEventFilter(self)
        self.list = ListView(Column(mono=True))
        self.list.setAccessibleName(self.tr("Message types"))
        self.list.setModel(self._shown)
        self.state = EmptyState(
            "clock", self.tr("Reading the schema…"), self.tr("A .proto file is compiled first.")
        )
        self.count = label("", "caption")
        self.choose_button = push_button(self.tr("Use this type"), self._choose, kind="primary")
        self.choose_button.setDefault(True)
        self.another_button = push_button(self.tr("Another file…"), self._another, icon_name="folder-open")
        self.cancel_button = push_button(self.tr("Cancel"), self.reject)
        self._lay_out()
        self.filter.textChanged.connect(self._narrow)
        self.list.doubleClicked.connect(lambda _index: self._choose())
        self.list.selectionModel().currentChanged.connect(lambda *_: self._on_current())
        self._show_state(ready=False)
        self._task = create_task(self._fill(path, read), name="read schema")
        self.finished.connect(lambda _result: self._task.cancel())
        self.destroyed.connect(self._task.cancel)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.filter.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and Down move in the list while one types."""
        keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in keys:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    async def _fill(self, path: str, read: ReadTypes) -> None:
        try:
            names = list(await read(path))
        except Exception as error:  # noqa: BLE001 – a schema that confuses the library must not leave the dialog waiting
            self._fail(error)
            return
        self._names.setStringList(names)
        self._show_state(ready=True)
        self._narrow(self.filter.text())

    def _fail(self, error: Exception) -> None:
        if isinstance(error, MqttExplorerError):
            reason = one_line(error.message)
        else:
            _log.error("The schema could not be read", exc_info=error)
            reason = self.tr("It could not be read ({kind}).").format(kind=type(error).__name__)
        self.state.set_texts(self.tr("This file cannot be used"), reason, "warning")
        self.another_button.setFocus()

    def _show_state(self, *, ready: bool) -> None:
        self._stack.setCurrentIndex(_LIST if ready else _STATE)
        self.filter.setEnabled(ready)
        self.choose_button.setEnabled(False)
        if ready:
            self.filter.setFocus()

    def _narrow(self, text: str) -> None:
        self._shown.setFilterFixedString(text.strip())
        found, total = self._shown.rowCount(), self._names.rowCount()
        one, some, every = (
            self.tr("1 message type"),
            self.tr("{n} of {total} message types"),
            self.tr("{n} message types"),
        )
        if found < total:
            self.count.setText(some.format(n=f"{found:,}", total=f"{total:,}"))
        else:
            self.count.setText(one if total == 1 else every.format(n=f"{total:,}"))
        if found and not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self._shown.index(0, 0))
        self._on_current()

    def _on_current(self) -> None:
        self.choose_button.setEnabled(self._current().isValid())

    def _current(self) -> QModelIndex:
        return self.list.currentIndex() if self._shown.rowCount() else QModelIndex()

    def _choose(self) -> None:
        index = self._current()
        if index.isValid():
            name = str(index.data())
            self.accept()
            self.chosen.emit(name)

    def _another(self) -> None:
        self.reject()
        self.another.emit()

    def _lay_out(self) -> None:
        card = Card()
        inside = card.column(margin=4, spacing=0)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.state)
        inside.addWidget(self._stack)
        ends = QHBoxLayout()
        ends.setSpacing(GAP)
        ends.addWidget(self.another_button)
        ends.addStretch(1)
        ends.addWidget(self.cancel_button)
        ends.addWidget(self.choose_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_L, GAP_L, GAP_L, GAP_L)
        column.setSpacing(GAP)
        column.addWidget(self.file)
        column.addWidget(self.filter)
        column.addWidget(card, 1)
        column.addWidget(self.count)
        column.addSpacing(GAP_M - GAP)
        column.addLayout(ends)
        self.resize(*_SIZE)
