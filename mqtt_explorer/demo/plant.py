# SPDX-License-Identifier: MIT
"""The simulated plant: three greenhouses, a production line and odd topics. Pure: time in, messages out."""

from __future__ import annotations

import heapq
import random

from mqtt_explorer.demo import odd, production_line
from mqtt_explorer.demo.greenhouse import Greenhouse
from mqtt_explorer.demo.source import Message, Source

GREENHOUSES = (("north", 38.0), ("south", 55.0), ("east", 68.0))
#: What the simulator subscribes to: users turn the valves.
COMMAND_FILTER = "greenhouse/+/valve/set"
#: Every topic speaks once within this time from the start, so the tree is there at a glance.
FILL_S = 2.0


class Plant:
    """About 200 topics and 50 messages a second; the same seed and times give the same messages."""

    def __init__(self, seed: int = 7, epoch_s: float = 0.0) -> None:
        """Builds the plant.

        Args:
            seed: Another seed is another plant with the same topics.
            epoch_s: The Unix time at time 0, for the timestamps in payloads.
        """
        self._greenhouses = {name: Greenhouse(name, seed, moisture) for name, moisture in GREENHOUSES}
        self.sources: list[Source] = []
        for greenhouse in self._greenhouses.values():
            self.sources += greenhouse.sources()
        self.sources += production_line.sources(seed, epoch_s)
        self.sources += odd.sources(seed, epoch_s)
        chance = random.Random(seed)
        self._due = [
            (chance.uniform(0, min(FILL_S, source.period_s)), index)
            for index, source in enumerate(self.sources)
        ]
        heapq.heapify(self._due)

    def step(self, now_s: float) -> list[Message]:
        """The messages due by now.

        After a pause (a suspended laptop) each topic speaks once, not once for every message missed.

        Args:
            now_s: Seconds since the start; must not go back.
        """
        messages: list[Message] = []
        while self._due[0][0] <= now_s:
            due, index = self._due[0]
            source = self.sources[index]
            missed = int((now_s - due) / source.period_s)
            heapq.heapreplace(self._due, (due + (missed + 1) * source.period_s, index))
            messages.append((source.topic, source.payload(now_s), source.qos, source.retain))
        return messages

    def command(self, topic: str, payload: bytes) -> list[Message]:
        """Obeys a user's message to ``greenhouse/<name>/valve/set``; returns the answers."""
        levels = topic.split("/")
        greenhouse = self._greenhouses.get(levels[1]) if len(levels) == 4 else None
        return greenhouse.command(payload) if greenhouse is not None else []
