# SPDX-License-Identifier: MIT
"""Saving a part of a payload: where to, the question before a file is replaced, and how it went."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from mqtt_explorer.panels.message.export import SaveError, save_bytes
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.text import one_line


class PartSaver:
    """Asks where to save bytes and writes them beside the window, exactly these.

    Args:
        parent: What the dialogs belong to.
        said: Is told that it went well, in a sentence.
        failed: Is told that it did not: a headline and a sentence.
    """

    def __init__(
        self, parent: QWidget, said: Callable[[str], object], failed: Callable[[str, str], object]
    ) -> None:
        self._parent = parent
        self._said = said
        self._failed = failed

    def ask(self, part: bytes, name: str) -> None:
        """Opens the dialog for these bytes; `name` is the file name proposed."""
        dialog = QFileDialog(self._parent, self._parent.tr("Save the selection"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        # Its own question would run an event loop of its own, in the middle of ours.
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda path: self._on_path_chosen(part, path))
        dialog.open()

    def _on_path_chosen(self, part: bytes, path: str) -> None:
        if not Path(path).exists():
            self.save(part, path)
            return
        tr = self._parent.tr
        question = QMessageBox(self._parent)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setIcon(QMessageBox.Icon.Warning)
        question.setTextFormat(Qt.TextFormat.PlainText)
        question.setText(tr("{name} is there already.").format(name=one_line(Path(path).name, 80)))
        question.setInformativeText(tr("Replacing it loses what it holds now."))
        replace = question.addButton(tr("Replace"), QMessageBox.ButtonRole.AcceptRole)
        question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
        replace.clicked.connect(lambda: self.save(part, path))
        question.open()

    def save(self, part: bytes, path: str) -> None:
        """Writes the bytes to a file beside the window and says how it went."""
        create_task(self._save(part, path), name="save selected bytes")

    async def _save(self, part: bytes, path: str) -> None:
        try:
            self._said(await save_bytes(part, len(part), path))
        except SaveError as error:
            self._failed(error.title, error.message)
