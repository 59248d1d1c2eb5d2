# SPDX-License-Identifier: MIT
"""A Connection over bad networks: late, slow, in crumbs, damaged, half closed, silent, cut; always to a real mosquitto."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from mqtt_explorer.connection import Connection
from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.network.link import LinkState, StateChange
from mqtt_explorer.network.subscriptions import RowState
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.protocol.requests import PublishRequest, PublishResult, Subscription
from tests.support.broker_clients import broker_options, inbox, opened, sub
from tests.support.fault_proxy import FaultProxy
from tests.support.mosquitto import plain, tls, websockets
from tests.support.mqtt_peer import until

VERSIONS = pytest.mark.parametrize("version", list(ProtocolVersion))
SCHEMES = pytest.mark.parametrize("scheme", ["mqtt", "mqtts", "ws", "wss"])
#: Another message of the same pattern would be noticed anywhere.
BIG = bytes(range(251)) * 1_600
BACK_S = 4.0
"""The first wait is a second at most."""


@pytest.fixture
def everywhere(broker_factory, certificates):
    """A broker with all four kinds of listener."""
    return broker_factory(
        listeners={
            "mqtt": plain(), "mqtts": tls(certificates), "ws": websockets(), "wss": tls(certificates, websockets=True),
        }
    )  # fmt: skip


@dataclass
class Line:
    """A connection through the proxy, and what it told of itself."""

    proxy: FaultProxy
    it: Connection
    changes: list[StateChange]

    @property
    def states(self) -> list[str]:
        return [change.state.value for change in self.changes]

    def payload(self, topic: str) -> bytes | None:
        """The last payload of a topic."""
        node = self.it.store.find(topic.encode())
        message = None if node is None else self.it.store.last_message(node)
        return None if message is None else message.payload

    async def comes_back(self, seconds: float = BACK_S) -> None:
        """Waits for the next connection, all filters granted, without doing anything for it."""
        await until(lambda: self.it.state.state is LinkState.CONNECTED, seconds)
        await until(lambda: all(row.state is RowState.GRANTED for row in self.it.subscriptions.rows))


@asynccontextmanager
async def line(
    port: int,
    subscriptions: Sequence[Subscription] = (),
    *,
    scheme: str = "mqtt",
    certificates: Any = None,
    wait: bool = True,
    seed: int = 0,
    before: Any = None,
    **options: Any,
) -> AsyncIterator[Line]:
    """Opens a connection through a proxy; `before` gets the proxy first."""
    async with FaultProxy(port, seed=seed) as proxy:
        if before is not None:
            before(proxy)
        wanted = broker_options(proxy.port, scheme, certificates, **options)
        async with opened(wanted, subscriptions, wait=wait) as (it, changes):
            made = Line(proxy, it, changes)
            yield made
            told_once(made.changes)
        told_once(made.changes)


def told_once(changes: list[StateChange]) -> None:
    """Each event is a change: no state twice in a row, and every bad one has its sentence."""
    assert all(a.state is not b.state for a, b in itertools.pairwise(changes)), changes
    for change in changes:
        if change.state in (LinkState.WAITING, LinkState.FAILED):
            is_a_sentence(change)


def is_a_sentence(change: StateChange) -> None:
    """What went wrong, for people."""
    assert isinstance(change.error, MqttExplorerError)
    assert change.error.title
    assert change.reason.rstrip().endswith("."), change.reason
    assert "Traceback" not in change.reason
    assert "error of the program" not in change.reason


# --- crumbs, late, slow -------------------------------------------------------------------------------------------------


@VERSIONS
@SCHEMES
async def test_byte_by_byte_everything_arrives_intact(everywhere, certificates, scheme, version):
    def crumbs(proxy):
        proxy.up.byte_wise = proxy.down.byte_wise = True

    port = everywhere.ports[scheme]
    async with line(
        port, [sub("t/#", 2)], scheme=scheme, certificates=certificates, version=version, before=crumbs
    ) as line_:
        for qos in (0, 1, 2):
            payload = BIG[qos : 1_000 + qos]
            assert (await line_.it.publish(PublishRequest(f"t/{qos}", payload, qos))).reason.value == 0
        await until(lambda: line_.it.counters().received == 3)
        assert [line_.payload(f"t/{qos}") for qos in (0, 1, 2)] == [BIG[q : 1_000 + q] for q in (0, 1, 2)]
        assert line_.it.counters().malformed == 0
        assert line_.states == ["connecting", "connected"]


async def test_a_slow_path_shows_in_the_round_trip_time(broker):
    def late(proxy):
        proxy.up.delay_s, proxy.down.delay_s = 0.05, 0.15

    async with line(broker.port, before=late) as line_:
        await until(lambda: line_.it.rtt_s is not None)
        assert 0.2 <= line_.it.rtt_s < 0.6
        result = await line_.it.publish(PublishRequest("late", b"x", 1))
        assert result.elapsed_s >= 0.2


@SCHEMES
async def test_a_large_message_through_a_narrow_pipe(everywhere, certificates, scheme):
    async with line(
        everywhere.ports[scheme], [sub("down", 1)], scheme=scheme, certificates=certificates, keep_alive=2
    ) as line_:
        line_.proxy.up.bytes_per_s = line_.proxy.down.bytes_per_s = 600_000
        plain_options = broker_options(everywhere.ports["mqtt"])
        async with inbox(plain_options, sub("up", 1)) as other:
            sent = await line_.it.publish(PublishRequest("up", BIG, 1))
            assert sent.elapsed_s > 0.4
            await until(lambda: other.frames)
            assert other.payloads == [BIG]
            if "ws" not in scheme:  # mosquitto's websocket listener sends 4 KiB in 100 ms
                await other.client.publish(PublishRequest("down", BIG, 1))
                await until(lambda: line_.payload("down") == BIG)
        assert line_.states == ["connecting", "connected"]


# --- half closed, silent ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["up", "down"])
async def test_a_half_closed_connection_is_noticed_and_made_anew(everywhere, certificates, way):
    async def one(scheme):
        async with line(
            everywhere.ports[scheme], [sub(f"half/{scheme}", 1)], scheme=scheme, certificates=certificates
        ) as line_:
            getattr(line_.proxy, way).half_close()
            await until(lambda: line_.it.state.state is LinkState.WAITING, 2)
            await line_.comes_back()
            await line_.it.publish(PublishRequest(f"half/{scheme}", b"whole", 1))
            await until(lambda: line_.payload(f"half/{scheme}") == b"whole")
            assert line_.states == ["connecting", "connected", "waiting", "connecting", "connected"]

    await asyncio.gather(*(one(scheme) for scheme in ("mqtt", "mqtts", "ws", "wss")))


async def test_a_black_hole_is_noticed_by_the_keep_alive_and_left_by_itself(broker):
    async def one(*ways):
        async with line(broker.port, [sub("hole/#", 1)], keep_alive=1) as line_:
            await until(lambda: line_.it.rtt_s is not None)
            for way in ways:
                getattr(line_.proxy, way).blackhole = True
            await until(lambda: line_.it.state.state is LinkState.WAITING, 8)
            assert line_.proxy.accepted == 1
            if ways != ("up",):  # there the broker may be the first to miss us
                assert "did not answer a ping" in line_.changes[-1].reason
            line_.proxy.heal()
            await line_.comes_back()
            assert line_.states == ["connecting", "connected", "waiting", "connecting", "connected"]

    await asyncio.gather(one("up"), one("down"), one("up", "down"))


async def test_a_black_hole_at_the_start_is_told_and_left_by_itself(broker):
    def hole(proxy):
        proxy.down.blackhole = True

    async with line(broker.port, before=hole, wait=False, connack_timeout_s=0.5) as line_:
        await until(lambda: line_.it.state.state is LinkState.WAITING)
        assert "sent no CONNACK" in line_.changes[-1].reason
        line_.proxy.heal()
        await line_.comes_back()
        assert line_.states == ["connecting", "waiting", "connecting", "connected"]


# --- damaged ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize("seed", range(6))
async def test_damaged_bytes_cost_a_message_or_the_connection_and_nothing_else(broker, way, seed):
    topic = f"dmg/{way}{seed}"
    async with (
        line(broker.port, [sub(f"{topic}/#", 1)], seed=seed, request_timeout_s=2.0) as line_,
        inbox(broker_options(broker.port)) as sender,
    ):
        getattr(line_.proxy, way).corrupt_share = 0.004
        publishing = []
        for number in range(60):
            client = sender.client if way == "down" else line_.it
            request = PublishRequest(f"{topic}/{number}", BIG[:40], number % 2)
            publishing.append(asyncio.create_task(client.publish(request)))
            await asyncio.sleep(0.005)
        assert getattr(line_.proxy, way).corrupted > 0
        line_.proxy.heal()
        line_.proxy.cut()  # a damaged length may have it wait for more; a user would see the keep-alive end it
        await until(lambda: line_.it.state.state in (LinkState.WAITING, LinkState.FAILED))
        line_.it.retry_now()
        await line_.comes_back()
        for outcome in await asyncio.gather(*publishing, return_exceptions=True):
            assert isinstance(outcome, PublishResult | MqttExplorerError), outcome
        await line_.it.publish(PublishRequest(f"{topic}/end", b"whole", 1))
        await until(lambda: line_.payload(f"{topic}/end") == b"whole")


@pytest.mark.parametrize("scheme", ["mqtts", "wss"])
@pytest.mark.parametrize("way", ["up", "down"])
async def test_a_damaged_byte_under_tls_is_a_fault_with_a_name(everywhere, certificates, scheme, way):
    async with line(
        everywhere.ports[scheme], [sub("tls", 1)], scheme=scheme, certificates=certificates
    ) as line_:
        getattr(line_.proxy, way).corrupt_after(10)
        async with inbox(broker_options(everywhere.ports["mqtt"])) as sender:
            publishes = asyncio.gather(
                line_.it.publish(PublishRequest("other", b"x", 0)),
                sender.client.publish(PublishRequest("tls", b"x", 1)),
                return_exceptions=True,
            )
            await until(lambda: line_.it.state.state is not LinkState.CONNECTED)
            await publishes
        assert line_.changes[-1].state is LinkState.WAITING
        assert "TLS" in line_.changes[-1].error.title + line_.changes[-1].reason, line_.changes[-1]
        if way == "down":
            assert line_.payload("tls") is None
        await line_.comes_back()


@pytest.mark.parametrize("at", [5, 60, 400])
async def test_a_damaged_tls_handshake_is_told(everywhere, certificates, at):
    def damage(proxy):
        proxy.down.corrupt_after(at)

    async with line(
        everywhere.ports["mqtts"], scheme="mqtts", certificates=certificates, wait=False, before=damage
    ) as line_:
        await until(lambda: line_.it.state.state in (LinkState.WAITING, LinkState.FAILED))
        is_a_sentence(line_.changes[-1])
        line_.it.retry_now()
        await line_.comes_back()


# --- cut ----------------------------------------------------------------------------------------------------------------


@VERSIONS
@SCHEMES
@pytest.mark.parametrize("kept", [True, False], ids=["session kept", "clean start"])
async def test_after_a_reset_all_filters_are_back(everywhere, certificates, scheme, version, kept):
    session = {"clean_start": not kept}
    if kept:
        session |= {"client_id": f"cut-{scheme}"}
        session |= {"session_expiry": 300} if version is ProtocolVersion.V5 else {}
    filters = [sub(f"cut/{number}", number % 3) for number in range(120)]
    async with (
        line(
            everywhere.ports[scheme], filters, scheme=scheme, certificates=certificates, version=version, **session
        ) as line_,
        inbox(broker_options(everywhere.ports["mqtt"])) as sender,
    ):  # fmt: skip
        line_.proxy.cut()
        await until(lambda: line_.it.state.state is LinkState.WAITING)
        assert all(row.state is RowState.LOST for row in line_.it.subscriptions.rows)
        line_.it.retry_now()
        await line_.comes_back()
        assert line_.it.state.connack.session_present is kept
        for number in range(120):
            await sender.client.publish(PublishRequest(f"cut/{number}", b"%d" % number, 1))
        await until(lambda: line_.it.counters().received == 120)
        assert line_.states == ["connecting", "connected", "waiting", "connecting", "connected"]


@VERSIONS
@pytest.mark.parametrize("way", ["up", "down"])
async def test_a_reset_in_the_middle_of_any_packet(broker, version, way):
    async def one(count):
        def reset(proxy):
            getattr(proxy, way).reset_after(count)

        topic = f"mid/{way}{version.value}/{count}"
        async with line(broker.port, [sub(topic, 1)], version=version, before=reset, wait=False) as line_:
            ended = {LinkState.WAITING, LinkState.FAILED}
            await until(lambda: any(change.state in ended for change in line_.changes))
            line_.it.retry_now()  # a close in place of the first CONNACK looks like a wrong port: no try by itself
            await line_.comes_back()
            await line_.it.publish(PublishRequest(topic, b"whole", 1))
            await until(lambda: line_.payload(topic) == b"whole")

    # In CONNECT or CONNACK, in SUBSCRIBE or SUBACK, in the first PINGREQ or PINGRESP.
    counts = (1, 15, 32, 40, 46) if way == "up" else (1, 3, 5, 8, 10)
    await asyncio.gather(*(one(count) for count in counts))
