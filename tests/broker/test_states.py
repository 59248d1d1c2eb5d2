# SPDX-License-Identifier: MIT
"""The states of a connection as a person meets them: steps, cancelling in each, facts when connected, clashes, a stopped program."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from contextlib import asynccontextmanager

import pytest

from mqtt_explorer.network.client import MqttClient
from mqtt_explorer.network.link import Link, LinkState
from mqtt_explorer.network.steps import Step
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion
from mqtt_explorer.protocol.url import BrokerUrl
from tests.broker.test_watch import start as start_watch
from tests.support.black_hole import BlackHole
from tests.support.broker_clients import broker_options, opened, sub
from tests.support.mosquitto import Mosquitto, tls
from tests.support.mqtt_peer import until
from tests.support.scripted_peer import ScriptedPeer, hangs_up, mute, read_head

#: More than enough for a loop that is never blocked, and less than any of the waits below.
RESPONSIVE_S = 0.1


class Gaps:
    """How late a 5 ms timer of the loop comes, at worst."""

    worst_s = 0.0

    async def measure(self):
        while True:
            begun = time.monotonic()
            await asyncio.sleep(0.005)
            self.worst_s = max(self.worst_s, time.monotonic() - begun - 0.005)


@asynccontextmanager
async def linked(options):
    """A link that has been started, and the gaps of the loop meanwhile."""
    link, gaps = Link(MqttClient(options, on_batch=lambda batch: None), lambda _: asyncio.sleep(0)), Gaps()
    measuring = asyncio.create_task(gaps.measure())
    link.start()
    try:
        yield link, gaps
    finally:
        await link.stop()
        measuring.cancel()


def options_to(scheme, host, port, **more):
    url = BrokerUrl.parse(f"{scheme}://{host}:{port}")[0]
    return ConnectOptions(url, dial_timeout_s=30, connack_timeout_s=30, **more)


def drips(sock):
    """Answers the request for a websocket byte by byte, without an end."""
    read_head(sock)
    sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        sock.sendall(b"X")
        time.sleep(0.02)


async def cancel_at(step, options):
    """Connects until a step is reached, stays there a little and stops; the time stopping took, and the loop's worst gap."""
    async with linked(options) as (link, gaps):
        changes = []
        link.changed.connect(changes.append)
        await until(lambda: link.step is step)
        await asyncio.sleep(0.3)
        assert link.step is step
        assert [change.state.value for change in changes] == ["connecting"] or not changes
        begun = time.monotonic()
        await link.stop()
        took = time.monotonic() - begun
        assert link.state.state is LinkState.DISCONNECTED
        assert link.step is None
        told = []
        link.step_changed.connect(told.append)
        await asyncio.sleep(0.1)
        assert not told
        assert [change.state.value for change in changes][-1] == "disconnected"
    return took, gaps.worst_s


async def test_cancelling_while_the_host_is_looked_up(monkeypatch):
    release = threading.Event()

    def hangs(*_args, **_more):
        release.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "late")

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    try:
        took, gap = await cancel_at(Step.LOOKUP, options_to("mqtt", "slow.test", 1883))
    finally:
        release.set()
    assert took < 0.2
    assert gap < RESPONSIVE_S


async def test_cancelling_while_a_mute_host_is_dialled():
    with BlackHole() as hole:
        took, gap = await cancel_at(Step.TCP, options_to("mqtt", hole.host, hole.port))
    assert took < 0.2
    assert gap < RESPONSIVE_S


@pytest.mark.parametrize(
    ("scheme", "script", "step"),
    [("mqtts", mute, Step.TLS), ("ws", drips, Step.WEBSOCKET), ("mqtt", mute, Step.CONNECT)],
)
async def test_cancelling_while_a_peer_does_not_come_to_an_end(scheme, script, step):
    with ScriptedPeer(script) as peer:
        took, gap = await cancel_at(step, options_to(scheme, "127.0.0.1", peer.port))
        assert await asyncio.to_thread(peer.ended.wait, 1), "the socket was left open"
    assert took < 0.2
    assert gap < RESPONSIVE_S


async def test_cancelling_while_the_port_is_asked_what_it_speaks():
    def script(sock):
        (hangs_up if peer.accepted == 1 else mute)(sock)

    with ScriptedPeer(script) as peer:
        async with linked(options_to("mqtt", "127.0.0.1", peer.port)) as (link, gaps):
            await until(lambda: peer.accepted > 1)
            await asyncio.sleep(0.1)
            assert link.state.state is LinkState.CONNECTING
            begun = time.monotonic()
            await link.stop()
            assert time.monotonic() - begun < 0.2
            assert link.state.state is LinkState.DISCONNECTED
    assert gaps.worst_s < RESPONSIVE_S


async def test_every_step_up_to_a_real_broker_is_told(broker_factory, certificates):
    broker = broker_factory(listeners={"wss": tls(certificates, websockets=True)})
    link = Link(
        MqttClient(broker_options(broker.port, "wss", certificates), on_batch=lambda batch: None),
        lambda _: asyncio.sleep(0),
    )
    told = []
    link.changed.connect(lambda change: told.append(change.state.value))
    link.step_changed.connect(lambda step: told.append(step.value))
    link.start()
    await until(lambda: link.state.state is LinkState.CONNECTED)
    await link.stop()
    assert told == ["connecting", *Step, "connected", "disconnected"]


@pytest.mark.parametrize("version", list(ProtocolVersion))
async def test_connected_tells_version_keep_alive_and_session(broker: Mosquitto, version):
    kept = {"session_expiry": 60} if version is ProtocolVersion.V5 else {}
    options = broker_options(
        broker.port,
        version=version,
        client_id=f"facts-{version.value}",
        keep_alive=45,
        clean_start=False,
        **kept,
    )
    for known in (False, True):
        async with opened(options, [sub("facts", 1)]) as (it, _):
            state = it.state
            assert (state.version, state.keep_alive) == (version, 45)
            assert state.session_present is known
            assert state.transport == f"TCP, 127.0.0.1:{broker.port}"


async def test_the_brokers_own_keep_alive_is_the_one_in_force(broker_factory):
    broker = broker_factory(["max_keepalive 20"])
    async with opened(broker_options(broker.port, keep_alive=60)) as (it, _):
        assert it.state.keep_alive == 20


async def test_the_round_trip_time_is_known_within_a_second(broker: Mosquitto):
    async with opened(broker_options(broker.port)) as (it, _):
        await until(lambda: it.rtt_s is not None, 1)
        assert 0 < it.rtt_s < 0.5


@pytest.mark.parametrize("version", list(ProtocolVersion))
async def test_two_clients_with_one_id_do_not_throw_each_other_out_for_ever(broker: Mosquitto, version):
    """Mosquitto 2.0 does not say "session taken over" on MQTT 5 either: it closes."""
    options = broker_options(broker.port, client_id="twice", version=version)
    async with opened(options, [sub("twice", 1)], wait=False) as (first, _):
        await until(lambda: first.state.state is LinkState.CONNECTED)
        async with opened(options, [sub("twice", 1)], wait=False) as (second, _):
            both = (first, second)
            await until(lambda: any(each.state.state is LinkState.FAILED for each in both), 15)
            paused = next(each for each in both if each.state.state is LinkState.FAILED)
            other = second if paused is first else first
            assert "“twice”" in paused.state.reason
            assert paused.state.error.field == "client_id"
            await until(lambda: other.state.state is LinkState.CONNECTED)
            await asyncio.sleep(1.5)
            assert other.state.state is LinkState.CONNECTED, "the other one has its peace"


async def test_a_program_stopped_for_longer_than_the_keep_alive_connects_again_by_itself(broker_factory):
    broker = broker_factory()
    # It hangs up on who is silent for 3 s.
    it = await start_watch(f"mqtt://127.0.0.1:{broker.port}", "-t", "stopped", "-k", "2", "--for", "60")
    try:
        await it.next("subscribed")
        it.process.send_signal(signal.SIGSTOP)
        await until(lambda: "exceeded timeout" in broker.log)
        it.process.send_signal(signal.SIGCONT)
        begun = time.monotonic()
        await it.next("subscribed")
        assert time.monotonic() - begun < 5
        states = [event["state"] for event in it.of("state")]
        assert states == ["connecting", "connected", "waiting", "connecting", "connected"]
    finally:
        it.process.send_signal(signal.SIGCONT)
        it.process.terminate()
        await it.end()
