# SPDX-License-Identifier: MIT
import pytest

from mqtt_explorer.payload.api import DecodeError
from mqtt_explorer.payload.text import TextDecoder, decode_head

DECODE = TextDecoder().decode


def test_text_is_shown_as_it_is():
    raw = "a\r\nb\u2028c\t\x1b°😀".encode()
    page = DECODE(raw)
    assert page.text.encode() == raw
    assert page.complete
    assert page.note is None
    assert page.spans("{1}") == []
    assert DECODE(b"").text == ""


@pytest.mark.parametrize(
    ("raw", "position"),
    [(b"ab\xff", 2), (b"\xc0\x80", 0), (b"a\xed\xa0\x80", 1), (b"abc\xe2\x82", 3), (b"\xf5\x80\x80\x80", 0)],
)
def test_one_byte_that_is_not_utf8_is_an_error_that_names_it(raw, position):
    with pytest.raises(DecodeError) as caught:
        DECODE(raw)
    assert f"Byte {position} (0x{raw[position]:02x})" in caught.value.message


def test_a_page_ends_at_a_line_end_and_says_what_it_shows():
    raw = b"line of text\n" * 100
    page = DECODE(raw, 100)
    assert page.text == "line of text\n" * 7
    assert (page.shown, page.total) == (91, 1_300)
    assert page.note == "Showing the first 91 of 1,300 bytes."


def test_a_line_longer_than_a_page_is_cut_within():
    page = DECODE(b"a\n" + b"x" * 1_000, 100)
    assert page.text == "a\n" + "x" * 98
    assert page.shown == 100


@pytest.mark.parametrize("limit", range(1, 9))
def test_a_page_never_splits_a_character(limit):
    raw = "€😀é".encode()
    page = DECODE(raw, limit)
    assert raw.startswith(page.text.encode())
    assert page.shown == len(page.text.encode()) > limit - 4
    assert page.shown <= limit


def test_a_cut_payload_may_end_within_a_character():
    assert decode_head(b"abc\xe2\x82", 10, cut=True) == ("abc", 3)
    with pytest.raises(DecodeError):
        decode_head(b"abc\xe2x", 10, cut=True)


def test_bytes_behind_the_page_are_not_read():
    assert DECODE(b"x" * 100 + b"\xff", 100).shown == 100
