# SPDX-License-Identifier: MIT
"""Our side of a benchmark: a process that appends one JSON object a second to a metrics file."""

from __future__ import annotations

import itertools
import json
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from tests.perf.broker import BenchBroker
from tests.perf.processes import REPOSITORY, SocketMeter, cpu_seconds, wait_until

Line = dict[str, Any]
MIB = 1024 * 1024
BUDGET_BYTES = 256 * MIB


class Receiver:
    """A running program of ours; it ends with the `with` block.

    Attributes:
        process: For its processor time and memory.
        meter: What it has read from the broker.
    """

    def __init__(
        self,
        command: Sequence[str],
        metrics: Path,
        ports: Sequence[int],
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._metrics = metrics
        self._log = metrics.with_suffix(".log")
        self._position = 0
        self._brokers = len(ports)
        self._lines: list[Line] = []
        with self._log.open("wb") as log:
            self._popen = subprocess.Popen(command, cwd=REPOSITORY, env=env, stdout=log, stderr=log)
        self.process = psutil.Process(self._popen.pid)
        self.meter = SocketMeter(*((self._popen.pid, port) for port in ports))

    def lines(self) -> list[Line]:
        """All metrics so far, oldest first.

        Raises:
            RuntimeError: The program has ended by itself or met an error; the text holds what it said. Figures of a program that
                failed inside would look better than they are.
        """
        if self._popen.poll() is not None:
            raise RuntimeError(f"the program ended with status {self._popen.returncode}:\n{self._said()}")
        if "Traceback" in (said := self._said()):
            raise RuntimeError(f"an error happened in the program:\n{said}")
        if self._metrics.exists():
            with self._metrics.open("rb") as file:
                file.seek(self._position)
                data = file.read()
            whole = data[: data.rfind(b"\n") + 1]  # a line may be half written
            self._position += len(whole)
            self._lines += [json.loads(line) for line in whole.splitlines()]
        return self._lines

    def newest(self, name: str) -> Any:
        """One figure of the newest line; 0 before there is one."""
        lines = self.lines()
        return lines[-1][name] if lines else 0

    def wait_connected(self) -> None:
        """Waits for a metrics line that says connected, and for the one after it: the subscription stands by then.

        Raises:
            RuntimeError: It does not connect; the text holds what it said.
        """
        try:
            wait_until(self.connected, "a connection of ours", 15)
        except TimeoutError as error:
            raise RuntimeError(f"{error}:\n{self._said()}") from error
        self.wait_lines(1)

    def connected(self) -> bool:
        """Whether all its connections stood when the newest line was written."""
        lines = self.lines()
        states = [connection["state"] for connection in lines[-1]["connections"]] if lines else []
        return states == ["connected"] * self._brokers

    def wait_lines(self, count: int) -> None:
        """Waits for so many further lines."""
        target = len(self.lines()) + count
        wait_until(lambda: len(self.lines()) >= target, "a line of metrics", 30 + 5 * count)

    def wait_received(self, messages: int, timeout_s: float = 10.0) -> int:
        """Waits until so many messages are counted, but no longer than the time given; returns how many are."""
        try:
            wait_until(lambda: self.newest("received") >= messages, "messages", timeout_s)
        except TimeoutError:
            pass  # the caller reports what is missing: it is lost
        return int(self.newest("received"))

    def unfold(self) -> None:
        """Opens a branch of the tree; without a window there is none."""

    def search(self, text: str) -> None:
        """Types a text into the search bar; nothing without a window."""

    def hide(self) -> None:
        """Takes the window off the screen; without a window there is none."""

    def cpu_seconds(self) -> float:
        """Processor time used so far, all threads."""
        return cpu_seconds(self.process)

    def _said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-4_000:]

    def stop(self) -> None:
        """Ends it as a user would (SIGTERM), and by force after 20 seconds."""
        if self._popen.poll() is None:
            self._popen.send_signal(signal.SIGTERM)
            try:
                self._popen.wait(20)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()

    def __enter__(self) -> Receiver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def seconds_of(line: Line) -> float:
    """When a metrics line was written, in seconds since the epoch."""
    return datetime.fromisoformat(line["time"]).timestamp()


def gaps_within(lines: list[Line], begin: float, end: float) -> list[Line]:
    """The `loop_gap_ms` of all lines whose second touches a span (seconds since the epoch)."""
    found = []
    for before, line in itertools.pairwise(lines):
        if seconds_of(line) >= begin and seconds_of(before) <= end and line["loop_gap_ms"]["p99"] is not None:
            found.append(line["loop_gap_ms"])
    return found


def summarise_gaps(gaps: list[Line]) -> dict[str, float | None]:
    """Puts the figures of several seconds together without inventing any.

    `gap_p99_ms` is the median of the seconds' 99th percentiles, `gap_p99_worst_second_ms` their maximum (the 99th percentile over all
    seconds lies below it), `gap_max_ms` the greatest gap of all.
    """
    if not gaps:
        return {"gap_p99_ms": None, "gap_p99_worst_second_ms": None, "gap_max_ms": None}
    return {
        "gap_p99_ms": round(statistics.median(gap["p99"] for gap in gaps), 2),
        "gap_p99_worst_second_ms": round(max(gap["p99"] for gap in gaps), 2),
        "gap_max_ms": round(max(gap["max"] for gap in gaps), 2),
    }


def start_engine(
    folder: Path,
    brokers: Sequence[BenchBroker],
    *,
    scheme: str = "mqtt",
    version: str = "5",
    qos: int = 0,
    budget_bytes: int | None = BUDGET_BYTES,
    settings: Line | None = None,
) -> Receiver:
    """Starts everything but the window, which `settings` would be about: a `Connection` per broker in a plain asyncio loop."""
    metrics = run_folder(folder) / "metrics.jsonl"
    command = [
        sys.executable,
        "-m",
        "tests.perf.engine_probe",
        "--metrics",
        str(metrics),
        "--version",
        version,
    ]
    command += ["--qos", str(qos)]
    if scheme in ("mqtts", "wss"):
        command += ["--cafile", str(brokers[0].certificates.ca)]
    if budget_bytes is not None:
        command += ["--budget", str(budget_bytes)]
    command += [broker.url(scheme) for broker in brokers]
    return Receiver(command, metrics, [broker.ports[scheme] for broker in brokers])


def run_folder(folder: Path) -> Path:
    """Makes an empty folder for one run of a program."""
    return Path(tempfile.mkdtemp(prefix="run-", dir=folder))
