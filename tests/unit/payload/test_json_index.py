# SPDX-License-Identifier: MIT
import json

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload import json_index
from mqtt_explorer.payload.json_index import DEEPEST_INDENT, JsonLines, build_index, line_spans

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\r\n\t", " :\n ")])


def pretty(raw: bytes, stop: int | None = None) -> list[str]:
    lines = JsonLines(raw, build_index(raw, stop))
    return [lines.text(number) for number in range(len(lines))]


@settings(max_examples=200)
@given(VALUES, SEPARATORS, st.booleans())
@example([[], {}, [{}], {"a": []}], (",", ":"), True)
@example([",]", '"', "\\", {"a,": "b]"}], (" ,\r\n\t", " :\n "), True)
def test_the_layout_is_that_of_msgspec(value, separators, ascii_only):
    raw = json.dumps(value, separators=separators, ensure_ascii=ascii_only).encode(errors="replace")
    assert "\n".join(pretty(raw)) == msgspec.json.format(raw, indent=2).decode()
    lines = JsonLines(raw, build_index(raw))
    assert max(map(lines.length, range(len(lines)))) <= lines.longest


@given(VALUES, st.integers(1, 300))
def test_the_beginning_alone_has_the_same_lines(value, stop):
    raw = json.dumps([value, value, "end"], ensure_ascii=False).encode(errors="replace")
    whole, part = pretty(raw), pretty(raw, stop)
    assert len(part) <= len(whole)
    if stop < len(raw) and len(part) > 1:
        assert part == whole[: len(part)]


@given(st.binary(max_size=200) | st.text('[]{}:,"\\ \n01é', max_size=40).map(str.encode))
def test_anything_has_lines_and_no_exception(raw):
    index = build_index(raw)
    lines = JsonLines(raw, index)
    assert len(lines) >= 1
    for number in range(len(lines)):
        assert len(lines.text(number)) <= lines.longest + 2
        row = index.row(raw, number)
        assert 0 <= row.value.start <= row.value.stop <= len(raw)
        assert not index.is_open(number) or number < index.closes[number] <= len(index)


@settings(max_examples=200)
@given(
    st.text('[]{}:,"\\ \n1', max_size=40).map(str.encode)
    | VALUES.map(lambda value: json.dumps([value, value]).encode()),
    st.integers(1, 30),
    st.none() | st.integers(1, 30),
)
@example(b'[{"a":[1,{},"x,]"]},[],]  ]', 1, None)
@example(b"[ [ ] , ] ]", 2, 5)
def test_steps_of_any_size_give_the_same(raw, step, stop):
    expected = build_index(raw, stop)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_index, "_STEP", step)
        assert build_index(raw, stop) == expected


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b"[1,]", ["[", "  1,", "]"]),
        (b"]1,2", ["],", "2"]),
        (b"[{} , [\n] ,3", ["[", "  {},", "  [],", "  3"]),
        (b"[[],", ["[", "  [],"]),
        (b'["a,]', ["[", '  "a,]']),
    ],
    ids=range(5),
)
def test_what_is_no_json_has_lines_all_the_same(raw, lines):
    assert pretty(raw) == lines


def test_tokens_stay_as_they_are_written():
    raw = b'{"a":1.50,"b":1e5,"n":12345678901234567890123456789012345678901234567890}'
    assert pretty(raw)[1:4] == [
        '  "a": 1.50,',
        '  "b": 1e5,',
        '  "n": 12345678901234567890123456789012345678901234567890',
    ]


def test_rows_and_children():
    raw = b'{"a": 1, "b": [true, {"c": "x"}, []], "d": {}}'
    index = build_index(raw)
    rows = [index.row(raw, number) for number in range(len(index))]
    assert [raw[row.key] for row in rows][1] == b'"a"'
    assert [row.kind for row in rows] == [
        "open", "number", "open", "literal", "open", "string", "close", "empty", "close", "empty", "close",
    ]  # fmt: skip
    assert [raw[index.row(raw, line).key] for line in index.children(0)] == [b'"a"', b'"b"', b'"d"']
    assert len(index.children(2)) == 3


def test_nesting_costs_a_line_a_level():
    raw = b"[" * 100_000 + b"]" * 100_000
    index = build_index(raw)
    assert len(index) == 199_999
    assert index.depths[99_998] == 99_998
    assert JsonLines(raw, index).text(99_998).startswith(" " * 2 * DEEPEST_INDENT + "[")


def test_a_line_of_megabytes_is_read_in_windows():
    raw = json.dumps({"k": "x" * 5_000_000 + "end"}).encode()
    lines = JsonLines(raw, build_index(raw))
    assert lines.text(1, 5_000_008, 5_000_013) == 'end"'
    assert [span.kind for span in lines.spans(1, 4_000_000, lines.text(1, 4_000_000, 4_000_010))] == [
        "string"
    ]


def test_progress_is_told():
    raw = b"[" + b"1," * 300_000 + b"1]"
    told: list[float] = []
    build_index(raw, progress=told.append)
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] <= 1


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('  "a": 1.50,', [("key", '"a"'), ("number", "1.50")]),
        ('"a \\" :": null', [("key", '"a \\" :"'), ("literal", "null")]),
        ("12: h'00ff'", [("key", "12"), ("literal", "h'00ff'")]),
        ('["true",', [("string", '"true"')]),
    ],
)
def test_colours(line, expected):
    assert [(span.kind, line[span.start :][: span.length]) for span in line_spans(line)] == expected
