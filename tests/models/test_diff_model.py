# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models.diff_model import CHANGE, KEY, PIECE_ROLE, SIGN, SIGN_ROLE, A, B, DiffModel
from mqtt_explorer.models.roles import KIND_ROLE
from mqtt_explorer.payload.diff import diff
from mqtt_explorer.payload.diff_rows import CHANGED, GONE, NEW, SAME

OLDER = b'{"value":21.6,"unit":"C","cal":"2025-03","n":1.50}'
NEWER = b'{"value":21.7,"unit":"C","ok":true,"n":1.5}'
TIMES = ("A 14:02:10.482", "B 14:02:11.482")


@pytest.fixture
def model(qapp):
    made = DiffModel()
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    made.set_diff(diff(OLDER, NEWER), TIMES)
    yield made
    tester.deleteLater()


def cells(model, row, role=Qt.ItemDataRole.DisplayRole):
    return [model.index(row, column).data(role) for column in range(5)]


def test_cells_say_what_changed(model):
    assert [cells(model, row) for row in range(model.rowCount())] == [
        ["~", "value", "21.6", "21.7", "+0.1"],
        ["", "unit", '"C"', '"C"', ""],
        ["+", "ok", "", "true", "new"],
        ["−", "cal", '"2025-03"', "", "gone"],
        ["", "n", "1.50", "1.5", "other spelling"],
    ]
    assert [model.sign(row) for row in range(5)] == [CHANGED, SAME, NEW, GONE, SAME]
    assert model.index(2, KEY).data(SIGN_ROLE) == NEW
    assert model.same == 2


def test_signs_are_read_as_words(model):
    spoken = [model.index(row, SIGN).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(4)]
    assert spoken == ["changed", "same", "new", "gone"]
    assert model.index(4, CHANGE).data(Qt.ItemDataRole.ToolTipRole) == "The same value, spelled differently"


def test_colours_follow_the_kind_of_a_value(model):
    assert cells(model, 0, KIND_ROLE) == ["warn", "key", "number", "number", "muted"]
    assert cells(model, 1, KIND_ROLE) == ["muted"] * 5
    assert cells(model, 2, KIND_ROLE)[SIGN] == "ok"
    assert cells(model, 3, KIND_ROLE)[SIGN] == cells(model, 3, KIND_ROLE)[A] == "error"


def test_pieces_belong_to_the_values(model):
    assert model.index(0, A).data(PIECE_ROLE).text == "21.6"
    assert model.index(2, A).data(PIECE_ROLE) is None
    assert model.index(0, KEY).data(PIECE_ROLE) is None


def test_what_is_the_same_can_be_left_out(model):
    model.set_hides_same(True)
    assert [model.index(row, KEY).data() for row in range(model.rowCount())] == ["value", "ok", "cal"]
    assert [model.place(row) for row in range(3)] == [0, 2, 3]
    assert [model.row_of(place) for place in range(5)] == [0, 1, 1, 2, 3]
    assert [model.next_change(row, 1) for row in (-1, 0, 1, 2)] == [0, 1, 2, -1]
    model.set_hides_same(False)
    assert model.rowCount() == 5


def test_steps_go_from_change_to_change(model):
    assert [model.next_change(row, 1) for row in range(-1, 5)] == [0, 2, 2, 3, -1, -1]
    assert [model.next_change(row, -1) for row in range(-1, 5)] == [-1, -1, 0, 0, 2, 3]


def test_heads(model):
    heads = [model.headerData(column, Qt.Orientation.Horizontal) for column in range(5)]
    assert heads == ["", "Key", *TIMES, "Change"]
    model.set_diff(diff(b"a\nb", b"a\nc"), TIMES, ("Older", "Newer"))
    assert model.headerData(KEY, Qt.Orientation.Horizontal) == "Line"
    assert model.headerData(A, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole) == "Older"
    model.set_diff(diff(b"\xff\x00", b"\xff\x01\x02"), TIMES)
    assert model.headerData(KEY, Qt.Orientation.Horizontal) == "Offset"
    assert model.index(0, B).data() == "ff 01"
    model.set_diff(None, ("", ""))
    assert model.rowCount() == 0
    assert model.next_change(0, 1) == -1


def test_offsets_of_both_sides_are_told(model):
    model.set_diff(diff(bytes(range(128, 192)), b"\xff\xff" + bytes(range(128, 192))), TIMES)
    last = model.rowCount() - 1
    assert model.index(last, KEY).data(Qt.ItemDataRole.ToolTipRole) == "Older → newer: 00000030 → 00000032"
