# SPDX-License-Identifier: MIT
from mqtt_explorer.errors import MqttExplorerError


def test_holds_headline_sentence_field_and_code():
    error = MqttExplorerError("Not authorised", "Ask the broker's owner.", field="password", code=0x87)
    assert (error.title, error.message, error.field, error.code) == (
        "Not authorised",
        "Ask the broker's owner.",
        "password",
        0x87,
    )
    assert str(error) == "Not authorised: Ask the broker's owner."


def test_field_and_code_are_optional():
    error = MqttExplorerError("a", "b")
    assert error.field is None
    assert error.code is None
