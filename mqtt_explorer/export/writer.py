# SPDX-License-Identifier: MIT
"""Writes an export chunk by chunk beside its file and puts the whole in its place at the end."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO

from mqtt_explorer.export.csv_text import CsvText
from mqtt_explorer.export.ndjson import Ndjson
from mqtt_explorer.export.pieces import pause

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mqtt_explorer.export.rows import Encoder
    from mqtt_explorer.protocol.message import Message


def encoder_for(path: str) -> Encoder:
    """CSV for a name that ends so, NDJSON for all others."""
    return CsvText() if path.lower().endswith(".csv") else Ndjson()


class ExportWriter:
    """One file on its way. Its methods block: call them in a thread, one after the other; `abort` may come from any thread
    and waits for nothing.

    A file of that name stays as it was until `finish`. Every method but `abort` may raise OSError.

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
        self._path = Path(path)
        self._encoder = encoder
        self._beside: Path | None = None
        self._file: BinaryIO | None = None
        self._lock = Lock()
        self._aborted = False

    def open(self) -> None:
        """Begins the file, with 0600: an export holds what only the user may see. One that is replaced keeps its own mode."""
        with self._working():
            if self._aborted:
                return
            try:
                mode = os.stat(self._path).st_mode
            except FileNotFoundError:
                mode = stat.S_IFREG  # it will be one
            if stat.S_ISDIR(mode):
                raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
            if not stat.S_ISREG(mode):  # opening one may wait for good, and it cannot be replaced
                raise OSError(errno.EINVAL, "It is no file but a device, a pipe or a socket")
            self._path = Path(os.path.realpath(self._path))  # a link stays, what it leads to is replaced
            self._beside = self._path.with_name(f".{secrets.token_hex(8)}.part")
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            self._file = os.fdopen(os.open(self._beside, flags, 0o600), "wb")
            self._write(self._encoder.head)

    def write(self, messages: Iterable[Message]) -> None:
        """Adds messages; does nothing after `abort`."""
        messages = list(messages)
        with self._working():
            for piece in self._encoder.encode(messages):
                if self._aborted:
                    return
                self._write(piece)
                pause()
            self.written += len(messages)

    def finish(self) -> bool:
        """Puts the whole file in its place, once it is on the disk; does nothing after `abort`, and then says False."""
        with self._working():
            if self._aborted or self._file is None or self._beside is None:
                return False
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            with contextlib.suppress(FileNotFoundError):
                shutil.copymode(self._path, self._beside)
            if self._aborted:
                return False
            os.replace(self._beside, self._path)
            self._beside = None
            return True

    def abort(self, patience_s: float = 0.0) -> None:
        """Leaves nothing behind. After `finish` it does nothing.

        A call that is under way in a thread may hang on its disk: it is waited for so long, then it cleans up itself when it returns.
        """
        self._aborted = True
        self._clean_up(patience_s)

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        finally:
            if self._aborted:  # looked at after the lock is free: `abort` did not get it, or does now
                self._clean_up()

    def _clean_up(self, patience_s: float = 0.0) -> None:
        if not self._lock.acquire(timeout=patience_s):
            return
        with contextlib.suppress(OSError):  # what was not written is given up anyway
            if self._file is not None:
                self._file.close()
        with contextlib.suppress(OSError):  # a disk that is gone has nothing to be removed from
            if self._beside is not None:
                self._beside.unlink()
        self._beside = None
        self._lock.release()

    def _write(self, data: bytes) -> None:
        assert self._file is not None
        self._file.write(data)
        self.bytes_written += len(data)
