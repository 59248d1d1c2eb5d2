# SPDX-License-Identifier: MIT
"""Waiting times, and when to stop trying."""

from __future__ import annotations

import random

from mqtt_explorer.network.reconnect import INSTANT_DROPS, INSTANT_S, Backoff


def test_the_wait_doubles_up_to_a_minute():
    backoff = Backoff(lambda: 0.0)
    assert [backoff.delay() for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_jitter_takes_up_to_a_quarter_off_and_never_adds():
    rng = random.Random(1)
    for nominal in (1, 2, 4, 8, 16, 32, 60):
        delays = []
        for _ in range(200):
            backoff = Backoff(rng.random)
            for _ in range([1, 2, 4, 8, 16, 32, 60].index(nominal)):
                backoff.delay()
            delays.append(backoff.delay())
        assert 0.75 * nominal < min(delays) < 0.8 * nominal
        assert 0.95 * nominal < max(delays) <= nominal


def test_an_answer_brings_it_back_to_a_second():
    backoff = Backoff(lambda: 0.0)
    for _ in range(5):
        backoff.delay()
    backoff.useful()
    assert [backoff.delay(), backoff.delay()] == [1, 2]


def test_three_instant_drops_in_a_row_are_a_pattern():
    backoff = Backoff()
    assert [backoff.dropped(0.1) for _ in range(INSTANT_DROPS)] == [False, False, True]


def test_a_connection_that_stood_breaks_the_row():
    backoff = Backoff()
    assert not any(backoff.dropped(after) for after in (0.1, 0.1, INSTANT_S, 0.1, 0.1))
    assert backoff.dropped(0.1)


def test_reset_forgets_everything():
    backoff = Backoff(lambda: 0.0)
    backoff.delay()
    backoff.dropped(0)
    backoff.dropped(0)
    backoff.reset()
    assert backoff.delay() == 1
    assert not backoff.dropped(0)
