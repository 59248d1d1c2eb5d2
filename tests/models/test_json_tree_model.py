# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from mqtt_explorer.models import json_tree_model
from mqtt_explorer.models.json_tree_model import KEY, VALUE, JsonTreeModel
from mqtt_explorer.models.json_tree_rows import PAGE
from mqtt_explorer.models.json_tree_texts import dotted, pointer, string_text
from mqtt_explorer.models.roles import BADGE_ROLE, GLOW_ROLE, KIND_ROLE
from mqtt_explorer.payload.api import Document
from mqtt_explorer.payload.json_index import build_index

SAMPLE = b'{"value":21.70,"unit":"\xc2\xb0C","sensor":{"id":"SHT45","battery":0.93,"rssi":-61,"ok":true},"raw":[1,2,3]}'


def document(source, *, stop=None):
    return Document("json", "JSON", source, build_index(source, stop), complete=stop is None)


@pytest.fixture
def model(qapp):
    made = JsonTreeModel()
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    tester.setUseFetchMore(False)
    yield made
    made.show_document(None)
    tester.deleteLater()


@pytest.fixture
def fast(qapp):
    """Without the tester, which asks for everything after each step."""
    made = JsonTreeModel()
    yield made
    made.show_document(None)


def rows(model):
    return [
        ("  " * model.level(row) + model.index(row, KEY).data(), model.index(row, VALUE).data())
        for row in range(model.rowCount())
    ]


def row_of(model, key):
    return next(row for row in range(model.rowCount()) if model.index(row, KEY).data() == key)


def counted(model):
    while model._counts.busy:
        model._count_more()


def test_it_starts_unfolded_with_keys_values_and_summaries(model):
    model.show_document(document(SAMPLE))
    assert rows(model) == [
        ("value", "21.70"),
        ("unit", '"°C"'),
        ("sensor", "{4}"),
        ("  id", '"SHT45"'),
        ("  battery", "0.93"),
        ("  rssi", "-61"),
        ("  ok", "true"),
        ("raw", "[3]"),
        ("  [0]", "1"),
        ("  [1]", "2"),
        ("  [2]", "3"),
    ]
    kinds = [
        (model.index(row, KEY).data(KIND_ROLE), model.index(row, VALUE).data(KIND_ROLE))
        for row in (0, 1, 2, 8)
    ]
    assert kinds == [("key", "number"), ("key", "string"), ("key", "muted"), ("muted", "number")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(b"21.7", [("", "21.7")], id="scalar"),
        pytest.param(b' "x" ', [("", '"x"')], id="string"),
        pytest.param(b"{}", [("", "{}")], id="empty"),
        pytest.param(b"", [("", "")], id="nothing"),
        pytest.param(b"[ [ ] , { } ]", [("[0]", "[]"), ("[1]", "{}")], id="empty inside"),
        pytest.param(b'{"":{"":1}}', [('""', "{1}"), ('  ""', "1")], id="empty keys"),
        pytest.param(b"{1:h'00ff',\"a\":NaN}", [("1", "h'00ff'"), ("a", "NaN")], id="notation"),
    ],
)
def test_odd_texts(model, source, expected):
    model.show_document(document(source))
    assert rows(model) == expected


def test_folding_and_unfolding_keeps_what_is_inside(model):
    model.show_document(document(b'{"a":{"b":{"c":1},"d":2},"e":3}'))
    model.fold(row_of(model, "b"))
    model.fold(0)
    assert rows(model) == [("a", "{2}"), ("e", "3")]
    assert model.fold_state(0) is False
    assert model.fold_state(1) is None
    model.unfold(0)
    assert rows(model) == [("a", "{2}"), ("  b", "{1}"), ("  d", "2"), ("e", "3")]
    model.unfold(1)
    assert model.parent_row(2) == 1
    assert model.parent_row(1) == 0
    assert model.parent_row(0) == -1


def test_the_first_level_is_always_unfolded_and_the_rest_as_far_as_it_fits(model):
    value = {"wide": list(range(500)), "small": {"x": 1}, "many": [{"a": 1} for _ in range(150)]}
    model.show_document(document(json.dumps(value).encode()))
    assert [model.fold_state(row_of(model, key)) for key in value] == [False, True, True]
    assert 150 < model.rowCount() <= 210


def test_arrays_come_in_pages(model):
    model.show_document(document(json.dumps({"a": list(range(2_500)), "z": 1}).encode()))
    model.unfold(0)
    more = row_of(model, "…")
    assert more == PAGE + 1
    assert model.is_more(more)
    assert model.index(more, VALUE).data() == "more"
    counted(model)
    assert model.index(more, VALUE).data() == "1,500 more"
    assert model.raw_value(more) is None
    model.open_more(more)
    assert model.index(more, KEY).data() == "[1000]"
    more = row_of(model, "…")
    assert model.index(more, VALUE).data() == "500 more"
    model.open_more(more)
    assert model.rowCount() == 2_502
    assert not any(model.is_more(row) for row in range(model.rowCount()))
    model.fold(0)
    assert rows(model) == [("a", "[2,500]"), ("z", "1")]
    model.unfold(0)
    assert model.rowCount() == 2_502


def test_the_end_is_reached_without_the_middle(model):
    model.show_document(document(json.dumps(list(range(3_121))).encode()))
    while not model.open_last_page():
        counted(model)
    last = model.rowCount() - 1
    assert model.index(last, KEY).data() == "[3120]"
    more = row_of(model, "…")
    assert model.index(more, VALUE).data() == "2,000 more"
    for _ in range(2):
        model.open_more(row_of(model, "…"))
    assert [model.index(row, VALUE).data() for row in range(model.rowCount())] == [
        str(n) for n in range(3_121)
    ]


def test_a_page_of_containers_has_no_hole_when_they_were_unfolded_before(model):
    source = json.dumps([{"k": n} for n in range(2_500)]).encode()
    model.show_document(document(source))
    while not model.open_last_page():
        counted(model)
    last = model.rowCount() - 1
    model.unfold(last)
    assert model.index(last + 1, VALUE).data() == "2499"
    model.open_more(row_of(model, "…"))
    assert not any(model.is_more(row) for row in range(model.rowCount()))


def test_a_million_elements_stay_quick(fast):
    source = b'{"a":[' + b",".join(b"%d" % n for n in range(1_000_000)) + b"]}"
    index = build_index(source)
    start = time.perf_counter()
    fast.show_document(Document("json", "JSON", source, index))
    fast.unfold(0)
    shown = rows(fast)
    spent = time.perf_counter() - start
    assert spent < 0.1
    assert shown[0] == ("a", "[…]")
    start = time.perf_counter()
    fast._count_more()
    assert time.perf_counter() - start < 0.05  # a slice, not the whole
    counted(fast)
    assert fast.index(0, VALUE).data() == "[1,000,000]"
    assert fast.index(PAGE + 1, VALUE).data() == "999,000 more"


def test_a_hundred_thousand_levels_stay_quick(fast):
    depth = 100_000
    source = b'{"a":' * depth + b"1" + b"}" * depth
    index = build_index(source)
    start = time.perf_counter()
    fast.show_document(Document("json", "JSON", source, index))
    assert 190 <= fast.rowCount() <= 202
    last = fast.rowCount() - 1
    assert not fast.unfold_all(last)
    spent = time.perf_counter() - start
    assert spent < 1
    deepest = fast.rowCount() - 1
    assert fast.level(deepest) == deepest > 20_000
    assert fast.path(deepest) is None
    tip = fast.index(deepest, KEY).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.endswith(f"Level {deepest + 1:,}")
    fast.fold(0)
    assert fast.rowCount() == 1


def test_unfold_all_is_bounded_and_says_so(model, monkeypatch):
    monkeypatch.setattr(json_tree_model, "ALL_ROWS", 50)
    model.show_document(document(json.dumps({"a": [[n] for n in range(300)], "b": [[1], [[2]]]}).encode()))
    assert not model.unfold_all(0)
    assert 300 < model.rowCount() < 400
    model.fold(0)
    assert model.unfold_all(row_of(model, "b"))
    assert rows(model)[-1] == ("      [0]", "2")


def test_a_long_value_is_cut_and_its_length_said(model):
    model.show_document(document(b'{"a":"' + "ü".encode() * 600_000 + b'"}'))
    cell = model.index(0, VALUE)
    assert len(cell.data()) == 501
    assert cell.data(BADGE_ROLE) == "muted:600,000 characters"
    assert cell.data(Qt.ItemDataRole.AccessibleTextRole).endswith("(600,000 characters)")
    assert len(model.raw_value(0)) == 1_200_002


def test_hidden_characters_are_made_visible(model):
    model.show_document(document('{"a\u202eb":"x\u202ey\u200b"}'.encode()))
    assert rows(model) == [("a\\u202eb", '"x\\u202ey\\u200b"')]
    assert model.key(0) == "a\u202eb"


def test_values_paths_and_keys_are_told_as_they_are(model):
    model.show_document(document(b'{"a/b~":{ "x" : [1.500, {"k k":"\\u00e9"}] }}'))
    last = model.rowCount() - 1
    assert model.path(last) == ("a/b~", "x", 1, "k k")
    assert pointer(model.path(last)) == "/a~1b~0/x/1/k k"
    assert dotted(model.path(last)) == '."a/b~".x[1]."k k"'
    assert model.raw_value(last) == b'"\\u00e9"'
    assert model.raw_value(row_of(model, "[0]")) == b"1.500"
    assert model.raw_value(0) == b'{ "x" : [1.500, {"k k":"\\u00e9"}] }'
    assert model.row_of_path(("a/b~", "x", 1, "k k")) == last
    assert model.row_of_path(("a/b~", "y")) == -1
    assert model.row_of_path(("a/b~", "x", 7)) == -1


@pytest.mark.parametrize(
    ("steps", "jq"),
    [((), "."), ((0, "a"), ".[0].a"), (("a", 1, 2), ".a[1][2]"), (('q"',), '."q\\""'), (("ü",), '."ü"')],
    ids=["root", "list", "nested", "quote", "umlaut"],
)
def test_jq_paths(steps, jq):
    assert dotted(steps) == jq


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b'"a\\nb"', "a\nb"),
        (b'"\\ud800"', "\ufffd"),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"a\tb"', "a\tb"),
        (b'"open', '"open'),
    ],
    ids=["escape", "half", "pair", "tab", "open"],
)
def test_the_text_of_a_string(raw, text):
    assert string_text(raw) == text


def test_other_values_move_nothing_and_glow(model):
    model.show_document(document(SAMPLE))
    model.fold(row_of(model, "raw"))
    resets = []
    model.modelReset.connect(lambda: resets.append(1))
    model.show_document(document(SAMPLE.replace(b"21.70", b"21.8")))
    assert resets == []
    assert rows(model)[0] == ("value", "21.8")
    assert rows(model)[-1] == ("raw", "[3]")
    assert model.glowing()
    assert model.index(0, KEY).data(GLOW_ROLE) > 0
    assert model.index(1, KEY).data(GLOW_ROLE) is None
    model._changed_at -= 2
    assert not model.glowing()
    assert model.index(0, KEY).data(GLOW_ROLE) is None


def test_what_is_unfolded_stays_by_its_path_when_the_shape_changes(model):
    model.show_document(document(b'{"a":{"x":1},"b":{"y":{"z":1}},"c":[{"p":1},{"q":1}]}'))
    model.fold(row_of(model, "a"))
    model.fold(row_of(model, "[0]"))
    model.show_document(
        document(b'{"new":{"n":1},"c":[{"p":1},{"q":1},{"r":1}],"b":{"y":{"z":1}},"a":{"x":1,"xx":2}}')
    )
    assert rows(model) == [
        ("new", "{1}"),
        ("  n", "1"),
        ("c", "[3]"),
        ("  [0]", "{1}"),
        ("  [1]", "{1}"),
        ("    q", "1"),
        ("  [2]", "{1}"),
        ("    r", "1"),
        ("b", "{1}"),
        ("  y", "{1}"),
        ("    z", "1"),
        ("a", "{2}"),
    ]


def test_keys_that_change_places_are_not_taken_for_each_other(model):
    model.show_document(document(b'{"a":{"x":1},"b":{"x":1}}'))
    model.fold(0)
    model.show_document(document(b'{"b":{"x":1},"a":{"x":1}}'))
    assert rows(model) == [("b", "{1}"), ("  x", "1"), ("a", "{1}")]


def test_the_first_page_says_that_more_is_to_come_and_the_whole_takes_its_folds(model):
    source = json.dumps({"list": [{"v": n} for n in range(80)], "end": {"e": 1}}).encode()
    model.show_document(document(source, stop=200))
    assert model.index(0, VALUE).data().endswith("…]")
    model.fold(row_of(model, "[3]"))
    model.show_document(document(source))
    assert model.index(0, VALUE).data() == "[80]"
    assert model.fold_state(row_of(model, "[3]")) is False
    assert model.fold_state(row_of(model, "[4]")) is True


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES, st.data())
def test_paths_lead_to_their_values(model, value, data):
    model.show_document(None)
    model.show_document(document(json.dumps(value).encode()))
    for _ in range(3):
        if model.rowCount():
            row = data.draw(st.integers(0, model.rowCount() - 1))
            data.draw(st.sampled_from([model.fold, model.unfold, model.unfold_all]))(row)
    for row in range(model.rowCount()):
        path = model.path(row)
        found = value
        for step in path:
            found = found[step]
        assert json.loads(model.raw_value(row)) == found
        assert model.row_of_path(path) == row


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from([b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"a", b"1", b" ", b"\xff"]),
        max_size=25,
    )
)
def test_no_text_is_too_odd(model, pieces):
    model.show_document(document(b"".join(pieces)))
    for row in range(model.rowCount()):
        for column in (KEY, VALUE):
            for role in (
                Qt.ItemDataRole.DisplayRole,
                Qt.ItemDataRole.ToolTipRole,
                KIND_ROLE,
                BADGE_ROLE,
                GLOW_ROLE,
            ):
                model.index(row, column).data(role)
        model.path(row)
        model.raw_value(row)
    for row in reversed(range(model.rowCount())):
        model.fold(row)
    if model.rowCount():
        model.unfold_all(0)
    assert model.rowCount(QModelIndex()) <= 30
