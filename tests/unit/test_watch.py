# SPDX-License-Identifier: MIT
"""The lines `watch` prints, and the thread that prints them. Whole runs are in tests/broker/test_watch.py."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re

import pytest

from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.request import Request
from mqtt_explorer.tasks import create_task
from mqtt_explorer.watch import Printer, Watch
from tests.support.mqtt_peer import (
    accepts,
    answer,
    connack,
    in_turn,
    options_for,
    publish,
    read_packet,
    text,
    until,
)
from tests.support.scripted_peer import ScriptedPeer, hangs_up, mute


class Lines:
    """Takes the place of the printer."""

    skipped = 0

    def __init__(self):
        self.events = []

    def print(self, event, *, droppable=False):
        self.events.append(json.loads(json.dumps(event)))

    def of(self, kind):
        return [event for event in self.events if event["event"] == kind]


def subscriber(*parts, grant=b"\0"):
    def script(sock):
        while True:
            first, body = read_packet(sock)
            if first == 0x82:
                sock.sendall(answer(0x90, int.from_bytes(body[:2], "big"), b"\0" + grant) + b"".join(parts))

    return script


async def run(script, seconds=0.3, **more):
    lines = Lines()
    with ScriptedPeer(script) as peer:
        request = Request(
            options_for(peer.port, **more), (Subscription(TopicFilter("a/#"), 1),), seconds=seconds
        )
        code = await asyncio.wait_for(Watch(request, lines).run(), 20)
    return code, lines


async def test_the_shape_of_every_event():
    properties = (
        b"\x01\1\x02\0\0\0\x3c"
        + b"\x03"
        + text("text/plain")
        + b"\x08"
        + text("r")
        + b"\x09"
        + text(b"\xff\0")
    )
    properties += b"\x0b\x05\x0b\x06" + b"\x26" + text("k") + text("v") + b"\x26" + text("k") + text("w")
    bad = publish(b"\xff", b"x")
    script = accepts(
        subscriber(
            publish("a/1", "grün".encode(), qos=1, packet_id=1, flags=9, properties=properties)
            + bad + publish("a/2", b"\xff\xfe") + publish("a/3", b"")
        )
    )  # fmt: skip
    code, lines = await run(script)
    assert code == 0
    connecting, connected = lines.of("state")[:2]
    stamp = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
    assert stamp.fullmatch(connecting.pop("time"))
    assert connecting == {"event": "state", "state": "connecting", "reason": None, "code": None}
    assert connected["state"] == "connected"
    assert lines.of("subscribed") == [{"event": "subscribed", "filter": "a/#", "granted": 0}]
    one, two, three = lines.of("message")
    assert stamp.fullmatch(one.pop("time"))
    assert one == {
        "event": "message", "topic": "a/1", "size": 5, "qos": 1, "retain": True, "dup": True, "payload": "grün",
        "properties": {
            "payload_format_indicator": 1, "message_expiry_interval": 60, "content_type": "text/plain", "response_topic": "r",
            "correlation_data": base64.b64encode(b"\xff\0").decode(), "subscription_identifier": [5, 6],
            "user_property": [["k", "v"], ["k", "w"]],
        },
    }  # fmt: skip
    assert (two["payload_base64"], "payload" in two, two["properties"]) == ("//4=", False, {})
    assert (three["payload"], three["size"]) == ("", 0)
    (malformed,) = lines.of("malformed")
    assert base64.b64decode(malformed.pop("bytes_base64")) == bad
    assert malformed == {"event": "malformed", "reason": "The topic is not valid UTF-8 (byte 0)."}
    kinds = [event["event"] for event in lines.events]
    assert (
        kinds[3:] == ["message", "malformed", "message", "message", "summary", "state"]
        or kinds[-1] == "summary"
    )


async def test_the_summary_is_last_and_has_the_metrics():
    code, lines = await run(accepts(subscriber(publish("a/1", b"x") * 3)))
    assert code == 0
    summary = lines.events[-1]
    assert summary["event"] == "summary"
    assert summary["received"] == 3
    assert summary["frames"] is None
    assert set(summary["loop_gap_ms"]) == {"p50", "p99", "max"}
    assert summary["state"] == "connected"
    for name in (
        "time", "received_per_s", "published", "topics", "messages_in_history", "bytes_in_history", "budget_bytes", "dropped",
        "evicted", "truncated", "malformed", "rss_bytes", "cpu_seconds", "connections", "seconds", "not_printed",
    ):  # fmt: skip
        assert name in summary


async def test_a_refused_filter_is_an_error_line():
    _, lines = await run(accepts(subscriber(grant=b"\x87")))
    (line,) = lines.of("subscribed")
    assert line["filter"] == "a/#"
    assert "may not read" in line["error"]
    assert "granted" not in line


@pytest.mark.parametrize("code", [0x86, 0x88, 0x9F])
async def test_a_refused_connack_ends_it_at_once_with_1(code):
    exit_code, lines = await run(accepts(reply=connack(code)), seconds=15)
    assert exit_code == 1
    assert lines.events[-1]["event"] == "summary"
    assert code in [event["code"] for event in lines.of("state")]
    assert lines.events[-1]["seconds"] < 3


async def test_what_never_connects_ends_with_1_after_its_time():
    code, lines = await run(hangs_up, seconds=0.5)
    assert code == 1
    assert [event["state"] for event in lines.of("state")][:2] == ["connecting", "waiting"]


async def test_after_a_reconnect_the_subscription_is_told_again():
    def once(sock):
        body = read_packet(sock)[1]
        sock.sendall(answer(0x90, int.from_bytes(body[:2], "big"), b"\0\1"))

    code, lines = await run(in_turn(accepts(once), accepts(subscriber(grant=b"\1"))), seconds=2)
    assert code == 0
    assert [event["granted"] for event in lines.of("subscribed")] == [1, 1]
    assert [event["state"] for event in lines.of("state")][:5] == [
        "connecting", "connected", "waiting", "connecting", "connected",
    ]  # fmt: skip


async def test_stop_ends_it_with_0():
    with ScriptedPeer(accepts(mute)) as peer:
        lines = Lines()
        watch = Watch(Request(options_for(peer.port), ()), lines)
        running = asyncio.create_task(watch.run())
        await until(lambda: len(lines.of("state")) == 2)
        watch.stop()
        assert await asyncio.wait_for(running, 5) == 0


def test_without_an_address_there_is_nothing_to_watch():
    with pytest.raises(ValueError, match="address"):
        Watch(Request(None, ()), Lines())


def read_all(descriptor):
    with os.fdopen(descriptor) as file:
        return file.readlines()


# --- the printer --------------------------------------------------------------------------------------------------------


async def test_lines_come_out_whole_and_in_order():
    read, write = os.pipe()
    printer = Printer(write)
    running = create_task(printer.run(), name="print")
    for number in range(1000):
        printer.print({"n": number})
    printer.finish()
    reading = asyncio.create_task(asyncio.to_thread(read_all, read))
    await running
    os.close(write)
    assert [json.loads(line)["n"] for line in await reading] == list(range(1000))


async def test_a_reader_that_does_not_read_costs_messages_and_never_the_loop(monkeypatch):
    monkeypatch.setattr("mqtt_explorer.watch._MAX_WAITING", 200_000)
    read, write = os.pipe()
    printer = Printer(write)
    running = create_task(printer.run(), name="print")
    for _ in range(100):
        printer.print({"x": "y" * 10_000}, droppable=True)
        await asyncio.sleep(0)
    printer.print({"last": True})
    assert printer.skipped > 50
    printer.finish()
    reading = asyncio.create_task(asyncio.to_thread(read_all, read))
    await running
    os.close(write)
    lines = await reading
    assert json.loads(lines[-1]) == {"last": True}
    assert len(lines) == 101 - printer.skipped


async def test_a_reader_that_has_gone_ends_it():
    read, write = os.pipe()
    os.close(read)
    printer = Printer(write)
    running = create_task(printer.run(), name="print")
    printer.print({"x": 1})
    await asyncio.wait_for(running, 5)
    os.close(write)


@pytest.mark.parametrize("code", [0x86, 0x87])
async def test_connected_and_then_refused_ends_with_1(code):
    def once(sock):
        read_packet(sock)

    exit_code, lines = await run(in_turn(accepts(once), accepts(reply=connack(code))), seconds=15)
    assert exit_code == 1
    assert [event["state"] for event in lines.of("state")][:2] == ["connecting", "connected"]
    assert lines.events[-1]["seconds"] < 5
