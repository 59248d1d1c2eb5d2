# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import os
import stat

import pytest

from mqtt_explorer.profiles.marks import MAX_FAVOURITES, MAX_MUTED, Marks
from mqtt_explorer.profiles.marks_file import MarksFile, MarksFileError

A = Marks(("plant/a", "ä/#1".replace("#", "no ")), ("plant/noisy",))
B = Marks(("", "/x"), ())
C = Marks((), ("$SYS",))


@pytest.fixture
def file(tmp_path):
    return MarksFile(tmp_path / "config")


def write(file, content):
    file.path.parent.mkdir(parents=True, exist_ok=True)
    file.path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())


def on_disk(file):
    return json.loads(file.path.read_bytes())


def names(file):
    return sorted(path.name for path in file.path.parent.iterdir())


def test_a_first_start_marks_nothing_and_makes_nothing(file):
    assert file.load() == {}
    assert file.problem is None
    assert not file.path.parent.exists()


def test_what_is_saved_is_loaded(file):
    assert file.save({"1": A, "url:mqtt://h:1883": B, "demo": Marks()}) == {"1": A, "url:mqtt://h:1883": B}
    assert on_disk(file)["version"] == 1
    other = MarksFile(file.path.parent)
    assert other.load() == {"1": A, "url:mqtt://h:1883": B}
    assert other.problem is None
    assert names(file) == ["topics.json"]


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_the_file_is_private(file):
    file.save({"1": A})
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'"x"'], ids=str)
def test_a_file_that_is_none_of_ours_is_set_aside(file, content):
    write(file, content)
    assert file.load() == {}
    assert "topics.json.bad" in file.problem
    assert names(file) == ["topics.json.bad"]
    assert (file.path.parent / "topics.json.bad").read_bytes() == content
    file.save({"1": A})
    assert file.load() == {"1": A}


def test_bad_values_cost_only_themselves(file):
    write(
        file,
        {
            "version": 1,
            "brokers": {
                "good": {
                    "favourites": ["a", "a", 7, "a/#", "+", "x\0", "b", "y" * 70_000, None],
                    "muted": "all",
                },
                "no object": [1],
                "numbers": {"favourites": {}, "muted": ["m"]},
            },
        },
    )
    assert file.load() == {"good": Marks(("a", "b"), ()), "numbers": Marks((), ("m",))}
    assert "1 broker" in file.problem
    assert "8 topics or lists" in file.problem
    assert names(file) == ["topics.json", "topics.json.bad"]


@pytest.mark.parametrize("brokers", [None, 3, [], "x"], ids=str)
def test_no_object_of_brokers(file, brokers):
    write(file, {"version": 1, "brokers": brokers})
    assert file.load() == {}
    assert "brokers" in file.problem


def test_halves_of_characters_are_no_topics(file):
    write(file, b'{"version":1,"brokers":{"k":{"favourites":["\\ud800","ok"]}}}')
    assert file.load() in ({"k": Marks(("ok",), ())}, {})
    file.save({"k": A})
    assert MarksFile(file.path.parent).load() == {"k": A}


def test_more_than_the_limits_is_cut_and_told(file):
    favourites = [f"f/{n}" for n in range(MAX_FAVOURITES + 3)]
    muted = [f"m/{n}" for n in range(MAX_MUTED + 4)]
    write(file, {"version": 1, "brokers": {"k": {"favourites": favourites, "muted": muted}}})
    marks = file.load()["k"]
    assert marks.favourites == tuple(favourites[:MAX_FAVOURITES])
    assert marks.muted == tuple(muted[:MAX_MUTED])
    assert "7 topics" in file.problem


def test_keys_of_newer_versions_are_kept(file):
    write(
        file,
        {
            "version": 3,
            "new": {"x": 1},
            "brokers": {"k": {"favourites": ["a"], "colour": "red"}, "only": {"y": 2}},
        },
    )
    assert file.load() == {"k": Marks(("a",), ())}
    assert "newer version" in file.problem
    file.save({"k": Marks(("a", "b"), ())})
    now = on_disk(file)
    assert now["version"] == 3
    assert now["new"] == {"x": 1}
    assert now["brokers"]["k"] == {"favourites": ["a", "b"], "muted": [], "colour": "red"}
    assert now["brokers"]["only"]["y"] == 2


def test_another_programs_changes_to_other_brokers_stay(file):
    file.save({"a": A, "b": B})
    ours, theirs = MarksFile(file.path.parent), MarksFile(file.path.parent)
    ours.load()
    theirs.load()
    theirs.save({"a": C, "b": B, "c": C})
    assert ours.save({"a": A, "b": A}) == {"a": C, "b": A, "c": C}
    assert ours.save({"a": A, "b": C}) == {"a": C, "b": C, "c": C}, "also with the next save"
    assert MarksFile(file.path.parent).load() == {"a": C, "b": C, "c": C}
    assert ours.save({"b": C}) == {"b": C, "c": C}, "what we forget goes"
    theirs.load()
    theirs.save({"b": C})
    assert ours.save({"b": C}) == {"b": C}, "what they forget goes"


def test_a_file_broken_by_another_program_is_kept_aside(file):
    file.save({"a": A})
    write(file, b"broken")
    assert file.save({"a": A, "b": B}) == {"a": A, "b": B}
    assert (file.path.parent / "topics.json.bad").read_bytes() == b"broken"


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    file = MarksFile(tmp_path / "file")
    with pytest.raises(MarksFileError) as error:
        file.save({"a": A})
    assert "could not be saved" in error.value.message
