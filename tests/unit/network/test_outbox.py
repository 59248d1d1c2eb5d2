# SPDX-License-Identifier: MIT
"""Requests under way: the window, limits of the broker, and who gets which answer."""

from __future__ import annotations

import asyncio

import pytest

from mqtt_explorer.network import control
from mqtt_explorer.network.control import Answer
from mqtt_explorer.network.outbox import WINDOW, Outbox, RequestLost, grants_of
from mqtt_explorer.protocol.reason_codes import ReasonCode
from mqtt_explorer.protocol.requests import (
    Connack,
    PublishProperties,
    PublishRequest,
    RequestError,
    Subscription,
)
from mqtt_explorer.protocol.topics import TopicFilter

OK = ReasonCode(0, "PUBACK")


class FakePaho:
    """Hands out packet identifiers."""

    def __init__(self):
        self.sent_qos0 = []
        self.last = 0
        self.broken = False
        self.forgotten = False
        self.dropped = []

    def publish(self, request):
        if self.broken:
            raise ConnectionError("no socket")
        self.last += 1
        return self.last

    def subscribe(self, subscriptions):
        return self.publish(None)

    def unsubscribe(self, filters):
        return self.publish(None)

    def take_sent_qos0(self):
        return self.sent_qos0

    def forget_publishes(self):
        self.forgotten = True

    def forget_publish(self, packet_id):
        self.dropped.append(packet_id)


@pytest.fixture
def paho():
    return FakePaho()


@pytest.fixture
def outbox(paho):
    return Outbox(paho)


def request(qos=1):
    return PublishRequest("t", b"x", qos)


def ack(kind, packet_id, code=0):
    return Answer(kind, packet_id, (ReasonCode(code, "PUBACK"),))


async def publish(outbox, qos=1):
    await outbox.admit(qos)
    return outbox.publish(request(qos))[1]


async def test_the_window_is_at_most_20_and_refilled_at_every_acknowledgement(outbox):
    tasks = [asyncio.create_task(publish(outbox)) for _ in range(50)]
    await asyncio.sleep(0)
    assert outbox._paho.last == WINDOW == 20
    assert outbox.unacknowledged == 50
    for packet_id in range(1, 31):
        assert outbox.settle(ack(control.PUBACK, packet_id))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert outbox._paho.last == min(50, 20 + packet_id)
    for packet_id in range(31, 51):
        outbox.settle(ack(control.PUBACK, packet_id))
    assert outbox.unacknowledged == 0
    for task in tasks:
        assert (await (await task)) == OK


@pytest.mark.parametrize(("told", "window"), [(1, 1), (5, 5), (100, 20), (None, 20)])
async def test_receive_maximum_makes_it_smaller_never_larger(outbox, told, window):
    outbox.limit(told)
    tasks = [asyncio.create_task(publish(outbox)) for _ in range(30)]
    await asyncio.sleep(0)
    assert outbox._paho.last == window
    outbox.fail_all()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for each in results:
        if isinstance(each, asyncio.Future):
            assert isinstance(each.exception(), RequestLost)


async def test_qos_0_needs_no_place(outbox):
    outbox.limit(1)
    await publish(outbox)
    futures = [await publish(outbox, 0) for _ in range(30)]
    outbox._paho.sent_qos0.extend(range(2, 32))
    outbox.settle_sent()
    assert all(future.result().value == 0 for future in futures)


async def test_places_go_in_order_of_calling(outbox):
    outbox.limit(1)
    order = []

    async def numbered(number):
        await outbox.admit(1)
        outbox.publish(request())
        order.append(number)

    tasks = [asyncio.create_task(numbered(number)) for number in range(5)]
    for packet_id in range(1, 6):
        await asyncio.sleep(0.001)
        outbox.settle(ack(control.PUBACK, packet_id))
    await asyncio.gather(*tasks)
    assert order == list(range(5))


async def test_a_place_given_to_who_is_cancelled_in_the_same_moment_goes_to_the_next(outbox):
    outbox.limit(1)
    await publish(outbox)
    second, third = (asyncio.create_task(publish(outbox)) for _ in range(2))
    await asyncio.sleep(0)
    outbox.settle(ack(control.PUBACK, 1))  # second is let in
    second.cancel()  # and goes away before it ran
    await asyncio.wait_for(third, 1)
    assert outbox._paho.last == 2
    with pytest.raises(asyncio.CancelledError):
        await second


async def test_who_stops_waiting_leaves_the_queue(outbox):
    outbox.limit(1)
    await publish(outbox)
    second = asyncio.create_task(publish(outbox))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    assert outbox.unacknowledged == 1


async def test_what_paho_does_not_take_is_told_and_leaves_the_place_free(outbox, paho):
    paho.broken = True
    with pytest.raises(RequestLost, match="nothing was sent"):
        await publish(outbox)
    with pytest.raises(RequestLost, match="nothing was sent"):
        outbox.subscribe([Subscription(TopicFilter("a"))])
    with pytest.raises(RequestLost, match="nothing was sent"):
        outbox.unsubscribe(["a"])
    assert outbox.unacknowledged == 0


async def test_a_puback_does_not_complete_qos_2_and_a_pubcomp_not_qos_1(outbox):
    second, first = await publish(outbox, 2), await publish(outbox, 1)
    assert not outbox.settle(ack(control.PUBACK, 1))
    assert not outbox.settle(ack(control.PUBCOMP, 2))
    assert not second.done()
    assert not first.done()
    assert outbox.settle(ack(control.PUBREC, 1))  # half way
    assert not second.done()
    assert outbox.settle(ack(control.PUBCOMP, 1))
    assert second.result() == OK


async def test_a_refused_pubrec_ends_with_its_reason(outbox):
    future = await publish(outbox, 2)
    outbox.settle(ack(control.PUBREC, 1, 0x97))
    assert future.result().value == 0x97
    assert outbox.unacknowledged == 0


async def test_an_answer_nobody_waits_for_is_of_no_use(outbox):
    assert not outbox.settle(ack(control.PUBACK, 77))
    assert not outbox.settle(Answer(control.SUBACK, 77, (OK,)))


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_a_suback_of_another_length_is_an_error(outbox, count):
    asked = outbox.subscribe([Subscription(TopicFilter("a")), Subscription(TopicFilter("b"))])
    outbox.settle(Answer(control.SUBACK, 1, (OK,) * count))
    with pytest.raises(RequestLost, match=f"answered {count} of 2 filters"):
        await grants_of(asked, [])


async def test_filters_are_sent_by_identifier_and_granted_in_their_order(outbox, paho):
    wanted = [
        Subscription(TopicFilter(name), identifier=identifier)
        for name, identifier in (("a", 1), ("b", 2), ("c", 1))
    ]
    asked = outbox.subscribe(wanted)
    assert [[each.filter.text for each in group] for group, _ in asked] == [["a", "c"], ["b"]]
    outbox.settle(Answer(control.SUBACK, 2, (ReasonCode(2, "SUBACK"),)))
    outbox.settle(Answer(control.SUBACK, 1, (ReasonCode(0, "SUBACK"), ReasonCode(0x87, "SUBACK"))))
    grants = await grants_of(asked, wanted)
    assert [(each.filter, each.qos) for each in grants] == [("a", 0), ("b", 2), ("c", None)]


async def test_a_lost_connection_fails_requests_and_keeps_qos_1_and_2(outbox):
    kept = [await publish(outbox, 1), await publish(outbox, 2)]
    lost = [await publish(outbox, 0), outbox.unsubscribe(["a"])]
    outbox.connection_lost(RequestLost("gone", "The cable was pulled."))
    for future in lost:
        with pytest.raises(RequestLost, match=r"The cable was pulled\."):
            await future
    assert not any(future.done() for future in kept)
    assert not outbox._paho.forgotten
    outbox.fail_all()
    for future in kept:
        with pytest.raises(RequestLost, match="closed before the broker answered"):
            await future
    assert outbox._paho.forgotten


CONNACK = Connack(False, OK)


@pytest.mark.parametrize(
    ("limits", "wanted", "field"),
    [
        ({"maximum_qos": 1}, PublishRequest("t", b"", 2), "qos"),
        ({"maximum_qos": 0}, PublishRequest("t", b"", 1), "qos"),
        ({"retain_available": False}, PublishRequest("t", b"", retain=True), "retain"),
        ({"maximum_packet_size": 100}, PublishRequest("t", bytes(100)), "payload"),
        ({}, PublishRequest("t", b"", properties=PublishProperties(topic_alias=1)), "alias"),
        (
            {"topic_alias_maximum": 2},
            PublishRequest("t", b"", properties=PublishProperties(topic_alias=3)),
            "alias",
        ),
    ],
)
def test_what_the_broker_said_it_would_not_take_is_not_sent(limits, wanted, field):
    from dataclasses import replace

    with pytest.raises(RequestError) as caught:
        Outbox.check_limits(wanted, replace(CONNACK, **limits))
    assert caught.value.field == field


def test_what_is_within_the_limits_passes():
    allowed = Connack(False, OK, maximum_qos=1, maximum_packet_size=200, topic_alias_maximum=3)
    Outbox.check_limits(PublishRequest("t", bytes(100), 1, True, PublishProperties(topic_alias=3)), allowed)
    Outbox.check_limits(PublishRequest("t", b"", 2, True), CONNACK)


def test_properties_count_for_the_size_and_do_not_exist_on_3_1_1():
    from dataclasses import replace

    properties = PublishProperties(user=(("key", "v" * 200),))
    wanted = PublishRequest("t", bytes(50), properties=properties)
    with pytest.raises(RequestError, match="200 bytes at most"):
        Outbox.check_limits(wanted, replace(CONNACK, maximum_packet_size=200))
    Outbox.check_limits(wanted, replace(CONNACK, maximum_packet_size=400))
    with pytest.raises(RequestError, match=r"3\.1\.1 has no properties") as caught:
        Outbox.check_limits(wanted, CONNACK, v5=False)
    assert caught.value.field == "properties"


async def give_up(future):
    future.cancel()
    await asyncio.sleep(0)


async def test_what_was_given_up_holds_no_place_and_is_still_acknowledged(outbox):
    futures = [await publish(outbox) for _ in range(WINDOW)]
    waiting = asyncio.create_task(publish(outbox))
    await asyncio.sleep(0)
    await give_up(futures[0])
    await asyncio.wait_for(waiting, 1)
    for future in futures[1:]:
        await give_up(future)
    assert outbox.unacknowledged == 1
    assert outbox.settle(ack(control.PUBACK, 1))  # paho must hear of it
    assert not outbox.settle(ack(control.PUBACK, 1))


async def test_for_the_broker_what_was_given_up_is_under_way(outbox):
    outbox.limit(1)
    await give_up(await publish(outbox))
    second = asyncio.create_task(publish(outbox))
    await asyncio.sleep(0.01)
    assert not second.done()
    outbox.settle(ack(control.PUBACK, 1))
    await asyncio.wait_for(second, 1)


async def test_of_what_was_given_up_only_a_window_is_kept_to_be_sent_again(outbox, paho):
    for _ in range(WINDOW + 5):
        await give_up(await publish(outbox))
    assert paho.dropped == [1, 2, 3, 4, 5]
    live = [await publish(outbox) for _ in range(3)]
    outbox.connection_lost(RequestLost("gone", "The cable was pulled."))
    assert paho.dropped == [1, 2, 3, 4, 5, 6, 7, 8]
    assert outbox.unacknowledged == len(live)


async def test_requests_and_qos_0_that_were_given_up_do_not_count(outbox):
    future = outbox.unsubscribe(["a"])
    unsent = await publish(outbox, 0)
    assert outbox.unacknowledged == 2
    await give_up(future)
    await give_up(unsent)
    assert outbox.unacknowledged == 0


async def test_a_late_suback_is_told(outbox):
    told = []
    outbox.granted_late.connect(told.extend)
    asked = Subscription(TopicFilter("a"), 1)
    ((_, answer),) = outbox.subscribe([asked])
    await give_up(answer)
    assert outbox.awaits(bytes((control.SUBACK, 4, 0, 1, 0, 1)))
    assert outbox.settle(Answer(control.SUBACK, 1, (ReasonCode(1, "SUBACK"),)))
    ((subscription, grant),) = told
    assert (subscription, grant.qos) == (asked, 1)
    assert not outbox.settle(Answer(control.SUBACK, 1, (ReasonCode(1, "SUBACK"),)))


async def test_who_waited_for_a_place_was_not_sent(outbox):
    outbox.limit(1)
    await publish(outbox)
    second = asyncio.create_task(publish(outbox))
    await asyncio.sleep(0)
    outbox.connection_lost(RequestLost("gone", "The cable was pulled."))
    with pytest.raises(RequestLost, match="before the message was sent") as caught:
        await second
    assert not caught.value.may_arrive


async def test_an_unsuback_of_another_length_speaks_of_unsubscribing(outbox):
    answer = outbox.unsubscribe(["a", "b"])
    outbox.settle(Answer(control.UNSUBACK, 1, (OK,)))
    with pytest.raises(RequestLost, match="unsubscribed is not certain"):
        await answer
