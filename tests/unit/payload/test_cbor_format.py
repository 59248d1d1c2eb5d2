# SPDX-License-Identifier: MIT
"""CBOR: RFC 8949's own examples, what other libraries cannot keep, and hostile payloads."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
import time

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.api import Context, DecodeError, Document
from mqtt_explorer.payload.cbor_format import CborDecoder
from mqtt_explorer.payload.registry import lines_of

NOTHING = Context()
CUT = Context(cut=True)

# RFC 8949, appendix A, with our words for what JSON has none for.
EXAMPLES = {
    "00": "0",
    "1817": "23",
    "1903e8": "1000",
    "1bffffffffffffffff": "18446744073709551615",
    "c249010000000000000000": "18446744073709551616",
    "3bffffffffffffffff": "-18446744073709551616",
    "c349010000000000000000": "-18446744073709551617",
    "20": "-1",
    "3903e7": "-1000",
    "f90000": "0.0",
    "f98000": "-0.0",
    "f93c00": "1.0",
    "fb3ff199999999999a": "1.1",
    "f97bff": "65504.0",
    "fa47c35000": "100000.0",
    "fa7f7fffff": "3.4028235e+38",
    "fb7e37e43c8800759c": "1e+300",
    "f90001": "5.960464477539063e-08",
    "f95621": "98.0625",
    "fa4d000000": "134217728.0",
    "fa3dcccccd": "0.1",
    "f9c400": "-4.0",
    "f97c00": "Infinity",
    "f97e00": "NaN",
    "f9fc00": "-Infinity",
    "f4": "false",
    "f5": "true",
    "f6": "null",
    "f7": "undefined",
    "f0": "simple(16)",
    "f8ff": "simple(255)",
    "c074323031332d30332d32315432303a30343a30305a": '{tag(0):"2013-03-21T20:04:00Z"}',
    "c11a514b67b0": "{tag(1):1363896240}",
    "d74401020304": "{tag(23):h'01020304'}",
    "d818456449455446": "{tag(24):h'6449455446'}",
    "40": "h''",
    "60": '""',
    "62225c": '"\\"\\\\"',
    "64f0908591": '"𐅑"',
    "80": "[]",
    "8301820203820405": "[1,[2,3],[4,5]]",
    "a0": "{}",
    "a201020304": "{1:2,3:4}",
    "a26161016162820203": '{"a":1,"b":[2,3]}',
    "5f42010243030405ff": "h'0102030405'",
    "7f657374726561646d696e67ff": '"streaming"',
    "9fff": "[]",
    "9f018202039f0405ffff": "[1,[2,3],[4,5]]",
    "bf61610161629f0203ffff": '{"a":1,"b":[2,3]}',
    "d9d9f783010203": "{tag(55799):[1,2,3]}",
    # what Python's values would lose
    "a201020103": "{1:2,1:3}",
    "a3010201f5f503": "{1:2,1:true,true:3}",
    "a18001": '{"key []":1}',
    "a1c0616101": '{"key {tag(0):\\"a\\"}":1}',
}

BROKEN = {
    "": "The payload is empty.",
    "1c": "Byte 0 (0x1c) begins no CBOR value.",
    "ff": "Byte 0 (0xff) cannot stand where it does.",
    "1f": "Byte 0 (0x1f) cannot stand where it does.",
    "8201ff": "Byte 2 (0xff) cannot stand where it does.",
    "bf01ff": "Byte 2 (0xff) cannot stand where it does.",
    "f818": "The simple value at byte 0 must not take two bytes.",
    "5f6161ff": "Byte 1 (0x61) cannot stand in a byte string of pieces.",
    "5f5fffff": "Byte 1 (0x5f) cannot stand in a byte string of pieces.",
    "7f6161": "The text that begins at byte 0 does not end.",
    "19ff": "The payload ends inside the value that begins at byte 0.",
    "6261": "The value at byte 0 goes on beyond the end: 1 or more of its bytes are missing.",
    "c0": "The payload ends inside 1 open values.",
    "9f01": "The payload ends inside 1 open values.",
    "9b1000000000000000": "The value at byte 0 claims more bytes than the message has.",
    "bb1000000000000000": "The value at byte 0 claims more bytes than the message has.",
    "5b7fffffffffffffff": "The value at byte 0 claims more bytes than the message has.",
    "011c": "Byte 1 (0x1c) begins no CBOR value. The value before it ends at byte 1.",
    "0163": "The value at byte 1 goes on beyond the end: 3 or more of its bytes are missing. The value before it ends at byte 1.",
}


def decode(payload: bytes, context: Context = NOTHING) -> Document:
    return CborDecoder().decode(payload, "", context)


@pytest.mark.parametrize("digits", EXAMPLES)
def test_examples(digits: str) -> None:
    document = decode(bytes.fromhex(digits))
    assert document.source.decode() == EXAMPLES[digits]
    assert (document.format, document.label, document.complete) == ("cbor", "CBOR", True)


@pytest.mark.parametrize("digits", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_cbor_says_where(digits: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(bytes.fromhex(digits))
    assert caught.value.message == BROKEN[digits]


def test_it_is_indented_and_travels() -> None:
    document = pickle.loads(pickle.dumps(decode(bytes.fromhex("a26161a1010261628102"))))
    lines = lines_of(document)
    assert [lines.text(number) for number in range(len(lines))] == [
        "{", '  "a": {', "    1: 2", "  },", '  "b": [', "    2", "  ]", "}",
    ]  # fmt: skip


def test_a_sequence_is_a_list_with_a_note() -> None:
    document = decode(bytes.fromhex("01820203f6"))
    assert document.source == b"[1,[2,3],null]"
    assert document.notes == ("A CBOR sequence: 3 values behind one another.",)


def test_keys_in_keys_are_their_bytes() -> None:
    document = decode(bytes.fromhex("a1a1a10102030405"[:-2]))
    assert document.source == b"{\"key {key'a10102':3}\":4}"
    assert "behind the word" in document.notes[0]


def test_text_that_is_no_utf8_is_shown_as_bytes_and_told() -> None:
    document = decode(bytes.fromhex("8261ff6161"))
    assert document.source == b"[h'ff',\"a\"]"
    assert document.notes == ("The text at byte 1 is not valid UTF-8: its bytes are shown.",)


def test_known_tags_are_explained_once() -> None:
    assert decode(bytes.fromhex("83c101c101d825410a")).notes == (
        "tag(1) is a time in seconds since 1970; tag(37) is a UUID.",
    )


@pytest.mark.parametrize(
    ("digits", "text"),
    [
        ("a2616101616282", '{"a":1,"b":['),
        ("a261610161", '{"a":1'),
        ("a2616101616219ff", '{"a":1'),
        ("9a00ffffff0102", "[1,2"),
        ("79ffff6869e282", '"hi"'),
        ("a18201", "{"),
        ("0179ffff6869", '[1,"hi"]'),
        ("c0", "{tag(0):"),
    ],
    ids=range(8),
)
def test_a_cut_payload_is_shown_as_far_as_it_goes(digits: str, text: str) -> None:
    document = decode(bytes.fromhex(digits), CUT)
    if digits.startswith("a2"):
        assert document.source.decode().rstrip(",") in (text, text + ',"b":')
    else:
        assert document.source.decode() == text
    assert document.notes[0].startswith("Only the first ")
    lines = lines_of(document)
    assert [lines.text(number) for number in range(len(lines))]


@pytest.mark.parametrize("opening", ["81", "9f", "c1", "a100", "a1", "bf00", "d818"])
def test_deep_nesting_never_ends_the_process(opening: str) -> None:
    script = (
        "import sys; from mqtt_explorer.payload.cbor_format import CborDecoder; from mqtt_explorer.payload.api import *\n"
        f"payload = bytes.fromhex('{opening}') * 100_000\n"
        "document = CborDecoder().decode(payload, '', Context(cut=True)); print(len(document.structure))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert int(done.stdout) >= (1 if opening == "a1" else 100_000)


def test_deep_keys_take_no_quadratic_time() -> None:
    begin = time.perf_counter()
    document = decode(b"\xa1" * 200_000 + b"\x00" * 200_001)
    assert time.perf_counter() - begin < 10
    assert len(document.source) < 2_000_000


def test_the_first_page_of_a_large_payload() -> None:
    payload = cbor2.dumps([{"n": number} for number in range(20_000)])
    page = CborDecoder().first_page(payload, "", NOTHING)
    assert not page.complete
    assert decode(payload).source.startswith(page.source)
    assert len(page.source) > 4000
    assert not CborDecoder().is_quick(payload, "", NOTHING)


def test_the_menu_says_what_cannot_be_cbor() -> None:
    decoder = CborDecoder()
    assert decoder.objection(b"", NOTHING) == "empty"
    assert decoder.objection(b"\xff", NOTHING) == "0xff begins no CBOR"
    assert decoder.objection(b"\x01", NOTHING) is None


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_what_cbor2_writes_is_read(value: object) -> None:
    try:
        payload = cbor2.dumps(value)
    except UnicodeEncodeError:
        return
    assert json.loads(decode(payload).source) == value


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40))
def test_what_cbor2_refuses_is_seldom_accepted(payload: bytes) -> None:
    """What we take, it takes too, but for values that Python cannot make: odd tags, keys that cannot be hashed, bad text."""
    try:
        document = decode(payload)
    except DecodeError:
        return
    if b"tag(" in document.source or document.notes or b'"key ' in document.source:
        return
    value = cbor2.loads(payload)
    if isinstance(value, float) and math.isfinite(value):
        assert float(document.source) == pytest.approx(value, rel=0.05)
    elif isinstance(value, int | str | None) and not isinstance(value, bool):
        assert json.loads(document.source) == value


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.booleans())
def test_a_page_is_the_beginning_of_the_whole(payload: bytes, cut: bool) -> None:
    context = Context(cut=cut)
    try:
        document = decode(payload, context)
    except DecodeError:
        return
    lines = lines_of(document)
    for number in range(len(lines)):
        lines.text(number)
    assert CborDecoder().first_page(payload, "", context).source == document.source


def test_of_a_cut_byte_string_every_byte_is_shown():
    cut = Context(cut=True)
    decoder = CborDecoder()
    assert decoder.decode(b"\x44\x41\xf4", "", cut).source == b"h'41f4'"
    assert decoder.decode(b"\x5f\x42\x01\x02\x44\x03\xe2", "", cut).source == b"h'010203e2'"
    assert decoder.decode(b"\x7f\x62ab\x64c\xe2", "", cut).source == b'"abc"'
    assert decoder.decode(b"\x5f\x42\x01\x02\x59\x01", "", cut).source == b"h'0102'"
