# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from mqtt_explorer.models import snapshot_model
from mqtt_explorer.models.roles import HITS_ROLE, ICON_ROLE, KIND_ROLE, PIN_ROLE, TRUNCATED_ROLE
from mqtt_explorer.models.snapshot_model import AFTER, AGE, BEFORE, CHANGE, STATUS, TOPIC, SnapshotModel
from mqtt_explorer.payload.kept import CUT, EVICTED, PART, RETAINED, Entry
from mqtt_explorer.protocol.batch import RETAIN
from mqtt_explorer.store.snapshot import About, SnapshotColumns
from mqtt_explorer.store.snapshot_compare import Comparing, Status

NOW = 10**18


def entry(topic, payload=b"1", messages=1, flags=0, size=None, digest=b"", wall_ns=NOW):
    raw = topic.encode()
    return Entry(raw, payload, len(payload) if size is None else size, flags, messages, wall_ns, digest)


def compare(before, after, session="s"):
    sides = []
    for entries in (before, after):
        columns = SnapshotColumns(1 << 30)
        for each in entries:
            columns.add(each)
        sides.append(columns.finish(About("b", ended_ns=NOW + 65 * 10**9, session=session)))
    comparing = Comparing(*sides)
    while not comparing.step():
        pass
    return comparing.comparison


BEFORE_ENTRIES = [
    entry("b/value", b"21.4"),
    entry("b/json", b'{"t":1,"ok":true}'),
    entry("b/shape", b'{"t":1}'),
    entry("b/gone", b"1", flags=RETAINED),
    entry("a/silent", b"on"),
    entry("a/same", b"x"),
    entry("a/evicted", b"", flags=EVICTED, size=2048),
    entry("a/giant", b"\xff" * 10, flags=CUT, size=5 << 20, digest=b"a" * 16),
]
AFTER_ENTRIES = [
    entry("b/value", b"21.9", 2),
    entry("b/json", b'{"t":0.5,"ok":false}', 2),
    entry("b/shape", b'{"t":"hot"}', 2),
    entry("b/gone", b"", 2, flags=RETAIN),
    entry("a/silent", b"on"),
    entry("a/same", b"x", 4),
    entry("a/evicted", b"12", 2),
    entry("a/giant", b"\xff" * 10, 2, flags=CUT, size=(5 << 20) + 1024, digest=b"b" * 16),
    entry("c/new", b"7", flags=RETAINED),
]


@pytest.fixture
def model(qapp):
    made = SnapshotModel()
    made.show_comparison(compare(BEFORE_ENTRIES, AFTER_ENTRIES))
    yield made
    made.deleteLater()


def topics(model):
    return [model.index(row, TOPIC).data() for row in range(model.rowCount())]


def cell(model, topic, column, role=Qt.ItemDataRole.DisplayRole):
    return model.index(model.place_of(topic.encode()), column).data(role)


def test_all_but_the_same_are_shown_by_topic(model):
    assert topics(model) == [
        "a/evicted", "a/giant", "a/silent", "b/gone", "b/json", "b/shape", "b/value", "c/new",
    ]  # fmt: skip
    assert [model.headerData(n, Qt.Orientation.Horizontal) for n in range(6)] == [
        "", "Topic", "Before", "Now", "Change", "Age",
    ]  # fmt: skip
    model.is_now = False
    assert model.headerData(AFTER, Qt.Orientation.Horizontal) == "After"


@pytest.mark.parametrize(
    ("topic", "cells"),
    [
        ("b/value", ("value", "21.4", "21.9", "+0.5")),
        ("b/json", ("value", '{"t":1,"ok":true}', '{"t":0.5,"ok":false}', "t −0.5, ok: true → false")),
        ("b/shape", ("shape", '{"t":1}', '{"t":"hot"}', "t: number → text")),
        ("b/gone", ("gone", "1", "(empty)", "was deleted")),
        ("a/silent", ("silent", "on", "on", "no message in between")),
        ("a/same", ("same", "x", "x", "3 messages, the same payload")),
        (
            "a/evicted",
            ("not kept", "2 KiB, not kept", "12", "the memory budget had taken the earlier payload"),
        ),
        ("c/new", ("new", "–", "7", "was not there, is retained")),
    ],
)
def test_what_a_row_says(model, topic, cells):
    model.choose(frozenset(Status), "")
    assert tuple(cell(model, topic, column) for column in (STATUS, BEFORE, AFTER, CHANGE)) == cells
    assert cell(model, topic, AGE) == "1 min"


def test_a_giant_and_its_marks(model):
    assert cell(model, "a/giant", CHANGE) == "1 KiB more"
    assert cell(model, "a/giant", BEFORE, TRUNCATED_ROLE) is True
    assert "only the beginning" in cell(model, "a/giant", BEFORE, Qt.ItemDataRole.ToolTipRole)
    assert cell(model, "c/new", AFTER, PIN_ROLE) is True
    assert cell(model, "c/new", BEFORE, PIN_ROLE) is None
    assert cell(model, "b/shape", STATUS, ICON_ROLE) == "diff:warn"
    assert cell(model, "b/value", BEFORE, KIND_ROLE) == "number"


def test_part_of_a_payload_is_never_called_the_same(qapp):
    sides = [[entry("t", b"h", n, CUT | PART, size=9_999_999, digest=b"a" * 16)] for n in (1, 2)]
    model = SnapshotModel()
    model.show_comparison(compare(*sides))
    assert cell(model, "t", STATUS) == "not kept"
    assert cell(model, "t", CHANGE) == "equal as far as it was received"
    model.deleteLater()


def test_choosing_by_status_and_text(model):
    model.choose({Status.VALUE, Status.SAME}, "")
    assert topics(model) == ["a/giant", "a/same", "b/json", "b/value"]
    model.choose(frozenset(Status), "VaL")
    assert topics(model) == ["b/value"]
    assert cell(model, "b/value", TOPIC, HITS_ROLE) == [(2, 3)]
    model.choose(set(), "")
    assert topics(model) == []
    assert model.place_of(b"b/value") == -1


def test_sorting(model):
    model.sort(STATUS)
    assert topics(model) == [
        "c/new", "b/gone", "b/shape", "a/giant", "b/json", "b/value", "a/silent", "a/evicted",
    ]  # fmt: skip
    model.sort(STATUS, Qt.SortOrder.DescendingOrder)
    assert topics(model)[0] == "a/evicted"
    assert topics(model)[-1] == "c/new"
    assert model.row(model.place_of(b"c/new")).topic == b"c/new"
    model.sort(TOPIC, Qt.SortOrder.DescendingOrder)
    assert topics(model)[0] == "c/new"
    assert [model.comparison.topic(number) for number in model.numbers()] == [
        t.encode() for t in topics(model)
    ]
    model.sort(CHANGE)
    assert topics(model)[0] == "c/new", "nobody sorts by words"


def test_many_rows_are_chosen_in_slices(qapp, qtbot, monkeypatch):
    monkeypatch.setattr(snapshot_model, "_SLICE_S", 0.0)
    comparison = compare([], [entry(f"t/{n}") for n in range(20_000)])
    model = SnapshotModel()
    with qtbot.waitSignal(model.sifted):
        model.show_comparison(comparison)
        assert model.sifting
        assert model.rowCount() == 0
    assert model.rowCount() == 20_000
    with qtbot.waitSignal(model.sifted):
        model.choose(frozenset(Status), "/1999")
        model.choose(frozenset(Status), "/19999")
        assert model.rowCount() == 20_000, "what was there stands until then"
    assert topics(model) == ["t/19999"]
    model.show_comparison(None)
    model.deleteLater()


def test_topics_from_the_wire_are_verbatim(qapp):
    names = ["<b>x</b>", "\u202eabc", "a\x1b[31m", "constructor", "İstanbul"]
    model = SnapshotModel()
    model.show_comparison(compare([], [entry(name, b"<img src=x>") for name in names]))
    assert sorted(topics(model)) == sorted(names)
    assert cell(model, "<b>x</b>", AFTER) == "<img src=x>"
    model.choose(frozenset(Status), "tan")
    assert topics(model) == ["İstanbul"]
    assert isinstance(cell(model, "İstanbul", TOPIC, HITS_ROLE), list)
    model.deleteLater()


@pytest.mark.parametrize("column", [TOPIC, STATUS], ids=["topic", "status"])
@pytest.mark.parametrize("order", list(Qt.SortOrder), ids=["up", "down"])
def test_a_topic_is_found_in_every_order(model, column, order):
    model.sort(column, order)
    shown = topics(model)
    assert len(shown) == 8
    assert [model.place_of(topic.encode()) for topic in shown] == list(range(8))
    assert model.place_of(b"a/same") == -1
    assert [model.comparison.topic(number).decode() for number in model.numbers()] == shown
