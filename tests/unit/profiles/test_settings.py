# SPDX-License-Identifier: MIT
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt_explorer.profiles.settings import MAX_RECENT, Settings, without_secrets
from mqtt_explorer.protocol.url import BrokerUrl


def test_defaults():
    settings = Settings()
    assert (settings.theme, settings.ui_px, settings.mono_px, settings.budget_bytes) == (
        "system",
        13,
        12,
        None,
    )
    assert settings.payload_cap == 64 * 1024 * 1024
    assert settings.show_demo_offer
    assert settings.recent_urls == ()


def test_is_frozen():
    with pytest.raises(AttributeError):
        Settings().theme = "dark"  # type: ignore[misc]


def test_recent_addresses_are_newest_first_without_repeats_and_at_most_ten():
    settings = Settings()
    for number in [*range(12), 5]:
        settings = settings.with_recent(BrokerUrl("mqtt", f"h{number}", 1883))
    assert len(settings.recent_urls) == MAX_RECENT
    assert settings.recent_urls[:3] == ("mqtt://h5:1883", "mqtt://h11:1883", "mqtt://h10:1883")
    assert len(set(settings.recent_urls)) == MAX_RECENT


@pytest.mark.parametrize(
    "text",
    [
        "mqtt://user:canary@h",
        "mqtt://user:ca/canary@h",
        "wss://user:canary@h/mqtt",
        "wss://h/mqtt?token=canary",
        "wss://u:x@h/mqtt?a=canary",
        "mqtt://h:canary",
        "canary canary",
    ],
)
def test_no_way_leads_a_secret_into_settings(text):
    direct = Settings(recent_urls=(text,))
    replaced = msgspec.structs.replace(Settings(), recent_urls=(text,))
    decoded = msgspec.json.decode(msgspec.json.encode({"recent_urls": [text]}), type=Settings)
    for settings in (direct, replaced, decoded):
        assert b"canary" not in msgspec.json.encode(settings)
        assert b"user" not in msgspec.json.encode(settings)


def test_a_token_in_a_query_is_not_remembered():
    settings = Settings().with_recent(BrokerUrl("wss", "h", 443, "/mqtt?X-Signature=canary"))
    assert settings.recent_urls == ("wss://h:443/mqtt",)


@given(st.text(max_size=40))
def test_what_is_kept_of_any_text_is_an_address_or_nothing(text):
    kept = without_secrets(text)
    if kept is not None:
        assert BrokerUrl.parse(kept)[1:] == (None, None)
        assert without_secrets(kept) == kept
