# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import random
import time

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QMenu, QWidget

from mqtt_explorer.models.roles import BAR_ROLE, MUTE_ROLE
from mqtt_explorer.panels.noise import NoisePanel, counting
from mqtt_explorer.panels.noise import panel as panel_module
from mqtt_explorer.panels.noise.tiles import MOST_TILES, OTHERS
from mqtt_explorer.panels.noise.words import duration
from mqtt_explorer.profiles.marks import MAX_MUTED
from mqtt_explorer.store import noise_meter
from mqtt_explorer.widgets.title_bar import TitleBar
from tests.models.streams import feed, frame


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(noise_meter, "_FOLD_EVERY_S", 0.0)
    monkeypatch.setattr(noise_meter, "_FOLD_SHARE", 1e9)
    monkeypatch.setattr(panel_module, "_REFRESH_S", 0.0)


@pytest.fixture
def panel(clock, qtbot):
    made = NoisePanel(clock)
    qtbot.addWidget(made, before_close_func=lambda panel: panel.set_connection(None))
    made.resize(1000, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def connection(make_connection, panel):
    made = make_connection()
    panel.set_connection(made)
    return made


def settle(panel, clock):
    for _ in range(1_000):
        clock.tick.emit()
        meter = panel.counting.meter(panel._connection)
        if meter is None or not (meter.behind or meter._waiting or meter._folding or panel._ranking):
            clock.tick.emit()
            return
    raise AssertionError("it never ends")


def looks(panel, clock):
    """Several of them: the panel has but a few of the frames."""
    for _ in range(9):
        settle(panel, clock)


def names(panel):
    return [row.name for row in panel.model.rows]


def press(panel, key):
    place = panel.map.rect_of(("source", panel._connection.store.find(key))).center()
    QTest.mouseClick(panel.map, Qt.MouseButton.LeftButton, pos=place)


def noise(store):
    feed(
        store,
        *[frame("plant/line1/temp", b"1")] * 6,
        *[frame("plant/line2/temp", b"1")] * 3,
        frame("plant/line2/image", b"x" * 5_000),
        *[frame("greenhouse", b"12")] * 4,
    )


def test_without_a_connection_it_says_so(panel):
    assert panel.empty.isVisible()
    assert panel.empty.title.text() == "Not connected"
    assert panel.info == ""
    assert not panel.reset.isEnabled()


def test_it_counts_from_the_moment_it_is_seen(panel, make_connection, clock):
    connection = make_connection()
    feed(connection.store, frame("before"))
    panel.set_connection(connection)
    settle(panel, clock)
    assert panel.empty.isVisible()
    assert panel.empty.title.text().startswith("Nothing has arrived since ")
    noise(connection.store)
    settle(panel, clock)
    assert panel.map.isVisible()
    assert names(panel) == ["plant", "greenhouse"]
    assert [tile.key[1].topic for tile in panel.map.tiles] == [b"plant", b"greenhouse"]
    assert panel.since.text().startswith("Since ")
    assert "14 messages" in panel.since.text()
    assert panel.info.startswith("14 messages · ")


def test_it_counts_on_while_hidden(panel, make_connection, connection, clock):
    panel.hide()
    noise(connection.store)
    settle(panel, clock)
    assert names(panel) == [], "nothing is shown to nobody"
    panel.show()
    assert names(panel) == ["plant", "greenhouse"]
    panel.set_connection(make_connection())
    noise(connection.store)
    settle(panel, clock)
    assert names(panel) == []
    panel.set_connection(connection)
    assert panel._meter.total().messages == 28


def test_a_panel_nobody_opened_counts_nothing(clock, qtbot, make_connection):
    made = NoisePanel(clock)
    qtbot.addWidget(made, before_close_func=lambda panel: panel.set_connection(None))
    connection = make_connection()
    made.set_connection(connection)
    noise(connection.store)
    clock.tick.emit()
    assert made.counting.meter(connection) is None
    made.show()
    clock.tick.emit()
    assert made.counting.meter(connection) is not None


def test_a_panel_behind_another_tab_counts_nothing(clock, qtbot, make_connection):
    window = QMainWindow()
    made = NoisePanel(clock)
    qtbot.addWidget(window, before_close_func=lambda window: made.set_connection(None))
    docks = [QDockWidget(window), QDockWidget(window)]
    for dock, widget in zip(docks, (made, QWidget()), strict=True):
        dock.setWidget(widget)
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
    connection = make_connection()
    made.set_connection(connection)
    with qtbot.waitExposed(window):
        window.show()
    window.tabifyDockWidget(*docks)
    docks[1].raise_()
    qtbot.waitUntil(lambda: made.visibleRegion().isEmpty())
    for _ in range(3):
        clock.tick.emit()
    assert made.counting.meter(connection) is None, "it was shown before the other dock stood before it"
    docks[0].raise_()
    qtbot.waitUntil(lambda: not made.visibleRegion().isEmpty())
    clock.tick.emit()
    assert made.counting.meter(connection) is not None


def test_it_counts_in_other_frames_than_the_tree_is_painted(panel, connection, clock, monkeypatch):
    steps = []
    monkeypatch.setattr(panel.counting, "step", lambda: steps.append(clock.frames))
    for _ in range(6):
        clock.tick.emit()
    assert steps == [2, 3, 5, 6]


async def test_it_counts_while_no_window_can_be_seen(panel, connection, monkeypatch):
    panel.counting._timer.setInterval(10)
    noise(connection.store)
    end = time.monotonic() + 3
    while panel._meter.total().messages != 14:
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def test_a_seen_window_needs_no_timer(qapp, clock, qtbot, make_connection, panel):
    connection = make_connection()
    panel.set_connection(connection)
    assert panel.counting._timer.isActive()
    clock.start()
    if clock.active:
        assert not panel.counting._timer.isActive()
    clock.stop()
    assert panel.counting._timer.isActive()
    assert counting._HIDDEN_MS <= 1_000


async def test_with_the_connection_it_ends(panel, connection, clock):
    noise(connection.store)
    settle(panel, clock)
    await connection.close()
    for _ in range(3):
        clock.tick.emit()
    assert panel.counting.meter(connection) is None
    assert panel.empty.isVisible()
    clock.tick.emit()
    assert not panel.counting._timer.isActive()


def test_into_a_branch_and_out_again(panel, connection, clock):
    noise(connection.store)
    settle(panel, clock)
    panel.map.setFocus()
    QTest.keyClick(panel.map, Qt.Key.Key_Return)
    assert panel.branch is connection.store.find(b"plant")
    assert names(panel) == ["line1/temp", "line2"]
    assert [button.text() for button in panel.path.levels] == ["All topics", "plant"]
    place = panel.map.rect_of(("source", connection.store.find(b"plant/line2"))).center()
    QTest.mouseDClick(panel.map, Qt.MouseButton.LeftButton, pos=place)
    assert names(panel) == ["temp", "image"]
    QTest.keyClick(panel.map, Qt.Key.Key_Backspace)
    assert panel.branch is connection.store.find(b"plant")
    assert panel.map.current == ("source", connection.store.find(b"plant/line2"))
    panel.path.levels[0].click()
    assert panel.branch is connection.store.root
    assert not panel.path.up.isEnabled()
    panel.up()
    assert panel.branch is connection.store.root


def test_up_passes_over_branches_that_hold_nothing_else(panel, connection, clock):
    feed(connection.store, frame("a/b/c/1"), frame("a/b/c/2"), frame("x"))
    settle(panel, clock)
    panel.enter(connection.store.find(b"a/b/c"))
    panel.path.up.click()
    assert panel.branch is connection.store.root
    assert panel.map.current == ("source", connection.store.find(b"a/b/c"))


def test_the_branch_stays_with_its_connection(panel, make_connection, connection, clock):
    noise(connection.store)
    settle(panel, clock)
    panel.enter(connection.store.find(b"plant"))
    other = make_connection()
    panel.set_connection(other)
    assert panel.branch is other.store.root
    panel.set_connection(connection)
    assert panel.branch is connection.store.find(b"plant")
    assert names(panel) == ["line1/temp", "line2"]


def test_by_bytes(panel, connection, clock):
    noise(connection.store)
    settle(panel, clock)
    panel.enter(connection.store.find(b"plant"))
    panel.by.set_index(1)
    assert panel.measure == "bytes"
    assert names(panel) == ["line2", "line1/temp"]
    assert panel.map.tiles[0].caption == "100 %"
    panel.table.horizontalHeader().sectionClicked.emit(1)
    assert panel.measure == "messages"
    assert panel.by.index == 0
    assert names(panel) == ["line1/temp", "line2"]


def test_a_click_selects_the_topic_in_both_and_in_the_tree(panel, connection, clock):
    noise(connection.store)
    settle(panel, clock)
    asked = []
    panel.topic_selected.connect(asked.append)
    press(panel, b"greenhouse")
    assert asked == [b"greenhouse"]
    assert panel.table.currentIndex().row() == 1
    rect = panel.table.visualRect(panel.model.index(0, 0))
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert asked == [b"greenhouse", b"plant"]
    assert panel.map.current == ("source", connection.store.find(b"plant"))
    panel.table.setFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_Return)
    assert panel.branch is connection.store.find(b"plant")
    QTest.keyClick(panel.table, Qt.Key.Key_Backspace)
    assert panel.branch is connection.store.root


def test_keys_move_both_selections(panel, connection, clock):
    feed(connection.store, *(frame(f"t{n}") for n in range(4) for _ in range(9 - n)))
    settle(panel, clock)
    asked = []
    panel.topic_selected.connect(asked.append)
    panel.map.setFocus()
    for _ in range(3):
        QTest.keyClick(panel.map, Qt.Key.Key_End)
        assert panel.table.currentIndex().row() == 3
        QTest.keyClick(panel.map, Qt.Key.Key_Home)
        assert [index.row() for index in panel.table.selectionModel().selectedRows()] == [0]
    panel.table.setFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_Down)
    QTest.keyClick(panel.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert panel.map.current == panel.model.rows[2].key
    assert len(panel.table.selectionModel().selectedRows()) == 2, "what else is selected stays so"
    settle(panel, clock)
    assert panel.map.current == panel.model.rows[2].key
    assert len(panel.table.selectionModel().selectedRows()) == 2
    assert asked == []


def test_a_branch_entered_by_keys_begins_with_its_first_one(panel, connection, clock):
    noise(connection.store)
    settle(panel, clock)
    panel.map.setFocus()
    QTest.keyClick(panel.map, Qt.Key.Key_Return)
    assert panel.map.current == panel.model.rows[0].key
    assert panel.table.currentIndex().row() == 0
    QTest.keyClick(panel.map, Qt.Key.Key_Backspace)
    assert panel.model.row(panel.table.currentIndex().row()).name == "plant"


def test_the_row_of_a_small_one_means_the_others(panel, connection, clock):
    feed(connection.store, *[frame("loud")] * 2_000, *(frame(f"t{n}") for n in range(10)))
    settle(panel, clock)
    panel.table.select(panel.model.rows[5])
    assert panel.map.current == OTHERS
    panel.map.set_current(panel.model.rows[0].key)
    panel.map.set_current(OTHERS)
    assert not panel.table.currentIndex().isValid()


def test_treemap_and_table_keep_one_calm_order(panel, connection, clock):
    rng = random.Random(5)
    topics = [f"greenhouse/{name}" for name in ("north", "south", "west")]
    feed(connection.store, *(frame(topic) for topic in topics for _ in range(100)), frame("x"))
    settle(panel, clock)
    panel.enter(connection.store.find(b"greenhouse"))
    first = names(panel)
    for _ in range(40):
        feed(connection.store, *(frame(rng.choice(topics)) for _ in range(30)))
        settle(panel, clock)
        assert names(panel) == first
        assert [each.key for each in panel.map.tiles] == [row.key for row in panel.model.rows]
    feed(connection.store, *[frame(topics[2])] * 5_000)
    looks(panel, clock)
    assert names(panel)[0] == "west"
    assert [each.key for each in panel.map.tiles] == [row.key for row in panel.model.rows]
    panel.up()
    feed(connection.store, *[frame(topics[1])] * 1_000)
    panel.enter(connection.store.find(b"greenhouse"))
    sizes = [row.messages for row in panel.model.rows]
    assert sizes == sorted(sizes, reverse=True), "a branch is sorted when it is entered"


def test_while_the_mouse_aims_neither_changes_its_order(panel, connection, clock):
    noise(connection.store)
    settle(panel, clock)
    QTest.mouseMove(panel.map, QPoint(5, 5))
    QTest.mouseMove(panel.map, QPoint(9, 9))
    before = panel.map.rect_of(panel.map.tiles[0].key)
    feed(connection.store, *[frame("greenhouse")] * 900)
    looks(panel, clock)
    assert names(panel) == ["plant", "greenhouse"]
    assert panel.map.rect_of(panel.map.tiles[0].key) == before
    assert panel.map.tiles[1].caption == "99 %"
    QApplication.sendEvent(panel.map, QEvent(QEvent.Type.Leave))
    looks(panel, clock)
    assert names(panel) == ["greenhouse", "plant"]
    assert [each.name for each in panel.map.tiles] == ["greenhouse", "plant"]


def test_a_topic_has_one_colour_wherever_it_stands(panel, connection, clock):
    def colours():
        return {tile.key[1].topic: tile.series for tile in panel.map.tiles}

    feed(connection.store, *[frame("a/1")] * 9, *[frame("a/2")] * 5, *[frame("b")] * 3)
    settle(panel, clock)
    root = colours()
    assert {panel.model.index(n, 0).data(BAR_ROLE) for n in range(2)} == set(root.values())
    panel.enter(connection.store.find(b"a"))
    inside = colours()
    feed(connection.store, *[frame("b")] * 90, *[frame("a/2")] * 50)
    settle(panel, clock)
    panel.up()
    assert names(panel) == ["b", "a"]
    assert colours() == root
    panel.enter(connection.store.find(b"a"))
    assert names(panel) == ["2", "1"]
    assert colours() == inside


def test_rates_are_said_to_be_averages(panel, connection, clock):
    noise(connection.store)
    settle(panel, clock)
    assert " · on average " in panel.info
    assert " · on average " in panel.since.text()
    assert all("on average" in line for line in panel.map.tiles[0].lines[1:3])


def test_the_path_has_no_gaps(panel, connection, clock):
    noise(connection.store)
    settle(panel, clock)
    panel.enter(connection.store.find(b"plant"))
    QApplication.sendPostedEvents()
    for button in panel.path.levels:
        assert button.width() - button.fontMetrics().horizontalAdvance(button.text()) <= 14
    first, second = panel.path.levels
    assert 0 < second.x() - first.geometry().right() <= 12


async def test_counts_of_a_closed_connection_are_freed_in_slices(panel, make_connection, clock):
    made = make_connection()
    panel.set_connection(made)
    feed(made.store, *(frame(f"t{n}/x") for n in range(5_000)))
    settle(panel, clock)
    panel.set_connection(None)
    await made.close()
    del made
    meter = panel.counting._stepped[0]
    panel.counting.step()
    assert meter.closed
    for _ in range(200):
        panel.counting.step()
    assert not meter.sweeping
    assert panel.counting._stepped == []


def test_a_new_window_begins_at_nothing(panel, connection, clock):
    noise(connection.store)
    settle(panel, clock)
    panel.reset.click()
    assert panel.empty.isVisible()
    assert names(panel) == []
    assert panel.map.tiles == []
    feed(connection.store, frame("greenhouse"))
    settle(panel, clock)
    assert names(panel) == ["greenhouse"]


def test_paused_it_stands_still_and_counts(panel, connection, clock):
    noise(connection.store)
    settle(panel, clock)
    panel.set_paused(True)
    feed(connection.store, *[frame("greenhouse")] * 100)
    settle(panel, clock)
    assert names(panel) == ["plant", "greenhouse"]
    assert panel._meter.total().messages == 114
    panel.hide()
    panel.show()
    assert names(panel) == ["plant", "greenhouse"]
    panel.set_paused(False)
    assert names(panel) == ["greenhouse", "plant"]


def test_small_ones_are_summed_up_and_said(panel, connection, clock, monkeypatch):
    monkeypatch.setattr(panel_module, "MOST_ROWS", 100)
    feed(connection.store, *[frame("loud")] * 2_000, *(frame(f"t{n}/x") for n in range(412)))
    settle(panel, clock)
    assert [tile.name for tile in panel.map.tiles] == ["loud", "412 others"]
    assert sum(tile.size for tile in panel.map.tiles) == 2_412
    assert panel.model.rowCount() == 101
    assert names(panel)[-1] == "313 others"
    assert panel.table.foot.text() == "Showing 100 of 413; the last row sums up the others."
    assert sum(row.messages for row in panel.model.rows) == 2_412
    asked = []
    panel.topic_selected.connect(asked.append)
    QTest.mouseClick(panel.map, Qt.MouseButton.LeftButton, pos=panel.map.rect_of(OTHERS).center())
    assert asked == []


def test_there_are_never_more_rectangles_than_one_can_tell_apart(panel, connection, clock):
    feed(connection.store, *(frame(f"t{n}") for n in range(200)))
    settle(panel, clock)
    assert len(panel.map.tiles) == MOST_TILES + 1
    assert panel.map.tiles[-1].name == f"{200 - MOST_TILES} others"


def test_muted_branches_count_and_are_marked(panel, connection, clock, qtbot):
    noise(connection.store)
    settle(panel, clock)
    menu_of(panel, b"plant", "Mute branch").trigger()
    assert connection.marks.is_muted(b"plant")
    assert panel.model.index(0, 0).data(MUTE_ROLE)
    assert panel.map.tiles[0].badge == "muted"
    assert panel.map.tiles[0].series == -1
    settle(panel, clock)
    assert panel.model.rows[0].messages == 10
    panel.enter(connection.store.find(b"plant"))
    menu_of(panel, b"plant/line2", "Unmute plant").trigger()
    assert not connection.marks.muted
    assert panel.map.tiles[0].badge == ""


def test_too_many_muted_branches_are_told(panel, connection, clock):
    connection.marks.set_muted([b"m%d" % n for n in range(MAX_MUTED)], on=True)
    noise(connection.store)
    settle(panel, clock)
    menu_of(panel, b"greenhouse", "Mute topic").trigger()
    assert panel.notice.isVisible()
    assert "1,000" in panel.notice.text.text()


def test_the_menu_copies_and_shows(panel, connection, clock):
    noise(connection.store)
    settle(panel, clock)
    asked = []
    panel.topic_selected.connect(asked.append)
    menu_of(panel, b"greenhouse", "Copy topic").trigger()
    assert QGuiApplication.clipboard().text() == "greenhouse"
    menu_of(panel, b"greenhouse", "Show in tree").trigger()
    assert asked == [b"greenhouse"]
    menu_of(panel, b"plant", "Look into this branch").trigger()
    assert panel.branch is connection.store.find(b"plant")


def menu_of(panel, topic, text):
    panel._show_menu(
        ("source", panel._connection.store.find(topic)), panel.mapToGlobal(panel.rect().center())
    )
    menu = [each for each in panel.findChildren(QMenu) if each.isVisible()][-1]
    action = next(each for each in menu.actions() if each.text() == text)
    menu.hide()
    return action


def test_the_menu_key_asks_for_the_current_one(panel, connection, clock):
    noise(connection.store)
    settle(panel, clock)
    asked = []
    for view in (panel.map, panel.table):
        view.menu_wanted.connect(lambda key, _place: asked.append(key))
    panel.map.menu_wanted.disconnect(panel._show_menu)
    panel.table.menu_wanted.disconnect(panel._show_menu)
    panel.map.set_current(("source", connection.store.find(b"greenhouse")))
    panel.table.setCurrentIndex(panel.model.index(1, 0))
    for view in (panel.map, panel.table):
        place = view.rect().center()
        event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, place, view.mapToGlobal(place))
        QApplication.sendEvent(view, event)
    assert asked == [("source", connection.store.find(b"greenhouse"))] * 2


def test_rows_are_copied_with_whole_topics_and_exact_bytes(panel, connection, clock, qtbot):
    noise(connection.store)
    settle(panel, clock)
    panel.enter(connection.store.find(b"plant"))
    bar = TitleBar("Noise")
    qtbot.addWidget(bar)
    panel.fill_title_bar(bar)
    panel.table.copy_all()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t") == ["Topic", "Messages", "Share", "Bytes", "Messages/s", "Bytes/s"]
    assert [line.split("\t")[:4] for line in lines[1:]] == [
        ["plant/line1/temp", "6", "60 %", "6"],
        ["plant/line2", "4", "40 %", "5003"],
    ]
    panel.table.setCurrentIndex(panel.model.index(1, 0))
    QTest.keySequence(panel.table, "Ctrl+C")
    assert QGuiApplication.clipboard().text().splitlines()[1].startswith("plant/line2\t")


def test_what_is_missing_is_said(panel, connection, clock):
    noise(connection.store)
    settle(panel, clock)
    assert not panel.lost.isVisible()
    panel._meter.missed = 1_234
    panel.refresh()
    assert panel.lost.isVisible()
    assert "1,234 messages left the history" in panel.lost.text.text()


@pytest.mark.parametrize(
    ("width", "height", "wide"), [(1000, 300, True), (420, 500, False), (420, 240, True)]
)
def test_it_fits_its_dock(panel, connection, clock, width, height, wide):
    noise(connection.store)
    panel.resize(width, height)
    settle(panel, clock)
    QApplication.sendPostedEvents()
    assert (panel._split.orientation() == Qt.Orientation.Horizontal) is wide
    assert panel.width() == width
    assert panel.map.width() >= 100
    assert not panel.table.isColumnHidden(1)


def test_every_control_has_a_name(panel, connection, clock):
    noise(connection.store)
    settle(panel, clock)
    panel.enter(connection.store.find(b"plant"))
    for widget in panel.findChildren(QWidget):
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            assert widget.accessibleName(), widget


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.5, "0 s"), (59.9, "59 s"), (200, "3 min 20 s"), (7_500, "2 h 5 min")], ids=str
)
def test_durations(seconds, text):
    assert duration(seconds) == text
