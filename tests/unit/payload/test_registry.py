# SPDX-License-Identifier: MIT
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.payload import registry
from mqtt_explorer.payload.api import Decoded
from mqtt_explorer.payload.registry import AUTO, DECODERS, choices, decode

CBOR_MAP = bytes.fromhex("a16161f5")
MSGPACK_MAP = bytes.fromhex("81a16101")
PROTOBUF = bytes.fromhex("0a036162631001")
GZIP = bytes.fromhex("1f8b0800000000000003")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("payload", "format_name"),
    [
        (b'{"a":1}', "json"),
        (b" [1, 2]\n", "json"),
        (b"21.7", "text"),
        (b'"quoted"', "text"),
        (b"null", "text"),
        (b"[INFO] started", "text"),
        (b"{not json}", "text"),
        (b"", "text"),
        ("Grüße\r\n".encode(), "text"),
        (b"colour \x1b[31m", "text"),
        (b"\x00\x00\x00\x15", "hex"),
        (b"text with a \x00", "hex"),
        (b"caf\xe9", "hex"),
        (CBOR_MAP, "hex"),
        (MSGPACK_MAP, "hex"),
        (PROTOBUF, "hex"),
        (GZIP, "hex"),
        (PNG, "hex"),
        (b"PAYLOAD ends late" + b"x" * 100_000 + b"\xff", "text"),
        (b"[" * 100_000, "text"),
        # Words that guessing decoders turned into something else.
        (b"hello", "text"),
        (b"OPEN", "text"),
        (b"aGVsbG8=", "text"),
    ],
)
def test_automatic_choice(payload, format_name):
    page = decode(payload)
    assert page.format == format_name
    assert page.total == len(payload)


@given(
    st.binary(max_size=300),
    st.sampled_from([AUTO, "json", "text", "hex", "nonsense"]),
    st.integers(1, 500),
    st.booleans(),
)
def test_every_payload_is_shown_by_some_format(payload, choice, limit, cut):
    page = decode(payload, choice, limit, cut=cut)
    assert page.total == len(payload)
    assert 0 <= page.shown <= page.total
    if choice not in (AUTO, page.format):
        assert page.problem


def test_a_format_that_cannot_show_the_payload_says_why():
    page = decode(b"caf\xe9", "text")
    assert page.format == "hex"
    assert page.problem == "Not Text: Byte 3 (0xe9) is not valid UTF-8. Showing Hex instead."
    page = decode(b"{oops}", "json")
    assert page.format == "text"
    assert page.problem.startswith("Not JSON: ")
    assert page.problem.endswith("Showing Text instead.")


def test_an_explicit_choice_is_kept():
    assert decode(b'{"a":1}', "text").text == '{"a":1}'
    assert decode(b'{"a":1}', "hex").text.startswith("00000000  7b 22")
    assert decode(b"21.7", "json").text == "21.7"
    assert decode(b"a\x00b", "text").text == "a\x00b"


def test_an_unknown_choice_says_so():
    page = decode(b"x", "cbor9")
    assert page.problem == "There is no payload format named “cbor9”. Showing Text instead."


def test_a_decoder_with_a_fault_falls_back_and_is_logged(monkeypatch, expect_log):
    class Broken:
        name = "broken"
        label = "Broken"

        def decode(self, payload: bytes, limit: int = 1, *, cut: bool = False) -> Decoded:
            raise ZeroDivisionError("a bug")

    monkeypatch.setattr(registry, "DECODERS", (*DECODERS, Broken()))
    expect_log("decoder broken failed")
    page = decode(b"hello", "broken")
    assert page.text == "hello"
    assert page.problem == "The Broken decoder failed (ZeroDivisionError). Showing Text instead."


def test_a_cut_payload_is_still_what_it_began_as():
    assert decode(b'{"a": [1, 2', cut=True).format == "json"
    assert decode(b'{"a": [1, 2').format == "text"
    assert decode("abc€".encode()[:-1], cut=True).text == "abc"
    assert decode("abc€".encode()[:-1]).format == "hex"


def test_choices_are_unique_and_labelled():
    names = [name for name, _ in choices()]
    assert names[0] == AUTO
    assert len(set(names)) == len(names) == len(DECODERS) + 1
    assert all(label for _, label in choices())
