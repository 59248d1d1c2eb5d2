# SPDX-License-Identifier: MIT
from __future__ import annotations

import random
import threading
import time
from itertools import pairwise

import pytest

from mqtt_explorer.store import Budget, TopicStore
from mqtt_explorer.store.matcher import GIANT_BYTES, Matcher
from mqtt_explorer.store.query import Query
from mqtt_explorer.store.search import Search, Walk
from mqtt_explorer.store.search_giants import Giants
from mqtt_explorer.store.topic_tree import Node
from tests.unit.store.building import batch_of, batch_on, frame


@pytest.fixture
def store():
    return TopicStore(Budget(256 << 20))


def run(search):
    found = []
    while not search.done:
        found += search.step()
    return found


def settle(search, nodes=()):
    hits, others = search.changed(nodes)
    while search.busy or search.waiting:
        more = search.changed(())
        hits += more[0]
        others += more[1]
        time.sleep(0.001)
    return {node.topic for node in hits}, {node.topic for node in others}


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_a_walk_meets_every_node_once_and_parents_first(store, limit):
    rng = random.Random(limit)
    store.apply(
        batch_on(
            *(
                b"/".join(rng.choices([b"a", b"b", b"", b"c"], k=rng.randint(1, 6))) or b"/"
                for _ in range(400)
            )
        )
    )
    walk = Walk(store.root)
    met = []
    while not walk.done:
        part = walk.take(limit)
        assert 0 < len(part) <= limit
        met += part
    assert len(met) == len(set(met))
    assert set(met) == set(store.nodes())
    place = {node: index for index, node in enumerate(met)}
    assert all(node.parent is store.root or place[node.parent] < place[node] for node in met)


def test_siblings_stand_next_to_each_other(store):
    store.apply(batch_on(*(b"%d/%d" % (n % 30, n) for n in range(300))))
    walk = Walk(store.root)
    met = []
    while not walk.done:
        met += walk.take(10_000)
    changes = sum(a.parent is not b.parent for a, b in pairwise(met))
    assert changes == 30


def test_everything_there_is_found_in_slices(store):
    store.apply(batch_on(*(b"a/%d/%s" % (n, b"x" if n % 3 else b"y") for n in range(5_000))))
    search = Search(store, Matcher(Query("y", payload=False)))
    assert not search.done
    first = []
    while not search.scanned:  # branches come first
        first += search.step(0)
    assert 0 < search.scanned < search.total == 5_000
    found = first + run(search)
    assert len(found) == len(set(found)) == 1_667
    assert (search.scanned, search.done, search.busy) == (5_000, True, False)


def test_a_store_without_topics(store):
    search = Search(store, Matcher(Query("y")))
    assert search.done
    assert search.step() == []
    assert search.changed([]) == ([], [])


def test_the_store_grows_while_it_is_searched(store):
    store.apply(batch_on(*(b"a/%d" % n for n in range(3_000))))
    store.take_changes()
    search = Search(store, Matcher(Query("a/")))
    found = search.step(0)
    store.apply(batch_on(*(b"a/n%d" % n for n in range(3_000)), b"b/a/c"))
    found += run(search)
    hits, _ = settle(search, store.take_changes(1).changed)
    assert len({node.topic for node in found} | hits) == 6_001


def test_changed_topics_are_looked_at_again_and_the_rest_later(store):
    store.apply(batch_of(*(frame(b"t%d" % n, b"on") for n in range(4_000))))
    search = Search(store, Matcher(Query("on", topic=False)))
    assert len(run(search)) == 4_000
    store.apply(batch_of(*(frame(b"t%d" % n, b"off") for n in range(3_000)), frame(b"new", b"on")))
    nodes = [store.find(b"t%d" % n) for n in range(4_000)] + [store.find(b"new")]
    hits, others = search.changed(nodes, 0)
    assert search.busy
    assert 0 < len(hits) + len(others) < 4_001
    more_hits, more_others = settle(search)
    assert {node.topic for node in hits} | more_hits == {b"new", *(b"t%d" % n for n in range(3_000, 4_000))}
    assert {node.topic for node in others} | more_others == {b"t%d" % n for n in range(3_000)}


def test_giant_payloads_are_looked_through_beside_the_loop(store):
    giant = b"x" * (8 << 20)
    store.apply(
        batch_of(
            frame(b"a", giant),
            frame(b"b", giant + b"y"),
            frame(b"c", b"y"),
            frame(b"d", b"x" * (GIANT_BYTES + 1)),
        )
    )
    search = Search(store, Matcher(Query("y", topic=False)))
    begun = time.perf_counter()
    found = search.step()
    assert time.perf_counter() - begun < 0.1
    while not search.done:
        assert search.waiting or search.scanning
        found += search.step()
    assert {node.topic for node in found} == {b"b", b"c"}
    store.apply(batch_of(frame(b"a", giant + b"y"), frame(b"b", giant)))
    hits, others = settle(search, [store.find(b"a"), store.find(b"b")])
    assert search.done
    assert b"a" in hits
    assert b"b" in others
    assert b"a" not in others


def test_a_giant_that_changes_while_it_is_looked_through(store):
    store.apply(batch_of(frame(b"a", b"x" * (4 << 20))))
    search = Search(store, Matcher(Query("y", topic=False)))
    search.step()
    store.apply(batch_of(frame(b"a", b"x" * (4 << 20) + b"y")))
    hits, others = settle(search, [store.find(b"a")])
    assert (hits, others) == ({b"a"}, set())


def test_a_giant_that_is_replaced_by_a_small_payload(store):
    store.apply(batch_of(frame(b"a", b"x" * (4 << 20) + b"y")))
    search = Search(store, Matcher(Query("y", topic=False)))
    search.step()
    store.apply(batch_of(frame(b"a", b"x")))
    assert settle(search, [store.find(b"a")]) == (set(), {b"a"})


def test_large_payloads_do_not_hold_a_slice(store):
    store.apply(batch_of(*(frame(b"t%d" % n, b"x" * 200_000) for n in range(200))))
    search = Search(store, Matcher(Query("y", topic=False)))
    search.step(0)
    assert search.scanned < 20
    assert run(search) == []
    assert search.scanned == 200


def test_topics_whose_payload_went_are_counted(store):
    store.apply(batch_of((0, b"cut", b"", b"x", 5), frame(b"whole", b"x")))
    search = Search(store, Matcher(Query("y")))
    assert run(search) == []
    assert search.unsearchable == 1


def test_a_cut_giant_with_a_hit_is_no_loss(store):
    kept = b"x" * (2 * GIANT_BYTES)
    store.apply(
        batch_of((0, b"a", b"", kept + b"y", 10 * GIANT_BYTES), (0, b"b", b"", kept, 10 * GIANT_BYTES))
    )
    search = Search(store, Matcher(Query("y", topic=False)))
    found = search.step()
    while not search.done:
        found += search.step()
    assert [node.topic for node in found] == [b"a"]
    assert search.unsearchable == 1


def test_a_giant_that_never_stands_still_does_not_hold_the_search(store, monkeypatch):
    go_on = threading.Event()
    matcher = Matcher(Query("y", topic=False))
    found_in_payload = matcher.found_in_payload

    def slowly(node):
        go_on.wait(5)
        return found_in_payload(node)

    monkeypatch.setattr(matcher, "found_in_payload", slowly)
    store.apply(batch_of(frame(b"a", b"x" * (GIANT_BYTES + 1)), frame(b"b", b"y")))
    search = Search(store, matcher)
    assert search.step() == [store.find(b"b")]
    assert not search.done
    store.apply(batch_of(frame(b"a", b"x" * (GIANT_BYTES + 1) + b"y")))
    search.changed([store.find(b"a")])
    assert search.waiting
    assert search.done
    go_on.set()
    assert settle(search) == ({b"a"}, set())


def test_giants_that_change_keep_their_place_in_line(monkeypatch):
    go_on = threading.Event()
    matcher = Matcher(Query("y", topic=False))
    looked = []

    def slowly(node):
        go_on.wait(5)
        looked.append(node.topic)
        return False

    monkeypatch.setattr(matcher, "found_in_payload", slowly)
    made = [Node(topic, None, 0, None) for topic in (b"a", b"b", b"c")]
    giants = Giants(matcher)
    giants.add(made)
    giants.add(made[:2])  # the first is looked into and has to be again, the second waits
    go_on.set()
    others = []
    while giants.waiting:
        others += giants.take()[1]
        time.sleep(0.001)
    assert looked == [b"a", b"b", b"c", b"a"]
    assert len(others) == 3
