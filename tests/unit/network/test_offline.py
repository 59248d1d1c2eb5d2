# SPDX-License-Identifier: MIT
"""Held publishes: kept in order and within bounds, sent only when asked, and what fails stays."""

from __future__ import annotations

import asyncio

import pytest

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.network import offline
from mqtt_explorer.network.offline import HeldPublishes
from mqtt_explorer.network.outbox import RequestLost
from mqtt_explorer.network.unsent import UnsentState
from mqtt_explorer.network.window import WINDOW
from mqtt_explorer.protocol.options import MIB
from mqtt_explorer.protocol.reason_codes import ReasonCode
from mqtt_explorer.protocol.requests import PublishRequest, PublishResult, RequestError


def request(text="x", qos=1, size=None):
    return PublishRequest(f"t/{text}", text.encode() if size is None else bytes(size), qos)


class Sender:
    """Publishes: records the order of starts, and how many are under way; answers by topic."""

    def __init__(self):
        self.started = []
        self.under_way = 0
        self.most = 0
        self.answers = {}
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, wanted):
        self.started.append(wanted.payload.decode())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.gate.wait()
            await asyncio.sleep(0)
            answer = self.answers.get(wanted.payload.decode(), 0)
            if isinstance(answer, Exception):
                raise answer
            return PublishResult(ReasonCode(answer, "PUBACK"), 1, 0.0)
        finally:
            self.under_way -= 1


@pytest.fixture
def held():
    made = HeldPublishes()
    made.told = []
    made.changed.connect(lambda: made.told.append(len(made)))
    return made


def texts(held):
    return [item.request.payload.decode() for item in held.items]


def test_they_are_kept_in_order_with_number_and_time(held):
    first, second = held.hold(request("a")), held.hold(request("b", 0))
    assert held.items == (first, second)
    assert (first.number, second.number) == (1, 2)
    assert first.wall_ns <= second.wall_ns
    assert [(each.topic, each.size, each.qos, each.state) for each in held.unsent()] == [
        ("t/a", 1, 1, UnsentState.HELD), ("t/b", 1, 0, UnsentState.HELD),
    ]  # fmt: skip
    assert held.told == [1, 2]


def test_a_thousand_and_not_one_more_and_nothing_is_dropped_for_it(held):
    for number in range(1_000):
        held.hold(request(str(number)))
    with pytest.raises(RequestError, match="1,000 messages are held already"):
        held.hold(request("one more"))
    assert len(held) == 1_000
    assert held.items[0].request.payload == b"0"
    held.discard([1])
    assert held.hold(request("fits")).number == 1_001


def test_sixty_four_mebibytes_and_not_more(held):
    for _ in range(3):
        held.hold(request("big", size=20 * MIB))
    with pytest.raises(RequestError, match="more than 64 MiB"):
        held.hold(request("big", size=5 * MIB))
    held.hold(request("small"))
    assert held.discard() == 4
    for _ in range(3):  # the bytes are free again
        held.hold(request("big", size=20 * MIB))


def test_discarding_some_and_all(held):
    for name in "abcd":
        held.hold(request(name))
    assert held.discard([2, 4, 99]) == 2
    assert texts(held) == ["a", "c"]
    assert held.discard() == 2
    told = len(held.told)
    assert held.discard() == 0
    assert len(held.told) == told


def test_what_was_discarded_comes_back_as_it_was_and_in_its_place(held):
    before = tuple(held.hold(request(name)) for name in "abcd")
    held.discard([2, 4])
    later = held.hold(request("e"))
    told = len(held.told)
    held.restore([before[3], before[1]])
    assert held.items == (*before, later), "the same numbers and times"
    assert len(held.told) == told + 1
    held.restore([before[1]])  # there already
    assert held.items == (*before, later)
    held.discard()
    held.hold(request("big", size=63 * MIB))
    held.discard()
    held.restore(before)
    held.hold(request("big", size=63 * MIB))  # their bytes are counted once


def test_what_finds_no_room_does_not_come_back_and_the_others_do(held, monkeypatch):
    before = tuple(held.hold(request(name)) for name in "abc")
    held.discard()
    monkeypatch.setattr(offline, "MOST_MESSAGES", 2)
    with pytest.raises(RequestError, match="held already"):
        held.restore(before)
    assert held.items == before[:2]
    assert held.told[-1] == 2


async def test_what_waits_for_its_turn_while_others_are_sent_is_told(held):
    sender = Sender()
    sender.gate.clear()
    for number in range(WINDOW + 2):
        held.hold(request(str(number)))
    held.hold(request("at once", 0))
    sending = asyncio.create_task(held.send(sender))
    await asyncio.sleep(0.01)
    assert [(each.topic, each.state) for each in held.unsent()] == [
        (f"t/{WINDOW}", UnsentState.WAITING),
        (f"t/{WINDOW + 1}", UnsentState.WAITING),
        ("t/at once", UnsentState.WAITING),
    ]
    sender.gate.set()
    await sending
    assert held.unsent() == ()
    held.hold(request("later"))
    assert [each.state for each in held.unsent()] == [UnsentState.HELD]


async def test_all_are_sent_in_order_and_gone(held):
    sender = Sender()
    for number in range(60):
        held.hold(request(str(number)))
    outcomes = await held.send(sender)
    assert sender.started == [str(number) for number in range(60)]
    assert sender.most == WINDOW
    assert [outcome.reason.value for outcome in outcomes] == [0] * 60
    assert held.items == ()


async def test_one_qos_ends_before_another_way_begins(held):
    sender = Sender()
    sender.gate.clear()
    for name, qos in (("a", 1), ("b", 2), ("c", 0), ("d", 1)):
        held.hold(request(name, qos))
    sending = asyncio.create_task(held.send(sender))
    await asyncio.sleep(0.01)
    assert sender.started == ["a", "b"]
    sender.gate.set()
    await sending
    assert sender.started == ["a", "b", "c", "d"]


async def test_what_fails_and_what_is_refused_stays_with_its_error(held):
    sender = Sender()
    sender.answers = {"b": RequestLost("No answer", "No PUBACK came.", may_arrive=True), "c": 0x87}
    for name in "abcd":
        held.hold(request(name))
    outcomes = await held.send(sender)
    assert [isinstance(each, MqttExplorerError) for each in outcomes] == [False, True, False, False]
    assert texts(held) == ["b", "c"]
    assert [item.error.title for item in held.items] == ["No answer", "Not authorised"]
    assert held.items[1].error.code == 0x87
    assert not any(item.sending for item in held.items)
    sender.answers = {}
    await held.send(sender, [held.items[0].number])
    assert texts(held) == ["c"]


async def test_without_a_connection_the_rest_is_not_tried_and_says_why(held):
    sender = Sender()
    lost = RequestLost("Not connected", "There is no connection.")
    sender.answers = {str(number): lost for number in range(100)}
    for number in range(100):
        held.hold(request(str(number)))
    outcomes = await held.send(sender)
    assert len(sender.started) == WINDOW
    assert outcomes == [lost] * 100
    assert all(item.error is lost for item in held.items)
    assert len(held) == 100


async def test_what_is_on_its_way_is_not_sent_twice_not_discarded_and_not_listed_twice(held):
    sender = Sender()
    sender.gate.clear()
    for name in "ab":
        held.hold(request(name))
    sending = asyncio.create_task(held.send(sender, [1]))
    await asyncio.sleep(0.01)
    assert [item.sending for item in held.items] == [True, False]
    assert [each.topic for each in held.unsent()] == ["t/b"]
    assert await held.send(sender, [1]) == []
    assert held.discard() == 1
    assert texts(held) == ["a"]
    sender.gate.set()
    await sending
    assert held.items == ()
    assert sender.started == ["a"]


async def test_an_interrupted_sending_leaves_them_held_with_a_warning(held):
    sender = Sender()
    sender.gate.clear()
    held.hold(request("a"))
    sending = asyncio.create_task(held.send(sender))
    await asyncio.sleep(0.01)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    (item,) = held.items
    assert not item.sending
    assert "may have arrived" in item.error.message


def test_the_bounds_are_those_people_are_told():
    assert (offline.MOST_MESSAGES, offline.MOST_BYTES) == (1_000, 64 * MIB)


async def test_what_the_client_keeps_and_sends_again_by_itself_is_not_held_beside_it(held):
    sender = Sender()
    sender.answers = {
        "a": RequestLost("Connection paused", "It is sent again.", may_arrive=True, kept=True),
        "b": RequestLost("No answer", "Nobody knows.", may_arrive=True),
    }
    for name in "ab":
        held.hold(request(name))
    outcomes = await held.send(sender)
    assert outcomes == [sender.answers["a"], sender.answers["b"]]
    assert texts(held) == ["b"]
