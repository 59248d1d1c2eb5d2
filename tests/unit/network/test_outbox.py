# SPDX-License-Identifier: MIT
"""Requests under way: the window, also over lost connections, and who gets which answer."""

from __future__ import annotations

import asyncio

import pytest

from mqtt_explorer.network import control
from mqtt_explorer.network.answers import grants_of, reasons_of
from mqtt_explorer.network.control import Answer
from mqtt_explorer.network.outbox import Outbox, RequestLost
from mqtt_explorer.network.unsent import UnsentState
from mqtt_explorer.network.window import WINDOW
from mqtt_explorer.protocol.limits import Limits
from mqtt_explorer.protocol.reason_codes import ReasonCode
from mqtt_explorer.protocol.requests import PublishRequest, RequestError, Subscription
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
        self.half_way = []
        self.published = []

    def publish(self, request):
        if self.broken:
            raise ConnectionError("no socket")
        self.last += 1
        self.published.append(request)
        return self.last

    def subscribe(self, subscriptions):
        return self.publish(subscriptions)

    def unsubscribe(self, filters):
        return self.publish(filters)

    def take_sent_qos0(self):
        return self.sent_qos0

    def forget_publishes(self):
        self.forgotten = True

    def released(self):
        return self.half_way

    def forget_publish(self, packet_id):
        self.dropped.append(packet_id)


@pytest.fixture
def paho():
    return FakePaho()


@pytest.fixture
def outbox(paho):
    made = Outbox(paho)
    made.connected(takes(None))
    return made


def takes(receive_maximum):
    return Limits(receive_maximum=receive_maximum)


GONE = RequestLost("gone", "The cable was pulled.")


def request(qos=1, payload=b"x"):
    return PublishRequest("t", payload, qos)


def ack(kind, packet_id, code=0):
    return Answer(kind, packet_id, (ReasonCode(code, "PUBACK"),))


async def publish(outbox, qos=1, payload=b"x"):
    wanted = request(qos, payload)
    await outbox.admit(wanted)
    return outbox.publish(wanted)[1]


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
    outbox.connected(takes(told))
    tasks = [asyncio.create_task(publish(outbox)) for _ in range(30)]
    await asyncio.sleep(0)
    assert outbox._paho.last == window
    outbox.fail_all()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for each in results:
        if isinstance(each, asyncio.Future):
            assert isinstance(each.exception(), RequestLost)


async def test_qos_0_needs_no_place(outbox):
    outbox.connected(takes(1))
    await publish(outbox)
    futures = [await publish(outbox, 0) for _ in range(30)]
    outbox._paho.sent_qos0.extend(range(2, 32))
    outbox.settle_sent()
    assert all(future.result().value == 0 for future in futures)


async def test_places_go_in_order_of_calling(outbox):
    outbox.connected(takes(1))
    order = []

    async def numbered(number):
        await outbox.admit(request())
        outbox.publish(request())
        order.append(number)

    tasks = [asyncio.create_task(numbered(number)) for number in range(5)]
    for packet_id in range(1, 6):
        await asyncio.sleep(0.001)
        outbox.settle(ack(control.PUBACK, packet_id))
    await asyncio.gather(*tasks)
    assert order == list(range(5))


async def test_a_place_given_to_who_is_cancelled_in_the_same_moment_goes_to_the_next(outbox):
    outbox.connected(takes(1))
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
    outbox.connected(takes(1))
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
    lost = [await publish(outbox, 0), outbox.unsubscribe(["a"])[0][1]]
    outbox.connection_lost(GONE)
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
    outbox.connected(takes(1))
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
    outbox.connection_lost(GONE)
    assert paho.dropped == [1, 2, 3, 4, 5, 6, 7, 8]
    assert outbox.unacknowledged == len(live)


async def test_requests_and_qos_0_that_were_given_up_do_not_count(outbox):
    ((_, future),) = outbox.unsubscribe(["a"])
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


async def test_an_unsuback_of_another_length_speaks_of_unsubscribing(outbox):
    waiting = outbox.unsubscribe(["a", "b"])
    outbox.settle(Answer(control.UNSUBACK, 1, (OK,)))
    with pytest.raises(RequestLost, match="unsubscribed is not certain"):
        await reasons_of(waiting)


# --- packets of so many filters -------------------------------------------------------------------------------------


async def test_a_subscribe_holds_so_many_filters_of_one_identifier(outbox, paho):
    wanted = [Subscription(TopicFilter(f"t/{n}"), identifier=1 + n % 2) for n in range(10)]
    asked = outbox.subscribe(wanted, per_packet=3)
    assert [[each.filter.text for each in part] for part in paho.published] == [
        ["t/0", "t/2", "t/4"], ["t/6", "t/8"], ["t/1", "t/3", "t/5"], ["t/7", "t/9"],
    ]  # fmt: skip
    for packet_id, part in enumerate(paho.published, 1):
        codes = tuple(ReasonCode(int(each.filter.text[2:]) % 3, "SUBACK") for each in part)
        outbox.settle(Answer(control.SUBACK, packet_id, codes))
    grants = await grants_of(asked, wanted)
    assert [(each.filter, each.qos) for each in grants] == [(f"t/{n}", n % 3) for n in range(10)]


@pytest.mark.parametrize("v5", [True, False])
async def test_an_unsubscribe_holds_so_many_filters(outbox, paho, v5):
    waiting = outbox.unsubscribe([f"t/{n}" for n in range(5)], per_packet=2)
    assert paho.published == [["t/0", "t/1"], ["t/2", "t/3"], ["t/4"]]
    codes = [(0, 17), (0, 0), (17,)]
    for packet_id in (1, 2, 3):
        reasons = tuple(ReasonCode(code, "UNSUBACK") for code in codes[packet_id - 1]) if v5 else ()
        outbox.settle(Answer(control.UNSUBACK, packet_id, reasons))
    assert [each.value for each in await reasons_of(waiting)] == ([0, 17, 0, 0, 17] if v5 else [0] * 5)


async def test_one_lost_answer_of_several_is_told_once(outbox):
    waiting = outbox.unsubscribe(["a", "b"], per_packet=1)
    outbox.connection_lost(GONE)
    with pytest.raises(RequestLost, match="cable"):
        await reasons_of(waiting)


# --- over a lost connection ------------------------------------------------------------------------------------------


async def test_there_is_no_place_before_the_first_connection(paho):
    outbox = Outbox(paho)
    first = asyncio.create_task(publish(outbox))
    await asyncio.sleep(0.001)
    assert paho.last == 0
    outbox.connected(takes(None))
    await asyncio.wait_for(first, 1)
    assert paho.last == 1


@pytest.mark.parametrize("qos", [1, 2])
async def test_who_waits_for_a_place_waits_on_over_a_lost_connection(outbox, paho, qos):
    outbox.connected(takes(1))
    await publish(outbox)
    waiting = [asyncio.create_task(publish(outbox, qos, b"%d" % n)) for n in range(3)]
    await asyncio.sleep(0)
    outbox.connection_lost(GONE)
    await asyncio.sleep(0.001)
    assert not any(task.done() for task in waiting)
    outbox.settle(ack(control.PUBACK, 1))  # a place, but nobody may take it now
    await asyncio.sleep(0.001)
    assert paho.last == 1
    outbox.connected(takes(2))
    await asyncio.sleep(0.001)
    assert [each.payload for each in paho.published[1:]] == [b"0", b"1"]
    outbox.settle(ack(control.PUBACK if qos == 1 else control.PUBCOMP, 2))
    await asyncio.gather(*waiting)


async def test_who_was_let_in_the_moment_the_connection_is_lost_waits_on_in_front(outbox, paho):
    outbox.connected(takes(3))
    for _ in range(3):
        await publish(outbox)
    waiting = [asyncio.create_task(publish(outbox, payload=b"%d" % n)) for n in range(5)]
    await asyncio.sleep(0)
    for packet_id in (1, 2, 3):
        outbox.settle(ack(control.PUBACK, packet_id))  # three are let in
    outbox.connection_lost(GONE)  # and have not run yet
    assert outbox.messages == 5
    await asyncio.sleep(0.001)
    assert paho.last == 3
    assert not any(task.done() for task in waiting)
    outbox.connected(takes(3))
    await asyncio.sleep(0.001)
    assert [each.payload for each in paho.published[3:]] == [b"0", b"1", b"2"]
    for packet_id in (4, 5, 6):
        outbox.settle(ack(control.PUBACK, packet_id))
    await asyncio.gather(*waiting)
    assert [each.payload for each in paho.published[6:]] == [b"3", b"4"]


async def test_let_in_lost_and_cancelled_leaves_nothing_behind(outbox, paho):
    outbox.connected(takes(1))
    await publish(outbox)
    second, third = (asyncio.create_task(publish(outbox, payload=text)) for text in (b"2", b"3"))
    await asyncio.sleep(0)
    outbox.settle(ack(control.PUBACK, 1))
    outbox.connection_lost(GONE)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    outbox.connected(takes(1))
    await asyncio.wait_for(third, 1)
    assert [each.payload for each in paho.published[1:]] == [b"3"]
    assert outbox.messages == 1


async def test_qos_0_that_has_not_left_is_told_as_lost(outbox):
    future = await publish(outbox, 0)
    outbox.connection_lost(GONE)
    with pytest.raises(RequestLost, match="at QoS 0 it is not sent again: The cable was pulled") as caught:
        await future
    assert caught.value.may_arrive
    assert outbox.messages == 0


async def test_at_a_disconnect_who_waits_is_told_that_nothing_was_sent(outbox):
    outbox.connected(takes(1))
    first = await publish(outbox)
    second = asyncio.create_task(publish(outbox))
    await asyncio.sleep(0)
    outbox.fail_all()
    with pytest.raises(RequestLost, match="closed before the broker answered"):
        await first
    with pytest.raises(RequestLost, match="closed before the message was sent") as caught:
        await second
    assert not caught.value.may_arrive
    assert outbox.unacknowledged == 0


async def test_what_the_next_broker_behind_the_address_does_not_take_gives_its_place_to_the_next(
    outbox, paho
):
    outbox.connected(takes(1))
    await publish(outbox)
    second, third = (asyncio.create_task(publish(outbox, qos)) for qos in (2, 1))
    await asyncio.sleep(0)
    outbox.connection_lost(GONE)
    outbox.settle(ack(control.PUBACK, 1))
    outbox.connected(Limits(receive_maximum=1, maximum_qos=1))
    with pytest.raises(RequestError, match="no QoS 2"):
        await second
    await asyncio.wait_for(third, 1)


async def test_what_is_not_acknowledged_is_listed_with_its_state(outbox):
    outbox.connected(takes(2))
    await publish(outbox, 1, b"first")
    await give_up(await publish(outbox, 2))  # nobody waits for it: it was told as lost
    waiting = asyncio.create_task(publish(outbox, 2, b"second"))
    await asyncio.sleep(0)
    await publish(outbox, 0, b"0")
    told = [(each.topic, each.size, each.qos, each.state.value) for each in outbox.unsent()]
    assert told == [
        ("t", 5, 1, "sent, not acknowledged"),
        ("t", 1, 0, "waiting"),
        ("t", 6, 2, "waiting"),
    ]
    assert len(told) == outbox.messages
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_who_comes_when_a_place_was_just_given_away_does_not_go_first(outbox):
    outbox.connected(takes(2))
    order = []

    async def numbered(number):
        await outbox.admit(request())
        outbox.publish(request())
        order.append(number)

    tasks = [asyncio.create_task(numbered(number)) for number in range(3)]
    await asyncio.sleep(0.001)
    late = asyncio.create_task(numbered(3))  # runs before the one that is let in now has woken up
    outbox.settle(ack(control.PUBACK, 1))
    outbox.settle(ack(control.PUBACK, 2))
    await asyncio.gather(*tasks, late)
    assert order == [0, 1, 2, 3]


async def test_a_pause_tells_who_waits_and_keeps_what_was_sent_until_it_is_acknowledged(outbox, paho):
    outbox.connected(takes(20))
    first = await publish(outbox)
    second = await publish(outbox, 2)
    outbox.connection_lost(RequestLost("Connection lost", "It broke."))
    outbox.paused()
    outbox.paused()
    for future in (first, second):
        error = future.exception()
        assert isinstance(error, RequestLost)
        assert (error.may_arrive, error.kept) == (True, True)
    assert [each.state for each in outbox.unsent()] == [UnsentState.SENT] * 2
    assert paho.dropped == []
    outbox.connected(takes(2))
    assert outbox.messages == 0, "nobody waits for them, so they hold no place"
    assert outbox.settle(ack(control.PUBACK, 1))
    third = await publish(outbox)
    assert outbox.settle(ack(control.PUBACK, 3))
    assert third.result() == OK


async def test_a_pause_touches_nobody_who_has_his_answer(outbox):
    outbox.connected(takes(20))
    future = await publish(outbox)
    outbox.settle(ack(control.PUBACK, 1))
    outbox.paused()
    assert future.result() == OK


async def test_a_session_that_is_gone_ends_what_the_broker_had_taken_half_way(outbox, paho):
    outbox.connected(takes(20))
    half_way = await publish(outbox, 2)
    fresh = await publish(outbox, 2)
    outbox.connection_lost(RequestLost("Connection lost", "It broke."))
    paho.half_way = [1]
    outbox.session_lost()
    with pytest.raises(RequestLost, match="the session ended") as caught:
        await half_way
    assert caught.value.may_arrive
    assert not caught.value.kept
    assert paho.dropped == [1]
    assert not fresh.done()
    assert len(outbox.unsent()) == 1
