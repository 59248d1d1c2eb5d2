# SPDX-License-Identifier: MIT
import msgspec
import pytest

from mqtt_explorer.profiles.profile import Profile, Secrets, new_id, without_login


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("mqtt://user:s3cret@h:1883", "mqtt://h:1883"),
        ("localhost", "mqtt://localhost:1883"),
        ("h:8883", "mqtts://h:8883"),
        ("wss://h:84/mqtt?token=s3cret", "wss://h:84"),
        ("mqtts://[::1]:8883", "mqtts://[::1]:8883"),
        ("", ""),
    ],
)
def test_an_address_is_kept_without_login_path_and_query(typed, kept):
    assert without_login(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "user:s3cret",
        "mqtt://user:s3cret",
        "mqtt://user:s3cret@",
        "mqtt://user:s3cret@ho st",
        "wss://u:s3cret@h/p@q?token=s3cret",
        "foo://u:s3cret@h",
        "ws://h /x?s3cret",
        "mqtt://a:s3cret:99@x:y",
        "user:s3cret://more@h",
        "s3cret@x://h",
        "mqtt//user:s3cret@h",
        "user:s3cret@h/x@y",
    ],
)
def test_of_a_text_that_is_no_address_nothing_is_kept_that_may_be_a_password(typed):
    assert "s3cret" not in without_login(typed)
    assert "s3cret" not in Profile(url=typed).url
    assert "s3cret" not in repr(Profile(url=typed))


def test_half_typed_text_is_kept():
    assert without_login("mqtts://broker exa") == "mqtts://broker exa"
    assert without_login("mqtt://h:99999") == "mqtt://h:99999"


def test_a_profile_comes_back_from_json_as_it_was():
    profile = Profile(name="Ä 🌱", url="wss://h:84", websocket_path="/mqtt", keep_alive="soon")
    assert msgspec.json.decode(msgspec.json.encode(profile), type=Profile) == profile


def test_ids_differ():
    assert len({new_id() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("profile", "title", "address"),
    [
        (Profile(name=" Home "), "Home", ""),
        (Profile(url="ws://h:80", websocket_path="mqtt"), "ws://h:80/mqtt", "ws://h:80/mqtt"),
        (Profile(url="mqtt://h:1883", websocket_path="/mqtt"), "mqtt://h:1883", "mqtt://h:1883"),
        (Profile(), "New broker", ""),
    ],
)
def test_what_a_profile_is_called(profile, title, address):
    assert (profile.title, profile.address) == (title, address)


def test_secrets_do_not_show_in_their_repr():
    secrets = Secrets(
        password="s3cret", key_password="s3cret", websocket_query="s3cret", websocket_values=("s3cret",)
    )
    assert "s3cret" not in repr(secrets) + str(secrets) + f"{secrets}"
    assert repr(secrets) == "Secrets(password, key_password, websocket_query, websocket_values)"
