# SPDX-License-Identifier: MIT
"""Looking for text or bytes in a payload, in slices; and offsets as people type them."""

from __future__ import annotations

import re
import time
from typing import Final, Literal, NamedTuple

Reading = Literal["text", "bytes"]

#: Bytes looked for at most.
NEEDLE_LIMIT: Final = 4_096
_CHUNK: Final = 128 * 1024
_PAIRS: Final = re.compile(r"[0-9A-Fa-f]{2}(?:[ ,:-]+[0-9A-Fa-f]{2})+")
_PREFIXED: Final = re.compile(r"(?:0[xX]|\\x)[0-9A-Fa-f]")
_SPACES: Final = re.compile(r"[\s,:_-]+")
_NO_DIGIT: Final = re.compile(r"[^0-9A-Fa-f]")
_NUMBER: Final = re.compile(r"(?:0x(?P<hex>[0-9a-f]+)|(?P<dec>[0-9]+)\s*(?:d|dec)|(?P<plain>[0-9a-f]+)h?)")
_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")


class FindError(ValueError):
    """The text cannot be looked for; its words are a sentence for people."""


class OffsetError(ValueError):
    """The text is no offset, or one outside; its words are a sentence for people."""


class Needle(NamedTuple):
    """What to look for, and how the text was read."""

    data: bytes
    reading: Reading


def guess_reading(text: str) -> Reading:
    """How a text reads by itself: pairs of hexadecimal digits with spaces between, or 0x…, are bytes; all else is text."""
    text = text.strip()
    return "bytes" if _PAIRS.fullmatch(text) or _PREFIXED.match(text) else "text"


def read_needle(text: str, reading: Reading | None = None) -> Needle:
    """What a text typed into a search field looks for.

    Text is looked for as UTF-8, in quotation marks without these: so "6B 04" in quotation marks is five characters.

    Args:
        text: What was typed.
        reading: How to read it; None to tell by the text itself.

    Raises:
        FindError: It is empty, too long, or to be read as bytes and is not hexadecimal.
    """
    reading = reading or guess_reading(text)
    if reading == "text":
        quoted = len(text) > 2 and text[0] == text[-1] == '"'
        data = (text[1:-1] if quoted else text).encode("utf-8", "surrogatepass")
    else:
        data = _read_bytes(text)
    if not data:
        raise FindError("There is nothing to look for.")
    if len(data) > NEEDLE_LIMIT:
        raise FindError(f"{len(data):,} bytes are too many to look for: {NEEDLE_LIMIT:,} are the most.")
    return Needle(data, reading)


def _read_bytes(text: str) -> bytes:
    groups = [re.sub(r"0[xX]|\\x", "", group) for group in _SPACES.split(text.strip()) if group]
    wrong = _NO_DIGIT.search("".join(groups))
    if wrong is not None:
        raise FindError(f"“{wrong.group()}” is no hexadecimal digit. Bytes are written like 6B 04.")
    for group in groups:
        if len(group) % 2:
            if len(group) == 1:
                raise FindError(f"“{group}” is half a byte: write 0{group.upper()}.")
            raise FindError(f"“{group[:20]}” has an odd number of digits; a byte has two.")
    return bytes.fromhex("".join(groups))


class ByteSearch:
    """Looks for the next or previous place of some bytes, and goes round at the end.

    Args:
        data: The bytes to look in.
        needle: The bytes to look for, at least one.
        start: The first place that counts, going forward; going back, the place that no longer counts.
        forward: The way to go.
    """

    def __init__(self, data: bytes, needle: bytes, start: int, *, forward: bool = True) -> None:
        self._data = data
        self._needle = needle
        self._forward = forward
        self.found: int | None = None
        self.wrapped = False
        places = max(0, len(data) - len(needle) + 1)
        start = max(0, min(start, places))
        # The two stretches of places to look at, one after the other.
        first, second = (start, places), (0, start)
        self._stretches = [first, second] if forward else [second, first]
        self._place = self._stretches[0][0 if forward else 1]
        self._seen = 0
        self._all = places

    @property
    def progress(self) -> float:
        """How much was looked at, 0.0 to 1.0."""
        return self._seen / self._all if self._all else 1.0

    def step(self, seconds: float) -> bool:
        """Looks on for about that long; True when it is done: `found`, or not there at all."""
        until = time.perf_counter() + seconds
        while self._stretches:
            low, high = self._stretches[0]
            if (self._place >= high) if self._forward else (self._place <= low):
                self._turn()
                continue
            if self._look(low, high):
                return True
            if time.perf_counter() >= until:
                return not self._stretches
        return True

    def _turn(self) -> None:
        self._stretches.pop(0)
        if self._stretches:
            self.wrapped = True
            self._place = self._stretches[0][0 if self._forward else 1]

    def _look(self, low: int, high: int) -> bool:
        longer = len(self._needle) - 1
        if self._forward:
            begin, end = self._place, min(self._place + _CHUNK, high)
            found = self._data.find(self._needle, begin, end + longer)
            self._place = end
        else:
            begin, end = max(self._place - _CHUNK, low), self._place
            found = self._data.rfind(self._needle, begin, end + longer)
            self._place = begin
        self._seen += end - begin
        if found >= 0:
            self.found = found
            self._stretches.clear()
        return found >= 0


def read_offset(text: str, here: int, kept: int, sent: int) -> int:
    """The offset that a text means: hexadecimal with or without 0x, decimal as "4096d", "4096 dec" or "4,096", from here on as "+20" or "-20".

    Digits that could be either are hexadecimal, but for those before a last "d": "10d" is ten, "0x10d" is 269.

    Args:
        text: What was typed.
        here: The current offset, for "+" and "-".
        kept: How many bytes there are.
        sent: How many were sent.

    Raises:
        OffsetError: It is no offset, or there is no such byte.
    """
    typed = text.strip().lower()
    sign = typed[:1] if typed[:1] in ("+", "-") else ""
    digits = typed[len(sign) :].strip()
    if not digits:
        raise OffsetError("Type an offset, such as 1000 (hexadecimal), 4096d (decimal) or +20.")
    if _THOUSANDS.fullmatch(digits):
        amount = int(digits.replace(",", "")[:20])
    else:
        found = _NUMBER.fullmatch(digits.replace("_", ""))
        if found is None:
            raise OffsetError(
                "That is no offset: write 1000 or 0x1000 (hexadecimal), 4096d (decimal) or +20."
            )
        decimal = found["dec"]
        amount = int(decimal[:20]) if decimal else int((found["hex"] or found["plain"])[:20], 16)
    offset = here + amount if sign == "+" else here - amount if sign == "-" else amount
    if 0 <= offset < kept:
        return offset
    if offset < 0:
        raise OffsetError("That is before the first byte.")
    if not kept:
        raise OffsetError("There are no bytes.")
    if offset < sent:
        raise OffsetError(f"Byte {offset:08X} was sent but not kept; the last one kept is {kept - 1:08X}.")
    raise OffsetError(f"That is behind the last byte, {kept - 1:08X}.")
