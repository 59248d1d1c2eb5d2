# SPDX-License-Identifier: MIT
"""A greenhouse: climate, beds, and one irrigation valve that also obeys users."""

from __future__ import annotations

import json
import math
from typing import Any

from mqtt_explorer.demo.curves import around, between, counted, daylight, wander
from mqtt_explorer.demo.source import ONCE, Message, Source, as_json, constant, text

BEDS = 3
#: How long a user's command holds before the automatic takes over again.
MANUAL_S = 60.0
WET, DRY = 72.0, 34.0
_TIME_CONSTANT_S = 90.0


class Valve:
    """Waters the beds below `DRY` percent and stops above `WET`, unless a user said otherwise less than a minute ago."""

    def __init__(self, moisture: float) -> None:
        self.is_open = False
        self.litres = 0.0
        self._manual_until = -math.inf
        self._moisture = moisture
        self._now = 0.0

    @property
    def is_manual(self) -> bool:
        """Whether a user's command still holds."""
        return self._now < self._manual_until

    def moisture(self, t: float) -> float:
        """Soil moisture in percent; follows the valve slowly. Time must not go back."""
        elapsed = max(0.0, t - self._now)
        target = 85.0 if self.is_open else 22.0
        self._moisture = target + (self._moisture - target) * math.exp(-elapsed / _TIME_CONSTANT_S)
        self.litres += 0.07 * elapsed if self.is_open else 0.0
        self._now = max(t, self._now)
        if not self.is_manual:
            self.is_open = self._moisture < (WET if self.is_open else DRY)
        return self._moisture

    def turn(self, is_open: bool) -> None:
        """A user's command."""
        self.is_open = is_open
        self._manual_until = self._now + MANUAL_S

    def state(self, t: float) -> bytes:
        """The retained state."""
        self.moisture(t)
        flow = 4.2 if self.is_open else 0.0
        return as_json(
            {"open": self.is_open, "mode": "manual" if self.is_manual else "auto", "flow_l_min": flow}
        )


class Greenhouse:
    """One greenhouse under ``greenhouse/<name>``."""

    def __init__(self, name: str, seed: int, moisture: float) -> None:
        self.name = name
        self.root = f"greenhouse/{name}"
        self._seed = f"{seed}/{name}"
        self.valve = Valve(moisture)
        self._drift = around(f"{self._seed}/air", 20.0, 2.5, 240)
        self._damp = around(f"{self._seed}/damp", 66.0, 9.0, 180)
        self._cloud = wander(f"{self._seed}/cloud", 75)

    def sources(self) -> list[Source]:
        """Every topic of this greenhouse."""
        return self._climate() + self._machines() + self._beds()

    def command(self, payload: bytes) -> list[Message]:
        """Obeys a message to ``valve/set`` and answers with the new state, or with what is wrong with the message."""
        wanted = _wanted(payload)
        if wanted is None:
            problem = 'Send JSON such as {"open": true} or {"open": false}.'
            return [(f"{self.root}/valve/error", problem.encode(), 0, False)]
        self.valve.turn(wanted)
        return [(f"{self.root}/valve/state", self.valve.state(0.0), 1, True)]

    def _temperature(self, t: float) -> float:
        return self._drift(t) + 6.0 * daylight(t)

    def _humidity(self, t: float) -> float:
        return between(self._damp(t) - 14.0 * daylight(t), 25.0, 98.0)

    def _climate(self) -> list[Source]:
        root = f"{self.root}/climate"

        def dew_point(t: float) -> float:
            # Magnus formula: plots of it against the temperature make sense.
            x = math.log(self._humidity(t) / 100) + 17.62 * self._temperature(t) / (
                243.12 + self._temperature(t)
            )
            return 243.12 * x / (17.62 - x)

        def light(t: float) -> int:
            return round(52_000 * daylight(t) * (0.8 + 0.2 * self._cloud(t)))

        co2 = around(f"{self._seed}/co2", 610, 150, 200)
        return [
            Source(f"{root}/temperature", 1, lambda t: text(f"{self._temperature(t):.1f} °C")),
            Source(f"{root}/humidity", 2, lambda t: text(f"{self._humidity(t):.1f} %")),
            Source(f"{root}/dew_point", 4, lambda t: text(f"{dew_point(t):.1f} °C")),
            Source(f"{root}/co2", 4, lambda t: text(f"{co2(t) - 120 * daylight(t):.0f} ppm")),
            Source(f"{root}/light", 2, lambda t: text(light(t))),
            Source(f"{root}/is_day", 5, lambda t: text(str(daylight(t) > 0.02).lower()), retain=True),
        ]

    def _machines(self) -> list[Source]:
        root = self.root

        def window(t: float) -> int:
            return round(between((self._temperature(t) - 21) * 18, 0, 100))

        def fan(t: float) -> int:
            return round(between((self._humidity(t) - 55) * 60, 0, 1450))

        def power(t: float) -> float:
            return 85 + fan(t) * 0.22 + (900 if self._temperature(t) < 18.5 else 0)

        info = {"firmware": "2.4.1", "area_m2": 320, "beds": BEDS, "crops": ["tomato", "basil", "chili"]}
        return [
            Source(f"{root}/valve/state", 5, self.valve.state, 1, True),
            Source(f"{root}/valve/litres", 5, self._litres),
            Source(f"{root}/window/position", 4, lambda t: text(f"{window(t)} %")),
            Source(f"{root}/fan/speed", 4, lambda t: text(f"{fan(t)} rpm")),
            Source(f"{root}/fan/on", 5, lambda t: text(str(fan(t) > 0).lower())),
            Source(f"{root}/heater/state", 5, lambda t: b"ON" if self._temperature(t) < 18.5 else b"OFF"),
            Source(f"{root}/energy/power", 4, lambda t: text(f"{power(t):.0f} W")),
            Source(f"{root}/energy/total", 10, lambda t: text(f"{1873.25 + t * 0.00005:.4f} kWh"), 1),
            Source(f"{root}/status", 30, constant(b"online"), 1, True),
            Source(f"{root}/info", ONCE, constant(as_json(info)), 1, True),
            Source(f"{root}/uptime", 5, lambda t: text(counted(t, 1, 86_400))),
        ]

    def _litres(self, t: float) -> bytes:
        self.valve.moisture(t)
        return text(f"{self.valve.litres:.1f}")

    def _beds(self) -> list[Source]:
        return [source for number in range(1, BEDS + 1) for source in self._bed(number)]

    def _bed(self, number: int) -> list[Source]:
        root = f"{self.root}/bed-{number}"
        key = f"{self._seed}/bed-{number}"
        offset = around(f"{key}/moisture", 3.0 * number - 5, 1.5, 60)
        warmth, salt = around(f"{key}/soil", 17.5, 1.2, 300), around(f"{key}/salt", 1.8, 0.3, 400)
        ph, battery = around(f"{key}/ph", 6.3, 0.25, 500), around(f"{key}/battery", 3.6, 0.08, 900)

        def soil(t: float) -> bytes:
            return as_json(
                {"ec": round(salt(t), 2), "ph": round(ph(t), 2), "battery": {"v": round(battery(t), 3)}}
            )

        def moisture(t: float) -> bytes:
            return text(f"{between(self.valve.moisture(t) + offset(t), 0, 100):.1f} %")

        return [
            Source(f"{root}/moisture", 3, moisture),
            Source(f"{root}/temperature", 4, lambda t: text(f"{warmth(t) + 2 * daylight(t):.2f}")),
            Source(f"{root}/soil", 5, soil),
        ]


def _wanted(payload: bytes) -> bool | None:
    """What a command asks for; None when it is none."""
    try:
        command: Any = json.loads(payload)
    except (ValueError, RecursionError):  # a user may send a thousand brackets
        return None
    wanted = command.get("open") if isinstance(command, dict) else None
    return wanted if isinstance(wanted, bool) else None
