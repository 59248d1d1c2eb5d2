# SPDX-License-Identifier: MIT
"""Numbers and times as the tables of the window spell them."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QCoreApplication

_SIZES: Final = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def translate(text: str) -> str:
    """The text in the user's language; for models, which have no `tr()` of a widget around them."""
    return QCoreApplication.translate("Models", text)


def clock_time(wall_ns: int) -> str:
    """Local time of day with milliseconds: "14:02:11.482"."""
    seconds, rest = divmod(wall_ns, 1_000_000_000)
    return f"{time.strftime('%H:%M:%S', time.localtime(seconds))}.{rest // 1_000_000:03d}"


def full_time(wall_ns: int) -> str:
    """Local date and time with milliseconds: "2026-11-20 14:02:11.482"."""
    seconds = wall_ns // 1_000_000_000
    return f"{time.strftime('%Y-%m-%d', time.localtime(seconds))} {clock_time(wall_ns)}"


def age(seconds: float) -> str:
    """How long ago, short enough for a narrow column: "now", "6 s", "4 min", "2 h", "3 d"."""
    if seconds < 1:
        return translate("now")
    if seconds < 60:
        return f"{int(seconds)} s"
    if seconds < 3_600:
        return f"{int(seconds / 60)} min"
    if seconds < 86_400:
        return f"{int(seconds / 3_600)} h"
    return f"{int(seconds / 86_400)} d"


def rate(per_second: float) -> str:
    """Messages per second: "312/s", "1.0/s", "3/min"; a dash for less than one in ten minutes."""
    if per_second >= 99.5:
        return f"{per_second:,.0f}/s"
    if per_second >= 0.095:
        return f"{per_second:.1f}/s"
    if per_second >= 1 / 600:
        return f"{per_second * 60:.1f}/min"
    return "–"


def usual(seconds: float) -> str:
    """The usual interval of a topic: "every 1.0 s", "every 4.5 min"; no figure for what no eye could follow."""
    if seconds < 0.0095:
        return translate("more than 100 times a second")
    if seconds < 0.95:
        amount = f"{seconds * 1e3:.0f} ms"
    elif seconds < 99.5:
        amount = f"{seconds:.1f} s"
    elif seconds < 5_970:
        amount = f"{seconds / 60:.1f} min"
    elif seconds < 172_800:
        amount = f"{seconds / 3_600:.1f} h"
    else:
        amount = f"{seconds / 86_400:.1f} d"
    return translate("every {time}").format(time=amount)


def number(value: float) -> str:
    """A number short enough for a tooltip, with up to six digits: "21.7", "1.5e+09"."""
    return f"{value:.6g}"


def gap(nanoseconds: int) -> str:
    """Time between two messages: "+1.004 s", "+0.23 ms", "+4 min 10 s"."""
    seconds = nanoseconds / 1e9
    if seconds < 0.1:
        return f"+{seconds * 1e3:.2f} ms"
    if seconds < 60:
        return f"+{seconds:.3f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"+{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"+{hours} h {minutes} min"


def size(count: int) -> str:
    """A number of bytes: "112 B", "1 MiB", "15.3 MiB"."""
    for unit, name in _SIZES:
        if count >= unit:
            value = f"{count / unit:.1f}".removesuffix(".0")
            return f"{value} {name}"
    return f"{count} B"
