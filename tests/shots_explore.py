# SPDX-License-Identifier: MIT
"""The pictures of `shots` that show the way through many topics: search, favourites, messages, noise, palette."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from mqtt_explorer.store.query import Query, QueryMode

if TYPE_CHECKING:
    from pathlib import Path

    from mqtt_explorer.connection import Connection
    from tests.shots import Camera
    from tests.support.program import Program

SIZES: Final = {"": (1360, 820), "-narrow": (900, 700), "-least": (720, 480)}
SIZE: Final = SIZES[""]
#: Found often by "temp", on an unfolded branch.
TOPIC: Final = b"greenhouse/north/climate/temperature"
_STARRED: Final = (
    TOPIC,
    b"greenhouse/north/valve/state",
    b"line/oven/power",
    b"greenhouse/west/bed-1/soil/moisture/average",
)


async def explore(camera: Camera, settings: Path) -> None:
    """Takes them all."""
    from tests.support.program import Program

    program = Program.open(settings / "explore")
    window = program.window
    window.resize(*SIZE)
    program.connector.start_demo()
    await program.until(lambda: program.workspace.shown is not None, "the demo", 20)
    connection = program.workspace.shown
    assert connection is not None
    await program.until(lambda: window.panels.topics.select_topic(TOPIC), "the topic", 20)
    window.show_panel("noise")  # it counts from now on
    await asyncio.sleep(0.3)
    window.show_panel("messages")
    await asyncio.sleep(camera.history_s)
    await _search(camera, program)
    await _messages(camera, program)
    await _noise(camera, program)
    await _palette(camera, program)
    await _favourites(camera, program, connection)
    await program.close()


async def _every_size(camera: Camera, program: Program, name: str, dock: str = "messages") -> None:
    """In each size as the program would begin in it."""
    window = program.window
    for suffix, size in (*reversed(SIZES.items()),):
        window.resize(*size)
        await asyncio.sleep(0.1)
        window.workbench.reset()
        window.workbench.show_dock(dock)
        await camera.take(window, f"{name}{suffix}")


async def _search(camera: Camera, program: Program) -> None:
    window, topics = program.window, program.window.panels.topics
    bar = window.header.search
    await _every_size(camera, program, "window-explore")
    bar.begin("temp")
    await program.until(lambda: topics.search_row.state.hits > 4 and topics.search_row.state.done, "hits")
    for _ in range(3):
        topics.step_hit(1)
    await _every_size(camera, program, "search")
    bar.begin("nothing like it")
    await program.until(lambda: topics.search_row.state.done and not topics.search_row.state.hits, "no hit")
    await camera.take(window, "search-no-hit")
    bar.begin("temp")
    await asyncio.sleep(0.2)
    bar.switches.set_from(Query(mode=QueryMode.REGEX))
    bar.begin("temp(")
    await _every_size(camera, program, "search-error")
    bar.switches.set_from(Query())
    bar.clear_button.click()
    window.show_panel("topics")


async def _messages(camera: Camera, program: Program) -> None:
    window, messages = program.window, program.window.panels.messages
    messages.scope.set_index(0)
    window.show_panel("messages")
    messages.bar.begin("temp")
    await asyncio.sleep(0.5)
    await _every_size(camera, program, "messages-filter")
    messages.pause(True)
    await asyncio.sleep(1.5)
    await _every_size(camera, program, "messages-paused")
    messages.pause(False)
    messages.bar.begin("nothing like it")
    await asyncio.sleep(0.3)
    await camera.take(window, "messages-no-match")
    messages.bar.clear_button.click()


async def _noise(camera: Camera, program: Program) -> None:
    program.window.show_panel("noise")
    program.window.panels.noise.refresh()
    await _every_size(camera, program, "noise", "noise")


async def _palette(camera: Camera, program: Program) -> None:
    from mqtt_explorer.app.palette import Palette

    window = program.window
    window.show_panel("messages")
    window.header.palette_button.click()
    palette = window.findChild(Palette)
    assert palette is not None
    await camera.take(window, "palette")
    palette.edit.setText("temp")
    await camera.take(window, "palette-topics")
    palette.edit.setText("nothing like it")
    await camera.take(window, "palette-no-hit")
    palette.leave()


async def _favourites(camera: Camera, program: Program, connection: Connection) -> None:
    connection.marks.set_favourite(_STARRED, on=True)
    program.window.panels.topics.select_topic(TOPIC)
    await _every_size(camera, program, "favourites")
