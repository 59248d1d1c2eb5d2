# SPDX-License-Identifier: MIT
"""What the bytes at an offset mean as numbers, times, a character and bits. Exact: no value is rounded or guessed."""

from __future__ import annotations

import math
import struct
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

#: What stands where the payload ends before the value does.
NOTHING: Final = "–"
#: Bytes that are looked at.
REACH: Final = 8
_MOST_IN_A_ROW: Final = 4
_WHOLE: Final = 1 << 24
"""Whole numbers up to here are spelled digit by digit: 65504, the largest binary16, is not to read 65500."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FILETIME_TO_UNIX: Final = 11_644_473_600
"""Seconds from 1601 to 1970 (Windows counts in 100 ns from 1601)."""
_DIGITS: Final = {"e": 5, "f": 9, "d": 17}
"""Significant digits that tell any two values of IEEE 754 binary16, binary32 and binary64 apart."""


class Reading(NamedTuple):
    """One meaning.

    Attributes:
        name: The type ("uint16").
        text: The value as it is shown: "72,090,731".
        plain: The value as it is copied: "72090731"; "" where there is none.
        note: What else is known, for a tooltip.
    """

    name: str
    text: str
    plain: str = ""
    note: str = ""


def readings(data: bytes, offset: int, *, little: bool = True, selected: int = 0) -> tuple[Reading, ...]:
    """All meanings of the bytes at an offset, always in the same order.

    Args:
        data: The payload.
        offset: Where the value begins.
        little: Least significant byte first (little-endian).
        selected: Bytes selected from there on: 4, 6 or 8 of them are also read as 16-bit numbers.
    """
    order = "<" if little else ">"
    part = data[offset : offset + REACH]
    found = [_integer(part, order, code) for code in "bBhHiIqQ"]
    found += [_float(part, order, code) for code in "efd"]
    found.append(_time(part, order, "I", "Unix u32", _seconds))
    found.append(_time(part, order, "q", "Unix i64", _seconds))
    found.append(_time(part, order, "q", "Unix ms", _milliseconds))
    found.append(_time(part, order, "Q", "FILETIME", _filetime))
    found.append(_character(part))
    found.append(_bits(part))
    if selected % 2 == 0 and 4 <= selected <= 2 * _MOST_IN_A_ROW:
        found.append(_row(part[:selected], order))
    return tuple(found)


def shortest(value: float, code: str = "d") -> str:
    """The shortest spelling that reads back as the same value of that size.

    Args:
        value: A value that this size holds.
        code: "e", "f" or "d": 16, 32 or 64 bits, as `struct` has it.
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if code == "d" or (value.is_integer() and abs(value) < _WHOLE):
        return repr(value)
    same = struct.pack(code, value)
    for digits in range(1, _DIGITS[code] + 1):
        text = f"{value:.{digits}g}"
        try:
            if struct.pack(code, float(text)) == same:
                break
        except OverflowError:
            continue  # rounded up beyond the largest
    # Python's own spelling of these few digits: "65504.0" where "%g" has "6.55e+04" and "2.398e-36".
    return repr(float(text))


def _unpack(part: bytes, order: str, code: str) -> int | float | None:
    size = struct.calcsize(order + code)
    if len(part) < size:
        return None
    value: int | float = struct.unpack(order + code, part[:size])[0]
    return value


def _integer(part: bytes, order: str, code: str) -> Reading:
    bits = 8 * struct.calcsize(order + code)
    name = f"{'int' if code.islower() else 'uint'}{bits}"
    value = _unpack(part, order, code)
    if value is None:
        return Reading(name, NOTHING)
    return Reading(name, f"{value:,}", str(value), f"0x{int(value) & ((1 << bits) - 1):0{bits // 4}X}")


def _float(part: bytes, order: str, code: str) -> Reading:
    name = f"float{8 * struct.calcsize(order + code)}"
    value = _unpack(part, order, code)
    if value is None:
        return Reading(name, NOTHING)
    text = shortest(value, code)
    return Reading(name, text, text)


def _row(part: bytes, order: str) -> Reading:
    count = len(part) // 2
    name = f"uint16 × {count}"
    if not count:
        return Reading(name, NOTHING)
    values = struct.unpack(f"{order}{count}H", part[: 2 * count])
    return Reading(name, " ".join(f"{value:,}" for value in values), " ".join(map(str, values)))


def _time(part: bytes, order: str, code: str, name: str, spell: Callable[[int], str]) -> Reading:
    value = _unpack(part, order, code)
    if value is None:
        return Reading(name, NOTHING)
    try:
        text = spell(int(value))
    except OverflowError:
        return Reading(name, NOTHING, note="Outside the years 1 to 9999.")
    return Reading(name, text, text)


def _seconds(value: int) -> str:
    return _spell(value, "")


def _milliseconds(value: int) -> str:
    seconds, rest = divmod(value, 1_000)
    return _spell(seconds, f".{rest:03}")


def _filetime(value: int) -> str:
    seconds, rest = divmod(value, 10_000_000)
    return _spell(seconds - _FILETIME_TO_UNIX, f".{rest:07}")


def _spell(seconds: int, fraction: str) -> str:
    """UTC; OverflowError outside the years 1 to 9999."""
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment:%m-%d %H:%M:%S}".join((f"{moment.year:04}-", f"{fraction}Z"))


def _character(part: bytes) -> Reading:
    if not part:
        return Reading("UTF-8", NOTHING)
    lead = part[0]
    length = 1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    try:
        char = part[:length].decode()
    except UnicodeDecodeError:
        return Reading("UTF-8", NOTHING, note="No character begins here.")
    code = f"U+{ord(char):04X}"
    name = unicodedata.name(char, "")
    # What cannot be seen, or would sit on its neighbour, is told by its number alone.
    seen = char.isprintable() and not char.isspace() and not unicodedata.category(char).startswith("M")
    return Reading("UTF-8", f"{char}  {code}" if seen else code, char, name)


def _bits(part: bytes) -> Reading:
    if not part:
        return Reading("bits", NOTHING)
    text = f"{part[0]:08b}"
    return Reading("bits", f"{text[:4]} {text[4:]}", text)
