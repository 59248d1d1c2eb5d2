# SPDX-License-Identifier: MIT
import json
import os
import signal
import stat
import subprocess
import sys
import time

import msgspec
import pytest

from mqtt_explorer.profiles.settings import Settings
from mqtt_explorer.profiles.settings_file import SettingsError, SettingsFile
from mqtt_explorer.protocol.url import BrokerUrl

posix = pytest.mark.skipif(os.name == "nt", reason="modes and signals of POSIX")
not_root = pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="root may read and write everything"
)
FULL = Settings(
    theme="dark",
    ui_px=11,
    mono_px=20,
    budget_bytes=1 << 30,
    payload_cap=1,
    window_geometry="AdnQywAD==",
    window_layout="AAAA/w+/",
    recent_urls=("mqtt://h:1883", "wss://h:443/mqtt"),
    show_demo_offer=False,
)


@pytest.fixture
def file(tmp_path):
    return SettingsFile(tmp_path / "config")


def write(file, content):
    file.path.parent.mkdir(parents=True, exist_ok=True)
    file.path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())


def names(file):
    return sorted(path.name for path in file.path.parent.iterdir())


def test_a_first_start_has_defaults_and_no_problem_and_makes_nothing(file):
    assert file.load() == Settings()
    assert file.problem is None
    assert not file.path.parent.exists()


@pytest.mark.parametrize("settings", [Settings(), FULL])
def test_what_is_saved_is_loaded(file, settings):
    file.save(settings)
    assert SettingsFile(file.path.parent).load() == settings
    assert names(file) == ["settings.json"]


def test_the_file_is_readable_json_with_a_version(file):
    file.save(FULL)
    content = file.path.read_text()
    assert json.loads(content)["version"] == 1
    assert len(content.splitlines()) > 10


@posix
def test_file_and_folder_are_private_whatever_the_umask(file):
    old = os.umask(0)
    try:
        file.save(FULL)
        file.save(FULL)
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700


@posix
def test_a_linked_file_stays_a_link(file, tmp_path):
    real = tmp_path / "dotfiles" / "mine.json"
    real.parent.mkdir()
    real.write_text("{}")
    file.path.parent.mkdir()
    file.path.symlink_to(real)
    file.save(FULL)
    assert file.path.is_symlink()
    assert file.load() == FULL


def test_unknown_keys_are_kept_as_they_are(file):
    write(
        file,
        b'{"version": 1, "theme": "dark", "later": {"n": 12345678901234567890123, "f": 1.50}, "extra": [1]}',
    )
    settings = file.load()
    assert file.problem is None
    file.save(msgspec.structs.replace(settings, theme="light"))
    text = file.path.read_text()
    assert "12345678901234567890123" in text
    assert "1.50" in text
    saved = json.loads(text)
    assert (saved["theme"], saved["extra"]) == ("light", [1])
    assert SettingsFile(file.path.parent).load().theme == "light"


def test_a_newer_version_is_read_as_far_as_known_and_not_made_older(file):
    write(file, {"version": 7, "theme": "dark", "hologram": True})
    settings = file.load()
    assert settings.theme == "dark"
    assert "newer version" in file.problem
    file.save(settings)
    saved = json.loads(file.path.read_bytes())
    assert (saved["version"], saved["hologram"]) == (7, True)


def test_an_older_file_without_version_is_read(file):
    write(file, {"theme": "light"})
    assert file.load() == Settings(theme="light")
    assert file.problem is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"theme": "dark"',
        b"\x00" * 100,
        b"\xff\xfe{}",
        b"[]",
        b"null",
        b'"text"',
        b"[" * 100_000,
        b'{"a":' * 5_000,
        b" " * (9 * 1024 * 1024),
    ],
    ids=["empty", "brace", "cut", "zeros", "utf16", "list", "null", "text", "deep", "deep objects", "huge"],
)
def test_a_damaged_file_is_kept_aside_and_said(file, content):
    write(file, content)
    assert file.load() == Settings()
    assert "settings.json.bad" in file.problem
    assert str(file.path) in file.problem
    assert file.problem.endswith("starts with its defaults.")
    assert file.path.with_name("settings.json.bad").read_bytes() == content
    file.save(FULL)
    assert file.load() == FULL
    assert file.problem is None


def test_nothing_kept_aside_is_overwritten(file):
    for content in (b"first", b"second", b"third"):
        write(file, content)
        file.load()
    assert names(file) == ["settings.json.bad", "settings.json.bad2", "settings.json.bad3"]
    assert file.path.with_name("settings.json.bad").read_bytes() == b"first"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("theme", "purple"), ("ui_px", 10), ("ui_px", 21), ("ui_px", "13"), ("ui_px", 13.5), ("mono_px", 9), ("mono_px", 10**30), ("budget_bytes", 0), ("budget_bytes", True),
        ("payload_cap", 0), ("payload_cap", None), ("window_geometry", "<svg>"), ("window_layout", 5), ("recent_urls", "mqtt://h"), ("recent_urls", [5]), ("show_demo_offer", "no"),
        ("version", "1"), ("version", True),
    ],
)  # fmt: skip
def test_one_bad_value_costs_that_value_only(file, key, value):
    good = {"theme": "dark", "mono_px": 14}
    good.pop(key, None)
    write(file, {**good, "later": 1, key: value})
    settings = file.load()
    for name, expected in good.items():
        assert getattr(settings, name) == expected
    if key != "version":
        assert getattr(settings, key) == getattr(Settings(), key)
    assert key in file.problem
    assert json.loads(file.path.with_name("settings.json.bad").read_bytes())[key] == value
    file.save(settings)
    assert json.loads(file.path.read_bytes())["later"] == 1
    assert SettingsFile(file.path.parent).load() == settings


def test_a_folder_in_the_files_place_is_moved_aside(file):
    (file.path / "inside").mkdir(parents=True)
    assert file.load() == Settings()
    assert "cannot be read" in file.problem
    file.save(FULL)
    assert file.load() == FULL
    assert (file.path.with_name("settings.json.bad") / "inside").is_dir()


@not_root
def test_an_unreadable_file_is_kept_aside(file):
    write(file, {"theme": "dark"})
    file.path.chmod(0)
    assert file.load() == Settings()
    assert "cannot be read" in file.problem
    aside = file.path.with_name("settings.json.bad")
    aside.chmod(0o600)
    assert json.loads(aside.read_bytes()) == {"theme": "dark"}


@not_root
def test_a_folder_without_write_permission_is_a_clear_error_and_loses_nothing(file):
    file.save(FULL)
    file.path.parent.chmod(0o500)
    try:
        with pytest.raises(SettingsError) as caught:
            file.save(Settings())
        assert "could not be saved" in caught.value.message
        assert file.load() == FULL
    finally:
        file.path.parent.chmod(0o700)


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(file, monkeypatch):
    file.save(FULL)

    def full_disk(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(SettingsError) as caught:
        file.save(Settings())
    assert "No space left on device" in caught.value.message
    assert file.load() == FULL
    assert names(file) == ["settings.json"]


@posix
@pytest.mark.parametrize("call", ["open", "fsync"])
def test_a_folder_that_cannot_be_flushed_is_no_failure_once_the_file_is_in_place(file, monkeypatch, call):
    file.save(Settings())
    refused = []
    real = getattr(os, call)

    def refuses_folders(target, *args, **kwargs):
        if os.path.isdir(target):
            refused.append(target)
            raise OSError(22, "Invalid argument")
        return real(target, *args, **kwargs)

    monkeypatch.setattr(os, call, refuses_folders)
    file.save(FULL)
    assert refused
    monkeypatch.undo()
    assert file.load() == FULL
    assert names(file) == ["settings.json"]


def test_a_file_where_the_folder_should_be_is_a_clear_error(tmp_path):
    (tmp_path / "config").write_text("")
    file = SettingsFile(tmp_path / "config")
    assert file.load() == Settings()
    assert "cannot be read" in file.problem
    with pytest.raises(SettingsError):
        file.save(FULL)


def test_a_temporary_file_of_a_killed_program_is_removed_once_it_is_old(file):
    file.save(FULL)
    old = file.path.with_name(".settings.json.abc.tmp")
    new = file.path.with_name(".settings.json.def.tmp")
    old.write_text("{")
    new.write_text("{")
    os.utime(old, (time.time() - 3_600,) * 2)
    file.load()
    assert names(file) == [".settings.json.def.tmp", "settings.json"]


def test_no_password_reaches_the_disk(file):
    url, user, password = BrokerUrl.parse("wss://canaryuser:canarypw@h/mqtt?token=canarytoken")
    assert (user, password) == ("canaryuser", "canarypw")
    file.save(Settings(recent_urls=("mqtt://canaryuser:canarypw@old",)).with_recent(url))
    assert b"canary" not in file.path.read_bytes()
    assert json.loads(file.path.read_bytes())["recent_urls"] == ["wss://h:443/mqtt", "mqtt://old:1883"]


WRITER = """
import sys
from pathlib import Path
from mqtt_explorer.profiles.settings import Settings
from mqtt_explorer.profiles.settings_file import SettingsFile
file = SettingsFile(Path(sys.argv[1]))
print("ready", flush=True)
number = 0
while True:
    number += 1
    file.save(Settings(ui_px=11 + number % 10, window_layout="ABCD" * (20_000 + number % 10)))
"""


@posix
def test_a_program_killed_while_it_writes_leaves_a_whole_file(file):
    file.save(FULL)
    seen = set()
    for round_number in range(8):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file.path.parent)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout.readline() == "ready\n"
            time.sleep(0.02 + 0.007 * round_number)
            writer.send_signal(signal.SIGKILL)
            assert writer.wait() == -signal.SIGKILL
        settings = file.load()
        assert file.problem is None
        if settings != FULL:
            assert len(settings.window_layout) == 4 * (20_000 + settings.ui_px - 11)
        seen.add(settings.ui_px)
    assert seen - {FULL.ui_px} or len(seen) > 1, "no write ever finished: the test proves nothing"
    file.save(FULL)
    assert file.load() == FULL
