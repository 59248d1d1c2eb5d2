# SPDX-License-Identifier: MIT
from __future__ import annotations

import random

import pytest

from mqtt_explorer.store import Budget, TopicStore, message_scan
from mqtt_explorer.store.message_scan import MessageScan
from tests.unit.store.building import batch_of, batch_on, frame

BRANCHES = (None, b"a", b"a/b", b"", b"zzz", b"a/b/c")


class Sevens:
    """Takes messages with a 7 in the payload."""

    def takes(self, frame, mono_ns):
        return b"7" in frame[3]

    def mask(self, frames, mono_ns):
        assert len(frames) == len(mono_ns)
        return bytearray(b"7" in frame[3] for frame in frames)


def make_store(limit=256 << 20):
    return TopicStore(Budget(limit))


def is_muted(topic):
    return topic == b"a/m" or topic.startswith(b"a/m/")


def finish(scan):
    for _ in range(100_000):
        if scan.step():
            return
    pytest.fail("the scan does not end")


def all_kept(store):
    return [store.message(seq) for seq in range(store.first_seq, store.next_seq)]


def expected(store, branch, matcher, muted, until=None):
    """The same by looking at each message."""
    below = [
        each
        for each in all_kept(store)
        if (until is None or each.seq < until)
        and (branch is None or each.frame[1] == branch or each.frame[1].startswith(branch + b"/"))
    ]
    heard = [each for each in below if muted is None or not muted(each.frame[1])]
    hits = [each.seq for each in heard if matcher is None or matcher.takes(each.frame, each.mono_ns)]
    return hits, len(heard), len(below) - len(heard)


def random_batch(rng, at_ms):
    topics = [b"a", b"a/b", b"a/b/c", b"a/m", b"a/m/x", b"ab", b"/x", b"b/a", b"a/", b"a//b"]
    frames = [
        frame(rng.choice(topics), str(rng.randrange(100)).encode())
        for _ in range(rng.choice([1, 3, 20, 70, 300]))
    ]
    return batch_of(*frames, at_ms=at_ms)


@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize("muting", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_it_finds_what_looking_at_each_message_finds(filtered, muting, seed, monkeypatch):
    monkeypatch.setattr(message_scan, "_JUMP", 400)
    monkeypatch.setattr(message_scan, "_CHUNK", 64)
    rng = random.Random(seed)
    store = make_store(150_000)
    matcher = Sevens() if filtered else None
    muted = is_muted if muting else None
    branch = BRANCHES[seed + 1] if seed else None
    scan = MessageScan(store, branch, matcher, muted)
    for at_ms in range(80):
        for _ in range(rng.randint(0, 3)):
            store.apply(random_batch(rng, at_ms))
        scan.step(rng.choice([0.0, 0.0, 0.001]))
        newest = scan.newest(100)
        if newest:
            hits, _, _ = expected(store, branch, matcher, muted)
            assert newest == [seq for seq in reversed(hits) if newest[-1] <= seq <= newest[0]]
        if rng.random() < 0.2:
            finish(scan)
            check(scan, store, branch, matcher, muted)
    finish(scan)
    assert store.first_seq, "nothing was evicted"
    check(scan, store, branch, matcher, muted)


def check(scan, store, branch, matcher, muted):
    hits, inside, left_out = expected(store, branch, matcher, muted)
    assert (scan.matched, scan.inside, scan.muted) == (len(hits), inside, left_out)
    assert list(scan.ascending()) == hits
    assert scan.newest(10**9) == hits[::-1]
    middle = hits[len(hits) // 2] if hits else 0
    assert scan.older(middle, 50) == [seq for seq in reversed(hits) if seq < middle][:50]
    assert scan.newer(middle) == len([seq for seq in hits if seq > middle])


def test_the_newest_come_first_and_nothing_is_left_out_in_between(monkeypatch):
    monkeypatch.setattr(message_scan, "_CHUNK", 100)
    store = make_store()
    for at_ms in range(50):
        store.apply(batch_on(*[b"a"] * 100, at_ms=at_ms))
    scan = MessageScan(store, b"a")
    assert not scan.step(0.0)
    assert scan.newest(1_000) == list(range(4_999, 4_899, -1))
    assert scan.older(4_900, 10) == []
    assert (scan.matched, scan.done) == (100, False)
    finish(scan)
    assert scan.older(4_900, 3) == [4_899, 4_898, 4_897]


def test_after_a_pause_it_begins_at_the_newest_and_fills_the_gap(monkeypatch):
    monkeypatch.setattr(message_scan, "_JUMP", 500)
    monkeypatch.setattr(message_scan, "_CHUNK", 100)
    store = make_store()
    store.apply(batch_on(*[b"a"] * 1_000))
    scan = MessageScan(store, b"a")
    finish(scan)
    for at_ms in range(20):
        store.apply(batch_on(*[b"a"] * 100, at_ms=at_ms))
    assert not scan.step(0.0)
    assert scan.has_gap
    assert scan.newest(1_000)[0] == 2_999
    finish(scan)
    assert not scan.has_gap
    assert scan.newest(10_000) == list(range(2_999, -1, -1))


def test_the_newest_segment_grows_under_it():
    store = make_store()
    scan = MessageScan(store, b"a", Sevens())
    for number in range(60):
        store.apply(batch_of(frame(b"a", str(number).encode()), frame(b"b", b"7"), at_ms=number))
        scan.step()
        assert scan.matched == len([n for n in range(number + 1) if "7" in str(n)])
    assert scan.inside == 60


def test_what_was_evicted_unseen_is_counted():
    store = make_store(60_000)
    for at_ms in range(5):
        store.apply(batch_on(*[b"a"] * 20, at_ms=at_ms))
    scan = MessageScan(store, b"a")
    finish(scan)
    scan.mark = scan.newest(1)[0]
    first_unseen = scan.mark + 1
    for at_ms in range(200):
        store.apply(batch_on(*[b"a"] * 20, at_ms=at_ms))
        scan.step()
    assert scan.lost == store.first_seq - first_unseen > 0
    assert scan.newer(scan.mark) == store.next_seq - store.first_seq


@pytest.mark.parametrize("branch", [None, b"a"])
def test_until_leaves_newer_ones_out(branch):
    store = make_store()
    store.apply(batch_on(*[b"a"] * 300))
    scan = MessageScan(store, branch, until=store.next_seq)
    store.apply(batch_on(*[b"a"] * 300))
    finish(scan)
    assert list(scan.ascending()) == list(range(300))
    assert scan.done


def test_what_the_budget_dropped_of_a_branch():
    store = make_store(60_000)
    scan, everything = MessageScan(store, b"a"), MessageScan(store)
    assert (scan.dropped, everything.dropped) == (0, 0)
    for at_ms in range(100):
        store.apply(batch_on(*([b"a/b"] * 20 + [b"c"] * 10), at_ms=at_ms))
    gone = [seq for seq in range(store.first_seq) if seq % 30 < 20]
    assert scan.dropped == len(gone) > 0
    assert everything.dropped == store.first_seq
    assert MessageScan(store, b"nowhere").dropped == 0


def test_a_large_branch_is_not_walked_for_a_line_of_text(monkeypatch):
    monkeypatch.setattr(message_scan, "_NODES_ASKED", 10)
    store = make_store(60_000)
    for at_ms in range(30):
        store.apply(batch_on(*(b"a/%d" % number for number in range(30)), at_ms=at_ms))
    assert store.first_seq
    assert MessageScan(store, b"a").dropped is None


def test_places_are_forgotten_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(message_scan, "_REMEMBERED", 50)
    store = make_store()
    for number in range(20):
        store.apply(batch_on(*(b"%s/%d/%d" % (top, number, n) for n in range(40) for top in (b"a", b"b"))))
    scan = MessageScan(store, b"a")
    finish(scan)
    assert (scan.matched, scan.inside) == (800, 800)
    assert len(scan._places) <= 160


async def test_a_closed_store_leaves_nothing():
    store = make_store()
    store.apply(batch_on(*[b"a"] * 300))
    scan = MessageScan(store, b"a")
    finish(scan)
    await store.close()
    finish(scan)
    assert (scan.matched, scan.newest(10)) == (0, [])
