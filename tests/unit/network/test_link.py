# SPDX-License-Identifier: MIT
"""The state machine: exactly one event per change, and the right end for each fault."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import threading
import time

import pytest

from mqtt_explorer.network.client import MqttClient
from mqtt_explorer.network.link import Link, LinkState
from mqtt_explorer.network.outbox import RequestLost
from mqtt_explorer.network.steps import Step
from mqtt_explorer.network.wake import WakeWatch
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.protocol.reason_codes import ReasonCode
from mqtt_explorer.protocol.requests import PublishRequest, Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from tests.support.mosquitto import free_port
from tests.support.mqtt_peer import (
    PINGRESP,
    accepts,
    answer,
    connack,
    in_turn,
    options_for,
    packet,
    publish,
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

    def __init__(self, port, quick=True, on_up=None, wake_watch=None, **more):
        self.client = MqttClient(options_for(port, **more), on_batch=lambda batch: None)
        self.ups = []
        self.link = Link(self.client, on_up or self.on_up, wake_watch=wake_watch)
        self.link.changed.connect(self.on_change)
        self.changes = []
        self.told = []  # states and steps in their order
        self.link.step_changed.connect(self.on_step)
        if quick:  # the waits are tested in test_reconnect; here a second is a hundredth
            delay = self.link._backoff.delay
            self.link._backoff.delay = lambda: delay() / 100

    async def on_up(self, connack_):
        self.ups.append(connack_)

    def on_change(self, change):
        assert self.link.step is None, "a step outlived its state"
        self.changes.append(change)
        self.told.append(change.state)

    def on_step(self, step):
        assert self.link.step is step
        assert self.link.state.state is CONNECTING
        self.told.append(step)

    async def subscribes(self, _connack):
        await self.client.subscribe([Subscription(TopicFilter("a"))])

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


def drops_after_suback(then=b"", *, reset=False):
    """Answers the SUBSCRIBE, says something and ends the connection, in order or with a reset."""

    def script(sock):
        body = read_kind(sock, 0x82)
        sock.sendall(answer(0x90, int.from_bytes(body[:2], "big"), b"\0\0") + then)
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            sock.shutdown(socket.SHUT_WR)  # in order, also when a ping lies unread
            mute(sock)

    return accepts(script)


def subscribing(port, **more):
    """A link that subscribes after each CONNACK."""
    made = Linked(port, on_up=lambda connack_: made.subscribes(connack_), **more)
    return made


class Clock:
    """A wake watch a test can put to sleep."""

    def __init__(self):
        self.asleep_s = 0.0
        self.watch = WakeWatch(time.monotonic, lambda: time.monotonic() + self.asleep_s)


async def test_connect_and_disconnect(linked):
    with ScriptedPeer(accepts()) as peer:
        it = linked(peer.port)
        await it.reach(CONNECTED)
        await until(lambda: it.ups)
        assert await it.link.stop() == ()
        assert it.states == [CONNECTING, CONNECTED, DISCONNECTED]
        connected = it.changes[1]
        assert connected.connack.reason.value == 0
        assert (connected.version, connected.keep_alive) == (ProtocolVersion.V5, 30)
        assert connected.session_present is False
        assert it.changes[0].session_present is None
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
        assert "client id" in it.changes[-1].reason
        assert it.changes[-1].reason.endswith(".")
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


@pytest.mark.parametrize(
    "code", [0x87, 0x8A, 0x8E, 0x8F, 0x90, 0x95, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0xA1, 0xA2]
)
async def test_a_disconnect_that_connecting_again_does_not_mend_is_final(linked, code):
    with ScriptedPeer(accepts(lambda sock: sock.sendall(packet(0xE0, bytes([code]))))) as peer:
        it = linked(peer.port)
        await it.reach(FAILED)
        assert it.states == [CONNECTING, CONNECTED, FAILED]
        assert it.changes[-1].code == code
        assert it.changes[-1].reason == ReasonCode(code, "DISCONNECT").sentence
        assert peer.accepted == 1


@pytest.mark.parametrize(
    "code", [0x00, 0x80, 0x81, 0x82, 0x83, 0x88, 0x89, 0x8B, 0x8D, 0x93, 0x94, 0x96, 0x97, 0x9F, 0xA0]
)
async def test_a_disconnect_that_passes_is_tried_again(linked, code):
    with ScriptedPeer(
        in_turn(accepts(lambda sock: sock.sendall(packet(0xE0, bytes([code])))), accepts())
    ) as peer:
        it = linked(peer.port)
        await it.reach(CONNECTED, 2)
        assert it.states == [CONNECTING, CONNECTED, WAITING, CONNECTING, CONNECTED]
        assert it.changes[2].code == code


async def test_a_message_that_breaks_the_stream_each_time_pauses_although_the_filter_was_granted():
    poison = publish("retained/poison", b"x", flags=1) + b"\x30\xff\xff\xff\xff\x7f"
    with ScriptedPeer(drops_after_suback(poison)) as peer:
        it = subscribing(peer.port, client_id="")
        it.link.start()
        await it.reach(FAILED)
        assert it.states == [*[CONNECTING, CONNECTED, WAITING] * 2, CONNECTING, CONNECTED, FAILED]
        assert it.changes[2].reason in it.changes[-1].reason, "the fault itself is named"
        assert "retained" in it.changes[-1].reason
        assert "Remove the filter" in it.changes[-1].reason
        await asyncio.sleep(0.05)
        assert peer.accepted == 3
        await it.link.stop()


async def test_a_client_id_that_is_used_twice_pauses_although_the_filter_was_granted():
    with ScriptedPeer(drops_after_suback()) as peer:
        it = subscribing(peer.port, client_id="line-3")
        it.link.start()
        await it.reach(FAILED)
        assert it.states == [*[CONNECTING, CONNECTED, WAITING] * 2, CONNECTING, CONNECTED, FAILED]
        assert "“line-3”" in it.changes[-1].reason
        assert it.changes[-1].error.field == "client_id"
        assert "twice" in it.changes[-1].error.title
        assert peer.accepted == 3
        await it.link.stop()


@pytest.mark.parametrize(("client_id", "reset"), [("line-3", True), ("mxqGHWW4bhYs0Lt", False), ("", False)])
async def test_drops_after_a_granted_filter_are_tried_again_for_ever(client_id, reset):
    with ScriptedPeer(drops_after_suback(reset=reset)) as peer:
        it = subscribing(peer.port, client_id=client_id)
        it.link.start()
        await it.reach(CONNECTED, 8)
        assert FAILED not in it.states
        waits = [change.retry_in_s for change in it.changes if change.state is WAITING]
        assert max(waits) <= 0.01, "the wait is the first one again (a hundredth of it here)"
        await it.link.stop()


async def test_resets_of_a_kept_session_are_tried_again_for_ever_also_when_nothing_is_asked_of_the_broker():
    """On 3.1.1 a kept session needs no SUBSCRIBE; the broker has answered a ping, though."""

    def script(sock):
        first, _ = read_packet(sock)
        if first == 0xC0:
            sock.sendall(PINGRESP)
            time.sleep(0.05)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    reply = connack(session=True, v5=False)
    with ScriptedPeer(accepts(script, reply=reply)) as peer:
        more = {"version": ProtocolVersion.V311, "clean_start": False, "client_id": "line-3"}
        it = Linked(peer.port, **more)
        it.link.start()
        await it.reach(CONNECTED, 5)
        assert FAILED not in it.states
        assert all(change.session_present for change in it.changes if change.state is CONNECTED)
        await it.link.stop()


async def test_the_steps_are_told_between_the_states(linked):
    with ScriptedPeer(in_turn(accepts(drops), accepts())) as peer:
        it = linked(peer.port)
        await it.reach(CONNECTED, 2)
        steps = [Step.LOOKUP, Step.TCP, Step.CONNECT]
        assert it.told == [CONNECTING, *steps, CONNECTED, WAITING, CONNECTING, *steps, CONNECTED]
        assert it.link.step is None


async def test_the_broker_is_asked_what_its_port_speaks_once_only(linked):
    with ScriptedPeer(hangs_up) as peer:
        it = linked(peer.port)
        await it.reach(WAITING, 3)
        assert peer.accepted - it.states.count(CONNECTING) in (3, 4), "four questions at the first failure"
        assert "without an answer" in it.changes[-1].reason
        assert it.changes[1].error.try_scheme is None


async def test_a_broker_that_stood_here_is_not_asked(linked):
    with ScriptedPeer(in_turn(accepts(drops), hangs_up)) as peer:
        it = linked(peer.port)
        await it.reach(WAITING, 3)
        assert peer.accepted == it.states.count(CONNECTING)


async def test_who_is_told_of_a_failure_may_start_again_at_once():
    with ScriptedPeer(accepts(reply=connack(0x87))) as peer:
        it = Linked(peer.port)
        it.link.changed.connect(
            lambda change: it.link.retry_now() if change.state is FAILED and peer.accepted < 3 else None
        )
        it.link.start()
        await it.reach(FAILED, 3)
        assert it.states == [CONNECTING, FAILED] * 3
        await it.link.stop()


# --- after a sleep ----------------------------------------------------------------------------------------------------


async def test_after_a_sleep_a_wait_is_over_at_once_and_the_next_one_is_short(monkeypatch):
    monkeypatch.setattr("mqtt_explorer.network.link.LOOK_S", 0.1)
    clock = Clock()
    it = Linked(free_port(), wake_watch=clock.watch, quick=False)
    it.link._backoff.delay = lambda: 50.0
    it.link._backoff._next_s = 32.0
    it.link.start()
    await it.reach(WAITING)
    await asyncio.sleep(0.05)
    clock.asleep_s = 3_600
    await until(lambda: it.states == [CONNECTING, WAITING, CONNECTING, WAITING], 2)
    assert it.link._backoff._next_s == 1
    await it.link.stop()


async def test_after_a_sleep_a_dead_connection_is_noticed_within_five_seconds():
    def falls_silent(sock):
        while True:
            if read_packet(sock)[0] == 0xC0 and not clock.asleep_s:
                sock.sendall(PINGRESP)

    clock = Clock()
    with ScriptedPeer(in_turn(accepts(falls_silent), accepts())) as peer:
        it = Linked(peer.port, wake_watch=clock.watch, keep_alive=600)
        it.link.start()
        await until(lambda: it.client.rtt_s is not None, 1)
        slept = time.monotonic()
        clock.asleep_s = 3_600
        await it.reach(WAITING)
        assert time.monotonic() - slept < 5.2
        assert "did not answer a ping" in it.changes[-1].reason
        await it.reach(CONNECTED, 2)
        await it.link.stop()


async def test_after_a_sleep_a_connection_that_stands_stays(monkeypatch):
    monkeypatch.setattr("mqtt_explorer.network.link.LOOK_S", 0.1)
    clock = Clock()
    with ScriptedPeer(accepts(lambda sock: read_kind(sock, 0xE0))) as peer:
        it = Linked(peer.port, wake_watch=clock.watch, keep_alive=600)
        it.link.start()
        await until(lambda: it.client.rtt_s is not None, 1)
        clock.asleep_s = 3_600
        await asyncio.sleep(3.8)
        assert it.states == [CONNECTING, CONNECTED]
        await it.link.stop()


async def test_retry_now_ends_a_wait(linked):
    with ScriptedPeer(in_turn(accepts(reply=connack(0x88)), accepts())) as peer:
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

    busy = accepts(reply=connack(0x89))
    with ScriptedPeer(in_turn(busy, busy, busy, accepts(serve))) as peer:
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
        assert [unsent.topic for unsent in await stopping] == ["t"]
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

    async def fails(*_):
        raise ZeroDivisionError("dialling is broken")

    monkeypatch.setattr("mqtt_explorer.network.link.dial", fails)
    it = linked(free_port())
    await it.reach(FAILED)
    assert it.states == [CONNECTING, FAILED]
    assert "dialling is broken" in it.changes[-1].reason


async def test_when_it_pauses_a_publish_is_told_and_sent_again_at_the_next_try(linked):
    seen = []

    def pauses(sock):
        seen.append(read_kind(sock, 0x32)[-1:])
        sock.sendall(packet(0xE0, b"\x8e"))
        mute(sock)

    def answers(sock):
        body = read_kind(sock, 0x3A)  # DUP
        seen.append(body[-1:])
        sock.sendall(answer(0x40, publish_id(body)))
        mute(sock)

    with ScriptedPeer(in_turn(accepts(pauses), accepts(answers))) as peer:
        it = linked(peer.port)
        await it.reach(CONNECTED)
        call = asyncio.create_task(it.client.publish(PublishRequest("t", b"1", 1)))
        await it.reach(FAILED)
        with pytest.raises(RequestLost, match="Connecting again sends it once more") as caught:
            await asyncio.wait_for(call, 1)
        assert (caught.value.may_arrive, caught.value.kept) == (True, True)
        assert [each.topic for each in it.client.unsent()] == ["t"]
        it.link.retry_now()
        await it.reach(CONNECTED, 2)
        await until(lambda: len(seen) == 2)
        assert seen == [b"1", b"1"]
        assert await it.link.stop() == ()


async def test_a_stop_that_is_cancelled_at_once_ends_the_connection_all_the_same(linked):
    heard = []

    def script(sock):
        while True:
            heard.append(read_packet(sock)[0])

    with ScriptedPeer(accepts(script)) as peer:
        it = linked(peer.port, keep_alive=0)
        await it.reach(CONNECTED)
        stopping = asyncio.create_task(it.link.stop())
        await asyncio.sleep(0)
        stopping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopping
        assert not it.client.up
        assert it.states == [CONNECTING, CONNECTED, DISCONNECTED]
        await until(lambda: heard == [0xE0])
        it.link.start()
        await it.reach(CONNECTED, 2)


async def test_an_error_of_the_program_leaves_no_connection_that_is_in_the_way(
    linked, monkeypatch, expect_log
):
    expect_log("The link failed")
    with ScriptedPeer(accepts()) as peer:
        it = Linked(peer.port)
        monkeypatch.setattr(it.link._backoff, "connected", lambda: 1 / 0)
        it.link.start()
        await it.reach(FAILED)
        assert not it.client.up
        monkeypatch.undo()
        it.link.retry_now()
        await it.reach(CONNECTED)
        await it.link.stop()
