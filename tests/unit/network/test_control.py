# SPDX-License-Identifier: MIT
"""What a broker answers, read completely."""

from __future__ import annotations

import time

import pytest

from mqtt_explorer.network import control
from mqtt_explorer.network.control import ControlError, connack_of, read_answer, slim_copy
from tests.support.mqtt_peer import answer, connack, packet, text, varint


def with_properties(before: bytes, properties: bytes) -> bytes:
    return before + varint(len(properties)) + properties


def test_a_connack_with_everything():
    properties = (
        b"\x11\0\0\0\x3c" + b"\x12" + text("given") + b"\x13\0\x0a" + b"\x1a" + text("resp/") + b"\x1c" + text("other")
        + b"\x1f" + text("hello") + b"\x21\0\x05" + b"\x22\0\x03" + b"\x24\x01" + b"\x25\0" + b"\x26" + text("k") + text("v")
        + b"\x27\0\0\x10\0" + b"\x28\0" + b"\x29\0" + b"\x2a\1"
    )  # fmt: skip
    said = connack_of(read_answer(connack(session=True, properties=properties), v5=True))
    assert said.session_present
    assert said.reason.value == 0
    assert (said.assigned_client_id, said.server_keep_alive, said.receive_maximum) == ("given", 10, 5)
    assert (said.maximum_qos, said.retain_available, said.maximum_packet_size) == (1, False, 4096)
    assert (said.topic_alias_maximum, said.session_expiry) == (3, 60)
    assert (said.wildcard_available, said.identifiers_available, said.shared_available) == (
        False,
        False,
        True,
    )
    assert said.reason_string == "hello"
    assert said.user == (("k", "v"),)


def test_what_a_connack_does_not_tell_is_none():
    said = connack_of(read_answer(connack(v5=False), v5=False))
    assert (said.maximum_qos, said.retain_available, said.receive_maximum, said.server_keep_alive) == (
        None,
    ) * 4


@pytest.mark.parametrize(
    ("code", "value"), [(1, 0x84), (2, 0x85), (3, 0x88), (4, 0x86), (5, 0x87), (77, 0x80)]
)
@pytest.mark.parametrize("v5", [True, False])
def test_a_3_1_1_refusal_is_understood_whatever_we_asked_for(v5, code, value):
    assert read_answer(connack(code, v5=False), v5=v5).reason.value == value


@pytest.mark.parametrize("kind", [control.PUBACK, control.PUBREC, control.PUBCOMP])
def test_acknowledgements_short_and_long(kind):
    assert read_answer(answer(kind, 258), v5=False).packet_id == 258
    short = read_answer(answer(kind, 1), v5=True)
    assert (short.reason.value, short.reason.is_error) == (0, False)
    assert read_answer(answer(kind, 1, b"\x10"), v5=True).reason.value == 0x10
    long = read_answer(answer(kind, 1, with_properties(b"\x97", b"\x1f" + text("full"))), v5=True)
    assert (long.reason.value, long.reason.reason_string) == (0x97, "full")
    assert "full" in long.reason.sentence


def test_subacks_and_unsubacks():
    assert [r.value for r in read_answer(answer(0x90, 1, b"\0\2\x80"), v5=False).reasons] == [0, 2, 0x80]
    said = read_answer(answer(0x90, 1, with_properties(b"", b"\x1f" + text("why")) + b"\0\x87"), v5=True)
    assert [r.value for r in said.reasons] == [0, 0x87]
    assert "why" in said.reasons[1].sentence
    assert read_answer(answer(0xB0, 1), v5=False).reasons == ()
    assert [r.value for r in read_answer(answer(0xB0, 1, b"\0\0\x11"), v5=True).reasons] == [0, 0x11]


def test_disconnect_and_auth():
    assert read_answer(packet(0xE0), v5=True).reason.name == "Normal disconnection"
    said = read_answer(packet(0xE0, with_properties(b"\x8e", b"\x1f" + text("bye"))), v5=True)
    assert (said.reason.value, said.reason.reason_string) == (0x8E, "bye")
    assert read_answer(packet(0xF0, b"\x18"), v5=True).kind == control.AUTH


@pytest.mark.parametrize(
    ("broken", "v5"),
    [
        (packet(0x20), True), (packet(0x20, b"\0"), True), (packet(0x20, b"\0\0\x05"), True), (packet(0x20, b"\0\0\x02\x7f\0"), True),
        (packet(0x20, b"\0"), False), (packet(0x40), True), (packet(0x40, b"\0"), False), (packet(0x50, b"\0\1\0\x09"), True),
        (packet(0x90), False), (packet(0x90, b"\0\1\x09"), True), (packet(0xE0, b"\x80\x30"), True),
    ],
)  # fmt: skip
def test_what_cannot_be_read_names_the_packet(broken, v5):
    with pytest.raises(ControlError, match=f"{control.NAMES[broken[0]]} that cannot be read"):
        read_answer(broken, v5=v5)


def test_half_a_megabyte_of_properties_is_read_in_no_time():
    puback = answer(0x40, 1, with_properties(b"\0", b"\x26\0\0\0\0" * 100_000))
    started = time.perf_counter()
    assert len(read_answer(puback, v5=True).properties.user) == 100_000
    assert time.perf_counter() - started < 1


def test_paho_gets_the_shortest_packet_that_moves_it_on():
    full = answer(0x40, 9, with_properties(b"\x10", b"\x26" + text("a") + text("b")))
    assert slim_copy(read_answer(full, v5=True), v5=True) == answer(0x40, 9)
    assert slim_copy(read_answer(connack(session=True), v5=True), v5=True) == b"\x20\x03\x01\0\0"
    assert slim_copy(read_answer(connack(v5=False), v5=False), v5=False) == b"\x20\x02\0\0"
    assert slim_copy(read_answer(answer(0x90, 1, b"\0\0"), v5=True), v5=True) == b""


def test_a_refused_pubrec_ends_the_exchange_for_paho_too():
    assert slim_copy(read_answer(answer(0x50, 9, b"\x97"), v5=True), v5=True) == answer(0x70, 9)
    assert slim_copy(read_answer(answer(0x50, 9, b"\x10"), v5=True), v5=True) == answer(0x50, 9)


def test_accepted_in_the_form_of_3_1_1_is_the_wrong_version():
    reason = read_answer(connack(v5=False), v5=True).reason
    assert reason.value == 0x84
    assert read_answer(connack(v5=False), v5=False).reason.value == 0


def test_where_the_broker_sends_its_clients_is_part_of_the_reason():
    reference = b"\x1c\x00\x06other:"
    for raw in (
        b"\x20\x0c\x00\x9c\x09" + reference,
        b"\xe0\x0b\x9d\x09" + reference,
    ):
        found = read_answer(raw, v5=True)
        assert found.reason.server_reference == "other:"
        assert "other:" in found.reason.sentence
