# SPDX-License-Identifier: MIT
import os
import stat

import pytest

from mqtt_explorer.profiles.folders import config_folder, make_private


def test_an_override_wins_and_is_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert config_folder("here") == tmp_path / "here"
    assert config_folder(tmp_path) == tmp_path
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config_folder("~/x") == tmp_path / "x"


def test_the_systems_folder_is_our_own_and_is_not_made_by_asking(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = config_folder()
    assert folder.name == "mqtt-explorer-qt"
    assert not folder.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_new_folder_is_private_and_an_old_one_keeps_its_mode(tmp_path):
    make_private(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    make_private(shared)
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755


def test_a_file_in_the_way_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):  # noqa: PT011 – which subclass depends on the system
        make_private(tmp_path / "file")
