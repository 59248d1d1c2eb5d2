# SPDX-License-Identifier: MIT
import re

import pytest

from mqtt_explorer.protocol.options import (
    ConnectOptions,
    OptionsError,
    ProtocolVersion,
    TlsOptions,
    fresh_client_id,
)
from mqtt_explorer.protocol.requests import PublishRequest
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.protocol.will import Will

URL = BrokerUrl("mqtt", "h", 1883)
TLS_URL = BrokerUrl("mqtts", "h", 8883)


def test_defaults():
    options = ConnectOptions(URL)
    assert options.version is ProtocolVersion.V5
    assert options.clean_start
    assert options.tls.verify
    assert re.fullmatch(r"mxq[A-Za-z0-9]{12}", options.client_id)


def test_client_ids_differ():
    assert len({fresh_client_id() for _ in range(100)}) == 100


def test_versions_have_the_protocol_level_of_connect():
    assert [(v.value, v.label) for v in ProtocolVersion] == [(4, "MQTT 3.1.1"), (5, "MQTT 5")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"keep_alive": -1}, "keep_alive"),
        ({"keep_alive": 65_536}, "keep_alive"),
        ({"session_expiry": -1}, "session_expiry"),
        ({"session_expiry": 2**32}, "session_expiry"),
        ({"payload_cap": 0}, "payload_cap"),
        ({"client_id": "a\0"}, "client_id"),
        ({"client_id": "\ud800"}, "client_id"),
        ({"client_id": "x" * 65_536}, "client_id"),
        ({"username": "a\0"}, "username"),
        ({"username": "u", "password": "\ud800"}, "password"),
        ({"username": "u", "password": "x" * 65_536}, "password"),
        ({"version": ProtocolVersion.V311, "password": "p"}, "username"),
        ({"version": ProtocolVersion.V5, "password": "p"}, "username"),
        ({"client_id": "", "clean_start": False}, "client_id"),
        ({"tls": TlsOptions(cert_file="c")}, "key_file"),
        ({"tls": TlsOptions(key_file="k")}, "cert_file"),
        ({"tls": TlsOptions(ca_file="a")}, "url"),
        ({"tls": TlsOptions(cert_file="c", key_file="k")}, "url"),
        ({"tls": TlsOptions(verify=False)}, "url"),
        ({"tls": TlsOptions(server_name="n")}, "url"),
        ({"tls": TlsOptions(alpn=("mqtt",))}, "url"),
        ({"url": BrokerUrl("ws", "h", 80, "/mqtt"), "tls": TlsOptions(ca_file="a")}, "url"),
    ],
)
def test_a_value_no_broker_can_be_asked_for_is_named(changes, field):
    with pytest.raises(OptionsError) as caught:
        ConnectOptions(**({"url": URL} | changes))
    assert caught.value.field == field
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize(
    "changes",
    [
        {"keep_alive": 0},
        {"keep_alive": 65_535},
        {"session_expiry": 2**32 - 1},
        {"client_id": ""},
        {"username": "", "password": "p"},  # a user name may be empty
        {"username": "u", "password": "a\0b"},  # a password is binary data
        {"username": "u", "password": "x" * 65_535},
        {"version": ProtocolVersion.V311, "username": "u"},
        {"url": TLS_URL, "tls": TlsOptions(cert_file="c", key_file="k")},
        {"url": BrokerUrl("wss", "h", 443, "/mqtt"), "tls": TlsOptions(ca_file="a", verify=False)},
        {"websocket_headers": (("Authorization", "Bearer x y"),)},
    ],
)
def test_allowed_values(changes):
    options = ConnectOptions(**({"url": URL} | changes))
    for name, value in changes.items():
        assert getattr(options, name) == value


def test_repr_and_errors_hold_no_secret():
    options = ConnectOptions(
        BrokerUrl("wss", "h", 443, "/mqtt?token=canary0"),
        username="user",
        password="canary1",
        tls=TlsOptions(cert_file="c", key_file="k", key_password="canary2"),
        websocket_headers=(("Authorization", "canary3"),),
    )
    assert "canary" not in repr(options)
    with pytest.raises(OptionsError) as caught:
        ConnectOptions(URL, username="u", password="canary\ud800")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"receive_maximum": 0}, "receive_maximum"),
        ({"receive_maximum": 1_001}, "receive_maximum"),
        ({"maximum_packet_size": 0}, "maximum_packet_size"),
        ({"topic_alias_maximum": 65_536}, "topic_alias_maximum"),
        ({"user_properties": (("a", "\ud800"),)}, "user_properties"),
        ({"version": ProtocolVersion.V311, "session_expiry": 1}, "session_expiry"),
        ({"version": ProtocolVersion.V311, "receive_maximum": 10}, "receive_maximum"),
        ({"version": ProtocolVersion.V311, "user_properties": (("a", "b"),)}, "user_properties"),
        ({"version": ProtocolVersion.V311, "will": Will(PublishRequest("t", b""), 1)}, "will"),
        ({"url": TLS_URL, "tls": TlsOptions(pkcs12_file="p", cert_file="c", key_file="k")}, "pkcs12_file"),
        ({"url": TLS_URL, "tls": TlsOptions(minimum_version="1.0")}, "minimum_tls"),
    ],
)
def test_what_only_mqtt_5_or_tls_has_is_checked(changes, field):
    with pytest.raises(OptionsError) as raised:
        ConnectOptions(**{"url": URL, **changes})
    assert raised.value.field == field


def test_mqtt_311_may_have_a_plain_will_and_limits_without_properties():
    options = ConnectOptions(
        URL, version=ProtocolVersion.V311, will=Will(PublishRequest("t", b"gone", 1, True))
    )
    assert not options.limits.v5
    assert ConnectOptions(URL).limits.v5
