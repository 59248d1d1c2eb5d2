# SPDX-License-Identifier: MIT
from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models import message_model
from mqtt_explorer.models.frame_clock import Turn
from mqtt_explorer.models.message_model import (
    FOLLOWED,
    GAP,
    PREVIEW,
    QOS,
    RETAINED,
    SIZE,
    TIME,
    TOPIC,
    MessageModel,
)
from mqtt_explorer.models.roles import HITS_ROLE, KIND_ROLE, PIN_ROLE, RAW_ROLE, TRUNCATED_ROLE
from mqtt_explorer.store.matcher import Matcher
from mqtt_explorer.store.message_scan import MessageScan
from mqtt_explorer.store.query import Query
from tests.models.streams import feed, frame, new_store, random_frames

MS = 1_000_000
IS_DUE = message_model.MessageModel._is_due


@pytest.fixture(autouse=True)
def _each_tick_updates(monkeypatch):
    monkeypatch.setattr(message_model.MessageModel, "_is_due", lambda self: True)


@pytest.fixture
def store():
    return new_store()


@pytest.fixture
def model(clock):
    made = MessageModel(clock)
    made.set_shown(True)
    yield made
    made.set_source(None, None)


def show(model, store, branch=None, query=None, is_muted=None):
    matcher = Matcher(query) if query is not None else None
    model.set_source(store, MessageScan(store, branch, matcher, is_muted), matcher)


def seqs(model):
    return model.seqs(range(model.rowCount()))


def cell(model, row, column, role=Qt.ItemDataRole.DisplayRole):
    return model.index(row, column).data(role)


def settle(model, clock):
    for _ in range(2_000):
        clock.tick.emit()
        if model.state.done:
            return
    pytest.fail("it counts for ever")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("fetch", [True, False])
def test_the_model_tester_finds_nothing_in_random_operations(clock, seed, fetch, monkeypatch):
    monkeypatch.setattr(message_model, "FOLLOWED", 60)
    monkeypatch.setattr(message_model, "PAGE", 40)
    monkeypatch.setattr(message_model, "MOST_ROWS", 400)
    monkeypatch.setattr("mqtt_explorer.store.message_scan._JUMP", 150)
    rng = random.Random(seed)
    store = new_store(130_000)
    model = MessageModel(clock)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    tester.setUseFetchMore(fetch)
    model.set_shown(True)
    show(model, store)
    queries = (None, Query("1.5"), Query("a", payload=False), Query(retained=True))
    branch = query = muted = None
    for _ in range(400):
        feed(store, *random_frames(rng, rng.choice([0, 1, 5, 200])))
        if rng.random() < 0.8:
            clock.tick.emit()
        act(model, rng)
        if rng.random() < 0.04:
            branch, query = rng.choice((None, b"a", b"", b"b/c")), rng.choice(queries)
            muted = rng.choice((None, lambda topic: topic.startswith(b"a/")))
            show(model, store, branch, query, muted)
        assert seqs(model) == sorted(set(seqs(model)), reverse=True)
    model.set_shown(True)
    model.set_paused(False)
    model.set_follow(True)
    settle(model, clock)
    settle(model, clock)
    again = MessageScan(store, branch, Matcher(query) if query else None, muted)
    while not again.step():
        pass
    assert store.first_seq, "nothing was evicted"
    assert seqs(model) == again.newest(60)
    state = model.state
    assert (state.matched, state.inside, state.muted) == (again.matched, again.inside, again.muted)
    model.set_source(None, None)
    assert model.rowCount() == 0
    tester.deleteLater()


def act(model, rng):
    action = rng.random()
    rows = model.rowCount()
    if action < 0.1:
        model.fetchMore(QModelIndex())
    elif action < 0.14:
        model.page_in()
    elif action < 0.24:
        model.set_paused(not model.paused, rng.randrange(max(1, rows)))
    elif action < 0.34:
        model.set_follow(not model.follow)
    elif action < 0.38:
        model.show_waiting()
    elif action < 0.44:
        model.set_selected(rng.choice(seqs(model)) if rows and rng.random() < 0.5 else None)
    elif action < 0.5:
        model.set_shown(rng.random() < 0.6)
    elif rows:
        row = rng.randrange(rows)
        for column in range(model.columnCount()):
            cell(model, row, column)


def test_cells(model, store):
    feed(store, frame("a/b", b"21.5"), mono_ns=10 * MS, wall_ns=10**18)
    feed(store, frame("a/c", b"x" * 10, 0b1011, size=2048), mono_ns=14 * MS, wall_ns=10**18 + 7 * MS)
    show(model, store)
    heads = [model.headerData(n, Qt.Orientation.Horizontal) for n in range(model.columnCount())]
    assert heads == ["Time", "Gap", "Topic", "QoS", "Retained", "Size", "Preview"]
    tip = model.headerData(GAP, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert tip == "Time since the message before it in this list"
    assert [cell(model, 0, column) for column in (GAP, TOPIC, QOS, RETAINED, SIZE)] == [
        "+4.00 ms",
        "a/c",
        "1",
        "dup",
        "2 KiB",
    ]
    assert cell(model, 0, TIME).endswith(".007")
    assert cell(model, 0, RETAINED, PIN_ROLE)
    assert cell(model, 0, RETAINED, TRUNCATED_ROLE)
    spoken = cell(model, 0, RETAINED, Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "retained, kept in part, may have been sent before"
    assert cell(model, 1, RETAINED, PIN_ROLE) is False
    assert (cell(model, 1, PREVIEW), cell(model, 1, PREVIEW, KIND_ROLE)) == ("21.5", "number")
    assert cell(model, 1, GAP) == "–"
    assert cell(model, 1, TIME, RAW_ROLE).payload == b"21.5"


def test_the_gap_is_to_the_message_before_in_this_list(model, store):
    for at, topic in enumerate(("a", "b", "b", "a", "b", "b", "a")):
        feed(store, frame(topic), mono_ns=at * 1_000 * MS)
    show(model, store, b"a")
    assert [cell(model, row, GAP) for row in range(3)] == ["+3.000 s", "+3.000 s", "–"]


def test_hits_are_marked_in_topic_and_preview(model, store):
    feed(store, frame("a/temp", b"temp 5"))
    show(model, store, query=Query("temp"))
    assert list(cell(model, 0, TOPIC, HITS_ROLE)) == [(2, 4)]
    assert list(cell(model, 0, PREVIEW, HITS_ROLE)) == [(0, 4)]
    show(model, store)
    assert cell(model, 0, TOPIC, HITS_ROLE) is None


def test_it_follows_the_newest_and_keeps_no_more_rows_than_that(model, store, clock):
    show(model, store)
    for _ in range(4):
        feed(store, *[frame("a")] * 300)
        clock.tick.emit()
    assert seqs(model) == list(range(1_199, 1_199 - FOLLOWED, -1))
    assert (model.state.matched, model.state.waiting) == (1_200, 0)


def test_held_rows_stay_and_what_is_new_is_counted(model, store, clock):
    feed(store, *[frame("a")] * 10)
    show(model, store)
    model.set_follow(False)
    feed(store, *[frame("a")] * 1_204)
    clock.tick.emit()
    assert seqs(model) == list(range(9, -1, -1))
    assert (model.state.waiting, model.state.matched) == (1_204, 1_214)
    model.set_follow(True)
    assert seqs(model)[0] == 1_213
    assert model.state.waiting == 0


def test_a_selected_row_is_held_before_it_would_leave(model, store, clock):
    feed(store, *[frame("a")] * 10)
    show(model, store)
    index = QPersistentModelIndex(model.index(4, 0))
    model.set_selected(5)
    feed(store, *[frame("a")] * 100)
    clock.tick.emit()
    assert index.row() == 104
    assert model.follow
    feed(store, *[frame("a")] * 800)
    clock.tick.emit()
    assert not model.follow
    assert index.row() == 104
    assert model.state.waiting == 800


def test_paging_reaches_the_oldest(model, store):
    feed(store, *[frame("a")] * 3_000)
    show(model, store)
    assert model.canFetchMore(QModelIndex())
    model.fetchMore(QModelIndex())
    assert not model.follow
    assert model.rowCount() == 1_000
    assert cell(model, 499, GAP) == "+0.00 ms"
    model.page_in()
    assert seqs(model) == list(range(2_999, -1, -1))
    assert not model.canFetchMore(QModelIndex())
    model.set_follow(True)
    assert model.rowCount() == FOLLOWED


def test_a_list_ends_at_its_limit(model, store, monkeypatch):
    monkeypatch.setattr(message_model, "MOST_ROWS", 1_500)
    feed(store, *[frame("a")] * 3_000)
    show(model, store)
    model.page_in()
    assert model.rowCount() == 1_500
    assert not model.canFetchMore(QModelIndex())


def test_evicted_rows_go_at_the_end(model, clock):
    store = new_store(200_000)
    feed(store, *[frame("a")] * 300)
    show(model, store)
    model.set_follow(False)
    while not store.first_seq:
        feed(store, *[frame("b")] * 100)
    clock.tick.emit()
    assert seqs(model) == [seq for seq in range(299, -1, -1) if seq >= store.first_seq]


def test_a_pause_keeps_what_is_on_the_screen_although_it_is_evicted(model, clock):
    store = new_store(200_000)
    for number in range(400):
        feed(store, frame("a", str(number).encode()))
    show(model, store)
    model.set_paused(True, middle=20)
    while store.first_seq < 600:
        feed(store, *[frame("b", b"x" * 50)] * 100)
        clock.tick.emit()
    assert model.rowCount() == 400
    assert cell(model, 0, PREVIEW) == "399"
    assert cell(model, 170, PREVIEW) == "229"
    assert cell(model, 390, PREVIEW) == "dropped by the memory budget"
    assert cell(model, 390, TIME) == "–"
    state = model.state
    assert state.lost == store.first_seq - 400
    assert state.waiting == store.next_seq - store.first_seq
    model.set_paused(False)
    assert seqs(model)[-1] >= store.first_seq
    assert (model.state.waiting, model.state.lost) == (0, 0)


def test_a_pause_goes_on_counting_while_somebody_scrolls(model, clock, store):
    feed(store, *[frame("a")] * 10)
    show(model, store)
    model.set_paused(True)
    feed(store, *[frame("a")] * 5)
    clock.tick.emit()
    model.set_follow(False)
    feed(store, *[frame("a")] * 5)
    clock.tick.emit()
    model.set_follow(True)
    assert (model.state.waiting, model.rowCount()) == (10, 10)
    model.show_waiting()
    assert model.paused
    assert (model.state.waiting, model.rowCount()) == (0, 20)
    feed(store, *[frame("a")] * 2)
    clock.tick.emit()
    assert (model.state.waiting, model.rowCount()) == (2, 20)


def test_what_is_hidden_does_nothing_and_catches_up(model, clock, store):
    show(model, store)
    model.set_shown(False)
    feed(store, *[frame("a")] * 200)
    clock.tick.emit()
    assert (model.rowCount(), model.state.matched) == (0, 0)
    model.set_shown(True)
    clock.tick.emit()
    assert (model.rowCount(), model.state.matched) == (200, 200)


def test_it_changes_in_other_frames_than_the_tree(model, clock, store, monkeypatch):
    monkeypatch.setattr(message_model.MessageModel, "_is_due", IS_DUE)
    show(model, store)
    model.set_shown(True)  # what was hidden is up to date with the first frame
    feed(store, frame("a"))
    clock.tick.emit()
    assert model.rowCount() == 1
    slices = []
    step = model.scan.step
    monkeypatch.setattr(model.scan, "step", lambda slice_s: slices.append(slice_s) or step(slice_s))
    rows = []
    for _ in range(6):
        feed(store, frame("a"))
        clock.tick.emit()
        rows.append((model.rowCount(), clock.is_turn(Turn.TREE)))
    assert rows == [(2, False), (2, False), (2, True), (5, False), (5, False), (5, True)]
    assert [slice_s < 0.003 for slice_s in slices] == [on_screen for _, on_screen in rows]


def test_another_source_begins_at_its_newest(model, clock, store):
    feed(store, *[frame("a")] * 10, *[frame("b")] * 5)
    show(model, store, b"a")
    model.set_follow(False)
    resets = []
    model.modelReset.connect(lambda: resets.append(model.rowCount()))
    show(model, store, b"b")
    assert (resets, model.follow) == ([5], True)
    assert {cell(model, row, TOPIC) for row in range(5)} == {"b"}


def test_rows_are_found_by_number(model, store):
    feed(store, *[frame(topic) for topic in "abab"])
    show(model, store, b"a")
    assert (model.row_of(2), model.row_of(0), model.row_of(1), model.row_of(9)) == (0, 1, -1, -1)


def test_a_flood_costs_little(model, clock, store):
    """Each update works on the rows of a list and not on the messages that came."""
    show(model, store)
    inserted = []
    model.rowsInserted.connect(lambda _parent, first, last: inserted.append(last - first + 1))
    for _ in range(5):
        feed(store, *[frame("a")] * 20_000)
        clock.tick.emit()
    assert inserted == [FOLLOWED] * 5


def test_a_pause_holds_no_more_than_it_may(model, clock, monkeypatch):
    monkeypatch.setattr("mqtt_explorer.models.message_cells.KEPT_BYTES", 4_000)
    store = new_store(200_000)
    for _ in range(40):
        feed(store, *[frame("a", b"x" * 100)] * 10)
    show(model, store)
    model.set_paused(True, middle=200)
    store._budget.limit_bytes = 1
    store._budget.enforce()
    assert store.first_seq == store.next_seq
    assert len(model._cells._kept) == 40
    assert {cell(model, row, TOPIC) for row in range(185, 215)} == {"a"}


def test_an_error_while_rows_come_leaves_older_ones_to_be_fetched(model, store, clock, monkeypatch):
    feed(store, *[frame("a")] * (FOLLOWED + 100))
    show(model, store)
    settle(model, clock)
    feed(store, frame("a"))

    def fail(_end):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(model, "_cut", fail)
        with pytest.raises(MemoryError):
            model._catch_up()
    assert model.canFetchMore(QModelIndex())
