# SPDX-License-Identifier: MIT
"""A real mosquitto on 127.0.0.1, started with a configuration of its own and gone with the test.

with Mosquitto(folder, listeners={"mqtt": plain(), "wss": tls(certificates, websockets=True)}) as broker:
    connect_to("127.0.0.1", broker.ports["wss"])
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from tests.support.certificates import Certificates, KeyPair

START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 5.0
PORT_ATTEMPTS = 5


class MosquittoError(Exception):
    """The broker did not start or did not stay; the text holds its log."""


class PortTaken(MosquittoError):
    """Somebody took the port between our choosing it and mosquitto's opening it."""


def find_program(name: str) -> str:
    """Finds mosquitto or one of its tools; `/usr/sbin` is not on a plain user's PATH.

    Raises:
        MosquittoError: It is not installed.
    """
    places = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        raise MosquittoError(f"{name} is not installed; `python3 dev.py test` installs it")
    return found


def free_port() -> int:
    """Returns a TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def plain() -> list[str]:
    """A listener for bare MQTT that lets everybody in."""
    return ["allow_anonymous true"]


def websockets() -> list[str]:
    """A listener for MQTT over websockets that lets everybody in."""
    return ["allow_anonymous true", "protocol websockets"]


def tls(
    certificates: Certificates,
    pair: KeyPair | None = None,
    *,
    websockets: bool = False,
    require_client_certificate: bool = False,
    identity_as_user: bool = False,
    version: str | None = None,
) -> list[str]:
    """A TLS listener.

    Args:
        certificates: Where its certificate and the authority of its clients come from.
        pair: The certificate it shows, the good one unless told.
        websockets: MQTT over websockets (wss).
        require_client_certificate: Mutual TLS.
        identity_as_user: The common name of the client's certificate is its user name; the CONNECT needs none.
        version: The lowest TLS version it takes, "tlsv1.3"; a listener of one version only cannot be had.
    """
    shown = pair or certificates.server
    lines = ["allow_anonymous true", f"certfile {shown.cert}", f"keyfile {shown.key}"]
    if require_client_certificate:
        lines += [f"cafile {certificates.ca}", "require_certificate true"]
    if identity_as_user:
        lines.append("use_identity_as_username true")
    if version is not None:
        lines.append(f"tls_version {version}")
    if websockets:
        lines.append("protocol websockets")
    return lines


def access_list(folder: Path, *rules: str) -> list[str]:
    """More lines for a listener: who may do what; the rules of mosquitto's ACL file go into `folder`.

    Without a rule nothing is allowed: ``"topic readwrite open/#"`` is for clients without a login, ``"user anna"`` begins her rules, and
    ``"pattern readwrite %u/#"`` is for everybody.
    """
    file = folder / f"access-{len(list(folder.glob('access-*')))}"
    file.touch(mode=0o600)
    file.write_text("\n".join(rules) + "\n", encoding="utf-8")
    return [f"acl_file {file}"]


def password_protected(folder: Path, users: Mapping[str, str], *, websockets: bool = False) -> list[str]:
    """A listener that asks for a user and a password; the password file is written into `folder`."""
    file = folder / f"passwords-{len(list(folder.glob('passwords-*')))}"
    file.touch(mode=0o600)
    for user, password in users.items():
        subprocess.run(
            [find_program("mosquitto_passwd"), "-b", str(file), user, password],
            check=True,
            capture_output=True,
        )
    lines = ["allow_anonymous false", f"password_file {file}"]
    return [*lines, "protocol websockets"] if websockets else lines


class Mosquitto:
    """One mosquitto process with its own ports, configuration and log.

    Attributes:
        running: All brokers that run now, so that a failing test's report can show their logs.
        host: Always 127.0.0.1.
        ports: The port of each listener by the listener's name.
        port: The port of the first listener.
    """

    running: ClassVar[list[Mosquitto]] = []
    host = "127.0.0.1"

    def __init__(
        self,
        folder: Path,
        config_lines: Sequence[str] = (),
        *,
        listeners: Mapping[str, Sequence[str]] | None = None,
        name: str = "mosquitto",
    ) -> None:
        """Prepares a broker; `start()` or `with` starts it.

        Args:
            folder: Where its configuration and log go.
            config_lines: Lines of mosquitto.conf that hold for all listeners ("max_queued_messages 0").
            listeners: Lines of mosquitto.conf per listener, by a name of your choice; one plain listener unless told.
            name: What its files and its log in a report are called.
        """
        self.name = name
        self.ports: dict[str, int] = {}
        self._listeners = dict(listeners or {"mqtt": plain()})
        self._config_lines = list(config_lines)
        self._config_file = folder / f"{name}.conf"
        self._log_file = folder / f"{name}.log"
        self._log_file.touch()
        self._process: subprocess.Popen[bytes] | None = None
        self._paused = False

    def __enter__(self) -> Mosquitto:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port of the first listener."""
        return next(iter(self.ports.values()))

    @property
    def pid(self) -> int:
        """The process id, for measuring; raises MosquittoError when it does not run."""
        if self._process is None:
            raise MosquittoError(f"{self.name} is not running")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process is there (also when paused)."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """Everything the broker has written since it was first started."""
        return self._log_file.read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Starts the broker and returns when all its listeners accept.

        The first start chooses free ports, later ones keep them, so that a client may reconnect.

        Raises:
            MosquittoError: It is running already, ended at once (a wrong configuration line) or does not get ready.
        """
        if self.is_running:
            raise MosquittoError(f"{self.name} is running already")
        if self.ports:
            self._launch()
            return
        for attempt in range(1, PORT_ATTEMPTS + 1):
            self.ports = {listener: free_port() for listener in self._listeners}
            try:
                self._launch()
                return
            except PortTaken:
                self.ports = {}
                if attempt == PORT_ATTEMPTS:
                    raise
            except MosquittoError:
                self.ports = {}
                raise

    def stop(self) -> None:
        """Ends the broker in order (clients get a closed connection); does nothing when it does not run."""
        if not self.is_running:
            self._forget()
            return
        self.resume()
        self._signal(signal.SIGTERM)
        try:
            self._wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Ends the broker as a crash would."""
        self._signal(signal.SIGKILL)
        self._wait(STOP_TIMEOUT_S)

    def restart(self) -> None:
        """Stops and starts it again on the same ports; sessions and retained messages are gone unless persisted."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Stops the process where it is (SIGSTOP): connections stay open, nothing is answered."""
        self._signal(signal.SIGSTOP)
        self._paused = True

    def resume(self) -> None:
        """Lets a paused process go on; does nothing to a running one."""
        if self._paused:
            self._signal(signal.SIGCONT)
            self._paused = False

    def wait_for_log(self, text: str, *, since: int = 0, timeout_s: float = 5.0) -> None:
        """Waits until the log holds a text, looking from character `since` on.

        Raises:
            MosquittoError: The text did not come in time.
        """
        deadline = time.monotonic() + timeout_s
        while text not in self.log[since:]:
            if time.monotonic() > deadline:
                raise MosquittoError(
                    f"{self.name} did not log {text!r} in {timeout_s} s:\n{self.log[since:]}"
                )
            time.sleep(0.005)

    def _configuration(self) -> str:
        lines = [
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "log_type notice",
            "log_type information",
            "log_type subscribe",
            "log_type unsubscribe",
            "per_listener_settings true",
            "persistence false",
        ]
        if os.geteuid() == 0:
            # Started as root it would become user mosquitto, who cannot read our keys.
            lines.append("user root")
        lines += self._config_lines
        for name, port in self.ports.items():
            lines += ["", f"# {name}", f"listener {port} {self.host}", *self._listeners[name]]
        if all("protocol websockets" in listener for listener in self._listeners.values()):
            # mosquitto 2.0 does not count websockets and refuses to start "without any listening sockets".
            lines += ["", f"listener {free_port()} {self.host}", *plain()]
        return "\n".join(lines) + "\n"

    def _launch(self) -> None:
        self._config_file.write_text(self._configuration(), encoding="utf-8")
        before = len(self.log)
        command = [find_program("mosquitto"), "-c", str(self._config_file)]
        if setpriv := shutil.which("setpriv"):
            # A killed test run takes its brokers along.
            command = [setpriv, "--pdeathsig", "KILL", *command]
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        Mosquitto.running.append(self)
        try:
            self._wait_until_ready(before)
        except MosquittoError:
            if self.is_running:
                self.kill()
            self._forget()
            raise

    def _wait_until_ready(self, log_start: int) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        assert self._process is not None
        # mosquitto says "running" after all listeners are open; a mere connect could reach a stranger on that port.
        while " running" not in (text := self.log[log_start:]):
            if self._process.poll() is not None:
                text = self.log[log_start:]
                taken = "Address already in use" in text or "Unable to create websockets listener" in text
                raise (PortTaken if taken else MosquittoError)(
                    f"{self.name} ended with status {self._process.returncode}:\n{text}"
                )
            if time.monotonic() > deadline:
                raise MosquittoError(f"{self.name} was not ready within {START_TIMEOUT_S} s:\n{text}")
            time.sleep(0.002)
        for port in self.ports.values():
            socket.create_connection((self.host, port), timeout=START_TIMEOUT_S).close()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            raise MosquittoError(f"{self.name} is not running")
        self._process.send_signal(number)

    def _wait(self, timeout_s: float) -> None:
        assert self._process is not None
        self._process.wait(timeout_s)
        self._forget()

    def _forget(self) -> None:
        self._process = None
        self._paused = False
        if self in Mosquitto.running:
            Mosquitto.running.remove(self)
