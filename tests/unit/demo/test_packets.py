# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.demo import packets


def test_connect_is_the_packet_of_the_specification():
    assert packets.connect("ab", 30) == b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x1e\x00\x02ab"


def test_publish_at_qos_0_has_no_packet_id():
    assert packets.publish("a/b", b"hi") == b"\x30\x07\x00\x03a/bhi"


def test_publish_at_qos_1_retained_has_a_packet_id():
    assert packets.publish("a", b"x", qos=1, retain=True, packet_id=258) == b"\x33\x06\x00\x01a\x01\x02x"


def test_subscribe_has_the_reserved_flag_set():
    assert packets.subscribe("#", 1) == b"\x82\x06\x00\x01\x00\x01#\x00"


@pytest.mark.parametrize(
    ("size", "length"),
    [(125, b"\x7f"), (126, b"\x80\x01"), (16_382, b"\x80\x80\x01"), (2_097_150, b"\x80\x80\x80\x01")],
)
def test_length_is_encoded_in_as_few_bytes_as_needed(size, length):
    assert packets.publish("", bytes(size))[1 : 1 + len(length) + 1] == length + b"\0"


@given(st.text(max_size=20), st.binary(max_size=400), st.integers(0, 1), st.booleans(), st.integers(1, 50))
def test_what_is_written_in_pieces_is_read_back(topic, payload, qos, retain, piece):
    data = packets.publish(topic, payload, qos=qos, retain=retain, packet_id=7) + packets.PINGREQ
    buffer, found = bytearray(), []
    for start in range(0, len(data), piece):
        buffer += data[start : start + piece]
        while (packet := packets.take_packet(buffer)) is not None:
            found.append(packet)
    assert packets.read_publish(*found[0]) == (topic, payload)
    assert found[1:] == [(0xC0, b"")]
    assert not buffer


def test_a_length_of_five_bytes_is_refused():
    with pytest.raises(ValueError, match="four bytes"):
        packets.take_packet(bytearray(b"\x30\xff\xff\xff\xff\x01"))
