# SPDX-License-Identifier: MIT
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties as PahoProperties

from mqtt_explorer.protocol.properties import (
    PROPERTIES,
    Properties,
    PropertyError,
    decode_properties,
    read_varint,
    subscription_identifiers,
)

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
BYTE = st.integers(0, 1)
TWO = st.integers(1, 0xFFFF)
FOUR = st.integers(1, 0xFFFF_FFFF)
PUBLISH = {
    "PayloadFormatIndicator": BYTE,
    "MessageExpiryInterval": FOUR,
    "ContentType": TEXT,
    "ResponseTopic": TEXT,
    "CorrelationData": st.binary(max_size=300),
    "SubscriptionIdentifier": st.lists(st.integers(1, 268_435_455), min_size=1, max_size=4),
    "TopicAlias": TWO,
    "UserProperty": st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5),
}
CONNACK = {
    "SessionExpiryInterval": FOUR,
    "AssignedClientIdentifier": TEXT,
    "ServerKeepAlive": TWO,
    "AuthenticationMethod": TEXT,
    "AuthenticationData": st.binary(max_size=50),
    "ResponseInformation": TEXT,
    "ServerReference": TEXT,
    "ReasonString": TEXT,
    "ReceiveMaximum": TWO,
    "TopicAliasMaximum": TWO,
    "MaximumQoS": BYTE,
    "RetainAvailable": BYTE,
    "UserProperty": st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5),
    "MaximumPacketSize": st.integers(1, 268_435_455),  # paho allows no more
    "WildcardSubscriptionAvailable": BYTE,
    "SubscriptionIdentifierAvailable": BYTE,
    "SharedSubscriptionAvailable": BYTE,
}
WILL = {"WillDelayInterval": FOUR}
CONNECT = {"RequestProblemInformation": BYTE, "RequestResponseInformation": BYTE}
PACKETS = [
    (PacketTypes.PUBLISH, PUBLISH),
    (PacketTypes.CONNACK, CONNACK),
    (PacketTypes.WILLMESSAGE, WILL),
    (PacketTypes.CONNECT, CONNECT),
]


def our_name(paho_name):
    words = "".join(f"_{ch.lower()}" if ch.isupper() else ch for ch in paho_name.replace("QoS", "Qos")).strip(
        "_"
    )
    return words.replace("identifier_available", "identifiers_available")


def packed(packet_type, values):
    """The property block as paho writes it, without its length."""
    properties = PahoProperties(packet_type)
    for name, value in values.items():
        for single in value if isinstance(value, list) else [value]:
            setattr(properties, name, single)
    raw = properties.pack()
    length, start = read_varint(raw, 0)
    assert length == len(raw) - start
    return raw[start:]


@given(st.data())
@pytest.mark.parametrize(("packet_type", "known"), PACKETS)
def test_decodes_what_paho_packs(packet_type, known, data):
    values = data.draw(st.fixed_dictionaries({}, optional=known))
    decoded = decode_properties(packed(packet_type, values))
    for name, value in values.items():
        found = [single for key, single in decoded.items if key == our_name(name)]
        assert found == (value if isinstance(value, list) else [value])
    assert len(decoded.items) == sum(len(v) if isinstance(v, list) else 1 for v in values.values())


def test_every_property_of_the_specification_is_known():
    spec = {
        0x01,
        0x02,
        0x03,
        0x08,
        0x09,
        0x0B,
        0x11,
        0x12,
        0x13,
        0x15,
        0x16,
        0x17,
        0x18,
        0x19,
        0x1A,
        0x1C,
        0x1F,
    } | set(range(0x21, 0x2B))
    assert set(PROPERTIES) == spec
    assert len({name for name, _ in PROPERTIES.values()}) == len(spec)
    tried = {our_name(name) for _, known in PACKETS for name in known}
    assert tried == {name for name, _ in PROPERTIES.values()}


@given(st.data())
def test_a_block_cut_anywhere_is_an_error_or_a_shorter_block(data):
    raw = packed(PacketTypes.PUBLISH, data.draw(st.fixed_dictionaries(PUBLISH)))
    whole = decode_properties(raw).items
    end = data.draw(st.integers(0, len(raw) - 1))
    try:
        part = decode_properties(raw[:end]).items
    except PropertyError:
        return
    assert part == whole[: len(part)]
    assert len(part) < len(whole)


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_raise_a_property_error(raw):
    try:
        items = decode_properties(raw).items
    except PropertyError:
        return
    assert bool(items) == bool(raw)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\x00", "0x00 does not exist"),
        (b"\x7f\x00", "0x7f does not exist"),
        (b"\x01", "number is cut off"),
        (b"\x02\x00\x00\x00", "number is cut off"),
        (b"\x03\x00", "cut off"),
        (b"\x03\x00\x05abc", "cut off"),
        (b"\x09\xff\xff", "cut off"),
        (b"\x0b", "length is cut off"),
        (b"\x0b\x80\x80", "length is cut off"),
        (b"\x0b\x80\x80\x80\x80\x01", "longer than four bytes"),
        (b"\x03\x00\x01\xff", "UTF-8"),
        (b"\x03\x00\x03\xed\xa0\x80", "UTF-8"),
        (b"\x26\x00\x01k", "cut off"),
    ],
)
def test_says_what_is_malformed(raw, words):
    with pytest.raises(PropertyError) as caught:
        decode_properties(raw)
    assert words in caught.value.message


@pytest.mark.parametrize("unit", [b"\x26\x00\x00\x00\x00", b"\x0b\x01", b"\x03\x00\x00"])
def test_half_a_megabyte_of_tiny_properties_takes_linear_time(unit):
    count = 500_000 // len(unit)
    start = time.perf_counter()
    items = decode_properties(unit * count).items
    assert time.perf_counter() - start < 1.0
    assert len(items) == count


def test_reads_varints_at_their_limits():
    for value, raw in ((0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (268_435_455, b"\xff\xff\xff\x7f")):
        assert read_varint(b"x" + raw + b"y", 1) == (value, 1 + len(raw))


def test_access_by_name():
    properties = Properties(
        (
            ("content_type", "a"),
            ("user_property", ("k", "v")),
            ("user_property", ("k", "w")),
            ("topic_alias", 3),
        )
    )
    assert properties.get("content_type") == "a"
    assert properties.get("reason_string") is None
    assert properties.text("content_type") == "a"
    assert properties.text("topic_alias") is None
    assert properties.number("topic_alias") == 3
    assert properties.number("content_type") is None
    assert properties.user == (("k", "v"), ("k", "w"))


def test_subscription_identifiers_in_order():
    assert subscription_identifiers(b"") == ()
    assert subscription_identifiers(b"\x0b\x05\x01\x00\x0b\x80\x01") == (5, 128)
    with pytest.raises(PropertyError):
        subscription_identifiers(b"\x0b")
