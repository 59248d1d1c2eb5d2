# SPDX-License-Identifier: MIT
import time
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.payload.preview import HEAD, Kind, Preview, preview

KINDS = typing.get_args(Kind)


def of(payload, size=None, limit=120):
    raw = payload.encode() if isinstance(payload, str) else payload
    return preview(raw, len(raw) if size is None else size, limit)


@pytest.mark.parametrize(
    ("payload", "text", "kind"),
    [
        ("21.7 °C", "21.7 °C", "number"),
        ("1.50", "1.50", "number"),
        ("12345678901234567890123", "12345678901234567890123", "number"),
        (" 42\n", "42", "number"),
        ("1_000", "1_000", "text"),
        ("nan", "nan", "text"),
        ("1e999", "1e999", "text"),
        ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z", "text"),
        ("٣", "٣", "text"),
        ("true", "true", "boolean"),
        ("OFF\r\n", "OFF", "boolean"),
        ('"on"', '"on"', "string"),
        ('"half', '"half', "text"),
        ("null", "null", "json"),
        ("{}", "{}", "json"),
        ('{"a":1}', '{"a":1}', "json"),
        ('{\n  "a": 1.50,\n\t"b": []\n}\n', '{ "a": 1.50, "b": [] }', "json"),
        ("[INFO] started", "[INFO] started", "text"),
        ("{a:1}", "{a:1}", "text"),
        ("[" * 500, "[" * 119 + "…", "text"),
        ("online", "online", "text"),
        ("   ", "   ", "text"),
        ("hello\nworld\ttab", "hello␊world␉tab", "text"),
        ("a\r\n", "a␍␊", "text"),
        ("bell\x07 esc\x1b[2J", "bell␇ esc␛[2J", "text"),
        ("del\x7f", "del␡", "text"),
        ("evil\u202egnp.exe", "evil\\u202egnp.exe", "text"),
        ("line\u2028break", "line\\u2028break", "text"),
        ("zero\u200bwidth", "zero\\u200bwidth", "text"),
        ("<img src='file:///etc/passwd'>", "<img src='file:///etc/passwd'>", "text"),
        ("👩‍🚀", "👩‍🚀", "text"),
        (b"\x00\x01", "0x0001 (2 bytes)", "binary"),
        (b"\xff", "0xff (1 byte)", "binary"),
        (bytes(range(16)), "0x" + bytes(range(16)).hex() + " (16 bytes)", "binary"),
        ("NUL\0inside", "0x4e554c00696e73696465 (10 bytes)", "binary"),
        (b"caf\xe9", "0x636166e9 (4 bytes)", "binary"),
        (b"abc\xe2\x82", "0x616263e282 (5 bytes)", "binary"),
        ("", "", "empty"),
    ],
)
def test_corpus(payload, text, kind):
    shown = of(payload)
    assert (shown.text, shown.kind) == (text, kind)
    assert shown.truncated == text.endswith("…")


def test_long_binary_says_its_whole_size():
    assert of(b"\xff" * 5_000_000) == Preview("0x" + "ff" * 16 + "… (5,000,000 bytes)", "binary", True)
    assert of(b"\xff" * 100, size=64_000_000).text.endswith("… (64,000,000 bytes)")


def test_long_text_is_cut_and_says_so():
    shown = of("x" * 121)
    assert shown == Preview("x" * 119 + "…", "text", True)
    assert of("x" * 120) == Preview("x" * 120, "text", False)
    assert of("abc", limit=2).text == "a…"


def test_a_payload_that_was_cut_when_it_came_is_never_shown_as_whole():
    assert of("21", size=3) == Preview("21…", "text", True)  # what follows may be another digit
    assert of('{"a":1}', size=100).truncated
    assert of("true", size=5) == Preview("true…", "text", True)
    assert of(b"", size=500) == Preview("", "empty", True)


def test_a_character_split_by_the_head_is_left_out():
    assert of("€" * 1000).kind == "text"
    assert of("x" + "€" * 1000).kind == "text"
    assert of(b"abc" + "😀".encode()[:2], size=7) == Preview("abc…", "text", True)
    assert of("😀".encode()[:2], size=4).kind == "binary"  # not one whole character to show


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ('{"data":"' + "x" * 5_000, "json"),
        ("[" + "1," * 5_000, "json"),
        (' \n{ "a": [' + "1," * 5_000, "json"),
        ("[INFO] " + "x" * 5_000, "text"),
        ("{braces} " + "x" * 5_000, "text"),
        ('"' + "x" * 5_000 + '"', "text"),
        ("1" * 5_000, "text"),
    ],
)
def test_kind_of_a_long_payload_by_its_beginning(payload, kind):
    assert of(payload).kind == kind


class Watched(bytes):
    """Fails when more than the head is read."""

    def __getitem__(self, key):
        assert isinstance(key, slice)
        assert (key.stop or 0) <= HEAD
        return super().__getitem__(key)

    def decode(self, *_args, **_more):
        raise AssertionError("the whole payload was decoded")

    hex = decode


@pytest.mark.parametrize("payload", [b"x" * 100_000, b'{"a":' * 50_000, b"\xff" * 100_000, b"1" * 100_000])
def test_only_the_head_is_read(payload):
    assert preview(Watched(payload), len(payload)).truncated


@given(
    st.one_of(st.binary(max_size=2_000), st.text(max_size=300).map(lambda t: t.encode(errors="replace"))),
    st.integers(0, 10),
    st.integers(1, 130),
)
def test_any_payload_gives_one_honest_line(payload, more, limit):
    shown = preview(payload, len(payload) + more, limit)
    assert shown.kind in KINDS
    if shown.kind != "binary":
        assert len(shown.text) <= limit
        assert shown.truncated or not more
    assert not any(ord(ch) < 32 or ch in "\x7f\x85\u2028\u2029\u202e" for ch in shown.text)


def test_hostile_payloads_stay_cheap():
    for payload in (
        b" " * 1024,
        b"{" + b" " * 1022 + b"}",
        b"1" * 1024,
        b"\n" * 1024,
        b"[" * 1024,
        b'{"a":' * 200,
        b"1" * 64,
        b"-" * 64,
        "°".encode() * 512,
    ):
        start = time.perf_counter()
        for _ in range(100):
            preview(payload, len(payload))
        assert (time.perf_counter() - start) / 100 < 0.001, payload[:10]
