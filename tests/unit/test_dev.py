# SPDX-License-Identifier: MIT
"""dev.py: what it finds missing, what it says, and how it reads its arguments. packaging/fresh_root.sh proves the set-up itself."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def dev():
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "dev.py"), *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture
def bare(dev, monkeypatch):
    """A Debian with a Python and nothing else, for a user without sudo."""
    monkeypatch.setattr(dev, "has_library", lambda name: False)
    monkeypatch.setattr(dev, "find_program", lambda name: None)
    monkeypatch.setattr(dev, "has_font", lambda prefix: False)
    monkeypatch.setattr(dev, "apt_install", lambda missing: False)
    monkeypatch.setattr(dev.shutil, "which", lambda name, **_: f"/usr/bin/{name}")
    monkeypatch.setattr(dev.sys, "platform", "linux")
    return dev


def test_help_explains_each_word(dev):
    shown = run("--help")
    assert shown.returncode == 0
    for word in dev.WORDS:
        assert f"dev.py {word} " in shown.stdout.replace("\n", " \n")


@pytest.mark.parametrize("arguments", [[], ["tests"]])
def test_a_missing_or_unknown_word_is_wrong_usage(arguments):
    answer = run(*arguments)
    assert answer.returncode == 2
    assert "dev.py demo" in answer.stderr
    assert answer.stdout == ""


def test_a_bare_machine_gets_one_line_with_everything(bare, capsys):
    with pytest.raises(SystemExit) as end:
        bare.prepare_system("test", sys.executable)
    assert end.value.code == 1
    text = capsys.readouterr().err
    (line,) = re.findall(r"^ +(sudo apt-get update && sudo apt-get install .*)$", text, re.MULTILINE)
    assert {"libgl1", "libxcb-cursor0", "mosquitto", "xvfb", "fonts-inter"} <= set(line.split())
    assert "|" not in line
    assert "`test` cannot work" in text


def test_missing_fonts_stop_nothing(bare, monkeypatch, capsys):
    monkeypatch.setattr(bare, "has_library", lambda name: True)
    monkeypatch.setattr(bare, "find_program", lambda name: f"/usr/bin/{name}")
    bare.prepare_system("test", sys.executable)
    text = capsys.readouterr().err
    assert "fonts-inter fonts-jetbrains-mono" in text
    assert "Going on without them" in text


@pytest.mark.parametrize(
    ("word", "missing", "needed"),
    [
        ("check", ["libgl1", "mosquitto"], []),
        ("check", ["python3-venv"], ["python3-venv"]),
        ("run", ["libgl1", "mosquitto", "xvfb"], ["libgl1"]),
        ("test", ["libgl1", "mosquitto", "fonts-inter"], ["libgl1", "mosquitto"]),
        ("demo", ["xvfb", "mosquitto"], ["xvfb"]),
    ],
)
def test_a_word_needs_only_what_it_uses(dev, monkeypatch, word, missing, needed):
    monkeypatch.setattr(dev, "has_display", lambda: False)
    assert dev.needed_packages(word, missing) == needed


def test_a_system_without_apt_is_told_the_contents(bare, monkeypatch, capsys):
    monkeypatch.setattr(bare.shutil, "which", lambda name, **_: None)
    with pytest.raises(SystemExit):
        bare.prepare_system("run", sys.executable)
    text = capsys.readouterr().err
    assert "libxcb-cursor.so.0" in text
    assert "apt" not in text


def test_no_suitable_python_is_said_in_a_sentence(dev, monkeypatch, capsys):
    monkeypatch.setattr(dev, "version_of", lambda python: (3, 10, 4))
    with pytest.raises(SystemExit):
        dev.choose_python()
    assert "Python 3.11 to 3.14 is needed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "seconds", "rest"),
    [
        ([], None, []),
        (["--for", "10"], 10.0, []),
        (["-V", "3.1.1", "--for", "0.5", "-q", "1"], 0.5, ["-V", "3.1.1", "-q", "1"]),
    ],
)
def test_for_is_taken_and_the_rest_passed_on(dev, arguments, seconds, rest):
    assert dev.take_seconds(arguments) == (seconds, rest)


@pytest.mark.parametrize("arguments", [["--for"], ["--for", "ten"]])
def test_for_without_a_number_is_refused(dev, arguments, capsys):
    with pytest.raises(SystemExit):
        dev.take_seconds(arguments)
    assert "--for takes a number of seconds" in capsys.readouterr().err


def test_the_status_line_reads_the_newest_metrics(dev, tmp_path):
    file = tmp_path / "metrics.jsonl"
    assert dev.status_line(file) == "starting"
    newest = {"state": "connected", "topics": 203, "received": 4_711, "received_per_s": 49.6, "dropped": 2}
    newest |= {"loop_gap_ms": {"p50": 0.2, "p99": 1.23, "max": 8}, "rss_bytes": 123_000_000}
    file.write_text('{"state": "connecting"}\n' + json.dumps(newest) + "\n", encoding="utf-8")
    expected = "connected · 203 topics · 4711 messages · 50/s · dropped 2 · loop lag p99 1.2 ms · 123 MB"
    assert dev.status_line(file) == expected
    file.write_text('{"state": "conn', encoding="utf-8")
    assert dev.status_line(file) == "starting"
