# SPDX-License-Identifier: MIT
"""Unpacking: right for whole streams, useful for broken ones, and bombs cost no more than the limit."""

from __future__ import annotations

import gzip
import os
import sys
import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqtt_explorer.payload import inflate as inflate_module
from mqtt_explorer.payload import inner, unwrap_format
from mqtt_explorer.payload.api import Context, DecodeError, Document
from mqtt_explorer.payload.inflate import DEFLATE, GZIP, ZLIB, ZSTD, inflate, packing_of
from mqtt_explorer.payload.unwrap_format import UnwrapDecoder

NOTHING = Context()
JSON = b'{"a":[1,2,3]}'
RANDOM = os.urandom(20_000)


def zstd(data: bytes, *, checksum: bool = False) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd as own

        return own.compress(data, options={own.CompressionParameter.checksum_flag: int(checksum)})
    library = pytest.importorskip("zstandard")
    return library.ZstdCompressor(write_checksum=checksum).compress(data)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACK = {GZIP: gzip.compress, ZLIB: zlib.compress, DEFLATE: raw_deflate, ZSTD: zstd}


def decode(payload: bytes, option: str = "", context: Context = NOTHING) -> Document:
    return UnwrapDecoder().decode(payload, option, context)


@pytest.mark.parametrize("packing", PACK)
def test_each_packing_is_unpacked(packing: str) -> None:
    document = decode(PACK[packing](JSON), packing)
    assert (document.source, document.inner, document.notes, document.format) == (JSON, JSON, (), "json")
    assert document.label == f"{inflate_module.NAMES[packing]} → JSON"


@pytest.mark.parametrize("packing", [GZIP, ZLIB, ZSTD])
def test_the_header_tells_which(packing: str) -> None:
    packed = PACK[packing](JSON)
    assert packing_of(packed) == packing
    assert decode(packed).label == f"{inflate_module.NAMES[packing]} → JSON"
    assert decode(packed, "auto").source == JSON
    assert UnwrapDecoder().objection(packed, NOTHING) is None


@pytest.mark.parametrize("packing", PACK)
def test_a_stream_without_its_end_shows_what_came_out(packing: str) -> None:
    data = b"".join(b"%d," % number for number in range(50_000))
    packed = PACK[packing](data)
    made = inflate(packed[:-20], packing, 1 << 20)
    assert made.fault is not None
    assert "has no end" in made.fault
    assert made.data
    assert data.startswith(made.data)
    assert "What came out before is shown." in decode(packed[:-20], packing).notes[0]
    assert "was kept" in decode(packed[:-20], packing, Context(cut=True)).notes[0]


@pytest.mark.parametrize("packing", [GZIP, ZLIB, ZSTD])
def test_a_wrong_checksum_loses_nothing(packing: str) -> None:
    packed = bytearray(zstd(RANDOM, checksum=True) if packing == ZSTD else PACK[packing](RANDOM))
    packed[-1 if packing != GZIP else -6] ^= 1
    made = inflate(bytes(packed), packing, 1 << 20)
    assert made.data == RANDOM
    assert "breaks at byte" in str(made.fault)


def test_a_broken_middle_shows_the_beginning() -> None:
    data = b"".join(b"%d," % number for number in range(100_000))
    packed = bytearray(gzip.compress(data))
    packed[len(packed) // 2 : len(packed) // 2 + 40] = b"\xff" * 40
    made = inflate(bytes(packed), GZIP, 1 << 20)
    assert made.fault is not None
    assert made.data[: len(made.data) // 2] == data[: len(made.data) // 2]


def test_streams_behind_one_another_are_one() -> None:
    assert decode(gzip.compress(b"[1,") + gzip.compress(b"2]")).source == b"[1,2]"
    assert decode(zstd(b"[1,") + zstd(b"2]")).source == b"[1,2]"
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
    assert decode(skippable + zstd(b"[2]")).source == b"[2]"


def test_what_follows_the_end_is_told_and_zeros_are_not() -> None:
    assert decode(gzip.compress(b"hi") + b"junk").notes == (
        "4 bytes behind the end of the gzip stream are not shown.",
    )
    assert decode(gzip.compress(b"hi") + bytes(100)).notes == ()
    assert decode(zlib.compress(b"hi") + b"!").notes == (
        "1 byte behind the end of the zlib stream are not shown.",
    )


@pytest.mark.parametrize(
    ("payload", "option", "message"),
    [
        (b"", "", "The payload is empty."),
        (b"hello", "", "It does not begin like gzip, zlib or Zstandard."),
        (b"hello", "gzip", "The gzip stream breaks at byte 1: incorrect header check."),
        (b"hello", "lzma", "There is no packing named “lzma” here."),
        (b"\x1f\x8b\x08\x00", "", "The gzip stream has no end: bytes are missing behind byte 4."),
    ],
    ids=range(5),
)
def test_what_is_not_packed_says_why(payload: bytes, option: str, message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(payload, option)
    assert caught.value.message == message


def test_three_times_packed_zeros_are_unpacked() -> None:
    payload = bytes(10 * 1024 * 1024)
    for _ in range(3):
        payload = gzip.compress(payload)
    assert len(payload) < 1000
    assert not UnwrapDecoder().is_quick(payload, "", NOTHING)
    document = decode(payload)
    assert document.label == "gzip → gzip → gzip → Hex"
    assert len(document.source) == 10 * 1024 * 1024


@pytest.mark.parametrize("packing", PACK)
def test_a_bomb_stops_at_the_limit(packing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unwrap_format, "INFLATION_CAP", 1 << 20)
    bomb = PACK[packing](bytes(80 << 20))
    begin = time.perf_counter()
    document = decode(bomb, packing)
    assert time.perf_counter() - begin < 10
    assert len(document.source) == 1 << 20
    assert "inflates to more than" in document.notes[0]


def test_packed_once_more_and_once_more_comes_to_an_end() -> None:
    payload = b"[1]"
    for _ in range(50):
        payload = gzip.compress(payload)
    assert decode(payload).label == "gzip → gzip → gzip → gzip → gzip → Hex"


def test_the_limit_counts_for_each_wrapping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inner, "INFLATION_CAP", 1 << 20)
    document = decode(gzip.compress(gzip.compress(bytes(8 << 20))))
    assert len(document.source) == 1 << 20


def test_a_million_empty_streams_take_no_quadratic_time() -> None:
    payload = gzip.compress(b"") * 50_000
    begin = time.perf_counter()
    assert inflate(payload, GZIP, 1 << 20).members == 50_000
    assert time.perf_counter() - begin < 10


def test_a_huge_window_is_refused() -> None:
    with pytest.raises(DecodeError):
        decode(b"\x28\xb5\x2f\xfd" + bytes([0x00, (31 - 10) << 3]) + b"\x03\x00\x00")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python has Zstandard itself")
def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = zstd(JSON)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(DecodeError, match=r"pip install 'mqtt-explorer-qt\[formats\]'"):
        decode(packed)
    assert UnwrapDecoder().is_quick(packed, "", NOTHING)


def test_the_first_page_of_a_large_payload() -> None:
    packed = gzip.compress(b"[" + b",".join(b"%d" % number for number in range(100_000)) + b"]")
    page = UnwrapDecoder().first_page(packed, "", NOTHING)
    assert page is not None
    assert (page.label, page.complete) == ("gzip → JSON", False)
    assert decode(packed).source.startswith(page.source)


def test_small_ones_are_quick() -> None:
    assert UnwrapDecoder().is_quick(gzip.compress(JSON), "", NOTHING)
    assert not UnwrapDecoder().is_quick(gzip.compress(bytes(1 << 20)), "", NOTHING)


def test_the_menu_says_what_has_no_header() -> None:
    assert UnwrapDecoder().objection(b"hello", NOTHING) == "no gzip, zlib or zstd header"
    assert UnwrapDecoder().objection(b"", NOTHING) == "empty"


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(PACK)), st.binary(max_size=300), st.data())
def test_every_damage_is_survived(packing: str, data: bytes, draw: st.DataObject) -> None:
    packed = bytearray(PACK[packing](data))
    for at in draw.draw(st.lists(st.integers(0, len(packed) - 1), max_size=3)):
        packed[at] ^= draw.draw(st.integers(0, 255))
    try:
        inflate(bytes(packed), packing, 1 << 20)
    except DecodeError:
        pass
