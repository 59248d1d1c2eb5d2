# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton

from mqtt_explorer.panels.log import LogPanel
from mqtt_explorer.panels.log.panel import COPY_LIMIT
from mqtt_explorer.store.log_book import LogKind
from mqtt_explorer.widgets.title_bar import TitleBar
from tests.support.scripted_peer import ScriptedPeer, mute

BAD = b"\x30\x07\x00\x03a/#\x00x"
"""A PUBLISH of MQTT 5 to a topic with a wildcard, which no broker would send."""
SENTENCE = "The topic holds a wildcard, which only filters may."


@pytest.fixture
def panel(clock, qtbot):
    made = LogPanel(clock)
    qtbot.addWidget(made, before_close_func=lambda panel: panel.set_connection(None))
    made.resize(1000, 260)
    made.show()
    qtbot.waitExposed(made)
    return made


def add(connection, kind, count=1, raw=None):
    for _ in range(count):
        title = f"{kind} {connection.log.total}"
        connection.log.add(time.time_ns(), kind, title, SENTENCE, raw)


def titles(panel):
    model = panel.table.model()
    return [model.index(row, 1).data() for row in range(model.rowCount())]


def at_end(panel):
    bar = panel.table.verticalScrollBar()
    return bar.value() == bar.maximum()


async def test_a_real_connection_tells_its_states(panel, make_connection, broker):
    connection = make_connection(broker.port)
    panel.set_connection(connection)
    assert panel.empty.isVisible()
    assert panel.info == ""
    connection.open()
    await until(lambda: titles(panel) == ["Connecting", "Connected"])
    assert panel.info == "2 entries"
    await connection.close()
    assert titles(panel)[-1] == "Disconnected"


async def test_it_follows_until_somebody_scrolls_up(panel, make_connection, clock, qtbot):
    connection = make_connection()
    add(connection, LogKind.STATE, 50)
    panel.set_connection(connection)
    bar = TitleBar("Log", None)
    qtbot.addWidget(bar)
    panel.fill_title_bar(bar)
    assert at_end(panel)
    add(connection, LogKind.STATE, 50)
    clock.tick.emit()
    assert len(titles(panel)) == 100
    assert at_end(panel)
    panel.table.verticalScrollBar().setValue(0)
    assert panel.waiting.isVisible()
    assert not panel._follow_button.isChecked()
    add(connection, LogKind.STATE, 7)
    clock.tick.emit()
    assert len(titles(panel)) == 100
    assert panel.waiting.text.text() == "7 newer entries"
    assert panel.table.verticalScrollBar().value() == 0
    panel.resize(1000, 200)
    assert not panel._follow
    button = next(each for each in panel.waiting.findChildren(QPushButton) if each.text() == "Show them")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert len(titles(panel)) == 107
    assert at_end(panel)
    assert not panel.waiting.isVisible()
    panel.resize(1000, 150)
    await asyncio.sleep(0.05)
    assert at_end(panel)
    assert panel._follow


async def test_chips_filter_by_kind_and_come_back(panel, make_connection, clock):
    connection = make_connection()
    kinds = (LogKind.STATE, LogKind.STATE, LogKind.LOWERED, LogKind.MALFORMED, LogKind.ERROR)
    for kind in kinds:
        add(connection, kind)
    panel.set_connection(connection)
    chips = {chip.text(): chip for chip, _ in panel.chips}
    assert list(chips) == ["States", "Refusals", "Malformed", "Errors"]
    chips["States"].click()
    assert titles(panel) == ["lowered 2", "malformed 3", "error 4"]
    chips["Malformed"].click()
    add(connection, LogKind.ERROR)
    add(connection, LogKind.MALFORMED)
    clock.tick.emit()
    assert titles(panel) == ["lowered 2", "error 4", "error 5"]
    panel.table.selectRow(2)
    assert panel.details.entry.title == "error 5"
    panel.details.set_entry(None)
    chips["Refusals"].click()
    chips["Errors"].click()
    assert panel.empty.isVisible()
    assert panel.empty.title.text() == "Nothing of these kinds"
    for chip in chips.values():
        chip.setChecked(True)
    assert len(titles(panel)) == 7
    assert panel.table.model() is panel.model
    panel.table.selectRow(0)
    assert panel.details.entry.title == "state 0"
    add(connection, LogKind.STATE)
    clock.tick.emit()
    assert len(titles(panel)) == 8


async def test_a_malformed_packet_is_shown_and_copied_as_hex(panel, make_connection, qtbot):
    connection = make_connection()
    raw = bytes(range(256)) * 200
    add(connection, LogKind.MALFORMED, raw=raw)
    add(connection, LogKind.ERROR)
    panel.set_connection(connection)
    assert not panel.details.isVisible()
    panel.table.selectRow(0)
    assert panel.details.hex.isVisible()
    assert panel.details.hex.toPlainText().startswith("00000000  00 01 02 03")
    assert "the first 8 KiB are shown" in panel.details.part.text()
    qtbot.mouseClick(panel.details.copy_button, Qt.MouseButton.LeftButton)
    text = QGuiApplication.clipboard().text()
    assert SENTENCE in text
    assert text.count("\n") == 2 + len(raw) // 16
    assert "0000C7F0  F0 F1" in text
    panel.table.selectRow(1)
    assert not panel.details.hex.isVisible()
    panel.table.selectAll()
    panel.copy()
    assert QGuiApplication.clipboard().text().count(SENTENCE) == 2


async def test_the_selected_entry_stays_when_it_falls_out(panel, make_connection, clock):
    connection = make_connection()
    add(connection, LogKind.MALFORMED, 2_000, raw=b"\x30\x00")
    panel.set_connection(connection)
    panel.table.selectRow(0)
    assert panel.details.entry.number == 0
    for _ in range(3):
        add(connection, LogKind.MALFORMED, 300, raw=b"\x30\x00")
        clock.tick.emit()
    assert panel.details.entry.number == 0
    assert panel.info == "2,000 entries · 900 older ones discarded"
    assert at_end(panel)
    add(connection, LogKind.MALFORMED, 5_000, raw=b"\x30\x00")
    clock.tick.emit()
    assert panel.details.entry.number == 0
    assert at_end(panel)
    assert panel._follow


@pytest.mark.parametrize("hidden", ["", "Refusals"])
async def test_a_flood_costs_little_a_frame(panel, make_connection, clock, hidden):
    connection = make_connection()
    add(connection, LogKind.MALFORMED, 2_000, raw=b"\x30\x00")
    panel.set_connection(connection)
    for chip, _ in panel.chips:
        chip.setChecked(chip.text() != hidden)
    frames = []
    for _ in range(20):
        add(connection, LogKind.MALFORMED, 1_000, raw=b"\x30\x00")
        start = time.perf_counter()
        clock.tick.emit()
        panel.table.viewport().repaint()
        frames.append(time.perf_counter() - start)
    worst = sorted(frames)[-2]
    print(f"1,000 entries a frame, hidden {hidden or 'nothing'}: {worst * 1e3:.1f} ms")
    assert len(titles(panel)) == 2_000
    assert worst < 0.1  # 10 ms on a quiet machine


async def test_another_connection_shows_its_own_log(panel, make_connection, clock):
    one, two = make_connection(), make_connection()
    add(one, LogKind.STATE, 30)
    add(two, LogKind.ERROR, 2)
    panel.set_connection(one)
    panel.table.verticalScrollBar().setValue(0)
    panel.table.selectRow(3)
    panel.set_connection(two)
    assert titles(panel) == ["error 0", "error 1"]
    assert not panel.details.isVisible()
    assert not panel.waiting.isVisible()
    add(one, LogKind.STATE)
    add(two, LogKind.ERROR)
    clock.tick.emit()
    assert len(titles(panel)) == 3
    panel.set_connection(None)
    assert panel.info == ""
    assert panel.empty.isVisible()


async def test_malformed_messages_of_a_hostile_peer_arrive_raw(panel, make_connection, clock):
    def hostile(sock):
        sock.recv(65_536)
        sock.sendall(b"\x20\x03\x00\x00\x00" + BAD)
        mute(sock)

    with ScriptedPeer(hostile) as peer:
        connection = make_connection(peer.port)
        panel.set_connection(connection)
        connection.open()
        clock.start()
        await until(lambda: "Malformed message" in titles(panel))
        panel.table.selectRow(titles(panel).index("Malformed message"))
        raw = panel.details.entry.raw
        assert BAD.endswith(raw[-6:])
        assert panel.details.hex.toPlainText().startswith("00000000  " + raw[:8].hex(" ").upper())
        assert "wildcard" in panel.details.text.text()
        clock.stop()
        panel.set_connection(None)
        await connection.close()


async def test_copying_a_full_book_is_bounded_and_says_so(panel, make_connection, clock):
    connection = make_connection()
    add(connection, LogKind.MALFORMED, 400, raw=bytes(2_000))
    panel.set_connection(connection)
    panel.table.selectAll()
    start = time.perf_counter()
    panel.copy()
    print(f"400 entries of 2,000 bytes: {(time.perf_counter() - start) * 1e3:.0f} ms")
    copied = QGuiApplication.clipboard().text()
    assert COPY_LIMIT <= len(copied) < COPY_LIMIT + 20_000
    shown = copied.count(SENTENCE)
    assert (
        panel.note.text.text()
        == f"Copied the first {shown} of 400 selected entries: 1 MiB of text is the most."
    )
    panel.table.selectRow(3)
    panel.copy()
    assert not panel.note.isVisible()


async def test_names_for_a_screen_reader(panel):
    assert panel.table.accessibleName() == "Log"
    names = [chip.accessibleName() for chip, _ in panel.chips]
    assert names == ["Show states", "Show refusals", "Show malformed", "Show errors"]


async def test_it_can_be_made_low(panel, make_connection, clock, qtbot):
    connection = make_connection()
    add(connection, LogKind.MALFORMED, 5, raw=bytes(200))
    panel.set_connection(connection)
    panel.table.selectRow(2)
    panel.set_follow(follow=False)
    for width in (400, 1_000):
        panel.resize(width, 190)
        panel.layout().activate()
        assert panel.height() == 190
        assert panel.details.geometry().bottom() <= panel._split.height()
        assert panel.details.hex.geometry().bottom() <= panel.details.height()


async def until(condition, timeout_s=5.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.01)
