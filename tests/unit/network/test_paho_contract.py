# SPDX-License-Identifier: MIT
"""Every private name of paho that the adapter touches, pinned: an update that moves one fails here first."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import paho.mqtt
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from mqtt_explorer.network import paho_adapter
from mqtt_explorer.network.paho_adapter import PahoAdapter
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion
from mqtt_explorer.protocol.properties import decode_properties
from mqtt_explorer.protocol.requests import PublishProperties, PublishRequest
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.protocol.will import Will

URL = BrokerUrl.parse("mqtt://broker.test")[0]
SOURCE = Path(paho_adapter.__file__).read_text()


def test_paho_is_the_minor_version_the_adapter_was_written_for():
    assert paho.mqtt.__version__.startswith("2.2.")


def test_the_list_of_private_names_is_complete():
    used = set(re.findall(r"self\._client\.(_[a-z_]+)", SOURCE)) | {"_create_socket"}
    assert used == set(paho_adapter.PRIVATE_NAMES)


@pytest.mark.parametrize("name", paho_adapter.PRIVATE_NAMES)
def test_each_private_name_exists(name):
    assert hasattr(Client(CallbackAPIVersion.VERSION2), name)


def test_signatures_are_as_called():
    assert list(inspect.signature(Client._create_socket).parameters) == ["self"]
    assert list(inspect.signature(Client._packet_queue).parameters)[:5] == [
        "self",
        "command",
        "packet",
        "mid",
        "qos",
    ]
    assert list(inspect.signature(Client._sock_close).parameters) == ["self"]


def test_reconnect_takes_the_socket_from_create_socket_and_queues_connect():
    source = inspect.getsource(Client.reconnect)
    assert "self._sock = self._create_socket()" in source
    assert "return self._send_connect(self._keepalive)" in source


def test_a_keep_alive_of_zero_switches_pahos_own_off():
    assert "if self._keepalive == 0:\n            return" in inspect.getsource(Client._check_keepalive)


def test_what_is_sent_again_after_a_connack_is_kept_in_out_messages():
    assert "for m in self._out_messages.values()" in inspect.getsource(Client._handle_connack)
    assert "for m in self._out_messages.values()" in inspect.getsource(Client._messages_reconnect_reset_out)


def test_a_set_register_write_callback_keeps_paho_from_writing_by_itself():
    assert "self._on_socket_register_write is None" in inspect.getsource(Client._packet_queue)


def test_the_out_queue_sends_a_packet_by_its_bytes_and_ends_the_acknowledgements_of_ours_silently():
    source = inspect.getsource(Client._packet_write)
    assert "self._sock_send(" in source
    assert "(packet['command'] & 0xF0) == PUBLISH and packet['qos'] == 0" in source


# --- CONNECT byte by byte (MQTT 5, 3.1; 3.1.1, 3.1) -----------------------------------------------------------------


class Sink:
    """A transport that takes everything and keeps it."""

    wants_write = False

    def __init__(self):
        self.data = bytearray()

    def send(self, data):
        self.data += data
        return len(data)

    def fileno(self):
        return -1


class Body:
    """Reads a packet's fields in order."""

    def __init__(self, data):
        self.data = bytes(data)

    def take(self, size):
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def string(self):
        return self.take(self.number(2))

    def varint(self):
        value = shift = 0
        while True:
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 128:
                return value

    def properties(self):
        """In wire order."""
        return list(decode_properties(self.take(self.varint())).items)


def connect_of(**more):
    """The CONNECT that options make: flags, keep-alive, properties, client id and the rest of the payload."""
    options = ConnectOptions(URL, client_id="me", **more)
    adapter = PahoAdapter(options)
    sink = Sink()
    adapter.open(sink)
    adapter.write()
    adapter.close()
    body = Body(sink.data)
    assert body.take(1) == b"\x10"
    assert body.varint() == len(body.data)
    assert body.string() == b"MQTT"
    assert body.number(1) == options.version.value
    flags, keep_alive = body.number(1), body.number(2)
    properties = body.properties() if options.version is ProtocolVersion.V5 else None
    assert body.string() == b"me"
    return flags, keep_alive, properties, body


def test_connect_tells_what_we_take():
    flags, keep_alive, properties, rest = connect_of(
        session_expiry=300, receive_maximum=7, maximum_packet_size=128_000, topic_alias_maximum=20,
        user_properties=(("site", "hall 3"), ("site", "ünder"), ("", "")), clean_start=False, keep_alive=77,
    )  # fmt: skip
    assert (flags, keep_alive, rest.data) == (0, 77, b"")
    assert sorted(properties) == [
        ("maximum_packet_size", 128_000),
        ("receive_maximum", 7),
        ("session_expiry_interval", 300),
        ("topic_alias_maximum", 20),
        ("user_property", ("", "")),
        ("user_property", ("site", "hall 3")),
        ("user_property", ("site", "ünder")),
    ]


@pytest.mark.parametrize("more", [{}, {"topic_alias_maximum": 0}])
def test_unless_told_only_the_receive_maximum_is_sent(more):
    flags, _, properties, _ = connect_of(**more)
    assert flags == 2
    assert properties == [("receive_maximum", 1_000)]


FULL = PublishProperties(
    payload_is_text=True,
    message_expiry_s=60,
    content_type="text/plain",
    response_topic="answers/here",
    correlation_data=b"\x00\xff",
    user=(("a", "1"), ("a", "2")),
)


def test_a_will_has_every_property_it_can_have():
    will = Will(PublishRequest("gone/ü", b"\x00bye", 2, True, FULL), delay_s=5)
    flags, _, _, rest = connect_of(will=will, username="anna", password="pw")
    assert flags == 0x80 | 0x40 | 0x20 | 0x10 | 0x04 | 0x02
    assert sorted(rest.properties()) == [
        ("content_type", "text/plain"),
        ("correlation_data", b"\x00\xff"),
        ("message_expiry_interval", 60),
        ("payload_format_indicator", 1),
        ("response_topic", "answers/here"),
        ("user_property", ("a", "1")),
        ("user_property", ("a", "2")),
        ("will_delay_interval", 5),
    ]
    assert [rest.string() for _ in range(4)] == ["gone/ü".encode(), b"\x00bye", b"anna", b"pw"]
    assert not rest.data


@pytest.mark.parametrize(("qos", "retain", "expected"), [(0, False, 0x06), (1, True, 0x2E), (2, False, 0x16)])
@pytest.mark.parametrize("version", list(ProtocolVersion))
def test_a_bare_will_in_both_versions(version, qos, retain, expected):
    flags, _, _, rest = connect_of(will=Will(PublishRequest("gone", b"", qos, retain)), version=version)
    assert flags == expected
    assert version is ProtocolVersion.V311 or rest.properties() == []
    assert [rest.string(), rest.string()] == [b"gone", b""]
    assert not rest.data


def test_a_delay_of_zero_is_sent_and_no_delay_is_not():
    for delay, expected in ((0, [("will_delay_interval", 0)]), (None, [])):
        _, _, _, rest = connect_of(will=Will(PublishRequest("gone", b"x"), delay_s=delay))
        assert rest.properties() == expected


def test_the_largest_will_fits():
    _, _, _, rest = connect_of(will=Will(PublishRequest("gone", bytes(65_535))))
    assert rest.properties() == []
    assert [rest.string(), rest.string()] == [b"gone", bytes(65_535)]


def test_a_publish_it_has_no_socket_for_is_refused_and_not_kept_for_later():
    adapter = PahoAdapter(ConnectOptions(URL, client_id="c"))
    for qos in (0, 1, 2):
        with pytest.raises(ConnectionError):
            adapter.publish(PublishRequest("t", b"x", qos))
    assert not adapter._client._out_messages
