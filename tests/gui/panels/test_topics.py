# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QMenu

from mqtt_explorer.network.link import LinkState, StateChange
from mqtt_explorer.network.subscriptions import RowState
from mqtt_explorer.panels.topics import expanding, tree
from mqtt_explorer.panels.topics.situation import _subscribed, warning
from mqtt_explorer.protocol.requests import PublishRequest, Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from tests.models.streams import feed, frame

ROOT = QModelIndex()


def click(qtbot, panel, index, button=Qt.MouseButton.LeftButton, modifier=Qt.KeyboardModifier.NoModifier):
    rect = panel.tree.visualRect(index)
    qtbot.mouseClick(panel.tree.viewport(), button, modifier, rect.center())


def key(qtbot, panel, *keys):
    for each in keys:
        qtbot.keyClick(panel.tree, each)


def current(panel):
    index = panel.tree.currentIndex()
    return panel.model.node(index).topic if index.isValid() else None


async def test_a_click_selects_and_never_folds(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, frame("a/b"), frame("c"))
    clock.tick.emit()
    a = panel.model.index(0, 0, ROOT)
    selected = []
    panel.topic_selected.connect(selected.append)
    click(qtbot, panel, a)
    assert selected == [b"a"]
    assert not panel.tree.isExpanded(a)
    panel.tree.expand(a)
    click(qtbot, panel, a)
    qtbot.mouseDClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=panel.tree.visualRect(a).center())
    assert panel.tree.isExpanded(a)


async def test_the_arrow_folds(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, frame("a/b"))
    clock.tick.emit()
    a = panel.model.index(0, 0, ROOT)
    rect = panel.tree.visualRect(a)
    qtbot.mouseClick(
        panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(rect.left() - 6, rect.center().y())
    )
    assert panel.tree.isExpanded(a)


async def test_right_and_left_fold_by_keyboard(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, frame("a/b"))
    clock.tick.emit()
    a = panel.model.index(0, 0, ROOT)
    click(qtbot, panel, a)
    key(qtbot, panel, Qt.Key.Key_Right)
    assert panel.tree.isExpanded(a)
    key(qtbot, panel, Qt.Key.Key_Right)
    assert current(panel) == b"a/b"
    key(qtbot, panel, Qt.Key.Key_Left, Qt.Key.Key_Left)
    assert current(panel) == b"a"
    assert not panel.tree.isExpanded(a)


async def test_typing_moves_and_folds_nothing(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, frame("a/b/c"), frame("x"), frame("delete"))
    clock.tick.emit()
    a = panel.model.index(0, 0, ROOT)
    click(qtbot, panel, a)
    qtbot.keyClicks(panel.tree, "xd")
    key(qtbot, panel, Qt.Key.Key_Backspace, Qt.Key.Key_Delete)
    assert current(panel) == b"a"
    assert not panel.tree.isExpanded(a)
    assert panel.model.rowCount(ROOT) == 3


@pytest.mark.parametrize(
    "modifier",
    [Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.KeypadModifier],
    ids=["shift", "keypad"],
)
async def test_the_asterisk_unfolds_everything_below(clock, panel, connection, qtbot, modifier):
    panel.set_connection(connection)
    feed(connection.store, frame("a/b/c"), frame("a/d/e/f"), frame("x/y"))
    clock.tick.emit()
    typed = []
    panel.tree.typed.connect(typed.append)
    click(qtbot, panel, panel.model.index(0, 0, ROOT))
    qtbot.keyClick(panel.tree, "*", modifier)
    assert typed == []
    assert {node.topic for node in panel.tree.expanded_nodes()} == {b"a", b"a/b", b"a/d", b"a/d/e"}
    assert current(panel) == b"a"


async def test_new_rows_move_neither_selection_nor_scroll_nor_folding(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, *(frame(f"t{n}/x") for n in range(100)))
    clock.tick.emit()
    first = panel.model.index(40, 0, ROOT)
    panel.tree.expand(first)
    panel.tree.setCurrentIndex(first)
    panel.tree.scrollTo(panel.model.index(60, 0, ROOT))
    before = panel.tree.verticalScrollBar().value()
    assert before > 0
    place = panel.tree.visualRect(first).y()
    for round_ in range(5):
        feed(connection.store, *(frame(f"new{round_}/{n}") for n in range(20)), frame("t2/x", b"5"))
        clock.tick.emit()
        panel.tree.viewport().grab()
    assert panel.tree.verticalScrollBar().value() == before
    assert panel.tree.visualRect(first).y() == place
    assert current(panel) == b"t40"
    assert panel.tree.isExpanded(first)
    assert panel.model.rowCount(ROOT) == 105


async def test_view_state_is_kept_per_connection(clock, panel, make_connection, qtbot):
    one, two = make_connection(), make_connection()
    feed(one.store, *(frame(f"t{n}/x/y") for n in range(100)))
    feed(two.store, frame("other"))
    panel.set_connection(one)
    assert panel.select_topic(b"t70/x/y")
    scroll = panel.tree.verticalScrollBar().value()
    panel.set_connection(two)
    assert current(panel) is None
    panel.set_connection(one)
    assert current(panel) == b"t70/x/y"
    assert panel.tree.verticalScrollBar().value() == scroll > 0
    assert [node.topic for node in panel.tree.expanded_nodes()] == [b"t70", b"t70/x"]


async def test_end_reaches_the_last_row_of_fifty_thousand(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, *(frame(f"big/n{n}") for n in range(50_000)), frame("after"))
    for _ in range(10):
        clock.tick.emit()
    big = panel.model.index(0, 0, ROOT)
    click(qtbot, panel, big)
    panel.tree.viewport().repaint()
    start = time.perf_counter()
    panel.tree.expand(big)
    panel.tree.viewport().repaint()
    unfold_ms = (time.perf_counter() - start) * 1e3
    assert panel.model.rowCount(big) <= 1_000
    start = time.perf_counter()
    key(qtbot, panel, Qt.Key.Key_End)
    panel.tree.viewport().repaint()
    end_ms = (time.perf_counter() - start) * 1e3
    print(f"50,000 children: unfold {unfold_ms:.0f} ms, End {end_ms:.0f} ms")
    assert current(panel) == b"big/n49999"
    key(qtbot, panel, Qt.Key.Key_End)
    assert current(panel) == b"after"
    assert unfold_ms < 400  # 100 ms on a quiet machine
    assert end_ms < 1_200  # 300 ms on a quiet machine


async def test_end_says_what_it_does_not_show(clock, panel, connection, qtbot, monkeypatch):
    monkeypatch.setattr(tree, "END_LIMIT", 700)
    panel.set_connection(connection)
    feed(connection.store, *(frame(f"n{n}") for n in range(1_000)))
    clock.tick.emit()
    click(qtbot, panel, panel.model.index(0, 0, ROOT))
    key(qtbot, panel, Qt.Key.Key_End)
    assert current(panel) == b"n699"
    assert panel.note.text.text() == "This branch shows its first 700 of 1,000 topics."


async def test_scrolling_to_the_end_of_a_page_shows_the_next(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, *(frame(f"big/n{n}") for n in range(5_000)))
    clock.tick.emit()
    big = panel.model.index(0, 0, ROOT)
    panel.tree.expand(big)
    panel.tree.doItemsLayout()
    before = panel.model.rowCount(big)
    bar = panel.tree.verticalScrollBar()
    bar.setValue(bar.maximum())
    qtbot.waitUntil(lambda: panel.model.rowCount(big) > before)


async def test_expanding_too_much_stops_and_says_so(clock, panel, connection, qtbot, monkeypatch):
    monkeypatch.setattr(expanding, "EXPAND_LIMIT", 1_000)
    panel.set_connection(connection)
    feed(connection.store, *(frame(f"a/b{n % 40}/c{n}") for n in range(4_000)))
    clock.tick.emit()
    a = panel.model.index(0, 0, ROOT)
    panel.deeds.expand_below(a)
    qtbot.waitUntil(lambda: not panel.tree.expanding.running)
    rows = sum(panel.model.rowCount(panel.model.index_of(node)) for node in panel.tree.expanded_nodes())
    assert 0 < rows <= 1_000
    assert panel.note.text.text().startswith("Unfolded 940 rows; 31 branches below")
    panel.deeds.collapse_below(panel.model.index(0, 0, ROOT))
    assert panel.tree.expanded_nodes() == []


async def test_what_stands_where_there_are_no_topics(
    clock, panel, make_connection, broker_factory, qtbot, tmp_path
):
    assert panel.pages.empty.title.text() == "Not connected"
    acl = tmp_path / "acl"
    acl.write_text("topic read allowed/#\n")
    acl.chmod(0o600)
    broker = broker_factory(listeners={"mqtt": ["allow_anonymous true", f"acl_file {acl}"]})
    connection = make_connection(broker.port)
    panel.set_connection(connection)
    assert panel.pages.empty.title.text() == "Disconnected"
    connection.open()
    await until(lambda: connection.state.state == "connected")
    assert panel.pages.empty.title.text() == "No subscription"
    await connection.subscribe(Subscription(TopicFilter("allowed/#")))
    await until(lambda: panel.pages.empty.title.text() == "No topics yet")
    assert "allowed/#" in panel.pages.empty.text.text()
    await connection.close()


async def test_a_refused_filter_never_looks_like_an_empty_tree(
    clock, panel, make_connection, broker_factory, tmp_path
):
    broker = broker_factory(listeners={"mqtt": refusing_subscriptions(tmp_path)})
    connection = make_connection(broker.port, subscriptions=[Subscription(TopicFilter("#"))])
    panel.set_connection(connection)
    connection.open()
    await until(lambda: connection.subscriptions.rows[0].state == "refused")
    assert panel.pages.empty.isVisible()
    assert panel.pages.empty.title.text() == "The broker refused #"
    assert connection.subscriptions.rows[0].sentence in panel.pages.empty.text.text()
    feed(connection.store, frame("a/x"))
    clock.tick.emit()
    assert panel.tree.isVisible()
    assert panel.warning.isVisible()
    assert panel.warning.strong.text() == "Refused: #."
    panel.set_connection(None)
    await connection.close()


def refusing_subscriptions(folder):
    """A listener that lets everybody in and grants no filter."""
    config = folder / "dynamic-security.json"
    access = {
        "publishClientSend": True,
        "publishClientReceive": True,
        "subscribe": False,
        "unsubscribe": True,
    }
    config.write_text(json.dumps({"defaultACLAccess": access, "clients": [], "groups": [], "roles": []}))
    config.chmod(0o600)
    return ["allow_anonymous true", f"plugin {plugin()}", f"plugin_opt_config_file {config}"]


def plugin():
    found = [*Path("/usr/lib").glob("**/mosquitto_dynamic_security.so")]
    if not found:
        pytest.skip("this mosquitto came without its dynamic security plug-in")
    return found[0]


async def test_the_menu_key_asks_for_the_current_row(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, *(frame(f"t{n}") for n in range(100)))
    clock.tick.emit()
    panel.select_topic(b"t60")
    asked = []
    panel.tree.menu_wanted.connect(lambda index, place: asked.append((panel.model.node(index).topic, place)))
    # Qt's own place for the key lies somewhere else: the top left corner, or the pointer.
    key_press = QContextMenuEvent(
        QContextMenuEvent.Reason.Keyboard, QPoint(5, 30), panel.mapToGlobal(QPoint(5, 30))
    )
    QGuiApplication.sendEvent(panel.tree, key_press)
    row = panel.tree.visualRect(panel.tree.currentIndex())
    assert asked == [(b"t60", panel.tree.viewport().mapToGlobal(row.bottomLeft()))]
    place = panel.tree.visualRect(panel.model.index(59, 0, ROOT)).center()
    click_at = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, place, panel.tree.viewport().mapToGlobal(place)
    )
    QGuiApplication.sendEvent(panel.tree.viewport(), click_at)
    assert asked[1][0] == b"t59"
    for menu in panel.findChildren(QMenu):
        menu.close()


async def test_a_pause_brings_no_further_rows(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, *(frame(f"n{n}") for n in range(1_200)))
    clock.tick.emit()
    panel.set_paused(True)
    shown = panel.model.rowCount(ROOT)
    bar = panel.tree.verticalScrollBar()
    bar.setValue(bar.maximum())
    panel.tree.page_in()
    assert panel.model.rowCount(ROOT) == shown < 1_200
    click(qtbot, panel, panel.model.index(shown - 1, 0, ROOT))
    key(qtbot, panel, Qt.Key.Key_End)  # asked for, it goes through
    assert panel.model.rowCount(ROOT) == 1_200


@pytest.mark.parametrize("visible", [True, False])
async def test_a_branch_unfolded_in_a_pause_shows_its_children(clock, panel, connection, visible):
    panel.set_connection(connection)
    feed(connection.store, *(frame(f"a/{n}") for n in range(50)))
    clock.tick.emit()
    panel.model.node(panel.model.index(0, 0, ROOT))
    feed(connection.store, frame("b"))
    clock.tick.emit()
    feed(connection.store, *(frame(f"b/{n}") for n in range(50)))
    clock.tick.emit()
    b = panel.model.index(1, 0, ROOT)
    assert panel.model.rowCount(b) == 1  # the row its arrow needs
    panel.set_paused(True)
    if visible:
        panel.tree.executeDelayedItemsLayout()
    else:
        panel.tree.scheduleDelayedItemsLayout()
    panel.tree.expand(b)
    panel.tree.executeDelayedItemsLayout()
    assert panel.model.rowCount(b) == 50
    feed(connection.store, frame("b/later"))
    clock.tick.emit()
    panel.tree.doItemsLayout()
    assert panel.model.rowCount(b) == 50


async def test_the_focus_marks_the_row_that_gets_the_keys(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a"), frame("b"))
    clock.tick.emit()
    selected = []
    panel.topic_selected.connect(selected.append)
    panel.tree.clearFocus()
    assert not panel.tree.selectionModel().hasSelection()
    panel.tree.setFocus(Qt.FocusReason.TabFocusReason)
    assert [index.row() for index in panel.tree.selectionModel().selectedRows()] == [0]
    assert selected == [b"a"]


async def test_a_focus_that_comes_by_itself_chooses_nothing(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, frame("a"), frame("b"))
    clock.tick.emit()
    selected = []
    panel.topic_selected.connect(selected.append)
    panel.tree.clearFocus()
    for reason in (Qt.FocusReason.OtherFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
        panel.tree.setFocus(reason)
        assert not panel.tree.selectionModel().hasSelection()
        panel.tree.clearFocus()
    assert selected == []
    panel.tree.setFocus(Qt.FocusReason.OtherFocusReason)
    qtbot.keyClick(panel.tree, Qt.Key.Key_Down)
    assert selected == [b"a"]  # the first row, not the one after it


async def test_a_click_that_brings_the_focus_selects_one_row_only(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, frame("a"), frame("b"))
    clock.tick.emit()
    panel.tree.clearFocus()
    selected = []
    panel.topic_selected.connect(selected.append)
    click(qtbot, panel, panel.model.index(1, 0, ROOT))
    assert selected == [b"b"]


async def test_copy_takes_the_whole_topic(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, frame("a/b/c"))
    clock.tick.emit()
    panel.select_topic(b"a/b/c")
    qtbot.keyClick(panel.tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "a/b/c"


@pytest.mark.parametrize(
    ("states", "title"),
    [
        (["lost", "pending"], "Not subscribed to f0 yet"),
        (["refused", "pending"], "Not subscribed to f1 yet"),
        (["pending", "new"], "Subscribing…"),
        (["refused", "granted"], "No topics yet"),
    ],
)
async def test_nothing_subscribed_is_never_called_subscribed(make_connection, states, title):
    wanted = [Subscription(TopicFilter(f"f{n}")) for n in range(len(states))]
    connection = make_connection(subscriptions=wanted)
    for row, state in zip(connection.subscriptions.rows, states, strict=True):
        row.state = RowState(state)
    found = _subscribed(connection)
    assert found.title == title
    assert "Subscribed to ;" not in found.text
    if title.startswith("Not"):
        assert found.text == next(r for r in connection.subscriptions.rows if r.state != "refused").sentence


@pytest.mark.parametrize("state", ["waiting", "connecting", "failed"])
async def test_what_the_window_says_the_tree_does_not_repeat(make_connection, state):
    connection = make_connection()
    assert warning(connection) == ("warn", "Not connected.", "These are the last values received.")
    connection._link.state = StateChange(LinkState(state))
    assert warning(connection) == ("warn", "", "These are the last values received.")
    connection._link.state = StateChange(LinkState.CONNECTED)
    assert warning(connection) is None


async def test_a_real_broker_fills_the_tree(clock, panel, make_connection, broker, qtbot):
    connection = make_connection(broker.port, subscriptions=[Subscription(TopicFilter("topics-panel/#"))])
    panel.set_connection(connection)
    connection.open()
    clock.start()
    await until(lambda: connection.subscriptions.rows[0].state == "granted")
    for n in range(20):
        await connection.publish(PublishRequest(f"topics-panel/zone/{n}", b"%d" % n))
    await until(lambda: panel.select_topic(b"topics-panel/zone/7"))
    await until(lambda: panel.tree.currentIndex().siblingAtColumn(1).data() == "7")
    await until(lambda: panel.info.startswith("20 topics"))
    panel.set_connection(None)
    assert panel.model.rowCount(ROOT) == 0
    clock.stop()
    await connection.close()


async def until(condition, timeout_s=5.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.01)
