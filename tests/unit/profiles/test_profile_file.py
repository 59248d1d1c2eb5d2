# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time

import msgspec
import pytest

from mqtt_explorer.profiles.profile import Profile, SubscriptionDraft, WillDraft
from mqtt_explorer.profiles.profile_file import Library, ProfileFile, ProfileFileError

posix = pytest.mark.skipif(os.name == "nt", reason="modes and signals of POSIX")
FULL = Profile(
    id="0123456789abcdef", name="Greenhouse", folder="Home", colour=3, preset="aws-iot-core", url="wss://h:443", version="3.1.1",
    username="me", remember_secrets=False, client_id="fixed", keep_alive="60", clean_start=False, session_expiry="never",
    receive_maximum="20", maximum_packet_size="1000", topic_alias_maximum="7", user_properties=(("a", "b"), ("", "ü\n")),
    websocket_path="/mqtt", websocket_headers=("Authorization",), trust="file", ca_file="/ca.pem", certificate="pkcs12", cert_file="c",
    key_file="k", pkcs12_file="p", alpn="x", server_name="s", minimum_tls="1.3", verify=False,
    will=WillDraft(enabled=True, topic="t", payload="ff", payload_form="hex", qos=2, retain=True, delay="1", payload_is_text=True,
                   message_expiry="2", content_type="c", response_topic="r", correlation_data="00", user_properties=(("x", "y"),)),
    subscriptions=(SubscriptionDraft(filter="a/#", qos=1, no_local=True, retain_as_published=False, retain_handling=2, identifier="3"),),
    connect_at_start=True, last_used=1234.5,
)  # fmt: skip
LIBRARY = Library(("Home", "Empty"), (FULL, Profile(id="b", name="Typing", url="mqtt://not finished:")))


@pytest.fixture
def file(tmp_path):
    return ProfileFile(tmp_path / "config")


def write(file, content):
    file.path.parent.mkdir(parents=True, exist_ok=True)
    file.path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())


def saved(file):
    return json.loads(file.path.read_bytes())


def names(file):
    return sorted(path.name for path in file.path.parent.iterdir())


def with_fields(**fields):
    return {"version": 1, "folders": [], "profiles": [{"id": "a", "name": "Plant", **fields}]}


def test_every_field_of_the_sample_differs_from_its_default():
    """So that a field that is forgotten when saving is noticed."""
    for part in (FULL, FULL.will, FULL.subscriptions[0]):
        for name in part.__struct_fields__:
            if name != "extra":
                assert getattr(part, name) != getattr(type(part)(), name), name


def test_a_first_start_has_no_brokers_no_problem_and_makes_nothing(file):
    assert file.load() == Library()
    assert file.problem is None
    assert not file.path.parent.exists()


def test_what_is_saved_is_loaded(file):
    file.save(LIBRARY)
    again = ProfileFile(file.path.parent)
    assert again.load() == LIBRARY
    assert again.problem is None
    assert names(file) == ["profiles.json"]
    assert list(saved(file)) == ["version", "folders", "profiles"]
    assert saved(file)["version"] == 1


@posix
def test_the_file_is_private_whatever_the_umask(file):
    old = os.umask(0)
    try:
        file.save(LIBRARY)
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 5_000, b" " * (9 << 20)],
    ids=["empty", "cut", "list", "null", "utf16", "deep", "deep objects", "huge"],
)
def test_a_damaged_file_is_kept_aside_and_said(file, content):
    write(file, content)
    assert file.load() == Library()
    assert "profiles.json.bad" in file.problem
    assert file.problem.endswith("The program starts without saved brokers.")
    assert file.path.with_name("profiles.json.bad").read_bytes() == content
    file.save(LIBRARY)
    assert file.load() == LIBRARY
    assert file.problem is None
    write(file, b"again")
    file.load()
    assert names(file) == ["profiles.json.bad", "profiles.json.bad2"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 5), ("colour", 6), ("colour", -1), ("colour", "red"), ("version", "6"), ("clean_start", "yes"), ("user_properties", [["a"]]),
        ("websocket_headers", "X"), ("trust", "nobody"), ("minimum_tls", "1.1"), ("verify", None), ("last_used", -1), ("keep_alive", 30),
        ("certificate", True), ("folder", []),
    ],
)  # fmt: skip
def test_one_bad_value_costs_that_value_only(file, field, value):
    content = with_fields(url="mqtt://h:1883", later=1)
    content["profiles"][0][field] = value
    content["profiles"].append({"id": "b", "name": "Other"})
    write(file, content)
    plant, other = file.load().profiles
    assert getattr(plant, field) == getattr(Profile(), field)
    assert (plant.id, plant.url, other.name) == ("a", "mqtt://h:1883", "Other")
    title = "mqtt://h:1883" if field == "name" else "Plant"
    assert f"“{title}”: {field}." in file.problem
    assert json.loads(file.path.with_name("profiles.json.bad").read_bytes()) == content
    file.save(Library(profiles=(plant, other)))
    assert saved(file)["profiles"][0]["later"] == 1
    assert ProfileFile(file.path.parent).load().profiles == (plant, other)


def test_bad_values_inside_will_and_subscriptions_cost_only_themselves(file):
    write(
        file,
        with_fields(
            will={"topic": "t", "qos": 3, "later": 1},
            subscriptions=[{"filter": "a", "qos": "1", "later": 2}, 5, {"filter": "b"}],
        ),
    )
    (plant,) = file.load().profiles
    assert (plant.will.topic, plant.will.qos) == ("t", 0)
    assert [each.filter for each in plant.subscriptions] == ["a", "b"]
    for named in ("“Plant”: will.qos", "“Plant”: subscriptions.0.qos", "“Plant”: subscriptions.1"):
        assert named in file.problem
    file.save(Library(profiles=(plant,)))
    again = saved(file)["profiles"][0]
    assert (again["will"]["later"], again["subscriptions"][0]["later"]) == (1, 2)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"profiles": "none"}, "profiles"),
        ({"folders": 5}, "folders"),
        ({"folders": ["a", 5]}, "the name of a folder"),
        ({"version": "1"}, "version"),
        ({"profiles": [5]}, "broker 1"),
        (with_fields(will=[]), "“Plant”: will"),
        (with_fields(subscriptions={}), "“Plant”: subscriptions"),
    ],
)
def test_bad_shapes_are_named_and_cost_nothing_else(file, content, named):
    content = {"profiles": [{"id": "x", "name": "Other"}], **content}
    if isinstance(content["profiles"], list):
        content["profiles"] = [*content["profiles"], {"id": "y", "name": "Last"}]
    write(file, content)
    library = file.load()
    assert named in file.problem
    assert file.path.with_name("profiles.json.bad").exists()
    if isinstance(content["profiles"], list):
        assert library.profiles[-1].name == "Last"


def test_many_bad_values_make_a_short_message(file):
    write(file, {"profiles": [5] * 40})
    assert file.load() == Library()
    assert "broker 5 and 35 more." in file.problem


def test_a_file_that_is_read_twice_has_one_copy_aside(file):
    write(file, with_fields(colour=99))
    first = file.load()
    assert file.load() == first
    assert names(file) == ["profiles.json", "profiles.json.bad"]
    write(file, with_fields(colour=98))
    file.load()
    assert names(file) == ["profiles.json", "profiles.json.bad", "profiles.json.bad2"]


def test_doubled_and_missing_ids_are_new_and_stay_the_same_until_saved(file):
    write(file, {"profiles": [{"id": "a", "name": "1"}, {"id": "a", "name": "2"}, {"name": "3"}, {"id": "../x"}, {"id": 5}]})  # fmt: skip
    profiles = file.load().profiles
    ids = [each.id for each in profiles]
    assert ids[0] == "a"
    assert len(set(ids)) == 5
    assert all(len(each) == 16 for each in ids[1:])
    assert "“2” had the id of another broker" in file.problem
    assert [each.id for each in ProfileFile(file.path.parent).load().profiles] == ids


def test_folders_are_unique_and_hold_every_broker(file):
    write(file, {"folders": ["A", "A", "", " "], "profiles": [{"id": "1", "folder": "New"}, {"id": "2", "folder": "A"}]})  # fmt: skip
    assert file.load().folders == ("A", "New")
    assert file.problem is None


def test_a_newer_version_is_read_as_far_as_known_and_not_damaged(file):
    content = with_fields(hologram={"n": 1}, will={"beam": 1}, subscriptions=[{"filter": "a", "ray": 2}])
    write(file, {**content, "version": 9, "galaxy": [1]})
    library = file.load()
    assert "newer version" in file.problem
    assert library.profiles[0].name == "Plant"
    file.save(library)
    again = saved(file)
    assert (again["version"], again["galaxy"]) == (9, [1])
    assert again["profiles"][0]["hologram"] == {"n": 1}
    assert again["profiles"][0]["will"]["beam"] == 1
    assert again["profiles"][0]["subscriptions"][0]["ray"] == 2
    assert names(file) == ["profiles.json"]


def test_no_secret_reaches_the_disk(file):
    write(
        file,
        with_fields(
            url="mqtt://u:canary-61@h", password="canary-62", key_password="canary-63", websocket_query="canary-64",
            websocket_values=["canary-65"],
        ),
    )  # fmt: skip
    library = file.load()
    assert "“Plant” had a secret in the file" in file.problem
    assert "canary" not in file.problem
    assert "canary" not in repr(library)
    file.save(library)
    assert b"canary" not in file.path.read_bytes()
    assert names(file) == ["profiles.json"]
    file.save(Library(profiles=(msgspec.structs.replace(FULL, url="wss://u:canary-66@h/p?q=canary-67"),)))
    assert b"canary" not in file.path.read_bytes()


def test_a_library_too_large_to_be_read_again_is_refused_and_the_old_file_stays(file):
    file.save(LIBRARY)
    with pytest.raises(ProfileFileError) as caught:
        file.save(Library(profiles=(Profile(name="x" * (9 << 20)),)))
    assert "larger than 8 MiB" in caught.value.message
    assert file.load() == LIBRARY


def test_half_a_character_does_not_keep_the_rest_from_being_saved(file):
    half = msgspec.structs.replace(FULL, name="a\ud800b", user_properties=(("\udfff", "x"),))
    file.save(Library(("F\ud800",), (half,)))
    library = file.load()
    assert file.problem is None
    assert library.profiles == (msgspec.structs.replace(FULL, name="a?b", user_properties=(("?", "x"),)),)


def test_a_failed_write_is_said_and_leaves_the_old_file(file, monkeypatch):
    file.save(LIBRARY)

    def full_disk(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(ProfileFileError) as caught:
        file.save(Library())
    assert "No space left on device" in caught.value.message
    assert file.load() == LIBRARY
    assert names(file) == ["profiles.json"]


WRITER = """
import sys
from pathlib import Path
from mqtt_explorer.profiles.profile import Profile
from mqtt_explorer.profiles.profile_file import Library, ProfileFile
file = ProfileFile(Path(sys.argv[1]))
file.load()
print("ready", flush=True)
number = 0
while True:
    number += 1
    file.save(Library((), tuple(Profile(id=str(each), name=str(number)) for each in range(200))))
"""


@posix
def test_a_program_killed_while_it_writes_leaves_a_whole_file(file):
    file.save(LIBRARY)
    generations = set()
    for round_number in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file.path.parent)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout.readline() == "ready\n"
            time.sleep(0.05 + 0.009 * round_number)
            writer.send_signal(signal.SIGKILL)
            assert writer.wait() == -signal.SIGKILL
        library = file.load()
        assert file.problem is None
        if library != LIBRARY:
            assert len(library.profiles) == 200
            assert len({each.name for each in library.profiles}) == 1
            generations.add(library.profiles[0].name)
    assert generations, "no write ever finished: the test proves nothing"


def two_programs(file, *profiles, folders=()):
    file.save(Library(folders, profiles))
    other = ProfileFile(file.path.parent)
    assert ProfileFile(file.path.parent).load() == file.load() == other.load()
    return other


def test_what_another_program_added_stays_when_we_save(file):
    a, b, c = (Profile(id=name, url=f"mqtt://{name}") for name in "abc")
    other = two_programs(file, a, folders=("F",))
    other.save(Library(("F", "G"), (a, b)))
    for _ in range(3):  # ours never knows of b, also not after its own save
        file.save(Library(("F",), (c, a)))
        assert ProfileFile(file.path.parent).load() == Library(("F", "G"), (c, a, b))


def test_what_another_program_wrote_is_taken_over_once(file):
    a, b = Profile(id="a", name="a"), Profile(id="b", name="b")
    file.save(Library((), (a,)))
    other = ProfileFile(file.path.parent)
    other.load()
    assert not file.look()
    other.save(Library(("F",), (a, b)))
    assert file.look()
    mine = msgspec.structs.replace(a, name="mine")
    taken = file.adopt(Library((), (mine,)))
    assert taken == Library(("F",), (mine, b))
    assert not file.look()
    assert file.adopt(taken) == taken
    later = msgspec.structs.replace(b, name="later")
    other.save(Library(("F",), (a, later)))
    assert file.look()
    assert file.adopt(taken) == Library(("F",), (mine, later))
    file.path.write_text('{"profiles": 5')
    assert not file.look()  # broken: the next save puts it aside


def test_each_program_keeps_its_own_changes_and_takes_the_others_over(file):
    a, b, c = (Profile(id=name, url=f"mqtt://{name}") for name in "abc")
    other = two_programs(file, a, b, c)
    theirs = msgspec.structs.replace(a, name="theirs")
    ours = msgspec.structs.replace(b, name="ours")
    other.save(Library((), (theirs, msgspec.structs.replace(b, name="lost"))))  # c is removed
    for _ in range(2):
        file.save(Library((), (a, ours, c)))
        assert ProfileFile(file.path.parent).load() == Library((), (theirs, ours))
    file.save(Library((), (ours,)))  # and we remove a
    assert ProfileFile(file.path.parent).load() == Library((), (ours,))


def test_a_file_that_somebody_broke_meanwhile_is_kept_aside(file):
    two_programs(file, Profile(id="a"))
    write(file, b"{ typed by hand")
    file.save(Library(("F",), ()))
    assert (file.path.parent / "profiles.json.bad").read_bytes() == b"{ typed by hand"
    assert ProfileFile(file.path.parent).load() == Library(("F",), ())


def test_a_value_only_a_newer_program_knows_is_taken_over_from_its_save(file):
    two_programs(file, Profile(id="a"))
    write(file, {"version": 2, "profiles": [{"id": "a"}], "later": [1]})
    file.save(Library((), (Profile(id="a"),)))
    assert json.loads(file.path.read_text())["later"] == [1]
    assert json.loads(file.path.read_text())["version"] == 2


@posix
def test_a_pipe_of_its_name_is_not_in_the_way(file):
    file.path.parent.mkdir(parents=True)
    os.mkfifo(file.path)
    assert file.load() == Library()
    assert "profiles.json.bad" in file.problem
    file.save(LIBRARY)
    assert ProfileFile(file.path.parent).load() == LIBRARY


@posix
def test_links_that_lead_in_a_circle_are_told_and_not_in_the_way(file):
    file.path.parent.mkdir(parents=True)
    file.path.symlink_to("other.json")
    file.path.with_name("other.json").symlink_to("profiles.json")
    with pytest.raises(ProfileFileError, match="links"):
        file.save(LIBRARY)
    assert file.load() == Library()
    file.save(LIBRARY)
    assert ProfileFile(file.path.parent).load() == LIBRARY
