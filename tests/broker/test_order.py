# SPDX-License-Identifier: MIT
"""The order within a connection is the order on the wire, whatever the QoS."""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import contextmanager

import pytest

from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.protocol.requests import PublishRequest
from tests.support.broker_clients import broker_options, inbox, opened, sub
from tests.support.mqtt_peer import packet, publish, read_packet, text, until


@pytest.fixture
def broker(broker_factory):
    """Without a limit in flight: with one, mosquitto itself lets QoS 0 overtake what waits at QoS 1."""
    return broker_factory(["max_inflight_messages 0"])


@contextmanager
def raw_sender(port):
    """A bare MQTT 3.1.1 connection, to write several packets in one segment."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(packet(0x10, text("MQTT") + b"\x04\x02\0\x3c" + text("raw-sender")))
        assert read_packet(sock) == (0x20, b"\0\0")
        yield sock


@pytest.mark.parametrize("version", list(ProtocolVersion))
@pytest.mark.parametrize("pattern", [(0, 1), (1, 0), (0, 1, 1, 0)])
async def test_mixed_qos_on_one_topic_ends_on_the_last_value(broker, version, pattern):
    """The broker writes what waits for us in few segments; one at a time is sent, so that the order of sending is no question."""
    topic = f"order/{version.value}/{'-'.join(map(str, pattern))}"
    async with (
        opened(broker_options(broker.port, version=version), [sub(topic, 1)]) as (connection, _),
        inbox(broker_options(broker.port)) as sender,
    ):
        values = []
        connection.batch_received.connect(
            lambda batch: values.extend(int(frame[3]) for frame in batch.frames)
        )
        rng = random.Random(1)
        for n in range(300):
            qos = pattern[n % len(pattern)] if n % 7 else rng.choice((0, 1))
            await sender.client.publish(PublishRequest(topic, b"%d" % n, qos))
        await until(lambda: connection.counters().received == 300)
        assert values == list(range(300))
        assert connection.store.last_message(connection.store.find(topic.encode())).payload == b"299"


@pytest.mark.parametrize("version", list(ProtocolVersion))
async def test_mixed_qos_in_one_segment_ends_on_the_last_value(broker, version):
    topic = f"segment/{version.value}"
    async with opened(broker_options(broker.port, version=version), [sub(topic, 1)]) as (connection, _):
        batches = []
        connection.batch_received.connect(
            lambda batch: batches.append([int(frame[3]) for frame in batch.frames])
        )
        with raw_sender(broker.port) as raw:
            for start in range(0, 200, 10):
                raw.sendall(
                    b"".join(
                        publish(topic, b"%d" % n, qos=n % 2, packet_id=n + 1, properties=None)
                        for n in range(start, start + 10)
                    )
                )
            await until(lambda: connection.counters().received == 200)
        assert [value for batch in batches for value in batch] == list(range(200))
        assert max(map(len, batches)) > 1
        assert connection.store.last_message(connection.store.find(topic.encode())).payload == b"199"


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
