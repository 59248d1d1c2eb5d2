# SPDX-License-Identifier: MIT
"""The book of saved brokers on a real file: every change is there soon, order and undo are exact, a full disk loses nothing."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest

from mqtt_explorer.app.profiles.book import ProfileBook
from mqtt_explorer.profiles.profile import Profile
from mqtt_explorer.profiles.profile_file import Library, ProfileFile

A, B, C = (Profile(id=name, name=name.upper(), folder="F" if name != "c" else "") for name in "abc")


@pytest.fixture
async def book(tmp_path, monkeypatch):
    # Between test and teardown pytest-qt handles events with no loop running; the book's task would run there and fail.
    monkeypatch.setattr("pytestqt.plugin._process_events", lambda: None)
    made = ProfileBook(Library(folders=("F", "G"), profiles=(A, B, C)), ProfileFile(tmp_path))
    yield made
    await made.finish()


def order(book):
    return "".join(profile.id for profile in book.profiles)


def on_disk(book):
    return ProfileFile(book.path.parent).load()


async def until(condition, seconds=3.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def test_a_change_is_on_the_disk_within_half_a_second(book):
    saved = []
    book.saved.connect(lambda: saved.append(time.monotonic()))
    start = time.monotonic()
    for n in range(20):
        book.replace(msgspec.structs.replace(A, name=f"name {n}"))
        await asyncio.sleep(0.01)
    last = time.monotonic()
    assert book.unsaved
    await until(lambda: not book.unsaved)
    assert saved[-1] - last < 0.5
    assert len(saved) <= 1 + (last - start) / 0.3, "changes are gathered"
    assert on_disk(book).profiles[0].name == "name 19"
    assert on_disk(book).folders == ("F", "G")


async def test_finish_waits_for_no_gathering(book):
    book.add_folder("H")
    start = time.monotonic()
    await book.finish()
    assert time.monotonic() - start < 0.25
    assert on_disk(book).folders == ("F", "G", "H")


async def test_nothing_changes_nothing_is_written(book):
    changes = []
    book.changed.connect(lambda: changes.append(1))
    book.replace(A)
    book.replace(Profile(id="unknown"))
    book.move("a", "F", "b")
    book.move("a", "F", "a")
    book.move_folder("G")
    await book.finish()
    assert not changes
    assert not book.path.exists()


async def test_a_disk_that_fails_is_told_and_tried_again(book, tmp_path):
    told = []
    book.problem.connect(told.append)
    (tmp_path / "profiles.json").mkdir()  # nothing can be renamed over a folder
    (tmp_path / "profiles.json" / "x").touch()
    book.add_folder("H")
    await until(lambda: told)
    await until(lambda: not book._saver.working)
    assert len(told) == 1
    assert book.unsaved
    (tmp_path / "profiles.json" / "x").unlink()
    (tmp_path / "profiles.json").rmdir()
    await book.finish()
    assert not book.unsaved
    assert on_disk(book).folders == ("F", "G", "H")


async def test_removing_and_restoring(book):
    gone = []
    book.gone.connect(gone.append)
    for name in "abc":
        removed = book.remove(name)
        assert book.find(name) is None
        book.restore(*removed)
        assert order(book) == "abc"
    profile, position = book.remove("b")
    book.let_go("b")
    book.remove("a")
    assert gone == ["b"]
    await book.finish()
    assert gone == ["b", "a"]
    assert (profile, position) == (B, 1)
    with pytest.raises(KeyError):
        book.remove("b")


async def test_a_restored_broker_brings_its_folder_back(book):
    removed = book.remove("a")
    book.remove_folder("F")
    book.restore(*removed)
    assert "F" in book.folders


async def test_a_copy_stands_behind_its_original(book):
    book.replace(msgspec.structs.replace(A, connect_at_start=True, last_used=5.0, colour=2, client_id="own"))
    copy, again = book.duplicate("a"), book.duplicate("a")
    assert (copy.name, again.name) == ("A copy", "A copy 2")
    assert order(book) == "a" + again.id + copy.id + "bc"
    assert (copy.connect_at_start, copy.last_used, copy.colour, copy.folder) == (False, 0.0, 2, "F")
    assert copy.client_id == ""  # with the same one the two would throw each other out


async def test_an_id_is_never_there_twice(book):
    added = book.add(A)
    assert added.id != "a"
    assert len(book.profiles) == 4


@pytest.mark.parametrize(
    ("move", "result", "folder"),
    [
        (("a", "F", None), "bca", "F"),
        (("b", "F", "a"), "bac", "F"),
        (("c", "F", "b"), "acb", "F"),
        (("a", "", "c"), "bac", ""),
        (("a", "new", None), "bca", "new"),
    ],
)
async def test_moving(book, move, result, folder):
    book.move(*move)
    assert order(book) == result
    assert book.find(move[0]).folder == folder
    assert folder in ("", *book.folders)


async def test_folders(book):
    assert book.add_folder("F") == "F 2"
    assert book.add_folder(" ") == "New folder"
    assert book.rename_folder("F", "G") == "G 2"
    assert book.rename_folder("G", "  ") == "G"
    assert {profile.folder for profile in (book.find("a"), book.find("b"))} == {"G 2"}
    book.move_folder("New folder", "G 2")
    assert book.folders == ("New folder", "G 2", "G", "F 2")
    removed = book.remove_folder("G 2")
    assert all(profile.folder == "" for profile in book.profiles)
    book.move("b", "G")
    book.restore_folder(removed)
    assert book.folders == ("New folder", "G 2", "G", "F 2")
    assert [book.find(name).folder for name in "abc"] == ["G 2", "G", ""]


async def test_touch_notes_the_time(book):
    book.touch("a")
    book.touch("unknown")
    assert abs(book.find("a").last_used - time.time()) < 5
