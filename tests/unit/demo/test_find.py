# SPDX-License-Identifier: MIT
from __future__ import annotations

import sys

import pytest

from mqtt_explorer.demo import find


@pytest.mark.skipif(sys.platform == "win32", reason="a program is found by its mode bits")
def test_mosquitto_on_the_path_comes_first(tmp_path, monkeypatch):
    program = tmp_path / "mosquitto"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find.find_mosquitto() == program


@pytest.mark.skipif(sys.platform == "win32", reason="a program is found by its mode bits")
def test_mosquitto_is_found_where_the_path_does_not_look(tmp_path, monkeypatch):
    looked = []
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(find.shutil, "which", lambda name, path: looked.append(path))
    assert find.find_mosquitto() is None
    places = looked[0].split(":")
    assert places[0] == str(tmp_path)
    assert {"/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"} <= set(places)


@pytest.mark.parametrize(
    ("platform", "says"), [("linux", "“mosquitto”"), ("darwin", "brew install"), ("win32", "mosquitto.org")]
)
def test_the_hint_names_the_package_of_the_system(platform, says, monkeypatch):
    monkeypatch.setattr(sys, "platform", platform)
    assert says in find.install_hint()
