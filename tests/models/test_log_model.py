# SPDX-License-Identifier: MIT
from __future__ import annotations

import random

import pytest
from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models.log_model import TEXT, TIME, TITLE, LogModel
from mqtt_explorer.models.roles import ICON_ROLE, KIND_ROLE, RAW_ROLE
from mqtt_explorer.store.log_book import LogBook, LogKind


def add(book, text="x", kind=LogKind.STATE):
    book.add(0, kind, "Title", text)


def texts(model):
    return [model.index(row, TEXT).data() for row in range(model.rowCount())]


@pytest.mark.parametrize("seed", range(3))
def test_it_follows_a_bounded_book(clock, seed):
    rng = random.Random(seed)
    book = LogBook(kept=20)
    model = LogModel(clock)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_book(book)
    number = 0
    for _ in range(300):
        for _ in range(rng.choice([0, 1, 3, 15, 50])):
            add(book, str(number))
            number += 1
        clock.tick.emit()
        assert texts(model) == [entry.text for entry in book.entries]
        assert model.fallen_out == book.dropped
    model.set_book(None)
    assert model.rowCount() == 0
    tester.deleteLater()


def test_nothing_happens_between_two_frames(clock):
    book = LogBook()
    model = LogModel(clock)
    model.set_book(book)
    add(book)
    assert model.rowCount() == 0
    clock.tick.emit()
    assert model.rowCount() == 1


def test_paused_it_stands_still(clock):
    book = LogBook()
    model = LogModel(clock)
    model.set_book(book)
    model.set_paused(True)
    add(book)
    clock.tick.emit()
    assert model.rowCount() == 0
    model.set_paused(False)
    assert model.rowCount() == 1


def test_cells(clock):
    book = LogBook()
    add(book, "<b>why</b>", LogKind.REFUSAL)
    model = LogModel(clock)
    model.set_book(book)
    assert model.index(0, TIME).data().endswith(".000")
    assert model.index(0, TITLE).data() == "Title"
    assert model.index(0, TITLE).data(KIND_ROLE) == "error"
    assert model.index(0, TITLE).data(ICON_ROLE) == "forbidden:error"
    assert model.index(0, TEXT).data() == "<b>why</b>"
    assert model.index(0, TEXT).data(RAW_ROLE) is book.entries[0]


def test_empty_it_follows_a_book_that_has_dropped_entries(clock):
    book = LogBook(kept=5)
    model = LogModel(clock)
    model.set_book(book)
    for number in range(12):
        add(book, str(number))
    clock.tick.emit()
    assert texts(model) == ["7", "8", "9", "10", "11"]
    assert model.fallen_out == 7


def test_every_kind_has_its_look_and_a_lowered_qos_is_amber(clock):
    book = LogBook()
    for kind in LogKind:
        add(book, kind=kind)
    model = LogModel(clock)
    model.set_book(book)
    kinds = {entry.kind: model.index(row, TITLE).data(KIND_ROLE) for row, entry in enumerate(book.entries)}
    assert kinds[LogKind.LOWERED] == "warn"
    assert kinds[LogKind.REFUSAL] == "error"
