# SPDX-License-Identifier: MIT
"""Cut connections under load: nothing lost, nothing doubled at QoS 2, and subscriptions come back."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from mqtt_explorer.network.link import LinkState
from mqtt_explorer.network.outbox import RequestLost
from mqtt_explorer.network.subscriptions import RowState
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.protocol.requests import PublishRequest
from tests.support.broker_clients import broker_options, inbox, opened, sub
from tests.support.mqtt_peer import until
from tests.support.tcp_proxy import TcpProxy

VERSIONS = pytest.mark.parametrize("version", list(ProtocolVersion))
COUNT = 1_600
RESETS = 8


def session(version):
    return {"clean_start": False} | ({"session_expiry": 300} if version is ProtocolVersion.V5 else {})


async def answered(it):
    """Waits for a round trip: what was acknowledged before it has reached the broker, which so sends none of it again.

    Without it a connection cut right after a message may lose the PUBACK, and the broker rightly delivers the message
    once more (MQTT 5, 4.4): a count of messages would then be one too high.
    """
    await it.publish(PublishRequest("round/trip", b"", 1))


@VERSIONS
@pytest.mark.parametrize("qos", [1, 2])
async def test_eight_resets_under_load_lose_nothing(broker_factory, version, qos):
    broker = broker_factory(["max_queued_messages 0"])
    options = broker_options
    async with (
        TcpProxy(broker.port) as proxy,
        inbox(options(broker.port), sub("load", 2)) as witness,
        opened(
            options(
                proxy.port, version=version, client_id="under-load", request_timeout_s=60, **session(version)
            )
        ) as (it, _),
    ):
        results = []

        async def publish(number):
            while True:
                try:
                    results.append(await it.publish(PublishRequest("load", b"%d" % number, qos)))
                    return
                except RequestLost:  # it waited for its turn and was never sent, so it may be tried again
                    await asyncio.sleep(0.01)

        portion = COUNT // RESETS
        for reset in range(RESETS):
            numbers = range(reset * portion, (reset + 1) * portion)
            load = asyncio.gather(*(publish(number) for number in numbers))
            goal = reset * portion + 20 + 15 * reset  # each time at another place of the portion
            await until(lambda goal=goal: len(results) >= goal)
            proxy.cut()
            await until(lambda: it.state.state is not LinkState.CONNECTED)
            it.retry_now()
            await until(lambda: it.state.state is LinkState.CONNECTED)
            await asyncio.wait_for(load, 30)
        assert all(result.reason.value == 0 for result in results)
        await until(lambda: len(set(witness.payloads)) == COUNT, 20)
        await asyncio.sleep(0.2)
        seen = Counter(witness.payloads)
        lost = COUNT - len(seen)
        doubled = sum(count - 1 for count in seen.values())
        print(
            f"{version.label} QoS {qos}: {RESETS} resets, {COUNT} publishes, lost {lost}, doubled {doubled}"
        )
        assert lost == 0
        if qos == 2:
            assert doubled == 0


@VERSIONS
@pytest.mark.parametrize("kept", [True, False])
async def test_subscriptions_come_back_after_every_reconnect(broker, version, kept):
    name = f"back/{version.value}/{kept}"
    more = session(version) if kept else {}
    async with (
        TcpProxy(broker.port) as proxy,
        inbox(broker_options(broker.port)) as sender,
        opened(
            broker_options(proxy.port, version=version, client_id=name.replace("/", "-"), **more),
            [sub(f"{name}/#", 1)],
        ) as (it, _),
    ):
        for count in range(1, 5):
            await sender.client.publish(PublishRequest(f"{name}/x", b"%d" % count, 1))
            await until(lambda count=count: it.counters().received == count)
            await answered(it)
            proxy.cut()
            await until(lambda: it.state.state is LinkState.WAITING)
            it.retry_now()
            await until(lambda: it.state.state is LinkState.CONNECTED)
            assert it.state.connack.session_present is kept
            await until(lambda: it.subscriptions.rows[0].state is RowState.GRANTED)


@VERSIONS
async def test_retained_messages_do_not_come_twice_when_the_session_was_kept(broker, version):
    topic = f"kept/{version.value}"
    async with (
        TcpProxy(broker.port) as proxy,
        inbox(broker_options(broker.port)) as sender,
    ):
        await sender.client.publish(PublishRequest(topic, b"r", 1, retain=True))
        options = broker_options(
            proxy.port, version=version, client_id=f"kept-{version.value}", **session(version)
        )
        async with opened(options, [sub(topic, 1)]) as (it, _):
            await until(lambda: it.counters().received == 1)
            await answered(it)
            proxy.cut()
            await until(lambda: it.state.state is LinkState.WAITING)
            it.retry_now()
            await until(lambda: it.state.state is LinkState.CONNECTED)
            await until(lambda: it.subscriptions.rows[0].state is RowState.GRANTED)
            await sender.client.publish(PublishRequest(topic, b"after", 1))
            await until(lambda: it.store.last_message(it.store.find(topic.encode())).payload == b"after")
            assert it.counters().received == 2
        await sender.client.publish(PublishRequest(topic, b"", 1, retain=True))


async def test_a_new_session_brings_retained_messages_again(broker):
    async with TcpProxy(broker.port) as proxy, inbox(broker_options(broker.port)) as sender:
        await sender.client.publish(PublishRequest("again", b"r", 1, retain=True))
        async with opened(broker_options(proxy.port), [sub("again", 1)]) as (it, _):
            await until(lambda: it.counters().received == 1)
            await answered(it)
            proxy.cut()
            await until(lambda: it.state.state is LinkState.WAITING)
            it.retry_now()
            await until(lambda: it.counters().received == 2)
        await sender.client.publish(PublishRequest("again", b"", 1, retain=True))


@VERSIONS
async def test_what_came_while_away_is_delivered_at_qos_1_and_2(broker, version):
    async with (
        TcpProxy(broker.port) as proxy,
        inbox(broker_options(broker.port)) as sender,
        opened(
            broker_options(
                proxy.port, version=version, client_id=f"away-{version.value}", **session(version)
            ),
            [sub(f"away/{version.value}", 2)],
        ) as (it, _),
    ):
        proxy.cut()
        await until(lambda: it.state.state is LinkState.WAITING)
        for number in range(40):
            await sender.client.publish(
                PublishRequest(f"away/{version.value}", b"%d" % number, 1 + number % 2)
            )
        it.retry_now()
        await until(lambda: it.counters().received == 40)
        assert it.store.last_message(it.store.find(f"away/{version.value}".encode())).payload in (
            b"39",
            b"38",
        )
