# SPDX-License-Identifier: MIT
"""The strict number rule: what counts as a number in a payload.

`float()` takes too much: ``1_000``, ``nan``, ``infinity`` and digits of other scripts. Here a number is ASCII digits with an optional
sign, point and exponent, finite, and may be followed by one known unit ("21.7 °C", "45%", "1.2 m³/h"). ``true``, ``false``, ``on`` and
``off`` are 1 and 0, because they are plotted so. A comma is never read: it means a fraction in one country and thousands in the next.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

#: Longer texts are no readings; the limit keeps `int()` cheap.
MAX_CHARACTERS = 400

# Possessive (++): no number is tried shorter, so a long row of digits costs linear time.
_NUMBER = r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?+"
_PREFIXED = (
    r"(?:da|[yzafpnuµμmcdhkKMGTPEZY])?"
    r"(?:mol|cd|Hz|Pa|Wb|lm|lx|Bq|Gy|Sv|bar|eV|Wh|VAh|VA|varh|var|Ah|Ohm|ohm|cal|pixel|px|bps|bit|Bd|[mgsAKNJWCVFΩΩSTHLltBb])"
)
_PLAIN = (
    r"%RH|%rH|%|‰|°[CFK]?|℃|℉|deg|degC|degF|rad|ppm|ppb|ppt|dBm|dBA|dB|min|days?|hours?|seconds?|minutes?|sec|hrs?|[dh]"
    r"|rpm|RPM|rev|U|in|ft|yd|mi|kn|kt|mph|kph|kmh|psi|PSI|inHg|mmHg|inch|gal|gpm|lbs?|oz|pH|UV|AQI|NTU|RH|(?:[KMGT]i)?(?:[Bb]|bytes?|bits?)"
    r"|€|\$|£|¥|ct|EUR|USD|GBP|CHF|[cdk]?m[23]|s2|pcs|msgs?|msg|pkts?|imp"
)
_EXPONENT = r"(?:\^-?[0-9]|[²³]|⁻[¹²³])?"
_ATOM = rf"(?:(?:{_PLAIN}|{_PREFIXED}){_EXPONENT})"
_READING = re.compile(rf"({_NUMBER})(?:[ \u00a0\u202f]?({_ATOM}(?:[/·*]{_ATOM}){{0,3}}))?\Z")
_BOOLEANS = {"true": True, "false": False, "on": True, "off": False}
_SPACE = " \t\r\n"


class Reading(NamedTuple):
    """A number and the unit written behind it ("" without one)."""

    value: int | float
    unit: str


def parse_reading(text: str) -> Reading | None:
    """Reads a number with an optional unit; None when the text is anything else or not finite."""
    if len(text) > MAX_CHARACTERS:
        return None
    found = _READING.match(text.strip(_SPACE))
    if found is None:
        return None
    digits, unit = found.groups()
    value = finite(int(digits) if digits.lstrip("+-").isdigit() else float(digits))
    return None if value is None else Reading(value, unit or "")


def parse_boolean(text: str) -> bool | None:
    """Reads true, false, on or off in any case; None for everything else."""
    return _BOOLEANS.get(text.strip(_SPACE).lower()) if len(text) <= MAX_CHARACTERS else None


def parse_number(text: str) -> int | float | None:
    """What a chart plots for a text: a reading's value, 1 or 0 for a boolean, None for everything else."""
    reading = parse_reading(text)
    if reading is not None:
        return reading.value
    boolean = parse_boolean(text)
    return None if boolean is None else int(boolean)


def finite(value: int | float) -> int | float | None:
    """The value if it is finite and a float can hold it; integers stay exact."""
    try:
        return value if math.isfinite(value) else None
    except OverflowError:  # an integer beyond 1.8e308
        return None
