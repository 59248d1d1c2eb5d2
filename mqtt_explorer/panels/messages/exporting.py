# SPDX-License-Identifier: MIT
"""An export from the click to the file: the dialog, the progress, cancel, and the sentence at the end."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget
from shiboken6 import isValid

from mqtt_explorer.export.writer import ExportWriter, encoder_for
from mqtt_explorer.models import wording
from mqtt_explorer.tasks import create_task, run_in_thread
from mqtt_explorer.widgets.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator

    from mqtt_explorer.protocol.message import Message
    from mqtt_explorer.store.message_scan import MessageScan
    from mqtt_explorer.store.topic_store import TopicStore

CHUNK: Final = 1_000
CHUNK_BYTES: Final = 4 << 20
"""What is handed to the writing thread at once, at most: messages, and bytes of payload (but for the last message)."""
SUFFIXES: Final = (".ndjson", ".csv")
_TOLD_EVERY_S: Final = 0.1
_LAST_MOMENT_S: Final = 0.25
"""How long the end of the program waits for a write that is under way, so that the part written can be removed."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("MessagesPanel", text)


class _StoreClosed(Exception):
    """The messages went before all of them were written."""


class Export(QObject):
    """One export. It goes on whatever the panel shows meanwhile, and leaves nothing behind when it is cancelled or fails.

    Signals:
        progressed(str): How far it is.
        ended(str, str, str): Kind of strip ("info", "warn" or "error"), strong words, and the sentence. Empty after a cancel.
    """

    progressed = Signal(str)
    ended = Signal(str, str, str)

    def __init__(self, store: TopicStore, path: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._path = path
        self._writer = ExportWriter(path, encoder_for(path))
        self._cancelled = False
        self._task: asyncio.Task[None] | None = None
        self._told_at = 0.0

    def start_selection(self, seqs: list[int]) -> None:
        """Writes these messages, in arrival order."""
        self._start(lambda: self._write(lambda: (sorted(seqs), len(seqs))))

    def start_all(self, scan: MessageScan) -> None:
        """Writes all that match, in arrival order: `scan` is the export's own and need not be done."""
        self._start(lambda: self._write_scan(scan))

    def cancel(self) -> None:
        """Ends it, also where the disk hangs; what was written goes."""
        if self._task is not None and not self._cancelled:
            self._cancelled = True
            self._task.cancel()
            create_task(run_in_thread(self._writer.abort), name="cancel export")

    def _start(self, work: Callable[[], Coroutine[Any, Any, int]]) -> None:
        self._task = create_task(self._run(work), name="export messages")

    async def _run(self, work: Callable[[], Coroutine[Any, Any, int]]) -> None:
        writer = self._writer
        try:
            await run_in_thread(writer.open)  # first of all: a place that cannot be written is told at once
            total = await work()
        except OSError as error:
            await run_in_thread(writer.abort)
            self._end_badly(error)
        except _StoreClosed:
            await run_in_thread(writer.abort)
            self._end_unfinished()
        except BaseException:
            if not self._cancelled:
                writer.abort(_LAST_MOMENT_S)  # the program ends: nothing can be waited for any more
                raise
            self.ended.emit("info", "", "")
        else:
            self._end_well(total)

    async def _write_scan(self, scan: MessageScan) -> int:
        while not scan.step():
            self._need_store()
            self._tell(_tr("Looking for the messages to export: {n} so far"), scan.matched)
            await asyncio.sleep(0)
        return await self._write(lambda: (scan.ascending(), scan.matched))

    async def _write(self, chosen: Callable[[], tuple[Iterable[int], int]]) -> int:
        """Writes the file; returns how many messages it should hold."""
        seqs, total = chosen()
        writer = self._writer
        for messages in self._chunks(iter(seqs)):
            self._tell(_tr("Exporting {n} of {all}"), writer.written, total)
            await run_in_thread(writer.write, messages)
        await run_in_thread(writer.finish)
        return total

    def _need_store(self) -> None:
        if self._store.closed:
            raise _StoreClosed

    def _chunks(self, seqs: Iterator[int]) -> Iterator[list[Message]]:
        """The messages that are still there; each chunk is fetched when the one before was written."""
        chunk: list[Message] = []
        size = 0
        self._need_store()
        for looked_at, seq in enumerate(seqs, 1):
            message = self._store.message(seq)
            if message is not None:
                chunk.append(message)
                size += len(message.payload)
            if size >= CHUNK_BYTES or not looked_at % CHUNK:
                yield chunk
                chunk, size = [], 0
                self._need_store()
        if chunk:
            yield chunk

    def _tell(self, text: str, n: int, total: int = 0) -> None:
        now = time.monotonic()
        if now - self._told_at >= _TOLD_EVERY_S:
            self._told_at = now
            self.progressed.emit(text.format(n=f"{n:,}", all=f"{total:,}"))

    def _end_well(self, total: int) -> None:
        writer = self._writer
        text = _tr("1 message") if writer.written == 1 else _tr("{n} messages")
        text = text.format(n=f"{writer.written:,}")
        text = _tr("{messages}, {size}, to {path}").format(
            messages=text, size=wording.size(writer.bytes_written), path=one_line(self._path, 200)
        )
        missing = total - writer.written
        if missing:
            gone = _tr("{n} more were dropped by the memory budget before they could be written")
            text += " · " + gone.format(n=f"{missing:,}")
        self.ended.emit("warn" if missing else "info", _tr("Exported"), text)

    def _end_unfinished(self) -> None:
        text = _tr(
            "{path}: the connection was closed before all messages were written. Nothing was changed there."
        )
        self.ended.emit("warn", _tr("Not exported"), text.format(path=one_line(self._path, 200)))

    def _end_badly(self, error: OSError) -> None:
        text = _tr("{path}: {reason}. Choose another place.")
        text = text.format(path=one_line(self._path, 200), reason=error.strerror or str(error))
        self.ended.emit("error", _tr("Not exported"), text)


def choose_file(parent: QWidget, path: str, on_chosen: Callable[[str], object]) -> None:
    """Asks for the file, and before one is replaced; never runs a loop of its own.

    Args:
        parent: Of the dialogs.
        path: What is offered: a name, with or without a folder and a suffix.
        on_chosen: Gets the path.
    """
    dialog = QFileDialog(parent, _tr("Export messages"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    # Its own question would run an event loop of its own, in the middle of ours.
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    filters = [_tr("NDJSON, one object a line, exact (*.ndjson)"), _tr("CSV, for spreadsheets (*.csv)")]
    dialog.setNameFilters(filters)
    offered = Path(path)
    if offered.parent != Path():
        dialog.setDirectory(str(offered.parent))
    if offered.suffix in SUFFIXES:
        dialog.selectNameFilter(filters[SUFFIXES.index(offered.suffix)])
    dialog.selectFile(offered.name if offered.suffix in SUFFIXES else offered.name + SUFFIXES[0])

    def chosen(path: str) -> None:
        if not Path(path).suffix:
            path += SUFFIXES[filters.index(dialog.selectedNameFilter())]
        create_task(_check(parent, path, on_chosen), name="look at the file of an export")

    def filter_chosen(text: str) -> None:
        suffix = SUFFIXES[filters.index(text)] if text in filters else SUFFIXES[0]
        files = dialog.selectedFiles()
        if files and Path(files[0]).suffix in SUFFIXES:
            dialog.selectFile(Path(files[0]).with_suffix(suffix).name)

    dialog.filterSelected.connect(filter_chosen)
    dialog.fileSelected.connect(chosen)
    dialog.open()


async def _check(parent: QWidget, path: str, on_chosen: Callable[[str], object]) -> None:
    is_there = await run_in_thread(os.path.exists, path)  # a disk may take its time
    if not isValid(parent):
        return
    if is_there:
        _ask_to_replace(parent, path, on_chosen)
    else:
        on_chosen(path)


def _ask_to_replace(parent: QWidget, path: str, on_chosen: Callable[[str], object]) -> None:
    question = QMessageBox(parent)
    question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    question.setIcon(QMessageBox.Icon.Warning)
    question.setTextFormat(Qt.TextFormat.PlainText)
    question.setText(_tr("{name} is there already.").format(name=one_line(Path(path).name, 80)))
    question.setInformativeText(_tr("Replacing it loses what it holds now."))
    replace = question.addButton(_tr("Replace"), QMessageBox.ButtonRole.AcceptRole)
    another = question.addButton(_tr("Another name…"), QMessageBox.ButtonRole.ActionRole)
    another.clicked.connect(lambda: choose_file(parent, path, on_chosen))
    question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
    replace.clicked.connect(lambda: on_chosen(path))
    question.open()
