# SPDX-License-Identifier: MIT
"""The program as shipped, with its window on a virtual screen, driven by keys and the mouse like a user's."""

from __future__ import annotations

import os
import subprocess
from types import TracebackType

from tests.support.mosquitto import find_program

WIDTH, HEIGHT = 1400, 900


class Screen:
    """An Xvfb of our own; it ends with the `with` block."""

    def __enter__(self) -> Screen:
        reader, writer = os.pipe()
        command = [
            find_program("Xvfb"),
            "-displayfd",
            str(writer),
            "-screen",
            "0",
            f"{WIDTH}x{HEIGHT}x24",
            "-nolisten",
            "tcp",
        ]
        self._process = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise RuntimeError("Xvfb ended before it opened a screen")
        self.display = f":{number}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()

    def environment(self) -> dict[str, str]:
        """The environment of a program that is to open its window here."""
        own = {
            key: value
            for key, value in os.environ.items()
            if key not in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
        }
        return {**own, "DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    def xdotool(self, *arguments: object) -> str:
        """Runs xdotool on this screen and returns what it prints."""
        command = [find_program("xdotool"), *map(str, arguments)]
        done = subprocess.run(
            command,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip()
