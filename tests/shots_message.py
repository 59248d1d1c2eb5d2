# SPDX-License-Identifier: MIT
"""The pictures of `shots` that show one message: its tabs, decoders, giants, all the room; and snapshots of the tree."""

from __future__ import annotations

import asyncio
import json
import struct
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

    from mqtt_explorer.connection import Connection
    from mqtt_explorer.panels.message.panel import MessagePanel
    from mqtt_explorer.protocol.requests import PublishProperties
    from tests.shots import Camera
    from tests.support.program import Program

SIZES: Final = {"": (1360, 820), "-narrow": (900, 700), "-least": (720, 480)}
SIZE: Final = SIZES[""]
#: On branches of their own, so that the demo does not change them meanwhile.
CONTROLLER: Final = b"greenhouse/north/controller"
RECIPE: Final = b"line/oven/recipe"
RECORD: Final = b"line/press/record"
REQUEST: Final = b"line/oven/recipe/get"
NOTICE: Final = b"line/notice"
NEWS: Final = b"greenhouse/north/bed-4/soil"
PICTURE: Final = b"odd/binary/picture.png"
GIANT: Final = b"line/archive/2024"
CUT: Final = b"line/archive/firmware"
_VERSIONS: Final = 8
_GIANT_ROWS: Final = 150_000


async def message(camera: Camera, settings: Path) -> None:
    """Takes them all."""
    from tests.support.program import Program

    program = Program.open(settings / "message")
    window = program.window
    window.resize(*SIZE)
    program.connector.start_demo()
    await program.until(lambda: program.workspace.shown is not None, "the demo", 20)
    connection = program.workspace.shown
    assert connection is not None
    await program.until(lambda: window.panels.topics.select_topic(PICTURE), "the topic", 20)
    await asyncio.sleep(1.5)  # every topic has spoken
    await _send(connection, CONTROLLER, controller(0), retain=True)
    await _send(connection, NOTICE, b"Shift change at 14:00", retain=True)
    await program.until(lambda: connection.store.find(NOTICE) is not None, "the notice")
    await _snapshot(camera, program)
    await _publish(program, connection)
    await _payload(camera, program)
    await _diff(camera, program)
    await _bytes(camera, program)
    await _properties(camera, program)
    await _decoders(camera, program)
    await _giants(camera, program, connection)
    await _alone(camera, program)
    await _compared(camera, program)
    await program.close()


# --- what there is to see ---------------------------------------------------------------------------------------------


def controller(version: int) -> bytes:
    """The state of a controller: what is compared, and what JSON readers love to spoil (a large integer, `24.10`)."""
    state: dict[str, Any] = {
        "serial": 9007199254740993 + version // 4,
        "firmware": "4.2.1" if version < _VERSIONS else "4.3.0",
        "setpoint": {"day": 24.5 + version / 4, "night": 17.25},
        "valves": [{"id": n, "open": n < version % 3, "flow_l_min": 1.4 * n} for n in range(3)],
        "alarms": [] if version < _VERSIONS else ["pressure low"],
        "at": f"2025-06-14T09:{12 + version}:08Z",
    }
    if version < _VERSIONS:
        state["maintenance"] = None
    else:
        state["season"] = "summer"
    return json.dumps(state).replace("17.25", "17.250").encode()


def record(number: int) -> bytes:
    """A binary record of a press: a mark, a counter, the time, readings, a name."""
    head = struct.pack("<HIQ", 0xBEEF, 40_000 + number, 1_749_892_328_000 + 250 * number)
    return head + struct.pack("<24f", *(41.5 + n * number / 8 for n in range(24))) + b"press 3\0" + bytes(96)


async def _send(
    connection: Connection,
    topic: bytes,
    payload: bytes,
    properties: PublishProperties | None = None,
    *,
    retain: bool = False,
) -> None:
    from mqtt_explorer.protocol.requests import PublishProperties, PublishRequest

    wanted = properties or PublishProperties()
    await connection.publish(PublishRequest(topic.decode(), payload, 1, retain, wanted))


async def _publish(program: Program, connection: Connection) -> None:
    from mqtt_explorer.protocol.requests import PublishProperties

    for version in range(1, _VERSIONS + 1):
        await _send(connection, CONTROLLER, controller(version), retain=True)
        await _send(connection, RECORD, record(version))
        await asyncio.sleep(0.1)
    pair = b"\x00\x1f recipe-42"
    asked = PublishProperties(
        payload_is_text=True,
        message_expiry_s=120,
        content_type="application/json",
        response_topic=RECIPE.decode(),
        correlation_data=pair,
        user=(("user", "ada"), ("shift", "early")),
    )
    await _send(connection, REQUEST, b'{"recipe": 42}', asked)
    answered = PublishProperties(
        content_type="application/json", correlation_data=pair, user=(("station", "oven"),)
    )
    recipe = b'{"recipe": 42, "zones": [182.0, 184.5, 181.0], "minutes": 38}'
    await _send(connection, RECIPE, recipe, answered)
    await _send(connection, NOTICE, b"", retain=True)
    await _send(connection, NEWS, b'{"moisture": 41.2, "temperature": 18.9}')
    await program.until(lambda: connection.store.find(NEWS) is not None, "the last message")


def _keep(connection: Connection, topic: bytes, payload: bytes, size: int) -> None:
    """As it is when such a message has come; no broker needs to carry it."""
    from mqtt_explorer.protocol.batch import Batch

    frame = (0, topic, b"", payload, size)
    connection.store.apply(Batch(time.monotonic_ns(), time.time_ns(), [frame], wire_bytes=size))


# --- pictures ---------------------------------------------------------------------------------------------------------


async def _every_size(camera: Camera, program: Program, name: str, dock: str = "topics") -> None:
    """In each size as the program would begin in it."""
    window = program.window
    for suffix, size in (*reversed(SIZES.items()),):
        window.resize(*size)
        await asyncio.sleep(0.1)
        window.workbench.reset()
        window.show_panel(dock)
        await camera.take(window, f"{name}{suffix}")


async def _show(program: Program, topic: bytes, tab: int) -> MessagePanel:
    panel = program.window.panels.message
    await program.until(lambda: program.window.panels.topics.select_topic(topic), topic.decode())
    panel.show_tab(tab)
    await program.until(
        lambda: panel.message is not None and panel.message.topic.encode() == topic, "the message"
    )
    return panel


async def _snapshot(camera: Camera, program: Program) -> None:
    panels = program.window.panels
    program.window.show_panel("snapshots")
    await camera.take(program.window, "snapshots-empty")
    panels.snapshots.take()
    await program.until(lambda: not panels.snapshots.busy, "the snapshot")


async def _payload(camera: Camera, program: Program) -> None:
    from mqtt_explorer.panels.message.document_view import PRETTY, TREE
    from mqtt_explorer.panels.message.tabs import PAYLOAD, RAW

    panel = await _show(program, CONTROLLER, PAYLOAD)
    await _every_size(camera, program, "message-tree")
    panel.tabs.document.mode.set_index(PRETTY)
    await camera.take(program.window, "message-pretty")
    panel.tabs.document.mode.set_index(TREE)
    panel.show_tab(RAW)
    await camera.take(program.window, "message-raw")
    panel = await _show(program, PICTURE, PAYLOAD)
    panel.formats.choose("image")
    await program.until(lambda: panel.tabs.document.picture.data, "the picture")
    await camera.take(program.window, "message-picture")


async def _diff(camera: Camera, program: Program) -> None:
    from mqtt_explorer.panels.message.tabs import DIFF

    panel = await _show(program, CONTROLLER, DIFF)
    await program.until(lambda: panel.tabs.diff.diff is not None, "the difference")
    await _every_size(camera, program, "message-diff")
    for mode in ("lines", "bytes"):
        panel.tabs.diff.head.mode_chosen.emit(mode)
        await program.until(lambda: panel.tabs.diff.diff.mode == mode, mode)  # type: ignore[union-attr] # noqa: B023
        await camera.take(program.window, f"message-diff-{mode}")
    panel.tabs.diff.head.mode_chosen.emit("structure")


async def _bytes(camera: Camera, program: Program) -> None:
    from mqtt_explorer.panels.message.tabs import HEX

    panel = await _show(program, RECORD, HEX)
    panel.tabs.hex.area.select(6, 14)
    await _every_size(camera, program, "message-hex")


async def _properties(camera: Camera, program: Program) -> None:
    from mqtt_explorer.panels.message.tabs import PROPERTIES

    await _show(program, REQUEST, PROPERTIES)
    await _every_size(camera, program, "message-properties")
    await _show(program, RECIPE, PROPERTIES)
    await camera.take(program.window, "message-properties-response")


async def _decoders(camera: Camera, program: Program) -> None:
    from PySide6.QtWidgets import QMenu

    from mqtt_explorer.panels.message.tabs import PAYLOAD

    panel = await _show(program, CONTROLLER, PAYLOAD)
    panel.choose_format()
    menu = next(each for each in program.window.findChildren(QMenu) if each.isVisible())
    await camera.take(menu, "message-decoders")
    menu.close()
    panel.formats.choose("cbor")  # which it is not
    await camera.take(program.window, "message-not-decoded")
    panel.formats.choose("auto")


async def _giants(camera: Camera, program: Program, connection: Connection) -> None:
    from mqtt_explorer.panels.message.document_view import PRETTY, TREE
    from mqtt_explorer.panels.message.tabs import PAYLOAD

    row = b'{"part": %d, "station": "oven", "celsius": 182.5, "good": true}'
    giant = b"[" + b",".join(row % n for n in range(_GIANT_ROWS)) + b"]"
    _keep(connection, GIANT, giant, len(giant))
    _keep(connection, CUT, bytes(range(256)) * 16, 64 << 20)
    panel = await _show(program, CUT, PAYLOAD)
    await camera.take(program.window, "message-cut")
    document = panel.tabs.document
    document.mode.set_index(PRETTY)
    await _show(program, GIANT, PAYLOAD)
    await program.until(lambda: document.progress.value() > document.progress.maximum() // 4, "some progress")
    await camera.take(program.window, "message-giant", settle_s=0)
    document.cancel.click()
    await camera.take(program.window, "message-giant-cancelled")
    document.mode.set_index(TREE)


async def _alone(camera: Camera, program: Program) -> None:
    from mqtt_explorer.panels.message.tabs import DIFF, HEX, PAYLOAD

    alone = program.window.workbench.alone
    panel = await _show(program, RECORD, HEX)
    alone.toggle()
    panel.tabs.hex.area.select(6, 8)
    await camera.take(program.window, "message-alone-hex")
    await _show(program, CONTROLLER, DIFF)
    await camera.take(program.window, "message-alone")
    alone.toggle()
    panel.show_tab(PAYLOAD)


async def _compared(camera: Camera, program: Program) -> None:
    from PySide6.QtCore import Qt

    window, snapshots = program.window, program.window.panels.snapshots
    await _show(program, CONTROLLER, 0)
    window.show_panel("snapshots")
    snapshots.compare()
    await program.until(lambda: not snapshots.busy and snapshots.model.rowCount(), "the comparison")
    snapshots.result.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    await _every_size(camera, program, "snapshots", "snapshots")
    window.workbench.resizeDocks([window.workbench.docks["snapshots"]], [520], Qt.Orientation.Vertical)
    await camera.take(window, "snapshots-tall")
