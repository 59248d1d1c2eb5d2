# SPDX-License-Identifier: MIT
from __future__ import annotations

import sys
import time

import pytest

from mqtt_explorer.store import Budget, Node, TopicStore
from mqtt_explorer.store.topic_tree import MAX_BRANCH_BYTES, MAX_LEVELS
from tests.unit.store.building import batch_of, batch_on, frame


@pytest.fixture
def store() -> TopicStore:
    return TopicStore(Budget(64 << 20))


def levels(node: Node | None) -> list[str]:
    path = []
    while node is not None and node.parent is not None:
        path.append(node.level)
        node = node.parent
    return path[::-1]


@pytest.mark.parametrize(
    "topic",
    [
        "a",
        "a/b/c",
        "/x",
        "/",
        "//",
        "a/",
        "a//b",
        "$SYS/broker",
        "grün/ß/日本",
        "constructor/__proto__",
        " / ",
    ],
)
def test_levels_of_a_topic_are_its_parts(store, topic):
    store.apply(batch_on(topic.encode()))
    assert levels(store.find(topic.encode())) == topic.split("/")


def test_the_empty_first_level_is_not_the_root(store):
    store.apply(batch_on(b"/x", b"x"))
    empty = store.find(b"")
    assert empty is not store.root
    assert empty.level == ""
    assert empty.parent is store.root
    assert [kid.topic for kid in store.root.kids] == [b"", b"x"]
    assert [kid.topic for kid in empty.kids] == [b"/x"]
    assert empty.kids[0].level == "x"
    assert empty.kids[0].parent is empty


def test_a_trailing_slash_is_another_topic(store):
    store.apply(batch_on(b"a", b"a/", b"a"))
    assert store.find(b"a").count == 2
    assert store.find(b"a/").count == 1
    assert store.find(b"a/").parent is store.find(b"a")
    assert store.find(b"a/").level == ""


def test_branches_are_no_topics_until_they_get_a_message(store):
    store.apply(batch_on(b"a/b"))
    assert not store.find(b"a").is_topic
    assert store.counters.topics == 1
    assert store.counters.nodes == 2
    store.apply(batch_on(b"a"))
    assert store.find(b"a").is_topic
    assert store.counters.topics == 2
    assert store.counters.nodes == 2


def test_kids_keep_arrival_order_and_rows(store):
    names = [b"t/%d" % number for number in (5, 3, 9, 1, 3, 5)]
    store.apply(batch_on(*names[:3]))
    store.apply(batch_on(*names[3:]))
    kids = store.find(b"t").kids
    assert [kid.topic for kid in kids] == [b"t/5", b"t/3", b"t/9", b"t/1"]
    assert [kid.row for kid in kids] == [0, 1, 2, 3]


@pytest.mark.parametrize("depth", [MAX_LEVELS - 1, MAX_LEVELS, MAX_LEVELS + 1, 1000, 32_768])
def test_too_deep_a_topic_keeps_its_remainder_in_one_node(store, depth):
    parts = [b"l%d" % number for number in range(depth)]
    topic = b"/".join(parts)[:65_535]
    store.apply(batch_on(topic))
    node = store.find(topic)
    found = levels(node)
    assert "/".join(found) == topic.decode()
    assert len(found) == min(topic.count(b"/") + 1, MAX_LEVELS)
    store.apply(batch_on(topic + b"x" if len(topic) < 65_535 else topic))
    assert store.counters.nodes == len(found) + (len(topic) < 65_535)


def test_nothing_but_slashes(store):
    store.apply(batch_on(b"/" * 65_535, b"/" * 65_534, b"/" * 250, b"/" * 3))
    assert store.counters.topics == 4
    assert store.counters.nodes == MAX_LEVELS - 1 + 3  # "/" * 3 is one of the shared branches
    for length in (65_535, 65_534, 250, 3):
        assert "/".join(levels(store.find(b"/" * length))) == "/" * length
    assert store.find(b"/" * 250).parent is store.find(b"/" * 65_535).parent


def test_a_long_topic_does_not_multiply(store):
    first = b"x" * 60_000
    store.apply(batch_on(first + b"/a" * 190))
    assert levels(store.find(first + b"/a" * 190)) == [(first + b"/a" * 190).decode()]
    topic = b"y" * (MAX_BRANCH_BYTES - 10) + b"/a" * 100
    store.apply(batch_on(topic))
    assert "/".join(levels(store.find(topic))) == topic.decode()
    assert max(len(node.topic) for node in store.nodes() if not node.is_topic) <= MAX_BRANCH_BYTES
    assert store.memory_bytes < 300_000


def test_a_hundred_thousand_siblings(store):
    begin = time.process_time()
    for start in range(0, 100_000, 500):
        store.apply(batch_on(*(b"flat/%d" % number for number in range(start, start + 500))))
    assert time.process_time() - begin < 5
    kids = store.find(b"flat").kids
    assert len(kids) == 100_000
    assert kids[99_999].row == 99_999
    assert kids[99_999].level == "99999"


@pytest.mark.parametrize("as_published", [True, False])
def test_retained_is_sticky_and_cleared_by_an_empty_payload(as_published):
    store = TopicStore(Budget(64 << 20), retain_as_published=as_published)
    for flags, payload, expected in [
        (0, b"1", False),
        (1, b"1", True),
        (0, b"2", True),  # not to be retained: the broker still keeps the one before
        (1, b"", False),
        (0, b"", False),
        (1, b"3", True),
        # As published, it is a message like any other. Without that, a deletion arrives just so at a live subscriber.
        (0, b"", as_published),
        (1 | 8 | 2, b"4", True),
    ]:
        store.apply(batch_of(frame(b"a", payload, flags)))
        node = store.find(b"a")
        assert node.retained is expected
    assert node.count == 8


def test_first_and_last_stamp(store):
    store.apply(batch_on(b"a", at_ms=5))
    store.apply(batch_on(b"a", b"b", at_ms=9))
    node = store.find(b"a")
    assert (node.first.mono_ns, node.stamp.mono_ns) == (5_000_000, 9_000_000)
    assert node.stamp is store.find(b"b").first
    assert store.root.first is None


def test_a_node_is_small():
    assert sys.getsizeof(Node(b"", None, 0, None)) <= 168
    assert not hasattr(Node(b"", None, 0, None), "__dict__")
