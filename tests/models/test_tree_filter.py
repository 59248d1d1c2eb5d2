# SPDX-License-Identifier: MIT
from __future__ import annotations

import random
import time

import pytest

from mqtt_explorer.models.hit_order import HitOrder, LastPlace
from mqtt_explorer.models.tree_filter import TreeFilter
from tests.models.streams import feed, frame, new_store, random_frames


class Picked:
    """What a filter should say, built anew from its hits at every change."""

    def __init__(self):
        self._hits = set()
        self._kids = {}
        self._changed = set()

    @property
    def hits(self):
        return len(self._hits)

    def kids(self, branch):
        return self._kids.get(branch, set())

    def has_kids(self, branch):
        return bool(self._kids.get(branch))

    def hits_below(self, branch):
        return sum(self.is_hit(node) + self.hits_below(node) for node in self.kids(branch))

    def is_hit(self, node):
        return node in self._hits

    def shows(self, node):
        return node in self._hits or self.has_kids(node)

    def add(self, nodes):
        self._build(self._hits | set(nodes))

    def remove(self, nodes):
        self._build(self._hits - set(nodes))

    def take_changes(self):
        changed, self._changed = self._changed, set()
        return changed

    def _build(self, hits):
        kids = {}
        for hit in hits:
            node = hit
            while node.parent is not None:
                kids.setdefault(node.parent, set()).add(node)
                node = node.parent
        before, self._kids, self._hits = self._kids, kids, hits
        self._changed |= {node for node in before.keys() | kids.keys() if before.get(node) != kids.get(node)}


def by_row(nodes):
    return sorted(nodes, key=lambda node: node.row)


def check(tree_filter, reference, store):
    assert tree_filter.hits == reference.hits
    for node in [store.root, *store.nodes()]:
        assert list(tree_filter.kids(node)) == by_row(reference.kids(node))
        assert tree_filter.has_kids(node) == reference.has_kids(node)
        assert tree_filter.hits_below(node) == reference.hits_below(node)
        assert tree_filter.is_hit(node) == reference.is_hit(node)
        assert tree_filter.shows(node) == reference.shows(node)


def on_the_way(store, hits):
    """All hits from top to bottom in arrival order."""
    found = []

    def visit(branch):
        for node in branch.kids or ():
            if hits.is_hit(node):
                found.append(node)
            visit(node)

    visit(store.root)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_random_hits_come_and_go_in_a_growing_tree(seed):
    rng = random.Random(seed)
    store = new_store()
    tree_filter, reference = TreeFilter(), Picked()
    known = {}
    for _ in range(60):
        feed(store, *random_frames(rng, rng.randint(1, 25)))
        nodes = list(store.nodes())
        if rng.random() < 0.5:
            for node in rng.sample(nodes, min(len(nodes), 5)):
                tree_filter.kids(node)  # lists that were asked for have to follow
        if rng.random() < 0.3:
            branch = rng.choice([store.root, *(node for node in nodes if node.kids)])
            chosen = list(branch.kids)
        else:
            chosen = rng.sample(nodes, rng.randint(0, min(len(nodes), 30)))
        shown = {node for node in nodes if reference.shows(node)}
        if rng.random() < 0.6:
            new = sum(not reference.is_hit(node) for node in chosen)
            reference.add(chosen)
            assert tree_filter.add(chosen) == new
        else:
            gone = sum(reference.is_hit(node) for node in chosen)
            reference.remove(chosen)
            assert tree_filter.remove(chosen) == gone
        check(tree_filter, reference, store)
        changed = {node for node in reference.take_changes() if node is store.root or node in shown}
        told = tree_filter.take_changes()
        assert changed <= told
        assert not (told - changed) & shown  # only what was not shown before may be there without need
        assert not tree_filter.take_changes()
        for branch, kids in known.items():
            if branch not in told:
                assert list(tree_filter.kids(branch)) == kids
        known = {
            node: list(tree_filter.kids(node)) for node in [store.root, *nodes] if tree_filter.shows(node)
        }


def test_a_leaf_that_is_a_hit_becomes_a_branch_with_hits():
    store = new_store()
    feed(store, frame("a"))
    tree_filter = TreeFilter()
    leaf = store.find(b"a")
    tree_filter.add([leaf])
    tree_filter.take_changes()
    feed(store, frame("a/b"))
    tree_filter.add([store.find(b"a/b")])
    assert tree_filter.take_changes() == {leaf}
    assert (tree_filter.hits, tree_filter.hits_below(leaf), tree_filter.is_hit(leaf)) == (2, 1, True)
    tree_filter.remove([store.find(b"a/b")])
    assert tree_filter.shows(leaf)
    assert not tree_filter.has_kids(leaf)
    assert tree_filter.take_changes() == {leaf}
    tree_filter.remove([leaf])
    assert tree_filter.hits == 0
    assert not tree_filter.has_kids(store.root)
    assert tree_filter.take_changes() == {store.root}


def test_branches_shown_for_the_first_time_are_no_news():
    store = new_store()
    feed(store, *(frame(f"a/{n}/{m}") for n in range(3) for m in range(3)))
    tree_filter = TreeFilter()
    tree_filter.add([store.find(b"a/1/1"), store.find(b"a/2/2")])
    assert tree_filter.take_changes() == {store.root}
    tree_filter.add([store.find(b"a/1/2")])
    assert tree_filter.take_changes() == {store.find(b"a/1")}


def test_what_was_there_already_changes_nothing():
    store = new_store()
    feed(store, *(frame(f"a/{n}") for n in range(10)))
    tree_filter = TreeFilter()
    tree_filter.add(store.find(b"a").kids)
    tree_filter.take_changes()
    assert tree_filter.add(store.find(b"a").kids) == 0
    assert tree_filter.remove([store.find(b"a")]) == 0
    assert tree_filter.hits == 10


@pytest.mark.parametrize("seed", range(4))
def test_counting_through_the_hits_is_walking_through_them(seed):
    rng = random.Random(seed)
    store = new_store()
    feed(store, *random_frames(rng, 300))
    nodes = list(store.nodes())
    tree_filter = TreeFilter()
    tree_filter.add(rng.sample(nodes, len(nodes) // 3))
    way = on_the_way(store, tree_filter)
    order = HitOrder(
        store.root, tree_filter, lambda branch: list(tree_filter.kids(branch)), tree_filter.shown_before
    )
    assert [order.place_of(node) for node in way] == list(range(1, len(way) + 1))
    assert order.step(None, 1) is way[0]
    assert order.step(None, -1) is way[-1]
    for index, node in enumerate(way):
        assert order.step(node, 1) is way[(index + 1) % len(way)]
        assert order.step(node, -1) is way[index - 1]
        assert order.step(node, 7) is way[(index + 7) % len(way)]
    for node in nodes:
        if tree_filter.shows(node) and not tree_filter.is_hit(node):
            first = next(hit for hit in way if hit.topic.startswith(node.topic + b"/"))
            assert order.place_of(node) is None
            assert order.step(node, 1) is first
            assert order.step(node, -1) is way[way.index(first) - 1]


def test_no_hits_no_steps():
    store = new_store()
    feed(store, frame("a"))
    order = HitOrder(store.root, TreeFilter(), lambda branch: list(branch.kids or ()), lambda node: node.row)
    assert order.step(None, 1) is None
    assert order.step(store.find(b"a"), 1) is None
    assert order.place_of(store.find(b"a")) is None


@pytest.mark.parametrize("seed", range(4))
def test_parts_and_counts_are_those_of_the_children(seed):
    rng = random.Random(seed)
    store = new_store()
    feed(store, *(frame(f"a/{n}") for n in range(400)))
    branch = store.find(b"a")
    tree_filter = TreeFilter()
    for _ in range(60):
        some = rng.sample(branch.kids, rng.choice([1, 5, 100]))
        tree_filter.add(some) if rng.random() < 0.6 else tree_filter.remove(some)
        feed(store, frame(f"a/x{rng.random()}"))  # one that the filter does not know
        expected = [node for node in branch.kids if tree_filter.is_hit(node)]
        count = rng.choice([0, 1, 3, 50, 1_000])
        assert tree_filter.count(branch) == len(expected)
        assert tree_filter.part(branch, count) == expected[:count]
        assert tree_filter.part(branch, count, last=True) == expected[::-1][:count]
        node = rng.choice(branch.kids)
        assert tree_filter.shown_before(node) == sum(each.row < node.row for each in expected)
        if rng.random() < 0.3:
            assert tree_filter.kids(branch) == expected


def test_the_place_of_a_hit_among_plain_ones_needs_no_list():
    store = new_store()
    feed(store, *(frame(f"a/{n}") for n in range(100)))
    tree_filter = TreeFilter()
    tree_filter.add(store.find(b"a").kids[::2])
    order = HitOrder(
        store.root, tree_filter, lambda branch: pytest.fail("not needed"), tree_filter.shown_before
    )
    assert order.place_of(store.find(b"a/50")) == 26


class SlowOrder:
    def __init__(self):
        self.asked, self.seconds = 0, 0.0

    def place_of(self, node):
        self.asked += 1
        time.sleep(self.seconds)
        return self.asked


def test_the_last_place_is_remembered_until_something_changes():
    order, place, node = SlowOrder(), LastPlace(), object()
    assert [place.of(node, 1, order), place.of(node, 1, order)] == [1, 1]
    assert place.of(node, 2, order) == 2
    assert place.of(object(), 2, order) == 3
    assert not place.is_old
    assert not place.take_due()


def test_a_place_that_is_hard_to_find_is_looked_for_less_often():
    order, place, node = SlowOrder(), LastPlace(), object()
    order.seconds = 0.02
    assert place.of(node, 1, order) == 1
    assert place.of(node, 2, order) == 1
    assert place.is_old
    assert not place.take_due()
    time.sleep(0.4 + 0.02)
    while not place.take_due():
        time.sleep(0.01)
    assert not place.take_due()
    assert place.of(node, 2, order) == 2
