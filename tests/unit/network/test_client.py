# SPDX-License-Identifier: MIT
"""The client against a scripted peer: what brokers do wrong, and what they refuse."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mqtt_explorer.network.dialer import dial
from mqtt_explorer.network.faults import FaultKind, LinkFault
from mqtt_explorer.network.outbox import RequestLost
from mqtt_explorer.network.refusal import ConnackRefused
from mqtt_explorer.network.unsent import UnsentState
from mqtt_explorer.protocol.limits import Limits
from mqtt_explorer.protocol.options import MIB, ProtocolVersion
from mqtt_explorer.protocol.requests import PublishRequest, RequestError, Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from tests.support.mqtt_peer import (
    PINGRESP,
    accepts,
    answer,
    client_of,
    connack,
    in_turn,
    packet,
    publish,
    publish_id,
    read_exactly,
    read_kind,
    read_packet,
    text,
    until,
    varint,
)
from tests.support.scripted_peer import hangs_up, mute, says

V311 = ProtocolVersion.V311
GOOD = publish("good", b"1")


def sends(*parts):
    """A script that sends the parts and records what the client sent in `script.heard`."""

    def script(sock):
        for part in parts:
            sock.sendall(part)
        while True:
            script.heard.append(read_packet(sock))
            if script.heard[-1][0] == 0xC0:
                sock.sendall(PINGRESP)

    script.heard = []
    return script


def heard_but_pings(script):
    return [each for each in script.heard if each[0] not in (0xC0, 0xE0)]


# --- CONNECT and CONNACK --------------------------------------------------------------------------------------------

REFUSALS_5 = [
    (0x80, "gives no reason", None), (0x81, "could not read a packet", None), (0x82, "rules of MQTT were broken", None),
    (0x84, "Choose the other version", "version"), (0x85, "client id", "client_id"), (0x86, "user name and password", "password"),
    (0x87, "does not let this client in", None), (0x88, "not available", None), (0x89, "too busy", None), (0x8A, "banned", None),
    (0x8C, "way to sign in", None), (0x90, "topic of the Last Will", "will.topic"), (0x95, "larger than", None), (0x97, "limit", None),
    (0x99, "payload", "will.payload_is_text"), (0x9A, "retained", "will.retain"), (0x9B, "QoS", "will.qos"), (0x9C, "another server", "url"),
    (0x9D, "moved", "url"), (0x9F, "too fast", None), (0xEE, "unknown reason code 0xee", None),
]  # fmt: skip
REFUSALS_311 = [
    (1, 0x84, "version"), (2, 0x85, "client_id"), (3, 0x88, None), (4, 0x86, "password"), (5, 0x87, None), (99, 0x80, None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "words", "field"), REFUSALS_5)
async def test_a_refusal_of_mqtt_5_says_why(code, words, field):
    properties = b"\x1f" + text("ask Bob")
    async with client_of(accepts(reply=connack(code, properties=properties)), connect=False) as heard:
        with pytest.raises(ConnackRefused) as caught:
            await heard.connect()
        error = caught.value
        assert words in error.message
        assert "ask Bob" in error.message
        assert (error.code, error.field) == (code, field)
        assert not heard.client.up
        assert not heard.faults


@pytest.mark.parametrize(("code", "value", "field"), REFUSALS_311)
@pytest.mark.parametrize("version", list(ProtocolVersion))
async def test_a_refusal_of_3_1_1_says_why(version, code, value, field):
    async with client_of(accepts(reply=connack(code, v5=False)), connect=False, version=version) as heard:
        with pytest.raises(ConnackRefused) as caught:
            await heard.connect()
        assert (caught.value.code, caught.value.field) == (value, field)
        assert caught.value.message


async def test_a_refusal_with_the_end_of_the_stream_in_one_segment():
    async with client_of(accepts(lambda sock: None, reply=connack(0x86)), connect=False) as heard:
        with pytest.raises(ConnackRefused):
            await heard.connect()


async def test_no_connack_within_the_deadline():
    async with client_of(mute, connect=False, connack_timeout_s=0.2) as heard:
        started = time.monotonic()
        with pytest.raises(LinkFault, match=r"no CONNACK within 0\.2 s") as caught:
            await heard.connect()
        assert time.monotonic() - started < 1
        assert caught.value.kind is FaultKind.TIMEOUT
        assert heard.client._transport is None


@pytest.mark.parametrize(
    ("script", "words", "permanent"),
    [
        (hangs_up, "closed the connection without an answer", False),
        (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "answers with HTTP", True),
        (says(b"\x15\x03\x03\x00\x02\x02\x28"), "answers with TLS", True),
        (says(b"220 mail.example.org ESMTP\r\n"), "not MQTT", True),
        (says(b"SSH-2.0-OpenSSH_9.2\r\n"), "not MQTT", True),
        (says(b"0123456789"), "not MQTT", True),
        (says(b"\x20"), None, None),
        (says(packet(0x20, b"\0")), "CONNACK that cannot be read", True),
        (says(packet(0x20, b"\0\0\x04\x7f")), "CONNACK that cannot be read", True),
        (says(packet(0xF0, b"\x18\0")), "extended sign-in", True),
        (says(b"\x20\xff\xff\xff\xff\xff"), "more than four bytes", True),
        (says(GOOD), "not MQTT", True),
    ],
)
async def test_who_does_not_answer_as_a_broker_is_told_apart(script, words, permanent):
    async with client_of(script, connect=False, connack_timeout_s=0.3) as heard:
        with pytest.raises(LinkFault) as caught:
            await heard.connect()
        if words is None:
            assert caught.value.kind is FaultKind.TIMEOUT
        else:
            assert words in caught.value.message
            assert caught.value.permanent is permanent
        assert not heard.batches
        assert not heard.faults


async def test_a_connack_byte_by_byte():
    def slow(sock):
        read_packet(sock)
        for byte in connack(properties=b"\x21\0\x07"):
            sock.sendall(bytes([byte]))
            time.sleep(0.002)
        mute(sock)

    async with client_of(slow) as heard:
        assert heard.client.up
        assert heard.client.connack.receive_maximum == 7


async def test_a_second_connack_ends_the_connection():
    async with client_of(accepts(says(connack()))) as heard:
        await until(lambda: heard.faults)
        assert "second CONNACK" in heard.faults[0].message


async def test_connecting_again_the_session_is_asked_for_with_the_same_words():
    connects = []

    def script(sock):
        connects.append(read_packet(sock))
        sock.sendall(connack())
        if len(connects) < 4:
            return
        mute(sock)

    async with client_of(
        script, clean_start=False, session_expiry=60, keep_alive=17, username="u", password="p"
    ) as heard:
        for count in range(1, 4):
            await until(lambda count=count: len(heard.faults) == count)
            await heard.connect()
        assert len(connects) == 4
        assert len(set(connects)) == 1
        assert (17).to_bytes(2, "big") in connects[0][1]


async def test_it_connects_again_after_a_refusal_and_after_silence():
    script = in_turn(accepts(reply=connack(0x88)), mute, hangs_up, accepts())
    async with client_of(script, connect=False, connack_timeout_s=0.1) as heard:
        for expected in (ConnackRefused, LinkFault, LinkFault):
            with pytest.raises(expected):
                await heard.connect()
        assert (await heard.connect()).reason.value == 0


async def test_connecting_twice_at_once_is_a_mistake():
    async with client_of(accepts()) as heard:
        transport = await dial(heard.client.options)
        with pytest.raises(RuntimeError, match="connected already"):
            await heard.client.connect(transport)
        transport.close()


# --- messages ---------------------------------------------------------------------------------------------------------


async def test_bad_messages_cost_themselves_are_acknowledged_once_and_the_stream_goes_on():
    bad = [
        publish(b"\xff", b"x", qos=1, packet_id=1),
        publish("a/#", b"x", qos=1, packet_id=2),
        publish("", b"x", qos=1, packet_id=3, properties=b"\x23\0\x09"),
        publish("t", b"x", qos=1, packet_id=4, properties=b"\x7f"),
        publish(b"\xff", b"x", qos=2, packet_id=5) + answer(0x62, 5),
    ]
    script = sends(GOOD.join([b"", *bad, b""]), publish("last", b""))
    async with client_of(accepts(script)) as heard:
        await until(lambda: any(frame[1] == b"last" for frame in heard.frames))
        assert [frame[1] for frame in heard.frames] == [b"good"] * 6 + [b"last"]
        assert len(heard.malformed) == 5
        await until(lambda: len(heard_but_pings(script)) == 6)
        assert heard_but_pings(script) == [
            *((0x40, bytes([0, number])) for number in (1, 2, 3, 4)), (0x50, b"\0\5"), (0x70, b"\0\5"),
        ]  # fmt: skip
        assert heard.client.up


async def test_places_of_bad_messages_are_those_on_the_wire():
    stream = publish(b"\xff") + GOOD + GOOD + publish("+") + GOOD + publish("#")
    async with client_of(accepts(sends(stream))) as heard:
        await until(lambda: len(heard.malformed) == 3 and len(heard.frames) == 3)
        merged = []
        for batch in heard.batches:
            at = 0
            for each in batch.malformed:
                merged += ["good"] * (each.position - at) + ["bad"]
                at = each.position
            merged += ["good"] * (len(batch.frames) - at)
        assert merged == ["bad", "good", "good", "bad", "good", "bad"]


async def test_mixed_qos_in_one_segment_keeps_the_order_of_the_wire():
    stream = b"".join(publish("t", b"%d" % n, qos=n % 2, packet_id=n + 1) for n in range(200))
    async with client_of(accepts(sends(stream))) as heard:
        await until(lambda: len(heard.frames) == 200)
        assert [int(frame[3]) for frame in heard.frames] == list(range(200))


async def test_acknowledgements_leave_after_the_messages_were_handed_over():
    order = []

    def script(sock):
        read_kind(sock, 0x30)
        sock.sendall(publish("t", b"x", qos=1, packet_id=1))
        read_kind(sock, 0x40)
        order.append("acknowledged")
        mute(sock)

    async with client_of(accepts(script)) as heard:
        heard.client._inbound._on_batch = lambda batch: (time.sleep(0.05), order.append("stored"))
        await heard.client.publish(request(0))
        await until(lambda: len(order) == 2)
        assert order == ["stored", "acknowledged"]


@pytest.mark.parametrize("session", [True, False])
async def test_a_session_keeps_what_qos_2_holds_and_no_session_clears_it(session):
    replies = []

    def first(sock):
        sock.sendall(publish("held", b"1", qos=2, packet_id=9))
        read_kind(sock, 0x50)

    def second(sock):
        sock.sendall(answer(0x62, 9))
        replies.append(read_packet(sock))
        sock.sendall(publish("after"))
        mute(sock)

    script = in_turn(accepts(first), accepts(second, reply=connack(session=session)))
    async with client_of(script, clean_start=False, session_expiry=60) as heard:
        await until(lambda: heard.faults)
        await heard.connect()
        await until(lambda: any(frame[1] == b"after" for frame in heard.frames))
        assert [frame[1] for frame in heard.frames] == ([b"held", b"after"] if session else [b"after"])
        assert replies == [(0x70, b"\0\x09" + (b"" if session else b"\x92"))]


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (b"\x30\xff\xff\xff\xff\x01", "more than four bytes"),
        (packet(0xC0), "type 12"),
        (packet(0x10, b"x"), "type 1,"),
        (packet(0x62, b"\0"), "PUBREL without"),
        (packet(0xF0, b"\x18\0"), "extended sign-in"),
        (packet(0x40, b"\0"), "PUBACK that cannot be read"),
        (packet(0x90, b""), "SUBACK that cannot be read"),
        (b"\x90\xff\xff\xff\x7f", "control packet of"),
    ],
)
async def test_broken_framing_costs_the_connection_with_a_sentence_and_keeps_what_came_before(stream, words):
    async with client_of(accepts(sends(GOOD + stream))) as heard:
        await until(lambda: heard.faults)
        assert words in heard.faults[0].message
        assert not heard.faults[0].permanent
        assert [frame[1] for frame in heard.frames] == [b"good"]
        await asyncio.sleep(0.02)
        assert len(heard.faults) == 1


async def test_a_property_packet_of_half_a_megabyte_holds_nothing_up():
    properties = b"\x26\0\0\0\0" * 100_000
    stream = publish("t", b"1", properties=properties)
    stream += answer(0x40, 77, b"\0" + varint(len(properties)) + properties) + GOOD
    async with client_of(accepts(sends(stream))) as heard:
        started = time.monotonic()
        await until(lambda: len(heard.frames) == 2)
        assert time.monotonic() - started < 1


@pytest.mark.parametrize("qos", [1, 2])
async def test_above_the_cap_it_streams_past_and_is_acknowledged(qos):
    big = publish("big", bytes(9 * MIB), qos=qos, packet_id=5)
    script = sends(big, answer(0x62, 5) if qos == 2 else b"", GOOD)
    async with client_of(accepts(script), payload_cap=4 * MIB) as heard:
        await until(lambda: len(heard.frames) == 2)
        by_topic = {frame[1]: frame for frame in heard.frames}
        assert (len(by_topic[b"big"][3]), by_topic[b"big"][4]) == (MIB, 9 * MIB)
        assert sum(batch.truncated for batch in heard.batches) == 1
        await until(lambda: len(heard_but_pings(script)) == qos)
        assert heard_but_pings(script) == [[(0x40, b"\0\5")], [(0x50, b"\0\5"), (0x70, b"\0\5")]][qos - 1]


STREAM_PROBE = """
import asyncio, resource, sys
from tests.support.mqtt_peer import accepts, client_of, publish, until
from mqtt_explorer.measure.process import rss_bytes

def script(sock):
    head = publish("big", bytes(70_000_000))[:20]
    sock.sendall(head)
    left = 70_000_000 + len(publish("big")) + 3 - len(head)
    block = bytes(65_536)
    while left > 0:
        left -= sock.send(block[:left])
    sock.sendall(publish("after", b"1"))
    while sock.recv(4096): pass

async def main():
    async with client_of(accepts(script), payload_cap=1024 * 1024, connect=False) as heard:
        before = rss_bytes()
        peak = before
        await heard.connect()
        while len(heard.frames) < 2:
            await asyncio.sleep(0.002)
            peak = max(peak, rss_bytes())
        big = heard.frames[0]
        print(len(big[3]), big[4], heard.frames[1][1].decode(), peak - before)

asyncio.run(main())
"""


def test_seventy_megabytes_stream_past_in_bounded_memory():
    # In a process of its own: other tests' memory would hide what this one takes. The peer builds the head before we measure.
    probe = STREAM_PROBE.replace('head = publish("big", bytes(70_000_000))[:20]', "head = HEAD")
    probe = probe.replace("def script", 'HEAD = publish("big", bytes(70_000_000))[:20]\n\ndef script', 1)
    run = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False, timeout=60,
        cwd=Path(__file__).resolve().parents[3], env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    kept, size, after, grown = run.stdout.split()
    assert (int(kept), int(size), after) == (MIB, 70_000_000, "after")
    assert int(grown) < 20 * MIB, f"memory grew by {int(grown):,} bytes"


async def test_deep_and_wide_topics():
    deep = b"/" * 32_767
    siblings = [b"s/%d" % n for n in range(100_000)]
    stream = publish(deep, b"1") + b"".join(publish(name, b"1") for name in siblings)
    async with client_of(accepts(sends(stream))) as heard:
        await until(lambda: sum(len(batch.frames) for batch in heard.batches) == 100_001, 30)
        assert [frame[1] for frame in heard.frames] == [deep, *siblings]


# --- requests -----------------------------------------------------------------------------------------------------------


def request(qos=1, payload=b"x"):
    return PublishRequest("t", payload, qos)


async def test_publishes_at_each_qos():
    def script(sock):
        while True:
            first, body = read_packet(sock)
            if first == 0x32:
                sock.sendall(answer(0x40, publish_id(body), b"\x10"))
            elif first == 0x34:
                sock.sendall(answer(0x50, publish_id(body)))
            elif first == 0x62:
                sock.sendall(answer(0x70, int.from_bytes(body[:2], "big")))

    async with client_of(accepts(script)) as heard:
        zero, one, two = [await heard.client.publish(request(qos)) for qos in (0, 1, 2)]
        assert (zero.reason.value, zero.packet_id) == (0, None)
        assert (one.no_subscribers, two.no_subscribers) == (True, False)
        assert one.packet_id != two.packet_id
        assert 0 < one.elapsed_s < 1
        assert heard.client.wire.published == 3
        assert heard.client.unacknowledged == 0


async def test_a_puback_does_not_complete_a_qos_2_publish():
    def script(sock):
        body = read_kind(sock, 0x34)
        sock.sendall(answer(0x40, publish_id(body)))
        time.sleep(0.1)
        sock.sendall(answer(0x50, publish_id(body)))
        read_kind(sock, 0x62)
        sock.sendall(answer(0x70, publish_id(body)))
        mute(sock)

    async with client_of(accepts(script)) as heard:
        result = await heard.client.publish(request(2))
        assert result.elapsed_s > 0.1


async def test_a_refused_pubrec_ends_with_its_reason_and_no_pubrel_follows():
    seen = []

    def script(sock):
        body = read_kind(sock, 0x34)
        sock.sendall(answer(0x50, publish_id(body), b"\x97"))
        while True:
            seen.append(read_packet(sock)[0])
            if seen[-1] == 0x32:
                sock.sendall(answer(0x40, publish_id(body) + 1))

    async with client_of(accepts(script)) as heard:
        assert (await heard.client.publish(request(2))).reason.name == "Quota exceeded"
        await heard.client.publish(request(1))
        assert 0x62 not in seen


@pytest.mark.parametrize(("told", "window"), [(1, 1), (3, 3), (None, 20), (500, 20)])
async def test_never_more_in_flight_than_the_broker_takes_and_20(told, window):
    most = []

    def script(sock):
        sock.settimeout(0.1)
        waiting = []
        done = 0
        while done < 50:
            try:
                first, body = read_packet(sock)
                if first == 0x32:
                    waiting.append(publish_id(body))
            except TimeoutError:
                most.append(len(waiting))
                for packet_id in waiting:
                    sock.sendall(answer(0x40, packet_id))
                done += len(waiting)
                waiting.clear()
        sock.settimeout(20)
        mute(sock)

    properties = b"" if told is None else b"\x21" + told.to_bytes(2, "big")
    count = 5 if window == 1 else 50
    async with client_of(accepts(script, reply=connack(properties=properties)), keep_alive=0) as heard:
        await asyncio.gather(*(heard.client.publish(request()) for _ in range(count)))
        assert max(most) == min(window, count)


async def test_a_publish_without_an_answer_ends_at_its_deadline():
    async with client_of(accepts(), request_timeout_s=0.2) as heard:
        with pytest.raises(RequestLost, match=r"No PUBACK came within 0\.2 s"):
            await heard.client.publish(request())
        with pytest.raises(RequestLost, match=r"No PUBCOMP came"):
            await heard.client.publish(request(2))
        with pytest.raises(RequestLost, match=r"No SUBACK came"):
            await heard.client.subscribe([Subscription(TopicFilter("a"))])
        with pytest.raises(RequestLost, match=r"No UNSUBACK came"):
            await heard.client.unsubscribe(["a"])


async def test_nothing_is_sent_while_not_connected():
    async with client_of(accepts(), connect=False) as heard:
        for call in (
            heard.client.publish(request()),
            heard.client.subscribe([Subscription(TopicFilter("a"))]),
            heard.client.unsubscribe(["a"]),
        ):
            with pytest.raises(RequestLost, match="no connection to the broker"):
                await call


async def test_a_limit_of_the_broker_is_told_before_anything_is_sent():
    script = sends()
    async with client_of(accepts(script, reply=connack(properties=b"\x24\0"))) as heard:
        with pytest.raises(RequestError, match="no QoS 1; the highest is 0"):
            await heard.client.publish(request())
        assert not heard_but_pings(script)


async def test_limits_are_the_presets_until_the_connack_and_then_the_brokers():
    preset = Limits(source="A preset", maximum_qos=1, filters_per_subscribe=8, receive_maximum=7)
    script = accepts(sends(), reply=connack(properties=b"\x25\0\x21\0\x05"))
    async with client_of(script, connect=False, limits=preset) as heard:
        assert heard.client.limits == preset
        await heard.connect()
        limits = heard.client.limits
        assert (limits.source, limits.maximum_qos, limits.retain) == ("This broker", 2, False)
        assert (limits.receive_maximum, limits.filters_per_subscribe) == (5, 8)
        assert heard.client.filters_per_packet == 8


async def test_a_filter_the_limits_forbid_is_not_sent():
    script = sends()
    async with client_of(accepts(script), limits=Limits(sys_topics=False)) as heard:
        with pytest.raises(RequestError, match=r"\$SYS"):
            await heard.client.subscribe([Subscription(TopicFilter(name)) for name in ("a", "$SYS/#")])
        await asyncio.sleep(0.05)
        assert not heard_but_pings(script)


@pytest.mark.parametrize(("told", "window"), [(3, 3), (500, 20)])
async def test_3_1_1_takes_the_window_from_the_preset(told, window):
    script = sends()
    limits = Limits(receive_maximum=told)
    async with client_of(
        accepts(script, v5=False), version=V311, limits=limits, keep_alive=0, request_timeout_s=0.2
    ) as heard:
        calls = [asyncio.create_task(heard.client.publish(request())) for _ in range(30)]
        await until(lambda: len(script.heard) == window)
        await asyncio.sleep(0.05)
        assert len(script.heard) == window
        await asyncio.gather(*calls, return_exceptions=True)


@pytest.mark.parametrize("codes", [b"", b"\0", b"\0\0\0"])
async def test_a_suback_with_a_wrong_count_is_an_error_and_no_certainty(codes):
    def script(sock):
        body = read_kind(sock, 0x82)
        sock.sendall(answer(0x90, int.from_bytes(body[:2], "big"), b"\0" + codes))
        mute(sock)

    async with client_of(accepts(script)) as heard:
        with pytest.raises(RequestLost, match=f"answered {len(codes)} of 2 filters"):
            await heard.client.subscribe([Subscription(TopicFilter(name)) for name in "ab"])
        assert heard.client.up


async def test_requests_are_lost_with_the_connection_and_qos_1_and_2_are_not():
    packets = []

    def first(sock):
        packets.extend(read_kind_of_three(sock) for _ in range(3))

    def read_kind_of_three(sock):
        while True:
            first_byte, body = read_packet(sock)
            if first_byte != 0xC0:
                return first_byte, body

    def second(sock):
        again = [read_kind_of_three(sock) for _ in range(2)]
        packets.extend(again)
        for first_byte, body in again:
            if first_byte & 6 == 2:
                sock.sendall(answer(0x40, publish_id(body)))
            else:
                sock.sendall(answer(0x50, publish_id(body)))
                read_kind(sock, 0x62)
                sock.sendall(answer(0x70, publish_id(body)))
        mute(sock)

    script = in_turn(accepts(first), accepts(second, reply=connack(session=True)))
    async with client_of(script, clean_start=False, session_expiry=60) as heard:
        calls = [
            asyncio.create_task(heard.client.publish(request(1))),
            asyncio.create_task(heard.client.publish(request(2))),
            asyncio.create_task(heard.client.subscribe([Subscription(TopicFilter("a"))])),
        ]
        await until(lambda: heard.faults)
        with pytest.raises(RequestLost, match="connection ended before the broker answered"):
            await calls[2]
        assert not calls[0].done()
        assert not calls[1].done()
        await heard.connect()
        assert [(await call).reason.value for call in calls[:2]] == [0, 0]
        assert [first_byte & 8 for first_byte, _ in packets[3:]] == [8, 8]  # DUP
        assert len(heard.faults) == 1


def acknowledges(seen):
    """Answers QoS 1 publishes, and keeps their payloads in `seen`."""

    def script(sock):
        while True:
            body = read_kind(sock, 0x3A if not seen else 0x32)
            seen.append(body[-1:])
            sock.sendall(answer(0x40, publish_id(body)))

    return script


async def test_the_time_of_what_was_sent_stands_still_while_the_connection_is_away():
    seen = []
    script = in_turn(accepts(lambda sock: read_kind(sock, 0x32)), accepts(acknowledges(seen)))
    async with client_of(script, clean_start=False, session_expiry=60, request_timeout_s=0.3) as heard:
        call = asyncio.create_task(heard.client.publish(request(1, b"1")))
        await until(lambda: heard.faults)
        await asyncio.sleep(0.6)
        assert not call.done()
        (left,) = heard.client.unsent()
        assert left.state is UnsentState.SENT
        assert "will be sent again" in left.state.sentence(up=heard.client.up)
        await heard.connect()
        assert (await call).reason.value == 0
        assert seen == [b"1"]


async def test_after_a_reconnect_the_whole_time_begins_anew_and_does_end():
    script = in_turn(accepts(lambda sock: read_kind(sock, 0x32)), accepts(sends()))
    async with client_of(script, clean_start=False, session_expiry=60, request_timeout_s=0.3) as heard:
        call = asyncio.create_task(heard.client.publish(request()))
        await until(lambda: heard.faults)
        await asyncio.sleep(0.4)
        await heard.connect()
        started = time.monotonic()
        with pytest.raises(RequestLost, match=r"No PUBACK came within 0\.3 s") as caught:
            await call
        assert 0.25 < time.monotonic() - started < 1
        assert caught.value.may_arrive


async def test_who_waits_for_a_place_is_told_at_its_deadline_that_the_connection_was_away():
    script = accepts(lambda sock: read_kind(sock, 0x32), reply=connack(properties=b"\x21\0\x01"))
    async with client_of(script, request_timeout_s=0.3) as heard:
        calls = [asyncio.create_task(heard.client.publish(request())) for _ in range(2)]
        await until(lambda: heard.faults)
        with pytest.raises(RequestLost, match="the connection has not come back") as caught:
            await calls[1]
        assert not caught.value.may_arrive
        assert not calls[0].done()
        await heard.client.disconnect()
        with pytest.raises(RequestLost, match="closed before"):
            await calls[0]


async def test_a_smaller_receive_maximum_after_a_reconnect_is_kept_for_what_waited():
    most = []

    def second(sock):
        read_kind(sock, 0x3A)
        body = read_kind(sock, 0x3A)
        sock.settimeout(0.1)
        try:
            most.append(read_packet(sock))
        except TimeoutError:
            most.append(None)
        sock.sendall(answer(0x40, publish_id(body)) + answer(0x40, publish_id(body) - 1))
        sock.settimeout(5)
        while True:
            sock.sendall(answer(0x40, publish_id(read_kind(sock, 0x32))))

    def first(sock):
        for _ in range(2):
            read_kind(sock, 0x32)

    script = in_turn(
        accepts(first, reply=connack(properties=b"\x21\0\x02")),
        accepts(second, reply=connack(session=True, properties=b"\x21\0\x01")),
    )
    async with client_of(script, clean_start=False, session_expiry=60, keep_alive=0) as heard:
        calls = [asyncio.create_task(heard.client.publish(request())) for _ in range(5)]
        await until(lambda: heard.faults)
        await heard.connect()
        assert [(await call).reason.value for call in calls] == [0] * 5
        assert most == [None]  # two were under way before; the third has no place among one


async def test_nothing_new_is_taken_while_closing(monkeypatch):
    monkeypatch.setattr("mqtt_explorer.network.client.CLOSE_S", 0.7)
    async with client_of(accepts(sends()), keep_alive=0) as heard:
        call = asyncio.create_task(heard.client.publish(request()))
        await asyncio.sleep(0.02)
        closing = asyncio.create_task(heard.client.disconnect())
        await asyncio.sleep(0)
        with pytest.raises(RequestLost, match="no connection"):
            await heard.client.publish(request(0))
        assert len(await closing) == 1
        assert not heard.client.said_goodbye  # it did not hang up
        await asyncio.gather(call, return_exceptions=True)


async def test_what_is_not_begun_is_left_out_so_that_disconnect_still_gets_through(monkeypatch):
    monkeypatch.setattr("mqtt_explorer.network.client.CLOSE_S", 1.0)
    heard_last = []

    def slow(sock):
        time.sleep(0.7)  # past the drain
        while True:
            heard_last.append(read_packet(sock)[0])

    async with client_of(accepts(slow), keep_alive=0) as heard:
        calls = [
            asyncio.create_task(heard.client.publish(request(qos, bytes(3 * MIB)))) for qos in (0, 1, 0, 1, 0)
        ]
        await asyncio.sleep(0.1)
        left = await heard.client.disconnect()
        assert len(left) == 5
        await until(lambda: heard_last and heard_last[-1] == 0xE0)
        assert len(heard_last) < 5
        await asyncio.gather(*calls, return_exceptions=True)


async def test_what_was_told_as_not_sent_is_not_sent_after_the_next_connect():
    first_connection, second_connection = [], []

    def record(into):
        def script(sock):
            while True:
                into.append(read_packet(sock)[0])

        return script

    script = in_turn(accepts(record(first_connection)), accepts(record(second_connection)))
    async with client_of(script, keep_alive=0) as heard:
        call = asyncio.create_task(heard.client.publish(request()))
        await until(lambda: first_connection)
        started = time.monotonic()
        (left,) = await heard.client.disconnect()
        assert (left.topic, left.size, left.qos, left.state) == ("t", 1, 1, UnsentState.SENT)
        assert 2 < time.monotonic() - started < 3.2
        with pytest.raises(RequestLost, match="closed before the broker answered"):
            await call
        await until(lambda: first_connection == [0x32, 0xE0])
        await heard.connect()
        await asyncio.sleep(0.1)
        assert second_connection == []


# --- keep-alive ---------------------------------------------------------------------------------------------------------


async def test_pings_are_answered_and_timed():
    def script(sock):
        while True:
            if read_packet(sock)[0] == 0xC0:
                time.sleep(0.05)
                sock.sendall(PINGRESP)

    async with client_of(accepts(script)) as heard:
        await until(lambda: heard.client.rtt_s is not None)
        assert 0.05 <= heard.client.rtt_s < 0.2


async def test_an_idle_connection_with_a_short_keep_alive_stays():
    script = sends()
    async with client_of(accepts(script), keep_alive=2) as heard:
        await asyncio.sleep(4.5)
        assert heard.client.up
        assert 3 <= len([each for each in script.heard if each[0] == 0xC0]) <= 6


async def test_a_keep_alive_of_0_sends_no_pings_and_keeps_no_watch():
    script = sends()
    async with client_of(accepts(script), keep_alive=0) as heard:
        await asyncio.sleep(1.2)
        assert heard.client.up
        assert not script.heard


async def test_the_keep_alive_of_the_broker_counts():
    script = sends()
    async with client_of(accepts(script, reply=connack(properties=b"\x13\0\x01")), keep_alive=600):
        await until(lambda: len(script.heard) >= 3, 5)


@pytest.mark.parametrize("drips", [False, True])
async def test_a_peer_that_never_answers_a_ping_is_found_out(drips):
    def script(sock):
        while drips:
            sock.sendall(GOOD)
            time.sleep(0.05)
        mute(sock)

    async with client_of(accepts(script), keep_alive=1) as heard:
        started = time.monotonic()
        await until(lambda: heard.faults, 8)
        assert time.monotonic() - started < 5
        assert "did not answer a ping" in heard.faults[0].message
        assert heard.faults[0].kind is FaultKind.TIMEOUT


async def test_a_peer_that_takes_nothing_any_more_is_found_out():
    def script(sock):
        time.sleep(6)

    async with client_of(accepts(script), keep_alive=1) as heard:
        call = asyncio.create_task(heard.client.publish(request(0, bytes(50 * MIB))))
        await until(lambda: heard.faults, 8)
        assert "taken nothing" in heard.faults[0].message
        with pytest.raises(RequestLost):
            await call


@pytest.mark.parametrize("keep_alive", [0, 600])
async def test_after_the_computer_woke_a_dead_connection_is_found_out_at_once(keep_alive):
    async with client_of(accepts(mute), keep_alive=keep_alive) as heard:
        await asyncio.sleep(0.05)
        started = time.monotonic()
        heard.client.check_now()
        await until(lambda: heard.faults, 8)
        assert time.monotonic() - started < 6
        assert heard.faults[0].kind is FaultKind.TIMEOUT
        heard.client.check_now()  # without a connection it does nothing


async def test_after_the_computer_woke_a_live_connection_stays():
    script = sends()
    async with client_of(accepts(script), keep_alive=600) as heard:
        await until(lambda: heard.client.rtt_s is not None)
        heard.client.check_now()
        await until(lambda: len(script.heard) == 2, 0.5)
        await asyncio.sleep(0.1)
        assert heard.client.up


async def test_a_frozen_loop_reads_before_it_looks_at_the_clock():
    def script(sock):
        while True:
            if read_packet(sock)[0] == 0xC0:
                sock.sendall(PINGRESP + GOOD)

    async with client_of(accepts(script), keep_alive=1) as heard:
        for _ in range(2):
            await until(lambda: heard.client._pulse.heartbeat.waiting or heard.client.rtt_s)
            await asyncio.sleep(0.3)
            time.sleep(3.5)
            await asyncio.sleep(0.7)
            assert heard.client.up
        assert not heard.faults


# --- the end of a connection --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0x00, 0x04, *range(0x80, 0xA3)])
async def test_the_reason_of_a_disconnect_is_told_once(code):
    async with client_of(accepts(lambda sock: sock.sendall(packet(0xE0, bytes([code]))))) as heard:
        await until(lambda: heard.faults)
        await asyncio.sleep(0.005)
        (fault,) = heard.faults
        assert fault.code == code
        assert fault.message.endswith((".", "…"))
        assert not heard.client.up


async def test_a_disconnect_with_a_reason_string():
    said = packet(0xE0, b"\x8b" + varint(6) + b"\x1f" + text("bye"))
    async with client_of(accepts(lambda sock: sock.sendall(said))) as heard:
        await until(lambda: heard.faults)
        assert "“bye”" in heard.faults[0].message


@pytest.mark.parametrize("reset", [True, False])
async def test_an_end_without_a_word_is_told_once(reset):
    def script(sock):
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    async with client_of(accepts(script)) as heard:
        await until(lambda: heard.faults)
        await asyncio.sleep(0.6)  # past the next tick
        (fault,) = heard.faults
        assert ("cut the connection" if reset else "closed the connection") in fault.message


async def test_a_reason_that_lies_in_the_socket_is_told_though_our_write_failed_first():
    go = threading.Event()

    def script(sock):
        go.wait(5)
        sock.sendall(packet(0xE0, b"\x8e"))

    async with client_of(accepts(script)) as heard:
        client = heard.client
        client._reader._bridge.remove_reader(client._reader._fd)  # the loop has not come to reading yet
        go.set()
        await asyncio.sleep(0.05)
        client._on_write_error(BrokenPipeError(32, "Broken pipe"))
        await until(lambda: heard.faults)
        assert heard.faults[0].code == 0x8E


async def test_a_failed_write_is_told_even_when_reading_says_nothing():
    async with client_of(accepts()) as heard:

        def broken(_data):
            raise ConnectionResetError(104, "reset")

        heard.client._transport.send = broken
        with pytest.raises(RequestLost):
            await heard.client.publish(request(0))
        assert "cut the connection" in heard.faults[0].message


async def test_disconnect_says_goodbye_and_nothing_is_told_as_lost():
    script = sends()
    async with client_of(accepts(script)) as heard:
        assert await heard.client.disconnect() == ()
        await until(lambda: script.heard and script.heard[-1][0] == 0xE0)
        assert not heard.faults
        assert not heard.client.up
        assert await heard.client.disconnect() == ()


async def test_a_goodbye_that_could_not_be_written_is_no_goodbye():
    async with client_of(accepts(sends()), keep_alive=0) as heard:

        def broken(_data):
            raise BrokenPipeError(32, "Broken pipe")

        heard.client._transport.send = broken
        started = time.monotonic()
        assert await heard.client.disconnect() == ()
        assert not heard.client.said_goodbye
        assert time.monotonic() - started < 0.5


async def test_disconnect_sends_what_is_queued_first():
    arrived = []

    def script(sock):
        while True:
            arrived.append(read_packet(sock))

    async with client_of(accepts(script), keep_alive=0) as heard:
        calls = [asyncio.create_task(heard.client.publish(request(0, b"%d" % n))) for n in range(500)]
        await asyncio.sleep(0)
        await heard.client.disconnect()
        await asyncio.gather(*calls)
        await until(lambda: arrived and arrived[-1][0] == 0xE0)
        assert len(arrived) == 501


async def test_fifty_connections_leave_no_socket_behind():
    def descriptors():
        return len(os.listdir("/proc/self/fd"))

    async with client_of(in_turn(accepts(lambda sock: None)), connect=False) as heard:
        await heard.connect()
        await until(lambda: heard.faults)
        before = descriptors()
        for count in range(2, 52):
            await heard.connect()
            await until(lambda count=count: len(heard.faults) == count)
        assert descriptors() <= before + 2


async def test_bytes_are_counted_both_ways():
    def script(sock):
        sock.sendall(GOOD)
        read_exactly(sock, 1)
        mute(sock)

    async with client_of(accepts(script), keep_alive=0) as heard:
        await heard.client.publish(request(0))
        await until(lambda: heard.frames)
        assert heard.client.wire.bytes_in == len(connack()) + len(GOOD)
        connect_size = heard.client.wire.bytes_out - len(publish("t", b"x"))
        assert 15 < connect_size < 60


# --- what was given up, and faults of our own ---------------------------------------------------------------------------


async def test_a_timed_out_publish_may_arrive_and_an_unsent_one_may_not():
    async with client_of(
        accepts(reply=connack(properties=b"\x21\0\x01")), request_timeout_s=0.2, keep_alive=0
    ) as heard:
        results = await asyncio.gather(
            *(heard.client.publish(request()) for _ in range(2)), return_exceptions=True
        )
        assert [each.may_arrive for each in results] == [True, False]
        assert [each.title for each in results] == ["No answer", "Not sent"]
        assert "may be sent again after a reconnect" in results[0].message
        assert "was not sent" in results[1].message


async def test_after_timeouts_publishing_goes_on_and_leaving_is_quick():
    script = sends()
    async with client_of(accepts(script), request_timeout_s=0.2, keep_alive=0) as heard:
        calls = [heard.client.publish(request(1 + number % 2)) for number in range(25)]
        await asyncio.gather(*calls, return_exceptions=True)
        assert heard.client.unacknowledged == 0
        with pytest.raises(RequestLost, match="No PUBACK came"):
            await heard.client.publish(request())
        started = time.monotonic()
        assert await heard.client.disconnect() == ()
        assert time.monotonic() - started < 0.5


async def test_a_batch_that_cannot_be_taken_over_ends_the_connection_unacknowledged(expect_log):
    expect_log("batch could not be taken over")
    heard_after = []

    def script(sock):
        time.sleep(0.1)  # else it would come with the CONNACK
        sock.sendall(publish("a", b"1", qos=1, packet_id=7))
        while True:
            heard_after.append(read_packet(sock)[0])

    def fails(batch):
        raise ZeroDivisionError("the store is broken")

    async with client_of(accepts(script), connect=False, keep_alive=0) as heard:
        heard.client._on_batch = fails
        await heard.connect()
        await until(lambda: heard.faults)
        assert "the store is broken" in heard.faults[0].message
        await asyncio.sleep(0.05)
        assert heard_after == []


async def test_the_clock_ticks_on_when_a_tick_fails():
    async with client_of(accepts(sends())) as heard:
        drain, pulse = heard.client._reader.drain, heard.client._pulse

        def fails():
            raise ZeroDivisionError

        heard.client._reader.drain = fails
        with pytest.raises(ZeroDivisionError):
            pulse.tick()
        heard.client._reader.drain = drain
        assert pulse._next is not None
        assert not pulse._next.cancelled()


async def test_stray_acknowledgements_hold_nothing_up():
    stray = answer(0x40, 9) * 16_000 + answer(0x90, 9, b"\0\0") * 10_000
    async with client_of(accepts(sends(stray, GOOD)), keep_alive=0) as heard:
        await until(lambda: heard.frames)
        started = time.process_time()
        heard.client._on_data(answer(0x40, 9) * 16_384, 0, 0)
        assert time.process_time() - started < 0.03


async def test_connect_says_how_many_messages_are_taken_at_a_time():
    connects = []

    def script(sock):
        connects.append(read_packet(sock))
        sock.sendall(connack())
        read_exactly(sock, 1)

    async with client_of(script, keep_alive=0):
        assert b"\x21\x03\xe8" in connects[0][1]


async def test_a_reset_that_a_write_meets_first_is_told_as_a_reset():
    go, gone = threading.Event(), threading.Event()

    def resets(sock):
        go.wait(5)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
        gone.set()

    async with client_of(accepts(resets)) as it:
        await asyncio.sleep(0.7)  # the first ping is out
        publishing = asyncio.create_task(it.client.publish(PublishRequest("t", b"x", 1)))
        await asyncio.sleep(0)
        go.set()
        gone.wait(5)
        await until(lambda: it.faults)
        publishing.cancel()
        assert not it.faults[0].clean


async def test_a_connection_that_is_lost_while_it_drains_got_no_goodbye():
    script = accepts(lambda sock: (read_kind(sock, 0x32), time.sleep(0.2)))
    async with client_of(script, clean_start=False, session_expiry=60) as heard:
        call = asyncio.create_task(heard.client.publish(request()))
        await asyncio.sleep(0.05)
        (left,) = await heard.client.disconnect()
        assert left.state is UnsentState.SENT
        assert not heard.client.said_goodbye
        with pytest.raises(RequestLost):
            await call
        assert await heard.client.disconnect() == ()
        assert heard.client.said_goodbye, "there was nobody to say it to"


async def test_a_peer_that_hangs_up_before_the_goodbye_is_out_has_not_heard_it():
    async with client_of(accepts(lambda sock: time.sleep(0.4)), keep_alive=0) as heard:

        def full(_data):
            raise BlockingIOError

        heard.client._transport.send = full
        assert await heard.client.disconnect() == ()
        assert not heard.client.said_goodbye


@pytest.mark.parametrize("version", list(ProtocolVersion))
@pytest.mark.parametrize("clean", [False, True])
async def test_qos_2_that_was_taken_half_way_by_a_session_that_is_gone_is_no_success(version, clean):
    later = []

    def takes(sock):
        sock.sendall(answer(0x50, publish_id(read_kind(sock, 0x34))))
        read_kind(sock, 0x62)

    def forgot(sock):
        while True:
            first, body = read_packet(sock)
            later.append(first)
            if first == 0x62:
                sock.sendall(answer(0x70, int.from_bytes(body[:2], "big")))

    v5 = version is ProtocolVersion.V5
    script = in_turn(accepts(takes, v5=v5), accepts(forgot, v5=v5))
    async with client_of(script, version=version, clean_start=clean, keep_alive=0) as heard:
        call = asyncio.create_task(heard.client.publish(request(2)))
        await until(lambda: heard.faults)
        await heard.connect()
        with pytest.raises(RequestLost, match="the session ended") as caught:
            await asyncio.wait_for(call, 2)
        assert caught.value.may_arrive
        assert heard.client.unsent() == ()
        assert later == []
