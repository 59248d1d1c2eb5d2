# SPDX-License-Identifier: MIT
"""Jobs for the decoding process: it finds them by their module's name, and no test module should have to be loaded there."""

from __future__ import annotations

import os
import signal
import sys
import time
from array import array
from collections.abc import Callable
from typing import Any

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.payload.api import Context, DecodeError, Document

Progress = Callable[[float], None]


def echo(value: Any, progress: Progress) -> Any:
    """The same value."""
    del progress
    return value


def pid(progress: Progress) -> int:
    """Which process this is."""
    del progress
    return os.getpid()


def sleep(seconds: float, progress: Progress) -> int:
    """Takes its time."""
    del progress
    time.sleep(seconds)
    return os.getpid()


def mark_and_sleep(path: str, seconds: float, progress: Progress) -> None:
    """Writes the number of the process into a file, then takes its time."""
    with open(path, "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    os.rename(path, f"{path}.done")
    sleep(seconds, progress)


def numbers(count: int, progress: Progress) -> array[int]:
    """That many numbers."""
    del progress
    return array("Q", range(count))


def steps(count: int, progress: Progress) -> int:
    """Reports each of its steps of a millisecond."""
    for step in range(count):
        time.sleep(0.001)
        progress(step / count)
    return count


def fail(kind: str, progress: Progress) -> None:
    """Raises."""
    del progress
    if kind == "decode":
        raise DecodeError("Byte 3 is wrong.")
    if kind == "ours":
        raise MqttExplorerError("Title", "A sentence.", field="topic", code=7)
    if kind == "local":

        class LocalError(Exception):
            pass

        raise LocalError("nobody can import me")
    raise ValueError("plain", 3)


def eat(count: int, progress: Progress) -> int:
    """Takes memory."""
    del progress
    return len(bytearray(count))


def die(how: str, progress: Progress) -> None:
    """Ends the process."""
    del progress
    if how == "exit":
        os._exit(3)
    os.kill(os.getpid(), getattr(signal, how))


def die_anyhow(*_: Any) -> None:
    """Ends the process, whatever it is given."""
    os._exit(1)


def unpicklable(progress: Progress) -> object:
    """A result that cannot travel."""
    return progress


def modules(progress: Progress) -> set[str]:
    """The first names of what is loaded."""
    del progress
    return {name.partition(".")[0] for name in sys.modules}


def decode(payload: bytes, choice: str, context: Context, progress: Progress) -> tuple[Document, bool]:
    """Does what the payload's first words say: "sleep 0.2", "die SIGKILL", "fail decode", "memory"."""
    del context
    word, argument = payload.split()[:2]
    if word == b"die":
        die(argument.decode(), progress)
    elif word == b"fail":
        fail(argument.decode(), progress)
    elif word == b"memory":
        raise MemoryError
    seconds = float(argument)
    for step in range(4):
        time.sleep(seconds / 4)
        progress(step / 4)
    return Document("slow", f"{choice} in {os.getpid()}", b""), True
