# SPDX-License-Identifier: MIT
import asyncio

from mqtt_explorer.app.saver import Saver


async def test_a_look_at_the_file_during_a_write_comes_after_it():
    """Else what another program has just written would not be seen: the write has compared before that."""
    told: list[str] = []
    writing, go_on = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        told.append("write")
        writing.set()
        await go_on.wait()

    async def look() -> None:
        told.append("look")

    saver = Saver(write, 0.0, "saver")
    saver.changed()
    await writing.wait()
    saver.read(look, "look")
    assert told == ["write"]
    go_on.set()
    async with asyncio.timeout(5):
        while told != ["write", "look"] or saver.working:
            await asyncio.sleep(0)
    await saver.finish()


async def test_a_look_while_a_write_is_due_is_left_to_the_write():
    told: list[str] = []

    async def write() -> None:
        told.append("write")

    async def look() -> None:
        told.append("look")

    saver = Saver(write, 60.0, "saver")
    saver.changed()
    saver.read(look, "look")
    await saver.finish()
    saver.read(look, "look")
    await saver.finish()
    assert told == ["write", "look"]
