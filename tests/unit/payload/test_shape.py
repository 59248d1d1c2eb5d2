# SPDX-License-Identifier: MIT
from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.shape import LARGE, MOST_VALUES, join, shape, shape_difference
from mqtt_explorer.payload.value_change import number_change, value_change


def difference(before: bytes, after: bytes) -> str:
    return shape_difference(shape(before), shape(after))


@pytest.mark.parametrize(
    ("payload", "made"),
    [
        (b"", "empty"),
        (b"21.5", "number"),
        ("21.5 °C".encode(), "number °C"),
        (b"ON", "boolean"),
        (b"heating", "text"),
        (b'"heating"', "string"),
        (b"null", "null"),
        (b"nullable", "text"),
        (b"\xff\xd8", "binary"),
        (b"a\x00b", "binary"),
        (b"{broken", "text"),
        (b'{"b":1,"a":"x"}', "json\n\tobject\na\ttext\nb\tnumber"),
        (b'{"v":[1,2.5,"x"]}', "json\n\tobject\nv\tarray\nv[]\tnumber or text"),
        (b'[{"a":1},{"b":null}]', "json\n\tarray\n[]\tobject\n[].a\tnumber\n[].b\tnull"),
        (b'{"a":1e999}', "json\n\tobject\na\tnumber"),
        (b"[" * 5_000 + b"]" * 5_000, "json\n\tcannot be read as a whole"),
        (b"[" + b"7" * 5_000 + b"]", "json\n\tcannot be read as a whole"),
    ],
)
def test_shapes(payload, made):
    assert shape(payload) == made


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b"1", b"-2.5e3", ""),
        (b"on", b"FALSE", ""),
        (b"1 V", b"1 mV", "number V → number mV"),
        (b"1", b"off", "number → boolean"),
        (b"", b"x", "empty → text"),
        (b"{}", b"x", "JSON → text"),
        (b"{}", b"[]", "object → array"),
        (b'{"a":1,"b":2}', b'{"b":3,"a":4}', ""),
        (b'{"s":{"cal":1},"value":3}', b'{"s":{},"value":"x"}', "value: number → text, s.cal gone"),
        (b'{"s":{"cal":1}}', b"{}", "s gone"),
        (b"{}", b'{"s":{"cal":1}}', "s new"),
        (b'{"v":[]}', b'{"v":[{"a":1}]}', ""),
        (b'{"v":[1]}', b'{"v":["x"]}', "v[]: number → text"),
        (b'{"a.b":1}', b"{}", '["a.b"] gone'),
        (b"{}", b'{"a":1,"b":1,"c":1,"d":1,"e":1}', "a new, b new, c new, 2 more"),
    ],
)
def test_differences_in_words(before, after, words):
    assert difference(before, after) == words


def test_a_large_payload_has_a_kind_and_a_size_class():
    made = shape(b"{" + b" " * LARGE)
    assert made == "large json\n19"
    assert shape(b'{"a"', 1 << 20) == "large json\n21"
    assert shape(b"", 1 << 20) == "large unknown\n21"
    assert shape_difference(made, shape(b'{"a"', 1 << 20)) == "about 256 KiB → about 1 MiB"
    assert shape_difference(made, shape(b'{"a"', LARGE * 2 + 5)) == "", "neighbours share a border"
    assert shape_difference(made, shape(b"\xff\xd8", 1 << 19)) == "JSON → binary"
    assert shape_difference(made, shape(b'{"a":1}')) == ""


def test_what_was_not_looked_at_is_no_difference():
    many = {f"k{n}": n for n in range(MOST_VALUES + 100)}
    some = dict(list(many.items())[:50])
    made = [shape(json.dumps(each).encode()) for each in (many, {**many, "k1": "x"}, some)]
    assert made[0].endswith("(more)")
    assert shape_difference(made[0], made[1]) == "k1: number → text"
    assert "new" not in shape_difference(made[0], made[2])
    assert "gone" in shape_difference(made[0], made[2])
    assert shape_difference(made[2], made[0]).count("new") == 3


def test_paths_stay_short_and_apart():
    long = ["x" * 500, "x" * 499 + "y"]
    assert len(join("", long[0])) < 70
    assert join("", long[0]) != join("", long[1])
    deep = b'{"key":' * 400 + b"1" + b"}" * 400
    assert len(shape(deep)) < 10_000
    assert shape(b'{"a\\nb\\t":1}').count("\n") == 2


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200), st.integers(0, 3) | st.integers(2**18, 2**40))
def test_no_bytes_are_too_strange(before, after, more):
    shapes = shape(before), shape(after), shape(after, len(after) + more)
    assert shape_difference(shapes[0], shapes[0]) == ""
    for one in shapes:
        for other in shapes:
            assert isinstance(shape_difference(one, other), str)
    assert isinstance(value_change(before, after), str)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(_json, _json)
def test_json_of_any_structure(one, other):
    before, after = (msgspec.json.encode(each) for each in (one, other))
    assert difference(before, before) == ""
    assert isinstance(difference(before, after), str)
    assert isinstance(value_change(before, after), str)
    assert value_change(before, before) == ""


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from("abc"), st.integers(), max_size=3), st.randoms())
def test_order_and_values_are_no_shape(members, random):
    keys = list(members)
    random.shuffle(keys)
    other = {key: members[key] + 1 for key in keys}
    assert shape(json.dumps(members).encode()) == shape(json.dumps(other).encode())


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b"0.2", b"0.3", "+0.1"),
        ("21.5 °C".encode(), "21 °C".encode(), "−0.5 °C"),
        (b"5", b"5.0", ""),
        (b"5 V", b"6 mV", ""),
        (b"9007199254740993", b"9007199254740992", "−1"),
        (
            b'{"a":1,"ok":true,"s":"x"}',
            b'{"a":1.5,"ok":false,"s":"y"}',
            "a +0.5, ok: true → false, s: “x” → “y”",
        ),
        (b"[1,2]", b"[1,2,3]", "+1 element"),
        (b'{"a":true}', b'{"a":1}', "a: true → 1"),
        (b"x", b"y", ""),
    ],
)
def test_changes_in_words(before, after, words):
    assert value_change(before, after) == words


def test_differences_of_large_numbers_stay_short():
    assert number_change(b"1e308", b"-1e308") == "−2.000000e+308"
    assert len(number_change(b"1", b"9" * 60)) < 20
