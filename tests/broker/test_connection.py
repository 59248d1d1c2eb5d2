# SPDX-License-Identifier: MIT
"""A Connection against a real mosquitto: both versions, all schemes, refusals, latency."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

import pytest

from mqtt_explorer.network.link import LinkState
from mqtt_explorer.network.subscriptions import RowState
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.protocol.requests import PublishProperties, PublishRequest
from tests.support.broker_clients import broker_options, inbox, opened, sub
from tests.support.mosquitto import password_protected, plain, tls, websockets
from tests.support.mqtt_peer import until

VERSIONS = pytest.mark.parametrize("version", list(ProtocolVersion))
SCHEMES = pytest.mark.parametrize("scheme", ["mqtt", "mqtts", "ws", "wss"])


@pytest.fixture
def everywhere(broker_factory, certificates):
    """A broker with all four kinds of listener."""
    return broker_factory(
        listeners={
            "mqtt": plain(), "mqtts": tls(certificates), "ws": websockets(), "wss": tls(certificates, websockets=True),
        }
    )  # fmt: skip


@VERSIONS
@SCHEMES
async def test_every_way_in_at_every_qos(everywhere, certificates, scheme, version):
    options = broker_options(everywhere.ports[scheme], scheme, certificates, version=version)
    async with opened(options, [sub("t/#", 2)]) as (connection, changes):
        for qos in (0, 1, 2):
            result = await connection.publish(PublishRequest(f"t/{qos}", b"%d" % qos, qos))
            assert result.reason.value == 0
        await until(lambda: connection.counters().received == 3)
        for qos in (0, 1, 2):
            message = connection.store.last_message(connection.store.find(b"t/%d" % qos))
            assert (message.payload, message.qos) == (b"%d" % qos, qos)
        await until(lambda: connection.rtt_s is not None)
        assert [change.state.value for change in changes] == ["connecting", "connected"]
    assert changes[-1].state is LinkState.DISCONNECTED


@VERSIONS
async def test_a_wrong_password_is_said_and_not_retried(broker_factory, tmp_path: Path, version):
    broker = broker_factory(listeners={"mqtt": password_protected(tmp_path, {"me": "right"})})
    wrong = broker_options(broker.port, version=version, username="me", password="canary-8812")
    async with opened(wrong, wait=False) as (connection, changes):
        await until(lambda: connection.state.state is LinkState.FAILED)
        await asyncio.sleep(0.1)
        assert [change.state.value for change in changes] == ["connecting", "failed"]
        assert "user name" in changes[-1].reason
        said = " ".join(entry.title + entry.text for entry in connection.log.entries) + repr(changes)
        assert "canary-8812" not in said
    right = broker_options(broker.port, version=version, username="me", password="right")
    async with opened(right) as (connection, _):
        assert connection.state.state is LinkState.CONNECTED


@VERSIONS
async def test_a_filter_the_acl_forbids_is_a_refused_row(broker_factory, tmp_path: Path, version):
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite open/#\n")
    acl.chmod(0o600)
    broker = broker_factory(listeners={"mqtt": [*plain(), f"acl_file {acl}"]})
    options = broker_options(broker.port, version=version)
    async with opened(options, [sub("open/#"), sub("secret/#")]) as (connection, _):
        states = [row.state for row in connection.subscriptions.rows]
        if states[1] is RowState.GRANTED:  # mosquitto checks filters only with a plugin; then it is silent and shows nothing
            pytest.skip("this mosquitto does not refuse filters")
        assert states == [RowState.GRANTED, RowState.REFUSED]
        assert connection.subscriptions.rows[1].sentence


async def test_properties_travel_both_ways(broker):
    properties = PublishProperties(
        payload_is_text=True, message_expiry_s=60, content_type="text/plain", response_topic="re/ply", correlation_data=b"\0\xff",
        user=(("k", "v"), ("k", "w")),
    )  # fmt: skip
    async with opened(broker_options(broker.port), [sub("props/#", identifier=7)]) as (connection, _):
        await connection.publish(PublishRequest("props/a", b"x", 1, properties=properties))
        await until(lambda: connection.counters().received == 1)
        got = connection.store.last_message(connection.store.find(b"props/a")).properties
        assert got.get("content_type") == "text/plain"
        assert got.get("response_topic") == "re/ply"
        assert got.get("correlation_data") == b"\0\xff"
        assert got.user == (("k", "v"), ("k", "w"))
        assert got.get("subscription_identifier") == 7


@pytest.mark.parametrize("scheme", ["mqtts", "ws", "wss"])
async def test_ten_megabytes_both_ways(everywhere, certificates, scheme):
    payload = bytes(range(256)) * 40_960
    options = broker_options(everywhere.ports[scheme], scheme, certificates)
    async with inbox(options, sub("big", 1)) as box:
        result = await box.client.publish(PublishRequest("big", payload, 1))
        assert result.reason.value == 0
        await until(lambda: box.frames, 20)
        assert box.frames[0][3] == payload


async def test_a_client_of_the_same_id_takes_over_and_is_told(broker):
    options = broker_options(broker.port, client_id="twice")
    async with opened(options) as (first, changes):
        async with opened(options):
            await until(lambda: first.state.state is LinkState.FAILED)
            assert changes[-1].code == 0x8E
            assert "same client id" in changes[-1].reason


async def test_a_broker_that_goes_away_and_comes_back(broker_factory):
    broker = broker_factory()
    async with opened(broker_options(broker.port), [sub("#")]) as (connection, changes):
        broker.stop()
        await until(lambda: connection.state.state is LinkState.WAITING)
        broker.start()
        connection.retry_now()
        await until(lambda: connection.state.state is LinkState.CONNECTED)
        await until(lambda: connection.subscriptions.rows[0].state is RowState.GRANTED)
        assert [change.state.value for change in changes] == [
            "connecting", "connected", "waiting", "connecting", "connected",
        ]  # fmt: skip


async def test_a_broker_that_stops_answering_is_found_out(broker_factory):
    broker = broker_factory()
    async with opened(broker_options(broker.port, keep_alive=2)) as (connection, changes):
        await until(lambda: connection.rtt_s is not None)
        broker.pause()
        await until(lambda: connection.state.state is LinkState.WAITING, 8)
        assert "did not answer a ping" in changes[-1].reason
        broker.resume()


async def test_an_idle_connection_stays_for_several_keep_alives(broker):
    async with opened(broker_options(broker.port, keep_alive=1)) as (connection, changes):
        await asyncio.sleep(4)
        assert [change.state.value for change in changes] == ["connecting", "connected"]
        assert connection.rtt_s < 0.5


@VERSIONS
@pytest.mark.parametrize("qos", [1, 2])
async def test_no_fake_forty_milliseconds_when_we_hear_our_own_message(broker, version, qos):
    # mosquitto leaves Nagle on: the PUBACK behind our own message waits for our TCP acknowledgement.
    async with inbox(broker_options(broker.port, version=version), sub(f"echo/{version.value}/{qos}", qos)) as box:
        elapsed = []
        for _ in range(15):
            elapsed.append((await box.client.publish(PublishRequest(f"echo/{version.value}/{qos}", b"x", qos))).elapsed_s)
            await asyncio.sleep(0.01)
        assert statistics.median(elapsed) < 0.020, elapsed


async def test_five_hundred_publishes_at_once_keep_their_order(broker):
    async with inbox(broker_options(broker.port), sub("many", 1)) as box:
        started = time.monotonic()
        await asyncio.gather(*(box.client.publish(PublishRequest("many", b"%d" % n, 1)) for n in range(500)))
        await until(lambda: len(box.frames) == 500)
        assert [int(payload) for payload in box.payloads] == list(range(500))
        assert time.monotonic() - started < 5
