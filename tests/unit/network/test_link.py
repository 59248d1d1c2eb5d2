# SPDX-License-Identifier: MIT
"""The state machine: exactly one event per change, and the right end for each fault."""

from __future__ import annotations

import asyncio
import os
import threading
import time

import pytest

from mqtt_explorer.network.client import MqttClient
from mqtt_explorer.network.link import Link, LinkState
from mqtt_explorer.protocol.requests import PublishRequest, Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from tests.support.mosquitto import free_port
from tests.support.mqtt_peer import (
    accepts,
    answer,
    connack,
    in_turn,
    options_for,
    packet,
    publish_id,
    read_kind,
    read_packet,
    until,
)
from tests.support.scripted_peer import ScriptedPeer, hangs_up, mute, says

WAITING, CONNECTED, CONNECTING, FAILED, DISCONNECTED = (
    LinkState.WAITING, LinkState.CONNECTED, LinkState.CONNECTING, LinkState.FAILED, LinkState.DISCONNECTED,
)  # fmt: skip


class Linked:
    """A link and every event it told."""

    def __init__(self, port, quick=True, on_up=None, **more):
        self.client = MqttClient(options_for(port, **more), on_batch=lambda batch: None)
        self.ups = []
        self.link = Link(self.client, on_up or self.on_up)
        self.link.changed.connect(self.on_change)
        self.changes = []
        if quick:  # the waits are tested in test_reconnect; here a second is a hundredth
            delay = self.link._backoff.delay
            self.link._backoff.delay = lambda: delay() / 100

    async def on_up(self, connack_):
        self.ups.append(connack_)

    def on_change(self, change):
        self.changes.append(change)

    @property
    def states(self):
        return [change.state for change in self.changes]

    async def reach(self, state, count=1):
        await until(lambda: self.states.count(state) >= count)


@pytest.fixture
async def linked():
    made = []

    def start(port, **more):
        made.append(Linked(port, **more))
        made[-1].link.start()
        return made[-1]

    yield start
    for each in made:
        await each.link.stop()


def drops(sock):
    """Ends the connection right after the CONNACK."""


async def test_connect_and_disconnect(linked):
    with ScriptedPeer(accepts()) as peer:
        it = linked(peer.port)
        await it.reach(CONNECTED)
        await until(lambda: it.ups)
        assert await it.link.stop() == 0
        assert it.states == [CONNECTING, CONNECTED, DISCONNECTED]
        connected = it.changes[1]
        assert connected.connack.reason.value == 0
        assert connected.transport == f"TCP, 127.0.0.1:{peer.port}"
        assert connected.reason is None


@pytest.mark.parametrize("code", [0x84, 0x85, 0x86, 0x87, 0x8A])
async def test_a_refusal_is_final(linked, code):
    with ScriptedPeer(accepts(reply=connack(code))) as peer:
        it = linked(peer.port)
        await it.reach(FAILED)
        await asyncio.sleep(0.05)
        assert it.states == [CONNECTING, FAILED]
        assert it.changes[-1].code == code
        assert it.changes[-1].reason
        assert peer.accepted == 1


@pytest.mark.parametrize("code", [0x88, 0x89, 0x97, 0x9F])
async def test_a_refusal_that_passes_is_tried_again(linked, code):
    with ScriptedPeer(in_turn(accepts(reply=connack(code)), accepts())) as peer:
        it = linked(peer.port)
        await it.reach(CONNECTED)
        assert it.states == [CONNECTING, WAITING, CONNECTING, CONNECTED]
        assert it.changes[1].code == code


async def test_a_tls_fault_is_final(linked):
    with ScriptedPeer(says(b"\x15\x03\x03\x00\x02\x02\x28")) as peer:
        it = linked(peer.port)
        await it.reach(FAILED)
        assert it.states == [CONNECTING, FAILED]
        assert "mqtts://" in it.changes[-1].reason


async def test_an_unreachable_broker_is_tried_again_until_it_is_there(linked):
    port = free_port()
    it = linked(port)
    await it.reach(WAITING, 3)
    assert it.states[:6] == [CONNECTING, WAITING] * 3
    first = [change for change in it.changes if change.state is WAITING][:3]
    assert [change.attempt for change in first] == [1, 2, 3]
    assert all("Nothing listens" in change.reason for change in first)
    assert first[0].retry_in_s < first[1].retry_in_s < first[2].retry_in_s


async def test_a_drop_waits_and_connects_again(linked):
    with ScriptedPeer(in_turn(accepts(drops), accepts())) as peer:
        it = linked(peer.port)
        await it.reach(CONNECTED, 2)
        assert it.states == [CONNECTING, CONNECTED, WAITING, CONNECTING, CONNECTED]
        assert "closed the connection" in it.changes[2].reason
        await until(lambda: len(it.ups) == 2)


async def test_three_instant_drops_pause_and_say_so(linked):
    with ScriptedPeer(accepts(drops)) as peer:
        it = linked(peer.port)
        await it.reach(FAILED)
        assert it.states == [*[CONNECTING, CONNECTED, WAITING] * 2, CONNECTING, CONNECTED, FAILED]
        assert "three times within seconds" in it.changes[-1].reason
        assert peer.accepted == 3
        it.link.retry_now()  # the user says: try again
        await it.reach(FAILED, 2)
        assert peer.accepted == 6


async def test_taken_over_is_final(linked):
    with ScriptedPeer(accepts(lambda sock: sock.sendall(packet(0xE0, b"\x8e")))) as peer:
        it = linked(peer.port)
        await it.reach(FAILED)
        assert it.states == [CONNECTING, CONNECTED, FAILED]
        assert it.changes[-1].code == 0x8E
        assert "same client id" in it.changes[-1].reason


async def test_retry_now_ends_a_wait(linked):
    with ScriptedPeer(in_turn(hangs_up, accepts())) as peer:
        it = linked(peer.port, quick=False)
        await it.reach(WAITING)
        started = time.monotonic()
        it.link.retry_now()
        await it.reach(CONNECTED)
        assert time.monotonic() - started < 0.5
        it.link.retry_now()  # connected: nothing to retry
        await asyncio.sleep(0.02)
        assert it.states == [CONNECTING, WAITING, CONNECTING, CONNECTED]


async def test_a_wait_is_three_quarters_to_one_second_first(linked):
    it = linked(free_port(), quick=False)
    await it.reach(WAITING)
    assert 0.75 <= it.changes[-1].retry_in_s <= 1


@pytest.mark.parametrize("useful", ["suback", "puback"])
async def test_an_answer_brings_the_wait_back_to_a_second(linked, useful):
    def serve(sock):
        while True:
            first, body = read_packet(sock)
            if first == 0x82:
                sock.sendall(answer(0x90, int.from_bytes(body[:2], "big"), b"\0\0"))
            elif first == 0x32:
                sock.sendall(answer(0x40, publish_id(body)))

    with ScriptedPeer(in_turn(hangs_up, hangs_up, hangs_up, accepts(serve))) as peer:
        it = linked(peer.port)
        await it.reach(CONNECTED)
        assert it.link._backoff._next_s == 8
        if useful == "suback":
            await it.client.subscribe([Subscription(TopicFilter("a"))])
        else:
            await it.client.publish(PublishRequest("t", b"", 1))
        assert it.link._backoff._next_s == 1


@pytest.mark.parametrize("script", [mute, accepts()])
async def test_stop_is_quick_wherever_it_stands(linked, script):
    with ScriptedPeer(script) as peer:
        it = linked(peer.port)
        await until(lambda: peer.accepted)
        await asyncio.sleep(0.05)
        started = time.monotonic()
        await it.link.stop()
        assert time.monotonic() - started < 0.2
        assert it.states[-1] is DISCONNECTED
        assert it.states.count(DISCONNECTED) == 1
        await it.link.stop()
        assert it.states.count(DISCONNECTED) == 1


async def test_stop_during_a_mute_tls_dial():
    from mqtt_explorer.protocol.options import ConnectOptions
    from mqtt_explorer.protocol.url import BrokerUrl

    with ScriptedPeer(mute) as peer:
        url, _, _ = BrokerUrl.parse(f"mqtts://127.0.0.1:{peer.port}")
        link = Link(MqttClient(ConnectOptions(url), on_batch=lambda batch: None), lambda _: asyncio.sleep(0))
        link.start()
        await until(lambda: peer.accepted)
        started = time.monotonic()
        await link.stop()
        assert time.monotonic() - started < 0.2
        assert link.state.state is DISCONNECTED


async def test_stop_during_a_wait(linked):
    it = linked(free_port(), quick=False)
    await it.reach(WAITING)
    started = time.monotonic()
    await it.link.stop()
    assert time.monotonic() - started < 0.2
    assert it.states == [CONNECTING, WAITING, DISCONNECTED]


async def test_start_while_it_is_stopping_connects_afterwards(linked):
    with ScriptedPeer(accepts()) as peer:
        it = linked(peer.port)
        await it.reach(CONNECTED)
        publishing = asyncio.create_task(
            it.client.publish(PublishRequest("t", b"", 1))
        )  # never answered: stop drains
        await asyncio.sleep(0.05)
        stopping = asyncio.create_task(it.link.stop())
        await asyncio.sleep(0.1)
        it.link.start()
        assert await stopping == 1
        await it.reach(CONNECTED, 2)
        assert it.states == [CONNECTING, CONNECTED, DISCONNECTED, CONNECTING, CONNECTED]
        assert (await asyncio.gather(publishing, return_exceptions=True))[0] is not None


async def test_two_stops_at_once_say_it_once(linked):
    with ScriptedPeer(accepts()) as peer:
        it = linked(peer.port)
        await it.reach(CONNECTED)
        await asyncio.gather(it.link.stop(), it.link.stop(), it.link.stop())
        assert it.states == [CONNECTING, CONNECTED, DISCONNECTED]


async def test_start_twice_connects_once(linked):
    with ScriptedPeer(accepts()) as peer:
        it = linked(peer.port)
        it.link.start()
        await it.reach(CONNECTED)
        it.link.start()
        await asyncio.sleep(0.05)
        assert peer.accepted == 1


async def test_it_can_be_started_again_after_a_stop(linked):
    with ScriptedPeer(accepts()) as peer:
        it = linked(peer.port)
        for count in range(1, 4):
            await it.reach(CONNECTED, count)
            await it.link.stop()
            it.link.start()
        await it.reach(CONNECTED, 4)
        assert peer.accepted == 4


async def test_a_drop_ends_what_runs_after_the_connack():
    ended = []

    async def on_up(_connack):
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(1)

    go = threading.Event()
    with ScriptedPeer(accepts(lambda sock: go.wait(5))) as peer:
        it = Linked(peer.port, on_up=on_up)
        it.link.start()
        await it.reach(CONNECTED)
        await asyncio.sleep(0.02)
        go.set()
        await it.reach(WAITING)
        assert ended == [1]
        await it.link.stop()


async def test_a_drop_in_the_same_segment_as_the_connack_is_seen(linked):
    reply = connack() + packet(0xE0, b"\x8b")
    with ScriptedPeer(in_turn(accepts(mute, reply=reply), accepts())) as peer:
        it = linked(peer.port)
        await it.reach(CONNECTED, 2)
        assert it.states == [CONNECTING, CONNECTED, WAITING, CONNECTING, CONNECTED]
        assert it.changes[2].code == 0x8B


async def test_nothing_is_left_after_it_all():
    before = len(os.listdir("/proc/self/fd"))
    tasks = len(asyncio.all_tasks())
    with ScriptedPeer(in_turn(accepts(drops), hangs_up, accepts(lambda sock: read_kind(sock, 0xE0)))) as peer:
        it = Linked(peer.port)
        it.link.start()
        await it.reach(CONNECTED, 2)
        await it.link.stop()
    await asyncio.sleep(0.02)
    assert len(asyncio.all_tasks()) == tasks
    assert len(os.listdir("/proc/self/fd")) <= before + 2


async def test_an_error_of_the_program_is_told_and_does_not_hang(linked, monkeypatch, expect_log):
    expect_log("The link failed")

    async def fails(_options):
        raise ZeroDivisionError("dialling is broken")

    monkeypatch.setattr("mqtt_explorer.network.link.dial", fails)
    it = linked(free_port())
    await it.reach(FAILED)
    assert it.states == [CONNECTING, FAILED]
    assert "dialling is broken" in it.changes[-1].reason
