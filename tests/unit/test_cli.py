# SPDX-License-Identifier: MIT
"""The command line: every word, every wrong word, and no password anywhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mqtt_explorer import __version__, cli
from mqtt_explorer.profiles.profile import Profile
from mqtt_explorer.profiles.profile_file import Library, ProfileFile
from mqtt_explorer.protocol.options import ProtocolVersion


def read(*words, environment=None, watch=False):
    parser = cli._watch_parser() if watch else cli._window_parser()
    return cli._read(parser, words, environment or {})


def wrong(capsys, *words, watch=True):
    with pytest.raises(SystemExit) as caught:
        read(*words, watch=watch)
    assert caught.value.code == 2
    return capsys.readouterr().err


def help_of(capsys, *words):
    with pytest.raises(SystemExit) as caught:
        cli.main([*words, "--help"])
    assert caught.value.code == 0
    return re.sub(r"\s+", " ", capsys.readouterr().out)


def test_nothing_opens_the_start_page():
    request = read()
    assert request.options is None
    assert not request.demo


def test_a_url_alone_means_mqtt_5_and_everything():
    request = read("mqtt://localhost")
    options = request.options
    assert (options.url.host, options.url.port, options.version) == ("localhost", 1883, ProtocolVersion.V5)
    assert options.keep_alive == 30
    assert re.fullmatch(r"mxq[A-Za-z0-9]{12}", options.client_id)
    assert [each.filter.text for each in request.subscriptions] == ["#"]
    assert request.default_filter
    assert options.tls.verify


def test_every_word():
    request = read(
        "wss://h:9/x", "-t", "a/#", "-t", "$share/g/b", "-q", "2", "-V", "3.1.1", "-u", "me", "-P", "pw", "-i", "id", "-k", "5",
        "--cafile", "ca.pem", "--cert", "c.pem", "--key", "k.pem", "--insecure", "--config", "d", "--metrics", "m",
    )  # fmt: skip
    options = request.options
    assert (options.url.scheme, options.url.port, options.url.path) == ("wss", 9, "/x")
    assert [(each.filter.text, each.qos) for each in request.subscriptions] == [("a/#", 2), ("$share/g/b", 2)]
    assert not request.default_filter
    assert (options.version, options.username, options.password) == (ProtocolVersion.V311, "me", "pw")
    assert (options.client_id, options.keep_alive) == ("id", 5)
    assert (options.tls.ca_file, options.tls.cert_file, options.tls.key_file, options.tls.verify) == (
        "ca.pem", "c.pem", "k.pem", False,
    )  # fmt: skip
    assert (request.demo, request.config, request.metrics) == (False, Path("d"), Path("m"))
    assert read("--demo").demo


def test_watch_has_a_time():
    assert read("mqtt://h", "--for", "2.5", watch=True).seconds == 2.5
    assert read("mqtt://h", watch=True).seconds is None


@pytest.mark.parametrize(
    ("words", "variable", "expected"),
    [
        (("mqtt://u:url@h",), None, "url"),
        (("mqtt://u:url@h",), "env", "env"),
        (("mqtt://u:url@h", "-P", "flag"), "env", "flag"),
        (("mqtt://u@h",), "env", "env"),
        (("mqtt://u@h",), None, None),
        (("mqtt://u:url@h",), "", ""),
    ],
)
def test_where_the_password_comes_from(words, variable, expected):
    environment = {} if variable is None else {cli.PASSWORD_VARIABLE: variable}
    assert read(*words, environment=environment).options.password == expected


@pytest.mark.parametrize(
    ("words", "variable", "expected"),
    [
        (("mqtt://url@h",), None, "url"),
        (("mqtt://url@h",), "env", "env"),
        (("mqtt://url@h", "-u", "flag"), "env", "flag"),
        (("mqtt://h",), "env", "env"),
        (("mqtt://h",), None, None),
    ],
)
@pytest.mark.parametrize("watch", [False, True])
def test_where_the_user_name_comes_from(words, variable, expected, watch):
    environment = {} if variable is None else {cli.USERNAME_VARIABLE: variable}
    assert read(*words, environment=environment, watch=watch).options.username == expected


def test_a_login_in_the_environment_alone_is_for_nobody():
    request = read(environment={cli.USERNAME_VARIABLE: "me", cli.PASSWORD_VARIABLE: "pw"})
    assert (request.options, request.username, request.password) == (None, None, None)
    demo = read("--demo", environment={cli.USERNAME_VARIABLE: "me", cli.PASSWORD_VARIABLE: "pw"})
    assert (demo.options, demo.username, demo.password) == (None, None, None)


# -- a saved broker ----------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    """A folder with some saved brokers."""
    profiles = (
        Profile(id="aaa", name="Greenhouse", url="mqtt://one:1883"),
        Profile(id="bbb", name="Plant", url="mqtt://two:1883"),
        Profile(id="ccc", name="plant", url="mqtt://three:1883"),
        Profile(id="ddd", url="mqtts://four:8883"),
        Profile(id="eee", name="Twin", url="mqtt://five:1883"),
        Profile(id="fff", name="Twin", url="mqtt://u:canary-41@six:1883"),
        Profile(id="Twin2", name="aaa"),
    )
    ProfileFile(tmp_path).save(Library((), profiles))
    return tmp_path


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("Greenhouse", "aaa"),
        ("greenHOUSE ", "aaa"),
        ("Plant", "bbb"),
        ("plant", "ccc"),
        ("ddd", "ddd"),
        ("mqtts://four:8883", "ddd"),
        ("aaa", "aaa"),
        ("fff", "fff"),
    ],
)
def test_a_saved_broker_is_found_by_name_or_id(saved, wanted, expected):
    request = read("--profile", wanted, "--config", str(saved))
    assert (request.profile_id, request.options) == (expected, None)
    assert (request.username, request.password) == (None, None)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (
            "Attic",
            "no saved broker is named “Attic”; there are “Greenhouse”, “Plant”, “plant”, “mqtts://four:8883”",
        ),
        (
            "Twin",
            "2 saved brokers are named “Twin”; give the id of one: eee (mqtt://five:1883), fff (mqtt://six:1883)",
        ),
        ("PLANT", "2 saved brokers are named"),
        ("", "no saved broker is named"),
    ],
)
def test_an_unknown_or_doubtful_broker_is_code_2_and_says_which_there_are(capsys, saved, wanted, sentence):
    said = wrong(capsys, "--profile", wanted, "--config", str(saved), watch=False)
    assert sentence in said
    assert "canary" not in said


def test_without_saved_brokers_that_is_said(capsys, tmp_path):
    said = wrong(capsys, "--profile", "x", "--config", str(tmp_path), watch=False)
    assert f"none has been saved yet in {tmp_path}" in said


def test_a_damaged_file_is_named(capsys, tmp_path):
    (tmp_path / "profiles.json").write_text("{")
    assert "profiles.json.bad" in wrong(capsys, "--profile", "x", "--config", str(tmp_path), watch=False)


def test_the_login_for_a_saved_broker(saved):
    words = ("--profile", "Plant", "--config", str(saved))
    environment = {cli.USERNAME_VARIABLE: "canary-42", cli.PASSWORD_VARIABLE: "canary-43"}
    request = read(*words, environment=environment)
    assert (request.username, request.password) == ("canary-42", "canary-43")
    assert "canary" not in repr(request)
    request = read(*words, "-u", "flag", "-P", "flagged", environment=environment)
    assert (request.username, request.password) == ("flag", "flagged")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("mqtt://h",), "leave the URL and --demo out, or --profile"),
        (("--demo",), "leave the URL and --demo out, or --profile"),
        (("-t", "a", "-k", "5"), "-k, -t: not with --profile"),
    ],
)
def test_what_a_saved_broker_would_ignore_is_wrong_usage(capsys, saved, words, sentence):
    said = wrong(capsys, "--profile", "Plant", "--config", str(saved), *words, watch=False)
    assert sentence in said


def test_watch_has_no_saved_brokers(capsys):
    assert "unrecognized arguments" in wrong(capsys, "mqtt://h", "--profile", "x")


def test_no_start_loads_the_keyring_or_cryptography(saved):
    """They take 170 ms and more; only the form and a saved broker's secrets need them, later and in threads."""
    code = """
import os, sys
from mqtt_explorer import cli
import mqtt_explorer.profiles.secrets, mqtt_explorer.profiles.resolve
cli._read(cli._window_parser(), sys.argv[1:], os.environ)
print(sorted({name.partition(".")[0] for name in sys.modules} & {"keyring", "cryptography", "secretstorage", "jeepney", "PySide6"}))
"""
    words = ("--profile", "Plant", "--config", str(saved))
    result = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert result.stdout == "[]\n", result.stderr


def test_the_user_of_a_flag_beats_the_one_of_the_url():
    assert read("mqtt://a:p@h", "-u", "b").options.username == "b"
    assert read("mqtt://a:p@h").options.username == "a"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "the following arguments are required: URL"),
        (("ftp://h",), "mqtt://"),
        (("mqtt://",), ""),
        (("mqtt://h:99999",), "port"),
        (("mqtt://h", "-t", "a/#/b"), "must be the last level"),
        (("mqtt://h", "-t", ""), "Enter a filter"),
        (("mqtt://h", "-q", "3"), "invalid choice: 3"),
        (("mqtt://h", "-V", "4"), "invalid choice: '4'"),
        (("mqtt://h", "-k", "70000"), "0 to 65535"),
        (("mqtt://h", "-k", "soon"), "invalid int value"),
        (("mqtt://h", "--for", "soon"), "“soon” is no number of seconds"),
        (("mqtt://h", "--for", "-1"), "no number of seconds"),
        (("mqtt://h", "--for", "nan"), "no number of seconds"),
        (("mqtts://h", "--cert", "c.pem"), "the key is missing"),
        (("mqtt://h", "-V", "3.1.1", "-P", "canary-5520"), "no password without a user name"),
        (("mqtt://h", "--nonsense"), "unrecognized arguments"),
    ],
)
def test_wrong_usage_is_code_2_and_a_sentence(capsys, words, sentence):
    said = wrong(capsys, *words)
    assert sentence in said
    assert "canary-5520" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "url",
    [
        "mqtt://u:canary-5521@h:99999",
        "ftp://u:canary-5521@h",
        "mqtt://u:canary-5521@",
        "mqtt//u:canary-5521@h",
        "u:canary-5521@h/x@y",
    ],
)
def test_a_wrong_url_is_told_without_its_password(capsys, url):
    assert "canary-5521" not in wrong(capsys, url)


def test_a_request_never_shows_a_password():
    request = read("mqtt://u:canary-5522@h", environment={cli.PASSWORD_VARIABLE: "canary-5522"})
    assert "canary-5522" not in repr(request)


def test_version(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"mqtt-explorer-qt {__version__}\n"


@pytest.mark.parametrize("words", [(), ("watch",)])
def test_help_says_why_the_variable_beats_the_flag(capsys, words):
    said = help_of(capsys, *words)
    assert cli.PASSWORD_VARIABLE in said
    assert cli.USERNAME_VARIABLE in said
    assert "can be read by every user of this computer" in said
    assert "history" in said


def test_the_help_of_watch_tells_events_and_exit_codes(capsys):
    said = help_of(capsys, "watch")
    for word in (
        "state",
        "subscribed",
        "message",
        "malformed",
        "summary",
        "0 after --for",
        "1 when",
        "2 for",
        "mqtts://",
    ):
        assert word in said
    assert "--demo" not in said


def test_the_help_of_the_window_names_watch(capsys):
    said = help_of(capsys)
    assert "watch URL" in said
    assert "--self-test" in said
    assert "--profile NAME" in said
    assert "--screenshot" not in said


def test_watch_is_handed_its_request(monkeypatch):
    from mqtt_explorer import watch

    got = []
    monkeypatch.setattr(watch, "run", lambda request: got.append(request) or 7)
    assert cli.main(["watch", "mqtt://h", "-t", "a"]) == 7
    assert got[0].options.url.host == "h"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("-u", "x", "-k", "999999"), "-u, -k: give the broker's URL too"),
        (("--insecure",), "--insecure: give"),
        (("-t", "a", "--demo"), "-t: give"),
        (("mqtt://h", "--demo"), "--demo starts a broker of its own"),
    ],
)
def test_what_would_be_ignored_is_wrong_usage(capsys, words, sentence):
    assert sentence in wrong(capsys, *words, watch=False)


def test_words_nobody_expected_are_told_without_their_password(capsys):
    for words in (
        ("mqtt://h", "mqtt://u:canary-31@h2"),
        ("mqtt://h", "mqtt://u:canary-31 x@h2"),
        ("mqtt://h", "u:canary-31@h2"),
        ("mqtt://h", "u:canary-31/x@h2"),
    ):
        said = wrong(capsys, *words)
        assert "unrecognized arguments" in said
        assert "canary-31" not in said
        assert "@h2" in said
    assert "canary-31" not in wrong(capsys, "mqtt://h", "--password=canary-31 and more")


def test_a_password_in_the_environment_is_nothing_to_a_broker_without_a_login():
    request = read("mqtt://h", environment={cli.PASSWORD_VARIABLE: "pw"})
    assert request.options.username is None
    assert request.options.password is None
