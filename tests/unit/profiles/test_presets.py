# SPDX-License-Identifier: MIT
from __future__ import annotations

import msgspec
import pytest

from mqtt_explorer.profiles.presets import (
    LABELS,
    PRESETS,
    Preset,
    apply_preset,
    port_help,
    preset,
    taken_back,
)
from mqtt_explorer.profiles.profile import Profile, Secrets
from mqtt_explorer.profiles.resolve import limits_of, problems
from mqtt_explorer.protocol.topics import TopicFilter

AWS = preset("aws-iot-core")
HIVEMQ = preset("hivemq-cloud")
EMQX = preset("emqx")
AZURE = preset("azure-event-grid")
FIELDS = {field.name for field in msgspec.structs.fields(Profile)} | {"password", "key_password"}


def applied(wanted, **fields):
    return apply_preset(Profile(**fields), wanted)


def test_the_six_presets():
    assert [each.name for each in PRESETS] == [
        "Mosquitto",
        "HiveMQ Cloud",
        "EMQX",
        "AWS IoT Core",
        "VerneMQ",
        "Azure Event Grid",
    ]
    assert preset("") is None
    assert preset("of a later version") is None


@pytest.mark.parametrize("each", PRESETS, ids=lambda each: each.key)
def test_a_preset_names_fields_that_exist_and_speaks_in_sentences(each: Preset):
    for names in (each.fills, each.helps, each.locked):
        assert set(names) <= FIELDS
    assert set(each.fills) <= set(LABELS)
    assert each.limits.source == each.name
    assert each.url_hint.partition("://")[0] == next(iter(each.ports))
    assert len({note.title for note in each.notes}) == len(each.notes) >= 3
    for sentence in (*each.helps.values(), *each.locked.values(), *(note.text for note in each.notes)):
        assert not sentence[0].islower()
        assert sentence.endswith(".")
        assert len(sentence) < 140
    for value_name, value in each.fills.items():
        msgspec.convert({value_name: value}, Profile)


def test_aws_is_as_amazon_documents_it():
    limits = AWS.limits
    assert AWS.ports["mqtts"] == 443
    assert AWS.fills["alpn"] == "x-amzn-mqtt-ca"
    assert (limits.maximum_qos, limits.sys_topics, limits.filters_per_subscribe, limits.topic_slashes, limits.packet_bytes) == (
        1, False, 8, 7, 131_072,
    )  # fmt: skip
    assert limits.retain
    assert limits.wildcards
    assert limits.shared
    assert limits.qos_reason(2) == "AWS IoT Core has no QoS 2; the highest is 1."
    assert "end the connection" in limits.filter_reason(TopicFilter("$SYS/#"))
    assert limits.topic_reason("a/b/c/d/e/f/g/h") is None
    assert "7 slashes" in limits.topic_reason("a/b/c/d/e/f/g/h/i")


@pytest.mark.parametrize(
    ("wanted", "typed", "expected", "labels"),
    [
        (AWS, "", "", ()),
        (AWS, "my.host", "mqtts://my.host:443", ("URL",)),
        (AWS, "my.host:1883", "mqtts://my.host:443", ("URL",)),
        (AWS, "mqtt://my.host", "mqtts://my.host:443", ("URL",)),
        (AWS, "mqtts://my.host", "mqtts://my.host:443", ("URL",)),
        (AWS, "mqtts://my.host:8883", "mqtts://my.host:443", ("URL",)),
        (AWS, "mqtts://my.host:8443", "mqtts://my.host:8443", ()),
        (AWS, "wss://my.host", "wss://my.host:443", ()),
        (AWS, "ws://my.host:8000", "wss://my.host:8000", ("URL",)),
        (AWS, "mqtts://[::1]:8883", "mqtts://[::1]:443", ("URL",)),
        (HIVEMQ, "wss://my.host", "wss://my.host:8884", ("URL",)),
        (EMQX, "my.host", "mqtt://my.host:1883", ()),
        (EMQX, "ws://my.host", "ws://my.host:8083", ("URL",)),
        (EMQX, "ws://my.host:8000", "ws://my.host:8000", ()),
        (AWS, "not an address", "not an address", ()),
    ],
)
def test_the_host_stays_and_a_changed_port_or_scheme_is_said(wanted, typed, expected, labels):
    profile, replaced = applied(wanted, url=typed)
    assert profile.url == expected
    assert replaced == labels
    assert profile.preset == wanted.key


def test_the_users_own_values_are_replaced_only_with_a_word():
    profile, replaced = applied(AWS, alpn="mine", username="me", keep_alive="60", ca_file="ca.pem")
    assert profile.alpn == "x-amzn-mqtt-ca"
    assert replaced == ("ALPN",)
    assert (profile.username, profile.keep_alive, profile.ca_file) == ("me", "60", "ca.pem")


def test_the_kind_of_certificate_the_user_chose_stays():
    profile, replaced = applied(AWS, certificate="pkcs12", pkcs12_file="me.p12")
    assert (profile.certificate, replaced) == ("pkcs12", ())
    assert applied(AWS)[0].certificate == "pem"


def test_a_websocket_gets_no_alpn_name_of_mqtt():
    assert applied(AWS, url="wss://h")[0].alpn == ""


def test_applying_twice_changes_nothing():
    once, _ = applied(AWS, url="mqtt://h")
    assert apply_preset(once, AWS) == (once, ())


def test_the_next_preset_takes_back_what_the_last_one_filled_in():
    aws, _ = applied(AWS, url="h")
    hivemq, replaced = apply_preset(aws, HIVEMQ)
    assert (hivemq.url, hivemq.alpn, hivemq.certificate, replaced) == ("mqtts://h:8883", "", "none", ())
    own, _ = applied(AWS, url="h", cert_file="c.pem")
    assert apply_preset(own, HIVEMQ)[0].certificate == "pem"
    changed = msgspec.structs.replace(aws, alpn="mine")
    assert apply_preset(changed, HIVEMQ)[0].alpn == "mine"


def test_no_preset_takes_the_fills_and_leaves_the_address():
    aws, _ = applied(AWS, url="h")
    none, replaced = apply_preset(aws, None)
    assert (none.preset, none.url, none.alpn, replaced) == ("", "mqtts://h:443", "", ())
    assert limits_of(none).maximum_qos == 2


@pytest.mark.parametrize("each", PRESETS, ids=lambda each: each.key)
def test_a_filled_profile_can_connect_once_its_certificate_is_chosen(each: Preset):
    profile, _ = applied(each, url="broker.example.org", cert_file="c", key_file="k")
    assert problems(profile, Secrets()) == []


def test_what_a_preset_filled_in_is_named_when_it_goes():
    aws, _ = applied(AWS, url="h")
    assert taken_back(aws, apply_preset(aws, HIVEMQ)[0]) == ("Client certificate", "ALPN")
    assert taken_back(aws, apply_preset(aws, AZURE)[0]) == ("ALPN",)
    assert taken_back(Profile(), aws) == ()


@pytest.mark.parametrize(
    ("typed", "alpn", "said"),
    [
        ("mqtts://h:443", "x-amzn-mqtt-ca", ""),
        ("mqtts://h:8883", "x-amzn-mqtt-ca", "is for port 443"),
        ("mqtts://h:8883", "", ""),
        ("mqtts://h:443", "", "only with the ALPN name x-amzn-mqtt-ca"),
        ("wss://h:443", "", ""),
        ("no address", "x-amzn-mqtt-ca", ""),
    ],
)
def test_a_port_that_does_not_fit_the_alpn_name_is_told(typed, alpn, said):
    told = port_help(Profile(preset="aws-iot-core", url=typed, alpn=alpn))
    assert said in told
    assert bool(told) is bool(said)
    assert port_help(Profile(url=typed, alpn=alpn)) == ""
