# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import time

import pytest

from mqtt_explorer.measure import Gaps, LoopGap
from mqtt_explorer.measure.loop_lag import CAPACITY


def test_percentiles_of_known_values():
    gap = LoopGap()
    for number in range(1, 1001):
        gap.note(number / 1e6)
    gaps = gap.read()
    assert gaps.p50 == pytest.approx(0.5, abs=0.002)
    assert gaps.p99 == pytest.approx(0.99, abs=0.002)
    assert gaps.max == 1.0
    assert gap.read() == Gaps(0.0, 0.0, 0.0)


def test_one_long_gap_among_many_shows_in_the_maximum_only():
    gap = LoopGap()
    for number in range(200):
        gap.note(0.120 if number == 77 else 0.0004)
    assert gap.read() == Gaps(0.4, 0.4, 120.0)


def test_memory_is_bounded_and_the_maximum_is_not_forgotten():
    gap = LoopGap()
    gap.note(0.5)
    for _ in range(CAPACITY + 10):
        gap.note(0.001)
    assert len(gap._late_s) == CAPACITY
    assert gap.read() == Gaps(1.0, 1.0, 500.0)


async def test_a_blocked_loop_is_noticed():
    gap = LoopGap()
    gap.start()
    gap.start()  # once is enough
    await asyncio.sleep(0.1)
    time.sleep(0.08)
    await asyncio.sleep(0.05)
    await gap.stop()
    await gap.stop()
    gaps = gap.read()
    assert gaps.max >= 70
    assert gaps.p50 < 40
    await asyncio.sleep(0.03)
    assert gap.read() == Gaps(0.0, 0.0, 0.0)  # stopped


async def test_it_can_start_again():
    gap = LoopGap()
    for _ in range(2):
        gap.start()
        await asyncio.sleep(0.06)
        assert 1 <= len(gap._late_s) <= 13
        await gap.stop()
        gap.read()
