# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections import Counter

import pytest

from mqtt_explorer.network import read_budget
from mqtt_explorer.network.read_budget import ReadBudget


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The time in milliseconds, moved by the test."""
    now = [1_000]
    monkeypatch.setattr(read_budget, "perf_counter_ns", lambda: now[0] * 1_000_000)
    return now


async def next_turn() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def read(budget: ReadBudget, who: str, want_ms: int, clock: list[int]) -> int:
    """Reads in steps of one millisecond; returns how many."""
    if not budget.start(who):
        return 0
    steps = 0
    while steps < want_ms:
        clock[0] += 1
        steps += 1
        if budget.spent():
            break
    budget.stop()
    return steps


async def test_all_readers_share_one_turn(clock: list[int]):
    budget = ReadBudget(8)
    assert read(budget, "a", 3, clock) == 3
    assert read(budget, "b", 100, clock) == 5
    assert read(budget, "c", 100, clock) == 0
    await next_turn()
    assert read(budget, "c", 100, clock) == 8


async def test_time_between_readers_is_not_booked(clock: list[int]):
    budget = ReadBudget(8)
    read(budget, "a", 3, clock)
    clock[0] += 50
    assert read(budget, "b", 100, clock) == 5


@pytest.mark.parametrize("sockets", [2, 3, 7])
async def test_floods_get_equal_shares_whatever_order_the_loop_calls_them_in(clock: list[int], sockets: int):
    budget, got = ReadBudget(8), Counter[str]()
    names = [f"socket {i}" for i in range(sockets)]
    for _ in range(200):
        for name in names:
            got[name] += read(budget, name, 100, clock)
        await next_turn()
    assert sum(got.values()) >= 150 * 8
    assert max(got.values()) - min(got.values()) <= 16


async def test_a_reader_in_the_queue_that_has_gone_holds_nobody_up(clock: list[int]):
    budget = ReadBudget(8)
    read(budget, "a", 100, clock)
    assert read(budget, "gone", 100, clock) == 0
    await next_turn()
    read(budget, "a", 100, clock)  # the gone one is first in the queue
    await next_turn()
    assert read(budget, "a", 100, clock) == 8


async def test_a_reader_that_has_gone_is_not_kept_alive(clock: list[int]):
    class Reader:
        pass

    budget, reader = ReadBudget(8), Reader()
    gone = weakref.ref(reader)
    read(budget, "a", 100, clock)
    assert not budget.start(reader)
    await next_turn()
    # First in the queue, it gets its turn; too little is used for that turn to end.
    assert budget.start(reader)
    budget.stop()
    await next_turn()
    del reader
    gc.collect()
    assert gone() is None


async def test_small_readers_are_all_served_in_one_turn(clock: list[int]):
    budget = ReadBudget(8)
    for _ in range(50):
        assert [read(budget, name, 1, clock) for name in "abc"] == [1, 1, 1]
        await next_turn()


async def test_lone_messages_cost_no_timer(clock: list[int], monkeypatch: pytest.MonkeyPatch):
    loop = asyncio.get_running_loop()
    calls = []
    call_soon = loop.call_soon
    monkeypatch.setattr(loop, "call_soon", lambda *a, **k: (calls.append(a), call_soon(*a, **k))[1])
    budget = ReadBudget(1_000)
    for _ in range(100):
        read(budget, "a", 1, clock)
    assert not calls


async def test_with_the_real_clock_a_turn_ends_in_time():
    budget = ReadBudget(8)
    begun = time.perf_counter()
    assert budget.start("a")
    while not budget.spent():
        pass
    budget.stop()
    assert 0.007 < time.perf_counter() - begun < 0.1
    assert not budget.start("b")
    await next_turn()
    assert budget.start("b")
    budget.stop()
