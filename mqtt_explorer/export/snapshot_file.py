# SPDX-License-Identifier: MIT
"""Snapshots as files: UTF-8 NDJSON, one line about the snapshot and one for each topic; all of it through gzip where the name ends in .gz.

The first line::

    {"format":"mqtt-explorer-snapshot","version":1,"broker":"Plant","address":"mqtt://broker.lan:1883","begun":"2026-11-20T14:02:11.482000000Z",
     "ended":"…","topics":1284,"scope":"plant/line1","session":"…","dropped":0}

`scope` is left out for the whole tree. `session` tells whether two snapshots are of one connection, so that their counts compare. Neither
login nor password is in it. Then one line for each topic::

    {"topic":"a/b","time":"2026-11-20T14:02:11.120000000Z","messages":12,"flags":1,"retained":true,"qos":0,"size":4,"payload":"21.5"}

`payload` is text where it is valid UTF-8, else it is `payload_base64`. `flags` is the low nibble of the fixed header (MQTT 5, 3.3.1),
`size` the payload's on the wire. `kept` is left out where the payload is whole: "head" has its beginning and the `blake2b` (16 bytes, hex)
of all that was received, `received` being "part" where that was not all; "none" has nothing, as the memory budget had taken it.

A file is read whole or refused: topics that a broken line leaves out would count as new in every comparison.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import gzip
import re
import time
import zlib
from calendar import timegm
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Annotated, Any, Final, Literal, cast

import msgspec

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.export.pieces import pause
from mqtt_explorer.export.rows import base64_text, iso_time
from mqtt_explorer.export.writer import ExportWriter
from mqtt_explorer.payload.byte_column import TopicIndex
from mqtt_explorer.payload.kept import CUT, DIGEST_BYTES, EVICTED, HEAD, KEPT_WHOLE, PART, RETAINED, Entry
from mqtt_explorer.protocol.batch import QOS_MASK

if TYPE_CHECKING:
    from mqtt_explorer.export.rows import Encoder
    from mqtt_explorer.protocol.message import Message

FORMAT: Final = "mqtt-explorer-snapshot"
VERSION: Final = 1
SUFFIXES: Final = (".snapshot.ndjson", ".snapshot.ndjson.gz")
#: A line holds a topic and a payload of 64 KiB each, and a character may take six bytes.
LONGEST_LINE: Final = 1 << 20
#: Topics read or written in one go: some milliseconds.
CHUNK: Final = 256
_LONGEST_TOPIC: Final = 65_535
_MOST_TOPICS: Final = 20_000_000
_NIBBLE: Final = 0x0F
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z\Z", re.ASCII)
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Size = Annotated[int, msgspec.Meta(ge=0, le=2**32)]


class SnapshotFileError(MqttExplorerError):
    """The file is no snapshot that can be used; the message says where and why."""

    def __init__(self, message: str) -> None:
        super().__init__("Not opened", message)


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first line; see the module."""

    format: str
    version: int
    broker: str
    begun: str
    ended: str
    topics: Annotated[int, msgspec.Meta(ge=0, le=_MOST_TOPICS)]
    address: str = ""
    scope: str | None = None
    session: str = ""
    dropped: _Count = 0

    @property
    def begun_ns(self) -> int:
        """When it was begun, ns since the epoch."""
        return time_ns(self.begun)

    @property
    def ended_ns(self) -> int:
        """When it was finished, ns since the epoch."""
        return time_ns(self.ended)


class _Beginning(msgspec.Struct):
    format: str
    version: int


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One topic; see the module."""

    topic: str
    time: str
    messages: _Count
    flags: Annotated[int, msgspec.Meta(ge=0, le=_NIBBLE)]
    retained: bool
    qos: Annotated[int, msgspec.Meta(ge=0, le=3)]
    size: _Size
    payload: str | None = None
    payload_base64: str | None = None
    kept: Literal["whole", "head", "none"] = "whole"
    blake2b: str = ""
    received: Literal["whole", "part"] = "whole"


def iso(wall_ns: int) -> str:
    """A time as the file has it."""
    return iso_time(max(wall_ns, 0))


def time_ns(text: str) -> int:
    """Reads such a time.

    Raises:
        ValueError: It is none.
    """
    found = _TIME.match(text)
    if found is None:
        raise ValueError("a time is not written as this format has it")
    return _second(found[1]) * 1_000_000_000 + int(found[2])


@lru_cache(maxsize=4096)
def _second(text: str) -> int:
    return timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%S"))


# --- writing --------------------------------------------------------------------------------------------------------


class _Encoder:
    """See `rows.Encoder`, for entries."""

    def __init__(self, header: Header, packed: bool) -> None:
        self._json = msgspec.json.Encoder()
        self._pack = zlib.compressobj(6, zlib.DEFLATED, 31) if packed else None
        self.head = self._packed(self._json.encode(header) + b"\n")

    def encode(self, entries: Iterable[Entry]) -> Iterator[bytes]:
        """One line each."""
        batch: list[Line] = []
        size = 0
        for entry in entries:
            batch.append(_line(entry))
            size += len(entry.payload)
            if size > KEPT_WHOLE or len(batch) >= CHUNK:
                yield self._packed(self._json.encode_lines(batch))
                batch, size = [], 0
        if batch:
            yield self._packed(self._json.encode_lines(batch))

    def tail(self) -> bytes:
        return self._pack.flush() if self._pack is not None else b""

    def _packed(self, data: bytes) -> bytes:
        return data if self._pack is None else self._pack.compress(data)


class SnapshotWriter(ExportWriter):
    """Writes a snapshot beside its file and puts it in its place when it is whole; see `ExportWriter`."""

    def __init__(self, path: str, header: Header) -> None:
        self._lines = _Encoder(header, path.lower().endswith(".gz"))
        super().__init__(path, cast("Encoder", self._lines))

    def write_entries(self, entries: Iterable[Entry]) -> None:
        """Adds topics."""
        self.write(cast("Iterable[Message]", entries))

    def finish(self) -> bool:
        """See `ExportWriter.finish`."""
        with self._working():
            if not self._aborted and self._file is not None:
                self._write(self._lines.tail())
        return super().finish()


def _line(entry: Entry) -> Line:
    text: str | None
    coded: str | None
    try:
        text, coded = entry.payload.decode(), None
    except UnicodeDecodeError:
        text, coded = None, base64_text(entry.payload)
    return Line(
        topic=entry.topic.decode(),
        time=iso(entry.wall_ns),
        messages=entry.messages,
        flags=entry.flags & _NIBBLE,
        retained=entry.retained,
        qos=entry.qos,
        size=entry.size,
        payload=None if entry.kept == "none" else text,
        payload_base64=coded,
        kept=entry.kept,
        blake2b=entry.digest.hex(),
        received="part" if entry.flags & PART else "whole",
    )


# --- reading --------------------------------------------------------------------------------------------------------


class SnapshotReader:
    """Reads a snapshot's file. Its methods block: call them in a thread, one after the other.

    Attributes:
        header: What the snapshot is of, after `open`.
        read_topics: How many were read so far.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._raw: IO[bytes] | None = None
        self._file: IO[bytes] | None = None  # what unpacks it, or itself
        self._decode = msgspec.json.Decoder(Line).decode
        self._seen = TopicIndex()
        self._number = 0
        self.header: Header | None = None

    @property
    def read_topics(self) -> int:
        """Topics read so far."""
        return len(self._seen)

    def open(self) -> Header:
        """Reads the first line.

        Raises:
            OSError: The file cannot be read.
            SnapshotFileError: It is no snapshot, or one of a newer version.
        """
        file: IO[bytes] = open(self._path, "rb")  # noqa: SIM115 – `close` closes it
        self._file = self._raw = file
        if file.read(2) == b"\x1f\x8b":  # by its beginning: it may have been renamed
            file.seek(0)
            self._file = cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="rb"))
        else:
            file.seek(0)
        line = self._next_line()
        try:
            beginning = msgspec.json.decode(line, type=_Beginning)
        except (msgspec.DecodeError, ValueError, RecursionError):
            raise SnapshotFileError("This file is no snapshot: its first line does not say so.") from None
        if beginning.format != FORMAT:
            raise SnapshotFileError("This file is no snapshot: its first line does not say so.")
        if beginning.version != VERSION:
            raise SnapshotFileError(
                f"This snapshot has version {beginning.version:,} of the format, and this program reads version {VERSION}. "
                "Open it with the program that wrote it."
            )
        try:
            header = msgspec.json.decode(line, type=Header)
            header.begun_ns, header.ended_ns  # noqa: B018 – they raise where they are no times
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise SnapshotFileError(f"Its first line is broken: {error}.") from None
        self.header = header
        return header

    def read(self, limit: int = CHUNK) -> list[Entry]:
        """The next topics; none when all were read.

        Raises:
            OSError: The disk failed.
            SnapshotFileError: A line is broken, or the file ends before all topics were read.
        """
        assert self.header is not None
        found: list[Entry] = []
        while len(found) < limit:
            line = self._next_line()
            if not line:
                if self.read_topics != self.header.topics:
                    raise SnapshotFileError(
                        f"It has {self.read_topics:,} of the {self.header.topics:,} topics it should have: the file is not whole."
                    )
                break
            if line.strip():
                found.append(self._entry(line))
        pause()
        return found

    def close(self) -> None:
        """Closes the file; may be called again."""
        for file in (self._file, self._raw):
            if file is not None:
                with contextlib.suppress(OSError):
                    file.close()

    def _next_line(self) -> bytes:
        assert self._file is not None
        self._number += 1
        try:
            line = self._file.readline(LONGEST_LINE + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise SnapshotFileError("It cannot be unpacked: the file is damaged or not whole.") from None
        if len(line) > LONGEST_LINE:
            raise self._broken("it is longer than any line of a snapshot")
        return line

    def _entry(self, line: bytes) -> Entry:
        try:
            entry = _entry(self._decode(line))
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise self._broken(str(error)) from None
        if not self._seen.add(entry.topic, self._number):
            raise self._broken("its topic has a line already")
        if self.header is not None and self.read_topics > self.header.topics:
            raise self._broken(f"there should be {self.header.topics:,} topics only")
        return entry

    def _broken(self, reason: str) -> SnapshotFileError:
        return SnapshotFileError(
            f"Line {self._number:,} is broken: {reason.rstrip('.')}. Nothing was opened."
        )


def _entry(line: Line) -> Entry:
    topic = line.topic.encode()
    payload, digest = _payload(line), binascii.unhexlify(line.blake2b)
    if not 0 < len(topic) <= _LONGEST_TOPIC or b"\0" in topic:
        raise ValueError("its topic is none")
    if line.qos != (line.flags & QOS_MASK) >> 1:
        raise ValueError("its flags and its QoS differ")
    flags = line.flags | (RETAINED if line.retained else 0)
    if line.kept == "none":
        flags |= EVICTED
    elif line.kept == "head":
        flags |= CUT | (PART if line.received == "part" else 0)
        if len(digest) != DIGEST_BYTES or len(payload) > min(HEAD, line.size):
            raise ValueError("its beginning or its hash does not fit")
    elif len(payload) != line.size or line.size > KEPT_WHOLE:
        raise ValueError("its payload has another size than it says")
    return Entry(topic, payload, line.size, flags, line.messages, time_ns(line.time), digest)


def _payload(line: Line) -> bytes:
    members: tuple[Any, ...] = (line.payload, line.payload_base64)
    if line.kept == "none":
        if members != (None, None):
            raise ValueError("it has a payload that it says was not kept")
        return b""
    if line.payload is not None and line.payload_base64 is None:
        return line.payload.encode()
    if line.payload_base64 is not None and line.payload is None:
        return base64.b64decode(line.payload_base64, validate=True)
    raise ValueError("it needs one payload")
