# SPDX-License-Identifier: MIT
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.payload.api import FIRST_PAGE, NO_CONTEXT, Context
from mqtt_explorer.payload.raw_format import RawDecoder
from mqtt_explorer.payload.registry import decode, lines_of

RAW = RawDecoder()


def shown(document) -> list[str]:
    lines = lines_of(document)
    return [lines.text(number) for number in range(len(lines))]


def test_text_stays_as_it_is():
    payload = '{"a" :\t1}\nGrüße'.encode()
    document = RAW.decode(payload, "", NO_CONTEXT)
    assert document.source is payload
    assert shown(document) == ['{"a" :\t1}', "Grüße"]
    assert document.notes == ()


def test_bytes_that_are_no_text_are_shown_and_counted():
    document = RAW.decode(b"a\xff\xfeb\x00", "", NO_CONTEXT)
    assert shown(document) == ["a\\xff\\xfeb\x00"]
    assert document.notes == ("2 bytes are no UTF-8 text and are shown as \\x and their values.",)
    assert RAW.decode(b"\xff", "", NO_CONTEXT).notes[0].startswith("One byte")


def test_a_cut_character_is_no_bad_byte():
    payload = "abc€".encode()[:-1]
    assert RAW.decode(payload, "", Context(cut=True)).notes == ()
    assert RAW.decode(payload, "", NO_CONTEXT).notes


@given(st.binary(max_size=200))
def test_anything_is_shown(payload):
    document = decode(payload, "raw")
    assert document.format == "raw"
    assert document.problem is None
    assert isinstance("".join(shown(document)), str)


def test_the_first_page_is_the_beginning():
    payload = b"\xffline\n" * 20_000
    page = RAW.first_page(payload, "", NO_CONTEXT)
    assert not page.complete
    assert shown(page)[:2] == ["\\xffline", "\\xffline"]
    assert len(page.source) <= 4 * FIRST_PAGE


def test_a_text_that_spells_a_byte_is_no_byte():
    payload = b"\\udc80 \\xff \xff\\udcff\xe2\x82 \xed\xb2\x80"
    document = RAW.decode(payload, "", NO_CONTEXT)
    assert shown(document) == [payload.decode("utf-8", "backslashreplace")]
    assert document.notes[0].startswith("6 bytes ")
