# SPDX-License-Identifier: MIT
"""Where mosquitto and amqtt are on this machine."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path


def find_mosquitto() -> Path | None:
    """Finds the mosquitto program; None when it is not installed.

    Debian puts it into ``/usr/sbin``, which is not on a plain user's PATH; a program started from a desktop
    knows neither Homebrew's folders nor ``/usr/local/sbin``.
    """
    places = [os.environ.get("PATH", os.defpath)]
    if sys.platform == "win32":
        roots = (os.environ.get(name) for name in ("ProgramFiles", "ProgramFiles(x86)"))
        places += [str(Path(root) / "mosquitto") for root in roots if root]
    else:
        places += ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/opt/homebrew/opt/mosquitto/sbin"]
        places += ["/usr/local/opt/mosquitto/sbin", "/home/linuxbrew/.linuxbrew/sbin", "/opt/local/sbin"]
    found = shutil.which("mosquitto", path=os.pathsep.join(places))
    return Path(found) if found else None


def amqtt_installed() -> bool:
    """Whether the extra ``demo`` (the embedded broker) is installed."""
    return importlib.util.find_spec("amqtt") is not None


def install_hint() -> str:
    """The end of a sentence: how to get a broker on this system."""
    if sys.platform == "win32":
        return "install Mosquitto from mosquitto.org, or the extra “demo” of this program (amqtt)."
    if sys.platform == "darwin":
        return "install it with “brew install mosquitto”, or the extra “demo” of this program (amqtt)."
    return "install your system's package “mosquitto”, or the extra “demo” of this program (amqtt)."
