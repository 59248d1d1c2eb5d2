# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models.property_model import NAME, VALUE, PropertyModel, PropertyRow
from mqtt_explorer.models.roles import BADGE_ROLE, KIND_ROLE, STRONG_ROLE


@pytest.fixture
def model(qapp):
    made = PropertyModel()
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield made
    tester.deleteLater()


def test_values_change_in_place_and_other_names_reset(model):
    model.show([PropertyRow("Group", look="group"), PropertyRow("a", "1"), PropertyRow("b", "2")])
    resets, changed = [], []
    model.modelReset.connect(lambda: resets.append(1))
    model.dataChanged.connect(lambda first, last, roles: changed.append((first.row(), last.column())))
    model.show([PropertyRow("Group", look="group"), PropertyRow("a", "1"), PropertyRow("b", "3")])
    assert (resets, changed) == ([], [(2, VALUE)])
    model.show([PropertyRow("a", "1")])
    assert resets == [1]


def test_titles_are_painted_strong_and_passed_over(model):
    model.show([PropertyRow("Group", look="group"), PropertyRow("a", "1", look="number")])
    assert model.flags(model.index(0, NAME)) == Qt.ItemFlag.NoItemFlags
    assert model.index(0, NAME).data(STRONG_ROLE)
    assert model.flags(model.index(1, NAME)) & Qt.ItemFlag.ItemIsSelectable
    assert model.index(1, VALUE).data(KIND_ROLE) == "number"
    assert model.index(1, NAME).data(KIND_ROLE) == "muted"


def test_a_giant_value_is_cut_with_its_size_and_copied_whole(model):
    row = PropertyRow("a", "ü" * 30_000, "What it means.")
    model.show([row])
    cell = model.index(0, VALUE)
    assert len(cell.data()) == 301
    assert cell.data(BADGE_ROLE) == "muted:60,000 bytes"
    assert cell.data(Qt.ItemDataRole.ToolTipRole).endswith("\nWhat it means.")
    assert row.text == "ü" * 30_000
    assert PropertyRow("a", "1 · text", copies="1").text == "1"


def test_links_say_what_they_do(model):
    model.show([PropertyRow("Response", "12 ms later", look="link", action="Go to")])
    cell = model.index(0, VALUE)
    assert cell.data(BADGE_ROLE) == "accent:Go to"
    assert cell.data(Qt.ItemDataRole.AccessibleTextRole) == "12 ms later, Go to"


def test_nothing_hidden_or_broken_is_shown(model):
    model.show([PropertyRow("a\u202eb", "x\r\ny\x00")])
    assert model.index(0, NAME).data() == "a\\u202eb"
    assert model.index(0, VALUE).data() == "x␍␊y␀"
