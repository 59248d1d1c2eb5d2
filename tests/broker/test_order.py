# SPDX-License-Identifier: MIT
"""The order within a connection is the order on the wire, whatever the QoS."""

from __future__ import annotations

import asyncio
import random

import pytest

from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.protocol.requests import PublishRequest
from tests.support.broker_clients import broker_options, inbox, opened, sub
from tests.support.mqtt_peer import until


@pytest.mark.parametrize("version", list(ProtocolVersion))
@pytest.mark.parametrize("scheme_qos", [(0, 1), (1, 0), (0, 1, 1, 0)])
async def test_mixed_qos_on_one_topic_ends_on_the_last_value(broker, version, scheme_qos):
    topic = f"order/{version.value}/{'-'.join(map(str, scheme_qos))}"
    async with (
        opened(broker_options(broker.port, version=version), [sub(topic, 1)]) as (connection, _),
        inbox(broker_options(broker.port)) as sender,
    ):
        values = []
        connection.batch_received.connect(lambda batch: values.extend(int(frame[3]) for frame in batch.frames))
        rng = random.Random(1)
        calls = []
        for n in range(300):
            qos = scheme_qos[n % len(scheme_qos)] if n % 7 else rng.choice((0, 1))
            calls.append(asyncio.create_task(sender.client.publish(PublishRequest(topic, b"%d" % n, qos))))
            if n % 15 == 14:  # all of a group in flight at once, in one segment
                await asyncio.gather(*calls)
                calls.clear()
        await asyncio.gather(*calls)
        await until(lambda: connection.counters().received == 300)
        assert values == list(range(300))
        assert connection.store.last_message(connection.store.find(topic.encode())).payload == b"299"


async def test_qos_2_counts_at_its_release_and_each_topic_ends_on_its_last(broker):
    async with (
        opened(broker_options(broker.port), [sub("two/#", 2)]) as (connection, _),
        inbox(broker_options(broker.port)) as sender,
    ):
        await asyncio.gather(
            *(sender.client.publish(PublishRequest(f"two/{n % 5}", b"%d" % n, 2)) for n in range(200))
        )
        await until(lambda: connection.counters().received == 200)
        for n in range(5):
            last = connection.store.last_message(connection.store.find(b"two/%d" % n))
            assert last.payload == b"%d" % (195 + n)
