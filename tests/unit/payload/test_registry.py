# SPDX-License-Identifier: MIT
import subprocess
import sys
import time

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
    assert shown(decode(b'{"a":1}', "hex")).startswith("00000000  7B 22")
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


def test_well_known_beginnings_are_hinted_at_and_not_decoded():
    assert decode(GZIP).notes == (
        "It begins like a gzip or zstd stream: choose Unwrap to see what is in it.",
    )
    document = decode(PNG + bytes(30))
    assert document.format == "hex"
    assert document.notes == ("It begins like an image (PNG): choose Image to see it.",)
    assert decode(CBOR_MAP).notes == ()


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


def test_text_with_a_byte_that_is_none_says_which():
    for payload, at in ((b"Temp: 21.5\xb0C", 10), (b"a" * 5000 + b"\xff", 5000)):
        document = decode(payload)
        assert document.format == "hex"
        assert document.notes == (
            f"The first {at:,} bytes are text, but byte {at:,} (0x{payload[at]:02x}) is not valid UTF-8.",
        )
    assert decode(b"hello world\x00\x01").notes == (
        "The first 11 bytes are text, but byte 11 (0x00) is a control character.",
    )
    for chance in (bytes(range(65, 70)) + b"\xff" * 9, b"\x01 and text behind it", b"\xff" * 20):
        assert decode(chance).notes == ()
    assert decode(b"Temp: 21.5\xb0C", "hex").notes == ()


def test_what_may_fail_is_as_slow_as_what_is_shown_instead():
    payload = b"[" * 40_000
    for choice in ("image", "text:utf-16-be", "base64", "unwrap:gzip"):
        assert not is_quick(payload, choice)
    assert is_quick(payload, "hex")
    assert is_quick(b"\x89PNG\r\n\x1a\n" * 1_000_000, "image")


def test_one_giant_string_makes_a_small_first_page_and_no_objection_takes_long():
    size = 8 << 20
    giants = {
        "cbor": [b"\x7a%c%c%c%c" % tuple(size.to_bytes(4, "big")) + b"a" * size, b"\x5f" + b"\x40" * size],
        "msgpack": [b"\xc6" + size.to_bytes(4, "big") + bytes(size)],
        "base64": [b" " * size],
    }
    for name, payloads in giants.items():
        for payload in payloads:
            for context in (Context(), Context(cut=True)):
                begin = time.process_time()
                page = first_page(payload, name, context)
                for decoder in DECODERS:
                    decoder.objection(payload, context)
                assert time.process_time() - begin < 0.1
                assert page is None or name == "base64" or len(page.source) < 64 * 1024


def test_importing_loads_no_decoder_that_is_not_needed():
    code = (
        "import sys; import mqtt_explorer.payload.registry as r; from mqtt_explorer.payload import worker\n"
        "assert [each.label for each in r.DECODERS]; r.decode(b'{}'); r.decode(b'x'); r.decode(b'\\xff')\n"
        "print([name for name in ('cbor_format', 'xml_format', 'protobuf_wire', 'json_lenient', 'sparkplug_schema', 'inflate')"
        " if 'mqtt_explorer.payload.' + name in sys.modules], 'multiprocessing' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] False\n"


def test_late_decoders_say_what_they_are():
    for decoder in DECODERS:
        made = getattr(decoder, "_make", lambda decoder=decoder: decoder)()
        assert (made.name, made.label) == (decoder.name, decoder.label)
