# SPDX-License-Identifier: MIT
"""The dialogs that ask for files; none of them runs an event loop of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget
from shiboken6 import isValid

from mqtt_explorer.tasks import create_task, run_in_thread
from mqtt_explorer.widgets.text import one_line

SNAPSHOT_ENDS: Final = (".gz", ".ndjson", ".snapshot")
"""What a snapshot's name loses, from its end, to become the name shown."""
_UNSAFE: Final = frozenset('/\\:*?"<>|')


class Kind(NamedTuple):
    """A kind of file: what a name of it ends in, and its words in the dialog."""

    suffix: str
    words: str

    @property
    def filter(self) -> str:
        """As a dialog wants it."""
        return f"{self.words} (*{self.suffix})"


def _tr(text: str) -> str:
    return QCoreApplication.translate("SnapshotsPanel", text)


def snapshot_kinds() -> tuple[Kind, ...]:
    """What a snapshot can be saved as."""
    return (
        Kind(".snapshot.ndjson", _tr("Snapshot, one topic a line")),
        Kind(".snapshot.ndjson.gz", _tr("Snapshot, compressed")),
    )


def report_kinds() -> tuple[Kind, ...]:
    """What a comparison can be exported as."""
    return (
        Kind(".csv", _tr("CSV, for spreadsheets")),
        Kind(".ndjson", _tr("NDJSON, one object a line, exact")),
    )


def file_name(name: str) -> str:
    """A name that any file system takes."""
    safe = "".join("-" if char in _UNSAFE or not char.isprintable() else char for char in name).strip(" .")
    return safe[:100] or "snapshot"


def choose_to_open(parent: QWidget, folder: str, on_chosen: Callable[[str], object]) -> None:
    """Asks for a snapshot's file."""
    dialog = QFileDialog(parent, _tr("Open snapshot"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters([_tr("Snapshots (*.ndjson *.ndjson.gz)"), _tr("All files (*)")])
    if folder:
        dialog.setDirectory(folder)
    dialog.fileSelected.connect(on_chosen)
    dialog.open()


def choose_to_save(
    parent: QWidget, title: str, path: str, kinds: Sequence[Kind], on_chosen: Callable[[str], object]
) -> None:
    """Asks for a file, and before one is replaced.

    Args:
        parent: Of the dialogs.
        title: Of the dialog.
        path: What is offered: a name without a suffix, with or without a folder.
        kinds: The first one is offered.
        on_chosen: Gets the path.
    """
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    # Its own question would run an event loop of its own, in the middle of ours.
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    filters = [kind.filter for kind in kinds]
    dialog.setNameFilters(filters)
    offered = Path(path)
    if offered.parent != Path():
        dialog.setDirectory(str(offered.parent))
    dialog.selectFile(offered.name + kinds[0].suffix)

    def kind_of(text: str) -> Kind:
        return kinds[filters.index(text)] if text in filters else kinds[0]

    def chosen(path: str) -> None:
        if not any(path.lower().endswith(kind.suffix) for kind in kinds) and not Path(path).suffix:
            path += kind_of(dialog.selectedNameFilter()).suffix
        create_task(_check(parent, title, path, kinds, on_chosen), name="look at the file of a snapshot")

    def filter_chosen(text: str) -> None:
        files = dialog.selectedFiles()
        for kind in sorted(kinds, key=lambda kind: -len(kind.suffix)):
            if files and files[0].endswith(kind.suffix):
                name = Path(files[0].removesuffix(kind.suffix)).name
                dialog.selectFile(name + kind_of(text).suffix)
                return

    dialog.filterSelected.connect(filter_chosen)
    dialog.fileSelected.connect(chosen)
    dialog.open()


async def _check(
    parent: QWidget, title: str, path: str, kinds: Sequence[Kind], on_chosen: Callable[[str], object]
) -> None:
    is_there = await run_in_thread(os.path.exists, path)  # a disk may take its time
    if not isValid(parent):
        return
    if is_there:
        _ask_to_replace(parent, title, path, kinds, on_chosen)
    else:
        on_chosen(path)


def _ask_to_replace(
    parent: QWidget, title: str, path: str, kinds: Sequence[Kind], on_chosen: Callable[[str], object]
) -> None:
    question = QMessageBox(parent)
    question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    question.setIcon(QMessageBox.Icon.Warning)
    question.setTextFormat(Qt.TextFormat.PlainText)
    question.setText(_tr("{name} is there already.").format(name=one_line(Path(path).name, 80)))
    question.setInformativeText(_tr("Replacing it loses what it holds now."))
    replace = question.addButton(_tr("Replace"), QMessageBox.ButtonRole.AcceptRole)
    another = question.addButton(_tr("Another name…"), QMessageBox.ButtonRole.ActionRole)
    bare = path
    for kind in sorted(kinds, key=lambda kind: -len(kind.suffix)):
        bare = bare.removesuffix(kind.suffix)
    another.clicked.connect(lambda: choose_to_save(parent, title, bare, kinds, on_chosen))
    question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
    replace.clicked.connect(lambda: on_chosen(path))
    question.open()
