# SPDX-License-Identifier: MIT
"""Favourites and muted branches on a real file: each change is there soon, a full disk loses nothing."""

from __future__ import annotations

import asyncio
import time

import pytest

from mqtt_explorer.app.marks_book import MarksBook, key_for
from mqtt_explorer.profiles.marks import Marks
from mqtt_explorer.profiles.marks_file import MarksFile
from mqtt_explorer.protocol.url import BrokerUrl


@pytest.fixture
async def book(tmp_path, monkeypatch):
    # Between test and teardown pytest-qt handles events with no loop running; the book's task would run there and fail.
    monkeypatch.setattr("pytestqt.plugin._process_events", lambda: None)
    made = MarksBook(tmp_path)
    yield made
    await made.finish()


def on_disk(book):
    return MarksFile(book.path.parent).load()


async def until(condition, seconds=3.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def test_a_change_is_on_the_disk_soon(book):
    marks = book.marks_for("k")
    assert book.marks_for("k") is marks
    assert book.load_problem is None
    start = time.monotonic()
    for n in range(10):
        marks.set_favourite([b"f/%d" % n], on=True)
    marks.set_muted([b"m"], on=True)
    assert book.unsaved
    assert not book.path.exists()
    await until(lambda: not book.unsaved)
    assert time.monotonic() - start < 1.0
    assert on_disk(book) == {"k": Marks(tuple(f"f/{n}" for n in range(10)), ("m",))}
    assert MarksBook(book.path.parent).marks_for("k").is_muted(b"m/x")


async def test_finish_waits_for_no_gathering(book):
    book.marks_for("k").set_muted([b"m"], on=True)
    start = time.monotonic()
    await book.finish()
    assert time.monotonic() - start < 0.3
    assert not book.unsaved
    assert on_disk(book) == {"k": Marks((), ("m",))}


async def test_nothing_changes_nothing_is_written(book):
    book.marks_for("k")
    book.forget("unknown")
    await book.finish()
    assert not book.path.exists()


async def test_a_change_while_it_is_written_is_written_too(book):
    marks = book.marks_for("k")
    marks.set_muted([b"1"], on=True)
    book._saver.save_now()
    await asyncio.sleep(0)
    marks.set_muted([b"2"], on=True)
    await until(lambda: not book.unsaved)
    assert on_disk(book) == {"k": Marks((), ("1", "2"))}


async def test_a_forgotten_broker_is_gone_and_stays_gone(book):
    marks = book.marks_for("k")
    marks.set_muted([b"m"], on=True)
    book.marks_for("other").set_favourite([b"f"], on=True)
    await book.finish()
    book.forget("k")
    marks.set_muted([b"too late"], on=True)
    await book.finish()
    assert on_disk(book) == {"other": Marks(("f",), ())}
    assert book.marks_for("k") is not marks
    assert not book.marks_for("k").muted


async def test_forgotten_while_it_is_written_it_is_gone_too(book):
    book.marks_for("k").set_muted([b"m"], on=True)
    book._saver.save_now()
    await asyncio.sleep(0)
    book.forget("k")
    await book.finish()
    assert on_disk(book) == {}
    assert not book.marks_for("k").muted


async def test_a_disk_that_fails_is_told_and_tried_again(book, monkeypatch):
    told = []
    book.problem.connect(told.append)
    real = book._file._file.write

    def full(content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(book._file._file, "write", full)
    book.marks_for("k").set_muted([b"m"], on=True)
    await until(lambda: told)
    assert "No space left" in told[0]
    assert book.unsaved
    monkeypatch.setattr(book._file._file, "write", real)
    await book.finish()
    assert on_disk(book) == {"k": Marks((), ("m",))}
    assert len(told) == 1


async def test_another_program_is_heard_for_brokers_not_opened_here(book):
    MarksFile(book.path.parent).save({"theirs": Marks(("t",), ())})
    book.marks_for("ours").set_muted([b"m"], on=True)
    await book.finish()
    assert on_disk(book) == {"theirs": Marks(("t",), ()), "ours": Marks((), ("m",))}
    assert book.marks_for("theirs").is_favourite(b"t")


async def test_what_another_program_marks_is_there_when_the_broker_is_opened(tmp_path):
    first = MarksBook(tmp_path)
    first.marks_for("x").set_favourite([b"one"], on=True)
    await first.finish()
    ours, theirs = MarksBook(tmp_path), MarksBook(tmp_path)
    theirs.marks_for("x").set_favourite([b"two"], on=True)
    theirs.marks_for("z").set_favourite([b"zzz"], on=True)
    await theirs.finish()
    ours.marks_for("y").set_favourite([b"y"], on=True)
    await ours.finish()  # and so the file was read
    ours.marks_for("x").set_favourite([b"three"], on=True)
    theirs.marks_for("z").set_favourite([b"zz"], on=True)
    await theirs.finish()
    await ours.finish()
    assert on_disk(ours) == {
        "x": Marks(("one", "two", "three"), ()),
        "y": Marks(("y",), ()),
        "z": Marks(("zzz", "zz"), ()),
    }


async def test_the_file_is_looked_at_when_a_broker_is_opened(tmp_path):
    ours, theirs = MarksBook(tmp_path), MarksBook(tmp_path)
    theirs.marks_for("x").set_favourite([b"theirs"], on=True)
    await theirs.finish()
    assert ours.marks_for("x").is_favourite(b"theirs")
    ours.marks_for("x").set_favourite([b"ours"], on=True)
    await ours.finish()
    assert on_disk(ours) == {"x": Marks(("theirs", "ours"), ())}


async def test_a_broken_file_is_told(tmp_path):
    (tmp_path / "topics.json").write_bytes(b"{")
    book = MarksBook(tmp_path)
    assert "topics.json.bad" in book.load_problem
    assert not book.marks_for("k").favourites


def test_the_key_holds_no_login():
    url, _, _ = BrokerUrl.parse("mqtts://user:secret@broker.example:8883")
    assert key_for(url, "abc") == "abc"
    assert key_for(url) == "url:mqtts://broker.example:8883"


async def test_a_broker_that_is_saved_keeps_its_marks(tmp_path):
    book = MarksBook(tmp_path)
    marks = book.marks_for("url:mqtt://127.0.0.1:1883")
    marks.set_favourite([b"a/b"], on=True)
    book.adopt("saved", marks)
    marks.set_muted([b"c"], on=True)
    await book.finish()
    kept = MarksBook(tmp_path).marks_for("saved")
    assert (kept.favourites, kept.muted) == ((b"a/b",), {b"c"})


async def test_a_chosen_decoder_is_on_the_disk_soon_and_forgotten_with_the_broker(book):
    marks = book.marks_for("k")
    marks.decoders.set("plant/+/frame", "hex")
    assert book.unsaved
    await book.finish()
    assert on_disk(book) == {"k": Marks(decoders=(("plant/+/frame", "hex"),))}
    book.forget("k")
    await book.finish()
    assert on_disk(book) == {}
    marks.decoders.set("a", "text")
    marks.set_muted([b"m"], on=True)
    assert not book.unsaved
