# SPDX-License-Identifier: MIT
"""The brokers and load generators of the benchmarks, as processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.perf.processes import REPOSITORY
from tests.support.certificates import Certificates, make_certificates
from tests.support.mosquitto import Mosquitto, plain, tls, websockets

#: Nothing is dropped by the broker: what a client does not get was lost by the client.
NO_LIMITS = ("max_queued_messages 0",)
#: Mosquitto as it is installed: at most 1,000 messages wait for a slow reader, the others are dropped in silence.
DEFAULT_LIMITS: tuple[str, ...] = ()
#: Small messages leave one by one instead of waiting for an acknowledgement of the last.
NO_DELAY = ("set_tcp_nodelay true",)

LISTENERS = ("mqtt", "mqtts", "ws")


@dataclass(frozen=True)
class Load:
    """What a generator says when the broker has taken everything: messages, seconds, and when it began (epoch)."""

    sent: int
    seconds: float
    started: float


class Generator:
    """A running load generator."""

    def __init__(self, port: int, mode: str, **options: object) -> None:
        """Starts `python -m tests.perf.loadgen MODE`; an option `one_branch=True` becomes `--one-branch`."""
        command = [sys.executable, "-m", "tests.perf.loadgen", mode, "--port", str(port)]
        for name, value in options.items():
            flag = f"--{name.replace('_', '-')}"
            command += [flag] if value is True else [flag, str(value)]
        self._process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)

    @property
    def running(self) -> bool:
        """Whether it still sends."""
        return self._process.poll() is None

    def result(self) -> Load:
        """Waits for the end.

        Raises:
            RuntimeError: The generator failed; its reason stands on stderr.
        """
        out, _ = self._process.communicate()
        if self._process.returncode != 0:
            raise RuntimeError(f"the load generator ended with status {self._process.returncode}")
        return Load(**json.loads(out))

    def stop(self) -> None:
        """Ends it early; does nothing when it has ended."""
        if self.running:
            self._process.kill()
            self._process.communicate()


def publish(port: int, mode: str, **options: object) -> Load:
    """Runs a generator to its end."""
    generator = Generator(port, mode, **options)
    try:
        return generator.result()
    finally:
        generator.stop()


class BenchBroker(Mosquitto):
    """A mosquitto with a plain, a TLS and a websocket listener."""

    def __init__(self, folder: Path, lines: tuple[str, ...] = NO_LIMITS, *, name: str = "mosquitto") -> None:
        self.certificates: Certificates = make_certificates(folder)
        listeners = {"mqtt": plain(), "mqtts": tls(self.certificates), "ws": websockets()}
        super().__init__(folder, lines, listeners=listeners, name=name)

    def __enter__(self) -> BenchBroker:
        self.start()
        return self

    def url(self, scheme: str = "mqtt") -> str:
        """The address of a listener, by its scheme."""
        return f"{scheme}://{self.host}:{self.ports[scheme]}" + ("/mqtt" if scheme == "ws" else "")
