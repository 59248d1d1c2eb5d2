# SPDX-License-Identifier: MIT
"""The tap held against paho: the same bytes, split anywhere, give the same messages and the same acknowledgements."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties as PahoProperties

from mqtt_explorer.network.held import Held
from mqtt_explorer.network.tap import FrameSplitter
from mqtt_explorer.protocol.options import MIB, ProtocolVersion
from mqtt_explorer.protocol.properties import decode_properties, read_varint

CASES = 400


class Wire:
    """A socket that serves given bytes and records what is written."""

    def __init__(self, cuts):
        self.cuts = list(cuts)
        self.written = bytearray()

    def recv(self, size):
        if not self.cuts:
            raise BlockingIOError
        data, rest = self.cuts[0][:size], self.cuts[0][size:]
        if rest:
            self.cuts[0] = rest
        else:
            self.cuts.pop(0)
        return bytes(data)

    def send(self, data):
        self.written += data
        return len(data)

    def pending(self):
        return 0

    def fileno(self):
        return -1

    def setblocking(self, flag):
        pass

    def close(self):
        pass


class PahoOnBytes(Client):
    def __init__(self, version, wire):
        super().__init__(
            CallbackAPIVersion.VERSION2, client_id="d", protocol=version.value, reconnect_on_failure=False
        )
        self.wire = wire

    def _create_socket(self):
        return self.wire


def through_paho(version, cuts):
    wire = Wire([])
    client = PahoOnBytes(version, wire)
    heard = []

    def on_message(_client, _userdata, message):
        packed = message.properties.pack() if version is ProtocolVersion.V5 else b"\0"
        properties = packed[read_varint(packed, 0)[1] :]
        heard.append((message.topic, bytes(message.payload), message.qos, bool(message.retain), properties))

    client.on_message = on_message
    client.connect_async("127.0.0.1", 1883)
    client.reconnect()
    wire.cuts = [b"\x20\x03\x00\x00\x00" if version is ProtocolVersion.V5 else b"\x20\x02\x00\x00"]
    client.loop_read()
    wire.written.clear()
    wire.cuts = list(cuts)
    while wire.cuts:
        client.loop_read()
    client.loop_read()  # after 100 short reads paho pauses, even behind the last byte of a packet
    written = bytes(wire.written)
    client.on_message = None
    return heard, written


def through_the_tap(version, cuts, cap=64 * MIB):
    splitter = FrameSplitter(version, cap, Held())
    heard, written = [], bytearray()
    for cut in cuts:
        feed = splitter.feed(bytes(cut))
        assert feed.broken is None
        assert not feed.malformed
        for flags, topic, properties, payload, size in feed.frames:
            assert size == len(payload)
            heard.append((topic.decode(), payload, (flags & 6) >> 1, bool(flags & 1), properties))
        written += feed.acks
    assert not splitter._parts
    assert splitter._oversize is None
    return heard, bytes(written)


topics = st.text(
    st.characters(codec="utf-8", exclude_characters="+#\0", exclude_categories=("Cs", "Cc", "Cn")),
    min_size=1,
    max_size=20,
)
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn")), max_size=10)


@st.composite
def paho_properties(draw):
    properties = PahoProperties(PacketTypes.PUBLISH)
    if draw(st.booleans()):
        properties.ContentType = draw(texts)
    if draw(st.booleans()):
        properties.UserProperty = draw(st.lists(st.tuples(texts, texts), min_size=1, max_size=3))
    if draw(st.booleans()):
        properties.MessageExpiryInterval = draw(st.integers(0, 2**32 - 1))
    if draw(st.booleans()):
        properties.CorrelationData = draw(st.binary(max_size=10))
    return properties.pack()


@st.composite
def publishes(draw, version):
    """One message with its handshake: for QoS 2 the PUBREL follows at once or after the next message."""
    qos = draw(st.integers(0, 2))
    topic = draw(topics).encode()
    body = len(topic).to_bytes(2, "big") + topic
    if qos:
        body += b"\0\0"
    head = 0x30 | qos << 1 | draw(st.booleans()) | (8 if qos and draw(st.booleans()) else 0)
    if version is ProtocolVersion.V5:
        body += draw(paho_properties()) if draw(st.booleans()) else b"\0"
    size = draw(st.sampled_from([0, 1, 5, 100, 120, 127, 128, 300, 16_383, 17_000]))
    payload = draw(st.binary(min_size=min(size, 8), max_size=min(size, 8))) * (size // 8 + 1)
    return head, body, payload[:size], len(topic)


def packet(head, body):
    length, out = len(body), bytearray()
    while True:
        byte, length = length & 127, length >> 7
        out.append(byte | 128 if length else byte)
        if not length:
            return bytes([head]) + bytes(out) + body


@st.composite
def streams(draw, version):
    data, owed = b"", []
    for packet_id, (head, body, payload, topic_size) in enumerate(
        draw(st.lists(publishes(version), min_size=1, max_size=8)), 1
    ):
        if head & 6:
            at = 2 + topic_size
            body = body[:at] + packet_id.to_bytes(2, "big") + body[at + 2 :]
        data += packet(head, body + payload)
        if head & 6 == 4:
            owed.append(packet(0x62, packet_id.to_bytes(2, "big")))
        if owed and draw(st.booleans()):
            data += owed.pop(draw(st.integers(0, len(owed) - 1)))
    data += b"".join(owed)
    marks = sorted(draw(st.lists(st.integers(1, max(1, len(data) - 1)), max_size=12, unique=True)))
    if draw(st.integers(0, 9)) == 0 and len(data) < 2_000:
        marks = list(range(1, len(data)))  # byte by byte
    cuts = [data[a:b] for a, b in zip([0, *marks], [*marks, len(data)], strict=True)]
    return [cut for cut in cuts if cut]


def same(version, heard):
    """paho packs the properties again in an order of its own, so they are compared as sets of decoded items."""
    if version is ProtocolVersion.V311:
        return heard
    return [(*rest, sorted(map(repr, decode_properties(properties).items))) for *rest, properties in heard]


@pytest.mark.parametrize("version", list(ProtocolVersion))
def test_same_messages_and_acknowledgements(version):
    @settings(max_examples=CASES, deadline=None, phases=(Phase.generate, Phase.shrink))
    @given(streams(version))
    def check(cuts):
        ours, our_acks = through_the_tap(version, cuts)
        theirs, their_acks = through_paho(version, cuts)
        assert same(version, ours) == same(version, theirs)
        assert our_acks == their_acks

    check()


@pytest.mark.parametrize("version", list(ProtocolVersion))
def test_a_small_cap_cuts_the_payload_and_nothing_else(version):
    @settings(max_examples=100, deadline=None)
    @given(streams(version))
    def check(cuts):
        whole = FrameSplitter(version, 64 * MIB, Held())
        capped = FrameSplitter(version, 120, Held())
        expected = [frame for cut in cuts for frame in whole.feed(cut).frames]
        got = [frame for cut in cuts for frame in capped.feed(cut).frames]
        assert [(f, t, p, s) for f, t, p, _, s in got] == [(f, t, p, s) for f, t, p, _, s in expected]
        for ours, full in zip(got, expected, strict=True):
            assert full[3].startswith(ours[3])
            assert len(ours[3]) == (ours[4] if ours[4] <= 120 else 120)

    check()
