# SPDX-License-Identifier: MIT
"""Copying and saving a payload, byte for byte."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.models import wording
from mqtt_explorer.payload.json_format import looks_like_json
from mqtt_explorer.tasks import run_in_thread

if TYPE_CHECKING:
    from mqtt_explorer.protocol.message import Message

HEX_LIMIT: Final = 1 << 20
"""Bytes copied as hex at most: 3 MB of digits are more than any field takes."""


class SaveError(MqttExplorerError):
    """The file could not be written."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("MessagePanel", text)


def copy_payload(message: Message) -> str:
    """Puts the payload on the clipboard and returns the sentence that says how."""
    payload = message.payload
    part = _part(message)
    clipboard = QGuiApplication.clipboard()
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        if len(payload) > HEX_LIMIT:
            return _tr(
                "Nothing was copied: byte {n} is not UTF-8, and it is too large for hex. Save it."
            ).format(n=f"{error.start:,}")
        clipboard.setText(payload.hex(" "))
        return _tr("Not UTF-8 text (byte {n}): copied as hex, {size}{part}.").format(
            n=f"{error.start:,}", size=wording.size(len(payload)), part=part
        )
    clipboard.setText(text)
    return _tr("Copied as text, {size}{part}.").format(size=wording.size(len(payload)), part=part)


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

    Raises:
        SaveError: The file could not be written; the message says why.
    """
    try:
        await run_in_thread(Path(path).write_bytes, message.payload)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SaveError(
            _tr("Not saved"), _tr("{path}: {reason}. Choose another place.").format(path=path, reason=reason)
        ) from error
    return _tr("Saved {n} bytes{part} to {path}").format(
        n=f"{len(message.payload):,}", part=_part(message), path=path
    )


def _part(message: Message) -> str:
    if not message.truncated:
        return ""
    return _tr(" (the part kept of {size})").format(size=wording.size(message.size))
