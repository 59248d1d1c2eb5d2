# SPDX-License-Identifier: MIT
"""The pictures of `shots` that show brokers: their form, tabs of many, the closing question, held messages."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from tests.shots import Camera
    from tests.support.program import Program

SIZE: Final = (1360, 820)
NARROW: Final = (900, 700)
LEAST: Final = (720, 480)
_NAMES: Final = ("Greenhouse", "Line 3", "Zigbee coordinator", "AWS greenhouse fleet", "HiveMQ staging")


async def brokers(camera: Camera, settings: Path) -> None:
    """Takes them all."""
    await _form(camera, settings / "form")
    await _tabs(camera, settings / "tabs")
    await _unsent(camera, settings / "unsent")


async def _form(camera: Camera, settings: Path) -> None:
    from mqtt_explorer.profiles.presets import apply_preset, preset
    from mqtt_explorer.profiles.profile import Profile
    from mqtt_explorer.widgets.sections import Section
    from tests.support.certificates import make_certificates
    from tests.support.program import Program

    aws = preset("aws-iot-core")
    assert aws is not None
    with tempfile.TemporaryDirectory(prefix="shots-") as folder:
        certificates = make_certificates(Path(folder))
        program = Program.open(settings)
        url = "mqtts://a3k9-ats.iot.eu-central-1.amazonaws.com:443"
        filled, _ = apply_preset(Profile(name="AWS greenhouse fleet", folder="Cloud", url=url), aws)
        keys = {"trust": "file", "certificate": "pem", "key_file": str(certificates.server.key)}
        files = {"ca_file": str(certificates.ca), "cert_file": str(certificates.client.cert)}
        broken = program.book.add(msgspec.structs.replace(filled, **keys, **files))
        loose = program.book.add(Profile(name="Line 3", folder="Plant", url="wss://10.4.4.20", verify=False))
        pages = program.window.pages
        pages.show_form(broken.id)
        form = pages._form
        assert form is not None
        await program.until(lambda: form.form.problems, "the key that does not fit")
        await camera.take(program.window, "form-problem", SIZE)
        await camera.take(program.window, "form-problem-narrow", NARROW)
        pages.show_form(loose.id)
        sections = form.form.findChildren(Section)
        for shown in sections:
            for each in sections:
                each.set_open(each is shown)
            name = type(shown).__name__.removesuffix("Section").lower()
            await camera.take(program.window, f"form-{name}", SIZE)
        pages.new_profile()
        await camera.take(program.window, "form-new", SIZE)
        await program.close()


async def _tabs(camera: Camera, settings: Path) -> None:
    from mqtt_explorer.profiles.profile import Profile
    from tests.support.mosquitto import Mosquitto, plain
    from tests.support.program import Program

    with (
        tempfile.TemporaryDirectory(prefix="shots-") as folder,
        Mosquitto(Path(folder), listeners={"mqtt": plain()}) as broker,
    ):
        program = Program.open(settings)
        for number in range(12):
            name = _NAMES[number] if number < len(_NAMES) else f"Broker {number}"
            profile = program.book.add(Profile(name=name, url=f"mqtt://127.0.0.1:{broker.port}"))
            program.connector.connect_profile(profile.id)
            await program.until(lambda: len(program.workspace.stood) > number, name)  # noqa: B023 – called at once
            if number in (2, 11):
                for label, size in (("", SIZE), ("-narrow", NARROW), ("-least", LEAST)):
                    await camera.take(program.window, f"tabs-{number + 1}{label}", size)
        program.window.pages.show_form(profile.id)
        await asyncio.sleep(0.3)
        await camera.take(program.window, "form-open", SIZE)
        await program.close()


async def _unsent(camera: Camera, settings: Path) -> None:
    from PySide6.QtCore import Qt

    from tests.support.mosquitto import Mosquitto, plain
    from tests.support.program import Program

    with (
        tempfile.TemporaryDirectory(prefix="shots-") as folder,
        Mosquitto(Path(folder), listeners={"mqtt": plain()}) as broker,
    ):
        program = Program.open(settings)
        window = program.window
        await program.connect(f"mqtt://127.0.0.1:{broker.port}")
        await _hold(program)
        window.panels.publish.held.show_list.click()
        window.panels.publish.held.list.selectRow(1)
        await camera.take(window, "held", SIZE)
        wanted = [window.workbench.docks[name] for name in ("topics", "publish")]
        window.workbench.resizeDocks(wanted, [640, 256], Qt.Orientation.Horizontal)
        await camera.take(window, "held-narrow")
        await _closing(camera, program)
        await program.close()


async def _hold(program: Program) -> None:
    from mqtt_explorer.protocol.requests import PublishRequest

    connection = program.workspace.shown
    assert connection is not None
    await connection.disconnect()
    for number in range(13):
        payload = b"x" * (number * 400)
        connection.hold(
            PublishRequest(f"greenhouse/north/valve/{number}/set", payload, number % 3, number % 2 == 1)
        )


async def _closing(camera: Camera, program: Program) -> None:
    from mqtt_explorer.app.closing import ClosingDialog
    from mqtt_explorer.network.unsent import Unsent, UnsentState

    states = list(UnsentState)
    for count in (3, 500):
        dialog = ClosingDialog(program.window)
        rows = [
            (
                _NAMES[number % 2 if count > 3 else 0],
                Unsent(f"plant/line-{number % 7}/valve/set", 20 + number, number % 3, states[number % 3]),
            )
            for number in range(count)
        ]
        dialog.show_left(rows, sending=2 if count == 3 else 0, sendable=count > 3)
        dialog.open()
        await camera.take(dialog, f"closing-{count}")
        dialog.reject()
