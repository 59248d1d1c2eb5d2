# SPDX-License-Identifier: MIT
"""QoS that survives: connection resets under load in both directions, held messages, and leaving in order, on a real mosquitto."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from mqtt_explorer.network.dialer import dial
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.network.outbox import RequestLost
from mqtt_explorer.network.subscriptions import RowState
from mqtt_explorer.network.unsent import UnsentState
from mqtt_explorer.protocol.limits import Limits
from mqtt_explorer.protocol.options import MIB, ProtocolVersion
from mqtt_explorer.protocol.requests import PublishRequest
from mqtt_explorer.protocol.will import Will
from tests.support.broker_clients import Inbox, broker_options, inbox, opened, sub
from tests.support.mqtt_peer import until
from tests.support.tcp_proxy import TcpProxy

VERSIONS = pytest.mark.parametrize("version", list(ProtocolVersion))
COUNT = 500
RESETS = 5


def session(version):
    return {"clean_start": False} | ({"session_expiry": 300} if version is ProtocolVersion.V5 else {})


async def back_again(connection):
    """Waits for the drop and for the next connection, without the pause a pattern of drops would bring: they are the test's doing."""
    await until(lambda: connection.state.state is not LinkState.CONNECTED)
    connection._link._backoff.reset()
    connection.retry_now()
    await until(lambda: connection.state.state is LinkState.CONNECTED)


def count(payloads, qos):
    """How many of this QoS are lost and how many came twice."""
    seen = Counter(payload for payload in payloads if payload.startswith(b"%d:" % qos))
    return COUNT - len(seen), sum(seen.values()) - len(seen)


@VERSIONS
async def test_five_resets_under_load_in_both_directions(broker_factory, version):
    broker = broker_factory(["max_queued_messages 0"])
    options = broker_options
    received = []
    async with (
        TcpProxy(broker.port) as proxy,
        inbox(options(broker.port, request_timeout_s=60), sub("out", 2)) as witness,
        opened(
            options(
                proxy.port, version=version, client_id="survives", request_timeout_s=60, **session(version)
            ),
            [sub("in", 2)],
        ) as (it, changes),
    ):
        it.batch_received.connect(lambda batch: received.extend(frame[3] for frame in batch.frames))
        sent = []

        async def publish(client, topic, qos, number):
            result = await client.publish(PublishRequest(topic, b"%d:%d" % (qos, number), qos))
            sent.append((topic, result.reason.value))

        part = COUNT // RESETS
        for reset in range(RESETS):
            numbers = range(reset * part, (reset + 1) * part)
            done = len(sent)
            load = asyncio.gather(
                *(
                    publish(client, topic, qos, number)
                    for client, topic in ((it, "out"), (witness.client, "in"))
                    for number in numbers
                    for qos in (1, 2)
                )
            )
            goal = done + 30 + 45 * reset  # each time at another place
            await until(lambda goal=goal: len(sent) >= goal)
            proxy.cut()
            await back_again(it)
            await asyncio.wait_for(load, 30)  # no publish is told as lost: all end well
        expected = [("in", 0)] * 2 * COUNT + [("out", 0)] * 2 * COUNT
        assert sorted(sent) == expected
        await until(lambda: len(set(received)) == 2 * COUNT and len(set(witness.payloads)) == 2 * COUNT, 20)
        await asyncio.sleep(0.2)
        for direction, payloads in (("out", witness.payloads), ("in", received)):
            for qos in (1, 2):
                lost, doubled = count(payloads, qos)
                print(f"{version.label} {direction} QoS {qos}: lost {lost}, doubled {doubled}")
                assert lost == 0
                assert qos == 1 or doubled == 0
        ups = [change for change in changes if change.state is LinkState.CONNECTED]
        assert len(ups) == RESETS + 1
        assert all(change.connack.session_present for change in ups[1:])


@VERSIONS
@pytest.mark.parametrize("qos", [1, 2])
async def test_what_waits_for_its_turn_goes_out_after_the_reconnect_in_order(broker, version, qos):
    topic = f"turn/{version.value}/{qos}"
    async with (
        TcpProxy(broker.port) as proxy,
        inbox(broker_options(broker.port), sub(topic, 2)) as witness,
        opened(
            broker_options(proxy.port, version=version, client_id=topic.replace("/", "-"), **session(version))
        ) as (it, _),
    ):
        broker.pause()
        try:
            calls = [
                asyncio.create_task(it.publish(PublishRequest(topic, b"%d" % n, qos))) for n in range(60)
            ]
            await asyncio.sleep(0.05)
            states = Counter(each.state for each in it.unsent())
            assert states == {UnsentState.SENT: 20, UnsentState.WAITING: 40}
            proxy.cut()
            await until(lambda: it.state.state is not LinkState.CONNECTED)
            assert Counter(each.state for each in it.unsent()) == states
            assert not any(call.done() for call in calls)
        finally:
            broker.resume()
        await back_again(it)
        results = await asyncio.wait_for(asyncio.gather(*calls), 10)
        assert all(result.reason.value in (0, 0x10) for result in results)
        await until(lambda: len(set(witness.payloads)) == 60)
        assert list(dict.fromkeys(int(payload) for payload in witness.payloads)) == list(range(60))
        assert it.unsent() == ()


# --- held messages ----------------------------------------------------------------------------------------------------


async def test_held_messages_are_sent_when_the_user_says_so_and_in_order(broker):
    async with (
        TcpProxy(broker.port) as proxy,
        inbox(broker_options(broker.port), sub("held/#", 0)) as witness,
        opened(broker_options(proxy.port)) as (it, _),
    ):
        proxy.cut()
        await until(lambda: it.state.state is LinkState.WAITING)
        before = time.time_ns()
        held = [it.hold(PublishRequest(f"held/{n % 3}", b"%d" % n, n % 3)) for n in range(9)]
        assert all(before <= each.wall_ns <= time.time_ns() for each in held)
        with pytest.raises(RequestLost, match="no connection"):
            await it.send_held()
        assert len(it.held.items) == 9
        await back_again(it)
        await asyncio.sleep(0.2)
        assert witness.payloads == []  # not by themselves
        assert it.held.discard([held[4].number]) == 1
        (outcome,) = await it.send_held([held[7].number])
        assert outcome.reason.value == 0
        outcomes = await it.send_held()
        assert len(outcomes) == 7
        assert it.held.items == ()
        await until(lambda: len(witness.payloads) == 8)
        assert [int(each) for each in witness.payloads] == [7, 0, 1, 2, 3, 5, 6, 8]


async def test_what_the_broker_does_not_take_stays_held(broker_factory):
    broker = broker_factory(["message_size_limit 1000"])
    async with opened(broker_options(broker.port)) as (it, _):
        small, large = (it.hold(PublishRequest("t", bytes(size), 1)) for size in (10, 5_000))
        first, second = await it.send_held()
        assert first.reason.value in (0, 0x10)
        assert second.reason.value == 0x95
        (left,) = it.held.items
        assert (left.number, left.error.code, left.sending) == (large.number, 0x95, False)
        assert small.number != large.number


# --- leaving ----------------------------------------------------------------------------------------------------------

WILL = Will(PublishRequest("will", b"gone", 1))


@VERSIONS
@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_closing_sends_five_hundred_messages_first(broker, version, qos):
    topic = f"drain/{version.value}/{qos}"
    async with inbox(broker_options(broker.port), sub(topic, 2)) as witness:
        async with opened(broker_options(broker.port, version=version)) as (it, _):
            calls = [
                asyncio.create_task(it.publish(PublishRequest(topic, b"%d" % n, qos))) for n in range(500)
            ]
            await asyncio.sleep(0)
            closing = asyncio.create_task(it.disconnect())
            seen = []
            while not closing.done():
                seen.append(it.unacknowledged)
                await asyncio.sleep(0.002)
            assert await closing == ()
            assert sorted(seen, reverse=True) == seen  # progress
            assert all(result.reason.value == 0 for result in await asyncio.gather(*calls))
            assert it.log.entries[-1].title == "Disconnected"
        await until(lambda: len(witness.payloads) == 500)


async def resume_at_the_goodbye(broker, connection):
    await until(lambda: connection._client._leaving)
    broker.resume()


@VERSIONS
async def test_a_clean_exit_never_fires_the_will_also_when_the_drain_ran_out(broker_factory, version):
    broker = broker_factory()
    async with (
        inbox(broker_options(broker.port, keep_alive=0), sub("#", 1)) as witness,
        opened(broker_options(broker.port, version=version, will=WILL)) as (it, _),
    ):
        broker.pause()  # takes bytes into its socket, and answers nothing
        slow = asyncio.create_task(resume_at_the_goodbye(broker, it))
        try:
            calls = [
                asyncio.create_task(it.publish(PublishRequest(f"t/{n % 12}", bytes(4_000), 1 + n % 2)))
                for n in range(100)
            ]
            await asyncio.sleep(0.02)
            started = time.monotonic()
            left = await it.disconnect()
            assert 2 < time.monotonic() - started < 3.3
        finally:
            broker.resume()
            await slow
        assert Counter(each.state for each in left) == {UnsentState.SENT: 20, UnsentState.WAITING: 80}
        assert left[0].size == 4_000
        entries = [entry for entry in it.log.entries if entry.title == "Not everything was sent"]
        assert len(entries) == 1
        assert "100 messages" in entries[0].text
        assert "80 waiting; 20 sent, not acknowledged" in entries[0].text
        assert "t/0, t/1," in entries[0].text
        assert "2 more topics" in entries[0].text
        assert it._client.said_goodbye
        assert not any("Will" in entry.title for entry in it.log.entries)
        errors = await asyncio.gather(*calls, return_exceptions=True)
        assert {error.title for error in errors} == {"Disconnected", "Not sent"}
        await until(lambda: len(witness.frames) == 10)  # what was sent at QoS 1, and nothing else
        await asyncio.sleep(0.3)
        assert len(witness.frames) == 10
        assert "will" not in {frame[1].decode() for frame in witness.frames}


async def test_leaving_a_flood_does_not_fire_the_will(broker_factory):
    broker = broker_factory(["max_queued_messages 0"])
    async with inbox(broker_options(broker.port), sub("will", 1)) as witness:
        for _ in range(5):
            leaver = Inbox(broker_options(broker.port, will=WILL))
            await leaver.client.connect(await dial(leaver.client.options))
            await leaver.client.subscribe([sub("flood", 0)])
            calls = [
                asyncio.create_task(witness.client.publish(PublishRequest("flood", bytes(20_000))))
                for _ in range(400)
            ]
            await until(lambda leaver=leaver: leaver.frames)
            started = time.monotonic()
            assert await leaver.client.disconnect() == ()
            assert time.monotonic() - started < 1
            assert leaver.client.said_goodbye
            await asyncio.gather(*calls)
        await asyncio.sleep(0.2)
        assert witness.payloads == []


async def test_a_cancelled_close_says_goodbye_all_the_same(broker):
    will = Will(PublishRequest("will/cancelled", b"gone", 1))
    async with inbox(broker_options(broker.port), sub("will/cancelled", 1)) as witness:
        leaver = Inbox(broker_options(broker.port, will=will))
        await leaver.client.connect(await dial(leaver.client.options))
        broker.pause()
        try:
            call = asyncio.create_task(leaver.client.publish(PublishRequest("t", b"x", 1)))
            await asyncio.sleep(0.02)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await leaver.client.disconnect()
        finally:
            broker.resume()
        with pytest.raises(RequestLost, match="closed before"):
            await call
        await asyncio.sleep(0.3)
        assert witness.payloads == []


@pytest.mark.parametrize("size", [100, 8 * MIB])
async def test_a_peer_that_takes_nothing_holds_nothing_up(broker_factory, size):
    broker = broker_factory()
    async with opened(broker_options(broker.port, will=WILL)) as (it, _):
        broker.pause()
        try:
            calls = [asyncio.create_task(it.publish(PublishRequest("t", bytes(size), 1))) for _ in range(3)]
            await asyncio.sleep(0.02)
            started = time.monotonic()
            left = await it.disconnect()
            assert time.monotonic() - started < 3.3
        finally:
            broker.resume()
        assert [each.size for each in left] == [size] * 3
        # Nobody can know what it will read of all that: the will is possible, and that is said.
        assert any(entry.title == "Last Will possible" for entry in it.log.entries)
        await asyncio.gather(*calls, return_exceptions=True)


# --- limits -----------------------------------------------------------------------------------------------------------


@VERSIONS
async def test_a_filter_the_limits_forbid_is_refused_here_and_the_others_stand(broker, version):
    limits = Limits(source="AWS IoT Core", sys_topics=False, filters_per_subscribe=8)
    filters = [sub("$SYS/#"), *(sub(f"limits/{n}") for n in range(20))]
    async with opened(broker_options(broker.port, version=version, limits=limits), filters) as (it, _):
        await until(lambda: all(row.state is not RowState.PENDING for row in it.subscriptions.rows))
        first, *others = it.subscriptions.rows
        assert (first.state, first.reason) == (RowState.REFUSED, None)
        assert "no $SYS topics" in first.sentence
        assert all(row.state is RowState.GRANTED for row in others)
        refusals = [entry.text for entry in it.log.entries if entry.title == "Filter refused"]
        assert len(refusals) == 1
        assert refusals[0].startswith("$SYS/#: ")
