# SPDX-License-Identifier: MIT
"""Unpacking gzip, zlib, raw deflate and Zstandard piece by piece, up to a limit: what a hostile stream costs is known beforehand."""

from __future__ import annotations

import importlib
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Final, Protocol

from mqtt_explorer.payload.api import DecodeError
from mqtt_explorer.payload.progress import report

GZIP: Final = "gzip"
ZLIB: Final = "zlib"
DEFLATE: Final = "deflate"
ZSTD: Final = "zstd"
#: The name of each packing, for people.
NAMES: Final = {GZIP: "gzip", ZLIB: "zlib", DEFLATE: "raw deflate", ZSTD: "Zstandard"}
GZIP_MAGIC: Final = b"\x1f\x8b\x08"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"

#: zlib's word for each of its wrappings.
_WINDOW_BITS: Final = {GZIP: 31, ZLIB: 15, DEFLATE: -15}
#: Bytes given in at once. Deflate makes a thousand times more of them at most: 4 MB; it also copies what is left of them at each end
#: of a stream, and there may be millions.
_STEP: Final = 4096
#: Zstandard makes 128 KB of four bytes: 16 MB of these.
_ZSTD_STEP: Final = 512
#: For a small limit it goes in smaller steps: deflate's largest ratio, and the smallest step.
_LARGEST_RATIO: Final = 1024
_LEAST_STEP: Final = 32
_REPORT_EVERY: Final = 1 << 20


class _Stream(Protocol):
    """What the three libraries have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Inflated:
    """What came out.

    Attributes:
        data: The bytes, `limit` of them at most.
        members: Streams behind one another that were whole.
        full: There is more than the limit.
        fault: Why it broke off, as a sentence; None when it did not.
        trailing: Bytes behind the end that belong to no stream.
    """

    data: bytes
    members: int
    full: bool = False
    fault: str | None = None
    trailing: int = 0


def packing_of(payload: bytes) -> str | None:
    """What the first bytes say: `GZIP`, `ZLIB`, `ZSTD`; None when they say nothing. Raw deflate has no header."""
    if payload.startswith(GZIP_MAGIC):
        return GZIP
    if payload.startswith(ZSTD_MAGIC) or _is_skippable(payload):
        return ZSTD
    # Method 8, a window of 32 KB at most, and both bytes a multiple of 31 (RFC 1950, 2.2).
    if len(payload) > 1 and payload[0] & 15 == 8 and payload[0] >> 4 <= 7:
        return ZLIB if not (payload[0] << 8 | payload[1]) % 31 else None
    return None


def inflate(payload: bytes, packing: str, limit: int) -> Inflated:
    """Unpacks streams behind one another.

    Args:
        payload: The packed bytes.
        packing: `GZIP`, `ZLIB`, `DEFLATE` or `ZSTD`.
        limit: Bytes at most; it stops there, some megabytes late at worst.

    Raises:
        DecodeError: It is no such stream, or the library that unpacks it is not installed.
    """
    make, errors = _library(packing)
    out = bytearray()
    stream = make()
    at = begin = members = 0
    began = 0  # bytes out before this stream
    step, said = min(_ZSTD_STEP if packing == ZSTD else _STEP, max(_LEAST_STEP, limit // _LARGEST_RATIO)), 0
    while at < len(payload):
        piece = payload[at : at + step]
        try:
            made = stream.decompress(piece)
        except errors as error:
            rest, good = _until_fault(make(), errors, payload[begin:at], piece, len(out) - began)
            out += rest
            fault = f"The {NAMES[packing]} stream breaks at byte {at + good:,}: {_reason(error)}."
            if not out and not members:
                raise DecodeError(fault) from None
            return Inflated(bytes(out[:limit]), members, len(out) > limit, fault)
        out += made
        at += len(piece)
        if len(out) > limit:
            return Inflated(bytes(out[:limit]), members, full=True)
        if stream.eof:
            members += 1
            at -= len(stream.unused_data)
            if at < len(payload) and not _begins(payload, at, packing):
                return Inflated(bytes(out), members, trailing=_trailing(payload, at))
            stream, begin, began = make(), at, len(out)
        if at - said > _REPORT_EVERY:
            said = at
            report(at / len(payload) / 2)
    if begin == at:
        return Inflated(bytes(out), members)
    return Inflated(
        bytes(out),
        members,
        fault=f"The {NAMES[packing]} stream has no end: bytes are missing behind byte {at:,}.",
    )


def _begins(payload: bytes, at: int, packing: str) -> bool:
    """Whether another stream of the same kind may begin here; only gzip and Zstandard are put behind one another."""
    head = payload[at : at + 4]
    if packing == GZIP:
        return head.startswith(GZIP_MAGIC[:2])
    return packing == ZSTD and packing_of(head) == ZSTD


def _trailing(payload: bytes, at: int) -> int:
    """Bytes that belong to no stream; zeros are what tapes and blocks are filled up with."""
    rest = len(payload) - at
    return rest if payload.count(0, at) != rest else 0


def _until_fault(stream: _Stream, errors: Any, before: bytes, piece: bytes, skip: int) -> tuple[bytes, int]:
    """What a piece gives until it breaks, and at which of its bytes it does.

    Libraries keep the output of a call that fails, so it is fed again byte by byte.

    Args:
        stream: A new one.
        errors: What it raises.
        before: What was fed before the piece.
        piece: What failed.
        skip: Bytes that `before` gave.
    """
    out = bytearray()
    good = 0
    parts = [before[at : at + _ZSTD_STEP] for at in range(0, len(before), _ZSTD_STEP)]
    try:
        for part in chain(parts, (piece[at : at + 1] for at in range(len(piece)))):
            made = stream.decompress(part)
            out += made[skip:]
            skip -= min(skip, len(made))
            good += len(part)
    except errors:
        pass
    return bytes(out), max(0, good - len(before))


def _reason(error: Exception) -> str:
    """A library's word for a fault, without its own numbers and names."""
    text = str(error).rpartition(": ")[2].strip().rstrip(".")
    return text[:100] or type(error).__name__


def _is_skippable(payload: bytes) -> bool:
    """Whether it is a Zstandard frame for applications (RFC 8878, 3.1.2)."""
    return payload[1:4] == b"\x2a\x4d\x18" and payload[0] & 0xF0 == 0x50


def _zlib_stream(bits: int) -> _Stream:
    return zlib.decompressobj(bits)


def _library(packing: str) -> tuple[Callable[[], _Stream], Any]:
    """What makes a stream, and the errors that it raises."""
    if packing != ZSTD:
        bits = _WINDOW_BITS[packing]
        return partial(_zlib_stream, bits), zlib.error
    try:
        if sys.version_info >= (3, 14):
            own = importlib.import_module("compression.zstd")
            return own.ZstdDecompressor, own.ZstdError
        library = importlib.import_module("zstandard")
    except ImportError:
        raise DecodeError(
            "Zstandard needs a library that is not installed. The extra “formats” has it: pip install 'mqtt-explorer-qt[formats]'."
        ) from None
    context = library.ZstdDecompressor()
    return context.decompressobj, library.ZstdError
