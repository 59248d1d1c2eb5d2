# SPDX-License-Identifier: MIT
"""Floating point numbers of 16 and 32 bits with the fewest digits that mean them: 0.1, not 0.10000000149011612."""

from __future__ import annotations

import math
import struct
from functools import lru_cache
from typing import Final

_FLOAT32 = struct.Struct("<f")
_FLOAT16 = struct.Struct("<e")
#: The smallest normal number; below it there are fewer digits than usual.
_NORMAL32: Final = 2.0**-126
#: Numbers of 64 bits are whole and without gaps up to here.
_COUNTABLE: Final = 2.0**53


def float64_text(value: float) -> str:
    """A number of 64 bits; `NaN`, `Infinity` and `-Infinity` as in our notation."""
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def float32_text(value: float) -> str:
    """A number that came out of 32 bits; whole numbers have all their digits, as far as they can be counted."""
    if not math.isfinite(value):
        return float64_text(value)
    if value.is_integer() and abs(value) < _COUNTABLE:
        return repr(value)
    # Six digits survive the way into 32 bits and back, so the shortest spelling has six or fewer, or is the first that fits.
    for digits in range(6 if abs(value) >= _NORMAL32 else 1, 9):
        near = float(f"{value:.{digits}g}")
        try:
            if _FLOAT32.unpack(_FLOAT32.pack(near))[0] == value:
                return repr(near)
        except OverflowError:  # rounded up beyond the largest
            continue
    return repr(float(f"{value:.9g}"))


def float16_text(value: float) -> str:
    """A number that came out of 16 bits; whole numbers have all their digits."""
    if not math.isfinite(value):
        return float64_text(value)
    return repr(value) if value.is_integer() else _short16(value)


@lru_cache(1 << 16)  # there are no more
def _short16(value: float) -> str:
    for digits in range(1, 5):
        near = float(f"{value:.{digits}g}")
        try:
            if _FLOAT16.unpack(_FLOAT16.pack(near))[0] == value:
                return repr(near)
        except OverflowError:
            continue
    return repr(float(f"{value:.5g}"))
