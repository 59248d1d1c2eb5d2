# SPDX-License-Identifier: MIT
from mqtt_explorer.payload.api import Decoded, DecodeError, no_spans


def test_a_page_that_shows_everything_has_no_note():
    page = Decoded("text", "Text", "abc", 3, 3)
    assert page.complete
    assert page.note is None
    assert page.spans is no_spans


def test_a_page_that_shows_a_part_says_how_much():
    page = Decoded("text", "Text", "abc", 3, 4_000_000)
    assert not page.complete
    assert page.note == "Showing the first 3 of 4,000,000 bytes."


def test_a_decode_error_has_a_headline():
    assert DecodeError("Because.").title == "Not this format"
