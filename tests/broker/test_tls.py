# SPDX-License-Identifier: MIT
"""TLS through the whole stack: what connects, and what ends in `failed` with its cause."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from mqtt_explorer.network.client import MqttClient
from mqtt_explorer.network.dialer import dial
from mqtt_explorer.network.faults import DialError, LinkFault
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion, TlsOptions
from mqtt_explorer.protocol.requests import PublishRequest
from mqtt_explorer.protocol.url import BrokerUrl
from tests.support.broker_clients import broker_options, opened, sub
from tests.support.certificates import Authority, Certificates, KeyPair
from tests.support.mosquitto import free_port, plain, tls
from tests.support.mqtt_peer import until
from tests.support.scripted_peer import ScriptedPeer, mute, over_tls, server_context

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture
def broker(broker_factory, certificates):
    """One listener per certificate."""
    return broker_factory(
        listeners={
            "good": tls(certificates), "plain": plain(), "wrong_host": tls(certificates, certificates.wrong_host),
            "expired": tls(certificates, certificates.expired), "not_yet": tls(certificates, certificates.not_yet_valid),
            "self_signed": tls(certificates, certificates.self_signed),
            "client": tls(certificates, require_client_certificate=True), "tls13": tls(certificates, version="tlsv1.3"),
            "wss": tls(certificates, websockets=True, require_client_certificate=True),
        }
    )  # fmt: skip


def with_client(certificates: Certificates, pair: KeyPair | None) -> TlsOptions:
    """Trust in the test authority, and a client certificate."""
    if pair is None:
        return TlsOptions(ca_file=str(certificates.ca))
    return TlsOptions(ca_file=str(certificates.ca), cert_file=str(pair.cert), key_file=str(pair.key))


# --- what a real mosquitto says, through the whole stack ------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A fault and what is told about it: the headline, the field, and words that name cause, place and next step."""

    name: str
    listener: str
    title: str
    field: str | None
    words: tuple[str, ...]
    client: str | None = None
    other_ca: bool = False


CASES = [
    Case("expired", "expired", "Certificate expired", "url", ("has expired", "renew it", "127.0.0.1")),
    Case("not yet", "not_yet", "Certificate not valid yet", "url", ("not valid yet", "clock")),
    Case("other host", "wrong_host", "Certificate for another host", "url", ("“broker.example”", "server name")),
    Case("self-signed", "self_signed", "Self-signed certificate", "ca_file", ("by itself", "in the TLS settings")),
    Case("unknown CA", "good", "Unknown authority", "ca_file", ("other-authority.pem", "TLS settings"), other_ca=True),
    Case("no TLS", "plain", "A port without TLS", "url", ("use mqtt://",)),
    Case("no client certificate", "client", "Client certificate required", "cert_file", ("wants a client certificate", "TLS settings")),
    Case("expired client", "client", "Client certificate expired", "cert_file", ("client-expired.pem", "renewed"), "client_expired"),
    Case("foreign client", "client", "Client certificate of an unknown authority", "cert_file", ("client-foreign.pem", "trusts"), "client_foreign"),
]  # fmt: skip


def test_every_fault_has_a_headline_of_its_own():
    assert len({case.title for case in CASES}) == len(CASES)


@pytest.mark.parametrize("version", list(ProtocolVersion))
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_tls_fault_is_final_and_names_its_cause(broker, certificates, version, case):
    pair = getattr(certificates, case.client) if case.client else None
    options = with_client(certificates, pair)
    if case.other_ca:
        options = TlsOptions(ca_file=str(certificates.other_ca))
    wanted = broker_options(broker.ports[case.listener], "mqtts", tls=options, version=version)
    async with opened(wanted, wait=False) as (connection, changes):
        await until(lambda: connection.state.state is LinkState.FAILED)
        await asyncio.sleep(0.1)
        assert [change.state.value for change in changes] == ["connecting", "failed"]
        told = changes[-1]
        assert (told.error.title, told.error.field) == (case.title, case.field)
        assert str(broker.ports[case.listener]) in told.reason
        for words in case.words:
            assert words in told.reason


@pytest.mark.parametrize(
    ("client", "title"),
    [(None, "Client certificate required"), ("client_foreign", "Client certificate of an unknown authority")],
)
async def test_a_refused_client_certificate_is_told_through_wss_too(broker, certificates, client, title):
    pair = getattr(certificates, client) if client else None
    wanted = broker_options(broker.ports["wss"], "wss", tls=with_client(certificates, pair))
    assert (await fault_of(wanted)).title == title


async def test_a_minimum_of_tls_1_3_is_kept_and_met(broker, certificates):
    options = TlsOptions(ca_file=str(certificates.ca), minimum_version="1.3")
    for listener in ("good", "tls13"):
        async with opened(broker_options(broker.ports[listener], "mqtts", tls=options)) as (_, changes):
            assert "TLS 1.3" in changes[-1].transport


# --- both versions of TLS, from real TLS servers --------------------------------------------------------------------


def local(port: int, options: TlsOptions) -> ConnectOptions:
    url, _, _ = BrokerUrl.parse(f"mqtts://localhost:{port}")
    return ConnectOptions(url, tls=options, dial_timeout_s=5, connack_timeout_s=5)


async def fault_of(wanted: ConnectOptions) -> DialError | LinkFault:
    """What dialling or the wait for the CONNACK ended with: under TLS 1.3 our certificate is refused after the handshake."""
    client = MqttClient(wanted, on_batch=lambda batch: None)
    with pytest.raises((DialError, LinkFault)) as caught:
        await client.connect(await dial(wanted))
    assert isinstance(caught.value, DialError | LinkFault)
    assert caught.value.permanent
    assert "nspecified" not in str(caught.value)
    return caught.value


SERVER_FAULTS = [
    ("expired", "Certificate expired", "url"),
    ("not_yet_valid", "Certificate not valid yet", "url"),
    ("wrong_host", "Certificate for another host", "url"),
    ("self_signed", "Self-signed certificate", "ca_file"),
    ("client_foreign", "Unknown authority", "ca_file"),
    ("client", "Certificate not for servers", "url"),
]


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
@pytest.mark.parametrize(("pair", "title", "field"), SERVER_FAULTS)
async def test_a_bad_broker_certificate_in_both_versions(certificates, version, pair, title, field):
    context = server_context(getattr(certificates, pair), newest=version)
    with ScriptedPeer(over_tls(context)) as peer:
        fault = await fault_of(local(peer.port, TlsOptions(ca_file=str(certificates.ca))))
    assert (fault.title, fault.field) == (title, field)
    assert f"localhost:{peer.port}" in fault.message


CLIENT_FAULTS = [
    (None, "Client certificate required", "cert_file", "wants a client certificate"),
    ("client_expired", "Client certificate expired", "cert_file", "client-expired.pem"),
    ("client_foreign", "Client certificate of an unknown authority", "cert_file", "client-foreign.pem"),
    ("server", "Client certificate not supported", "cert_file", "server.pem"),
]


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
@pytest.mark.parametrize(("client", "title", "field", "words"), CLIENT_FAULTS)
async def test_a_refused_client_certificate_in_both_versions(
    certificates, version, client, title, field, words
):
    pair = getattr(certificates, client) if client else None
    context = server_context(certificates.server, certificates, newest=version)
    with ScriptedPeer(over_tls(context)) as peer:
        fault = await fault_of(local(peer.port, with_client(certificates, pair)))
    assert (fault.title, fault.field) == (title, field)
    assert words in fault.message
    assert "TLS settings" in fault.message
    assert f"localhost:{peer.port}" in fault.message


async def test_a_refused_pkcs12_file_is_named(certificates):
    authority = Authority(certificates.ca.parent, "third authority")
    context = server_context(certificates.server)
    context.load_verify_locations(authority.file)
    context.verify_mode = ssl.CERT_REQUIRED
    options = TlsOptions(
        ca_file=str(certificates.ca),
        pkcs12_file=str(certificates.client_pkcs12),
        key_password=certificates.key_password,
    )
    with ScriptedPeer(over_tls(context)) as peer:
        fault = await fault_of(local(peer.port, options))
    assert (fault.title, fault.field) == ("Client certificate of an unknown authority", "pkcs12_file")
    assert "client.p12" in fault.message


async def test_a_wrong_server_name_is_corrected_where_it_stands(certificates):
    with ScriptedPeer(over_tls(server_context(certificates.server))) as peer:
        options = TlsOptions(ca_file=str(certificates.ca), server_name="plant.example")
        fault = await fault_of(local(peer.port, options))
    assert (fault.title, fault.field) == ("Certificate for another host", "server_name")
    assert "“plant.example”" in fault.message
    assert "“localhost”" in fault.message


async def test_an_old_broker_does_not_meet_a_minimum_of_tls_1_3(certificates):
    with ScriptedPeer(over_tls(server_context(certificates.server, newest=TLS_1_2))) as peer:
        options = TlsOptions(ca_file=str(certificates.ca), minimum_version="1.3")
        fault = await fault_of(local(peer.port, options))
    assert (fault.title, fault.field) == ("No TLS 1.3", "minimum_tls")
    assert "choose TLS 1.2" in fault.message


async def test_a_broker_older_than_tls_1_2(certificates):
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context = server_context(certificates.server, newest=ssl.TLSVersion.TLSv1_1)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with ScriptedPeer(over_tls(context)) as peer:
        fault = await fault_of(local(peer.port, TlsOptions(ca_file=str(certificates.ca))))
    assert (fault.title, fault.field) == ("TLS version not shared", "minimum_tls")


async def test_a_broker_certificate_that_is_too_weak(certificates, tmp_path):
    authority = Authority(tmp_path, "weak authority")
    weak = authority.issue("weak", ("localhost",), key=rsa.generate_private_key(65_537, 1024))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(weak.cert, weak.key)
    with ScriptedPeer(over_tls(context)) as peer:
        fault = await fault_of(local(peer.port, TlsOptions(ca_file=str(authority.file))))
    assert fault.title == "Certificate too weak"


async def test_no_shared_cipher_is_among_the_causes(certificates):
    context = server_context(certificates.server, newest=TLS_1_2)
    context.set_ciphers("ECDHE-RSA-AES128-SHA256")  # its certificate is no RSA one, so nothing is left
    with ScriptedPeer(over_tls(context)) as peer:
        fault = await fault_of(local(peer.port, TlsOptions(ca_file=str(certificates.ca))))
    assert "cipher" in fault.message


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_a_refused_alpn_name(certificates, version):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip(
            "needs the openssl program: neither mosquitto nor Python's own server refuses an ALPN name"
        )
    port = free_port()
    pair = certificates.server
    command = [
        openssl,
        "s_server",
        version,
        "-accept",
        str(port),
        "-alpn",
        "x-amzn-mqtt-ca",
        "-cert",
        pair.cert,
    ]
    with subprocess.Popen(
        [*command, "-key", pair.key, "-quiet"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:  # fmt: skip
        try:
            await _listening(port)
            fault = await fault_of(local(port, TlsOptions(ca_file=str(certificates.ca), alpn=("mqtt", "x"))))
        finally:
            server.kill()
    assert (fault.title, fault.field) == ("ALPN refused", "alpn")
    assert "(mqtt, x)" in fault.message


async def _listening(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
    raise AssertionError("the server did not start")


# --- what works -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("listener", ["expired", "wrong_host", "self_signed"])
async def test_without_the_check_it_connects(broker, listener):
    wanted = broker_options(broker.ports[listener], "mqtts", tls=TlsOptions(verify=False))
    async with opened(wanted) as (connection, changes):
        assert "TLS 1." in changes[-1].transport
        assert not (await connection.publish(PublishRequest("t", b"x", 1))).reason.is_error


@pytest.mark.parametrize("scheme", ["mqtts", "wss"])
@pytest.mark.parametrize("kind", ["pair", "locked", "pkcs12"])
async def test_a_client_certificate_lets_us_in(broker, certificates, kind, scheme):
    ca, password = str(certificates.ca), certificates.key_password
    locked = certificates.client_locked
    options = {
        "pair": with_client(certificates, certificates.client),
        "locked": TlsOptions(ca, str(locked.cert), str(locked.key), key_password=password),
        "pkcs12": TlsOptions(ca, pkcs12_file=str(certificates.client_pkcs12), key_password=password),
    }[kind]
    wanted = broker_options(broker.ports["client" if scheme == "mqtts" else "wss"], scheme, tls=options)
    async with opened(wanted, [sub("t")]) as (connection, _):
        await connection.publish(PublishRequest("t", b"x", 2))
        await until(lambda: connection.counters().received == 1)


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
async def test_pkcs12_shows_its_certificate(certificates, version):
    shown: list[bytes | None] = []

    def script(sock):
        shown.append(sock.getpeercert(binary_form=True))
        mute(sock)

    context = server_context(certificates.server, certificates, newest=version)
    options = TlsOptions(
        ca_file=str(certificates.ca),
        pkcs12_file=str(certificates.client_pkcs12),
        key_password=certificates.key_password,
    )
    with ScriptedPeer(over_tls(context, script)) as peer:
        transport = await dial(local(peer.port, options))
        await until(lambda: shown)
        transport.close()
    assert shown == [ssl.PEM_cert_to_DER_cert(Path(certificates.client.cert).read_text())]


async def test_many_small_messages_in_few_records_all_arrive(broker, certificates):
    async with opened(broker_options(broker.ports["good"], "mqtts", certificates), [sub("m/#", 1)]) as (
        connection,
        _,
    ):
        await asyncio.gather(*(connection.publish(PublishRequest(f"m/{n}", b"x", n % 2)) for n in range(400)))
        await until(lambda: connection.counters().received == 400)
