# SPDX-License-Identifier: MIT
"""Values as notation: JSON as far as it goes, words for the rest."""

from __future__ import annotations

import json
import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.json_index import JsonLines, build_index
from mqtt_explorer.payload.notation import Pairs, Tagged, Word, write_notation

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)

CASES = (
    ({}, "{}"),
    ([], "[]"),
    ((1, 2), "[1,2]"),
    ({"a": [1, {"b": None}], "c": True}, '{"a":[1,{"b":null}],"c":true}'),
    (b"\x00\xff", "h'00ff'"),
    (bytearray(b"\x01"), "h'01'"),
    (math.nan, "NaN"),
    (math.inf, "Infinity"),
    (-math.inf, "-Infinity"),
    (0.1, "0.1"),
    (2**80, str(2**80)),
    (Word("undefined"), "undefined"),
    ({Word("x"): Word("y")}, "{x:y}"),
    ({1: 2, -3: 4, None: 5, b"k": 6, 1.5: 7}, "{1:2,-3:4,null:5,h'6b':6,1.5:7}"),
    (Tagged("tag(0)", "2013"), '{tag(0):"2013"}'),
    ([Tagged("a", Tagged("b", [1])), 2], "[{a:{b:[1]}},2]"),
    (Pairs([("a", 1), ("a", 2)]), '{"a":1,"a":2}'),
    (Pairs([([1, "x"], 2)]), '{"key [1,\\"x\\"]":2}'),
    (Pairs([(Pairs([([1], 2)]), 3)]), '{"key {\\"key …\\":2}":3}'),
    ("\ud800x", '"?x"'),
    ('"\\\n\x00', '"\\"\\\\\\n\\u0000"'),
    ({"\ud800": 1}, '{"?":1}'),
    (object, "\"<class 'object'>\""),
)


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_values_are_written(case: tuple[object, str]) -> None:
    value, text = case
    assert write_notation(value).decode() == text


@settings(max_examples=80, deadline=None)
@given(JSON)
def test_what_json_can_say_is_json(value: object) -> None:
    assert json.loads(write_notation(value)) == value


@settings(max_examples=60, deadline=None)
@given(JSON)
def test_the_index_indents_it_like_json(value: object) -> None:
    source = write_notation(value)
    lines = JsonLines(source, build_index(source))
    text = "\n".join(lines.text(number) for number in range(len(lines)))
    assert text == msgspec.json.format(source.decode(), indent=2)


def test_nesting_has_no_limit() -> None:
    value: object = 1
    for _ in range(20_000):
        value = [value]
    assert write_notation(value) == b"[" * 20_000 + b"1" + b"]" * 20_000


def test_keys_in_keys_do_not_double() -> None:
    value: object = Pairs([('"', 1)])
    for _ in range(200):
        value = Pairs([(value, 1)])
    assert len(write_notation(value)) < 200


def test_a_number_of_very_many_digits_is_written_in_hex() -> None:
    assert write_notation(-(16**5000)) == b"-0x1" + b"0" * 5000
