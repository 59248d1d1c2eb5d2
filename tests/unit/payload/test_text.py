# SPDX-License-Identifier: MIT
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload import text_lines
from mqtt_explorer.payload.api import FIRST_PAGE, Context, DecodeError
from mqtt_explorer.payload.registry import lines_of
from mqtt_explorer.payload.text import ENCODINGS, TextDecoder, decode_head
from mqtt_explorer.payload.text_lines import TextLines, find_lines

TEXT = TextDecoder()


def lines(document) -> list[str]:
    made = lines_of(document)
    return [made.text(number) for number in range(len(made))]


def test_text_is_shown_as_it_is():
    raw = "a\u2028c\t\x1b°😀".encode()
    document = TEXT.decode(raw, "", Context())
    assert document.source is raw
    assert lines(document) == [raw.decode()]
    assert lines(TEXT.decode(b"", "", Context())) == [""]


@given(st.text("ab\r\n é", max_size=40))
def test_lines_are_those_between_line_ends(text):
    raw = text.encode()
    made = TextLines(raw, find_lines(raw))
    expected = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(expected) > 1 and not expected[-1]:
        expected.pop()
    assert [made.text(number) for number in range(len(made))] == expected
    assert max(map(made.length, range(len(made)))) <= made.longest


def test_windows_of_a_long_line():
    raw = ("é" * 100_000).encode() + b"\nlast"
    made = TextLines(raw, find_lines(raw))
    assert made.text(0, 99_998, 100_005) == "éé"
    assert made.length(0) == 100_000
    assert made.text(1) == "last"


@pytest.mark.parametrize(
    ("raw", "position"),
    [(b"ab\xff", 2), (b"\xc0\x80", 0), (b"a\xed\xa0\x80", 1), (b"abc\xe2\x82", 3), (b"\xf5\x80\x80\x80", 0)],
    ids=range(5),
)
def test_one_byte_that_is_not_utf8_is_an_error_that_names_it(raw, position):
    with pytest.raises(DecodeError) as caught:
        TEXT.decode(raw, "", Context())
    assert f"Byte {position} (0x{raw[position]:02x})" in caught.value.message


@pytest.mark.parametrize("encoding", [name for name, _ in ENCODINGS])
def test_every_encoding_gives_its_text_or_says_which_byte_is_none(encoding):
    text = {
        "shift_jis": "日本",
        "gb18030": "中文",
        "big5": "中文",
        "euc-kr": "한국",
        "koi8-r": "Привет",
        "cp1251": "Привет",
    }.get(encoding, "Gruss" if encoding == "ascii" else "Grüße")
    document = TEXT.decode(text.encode(encoding) + "\nx".encode(encoding), encoding, Context())
    assert lines(document) == [text, "x"]


def test_an_encoding_that_does_not_fit_says_why():
    with pytest.raises(DecodeError, match=r"Byte 1 \(0xff\) is not valid ASCII"):
        TEXT.decode(b"a\xff", "ascii", Context())
    with pytest.raises(DecodeError, match="no text encoding named"):
        TEXT.decode(b"a", "rot13", Context())
    with pytest.raises(DecodeError):
        TEXT.decode(b"a\x00b", "utf-16-le", Context())
    assert lines(TEXT.decode(b"a\x00b", "utf-16-le", Context(cut=True))) == ["a"]


def test_a_cut_payload_may_end_within_a_character():
    assert decode_head(b"abc\xe2\x82", 10, cut=True) == ("abc", 3)
    with pytest.raises(DecodeError):
        decode_head(b"abc\xe2x", 10, cut=True)
    assert lines(TEXT.decode("abc€".encode()[:-1], "", Context(cut=True))) == ["abc"]


def test_the_first_page_is_the_beginning():
    raw = b"line of text\n" * 10_000
    page = TEXT.first_page(raw, "", Context())
    assert not page.complete
    assert FIRST_PAGE - 13 < len(page.source) <= FIRST_PAGE
    assert lines(page)[:-1] == ["line of text"] * (len(lines(page)) - 1)
    wide = TEXT.first_page("line ü\n".encode("utf-16-le") * 10_000, "utf-16-le", Context())
    assert (lines(wide)[:2], wide.complete) == (["line ü", "line ü"], False)
    assert len(wide.source) <= FIRST_PAGE


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from(["a", "\n", "\r", "\r\n", "long line "]), max_size=20).map("".join),
    st.integers(1, 12),
)
def test_lines_are_those_of_python_in_steps_of_any_size(text, step):
    raw = text.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_lines, "_STEP", step)
        starts = list(text_lines.find_lines(raw))
    stops = [*starts[1:], len(raw)]
    assert [raw[start:stop] for start, stop in zip(starts, stops, strict=True)] == (
        raw.splitlines(keepends=True) or [b""]
    )


def test_progress_is_told_whatever_ends_the_lines():
    for end in (b"\n", b"\r\n", b"\r"):
        told = []
        text_lines.find_lines((b"x" * 60 + end) * 70_000, told.append)
        assert told == sorted(told)
        assert len(told) > 2
