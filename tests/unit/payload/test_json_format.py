# SPDX-License-Identifier: MIT
import json
import time

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mqtt_explorer.payload.api import DecodeError
from mqtt_explorer.payload.json_format import (
    CHECK_LIMIT,
    JsonDecoder,
    line_spans,
    looks_like_json,
    pretty_page,
)

DECODE = JsonDecoder().decode
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=10),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\r\n\t", " :\n ")])


@given(VALUES, SEPARATORS, st.booleans())
@example([[], {}, [{}], {"a": []}], (",", ":"), True)
def test_the_layout_is_that_of_msgspec(value, separators, ascii_only):
    raw = json.dumps(value, separators=separators, ensure_ascii=ascii_only).encode(errors="replace")
    page = DECODE(raw, 1_000_000)
    assert page.text == msgspec.json.format(raw, indent=2).decode()
    assert page.complete
    assert page.problem is None


@given(VALUES, st.integers(1, 200))
def test_a_page_is_the_beginning_of_the_whole_and_says_how_much_it_shows(value, limit):
    raw = json.dumps([value, value, "end"], ensure_ascii=False).encode(errors="replace")
    whole = DECODE(raw, 1_000_000).text
    page = DECODE(raw, limit)
    assert whole.startswith(page.text)
    assert page.complete == (page.text == whole)
    assert len(page.text) < limit + 2 * 40  # an indentation is never cut
    assert page.complete == (page.note is None)


@given(VALUES, st.integers(0, 300), st.integers(1, 300))
def test_a_cut_payload_shows_the_same_beginning(value, end, limit):
    raw = json.dumps([value, value, "end"], ensure_ascii=False).encode(errors="replace")
    page = DECODE(raw[:end], limit, cut=True)
    whole = DECODE(raw, 1_000_000).text
    assert whole.rstrip().startswith(page.text.rstrip()) or page.text.rstrip()[-1] in "[{"
    assert page.problem is not None


@given(st.text('[]{}:,"\\ \n01.e-truefalsn\x01é', max_size=25))
@example("[1,]")
@example('"\\')
@example('"a\\"')
def test_what_the_whole_check_refuses_the_page_check_refuses_too_or_msgspec_formats_alike(text):
    raw = text.encode()
    try:
        expected = msgspec.json.format(raw, indent=2).decode()
    except msgspec.DecodeError:
        with pytest.raises(DecodeError) as caught:
            DECODE(raw)
        assert caught.value.message.endswith(".")
    else:
        assert DECODE(raw).text == expected


@pytest.mark.parametrize(
    "text",
    ["", "[1,]", "[1", "[1 2]", "[1]]", "[1} ", '{"a"}:', "[01]", "[tru]", "[INFO] x", "{a:1}", '["\n"]', "[1] x", "[,1]", "]", ":", "[1:2]", '["a', "[nan]", "[1]\x0b", '"a\\"'],
)  # fmt: skip
def test_the_page_check_alone_refuses(text):
    with pytest.raises(DecodeError):
        pretty_page(text, 1_000)


def test_numbers_are_shown_as_they_are_written():
    raw = b'[1.50, 1E5, -0, 123456789012345678901234567890123456789012345678901, 1e999, "\\u00e9\\/"]'
    lines = [line.strip(" ,") for line in DECODE(raw).text.splitlines()[1:-1]]
    assert lines == [
        "1.50",
        "1E5",
        "-0",
        "123456789012345678901234567890123456789012345678901",
        "1e999",
        '"\\u00e9\\/"',
    ]


def test_invalid_utf8_is_an_error_also_far_behind_the_page():
    with pytest.raises(DecodeError, match="not valid UTF-8"):
        DECODE(b'["' + b"a" * 100_000 + b'\xff"]', 100)


def test_spans_of_a_line():
    line = '  "key": ["a: 1", -1.5e3, true, null],'
    assert [(line[s.start : s.start + s.length], s.kind) for s in line_spans(line)] == [
        ('"key"', "key"), ('"a: 1"', "string"), ("-1.5e3", "number"), ("true", "literal"), ("null", "literal"),
    ]  # fmt: skip
    assert [(s.start, s.length, s.kind) for s in line_spans('"cut off \\')] == [(0, 10, "string")]
    assert line_spans("") == []


@given(VALUES)
def test_spans_of_every_line_cover_every_token(value):
    for line in DECODE(json.dumps(value).encode()).text.splitlines():
        covered = "".join(line[s.start : s.start + s.length] for s in line_spans(line))
        left = line
        for span in reversed(line_spans(line)):
            left = left[: span.start] + left[span.start + span.length :]
        assert set(left) <= set(" []{},:")
        assert len(covered) + len(left) == len(line)


def test_a_large_document_is_not_decoded_but_its_first_page_is_shown():
    raw = (
        b'{"rows":[' + b",".join(b'{"id":%d,"name":"n%d","ok":true}' % (i, i) for i in range(500_000)) + b"]}"
    )
    assert len(raw) > 16_000_000
    best = 1.0
    for _ in range(3):
        start = time.perf_counter()
        page = DECODE(raw)
        best = min(best, time.perf_counter() - start)
    assert best < 0.05
    assert page.text.startswith('{\n  "rows": [\n    {\n      "id": 0,\n      "name": "n0",')
    assert 10_000 < page.shown < 200_000
    assert page.note == f"Showing the first {page.shown:,} of {len(raw):,} bytes."
    assert "not checked" in page.problem


def test_what_is_broken_behind_the_page_of_a_large_document_does_not_matter_and_is_not_hidden():
    page = DECODE(b"[" + b"1," * CHECK_LIMIT + b"oops")
    assert page.text.startswith("[\n  1,\n  1,")
    assert "not checked" in page.problem
    with pytest.raises(DecodeError):
        DECODE(b"[oops" + b"1," * CHECK_LIMIT)


def test_one_giant_string_is_cut():
    raw = b'{"data":"' + b"A" * 5_000_000 + b'"}'
    page = DECODE(raw, 1_000)
    assert page.text == '{\n  "data": "' + "A" * (1_000 - len('{\n  "data": "'))
    assert page.shown == len('{"data":"') + page.text.count("A")


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 900 + b"1," * 400_000 + b"1" + b"]" * 900,  # indented whole it would be 700 MB
        b"[" * 2_000_000,
        b'{"a":' * 300_000,
        b'"' + b'\\"' * 1_000_000 + b'"',
        b" " * 2_000_000 + b"[1]",
        b"[" + b'"\\",' * 500_000,
    ],
)
def test_hostile_documents_are_quick(raw):
    start = time.perf_counter()
    try:
        page = DECODE(raw)
    except DecodeError:
        page = None
    assert time.perf_counter() - start < 0.2
    if page is not None:
        start = time.perf_counter()
        for line in page.text.splitlines():
            line_spans(line)
        assert time.perf_counter() - start < 0.5


def test_nesting_beyond_what_can_be_checked_is_an_error_and_no_crash():
    with pytest.raises(DecodeError, match="nested too deeply"):
        DECODE(b"[" * 100_000 + b"]" * 100_000)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [(b"{", True), (b" \n[1", True), (b"1", False), (b'"a"', False), (b"", False), (b"\x00{", False)],
)
def test_looks_like_json(raw, expected):
    assert looks_like_json(raw) is expected
