# SPDX-License-Identifier: MIT
"""The demo's way into the window, and the figures of the status bar and the metrics file."""

from __future__ import annotations

import asyncio
import json

import pytest

from mqtt_explorer.app import connector as connector_module
from mqtt_explorer.app.metrics_file import MetricsFile
from mqtt_explorer.demo.broker import DemoError
from mqtt_explorer.measure.loop_lag import Gaps, LoopGap


async def test_the_demo_opens_and_goes_with_its_connection(program):
    program.window.start.demo_button.click()
    await program.until(lambda: program.workspace.shown is not None, "the demo")
    connection = program.workspace.shown
    assert connection.title.startswith("Demo · ")
    assert program.window.header._tab_title.text().startswith("Demo · ")
    assert program.preferences.settings.recent_urls == ()
    (demo,) = program.connector._demos.values()
    await program.connector.close(connection)
    assert program.connector._demos == {}
    assert demo._watcher.done()


async def test_a_demo_without_a_broker_says_what_to_install(program, monkeypatch):
    async def nothing():
        raise DemoError("Neither is installed; install mosquitto.")

    monkeypatch.setattr(connector_module, "start_demo_broker", nothing)
    program.window.start.demo_button.click()
    await program.until(lambda: program.window.start.url_field.error, "the sentence")
    assert "install mosquitto" in program.window.start.url_field.error
    assert program.window.start.demo_button.isEnabled()


async def test_a_demo_that_starts_can_be_cancelled(program, monkeypatch):
    async def slow():
        await asyncio.sleep(60)

    monkeypatch.setattr(connector_module, "start_demo_broker", slow)
    start = program.window.start
    start.demo_button.click()
    await program.until(lambda: "Starting a broker" in start._connecting.text(), "the wait")
    start.cancel_button.click()
    assert start.connect_button.isVisible()
    await asyncio.sleep(0)
    assert program.connector._demo_starting is None


@pytest.fixture
def metrics_file(program, tmp_path):
    def make(name: str) -> MetricsFile:
        return MetricsFile(tmp_path / name, program.workspace, LoopGap(), lambda: 7, told.append)

    told: list[Gaps] = []
    make.told = told
    return make


async def test_metrics_sum_over_connections(program, metrics_file, broker):
    file = metrics_file("m.jsonl")
    program.window.start.filters.setText("")
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    other = program.connector.connect(program.workspace.shown.options, ())
    await program.until(lambda: program.workspace.shown is other, "the second")
    file.write()
    file.write()
    lines = [json.loads(line) for line in file._path.read_text().splitlines()]
    assert len(lines) == 2
    assert len(lines[1]["connections"]) == 2
    assert (lines[1]["state"], lines[1]["frames"]) == ("connected", 7)
    assert len(metrics_file.told) == 2


async def test_metrics_that_cannot_be_written_are_told_once(program, metrics_file):
    file = metrics_file("no/such/folder.jsonl")
    said: list[str] = []
    file.problem.connect(said.append)
    file.problem.connect(program.window.show_note)
    file.write()
    file.write()
    assert len(said) == 1
    assert "cannot be written" in said[0]
    assert program.window.note.isVisible()
    assert len(metrics_file.told) == 2


async def test_the_status_bar_counts_what_was_received(program, broker):
    window = program.window
    assert window.status.idle.isVisible()
    assert not window.status.dropped.isVisible()
    window.start.filters.setText("")
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    assert not window.status.idle.isVisible()
    assert window.status.dropped.text() == "0 dropped"
    assert "MB" in window.status.memory.text()
    window.resize(1200, 700)
    assert window.status.memory_bar.isVisible()
    window.resize(800, 700)
    assert not window.status.memory_bar.isVisible()
