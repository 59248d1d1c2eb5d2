# SPDX-License-Identifier: MIT
"""How the demo's processes are started, and how they end with the one that started them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

#: In a frozen program this first argument means: be the demo's process named by the next one.
HIDDEN_ARGUMENT = "--demo-process"


def command(*words: str) -> list[str]:
    """The command line that runs one of the demo's processes.

    ``-P`` keeps the working folder off the module path: a stray ``json.py`` there must not become ours.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, HIDDEN_ARGUMENT, *words]
    return [sys.executable, "-P", "-m", "mqtt_explorer.demo", *words]


def environment() -> dict[str, str]:
    """Our environment with the package findable, also when it runs from a source folder that is not installed."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def session_options() -> dict[str, Any]:
    """Popen's arguments for a session of its own: Ctrl+C in the terminal ends the program, and the program ends the demo."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def wait_for_parent() -> None:
    """Blocks until the pipe at our standard input closes: the process that started us is gone.

    Reads the descriptor: a lock of `sys.stdin`, held by a waiting thread, would abort the interpreter at exit.
    """
    while os.read(0, 4096):
        pass


def end_with_parent() -> None:
    """Ends this process at once when the pipe at its standard input closes: its parent is gone."""

    def watch() -> None:
        wait_for_parent()
        os._exit(0)

    threading.Thread(target=watch, name="parent", daemon=True).start()
