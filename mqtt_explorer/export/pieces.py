# SPDX-License-Identifier: MIT
"""Large payloads piece by piece: one call on all of 32 MiB would hold the interpreter, and so the window, for half a second."""

from __future__ import annotations

import base64
import codecs
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mqtt_explorer.protocol.message import Message

PIECE: Final = 3 << 14
"""Bytes of payload that are encoded at once; three bytes make four characters of base64, so that pieces of it fit together."""
_PAUSE_S: Final = 0.0002


def pause() -> None:
    """Lets another thread run that waits for the interpreter."""
    time.sleep(_PAUSE_S)


def cuts(size: int) -> Iterator[int]:
    """Where the pieces of so many bytes begin, with a pause after each."""
    for start in range(0, size, PIECE):
        yield start
        if size > PIECE:
            pause()


def batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Messages that may be encoded at once; one with more than `PIECE` bytes of payload comes alone."""
    batch: list[Message] = []
    size = 0
    for message in messages:
        added = len(message.payload) + len(message.frame[2])
        if batch and size + added > PIECE:
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += added
    if batch:
        yield batch


def is_large(batch: list[Message]) -> bool:
    """True for a batch of one message that is too large to be encoded at once."""
    return len(batch) == 1 and len(batch[0].payload) > PIECE


def is_text(data: bytes) -> bool:
    """True for valid UTF-8."""
    try:
        for _ in text_pieces(data):
            pass
    except UnicodeDecodeError:
        return False
    return True


def text_pieces(data: bytes) -> Iterator[str]:
    """UTF-8 as text; characters stay whole. Raises UnicodeDecodeError."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    for start in cuts(len(data)):
        yield decoder.decode(view[start : start + PIECE])
    yield decoder.decode(b"", True)


def base64_pieces(data: bytes) -> Iterator[bytes]:
    """Base64 (RFC 4648, section 4)."""
    view = memoryview(data)
    for start in cuts(len(data)):
        yield base64.b64encode(view[start : start + PIECE])
