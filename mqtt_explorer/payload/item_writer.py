# SPDX-License-Identifier: MIT
"""Writes the values of CBOR and MessagePack as notation while they are read: what both formats share.

Nothing is built but the text, and open lists and maps are kept on a stack of our own. So the order of keys, keys that come twice and
100,000 levels of nesting are what was sent, and a count of 2⁶⁰ values costs nothing until they come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from mqtt_explorer.payload.api import Document
from mqtt_explorer.payload.json_index import build_index
from mqtt_explorer.payload.notation import scalar
from mqtt_explorer.payload.progress import report

LIST: Final = 0
MAP: Final = 1
TAG: Final = 2
#: As many values as come before a break.
UNTIL_BREAK: Final = -1

#: Bytes between two words of how far it has come, and the share of the work that reading is; the rest is finding lines.
_STEP: Final = 1 << 17
_READING: Final = 0.6

#: Bytes of the largest MQTT packet (MQTT 5, 1.5.5): no value has more, whatever is missing.
_LARGEST: Final = 268_435_455

_CLOSING: Final = (b"]", b"}", b"}")
#: Keys that hold keys that hold other values: further in, the encoded bytes stand for them.
_DEEPEST_KEY: Final = 2


class Truncated(Exception):
    """The payload ends inside a value; the text says where and how."""


class _Frame:
    """A list, map or tag under way; `done` counts a map's keys and values both."""

    __slots__ = ("count", "done", "kind")

    def __init__(self, kind: int, count: int) -> None:
        self.kind = kind
        self.count = count
        self.done = 0


class _Key(NamedTuple):
    """A key under way that holds other values: how deep it lies, and where its text and its bytes begin."""

    depth: int
    text: int
    at: int


class ItemWriter:
    """The text of the values read so far.

    Args:
        payload: What is read: encoded keys are taken from it.
    """

    __slots__ = ("_bad_text", "_frames", "_had_odd_key", "_keys", "_last_key", "_payload", "out", "top")

    def __init__(self, payload: bytes) -> None:
        self.out = bytearray()
        #: Values that are whole and in no other one.
        self.top = 0
        self._payload = payload
        self._last_key = 0  # where the key was begun that was last
        self._had_odd_key = False
        self._bad_text: int | None = None
        self._frames: list[_Frame] = []
        self._keys: list[_Key] = []

    @property
    def depth(self) -> int:
        """Lists, maps and tags that are open."""
        return len(self._frames)

    def value(self, text: bytes, end: int) -> None:
        """A value that holds no others, as it is written.

        Args:
            text: In notation.
            end: Where its bytes end.
        """
        self._separate()
        self.out += text
        if self._frames:
            self._ended(end)
        else:
            self.top += 1

    def string(self, raw: bytes, at: int, end: int) -> None:
        """A text; its bytes where it is no UTF-8."""
        try:
            text = scalar(raw.decode())
        except UnicodeDecodeError:
            if self._bad_text is None:
                self._bad_text = at
            text = scalar(raw)
        self.value(text, end)

    def open(self, kind: int, count: int, at: int, end: int, tag: bytes = b"") -> None:
        """Begins a list, a map or a tag.

        Args:
            kind: `LIST`, `MAP` or `TAG`.
            count: Values in it, a map's keys and values both; `UNTIL_BREAK`.
            at: Where its bytes begin.
            end: Where the bytes of its head end.
            tag: The word of a tag.
        """
        frames, out = self._frames, self.out
        self._separate()
        if frames and frames[-1].kind == MAP and not frames[-1].done & 1 and len(self._keys) < _DEEPEST_KEY:
            self._keys.append(_Key(len(frames), len(out), at))
        if kind == TAG:
            out += b"{" + tag + b":"
        else:
            out += b"{" if kind == MAP else b"["
        frames.append(_Frame(kind, count))
        if not count:
            self._close(end)

    def close(self, end: int) -> bool:
        """A break: ends the innermost list or map; False when it cannot end here."""
        frame = self._frames[-1] if self._frames else None
        if frame is None or frame.count != UNTIL_BREAK or (frame.kind == MAP and frame.done & 1):
            return False
        self._close(end)
        return True

    def text(self) -> bytes:
        """What was written; a list when there were several values, and open at its end when the last one is."""
        if self._keys:
            del self.out[self._keys[0].text :]  # half a key
        elif self._frames and self._frames[-1].kind == MAP and self._frames[-1].done & 1:
            del self.out[self._last_key :]  # a key without its value
        several = self.top + bool(self._frames) > 1
        text = bytes(self.out)
        return b"[" + text + (b"" if self._frames else b"]") if several else text

    def notes(self) -> tuple[str, ...]:
        """What one should know of the text, a sentence each."""
        notes = []
        if self._bad_text is not None:
            notes.append(f"The text at byte {self._bad_text:,} is not valid UTF-8: its bytes are shown.")
        if self._had_odd_key:
            notes.append("Keys that hold other values are written as text behind the word “key”.")
        return tuple(notes)

    def _separate(self) -> None:
        if self._frames:
            frame = self._frames[-1]
            if frame.kind == MAP and not frame.done & 1:
                self._last_key = len(self.out)
            if frame.done:
                self.out += b":" if frame.kind == MAP and frame.done & 1 else b","
        elif self.top:
            self.out += b","

    def _ended(self, end: int) -> None:
        """Counts a value in its container, which it may complete."""
        frame = self._frames[-1]
        frame.done += 1
        if frame.done == frame.count:
            self._close(end)

    def _close(self, end: int) -> None:
        frames, out = self._frames, self.out
        while True:
            out += _CLOSING[frames.pop().kind]
            if self._keys and self._keys[-1].depth == len(frames):
                self._close_key(end)
            if not frames:
                self.top += 1
                return
            frame = frames[-1]
            frame.done += 1
            if frame.done != frame.count:
                return

    def _close_key(self, end: int) -> None:
        key = self._keys.pop()
        self._had_odd_key = True
        self._last_key = key.text
        if self._keys:  # a key in a key: quotes in quotes in quotes would double at each level
            word = b"key'" + self._payload[key.at : end].hex().encode() + b"'"
        else:
            word = scalar("key " + self.out[key.text :].decode("utf-8", "replace"))
        self.out[key.text :] = word


def check_room(needed: int, at: int, left: int, cut: bool = False) -> None:
    """A container needs at least a byte for each value that it says it has, and a string those it says.

    Args:
        needed: Bytes.
        at: Where it begins.
        left: Bytes behind its head.
        cut: More was sent than there is: then anything may follow.

    Raises:
        Truncated: There are fewer bytes.
    """
    if needed > left and not cut:
        missing = needed - left
        if needed > _LARGEST:  # a figure nobody can make use of
            raise Truncated(f"The value at byte {at:,} claims more bytes than the message has.")
        raise Truncated(
            f"The value at byte {at:,} goes on beyond the end: {missing:,} or more of its bytes are missing."
        )


def string_bytes(payload: bytes, start: int, size: int, at: int, cut: bool, *, text: bool) -> bytes:
    """The bytes of a string whose head, at `at`, ends at `start`; of a cut payload as many as there are, of a text in whole characters.

    Raises:
        Truncated: There are fewer bytes, and none was cut off.
    """
    check_room(size, at, len(payload) - start, cut)
    raw = payload[start : start + size]
    if text and len(raw) < size:
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data":
                return raw[: error.start]
    return raw


def written(
    name: str, label: str, writer: ItemWriter, notes: tuple[str, ...], *, complete: bool = True
) -> Document:
    """The document of what was written."""
    source = writer.text()
    index = build_index(source, progress=lambda share: report(_READING + (1 - _READING) * share))
    return Document(name, label, source, index, complete=complete, notes=notes + writer.notes())


def read_all(read: Callable[[int], None], size: int) -> None:
    """Reads a payload step by step and tells how far it has come."""
    for stop in range(_STEP, size + _STEP, _STEP):
        read(stop)
        report_read(stop, size)


def report_read(at: int, size: int) -> None:
    """Tells that the payload has been read up to a byte."""
    report(_READING * min(1.0, at / size))


def cut_note(payload: bytes) -> str:
    """What a payload whose end was not kept is told with."""
    return f"Only the first {len(payload):,} bytes were kept: the end is missing."
