# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import queue
import sys
from collections import deque

import pytest

from mqtt_explorer.demo import children, guard


def test_the_configuration_lets_in_this_machine_only_and_keeps_nothing():
    lines = guard.configuration_lines(4711)
    assert [line for line in lines if line.startswith("listener")] == ["listener 4711 127.0.0.1"]
    assert {"allow_anonymous true", "persistence false"} <= set(lines)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no root")
@pytest.mark.parametrize(("uid", "stays_root"), [(0, True), (1000, False)])
def test_root_stays_root_and_a_user_is_not_named(uid, stays_root, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    assert ("user root" in guard.configuration_lines(1)) is stays_root


def test_the_configuration_folder_is_gone_afterwards():
    with guard.configuration(4711) as folder:
        assert "listener 4711" in (folder / "mosquitto.conf").read_text()
    assert not folder.exists()


def test_a_broker_that_ends_before_it_is_ready_is_quoted():
    events = queue.SimpleQueue()
    events.put("broker")
    problem = guard.wait_until_ready(guard.free_port(), events, deque(["Error: Address already in use"]))
    assert problem == "the broker ended by itself, saying “Error: Address already in use”"


def test_a_frozen_program_starts_itself_with_the_hidden_argument(monkeypatch):
    assert children.command("guard", "amqtt")[1:] == ["-P", "-m", "mqtt_explorer.demo", "guard", "amqtt"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert children.command("guard", "amqtt") == [sys.executable, "--demo-process", "guard", "amqtt"]
