# SPDX-License-Identifier: MIT
"""One open broker: what reaches the store, the log and the observers."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from mqtt_explorer.connection import Connection
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.network.outbox import RequestLost
from mqtt_explorer.network.subscriptions import RowState
from mqtt_explorer.network.unsent import UnsentState
from mqtt_explorer.protocol.limits import Limits
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion
from mqtt_explorer.protocol.requests import PublishRequest, RequestError, Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.protocol.will import Will
from mqtt_explorer.store.budget import Budget
from mqtt_explorer.store.log_book import LogKind
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
    read_packet,
    text,
    until,
)
from tests.support.scripted_peer import ScriptedPeer, mute


def broker(*after_suback, grant=b"\0"):
    """Grants every subscription, then sends the parts; acknowledges publishes."""

    def script(sock):
        while True:
            first, body = read_packet(sock)
            if first == 0x82:
                sock.sendall(
                    answer(0x90, int.from_bytes(body[:2], "big"), b"\0" + grant) + b"".join(after_suback)
                )
            elif first == 0xA2:
                sock.sendall(answer(0xB0, int.from_bytes(body[:2], "big"), b"\0\0"))
            elif first & 0xF6 == 0x32:
                sock.sendall(answer(0x40, publish_id(body)))
            elif first == 0xC0:
                sock.sendall(PINGRESP)

    return script


@asynccontextmanager
async def connection_to(script, *filters, opened=True, **more):
    with ScriptedPeer(script) as peer:
        connection = Connection(
            options_for(peer.port, **more),
            budget=Budget(),
            subscriptions=[Subscription(TopicFilter(f)) for f in filters],
        )
        connection.changes = []
        connection.state_changed.connect(connection.changes.append)
        if opened:
            connection.open()
        yield connection
        await connection.close()


def states(connection):
    return [change.state.value for change in connection.changes]


def log(connection):
    return [(entry.kind, entry.title) for entry in connection.log.entries]


async def test_messages_reach_the_store_in_order_and_then_the_observers():
    stream = publish("a/b", b"1") + publish("a/b", b"2") + publish("c", b"3", flags=1)
    async with connection_to(accepts(broker(stream)), "#") as connection:
        seen = []
        connection.batch_received.connect(lambda batch: seen.append(connection.store.counters.received))
        await until(lambda: connection.counters().received == 3)
        assert connection.store.last_message(connection.store.find(b"a/b")).payload == b"2"
        assert seen[-1] == 3
        assert [row.state for row in connection.subscriptions.rows] == [RowState.GRANTED]
        assert states(connection) == ["connecting", "connected"]


async def test_malformed_messages_are_listed_raw_in_the_log():
    bad = publish(b"\xff", b"x")
    async with connection_to(accepts(broker(publish("a") + bad + publish("b"))), "#") as connection:
        await until(lambda: connection.counters().received == 2)
        (entry,) = [entry for entry in connection.log.entries if entry.kind is LogKind.MALFORMED]
        assert entry.raw == bad
        assert "UTF-8" in entry.text
        assert connection.counters().malformed == 1


async def test_the_log_tells_states_and_refusals():
    async with connection_to(accepts(broker(grant=b"\x87")), "secret/#") as connection:
        await until(lambda: len(connection.log.entries) == 3)
        assert log(connection) == [
            (LogKind.STATE, "Connecting"), (LogKind.STATE, "Connected"), (LogKind.REFUSAL, "Filter refused"),
        ]  # fmt: skip
        texts = [entry.text for entry in connection.log.entries]
        assert texts[0] == f"Dialling mqtt://{connection.options.url.netloc}."
        assert texts[1] == f"MQTT 5 over TCP, {connection.options.url.netloc}."
        assert texts[2].startswith("secret/#: This account may not read")


async def test_a_lowered_qos_is_told():
    with ScriptedPeer(accepts(broker())) as peer:
        connection = Connection(
            options_for(peer.port), budget=Budget(), subscriptions=[Subscription(TopicFilter("a"), qos=2)]
        )
        connection.open()
        await until(lambda: (LogKind.LOWERED, "QoS lowered") in log(connection))
        await connection.close()


@pytest.mark.parametrize("code", [0x86, 0x87])
async def test_a_refusal_is_an_error_in_the_log_and_the_state(code):
    async with connection_to(
        accepts(reply=connack(code, properties=b"\x1f" + text("no"))), username="me", password="canary-7391"
    ) as connection:
        await until(lambda: connection.state.state is LinkState.FAILED)
        assert states(connection) == ["connecting", "failed"]
        assert log(connection)[-1][0] is LogKind.ERROR
        everything = " ".join(f"{entry.title} {entry.text}" for entry in connection.log.entries) + repr(
            connection.state
        )
        assert "canary-7391" not in everything + repr(connection.options)


async def test_a_drop_says_when_it_tries_again():
    async with connection_to(accepts(lambda sock: None)) as connection:
        await until(lambda: connection.state.state is LinkState.WAITING)
        assert connection.log.entries[-1].kind is LogKind.ERROR
        assert connection.log.entries[-1].text.endswith("Trying again in 1 s.")


async def test_publish_subscribe_and_unsubscribe():
    async with connection_to(accepts(broker())) as connection:
        await until(lambda: connection.state.state is LinkState.CONNECTED)
        assert (await connection.publish(PublishRequest("t", b"x", 1))).reason.value == 0
        row = await connection.subscribe(Subscription(TopicFilter("a")))
        assert row.state is RowState.GRANTED
        assert (await connection.unsubscribe("a")).value == 0
        assert connection.counters().published == 1


async def test_limits_of_the_broker_reach_the_form():
    async with connection_to(accepts(broker(), reply=connack(properties=b"\x25\0"))) as connection:
        await until(lambda: connection.state.state is LinkState.CONNECTED)
        with pytest.raises(RequestError) as caught:
            await connection.publish(PublishRequest("t", b"x", retain=True))
        assert caught.value.field == "retain"


async def test_disconnect_keeps_the_tree_and_marks_the_subscriptions():
    async with connection_to(accepts(broker(publish("a", b"1"))), "#") as connection:
        await until(lambda: connection.counters().received == 1)
        await connection.disconnect()
        assert connection.store.find(b"a") is not None
        assert connection.state.state is LinkState.DISCONNECTED
        assert [row.state for row in connection.subscriptions.rows] == [RowState.LOST]
        assert connection.rtt_s is None
        connection.open()
        await until(lambda: connection.subscriptions.rows[0].state is RowState.GRANTED)
        assert states(connection) == ["connecting", "connected", "disconnected", "connecting", "connected"]


async def test_what_was_not_acknowledged_at_a_disconnect_is_told():
    async with connection_to(accepts(mute)) as connection:
        await until(lambda: connection.state.state is LinkState.CONNECTED)
        call = asyncio.create_task(connection.publish(PublishRequest("t", b"x", 1)))
        await asyncio.sleep(0.02)
        await connection.disconnect()
        (entry,) = [entry for entry in connection.log.entries if entry.title == "Not everything was sent"]
        assert "1 message was not sent or not acknowledged" in entry.text
        assert entry.text.endswith("(1 sent, not acknowledged): t.")
        assert (await asyncio.gather(call, return_exceptions=True))[0].title == "Disconnected"


async def test_disconnect_returns_and_logs_what_is_missing_once_held_ones_included():
    reply = connack(properties=b"\x21\0\x01")
    async with connection_to(accepts(mute, reply=reply)) as connection:
        await until(lambda: connection.state.state is LinkState.CONNECTED)
        connection.hold(PublishRequest("later", b"xyz"))
        calls = [asyncio.create_task(connection.publish(PublishRequest("t", b"x", 1))) for _ in range(2)]
        await asyncio.sleep(0.02)
        expected = [("t", 1, UnsentState.SENT), ("t", 1, UnsentState.WAITING), ("later", 3, UnsentState.HELD)]
        assert [(each.topic, each.size, each.state) for each in connection.unsent()] == expected
        both = await asyncio.gather(connection.disconnect(), connection.disconnect())
        for left in both:
            assert [(each.topic, each.size, each.state) for each in left] == expected
        assert [entry.title for entry in connection.log.entries].count("Not everything was sent") == 1
        assert [each.state for each in connection.unsent()] == [UnsentState.HELD]
        await asyncio.gather(*calls, return_exceptions=True)


async def test_the_log_names_ten_topics_and_counts_the_rest():
    async with connection_to(accepts(mute), opened=False) as connection:
        for number in range(13):
            connection.hold(PublishRequest(f"long/{number}/{'x' * 100}", b""))
        left = await connection.disconnect()
        assert len(left) == 13
        text = connection.log.entries[-1].text
        assert text.startswith("13 messages were not sent")
        assert "(13 held)" in text
        assert "long/9/" in text
        assert "long/10/" not in text
        assert "and 3 more topics" in text
        assert len(text) < 1_200


async def test_held_messages_stay_over_a_disconnect_and_go_with_the_connection():
    async with connection_to(accepts(broker())) as connection:
        await until(lambda: connection.state.state is LinkState.CONNECTED)
        await connection.disconnect()
        held = connection.hold(PublishRequest("t", b"x", 1))
        with pytest.raises(RequestLost, match="no connection"):
            await connection.send_held()
        connection.open()
        await until(lambda: connection.state.state is LinkState.CONNECTED)
        await asyncio.sleep(0.05)
        assert connection.held.items == (held,)
        assert connection.counters().published == 0
        (outcome,) = await connection.send_held()
        assert outcome.reason.value == 0
        assert connection.counters().published == 1
        connection.hold(PublishRequest("t", b"y", 1))
        (left,) = await connection.close()
        assert left.state is UnsentState.HELD
        assert connection.held.items == ()
        assert await connection.close() == ()


async def test_what_the_limits_forbid_is_not_held():
    limits = Limits(source="AWS IoT Core", maximum_qos=1)
    async with connection_to(accepts(broker()), opened=False, limits=limits) as connection:
        assert connection.limits.source == "AWS IoT Core"
        with pytest.raises(RequestError, match="AWS IoT Core has no QoS 2"):
            connection.hold(PublishRequest("t", b"x", 2))
        assert not connection.held.items


async def test_steps_are_told_while_connecting_and_are_no_changes_of_state():
    async with connection_to(accepts(broker()), opened=False) as connection:
        steps = []
        connection.step_changed.connect(steps.append)
        assert connection.step is None
        connection.open()
        await until(lambda: connection.state.state is LinkState.CONNECTED)
        assert [step.value for step in steps] == ["lookup", "tcp", "connect"]
        assert connection.step is None
        assert states(connection) == ["connecting", "connected"]
        assert log(connection) == [(LogKind.STATE, "Connecting"), (LogKind.STATE, "Connected")]


def test_a_connection_knows_its_profile():
    url, _, _ = BrokerUrl.parse("mqtt://127.0.0.1:9")
    assert Connection(ConnectOptions(url), budget=Budget()).profile_id is None
    assert Connection(ConnectOptions(url), budget=Budget(), profile_id="p1").profile_id == "p1"


async def test_a_lab_client_has_no_will():
    will = Will(PublishRequest("will", b"x"))
    async with connection_to(accepts(broker()), opened=False, will=will) as connection:
        assert connection.client_factory("-probe", print).options.will is None


async def test_close_is_quick_and_final():
    with ScriptedPeer(mute) as peer:
        connection = Connection(options_for(peer.port), budget=Budget())
        connection.open()
        await until(lambda: peer.accepted)
        started = time.monotonic()
        await connection.close()
        await connection.close()
        assert time.monotonic() - started < 0.3


async def test_retry_now_ends_the_wait():
    async with connection_to(in_turn(accepts(lambda sock: None), accepts(broker()))) as connection:
        await until(lambda: connection.state.state is LinkState.WAITING)
        connection.retry_now()
        await until(lambda: connection.state.state is LinkState.CONNECTED, 0.5)


async def test_figures_count_the_rate_since_the_last_call():
    async with connection_to(accepts(broker(publish("a", b"1") * 50)), "#") as connection:
        await until(lambda: connection.counters().received == 50)
        first, second = connection.figures(2.0), connection.figures(2.0)
        assert (first.received, first.received_per_s, second.received_per_s) == (50, 25.0, 0.0)
        assert first.state == "connected"
        assert first.title == connection.options.url.netloc
        assert connection.figures(0.0).received_per_s == 0.0


async def test_a_lab_client_has_its_own_id_and_no_store():
    async with connection_to(accepts(broker())) as connection:
        batches = []
        client = connection.client_factory("-probe", batches.append)
        assert client.options.client_id == "test-probe"
        assert client.options.clean_start
        assert connection.options.client_id == "test"


async def test_the_round_trip_time_is_there_while_connected():
    async with connection_to(accepts(broker())) as connection:
        await until(lambda: connection.rtt_s is not None)
        assert 0 < connection.rtt_s < 1


async def test_taken_over_is_said_in_the_log():
    async with connection_to(accepts(lambda sock: sock.sendall(packet(0xE0, b"\x8e")))) as connection:
        await until(lambda: connection.state.state is LinkState.FAILED)
        assert "same client id" in connection.log.entries[-1].text


async def test_a_lab_client_leaves_no_session_behind():
    async with connection_to(accepts(broker()), opened=False, session_expiry=3600) as connection:
        assert connection.client_factory("-probe", print).options.session_expiry is None


async def test_the_log_does_not_show_the_query_of_an_address():
    url, _, _ = BrokerUrl.parse("ws://127.0.0.1:9/mqtt?token=canary-4419")
    connection = Connection(ConnectOptions(url), budget=Budget())
    connection.open()
    await until(lambda: connection.log.entries)
    assert connection.log.entries[0].text.startswith("Dialling ws://127.0.0.1:9/mqtt")
    assert "canary-4419" not in connection.log.entries[0].text
    await connection.close()


@pytest.mark.parametrize(("version", "left"), [(ProtocolVersion.V5, True), (ProtocolVersion.V311, False)])
async def test_an_empty_live_message_clears_what_is_retained_on_3_1_1_only(version, left):
    v5 = version is ProtocolVersion.V5
    properties = b"" if v5 else None
    stream = publish("a", b"1", flags=1, properties=properties) + publish("a", b"", properties=properties)

    def script(sock):
        body = read_packet(sock)[1]
        sock.sendall(answer(0x90, int.from_bytes(body[:2], "big"), b"\0\0" if v5 else b"\0") + stream)
        mute(sock)

    async with connection_to(accepts(script, v5=v5), "#", version=version) as connection:
        await until(lambda: connection.counters().received == 2)
        assert connection.store.find(b"a").retained is left
