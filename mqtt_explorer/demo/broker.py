# SPDX-License-Identifier: MIT
"""The demo's broker as the program sees it: start it, read where it listens, stop it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mqtt_explorer import tasks
from mqtt_explorer.demo import children
from mqtt_explorer.demo.find import amqtt_installed, find_mosquitto, install_hint
from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.events import Event
from mqtt_explorer.protocol.options import ProtocolVersion
from mqtt_explorer.protocol.url import BrokerUrl

STOP_TIMEOUT_S = 5.0
#: Once more when the first start fails: somebody may have taken the port in between.
ATTEMPTS = 2

AMQTT_LACKS = (
    "This embedded broker (amqtt) speaks MQTT 3.1.1 only: no properties, reason codes or session expiry.",
    "It is slower than Mosquitto, has no $SYS topics and closes the connection on a publish to a topic that begins with $.",
)


class DemoError(MqttExplorerError):
    """The demo has no broker."""

    def __init__(self, message: str) -> None:
        super().__init__("No broker for the demo", message)


@dataclass(slots=True)
class DemoBroker:
    """A running broker with the simulated plant on it.

    Attributes:
        url: Where it listens; 127.0.0.1 only.
        name: "Mosquitto 2.0.11".
        version: The newest MQTT version it speaks.
        lacks: What a user should know it cannot do, as sentences.
        ended: Emitted with a sentence when the broker or the simulator ended by itself.
    """

    url: BrokerUrl
    name: str
    version: ProtocolVersion
    lacks: tuple[str, ...]
    ended: Event[str] = field(default_factory=Event, repr=False)
    _guard: _Guard = field(kw_only=True, repr=False)
    _watcher: asyncio.Task[None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._watcher = tasks.create_task(self._watch(), name="demo: watch the guard")

    async def stop(self) -> None:
        """Ends the broker and the simulator; returns when they are gone. May be called again."""
        await tasks.run_in_thread(self._guard.stop)
        await asyncio.wait([self._watcher])

    async def _watch(self) -> None:
        if sentence := await tasks.run_in_thread(self._guard.wait_for_failure):
            self.ended.emit(sentence)


async def start_demo_broker(*, find: Callable[[], Path | None] = find_mosquitto) -> DemoBroker:
    """Starts a broker on a free port of 127.0.0.1 with the simulated plant: mosquitto, else amqtt.

    Both run in processes of their own and are gone with this program, also after ``kill -9``.

    Args:
        find: Finds the mosquitto program, or returns None.

    Raises:
        DemoError: Neither is installed, or none of them started; the sentence says what to install.
    """
    problems: list[str] = []
    if (program := find()) is not None:
        try:
            guard, ready = await _start("mosquitto", str(program))
        except DemoError as error:
            problems.append(f"Mosquitto was found ({program}) but did not start: {error.message}.")
        else:
            return _running(guard, ready, "Mosquitto", ProtocolVersion.V5, ())
    if amqtt_installed():
        try:
            guard, ready = await _start("amqtt")
        except DemoError as error:
            problems.append(f"The embedded broker (amqtt) did not start: {error.message}.")
        else:
            return _running(guard, ready, "amqtt", ProtocolVersion.V311, (*AMQTT_LACKS, *problems))
    if problems:
        raise DemoError(f"{' '.join(problems)} To try another one, {install_hint()}")
    raise DemoError(f"Neither Mosquitto nor the embedded broker is installed; {install_hint()}")


async def _start(*words: str) -> tuple[_Guard, dict[str, Any]]:
    """Starts a guard and waits for its report.

    Raises:
        DemoError: The broker did not start; the message is the end of a sentence.
    """
    problem = ""
    for _ in range(ATTEMPTS):
        guard = _Guard(words)
        try:
            ready = await tasks.run_in_thread(guard.start)
        except OSError as error:
            raise DemoError(f"the system said “{error}”") from error
        except BaseException:
            guard.abandon()
            raise
        if "port" in ready:
            return guard, ready
        problem = str(ready.get("error", "its guard process ended without a word"))
    raise DemoError(problem)


def _running(
    guard: _Guard, ready: dict[str, Any], name: str, version: ProtocolVersion, lacks: tuple[str, ...]
) -> DemoBroker:
    url = BrokerUrl("mqtt", "127.0.0.1", int(ready["port"]))
    return DemoBroker(url, f"{name} {ready.get('version', '')}".strip(), version, lacks, _guard=guard)


class _Guard:
    """The guard process and the pipe that keeps it alive. All methods but `abandon` block: call them in a thread."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self._words = words
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._abandoned = threading.Event()

    def start(self) -> dict[str, Any]:
        """Starts the process and returns its first report; {} when it ended without one.

        Raises:
            DemoError: The report cannot be read; the process is gone.
            OSError: The process cannot be started.
        """
        with self._lock:
            if self._abandoned.is_set():
                return {}
            self._process = process = subprocess.Popen(
                children.command("guard", *self._words),
                env=children.environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,  # a thread that waits in a buffered read at exit would abort the interpreter
                **children.session_options(),
            )
        try:
            report = self._next_report(process)
        except DemoError:
            self.stop()
            raise
        if self._abandoned.is_set() or "port" not in report:
            self.stop()
        return report

    def wait_for_failure(self) -> str | None:
        """Waits until the guard ends; returns a sentence when the broker or the simulator ended by itself."""
        process = self._process
        if process is None:
            return None
        try:
            ended = self._next_report(process).get("ended")
        except DemoError as error:
            ended = error.message
        if ended is None and not self._abandoned.is_set():
            ended = "the guard process ended by itself"
        self.stop()
        return None if ended is None else f"The demo has stopped: {ended}. Start it again."

    def stop(self) -> None:
        """Closes the pipe and waits until guard, broker and simulator are gone."""
        self.abandon()
        process = self._process
        if process is None:
            return
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            print("The demo's guard process did not end in time and is killed.", file=sys.stderr)
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def abandon(self) -> None:
        """Closes the pipe: the guard ends what it guards and itself."""
        self._abandoned.set()
        with self._lock:
            if self._process is not None and self._process.stdin is not None:
                with contextlib.suppress(OSError):
                    self._process.stdin.close()

    @staticmethod
    def _next_report(process: subprocess.Popen[bytes]) -> dict[str, Any]:
        """The next line of the guard; {} at its end.

        Raises:
            DemoError: It is no JSON object; the message is the end of a sentence.
        """
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
        except ValueError:
            return {}  # closed by `stop`
        try:
            report = json.loads(line) if line.strip() else {}
        except ValueError:
            report = None  # raised below
        if not isinstance(report, dict):
            raise DemoError("its guard process sent an unreadable report")
        return report
