# SPDX-License-Identifier: MIT
"""The guard: starts the demo's broker and simulator, and ends them when the program is gone – however it went.

The program holds the other end of our standard input. The system closes it also after ``kill -9``, and unlike
Linux's parent-death signal that works on every system and with a broker that changes its user.
On standard output we report one JSON object a line: ``{"port", "version"}`` once, or ``{"error"}``; later ``{"ended"}``.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.metadata
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from mqtt_explorer.demo import children
from mqtt_explorer.demo.client import Client

READY_TIMEOUT_S = 10.0
TERMINATE_TIMEOUT_S = 1.0
_PR_SET_PDEATHSIG = 1
_PARENT_GONE = "parent"

Events = queue.SimpleQueue[str]


def main(arguments: list[str]) -> int:
    """The guard's process: ``mosquitto PROGRAM`` or ``amqtt``."""
    events: Events = queue.SimpleQueue()

    def on_signal(number: int, frame: FrameType | None) -> None:
        events.put(_PARENT_GONE)

    signal.signal(signal.SIGTERM, on_signal)
    port = free_port()
    broker: subprocess.Popen[bytes] | None = None
    simulator: subprocess.Popen[bytes] | None = None
    with contextlib.ExitStack() as stack:
        try:
            if arguments[0] == "mosquitto":
                version = mosquitto_version(arguments[1])
                folder = stack.enter_context(configuration(port))
                broker = _start_mosquitto(arguments[1], folder)
            else:
                version = importlib.metadata.version("amqtt")
                broker = _start_child("amqtt", str(port), stderr=subprocess.PIPE)
            said = _watch(broker, events)
            if problem := wait_until_ready(port, events, said):
                report(error=problem)
                return 1
            stack.close()  # it has read its configuration: from here on nothing of ours is in the temporary folder
            simulator = _start_child("simulator", str(port))
            _wait_in_thread(simulator, "simulator", events)
            report(port=port, version=version)
            if (ended := events.get()) != _PARENT_GONE:
                report(ended=_why(ended, said))
            return 0
        except (OSError, subprocess.SubprocessError) as error:
            report(error=f"the system said “{error}”")
            return 1
        finally:
            # The simulator first: it should not see its broker go.
            for process in filter(None, (simulator, broker)):
                end(process)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def mosquitto_version(program: str) -> str:
    """The version mosquitto's help names; "" when it names none."""
    shown = subprocess.run([program, "-h"], capture_output=True, check=False, timeout=5).stdout
    found = re.search(rb"mosquitto version (\S+)", shown)
    return found[1].decode() if found else ""


def configuration_lines(port: int) -> list[str]:
    """The configuration of mosquitto: this machine only, everybody, nothing kept on disk."""
    lines = [
        f"listener {port} 127.0.0.1",
        "allow_anonymous true",
        "persistence false",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        # A window that was stopped for a while (a debugger, a laptop's lid) finds its messages, up to a bound.
        "max_queued_messages 0",
        "max_queued_bytes 67108864",
        # 2.1 refuses payloads of 2 MiB unless this is set; it is MQTT's own limit.
        "max_packet_size 268435455",
        "set_tcp_nodelay true",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Else it would become user mosquitto: not possible in a container without that user, it could not read our
        # configuration, and it would lose the parent-death signal. For a plain user the line has no effect.
        lines.append("user root")
    return lines


@contextlib.contextmanager
def configuration(port: int) -> Iterator[Path]:
    """A temporary folder that holds ``mosquitto.conf`` as long as the broker reads it."""
    with tempfile.TemporaryDirectory(prefix="mqtt-explorer-qt-demo-") as name:
        folder = Path(name)
        text = "\n".join(configuration_lines(port)) + "\n"
        (folder / "mosquitto.conf").write_text(text, encoding="utf-8")
        yield folder


def wait_until_ready(port: int, events: Events, said: deque[str]) -> str | None:
    """Waits until the broker accepts a client; returns the end of a sentence when it does not."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            ended = events.get(timeout=0.01)
        except queue.Empty:
            pass
        else:
            return "the program ended" if ended == _PARENT_GONE else _why(ended, said)
        # Not ready yet is an OSError; a stranger on the port (ValueError) leaves our broker without one: it ends.
        with contextlib.suppress(OSError, ValueError), Client(port, "mxq-demo-guard"):
            return None
    return f"it did not answer within {READY_TIMEOUT_S:.0f} seconds"


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a child in order, or else by force."""
    process.terminate()
    try:
        process.wait(TERMINATE_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def report(**fields: Any) -> None:
    """Tells the program; when it is gone there is nobody to tell."""
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(fields).encode() + b"\n")


def _start_mosquitto(program: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [program, "-c", str(folder / "mosquitto.conf")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        bufsize=0,
        preexec_fn=_parent_death_signal(),
    )


def _parent_death_signal() -> Callable[[], None] | None:
    """What makes Linux end the broker when the guard itself is killed; our own children watch a pipe instead."""
    if not sys.platform.startswith("linux"):
        return None
    # Loaded before the fork: afterwards only the call may happen.
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))

    return ask


def _start_child(*words: str, stderr: int | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        children.command(*words),
        env=children.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        bufsize=0,
    )


def _watch(broker: subprocess.Popen[bytes], events: Events) -> deque[str]:
    """Watches the broker and our standard input from threads; returns what the broker says, the newest lines."""
    said: deque[str] = deque(maxlen=20)

    def listen() -> None:
        assert broker.stderr is not None
        for line in broker.stderr:
            said.append(line.decode(errors="replace").strip())
        broker.wait()
        events.put("broker")

    def watch_parent() -> None:
        children.wait_for_parent()
        events.put(_PARENT_GONE)

    for work in (listen, watch_parent):
        threading.Thread(target=work, name=work.__name__, daemon=True).start()
    return said


def _wait_in_thread(process: subprocess.Popen[bytes], name: str, events: Events) -> None:
    def wait() -> None:
        process.wait()
        events.put(name)

    threading.Thread(target=wait, name=f"wait for {name}", daemon=True).start()


def _why(ended: str, said: deque[str]) -> str:
    last = f", saying “{said[-1]}”" if ended == "broker" and said else ""
    return f"the {ended} ended by itself{last}"
