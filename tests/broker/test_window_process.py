# SPDX-License-Identifier: MIT
"""The real program as a process of its own: what it writes, how it ends, what it leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from mqtt_explorer import __version__
from mqtt_explorer.profiles.profile import Profile
from mqtt_explorer.profiles.profile_file import Library, ProfileFile
from tests.support.mosquitto import find_program, password_protected
from tests.support.scripted_peer import ScriptedPeer, mute

ROOT = Path(__file__).resolve().parents[2]
CANARY = "s3cret-canary-4711"
#: A drain of 3 s for what is not acknowledged, and then the end.
END_S = 4.0
KEYS = {
    *(
        "time",
        "state",
        "received",
        "received_per_s",
        "published",
        "topics",
        "messages_in_history",
        "bytes_in_history",
    ),
    *("budget_bytes", "dropped", "evicted", "truncated", "malformed", "rss_bytes", "cpu_seconds", "frames"),
    *("loop_gap_ms", "connections"),
}

#: The program, made to publish 500 messages as soon as it is connected.
PUBLISHES = """
import sys
from mqtt_explorer import cli
from mqtt_explorer.app import main
from mqtt_explorer.app.connector import Connector
from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.protocol.requests import PublishRequest
from mqtt_explorer.tasks import create_task

async def publish(connection, number):
    try:
        await connection.publish(PublishRequest(f"plant/\\x1b[31m/{number}", b"%d" % number, 1))
    except MqttExplorerError:
        pass  # the window closes

class Publishing(Connector):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.connected.connect(
            lambda connection: [create_task(publish(connection, n), name="publish") for n in range(500)]
        )

main.Connector = Publishing
sys.exit(cli.main())
"""

#: The program, made to hold one message when it is connected.
HOLDS = """
import sys
from mqtt_explorer import cli
from mqtt_explorer.app import main
from mqtt_explorer.app.connector import Connector
from mqtt_explorer.protocol.requests import PublishRequest

class Holding(Connector):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.connected.connect(
            lambda connection: connection.hold(PublishRequest("valve/set", b"x" * 12, 1))
        )

main.Connector = Holding
sys.exit(cli.main())
"""

#: The program, which also writes down each note it shows.
TELLS_NOTES = """
import os
import sys
from pathlib import Path
from mqtt_explorer import cli
from mqtt_explorer.app import main
from mqtt_explorer.app.window import MainWindow

class Telling(MainWindow):
    def show_note(self, text, **how):
        super().show_note(text, **how)
        path = Path(os.environ["TOLD"])
        path.with_suffix(".new").write_text(text)
        path.with_suffix(".new").replace(path)

main.MainWindow = Telling
sys.exit(cli.main())
"""


class Program:
    """The running program; offscreen unless a display is given."""

    def __init__(
        self, folder: Path, *arguments: object, display: str = "", code: str = "", **variables: str
    ) -> None:
        self.metrics = folder / "metrics.jsonl"
        self.config = folder / "config"
        start = ["-c", code] if code else ["-m", "mqtt_explorer"]
        own = ["--config", self.config, "--metrics", self.metrics]
        screen = (
            {"QT_QPA_PLATFORM": "xcb", "DISPLAY": display} if display else {"QT_QPA_PLATFORM": "offscreen"}
        )
        self.process = subprocess.Popen(
            [sys.executable, "-W", "default", *start, *map(str, [*own, *arguments])],
            cwd=ROOT,
            env={**os.environ, **screen, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def lines(self) -> list[dict[str, Any]]:
        with contextlib.suppress(FileNotFoundError):
            text = self.metrics.read_text(encoding="utf-8")
            return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return []

    def until(self, condition: Any, what: str, seconds: float = 15.0) -> dict[str, Any]:
        """Waits until a line of metrics meets a condition, and returns it."""
        end = time.monotonic() + seconds
        while True:
            for line in self.lines():
                if condition(line):
                    return line
            if self.process.poll() is not None:
                raise AssertionError(f"the program ended before {what}: {self.process.communicate()[1]}")
            assert time.monotonic() < end, f"never came: {what}; last {self.lines()[-1:]}"
            time.sleep(0.02)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, float]:
        """Sends a signal; returns the exit code, what stands on stderr and how long it took."""
        begin = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            _, said = self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, said, time.monotonic() - begin

    def ends_well(self, number: int = signal.SIGTERM) -> None:
        code, said, seconds = self.end(number)
        assert (code, said) == (0, "")
        assert seconds < END_S


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    started: list[Program] = []

    def start_it(*arguments: object, **options: str) -> Program:
        program = Program(tmp_path, *arguments, **options)
        started.append(program)
        return program

    yield start_it
    for program in started:
        if program.process.poll() is None:
            program.process.kill()
        program.process.communicate()


def connected(line: dict[str, Any]) -> bool:
    return line["state"] == "connected"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_closes_the_window_in_order(start, number):
    program = start()
    first = program.until(lambda line: True, "the first line")
    assert first["frames"] >= 1
    assert first["state"] == "disconnected"
    program.ends_well(number)


def test_metrics_have_exactly_their_keys_once_a_second(start, broker):
    program = start(f"mqtt://127.0.0.1:{broker.port}", "-t", "none/of/it")
    program.until(connected, "the connection")
    count = len(program.lines())
    time.sleep(3.0)
    assert 2 <= len(program.lines()) - count <= 4
    for line in program.lines():
        assert set(line) == KEYS
        assert set(line["loop_gap_ms"]) == {"p50", "p99", "max"}
    line = program.lines()[-1]
    assert [each["state"] for each in line["connections"]] == ["connected"]
    assert line["rss_bytes"] > 10_000_000
    assert line["cpu_seconds"] > 0
    assert line["budget_bytes"] > 0
    program.ends_well()
    assert program.lines()[-1]["time"] >= line["time"]


def test_metrics_that_cannot_be_written_do_not_end_the_program(start, tmp_path, broker):
    program = start(f"mqtt://127.0.0.1:{broker.port}")
    program.until(connected, "the connection")
    program.metrics.unlink()
    program.metrics.mkdir()
    time.sleep(1.5)
    program.ends_well()


def test_the_demo_runs_and_leaves_no_process_behind(start):
    program = start("--demo")
    line = program.until(lambda line: line["topics"] > 150 and line["received"] > 300, "the plant")
    assert line["dropped"] == line["malformed"] == 0
    children = psutil.Process(program.process.pid).children(recursive=True)
    assert children
    program.ends_well()
    _, alive = psutil.wait_procs(children, timeout=3)
    assert [process.name() for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_closing_while_the_demo_starts_leaves_nothing_behind(start):
    program = start("--demo")
    program.until(lambda line: True, "the first line")
    program.ends_well()
    own = [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if str(program.config) in " ".join(process.info["cmdline"] or [])
    ]
    assert own == []


def _flood(sock: socket.socket) -> None:
    sock.recv(65_536)
    sock.sendall(b"\x20\x03\x00\x00\x00")
    frames = b"".join(
        b"\x30" + bytes([2 + 8 + 1 + 100]) + b"\x00\x08" + b"flood/%02d" % (n % 100) + b"\x00" + b"x" * 100
        for n in range(600)
    )
    while True:
        sock.sendall(frames)


def test_closing_under_a_flood(start):
    with ScriptedPeer(_flood) as peer:
        program = start(f"mqtt://127.0.0.1:{peer.port}")
        program.until(lambda line: line["received"] > 100_000, "the flood")
        program.ends_well()


@pytest.mark.parametrize("waiting", [0, 8], ids=["never a CONNACK", "never a SYN-ACK"])
def test_closing_while_connecting_to_a_black_hole(start, waiting):
    with contextlib.ExitStack() as stack:
        hole = stack.enter_context(socket.socket())
        hole.bind(("127.0.0.1", 0))
        hole.listen(0 if waiting else 5)
        for _ in range(waiting):  # fill the queue: the system answers no further client
            full = stack.enter_context(socket.socket())
            full.setblocking(False)
            full.connect_ex(hole.getsockname())
        program = start(f"mqtt://127.0.0.1:{hole.getsockname()[1]}")
        line = program.until(lambda line: bool(line["connections"]), "the attempt")
        assert line["connections"][0]["state"] == "connecting"
        program.ends_well()


def test_closing_with_500_unacknowledged_publishes(start):
    def script(sock: socket.socket) -> None:
        sock.recv(65_536)
        sock.sendall(b"\x20\x03\x00\x00\x00")
        mute(sock)

    with ScriptedPeer(script) as peer:
        program = start(f"mqtt://127.0.0.1:{peer.port}", code=PUBLISHES)
        program.until(connected, "the connection")
        time.sleep(0.5)
        code, said, seconds = program.end()
    assert code == 0
    assert seconds < END_S
    *named, total = said.splitlines()
    assert len(named) == 20
    where = f"Not sent to 127.0.0.1:{peer.port}: plant/␛[31m/0"
    assert named[0] == f"{where} (1 B, QoS 1, sent, not acknowledged)"
    assert total == "500 messages were not sent or not acknowledged."
    assert "\x1b" not in said, "nothing from the wire reaches the terminal as a command"


def test_a_held_message_is_told_when_a_signal_ends_the_program(start, broker):
    program = start(f"mqtt://127.0.0.1:{broker.port}", code=HOLDS)
    program.until(connected, "the connection")
    time.sleep(0.3)
    code, said, _ = program.end()
    assert code == 0
    assert said == (
        f"Not sent to 127.0.0.1:{broker.port}: valve/set (12 B, QoS 1, held)\n"
        "1 message was not sent or not acknowledged.\n"
    )


def test_a_password_is_nowhere_to_be_read(start, broker_factory, tmp_path):
    guarded = broker_factory(listeners={"mqtt": password_protected(tmp_path, {"ada": CANARY})})
    program = start(f"mqtt://127.0.0.1:{guarded.port}", "-u", "ada", MQTT_EXPLORER_QT_PASSWORD=CANARY)
    program.until(connected, "the connection")
    code, said, _ = program.end()
    assert (code, said) == (0, "")
    kept = "".join(path.read_text() for path in program.config.rglob("*") if path.is_file())
    assert f"mqtt://127.0.0.1:{guarded.port}" in kept
    assert CANARY not in kept
    assert CANARY not in program.metrics.read_text()


def test_settings_are_on_the_disk_at_the_end_and_private(start):
    program = start()
    program.until(lambda line: True, "the first line")
    program.ends_well()
    file = program.config / "settings.json"
    assert json.loads(file.read_text())["window_geometry"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_damaged_settings_are_told_and_the_cap_holds_from_the_command_line_on(start, tmp_path, broker):
    told = tmp_path / "told"
    (tmp_path / "config").mkdir()
    file = tmp_path / "config" / "settings.json"
    file.write_text('{"version": 1, "payload_cap": 2000000, "ui_px": "huge"}')
    program = start(f"mqtt://127.0.0.1:{broker.port}", "-t", "cap/#", code=TELLS_NOTES, TOLD=str(told))
    program.until(connected, "the connection")
    assert "bad values" in told.read_text()
    with contextlib.closing(socket.create_connection(("127.0.0.1", broker.port))) as sock:
        sock.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04capt")
        assert sock.recv(4) == b"\x20\x02\x00\x00"
        body = b"\x00\x05cap/a" + b"x" * 2_000_001
        length = bytes(
            [
                len(body) & 0x7F | 0x80,
                len(body) >> 7 & 0x7F | 0x80,
                len(body) >> 14 & 0x7F | 0x80,
                len(body) >> 21,
            ]
        )
        sock.sendall(b"\x30" + length + body)
        program.until(lambda line: line["truncated"] == 1, "the cut payload")
    program.ends_well()


def test_a_file_that_is_no_settings_file_is_moved_aside_and_told(start, tmp_path):
    told = tmp_path / "told"
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.json").write_text("{ nonsense")
    program = start(code=TELLS_NOTES, TOLD=str(told))
    program.until(lambda line: True, "the first line")
    assert "settings.json.bad" in told.read_text()
    program.ends_well()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
def test_a_pipe_nobody_reads_as_metrics_does_not_hold_the_window(start, tmp_path):
    os.mkfifo(tmp_path / "metrics.jsonl")
    told = tmp_path / "told"
    program = start(code=TELLS_NOTES, TOLD=str(told))
    end = time.monotonic() + 15
    while not told.exists():
        assert time.monotonic() < end
        assert program.process.poll() is None
        time.sleep(0.02)
    assert "no regular file" in told.read_text()
    program.ends_well()


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "default", "-m", "mqtt_explorer", *arguments],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_version():
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"mqtt-explorer-qt {__version__}\n", "")


def test_self_test():
    done = run("--self-test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert [line.split()[1] for line in lines] == ["modules:", "TLS:", "window:", "fonts:", "icons:", "plot:"]
    assert all(line.startswith("ok ") for line in lines)


@pytest.fixture
def display() -> Iterator[str]:
    reader, writer = os.pipe()
    command = [
        find_program("Xvfb"),
        "-displayfd",
        str(writer),
        "-screen",
        "0",
        "1400x900x24",
        "-nolisten",
        "tcp",
    ]
    process = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        number = pipe.readline().strip()
    yield f":{number}"
    process.terminate()
    process.wait()


@pytest.mark.skipif(shutil.which("xdotool") is None, reason="xdotool types the keys")
def test_by_keyboard_on_a_screen(start, display, broker, tmp_path):
    """A user without a mouse: type the address, Enter, take a picture, Ctrl+Q."""
    picture = tmp_path / "window.png"
    program = start("--screenshot", picture, display=display)
    program.until(lambda line: True, "the first frame")

    def keys(*words: str) -> None:
        subprocess.run(
            ["xdotool", *words], env={**os.environ, "DISPLAY": display}, check=True, capture_output=True
        )

    keys("search", "--sync", "--onlyvisible", "--name", "MQTT Explorer Qt", "windowfocus")
    keys("type", "--delay", "5", f"mqtt://127.0.0.1:{broker.port}")
    keys("key", "Return")
    program.until(connected, "the connection")
    end = time.monotonic() + 5
    while not picture.exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    assert picture.read_bytes().startswith(b"\x89PNG")
    keys("key", "ctrl+q")
    assert program.process.wait(END_S) == 0
    assert program.process.communicate()[1] == ""


def save_profiles(program_folder: Path, *profiles: Profile) -> None:
    folder = program_folder / "config"
    ProfileFile(folder).save(Library(profiles=profiles))


def states_of(line: dict[str, Any]) -> list[str]:
    return sorted(each["state"] for each in line["connections"])


def test_saved_brokers_connect_when_the_program_starts(start, tmp_path, broker, broker_factory):
    other = broker_factory()
    save_profiles(
        tmp_path,
        Profile(name="one", url=f"mqtt://127.0.0.1:{broker.port}", connect_at_start=True),
        Profile(name="two", url=f"mqtt://127.0.0.1:{other.port}", connect_at_start=True),
        Profile(name="three", url=f"mqtt://127.0.0.1:{broker.port}"),
    )
    program = start(PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    line = program.until(lambda line: states_of(line) == ["connected", "connected"], "both")
    assert {each["title"] for each in line["connections"]} == {"one", "two"}
    program.ends_well()
    saved = ProfileFile(program.config).load()
    assert [each.last_used > 0 for each in saved.profiles] == [True, True, False]


def test_a_named_profile_takes_the_environment_s_login_and_keeps_none_of_it(start, tmp_path, broker_factory):
    guarded = broker_factory(listeners={"mqtt": password_protected(tmp_path, {"ada": CANARY})})
    save_profiles(tmp_path, Profile(name="guarded one", url=f"mqtt://127.0.0.1:{guarded.port}"))
    program = start(
        "--profile",
        "guarded one",
        MQTT_EXPLORER_QT_USERNAME="ada",
        MQTT_EXPLORER_QT_PASSWORD=CANARY,
        PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring",
    )
    program.until(connected, "the connection")
    code, said, _ = program.end()
    assert (code, said) == (0, "")
    for path in program.config.rglob("*"):
        if path.is_file():
            assert CANARY not in path.read_text()
            assert path.stat().st_mode & 0o777 == 0o600


def test_a_broken_profiles_file_is_told_and_does_not_stop_the_start(start, tmp_path):
    told = tmp_path / "told"
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "profiles.json").write_text("{ nonsense")
    program = start(code=TELLS_NOTES, TOLD=str(told))
    program.until(lambda line: True, "the first line")
    assert "profiles.json" in told.read_text()
    program.ends_well()
    assert any(path.read_text() == "{ nonsense" for path in (tmp_path / "config").iterdir())
