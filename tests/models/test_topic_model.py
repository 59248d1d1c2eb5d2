# SPDX-License-Identifier: MIT
from __future__ import annotations

import random
import time

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models import arrangement
from mqtt_explorer.models.frame_clock import REFRESH_EVERY
from mqtt_explorer.models.roles import GLOW_ROLE, KIND_ROLE, NOTE_ROLE, PIN_ROLE, STRONG_ROLE, TRUNCATED_ROLE
from mqtt_explorer.models.topic_columns import AGE, MESSAGES, RATE, RETAINED, VALUE
from mqtt_explorer.models.topic_model import TopicModel
from tests.models.streams import feed, frame, new_store, random_frames

ROOT = QModelIndex()


@pytest.fixture
def store():
    return new_store()


@pytest.fixture
def model(clock, store):
    made = TopicModel(clock)
    made.set_store(store)
    yield made
    made.set_store(None)


def shown(model, parent=ROOT, depth=0):
    """The announced rows as a small picture."""
    lines = []
    for row in range(model.rowCount(parent)):
        index = model.index(row, 0, parent)
        lines.append("  " * depth + index.data())
        lines += shown(model, index, depth + 1)
    return lines


def at(model, *rows):
    index = ROOT
    for row in rows:
        if model.canFetchMore(index):
            model.fetchMore(index)
        index = model.index(row, 0, index)
        assert index.isValid()
    return index


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("fetch", [True, False])
def test_the_model_tester_finds_nothing_in_a_random_stream(clock, store, seed, fetch):
    rng = random.Random(seed)
    model = TopicModel(clock)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    tester.setUseFetchMore(fetch)
    model.set_store(store)
    sent = 0
    while sent < 2_600:
        frames = random_frames(rng, rng.randint(1, 120))
        feed(store, *frames)
        sent += len(frames)
        clock.tick.emit()
        action = rng.random()
        index = model.index(rng.randrange(max(1, model.rowCount(ROOT))), 0, ROOT)
        while index.isValid() and rng.random() < 0.6 and model.rowCount(index):
            index = model.index(rng.randrange(model.rowCount(index)), 0, index)
        if action < 0.2 and model.canFetchMore(index):
            model.fetchMore(index)
        elif action < 0.3:
            model.set_open(index, False)
        elif action < 0.4:
            model.set_open(index, True)
        elif action < 0.45:
            model.show_more(index, 5_000)
        elif action < 0.5:
            model.reveal(rng.choice(list(store.nodes())))
        elif action < 0.53:
            model.set_paused(not model.paused)
    model.set_paused(False)
    for _ in range(50):
        clock.tick.emit()
    assert sent >= 2_500
    assert model.rowCount(ROOT) == len(store.root.kids)
    model.set_store(None)
    assert model.rowCount(ROOT) == 0
    tester.deleteLater()


def test_the_model_tester_notices_a_lie(clock, store, qtlog):
    """The tests above can fail: a model that forgets to announce is caught."""
    model = TopicModel(clock)
    model.set_store(store)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    feed(store, frame("a"), frame("b"))
    with qtlog.disabled():
        model._rows.insert(store.root, 0, [store.find(b"a")])
        clock.tick.emit()
    model.set_store(None)
    tester.deleteLater()
    assert model.rowCount(ROOT) == 0


def test_only_opened_branches_announce(clock, model, store):
    feed(store, frame("a/b/c"), frame("a/d"))
    clock.tick.emit()
    assert shown(model) == ["a"]
    a = at(model, 0)
    assert model.hasChildren(a)
    model.fetchMore(a)
    assert shown(model) == ["a", "  b", "  d"]
    feed(store, frame("a/e"), frame("a/b/x"))
    clock.tick.emit()
    assert shown(model) == ["a", "  b", "  d", "  e"]
    model.set_open(a, False)
    feed(store, frame("a/f"))
    clock.tick.emit()
    assert shown(model) == ["a", "  b", "  d", "  e"]
    model.set_open(a, True)
    clock.tick.emit()
    assert shown(model) == ["a", "  b", "  d", "  e", "  f"]


def test_a_leaf_that_becomes_a_branch_announces_its_first_child(clock, model, store, qtbot):
    feed(store, frame("a"))
    clock.tick.emit()
    assert not model.hasChildren(at(model, 0))
    with qtbot.waitSignal(model.rowsInserted) as caught:
        feed(store, frame("a/b/c"), frame("a/d"))
        clock.tick.emit()
    parent, first, last = caught.args
    assert (model.node(parent).topic, first, last) == (b"a", 0, 0)
    assert model.hasChildren(at(model, 0))
    assert model.canFetchMore(model.index(0, 0, ROOT))


def test_a_leaf_announced_between_two_frames_still_gets_its_arrow(clock, model, store, qtbot):
    feed(store, frame("a/b"))
    clock.tick.emit()
    a = model.index(0, 0, ROOT)
    feed(store, frame("a/c"))
    model.fetchMore(a)
    assert shown(model) == ["a", "  b", "  c"]
    with qtbot.waitSignal(model.rowsInserted):
        feed(store, frame("a/c/d"))
        clock.tick.emit()
    assert shown(model) == ["a", "  b", "  c", "    d"]


def test_a_burst_is_announced_in_ranges_and_never_row_by_row(clock, model, store):
    inserts = []
    model.rowsInserted.connect(lambda parent, first, last: inserts.append((first, last)))
    feed(store, *(frame(f"t{n}") for n in range(400)))
    clock.tick.emit()
    assert inserts == [(0, 399)]


def test_a_big_branch_shows_a_page_until_somebody_asks(clock, model, store):
    feed(store, *(frame(f"big/{n}") for n in range(5_000)))
    clock.tick.emit()
    big = at(model, 0)
    model.fetchMore(big)
    assert model.rowCount(big) == arrangement.PAGE
    assert big.data(NOTE_ROLE) == "showing 500 of 5,000"
    clock.tick.emit()
    assert model.rowCount(big) == arrangement.PAGE
    assert not model.canFetchMore(big)
    assert model.show_more(big) == 1_000
    assert model.show_more(big, 5_000) == 5_000
    assert model.hidden_rows(big) == 0
    assert big.data(NOTE_ROLE) is None


def test_many_open_rows_are_announced_less_often(clock, model, store):
    feed(store, *(frame(f"big/{n}") for n in range(5_000)))
    clock.tick.emit()
    model.show_more(at(model, 0), 5_000)
    counts = []
    for n in range(12):
        feed(store, frame(f"top{n}"))
        clock.tick.emit()
        counts.append(model.rowCount(ROOT))
    assert counts == [2] * 6 + [8] * 6  # 5,000 open rows: every sixth frame


def test_the_level_column_is_never_reported_changed(clock, model, store):
    columns = []
    model.dataChanged.connect(lambda first, last, roles: columns.append((first.column(), last.column())))
    touched = []
    model.rows_touched.connect(touched.extend)
    feed(store, frame("a/x"), frame("a/y"), frame("b"))
    clock.tick.emit()
    model.fetchMore(at(model, 0))
    nodes = [store.find(topic) for topic in (b"a", b"a/x", b"a/y", b"b")]
    model.set_screen(lambda: nodes)
    for _ in range(2 * REFRESH_EVERY):
        feed(store, frame("a/x", b"2"), frame("a/y", b"3"), frame("b"))
        clock.tick.emit()
    assert columns
    assert {first for first, _ in columns} == {VALUE}
    assert {last for _, last in columns} == {RETAINED}
    assert store.find(b"a/x") in touched


def refresh(clock):
    """As many ticks as it takes until values are looked at again."""
    for _ in range(REFRESH_EVERY):
        clock.tick.emit()


def test_neighbours_are_reported_as_one_range(clock, model, store):
    feed(store, *(frame(f"t{n}") for n in range(10)))
    clock.tick.emit()
    nodes = list(store.root.kids)
    model.set_screen(lambda: nodes)
    refresh(clock)
    ranges = []
    model.dataChanged.connect(lambda first, last, roles: ranges.append((first.row(), last.row())))
    feed(store, *(frame(f"t{n}", b"2") for n in (1, 2, 3, 7)))
    refresh(clock)
    assert (1, 3) in ranges
    assert (7, 7) in ranges


def test_cells(clock, model, store):
    feed(
        store,
        frame("a/t", b"21.7", flags=1),
        frame("a/j", b'{"v":1}'),
        frame("a//", b""),
        frame("a/big", b"x" * 10, size=1 << 26),
    )
    clock.tick.emit()
    a = at(model, 0)
    assert a.data() == "a"
    assert a.data(STRONG_ROLE)
    assert a.data(NOTE_ROLE) == "4 topics · 4 messages"
    assert a.siblingAtColumn(VALUE).data() is None
    model.fetchMore(a)
    assert a.data(NOTE_ROLE) is None
    t, j, empty, big = (model.index(row, 0, a) for row in range(4))
    assert t.siblingAtColumn(VALUE).data() == "21.7"
    assert t.siblingAtColumn(VALUE).data(KIND_ROLE) == "number"
    assert t.siblingAtColumn(MESSAGES).data() == "1"
    assert t.siblingAtColumn(AGE).data() == "now"
    assert t.siblingAtColumn(RATE).data() == "–"
    assert t.data(PIN_ROLE)
    assert not j.data(PIN_ROLE)
    assert j.siblingAtColumn(VALUE).data(KIND_ROLE) == "muted"
    assert empty.data() == "(empty level)"
    assert empty.data(KIND_ROLE) == "muted"
    assert big.data(TRUNCATED_ROLE)
    assert not t.data(TRUNCATED_ROLE)
    spoken = Qt.ItemDataRole.AccessibleTextRole
    assert t.data(spoken) == "t, retained"
    assert "kept in part" in big.data(spoken)


def test_an_evicted_payload_says_so(clock, model, store):
    feed(store, frame("a", b"x" * 2048))
    clock.tick.emit()
    node = store.find(b"a")
    node.payload_evicted = True
    value = at(model, 0).siblingAtColumn(VALUE)
    assert value.data() == "evicted · 2 KiB"
    assert value.data(KIND_ROLE) == "muted"


def test_a_changed_row_glows_and_the_glow_fades(clock, model, store):
    feed(store, frame("a"), frame("b"))
    nodes = [store.find(b"a"), store.find(b"b")]
    model.set_screen(lambda: nodes)
    clock.tick.emit()
    a, b = at(model, 0), at(model, 1)
    assert a.data(GLOW_ROLE) == 0.0  # new on the screen, not changed
    feed(store, frame("a", b"2"))
    refresh(clock)
    first = a.data(GLOW_ROLE)
    assert first > 0.5
    assert b.data(GLOW_ROLE) == 0.0
    time.sleep(0.1)
    assert a.data(GLOW_ROLE) < first


def test_the_rate_of_a_steady_topic(clock, model, store):
    node_of = store.find
    now = time.monotonic_ns()
    for n in range(5, 0, -1):
        feed(store, frame("a"), mono_ns=now - n * 1_000_000_000)
    model.set_screen(lambda: [node_of(b"a")])
    clock.tick.emit()
    assert at(model, 0).siblingAtColumn(RATE).data() == "1.0/s"


def test_pause_freezes_and_counts(clock, model, store):
    feed(store, frame("a", b"1"))
    clock.tick.emit()
    nodes = [store.find(b"a")]
    model.set_screen(lambda: nodes)
    waiting = []
    model.waiting_changed.connect(waiting.append)
    model.set_paused(True)
    feed(store, frame("a", b"2"), frame("new"), frame("a", b"3"))
    clock.tick.emit()
    value = at(model, 0).siblingAtColumn(VALUE)
    assert value.data() == "1"
    assert value.siblingAtColumn(MESSAGES).data() == "1"
    assert model.rowCount(ROOT) == 1
    assert model.waiting == 3
    model.set_paused(False)
    clock.tick.emit()
    assert value.data() == "3"
    assert model.rowCount(ROOT) == 2
    assert waiting == [0, 3, 0]


def test_reveal_announces_the_way_down(clock, model, store):
    feed(store, *(frame(f"big/{n}/leaf") for n in range(3_000)))
    clock.tick.emit()
    target = store.find(b"big/2500/leaf")
    index = model.reveal(target)
    assert model.node(index) is target
    assert model.rowCount(at(model, 0)) > 2_500
    assert not model.reveal(new_store().root).isValid()


@pytest.mark.parametrize("topic", [b"a/" * 400, b"/" * 30_000, b"/"])
def test_odd_topics_stand_in_the_tree(clock, model, store, topic):
    feed(store, frame(topic))
    clock.tick.emit()
    index, depth = model.index(0, 0, ROOT), 0
    while model.hasChildren(index):
        model.fetchMore(index)
        index = model.index(0, 0, index)
        depth += 1
    assert model.node(index).topic == topic
    assert depth <= 200


def test_a_tick_with_a_thousand_dirty_nodes_is_cheap(clock, model, store):
    feed(store, *(frame(f"t{n}") for n in range(1_000)))
    for _ in range(3):
        clock.tick.emit()
    nodes = list(store.root.kids)[:40]
    model.set_screen(lambda: nodes)
    spent = []
    for n in range(20):
        feed(store, *(frame(f"t{m}", str(n).encode()) for m in range(1_000)))
        start = time.perf_counter()
        clock.tick.emit()
        spent.append(time.perf_counter() - start)
    print(
        f"tick with 1,000 dirty nodes: median {sorted(spent)[10] * 1e3:.2f} ms, max {max(spent) * 1e3:.2f} ms"
    )
    assert sorted(spent)[10] < 0.012  # 3 ms on a quiet machine
