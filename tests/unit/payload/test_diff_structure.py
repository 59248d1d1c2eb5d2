# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import pickle
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.diff_rows import CHANGED, GONE, NEW, SAME
from mqtt_explorer.payload.diff_structure import compare_structures
from mqtt_explorer.payload.diff_structure_rows import Source, StructureRows
from mqtt_explorer.payload.json_index import build_index

OLDER = (
    b'{"value":21.6,"unit":"\xc2\xb0C","sensor":{"id":"SHT45-0A","battery":0.93,"rssi":-64,"cal":"2025-03"},'
    b'"ts":"2026-11-20T14:02:10.482Z"}'
)
NEWER = (
    b'{"value":21.7,"unit":"\xc2\xb0C","sensor":{"id":"SHT45-0A","battery":0.93,"rssi":-61,"ok":true},'
    b'"ts":"2026-11-20T14:02:11.482Z"}'
)
SIGNS = {SAME: " ", CHANGED: "~", NEW: "+", GONE: "-"}


def source(text: bytes | str) -> Source:
    data = text.encode() if isinstance(text, str) else text
    return Source(data, build_index(data))


def compare(a: bytes | str, b: bytes | str) -> StructureRows:
    return compare_structures(source(a), source(b))


def shown(rows: StructureRows) -> list[str]:
    lines = []
    for number in range(len(rows)):
        row = rows.row(number)
        assert row.sign == rows.sign(number)
        cells = [each.text if each is not None else "" for each in (row.a, row.b)]
        lines.append("|".join((SIGNS[row.sign], row.key, *cells, row.change)))
    return lines


def test_the_picture():
    rows = compare(OLDER, NEWER)
    assert shown(rows) == [
        "~|value|21.6|21.7|+0.1",
        ' |unit|"°C"|"°C"|',
        ' |sensor.id|"SHT45-0A"|"SHT45-0A"|',
        " |sensor.battery|0.93|0.93|",
        "~|sensor.rssi|-64|-61|+3",
        "+|sensor.ok||true|new",
        '-|sensor.cal|"2025-03"||gone',
        '~|ts|"2026-11-20T14:02:10.482Z"|"2026-11-20T14:02:11.482Z"|+1.000 s',
    ]
    assert rows.counts == (3, 1, 1, 3)
    assert [rows.change(n) for n in range(rows.changes)] == [0, 4, 5, 6, 7]
    assert [rows.change_at(n) for n in range(len(rows) + 1)] == [0, 1, 1, 1, 1, 2, 3, 4, 5]


CASES = {
    "key order": ('{"a":1,"b":2}', '{ "b" : 2, "a" : 1 }', [" |b|2|2|", " |a|1|1|"]),
    "spelling": (
        '{"a":1.50,"b":"\\u00e9","c":1e2}',
        '{"a":1.5,"b":"é","c":100}',
        [
            " |a|1.50|1.5|other spelling",
            ' |b|"\\u00e9"|"é"|other spelling',
            " |c|1e2|100|other spelling",
        ],
    ),
    "escaped key": ('{"\\u0061":1}', '{"a":2}', ["~|a|1|2|+1"]),
    "type": ('{"a":1,"b":null}', '{"a":"1","b":false}', ['~|a|1|"1"|number → text', "~|b|null|false|null → true/false"]),
    "to object": ('{"a":1}', '{"a":{"b":2}}', ["~|a|1|{…}|number → object", "+|a.b||2|new"]),
    "to array": (
        '{"a":{"b":2}}',
        '{"a":[3]}',
        ["~|a|{…}|[…]|object → array", "+|a[0]||3|new", "-|a.b|2||gone"],
    ),
    "filled": ('{"a":[]}', '{"a":[1]}', ["~|a|[]|[…]|no longer empty", "+|a[0]||1|new"]),
    "emptied": ('{"a":{"b":1}}', '{"a":{}}', ["~|a|{…}|{}|now empty", "-|a.b|1||gone"]),
    "one value": ("5", "7", ["~|(whole)|5|7|+2"]),
    "inserted element": (
        "[1,2,3,4]",
        "[1,9,2,3,4]",
        [" |[0]|1|1|", "+|[1]||9|new", " |[2]|2|2|", " |[3]|3|3|", " |[4]|4|4|"],
    ),
    "same length is by place": ("[1,2,3]", "[2,3,4]", ["~|[0]|1|2|+1", "~|[1]|2|3|+1", "~|[2]|3|4|+1"]),
    "element gone": (
        '[{"id":1,"v":0},{"id":2,"v":0}]',
        '[{"id":2,"v":0}]',
        ["-|[0].id|1||gone", "-|[0].v|0||gone", " |[0].id|2|2|", " |[0].v|0|0|"],
    ),
    "duplicate keys": (
        '{"a":1,"a":2}',
        '{"a":1,"a":3,"a":4}',
        [" |a|1|1|", "~|a#2|2|3|+1", "+|a#3||4|new"],
    ),
    "odd keys": (
        '{"a b":1,"":2,"c.d":3}',
        '{"a b":2,"":2,"c.d":3}',
        ['~|["a b"]|1|2|+1', ' |[""]|2|2|', ' |["c.d"]|3|3|'],
    ),
    "keys that are no strings": ("{1:2,\"1\":3}", "{1:2,\"1\":4}", [" |{1}|2|2|", '~|["1"]|3|4|+1']),
    "equal subtree": (
        '{"x":{"l":[1,[2],{}],"s":"t"},"y":1}',
        '{"x":{"l":[1,[2],{}],"s":"t"},"y":2}',
        [" |x.l[0]|1|1|", " |x.l[1][0]|2|2|", " |x.l[2]|{}|{}|", ' |x.s|"t"|"t"|', "~|y|1|2|+1"],
    ),
    "several values": ("1\n", "2", ["~|(whole)|1|2|+1"]),
    "cut": ('{"a":[1,2', '{"a":[1,2]}', [" |a[0]|1|1|", " |a[1]|2|2|"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_values_are_compared_and_not_texts(case):
    a, b, expected = CASES[case]
    assert shown(compare(a, b)) == expected


def test_swapped_it_says_the_opposite():
    rows = compare(OLDER, NEWER).swapped()
    lines = shown(rows)
    assert lines[0] == "~|value|21.7|21.6|−0.1"
    assert '+|sensor.cal||"2025-03"|new' in lines
    assert "-|sensor.ok|true||gone" in lines
    assert rows.counts == (3, 1, 1, 3)


def test_values_and_paths_for_copying():
    rows = compare('{"a":{"b":[1]},"c":1}', '{"c":{"x":[1, 2]}}')
    at = {rows.path(row): row for row in range(len(rows))}
    assert rows.value(at["c"], "a") == b"1"
    assert rows.value(at["c"], "b") == b'{"x":[1, 2]}'
    assert rows.value(at["a.b[0]"], "a") == b"1"
    assert rows.value(at["a.b[0]"], "b") is None


def test_the_end_of_a_long_path_is_shown():
    rows = compare('{"a":' * 500 + "1" + "}" * 500, '{"a":' * 500 + "2" + "}" * 500)
    assert len(rows) == 1
    key = rows.row(0).key
    assert key.startswith("…")
    assert key.endswith(".a.a")
    assert len(key) < 200
    assert rows.path(0) == ".".join("a" * 500)


def test_long_values_are_shown_around_the_change():
    long = "x" * 3_000
    row = compare(json.dumps({"a": long + "1" + long}), json.dumps({"a": long + "2" + long})).row(0)
    assert row.a is not None
    assert row.b is not None
    for piece, digit in ((row.a, "1"), (row.b, "2")):
        (start, length), *_ = piece.marks
        assert piece.text[start : start + length] == digit
        assert (piece.before, piece.after) == (True, True)
        assert len(piece.text) < 600


# --- for any JSON ----------------------------------------------------------------------------------------------------

KEYS = st.sampled_from(["a", "b", "c", "a b", "é", "\\", '"', "1"]) | st.text(max_size=3)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers()
    | st.text(max_size=4)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


def leaves(value: object, path: tuple[object, ...] = ()) -> dict[tuple[object, ...], str]:
    """Scalars and empty containers by their paths, spelled by value."""
    if isinstance(value, dict) and value:
        return {k: v for key, each in value.items() for k, v in leaves(each, (*path, key)).items()}
    if isinstance(value, list) and value:
        return {k: v for place, each in enumerate(value) for k, v in leaves(each, (*path, place)).items()}
    return {path: json.dumps(value)}


def parsed(path: str) -> tuple[object, ...]:
    """A path back to its steps."""
    steps: list[object] = []
    decoder = json.JSONDecoder(strict=False)
    at = 0
    if path == "(whole)":
        return ()
    while at < len(path):
        if path[at] == "[" and path[at + 1] == '"':
            text, end = decoder.raw_decode(path, at + 1)
            steps.append(text)
            at = end + 1
        elif path[at] == "[":
            end = path.index("]", at)
            steps.append(int(path[at + 1 : end]))
            at = end + 1
        else:
            at += path[at] == "."
            end = min(place for mark in ".[" if (place := (path + mark).find(mark, at)) >= 0)
            steps.append(path[at:end])
            at = end
    return tuple(steps)


def applied(rows: StructureRows, a: dict[tuple[object, ...], str]) -> dict[tuple[object, ...], str]:
    """A's leaves with the changes of the rows."""
    left = dict(a)
    made = {}
    for row in range(len(rows)):
        if rows.sign(row) != NEW and not rows.is_mark(row, "a"):
            spelled = left.pop(parsed(rows.path_of(row, "a")))
            value = rows.value(row, "a")
            assert value is not None
            assert json.loads(value) == json.loads(spelled)
        if rows.sign(row) != GONE and not rows.is_mark(row, "b"):
            value = rows.value(row, "b")
            assert value is not None
            made[parsed(rows.path_of(row, "b"))] = json.dumps(json.loads(value))
            if rows.sign(row) == SAME:
                other = rows.value(row, "a")
                assert other is not None
                assert json.loads(other) == json.loads(value)
            else:
                other = rows.value(row, "a")
                assert other is None or json.dumps(json.loads(other)) != json.dumps(json.loads(value))
    assert not left
    return made


@settings(max_examples=200, deadline=None)
@given(VALUES, VALUES, st.booleans(), st.booleans())
def test_applied_to_a_the_rows_give_b(a, b, ascii_a, ascii_b):
    rows = compare(json.dumps(a, ensure_ascii=ascii_a), json.dumps(b, indent=1, ensure_ascii=ascii_b))
    assert applied(rows, leaves(a)) == leaves(b)
    assert applied(rows.swapped(), leaves(b)) == leaves(a)
    assert sum(rows.counts) == len(rows)
    for row in range(len(rows)):
        rows.row(row)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_the_same_value_has_no_changes(value):
    rows = compare(json.dumps(value), json.dumps(value, indent=2, ensure_ascii=False))
    assert rows.counts.different == 0
    assert rows.changes == 0


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text('{}[]:,"\\ 1a', max_size=40).map(str.encode), st.binary(max_size=30))
def test_what_is_no_json_raises_nothing(a, b):
    rows = compare(a, b)
    for row in range(len(rows)):
        rows.row(row)
        rows.path(row)
        rows.value(row, "a")


# --- giants ----------------------------------------------------------------------------------------------------------


def test_levels_without_end():
    deep = 30_000
    rows = compare('{"a":' * deep + "1" + "}" * deep, '{"a":' * deep + "2" + "}" * deep)
    assert len(rows) == 1
    assert rows.row(0).change == "+1"
    assert len(rows.path(0)) == 2 * deep - 1
    deep = 5_000
    brackets = compare("[" * deep + "1" + "]" * deep, "[" * deep + "]" * deep)
    assert brackets.counts == (1, 0, 1, 0)


def test_a_million_characters_with_one_change_take_no_time():
    items = [{"id": n, "name": f"item {n}", "values": [n, n / 2, None]} for n in range(10_000)]
    a = source(json.dumps(items))
    items[7_000]["values"] = [0, 1]
    items.insert(20, {"id": -1})
    b = source(json.dumps(items))
    start = time.process_time()
    rows = compare_structures(a, b)
    taken = time.process_time() - start
    assert len(rows) == 50_001
    assert taken < 5
    again = pickle.loads(pickle.dumps(rows))
    assert again.row(100) == rows.row(100)
    assert again.counts == rows.counts


def test_arrays_with_nothing_in_common_end():
    start = time.process_time()
    rows = compare(json.dumps(list(range(4_000))), json.dumps([0, 1] * 2_300))
    assert time.process_time() - start < 5
    assert sum(rows.counts) == len(rows)


def test_progress_is_told():
    shares: list[float] = []
    text = json.dumps([[n] for n in range(30_000)])
    compare_structures(source(text), source(text.replace("7", "8")), shares.append)
    assert shares
    assert shares == sorted(shares)
    assert 0 < shares[0] <= shares[-1] <= 1
