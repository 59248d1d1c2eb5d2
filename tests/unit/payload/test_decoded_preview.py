# SPDX-License-Identifier: MIT
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.payload.decoded_preview import LARGEST, decoded_preview
from mqtt_explorer.payload.registry import DECODERS

MSGPACK = msgspec.msgpack.encode({"value": 21.5, "on": True})


def test_what_was_chosen_stands_in_one_line():
    made = decoded_preview(b"a", MSGPACK, len(MSGPACK), "msgpack")
    assert (made.text, made.kind) == ('{ "value": 21.5, "on": true }', "json")
    payload = struct.pack(">2H", 7, 9)
    assert "7" in decoded_preview(b"a", payload, 4, "numbers:uint16:be").text
    assert decoded_preview(b"a", "é".encode("latin-1"), 1, "text:latin-1").text == "é"


@pytest.mark.parametrize("choice", ["auto", "text", "json", "hex"])
def test_the_bytes_preview_is_as_good(choice):
    assert decoded_preview(b"a", b"[1]", 3, choice) is None


def test_what_fails_is_cut_or_large_has_the_preview_of_its_bytes():
    assert decoded_preview(b"a", b"\xc1", 1, "msgpack") is None
    assert decoded_preview(b"a", MSGPACK, len(MSGPACK) + 1, "msgpack") is None
    assert decoded_preview(b"a", b"\x93" + bytes(LARGEST), LARGEST + 1, "msgpack") is None
    assert decoded_preview(b"a", b"", 0, "msgpack") is None


@given(st.binary(max_size=80), st.sampled_from([decoder.name for decoder in DECODERS]))
def test_any_bytes_and_decoder(payload, choice):
    made = decoded_preview(b"a/b", payload, len(payload), choice)
    assert made is None or (len(made.text) <= 120 and made.text.isprintable())
