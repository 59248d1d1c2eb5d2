# SPDX-License-Identifier: MIT
"""The broker fixture itself: every later broker test trusts it."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path

import paho.mqtt.client as paho
import psutil
import pytest

from tests.support.mosquitto import (
    Mosquitto,
    MosquittoError,
    access_list,
    free_port,
    password_protected,
    plain,
    tls,
    websockets,
)

ROOT = Path(__file__).resolve().parents[2]
CONNECT = bytes.fromhex("101000044d51545405 02003c 00 00036d7871".replace(" ", ""))  # MQTT 5, client id "mxq"

UPGRADE = (
    b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
)


def connack_of(connection: socket.socket) -> int:
    """Sends a CONNECT and returns the reason code of the CONNACK (MQTT 5, section 3.2)."""
    connection.sendall(CONNECT)
    answer = connection.recv(64)
    assert answer[0] == 0x20
    return answer[3]


def test_shared_broker_speaks_mqtt(broker):
    with socket.create_connection((broker.host, broker.port), timeout=5) as connection:
        assert connack_of(connection) == 0


def test_each_listener_gets_its_port(broker_factory, certificates, tmp_path):
    both = broker_factory(listeners={"mqtt": plain(), "ws": websockets(), "mqtts": tls(certificates)})
    assert list(both.ports) == ["mqtt", "ws", "mqtts"]
    assert len(set(both.ports.values())) == 3
    assert both.port == both.ports["mqtt"]
    for port in both.ports.values():
        socket.create_connection((both.host, port), timeout=5).close()


def test_a_websocket_listener_upgrades(broker_factory):
    ws = broker_factory(listeners={"ws": websockets()})
    with socket.create_connection((ws.host, ws.port), timeout=5) as connection:
        connection.sendall(UPGRADE)
        assert connection.recv(1024).startswith(b"HTTP/1.1 101")


def handshake(broker: Mosquitto, context: ssl.SSLContext, host: str = "localhost") -> ssl.SSLSocket:
    connection = socket.create_connection((broker.host, broker.port), timeout=5)
    try:
        return context.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_good_certificate_is_trusted(broker_factory, certificates, host):
    secure = broker_factory(listeners={"mqtts": tls(certificates)})
    with handshake(secure, ssl.create_default_context(cafile=certificates.ca), host) as connection:
        assert connack_of(connection) == 0


@pytest.mark.parametrize(
    ("pair", "complaint"),
    [
        ("expired", "expired"),
        ("not_yet_valid", "not yet valid"),
        ("wrong_host", "(?i)mismatch"),
        ("self_signed", "self.signed"),
    ],
)
def test_each_bad_certificate_is_refused_for_its_own_reason(broker_factory, certificates, pair, complaint):
    bad = broker_factory(listeners={"mqtts": tls(certificates, getattr(certificates, pair))})
    with pytest.raises(ssl.SSLCertVerificationError, match=complaint):
        handshake(bad, ssl.create_default_context(cafile=certificates.ca))


def test_an_unknown_authority_is_refused(broker_factory, certificates):
    secure = broker_factory(listeners={"mqtts": tls(certificates)})
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        handshake(secure, ssl.create_default_context(cafile=certificates.other_ca))


@pytest.mark.parametrize("pair", [None, "client", "client_locked", "client_expired"])
def test_client_certificates_are_asked_for(broker_factory, certificates, pair):
    strict = broker_factory(listeners={"mqtts": tls(certificates, require_client_certificate=True)})
    context = ssl.create_default_context(cafile=certificates.ca)
    if pair:
        chosen = getattr(certificates, pair)
        context.load_cert_chain(chosen.cert, chosen.key, password=certificates.key_password)
    if pair in ("client", "client_locked"):
        with handshake(strict, context) as connection:
            assert connack_of(connection) == 0
    else:
        # TLS 1.3: the refusal arrives after the client's handshake is done.
        with (
            pytest.raises((ssl.SSLError, ConnectionError, IndexError)),
            handshake(strict, context) as connection,
        ):
            connack_of(connection)


@pytest.mark.parametrize(("version", "speaks"), [("tlsv1.2", True), ("tlsv1.3", False)])
def test_a_listener_has_a_lowest_tls_version(broker_factory, certificates, version, speaks):
    secure = broker_factory(listeners={"mqtts": tls(certificates, version=version)})
    context = ssl.create_default_context(cafile=certificates.ca)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    if speaks:
        with handshake(secure, context) as connection:
            assert connection.version() == "TLSv1.2"
    else:
        with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
            handshake(secure, context)


def test_websockets_over_mutual_tls(broker_factory, certificates):
    wss = broker_factory(
        listeners={"wss": tls(certificates, websockets=True, require_client_certificate=True)}
    )
    context = ssl.create_default_context(cafile=certificates.ca)
    context.load_cert_chain(certificates.client.cert, certificates.client.key)
    with handshake(wss, context) as connection:
        connection.sendall(UPGRADE)
        assert connection.recv(1024).startswith(b"HTTP/1.1 101")


def puback_of(connection: socket.socket, topic: str) -> int:
    """Publishes at QoS 1 and returns the reason code of the PUBACK (MQTT 5, section 3.4)."""
    raw = topic.encode()
    body = len(raw).to_bytes(2, "big") + raw + b"\x00\x01\x00x"
    connection.sendall(bytes([0x32, len(body)]) + body)
    answer = connection.recv(64)
    assert answer[0] == 0x40
    return answer[4] if answer[1] > 2 else 0


@pytest.mark.parametrize(("topic", "reason"), [("open/a", (0, 0x10)), ("closed/a", (0x87,))])
def test_an_access_list_decides(broker_factory, tmp_path, topic, reason):
    rules = access_list(tmp_path, "topic readwrite open/#", "topic read shown/#")
    ruled = broker_factory(listeners={"mqtt": [*plain(), *rules]})
    with socket.create_connection((ruled.host, ruled.port), timeout=5) as connection:
        assert connack_of(connection) == 0
        assert puback_of(connection, topic) in reason


@pytest.mark.parametrize(("topic", "reason"), [("client/a", (0, 0x10)), ("server/a", (0x87,))])
def test_a_certificate_s_name_is_the_user_of_the_access_list(
    broker_factory, certificates, tmp_path, topic, reason
):
    listener = tls(certificates, require_client_certificate=True, identity_as_user=True)
    ruled = broker_factory(listeners={"mqtts": [*listener, *access_list(tmp_path, "pattern readwrite %u/#")]})
    context = ssl.create_default_context(cafile=certificates.ca)
    context.load_cert_chain(certificates.client.cert, certificates.client.key)
    with handshake(ruled, context) as connection:
        assert connack_of(connection) == 0
        assert puback_of(connection, topic) in reason


@pytest.mark.parametrize(("topic", "reason"), [("anna/a", (0, 0x10)), ("open/a", (0x87,))])
def test_tls_passwords_and_access_list_together(broker_factory, certificates, tmp_path, topic, reason):
    lines = [*tls(certificates), *password_protected(tmp_path, {"anna": "pw"})]
    ruled = broker_factory(
        listeners={"mqtts": [*lines, *access_list(tmp_path, "user anna", "topic readwrite anna/#")]}
    )
    context = ssl.create_default_context(cafile=certificates.ca)
    with handshake(ruled, context) as connection:
        assert connack_of(connection) == 0x87  # nobody without a login
    with handshake(ruled, context) as connection:
        body = bytes.fromhex("00044d515454 05 c2 003c 00 0000".replace(" ", "")) + b"\0\x04anna\0\x02pw"
        connection.sendall(bytes([0x10, len(body)]) + body)
        assert connection.recv(64)[3] == 0
        assert puback_of(connection, topic) in reason


@pytest.mark.parametrize(("password", "accepted"), [("correct", True), ("wrong", False)])
def test_a_password_file_decides(broker_factory, tmp_path, password, accepted):
    guarded = broker_factory(listeners={"mqtt": password_protected(tmp_path, {"anna": "correct"})})
    answers: list[bool] = []
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.username_pw_set("anna", password)
    client.on_connect = lambda _client, _data, _flags, code, _properties: answers.append(not code.is_failure)
    client.connect(guarded.host, guarded.port)
    deadline = time.monotonic() + 5
    while not answers and time.monotonic() < deadline:
        client.loop(0.1)
    client.disconnect()
    client.loop(0.1)
    assert answers == [accepted]


def test_pause_and_resume_keep_the_connection(broker_factory):
    paused = broker_factory()
    with socket.create_connection((paused.host, paused.port), timeout=0.3) as connection:
        paused.pause()
        with pytest.raises(TimeoutError):
            connack_of(connection)
        paused.resume()
        connection.settimeout(5)
        assert connection.recv(64)[0] == 0x20


def test_restart_keeps_the_port_and_drops_connections(broker_factory):
    again = broker_factory()
    port, pid = again.port, again.pid
    with socket.create_connection((again.host, port), timeout=5) as connection:
        assert connack_of(connection) == 0
        again.restart()
        while connection.recv(64):
            pass
    assert again.port == port
    assert again.pid != pid
    with socket.create_connection((again.host, port), timeout=5) as connection:
        assert connack_of(connection) == 0


def test_kill_and_stop_leave_no_process(broker_factory, tmp_path):
    for end in (Mosquitto.kill, Mosquitto.stop):
        doomed = broker_factory(name=end.__name__)
        pid = doomed.pid
        end(doomed)
        assert not doomed.is_running
        assert doomed not in Mosquitto.running
        assert not psutil.pid_exists(pid)


def test_a_paused_broker_can_be_stopped(broker_factory):
    paused = broker_factory()
    paused.pause()
    paused.stop()
    assert not paused.is_running


def test_a_taken_port_is_tried_again(broker_factory, monkeypatch):
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        taken = stranger.getsockname()[1]
        offers = iter([taken, free_port()])
        monkeypatch.setattr("tests.support.mosquitto.free_port", lambda: next(offers))
        lucky = broker_factory()
        assert lucky.port != taken
    assert "Address already in use" in lucky.log


def test_a_wrong_configuration_is_shown_with_the_broker_s_words(broker_factory):
    with pytest.raises(MosquittoError, match="no_such_option"):
        broker_factory(["no_such_option 1"])
    assert not [each for each in Mosquitto.running if each.name == "mosquitto-0"]


def test_configuration_lines_hold(broker_factory):
    small = broker_factory(["max_packet_size 100"])
    with socket.create_connection((small.host, small.port), timeout=5) as connection:
        connection.sendall(CONNECT)
        # Maximum Packet Size among the CONNACK's properties (MQTT 5, section 3.2.2.3.6)
        assert bytes.fromhex("27 00 00 00 64") in connection.recv(64)


def test_a_failing_test_shows_the_broker_s_log(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    file = pytester.makepyfile(
        """
        import socket
        def test_it(broker_factory):
            broker = broker_factory(name="talkative")
            socket.create_connection((broker.host, broker.port)).close()
            broker.wait_for_log("New connection")
            assert False
        """
    )
    result = pytester.runpytest_subprocess(
        "-c", str(ROOT / "pyproject.toml"), "-p", "tests.conftest", "-p", "no:cacheprovider", file
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*talkative*call*", "*New connection from 127.0.0.1*"])
