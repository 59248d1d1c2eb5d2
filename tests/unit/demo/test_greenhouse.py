# SPDX-License-Identifier: MIT
from __future__ import annotations

import itertools
import json

import pytest

from mqtt_explorer.demo.greenhouse import DRY, MANUAL_S, WET, Valve
from mqtt_explorer.demo.plant import Plant

SET, STATE = "greenhouse/north/valve/set", "greenhouse/north/valve/state"


def state_of(valve: Valve, t: float) -> dict[str, object]:
    return json.loads(valve.state(t))


def test_the_automatic_keeps_the_soil_between_dry_and_wet():
    valve = Valve(50.0)
    values = [valve.moisture(t / 2) for t in range(4000)]
    assert DRY - 1 < min(values) < DRY + 1
    assert WET - 1 < max(values) < WET + 1
    assert max(abs(a - b) for a, b in itertools.pairwise(values)) < 0.5


@pytest.mark.parametrize("wanted", [True, False])
def test_a_command_turns_the_valve_and_is_answered_at_once(wanted):
    plant = Plant()
    plant.step(10.0)
    ((topic, payload, qos, retain),) = plant.command(SET, json.dumps({"open": wanted}).encode())
    assert (topic, qos, retain) == (STATE, 1, True)
    assert json.loads(payload) == {"open": wanted, "mode": "manual", "flow_l_min": 4.2 if wanted else 0.0}


def test_a_command_moves_the_moisture():
    opened, closed = Valve(50.0), Valve(50.0)
    opened.turn(True)
    closed.turn(False)
    assert opened.moisture(20.0) > 55 > 45 > closed.moisture(20.0)


def test_a_command_holds_a_minute_then_the_automatic_is_back():
    valve = Valve(30.0)
    valve.moisture(0.0)
    valve.turn(False)
    assert state_of(valve, MANUAL_S - 1) == {"open": False, "mode": "manual", "flow_l_min": 0.0}
    assert state_of(valve, MANUAL_S + 1)["mode"] == "auto"
    assert state_of(valve, MANUAL_S + 2)["open"] is True


@pytest.mark.parametrize("payload", [b"", b"open", b"true", b'{"open": 1}', b"{}", b"\xff", b"[" * 100_000])
def test_a_wrong_command_is_answered_with_what_to_send(payload):
    ((topic, answer, _, retain),) = Plant().command(SET, payload)
    assert topic == "greenhouse/north/valve/error"
    assert b'{"open": true}' in answer
    assert not retain


@pytest.mark.parametrize("topic", ["greenhouse/nowhere/valve/set", "greenhouse", ""])
def test_a_command_to_no_greenhouse_does_nothing(topic):
    assert Plant().command(topic, b'{"open": true}') == []
