# SPDX-License-Identifier: MIT
"""`dev.py shots` takes its pictures: one theme, one scale."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QImage

ROOT = Path(__file__).resolve().parents[2]
NAMES = {
    *(
        "start",
        "start-empty",
        "start-narrow",
        "start-wide",
        "start-options",
        "start-error",
        "start-connecting",
    ),
    *("start-failed", "password"),
    *(
        "form-problem",
        "form-problem-narrow",
        "form-new",
        "form-open",
        "form-basic",
        "form-tls",
        "form-session",
    ),
    *("form-will", "form-subscriptions", "form-websocket", "held", "held-narrow", "closing-3", "closing-500"),
    *("tabs-3", "tabs-3-narrow", "tabs-3-least", "tabs-12", "tabs-12-narrow", "tabs-12-least"),
    *("window", "window-wide", "window-narrow", "window-log", "window-paused", "window-disconnected"),
    *(
        f"{name}{size}"
        for name in (
            "favourites",
            "messages-filter",
            "messages-paused",
            "noise",
            "search",
            "search-error",
            "window-explore",
        )
        for size in ("", "-narrow", "-least")
    ),
    *("messages-no-match", "search-no-hit", "palette", "palette-no-hit", "palette-topics"),
    *("window-waiting", "window-failed", "window-refused", "window-error-strip", "settings", "help", "error"),
}
SIZES = {"window": (1360, 820), "window-narrow": (900, 700), "start-wide": (1920, 1080)}


def colours(image: QImage) -> int:
    return len({image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)})


def test_every_state_has_its_picture(tmp_path):
    command = [sys.executable, "-m", "tests.shots", str(tmp_path), "--scale", "1", "--theme", "light"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr
    assert {file.name for file in tmp_path.iterdir()} == {f"{name}-light-1x.png" for name in NAMES}
    for name in NAMES:
        image = QImage(str(tmp_path / f"{name}-light-1x.png"))
        assert colours(image) > 20, name
        if name in SIZES:
            assert (image.width(), image.height()) == SIZES[name]
