# SPDX-License-Identifier: MIT
"""The sentences for TLS errors that are hard to have from a real peer; those of real ones are in tests/broker/test_tls.py."""

from __future__ import annotations

import ssl
from dataclasses import replace

import pytest

from mqtt_explorer.network.tls_faults import explain, field_of, reason_of, refuses_client
from mqtt_explorer.protocol.options import TlsOptions
from mqtt_explorer.protocol.url import BrokerUrl

URL = BrokerUrl.parse("mqtts://broker.test:8883")[0]
NONE = TlsOptions()
PAIR = TlsOptions(cert_file="c.pem", key_file="k.pem")
PKCS12 = TlsOptions(pkcs12_file="c.p12")
NAMED = TlsOptions(server_name="plant.test")
NEW = TlsOptions(minimum_version="1.3")


def alert(reason: str, *, after_hello: bool | None = None) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] some words (_ssl.c:1)")
    error.reason = reason
    if after_hello is not None:
        error.after_hello = after_hello  # type: ignore[attr-defined]
    return error


def verification(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    error.verify_message = "some words"
    return error


#: error, settings, headline, field, words of the sentence
TABLE = [
    (alert("TLSV13_ALERT_CERTIFICATE_REQUIRED"), NONE, "Client certificate required", "cert_file", "choose a certificate and its key"),
    (alert("TLSV13_ALERT_CERTIFICATE_REQUIRED"), PKCS12, "Another client certificate required", "pkcs12_file", "“c.p12”"),
    (alert("SSLV3_ALERT_CERTIFICATE_EXPIRED"), PAIR, "Client certificate expired", "cert_file", "“c.pem” has expired"),
    (alert("SSLV3_ALERT_CERTIFICATE_REVOKED"), PAIR, "Client certificate revoked", "cert_file", "“c.pem” is revoked"),
    (alert("TLSV1_ALERT_UNKNOWN_CA"), PKCS12, "Client certificate of an unknown authority", "pkcs12_file", "“c.p12”"),
    (alert("SSLV3_ALERT_BAD_CERTIFICATE"), PAIR, "Client certificate refused", "cert_file", "“c.pem”"),
    (alert("SSLV3_ALERT_BAD_CERTIFICATE"), NONE, "Client certificate required", "cert_file", "wants a client certificate"),
    (alert("SSLV3_ALERT_UNSUPPORTED_CERTIFICATE"), PAIR, "Client certificate not supported", "cert_file", "“c.pem”"),
    (alert("TLSV1_ALERT_ACCESS_DENIED"), PAIR, "Client certificate without access", "cert_file", "let it in on the broker"),
    (alert("TLSV1_ALERT_DECRYPT_ERROR"), PAIR, "Client certificate not provable", "cert_file", "belong together"),
    (alert("SSLV3_ALERT_HANDSHAKE_FAILURE"), NONE, "Client certificate required", "cert_file", "shares no cipher"),
    (alert("SSLV3_ALERT_HANDSHAKE_FAILURE"), PAIR, "TLS handshake refused", "cert_file", "“c.pem”"),
    (alert("SSLV3_ALERT_HANDSHAKE_FAILURE", after_hello=True), NONE, "Client certificate required", "cert_file", "wants"),
    (alert("SSLV3_ALERT_HANDSHAKE_FAILURE", after_hello=False), PAIR, "No shared cipher", None, "TLS 1.2 or 1.3"),
    (alert("TLSV1_ALERT_PROTOCOL_VERSION"), NONE, "TLS version not shared", "minimum_tls", "TLS 1.2 or newer"),
    (alert("TLSV1_ALERT_PROTOCOL_VERSION"), NEW, "No TLS 1.3", "minimum_tls", "choose TLS 1.2"),
    (alert("UNSUPPORTED_PROTOCOL"), NEW, "No TLS 1.3", "minimum_tls", "choose TLS 1.2"),
    (alert("NO_APPLICATION_PROTOCOL"), TlsOptions(alpn=("x", "y")), "ALPN refused", "alpn", "(x, y)"),
    (alert("TLSV1_UNRECOGNIZED_NAME"), NONE, "Server name unknown", "url", "“broker.test”"),
    (alert("TLSV1_UNRECOGNIZED_NAME"), NAMED, "Server name unknown", "server_name", "“plant.test”"),
    (alert("WRONG_VERSION_NUMBER"), NONE, "Not a TLS port", "url", "mqtt://"),
    (alert("DH_KEY_TOO_SMALL"), NONE, "Encryption too weak", None, "too weak today"),
    (alert("UNEXPECTED_EOF_WHILE_READING"), NONE, "TLS cut off", None, "in the middle of TLS"),
    (alert("TLSV1_ALERT_INTERNAL_ERROR"), NONE, "TLS failed", None, "(tlsv1 alert internal error)"),
    (verification(10), NONE, "Certificate expired", "url", "has expired; renew it"),
    (verification(9), NONE, "Certificate not valid yet", "url", "clock"),
    (verification(62), NONE, "Certificate for another host", "url", "in the TLS settings"),
    (verification(64), NAMED, "Certificate for another host", "server_name", "correct the server name"),
    (verification(18), NONE, "Self-signed certificate", "ca_file", "(--cafile)"),
    (verification(20), NONE, "Unknown authority", "ca_file", "not in this computer's store; choose its CA file"),
    (verification(19), TlsOptions(ca_file="ca.pem"), "Unknown authority", "ca_file", "“ca.pem”; choose the file of the right"),
    (verification(23), NONE, "Certificate revoked", "url", "another one"),
    (verification(26), NONE, "Certificate not for servers", "url", "server authentication"),
    (verification(66), NONE, "Certificate too weak", "url", "RSA 2048"),
    (verification(79), NONE, "Certificate not accepted", "url", "(some words)"),
]  # fmt: skip


@pytest.mark.parametrize(("error", "tls", "title", "field", "words"), TABLE)
def test_each_error_has_headline_field_cause_and_place(
    error: ssl.SSLError, tls: TlsOptions, title: str, field: str | None, words: str
):
    told, message = explain(error, URL, tls)
    assert (told, field_of(error, tls)) == (title, field)
    assert words in message
    assert "broker.test:8883" in message
    assert message.endswith(".")


def test_a_headline_stands_for_one_cause():
    """Only the settings, never the cause, may differ between two sentences under one headline."""
    causes: dict[str, set[str]] = {}
    for error, _, title, _, _ in TABLE:
        cause = str(getattr(error, "verify_code", "")) or reason_of(error)
        causes.setdefault(title, set()).add(cause)
    several = {title for title, found in causes.items() if len(found) > 1}
    assert several == {
        "Client certificate required",  # TLS 1.2 and other brokers say it in other ways
        "No TLS 1.3",
        "Certificate for another host",  # a name and an address have a code each
        "Unknown authority",
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[SSL] tlsv1 alert no application protocol (_ssl.c:1006)", "TLSV1_ALERT_NO_APPLICATION_PROTOCOL"),
        ("[SSL] some new alert: more words (_ssl.c:99)", "SOME_NEW_ALERT"),
        ("the handshake operation timed out", ""),
        ("", ""),
    ],
)
def test_a_reason_python_has_no_name_for_is_read_from_the_text(text: str, reason: str):
    error = ssl.SSLError(1, text)
    error.reason = None  # type: ignore[assignment]
    assert reason_of(error) == reason
    assert reason_of(ssl.SSLError()) == ""


def test_what_trying_again_does_not_mend():
    assert refuses_client(alert("TLSV1_ALERT_UNKNOWN_CA"))
    assert refuses_client(alert("SSLV3_ALERT_HANDSHAKE_FAILURE"))
    assert not refuses_client(alert("TLSV1_ALERT_INTERNAL_ERROR"))


def test_names_out_of_a_certificate_are_one_bounded_line():
    hostile = ("a\nb\u202e", "x" * 5_000, "ok.test")
    _, message = explain(verification(62), URL, NONE, hostile)
    assert "“a·b·”" in message
    assert "\n" not in message
    assert len(message) < 400


def test_no_password_gets_into_a_sentence():
    tls = replace(PAIR, key_password="canary")
    for error, _, _, _, _ in TABLE:
        assert "canary" not in "".join(explain(error, URL, tls))
