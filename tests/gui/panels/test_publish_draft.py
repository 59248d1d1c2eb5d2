# SPDX-License-Identifier: MIT
from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.panels.publish.draft import (
    CHECK_LIMIT,
    Format,
    encode,
    hex_problem,
    hex_text,
    json_problem,
    plain_text,
)
from mqtt_explorer.protocol.requests import RequestError


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ('{\n  "seconds": 30\n  "by": "me"\n}', 3, 'comma or a closing bracket is missing before "by"'),
        ('{"a" 1}', 1, "colon is missing before 1"),
        ('{"a": 1,\n}', 1, "one too many"),
        ('{"a": 1,}', 1, "the comma before } is one too many"),
        ("[1,\n\n]", 1, "the comma before ] is one too many"),
        ("{a: 1}", 1, "double quotes"),
        ('{"a": [1, 2}', 1, "closing bracket is missing before }"),
        ('{"a": 1', 1, "ends before the JSON does"),
        ('[1,\n2,\n"abc', 3, "not closed"),
        ('["a\nb"]', 1, "must be written \\n"),
        ('["\\x"]', 1, "backslash"),
        ("[1]\n\n[2]", 3, "has ended before ["),
        ("hello", 1, "hello is no JSON value"),
        ("[1,\nNaN]", 2, "NaN is no JSON number"),
        ("[" * 200_000, 1, ""),
    ],
)
def test_json_problems_name_the_line_and_the_cause(text, line, part):
    problem = json_problem(text)
    assert problem is not None
    if part != "":
        assert problem.line == line
    assert part in problem.sentence


@pytest.mark.parametrize(
    "text", ["", "  \n", "1", "1.50", '{"a": [1, null, true]}', "9" * 10_000, '"\\u00e9"']
)
def test_json_without_a_problem(text):
    assert json_problem(text) is None


def test_the_longest_json_that_is_checked_takes_little_time():
    text = '{"a":1234.5,"b":"x"},' * (CHECK_LIMIT // 21 - 1)
    start = time.perf_counter()
    assert json_problem(f"[{text}1]") is None
    took = time.perf_counter() - start
    print(f"{len(text):,} characters of JSON: {took * 1e3:.1f} ms")
    assert took < 0.1  # 10 ms on a quiet machine
    assert json_problem("{" * (CHECK_LIMIT + 1)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", b""),
        ("00ff", b"\x00\xff"),
        ("DE AD\nbe ef\t01", b"\xde\xad\xbe\xef\x01"),
        ("0x01, 0x02:03;04", b"\x01\x02\x03\x04"),
    ],
)
def test_hex_as_people_write_it(text, expected):
    assert hex_problem(text) is None
    assert encode(text, Format.HEX) == expected


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [("01\n0g", 2, "“g”"), ("01 2 03", 1, "“2”"), ("1\n2", 1, "odd"), ("0x", 1, ""), ("ä", 1, "“ä”")],
)
def test_what_is_no_hex_is_named(text, line, part):
    problem = hex_problem(text)
    if text == "0x":  # a prefix without digits is no byte and no fault
        assert problem is None
        return
    assert problem is not None
    assert problem.line == line
    assert part in problem.sentence
    with pytest.raises(RequestError) as caught:
        encode(text, Format.HEX)
    assert caught.value.field == "payload"


def test_a_half_surrogate_pair_is_an_error_at_the_payload():
    with pytest.raises(RequestError) as caught:
        encode("ab\ud800", Format.TEXT)
    assert caught.value.field == "payload"
    assert "Character 3" in caught.value.message


@given(st.binary(max_size=200))
def test_hex_text_gives_back_every_byte(payload):
    assert encode(hex_text(payload), Format.HEX) == payload


@given(st.binary(max_size=50) | st.text(max_size=50).map(lambda text: text.encode(errors="replace")))
def test_text_is_offered_only_where_it_gives_back_every_byte(payload):
    text = plain_text(payload)
    if text is not None:
        assert encode(text, Format.TEXT) == payload
    if payload.isascii() and payload.decode().isprintable():
        assert text is not None
