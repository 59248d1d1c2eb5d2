# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload import hex_rows
from mqtt_explorer.payload.hex_rows import FOLD_LIMIT, LEAST_ROWS, FoldedRows, Line, ZeroRuns, least_run

stretches = st.lists(
    st.tuples(st.integers(0, 400), st.binary(max_size=20)).map(lambda part: bytes(part[0]) + part[1]),
    max_size=6,
)
payloads = stretches.map(b"".join)


def all_runs(data, least, seconds=1.0):
    finder, runs = ZeroRuns(data, least), []
    while not finder.done:
        runs += finder.step(seconds)
    return runs


def folded(data, width=16):
    rows = FoldedRows(len(data), width)
    rows.add_runs(all_runs(data, least_run(width)))
    return rows


@given(payloads, st.integers(1, 130), st.integers(1, 40), st.sampled_from([0.0, 1.0]))
@settings(max_examples=200, deadline=None)
def test_runs_are_those_that_an_expression_finds(data, least, chunk, seconds):
    before = hex_rows._CHUNK, hex_rows._BLOCK
    hex_rows._CHUNK, hex_rows._BLOCK = chunk, bytes(chunk)
    try:
        found = all_runs(data, least, seconds)
    finally:
        hex_rows._CHUNK, hex_rows._BLOCK = before
    assert found == [match.span() for match in re.finditer(rb"\0{%d,}" % least, data)]


@given(payloads, st.sampled_from([8, 16, 32]))
@settings(max_examples=200, deadline=None)
def test_every_byte_stands_on_one_line_and_only_zeros_are_folded(data, width):
    rows = folded(data, width)
    lines = [rows.at(number) for number in range(len(rows))]
    assert [each.start for each in lines] == [0, *(each.stop for each in lines[:-1])][: len(lines)]
    assert (lines[-1].stop if lines else 0) == len(data)
    zeros = 0
    for number, each in enumerate(lines):
        part = data[each.start : each.stop]
        assert {rows.line_of(offset) for offset in range(each.start, each.stop)} == {number}
        assert each.start % width == 0
        if each.rows:
            assert each.rows >= LEAST_ROWS
            assert -(-len(part) // width) == each.rows
            assert not any(part)
            zeros = 0
        else:
            assert len(part) <= width
            zeros = 0 if any(part) else zeros + 1
            assert zeros < LEAST_ROWS  # else it would have been folded


def test_a_fold_is_opened_by_any_of_its_bytes_and_folding_can_be_switched_off():
    data = b"x" * 16 + bytes(160) + b"y" * 16 + bytes(320)
    rows = folded(data)
    assert [rows.at(n) for n in range(len(rows))] == [
        Line(0, 16),
        Line(16, 176, 10),
        Line(176, 192),
        Line(192, 512, 20),
    ]
    assert rows.folds == 2
    assert not rows.open(3)
    assert rows.open(100)
    assert not rows.open(100)
    assert [rows.line_of(offset) for offset in (16, 176, 300)] == [1, 11, 12]
    rows.restart(len(data), 8)
    rows.add_runs(all_runs(data, least_run(8)))
    assert rows.folds == 1  # also with other rows it stays open
    rows.set_folding(False)
    assert len(rows) == rows.rows == 64
    assert rows.folds == 0
    assert not rows.folding
    rows.set_folding(True)
    assert rows.folds == 2  # and now it is folded again
    rows.open(100)
    rows.close_all()
    assert rows.folds == 2


def test_a_short_last_row_belongs_to_its_fold():
    data = b"x" * 16 + bytes(7 * 16 + 1)
    rows = folded(data)
    assert rows.at(1) == Line(16, len(data), 8)
    assert len(rows) == 2
    assert folded(data[:-1]).folds == folded(data + b"x").folds == 0


def test_without_bytes_there_are_no_lines():
    rows = folded(b"")
    assert len(rows) == 0
    assert rows.line_of(0) == 0
    for line in (-1, 0):
        with pytest.raises(IndexError):
            rows.at(line)


def test_folds_are_bounded():
    data = (bytes(64) + b"x" * 8) * (FOLD_LIMIT + 50)
    rows = folded(data, 8)
    assert rows.folds == FOLD_LIMIT
    assert rows.at(len(rows) - 1).stop == len(data)
    start = time.perf_counter()
    rows.open(0)
    assert time.perf_counter() - start < 0.1


def test_64_mb_are_searched_in_short_slices():
    data = bytes(32 << 20) + b"x" + bytes((32 << 20) - 1)
    finder, runs, longest = ZeroRuns(data, 128), [], 0.0
    while not finder.done:
        start = time.perf_counter()
        runs += finder.step(0.004)
        longest = max(longest, time.perf_counter() - start)
    assert runs == [(0, 32 << 20), ((32 << 20) + 1, 64 << 20)]
    assert longest < 0.05  # 4 ms and what a busy machine adds
