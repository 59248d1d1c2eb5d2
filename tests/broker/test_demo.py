# SPDX-License-Identifier: MIT
"""The demo against the real thing: real brokers, real processes, really killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from mqtt_explorer import tasks
from mqtt_explorer.demo.broker import DemoError, start_demo_broker
from mqtt_explorer.demo.client import Client
from mqtt_explorer.demo.plant import Plant
from mqtt_explorer.protocol.options import ProtocolVersion

ROOT = Path(__file__).resolve().parents[2]
TOPICS = {source.topic for source in Plant().sources}
BROKERS = ["mosquitto", "amqtt"]

#: A program that starts the demo, says where, and does nothing more; a deaf one goes on after Ctrl+C.
PROGRAM = """
import asyncio, json, signal, sys
from mqtt_explorer.demo.broker import start_demo_broker
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background starts with it ignored
async def main():
    hidden = {"find": lambda: None} if sys.argv[1] == "amqtt" else {}
    demo = await start_demo_broker(**hidden)
    if "deaf" in sys.argv:
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: None)
    print(json.dumps({"port": demo.url.port, "name": demo.name}), flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


def start(broker: str):
    return start_demo_broker(find=lambda: None) if broker == "amqtt" else start_demo_broker()


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def is_alive(process: psutil.Process) -> bool:
    # Where process 1 does not collect orphans, a zombie is as dead as it gets.
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def wait_until(condition, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def descendants(pid: int | None = None) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def listen(port: int, seconds: float) -> list[tuple[float, str, bytes]]:
    with Client(port, "mxq-test-listener") as client:
        client.subscribe("#")
        end = time.monotonic() + seconds
        found = []
        while (now := time.monotonic()) < end:
            found += [(now, topic, payload) for topic, payload in client.receive(0.1)]
        return found


@pytest.fixture
def temporary_folder(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.mark.parametrize("broker", BROKERS)
async def test_the_plant_shows_200_topics_at_50_messages_a_second(broker):
    demo = await start(broker)
    try:
        found = await tasks.run_in_thread(listen, demo.url.port, 9.0)
    finally:
        await demo.stop()
    assert demo.url.host == "127.0.0.1"
    assert {topic for _, topic, _ in found} == TOPICS
    start_s = found[0][0]
    later = [moment for moment, _, _ in found if moment - start_s > 3]
    assert 43 <= len(later) / 6 <= 58
    assert max(len(payload) for _, _, payload in found) == 200_000


async def test_mosquitto_lacks_nothing_and_amqtt_says_what_it_lacks():
    with_mosquitto = await start("mosquitto")
    await with_mosquitto.stop()
    embedded = await start("amqtt")
    await embedded.stop()
    assert with_mosquitto.name.startswith("Mosquitto ")
    assert (with_mosquitto.version, with_mosquitto.lacks) == (ProtocolVersion.V5, ())
    assert embedded.name.startswith("amqtt ")
    assert embedded.version is ProtocolVersion.V311
    assert "MQTT 3.1.1 only" in embedded.lacks[0]


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_user_turns_a_valve(broker):
    demo = await start(broker)
    states = []

    def turn() -> None:
        with Client(demo.url.port, "mxq-test-user") as client:
            client.subscribe("greenhouse/north/valve/state")
            end = time.monotonic() + 10
            while time.monotonic() < end:
                for _, payload in client.receive(0.1):
                    if not states:  # the plant is up
                        client.publish("greenhouse/north/valve/set", b'{"open": true}', 1)
                    states.append(json.loads(payload))
                if states and states[-1]["mode"] == "manual":
                    return

    try:
        await tasks.run_in_thread(turn)
    finally:
        await demo.stop()
    assert states[-1] == {"open": True, "mode": "manual", "flow_l_min": 4.2}


@pytest.mark.parametrize("broker", BROKERS)
async def test_stop_ends_every_process_and_leaves_no_file(broker, temporary_folder, capfd):
    before = set(descendants())
    demo = await start(broker)
    children = [process for process in descendants() if process not in before]
    assert len(children) == 3  # guard, broker, simulator
    assert list(temporary_folder.iterdir()) == []
    await demo.stop()
    assert not any(map(is_alive, children))
    assert not is_open(demo.url.port)
    assert list(temporary_folder.iterdir()) == []
    await demo.stop()
    assert capfd.readouterr() == ("", "")


async def test_the_broker_is_reachable_from_this_machine_only():
    demo = await start("mosquitto")
    try:
        addresses = {
            connection.laddr.ip
            for process in descendants()
            for connection in process.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        }
    finally:
        await demo.stop()
    assert addresses == {"127.0.0.1"}


async def test_starting_does_not_hold_up_the_loop():
    gaps, last = [], time.monotonic()

    async def beat() -> None:
        nonlocal last
        while True:
            await asyncio.sleep(0.001)
            gaps.append(time.monotonic() - last)
            last = time.monotonic()

    heart = asyncio.create_task(beat())
    demo = await start("mosquitto")
    await demo.stop()
    heart.cancel()
    assert (
        max(gaps) < 0.05
    )  # starting takes twice that and more; the rest is other programs' share of the processor


@pytest.mark.parametrize("who", ["broker", "guard"])
async def test_a_broker_or_guard_that_ends_by_itself_is_told_once(who):
    before = set(descendants())
    demo = await start("mosquitto")
    sentences = []
    demo.ended.connect(sentences.append)
    children = [process for process in descendants() if process not in before]
    victim = next(
        p
        for p in children
        if ("mosquitto" in p.name()) == (who == "broker") and "simulator" not in p.cmdline()
    )
    victim.kill()
    deadline = time.monotonic() + 5
    while not sentences and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    assert len(sentences) == 1
    assert f"the {who}" in sentences[0]
    # Even a killed guard leaves nothing behind.
    assert await tasks.run_in_thread(wait_until, lambda: not any(map(is_alive, children)), 2.0)
    await demo.stop()
    assert len(sentences) == 1


async def test_the_simulator_comes_back_when_its_client_id_is_taken_over():
    demo = await start("mosquitto")

    def take_over() -> set[str]:
        with Client(demo.url.port, "mxq-demo-plant"):
            pass
        return {topic for _, topic, _ in listen(demo.url.port, 4.0)}

    try:
        found = await tasks.run_in_thread(take_over)
    finally:
        await demo.stop()
    assert found == TOPICS


async def test_a_mosquitto_that_does_not_start_is_replaced_and_told(tmp_path):
    program = tmp_path / "mosquitto"
    program.write_text("#!/bin/sh\n[ $1 = -h ] || echo 'Error: no such thing' >&2; exit 3\n")
    program.chmod(0o755)
    demo = await start_demo_broker(find=lambda: program)
    await demo.stop()
    assert demo.name.startswith("amqtt")
    assert "no such thing" in demo.lacks[-1]
    assert str(program) in demo.lacks[-1]


@pytest.mark.parametrize("content", [None, "no program\n"])
async def test_without_any_broker_the_error_says_what_to_install(content, tmp_path, monkeypatch):
    monkeypatch.setattr("mqtt_explorer.demo.broker.amqtt_installed", lambda: False)
    program = None
    if content is not None:
        program = tmp_path / "mosquitto"
        program.write_text(content)
    before = set(descendants())
    with pytest.raises(DemoError) as caught:
        await start_demo_broker(find=lambda: program)
    assert "install" in caught.value.message
    assert ("did not start" in caught.value.message) is (content is not None)
    assert set(descendants()) == before


async def test_a_start_that_is_cancelled_leaves_nothing_behind(temporary_folder):
    before = set(descendants())
    for delay_s in (0.0, 0.01, 0.03, 0.05, 0.07, 0.09):
        starting = asyncio.create_task(start_demo_broker())
        await asyncio.sleep(delay_s)
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await (await starting).stop()
    gone = lambda: not any(is_alive(p) for p in descendants() if p not in before)  # noqa: E731
    assert await tasks.run_in_thread(wait_until, gone, 5.0)
    assert list(temporary_folder.iterdir()) == []


def run_as(user: str) -> tuple[list[str], dict[str, object]]:
    """An interpreter this user may run, and what makes Popen use it as that user."""
    if user == "me":
        return [sys.executable], {}
    options: dict[str, object] = {"user": 65534, "group": 65534, "extra_groups": []}
    candidates = [
        sys.executable,
        *filter(None, map(shutil.which, ("python3", "python3.11"))),
        "/usr/bin/python3",
    ]
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    for python in candidates:
        with contextlib.suppress(OSError):
            if subprocess.run([python, "-c", check], cwd="/", check=False, **options).returncode == 0:
                return [python], options
    pytest.skip("no Python that a plain user may run")


@contextlib.contextmanager
def running_program(broker: str, user: str):
    """Runs PROGRAM from a copy of the package that every user can read; yields it, its report and its temporary folder."""
    python, options = run_as(user)
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(
            ROOT / "mqtt_explorer",
            folder / "package" / "mqtt_explorer",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        temporary = folder / "temporary"
        temporary.mkdir()
        temporary.chmod(0o777)
        environment = {
            **os.environ,
            "PYTHONPATH": str(folder / "package"),
            "TMPDIR": str(temporary),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        process = subprocess.Popen(
            [*python, "-c", PROGRAM, broker], env=environment, cwd=folder, stdout=subprocess.PIPE, **options
        )
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline()), temporary
        finally:
            process.kill()
            process.communicate()


USERS = ["me", "nobody"] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["me"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("user", USERS)
def test_a_killed_program_takes_its_broker_along(user, end):
    with running_program("mosquitto", user) as (process, report, temporary):
        assert report["name"].startswith("Mosquitto")
        children = descendants(process.pid)
        assert len(children) == 3
        assert {child.uids().effective for child in children} == {
            psutil.Process(process.pid).uids().effective
        }
        assert is_open(report["port"])
        process.send_signal(end)
        assert wait_until(lambda: not any(map(is_alive, children)), 2.0)
        assert not is_open(report["port"])
        assert list(temporary.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")
def test_a_killed_program_takes_its_embedded_broker_along():
    with running_program("amqtt", "me") as (process, report, temporary):
        children = descendants(process.pid)
        assert len(children) == 3
        process.kill()
        assert wait_until(lambda: not any(map(is_alive, children)), 2.0)
        assert not is_open(report["port"])
        assert list(temporary.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups of this kind")
def test_ctrl_c_reaches_the_program_and_not_its_broker():
    """A terminal sends Ctrl+C to the whole group; when and how the demo ends is the program's decision."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, "mosquitto", "deaf"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert process.stdout is not None
        report = json.loads(process.stdout.readline())
        children = descendants(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.5)
        assert all(map(is_alive, children))
        assert is_open(report["port"])
        os.killpg(process.pid, signal.SIGKILL)
        assert wait_until(lambda: not any(map(is_alive, children)), 2.0)
    finally:
        process.kill()
        process.communicate()
