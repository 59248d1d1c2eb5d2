# SPDX-License-Identifier: MIT
"""Websockets through the whole stack."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mqtt_explorer.network.link import LinkState
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.protocol.requests import PublishRequest
from tests.support.broker_clients import broker_options, inbox, opened, sub
from tests.support.mosquitto import password_protected, plain, websockets
from tests.support.mqtt_peer import until


@pytest.fixture
def broker(broker_factory):
    return broker_factory(listeners={"ws": websockets(), "mqtt": plain()})


@pytest.mark.parametrize("version", list(ProtocolVersion))
async def test_a_flood_arrives_whole_and_in_order(broker, version):
    async with (
        opened(broker_options(broker.ports["ws"], "ws", version=version), [sub("flood", 0)]) as (
            connection,
            _,
        ),
        inbox(broker_options(broker.ports["mqtt"])) as sender,
    ):
        values = []
        connection.batch_received.connect(
            lambda batch: values.extend(int(frame[3]) for frame in batch.frames)
        )
        for start in range(0, 3_000, 500):
            await asyncio.gather(
                *(
                    sender.client.publish(PublishRequest("flood", b"%d" % n))
                    for n in range(start, start + 500)
                )
            )
            await until(lambda start=start: len(values) == start + 500, 20)
        assert values == list(range(3_000))


@pytest.mark.parametrize("size", [1, 125, 126, 65_535, 65_536, 400_000])
async def test_publishes_of_every_frame_size_arrive_whole(broker, size):
    payload = (bytes(range(256)) * (size // 256 + 1))[:size]
    async with (
        inbox(broker_options(broker.ports["mqtt"]), sub("size", 1)) as receiver,
        inbox(broker_options(broker.ports["ws"], "ws")) as sender,
    ):
        await asyncio.gather(*(sender.client.publish(PublishRequest("size", payload, 1)) for _ in range(4)))
        await until(lambda: len(receiver.frames) == 4)
        assert set(receiver.payloads) == {payload}


async def test_a_wrong_password_over_websockets(broker_factory, tmp_path: Path):
    broker = broker_factory(listeners={"ws": password_protected(tmp_path, {"me": "right"}, websockets=True)})
    wrong = broker_options(broker.ports["ws"], "ws", username="me", password="wrong")
    async with opened(wrong, wait=False) as (connection, changes):
        await until(lambda: connection.state.state is LinkState.FAILED)
        assert [change.state.value for change in changes] == ["connecting", "failed"]


async def test_a_port_that_speaks_no_websocket_is_final(broker):
    async with opened(broker_options(broker.ports["mqtt"], "ws"), wait=False) as (connection, changes):
        await until(lambda: connection.state.state is LinkState.FAILED)
        assert [change.state.value for change in changes] == ["connecting", "failed"]
        assert changes[-1].reason


async def test_the_broker_ends_and_it_is_seen(broker):
    async with opened(broker_options(broker.ports["ws"], "ws")) as (connection, changes):
        broker.stop()
        await until(lambda: connection.state.state is LinkState.WAITING)
        assert changes[-1].reason
