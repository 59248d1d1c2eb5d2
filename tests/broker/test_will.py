# SPDX-License-Identifier: MIT
"""The Last Will on a real broker: it comes when the connection breaks, never after a goodbye."""

from __future__ import annotations

import asyncio
import time

import pytest

from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.protocol.properties import decode_properties
from mqtt_explorer.protocol.requests import PublishProperties, PublishRequest
from mqtt_explorer.protocol.will import Will
from tests.support.broker_clients import broker_options, inbox, opened, sub
from tests.support.mqtt_peer import until
from tests.support.tcp_proxy import TcpProxy

V5, V311 = ProtocolVersion.V5, ProtocolVersion.V311
PROPERTIES = PublishProperties(
    payload_is_text=True,
    message_expiry_s=600,
    content_type="text/plain",
    response_topic="will/answers",
    correlation_data=b"\x00\xff",
    user=(("line", "3"), ("line", "ü")),
)


@pytest.mark.parametrize("version", list(ProtocolVersion))
@pytest.mark.parametrize(("qos", "retain"), [(0, False), (1, True), (2, True)])
async def test_a_broken_connection_fires_the_will(broker, version, qos, retain):
    topic = f"will/broken/{version.value}/{qos}"
    properties = PROPERTIES if version is V5 else PublishProperties()
    will = Will(PublishRequest(topic, b"gone \x00\xff", qos, retain, properties))
    async with TcpProxy(broker.port) as proxy, inbox(broker_options(broker.port), sub(topic, 2)) as heard:
        mine = broker_options(proxy.port, version=version, will=will)
        async with inbox(mine):
            await asyncio.sleep(0.05)
            assert not heard.frames
            proxy.cut()
            await until(lambda: heard.frames)
    (flags, name, raw, payload, _) = heard.frames[0]
    assert (name, payload, (flags >> 1) & 3, flags & 1) == (topic.encode(), b"gone \x00\xff", qos, retain)
    items = [item for item in decode_properties(raw).items if item[0] != "message_expiry_interval"]
    expected = [
        ("content_type", "text/plain"),
        ("correlation_data", b"\x00\xff"),
        ("payload_format_indicator", 1),
        ("response_topic", "will/answers"),
        ("user_property", ("line", "3")),
        ("user_property", ("line", "ü")),
    ]
    assert sorted(items) == (expected if version is V5 else [])
    if version is V5:
        assert 590 <= decode_properties(raw).get("message_expiry_interval") <= 600
    # whoever comes later gets it only when it was to be kept
    async with inbox(broker_options(broker.port), sub(topic, 2)) as late:
        await asyncio.sleep(0.1)
        assert late.payloads == ([b"gone \x00\xff"] if retain else [])
        if retain:
            await late.client.publish(PublishRequest(topic, b"", 1, retain=True))


@pytest.mark.parametrize("version", list(ProtocolVersion))
async def test_a_goodbye_never_fires_the_will(broker, version):
    topic = f"will/goodbye/{version.value}"
    will = Will(PublishRequest(topic, b"gone", 1))
    async with inbox(broker_options(broker.port), sub(topic, 2)) as heard:
        async with inbox(broker_options(broker.port, version=version, will=will)):
            pass
        async with opened(broker_options(broker.port, version=version, will=will)) as (connection, _):
            await connection.disconnect()
        async with opened(broker_options(broker.port, version=version, will=will)):
            pass  # closed while connected
        # the broker works one thing after the other: behind this nothing can follow
        await heard.client.publish(PublishRequest(topic, b"last", 1))
        await until(lambda: b"last" in heard.payloads)
        assert heard.payloads == [b"last"]


async def test_a_goodbye_throws_a_delayed_will_away_too(broker):
    will = Will(PublishRequest("will/late goodbye", b"gone", 1), delay_s=1)
    async with inbox(broker_options(broker.port), sub("will/late goodbye", 2)) as heard:
        async with inbox(broker_options(broker.port, will=will, session_expiry=60)):
            pass
        await asyncio.sleep(2.2)
        assert not heard.frames


async def test_a_delayed_will_waits(broker):
    will = Will(PublishRequest("will/delayed", b"gone", 1), delay_s=2)
    async with (
        TcpProxy(broker.port) as proxy,
        inbox(broker_options(broker.port), sub("will/delayed", 2)) as heard,
        inbox(broker_options(proxy.port, will=will, session_expiry=60)),
    ):
        proxy.cut()
        broken = time.monotonic()
        await until(lambda: heard.frames)
        assert 1.0 <= time.monotonic() - broken < 5  # the broker looks once a second
    assert heard.payloads == [b"gone"]


async def test_coming_back_in_time_keeps_a_delayed_will_silent(broker):
    will = Will(PublishRequest("will/back", b"gone", 1), delay_s=2)
    async with (
        TcpProxy(broker.port) as proxy,
        inbox(broker_options(broker.port), sub("will/back", 2)) as heard,
        opened(
            broker_options(proxy.port, will=will, session_expiry=60, clean_start=False, client_id="will-back")
        ) as (connection, changes),
    ):
        proxy.cut()
        await until(lambda: [change.state.value for change in changes].count("connected") == 2)
        await asyncio.sleep(2.6)
        assert not heard.frames
        assert connection.state.state.value == "connected"


async def test_the_will_is_there_again_after_a_reconnect(broker):
    will = Will(PublishRequest("will/again", b"gone", 1))
    async with (
        TcpProxy(broker.port) as proxy,
        inbox(broker_options(broker.port), sub("will/again", 2)) as heard,
        opened(broker_options(proxy.port, will=will)) as (_, changes),
    ):
        for times in (1, 2):
            await until(
                lambda times=times: [change.state.value for change in changes].count("connected") == times
            )
            proxy.cut()
            await until(lambda times=times: len(heard.frames) == times)


async def test_a_broker_keeps_to_the_largest_packet_we_take(broker):
    async with (
        inbox(broker_options(broker.port, maximum_packet_size=1_000), sub("will/size", 1)) as small,
        inbox(broker_options(broker.port)) as sender,
    ):
        await sender.client.publish(PublishRequest("will/size", bytes(2_000), 1))
        await sender.client.publish(PublishRequest("will/size", b"small", 1))
        await until(lambda: small.payloads)
        assert small.payloads == [b"small"]
