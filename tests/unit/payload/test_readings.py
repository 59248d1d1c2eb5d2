# SPDX-License-Identifier: MIT
from __future__ import annotations

import math
import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.readings import NOTHING, readings, shortest

SAMPLE = bytes.fromhex("6B044C048D04B504")


def shown(data, offset=0, **how):
    return {each.name: each.text for each in readings(data, offset, **how)}


def test_a_sample_both_ways():
    little = shown(SAMPLE, selected=8)
    assert little["int8"] == little["uint8"] == "107"
    assert little["uint16"] == "1,131"
    assert little["uint32"] == "72,090,731"
    assert little["uint64"] == "339,182,350,645,331,051"
    assert little["float32"] == "2.3982113e-36"
    assert little["uint16 × 4"] == "1,131 1,100 1,165 1,205"
    assert little["Unix u32"] == "1972-04-14 09:12:11Z"
    assert little["UTF-8"] == "k  U+006B"
    assert little["bits"] == "0110 1011"
    big = shown(SAMPLE, little=False)
    assert big["uint16"] == "27,396"
    assert big["int32"] == f"{0x6B044C04:,}"
    assert "uint16 × 4" not in big


def test_what_is_copied_has_no_separators():
    by_name = {each.name: each for each in readings(SAMPLE, 0)}
    assert by_name["uint32"].plain == "72090731"
    assert by_name["uint32"].note == "0x044C046B"
    assert by_name["bits"].plain == "01101011"


def test_negative_numbers():
    found = {each.name: each for each in readings(b"\xff\xfe" + bytes(6), 0)}
    assert found["int8"].text == "-1"
    assert found["int16"].text == "-257"
    assert found["int16"].note == "0xFEFF"


def test_values_that_do_not_fit_are_nothing():
    found = shown(b"\x01\x02\x03", 1)
    assert found["uint16"] == "770"
    for name in ("uint32", "int64", "float32", "float64", "Unix u32", "Unix ms", "FILETIME"):
        assert found[name] == NOTHING
    assert set(shown(b"", 0).values()) == {NOTHING}


@pytest.mark.parametrize(
    ("code", "value", "name", "text"),
    [
        ("I", 1_795_183_347, "Unix u32", "2026-11-20 14:02:27Z"),
        ("q", 1_795_183_347, "Unix i64", "2026-11-20 14:02:27Z"),
        ("q", 1_795_183_347_904, "Unix ms", "2026-11-20 14:02:27.904Z"),
        ("q", -1, "Unix ms", "1969-12-31 23:59:59.999Z"),
        ("q", 253_402_300_799, "Unix i64", "9999-12-31 23:59:59Z"),
        ("q", 253_402_300_800, "Unix i64", NOTHING),
        ("q", -62_135_596_800, "Unix i64", "0001-01-01 00:00:00Z"),
        ("q", -62_135_596_801, "Unix i64", NOTHING),
        ("q", -(1 << 63), "Unix ms", NOTHING),
        ("Q", 134_396_569_470_000_001, "FILETIME", None),
        ("Q", 0, "FILETIME", "1601-01-01 00:00:00.0000000Z"),
        ("Q", (1 << 64) - 1, "FILETIME", NOTHING),
    ],
)
def test_times(code, value, name, text):
    if text is None:
        moment = datetime.fromtimestamp(value // 10_000_000 - 11_644_473_600, UTC)
        text = f"{moment:%Y-%m-%d %H:%M:%S}.{value % 10_000_000:07}Z"
    assert shown(struct.pack(f"<{code}", value) + bytes(4))[name] == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"k", "k  U+006B"),
        ("€".encode(), "€  U+20AC"),
        ("😀".encode(), "😀  U+1F600"),
        (b"\x04", "U+0004"),
        ("\u202e".encode(), "U+202E"),
        ("\u0301".encode(), "U+0301"),
        (b" ", "U+0020"),
        (b"\x80", NOTHING),
        (b"\xc3", NOTHING),
        (b"\xed\xa0\x80", NOTHING),
        (b"\xff\xff\xff\xff", NOTHING),
    ],
)
def test_characters(data, text):
    assert shown(data)["UTF-8"] == text


@pytest.mark.parametrize("code", ["e", "f", "d"])
@given(st.binary(min_size=8, max_size=8))
@settings(max_examples=200)
def test_floats_read_back_and_nothing_shorter_does(code, data):
    value = struct.unpack_from(code, data)[0]
    text = shortest(value, code)
    if math.isnan(value):
        assert text == "NaN"
        return
    assert struct.pack(code, float(text)) == struct.pack(code, value)
    digits = text.lstrip("-0.").split("e")[0].replace(".", "").strip("0")
    if math.isfinite(value) and not value.is_integer() and len(digits) > 1:
        shorter = float(f"{value:.{len(digits) - 1}g}")
        assert shorter != float(text)
        try:
            assert struct.pack(code, shorter) != struct.pack(code, value)
        except OverflowError:
            pass  # rounded up beyond the largest


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (0.1, "e", "0.1"),
        (0.1, "f", "0.1"),
        (65504.0, "e", "65504.0"),
        (3.4028234663852886e38, "f", "3.4028235e+38"),
        (math.inf, "f", "Infinity"),
        (-math.inf, "d", "-Infinity"),
        (-0.0, "f", "-0.0"),
        (5e-324, "d", "5e-324"),
        (16777217.0, "d", "16777217.0"),
    ],
    ids=["half", "single", "half-max", "single-max", "inf", "minus-inf", "minus-zero", "least", "whole"],
)
def test_spelling_of_floats(value, code, text):
    assert shortest(struct.unpack(code, struct.pack(code, value))[0], code) == text


@given(st.binary(max_size=24), st.integers(0, 24), st.booleans(), st.integers(0, 12))
@settings(max_examples=200)
def test_any_bytes_have_readings(data, offset, little, selected):
    rows = readings(data, offset, little=little, selected=selected)
    names = [each.name for each in rows]
    assert names[:17] == [each.name for each in readings(b"", 0)]
    assert len(set(names)) == len(names)
    order = "little" if little else "big"
    for each in rows[:8]:
        bits = int(each.name.removeprefix("u").removeprefix("int"))
        part = data[offset : offset + bits // 8]
        if len(part) < bits // 8:
            assert each.text == NOTHING
        else:
            assert int(each.plain) == int.from_bytes(part, order, signed=each.name.startswith("int"))
