# SPDX-License-Identifier: MIT
"""Dialling a real broker: every scheme, swapped ports, bad certificates, and 10 MB through websockets."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Callable

import pytest

from mqtt_explorer.network.client import MqttClient
from mqtt_explorer.network.dialer import dial
from mqtt_explorer.network.faults import DialError, FaultKind, LinkFault, no_connack_fault
from mqtt_explorer.network.link import Link, LinkState, StateChange
from mqtt_explorer.network.port_guess import guess
from mqtt_explorer.network.transport import Transport
from mqtt_explorer.protocol.options import ConnectOptions, TlsOptions
from mqtt_explorer.protocol.url import BrokerUrl
from tests.support.certificates import Certificates
from tests.support.mosquitto import Mosquitto, plain, tls, websockets
from tests.support.mqtt_peer import until
from tests.support.transports import receive, receive_exactly, send_all

CONNECT = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test"
CONNACK = b"\x20\x02\x00\x00"
TEN_MB = random.Random(3).randbytes(10_000_000)


@pytest.fixture
def broker(broker_factory: Callable[..., Mosquitto], certificates: Certificates) -> Mosquitto:
    return broker_factory(
        ["max_queued_messages 0"],
        listeners={
            "mqtt": plain(),
            "mqtts": tls(certificates),
            "ws": websockets(),
            "wss": tls(certificates, websockets=True),
            "client": tls(certificates, require_client_certificate=True),
            "expired": tls(certificates, certificates.expired),
        },
    )


def options(
    broker: Mosquitto, certificates: Certificates, scheme: str, listener: str | None = None, **more: str
) -> ConnectOptions:
    url, _, _ = BrokerUrl.parse(f"{scheme}://127.0.0.1:{broker.ports[listener or scheme]}")
    tls = TlsOptions(ca_file=str(certificates.ca), **more) if url.tls else TlsOptions()
    return ConnectOptions(url, tls=tls, dial_timeout_s=5)


def string(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text


def packet(first: int, body: bytes) -> bytes:
    size, length = len(body), b""
    while True:
        size, low = divmod(size, 128)
        length += bytes([low | (0x80 if size else 0)])
        if not size:
            return bytes([first]) + length + body


async def connected(wanted: ConnectOptions, client_id: bytes) -> Transport:
    transport = await dial(wanted)
    await send_all(transport, CONNECT.replace(b"test", client_id))
    assert await receive_exactly(transport, 4) == CONNACK
    return transport


async def subscribe(transport: Transport, topic: bytes) -> None:
    await send_all(transport, packet(0x82, b"\x00\x01" + string(topic) + b"\x00"))
    assert await receive_exactly(transport, 5) == b"\x90\x03\x00\x01\x00"


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts", "ws", "wss"])
async def test_ten_megabytes_each_way_through_every_scheme(
    broker: Mosquitto, certificates: Certificates, scheme: str
):
    """Down in messages of 1 kB: mosquitto 2.0's websocket listener sends a single message of 1 MB to no client at all."""
    ours = await connected(options(broker, certificates, scheme), b"ours")
    other = await connected(options(broker, certificates, "mqtt"), b"else")
    await subscribe(other, b"up")
    publish = packet(0x30, string(b"up") + TEN_MB)
    got, _ = await asyncio.gather(receive_exactly(other, len(publish)), send_all(ours, publish))
    assert got == publish

    await subscribe(ours, b"down")
    many = b"".join(packet(0x30, string(b"down") + TEN_MB[i : i + 1000]) for i in range(0, len(TEN_MB), 1000))
    got, _ = await asyncio.gather(receive_exactly(ours, len(many)), send_all(other, many))
    assert got == many
    ours.close()
    other.close()


@pytest.mark.parametrize(
    ("scheme", "port"),
    [("mqtts", "mqtt"), ("ws", "mqtt"), ("wss", "mqtt"), ("wss", "ws"), ("ws", "wss"), ("ws", "mqtts")],
)
async def test_a_swapped_port_is_told(broker: Mosquitto, certificates: Certificates, scheme: str, port: str):
    with pytest.raises(DialError) as caught:
        await dial(options(broker, certificates, scheme, port))
    assert caught.value.permanent
    assert str(broker.ports[port]) in caught.value.message
    assert caught.value.kind in (FaultKind.TLS, FaultKind.CLOSED, FaultKind.WEBSOCKET)
    assert "://" in caught.value.message or "Not a" in caught.value.title


SWAPPED = [
    ("mqtt", "mqtts"), ("mqtts", "mqtt"), ("mqtt", "ws"), ("ws", "mqtt"), ("ws", "wss"), ("wss", "ws"), ("mqtts", "wss"),
    ("wss", "mqtts"), ("mqtt", "wss"), ("mqtts", "ws"), ("ws", "mqtts"), ("wss", "mqtt"),
]  # fmt: skip


@pytest.mark.parametrize(("scheme", "port"), SWAPPED)
async def test_a_swapped_port_is_found_out_and_told_with_what_to_use(
    broker: Mosquitto, certificates: Certificates, scheme: str, port: str
):
    link = Link(
        MqttClient(options(broker, certificates, scheme, port), on_batch=lambda batch: None),
        lambda _: asyncio.sleep(0),
    )
    changes: list[StateChange] = []
    link.changed.connect(changes.append)
    begun = time.monotonic()
    link.start()
    try:
        await until(lambda: link.state.state is LinkState.FAILED, 5)
    finally:
        await link.stop()
    assert time.monotonic() - begun < 3
    assert [change.state.value for change in changes] == ["connecting", "failed", "disconnected"]
    error = changes[1].error
    assert isinstance(error, DialError | LinkFault)
    assert error.try_scheme == port
    assert error.field == "url"
    assert f"127.0.0.1:{broker.ports[port]} speaks" in error.message
    assert f"use {port}://." in error.message
    assert "mxq" not in broker.log, "the client id was sent while asking"


async def test_a_port_that_wants_a_client_certificate_is_still_a_tls_port(
    broker: Mosquitto, certificates: Certificates
):
    assert await guess(options(broker, certificates, "mqtt", "client")) == "mqtts"


async def test_the_right_port_of_a_broker_is_never_blamed(broker: Mosquitto, certificates: Certificates):
    for scheme in ("mqtt", "mqtts", "ws", "wss"):
        assert await guess(options(broker, certificates, scheme)) is None


async def first_answer(transport: Transport) -> tuple[bytes, OSError | None]:
    """What comes back on CONNECT: bytes, or an end, or an error."""
    try:
        transport.send(CONNECT)
        return await receive(transport), None
    except OSError as error:
        return b"", error
    finally:
        transport.close()


@pytest.mark.parametrize(
    ("scheme", "port", "words"),
    [("mqtt", "mqtts", "mqtts://"), ("mqtt", "ws", "ws://"), ("mqtts", "wss", "wss://")],
)
async def test_a_swapped_port_that_takes_our_connect_is_told(
    broker: Mosquitto, certificates: Certificates, scheme: str, port: str, words: str
):
    wanted = options(broker, certificates, scheme, port)
    first, error = await first_answer(await dial(wanted))
    assert not first.startswith(CONNACK)
    assert words in no_connack_fault(wanted.url, wanted.tls, first, error).message


async def test_an_expired_broker_certificate(broker: Mosquitto, certificates: Certificates):
    with pytest.raises(DialError, match="has expired") as caught:
        await dial(options(broker, certificates, "mqtts", "expired"))
    assert caught.value.kind is FaultKind.TLS


@pytest.mark.parametrize(
    ("pair", "words"), [(None, "wants a client certificate"), ("client_expired", "has expired")]
)
async def test_a_client_certificate_the_broker_refuses(
    broker: Mosquitto, certificates: Certificates, pair: str | None, words: str
):
    files = {}
    if pair is not None:
        files = {
            "cert_file": str(getattr(certificates, pair).cert),
            "key_file": str(getattr(certificates, pair).key),
        }
    wanted = options(broker, certificates, "mqtts", "client", **files)
    first, error = await first_answer(await dial(wanted))
    assert isinstance(error, ssl.SSLError)
    fault = no_connack_fault(wanted.url, wanted.tls, first, error)
    assert words in fault.message
    assert fault.permanent


async def test_a_client_certificate_with_a_locked_key(broker: Mosquitto, certificates: Certificates):
    pair = certificates.client_locked
    wanted = options(
        broker, certificates, "mqtts", "client",
        cert_file=str(pair.cert), key_file=str(pair.key), key_password=certificates.key_password,
    )  # fmt: skip
    assert await first_answer(await dial(wanted)) == (CONNACK, None)
