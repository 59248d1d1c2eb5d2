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
