# SPDX-License-Identifier: MIT
from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models.favourites_model import AGE, TOPIC, VALUE, FavouritesModel
from mqtt_explorer.models.frame_clock import REFRESH_EVERY
from mqtt_explorer.models.roles import GLOW_ROLE, ICON_ROLE, KIND_ROLE, PIN_ROLE, RAW_ROLE, TRUNCATED_ROLE
from mqtt_explorer.profiles.marks import MAX_FAVOURITES, Marks, TopicMarks
from tests.models.streams import feed, frame, new_store

ROOT = QModelIndex()


@pytest.fixture
def model(clock):
    made = FavouritesModel(clock)
    made.set_screen(lambda: range(made.rowCount()))
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield made
    made.set_store(None)
    tester.deleteLater()


def marks_of(*topics):
    return TopicMarks(Marks(favourites=topics))


def frames(clock, count=REFRESH_EVERY):
    for _ in range(count):
        clock.tick.emit()


def texts(model, column):
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_a_favourite_says_its_value_its_age_or_that_it_was_not_seen(clock, model):
    store = new_store()
    feed(store, frame("a/value", b"21.7", flags=1), frame("branch/x"), frame("branch/y"))
    store.take_changes()
    model.set_store(store, marks_of("a/value", "branch", "later/ä"))
    assert texts(model, TOPIC) == ["a/value", "branch", "later/ä"]
    assert texts(model, VALUE) == ["21.7", "2 topics · 2 messages", "not seen yet"]
    assert texts(model, AGE) == ["now", None, None]
    assert [model.index(row, TOPIC).data(PIN_ROLE) for row in range(3)] == [True, False, False]
    assert [model.index(row, TOPIC).data(KIND_ROLE) for row in range(3)] == [None, None, "muted"]
    assert model.index(0, VALUE).data(KIND_ROLE) == "number"
    assert model.index(2, TOPIC).data(ICON_ROLE) == "star:muted"
    assert model.index(2, TOPIC).data(RAW_ROLE) == "later/ä".encode()
    assert model.index(0, TOPIC).data(Qt.ItemDataRole.AccessibleTextRole) == "a/value, retained"


def test_values_follow_once_in_some_frames_and_glow(clock, model):
    store = new_store()
    model.set_store(store, marks_of("a", "b"))
    touched = []
    model.rows_touched.connect(lambda: touched.append(1))
    frames(clock)
    assert touched == []
    feed(store, frame("a", b"1", size=9))
    assert texts(model, VALUE) == ["not seen yet", "not seen yet"]
    frames(clock)
    assert texts(model, VALUE) == ["1…", "not seen yet"]
    assert touched == [1]
    assert model.index(0, TOPIC).data(TRUNCATED_ROLE)
    assert model.index(0, TOPIC).data(GLOW_ROLE) > 0.5
    assert model.index(1, TOPIC).data(GLOW_ROLE) == 0.0


def test_only_rows_on_the_screen_are_looked_at(clock, model):
    store = new_store()
    model.set_store(store, marks_of("a", "b", "c"))
    model.set_screen(lambda: range(1, 2))
    feed(store, frame("a"), frame("b"), frame("c"))
    frames(clock)
    assert texts(model, VALUE) == ["not seen yet", "1", "not seen yet"]


def test_a_pause_holds_what_rows_say(clock, model):
    store = new_store()
    feed(store, frame("a", b"1"), frame("b", b"1"))
    model.set_store(store, marks_of("a", "b"))
    model.set_screen(lambda: range(1))
    feed(store, frame("a", b"2"), frame("b", b"2"))
    model.set_paused(True)
    assert texts(model, VALUE) == ["2", "2"]  # as of the pause, also what was out of sight
    feed(store, frame("a", b"3"), frame("b", b"3"))
    frames(clock)
    assert texts(model, VALUE) == ["2", "2"]
    model.set_paused(False)
    assert texts(model, VALUE) == ["3", "3"]


def test_rows_follow_the_marks_and_selections_stay_with_their_topics(clock, model):
    marks = marks_of("a", "b", "c")
    model.set_store(new_store(), marks)
    kept = QPersistentModelIndex(model.index(1, VALUE))
    resets = []
    model.modelReset.connect(lambda: resets.append(1))
    marks.set_favourite([b"d"], on=True)
    assert texts(model, TOPIC) == ["a", "b", "c", "d"]
    marks.arrange_favourites([b"c", b"b", b"a", b"d"])
    marks.arrange_favourites([b"b", b"d", b"c"])
    assert texts(model, TOPIC) == ["b", "d", "c"]
    assert (kept.row(), kept.column()) == (0, VALUE)
    marks.set_favourite([b"b"], on=False)
    assert not kept.isValid()
    assert resets == []
    model.set_store(None)
    marks.set_favourite([b"unseen"], on=True)
    assert model.rowCount() == 0


def test_too_many_favourites_change_nothing(clock, model):
    marks = marks_of(*(str(n) for n in range(MAX_FAVOURITES)))
    model.set_store(new_store(), marks)
    assert not marks.set_favourite([b"more"], on=True)
    assert not marks.arrange_favourites([*marks.favourites, b"more"])
    assert model.rowCount() == MAX_FAVOURITES


def test_dropped_rows_ask_to_be_moved(clock, model):
    model.set_store(new_store(), marks_of("a", "b", "c"))
    asked = []
    model.move_requested.connect(lambda topics, at: asked.append((topics, at)))
    data = model.mimeData([model.index(2, TOPIC), model.index(2, VALUE)])
    move = Qt.DropAction.MoveAction
    assert model.canDropMimeData(data, move, 0, 0, ROOT)
    model.dropMimeData(data, move, 0, 0, ROOT)
    model.dropMimeData(data, move, -1, -1, ROOT)
    model.dropMimeData(data, move, -1, -1, model.index(1, TOPIC))
    assert asked == [([b"c"], 0), ([b"c"], 3), ([b"c"], 1)]
    assert texts(model, TOPIC) == ["a", "b", "c"]


@pytest.mark.parametrize("seed", range(4))
def test_random_operations_keep_the_model_in_order(clock, model, seed):
    rng = random.Random(seed)
    pool = [f"t/{n}".encode() for n in range(12)]
    store, marks = new_store(), TopicMarks()
    model.set_store(store, marks)
    for _ in range(150):
        chosen = rng.sample(pool, rng.randint(1, 4))
        match rng.randint(0, 6):
            case 0 | 1:
                marks.set_favourite(chosen, on=True)
            case 2:
                marks.set_favourite(chosen, on=False)
            case 3:
                order = [*marks.favourites]
                rng.shuffle(order)
                marks.arrange_favourites(order[: rng.randint(0, len(order))] if rng.random() < 0.3 else order)
            case 4:
                feed(store, *(frame(topic, b"%d" % rng.randint(0, 9)) for topic in chosen))
            case 5:
                model.set_paused(rng.random() < 0.5)
            case _:
                frames(clock)
        assert [model.topic(row) for row in range(model.rowCount())] == [*marks.favourites]
        assert all(model.row_of(topic) == row for row, topic in enumerate(marks.favourites))
