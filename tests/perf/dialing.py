# SPDX-License-Identifier: MIT
"""`dialing`, part of `reconnect`: whether the window stays fluid while it connects to hosts that do not answer, and how soon a cancel is done."""

from __future__ import annotations

import json
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.perf.processes import wait_until
from tests.perf.receivers import Line, Receiver
from tests.perf.run import Run
from tests.support.scripted_peer import ScriptedPeer, mute, read_head

DRIP_S = 1.0
_ANSWER = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
_FILLING = 8
SLACK_S = 30.0


def dialing(run: Run) -> Iterator[Line]:
    """Yields a row per host that does not answer."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        silent, dripping = (stack.enter_context(ScriptedPeer(script)) for script in (mute, _drip))
        urls = {
            "never accepts": f"mqtt://127.0.0.1:{stack.enter_context(_full_queue())}",
            "accepts and says nothing": f"mqtt://127.0.0.1:{silent.port}",
            "mute TLS peer": f"mqtts://127.0.0.1:{silent.port}",
            "dripping websocket": f"ws://127.0.0.1:{dripping.port}/mqtt",
        }
        record = folder / "record.jsonl"
        command = [sys.executable, "-m", "tests.perf.dialing_probe", str(record), str(run.size.dial_s)]
        metrics = folder / "metrics.jsonl"
        command += [*urls.values(), "--", "--config", str(folder / "config"), "--metrics", str(metrics)]
        receiver = stack.enter_context(Receiver(command, metrics, [], run.screen_environment))

        def finished() -> bool:
            receiver.lines()  # raises when the program met an error
            return len(_events(record)) == 1 + len(urls)

        wait_until(finished, "the end of all attempts", (1 + len(urls)) * run.size.dial_s + SLACK_S)
        idle, *dialled = _events(record)
    for host, event in zip(urls, dialled, strict=True):
        gaps, quiet = event["gaps"], idle["gaps"]
        yield {
            "case": "dialing",
            "host": host,
            "gap_p99_ms": gaps["p99"],
            "gap_max_ms": gaps["max"],
            "idle_gap_p99_ms": quiet["p99"],
            "idle_gap_max_ms": quiet["max"],
            "cancel_ms": round(event["cancel_s"] * 1e3, 1),
            "state_before_cancel": event["state"],
            "seconds": run.size.dial_s,
        }


def _events(record: Path) -> list[dict[str, Any]]:
    if not record.exists():
        return []
    lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


@contextmanager
def _full_queue() -> Iterator[int]:
    """A port whose queue of connections is full: the system answers no further client."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(_FILLING):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


def _drip(sock: socket.socket) -> None:
    """Answers the request for a websocket, a byte a second."""
    read_head(sock)
    for byte in _ANSWER:
        sock.sendall(bytes([byte]))
        time.sleep(DRIP_S)
