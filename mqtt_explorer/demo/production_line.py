# SPDX-License-Identifier: MIT
"""A production line: five stations with vibration, counters, alarms and jobs."""

from __future__ import annotations

import datetime
import math

from mqtt_explorer.demo.curves import around, between, counted, wander
from mqtt_explorer.demo.source import ONCE, Source, as_json, constant, text

#: Station, seconds per part, degrees Celsius, kilowatts.
STATIONS = (
    ("press", 2.4, 41.0, 11.0),
    ("robot-1", 3.1, 36.0, 3.2),
    ("robot-2", 3.3, 37.0, 3.1),
    ("oven", 4.0, 182.0, 24.0),
    ("packing", 2.8, 31.0, 1.9),
)
#: A station stands still for a moment once in this time.
STOP_EVERY_S = 90.0
STOP_FOR_S = 8.0


def sources(seed: int, epoch_s: float) -> list[Source]:
    """Every topic of the line; `epoch_s` is the Unix time at the plant's time 0, for timestamps."""
    found = _line(seed, epoch_s)
    for index, (name, cycle_s, celsius, kilowatts) in enumerate(STATIONS):
        found += _station(f"{seed}/{name}", name, index, cycle_s, celsius, kilowatts)
    return found


def is_stopped(index: int, t: float) -> bool:
    """Whether a station stands still; each in its own turn."""
    return (t + 13.0 * index) % STOP_EVERY_S > STOP_EVERY_S - STOP_FOR_S


def _station(
    key: str, name: str, index: int, cycle_s: float, celsius: float, kilowatts: float
) -> list[Source]:
    root = f"line/{name}"
    heat = around(f"{key}/heat", celsius, celsius * 0.04, 150)
    load = around(f"{key}/load", kilowatts, kilowatts * 0.15, 20)
    pace = around(f"{key}/pace", cycle_s, 0.2, 45)

    def state(t: float) -> bytes:
        return b"stopped" if is_stopped(index, t) else b"running"

    def parts(t: float) -> int:
        return counted(t, 1 / cycle_s, 12_000 + 37 * index)

    def rejected(t: float) -> int:
        return counted(t, 1 / (cycle_s * 45), 41 + index)

    def job(t: float) -> bytes:
        number = counted(t, 1 / 60, 4_711)
        done = int(t % 60 / 60 * 25)
        return as_json(
            {"order": f"A-{number}", "article": f"housing-{number % 4}", "wanted": 25, "done": done}
        )

    def oee(t: float) -> bytes:
        good = 1 - rejected(t) / parts(t)
        run = 1 - STOP_FOR_S / STOP_EVERY_S
        return as_json(
            {"availability": round(run, 4), "quality": round(good, 4), "oee": round(run * good * 0.95, 4)}
        )

    def alarm(t: float) -> bytes:
        if not is_stopped(index, t):
            return as_json({"active": False, "code": None})
        return as_json({"active": True, "code": 300 + index, "text": f"{name}: part jammed – Störung"})

    axes = [_vibration(f"{root}/vibration/{axis}", f"{key}/{axis}", index) for axis in "xyz"]
    return [
        *axes,
        Source(f"{root}/state", 4, state, 1, True),
        Source(f"{root}/temperature", 2, lambda t: text(f"{heat(t):.1f} °C")),
        Source(f"{root}/power", 2, lambda t: text(f"{0.4 if is_stopped(index, t) else load(t):.2f} kW")),
        Source(f"{root}/cycle_time", 5, lambda t: text(f"{pace(t):.3f} s")),
        Source(f"{root}/parts/total", cycle_s, lambda t: text(parts(t))),
        Source(f"{root}/parts/rejected", 10, lambda t: text(rejected(t)), 1),
        Source(f"{root}/job", 5, job, 0, True),
        Source(f"{root}/oee", 10, oee),
        Source(f"{root}/alarm", 5, alarm, 1, True),
        Source(f"{root}/status", 15, lambda t: _status(index, t), 1, True),
    ]


def _vibration(topic: str, key: str, index: int) -> Source:
    slow, fast = wander(key, 30), wander(f"{key}/fast", 12)

    def value(t: float) -> bytes:
        strength = 0.05 if is_stopped(index, t) else 1.6 + 0.5 * slow(t)
        return text(f"{between(strength * (1 + 0.15 * fast(t)), 0, 9):.3f}")

    return Source(topic, 2, value)


def _status(index: int, t: float) -> bytes:
    """Robot 2 loses its network once in a while; the others are always there."""
    return b"offline" if index == 2 and math.sin(math.tau * t / 120) < -0.7 else b"online"


def _line(seed: int, epoch_s: float) -> list[Source]:
    speed = around(f"{seed}/speed", 0.42, 0.05, 60)

    def shift(t: float) -> bytes:
        now = datetime.datetime.fromtimestamp(epoch_s + t, datetime.UTC)
        return as_json(
            {"name": ("night", "early", "late")[now.hour // 8], "time": now.isoformat(timespec="seconds")}
        )

    layout = {"stations": [name for name, *_ in STATIONS], "version": 3}
    return [
        Source("line/conveyor/speed", 1, lambda t: text(f"{speed(t):.3f} m/s")),
        Source("line/conveyor/running", 2, lambda t: b"1" if not is_stopped(0, t) else b"0", 0, True),
        Source("line/shift", 10, shift),
        Source("line/layout", ONCE, constant(as_json(layout)), 1, True),
    ]
