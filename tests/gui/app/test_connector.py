# SPDX-License-Identifier: MIT
"""The demo's way into the window, and the figures of the status bar and the metrics file."""

from __future__ import annotations

import asyncio
import json
import os
import re
import threading
import time

import pytest

from mqtt_explorer.app import connector as connector_module
from mqtt_explorer.app import metrics_file as metrics_module
from mqtt_explorer.app.metrics_file import MetricsFile
from mqtt_explorer.demo.broker import DemoError
from mqtt_explorer.measure.loop_lag import Gaps, LoopGap


async def test_the_demo_opens_and_goes_with_its_connection(program):
    program.window.start.demo_button.click()
    await program.until(lambda: program.workspace.shown is not None, "the demo")
    connection = program.workspace.shown
    assert connection.title.startswith("Demo · ")
    assert program.window.header.tabs.tabs[0].title.text().startswith("Demo · ")
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
    assert program.connector._main is None


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
    file.tick()
    await file.finish()
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
    await file.finish()
    await file.finish()
    assert len(said) == 1
    assert "cannot be written" in said[0]
    assert program.window.note.isVisible()
    assert len(metrics_file.told) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
async def test_metrics_into_a_pipe_are_refused_and_hold_nothing_up(program, metrics_file, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    file = metrics_file("pipe")
    said: list[str] = []
    file.problem.connect(said.append)
    begin = time.monotonic()
    file.tick()
    assert time.monotonic() - begin < 0.5
    async with asyncio.timeout(5):
        await file.finish()
    assert len(said) == 1
    assert "no regular file" in said[0]


async def test_a_disk_that_hangs_leaves_lines_out_and_does_not_hold_the_window(
    program, metrics_file, monkeypatch
):
    go_on = threading.Event()
    real = metrics_module._append

    def slow(path, line):
        assert go_on.wait(10)
        real(path, line)

    monkeypatch.setattr(metrics_module, "_append", slow)
    file = metrics_file("m.jsonl")
    for _ in range(3):
        file.tick()
        await asyncio.sleep(0.01)
    assert len(metrics_file.told) == 3
    go_on.set()
    await file.finish()
    assert len(file._path.read_text().splitlines()) == 2


async def test_a_demo_that_fails_for_an_unknown_reason_gives_the_page_back(program, monkeypatch, expect_log):
    async def broken():
        raise ZeroDivisionError("by nobody expected")

    expect_log("Task start demo failed")
    monkeypatch.setattr(connector_module, "start_demo_broker", broken)
    start = program.window.start
    start.demo_button.click()
    await program.until(lambda: start.url_field.error, "the sentence")
    assert "by nobody expected" in start.url_field.error
    assert start.demo_button.isEnabled()
    assert not start._busy.isVisible()
    assert program.connector._main is None


async def test_the_demo_takes_the_payload_cap_of_the_settings(program):
    program.preferences.take_chosen({"payload_cap": 5_000_000})
    program.window.start.demo_button.click()
    await program.until(lambda: program.workspace.shown is not None, "the demo")
    assert program.workspace.shown.options.payload_cap == 5_000_000
    await program.connector.close(program.workspace.shown)


async def test_the_status_bar_counts_what_was_received(program, broker):
    window = program.window
    assert window.status.idle.isVisible()
    assert not window.status.dropped.isVisible()
    window.start.filters.setText("")
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    assert not window.status.idle.isVisible()
    assert window.status.dropped.text() == "0 dropped"
    assert re.fullmatch(r"Memory [\d.]+ (B|KiB|MiB|GiB) of [\d.]+ (MiB|GiB)", window.status.memory.text())
    assert window.status.bytes_in.text().endswith("B/s")
    window.resize(1200, 700)
    assert window.status.memory_bar.isVisible()
    window.resize(800, 700)
    assert not window.status.memory_bar.isVisible()
    assert not window.status.evicted.isVisible()
    for figure in (window.status.dropped, window.status.memory, window.status.lag):
        assert figure.isVisible()


async def test_the_lag_turns_amber_at_the_number_its_tooltip_names(program):
    status = program.window.status
    (named,) = re.findall(r"Above (\d+) ms", status.lag.toolTip())
    for ms, tone in ((float(named), None), (int(named) + 1.0, "warn")):
        status.set_gaps(Gaps(0.0, ms, ms))
        status.refresh()
        assert (status.lag.property("tone") or None) == tone
