# SPDX-License-Identifier: MIT
"""Publishes the simulated plant to a broker on this machine, and lets users turn its valves."""

from __future__ import annotations

import time
from typing import NoReturn

from mqtt_explorer.demo import children
from mqtt_explorer.demo.client import Client
from mqtt_explorer.demo.plant import COMMAND_FILTER, Plant

CLIENT_ID = "mxq-demo-plant"
TICK_S = 0.05
RETRY_S = 1.0


def main(port: int) -> NoReturn:
    """The simulator's process: runs until the guard ends it or is gone."""
    children.end_with_parent()
    while True:
        try:
            with Client(port, CLIENT_ID) as client:
                run(client, Plant(epoch_s=time.time()))
        except (OSError, ValueError):
            # A user may take our client id over to see what happens. When the broker is gone the guard ends us.
            time.sleep(RETRY_S)


def run(client: Client, plant: Plant) -> NoReturn:
    """Drives the plant by the clock until the connection breaks (OSError)."""
    client.subscribe(COMMAND_FILTER)
    start = time.monotonic()
    while True:
        messages = plant.step(time.monotonic() - start)
        for topic, payload in client.receive(TICK_S):
            messages += plant.command(topic, payload)
        for message in messages:
            client.publish(*message)
