# SPDX-License-Identifier: MIT
"""`watch` as a process of its own: events, exit codes, signals, and no password in its output."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from mqtt_explorer.protocol.requests import PublishRequest
from tests.support.broker_clients import broker_options, inbox
from tests.support.mosquitto import free_port, password_protected, tls
from tests.support.mqtt_peer import accepts, answer, publish, read_packet
from tests.support.scripted_peer import ScriptedPeer

ROOT = Path(__file__).resolve().parents[2]
CANARY = "canary-pw-4471"


class Watching:
    """One `watch` process; `events` holds what it has printed so far."""

    def __init__(self, process):
        self.process = process
        self.events = []
        self.stderr = ""

    async def next(self, kind, timeout_s=15):
        """Reads up to the next event of a kind."""
        while True:
            line = await asyncio.wait_for(self.process.stdout.readline(), timeout_s)
            assert line, f"ended before {kind}: {self.events} {(await self.process.stderr.read()).decode()}"
            self.events.append(json.loads(line))
            if self.events[-1]["event"] == kind:
                return self.events[-1]

    async def end(self, timeout_s=20):
        """Waits for the end; returns the exit code."""
        out, err = await asyncio.wait_for(self.process.communicate(), timeout_s)
        self.events += [json.loads(line) for line in out.splitlines()]
        self.stderr = err.decode()
        return self.process.returncode

    def of(self, kind):
        return [event for event in self.events if event["event"] == kind]


async def start(*words, environment=None):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mqtt_explorer", "watch", *words, cwd=ROOT,
        env={**os.environ, **(environment or {})}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        limit=1 << 26,
    )  # fmt: skip
    return Watching(process)


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_the_events_of_a_run(broker, version):
    topic = f"watch/{version}"
    it = await start(
        f"mqtt://127.0.0.1:{broker.port}", "-t", f"{topic}/#", "-q", "1", "-V", version, "--for", "4"
    )
    subscribed = await it.next("subscribed")
    assert subscribed == {"event": "subscribed", "filter": f"{topic}/#", "granted": 1}
    async with inbox(broker_options(broker.port)) as sender:
        await sender.client.publish(PublishRequest(f"{topic}/text", "grün".encode(), 1))
        await sender.client.publish(PublishRequest(f"{topic}/bytes", b"\xff\x00", 0))
    assert await it.end() == 0
    assert it.stderr == ""
    states = it.of("state")
    assert [event["state"] for event in states][:2] == ["connecting", "connected"]
    assert set(states[0]) == {"event", "time", "state", "reason", "code"}
    text, binary = it.of("message")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text.pop("time"))
    assert text == {
        "event": "message", "topic": f"{topic}/text", "size": 5, "qos": 1, "retain": False, "dup": False, "properties": {},
        "payload": "grün",
    }  # fmt: skip
    assert binary["payload_base64"] == base64.b64encode(b"\xff\0").decode()
    assert "payload" not in binary
    summary = it.events[-1]
    assert summary["event"] == "summary"
    assert (summary["received"], summary["frames"]) == (2, None)
    assert it.of("summary") == [summary]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_with_a_summary_and_0(broker, number):
    it = await start(f"mqtt://127.0.0.1:{broker.port}", "-t", "nothing/here")
    await it.next("subscribed")
    it.process.send_signal(number)
    assert await it.end(5) == 0
    assert it.events[-1]["event"] == "summary"
    assert it.stderr == ""


async def test_a_refused_login_ends_it_at_once_with_1_and_shows_no_password(broker_factory, tmp_path):
    broker = broker_factory(listeners={"mqtt": password_protected(tmp_path, {"me": "right"})})
    url = f"127.0.0.1:{broker.port}"
    for words, environment in (
        ((f"mqtt://me:{CANARY}@{url}",), {}),
        ((f"mqtt://me@{url}",), {"MQTT_EXPLORER_QT_PASSWORD": CANARY}),
        ((f"mqtt://{url}", "-u", "me", "-P", CANARY, "-V", "3.1.1"), {}),
    ):
        started = time.monotonic()
        it = await start(*words, "--for", "30", environment=environment)
        assert await it.end() == 1
        assert time.monotonic() - started < 10
        assert [event["state"] for event in it.of("state")][:2] == ["connecting", "failed"]
        assert it.of("state")[1]["code"] in (0x86, 0x87)
        assert CANARY not in json.dumps(it.events) + it.stderr + broker.log


async def test_a_tls_fault_ends_it_at_once_with_1(broker_factory, certificates):
    broker = broker_factory(listeners={"mqtts": tls(certificates, certificates.expired)})
    it = await start(f"mqtts://127.0.0.1:{broker.port}", "--cafile", str(certificates.ca), "--for", "30")
    assert await it.end() == 1
    assert "expired" in it.of("state")[1]["reason"]
    assert it.events[-1]["seconds"] < 5
    it = await start(f"mqtts://127.0.0.1:{broker.port}", "--insecure", "--for", "1")
    assert await it.end() == 0


async def test_an_unreachable_broker_is_retried_until_its_time_is_over():
    it = await start(f"mqtt://127.0.0.1:{free_port()}", "--for", "2.5")
    assert await it.end() == 1
    states = [event["state"] for event in it.of("state")]
    assert states[:4] == ["connecting", "waiting", "connecting", "waiting"]
    assert 2.4 < it.events[-1]["seconds"] < 3.5


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nonsense://h"], "mqtt://"),
        ([], "required"),
        (["mqtt://h", "-t", "a/#/b"], "last level"),
        (["mqtt://h", "--for", "x"], "seconds"),
    ],
)
async def test_wrong_usage_is_2_and_a_sentence(words, sentence):
    it = await start(*words)
    assert await it.end() == 2
    assert sentence in it.stderr
    assert not it.events


async def test_a_malformed_message_is_an_event_and_the_stream_goes_on():
    bad = publish(b"bad/\xff", b"x", qos=1, packet_id=1)

    def script(sock):
        while True:
            first, body = read_packet(sock)
            if first == 0x82:
                sock.sendall(
                    answer(0x90, int.from_bytes(body[:2], "big"), b"\0\1") + bad + publish("good", b"1")
                )

    with ScriptedPeer(accepts(script)) as peer:
        it = await start(f"mqtt://127.0.0.1:{peer.port}", "--for", "2")
        malformed = await it.next("malformed")
        message = await it.next("message")
        assert set(malformed) == {"event", "reason", "bytes_base64"}
        assert base64.b64decode(malformed["bytes_base64"]) == bad
        assert message["topic"] == "good"
        assert await it.end() == 0
        assert it.events[-1]["malformed"] == 1


async def test_a_reader_that_goes_away_ends_it():
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", f"{sys.executable} -m mqtt_explorer watch mqtt://127.0.0.1:{free_port()} --for 30 | head -n 1", cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 15)
    assert json.loads(out)["event"] == "state"
    assert err == b""
