# SPDX-License-Identifier: MIT
"""Saving a payload, byte for byte."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.payload.json_format import looks_like_json
from mqtt_explorer.tasks import run_in_thread
from mqtt_explorer.widgets.clipboard import part_of

if TYPE_CHECKING:
    from mqtt_explorer.protocol.message import Message


class SaveError(MqttExplorerError):
    """The file could not be written."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("MessagePanel", text)


def file_name(message: Message) -> str:
    """A name for the file: the topic's last level and what it holds."""
    level = message.topic.rpartition("/")[2]
    safe = re.sub(r"[^\w.-]+", "_", level)[:60].strip("._") or "payload"
    if looks_like_json(message.payload):
        return f"{safe}.json"
    try:
        message.payload[:4096].decode()
    except UnicodeDecodeError:
        return f"{safe}.bin"
    return f"{safe}.txt"


async def save_payload(message: Message, path: str) -> str:
    """Writes the bytes kept, and only these, to a file; returns the sentence that says so.

    A file of that name stays as it was until the new one is whole.

    Raises:
        SaveError: The file could not be written; the message says why.
    """
    return await save_bytes(message.payload, message.size, path)


async def save_bytes(payload: bytes, size: int, path: str) -> str:
    """The same for any bytes, of which `size` were sent.

    Raises:
        SaveError: The file could not be written; the message says why.
    """
    try:
        await run_in_thread(_write, Path(path), payload)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SaveError(
            _tr("Not saved"), _tr("{path}: {reason}. Choose another place.").format(path=path, reason=reason)
        ) from error
    return _tr("Saved {n} bytes{part} to {path}").format(
        n=f"{len(payload):,}", part=part_of(payload, size), path=path
    )


def _write(path: Path, payload: bytes) -> None:
    """Writes beside the file and puts the whole in its place; runs in a thread."""
    path = path.resolve()  # a link stays, what it leads to is replaced
    if path.exists() and not path.is_file():
        path.write_bytes(payload)  # a device or a pipe cannot be replaced; a folder says that it is one
        return
    beside = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with beside.open("xb") as file:
            file.write(payload)
        if path.exists():
            shutil.copymode(path, beside)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
