# SPDX-License-Identifier: MIT
"""Asking a port what it speaks: peers a broker cannot play, time, cancelling, and what is never sent."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest

from mqtt_explorer.network import port_guess
from mqtt_explorer.network.faults import DialError, FaultKind, LinkFault
from mqtt_explorer.network.port_guess import WITHIN_S, guess, worth_asking
from mqtt_explorer.protocol.options import ConnectOptions, TlsOptions
from mqtt_explorer.protocol.requests import PublishRequest
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.protocol.will import Will
from tests.support.black_hole import BlackHole
from tests.support.certificates import Certificates
from tests.support.mosquitto import free_port
from tests.support.mqtt_peer import connack
from tests.support.scripted_peer import (
    ScriptedPeer,
    accept_upgrade,
    hangs_up,
    mute,
    over_tls,
    says,
    server_context,
)

CANARY = "canary-4471"


def options(url: str, **more) -> ConnectOptions:
    return ConnectOptions(BrokerUrl.parse(url)[0], **more)


def first_byte(sock: socket.socket) -> int:
    return sock.recv(1, socket.MSG_PEEK)[0]


def mqtt_only(sock: socket.socket) -> None:
    """Answers CONNECT as a 3.1.1 broker must, and hangs up on everything else."""
    if sock.recv(1000)[:1] == b"\x10":
        sock.sendall(connack(2, v5=False))


async def test_a_port_that_hangs_up_on_everybody_gives_nothing():
    with ScriptedPeer(hangs_up) as peer:
        for scheme in ("mqtt", "mqtts", "ws", "wss"):
            assert await guess(options(f"{scheme}://127.0.0.1:{peer.port}")) is None


async def test_a_port_where_nothing_listens_gives_nothing():
    assert await guess(options(f"mqtt://127.0.0.1:{free_port()}")) is None


@pytest.mark.parametrize("scheme", ["mqtts", "ws", "wss"])
async def test_an_answer_to_connect_is_mqtt_whatever_it_says(scheme: str):
    with ScriptedPeer(mqtt_only) as peer:
        assert await guess(options(f"{scheme}://127.0.0.1:{peer.port}")) == "mqtt"


async def test_a_port_that_speaks_what_was_asked_for_is_not_blamed():
    with ScriptedPeer(mqtt_only) as peer:
        assert await guess(options(f"mqtt://127.0.0.1:{peer.port}")) is None


@pytest.mark.parametrize(("asked", "found"), [("mqtt", "mqtts"), ("ws", "wss"), ("mqtts", None)])
async def test_a_tls_port_that_wants_a_certificate_is_a_tls_port(
    certificates: Certificates, asked: str, found: str | None
):
    def script(sock: socket.socket) -> None:
        if first_byte(sock) == 0x16:
            over_tls(server_context(certificates.server, certificates))(sock)

    with ScriptedPeer(script) as peer:
        assert await guess(options(f"{asked}://127.0.0.1:{peer.port}")) == found


async def test_a_web_server_that_answers_plain_requests_on_its_tls_port(certificates: Certificates):
    def script(sock: socket.socket) -> None:
        if first_byte(sock) == 0x16:
            over_tls(server_context(certificates.server), accept_upgrade)(sock)
        else:
            says(b"HTTP/1.1 400 Bad Request\r\n\r\n")(sock)

    with ScriptedPeer(script) as peer:
        assert await guess(options(f"ws://127.0.0.1:{peer.port}/x")) == "wss"
        assert await guess(options(f"mqtt://127.0.0.1:{peer.port}")) == "wss"


async def test_a_mute_port_takes_two_seconds_and_gives_nothing():
    with ScriptedPeer(mute) as peer:
        begun = time.monotonic()
        assert await guess(options(f"mqtt://127.0.0.1:{peer.port}")) is None
        assert WITHIN_S - 0.2 < time.monotonic() - begun < WITHIN_S + 0.4


@pytest.mark.parametrize("hole", [True, False])
async def test_it_is_cancelled_at_once_and_leaves_nothing(hole: bool):
    threads = threading.active_count()
    with BlackHole() as swallows, ScriptedPeer(mute) as peer:
        where = f"{swallows.host}:{swallows.port}" if hole else f"127.0.0.1:{peer.port}"
        task = asyncio.create_task(guess(options(f"mqtt://{where}")))
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - begun < 0.2
    await asyncio.sleep(0.1)
    assert threading.active_count() <= threads


async def test_nothing_of_the_user_is_sent(certificates: Certificates):
    heard: list[bytes] = []

    def listens(sock: socket.socket) -> None:
        while data := sock.recv(65_536):
            heard.append(data)
            if data.endswith(b"\r\n\r\n") or data[:1] == b"\x10":
                return

    def script(sock: socket.socket) -> None:
        if first_byte(sock) == 0x16:
            over_tls(server_context(certificates.server), listens)(sock)
        else:
            listens(sock)

    with ScriptedPeer(script) as peer:
        for scheme in ("ws", "wss"):
            more = {}
            if scheme == "wss":
                more["tls"] = TlsOptions(
                    cert_file=str(certificates.client.cert), key_file=str(certificates.client.key)
                )
            await guess(
                options(
                    f"{scheme}://127.0.0.1:{peer.port}/mqtt?token={CANARY}",
                    client_id=CANARY,
                    username=CANARY,
                    password=CANARY,
                    websocket_headers=(("X-Token", CANARY),),
                    will=Will(PublishRequest(CANARY, b"")),
                    **more,
                )
            )
    sent = b"".join(heard)
    assert sent.count(b"GET /mqtt HTTP/1.1") == 4, "asked in both schemes, twice"
    assert sent.count(b"\x00\x04MQTT") == 4
    assert CANARY.encode() not in sent


@pytest.mark.parametrize(
    ("error", "worth"),
    [
        (LinkFault(FaultKind.CLOSED, "", "", wrong_port=True), True),
        (LinkFault(FaultKind.CLOSED, "", ""), False),
        (DialError(FaultKind.CLOSED, "", "", field="url"), True),
        (DialError(FaultKind.WEBSOCKET, "", "", field="url"), True),
        (DialError(FaultKind.WEBSOCKET, "", "", field="url", code=400), True),
        (DialError(FaultKind.WEBSOCKET, "", "", field="url", code=404), False),
        (DialError(FaultKind.WEBSOCKET, "", "", field="websocket_headers"), False),
        (DialError(FaultKind.REFUSED, "", ""), False),
        (ValueError(), False),
    ],
)
def test_only_faults_that_hint_at_the_port_are_worth_asking(error: Exception, worth: bool):
    assert worth_asking(error) is worth


async def test_a_question_that_fails_does_not_cost_the_others(monkeypatch, expect_log):
    expect_log("ask for ws failed")
    ask = port_guess._ask

    async def fails(scheme, wanted):
        if scheme == "ws":
            raise ZeroDivisionError
        return await ask(scheme, wanted)

    monkeypatch.setattr(port_guess, "_ask", fails)
    with ScriptedPeer(mqtt_only) as peer:
        assert await guess(options(f"mqtts://127.0.0.1:{peer.port}")) == "mqtt"
