# SPDX-License-Identifier: MIT
"""Selected messages as text for the clipboard: one a line, cells between tabs, nothing changed."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final, NamedTuple

from mqtt_explorer.models import wording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mqtt_explorer.protocol.message import Message

COPY_ROWS: Final = 10_000
COPY_LIMIT: Final = 4 << 20
"""Characters copied at most, but for the end of the last message; an export takes all."""


class CopiedRows(NamedTuple):
    """The text, how many messages it holds, and how many were looked at (some may have been evicted)."""

    text: str
    rows: int
    looked_at: int


def rows_text(messages: Iterable[Message | None]) -> CopiedRows:
    """Time, topic and payload of each message, the payload as text or as hex where it is none.

    A cell with a tab, a line break or a quotation mark stands in quotation marks, as spreadsheets have it, so every byte of it
    comes through.
    """
    made = io.StringIO(newline="")
    writer = csv.writer(made, dialect="excel-tab", lineterminator="\n")
    rows = looked_at = 0
    for message in messages:
        if rows >= COPY_ROWS or made.tell() >= COPY_LIMIT:
            break
        looked_at += 1
        if message is not None:
            rows += 1
            writer.writerow((wording.full_time(message.wall_ns), message.topic, _payload(message.payload)))
    return CopiedRows(made.getvalue(), rows, looked_at)


def _payload(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return payload.hex(" ")
