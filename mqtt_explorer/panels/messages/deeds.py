# SPDX-License-Identifier: MIT
"""What can be done with the messages of the list: copied, exported, shown in the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from mqtt_explorer.panels.messages.copying import rows_text
from mqtt_explorer.panels.messages.exporting import Export, choose_file
from mqtt_explorer.widgets.clipboard import copy_bytes
from mqtt_explorer.widgets.forms import Strip

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.models.message_model import MessageModel
    from mqtt_explorer.panels.messages.table import MessageTable
    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.store.message_scan import MessageScan


class MessageDeeds(QObject):
    """Copies and exports; says how it went in `strip`, where an export also shows its progress.

    Args:
        table: Whose selection counts.
        model: The messages.
        panel: The parent of dialogs.

    Attributes:
        whole: Makes a scan of all that match at the moment, for an export of its own.

    Signals:
        topic_wanted(bytes): Show this topic in the tree.
    """

    topic_wanted = Signal(bytes)

    def __init__(self, table: MessageTable, model: MessageModel, panel: QWidget) -> None:
        super().__init__(panel)
        self._connection: Connection | None = None
        self._offered = self.tr("messages")
        self.whole: Callable[[], MessageScan | None] = lambda: None
        self._table = table
        self._model = model
        self._panel = panel
        self._export: Export | None = None
        self._exported: Connection | None = None
        self.strip = Strip("info", "", panel, dismissable=True)
        self.strip.text.setMinimumWidth(1)
        self.cancel_button = self.strip.add_button(self.tr("Cancel"), self._cancel)
        self.cancel_button.hide()
        self.strip.hide()

    @property
    def connection(self) -> Connection | None:
        """Whose messages they are."""
        return self._connection

    @connection.setter
    def connection(self, connection: Connection | None) -> None:
        if connection is not self._connection and not self.exporting:
            self.strip.hide()  # what it says is about another broker
        self._connection = connection

    @property
    def exporting(self) -> bool:
        """True while an export is under way."""
        return self._export is not None

    def exports_from(self, connections: Sequence[Connection]) -> bool:
        """True while messages of one of these connections are exported: closing it would end that."""
        return self.exporting and self._exported in connections

    def show_in_tree(self) -> None:
        """Goes to the current message's topic."""
        message = self._current()
        if message is not None:
            self.topic_wanted.emit(message.frame[1])

    def copy_rows(self) -> None:
        """Puts the selected rows on the clipboard."""
        seqs = self._table.selected_seqs()
        if not seqs:
            return
        copied = rows_text(map(self._model.message_of, seqs))
        QGuiApplication.clipboard().setText(copied.text)
        parts = []
        if copied.looked_at < len(seqs):
            text = self.tr("Copied the first {n} of {all} rows; an export takes all")
            parts.append(text.format(n=f"{copied.looked_at:,}", all=f"{len(seqs):,}"))
        if copied.rows < copied.looked_at:
            gone = self.tr("{n} were dropped by the memory budget meanwhile")
            parts.append(gone.format(n=f"{copied.looked_at - copied.rows:,}"))
        self._say("warn", "", " · ".join(parts))

    def copy_payload(self) -> None:
        """Puts the current message's payload on the clipboard, byte for byte."""
        message = self._current()
        if message is not None:
            copied = copy_bytes(message.payload, message.size)
            self._say("info", "", "" if copied.as_text else copied.sentence)

    def copy_topic(self) -> None:
        """Puts the current message's topic on the clipboard."""
        message = self._current()
        if message is not None:
            QGuiApplication.clipboard().setText(message.topic)

    def export(self) -> None:
        """Exports the selected messages, or all that match when fewer than two are selected."""
        if len(self._table.selected_seqs()) > 1:
            self.export_selection()
        else:
            self.export_all()

    def export_selection(self) -> None:
        """Asks for a file and writes the selected messages to it."""
        seqs = self._table.selected_seqs()
        if seqs:
            self._choose(lambda export: export.start_selection(seqs))

    def export_all(self) -> None:
        """Asks for a file and writes to it all that match at this moment."""
        scan = self.whole()
        if scan is not None:
            self._choose(lambda export: export.start_all(scan))

    def _choose(self, start: Callable[[Export], None]) -> None:
        connection = self.connection
        if connection is not None and not self.exporting:
            choose_file(self._panel, self._offered, lambda path: self._begin(connection, path, start))

    def _begin(self, connection: Connection, path: str, start: Callable[[Export], None]) -> None:
        if self.exporting:
            return
        self._offered = path  # the next one goes to the same folder
        self._exported = connection
        self._export = export = Export(connection.store, path, self)
        export.progressed.connect(self._on_progress)
        export.ended.connect(self._on_ended)
        self.cancel_button.show()
        self._on_progress(self.tr("Exporting…"))
        start(export)

    def _on_progress(self, text: str) -> None:
        self.strip.set_message(text, kind="info")
        self.strip.show()

    def _on_ended(self, kind: str, strong: str, text: str) -> None:
        self.cancel_button.hide()
        if self._export is not None:
            self._export.deleteLater()
            self._export = self._exported = None
        self._say(kind, strong, text)

    def _cancel(self) -> None:
        if self._export is not None:
            self._export.cancel()

    def _say(self, kind: str, strong: str, text: str) -> None:
        """Shows a sentence, or takes the last one away; never over an export's progress."""
        if self._export is None:
            self.strip.set_message(text, kind=kind, strong=strong)  # type: ignore[arg-type]
            self.strip.setVisible(bool(text))

    def _current(self) -> Message | None:
        return self._model.message(self._table.currentIndex().row())
