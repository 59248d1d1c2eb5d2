# SPDX-License-Identifier: MIT
from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.profiles.presets import PRESETS, preset
from mqtt_explorer.profiles.profile import Profile, Secrets, SubscriptionDraft, WillDraft
from mqtt_explorer.profiles.resolve import ProfileError, limits_of, problems, resolve
from mqtt_explorer.protocol.options import ProtocolVersion, TlsOptions

NONE = Secrets()


def sub(text, **options):
    return SubscriptionDraft(filter=text, **options)


def made(secrets=NONE, **fields):
    fields.setdefault("url", "mqtt://h")
    return resolve(Profile(**fields), secrets, client_id="mxqFRESH", payload_cap=1000)


def options(secrets=NONE, **fields):
    return made(secrets, **fields)[0]


def found(secrets=NONE, **fields):
    fields.setdefault("url", "mqtt://h")
    return problems(Profile(**fields), secrets)


def fields_of(secrets=NONE, **fields):
    return [each.field for each in found(secrets, **fields)]


# -- what comes out ----------------------------------------------------------------------------------------------------


def test_a_plain_profile():
    got, subscriptions = made()
    assert (got.url.shown, got.client_id, got.payload_cap) == ("mqtt://h:1883", "mxqFRESH", 1000)
    assert (got.version, got.clean_start, got.session_expiry, got.keep_alive) == (
        ProtocolVersion.V5,
        True,
        None,
        30,
    )
    assert (got.username, got.password, got.will, got.tls) == (None, None, None, TlsOptions())
    assert [(each.filter.text, each.qos) for each in subscriptions] == [("#", 0)]


def test_a_full_one():
    got, subscriptions = made(
        Secrets(password="pw", key_password="kp", websocket_query="token=x%20y&z=1", websocket_values=("Bearer 1", "2")),
        url="wss://h:8084", username="me", client_id="fixed", keep_alive="60", clean_start=False, session_expiry="300", receive_maximum="20",
        maximum_packet_size="65536", topic_alias_maximum="0", user_properties=(("a", "b"), ("", ""), ("a", "")), websocket_path="in/mqtt",
        websocket_headers=("Authorization", "X-Two"), trust="file", ca_file=" /ca.pem ", certificate="pem", cert_file="c.pem", key_file="k.pem",
        pkcs12_file="ignored.p12", alpn="one, two,", server_name="Other.Example", minimum_tls="1.3", verify=False,
        subscriptions=(sub("a/#", qos=2, no_local=True, retain_as_published=False, retain_handling=1, identifier="7"), sub(""), sub("b")),
    )  # fmt: skip
    assert str(got.url) == "wss://h:8084/in/mqtt?token=x%20y&z=1"
    assert got.websocket_headers == (("Authorization", "Bearer 1"), ("X-Two", "2"))
    assert (got.username, got.password) == ("me", "pw")
    assert (got.client_id, got.keep_alive, got.clean_start, got.session_expiry) == ("fixed", 60, False, 300)
    assert (got.receive_maximum, got.maximum_packet_size, got.topic_alias_maximum) == (20, 65536, 0)
    assert got.user_properties == (("a", "b"), ("a", ""))
    assert got.tls == TlsOptions(
        ca_file="/ca.pem", cert_file="c.pem", key_file="k.pem", key_password="kp", verify=False, server_name="other.example",
        alpn=("one", "two"), minimum_version="1.3",
    )  # fmt: skip
    first, second = subscriptions
    assert (
        first.qos,
        first.no_local,
        first.retain_as_published,
        first.retain_handling,
        first.identifier,
    ) == (2, True, False, 1, 7)
    assert (second.filter.text, second.identifier) == ("b", None)


def test_a_fresh_client_id_forces_clean_start_and_no_session():
    got = options(clean_start=False, session_expiry="nonsense that does not count")
    assert (got.client_id, got.clean_start, got.session_expiry) == ("mxqFRESH", True, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", None), ("0", 0), ("never", 0xFFFFFFFF), (" Never ", 0xFFFFFFFF), ("4294967295", 0xFFFFFFFF)],
)
def test_session_expiry(text, expected):
    assert options(client_id="a", session_expiry=text).session_expiry == expected


def test_pkcs12():
    got = options(
        Secrets(key_password="kp"), url="mqtts://h", certificate="pkcs12", pkcs12_file="me.p12", cert_file="c"
    )
    assert (got.tls.pkcs12_file, got.tls.cert_file, got.tls.key_password) == ("me.p12", None, "kp")


def test_what_the_scheme_has_no_use_for_does_not_count():
    got = options(
        Secrets(key_password="kp", websocket_query="q", websocket_values=("v",)),
        url="mqtt://h", trust="file", certificate="pem", alpn="ü", server_name="/", verify=False, websocket_path="?", websocket_headers=("ö",),
    )  # fmt: skip
    assert got.tls == TlsOptions()
    assert (got.url.path, got.websocket_headers) == ("", ())


def test_what_mqtt_311_has_not_does_not_count():
    got, (subscription,) = made(
        version="3.1.1", client_id="a", session_expiry="never", receive_maximum="x", maximum_packet_size="y", topic_alias_maximum="z",
        user_properties=(("", "a"),), subscriptions=(sub("a", qos=1, no_local=True, retain_handling=2, identifier="x"),),
        will=WillDraft(enabled=True, topic="t", delay="x", message_expiry="y", correlation_data="z", user_properties=(("", "a"),),
                       content_type="c", response_topic="#"),
    )  # fmt: skip
    assert got.version is ProtocolVersion.V311
    assert (got.session_expiry, got.receive_maximum, got.user_properties) == (None, None, ())
    assert (subscription.qos, subscription.no_local, subscription.identifier) == (1, False, None)
    assert (got.will.delay_s, got.will.message.properties.empty) == (None, True)
    assert not got.limits.v5


def test_a_will_that_is_off_does_not_count():
    assert options(will=WillDraft(topic="#", delay="x")).will is None


def test_a_full_will():
    will = options(
        will=WillDraft(
            enabled=True, topic="gone", payload="00 ff\n7F", payload_form="hex", qos=2, retain=True, delay="5", payload_is_text=False, message_expiry="6",
            content_type="x/y", response_topic="back", correlation_data="0a 0b", user_properties=(("a", "b"),),
        )
    ).will  # fmt: skip
    message = will.message
    assert (message.topic, message.payload, message.qos, message.retain, will.delay_s) == (
        "gone",
        b"\0\xff\x7f",
        2,
        True,
        5,
    )
    properties = message.properties
    assert (properties.payload_is_text, properties.message_expiry_s, properties.content_type) == (
        False,
        6,
        "x/y",
    )
    assert (properties.response_topic, properties.correlation_data, properties.user) == (
        "back",
        b"\n\x0b",
        (("a", "b"),),
    )


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [("text", "ü", "ü".encode()), ("hex", "", b""), ("hex", "aB", b"\xab"), ("base64", "aGk=", b"hi"), ("base64", "aG\nk=", b"hi")],
)  # fmt: skip
def test_the_forms_of_a_will_payload(form, text, expected):
    assert (
        options(will=WillDraft(enabled=True, topic="t", payload=text, payload_form=form)).will.message.payload
        == expected
    )


@pytest.mark.parametrize(
    ("path", "expected"), [("", "/mqtt"), ("/", "/mqtt"), ("/a/b", "/a/b"), ("a", "/a"), ("/ü", "/%C3%BC")]
)
def test_the_websocket_path(path, expected):
    assert options(url="ws://h", websocket_path=path).url.path == expected


def test_a_query_may_be_typed_with_its_mark():
    assert str(options(Secrets(websocket_query="?a=1"), url="ws://h").url) == "ws://h:80/mqtt?a=1"


# -- presets -----------------------------------------------------------------------------------------------------------


def test_limits_are_the_presets_until_the_broker_tells():
    aws = preset("aws-iot-core")
    assert limits_of(Profile(preset=aws.key)) == aws.limits
    assert not limits_of(Profile(preset=aws.key, version="3.1.1")).v5
    assert limits_of(Profile(preset="unknown")).source == "This broker"
    got = options(preset=aws.key, url="mqtts://h:443", certificate="pem", cert_file="c", key_file="k")
    assert got.limits == aws.limits


def test_fields_a_preset_locks_are_not_used():
    aws = {
        "preset": "aws-iot-core",
        "url": "mqtts://h:443",
        "certificate": "pem",
        "cert_file": "c",
        "key_file": "k",
    }
    got = options(Secrets(password="pw"), username="me", **aws)
    assert (got.username, got.password) == (None, None)
    azure = {**aws, "preset": "azure-event-grid"}
    assert options(user_properties=(("a", "b"),), **azure).user_properties == ()


def test_what_a_preset_rules_out_is_told_field_by_field():
    got = found(
        preset="aws-iot-core", url="mqtt://h", client_id="x" * 129, alpn="x-amzn-mqtt-ca",
        will=WillDraft(enabled=True, topic="a/b/c/d/e/f/g/h/i", qos=2, payload="x" * 10),
        subscriptions=(sub("#", qos=2), sub("$SYS/#"), sub("a", identifier="1"), sub("a/b/c/d/e/f/g/h/+"), sub("ok", qos=1)),
    )  # fmt: skip
    assert [each.field for each in got] == [
        "url", "client_id", "will.topic", "will.qos", "subscriptions.0.qos", "subscriptions.1.filter", "subscriptions.2.identifier",
        "subscriptions.3.filter",
    ]  # fmt: skip
    assert (
        got[0].message
        == "AWS IoT Core does not take mqtt:// connections; write mqtts:// (port 443) or wss:// (port 443)."
    )
    assert "AWS IoT Core has no QoS 2" in got[3].message


def test_a_preset_that_signs_in_by_certificate_asks_for_one():
    aws = {"preset": "aws-iot-core", "url": "mqtts://h:443"}
    assert fields_of(**aws) == ["certificate"]
    assert fields_of(certificate="pem", **aws) == ["cert_file", "key_file"]
    assert fields_of(preset="aws-iot-core", url="wss://h:443") == []
    assert fields_of(preset="aws-iot-core", url="wss://h:443", alpn="x-amzn-mqtt-ca") == ["alpn"]


# -- problems ----------------------------------------------------------------------------------------------------------


def test_all_problems_come_in_form_order():
    got = found(
        Secrets(password="x" * 70_000, websocket_query="a b", websocket_values=("", "ü")),
        url="wss://h:8084", username="\0", trust="file", certificate="pem", alpn="ü", server_name="a b", client_id="\0", keep_alive="1e3",
        session_expiry="-1", receive_maximum="0", maximum_packet_size="0", topic_alias_maximum="65536", user_properties=(("a", "\0"), ("", "b")),
        will=WillDraft(enabled=True, topic="", payload="abc", payload_form="hex", delay="1.5", message_expiry="x", content_type="\0", response_topic="#",
                       correlation_data="f", user_properties=(("", "a"),)),
        subscriptions=(sub("a/#/b"), sub("b", identifier="0"), sub("$share/g/c", no_local=True), sub("d"), sub("d")),
        websocket_path="a b", websocket_headers=("A", "B", "C", "ö", "Upgrade"),
    )  # fmt: skip
    assert [each.field for each in got] == [
        "username", "password", "ca_file", "cert_file", "key_file", "alpn", "server_name", "client_id", "keep_alive", "session_expiry",
        "receive_maximum", "maximum_packet_size", "topic_alias_maximum", "user_properties.0", "user_properties.1", "will.topic", "will.payload",
        "will.delay", "will.message_expiry", "will.content_type", "will.response_topic", "will.correlation_data", "will.user_properties.0",
        "subscriptions.0.filter", "subscriptions.1.identifier", "subscriptions.2.no_local", "subscriptions.4.filter", "websocket_path",
        "websocket_headers.0", "websocket_headers.1", "websocket_headers.2", "websocket_headers.3", "websocket_headers.4",
    ]  # fmt: skip
    for each in got:
        assert each.message.endswith(".")
        assert each.message[0].isupper() or not each.message[0].isalpha()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"keep_alive": "70000"}, "Keep-alive is a number of seconds from 0 to 65535."),
        ({"keep_alive": "٣"}, "Keep-alive is a number"),
        ({"keep_alive": "9" * 5000}, "Keep-alive is a number"),
        ({"client_id": "a", "session_expiry": "later"}, "from 0 to 4294967295, or “never”."),
        ({"receive_maximum": "1001"}, "Receive maximum is a whole number from 1 to 1000."),
        ({"url": ""}, "Enter an address"),
        ({"url": "mqtts://h", "certificate": "pkcs12"}, "PKCS#12"),
        ({"will": WillDraft(enabled=True, topic="t", payload="x" * 65_536)}, "65,536 bytes"),
        ({"will": WillDraft(enabled=True, topic="t", payload="a", payload_form="base64")}, "not base64"),
        ({"url": "mqtts://h", "server_name": "user@h"}, "host name"),
        ({"url": "ws://h", "websocket_path": "/a?b"}, "%-escapes"),
    ],
)  # fmt: skip
def test_sentences(fields, sentence):
    (only,) = found(**fields)
    assert sentence in only.message


def test_a_password_needs_a_user_name():
    assert fields_of(Secrets(password="x")) == ["username"]
    assert fields_of(Secrets(password="")) == []
    assert options(Secrets(password=""), username="me").password == ""


def test_the_first_problem_is_raised_with_its_field():
    with pytest.raises(ProfileError) as caught:
        made(keep_alive="x", subscriptions=(sub("#a"),))
    assert caught.value.field == "keep_alive"
    assert caught.value.message == "Keep-alive is a number of seconds from 0 to 65535."


def test_no_problem_and_no_repr_quotes_a_secret():
    secrets = Secrets(
        password="canary-71\ud800", key_password="canary-72", websocket_query="canary-73 @#", websocket_values=("canary-74\nx", "canary-75"),
    )  # fmt: skip
    got = found(
        secrets, url="wss://u:canary-76@h:99999", username="me", websocket_headers=("A", "B"), keep_alive="canary-77", alpn="canary-78 x",
        server_name="canary-79 x", session_expiry="canary-80", client_id="a",
        will=WillDraft(enabled=True, topic="t", payload="canary-81", payload_form="hex", correlation_data="canary-82"),
    )  # fmt: skip
    assert len(got) == 6
    assert "canary" not in repr(got)
    assert {"password", "websocket_query", "websocket_headers.0"} <= set(
        fields_of(secrets, url="wss://h", username="me", websocket_headers=("A", "B"))
    )
    fine = Secrets(password="canary-83", key_password="canary-84", websocket_values=("canary-85",))
    assert "canary" not in repr(
        options(
            fine,
            url="wss://h",
            username="me",
            websocket_headers=("A",),
            certificate="pkcs12",
            pkcs12_file="p",
        )
    )


TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "0", "1", "never", "#", "a/b", "h:1", "mqtts://h", "wss://h", "ff", "aGk="]),
)
TEXT_FIELDS = [
    "url", "username", "client_id", "keep_alive", "session_expiry", "receive_maximum", "maximum_packet_size", "topic_alias_maximum",
    "websocket_path", "ca_file", "cert_file", "key_file", "pkcs12_file", "alpn", "server_name",
]  # fmt: skip
PROFILES = st.builds(
    Profile,
    **dict.fromkeys(TEXT_FIELDS, TEXTS),
    preset=st.sampled_from(["", *(each.key for each in PRESETS)]),
    version=st.sampled_from(["5", "3.1.1"]),
    clean_start=st.booleans(),
    trust=st.sampled_from(["system", "file"]),
    certificate=st.sampled_from(["none", "pem", "pkcs12"]),
    user_properties=st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple),
    websocket_headers=st.lists(TEXTS, max_size=2).map(tuple),
    will=st.builds(WillDraft, enabled=st.booleans(), topic=TEXTS, payload=TEXTS, payload_form=st.sampled_from(["text", "hex", "base64"]), delay=TEXTS,
                   message_expiry=TEXTS, content_type=TEXTS, response_topic=TEXTS, correlation_data=TEXTS),
    subscriptions=st.lists(st.builds(SubscriptionDraft, filter=TEXTS, qos=st.sampled_from([0, 1, 2]), no_local=st.booleans(), identifier=TEXTS), max_size=2)
    .map(tuple),
)  # fmt: skip
SECRETS = st.builds(
    Secrets,
    password=st.none() | TEXTS,
    key_password=st.none() | TEXTS,
    websocket_query=st.none() | TEXTS,
    websocket_values=st.lists(TEXTS, max_size=2).map(tuple),
)


@given(PROFILES, SECRETS)
def test_any_profile_resolves_or_names_its_problem(profile, secrets):
    got = problems(profile, secrets)
    fields = [each.field for each in got]
    assert len(set(fields)) == len(fields)
    known = {field.name for field in msgspec.structs.fields(Profile)} | set(Secrets.__struct_fields__)
    assert {field.partition(".")[0] for field in fields} <= known
    raised = None
    try:
        resolve(profile, secrets, client_id="mxq", payload_cap=1)
    except ProfileError as error:
        raised = error
    assert (raised is None) == (got == [])
    if raised is not None:
        assert (raised.field, raised.message) == got[0]
