# SPDX-License-Identifier: MIT
"""Saving what the Message panel shows: asks for a place, asks before something is replaced, writes beside the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from mqtt_explorer.panels.message.export import SaveError, file_name, save_payload
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from mqtt_explorer.protocol.message import Message


class Saving(QObject):
    """Saves payloads, byte for byte.

    Signals:
        said(str): It is saved; where, as a sentence.
        failed(str, str): Headline and sentence of what went wrong.
    """

    said = Signal(str)
    failed = Signal(str, str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window

    def ask(self, message: Message) -> None:
        """Asks where, then saves."""
        dialog = QFileDialog(self._window, self.tr("Save the payload"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        # Its own question would run an event loop of its own, in the middle of ours.
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.selectFile(file_name(message))
        dialog.fileSelected.connect(lambda path: self.on_path_chosen(message, path))
        dialog.open()

    def on_path_chosen(self, message: Message, path: str) -> None:
        """Saves there; asks first when something is there already."""
        if not Path(path).exists():
            self.save_to(message, path)
            return
        question = QMessageBox(self._window)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setIcon(QMessageBox.Icon.Warning)
        question.setTextFormat(Qt.TextFormat.PlainText)
        question.setText(self.tr("{name} is there already.").format(name=one_line(Path(path).name, 80)))
        question.setInformativeText(self.tr("Replacing it loses what it holds now."))
        replace = question.addButton(self.tr("Replace"), QMessageBox.ButtonRole.AcceptRole)
        question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
        replace.clicked.connect(lambda: self.save_to(message, path))
        question.open()

    def save_to(self, message: Message, path: str) -> None:
        """Writes a message's payload to a file beside the window and says how it went."""
        create_task(self._save_to(message, path), name="save payload")

    async def _save_to(self, message: Message, path: str) -> None:
        try:
            self.said.emit(await save_payload(message, path))
        except SaveError as error:
            self.failed.emit(error.title, error.message)
