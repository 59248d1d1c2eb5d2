# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models.unsent_model import BROKER, QOS, SIZE, STATE, TOPIC, UnsentModel
from mqtt_explorer.network.unsent import Unsent, UnsentState


@pytest.fixture
def model(qapp):
    made = UnsentModel()
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield made
    tester.deleteLater()


def row(state=UnsentState.HELD, broker="Greenhouse", topic="a/b"):
    return broker, Unsent(topic, 1_536, 2, state)


def test_cells(model):
    model.set_rows([row(), row(UnsentState.SENT, "Line 3")])
    assert [model.index(0, column).data() for column in (TOPIC, QOS, SIZE, BROKER, STATE)] == [
        "a/b",
        "2",
        "1.5 KiB",
        "Greenhouse",
        "held",
    ]
    assert model.index(1, BROKER).data() == "Line 3"
    assert model.index(1, STATE).data() == "sent, not acknowledged"
    heads = [model.headerData(each, Qt.Orientation.Horizontal) for each in range(model.columnCount())]
    assert heads == ["Topic", "QoS", "Size", "Broker", "State"]


def test_it_gets_shorter_and_empty(model):
    model.set_rows([row(topic=f"t/{number}") for number in range(500)])
    assert model.rowCount() == 500
    model.set_rows([row(topic="t/499")])
    assert [model.index(each, TOPIC).data() for each in range(model.rowCount())] == ["t/499"]
    model.set_rows(())
    assert model.rowCount() == 0


def test_the_same_rows_keep_selection_and_scroll(model):
    resets = []
    model.modelReset.connect(lambda: resets.append(1))
    model.set_rows([row()])
    model.set_rows([row()])
    assert len(resets) == 1
    model.set_rows([row(UnsentState.WAITING)])
    assert len(resets) == 2
    assert model.index(0, STATE).data() == "waiting"
