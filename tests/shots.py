# SPDX-License-Identifier: MIT
"""`python3 dev.py shots [DIR]`: pictures of the window and its dialogs, dark and light, at 1× and 2×, to look at them.

The pictures show the real window on a real broker (the demo). Offscreen, so that they come out the same on every machine; values and
times of the simulated plant differ from run to run. `--docs` also renews the pictures of the README.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from mqtt_explorer.app.profiles.book import ProfileBook
    from mqtt_explorer.connection import Connection
    from tests.support.program import Program

ROOT: Final = Path(__file__).resolve().parents[1]
SIZE: Final = (1360, 820)
NARROW: Final = (900, 700)
WIDE: Final = (1920, 1080)
THEMES: Final = ("dark", "light")
#: What the README shows, and under which name.
DOCS: Final = {
    "window": "window",
    "start": "brokers",
    "search": "window-search",
    "noise": "window-noise",
    "message-alone": "window-message",
    "snapshots-tall": "window-snapshots",
}
PARTS: Final = ("start", "window", "explore", "message", "troubled", "brokers")
#: A JSON message among unfolded branches.
TOPIC: Final = b"greenhouse/north/bed-1/soil"


def main(arguments: Sequence[str] | None = None) -> int:
    """Takes all pictures; a scale needs a process of its own, as Qt reads it once."""
    parser = argparse.ArgumentParser("shots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", default=ROOT / "shots")
    parser.add_argument("--scale", type=int, choices=(1, 2), help="this scale only (default: both)")
    parser.add_argument("--theme", choices=THEMES, help="this theme only (default: both)")
    parser.add_argument(
        "--history",
        type=float,
        default=6.0,
        metavar="SECONDS",
        help="let the demo run so long first (default: 6)",
    )
    parser.add_argument("--docs", action="store_true", help="also renew the pictures of docs/")
    parser.add_argument("--part", choices=PARTS, help="these pictures only (default: all)")
    space = parser.parse_args(arguments)
    if space.docs and space.part:
        parser.error("--docs needs all parts")
    space.folder.mkdir(parents=True, exist_ok=True)
    themes = [space.theme] if space.theme else THEMES
    if space.scale:
        run(space.folder, space.scale, themes, space.history, [space.part] if space.part else PARTS)
    else:
        for scale in (1, 2):
            command = [sys.executable, "-m", "tests.shots", str(space.folder), "--scale", str(scale)]
            command += ["--theme", space.theme] if space.theme else []
            command += ["--part", space.part] if space.part else []
            command += ["--history", str(space.history)]
            if status := subprocess.call(command, cwd=ROOT):
                return status
    if space.docs:
        (ROOT / "docs").mkdir(exist_ok=True)
        for theme in themes:
            for name, saved_as in DOCS.items():
                shutil.copy(
                    space.folder / f"{name}-{theme}-1x.png", ROOT / "docs" / f"{saved_as}-{theme}.png"
                )
    print(space.folder)
    return 0


def run(folder: Path, scale: int, themes: Sequence[str], history_s: float, parts: Sequence[str]) -> None:
    """Takes the pictures of one scale in this process."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["QT_SCALE_FACTOR"] = str(scale)
    import qasync

    from mqtt_explorer.app.main import make_application

    loop = qasync.QEventLoop(make_application(["shots"]))
    asyncio.set_event_loop(loop)
    with loop, tempfile.TemporaryDirectory(prefix="shots-") as settings:
        loop.run_until_complete(take(Camera(folder, scale, history_s), Path(settings), themes, parts))


async def take(camera: Camera, settings: Path, themes: Sequence[str], parts: Sequence[str] = PARTS) -> None:
    """Takes the pictures on the running loop."""
    from PySide6.QtWidgets import QApplication

    from mqtt_explorer.payload.worker import shared_worker
    from mqtt_explorer.widgets.theme import install, theme
    from tests.shots_brokers import brokers
    from tests.shots_explore import explore
    from tests.shots_message import message

    application = QApplication.instance()
    assert isinstance(application, QApplication)
    install(application, "dark", 13, 12)
    made = (_start_page, _window, explore, message, _troubled, brokers)
    makers = dict(zip(PARTS, made, strict=True))
    for choice in themes:
        theme().set_choice(choice)
        camera.theme = choice
        for part in parts:
            await makers[part](camera, settings / choice)
    theme().set_choice("dark")
    await shared_worker().close()


class Camera:
    """Saves pictures under names that tell what, theme and scale."""

    def __init__(self, folder: Path, scale: int, history_s: float) -> None:
        self.folder, self.scale, self.history_s, self.theme = folder, scale, history_s, "dark"

    async def take(
        self, widget: QWidget, name: str, size: tuple[int, int] | None = None, *, settle_s: float = 0.2
    ) -> None:
        """Lets the widget settle and saves it."""
        if size is not None:
            widget.resize(*size)
        await asyncio.sleep(settle_s)
        file = self.folder / f"{name}-{self.theme}-{self.scale}x.png"
        if not widget.grab().save(str(file)):
            raise OSError(f"{file} cannot be written")


async def _start_page(camera: Camera, settings: Path) -> None:
    from mqtt_explorer.profiles.profile import Profile
    from tests.support.program import Program

    program = Program.open(settings / "start")
    start = program.window.start
    await camera.take(program.window, "start-empty", SIZE)
    _save_brokers(program.book)
    start.set_recent(["mqtt://localhost:1883"])
    await camera.take(program.window, "start", SIZE)
    await camera.take(program.window, "start-narrow", NARROW)
    await camera.take(program.window, "start-wide", WIDE)
    start.quick.set_open(True)
    start.url.setText("mqtts://ada@broker.lan")
    start._take_address()
    await camera.take(program.window, "start-options", SIZE)
    start.quick.set_open(False)
    start.url.setText("mqtt://broker.lan:99999")
    start.connect_button.click()
    await camera.take(program.window, "start-error", SIZE)
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen()
        start.url.setText(f"mqtt://127.0.0.1:{hole.getsockname()[1]}")
        start.connect_button.click()
        profile = program.book.add(Profile(name="Slow one", url=f"mqtt://127.0.0.1:{hole.getsockname()[1]}"))
        program.connector.connect_profile(profile.id)
        await camera.take(program.window, "start-connecting")
        program.connector.cancel()
    for broker in ("Packaging hall", "Line 4 (trial)"):
        found = next(each for each in program.book.profiles if each.name == broker)
        program.connector.connect_profile(found.id, quiet=True)
    await program.until(lambda: len(start.attempts.lines) == 2, "both failures")
    await camera.take(program.window, "start-failed")
    await _ask(camera, program)
    await program.close()


def _save_brokers(book: ProfileBook) -> None:
    from mqtt_explorer.profiles.profile import Profile

    now = time.time()
    day = 86_400
    for name, folder, url, values in (
        ("Greenhouse", "Home", "mqtts://broker.lan", {"username": "ada", "last_used": now - 720}),
        ("Zigbee coordinator", "Home", "mqtt://10.0.20.5:1883", {"last_used": now - day}),
        ("Line 3", "Plant", "mqtts://mq.plant.lan", {"certificate": "pem", "last_used": now - day}),
        ("Line 4 (trial)", "Plant", "ws://127.0.0.1:9", {"last_used": now - 12 * day}),
        ("Packaging hall", "Plant", "mqtt://10.4.6.11:1883", {"username": "ada", "remember_secrets": False}),
        ("AWS fleet", "Cloud", "mqtts://a3k9-ats.iot.eu-central-1.amazonaws.com:443", {"certificate": "pem"}),
        ("HiveMQ staging", "Cloud", "wss://9f2c.s1.eu.hivemq.cloud:8884", {"username": "ada"}),
    ):
        book.add(Profile(name=name, folder=folder, url=url, **values))


async def _ask(camera: Camera, program: Program) -> None:
    from mqtt_explorer.app.password_dialog import PasswordDialog
    from mqtt_explorer.app.profile_login import PasswordQuestion
    from mqtt_explorer.profiles.secrets import Place

    again = "The broker does not let this client in; check user name, password and client id."
    question = PasswordQuestion("password", "Greenhouse (broker.lan:8883)", "ada", again)
    dialog = PasswordDialog(
        question, Place.KEYRING, "Kept in the system keyring (Secret Service).", program.window
    )
    dialog.open()
    await camera.take(dialog, "password")
    dialog.reject()


async def _window(camera: Camera, settings: Path) -> None:
    from mqtt_explorer.app.error_dialog import ErrorDialog
    from mqtt_explorer.app.help_dialog import HelpDialog
    from mqtt_explorer.app.settings_dialog import SettingsDialog
    from mqtt_explorer.measure.loop_lag import LoopGap
    from tests.support.program import Program

    program = Program.open(settings / "window")
    window = program.window
    window.resize(*SIZE)
    program.connector.start_demo()
    await program.until(lambda: program.workspace.shown is not None, "the demo", 20)
    await program.until(lambda: window.panels.topics.select_topic(TOPIC), "the topic", 20)
    connection = program.workspace.shown
    assert connection is not None
    gap = LoopGap()
    gap.start()
    await asyncio.sleep(camera.history_s)
    window.status.set_gaps(gap.read())
    window.status.refresh()
    await gap.stop()
    for topic in (b"greenhouse/north/climate/co2", b"greenhouse/north/valve/state", TOPIC):
        window.panels.topics.select_topic(topic)
    window.panels.publish.set_topic("greenhouse/north/valve/set")
    window.show_panel("topics")
    await camera.take(window, "window", SIZE)
    await camera.take(window, "window-wide", WIDE)
    await camera.take(window, "window-narrow", NARROW)
    window.resize(*SIZE)
    window.workbench.reset()
    window.show_panel("log")
    await camera.take(window, "window-log")
    for name, button in (("settings", window.settings_button), ("help", window.help_button)):
        button.click()
        dialog = window.findChild({"settings": SettingsDialog, "help": HelpDialog}[name])
        await camera.take(dialog, name)
        dialog.close()
    program.reports.report("ValueError", _TRACEBACK)
    window.error_strip.show_details()
    dialog = window.findChild(ErrorDialog)
    await camera.take(window, "window-error-strip")
    await camera.take(dialog, "error")
    dialog.close()
    window.error_strip.hide()
    window.header.pause.click()
    await asyncio.sleep(0.5)
    await camera.take(window, "window-paused")
    window.header.pause.click()
    window.header.toggle.click()
    await program.until(lambda: connection.state.state == "disconnected", "the disconnect")
    await camera.take(window, "window-disconnected")
    await program.close()


async def _troubled(camera: Camera, settings: Path) -> None:
    from tests.support.program import Program
    from tests.support.scripted_peer import ScriptedPeer

    for name, script in (("waiting", _drops), ("failed", _takes_over), ("refused", _refuses)):
        program = Program.open(settings / name)
        program.window.resize(*SIZE)
        with ScriptedPeer(script) as peer:
            await program.connect(f"mqtt://127.0.0.1:{peer.port}")
            connection = program.workspace.shown
            assert connection is not None
            await program.until(lambda: _is_there(name, connection), name)  # noqa: B023 – called at once
            await camera.take(program.window, f"window-{name}")
        await program.close()


def _is_there(name: str, connection: Connection) -> bool:
    if name == "refused":
        return connection.subscriptions.rows[0].state == "refused"
    return connection.state.state == name


_CONNACK = b"\x20\x03\x00\x00\x00"
_MESSAGE = b"\x30\x0d\x00\x08line/one\x00" + b"21"


def _drops(sock: socket.socket) -> None:
    sock.recv(65_536)
    sock.sendall(_CONNACK + _MESSAGE)
    sock.recv(65_536)


def _takes_over(sock: socket.socket) -> None:
    _drops(sock)
    sock.sendall(b"\xe0\x02\x8e\x00")


def _refuses(sock: socket.socket) -> None:
    sock.recv(65_536)
    sock.sendall(_CONNACK)
    packet = sock.recv(65_536)
    sock.sendall(b"\x90\x04" + packet[2:4] + b"\x00\x87")
    while sock.recv(65_536):
        pass


_TRACEBACK = """Traceback (most recent call last):
  File "mqtt_explorer/panels/topics/panel.py", line 120, in _on_tick
    self._show_info()
  File "mqtt_explorer/panels/topics/panel.py", line 171, in _show_info
    raise ValueError("an example")
ValueError: an example
"""

if __name__ == "__main__":
    sys.exit(main())
