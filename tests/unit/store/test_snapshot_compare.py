# SPDX-License-Identifier: MIT
from __future__ import annotations

import random

import pytest

from mqtt_explorer.payload.kept import CUT, EVICTED, PART, RETAINED, Entry
from mqtt_explorer.protocol.batch import RETAIN
from mqtt_explorer.store import Budget, TopicStore, snapshot_compare
from mqtt_explorer.store.snapshot import About, SnapshotColumns, SnapshotError
from mqtt_explorer.store.snapshot_compare import Comparing, Status, judge, shape_change
from tests.unit.store.building import batch_of, batch_on, frame
from tests.unit.store.test_snapshot import take


@pytest.fixture
def store():
    return TopicStore(Budget(256 << 20))


def compare(before, after):
    comparing = Comparing(before, after)
    shares = [comparing.share]
    while not comparing.step(0.0):
        shares.append(comparing.share)
    assert shares == sorted(shares)
    return comparing.comparison


def statuses(comparison):
    rows = [comparison.row(number) for number in range(len(comparison))]
    assert [row.topic for row in rows] == sorted(row.topic for row in rows)
    assert [comparison.topic(number) for number in range(len(rows))] == [row.topic for row in rows]
    return {row.topic: row.status for row in rows}


def snapshot_of(*entries, session="s", scope=None, dropped=0):
    columns = SnapshotColumns(1 << 30)
    for entry in entries:
        columns.add(entry)
    return columns.finish(About("b", session=session, scope=scope, dropped=dropped))


def entry(payload=b"1", messages=1, flags=0, topic=b"t", size=None, digest=b""):
    return Entry(topic, payload, len(payload) if size is None else size, flags, messages, 10**18, digest)


def test_what_became_of_each_topic(store):
    store.apply(
        batch_of(
            frame(b"silent"),
            frame(b"value", b"1"),
            frame(b"shape", b"1"),
            frame(b"same", b"1"),
            frame(b"deleted", b"1", RETAIN),
            frame(b"deleted before", b"", RETAIN),
            frame(b"never", b"", RETAIN),
        )
    )
    before = take(store)
    store.apply(
        batch_of(
            frame(b"value", b"2"),
            frame(b"shape", b"x"),
            frame(b"same", b"1"),
            frame(b"deleted", b"", RETAIN),
            frame(b"deleted before", b"5", RETAIN),
            frame(b"new"),
            frame(b"came and went", b"1", RETAIN),
            frame(b"came and went", b"", RETAIN),
            frame(b"never", b"", RETAIN),
        )
    )
    comparison = compare(before, take(store))
    assert comparison.same_session
    assert statuses(comparison) == {
        b"silent": Status.SILENT,
        b"value": Status.VALUE,
        b"shape": Status.SHAPE,
        b"same": Status.SAME,
        b"deleted": Status.GONE,
        b"deleted before": Status.NEW,
        b"new": Status.NEW,
        b"came and went": Status.NEW,
        b"never": Status.SAME,
    }
    assert {status: comparison.count(status) for status in Status} == {
        Status.NEW: 3,
        Status.GONE: 1,
        Status.SHAPE: 1,
        Status.VALUE: 1,
        Status.SILENT: 1,
        Status.NOT_KEPT: 0,
        Status.SAME: 2,
    }


def test_a_deletion_without_its_flag_as_mqtt_3_sends_it():
    store = TopicStore(Budget(1 << 24), retain_as_published=False)
    store.apply(batch_of(frame(b"kept", b"1", RETAIN), frame(b"event", b"1")))
    before = take(store)
    store.apply(batch_of(frame(b"kept", b""), frame(b"event", b"")))
    assert statuses(compare(before, take(store))) == {b"kept": Status.GONE, b"event": Status.SHAPE}


def test_of_another_run_nothing_is_called_silent():
    before = snapshot_of(entry(topic=b"a"), entry(topic=b"b"), entry(topic=b"c"), session="one")
    after = snapshot_of(entry(topic=b"a"), entry(b"2", topic=b"b"), session="two")
    comparison = compare(before, after)
    assert not comparison.same_session
    assert statuses(comparison) == {b"a": Status.SAME, b"b": Status.VALUE, b"c": Status.GONE}
    assert not compare(snapshot_of(entry(), session=""), snapshot_of(entry(), session="")).same_session


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        (entry(b"", flags=EVICTED, size=5), entry(b"12345"), Status.NOT_KEPT),
        (entry(b"12345"), entry(b"", flags=EVICTED, size=5), Status.NOT_KEPT),
        (
            entry(b"h", flags=CUT, size=99_999, digest=b"a" * 16),
            entry(b"h", flags=CUT, size=99_999, digest=b"a" * 16),
            Status.SAME,
        ),
        (
            entry(b"h", flags=CUT, size=99_999, digest=b"a" * 16),
            entry(b"h", flags=CUT, size=99_999, digest=b"b" * 16),
            Status.VALUE,
        ),
        (entry(b"{", flags=CUT, size=99_999, digest=b"a" * 16), entry(b"{}"), Status.VALUE),
        (entry(b"\xff", flags=CUT, size=99_999, digest=b"a" * 16), entry(b"text"), Status.SHAPE),
        (
            entry(b"h", flags=CUT | PART, size=99_999, digest=b"a" * 16),
            entry(b"h", flags=CUT | PART, size=99_999, digest=b"a" * 16),
            Status.NOT_KEPT,
        ),
        (
            entry(b"h", flags=CUT | PART, size=99_999, digest=b"a" * 16),
            entry(b"h", flags=CUT | PART, size=99_998, digest=b"a" * 16),
            Status.VALUE,
        ),
        (entry(b"1", flags=RETAINED), entry(b"2"), Status.VALUE),
        (entry(b'{"a":1}'), entry(b'{"a":2}'), Status.VALUE),
        (entry(b'{"a":1}'), entry(b'{"a":"x"}'), Status.SHAPE),
    ],
    ids=range(11),
)
def test_judging(before, after, status):
    assert judge(before, after) is status
    assert bool(shape_change(before, after)) is (status is Status.SHAPE)


def test_silence_needs_no_payload():
    gone = entry(b"", flags=EVICTED, size=5, messages=3)
    kept = entry(b"12345", messages=3)
    assert statuses(compare(snapshot_of(kept), snapshot_of(gone))) == {b"t": Status.SILENT}


def test_the_narrower_branch_is_compared(store):
    store.apply(batch_on(b"a/b/1", b"a/c", b"d"))
    whole, branch, leaf = take(store), take(store, b"a"), take(store, b"a/b")
    store.apply(batch_on(b"a/b/2", b"a/e", b"f"))
    comparison = compare(whole, take(store, b"a"))
    assert comparison.scope == b"a"
    assert set(statuses(comparison)) == {b"a/b/1", b"a/b/2", b"a/c", b"a/e"}
    assert set(statuses(compare(leaf, take(store)))) == {b"a/b/1", b"a/b/2"}
    assert set(statuses(compare(branch, leaf))) == {b"a/b/1"}
    with pytest.raises(SnapshotError, match=r"no topics in common: one is of a/b, the other one of d"):
        Comparing(leaf, take(store, b"d"))


def test_nothing_compares_with_nothing():
    assert len(compare(snapshot_of(), snapshot_of())) == 0
    assert statuses(compare(snapshot_of(), snapshot_of(entry()))) == {b"t": Status.NEW}


def test_many_topics_against_a_plain_model():
    rng = random.Random(7)
    names = [b"n/%d" % rng.randrange(10**9) for _ in range(12_000)]
    rng.shuffle(names)
    old = {name: rng.choice([b"1", b"2"]) for name in names[:9_000]}
    new = {name: rng.choice([b"1", b"2", b"x"]) for name in names[3_000:]}
    before = snapshot_of(*(entry(payload, topic=name) for name, payload in old.items()), session="")
    after = snapshot_of(*(entry(payload, topic=name) for name, payload in new.items()), session="")

    def expected(name):
        if name not in old or name not in new:
            return Status.NEW if name in new else Status.GONE
        if old[name] == new[name]:
            return Status.SAME
        return Status.SHAPE if new[name] == b"x" else Status.VALUE

    assert statuses(compare(before, after)) == {name: expected(name) for name in {*old, *new}}


@pytest.mark.parametrize(
    ("rows", "size"), [(4_096, 1 << 19), (40, 1 << 19), (4_096, 3_000)], ids=["plain", "rows", "bytes"]
)
def test_rows_stand_in_order_of_topics_also_where_one_part_is_too_much_to_sort_at_once(
    monkeypatch, rows, size
):
    monkeypatch.setattr(snapshot_compare, "_SORTED_AT_ONCE", rows)
    monkeypatch.setattr(snapshot_compare, "_BYTES_AT_ONCE", size)
    rng = random.Random(3)
    names = {b"n/%d" % rng.randrange(10**9) + b"/x" * rng.randrange(9) for _ in range(5_000)}
    made = compare(snapshot_of(), snapshot_of(*(entry(topic=name) for name in names)))
    assert [made.topic(number) for number in range(len(made))] == sorted(names)
    assert made.count(Status.NEW) == len(names)
