# SPDX-License-Identifier: MIT
from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models import history_model
from mqtt_explorer.models.history_model import GAP, MARK, PREVIEW, QOS, RETAINED, TIME, HistoryModel
from mqtt_explorer.models.roles import KIND_ROLE, PIN_ROLE, TRUNCATED_ROLE
from tests.models.streams import feed, frame, new_store

ROOT = QModelIndex()
SECOND = 1_000_000_000


@pytest.fixture
def store():
    return new_store()


@pytest.fixture
def model(clock):
    made = HistoryModel(clock)
    yield made
    made.set_node(None, None)


def payloads(model):
    return [model.message(row).payload for row in range(model.rowCount())]


@pytest.mark.parametrize("seed", range(3))
def test_the_model_tester_finds_nothing(clock, store, seed, monkeypatch):
    monkeypatch.setattr(history_model, "PAGE", 20)
    monkeypatch.setattr(history_model, "KEPT_ROWS", 60)
    rng = random.Random(seed)
    model = HistoryModel(clock)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    tester.setUseFetchMore(False)
    feed(store, frame("a"), frame("b"))
    model.set_node(store, store.find(b"a"))
    for _ in range(300):
        feed(store, *(frame(rng.choice("ab"), b"%d" % n) for n in range(rng.choice([1, 2, 5, 60]))))
        clock.tick.emit()
        action = rng.random()
        if action < 0.3 and model.canFetchMore(ROOT):
            model.fetchMore(ROOT)
        elif action < 0.4:
            model.set_held(rng.random() < 0.5)
        elif action < 0.45:
            model.set_node(store, store.find(rng.choice([b"a", b"b"])))
    model.set_held(False)
    clock.tick.emit()
    assert model.message(0).seq == model.node.seq
    assert model.rowCount() <= 60 + 2 * 20
    model.set_node(None, None)
    tester.deleteLater()


def test_newest_first_page_by_page(model, store):
    feed(store, *(frame("a", b"%d" % n) for n in range(450)))
    model.set_node(store, store.find(b"a"))
    assert payloads(model)[:2] == [b"449", b"448"]
    assert model.rowCount() == 200
    while model.canFetchMore(ROOT):
        model.fetchMore(ROOT)
    assert payloads(model) == [b"%d" % n for n in range(449, -1, -1)]


def test_new_messages_come_on_top_and_the_selection_stays(clock, model, store):
    feed(store, *(frame("a", b"%d" % n) for n in range(5)))
    model.set_node(store, store.find(b"a"))
    selection = QItemSelectionModel(model)
    selection.select(model.index(2, 0), QItemSelectionModel.SelectionFlag.ClearAndSelect)
    kept = QPersistentModelIndex(model.index(2, 0))
    inserts = []
    model.rowsInserted.connect(lambda parent, first, last: inserts.append((first, last)))
    feed(store, *(frame("a", b"n%d" % n) for n in range(3)))
    clock.tick.emit()
    assert inserts == [(0, 2)]
    assert payloads(model)[:4] == [b"n2", b"n1", b"n0", b"4"]
    assert kept.row() == 5
    assert [index.row() for index in selection.selectedIndexes()] == [5]


def test_held_it_stands_still_and_counts(clock, model, store):
    feed(store, frame("a", b"1"))
    model.set_node(store, store.find(b"a"))
    model.set_held(True)
    feed(store, frame("a", b"2"), frame("a", b"3"))
    clock.tick.emit()
    assert payloads(model) == [b"1"]
    assert model.newer == 2
    model.set_held(False)
    assert payloads(model) == [b"3", b"2", b"1"]
    assert model.newer == 0


def test_a_flood_leaves_no_hole(clock, model, store):
    feed(store, frame("a", b"old"))
    model.set_node(store, store.find(b"a"))
    feed(store, *(frame("a", b"%d" % n) for n in range(1_000)))
    clock.tick.emit()
    while model.canFetchMore(ROOT):
        model.fetchMore(ROOT)
    assert model.rowCount() == 1_001


def test_cells(model, store):
    start = 1_000 * SECOND
    feed(store, frame("a", b"1"), mono_ns=start, wall_ns=0)
    feed(store, frame("a", b"21.7", flags=3), mono_ns=start + SECOND, wall_ns=SECOND)
    feed(store, frame("a", b"\x00", flags=4, size=5), mono_ns=start + 91 * SECOND, wall_ns=91 * SECOND)
    model.set_node(store, store.find(b"a"))

    def row(n):
        return [model.index(n, column).data() for column in (TIME, GAP, QOS, PREVIEW)]

    assert row(0)[0].endswith(":31.000")
    assert row(0)[1:3] == ["+1 min 30 s", "2"]
    assert row(1)[1:] == ["+1.000 s", "1", "21.7"]
    assert row(2)[1] == "–"
    assert model.index(1, RETAINED).data(PIN_ROLE)
    assert not model.index(2, RETAINED).data(PIN_ROLE)
    assert model.index(0, RETAINED).data(TRUNCATED_ROLE)
    assert model.index(1, PREVIEW).data(KIND_ROLE) == "number"


def test_info_tells_what_is_kept_and_what_is_gone(model, store):
    feed(store, *(frame("a", b"%d" % n) for n in range(100)), wall_ns=0)
    node = store.find(b"a")
    model.set_node(store, node)
    assert model.info().startswith("100 kept since ")
    assert model.info().endswith(" · none dropped")
    feed(store, *(frame("a", b"%d" % n) for n in range(100)), wall_ns=SECOND)
    store.evict_history()
    assert model.info().startswith("100 kept since ")
    assert model.info().endswith(" · 100 dropped for memory")
    model.set_node(None, None)
    assert model.info() == ""


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("paused", [True, False])
def test_rows_go_when_the_store_lets_their_messages_go(clock, model, store, held, paused):
    for n in range(1_000):
        feed(store, frame("a", b"%d" % n), mono_ns=n * 11 * SECOND)  # a segment each
    model.set_node(store, store.find(b"a"))
    model.fetchMore(ROOT)
    model.set_held(held)
    model.set_paused(paused)
    assert model.rowCount() == 2 * history_model.PAGE
    for _ in range(900):
        store.evict_history()
    clock.tick.emit()
    assert model.rowCount() == 100
    assert not model.canFetchMore(ROOT)
    assert model.index(99, GAP).data() == "–"


def test_a_last_payload_that_is_kept_stays_and_goes_with_the_budget(clock, model, store):
    feed(store, frame("a", b"old"), mono_ns=0)
    feed(store, frame("a", b"last"), mono_ns=11 * SECOND)
    model.set_node(store, store.find(b"a"))
    model.set_held(True)
    while store.oldest_history() is not None:
        store.evict_history()
    clock.tick.emit()
    assert payloads(model) == [b"last"]
    store.evict_last_payloads(1 << 20, 10)
    clock.tick.emit()
    assert payloads(model) == []
    feed(store, frame("a", b"new"))
    clock.tick.emit()
    assert model.newer == 1
    model.set_held(False)
    assert payloads(model) == [b"new"]


def test_a_list_ends_somewhere_and_says_so(clock, model, store, monkeypatch):
    monkeypatch.setattr(history_model, "MOST_ROWS", 400)
    feed(store, *(frame("a", b"%d" % n) for n in range(1_000)))
    model.set_node(store, store.find(b"a"))
    model.set_held(True)
    while model.canFetchMore(ROOT):
        model.fetchMore(ROOT)
    assert model.rowCount() == 400
    assert "the list ends at 400" in model.info()


def test_a_frame_asks_for_what_is_new_and_no_more(clock, model, store, monkeypatch):
    feed(store, *(frame("a", b"%d" % n) for n in range(500)))
    model.set_node(store, store.find(b"a"))
    asked = []
    history = store.history

    def counting(node, **how):
        found = history(node, **how)
        asked.append(len(found))
        return found

    monkeypatch.setattr(store, "history", counting)
    feed(store, frame("a", b"x"), frame("b"), frame("a", b"y"))
    clock.tick.emit()
    assert asked == [2]
    assert payloads(model)[:3] == [b"y", b"x", b"499"]


def test_when_the_budget_dropped_is_said_as_far_as_it_is_known(clock, model, store):
    for n in range(4):
        feed(store, frame("a", b"%d" % n), mono_ns=n * 11 * SECOND, wall_ns=n * 11 * SECOND)  # a segment each
    store.evict_history()
    node = store.find(b"a")
    model.set_node(store, node)
    # It went before anybody looked: only which ones is known.
    assert model.info().endswith(" · 1 dropped for memory")
    assert "when exactly is not noted" in model.info_tip()
    assert "The 1 dropped ones came between 1970-01-01" in model.info_tip()
    clock.tick.emit()
    assert "last at" not in model.info()
    store.evict_history()
    clock.tick.emit()
    assert ", last at " in model.info()
    assert "2 dropped for memory" in model.info()
    assert "not noted" not in model.info_tip()
    model.set_node(store, node)
    assert "last at" not in model.info()


def test_no_tip_where_nothing_was_dropped(model, store):
    feed(store, frame("a"))
    model.set_node(store, store.find(b"a"))
    assert model.info_tip() == ""


def test_marks_stay_with_their_messages(clock, model, store):
    feed(store, *(frame("a", b"%d" % n) for n in range(5)))
    model.set_node(store, store.find(b"a"))
    changed = []
    model.dataChanged.connect(lambda first, last, roles: changed.append(first.row()))
    model.set_marks(model.message(1).seq, model.message(0).seq)
    assert sorted(changed) == [0, 1]
    assert [model.index(row, MARK).data() for row in range(3)] == ["B", "A", None]
    feed(store, frame("a", b"new"))
    clock.tick.emit()
    assert [model.index(row, MARK).data() for row in range(3)] == [None, "B", "A"]
    model.set_marks(None, None)
    assert [model.index(row, MARK).data() for row in range(3)] == [None, None, None]


def test_the_message_before_one(model, store):
    feed(store, frame("a", b"1"), frame("b"), frame("a", b"2"))
    model.set_node(store, store.find(b"a"))
    assert model.previous(model.message(0)).payload == b"1"
    assert model.previous(model.message(1)) is None
    assert model.newest().payload == b"2"


def test_tooltips(model, store):
    feed(store, frame("a", b"1"), frame("a", b"2", flags=3, size=2048))
    model.set_node(store, store.find(b"a"))
    tips = [model.index(0, column).data(Qt.ItemDataRole.ToolTipRole) for column in (TIME, GAP, QOS, RETAINED)]
    assert tips[0].startswith("Arrived 20")
    assert tips[1].endswith("since the message before it on this topic")
    assert tips[2:] == ["Delivered with QoS 1", "Retained\nKept 1 B of 2 KiB"]
    assert model.index(1, GAP).data(Qt.ItemDataRole.ToolTipRole) is None
