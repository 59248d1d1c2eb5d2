# SPDX-License-Identifier: MIT
"""The program as shipped, with its window on a virtual screen, driven by keys and the mouse like a user's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from tests.perf.broker import BenchBroker
from tests.perf.receivers import BUDGET_BYTES, Line, Receiver, run_folder
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


class Window(Receiver):
    """A running program with its window on a screen."""

    screen: Screen

    def unfold(self) -> None:
        """Opens plant/line0/machine0 in the topic tree with keys: some 30 rows that all change are visible then.

        Raises:
            RuntimeError: The window does not show the connection, so there is no tree to measure.
        """
        # With a connection shown the broker's name stands before the program's; the start page has the program's alone.
        if " – " not in (title := self.screen.xdotool("getwindowname", self._window())):
            raise RuntimeError(f"the window does not show the connection; its title is {title!r}")
        self.screen.xdotool(
            "key", "--delay", "50", "ctrl+1", "Home", "Right", "Down", "Right", "Down", "Right"
        )

    def search(self, text: str) -> None:
        """Types a text into the search bar, with keys."""
        self._window()
        self.screen.xdotool("key", "ctrl+f")
        self.screen.xdotool("type", "--delay", "30", text)

    def hide(self) -> None:
        """Takes the window off the screen."""
        self.screen.xdotool("windowunmap", "--sync", self._window())

    def _window(self) -> str:
        found = self.screen.xdotool(
            "search", "--onlyvisible", "--pid", self.process.pid, "--name", ".+"
        ).split()
        if not found:
            raise RuntimeError("the program shows no window")
        self.screen.xdotool("windowfocus", "--sync", found[-1])
        return found[-1]


class WindowStarter:
    """Starts the program as shipped: its command line, and a configuration folder that holds the memory budget at most."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def start(
        self,
        folder: Path,
        brokers: Sequence[BenchBroker],
        *,
        scheme: str = "mqtt",
        version: str = "5",
        qos: int = 0,
        budget_bytes: int | None = BUDGET_BYTES,
        settings: Line | None = None,
    ) -> Window:
        """Starts `python -m mqtt_explorer`, connected to the brokers."""
        run = run_folder(folder)
        config, metrics = run / "config", run / "metrics.jsonl"
        config.mkdir()
        wanted = dict(settings or {}) | ({} if budget_bytes is None else {"budget_bytes": budget_bytes})
        if wanted:
            (config / "settings.json").write_text(json.dumps(wanted), encoding="utf-8")
        module = "tests.perf.several_brokers" if len(brokers) > 1 else "mqtt_explorer"
        command = [sys.executable, "-m", module, "--config", str(config), "--metrics", str(metrics)]
        if brokers:
            first, *others = [broker.url(scheme) for broker in brokers]
            command += [
                "-t",
                "#",
                "-q",
                str(qos),
                "-V",
                version,
                first,
            ]
            if scheme in ("mqtts", "wss"):
                command += ["--cafile", str(brokers[0].certificates.ca)]
            if others:
                command += ["--also", *others]
        ports = [broker.ports[scheme] for broker in brokers]
        window = Window(command, metrics, ports, self._screen.environment())
        window.screen = self._screen
        return window
