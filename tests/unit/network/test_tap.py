# SPDX-License-Identifier: MIT
"""The tap on what no broker sends: each bad message costs that message, only broken framing costs the connection."""

from __future__ import annotations

import time

import pytest

from mqtt_explorer.network.held import Held
from mqtt_explorer.network.tap import MAX_ALIAS_BYTES, MAX_CONTROL_PACKET, RAW_KEPT, FrameSplitter
from mqtt_explorer.protocol.options import MIB, ProtocolVersion
from tests.support.mqtt_peer import answer, connack, packet, publish, text, varint

V5, V311 = ProtocolVersion.V5, ProtocolVersion.V311
GOOD = publish("good", b"1")
ALIAS = b"\x23"


def splitter(version=V5, cap=64 * MIB, held=None, aliases=10):
    return FrameSplitter(version, cap, Held() if held is None else held, topic_alias_maximum=aliases)


def alias(number):
    """A topic alias as property block."""
    return ALIAS + number.to_bytes(2, "big")


def buffered(tap):
    """Bytes of an unfinished packet held at the moment."""
    return tap._have if tap._oversize is None else len(tap._oversize.head)


def topics(feed):
    return [frame[1] for frame in feed.frames]


def no_properties(first, topic, payload=b""):
    """A 3.1.1 PUBLISH of QoS 0."""
    return packet(first, text(topic) + payload)


# name, packet, a word of the reason, packet id that is acknowledged (0: none can be)
BAD = [
    ("utf8", publish(b"a/\xff/b", b"x", qos=1, packet_id=7), "not valid UTF-8", 7),
    ("surrogate", publish(b"\xed\xa0\x80", b"x", qos=1, packet_id=7), "not valid UTF-8", 7),
    ("overlong", publish(b"\xc0\xaf", b"x", qos=1, packet_id=7), "not valid UTF-8", 7),
    ("plus", publish("a/+", b"x", qos=1, packet_id=7), "wildcard", 7),
    ("hash", publish("a/#", b"x", qos=1, packet_id=7), "wildcard", 7),
    ("nul", publish("a\0b", b"x", qos=1, packet_id=7), "NUL", 7),
    ("empty", publish("", b"x", qos=1, packet_id=7), "empty", 7),
    ("alias 0", publish("t", qos=1, packet_id=7, properties=ALIAS + b"\0\0"), "alias is 0", 7),
    ("alias unknown", publish("", qos=1, packet_id=7, properties=ALIAS + b"\0\x05"), "stands for nothing", 7),
    ("property unknown", publish("t", qos=1, packet_id=7, properties=b"\x7f\0"), "0x7f does not exist", 7),
    ("property cut off", publish("t", qos=1, packet_id=7, properties=b"\x26\0\x09a"), "cut off", 7),
    ("property text", publish("t", qos=1, packet_id=7, properties=b"\x03\0\x01\xff"), "UTF-8", 7),
    ("block too long", packet(0x32, text("t") + b"\0\x07" + varint(900) + b"xx"), "longer than the packet", 7),
    ("block length missing", packet(0x32, text("t") + b"\0\x07"), "length of its properties", 7),
    ("block length endless", packet(0x32, text("t") + b"\0\x07" + b"\xff" * 9), "length of its properties", 7),
    ("id 0", publish("t", b"x", qos=1, packet_id=0), "identifier 0", 0),
    ("id missing", packet(0x32, text("t")), "ends before", 0),
    ("id half", packet(0x32, text("t") + b"\0"), "ends before", 0),
    ("topic cut off", packet(0x32, b"\x00\x20short"), "ends before", 0),
    ("one byte", packet(0x32, b"\x00"), "ends before", 0),
    ("nothing", packet(0x32), "ends before", 0),
    ("qos 3", packet(0x36, text("t") + b"\0\x07\0"), "QoS 3", 0),
]  # fmt: skip
IDS = [each[0] for each in BAD]


@pytest.mark.parametrize(("bad", "words", "packet_id"), [each[1:] for each in BAD], ids=IDS)
def test_a_bad_message_at_qos_1_costs_itself_is_acknowledged_and_has_its_place(bad, words, packet_id):
    feed = splitter().feed(GOOD + bad + GOOD)
    assert topics(feed) == [b"good", b"good"]
    assert feed.broken is None
    (listed,) = feed.malformed
    assert words in listed.reason
    assert (listed.raw, listed.position, listed.size) == (bad, 1, len(bad))
    assert bytes(feed.acks) == (answer(0x40, packet_id) if packet_id else b"")
    assert feed.wire_bytes == 2 * len(GOOD)


@pytest.mark.parametrize(("bad", "words", "packet_id"), [each[1:] for each in BAD[:-1]], ids=IDS[:-1])
def test_a_bad_message_at_qos_2_is_answered_through_both_steps_and_listed_once(bad, words, packet_id):
    tap = splitter()
    bad = bytes([0x34]) + bad[1:]
    again = bytes([0x3C]) + bad[1:]
    first, second, third = tap.feed(bad), tap.feed(again), tap.feed(answer(0x62, 7))
    assert words in first.malformed[0].reason
    assert len(second.malformed) == (0 if packet_id else 1)
    assert not third.frames
    assert bytes(first.acks) == (answer(0x50, 7) if packet_id else b"")
    assert bytes(third.acks) == (answer(0x70, 7) if packet_id else answer(0x70, 7, b"\x92"))


@pytest.mark.parametrize(("bad", "words", "packet_id"), [each[1:] for each in BAD], ids=IDS)
def test_a_bad_message_fed_byte_by_byte_gives_the_same(bad, words, packet_id):
    tap = splitter()
    stream = GOOD + bad + GOOD
    feeds = [tap.feed(stream[i : i + 1]) for i in range(len(stream))]
    assert sum(len(feed.frames) for feed in feeds) == 2
    assert [words in each.reason for feed in feeds for each in feed.malformed] == [True]
    assert b"".join(bytes(feed.acks) for feed in feeds) == (answer(0x40, packet_id) if packet_id else b"")
    assert buffered(tap) == 0


@pytest.mark.parametrize("topic", [b"\xff", b"+", b"a/#", b"", b"\0"])
@pytest.mark.parametrize("version", [V5, V311])
def test_a_bad_topic_at_qos_0(version, topic):
    bad = publish(topic, b"x") if version is V5 else no_properties(0x30, topic, b"x")
    feed = splitter(version).feed(bad * 3)
    assert not feed.frames
    assert not feed.acks
    assert [each.position for each in feed.malformed] == [0, 0, 0]


def test_of_a_large_bad_message_the_start_is_kept_and_the_size_is_true():
    bad = publish(b"\xff", b"x" * 500_000)
    (listed,) = splitter().feed(bad).malformed
    assert listed.raw == bad[:RAW_KEPT]
    assert listed.size == len(bad)


def test_topic_aliases_stand_for_their_last_topic():
    tap = splitter()
    one, two = ALIAS + b"\0\x01", ALIAS + b"\0\x02"
    feed = tap.feed(
        publish("a", properties=one) + publish("b", properties=two) + publish("", properties=one)
        + publish("", properties=two) + publish("c", properties=one) + publish("", properties=one)
    )  # fmt: skip
    assert topics(feed) == [b"a", b"b", b"a", b"b", b"c", b"c"]
    assert not feed.malformed


def test_a_bad_topic_gives_its_alias_no_meaning_and_a_new_connection_starts_without():
    one = ALIAS + b"\0\x01"
    tap = splitter()
    assert len(tap.feed(publish("a/#", properties=one) + publish("", properties=one)).malformed) == 2
    assert topics(tap.feed(publish("a", properties=one) + publish("", properties=one))) == [b"a", b"a"]
    assert len(splitter().feed(publish("", properties=one)).malformed) == 1


@pytest.mark.parametrize(
    ("maximum", "used", "words"),
    [(0, 1, "none is allowed"), (2, 3, "only 1 to 2 are allowed"), (65_534, 65_535, "only 1 to 65534 are")],
)
@pytest.mark.parametrize("topic", ["a", ""])
@pytest.mark.parametrize("qos", [0, 1])
def test_an_alias_above_what_was_allowed_is_told_as_a_protocol_error(maximum, used, words, topic, qos):
    bad = publish(topic, b"1", qos=qos, packet_id=7, properties=alias(used))
    feed = splitter(aliases=maximum).feed(GOOD + bad + GOOD)
    assert topics(feed) == [b"good", b"good"]
    assert f"topic alias {used}, but {words}" in feed.malformed[0].reason
    assert bytes(feed.acks) == (answer(0x40, 7) if qos else b"")
    assert feed.broken is None


def test_without_being_asked_for_no_alias_is_allowed():
    feed = FrameSplitter(V5, MIB, Held()).feed(publish("a", properties=alias(1)))
    assert "none is allowed" in feed.malformed[0].reason


def test_the_highest_alias_is_allowed():
    both = publish("a", properties=alias(65_535)) + publish("", properties=alias(65_535))
    assert topics(splitter(aliases=65_535).feed(both)) == [b"a", b"a"]


@pytest.mark.parametrize("qos", [0, 1])
def test_the_topics_behind_aliases_are_bounded_in_bytes(qos):
    tap = splitter(aliases=65_535)
    fits = MAX_ALIAS_BYTES // 60_000
    for number in range(1, fits + 1):
        feed = tap.feed(publish("x" * 59_990 + f"{number:010}", properties=alias(number)))
        assert (len(feed.frames), feed.broken) == (1, None)
    # another meaning for an alias takes the place of the old one
    for number in range(100):
        assert tap.feed(publish("y" * 59_990 + f"{number:010}", properties=alias(1))).broken is None
    last = publish("z" * 60_000, qos=qos, packet_id=7, properties=alias(fits + 1))
    feed = tap.feed(GOOD + last + GOOD)
    assert topics(feed) == [b"good"]
    assert "more than 16 MiB" in feed.broken
    assert not feed.acks


def test_a_message_above_the_cap_can_break_the_stream_by_its_alias(monkeypatch):
    monkeypatch.setattr("mqtt_explorer.network.tap.MAX_ALIAS_BYTES", 10)
    tap = splitter(cap=1000)
    big = publish("far too long", bytes(300_000), properties=alias(1))
    assert tap.feed(big[:100_000]).broken is None
    feed = tap.feed(big[100_000:] + GOOD)
    assert "topic aliases" in feed.broken
    assert not feed.frames


@pytest.mark.parametrize("kind", [0x00, 0x10, 0x82, 0xA2, 0xC0])
def test_what_only_clients_send_breaks_the_stream_after_what_came_before(kind):
    feed = splitter().feed(GOOD + packet(kind) + GOOD)
    assert topics(feed) == [b"good"]
    assert f"type {kind >> 4}, which no broker sends" in feed.broken


def test_a_length_of_five_bytes_breaks_the_stream():
    feed = splitter().feed(GOOD + b"\x30\x80\x80\x80\x80\x01rest")
    assert topics(feed) == [b"good"]
    assert "more than four bytes" in feed.broken


@pytest.mark.parametrize("whole", [True, False])
def test_a_control_packet_above_a_mebibyte_breaks_the_stream(whole):
    huge = packet(0x90, bytes(MAX_CONTROL_PACKET + 1))
    assert "control packet of 1,048,577 bytes" in splitter().feed(huge if whole else huge[:100]).broken


def test_a_pubrel_without_identifier_breaks_the_stream():
    assert "PUBREL" in splitter().feed(packet(0x62, b"\0")).broken


@pytest.mark.parametrize(("version", "expected"), [(V5, answer(0x70, 9, b"\x92")), (V311, answer(0x70, 9))])
def test_a_pubrel_for_an_unknown_identifier_is_answered(version, expected):
    assert bytes(splitter(version).feed(answer(0x62, 9)).acks) == expected


def test_qos_2_counts_once_and_at_its_pubrel():
    tap = splitter()
    message = publish("a", b"1", qos=2, packet_id=3)
    first = tap.feed(message + publish("a", b"1", qos=2, packet_id=3, flags=8) + GOOD)
    assert topics(first) == [b"good"]
    assert bytes(first.acks) == answer(0x50, 3) * 2
    assert first.wire_bytes == len(GOOD)
    second = tap.feed(answer(0x62, 3) + answer(0x62, 3))
    assert topics(second) == [b"a"]
    assert second.wire_bytes == len(message)  # the memory estimate of the store starts from it
    assert bytes(second.acks) == answer(0x70, 3) + answer(0x70, 3, b"\x92")


def test_held_messages_outlive_the_connection_when_the_session_does():
    held = Held()
    splitter(held=held).feed(publish("a", b"1", qos=2, packet_id=3))
    feed = splitter(held=held).feed(connack(session=True) + answer(0x62, 3))
    assert topics(feed) == [b"a"]


@pytest.mark.parametrize("v5", [True, False])
def test_a_connack_without_session_forgets_them(v5):
    held = Held()
    version = V5 if v5 else V311
    splitter(version, held=held).feed(publish("a", qos=2, packet_id=3, properties=b"" if v5 else None))
    assert held
    assert not splitter(version, held=held).feed(connack(v5=v5) + answer(0x62, 3)).frames


@pytest.mark.parametrize(("v5", "code"), [(True, 0x88), (False, 3)])
def test_a_refusing_connack_forgets_nothing(v5, code):
    held = Held()
    version = V5 if v5 else V311
    splitter(version, held=held).feed(publish("a", qos=2, packet_id=3, properties=b"" if v5 else None))
    splitter(version, held=held).feed(connack(code, v5=v5))
    assert topics(splitter(version, held=held).feed(connack(session=True, v5=v5) + answer(0x62, 3))) == [b"a"]


@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("version", [V5, V311])
def test_above_the_cap_the_first_mebibyte_is_kept_and_the_stream_goes_on(version, qos):
    tap = splitter(version, cap=3 * MIB)
    properties = b"" if version is V5 else None
    payload = bytes(range(256)) * 4096 + bytes(7 * MIB)
    big = publish("big", payload, qos=qos, packet_id=5, properties=properties)
    after = publish("good", b"1", properties=properties)
    stream = big + after + (answer(0x62, 5) if qos == 2 else b"")
    frames, acks, peak, wire, truncated = [], b"", 0, 0, 0
    for at in range(0, len(stream), 65_536):
        feed = tap.feed(stream[at : at + 65_536])
        frames += feed.frames
        acks += feed.acks
        wire += feed.wire_bytes
        truncated += feed.truncated
        peak = max(peak, buffered(tap))
    by_topic = {frame[1]: frame for frame in frames}
    assert by_topic[b"big"][3] == payload[:MIB]
    assert by_topic[b"big"][4] == len(payload)
    assert by_topic[b"good"][3] == b"1"
    assert truncated == 1
    assert acks == [b"", answer(0x40, 5), answer(0x50, 5) + answer(0x70, 5)][qos]
    assert peak < 2.2 * MIB
    assert MIB < wire < 1.1 * MIB


def test_a_bad_topic_above_the_cap_costs_only_itself():
    tap = splitter(cap=1000)
    big = publish(b"\xff", bytes(300_000), qos=1, packet_id=5)
    feeds = [tap.feed(part) for part in (big[:100], big[100:200_000], big[200_000:] + GOOD)]
    assert topics(feeds[-1]) == [b"good"]
    assert bytes(feeds[-1].acks) == answer(0x40, 5)
    assert feeds[-1].malformed[0].size == len(big)


def test_exactly_at_the_cap_nothing_is_cut():
    payload = bytes(1000)
    for size, kept in ((1000, 1000), (1001, 1000)):
        feed = splitter(cap=1000).feed(publish("t", payload[:size] + bytes(size - 1000)))
        assert len(feed.frames[0][3]) == kept
        assert feed.truncated == (size > 1000)


def test_a_topic_of_32_768_levels_and_one_of_65_535_bytes():
    deep, long = b"/" * 32_767, b"x" * 65_535
    assert topics(splitter().feed(publish(deep, b"1") + publish(long, b"2"))) == [deep, long]


def test_a_hundred_thousand_siblings_are_each_themselves():
    names = [b"s/%d" % number for number in range(100_000)]
    stream = b"".join(publish(name, b"1") for name in names)
    tap = splitter()
    got = [
        frame[1]
        for at in range(0, len(stream), 65_536)
        for frame in tap.feed(stream[at : at + 65_536]).frames
    ]
    assert got == names


def test_half_a_megabyte_of_user_properties_takes_no_time_to_speak_of():
    properties = b"\x26\0\0\0\0" * 100_000
    started = time.perf_counter()
    feed = splitter().feed(publish("t", b"1", properties=properties))
    assert time.perf_counter() - started < 1
    assert feed.frames[0][2] == properties


def test_control_packets_come_out_whole_and_in_order():
    tap = splitter()
    stream = connack() + answer(0x90, 1, b"\0\0") + GOOD + b"\xd0\0" + answer(0x40, 2)
    got = [packet for at in range(0, len(stream), 3) for packet in tap.feed(stream[at : at + 3]).control]
    assert got == [connack(), answer(0x90, 1, b"\0\0"), b"\xd0\0", answer(0x40, 2)]


@pytest.mark.parametrize("version", [V5, V311])
def test_long_topics_are_not_remembered(version):
    tap = splitter(version)
    properties = b"" if version is V5 else None
    for number in range(50):
        assert tap.feed(publish("a" * 60_000 + str(number), properties=properties)).frames
    assert not tap._known
    tap.feed(publish("short", properties=properties))
    assert list(tap._known) == [b"short"]
