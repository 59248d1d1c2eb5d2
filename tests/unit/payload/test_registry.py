# SPDX-License-Identifier: MIT
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.payload import registry
from mqtt_explorer.payload.api import BaseDecoder, Context
from mqtt_explorer.payload.registry import AUTO, DECODERS, decode, first_page, is_quick, lines_of

CBOR_MAP = bytes.fromhex("a16161f5")
MSGPACK_MAP = bytes.fromhex("81a16101")
PROTOBUF = bytes.fromhex("0a036162631001")
GZIP = bytes.fromhex("1f8b0800000000000003")
PNG = b"\x89PNG\r\n\x1a\n"


def shown(document) -> str:
    lines = lines_of(document)
    return "\n".join(lines.text(number) for number in range(len(lines)))


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
        (b"PAYLOAD ends late" + b"x" * 100_000 + b"\xff", "hex"),
        (b"[" * 100_000, "text"),
        # Words that guessing decoders turned into something else.
        (b"hello", "text"),
        (b"OPEN", "text"),
        (b"aGVsbG8=", "text"),
    ],
    ids=range(23),
)
def test_automatic_choice(payload, format_name):
    document = decode(payload)
    assert document.format == format_name
    assert document.problem is None
    assert document.complete


@given(st.binary(max_size=300), st.sampled_from([AUTO, "json", "text", "hex", "nonsense"]), st.booleans())
def test_every_payload_is_shown_by_some_format(payload, choice, cut):
    context = Context(cut=cut)
    document = decode(payload, choice, context)
    assert choice in (AUTO, document.format) or document.problem
    assert isinstance(shown(document), str)
    assert first_page(payload, choice, context) is None or is_quick(payload, choice, context)


def test_a_format_that_cannot_show_the_payload_says_why():
    document = decode(b"caf\xe9", "text")
    assert document.format == "hex"
    assert document.problem == "Not Text: Byte 3 (0xe9) is not valid UTF-8. Showing Hex instead."
    document = decode(b"{oops}", "json")
    assert document.format == "text"
    assert document.problem.startswith("Not JSON: ")
    assert document.problem.endswith("Showing Text instead.")


def test_an_explicit_choice_is_kept():
    assert shown(decode(b'{"a":1}', "text")) == '{"a":1}'
    assert shown(decode(b'{"a":1}', "hex")).startswith("00000000  7b 22")
    assert shown(decode(b"21.7", "json")) == "21.7"
    assert shown(decode(b"a\x00b", "text")) == "a\x00b"
    assert shown(decode("Grüße".encode("latin-1"), "text:latin-1")) == "Grüße"


def test_an_unknown_choice_says_so():
    assert decode(b"x", "cbor9").problem == "There is no payload format named “cbor9”. Showing Text instead."


class Broken(BaseDecoder):
    name = "broken"
    label = "Broken"

    def decode(self, payload, option, context):
        raise ZeroDivisionError("a bug")

    def first_page(self, payload, option, context):
        raise ZeroDivisionError("a bug")


def test_a_decoder_with_a_fault_falls_back_and_is_logged(monkeypatch, expect_log):
    monkeypatch.setattr(registry, "DECODERS", (*DECODERS, Broken()))
    expect_log("decoder broken failed")
    document = decode(b"hello", "broken")
    assert shown(document) == "hello"
    assert document.problem == "The Broken decoder failed (ZeroDivisionError). Showing Text instead."
    assert first_page(b"hello", "broken").format == "hex"


def test_the_content_type_is_believed_and_told_when_it_is_wrong():
    assert decode(b"21.7", AUTO, Context(content_type="application/json")).format == "json"
    assert decode(b'{"a":1}', AUTO, Context(content_type="text/plain")).format == "text"
    document = decode(b"hello", AUTO, Context(content_type="application/json"))
    assert document.format == "text"
    assert document.problem == "Not JSON: “hello” at line 1, column 1 is not JSON. Showing Text instead."


def test_broken_json_says_where_it_breaks():
    document = decode(b'{"a": 1, "b": [1,2,, "c": 3}')
    assert document.format == "text"
    assert document.notes == ("It begins like JSON. Not JSON: “,” at line 1, column 20 is not JSON.",)
    for no_json in (b"[INFO] started", b"{x}", b"[12:30:01] tick", b"{name} is here"):
        assert decode(no_json).notes == ()


def test_garbage_in_a_namespace_is_told():
    document = decode(b"\xff\xff garbage", AUTO, Context("spBv1.0/plant/NDATA/edge3"))
    assert document.format == "hex"
    assert document.problem.startswith("Not Sparkplug B: ")


def test_a_cut_payload_is_still_what_it_began_as():
    cut = Context(cut=True)
    assert decode(b'{"a": [1, 2', AUTO, cut).format == "json"
    assert decode(b'{"a": [1, 2').format == "text"
    assert shown(decode("abc€".encode()[:-1], AUTO, cut)) == "abc"
    assert decode("abc€".encode()[:-1]).format == "hex"


def test_large_payloads_are_not_decoded_at_once():
    large = b"[" + b"1," * 500_000 + b"1]"
    assert not is_quick(large)
    assert is_quick(large, "hex")
    assert is_quick(b"[1]")
    page = first_page(large)
    assert (page.format, page.complete) == ("json", False)
    assert 100 < len(lines_of(page)) < 100_000


def test_decoders_are_named_apart():
    names = [decoder.name for decoder in DECODERS]
    assert len(set(names)) == len(names)
    assert AUTO not in names
    assert all(decoder.label for decoder in DECODERS)
    assert not any(":" in name for name in names)
