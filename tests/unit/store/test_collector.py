# SPDX-License-Identifier: MIT
"""The garbage collector's policy: small steps under a flood, growth frozen, thawed at the end."""

from __future__ import annotations

import gc

import pytest

from mqtt_explorer.store.collector import GROWTH, YOUNG, Collector


@pytest.fixture
def passes():
    """The generations collected, in order."""
    seen = []

    def note(phase, info):
        if phase == "start":
            seen.append(info["generation"])

    gc.disable()
    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)
    gc.enable()
    gc.unfreeze()


def test_a_flood_is_collected_in_small_steps_where_a_timer_would_come_too_late(passes):
    collector = Collector()
    for _ in range(10):
        collector.grew(messages=YOUNG // 2, nodes=0)
    assert passes == [0] * 5


def test_growth_is_frozen(passes):
    collector = Collector()
    before = gc.get_freeze_count()
    collector.grew(messages=GROWTH, nodes=0)
    assert 1 in passes
    assert gc.get_freeze_count() > before


async def test_closing_the_last_large_store_thaws(passes):
    collector = Collector()
    collector.grew(messages=GROWTH, nodes=0)
    await collector.closed(0)
    assert gc.get_freeze_count() == 0
    assert 2 in passes


async def test_a_large_store_left_open_stays_frozen(passes):
    collector = Collector()
    collector.grew(messages=GROWTH, nodes=0)
    await collector.closed(1 << 30)
    assert gc.get_freeze_count() > 0
