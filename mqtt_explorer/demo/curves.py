# SPDX-License-Identifier: MIT
"""Smooth, repeatable curves: every value is a function of a name and a time, so the same seed shows the same plant."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

#: The plant's day, in seconds: short, so that a plot shows morning and evening.
DAY_S = 600.0

Curve = Callable[[float], float]


def wander(name: str, period_s: float) -> Curve:
    """A curve between -1 and 1 that never repeats soon: three waves with periods and phases of their own."""
    source = random.Random(name)
    waves = [
        (weight, period_s * stretch * source.uniform(0.8, 1.2), source.uniform(0, math.tau))
        for weight, stretch in ((0.6, 1.0), (0.28, 0.37), (0.12, 0.11))
    ]

    def value(t: float) -> float:
        return sum(weight * math.sin(math.tau * t / period + phase) for weight, period, phase in waves)

    return value


def around(name: str, middle: float, span: float, period_s: float = 120.0) -> Curve:
    """A curve that wanders around a middle by at most `span`."""
    shape = wander(name, period_s)
    return lambda t: middle + span * shape(t)


def daylight(t: float) -> float:
    """0 at night to 1 at noon."""
    return math.pow(max(0.0, math.sin(math.tau * t / DAY_S)), 0.8)


def between(value: float, low: float, high: float) -> float:
    """The value, kept within bounds."""
    return min(high, max(low, value))


def counted(t: float, per_second: float, offset: int = 0) -> int:
    """A counter that grows steadily from an offset."""
    return offset + int(t * per_second)
