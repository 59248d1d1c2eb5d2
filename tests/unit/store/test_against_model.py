# SPDX-License-Identifier: MIT
"""The store against a naive model that keeps every message in a list: random batches, evictions, frames."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mqtt_explorer.store import Budget, Node, TopicStore, last_payloads, message_log, topic_store
from mqtt_explorer.store.last_payloads import frame_bytes
from tests.unit.store.building import batch_of, frame

# A small pool, so that topics come again; with empty levels, and topics that are branches too.
POOL = [
    "a",
    "a/",
    "/",
    "/a",
    "//",
    "a/b",
    "a/b/c",
    "a//b",
    "ä/b",
    "b",
    "b/c/d/e",
    "c",
    "d",
    "e/1",
    "e/2",
    "e/3",
]
TOPICS = st.sampled_from([topic.encode() for topic in POOL])
FLAGS = st.sampled_from([0, 1, 2, 3, 8])
FRAMES = st.builds(frame, TOPICS, st.binary(max_size=3), FLAGS, st.sampled_from([b"", b"\x01\x00"]))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("apply"), st.lists(FRAMES, max_size=4)),
        st.tuples(st.just("apply"), st.lists(FRAMES, min_size=10, max_size=24)),
        st.tuples(st.just("evict_history"), st.none()),
        st.tuples(st.just("evict_last"), st.integers(1, 5)),
        st.tuples(st.just("take"), st.none()),
    ),
    max_size=40,
)


class Model:
    """What the store must say, at any cost."""

    def __init__(self, *, retain_as_published: bool) -> None:
        self.retain_as_published = retain_as_published
        self.messages: list[tuple[bytes, bytes, int, int]] = []  # topic, payload, flags, mono_ns
        self.evicted_last: dict[bytes, int] = {}  # topic -> seq of the last message, whose payload was taken

    def of(self, topic: bytes) -> list[int]:
        return [seq for seq, message in enumerate(self.messages) if message[0] == topic]

    def retained(self, topic: bytes) -> bool:
        state = False
        for seq in self.of(topic):
            _, payload, flags, _ = self.messages[seq]
            if flags & 1:
                state = bool(payload)
            elif not payload and not self.retain_as_published:
                state = False
        return state

    def topics(self) -> list[bytes]:
        return list(dict.fromkeys(message[0] for message in self.messages))

    def paths(self) -> list[bytes]:
        """Every node in the order it must have been made."""
        made: dict[bytes, None] = {}
        for topic in self.topics():
            parts = topic.split(b"/")
            for depth in range(1, len(parts) + 1):
                made.setdefault(b"/".join(parts[:depth]))
        return list(made)


def check_topic(store: TopicStore, model: Model, topic: bytes) -> None:
    node = store.find(topic)
    seqs = model.of(topic)
    kept = [seq for seq in seqs if seq >= store.first_seq]
    assert node is not None
    assert node.count == len(seqs)
    assert node.seq == seqs[-1]
    assert node.evicted_count == len(seqs) - len(kept)
    assert node.retained is model.retained(topic)
    assert node.first is not None
    assert node.first.mono_ns == model.messages[seqs[0]][3]
    evicted = model.evicted_last.get(topic) == seqs[-1]
    assert node.payload_evicted is evicted
    if not kept and not evicted:
        kept = seqs[-1:]
    history = store.history(node, limit=10_000)
    assert [(m.seq, m.topic.encode(), m.payload, m.frame[0], m.mono_ns) for m in history] == [
        (seq, *model.messages[seq]) for seq in reversed(kept)
    ]
    assert store.kept(node) == len(kept)
    since = store.kept_since(node)
    if kept:
        assert since is not None
        assert {seq for seq in seqs if model.messages[seq][3] > since.mono_ns} <= set(kept)
        assert since.mono_ns <= model.messages[kept[0]][3]
    else:
        assert since is None
    last = store.last_message(node)
    assert last is not None
    assert last.payload == (b"" if evicted else model.messages[seqs[-1]][1])
    assert last.size == len(model.messages[seqs[-1]][1])
    middle = kept[len(kept) // 2] if kept else 0
    older = store.history(node, before_seq=middle, limit=2)
    assert [m.seq for m in older] == [seq for seq in reversed(kept) if seq < middle][:2]


def check(store: TopicStore, model: Model, budget: Budget) -> None:
    for topic in model.topics():
        check_topic(store, model, topic)
    orphans = [node for node in store.nodes() if 0 <= node.seq < store.first_seq]
    living = [node for node in orphans if not node.payload_evicted]
    counters = store.counters
    assert counters.received == len(model.messages)
    assert counters.messages_in_history == len(model.messages) - store.first_seq
    assert counters.evicted == len(model.messages) - counters.messages_in_history - len(living)
    assert counters.topics == len(model.topics())
    assert [node.topic for node in store.nodes()] == model.paths()
    for node in [store.root, *store.nodes()]:
        for row, kid in enumerate(node.kids or ()):
            assert (kid.parent, kid.row) == (node, row)
    # Oldest first: no payload was taken that is newer than one that stayed.
    taken = [node.seq for node in orphans if node.payload_evicted]
    assert max(taken, default=-1) < min((node.seq for node in living), default=10**9)
    assert store._last.memory_bytes == sum(
        112 if node.payload_evicted else frame_bytes(node.frame, node.topic) for node in orphans if node.frame
    )
    check_blocks(store)
    assert budget.used_bytes == store.memory_bytes
    for seq in (store.first_seq - 1, store.first_seq, len(model.messages) - 1, len(model.messages)):
        message = store.message(seq)
        if store.first_seq <= seq < len(model.messages):
            assert message is not None
            assert (message.topic.encode(), message.payload) == model.messages[seq][:2]
        else:
            assert message is None


def check_blocks(store: TopicStore) -> None:
    """Last payloads are each listed once, and stale entries are cleaned before they are more than half of a block."""
    living = {node for node in store.nodes() if 0 <= node.seq < store.first_seq and not node.payload_evicted}
    blocks = store._last._blocks
    listed = [node for block in blocks for node in block.nodes if block.start <= node.seq < block.end]
    assert len(listed) == len(living) == store._last.count
    assert set(listed) == living
    assert [node.seq for node in listed] == sorted(node.seq for node in listed)
    assert [sum(block.start <= node.seq < block.end for node in block.nodes) for block in blocks] == [
        block.live for block in blocks
    ]
    # The first block is being taken from its live end and may hold more.
    assert all(0 < len(block.nodes) <= 2 * block.live for block in blocks[1:])


def check_folded(store: TopicStore, model: Model) -> None:
    while store.take_changes().more:
        pass
    for node in [store.root, *store.nodes()]:
        below = [t for t in model.topics() if node is store.root or t.startswith(node.topic + b"/")]
        assert node.topics_below == len(below)
        assert node.messages_below == sum(len(model.of(topic)) for topic in below)
        stamp = node.stamp_below
        newest = max((model.messages[model.of(topic)[-1]][3] for topic in below), default=None)
        assert (stamp.mono_ns if stamp is not None else None) == newest
        assert node.mark is None


def take(store: TopicStore, model: Model, told: dict[Node, int]) -> None:
    """A reader that believes what `grown` says must know every row in the end."""
    changes = store.take_changes()
    assert len(set(changes.changed)) == len(changes.changed)
    assert len(set(changes.branches)) == len(changes.branches)
    for parent, old in changes.grown.items():
        assert parent in told
        assert told[parent] == old
        learn(parent, old, told)
    assert set(told) == {store.root, *store.nodes()}
    assert all(told[node] == len(node.kids or ()) for node in told)


def learn(parent: Node, old: int, told: dict[Node, int]) -> None:
    kids = parent.kids or []
    told[parent] = len(kids)
    for kid in kids[old:]:
        assert kid not in told
        learn(kid, 0, told)


@pytest.mark.parametrize(("small", "as_published"), [(False, True), (True, False)])
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_the_store_agrees_with_the_model(small: bool, as_published: bool, steps) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if small:  # reach full segments, stale entries and cleaned blocks with few messages
            patch.setattr(last_payloads, "_SMALL_BLOCK", 4)
            patch.setattr(message_log, "SEGMENT_MESSAGES", 6)
            patch.setattr(topic_store, "SEGMENT_MESSAGES", 6)
            patch.setattr(topic_store, "SMALL_BATCH", 3)
        budget = Budget(1 << 40)
        store = TopicStore(budget, retain_as_published=as_published)
        model = Model(retain_as_published=as_published)
        told = {store.root: 0}
        for number, (action, argument) in enumerate(steps):
            if action == "apply":
                at_ms = number * 4000
                store.apply(batch_of(*argument, at_ms=at_ms))
                model.messages += [(f[1], f[3], f[0], at_ms * 1_000_000) for f in argument]
            elif action == "evict_history":
                store.evict_history()
            elif action == "evict_last":
                store.evict_last_payloads(1 << 40, argument)
                for node in store.nodes():
                    if node.payload_evicted:
                        model.evicted_last[node.topic] = node.seq
            else:
                take(store, model, told)
            check_blocks(store)
        check(store, model, budget)
        take(store, model, told)
        check_folded(store, model)


@pytest.mark.parametrize("seed", range(6))
def test_last_payloads_under_churn(seed: int) -> None:
    """Many topics that leave the history and come back: large blocks with stale entries, cleaned, merged and emptied."""
    choose = random.Random(seed)
    budget = Budget(1 << 40)
    store = TopicStore(budget)
    topics = [b"t/%d" % number for number in range(200)]
    for number in range(1000):
        length = choose.choice([1, 3, 5, 10, 80, 200])
        batch = [frame(choose.choice(topics), b"x" * choose.randrange(300)) for _ in range(length)]
        store.apply(batch_of(*batch, at_ms=number * 11_000))
        while store.counters.messages_in_history > choose.choice([0, 100, 1000]):
            store.evict_history()
            check_blocks(store)
        if choose.random() < 0.2:
            store.evict_last_payloads(1 << 40, choose.choice([1, 20, 100]))
            check_blocks(store)
    assert store.counters.evicted > 10_000
    assert budget.used_bytes == store.memory_bytes
