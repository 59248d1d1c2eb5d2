# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload import byte_find
from mqtt_explorer.payload.byte_find import (
    NEEDLE_LIMIT,
    ByteSearch,
    FindError,
    Needle,
    OffsetError,
    guess_reading,
    read_needle,
    read_offset,
)


@pytest.mark.parametrize(
    ("text", "data", "reading"),
    [
        ("hello", b"hello", "text"),
        ("6B 04", b"\x6b\x04", "bytes"),
        (" 6b 04 ", b"\x6b\x04", "bytes"),
        ("6b:04-ff", b"\x6b\x04\xff", "bytes"),
        ("0x6B04", b"\x6b\x04", "bytes"),
        ("0x6B 0x04", b"\x6b\x04", "bytes"),
        ("\\x00\\xff", b"\x00\xff", "bytes"),
        ("6B04", b"6B04", "text"),
        ("42", b"42", "text"),
        ("6B 4", b"6B 4", "text"),
        ("dead beef", b"dead beef", "text"),
        ('"6B 04"', b"6B 04", "text"),
        ('"', b'"', "text"),
        ("grün€", "grün€".encode(), "text"),
    ],
)
def test_text_and_bytes_are_told_apart(text, data, reading):
    assert guess_reading(text) == reading
    assert read_needle(text) == Needle(data, reading)


@pytest.mark.parametrize(
    ("text", "data"), [("6B04", b"\x6b\x04"), ("dead beef", b"\xde\xad\xbe\xef"), ("42", b"\x42")]
)
def test_what_reads_as_text_can_be_bytes(text, data):
    assert read_needle(text, "bytes") == Needle(data, "bytes")


@pytest.mark.parametrize(
    ("text", "reading", "words"),
    [
        ("", None, "nothing to look for"),
        ("0x", "bytes", "nothing|digit"),
        ("6B 0G", "bytes", "“G” is no hexadecimal digit"),
        ("6B 4", "bytes", "half a byte: write 04"),
        ("6B0", "bytes", "odd number"),
        ("hello", "bytes", "no hexadecimal digit"),
        ("x" * (NEEDLE_LIMIT + 1), None, "too many"),
    ],
    ids=["empty", "prefix", "digit", "half", "odd", "word", "long"],
)
def test_what_cannot_be_looked_for_is_told(text, reading, words):
    with pytest.raises(FindError, match=words):
        read_needle(text, reading)


@given(st.text(max_size=60), st.sampled_from([None, "text", "bytes"]))
@settings(max_examples=200)
def test_any_text_is_a_needle_or_an_error(text, reading):
    try:
        needle = read_needle(text, reading)
    except FindError:
        return
    assert needle.data


@given(
    st.text("ab", max_size=60).map(str.encode),
    st.text("ab", min_size=1, max_size=4).map(str.encode),
    st.integers(0, 70),
    st.booleans(),
    st.integers(1, 9),
)
@settings(max_examples=200, deadline=None)
def test_a_search_goes_round(data, needle, start, forward, chunk):
    places = [at for at in range(len(data)) if data.startswith(needle, at)]
    before, after = [at for at in places if at < start], [at for at in places if at >= start]
    order = after + before if forward else before[::-1] + after[::-1]
    usual, byte_find._CHUNK = byte_find._CHUNK, chunk
    try:
        search = ByteSearch(data, needle, start, forward=forward)
        while not search.step(0.0):
            assert 0.0 <= search.progress <= 1.0
    finally:
        byte_find._CHUNK = usual
    assert search.found == (order[0] if order else None)
    if order:
        assert search.wrapped == (search.found in (before if forward else after))


def test_a_search_in_64_mb_is_made_of_slices():
    data = bytes(64 << 20)
    search = ByteSearch(data, b"\0" * 7 + b"x", 1 << 20)
    slices = 1
    while not search.step(0.002):
        slices += 1
    assert search.found is None
    assert search.wrapped
    assert slices > 1


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("1000", 0x1000),
        ("0x1000", 0x1000),
        ("1000h", 0x1000),
        ("0000_1000", 0x1000),
        ("4096d", 4096),
        ("4096 dec", 4096),
        ("4,096", 4096),
        ("10d", 10),
        ("0x10d", 0x10D),
        ("dd", 0xDD),
        ("+20", 0x120),
        ("-20", 0xE0),
        ("+ 32d", 0x120),
        (" fff ", 0xFFF),
        ("0", 0),
    ],
)
def test_offsets_as_people_type_them(text, offset):
    assert read_offset(text, 0x100, 0x2000, 0x2000) == offset


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Type an offset"),
        ("+", "Type an offset"),
        ("xyz", "no offset"),
        ("12.5", "no offset"),
        ("-200", "before the first byte"),
        ("2000", "sent but not kept; the last one kept is 00001FFF"),
        ("4000", "behind the last byte, 00001FFF"),
        ("9" * 60, "behind the last byte"),
    ],
)
def test_what_is_no_offset_is_told(text, words):
    with pytest.raises(OffsetError, match=words):
        read_offset(text, 0x100, 0x2000, 0x4000)


def test_there_is_no_offset_where_there_are_no_bytes():
    with pytest.raises(OffsetError, match="no bytes"):
        read_offset("0", 0, 0, 0)


@given(st.text(max_size=30), st.integers(0, 100), st.integers(0, 100))
@settings(max_examples=200)
def test_any_text_is_an_offset_or_an_error(text, here, kept):
    try:
        offset = read_offset(text, here, kept, kept + 5)
    except OffsetError:
        return
    assert 0 <= offset < kept
