# SPDX-License-Identifier: MIT
"""Raw numbers: each kind and byte order, what is left over, and large payloads."""

from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload.api import Context, DecodeError, Document
from mqtt_explorer.payload.numbers_format import NumbersDecoder
from mqtt_explorer.payload.registry import lines_of

NOTHING = Context()
CODES = {
    "int8": "b", "uint8": "B", "int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "int64": "q", "uint64": "Q",
    "float16": "e", "float32": "f", "float64": "d",
}  # fmt: skip
OPTIONS = [name for name, _ in NumbersDecoder.options]


def decode(payload: bytes, option: str, context: Context = NOTHING) -> Document:
    return NumbersDecoder().decode(payload, option, context)


def test_there_is_every_kind() -> None:
    wide = {f"{kind}:{order}" for kind in CODES if not kind.endswith("t8") for order in ("le", "be")}
    assert set(OPTIONS) == wide | {"int8", "uint8"}
    labels = dict(NumbersDecoder.options)
    assert labels["uint16:le"] == "uint16, little-endian"
    assert labels["float32:be"] == "float32, big-endian"


@pytest.mark.parametrize("option", OPTIONS)
def test_each_kind_is_read_in_its_byte_order(option: str) -> None:
    kind, _, order = option.partition(":")
    numbers = [-1, 0, 1, 100] if not kind.startswith("u") else [0, 1, 100, 255]
    payload = struct.pack(f"{'>' if order == 'be' else '<'}4{CODES[kind]}", *numbers)
    suffix = ".0" if kind.startswith("float") else ""
    document = decode(payload, option)
    assert document.source.decode() == f"[{','.join(f'{number}{suffix}' for number in numbers)}]"
    assert document.label == f"Raw numbers, {dict(NumbersDecoder.options)[option]}"
    lines = lines_of(document)
    assert [lines.text(number).strip(" ,") for number in range(1, 5)] == [
        f"{number}{suffix}" for number in numbers
    ]


def test_the_usual_kind_is_the_first() -> None:
    assert decode(struct.pack("<f", 0.1), "").source == b"[0.1]"


@pytest.mark.parametrize("option", ["float16:le", "float32:le", "float64:le"])
def test_floats_are_short_and_what_is_no_number_has_a_word(option: str) -> None:
    payload = struct.pack(f"<5{CODES[option[:7]]}", 0.1, float("nan"), float("inf"), float("-inf"), -0.0)
    assert decode(payload, option).source == b"[0.1,NaN,Infinity,-Infinity,-0.0]"


def test_left_over_bytes_are_told() -> None:
    assert decode(b"\x01\x00\x02\x00\x03", "uint16:le").notes == (
        "The last byte is not enough for a number and left out: 0x03.",
    )
    assert decode(bytes(8) + b"\x01\x02\x03", "uint64:le").notes == (
        "The last 3 bytes are not enough for a number and left out: 0x010203.",
    )
    assert "the end is missing" in decode(bytes(4), "uint16:le", Context(cut=True)).notes[0]


@pytest.mark.parametrize(
    ("payload", "option", "message"),
    [
        (b"", "int8", "The payload is empty."),
        (b"abc", "float32:le", "The payload has 3 of the 4 bytes that a number takes."),
        (b"abc", "float99", "There is no kind of number named “float99” here."),
    ],
    ids=range(3),
)
def test_what_has_no_number_says_why(payload: bytes, option: str, message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(payload, option)
    assert caught.value.message == message


@pytest.mark.parametrize("option", ["uint8", "float32:be", "float16:le"])
def test_a_large_one_takes_no_minutes_and_its_first_page_no_time(option: str) -> None:
    payload = bytes(range(256)) * 512
    begin = time.perf_counter()
    document = decode(payload, option)
    assert time.perf_counter() - begin < 10
    page = NumbersDecoder().first_page(payload, option, NOTHING)
    assert not page.complete
    assert document.source.startswith(page.source)
    assert lines_of(page).text(1)
    assert not NumbersDecoder().is_quick(payload, option, NOTHING)
    assert NumbersDecoder().is_quick(payload[:700], option, NOTHING)


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=8, max_size=64), st.sampled_from(OPTIONS))
def test_each_number_reads_back(payload: bytes, option: str) -> None:
    kind, _, order = option.partition(":")
    sign, code = ">" if order == "be" else "<", CODES[kind]
    size = struct.calcsize(code)
    words = decode(payload, option).source.decode().strip("[]").split(",")
    numbers = [float(word) if kind.startswith("float") else int(word) for word in words]
    back = struct.pack(f"{sign}{len(numbers)}{code}", *numbers)
    expected = payload[: len(payload) // size * size]
    assert [
        a == b or word == "NaN"
        for a, b, word in zip(
            struct.iter_unpack(sign + code, back),
            struct.iter_unpack(sign + code, expected),
            words,
            strict=True,
        )
    ] == [True] * len(words)
