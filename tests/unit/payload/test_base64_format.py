# SPDX-License-Identifier: MIT
"""Base64: what it stands for is shown, and what was tolerated is told."""

from __future__ import annotations

import base64
import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload import registry
from mqtt_explorer.payload.api import Context, DecodeError, Document
from mqtt_explorer.payload.base64_format import Base64Decoder

NOTHING = Context()


def decode(payload: bytes, context: Context = NOTHING) -> Document:
    return Base64Decoder().decode(payload, "", context)


@pytest.mark.parametrize(
    ("payload", "label", "inner", "notes"),
    [
        (b"eyJhIjoxfQ==", "Base64 → JSON", b'{"a":1}', ()),
        (b"eyJhIjoxfQ", "Base64 → JSON", b'{"a":1}', ()),
        (b"aGVs\r\nbG8=\n", "Base64 → Text", b"hello", ()),
        (b"a_-_", "Base64 → Hex", b"k\xff\xbf", ()),
        (b"a/+/", "Base64 → Hex", b"k\xff\xbf", ()),
        (b"data:text/plain;charset=utf-8;base64,aGk=", "Base64 → Text", b"hi", ()),
        (b"aGk===", "Base64 → Text", b"hi", ("The padding is wrong: 3 “=” instead of 1.",)),
        (b"aGl=", "Base64 → Text", b"hi", ("The last character has bits that stand for nothing.",)),
    ],
    ids=range(8),
)
def test_it_is_shown_as_what_it_stands_for(
    payload: bytes, label: str, inner: bytes, notes: tuple[str, ...]
) -> None:
    document = decode(payload)
    assert (document.label, document.inner, document.notes) == (label, inner, notes)
    lines = registry.lines_of(document)
    assert lines.text(0)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", "The payload has no Base64 characters."),
        (b"==", "The payload has no Base64 characters."),
        (b"hello!", "Byte 5 (0x21) is no Base64 character."),
        (b"hello", "It has 5 characters: one is missing, or one too many."),
        (b"aGk=aGk=", "Padding (=) at byte 3 stands before the end."),
        (b"\xff\xfe", "Byte 0 (0xff) is no Base64 character."),
    ],
    ids=range(6),
)
def test_what_is_none_says_where(payload: bytes, message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(payload)
    assert caught.value.message == message


def test_packed_data_inside_is_unpacked() -> None:
    document = decode(base64.b64encode(gzip.compress(b"[1,2]")))
    assert (document.label, document.source) == ("Base64 → gzip → JSON", b"[1,2]")


def test_what_only_looks_packed_is_shown_as_bytes() -> None:
    document = decode(base64.b64encode(b"\x1f\x8b\x08 no gzip at all"))
    assert document.label == "Base64 → Hex"
    assert document.notes[0].startswith("The gzip stream breaks at byte ")


def test_a_cut_payload_ends_where_it_was_cut() -> None:
    for length in range(1, 12):
        document = decode(b"eyJhIjoxfQ=="[:length] if length > 1 else b"eyJh", Context(cut=True))
        assert b'{"a":1}'.startswith(document.inner or b"?")
        assert "the end is missing" in document.notes[0]


def test_the_content_type_of_the_wrapping_is_not_that_of_the_inside() -> None:
    assert decode(b"eyJhIjoxfQ==", Context(content_type="application/base64")).label == "Base64 → JSON"


def test_the_first_page_of_a_large_payload() -> None:
    payload = base64.b64encode(b"[" + b"1234567890," * 100_000 + b"1]")
    page = Base64Decoder().first_page(payload, "", NOTHING)
    assert page is not None
    assert (page.label, page.complete, page.notes) == ("Base64 → JSON", False, ())
    assert registry.lines_of(page).text(1) == "  1234567890,"
    assert not Base64Decoder().is_quick(payload, "", NOTHING)


def test_a_small_bomb_is_not_quick() -> None:
    bomb = base64.b64encode(gzip.compress(bytes(10_000_000)))
    assert len(bomb) < 40_000
    assert not Base64Decoder().is_quick(bomb, "", NOTHING)
    assert Base64Decoder().is_quick(b"eyJhIjoxfQ==", "", NOTHING)


def test_the_menu_says_what_cannot_be_base64() -> None:
    assert Base64Decoder().objection(b'{"a":1}', NOTHING) == "not only Base64 characters"
    assert Base64Decoder().objection(b"", NOTHING) == "empty"
    assert Base64Decoder().objection(b"eyJh" * 1000, NOTHING) is None


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=1, max_size=80), st.booleans(), st.booleans())
def test_every_spelling_gives_the_bytes(data: bytes, url_safe: bool, padded: bool) -> None:
    text = base64.urlsafe_b64encode(data) if url_safe else base64.b64encode(data)
    document = decode(text if padded else text.rstrip(b"="))
    if "gzip" not in document.label:
        assert document.inner == data
