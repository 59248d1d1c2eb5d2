# SPDX-License-Identifier: MIT
"""When to ping, and when a silent peer is given up."""

from __future__ import annotations

import pytest

from mqtt_explorer.network.heartbeat import Heartbeat
from mqtt_explorer.network.wire_counters import WireCounters


@pytest.mark.parametrize(("keep_alive", "every"), [(1, 0.5), (2, 1), (10, 5), (30, 15), (600, 15)])
def test_it_pings_at_once_and_then_well_within_the_keep_alive(keep_alive, every):
    heartbeat = Heartbeat(keep_alive, WireCounters())
    assert heartbeat.due(100.0)
    assert not heartbeat.due(100.0)
    heartbeat.sent(100.1)
    heartbeat.answered(100.2)
    assert not heartbeat.due(100.0 + every - 0.01)
    assert heartbeat.due(100.0 + every)


def test_a_keep_alive_of_0_means_no_pings():
    heartbeat = Heartbeat(0, WireCounters())
    assert not heartbeat.due(1e6)
    assert heartbeat.overdue(1e6, "b") is None


def test_the_round_trip_time_is_from_the_byte_out_to_the_answer():
    heartbeat = Heartbeat(30, WireCounters())
    assert heartbeat.rtt_s is None
    heartbeat.due(10.0)
    assert heartbeat.waiting
    heartbeat.sent(11.0)
    heartbeat.answered(11.25)
    assert heartbeat.rtt_s == 0.25
    assert not heartbeat.waiting
    heartbeat.answered(99.0)  # one nobody asked for
    assert heartbeat.rtt_s == 0.25


@pytest.mark.parametrize(("keep_alive", "patience"), [(1, 2), (5, 5), (30, 20)])
def test_no_answer(keep_alive, patience):
    heartbeat = Heartbeat(keep_alive, WireCounters())
    heartbeat.due(0.0)
    heartbeat.sent(0.0)
    assert heartbeat.overdue(patience, "broker:1") is None
    fault = heartbeat.overdue(patience + 0.1, "broker:1")
    assert fault is not None
    assert "broker:1 did not answer a ping" in fault.message


def test_a_drip_is_no_answer_and_a_backlog_is_patience():
    wire = WireCounters()
    heartbeat = Heartbeat(5, wire)
    heartbeat.due(0.0)
    heartbeat.sent(0.0)
    wire.bytes_in = 1000
    assert heartbeat.overdue(6.0, "b") is not None
    wire.bytes_in = 70_000
    assert heartbeat.overdue(6.0, "b") is None
    assert heartbeat.overdue(31.0, "b") is not None


def test_a_ping_behind_a_large_message_waits_while_bytes_leave_and_not_longer():
    wire = WireCounters()
    heartbeat = Heartbeat(5, wire)
    heartbeat.due(0.0)
    for second in range(1, 30):
        wire.bytes_out += 1000
        assert heartbeat.overdue(second, "b") is None
    fault = heartbeat.overdue(35.0, "b")
    assert fault is not None
    assert "has taken nothing" in fault.message


def test_it_pings_on_while_an_answer_is_missing_and_the_oldest_ping_has_the_deadline():
    wire = WireCounters()
    heartbeat = Heartbeat(10, wire)
    for second in (0.0, 5.0, 10.0):
        assert heartbeat.due(second)
        heartbeat.sent(second)
        wire.bytes_in += 100_000  # a backlog lies before the answer
    assert not heartbeat.due(12.0)
    assert heartbeat.overdue(11.0, "b") is None
    heartbeat.answered(12.0)
    assert heartbeat.rtt_s == 12.0
    heartbeat.answered(12.0)
    assert heartbeat.rtt_s == 7.0
    assert heartbeat.waiting
    wire.bytes_in = 300_000
    assert heartbeat.overdue(10.0 + 59.0, "b") is None
    assert heartbeat.overdue(10.0 + 61.0, "b") is not None


def test_while_a_ping_is_queued_no_other_is():
    heartbeat = Heartbeat(10, WireCounters())
    assert heartbeat.due(0.0)
    assert not heartbeat.due(9.0)


@pytest.mark.parametrize("keep_alive", [0, 30, 65_535])
def test_after_a_sleep_a_dead_peer_is_noticed_within_seconds(keep_alive):
    heartbeat = Heartbeat(keep_alive, WireCounters())
    if keep_alive:
        assert heartbeat.due(0.0)
        heartbeat.sent(0.0)
        heartbeat.answered(0.1)
    heartbeat.hurry(5.0)
    assert heartbeat.due(5.0), "a ping at once"
    heartbeat.sent(5.0)
    assert heartbeat.overdue(7.9, "broker:1") is None
    fault = heartbeat.overdue(8.1, "broker:1")
    assert fault is not None
    assert "broker:1 did not answer a ping for 3 s" in fault.message


def test_after_a_sleep_any_byte_is_a_sign_of_life():
    wire = WireCounters()
    heartbeat = Heartbeat(30, wire)
    heartbeat.hurry(5.0)
    assert heartbeat.due(5.0)
    heartbeat.sent(5.0)
    wire.bytes_in += 1
    assert heartbeat.overdue(20.0, "b") is None
    assert heartbeat.overdue(26.0, "b") is not None, "the ping itself still wants its answer"


def test_after_a_sleep_a_ping_that_waits_for_an_answer_already_gets_a_few_seconds_more():
    heartbeat = Heartbeat(30, WireCounters())
    assert heartbeat.due(0.0)
    heartbeat.sent(0.0)
    heartbeat.hurry(10.0)
    assert heartbeat.due(10.0)
    heartbeat.sent(10.0)
    assert heartbeat.overdue(12.9, "b") is None
    assert heartbeat.overdue(13.1, "b") is not None


def test_after_a_sleep_a_large_message_that_still_leaves_is_given_time():
    wire = WireCounters()
    heartbeat = Heartbeat(30, wire)
    assert heartbeat.due(0.0)  # queued behind the message
    heartbeat.hurry(5.0)
    for second in range(6, 20):
        wire.bytes_out += 100
        assert heartbeat.overdue(second, "b") is None
    assert heartbeat.overdue(22.5, "b") is not None
