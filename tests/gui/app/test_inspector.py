# SPDX-License-Identifier: MIT
"""The message inspector from end to end: a real broker, the real window, the real decoding process."""

from __future__ import annotations

import asyncio
import json

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu

from mqtt_explorer.models.snapshot_model import STATUS
from mqtt_explorer.panels.message.document_view import PRETTY
from mqtt_explorer.panels.message.tabs import DIFF, HEX, PAYLOAD, PROPERTIES, RAW
from mqtt_explorer.payload.registry import lines_of
from mqtt_explorer.payload.worker import shared_worker
from mqtt_explorer.protocol.requests import PublishProperties, PublishRequest
from mqtt_explorer.store.snapshot_compare import Status

CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
ROOT = "inspect"
ROWS = 200_000


@pytest.fixture
async def worker():
    """The decoding process, ended with the test as `app.main` ends it."""
    yield shared_worker()
    await shared_worker().close()
    await asyncio.sleep(0.05)


@pytest.fixture
async def bench(program, broker, worker):
    await connect(program, broker)
    return program


async def connect(program, broker):
    program.window.start.filters.setText(f"{ROOT}/#, spBv1.0/#")
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    return program.workspace.shown


async def send(program, topic, payload, **properties):
    """Publishes and waits until the message is in the tree."""
    connection = program.workspace.shown
    node = connection.store.find(topic.encode())
    count = node.count if node is not None else 0
    await connection.publish(PublishRequest(topic, payload, 1, properties=PublishProperties(**properties)))
    await program.until(
        lambda: (node := connection.store.find(topic.encode())) is not None and node.count > count, topic
    )


async def show(program, topic):
    await program.until(lambda: program.window.panels.topics.select_topic(topic.encode()), topic)
    panel = program.window.panels.message
    await program.until(lambda: panel.message is not None and panel.message.topic == topic, topic)
    return panel


def text_of(document):
    lines = lines_of(document)
    return "\n".join(lines.text(number) for number in range(len(lines)))


def property_row(panel, name):
    rows = panel.tabs.properties.model.rows
    return next((number for number, row in enumerate(rows) if row.name == name), None)


def open_menu(panel):
    return next((each for each in panel.findChildren(QMenu) if each.isVisible()), None)


def action_of(menu, start):
    return next(each for each in menu.actions() if each.text().replace("&", "").startswith(start))


async def test_a_decoder_is_chosen_with_keys_and_remembered(bench, open_program, broker, qtbot):
    await send(bench, f"{ROOT}/number", b"\x01\x02")
    panel = await show(bench, f"{ROOT}/number")
    qtbot.keyClick(bench.window, Qt.Key.Key_D, CONTROL)
    await bench.until(lambda: open_menu(panel), "the menu")
    action_of(open_menu(panel), "Hex").trigger()
    open_menu(panel).close()
    await bench.until(lambda: panel.tabs.document.document.format == "hex", "the bytes")
    assert bench.workspace.shown.marks.decoders.choice_for(f"{ROOT}/number".encode())[1] == "hex"
    await bench.marks.finish()

    again = open_program()
    await connect(again, broker)
    await send(again, f"{ROOT}/number", b"text now")
    panel = await show(again, f"{ROOT}/number")
    await again.until(
        lambda: panel.tabs.document.document is not None and panel.tabs.document.document.format == "hex",
        "the decoder of last time",
    )
    assert panel.formats.choice == "hex"
    assert "chosen" in panel.head.chips.format.accessibleName()


async def test_keys_of_the_tabs(bench, qtbot):
    await send(bench, f"{ROOT}/keys", b'{"a": 1}')
    panel = await show(bench, f"{ROOT}/keys")
    keys = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_5)
    for tab, key in reversed(list(zip((PAYLOAD, DIFF, HEX, RAW, PROPERTIES), keys, strict=True))):
        bench.window.panels.topics.tree.setFocus()
        qtbot.keyClick(bench.window, key, ALT)
        assert panel.tabs.currentIndex() == tab
        assert panel.isAncestorOf(QApplication.focusWidget())


async def test_request_and_response_jump_both_ways(bench, qtbot):
    panel = bench.window.panels.message
    ask, answer = f"{ROOT}/ask", f"{ROOT}/answer"
    for number in range(3):
        data = b"correlation-%d" % number
        await send(bench, ask, b"ask %d" % number, response_topic=answer, correlation_data=data)
    for number in (1, 0, 2):
        await send(bench, answer, b"answer %d" % number, correlation_data=b"correlation-%d" % number)
    await show(bench, answer)
    panel.show_tab(PROPERTIES)
    for number in range(panel.history.model.rowCount()):
        panel.history.view.selectRow(number)
        payload = panel.message.payload
        await bench.until(
            lambda: (
                (row := property_row(panel, "Request")) is not None
                and panel.tabs.properties.model.rows[row].message is not None
            ),
            "the request",
        )
        table = panel.tabs.properties.table
        table.setCurrentIndex(table.model().index(property_row(panel, "Request"), 0))
        qtbot.keyClick(table, Qt.Key.Key_Return)
        await bench.until(lambda: panel.message.topic == ask, "the jump to the request")
        assert panel.message.payload == payload.replace(b"answer", b"ask")
        assert panel.pinned
        await bench.until(
            lambda: (
                (row := property_row(panel, "Response")) is not None
                and panel.tabs.properties.model.rows[row].message is not None
            ),
            "the response",
        )
        table.setCurrentIndex(table.model().index(property_row(panel, "Response"), 0))
        qtbot.keyClick(table, Qt.Key.Key_Return)
        await bench.until(lambda: panel.message.topic == answer, "the jump back")
        assert panel.message.payload == payload


async def test_aliases_of_sparkplug_come_from_births(bench):
    pytest.importorskip("google.protobuf")
    from mqtt_explorer.payload.sparkplug_schema import payload_class

    def made(*metrics):
        packet = payload_class()(timestamp=1_700_000_000_000, seq=0)
        for each in metrics:
            packet.metrics.add(**each)
        return packet.SerializeToString()

    data = made({"alias": 7, "datatype": 10, "double_value": 21.5})
    await send(bench, "spBv1.0/group/NDATA/node", data)
    panel = await show(bench, "spBv1.0/group/NDATA/node")
    await bench.until(lambda: panel.tabs.document.document.format == "sparkplug", "Sparkplug B")
    assert "Boiler/Temperature" not in text_of(panel.tabs.document.document)
    birth = made({"name": "Boiler/Temperature", "alias": 7, "datatype": 10, "double_value": 20.0})
    await send(bench, "spBv1.0/group/NBIRTH/node", birth)
    await send(bench, "spBv1.0/group/NDATA/node", data)
    await bench.until(
        lambda: "Boiler/Temperature" in text_of(panel.tabs.document.document), "the name of the alias"
    )


async def test_the_difference_follows_live(bench):
    topic = f"{ROOT}/diff"
    for number in range(2):
        await send(bench, topic, json.dumps({"same": 0, "count": number}).encode())
    panel = await show(bench, topic)
    panel.show_tab(DIFF)
    diff = panel.tabs.diff
    for number in range(2, 5):
        await bench.until(lambda: diff.model.diff is not None, "a difference")
        wanted = (str(number - 2), str(number - 1))
        await bench.until(lambda wanted=wanted: changed(diff) == wanted, f"from {wanted[0]} to {wanted[1]}")
        assert not panel.pinned
        await send(bench, topic, json.dumps({"same": 0, "count": number}).encode())
    await bench.until(lambda: changed(diff) == ("3", "4"), "the last one")


def changed(diff):
    """The two values of `count`, as the table has them."""
    model = diff.model
    for row in range(model.rowCount()):
        cells = [str(model.index(row, column).data() or "") for column in range(model.columnCount())]
        if any("count" in cell for cell in cells):
            numbers = [cell for cell in cells if cell.isdigit()]
            return tuple(numbers[-2:]) if len(numbers) >= 2 else None
    return None


async def test_a_snapshot_shows_what_changed(bench):
    window, panels = bench.window, bench.window.panels
    for name in ("silent", "value", "shape"):
        await send(bench, f"{ROOT}/snap/{name}", b'{"v": 1}')
    window.show_panel("snapshots")
    panels.topics.select_topic(f"{ROOT}/snap".encode())
    snapshots = panels.snapshots
    snapshots.shelf.scope.set_index(1)
    snapshots._on_scope(1)
    snapshots.take()
    await bench.until(lambda: snapshots.shelf.model.rowCount() == 1 and not snapshots.busy, "the snapshot")
    await send(bench, f"{ROOT}/snap/value", b'{"v": 2}')
    await send(bench, f"{ROOT}/snap/shape", b'{"other": [1]}')
    await send(bench, f"{ROOT}/snap/new", b"1")
    snapshots.compare()
    await bench.until(lambda: snapshots.model.rowCount() == 3, "the comparison")
    snapshots.result.chips.chips[Status.SILENT].click()
    await bench.until(lambda: snapshots.model.rowCount() == 4, "the silent one")
    found = {
        row.topic.decode().rpartition("/")[2]: row.status
        for number in range(4)
        if (row := snapshots.model.row(number)) is not None
    }
    assert found == {
        "silent": Status.SILENT,
        "value": Status.VALUE,
        "shape": Status.SHAPE,
        "new": Status.NEW,
    }
    words = {str(snapshots.model.index(number, STATUS).data()).lower() for number in range(4)}
    assert len(words) == 4
    place = next(n for n in range(4) if snapshots.model.row(n).topic.endswith(b"/value"))
    snapshots.result.table.difference_wanted.emit(snapshots.model.row(place))
    message = panels.message
    await bench.until(
        lambda: message.tabs.currentIndex() == DIFF and message.tabs.diff.model.diff, "the difference"
    )
    assert message.message.payload == b'{"v": 2}'
    assert message.history.pair[0].payload == b'{"v": 1}'


async def test_sixteen_megabytes_page_by_page(bench):
    rows = ",".join(
        f'{{"id":{n},"name":"sensor {n}","value":{n}.5,"on":true,"tags":["a","é"],"at":null}}'
        for n in range(ROWS)
    )
    payload = f"[{rows}]".encode()
    assert len(payload) > 16_000_000
    topic = f"{ROOT}/giant"
    panel = bench.window.panels.message
    view = panel.tabs.document
    view.mode.set_index(PRETTY)
    seen = []
    view.decoding.shown.connect(
        lambda document: seen.append((document.complete, document.structure is not None))
    )
    await send(bench, topic, payload)
    await show(bench, topic)
    await bench.until(lambda: seen, "the first page")
    assert seen[0] == (False, True)
    assert view.decoding.is_working
    view.cancel.click()
    await bench.until(view.resume.isVisible, "the way to go on")
    assert not view.document.complete
    assert "cancelled" in view.note.text()
    view.resume.click()
    await bench.until(lambda: view.document.complete, "the whole", 30)
    assert seen[-1] == (True, True)
    assert panel.message.payload == payload
    lines = lines_of(view.document)
    assert len(lines) == ROWS * 11 + 2
    view.text.go_to(len(lines) - 1)
    assert lines.text(len(lines) - 1) == "]"
    assert f'"id": {ROWS - 1}' in lines.text(len(lines) - 12) + lines.text(len(lines) - 11)


def places_of(workbench):
    """Where the docks in front are; those behind a tab stand nowhere."""
    shown = {name: dock.geometry() for name, dock in workbench.docks.items() if dock.isVisible()}
    return {name: place for name, place in shown.items() if workbench.rect().contains(place)}


async def test_all_the_room_and_back(bench, qtbot):
    window, workbench = bench.window, bench.window.workbench
    await send(bench, f"{ROOT}/room", b"1")
    await show(bench, f"{ROOT}/room")
    await asyncio.sleep(0.2)
    places = places_of(workbench)
    assert len(places) > 2
    before = workbench.layout_state()
    qtbot.keyClick(window, Qt.Key.Key_M, CONTROL)
    await asyncio.sleep(0.1)
    assert not workbench.docks["messages"].isVisible()
    assert not workbench.docks["publish"].isVisible()
    assert workbench.docks["topics"].isVisible()
    assert workbench.layout_state() == before  # what is saved is the layout with its docks
    qtbot.keyClick(window, Qt.Key.Key_M, CONTROL)
    await bench.until(lambda: places_of(workbench) == places, "the docks as they were")
    qtbot.keyClick(window, Qt.Key.Key_M, CONTROL)
    await asyncio.sleep(0.1)
    window.show_panel("publish")  # who asks for a hidden one gets all of them back
    assert workbench.alone.before == ""
    assert workbench.docks["publish"].isVisible()
    assert workbench.docks["messages"].isVisible() or workbench.docks["log"].isVisible()


async def test_a_restart_while_alone_has_all_docks(bench, open_program, qtbot):
    qtbot.keyClick(bench.window, Qt.Key.Key_M, CONTROL)
    await asyncio.sleep(0.1)
    assert bench.window.workbench.alone.before
    bench.window.close_now()
    await bench.preferences.finish()
    again = open_program()
    again.window.pages.show_workbench()
    await asyncio.sleep(0.2)
    assert not again.window.workbench.docks["publish"].isHidden()
    assert not again.window.workbench.docks["messages"].isHidden()


async def test_a_cut_payload_says_so(bench, broker, tmp_path):
    bench.window.start.set_payload_cap(1000)
    bench.window.show_brokers()
    bench.window.start.filters.setText(f"{ROOT}/#")
    bench.window.start.url.setText(f"mqtt://127.0.0.1:{broker.port}")
    first = bench.workspace.shown
    bench.window.start.connect_button.click()
    await bench.until(lambda: bench.workspace.shown is not first, "the second connection")
    topic, payload = f"{ROOT}/cut", b'{"text": "' + b"x" * 5000 + b'"}'
    await send(bench, topic, payload)
    panel = await show(bench, topic)
    await bench.until(lambda: panel.tabs.document.document is not None, "the document")
    assert panel.head.warning.isVisible()
    panel.copy()
    kept = panel.message.payload
    assert payload.startswith(kept)
    assert len(kept) == 1000
    assert QApplication.clipboard().text() == kept.decode()
    assert "part kept" in panel.head.done.text.text()
    path = tmp_path / "kept.bin"
    panel.saving.save_to(panel.message, str(path))
    await bench.until(lambda: path.exists() and path.stat().st_size == len(kept), "the file")
    assert path.read_bytes() == kept
    assert not panel.tabs.document.document.problem
    QApplication.clipboard().clear()


async def test_closing_while_a_large_payload_is_decoded(bench, worker):
    payload = json.dumps([{"n": n} for n in range(600_000)]).encode()
    await send(bench, f"{ROOT}/large", payload)
    panel = await show(bench, f"{ROOT}/large")
    await bench.until(lambda: panel.tabs.document.decoding.is_working, "the work")
    await bench.until(lambda: children(), "the process")
    began = children()
    bench.window.close_now()
    await worker.close()  # as `app.main` does at the end
    await bench.until(lambda: not [each for each in began if each.is_running()], "the end of the process")


def children():
    """Decoding processes that live."""
    return [
        each
        for each in psutil.Process().children()
        if "spawn_main" in " ".join(each.cmdline()) and each.status() != psutil.STATUS_ZOMBIE
    ]
