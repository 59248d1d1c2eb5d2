# SPDX-License-Identifier: MIT
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.payload.api import NO_CONTEXT
from mqtt_explorer.payload.hex_format import HexDecoder, HexLines, HexRow, HexRows


def test_rows():
    rows = HexRows(b"Hello, world!\x00\xff\x7f~")
    assert len(rows) == 2
    assert rows.row(0) == HexRow(0, "48 65 6C 6C 6F 2C 20 77 6F 72 6C 64 21 00 FF 7F", "Hello, world!...")
    assert rows.row(1) == HexRow(16, "7E", "~")
    assert rows.line(0) == "00000000  48 65 6C 6C 6F 2C 20 77 6F 72 6C 64 21 00 FF 7F  Hello, world!..."
    assert rows.line(1).index("~") == rows.line(0).index("Hello")


@pytest.mark.parametrize("index", [-1, 2, 1_000])
def test_there_is_no_row_outside(index):
    with pytest.raises(IndexError):
        HexRows(bytes(32)).row(index)


def test_empty():
    assert len(HexRows(b"")) == 0
    assert len(HexLines(HexDecoder().decode(b"", "", NO_CONTEXT).source)) == 0


@given(st.binary(max_size=200), st.integers(1, 40))
def test_rows_hold_every_byte_once(payload, width):
    rows = HexRows(payload, width)
    parts = [rows.row(index) for index in range(len(rows))]
    assert b"".join(bytes.fromhex(part.hex) for part in parts) == payload
    assert [part.offset for part in parts] == list(range(0, len(payload), width))
    assert sum(len(part.ascii) for part in parts) == len(payload)


def test_a_page_of_a_giant_costs_no_more_than_a_page():
    payload = bytes(64 * 1024 * 1024)
    start = time.perf_counter()
    rows = HexRows(payload)
    last = rows.row(len(rows) - 1)
    lines = HexLines(HexDecoder().decode(payload, "", NO_CONTEXT).source)
    assert lines.text(len(lines) - 1) == rows.line(len(rows) - 1)
    assert time.perf_counter() - start < 0.05
    assert last.offset == len(payload) - 16


@given(st.binary(min_size=1, max_size=500), st.integers(0, 80), st.integers(0, 80))
def test_lines_hold_every_byte_and_colour_the_characters(payload, start, length):
    lines = HexLines(payload)
    digits = "".join(lines.text(number, 10, 57) for number in range(len(lines)))
    assert bytes.fromhex(digits) == payload
    part = lines.text(0, start, start + length)
    coloured = "".join(part[span.start :][: span.length] for span in lines.spans(0, start, part))
    assert coloured == lines.text(0)[max(start, 59) : start + length]
