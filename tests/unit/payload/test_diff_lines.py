# SPDX-License-Identifier: MIT
from __future__ import annotations

import pickle
import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.diff_lines import LineRows, TextSide, compare_lines, line_end_note
from mqtt_explorer.payload.diff_rows import CHANGED, GONE, NEW, NONE, SAME
from mqtt_explorer.payload.json_index import build_index
from mqtt_explorer.payload.text_lines import find_lines


def side(text: bytes) -> TextSide:
    return TextSide(text, find_lines(text))


def compare(a: bytes, b: bytes) -> LineRows:
    return compare_lines(side(a), side(b))


def shown(rows: LineRows) -> list[str]:
    lines = []
    for number in range(len(rows)):
        row = rows.row(number)
        cells = [each.text if each is not None else "" for each in (row.a, row.b)]
        lines.append("|".join((" ~+-"[row.sign], row.key, *cells, row.change)))
    return lines


def test_lines_are_aligned():
    rows = compare(b"one\ntwo\nthree\nfour\n", b"one\n2\nthree\nnew\nfour")
    assert shown(rows) == [
        " |1|one|one|",
        "~|2|two|2|changed",
        " |3|three|three|",
        "+|4||new|new",
        " |4 → 5|four|four|",
    ]
    assert rows.counts == (1, 1, 0, 3)
    assert shown(rows.swapped())[3] == "-|4|new||gone"


def test_the_change_within_a_line_is_marked():
    row = compare("temp=21.6 °C ok".encode(), "temp=21.75 °C ok".encode()).row(0)
    assert row.a is not None
    assert row.b is not None
    assert [row.a.text[s : s + n] for s, n in row.a.marks] == ["6"]
    assert [row.b.text[s : s + n] for s, n in row.b.marks] == ["75"]
    row = compare("é".encode(), "è".encode()).row(0)  # one byte of two differs
    assert row.a is not None
    assert [row.a.text[s : s + n] for s, n in row.a.marks] == ["é"]


def test_a_structure_is_compared_as_it_is_indented():
    sides = [
        TextSide(text, index=build_index(text))
        for text in (b'{"a":1,"b":[ ]}', b'{ "a" : 1, "b":[], "c": {"d": 2}}')
    ]
    assert shown(compare_lines(*sides)) == [
        " |1|{|{|",
        ' |2|  "a": 1|  "a": 1|',
        ' |3|  "b": []|  "b": []|',
        '+|4||  "c": {|new',
        '+|5||    "d": 2|new',
        "+|6||  }|new",
        " |4 → 7|}|}|",
    ]


def test_line_ends_are_no_part_of_a_line_and_told():
    a, b = b"one\r\ntwo\r\n", b"one\ntwo\n"
    assert compare(a, b).counts == (0, 0, 0, 2)
    assert line_end_note(a, b) == "Lines end with CR LF in the older one and with LF in the newer one."
    assert line_end_note(b"x\n", b"x") == "The last line of the newer one has no line end."
    assert line_end_note(b"x", b"y") == line_end_note(b"", b"x\n") == ""


TEXTS = st.text("ab\n\ré", max_size=40).map(str.encode)


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS)
def test_rows_hold_all_lines_of_both(a, b):
    one, other = side(a), side(b)
    rows = compare_lines(one, other)
    for lines, whole, missing in ((rows.lines_a, one, NEW), (rows.lines_b, other, GONE)):
        assert [each for each in lines if each != NONE] == list(range(len(whole)))
        assert [each == NONE for each in lines] == [sign == missing for sign in rows.signs]
    for row, sign in enumerate(rows.signs):
        if sign in (SAME, CHANGED):
            assert (rows.value(row, "a") == rows.value(row, "b")) is (sign == SAME)
        rows.row(row)
    assert [rows.change(n) for n in range(rows.changes)] == [n for n, sign in enumerate(rows.signs) if sign]
    assert sum(rows.counts) == len(rows)


def test_200_000_lines_with_a_few_changes():
    lines = [f"{n:08d} some text that is rather like the others" for n in range(200_000)]
    a = "\n".join(lines).encode()
    lines[500] = "changed"
    del lines[100_000:100_010]
    lines.insert(150_000, "new")
    b = "\n".join(lines).encode()
    one, other = side(a), side(b)
    start = time.process_time()
    rows = compare_lines(one, other)
    assert time.process_time() - start < 2
    assert rows.counts == (1, 1, 10, 199_989)
    start = time.process_time()
    again = pickle.loads(pickle.dumps(rows))
    assert time.process_time() - start < 0.2
    assert again.row(500) == rows.row(500)


def test_many_equal_lines_end_and_say_so():
    made = random.Random(2)
    a, b = (b"\n".join(made.choice((b"x", b"y", b"")) for _ in range(100_000)) for _ in range(2))
    start = time.process_time()
    rows = compare(a, b)
    assert time.process_time() - start < 5
    assert rows.gave_up


def test_one_line_of_megabytes_is_shown_around_its_change():
    a = b"x" * 5_000_000
    b = a[:4_000_000] + b"y" + a[4_000_001:]
    rows = compare(a, b)
    assert rows.counts == (1, 0, 0, 0)
    start = time.process_time()
    row = rows.row(0)
    assert time.process_time() - start < 0.1
    assert row.b is not None
    (begin, length), *_ = row.b.marks
    assert row.b.text[begin : begin + length] == "y"
    assert len(row.b.text) < 600
