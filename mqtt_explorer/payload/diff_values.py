# SPDX-License-Identifier: MIT
"""Two single values: whether they are equal, and what the difference is, exactly.

Numbers are compared by their digits and never rounded: 21.7 − 21.6 is 0.1, and 1e999999999 is compared without being written out.
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Final, NamedTuple

from mqtt_explorer.payload.numeric import MAX_CHARACTERS, parse_reading

#: Differences of more digits are not written out: they would not be read.
_MOST_DIGITS: Final = 400
#: Plain digits up to here, a power of ten beyond.
_PLAIN: Final = 24
_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?\Z")
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]{1,12}))?"
    r"(Z|z|[+-][0-9]{2}:?[0-9]{2})?\Z"
)
_WORDS: Final = {b"true": "true/false", b"false": "true/false", b"null": "null"}
#: A time written as a string has no more characters.
_LONGEST_TIME: Final = 48


class Exact(NamedTuple):
    """A number: `sign` · 0.`digits` · 10^`power`, digits without zeros at either end; zero has none.

    `power` is text where it has more digits than a computer's own integers: then it is compared as it is spelled.
    """

    sign: int
    digits: str
    power: int | str


def exact(text: str) -> Exact | None:
    """Reads a number as it is spelled; None when it is none."""
    found = _NUMBER.match(text)
    if found is None:
        return None
    minus, whole, fraction, exponent = found.groups()
    fraction = fraction or ""
    digits = (whole + fraction).lstrip("0")
    if not (whole or fraction):
        return None
    if not digits:
        return Exact(0, "", 0)
    power = len(digits) - len(fraction)
    sign = -1 if minus == "-" else 1
    if exponent and len(exponent.lstrip("+-0")) > 18:
        return Exact(sign, f"{whole}.{fraction}", exponent)
    return Exact(sign, digits.rstrip("0"), power + int(exponent or 0))


def difference(a: str, b: str) -> str:
    """The exact `b` − `a` with its sign; "larger" or "smaller" when writing it out would take hundreds of digits; "" when unknown."""
    one, other = exact(a), exact(b)
    if one is None or other is None or isinstance(one.power, str) or isinstance(other.power, str):
        return ""
    low_a, low_b = one.power - len(one.digits), other.power - len(other.digits)
    low = min(low_b if not one.sign else low_a, low_a if not other.sign else low_b)
    high = max(one.power if one.sign else low, other.power if other.sign else low)
    if high - low > _MOST_DIGITS:
        return "larger" if _is_less(one, other) else "smaller"
    value = _scaled(other, low) - _scaled(one, low)
    return _written(value, low)


def _scaled(number: Exact, low: int) -> int:
    if not number.sign or isinstance(number.power, str):
        return 0
    zeros = number.power - len(number.digits) - low
    return int(number.sign * int(number.digits) * 10**zeros)


def _is_less(one: Exact, other: Exact) -> bool:
    if one.sign != other.sign:
        return one.sign < other.sign
    keys = [
        (int(each.power), each.digits) for each in (one, other)
    ]  # digits compare as text: both begin right behind the point
    return keys[0] < keys[1] if one.sign > 0 else keys[0] > keys[1]


def _written(value: int, low: int) -> str:
    """An integer times 10^low, in plain digits where that is short."""
    if not value:
        return "0"
    sign, digits = "+" if value > 0 else "−", str(abs(value))
    stripped = digits.rstrip("0")
    low += len(digits) - len(stripped)
    digits = stripped
    if low >= 0 and len(digits) + low <= _PLAIN:
        return sign + digits + "0" * low
    if low < 0 and max(len(digits), -low) <= _PLAIN:
        digits = digits.rjust(1 - low, "0")
        return f"{sign}{digits[:low]}.{digits[low:]}"
    power = low + len(digits) - 1
    point = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{point}e{power}"


def same_value(kind_a: str, a: bytes, kind_b: str, b: bytes) -> bool:
    """Whether two scalars are equal, however they are spelled: 1.50 and 1.5, an escape and what it stands for."""
    if a == b:
        return kind_a == kind_b
    if kind_a != kind_b:
        return False
    if kind_a == "string":
        return (b"\\" in a or b"\\" in b) and plain_string(a) == plain_string(b)
    if kind_a == "number":
        one, other = exact(a.decode("ascii", "replace")), exact(b.decode("ascii", "replace"))
        return one is not None and one == other
    return False


def plain_string(spelled: bytes) -> bytes:
    """A JSON string or a key with its escapes resolved, still between its quotes; anything else as it is."""
    if b"\\" not in spelled:
        return spelled
    try:
        text = json.loads(spelled.decode("utf-8", "surrogatepass"), strict=False)
    except (ValueError, RecursionError):
        return spelled
    return b'"' + text.encode("utf-8", "surrogatepass") + b'"' if isinstance(text, str) else spelled


def change_text(kind_a: str, a: bytes, kind_b: str, b: bytes) -> str:
    """What happened between two different values: a difference where there is one, else a word."""
    name_a, name_b = type_name(kind_a, a), type_name(kind_b, b)
    if name_a != name_b:
        return f"{name_a} → {name_b}"
    if kind_a in ("open", "empty"):
        return "no longer empty" if kind_a == "empty" else "now empty"
    if max(len(a), len(b)) > 4 * MAX_CHARACTERS:
        return "changed"
    if kind_a == "number":
        return difference(a.decode("ascii", "replace"), b.decode("ascii", "replace")) or "changed"
    if kind_a == "string":
        texts = [plain_string(each)[1:-1].decode("utf-8", "replace") for each in (a, b)]
        return time_difference(*texts) or _reading_difference(*texts) or "changed"
    return "changed"


def type_name(kind: str, value: bytes) -> str:
    """What people call the type of a value."""
    if kind in ("open", "empty"):
        return "object" if value[:1] == b"{" else "array"
    if kind == "string":
        return "text"
    if kind == "number":
        return "number"
    return _WORDS.get(value[:8]) or ("bytes" if value.startswith(b"h'") else "literal")


def _reading_difference(a: str, b: str) -> str:
    """Numbers with the same unit, written as text: "21.7 °C"."""
    if max(len(a), len(b)) > 64:
        return ""
    one, other = parse_reading(a), parse_reading(b)
    if one is None or other is None or one.unit != other.unit:
        return ""
    texts = [each.strip().removesuffix(one.unit).strip() for each in (a, b)]
    made = difference(*texts)
    return f"{made} {one.unit}".rstrip() if made not in ("", "0") else ""


def time_difference(a: str, b: str) -> str:
    """Time between two ISO 8601 date-times, as exact as they are; "" when they are none, or only one has a zone."""
    if max(len(a), len(b)) > _LONGEST_TIME:
        return ""
    one, other = _TIME.match(a), _TIME.match(b)
    if one is None or other is None or (one[8] is None) != (other[8] is None):
        return ""
    places = max(len(one[7] or ""), len(other[7] or ""))
    ticks = [_ticks(found, places) for found in (one, other)]
    if ticks[0] is None or ticks[1] is None:
        return ""
    if ticks[0] == ticks[1]:
        return "same time"
    return _duration(ticks[1] - ticks[0], places)


def _ticks(found: re.Match[str], places: int) -> int | None:
    """Seconds since the year 1 as an integer with so many decimal places; None when there is no such day or time."""
    year, month, day, hour, minute, second = (int(each) for each in found.groups()[:6])
    try:
        days = date(year, month, day).toordinal()
    except ValueError:
        return None
    if hour > 24 or minute > 59 or second > 60:
        return None
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    zone = found[8]
    if zone not in (None, "Z", "z"):
        offset = int(zone[1:3]) * 60 + int(zone[-2:])
        seconds -= (1 if zone[0] == "+" else -1) * offset * 60
    return int(seconds * 10**places + int((found[7] or "").ljust(places, "0") or 0))


def _duration(ticks: int, places: int) -> str:
    sign = "−" if ticks < 0 else "+"
    seconds, rest = divmod(abs(ticks), 10**places)
    fraction = f".{rest:0{places}d}" if places else ""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    amounts = [(days, "d"), (hours, "h"), (minutes, "min")]
    while amounts and not amounts[0][0]:
        amounts.pop(0)
    parts = [f"{amount} {unit}" for amount, unit in amounts]
    if seconds or rest or not parts:
        parts.append(f"{seconds}{fraction} s")
    return sign + " ".join(parts)
