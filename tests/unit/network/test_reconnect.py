# SPDX-License-Identifier: MIT
"""Waiting times, and when to stop trying."""

from __future__ import annotations

import random

import pytest

from mqtt_explorer.network.faults import FaultKind, LinkFault
from mqtt_explorer.network.reconnect import IN_A_ROW, INSTANT_S, Backoff, Pattern

CLOSED = LinkFault(FaultKind.CLOSED, "Connection closed", "b closed the connection.", clean=True)
RESET = LinkFault(FaultKind.CLOSED, "Connection reset", "b cut the connection.")
GONE = LinkFault(FaultKind.UNREACHABLE, "Network lost", "There is no way to b.")
POISON = LinkFault(FaultKind.PROTOCOL, "Protocol error", "A packet of type 15.")
OTHER_POISON = LinkFault(FaultKind.PROTOCOL, "Protocol error", "A packet length of five bytes.")
OURS = LinkFault(FaultKind.PROGRAM, "Messages could not be kept", "ValueError.")


def told(code: int) -> LinkFault:
    return LinkFault(FaultKind.CLOSED, "Told", f"Reason {code}.", code=code)


def drop(
    backoff: Backoff, fault: LinkFault, after_s: float = 1.5, *, useful: bool = True, fixed: bool = True
):
    """One connection that ended, and what `dropped` says of it."""
    backoff.connected()
    if useful:
        backoff.useful()
    return backoff.dropped(fault, after_s, fixed_client_id=fixed)


def drops(*faults: LinkFault, after_s: float = 1.5, useful: bool = True, fixed: bool = True):
    """What a new `Backoff` says of connections that end one after the other."""
    backoff = Backoff()
    return [drop(backoff, fault, after_s, useful=useful, fixed=fixed) for fault in faults]


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


@pytest.mark.parametrize("fault", [CLOSED, RESET, GONE, told(0x80), told(0x89)])
def test_three_ends_before_any_answer_are_a_pattern(fault):
    assert drops(*[fault] * IN_A_ROW, useful=False, fixed=False) == [None, None, drops_as(fault)]


def drops_as(fault: LinkFault) -> Pattern:
    return Pattern.SAME_REASON if fault.code == 0x80 else Pattern.INSTANT


def test_the_causes_of_ends_before_any_answer_may_differ():
    assert drops(CLOSED, RESET, told(0x80), useful=False, fixed=False)[-1] is Pattern.INSTANT


@pytest.mark.parametrize("fault", [RESET, GONE])
def test_resets_after_an_answer_are_never_held_against_a_broker_and_the_wait_stays_a_second(fault):
    backoff = Backoff(lambda: 0.0)
    for _ in range(50):
        assert drop(backoff, fault) is None
        assert backoff.delay() == 1


def test_a_reset_after_an_answer_breaks_a_row():
    backoff = Backoff()
    for useful in (False, False, True, False, False):
        assert drop(backoff, RESET, useful=useful) is None
    assert drop(backoff, RESET, useful=False) is Pattern.INSTANT


def test_a_connection_that_stood_breaks_every_row():
    for fault, useful in ((CLOSED, False), (POISON, True), (CLOSED, True), (told(0x82), True)):
        backoff = Backoff()
        for after_s in (0.1, 0.1, INSTANT_S, 0.1, 0.1):
            assert drop(backoff, fault, after_s, useful=useful) is None
        assert drop(backoff, fault, 0.1, useful=useful) is not None


@pytest.mark.parametrize("fault", [POISON, OURS])
@pytest.mark.parametrize("useful", [True, False])
def test_the_same_fault_of_the_stream_is_a_pattern_even_after_a_suback(fault, useful):
    assert drops(fault, fault, fault, useful=useful, fixed=False) == [None, None, Pattern.SAME_FAULT]


def test_different_faults_of_the_stream_are_none():
    assert not any(drops(POISON, OTHER_POISON, POISON, OTHER_POISON, POISON))


def test_clean_ends_with_a_client_id_of_ones_own_are_a_clash_even_after_a_suback():
    assert drops(CLOSED, CLOSED, CLOSED) == [None, None, Pattern.CLIENT_ID]
    assert drops(CLOSED, CLOSED, CLOSED, useful=False)[-1] is Pattern.CLIENT_ID
    assert not any(drops(*[CLOSED] * 9, fixed=False)), "nobody else has an id of ours"
    assert not any(drops(CLOSED, CLOSED, RESET, CLOSED, CLOSED))


def test_the_same_reason_is_a_pattern_even_after_a_suback():
    assert drops(told(0x82), told(0x82), told(0x82)) == [None, None, Pattern.SAME_REASON]
    assert not any(drops(told(0x82), told(0x83), told(0x82), told(0x83)))


@pytest.mark.parametrize("code", [0x88, 0x89, 0x8B, 0x93, 0x96, 0x97, 0x9F])
def test_a_broker_that_says_too_much_gets_longer_and_longer_waits_although_it_takes_subscriptions(code):
    backoff = Backoff(lambda: 0.0)
    waits = []
    for _ in range(7):
        assert drop(backoff, told(code)) is None
        waits.append(backoff.delay())
    assert waits == [1, 2, 4, 8, 16, 32, 60]
    assert drop(backoff, told(code), after_s=60) is None
    assert backoff.delay() == 1, "this one was taken for long enough"


def test_reset_forgets_everything():
    backoff = Backoff(lambda: 0.0)
    backoff.delay()
    drop(backoff, CLOSED, useful=False)
    drop(backoff, CLOSED, useful=False)
    backoff.reset()
    assert backoff.delay() == 1
    assert drop(backoff, CLOSED, useful=False) is None
