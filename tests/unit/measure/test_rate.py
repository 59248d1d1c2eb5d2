# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from mqtt_explorer.measure import RateMeter


def test_nothing_before_two_samples():
    meter = RateMeter()
    assert (meter.per_s, meter.bytes_per_s) == (0, 0)
    meter.update(10.0, 500, 5000)
    assert (meter.per_s, meter.bytes_per_s) == (0, 0)
    meter.update(10.0, 600, 6000)  # the clock did not move
    assert (meter.per_s, meter.bytes_per_s) == (0, 0)


def test_a_steady_rate_is_exact():
    meter = RateMeter()
    for tick in range(100):
        meter.update(tick / 30, tick * 100, tick * 4000)
    assert meter.per_s == pytest.approx(3000)
    assert meter.bytes_per_s == pytest.approx(120_000)


def test_the_window_forgets():
    meter = RateMeter()
    for tick in range(31):
        meter.update(tick / 30, tick * 100, tick)
    for tick in range(31, 91):
        meter.update(tick / 30, 3000, 30)
    assert meter.per_s == 0
    assert len(meter._samples) <= 33


def test_one_sample_a_second_gives_that_second():
    meter = RateMeter()
    meter.update(0.0, 0, 0)
    meter.update(1.0, 1000, 0)
    meter.update(2.0, 1010, 0)
    assert meter.per_s == pytest.approx(10)


def test_a_counter_that_begins_anew():
    meter = RateMeter()
    meter.update(0.0, 1000, 1000)
    meter.update(1.0, 10, 10)
    assert meter.per_s == 0
    meter.update(2.0, 30, 10)
    assert (meter.per_s, meter.bytes_per_s) == (20, 0)
