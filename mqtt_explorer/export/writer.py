# SPDX-License-Identifier: MIT
"""Writes an export chunk by chunk beside its file and puts the whole in its place at the end."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO

from mqtt_explorer.export.csv_text import CsvText
from mqtt_explorer.export.ndjson import Ndjson

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mqtt_explorer.export.rows import Encoder
    from mqtt_explorer.protocol.message import Message


def encoder_for(path: str) -> Encoder:
    """CSV for a name that ends so, NDJSON for all others."""
    return CsvText() if path.lower().endswith(".csv") else Ndjson()


class ExportWriter:
    """One file on its way. Its methods block: call them in a thread, one after the other; `abort` may come from any thread.

    A file of that name stays as it was until `finish`. Every method may raise OSError.

    Args:
        path: Where the file goes.
        encoder: The format.

    Attributes:
        written: Messages written so far.
        bytes_written: Their size in the file, in bytes.
    """

    def __init__(self, path: str, encoder: Encoder) -> None:
        self.written = 0
        self.bytes_written = 0
        self._path = Path(path).resolve()  # a link stays, what it leads to is replaced
        self._encoder = encoder
        self._beside: Path | None = None
        self._file: BinaryIO | None = None
        self._lock = Lock()
        self._aborted = False

    def open(self) -> None:
        """Begins the file, with 0600: an export holds what only the user may see. One that is replaced keeps its own mode."""
        with self._lock:
            if self._aborted:
                return
            path = self._path
            if path.exists() and not path.is_file():
                self._file = path.open(
                    "wb"
                )  # a device or a pipe cannot be replaced; a folder says that it is one
            else:
                self._beside = path.with_name(f".{secrets.token_hex(8)}.part")
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
                self._file = os.fdopen(os.open(self._beside, flags, 0o600), "wb")
            self._write(self._encoder.head)

    def write(self, messages: Iterable[Message]) -> None:
        """Adds messages; does nothing after `abort`."""
        messages = list(messages)
        data = self._encoder.encode(messages)
        with self._lock:
            if self._aborted:
                return
            self._write(data)
            self.written += len(messages)

    def finish(self) -> bool:
        """Puts the whole file in its place; does nothing after `abort`, and then says False."""
        with self._lock:
            if self._aborted or self._file is None:
                return False
            self._file.close()
            if self._beside is not None:
                if self._path.exists():
                    shutil.copymode(self._path, self._beside)
                os.replace(self._beside, self._path)
                self._beside = None
            return True

    def abort(self) -> None:
        """Leaves nothing behind. After `finish` it does nothing."""
        with self._lock:
            self._aborted = True
            if self._file is not None:
                try:
                    self._file.close()
                finally:
                    if self._beside is not None:
                        self._beside.unlink(missing_ok=True)

    def _write(self, data: bytes) -> None:
        assert self._file is not None
        self._file.write(data)
        self.bytes_written += len(data)
