# SPDX-License-Identifier: MIT
"""What changed between two payloads of one shape, in a few words: "+0.3 °C", "temp +0.3, ok: true → false"."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal, InvalidOperation
from typing import Any, Final

from mqtt_explorer.payload.numeric import parse_reading
from mqtt_explorer.payload.shape import is_json, join, read_json

#: Larger JSON is not taken apart for a line of words.
MOST_BYTES: Final = 16 * 1024
_MOST_VALUES: Final = 2_000
_MOST_LEVELS: Final = 16
_NAMED: Final = 3
_LONGEST: Final = 24
_LONGEST_READING: Final = 64
_PLAIN_EXPONENTS: Final = range(-9, 16)
_EXACT: Final = Context(prec=40)


def value_change(before: bytes, after: bytes) -> str:
    """The change in words; "" where there is nothing short to say."""
    if len(before) > MOST_BYTES or len(after) > MOST_BYTES:
        return ""
    difference = number_change(before, after)
    if difference:
        return difference
    one, other = read_json(before), read_json(after)
    if not (is_json(one) and is_json(other)) or not all(
        isinstance(each, dict | list) for each in (one, other)
    ):
        return ""
    return _members_change(dict(_values(one)), dict(_values(other)))


def number_change(before: bytes, after: bytes) -> str:
    """The signed difference of two readings of one unit: "+0.3 °C"; "" where they are none, or equal."""
    if len(before) > _LONGEST_READING or len(after) > _LONGEST_READING:
        return ""
    try:
        one, other = parse_reading(before.decode()), parse_reading(after.decode())
    except UnicodeDecodeError:
        return ""
    if one is None or other is None or one.unit != other.unit:
        return ""
    return f"{signed(one.value, other.value)} {one.unit}".strip()


def signed(before: int | float, after: int | float) -> str:
    """The exact difference with its sign, as the digits were written: "+0.1" for 0.2 → 0.3; "" for none."""
    try:
        difference = _EXACT.subtract(Decimal(repr(after)), Decimal(repr(before))).normalize(_EXACT)
    except (InvalidOperation, ValueError):
        return ""
    if not difference or not difference.is_finite():
        return ""
    text = f"{difference:+f}" if difference.adjusted() in _PLAIN_EXPONENTS else f"{difference:+.6e}"
    return text.replace("-", "−", 1) if difference < 0 else text  # a minus, and no formula for a spreadsheet


def _members_change(before: dict[str, Any], after: dict[str, Any]) -> str:
    parts = [
        _member(path, value, after[path])
        for path, value in before.items()
        if path in after and not _is_same(value, after[path])
    ]
    more = sum(path not in before for path in after) - sum(path not in after for path in before)
    if not parts and more:
        text = f"{more:+,} element" if abs(more) == 1 else f"{more:+,} elements"
        return text.replace("-", "−")
    if len(parts) > _NAMED:
        parts = [*parts[:_NAMED], f"{len(parts) - _NAMED:,} more"]
    return ", ".join(parts)


def _is_same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _member(path: str, before: Any, after: Any) -> str:
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (before, after))
    difference = signed(before, after) if numbers else ""
    return f"{path} {difference}" if difference else f"{path}: {_short(before)} → {_short(after)}"


def _short(value: Any) -> str:
    if isinstance(value, str):
        return f"“{value[:_LONGEST]}…”" if len(value) > _LONGEST else f"“{value}”"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    try:
        return str(value)[: _LONGEST * 2]
    except ValueError:  # more digits than Python writes at once
        return "a long number"


def _values(top: Any) -> Iterator[tuple[str, Any]]:
    """The values that hold no others, with their paths; the first ones of many."""
    level = [("", top)]
    left = _MOST_VALUES
    for _ in range(_MOST_LEVELS):
        below: list[tuple[str, Any]] = []
        for path, value in level:
            if isinstance(value, dict):
                below += [(join(path, key), each) for key, each in list(value.items())[:left]]
            elif isinstance(value, list):
                below += [(f"{path}[{number}]", each) for number, each in enumerate(value[:left])]
            else:
                yield path, value
            left -= 1
            if left <= 0:
                return
        level = below
