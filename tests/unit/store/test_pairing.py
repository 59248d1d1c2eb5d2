# SPDX-License-Identifier: MIT
from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.store import Budget, TopicStore
from mqtt_explorer.store.pairing import LISTED, Pairing
from tests.unit.store.building import batch_of, frame

ASK, ANSWER = b"plant/rpc", b"plant/rpc/answer"


def sized(identifier: int, value: bytes) -> bytes:
    return bytes([identifier]) + len(value).to_bytes(2, "big") + value


def request(data: bytes | None = b"1", topic: bytes = ASK, answer: bytes = ANSWER):
    return frame(topic, properties=sized(8, answer) + (sized(9, data) if data is not None else b""))


def response(data: bytes | None = b"1", topic: bytes = ANSWER):
    return frame(topic, b"ok", properties=sized(9, data) if data is not None else b"")


def store_of(*frames):
    store = TopicStore(Budget(256 << 20))
    for number, each in enumerate(frames):
        store.apply(batch_of(each, at_ms=number * 11_000))  # a segment each
    return store


def paired(store, seq):
    pairing = Pairing(store, store.message(seq))
    while not pairing.step():
        pass
    return pairing


def test_a_request_finds_its_responses_and_they_find_it():
    store = store_of(response(), request(), response(b"2"), response(), frame(ANSWER), response())
    found = paired(store, 1)
    assert [each.seq for each in found.responses.first] == [3, 5]
    assert found.responses.count == 2
    assert paired(store, 3).request.found.seq == 1
    assert paired(store, 5).request.found.seq == 1


def test_what_came_before_is_no_response_and_what_came_after_no_request():
    store = store_of(response(), request())
    assert paired(store, 1).responses.count == 0
    assert paired(store, 0).request.found is None


def test_the_newest_request_counts():
    store = store_of(request(), request(b"2"), request(), response())
    assert paired(store, 3).request.found.seq == 2


def test_topic_and_correlation_data_must_be_equal():
    # Each holds the bytes that are looked for, but in another property or as a part.
    fakes = [
        frame(ASK, properties=sized(0x03, sized(8, ANSWER) + sized(9, b"1"))),
        request(b"11"),
        request(b"1", answer=ANSWER + b"/x"),
        request(None),
    ]
    store = store_of(*fakes, response())
    assert paired(store, 4).request.found is None


def test_without_correlation_data_the_topic_alone_tells():
    store = store_of(request(None), response(b"1"), response(None))
    assert [each.seq for each in paired(store, 0).responses.first] == [2]
    assert paired(store, 2).request.found.seq == 0


def test_an_empty_correlation_is_not_the_same_as_none():
    store = store_of(request(b""), response(None), response(b""))
    assert [each.seq for each in paired(store, 0).responses.first] == [2]
    assert paired(store, 1).request.found is None


def test_many_responses_are_counted_and_the_first_are_kept():
    store = store_of(request())
    store.apply(batch_of(*[response() for _ in range(700)]))
    found = paired(store, 0).responses
    assert found.count == 700
    assert [each.seq for each in found.first] == list(range(1, LISTED + 1))


def test_responses_that_come_later_are_found_by_the_next_step():
    store = store_of(request())
    pairing = paired(store, 0)
    assert pairing.responses.count == 0
    store.apply(batch_of(response()))
    assert pairing.step()
    store.apply(batch_of(frame(ANSWER), response()))
    assert pairing.step()
    assert [each.seq for each in pairing.responses.first] == [1, 3]
    assert pairing.responses.count == 2


def test_what_the_budget_took_is_told():
    store = store_of(request(), response(), response())
    assert not paired(store, 2).request.lost
    first = store.message(0)
    store.evict_history()
    store.evict_history()
    pairing = Pairing(store, first)
    assert pairing.step()
    assert pairing.responses.lost
    assert [each.seq for each in pairing.responses.first] == [2]
    assert paired(store, 2).request.lost
    assert paired(store, 2).request.found is None


@pytest.mark.parametrize("block", [b"\x09", b"\x08\x00", b"\xff\xff", b"\x09\x00\x05ab"])
def test_malformed_blocks_pair_with_nothing(block):
    store = store_of(frame(ASK, properties=block), response())
    found = paired(store, 0)
    assert found.responses is None
    assert found.request is None
    assert paired(store, 1).request.found is None


def test_a_response_may_be_a_request_itself():
    middle = frame(ANSWER, properties=sized(8, b"third") + sized(9, b"1"))
    store = store_of(request(), middle, response(topic=b"third"))
    found = paired(store, 1)
    assert found.request.found.seq == 0
    assert found.responses.first[0].seq == 2


def slices_of(pairing):
    """Seconds of processor time that each slice took, to the end."""
    slices, done = [], False
    while not done:
        start = time.thread_time()
        done = pairing.step()
        slices.append(time.thread_time() - start)
    return slices


def test_a_long_history_is_searched_in_slices():
    store = store_of(request())
    block = sized(0x03, b"text/plain")
    for _ in range(60):
        store.apply(batch_of(*[frame(b"t/%d" % n, properties=block) for n in range(5_000)]))
    store.apply(batch_of(response()))
    pairing = Pairing(store, store.message(store.next_seq - 1))
    slices = slices_of(pairing)
    assert pairing.request.found.seq == 0
    assert len(slices) > 1
    assert sorted(slices)[len(slices) // 2] < 0.010


def test_large_properties_are_searched_in_slices():
    """Blocks of 64 KiB that nearly match, so that each look at one takes long."""
    block = b"\x26\x00\x01k\xff\xff" + (b"\x09\x00\x01Z" * 16_384)[:65_535]
    store = store_of(request(), *[frame(b"t", properties=block) for _ in range(3_000)], response())
    pairing = Pairing(store, store.message(3_001))
    slices = slices_of(pairing)
    assert pairing.request.found.seq == 0
    assert len(slices) > 2
    assert sorted(slices)[len(slices) // 2] < 0.010


def test_it_survives_what_is_evicted_between_two_slices():
    store = store_of(request(), *[frame(b"x") for _ in range(200)], response())
    pairing = Pairing(store, store.message(201))
    assert not pairing.request.step(0)
    while store.oldest_history() is not None:
        store.evict_history()
    assert pairing.step()
    assert pairing.request.found is None
    assert pairing.request.lost


DATA = st.sampled_from([None, b"", b"1", b"2", b"11"])
KINDS = st.lists(
    st.tuples(st.sampled_from(["ask", "answer", "other"]), DATA, st.sampled_from([b"a", b"a/b", b"b"])),
    min_size=1,
    max_size=30,
)


@settings(max_examples=100, deadline=None)
@given(KINDS, st.binary(max_size=20))
def test_it_finds_what_a_plain_search_finds(kinds, noise):
    frames = []
    for kind, data, topic in kinds:
        if kind == "ask":
            frames.append(request(data, answer=topic))
        elif kind == "answer":
            frames.append(response(data, topic))
        else:
            frames.append(frame(topic, properties=noise))
    store = store_of(*frames)
    at = random.Random(len(kinds)).randrange(len(kinds))
    kind, data, topic = kinds[at]
    if kind == "other":
        paired(store, at)
        return
    found = paired(store, at)
    if kind == "ask":
        wanted = [n for n in range(at + 1, len(kinds)) if answers(kinds[n], data, topic, noise)]
        assert [each.seq for each in found.responses.first] == wanted[:LISTED]
    else:
        before = [n for n in range(at) if kinds[n] == ("ask", data, topic)]
        got = found.request.found
        if got is None or kinds[got.seq][0] == "ask":
            assert (got.seq if got is not None else -1) == (before[-1] if before else -1)


def answers(kind, data, topic, noise):
    if kind[0] == "other":
        from mqtt_explorer.store.pairing import properties_of

        found = properties_of(noise)
        return kind[2] == topic and found is not None and found.get("correlation_data") == data
    return kind[0] == "answer" and kind[1:] == (data, topic)
