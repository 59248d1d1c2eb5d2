# SPDX-License-Identifier: MIT
import pytest

from mqtt_explorer.protocol.reason_codes import ReasonCode, connack_311

#: MQTT 5, 2.4 and the tables of 3.2.2.2, 3.4.2.1, 3.5.2.1, 3.6.2.1, 3.7.2.1, 3.9.3, 3.11.3, 3.14.2.1.
COMMON = {0x80, 0x83, 0x87}
PER_PACKET = {
    "CONNACK": COMMON
    | {
        0x00,
        0x81,
        0x82,
        0x84,
        0x85,
        0x86,
        0x88,
        0x89,
        0x8A,
        0x8C,
        0x90,
        0x95,
        0x97,
        0x99,
        0x9A,
        0x9B,
        0x9C,
        0x9D,
        0x9F,
    },
    "PUBACK": COMMON | {0x00, 0x10, 0x90, 0x91, 0x92, 0x97, 0x99},
    "SUBACK": COMMON | {0x00, 0x01, 0x02, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2},
    "UNSUBACK": COMMON | {0x00, 0x11, 0x8F, 0x91},
    "DISCONNECT": COMMON
    | {0x00, 0x04, 0x81, 0x82, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x90, *range(0x93, 0x9A), *range(0x9A, 0xA3)},
    "AUTH": {0x00, 0x18, 0x19},
}
CASES = [(packet, value) for packet, values in PER_PACKET.items() for value in sorted(values)]


@pytest.mark.parametrize(("packet", "value"), CASES)
def test_every_code_of_the_specification_has_a_name_and_a_sentence(packet, value):
    reason = ReasonCode(value, packet)
    assert reason.name
    assert not reason.name.startswith("Reason 0x")
    assert "unknown" not in reason.sentence
    assert reason.sentence.endswith(".")
    assert reason.sentence[0].isupper()
    assert reason.is_error == (value >= 0x80)


@pytest.mark.parametrize(
    ("packet", "value"), [case for case in CASES if case[0] in ("CONNACK", "DISCONNECT")]
)
def test_every_code_that_ends_a_connection_says_what_happened_and_what_to_do(packet, value):
    reason = ReasonCode(value, packet)
    for sentence in (reason.cause, reason.next_step):
        assert sentence.endswith(".")
        assert sentence[0].isupper()
        assert len(sentence.split()) >= 2
        assert "nspecified" not in sentence
    assert reason.cause != reason.next_step
    assert reason.sentence == f"{reason.cause} {reason.next_step}"


def test_no_two_codes_of_a_packet_say_the_same():
    for packet in ("CONNACK", "DISCONNECT"):
        sentences = [ReasonCode(value, packet).sentence for value in PER_PACKET[packet]]
        assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize("value", range(6))
def test_every_return_code_of_mqtt_3_says_what_to_do(value):
    reason = connack_311(value)
    assert reason.cause.endswith(".")
    assert reason.next_step.endswith(".")


@pytest.mark.parametrize("value", sorted(PER_PACKET["CONNACK"] - {0x00}))
def test_which_refusals_may_pass(value):
    """Not now: unavailable, busy, quota, connection rate. The others want a change first (3.2.2.2)."""
    assert ReasonCode(value, "CONNACK").may_pass == (value in (0x88, 0x89, 0x97, 0x9F))


@pytest.mark.parametrize("value", sorted(PER_PACKET["DISCONNECT"] | {0x8A, 0x8C}))
def test_after_which_disconnects_connecting_again_may_help(value):
    passing = (0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x88, 0x89, 0x8B, 0x8D, 0x93, 0x94, 0x96, 0x97, 0x9F, 0xA0)
    assert ReasonCode(value, "DISCONNECT").may_pass == (value in passing)


@pytest.mark.parametrize("packet", ["CONNACK", "DISCONNECT"])
@pytest.mark.parametrize("value", [0x9C, 0x9D])
def test_the_server_a_broker_names_is_told(packet, value):
    named = ReasonCode(value, packet, None, "other.example:1883")
    assert named.next_step == "It names “other.example:1883”."
    assert named.cause in named.sentence
    assert "owner" in ReasonCode(value, packet).next_step
    assert len(ReasonCode(value, packet, None, "x" * 9000).sentence) < 400
    assert "example" not in ReasonCode(0x89, packet, None, "other.example").sentence


def test_names_differ_within_a_packet():
    for packet, values in PER_PACKET.items():
        assert len({ReasonCode(value, packet).name for value in values}) == len(values)


@pytest.mark.parametrize("value", [0x03, 0x7F, 0xFF])
def test_an_unknown_code_is_shown_by_its_number(value):
    reason = ReasonCode(value, "PUBACK")
    assert reason.name == f"Reason 0x{value:02x}"
    assert f"0x{value:02x}" in reason.sentence


def test_a_code_speaks_of_its_packet():
    assert ReasonCode(0, "SUBACK").name == "Granted QoS 0"
    assert ReasonCode(0, "DISCONNECT").name == "Normal disconnection"
    assert ReasonCode(0, "PUBACK").name == "Success"
    assert (
        len({ReasonCode(0x87, packet).sentence for packet in ("CONNACK", "PUBACK", "SUBACK", "UNSUBACK")})
        == 4
    )


def test_what_the_broker_adds_is_quoted():
    reason = ReasonCode(0x97, "PUBACK", "100 messages a day")
    assert reason.sentence.endswith("The broker adds: “100 messages a day”")
    assert ReasonCode(0x97, "PUBACK", "").sentence == ReasonCode(0x97, "PUBACK").sentence


@pytest.mark.parametrize(
    ("value", "code"),
    [(0, 0x00), (1, 0x84), (2, 0x85), (3, 0x88), (4, 0x86), (5, 0x87), (6, 0x80), (255, 0x80)],
)
def test_return_codes_of_mqtt_3(value, code):
    assert connack_311(value) == ReasonCode(code, "CONNACK")
