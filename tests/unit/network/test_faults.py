# SPDX-License-Identifier: MIT
from __future__ import annotations

import errno
import os
import socket
import ssl

import pytest

from mqtt_explorer.network import faults
from mqtt_explorer.network.faults import FaultKind
from mqtt_explorer.protocol.options import TlsOptions
from mqtt_explorer.protocol.url import BrokerUrl

URL = BrokerUrl.parse("mqtt://broker.test:1883")[0]
TLS_URL = BrokerUrl.parse("mqtts://broker.test:8883")[0]
WS_URL = BrokerUrl.parse("ws://broker.test:8083/mqtt")[0]
CLIENT = TlsOptions(cert_file="c.pem", key_file="k.pem")


def os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def ssl_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] (_ssl.c:1)")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        ([errno.ECONNREFUSED], FaultKind.REFUSED),
        ([errno.ENETUNREACH, errno.ECONNREFUSED], FaultKind.REFUSED),
        ([errno.ETIMEDOUT, errno.ENETUNREACH], FaultKind.TIMEOUT),
        ([errno.EHOSTUNREACH], FaultKind.UNREACHABLE),
        ([errno.EACCES], FaultKind.OTHER),
    ],
)
def test_the_most_telling_error_of_all_addresses_counts(numbers: list[int], kind: FaultKind):
    fault = faults.connect_error([os_error(number) for number in numbers], URL)
    assert fault.kind is kind
    assert "broker.test:1883" in fault.message
    assert not fault.permanent


def test_a_name_server_that_does_not_answer_is_not_an_unknown_host():
    again = faults.dns_error(socket.gaierror(socket.EAI_AGAIN, "try again"), URL)
    unknown = faults.dns_error(socket.gaierror(socket.EAI_NONAME, "unknown"), URL)
    assert again.kind is unknown.kind is FaultKind.DNS
    assert "name server" in again.message
    assert "spelling" in unknown.message


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ECONNRESET, FaultKind.CLOSED),
        (errno.EPIPE, FaultKind.CLOSED),
        (errno.ETIMEDOUT, FaultKind.TIMEOUT),
        (errno.ENETUNREACH, FaultKind.UNREACHABLE),
        (errno.EIO, FaultKind.OTHER),
    ],
)
def test_a_lost_connection(number: int, kind: FaultKind):
    fault = faults.link_fault(os_error(number), URL, TlsOptions())
    assert fault.kind is kind
    assert "broker.test:1883" in fault.message
    assert not fault.permanent


def test_a_close_with_a_reason_repeats_it():
    fault = faults.link_fault(None, WS_URL, TlsOptions(), said="1008 policy")
    assert fault.kind is FaultKind.CLOSED
    assert "(1008 policy)" in fault.message
    assert not fault.clean


def test_only_an_end_in_order_without_a_reason_is_clean():
    assert faults.link_fault(None, URL, TlsOptions()).clean
    assert not faults.link_fault(os_error(errno.ECONNRESET), URL, TlsOptions()).clean
    assert not faults.link_fault(ssl_error("UNEXPECTED_EOF_WHILE_READING"), TLS_URL, TlsOptions()).clean


ALERTS = [
    ("TLSV13_ALERT_CERTIFICATE_REQUIRED", TlsOptions(), "wants a client certificate", True),
    ("TLSV13_ALERT_CERTIFICATE_REQUIRED", CLIENT, "wants a client certificate", True),
    ("SSLV3_ALERT_CERTIFICATE_EXPIRED", CLIENT, "has expired", True),
    ("SSLV3_ALERT_CERTIFICATE_REVOKED", CLIENT, "is revoked", True),
    ("TLSV1_ALERT_UNKNOWN_CA", CLIENT, "does not know the authority", True),
    ("SSLV3_ALERT_BAD_CERTIFICATE", CLIENT, "does not accept our client certificate", True),
    ("SSLV3_ALERT_BAD_CERTIFICATE", TlsOptions(), "wants a client certificate", True),
    ("SSLV3_ALERT_HANDSHAKE_FAILURE", TlsOptions(), "wants a client certificate", True),
    ("SSLV3_ALERT_HANDSHAKE_FAILURE", CLIENT, "does not accept the client certificate", True),
    ("sslv3 alert certificate expired", CLIENT, "has expired", True),
    ("TLSV1_ALERT_INTERNAL_ERROR", TlsOptions(), "tlsv1 alert internal error", False),
    ("UNEXPECTED_EOF_WHILE_READING", TlsOptions(), "cut the connection", False),
]


@pytest.mark.parametrize(("reason", "tls", "words", "permanent"), ALERTS)
def test_an_alert_after_the_handshake(reason: str, tls: TlsOptions, words: str, permanent: bool):
    fault = faults.link_fault(ssl_error(reason), TLS_URL, tls)
    assert fault.kind is FaultKind.TLS
    assert words in fault.message
    assert "broker.test:8883" in fault.message
    assert fault.permanent is permanent


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("TLSV1_ALERT_PROTOCOL_VERSION", "TLS 1.2"),
        ("UNSUPPORTED_PROTOCOL", "TLS 1.2"),
        ("WRONG_VERSION_NUMBER", "mqtt://"),
        ("TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "ALPN name we sent (x, y)"),
        ("TLSV1_UNRECOGNIZED_NAME", "“broker.test”"),
    ],
)
def test_a_handshake_that_failed(reason: str, words: str):
    fault = faults.tls_handshake_error(ssl_error(reason), TLS_URL, TlsOptions(alpn=("x", "y")))
    assert words in fault.message
    assert fault.permanent


def test_an_error_without_a_reason_still_says_something():
    error = ssl.SSLError("The operation did not complete")
    assert "did not complete" in faults.link_fault(error, TLS_URL, TlsOptions()).message


@pytest.mark.parametrize(
    ("url", "first", "words", "permanent"),
    [
        (URL, b"\x15\x03\x03\x00\x02\x02\x46", "mqtts://", True),
        (URL, b"HTTP/1.1 400 Bad Request\r\n", "ws://", True),
        (TLS_URL, b"HTTP/1.1 400 Bad Request\r\n", "wss://", True),
        (URL, b"SSH-2.0-OpenSSH_9.2\r\n", "not MQTT", True),
        (URL, b"", "mqtts://", False),
        (TLS_URL, b"", "client certificate", False),
        (WS_URL, b"", "log", False),
    ],
)
def test_a_port_that_speaks_something_else(url: BrokerUrl, first: bytes, words: str, permanent: bool):
    fault = faults.no_connack_fault(url, TlsOptions(), first)
    assert words in fault.message
    assert url.netloc in fault.message
    assert fault.permanent is permanent


@pytest.mark.parametrize(
    ("reason", "wrong"),
    [
        ("WRONG_VERSION_NUMBER", True),
        ("UNEXPECTED_EOF_WHILE_READING", True),
        ("TLSV1_UNRECOGNIZED_NAME", False),
        ("TLSV1_ALERT_PROTOCOL_VERSION", False),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", False),
    ],
)
def test_which_handshakes_hint_at_a_wrong_port(reason: str, wrong: bool):
    assert faults.tls_handshake_error(ssl_error(reason), TLS_URL, TlsOptions()).wrong_port is wrong


def test_a_certificate_for_another_host_is_no_wrong_port():
    error = ssl.SSLCertVerificationError("Hostname mismatch")
    error.verify_code = 62
    error.reason = "CERTIFICATE_VERIFY_FAILED"
    assert not faults.tls_handshake_error(error, TLS_URL, TlsOptions()).wrong_port


def test_an_end_without_an_answer_hints_at_a_wrong_port_and_a_lost_connection_does_not():
    assert faults.no_connack_fault(URL, TlsOptions(), b"").wrong_port
    assert faults.no_connack_fault(URL, TlsOptions(), b"SSH-2.0").wrong_port
    assert faults.tls_handshake_error(None, TLS_URL, TlsOptions()).wrong_port
    assert not faults.link_fault(None, URL, TlsOptions()).wrong_port
    assert not faults.connect_error([os_error(errno.ECONNREFUSED)], URL).wrong_port


@pytest.mark.parametrize(
    ("scheme", "sentence"),
    [
        ("mqtt", "speaks plain MQTT, without TLS and websockets; use mqtt://."),
        ("mqtts", "speaks TLS, without websockets; use mqtts://."),
        ("ws", "speaks MQTT over websockets, without TLS; use ws://."),
    ],
)
def test_what_a_port_was_found_to_speak_is_said_without_a_guess(scheme: str, sentence: str):
    url = BrokerUrl.parse("wss://broker.test:8083/mqtt?token=canary")[0]
    for kind in (faults.DialError, faults.LinkFault):
        found = faults.wrong_port(kind(FaultKind.CLOSED, "?", "?"), url, scheme)
        assert type(found) is kind
        assert found.message == f"broker.test:8083 {sentence}"
        assert (found.try_scheme, found.permanent, found.field) == (scheme, True, "url")
        assert found.kind is FaultKind.PROTOCOL, "not CLOSED: an older MQTT version would not help"


@pytest.mark.parametrize(
    ("address", "found", "title"),
    [
        ("mqtt", "mqtts", "A TLS port"),
        ("mqtt", "ws", "A websocket port"),
        ("mqtt", "wss", "A websocket port with TLS"),
        ("mqtts", "mqtt", "A port without TLS"),
        ("mqtts", "ws", "A websocket port without TLS"),
        ("mqtts", "wss", "A websocket port"),
        ("ws", "mqtt", "Not a websocket port"),
        ("http", "mqtt", "Not a websocket port"),
        ("ws", "mqtts", "Not a websocket port"),
        ("ws", "wss", "A TLS port"),
        ("wss", "mqtt", "A plain MQTT port"),
        ("wss", "mqtts", "Not a websocket port"),
        ("wss", "ws", "A port without TLS"),
    ],
)
def test_the_headline_names_what_is_wrong_with_the_port(address: str, found: str, title: str):
    url = BrokerUrl.parse(f"{address}://broker.test:8083")[0]
    fault = faults.wrong_port(faults.DialError(FaultKind.CLOSED, "?", "?"), url, found)
    assert fault.title == title
    assert fault.message.endswith(f"; use {found}://.")
    assert "instead" not in fault.message, "nobody may have typed the scheme it was read as"


def test_an_alert_instead_of_a_connack_is_explained():
    fault = faults.no_connack_fault(
        TLS_URL, TlsOptions(), b"", ssl_error("TLSV13_ALERT_CERTIFICATE_REQUIRED")
    )
    assert "wants a client certificate" in fault.message
    assert fault.permanent


def test_many_names_of_a_certificate_are_cut_with_their_number():
    error = ssl.SSLCertVerificationError("Hostname mismatch")
    error.verify_code = 62
    names = tuple(f"host{i}.test" for i in range(9))
    message = faults.tls_handshake_error(error, TLS_URL, TlsOptions(), names).message
    assert "“host4.test” and 4 more" in message
    assert "host5" not in message
