# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from mqtt_explorer.protocol.batch import RETAIN
from mqtt_explorer.store import Budget, TopicStore
from mqtt_explorer.store.matcher import BLOCK_BYTES, GIANT_BYTES, Matcher, property_texts
from mqtt_explorer.store.query import Query, QueryError, QueryMode
from mqtt_explorer.store.staleness import Staleness
from tests.unit.store.building import MS, batch_of, frame

UNIT = b"\x26\x00\x04unit\x00\x03bar"
JSON = b"\x03\x00\x10application/json"
SECOND = 1_000 * MS


@pytest.fixture
def store():
    return TopicStore(Budget(256 << 20))


def hits(store, query, now_ns=0, staleness=None):
    found = Matcher(query, staleness).hits(list(store.nodes()), now_ns)
    return [node.topic.decode() for node in found]


def test_a_branch_without_messages_is_no_hit(store):
    store.apply(batch_of(frame(b"home/kitchen/temp")))
    assert hits(store, Query("kitchen")) == ["home/kitchen/temp"]
    store.apply(batch_of(frame(b"home/kitchen")))
    assert sorted(hits(store, Query("kitchen"))) == ["home/kitchen", "home/kitchen/temp"]


def test_each_scope_alone_and_together(store):
    store.apply(
        batch_of(
            frame(b"bar", b"-"),
            frame(b"p", b"a BAR here"),
            frame(b"q", b"-", properties=UNIT),
            frame(b"none", b"b.ar"),
        )
    )
    assert hits(store, Query("bar", payload=False)) == ["bar"]
    assert hits(store, Query("bar", topic=False)) == ["p"]
    assert hits(store, Query("bar", topic=False, payload=False, properties=True)) == ["q"]
    assert hits(store, Query("bar", properties=True)) == ["bar", "p", "q"]
    assert hits(store, Query("unit=bar", properties=True)) == ["q"]
    assert hits(store, Query("bar", case=True)) == ["bar"]


def test_without_a_scope_there_is_nothing_to_look_at():
    with pytest.raises(QueryError, match="Choose where to look"):
        Matcher(Query("a", topic=False, payload=False))
    Matcher(Query(retained=True, topic=False, payload=False))


def test_a_filter_looks_at_topics_whatever_the_scopes_say(store):
    store.apply(batch_of(frame(b"a/b", b"a/b"), frame(b"c", b"a/b")))
    assert hits(store, Query("a/+", mode=QueryMode.FILTER, topic=False, properties=True)) == ["a/b"]


def test_properties_as_text():
    assert property_texts(JSON + UNIT) == [b"content_type: application/json", b"user_property: unit=bar"]
    assert property_texts(b"\x09\x00\x02\xff\x00") == [b"correlation_data: \xff\x00"]
    assert property_texts(UNIT[:-1]) == []
    assert property_texts(b"\xee") == []


def test_a_malformed_block_is_no_hit(store):
    store.apply(batch_of(frame(b"a", properties=UNIT + b"\xee"), frame(b"b", properties=UNIT)))
    assert hits(store, Query("unit", topic=False, payload=False, properties=True)) == ["b"]


def test_retained_and_changed_since(store):
    store.apply(batch_of(frame(b"a", flags=RETAIN), frame(b"b"), at_ms=1_000))
    store.apply(batch_of(frame(b"c", flags=RETAIN), at_ms=2_000))
    assert hits(store, Query(retained=True)) == ["a", "c"]
    assert hits(store, Query(changed_since_ns=2_000 * MS)) == ["c"]
    assert hits(store, Query("a", retained=True, changed_since_ns=1_000 * MS, payload=False)) == ["a"]
    assert hits(store, Query("b", retained=True, payload=False)) == []


def test_stale_topics_have_to_match_too(store):
    for second in range(6):
        store.apply(batch_of(frame(b"steady/a"), frame(b"steady/b"), at_ms=1_000 * second))
    store.apply(batch_of(frame(b"once"), at_ms=5_000))
    staleness = Staleness(store)
    staleness.set_connected(0, connected=True)
    assert hits(store, Query(stale=True), 8 * SECOND, staleness) == []
    assert hits(store, Query(stale=True), 30 * SECOND, staleness) == ["steady/a", "steady/b"]
    assert hits(store, Query("/b", stale=True), 30 * SECOND, staleness) == ["steady/b"]
    assert hits(store, Query(stale=True), 30 * SECOND) == []


def test_one_look_takes_so_many_payloads_and_no_giant(store):
    large = b"x" * (BLOCK_BYTES // 3)
    frames = [frame(b"t%d" % number, large) for number in range(7)]
    store.apply(batch_of(*frames, frame(b"giant", b"y" * GIANT_BYTES + b"x"), frame(b"x", b"")))
    matcher = Matcher(Query("x"))
    nodes = list(store.nodes())
    looked = matcher.look(nodes, 0)
    assert [node.topic for node in looked.hits] == [b"t0", b"t1", b"t2", b"x"]
    assert looked.topics == len(nodes) - len(looked.rest)
    decided = [*looked.hits, *looked.giants, *looked.rest]
    assert len(decided) == len(set(decided)) == len(nodes)
    assert sorted(hits(store, Query("x"))) == sorted(node.topic.decode() for node in nodes)
    assert "giant" not in hits(store, Query("zz"))
    assert hits(store, Query("yx", topic=False)) == ["giant"]
    # A pattern that finds something in nothing does not take a giant for nothing.
    assert hits(store, Query("^$", mode=QueryMode.REGEX, topic=False)) == ["x"]


def test_payloads_that_are_not_all_there_are_counted(store):
    store.apply(
        batch_of((0, b"cut", b"", b"abc", 10), (0, b"cut2", b"", b"abd", 10), frame(b"whole", b"abc"))
    )
    looked = Matcher(Query("abd")).look(list(store.nodes()), 0)
    assert [node.topic for node in looked.hits] == [b"cut2"]
    assert looked.unsearchable == 1
    assert Matcher(Query("abd", payload=False)).look(list(store.nodes()), 0).unsearchable == 0


@pytest.mark.parametrize(
    ("query", "taken"),
    [
        (Query(), True),
        (Query("temp"), True),
        (Query("21.5"), True),
        (Query("21.5", payload=False), False),
        (Query("unit", properties=True), True),
        (Query("unit"), False),
        (Query("a/#", mode=QueryMode.FILTER), True),
        (Query("b/#", mode=QueryMode.FILTER), False),
        (Query(retained=True), True),
        (Query(changed_since_ns=5), True),
        (Query(changed_since_ns=6), False),
        (Query("temp", stale=True), True),
    ],
    ids=range(12),
)
def test_messages_of_a_list(query, taken):
    assert Matcher(query).takes((RETAIN, b"a/temp", UNIT, b"21.5", 4), 5) is taken


def test_only_retained_messages_of_a_list():
    assert not Matcher(Query(retained=True)).takes((0, b"a", b"", b"1", 1), 0)


def test_marks_only_in_the_scopes_that_are_on():
    both, topics, payloads = (
        Matcher(Query("a")),
        Matcher(Query("a", payload=False)),
        Matcher(Query("a", topic=False)),
    )
    assert (both.topic_spans("a"), both.value_spans("a")) == ([(0, 1)], [(0, 1)])
    assert (topics.topic_spans("a"), topics.value_spans("a")) == ([(0, 1)], [])
    assert (payloads.topic_spans("a"), payloads.value_spans("a")) == ([], [(0, 1)])
    assert Matcher(Query(retained=True)).topic_spans("a") == []
