# SPDX-License-Identifier: MIT
"""The table of subscriptions against a scripted peer: grants, refusals, and what a reconnect brings back."""

from __future__ import annotations

import time

import pytest

from mqtt_explorer.network.outbox import RequestLost
from mqtt_explorer.network.subscriptions import RowState, SubscriptionTable
from mqtt_explorer.protocol.limits import Limits
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from tests.support.mqtt_peer import accepts, answer, client_of, connack, in_turn, read_packet, until

V5, V311 = ProtocolVersion.V5, ProtocolVersion.V311


def sub(text, **more):
    return Subscription(TopicFilter(text), **more)


class Broker:
    """Answers SUBSCRIBE and UNSUBSCRIBE and records them; a filter's name says how: `no/…` is refused, `low/…` gets QoS 0.

    `seen` holds ("sub", filter, options byte) and ("unsub", filter).
    """

    def __init__(self, v5, drop_after=None):
        self.v5 = v5
        self.drop_after = drop_after
        self.seen = []
        self.packets = []

    def __call__(self, sock):
        answered = 0
        while self.drop_after is None or answered < self.drop_after:
            first, body = read_packet(sock)
            if first not in (0x82, 0xA2):
                continue
            answered += 1
            self.packets.append(first)
            at = 2 + (body[2] + 1 if self.v5 else 0)
            codes = b""
            while at < len(body):
                size = int.from_bytes(body[at : at + 2], "big")
                name = body[at + 2 : at + 2 + size].decode()
                at += 2 + size
                if first == 0xA2:
                    self.seen.append(("unsub", name))
                    codes += b"\0"
                    continue
                options = body[at]
                at += 1
                self.seen.append(("sub", name, options))
                refusal = 0x87 if self.v5 else 0x80
                codes += bytes(
                    [refusal if name.startswith("no/") else 0 if name.startswith("low/") else options & 3]
                )
            properties = b"\0" if self.v5 else b""
            if first == 0xA2:
                sock.sendall(
                    answer(0xB0, int.from_bytes(body[:2], "big"), properties + codes if self.v5 else b"")
                )
            else:
                sock.sendall(answer(0x90, int.from_bytes(body[:2], "big"), properties + codes))


def table_for(heard, *subscriptions):
    table = SubscriptionTable(heard.client, subscriptions)
    told = []
    table.changed.connect(lambda row: told.append(row and (row.filter_text, row.state.value)))
    return table, told


@pytest.mark.parametrize("version", [V5, V311])
async def test_granted_lowered_and_refused(version):
    v5 = version is V5
    broker = Broker(v5)
    async with client_of(accepts(broker, v5=v5), version=version) as heard:
        table, told = table_for(heard)
        good = await table.add(sub("a/#", qos=2))
        low = await table.add(sub("low/#", qos=2))
        refused = await table.add(sub("no/#"))
        assert (good.state, good.granted_qos, good.lowered) == (RowState.GRANTED, 2, False)
        assert (low.state, low.granted_qos, low.lowered) == (RowState.GRANTED, 0, True)
        assert "QoS 0 instead of 2" in low.sentence
        assert (refused.state, refused.granted_qos) == (RowState.REFUSED, None)
        assert "narrower" in refused.sentence
        assert told == [
            None, ("a/#", "pending"), ("a/#", "granted"), None, ("low/#", "pending"), ("low/#", "granted"),
            None, ("no/#", "pending"), ("no/#", "refused"),
        ]  # fmt: skip


async def test_options_travel_in_their_bits():
    broker = Broker(True)
    async with client_of(accepts(broker)) as heard:
        table, _ = table_for(heard)
        await table.add(sub("a", qos=1, no_local=True, retain_as_published=True, retain_handling=2))
        await table.add(sub("b", qos=2, retain_as_published=False))
        assert broker.seen == [("sub", "a", 1 | 4 | 8 | 0x20), ("sub", "b", 2)]


async def test_the_same_filter_again_replaces_the_row():
    broker = Broker(True)
    async with client_of(accepts(broker)) as heard:
        table, _ = table_for(heard)
        first = await table.add(sub("a"))
        second = await table.add(sub("a", qos=1))
        assert first is second
        assert len(table.rows) == 1
        assert first.granted_qos == 1


async def test_before_the_connection_rows_are_new_and_wait():
    async with client_of(accepts(), connect=False) as heard:
        table, told = table_for(heard, sub("a"))
        row = await table.add(sub("b"))
        assert [each.state for each in table.rows] == [RowState.NEW, RowState.NEW]
        assert "as soon as" in row.sentence
        assert await table.remove("a") is None
        assert await table.remove("never there") is None
        assert told == [None, None]


async def test_removing_tells_the_broker():
    broker = Broker(True)
    async with client_of(accepts(broker)) as heard:
        table, _ = table_for(heard)
        await table.add(sub("a"))
        reason = await table.remove("a")
        assert reason.value == 0
        assert not table.rows
        assert broker.seen[-1] == ("unsub", "a")


async def test_removing_a_refused_row_asks_nobody():
    broker = Broker(True)
    async with client_of(accepts(broker)) as heard:
        table, _ = table_for(heard)
        await table.add(sub("no/a"))
        assert await table.remove("no/a") is None
        assert len(broker.seen) == 1


RAP = 8


@pytest.mark.parametrize(
    ("version", "session", "again"),
    [
        (V5, False, [("sub", "a", 1 | RAP), ("sub", "no/b", RAP), ("sub", "never", 2 | RAP | 0x20), ("sub", "late", RAP)]),
        (V5, True, [("sub", "a", 1 | RAP | 0x10), ("sub", "no/b", RAP | 0x10), ("sub", "never", 2 | RAP | 0x20), ("sub", "late", RAP)]),
        (V311, False, [("sub", "a", 1), ("sub", "no/b", 0), ("sub", "never", 2), ("sub", "late", 0)]),
        (V311, True, [("sub", "no/b", 0), ("sub", "late", 0)]),
    ],
)  # fmt: skip
async def test_a_reconnect_brings_them_back(version, session, again):
    v5 = version is V5
    first, second = Broker(v5, drop_after=3), Broker(v5)
    script = in_turn(accepts(first, v5=v5), accepts(second, reply=connack(session=session, v5=v5)))
    async with client_of(script, clean_start=False, version=version) as heard:
        table, _ = table_for(heard)
        for each in (sub("a", qos=1), sub("no/b"), sub("never", qos=2, retain_handling=2)):
            await table.add(each)
        await until(lambda: heard.faults)
        assert [row.state for row in table.rows] == [RowState.LOST, RowState.REFUSED, RowState.LOST]
        assert "asked for again" in table.rows[0].sentence
        await table.add(sub("late"))
        await table.restore(await heard.connect())
        assert second.seen == again
        assert [row.state.value for row in table.rows] == ["granted", "refused", "granted", "granted"]


@pytest.mark.parametrize("session", [True, False])
async def test_what_was_removed_while_away_is_removed_from_a_kept_session(session):
    first, second = Broker(True, drop_after=1), Broker(True)
    script = in_turn(accepts(first), accepts(second, reply=connack(session=session)))
    async with client_of(script, clean_start=False, session_expiry=60) as heard:
        table, _ = table_for(heard)
        await table.add(sub("a"))
        await until(lambda: heard.faults)
        assert await table.remove("a") is None
        await table.restore(await heard.connect())
        assert second.seen == ([("unsub", "a")] if session else [])
        await table.restore(heard.client.connack)
        assert len(second.seen) == (1 if session else 0)


async def test_what_was_removed_and_added_again_while_away_is_not_removed():
    first, second = Broker(True, drop_after=1), Broker(True)
    script = in_turn(accepts(first), accepts(second, reply=connack(session=True)))
    async with client_of(script, clean_start=False, session_expiry=60) as heard:
        table, _ = table_for(heard)
        await table.add(sub("a"))
        await until(lambda: heard.faults)
        await table.remove("a")
        await table.add(sub("a"))
        await table.restore(await heard.connect())
        assert [each[:2] for each in second.seen] == [("sub", "a")]


async def test_changed_options_while_away_are_asked_for_on_3_1_1_too():
    first, second = Broker(False, drop_after=1), Broker(False)
    script = in_turn(accepts(first, v5=False), accepts(second, reply=connack(session=True, v5=False)))
    async with client_of(script, clean_start=False, version=V311) as heard:
        table, _ = table_for(heard)
        await table.add(sub("a"))
        await until(lambda: heard.faults)
        await table.add(sub("a", qos=2))
        await table.restore(await heard.connect())
        assert second.seen == [("sub", "a", 2)]


async def test_a_lost_answer_is_no_error_but_a_row_that_says_so():
    def script(sock):
        while read_packet(sock)[0] != 0x82:
            pass

    async with client_of(accepts(script)) as heard:
        table, told = table_for(heard)
        row = await table.add(sub("a"))
        assert row.state is RowState.LOST
        assert "before the broker answered" in row.sentence
        assert told[-1] == ("a", "lost")


async def test_an_unsubscribe_without_an_answer_says_so_and_the_row_is_gone():
    broker = Broker(True, drop_after=1)
    async with client_of(accepts(broker), request_timeout_s=0.3) as heard:
        table, _ = table_for(heard)
        row = await table.add(sub("a"))
        await until(lambda: heard.faults)
        row.state = RowState.GRANTED
        heard.client._up = True  # the moment before the drop is seen
        with pytest.raises(RequestLost):
            await table.remove("a")
        heard.client._up = False
        assert not table.rows


async def test_many_filters_come_back_in_packets_of_fifty():
    broker = Broker(True)
    async with client_of(accepts(broker)) as heard:
        table, _ = table_for(heard, *(sub(f"t/{n}") for n in range(120)))
        await table.restore(heard.client.connack)
        assert [each[1] for each in broker.seen] == [f"t/{n}" for n in range(120)]
        assert all(row.state is RowState.GRANTED for row in table.rows)


async def test_identifiers_go_in_packets_of_their_own():
    broker = Broker(True)

    def script(sock):
        # The property block of a SUBSCRIBE with an identifier is two bytes long here.
        broker(sock)

    async with client_of(accepts(script)) as heard:
        table, _ = table_for(
            heard, sub("a", identifier=1), sub("b"), sub("c", identifier=2), sub("d", identifier=1)
        )
        await table.restore(heard.client.connack)
        assert [each[1] for each in broker.seen] == ["a", "d", "b", "c"]
        assert all(row.state is RowState.GRANTED for row in table.rows)


async def test_a_late_suback_settles_its_row():
    late = []

    def script(sock):
        body = read_packet(sock)[1]
        while not late:
            time.sleep(0.01)
        sock.sendall(answer(0x90, int.from_bytes(body[:2], "big"), b"\0\1"))
        read_packet(sock)

    async with client_of(accepts(script), request_timeout_s=0.2, keep_alive=0) as heard:
        table, told = table_for(heard)
        row = await table.add(sub("a", qos=1))
        assert row.state is RowState.LOST
        assert "No SUBACK came" in row.sentence
        late.append(True)
        await until(lambda: row.state is RowState.GRANTED)
        assert (row.granted_qos, told[-1]) == (1, ("a", "granted"))


async def test_removing_a_row_without_an_answer_tells_the_broker():
    unsubscribed = []

    def script(sock):
        while True:
            first, body = read_packet(sock)
            if first == 0xA2:
                unsubscribed.append(body)
                sock.sendall(answer(0xB0, int.from_bytes(body[:2], "big"), b"\0\0"))

    async with client_of(accepts(script), request_timeout_s=0.2, keep_alive=0) as heard:
        table, _ = table_for(heard)
        assert (await table.add(sub("a"))).state is RowState.LOST
        assert (await table.remove("a")).value == 0
        assert len(unsubscribed) == 1


async def test_asked_for_without_a_connection_a_row_waits_for_the_next():
    async with client_of(accepts(), connect=False) as heard:
        table, _ = table_for(heard, sub("a"))
        await table._ask(table.rows)
        assert table.rows[0].state is RowState.LOST
        assert "asked for again" in table.rows[0].sentence


AWS = Limits(source="AWS IoT Core", sys_topics=False, filters_per_subscribe=8, topic_slashes=7)


@pytest.mark.parametrize("version", [V5, V311])
async def test_what_the_limits_forbid_is_refused_here_with_its_reason_and_never_sent(version):
    v5 = version is V5
    broker = Broker(v5)
    async with client_of(accepts(broker, v5=v5), version=version, limits=AWS) as heard:
        table, told = table_for(heard, sub("$SYS/#"), sub("a"), sub("/".join("deeply-nested")))
        await table.restore(heard.client.connack)
        assert [row.state.value for row in table.rows] == ["refused", "granted", "refused"]
        row = table.rows[0]
        assert (row.reason, row.grant, row.granted_qos, row.lowered) == (None, None, None, False)
        assert "no $SYS topics" in row.sentence
        assert "7 slashes" in table.rows[2].sentence
        assert told.count(("$SYS/#", "refused")) == 1
        later = await table.add(sub("$SYS/broker/+"))
        assert later.state is RowState.REFUSED
        assert await table.remove("$SYS/#") is None
        assert [each[1] for each in broker.seen] == ["a"]


async def test_what_a_new_broker_forbids_loses_its_old_grant():
    first, second = Broker(True, drop_after=1), Broker(True)
    script = in_turn(accepts(first), accepts(second, reply=connack(properties=b"\x28\0")))
    async with client_of(script) as heard:
        table, _ = table_for(heard)
        row = await table.add(sub("a/#", qos=1))
        assert row.granted_qos == 1
        await until(lambda: heard.faults)
        await table.restore(await heard.connect())
        assert (row.state, row.reason) == (RowState.REFUSED, None)
        assert "wildcards" in row.sentence
        assert second.seen == []


@pytest.mark.parametrize(("most", "packets"), [(8, 3), (1, 20), (200, 1)])
async def test_packets_hold_at_most_what_the_limits_say(most, packets):
    broker = Broker(True)
    limits = Limits(filters_per_subscribe=most)
    async with client_of(accepts(broker), limits=limits) as heard:
        table, _ = table_for(heard, *(sub(f"t/{n}") for n in range(20)))
        await table.restore(heard.client.connack)
        assert broker.packets == [0x82] * packets
        assert all(row.state is RowState.GRANTED for row in table.rows)
        reasons = await heard.client.unsubscribe([f"t/{n}" for n in range(20)])
        assert broker.packets[packets:] == [0xA2] * packets
        assert len(reasons) == 20
