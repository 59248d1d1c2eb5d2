# SPDX-License-Identifier: MIT
from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QItemSelectionModel, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models.noise_model import (
    BYTE_RATE,
    BYTES,
    MESSAGES,
    RATE,
    SHARE,
    TOPIC,
    NoiseModel,
    NoiseRow,
    byte_rate,
    noise_rows,
    share_text,
)
from mqtt_explorer.models.roles import BAR_ROLE, KIND_ROLE, MUTE_ROLE, RAW_ROLE
from mqtt_explorer.store.noise_meter import Noise, NoiseMeter
from mqtt_explorer.store.topic_tree import Node
from tests.models.streams import feed, frame, new_store

ROOT = Node(b"", None, 0, None)


def source(name, messages=1, size=1, branch=False):
    return NoiseRow("source", Node(name.encode(), ROOT, 0, None), name, messages, size, branch)


def texts(model, row):
    return [model.index(row, column).data() for column in range(6)]


@pytest.mark.parametrize("seed", range(3))
def test_it_follows_whatever_order_comes(qapp, seed):
    rng = random.Random(seed)
    model = NoiseModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    selection = QItemSelectionModel(model)
    sources = [source(str(n)) for n in range(30)]
    total = Noise(100, 100)
    kept: list[tuple[QPersistentModelIndex, object]] = []
    for _ in range(80):
        if rng.random() < 0.05:
            model.clear()
            kept = []
        rows = [row._replace(messages=rng.randint(1, 9)) for row in rng.sample(sources, rng.randint(0, 30))]
        model.set_rows(rows, total, 1.0, "messages")
        assert [row.key for row in model.rows] == [row.key for row in rows]
        assert [model.index(n, MESSAGES).data() for n in range(len(rows))] == [
            str(row.messages) for row in rows
        ]
        shown = {row.key for row in rows}
        for index, key in kept:
            assert index.isValid() == (key in shown)
            if index.isValid():
                assert model.row(index.row()).key == key
        kept = [(index, key) for index, key in kept if index.isValid()]
        if rows:
            place = rng.randrange(len(rows))
            kept.append((QPersistentModelIndex(model.index(place, TOPIC)), rows[place].key))
            selection.select(model.index(place, TOPIC), QItemSelectionModel.SelectionFlag.ClearAndSelect)
    selection.deleteLater()
    tester.deleteLater()


def test_cells(qapp):
    model = NoiseModel()
    rows = [source("plant/<b>", 1_500, 3_000_000, branch=True), NoiseRow("others", ROOT, "7 others", 500, 0)]
    model.set_looks(lambda topic: topic.startswith(b"plant"), lambda row: 3 if row.kind == "source" else -1)
    model.set_rows(rows, Noise(2_000, 3_000_000), 10.0, "messages")
    assert texts(model, 0) == ["plant/<b>/…", "1,500", "75 %", "2.9 MiB", "150/s", "293 KiB/s"]
    assert texts(model, 1) == ["7 others", "500", "25 %", "0 B", "50.0/s", "–"]
    model.set_rows(rows, Noise(2_000, 3_000_000), 10.0, "bytes")
    assert model.index(0, SHARE).data() == "100 %"
    assert model.index(1, SHARE).data() == "0.0 %"
    cell = model.index(0, TOPIC)
    assert (cell.data(MUTE_ROLE), cell.data(BAR_ROLE), cell.data(KIND_ROLE)) == (True, 3, "muted")
    assert cell.data(Qt.ItemDataRole.AccessibleTextRole) == "plant/<b>/…, muted"
    assert cell.data(Qt.ItemDataRole.ToolTipRole) == "plant/<b> (muted)"
    assert cell.data(RAW_ROLE) is rows[0]
    assert model.index(1, TOPIC).data(MUTE_ROLE) is None
    assert model.index(0, BYTES).data(KIND_ROLE) == "text"
    assert model.index(0, RATE).data(KIND_ROLE) == "muted"
    assert model.headerData(BYTE_RATE, Qt.Orientation.Horizontal) == "Bytes/s"


def test_heads_say_what_is_an_average(qapp):
    model = NoiseModel()
    tips = [model.headerData(n, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole) for n in range(6)]
    assert all(tips)
    assert ["on average" in tip for tip in tips] == [False] * 4 + [True] * 2


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 0, "0.0 %"), (1, 10_000, "< 0.1 %"), (1, 100, "1.0 %"), (995, 10_000, "10 %"), (2, 3, "67 %")],
    ids=str,
)
def test_shares(part, whole, text):
    assert share_text(part, whole) == text


def test_byte_rates():
    assert byte_rate(0.5) == "–"
    assert byte_rate(1) == "1 B/s"
    assert byte_rate(2_048) == "2 KiB/s"


def test_the_rows_make_up_the_whole(qapp):
    store = new_store()
    meter = NoiseMeter(store)
    feed(
        store,
        *(frame(f"a/b/{n}/x", b"1" * n) for n in range(1, 9)),
        *[frame("a/b", b"123")] * 5,
        *[frame("a/b/8/x", b"")] * 9,
        frame("/x"),
    )
    while meter.behind or not meter.folds:
        meter.step()
    ranked = meter.top(store.find(b"a/b"), "messages", 3)
    rows = noise_rows(ranked, "messages")
    assert [(row.kind, row.name, row.messages) for row in rows[:2]] == [
        ("source", "8/x", 10),
        ("own", "On this topic itself", 5),
    ]
    assert (rows[-1].kind, rows[-1].name, rows[-1].topic) == ("others", "5 others", None)
    assert sum(row.messages for row in rows) == ranked.total.messages == 22
    assert sum(row.size for row in rows) == ranked.total.bytes
    assert rows[1].topic == b"a/b"
    top = noise_rows(meter.top(store.root, "messages"), "messages")
    assert [(row.name, row.topic, row.branch) for row in top] == [("a/b", b"a/b", True), ("/x", b"/x", False)]
