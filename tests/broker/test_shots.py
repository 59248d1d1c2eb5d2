# SPDX-License-Identifier: MIT
"""`dev.py shots` takes its pictures: one theme, one scale, a part at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.shots import DOCS, PARTS

ROOT = Path(__file__).resolve().parents[2]


def _sizes(*names: str) -> set[str]:
    return {f"{name}{size}" for name in names for size in ("", "-narrow", "-least")}


NAMES = {
    "start": {
        *("start", "start-empty", "start-narrow", "start-wide", "start-options", "start-error"),
        *("start-connecting", "start-failed", "password"),
    },
    "window": {
        *("window", "window-wide", "window-narrow", "window-log", "window-paused", "window-disconnected"),
        *("window-error-strip", "settings", "help", "error"),
    },
    "explore": {
        *_sizes("favourites", "messages-filter", "messages-paused", "noise", "search", "search-error"),
        *_sizes("window-explore"),
        *("messages-no-match", "search-no-hit", "palette", "palette-no-hit", "palette-topics"),
    },
    "message": {
        *_sizes("message-tree", "message-diff", "message-hex", "message-properties", "snapshots"),
        *("message-pretty", "message-raw", "message-picture", "message-diff-lines", "message-diff-bytes"),
        *("message-properties-response", "message-decoders", "message-not-decoded", "message-cut"),
        *("message-giant", "message-giant-cancelled", "message-alone", "message-alone-hex"),
        *("snapshots-empty", "snapshots-tall"),
    },
    "troubled": {"window-waiting", "window-failed", "window-refused"},
    "brokers": {
        *("form-problem", "form-problem-narrow", "form-new", "form-open", "form-basic", "form-tls"),
        *("form-session", "form-will", "form-subscriptions", "form-websocket"),
        *("held", "held-narrow", "closing-3", "closing-500"),
        *_sizes("tabs-3", "tabs-12"),
    },
}
SIZES = {"window": (1360, 820), "window-narrow": (900, 700), "start-wide": (1920, 1080)}


def colours(image: QImage) -> int:
    return len({image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)})


@pytest.mark.parametrize("part", PARTS)
def test_every_state_has_its_picture(part, tmp_path):
    command = [sys.executable, "-m", "tests.shots", str(tmp_path), "--part", part]
    command += ["--scale", "1", "--theme", "light", "--history", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    assert {file.name for file in tmp_path.iterdir()} == {f"{name}-light-1x.png" for name in NAMES[part]}
    for name in NAMES[part]:
        image = QImage(str(tmp_path / f"{name}-light-1x.png"))
        assert colours(image) > 20, name
        if name in SIZES:
            assert (image.width(), image.height()) == SIZES[name]


def test_the_readme_shows_pictures_that_are_taken():
    assert {*DOCS} <= {name for part in NAMES.values() for name in part}
    readme = (ROOT / "README.md").read_text()
    for saved_as in DOCS.values():
        assert f"docs/{saved_as}-" in readme, saved_as
        for theme in ("dark", "light"):
            assert (ROOT / "docs" / f"{saved_as}-{theme}.png").is_file()
