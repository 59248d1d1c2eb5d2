# SPDX-License-Identifier: MIT
"""A sleep of the computer, told by two clocks."""

from __future__ import annotations

import time

import pytest

from mqtt_explorer.network.wake import ASLEEP_S, WakeWatch, passing_s


class Clocks:
    """Two clocks: one stops while the computer sleeps."""

    def __init__(self):
        self.awake = 1_000.0
        self.passing = 5_000_000.0
        self.watch = WakeWatch(lambda: self.awake, lambda: self.passing)

    def work(self, seconds):
        self.awake += seconds
        self.passing += seconds

    def sleep(self, seconds):
        self.passing += seconds


@pytest.fixture
def clocks():
    return Clocks()


def test_a_sleep_is_told_once(clocks):
    clocks.work(1)
    assert not clocks.watch.slept()
    clocks.sleep(600)
    clocks.work(1)
    assert clocks.watch.slept()
    clocks.work(1)
    assert not clocks.watch.slept()
    clocks.sleep(ASLEEP_S + 0.1)
    assert clocks.watch.slept()


def test_a_stopped_or_busy_program_is_no_sleep(clocks):
    clocks.work(3_600)
    assert not clocks.watch.slept()


@pytest.mark.parametrize("seconds", [ASLEEP_S, 1, -1, -3_600])
def test_a_clock_that_is_set_right_or_back_is_no_sleep(clocks, seconds):
    clocks.sleep(seconds)
    assert not clocks.watch.slept()


def test_after_a_clock_was_set_back_a_sleep_is_still_told(clocks):
    clocks.sleep(-3_600)
    assert not clocks.watch.slept()
    clocks.sleep(60)
    assert clocks.watch.slept()


def test_the_real_clocks_run_side_by_side():
    watch = WakeWatch()
    begun = passing_s() - time.monotonic()
    time.sleep(0.05)
    assert abs(passing_s() - time.monotonic() - begun) < 0.05
    assert not watch.slept()
