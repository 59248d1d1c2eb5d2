# SPDX-License-Identifier: MIT
"""The result of comparing two snapshots as CSV or NDJSON: one record for each topic.

CSV follows `csv_text`: no cell is a formula, and `encoding` says how topic, payloads and words were written where that is not plain text
("before base64 / topic text after '"). Of a large payload its beginning stands there; `before_size` and `after_size` are true.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import msgspec

from mqtt_explorer.export.csv_text import TEXT, safe_cell
from mqtt_explorer.export.rows import base64_text
from mqtt_explorer.export.snapshot_file import iso
from mqtt_explorer.export.writer import ExportWriter

if TYPE_CHECKING:
    from mqtt_explorer.export.rows import Encoder
    from mqtt_explorer.payload.kept import Entry
    from mqtt_explorer.protocol.message import Message

COLUMNS: Final = (
    "status",
    "topic",
    "before",
    "after",
    "change",
    "before_time",
    "after_time",
    "before_size",
    "after_size",
    "before_kept",
    "after_kept",
    "before_messages",
    "after_messages",
    "before_retained",
    "after_retained",
    "encoding",
)
_CHUNK: Final = 64
_NOTHING: Final = ("", "", "", "", "")


class ReportRow(NamedTuple):
    """One topic.

    Attributes:
        status: One word: new, gone, shape, value, silent, not kept or same.
        topic: Raw.
        before: As it was; None where it was not there.
        after: As it is; None where it is not there.
        change: What changed, in words.
    """

    status: str
    topic: bytes
    before: Entry | None
    after: Entry | None
    change: str


class ReportWriter(ExportWriter):
    """Writes a report: CSV for a name that ends so, else NDJSON; see `ExportWriter`."""

    def __init__(self, path: str) -> None:
        made = _Csv() if path.lower().endswith(".csv") else _Ndjson()
        super().__init__(path, cast("Encoder", made))

    def write_rows(self, rows: Iterable[ReportRow]) -> None:
        """Adds topics."""
        self.write(cast("Iterable[Message]", rows))


class _Csv:
    def __init__(self) -> None:
        self.head = codecs.BOM_UTF8 + _lines([COLUMNS])

    def encode(self, rows: Iterable[ReportRow]) -> Iterator[bytes]:
        for batch in _batches(rows):
            yield _lines(map(_record, batch))


class _Ndjson:
    head = b""

    def __init__(self) -> None:
        self._json = msgspec.json.Encoder()

    def encode(self, rows: Iterable[ReportRow]) -> Iterator[bytes]:
        for batch in _batches(rows):
            yield self._json.encode_lines([_object(row) for row in batch])


def _batches(rows: Iterable[ReportRow]) -> Iterator[list[ReportRow]]:
    batch: list[ReportRow] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += sum(len(each.payload) for each in (row.before, row.after) if each is not None)
        if len(batch) >= _CHUNK or size > 1 << 16:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _record(row: ReportRow) -> tuple[object, ...]:
    cells: list[str] = []
    encodings: list[str] = []
    parts = (
        ("topic", row.topic),
        ("before", row.before.payload if row.before is not None else b""),
        ("after", row.after.payload if row.after is not None else b""),
        ("change", row.change.encode("utf-8", "replace")),
    )
    for name, data in parts:
        cell, encoding = safe_cell(data)
        cells.append(cell)
        if encoding != TEXT:
            encodings.append(f"{name} {encoding}")
    figures = [_figures(each) for each in (row.before, row.after)]
    mixed = [cell for pair in zip(*figures, strict=True) for cell in pair]
    return (row.status, *cells, *mixed, " / ".join(encodings) or TEXT)


def _figures(entry: Entry | None) -> tuple[object, ...]:
    if entry is None:
        return _NOTHING
    return iso(entry.wall_ns), entry.size, entry.kept, entry.messages, int(entry.retained)


def _object(row: ReportRow) -> dict[str, object]:
    made: dict[str, object] = {"status": row.status, "topic": row.topic.decode("utf-8", "replace")}
    if row.change:
        made["change"] = row.change
    for name, entry in (("before", row.before), ("after", row.after)):
        if entry is not None:
            made[name] = _side(entry)
    return made


def _side(entry: Entry) -> dict[str, object]:
    made: dict[str, object] = {
        "time": iso(entry.wall_ns),
        "messages": entry.messages,
        "retained": entry.retained,
        "qos": entry.qos,
        "size": entry.size,
    }
    if entry.kept != "whole":
        made["kept"] = entry.kept
    if entry.kept != "none":
        try:
            made["payload"] = entry.payload.decode()
        except UnicodeDecodeError:
            made["payload_base64"] = base64_text(entry.payload)
    return made


def _lines(records: Iterable[Iterable[object]]) -> bytes:
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator="\r\n").writerows(records)
    return made.getvalue().encode()
