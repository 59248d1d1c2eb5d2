# SPDX-License-Identifier: MIT
"""A Connection against a real mosquitto: both versions, all schemes, refusals, latency."""

from __future__ import annotations

import asyncio
import json
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
    plugins = sorted(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"))
    if not plugins:
        pytest.skip("mosquitto refuses filters only with its dynamic security plugin, which is not installed")
    rules = {
        "defaultACLAccess": {
            "publishClientSend": True, "publishClientReceive": True, "subscribe": False, "unsubscribe": True,
        },
        "clients": [],
        "groups": [{"groupname": "anyone", "roles": [{"rolename": "reader"}]}],
        "roles": [{"rolename": "reader", "acls": [{"acltype": "subscribePattern", "topic": "open/#", "allow": True}]}],
        "anonymousGroup": "anyone",
    }  # fmt: skip
    file = tmp_path / "security.json"
    file.write_text(json.dumps(rules))
    file.chmod(0o600)
    broker = broker_factory(
        listeners={"mqtt": [*plain(), f"plugin {plugins[0]}", f"plugin_opt_config_file {file}"]}
    )
    async with opened(broker_options(broker.port, version=version), [sub("open/#"), sub("secret/#")]) as (
        connection,
        _,
    ):
        granted, refused = connection.subscriptions.rows
        assert (granted.state, refused.state) == (RowState.GRANTED, RowState.REFUSED)
        assert "narrower" in refused.sentence
        assert any(entry.text.startswith("secret/#: ") for entry in connection.log.entries)


async def test_properties_travel_both_ways(broker):
    properties = PublishProperties(
        payload_is_text=True, message_expiry_s=60, content_type="text/plain", response_topic="re/ply", correlation_data=b"\0\xff",
        user=(("k", "v"), ("k", "w")),
    )  # fmt: skip
    async with opened(broker_options(broker.port), [sub("props/#", identifier=7)]) as (connection, _):
        await connection.publish(PublishRequest("props/a", b"x", 1, properties=properties))
        await until(lambda: connection.counters().received == 1)
        got = connection.store.last_message(connection.store.find(b"props/a")).properties()
        assert got.get("content_type") == "text/plain"
        assert got.get("response_topic") == "re/ply"
        assert got.get("correlation_data") == b"\0\xff"
        assert got.user == (("k", "v"), ("k", "w"))
        assert got.get("subscription_identifier") == 7


@SCHEMES
async def test_ten_megabytes_each_way(everywhere, certificates, scheme):
    # Each way with a plain client on the other side: mosquitto's websocket listener sends 4 KiB in 100 ms to its only client.
    payload = bytes(range(256)) * 40_960
    options = broker_options(everywhere.ports[scheme], scheme, certificates)
    async with (
        inbox(options, sub("down", 1)) as box,
        inbox(broker_options(everywhere.ports["mqtt"]), sub("up", 1)) as plain_box,
    ):
        assert (await box.client.publish(PublishRequest("up", payload, 1))).reason.value == 0
        await until(lambda: plain_box.frames, 20)
        assert plain_box.frames[0][3] == payload
        pinging = asyncio.create_task(_keep_busy(plain_box.client))
        assert (await plain_box.client.publish(PublishRequest("down", payload, 1))).reason.value == 0
        await until(lambda: box.frames, 20)
        pinging.cancel()
        await asyncio.gather(pinging, return_exceptions=True)
        assert box.frames[0][3] == payload


async def _keep_busy(client):
    """Keeps the broker's one thread turning, which is what its websocket listener sends by."""
    while True:
        await client.publish(PublishRequest("elsewhere", b""))
        await asyncio.sleep(0)


async def test_a_client_of_the_same_id_takes_over_and_is_told(broker):
    options = broker_options(broker.port, client_id="twice")
    async with opened(options) as (first, changes), opened(options):
        await until(lambda: first.state.state is LinkState.FAILED)
        # mosquitto 2.0 closes without a word; then three drops within seconds tell.
        assert changes[-1].code in (0x8E, None)
        assert "another client" in changes[-1].reason.lower()
        assert "client id" in changes[-1].reason


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
    # mosquitto leaves Nagle on: the PUBACK behind our own message waits for our TCP acknowledgement. At QoS 0 we have nothing to
    # send that would carry it.
    topic = f"echo/{version.value}/{qos}"
    async with inbox(broker_options(broker.port, version=version), sub(topic, 0)) as box:
        elapsed = []
        for _ in range(40):
            elapsed.append((await box.client.publish(PublishRequest(topic, b"x", qos))).elapsed_s)
            await asyncio.sleep(0.01)
        assert statistics.median(elapsed) < 0.020, elapsed


async def test_five_hundred_publishes_at_once_keep_their_order(broker):
    async with inbox(broker_options(broker.port), sub("many", 1)) as box:
        started = time.monotonic()
        await asyncio.gather(*(box.client.publish(PublishRequest("many", b"%d" % n, 1)) for n in range(500)))
        await until(lambda: len(box.frames) == 500)
        assert [int(payload) for payload in box.payloads] == list(range(500))
        assert time.monotonic() - started < 5
