# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import sys
import threading
import time

import msgspec
import pytest

from mqtt_explorer.export.csv_text import CsvText
from mqtt_explorer.export.ndjson import Ndjson
from mqtt_explorer.export.writer import ExportWriter, encoder_for
from mqtt_explorer.protocol.message import Message


def message(seq):
    return Message(seq, 10**18, 0, (0, b"a", b"", b"x", 1))


def lines(path):
    return [line["seq"] for line in msgspec.json.Decoder().decode_lines(path.read_bytes())]


def test_the_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "out.ndjson"
    writer = ExportWriter(str(path), Ndjson())
    writer.open()
    writer.write(map(message, range(3)))
    writer.write(map(message, range(3, 5)))
    assert not path.exists()
    assert writer.finish()
    assert lines(path) == [0, 1, 2, 3, 4]
    assert os.listdir(tmp_path) == ["out.ndjson"]
    assert (writer.written, writer.bytes_written) == (5, path.stat().st_size)
    writer.abort()
    assert path.exists()


def test_abort_leaves_nothing_and_the_old_file_as_it_was(tmp_path):
    path = tmp_path / "out.ndjson"
    path.write_text("old")
    writer = ExportWriter(str(path), Ndjson())
    writer.open()
    writer.write([message(1)])
    writer.abort()
    writer.write([message(2)])
    assert not writer.finish()
    writer.abort()
    assert os.listdir(tmp_path) == ["out.ndjson"]
    assert path.read_text() == "old"
    assert writer.written == 1


def test_abort_before_open_opens_nothing(tmp_path):
    writer = ExportWriter(str(tmp_path / "out.csv"), CsvText())
    writer.abort()
    writer.open()
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_only_the_user_may_read_it_and_a_replaced_file_keeps_its_mode(tmp_path):
    fresh, there = tmp_path / "fresh.csv", tmp_path / "there.csv"
    there.write_text("old")
    there.chmod(0o644)
    for path in (fresh, there):
        writer = ExportWriter(str(path), CsvText())
        writer.open()
        writer.finish()
    assert fresh.stat().st_mode & 0o777 == 0o600
    assert there.stat().st_mode & 0o777 == 0o644


def test_what_cannot_be_written_says_so(tmp_path):
    for path in (tmp_path / "nowhere" / "out.csv", tmp_path):
        writer = ExportWriter(str(path), CsvText())
        with pytest.raises(OSError, match=r".+"):
            writer.open()
        writer.abort()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "kind"), [("a.csv", CsvText), ("A.CSV", CsvText), ("a.ndjson", Ndjson), ("a.txt", Ndjson)]
)
def test_the_name_decides_the_format(name, kind):
    assert isinstance(encoder_for(name), kind)


@pytest.mark.skipif(sys.platform == "win32", reason="files of POSIX")
def test_a_pipe_and_a_device_are_refused_at_once(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (str(pipe), os.devnull):
        writer = ExportWriter(path, Ndjson())
        with pytest.raises(OSError, match="a device, a pipe"):
            writer.open()
        writer.abort()
    assert os.listdir(tmp_path) == ["pipe"]


@pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")
def test_links_are_followed_and_a_circle_of_them_says_so(tmp_path):
    for name, target in (("a", "b"), ("b", "a"), ("link", "file")):
        (tmp_path / name).symlink_to(tmp_path / target)
    writer = ExportWriter(str(tmp_path / "a"), Ndjson())
    with pytest.raises(OSError, match="symbolic links"):
        writer.open()
    writer = ExportWriter(str(tmp_path / "link"), Ndjson())
    writer.open()
    writer.finish()
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").is_file()


def test_it_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    done = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("sync"), sync(handle))[1])
    monkeypatch.setattr(os, "replace", lambda *names: (done.append("replace"), replace(*names))[1])
    writer = ExportWriter(str(tmp_path / "out"), Ndjson())
    writer.open()
    writer.finish()
    assert done == ["sync", "replace"]


def test_abort_waits_for_no_disk_and_the_thread_cleans_up(tmp_path, monkeypatch):
    writer = ExportWriter(str(tmp_path / "out"), Ndjson())
    writer.open()
    hangs, go_on = threading.Event(), threading.Event()

    def stalled(data):
        hangs.set()
        assert go_on.wait(10)

    monkeypatch.setattr(writer, "_write", stalled)
    thread = threading.Thread(target=writer.write, args=([message(1)],))
    thread.start()
    assert hangs.wait(10)
    begun = time.monotonic()
    writer.abort()
    writer.abort(0.1)
    assert time.monotonic() - begun < 1
    assert len(os.listdir(tmp_path)) == 1
    go_on.set()
    thread.join(10)
    assert os.listdir(tmp_path) == []
    assert not writer.finish()


def test_abort_ends_a_large_payload_between_two_pieces(tmp_path):
    class Endless:
        head = b""

        def encode(self, messages):
            while True:
                yield b"x"

    writer = ExportWriter(str(tmp_path / "out"), Endless())
    writer.open()
    thread = threading.Thread(target=writer.write, args=([message(1)],))
    thread.start()
    writer.abort()
    thread.join(10)
    assert not thread.is_alive()
    assert os.listdir(tmp_path) == []
