# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import csv
import os
import threading
import time

import msgspec
import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from mqtt_explorer.export.writer import ExportWriter
from mqtt_explorer.models import message_model
from mqtt_explorer.panels.messages import MessagesPanel, exporting
from mqtt_explorer.store.query import Query
from tests.models.streams import feed, frame
from tests.support.mqtt_peer import until


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch):
    monkeypatch.setattr(message_model.MessageModel, "_is_due", lambda self: True)
    monkeypatch.setattr(exporting, "CHUNK", 100)
    monkeypatch.setattr(exporting, "_TOLD_EVERY_S", 0.0)


@pytest.fixture
def panel(clock, qtbot):
    made = MessagesPanel(clock)
    qtbot.addWidget(made, before_close_func=lambda panel: panel.set_connection(None))
    made.resize(900, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


async def choose(panel, path):
    """The user picks a name in the dialog; the file is looked at beside the loop."""
    (dialog,) = panel.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    await until(
        lambda: panel.deeds.exporting or panel.deeds.strip.isVisible() or panel.findChildren(QMessageBox)
    )


async def ended(panel):
    await until(lambda: not panel.deeds.exporting)
    return panel.deeds.strip.strong.text(), panel.deeds.strip.text.text()


def seqs(path):
    return [line["seq"] for line in msgspec.json.Decoder().decode_lines(path.read_bytes())]


async def test_all_that_match_are_exported_in_arrival_order(panel, connection, tmp_path):
    feed(connection.store, *(frame("a", b"%d" % n) for n in range(1_000)))
    panel.set_connection(connection)
    panel.bar.set_query(Query("7"))
    panel.bar.changed.emit(panel.bar.query)
    panel.deeds.export()
    feed(connection.store, frame("a", b"777"))
    path = tmp_path / "out.ndjson"
    await choose(panel, path)
    assert panel.deeds.cancel_button.isVisible()
    strong, text = await ended(panel)
    assert seqs(path) == [n for n in range(1_000) if "7" in str(n)]
    assert strong == "Exported"
    assert text.startswith(f"{len(seqs(path))} messages, ")
    assert text.endswith(str(path))
    assert not panel.deeds.cancel_button.isVisible()
    assert os.listdir(tmp_path) == ["out.ndjson"]


async def test_the_selection_alone_is_exported_as_csv(panel, connection, tmp_path):
    feed(connection.store, *(frame("a", b"=%d" % n) for n in range(50)))
    panel.set_connection(connection)
    panel.table.selectRow(3)
    model = panel.table.selectionModel()
    model.select(panel.model.index(9, 0), model.SelectionFlag.Select | model.SelectionFlag.Rows)
    panel.deeds.export()
    path = tmp_path / "out.csv"
    await choose(panel, path)
    await ended(panel)
    with path.open(newline="", encoding="utf-8-sig") as file:
        records = list(csv.DictReader(file))
    assert [(each["seq"], each["payload"]) for each in records] == [("40", "'=40"), ("46", "'=46")]


async def test_a_name_without_an_ending_gets_that_of_the_format(panel, connection, tmp_path):
    feed(connection.store, frame("a"))
    panel.set_connection(connection)
    panel.deeds.export_all()
    (dialog,) = panel.findChildren(QFileDialog)
    dialog.selectNameFilter(dialog.nameFilters()[1])
    await choose(panel, tmp_path / "out")
    await ended(panel)
    assert os.listdir(tmp_path) == ["out.csv"]


async def test_a_file_is_replaced_only_when_the_user_says_so(panel, connection, tmp_path):
    path = tmp_path / "out.ndjson"
    path.write_text("old")
    feed(connection.store, frame("a"))
    panel.set_connection(connection)
    panel.deeds.export_all()
    await choose(panel, path)
    (question,) = panel.findChildren(QMessageBox)
    assert not panel.deeds.exporting
    next(each for each in question.buttons() if each.text() == "Replace").click()
    await ended(panel)
    assert seqs(path) == [0]


async def test_progress_is_told_and_cancel_leaves_nothing(panel, connection, tmp_path, monkeypatch):
    feed(connection.store, *[frame("a")] * 1_000)
    panel.set_connection(connection)
    go_on = threading.Semaphore(3)
    write = ExportWriter.write

    def slow(self, messages):
        assert go_on.acquire(timeout=10)
        write(self, messages)

    monkeypatch.setattr(ExportWriter, "write", slow)
    panel.deeds.export_all()
    await choose(panel, tmp_path / "out.ndjson")
    await until(lambda: panel.deeds.strip.text.text() == "Exporting 300 of 1,000")
    assert len(os.listdir(tmp_path)) == 1
    panel.deeds.cancel_button.click()
    go_on.release()
    await ended(panel)
    await until(lambda: not os.listdir(tmp_path))
    assert not panel.deeds.strip.isVisible()


async def test_a_file_that_cannot_be_written_says_why(panel, connection, tmp_path):
    feed(connection.store, frame("a"))
    panel.set_connection(connection)
    panel.deeds.export_all()
    await choose(panel, tmp_path / "nowhere" / "out.csv")
    strong, text = await ended(panel)
    assert strong == "Not exported"
    assert text.endswith("No such file or directory. Choose another place.")
    assert panel.deeds.strip.property("kind") == "error"


async def test_what_is_evicted_meanwhile_is_counted(panel, connection, tmp_path, monkeypatch):
    for n in range(100):
        feed(connection.store, *(frame("a", b"%d" % n) for _ in range(10)))
    panel.set_connection(connection)
    write = ExportWriter.write
    gone = []

    def evicting(self, messages):
        write(self, messages)
        loop.call_soon_threadsafe(lambda: gone or (connection.store.evict_history(), gone.append(1)))

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(ExportWriter, "write", evicting)
    panel.deeds.export_all()
    path = tmp_path / "out.ndjson"
    await choose(panel, path)
    strong, text = await ended(panel)
    missing = 1_000 - len(seqs(path))
    assert 0 < missing < connection.store.first_seq
    assert strong == "Exported"
    assert text.endswith(f" · {missing} more were dropped by the memory budget before they could be written")
    assert panel.deeds.strip.property("kind") == "warn"


async def test_an_export_goes_on_while_another_connection_is_shown(
    panel, connection, make_connection, tmp_path
):
    feed(connection.store, *[frame("a")] * 500)
    panel.set_connection(connection)
    panel.deeds.export_all()
    await choose(panel, tmp_path / "out.ndjson")
    panel.set_connection(make_connection())
    await ended(panel)
    assert len(seqs(tmp_path / "out.ndjson")) == 500


async def test_nothing_to_export_asks_for_no_file(panel, connection):
    panel.set_connection(connection)
    panel.deeds.export()
    assert not panel.findChildren(QFileDialog)


async def test_a_closed_connection_ends_it_and_says_why(panel, connection, tmp_path, monkeypatch):
    path = tmp_path / "out.ndjson"
    path.write_text("old")
    feed(connection.store, *[frame("a")] * 1_000)
    panel.set_connection(connection)
    go_on = threading.Semaphore(2)
    write = ExportWriter.write

    def slow(self, messages):
        assert go_on.acquire(timeout=10)
        write(self, messages)

    monkeypatch.setattr(ExportWriter, "write", slow)
    panel.deeds.export_all()
    await choose(panel, path)
    next(each for each in panel.findChild(QMessageBox).buttons() if each.text() == "Replace").click()
    await until(lambda: panel.deeds.strip.text.text() == "Exporting 200 of 1,000")
    assert panel.deeds.exports_from([connection])
    panel.set_connection(None)
    await connection.store.close()
    go_on.release(20)
    strong, text = await ended(panel)
    assert strong == "Not exported"
    assert "the connection was closed before all messages were written" in text
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.ndjson"]
    assert not panel.deeds.exports_from([connection])


async def test_cancel_ends_it_also_where_the_disk_hangs(panel, connection, tmp_path, monkeypatch):
    feed(connection.store, *[frame("a")] * 1_000)
    panel.set_connection(connection)
    hangs, go_on = threading.Event(), threading.Event()
    write = ExportWriter._write

    def stalled(self, data):
        hangs.set()
        assert go_on.wait(10)
        write(self, data)

    monkeypatch.setattr(ExportWriter, "_write", stalled)
    panel.deeds.export_all()
    await choose(panel, tmp_path / "out.ndjson")
    await until(hangs.is_set)
    panel.deeds.cancel_button.click()
    await ended(panel)
    assert not panel.deeds.strip.isVisible()
    go_on.set()
    await until(lambda: not os.listdir(tmp_path))


async def test_the_end_of_the_program_leaves_nothing(panel, connection, tmp_path, monkeypatch):
    feed(connection.store, *[frame("a")] * 1_000)
    panel.set_connection(connection)
    write, begun = ExportWriter._write, threading.Event()

    def slow(self, data):
        begun.set()
        time.sleep(0.05)
        write(self, data)

    monkeypatch.setattr(ExportWriter, "_write", slow)
    panel.deeds.export_all()
    await choose(panel, tmp_path / "out.ndjson")
    await until(begun.is_set)
    panel.deeds._export._task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert os.listdir(tmp_path) == []


async def test_a_place_that_cannot_be_written_is_told_before_anything_is_looked_for(
    panel, connection, tmp_path, monkeypatch
):
    feed(connection.store, frame("a"))
    panel.set_connection(connection)
    scanned = []
    scan = panel.deeds.whole()
    monkeypatch.setattr(type(scan), "step", lambda self, *_: scanned.append(self) or True)
    panel.deeds.whole = lambda: scan
    panel.deeds.export_all()
    await choose(panel, tmp_path / "no" / "such" / "out.csv")
    strong, _ = await ended(panel)
    assert (strong, scanned) == ("Not exported", [])


async def test_the_next_export_begins_in_the_same_folder_and_format(panel, connection, tmp_path):
    feed(connection.store, frame("a"))
    panel.set_connection(connection)
    panel.deeds.export_all()
    await choose(panel, tmp_path / "day.csv")
    await ended(panel)
    panel.deeds.export_all()
    (dialog,) = panel.findChildren(QFileDialog)
    assert dialog.directory().path() == str(tmp_path)
    assert dialog.selectedNameFilter().startswith("CSV")
    await choose(panel, tmp_path / "day.csv")  # it is there already: another name
    await until(lambda: panel.findChildren(QMessageBox))
    (question,) = panel.findChildren(QMessageBox)
    next(each for each in question.buttons() if each.text().startswith("Another")).click()
    question.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    await choose(panel, tmp_path / "other.csv")
    await until((tmp_path / "other.csv").exists)
    await ended(panel)
    assert sorted(os.listdir(tmp_path)) == ["day.csv", "other.csv"]


async def test_what_was_exported_of_one_broker_is_not_said_beside_another(
    panel, connection, make_connection, tmp_path
):
    feed(connection.store, frame("a"))
    panel.set_connection(connection)
    panel.deeds.export_all()
    await choose(panel, tmp_path / "out.csv")
    await ended(panel)
    assert panel.deeds.strip.isVisible()
    panel.set_connection(make_connection())
    assert not panel.deeds.strip.isVisible()
