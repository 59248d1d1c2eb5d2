# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import time

import msgspec
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMenu, QMessageBox

from mqtt_explorer.panels.snapshots import SnapshotsPanel, deeds, parts, situation, work
from mqtt_explorer.protocol.batch import RETAIN
from mqtt_explorer.store import snapshot_taker
from mqtt_explorer.store.snapshot_compare import Status
from mqtt_explorer.widgets.title_bar import TitleBar
from tests.models.streams import feed, frame
from tests.support.mqtt_peer import until


@pytest.fixture(autouse=True)
def _told_at_once(monkeypatch):
    monkeypatch.setattr(work, "_TOLD_EVERY_S", 0.0)


@pytest.fixture
def panel(clock, qtbot):
    made = SnapshotsPanel(clock)
    qtbot.addWidget(made, before_close_func=lambda panel: panel.set_connection(None))
    made.resize(1000, 320)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
async def shown(panel, make_connection):
    connection = make_connection(title="Plant")
    fill(connection.store)
    panel.set_connection(connection)
    return connection


def fill(store):
    feed(
        store,
        frame("plant/temp", "21.4 °C".encode(), RETAIN),
        frame("plant/state", b"heating"),
        frame("plant/config", b'{"cal":1,"v":2}'),
        frame("plant/old", b"1", RETAIN),
        frame("other/quiet", b"on"),
    )


def change(store):
    feed(
        store,
        frame("plant/temp", "21.9 °C".encode(), RETAIN),
        frame("plant/state", b"heating"),
        frame("plant/config", b'{"v":"x"}'),
        frame("plant/old", b"", RETAIN),
        frame("plant/new", b"7"),
    )


async def settle(panel):
    await until(lambda: not panel.busy and not panel.model.sifting)


async def take(panel):
    panel.take()
    assert panel.busy
    await settle(panel)


def topics(panel):
    return [panel.model.row(place).topic.decode() for place in range(panel.model.rowCount())]


def switch_silent(panel):
    """Silent topics would hide the changes: they are counted, and not listed at first."""
    QTest.mouseClick(panel.result.chips.chips[Status.SILENT], Qt.MouseButton.LeftButton)


def chips(panel):
    return [chip.text() for chip in panel.result.chips.chips.values() if chip.isVisible()]


async def choose(panel, path):
    (dialog,) = panel.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    await until(lambda: panel.busy or panel.notice.isVisible() or panel.findChildren(QMessageBox))
    await settle(panel)


def test_without_a_connection_it_says_so(panel):
    assert panel.result.empty.title.text() == "Not connected"
    assert not panel.shelf.take.isEnabled()
    assert not panel.shelf.open.isEnabled()
    panel.take()
    panel.compare()
    panel.export()
    panel.open_file()
    assert panel.findChildren(QFileDialog) == []


async def test_it_says_what_it_is_for(panel, shown):
    assert panel.result.empty.title.text() == "No snapshot yet"
    assert "new, gone, silent or changed" in panel.result.empty.text.text()
    assert not panel.result.refresh.isVisible()
    assert not panel.result.filter.isVisible()
    assert panel.focusProxy() is panel.shelf.take
    await take(panel)
    assert panel.focusProxy() is panel.shelf.list


async def test_by_keyboard_alone(panel, shown):
    panel.setFocus(Qt.FocusReason.TabFocusReason)
    assert panel.shelf.take.hasFocus()
    QTest.keyClick(panel.shelf.take, Qt.Key.Key_Space)
    await settle(panel)
    assert panel.shelf.list.hasFocus()
    change(shown.store)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F5)
    await settle(panel)
    assert panel.model.rowCount() == 4


async def test_taken_and_compared_with_now(panel, shown):
    told = []
    panel.info_changed.connect(told.append)
    await take(panel)
    index = panel.shelf.model.index(0, 0)
    assert index.data() == "Snapshot 1"
    assert panel.shelf.model.facts(panel._view.before.snapshot).split(" · ")[1] == "5 topics"
    assert panel.result.empty.title.text() == "Snapshot 1"
    assert panel.result.empty_button.text() == "Compare with now"
    change(shown.store)
    QTest.mouseClick(panel.result.empty_button, Qt.MouseButton.LeftButton)
    await settle(panel)
    assert panel.result.stack.currentWidget() is panel.result.table
    assert chips(panel) == ["New 1", "Gone 1", "Changed shape 1", "Changed value 1", "Silent 1", "Same 1"]
    assert topics(panel) == ["plant/config", "plant/new", "plant/old", "plant/temp"]
    switch_silent(panel)
    assert topics(panel) == ["other/quiet", "plant/config", "plant/new", "plant/old", "plant/temp"]
    assert told[-1].endswith(": 4 of 6 changed")
    assert "compared with" in panel.result.foot.text()
    assert "not told apart" not in panel.result.foot.text()


async def test_chips_and_text_choose_and_stay_with_their_connection(panel, shown, make_connection):
    await take(panel)
    change(shown.store)
    QTest.keyClick(panel.shelf.list, Qt.Key.Key_Return)
    await settle(panel)
    QTest.mouseClick(panel.result.chips.chips[Status.SAME], Qt.MouseButton.LeftButton)
    QTest.mouseClick(panel.result.chips.chips[Status.VALUE], Qt.MouseButton.LeftButton)
    panel.result.filter.setText("PLANT")
    assert topics(panel) == ["plant/config", "plant/new", "plant/old", "plant/state"]
    other = make_connection()
    panel.set_connection(other)
    assert panel.result.empty.title.text() == "No snapshot yet"
    assert panel.result.filter.text() == ""
    assert panel.info == ""
    panel.set_connection(shown)
    await settle(panel)
    assert topics(panel) == ["plant/config", "plant/new", "plant/old", "plant/state"]
    assert panel.result.filter.text() == "PLANT"
    assert not panel.result.chips.chips[Status.VALUE].isChecked()
    panel.result.filter.setText("zzz")
    assert panel.result.empty.title.text() == "Nothing matches"
    QTest.mouseClick(panel.result.empty_button, Qt.MouseButton.LeftButton)
    assert len(topics(panel)) == 4


async def test_nothing_changed_is_said(panel, shown):
    await take(panel)
    QTest.keyClick(panel.shelf.list, Qt.Key.Key_F5)
    await settle(panel)
    assert chips(panel) == ["Silent 5"]
    assert panel.result.empty.title.text().startswith("Nothing changed since ")
    assert panel.result.empty.text.text() == "Silent 5"
    QTest.mouseClick(panel.result.empty_button, Qt.MouseButton.LeftButton)
    assert len(topics(panel)) == 5


async def test_f5_looks_again_and_the_row_stays(panel, shown):
    await take(panel)
    panel.compare()
    await settle(panel)
    switch_silent(panel)
    panel.result.table.selectRow(topics(panel).index("plant/temp"))
    change(shown.store)
    QTest.keyClick(panel.result.table, Qt.Key.Key_F5)
    await settle(panel)
    assert panel.result.table.current.topic == b"plant/temp"
    assert panel.result.table.current.status is Status.VALUE


async def test_a_branch_alone(panel, shown):
    panel.shelf.scope.set_index(1)
    assert not panel.shelf.take.isEnabled()
    assert panel.shelf.branch.text() == "Select a topic or branch in the tree first."
    panel.take()
    assert not panel.busy
    panel.set_branch(b"plant")
    assert panel.shelf.branch.text() == "plant"
    await take(panel)
    assert sorted(panel._view.before.snapshot.topics) == [
        b"plant/config",
        b"plant/old",
        b"plant/state",
        b"plant/temp",
    ]
    feed(shown.store, frame("other/new"), frame("plant/new"))
    panel.compare()
    await settle(panel)
    assert "plant/new" in topics(panel)
    assert "other/new" not in topics(panel)
    assert "below plant only" in panel.result.foot.text()
    panel.set_branch(b"nowhere")
    await take(panel)
    assert "no topic in it" in panel.notice.text.text()


async def test_two_snapshots_compared(panel, shown):
    await take(panel)
    change(shown.store)
    await take(panel)
    assert [panel.result.other.itemText(n) for n in range(panel.result.other.count())] == [
        "Now",
        "Snapshot 1",
    ]
    panel.result.other.setCurrentIndex(1)
    panel.result.other.activated.emit(1)
    await settle(panel)
    row = panel.model.row(panel.model.place_of(b"plant/new"))
    assert row.status is Status.NEW, "the older one is before, whichever was chosen first"
    assert panel.model.headerData(3, Qt.Orientation.Horizontal) == "After"
    panel.shelf.list.setCurrentIndex(panel.shelf.model.index(1, 0))
    await settle(panel)
    assert panel._view.before.name == "Snapshot 1"
    assert panel._view.after is None
    assert panel.model.headerData(3, Qt.Orientation.Horizontal) == "Now"


async def test_renamed_and_removed_and_back(panel, shown):
    await take(panel)
    await take(panel)
    shelf = panel.shelf.list
    shelf.setFocus()
    QTest.keyClick(shelf, Qt.Key.Key_F2)
    editor = shelf.findChild(QLineEdit)
    editor.setText("  <b>before</b> the update ")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    await until(lambda: panel._view.shelf[1].name != "Snapshot 2")
    assert panel._view.shelf[1].name == "<b>before</b> the update"
    assert panel.result.head.text() == "<b>before</b> the update"
    assert not panel.shelf.model.setData(panel.shelf.model.index(0, 0), "  ")
    QTest.keyClick(shelf, Qt.Key.Key_Delete)
    assert panel.shelf.model.rowCount() == 1
    assert panel.notice.text.text() == "<b>before</b> the update was removed"
    assert panel._view.before.name == "Snapshot 1"
    QTest.mouseClick(panel.undo_button, Qt.MouseButton.LeftButton)
    assert [each.name for each in panel._view.shelf] == ["Snapshot 1", "<b>before</b> the update"]
    assert not panel.notice.isVisible()
    held = panel.deeds.memory_bytes
    QTest.keyClick(shelf, Qt.Key.Key_Delete)
    assert panel.deeds.memory_bytes == held, "it can be had back"
    panel.notice._dismiss()
    assert panel.deeds.memory_bytes < held


async def test_a_row_is_shown_in_the_tree_and_beside_the_current_one(panel, shown):
    await take(panel)
    change(shown.store)
    panel.compare()
    await settle(panel)
    chosen, differences = [], []
    panel.topic_selected.connect(chosen.append)
    panel.compare_wanted.connect(lambda old, new: differences.append((old, new)))
    table = panel.result.table
    table.selectRow(topics(panel).index("plant/temp"))
    QTest.keyClick(table, Qt.Key.Key_Return)
    QTest.keyClick(table, Qt.Key.Key_Space)
    assert chosen == [b"plant/temp"]
    ((old, new),) = differences
    assert (old.payload, old.topic) == ("21.4 °C".encode(), "plant/temp")
    assert new.payload != old.payload
    table.selectRow(topics(panel).index("plant/new"))
    QTest.keyClick(table, Qt.Key.Key_Space)
    assert len(differences) == 1, "there is nothing to compare with"
    table.copy()
    assert QGuiApplication.clipboard().text().split("\t")[:2] == ["new", "plant/new"]
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), QPoint(5, 5))
    QApplication.sendEvent(table, event)
    (menu,) = panel.findChildren(QMenu)
    states = {
        action.text().partition("\t")[0]: action.isEnabled() for action in menu.actions() if action.text()
    }
    assert states["Show difference"] is False
    assert states["Copy later payload"] is True
    menu.close()


async def test_cancelled_in_the_middle(panel, shown, monkeypatch):
    monkeypatch.setattr(snapshot_taker, "_CHUNK", 1)
    monkeypatch.setattr(snapshot_taker, "SLICE_S", 0.0)
    monkeypatch.setattr(snapshot_taker.SnapshotTaker.step, "__defaults__", (0.0,))
    feed(shown.store, *(frame(f"many/{n}") for n in range(500)))
    panel.take()
    await until(lambda: panel.progress.isVisible() and " of 505" in panel.progress.text.text())
    assert not panel.shelf.take.isEnabled()
    QTest.mouseClick(panel.cancel_button, Qt.MouseButton.LeftButton)
    await settle(panel)
    assert panel._view.shelf == []
    assert not panel.progress.isVisible()
    assert panel.shelf.take.isEnabled()


async def test_a_closed_connection_and_no_room_are_told(panel, shown, monkeypatch):
    monkeypatch.setattr(deeds, "snapshot_limit", lambda: 600)
    panel.take()
    await settle(panel)
    assert panel._view.shelf == []
    assert "There is no room" in panel.notice.text.text()
    await shown.close()
    panel.take()
    await settle(panel)
    assert "was closed" in panel.notice.text.text()


@pytest.mark.parametrize("name", ["a.snapshot.ndjson", "a.snapshot.ndjson.gz"])
async def test_a_file_is_saved_and_compared_with_another_broker(
    panel, shown, make_connection, tmp_path, name
):
    await take(panel)
    panel.save_file()
    await choose(panel, tmp_path / name)
    assert panel.notice.strong.text() == "Saved"
    assert os.listdir(tmp_path) == [name]
    other = make_connection(title="Twin")
    fill(other.store)
    feed(other.store, frame("plant/temp", b"1 K"))
    panel.set_connection(other)
    panel.open_file()
    await choose(panel, tmp_path / name)
    assert panel._view.before.name == "a"
    assert panel._view.before.snapshot.about.broker == "Plant"
    panel.compare()
    await settle(panel)
    assert chips(panel) == ["Changed shape 1", "Same 4"]
    assert "silent topics are not told apart" in panel.result.foot.text()
    assert "two brokers: Plant and Twin" in panel.result.foot.text()
    panel.set_connection(shown)
    panel.open_file()
    await choose(panel, tmp_path / name)
    panel.compare()
    await settle(panel)
    assert chips(panel) == ["Silent 5"], "it is of this very connection"


async def test_a_file_that_is_none_is_told(panel, shown, tmp_path):
    (tmp_path / "x.ndjson").write_bytes(b"\x00\x01")
    panel.open_file()
    await choose(panel, tmp_path / "x.ndjson")
    assert panel.notice.strong.text() == "Not opened"
    assert "is no snapshot" in panel.notice.text.text()
    panel.open_file()
    await choose(panel, tmp_path / "gone.ndjson")
    assert "No such file" in panel.notice.text.text()
    await take(panel)
    panel.save_file()
    await choose(panel, tmp_path / "nowhere" / "a.snapshot.ndjson")
    assert panel.notice._kind == "error"
    assert panel._view.before.path == ""


async def test_replacing_a_file_is_asked(panel, shown, tmp_path):
    path = tmp_path / "a.snapshot.ndjson"
    path.write_text("old")
    await take(panel)
    panel.save_file()
    await choose(panel, path)
    (question,) = panel.findChildren(QMessageBox)
    assert path.read_text() == "old"
    replace = next(button for button in question.buttons() if button.text() == "Replace")
    replace.click()
    await until(lambda: panel.notice.isVisible())
    assert path.read_text().startswith('{"format":"mqtt-explorer-snapshot"')


async def test_what_is_listed_is_exported(panel, shown, tmp_path):
    await take(panel)
    change(shown.store)
    panel.compare()
    await settle(panel)
    panel.result.filter.setText("plant")
    panel.export()
    await choose(panel, tmp_path / "out.ndjson")
    records = msgspec.json.Decoder().decode_lines((tmp_path / "out.ndjson").read_bytes())
    assert [(each["status"], each["topic"]) for each in records] == [
        ("shape", "plant/config"),
        ("new", "plant/new"),
        ("gone", "plant/old"),
        ("value", "plant/temp"),
    ]
    assert records[3]["change"] == "+0.5 °C"
    assert panel.notice.text.text().startswith("4 topics, ")


async def test_the_title_bar_and_every_width(panel, shown, qtbot):
    bar = TitleBar("Snapshots")
    qtbot.addWidget(bar)
    panel.fill_title_bar(bar)
    await take(panel)
    change(shown.store)
    panel.compare()
    await settle(panel)
    assert panel._export_button.isEnabled()
    for width, height in ((1200, 300), (700, 500), (500, 480), (320, 400), (320, 200)):
        panel.resize(width, height)
        QApplication.sendPostedEvents()
        table = panel.result.table
        header = table.horizontalHeader()
        assert header.length() <= max(table.viewport().width(), 160)
        assert header.sectionSize(1) >= 40
        assert panel.result.chips.childrenRect().right() <= max(panel.result.chips.width(), 130)


async def test_the_work_goes_on_for_a_connection_that_is_not_shown(panel, shown, make_connection):
    panel.take()
    other = make_connection()
    panel.set_connection(other)
    assert not panel.busy
    assert not panel.progress.isVisible()
    await until(lambda: panel.deeds.view(shown).work is None)
    panel.set_connection(shown)
    assert panel.shelf.model.rowCount() == 1


def test_moments_of_other_days_have_a_date():
    now = time.time_ns()
    assert len(situation.moment(now)) == 8
    assert situation.moment(10**18).startswith("2001-09-0")


async def test_what_a_closed_connection_had_is_let_go(panel, shown, make_connection):
    await take(panel)
    view, other = panel._view, make_connection(title="Other")
    panel.set_connection(other)
    panel.take()
    panel.deeds.keep_only([shown, other])
    assert panel.deeds.view(shown) is view
    panel.deeds.keep_only([other])
    assert view.shelf == []
    assert view.before is None
    assert panel.busy, "the other one's goes on"
    await settle(panel)
    assert len(panel._view.shelf) == 1
    assert panel.deeds.view(shown) is not view


@pytest.mark.parametrize(("least", "is_low"), [(130, False), (1_000, True)], ids=["high", "low"])
async def test_a_low_panel_says_it_in_a_line(panel, shown, monkeypatch, least, is_low):
    monkeypatch.setattr(parts, "_LOW", least)
    await take(panel)
    panel.resize(1000, 360)
    await until(lambda: panel.result.brief.isVisible() is is_low)
    assert panel.result.empty.isVisible() is not is_low
    assert panel.result.brief.text().startswith("Snapshot 1. Kept as it was at ")


async def test_chips_say_less_where_there_is_little_room(panel, shown):
    await take(panel)
    change(shown.store)
    panel.compare()
    await settle(panel)
    wide = chips(panel)
    panel.resize(420, 320)
    await until(lambda: "value 1" in chips(panel))
    panel.resize(1000, 320)
    await until(lambda: chips(panel) == wide)
