# SPDX-License-Identifier: MIT
"""MessagePack: every type of its specification, what other libraries cannot keep, and hostile payloads."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.api import Context, DecodeError, Document
from mqtt_explorer.payload.msgpack_format import MsgPackDecoder
from mqtt_explorer.payload.registry import lines_of

NOTHING = Context()
CUT = Context(cut=True)

EXAMPLES = {
    "c0": "null",
    "c2": "false",
    "c3": "true",
    "7f": "127",
    "ff": "-1",
    "e0": "-32",
    "ccff": "255",
    "cdffff": "65535",
    "ceffffffff": "4294967295",
    "cfffffffffffffffff": "18446744073709551615",
    "d080": "-128",
    "d18000": "-32768",
    "d280000000": "-2147483648",
    "d38000000000000000": "-9223372036854775808",
    "ca3dcccccd": "0.1",
    "cb3fb999999999999a": "0.1",
    "ca7fc00000": "NaN",
    "cbfff0000000000000": "-Infinity",
    "a0": '""',
    "a3616263": '"abc"',
    "d90161": '"a"',
    "da000161": '"a"',
    "db0000000161": '"a"',
    "c40100": "h'00'",
    "c5000100": "h'00'",
    "c60000000100": "h'00'",
    "90": "[]",
    "920102": "[1,2]",
    "dc000101": "[1]",
    "dd0000000101": "[1]",
    "80": "{}",
    "81a16101": '{"a":1}',
    "de0001a16101": '{"a":1}',
    "df00000001a16101": '{"a":1}',
    "820102010a": "{1:2,1:10}",
    "81900a": '{"key []":10}',
    "d40501": "{ext(5):h'01'}",
    "d5050102": "{ext(5):h'0102'}",
    "d680" + "00" * 4: "{ext(-128):h'00000000'}",
    "d705" + "00" * 8: f"{{ext(5):h'{'00' * 8}'}}",
    "d805" + "00" * 16: f"{{ext(5):h'{'00' * 16}'}}",
    "c7000a": "{ext(10):h''}",
    "c800010a07": "{ext(10):h'07'}",
    "c9000000010a07": "{ext(10):h'07'}",
    "d6ff00000000": '{timestamp:"1970-01-01T00:00:00Z"}',
    "d7ff773594006593800a": '{timestamp:"2024-01-02T03:16:26.5Z"}',
    "c70cff00000001fffffff1886e0900": '{timestamp:"0001-01-01T00:00:00.000000001Z"}',
    "c70cff000000017fffffffffffffff": "{ext(-1):h'000000017fffffffffffffff'}",
    "d4ff01": "{ext(-1):h'01'}",
}
BROKEN = {
    "": "The payload is empty.",
    "c1": "Byte 0 (0xc1) begins no MessagePack value.",
    "68656c6c6f": "The value ends at byte 1, but 4 more follow.",
    "cd01": "The payload ends inside the value that begins at byte 0.",
    "91": "The value at byte 0 goes on beyond the end: 1 or more of its bytes are missing.",
    "8101": "The value at byte 0 goes on beyond the end: 1 or more of its bytes are missing.",
    "dfffffffff": "The value at byte 0 claims more bytes than the message has.",
    "dbffffffff": "The value at byte 0 claims more bytes than the message has.",
    "d405": "The value at byte 0 goes on beyond the end: 1 or more of its bytes are missing.",
    "9290": "The value at byte 0 goes on beyond the end: 1 or more of its bytes are missing.",
    "929190": "The payload ends inside 1 open values.",
}


def decode(payload: bytes, context: Context = NOTHING) -> Document:
    return MsgPackDecoder().decode(payload, "", context)


@pytest.mark.parametrize("digits", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_type(digits: str) -> None:
    assert decode(bytes.fromhex(digits)).source.decode() == EXAMPLES[digits]


@pytest.mark.parametrize("digits", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_messagepack_says_where(digits: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(bytes.fromhex(digits))
    assert caught.value.message == BROKEN[digits]


def test_objects_behind_one_another_are_a_list() -> None:
    document = decode(bytes.fromhex("8101029102c0"))
    assert document.source == b"[{1:2},[2],null]"
    assert document.notes == ("3 values behind one another.",)


def test_old_strings_that_are_bytes_are_shown_as_bytes_and_told() -> None:
    document = decode(bytes.fromhex("92a1ffa1fe"))
    assert document.source == b"[h'ff',h'fe']"
    assert document.notes == ("The text at byte 1 is not valid UTF-8: its bytes are shown.",)


@pytest.mark.parametrize(
    ("digits", "text"),
    [
        ("dd00ffffff0102", "[1,2"),
        ("daffff6869e282", '"hi"'),
        ("82a16101a1", '{"a":1'),
        ("c5ffff0102", "h'0102'"),
    ],
    ids=range(4),
)
def test_a_cut_payload_is_shown_as_far_as_it_goes(digits: str, text: str) -> None:
    document = decode(bytes.fromhex(digits), CUT)
    assert document.source.decode() in (text, text + ',"":')
    assert document.notes[0].startswith("Only the first ")


@pytest.mark.parametrize("opening", ["91", "8100", "81"])
def test_deep_nesting_never_ends_the_process(opening: str) -> None:
    script = (
        "from mqtt_explorer.payload.msgpack_format import MsgPackDecoder; from mqtt_explorer.payload.api import *\n"
        f"payload = bytes.fromhex('{opening}') * 100_000\n"
        "document = MsgPackDecoder().decode(payload, '', Context(cut=True)); print(len(document.structure))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert int(done.stdout) >= (1 if opening == "81" else 100_000)


def test_the_first_page_of_a_large_payload() -> None:
    payload = msgspec.msgpack.encode([{"n": number} for number in range(20_000)])
    page = MsgPackDecoder().first_page(payload, "", NOTHING)
    assert not page.complete
    assert decode(payload).source.startswith(page.source)
    assert not MsgPackDecoder().is_quick(payload, "", NOTHING)


def test_times_are_those_that_msgspec_writes() -> None:
    time = datetime.datetime(2038, 1, 19, 3, 14, 7, 250_000, tzinfo=datetime.UTC)
    assert decode(msgspec.msgpack.encode(time)).source == b'{timestamp:"2038-01-19T03:14:07.25Z"}'


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_what_msgspec_writes_is_read(value: object) -> None:
    assert json.loads(decode(msgspec.msgpack.encode(value)).source) == value


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_are_shown_or_refused(payload: bytes, cut: bool) -> None:
    context = Context(cut=cut)
    try:
        document = decode(payload, context)
    except DecodeError:
        return
    lines = lines_of(document)
    for number in range(len(lines)):
        lines.text(number)
    assert MsgPackDecoder().first_page(payload, "", context).source == document.source


def test_of_a_cut_byte_string_every_byte_is_shown():
    assert MsgPackDecoder().decode(b"\xc4\x04\x41\xf4", "", Context(cut=True)).source == b"h'41f4'"
