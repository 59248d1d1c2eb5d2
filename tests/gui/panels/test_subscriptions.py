# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QMenu

from mqtt_explorer.models.roles import BADGE_ROLE, BAR_ROLE, KIND_ROLE
from mqtt_explorer.models.subscription_model import FILTER, QOS, STATE
from mqtt_explorer.panels.subscriptions import SubscriptionsPanel, table
from mqtt_explorer.panels.subscriptions.form import MAX_LINES
from mqtt_explorer.panels.subscriptions.suggestions import narrower
from mqtt_explorer.protocol.limits import Limits
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.widgets.buttons import IconButton
from mqtt_explorer.widgets.theme import theme
from mqtt_explorer.widgets.title_bar import TitleBar
from tests.models.streams import feed, frame


@pytest.fixture
def panel(qtbot):
    made = SubscriptionsPanel()
    qtbot.addWidget(made, before_close_func=lambda panel: panel.set_connection(None))
    made.resize(1000, 300)
    made.show()
    qtbot.waitExposed(made)
    QAbstractItemModelTester(made.rows, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    return made


@pytest.fixture
async def connect(make_connection):
    opened = []

    async def connect(port, *filters):
        wanted = [Subscription(TopicFilter(text), qos) for text, qos in filters]
        connection = make_connection(port, subscriptions=wanted)
        opened.append(connection)
        connection.open()
        await until(lambda: connection.state.state == "connected")
        await until(lambda: all(row.state in ("granted", "refused") for row in connection.subscriptions.rows))
        return connection

    yield connect
    for each in opened:
        await each.close()


@pytest.fixture
def refusing_broker(broker_factory, tmp_path):
    """Grants what lies below allowed/, at QoS 1 at most, and refuses every other filter."""
    found = [*Path("/usr/lib").glob("**/mosquitto_dynamic_security.so")]
    if not found:
        pytest.skip("this mosquitto came without its dynamic security plug-in")
    allow = {"acltype": "subscribePattern", "topic": "allowed/#", "allow": True}
    send = {"publishClientSend": True, "publishClientReceive": True, "subscribe": False, "unsubscribe": True}
    config = tmp_path / "dynamic-security.json"
    config.write_text(
        json.dumps(
            {
                "defaultACLAccess": send,
                "clients": [],
                "groups": [{"groupname": "all", "roles": [{"rolename": "reader"}]}],
                "anonymousGroup": "all",
                "roles": [{"rolename": "reader", "acls": [allow]}],
            }
        )
    )
    config.chmod(0o600)
    lines = ["allow_anonymous true", "max_qos 1", f"plugin {found[0]}", f"plugin_opt_config_file {config}"]
    return broker_factory(listeners={"mqtt": lines})


def cell(panel, row, column, role=Qt.ItemDataRole.DisplayRole):
    return panel.rows.index(row, column).data(role)


def filters(panel):
    return [cell(panel, row, FILTER) for row in range(panel.rows.rowCount())]


def select(panel, *rows):
    panel.table.clearSelection()
    for row in rows:
        panel.table.selectionModel().select(
            panel.rows.index(row, 0),
            panel.table.selectionModel().SelectionFlag.Select
            | panel.table.selectionModel().SelectionFlag.Rows,
        )
    panel.table.setFocus()


async def test_subscribing_by_the_form_is_granted_by_a_real_broker(panel, connect, broker, qtbot):
    connection = await connect(broker.port)
    panel.set_connection(connection)
    panel.form.qos.set_index(1)
    qtbot.keyClicks(panel.form.filter, "subs-panel/+/x")
    qtbot.keyClick(panel.form.filter, Qt.Key.Key_Return)
    await until(lambda: cell(panel, 0, STATE) == "The broker granted QoS 1.")
    assert filters(panel) == ["subs-panel/+/x"]
    assert panel.form.filter.text() == ""
    assert panel.info == "1 subscription"
    assert not panel.refusal.isVisible()


async def test_faulty_filters_are_told_while_they_are_typed(panel, connect, broker, qtbot):
    panel.set_connection(await connect(broker.port))
    for text, part in (("a/b#", "must stand alone"), ("#/a", "last level"), ("$share/x", "missing")):
        panel.form.filter.setText(text)
        assert part in panel.form.field.error
        qtbot.mouseClick(panel.form.button, Qt.MouseButton.LeftButton)
        assert panel.form.filter.text() == text
        assert panel.rows.rowCount() == 0
    panel.form.filter.setText("a/" + "x" * 70_000)
    assert 0 < len(panel.form.field.error) < 300
    panel.form.filter.clear()
    assert panel.form.field.error == ""
    panel.form.submit()
    assert "Enter a filter" in panel.form.field.error
    panel.form.filter.setText("#")
    assert "Everything this account may read" in panel.form.field.note.text()
    panel.form.filter.setText("$share/group/a")
    assert "one member of the group group" in panel.form.field.note.text()
    qtbot.keyClick(panel.form.filter, Qt.Key.Key_Escape)
    assert panel.form.filter.text() == ""


async def test_refused_and_lowered_are_told_with_code_and_colour(panel, connect, refusing_broker):
    panel.set_connection(await connect(refusing_broker.port, ("allowed/#", 2), ("#", 0)))
    assert cell(panel, 0, QOS) == "2 → 1"
    assert cell(panel, 0, QOS, BADGE_ROLE) == "warn:lowered"
    assert cell(panel, 0, QOS, KIND_ROLE) == "warn"
    assert cell(panel, 1, QOS, BADGE_ROLE) == "error:refused"
    assert cell(panel, 1, STATE).startswith("Not authorised (0x87). This account")
    assert panel.refusal.isVisible()
    assert panel.refusal.strong.text() == "#"
    assert panel.info == "2 subscriptions · 1 refused"
    picture = panel.table.viewport().grab().toImage()
    rect = panel.table.visualRect(panel.rows.index(1, STATE))
    ratio = picture.devicePixelRatio()
    found = picture.pixelColor(round((rect.right() - 2) * ratio), round((rect.top() + 2) * ratio))
    assert found == theme().color("tint_error")


async def test_a_narrower_filter_is_one_click_away(panel, connect, refusing_broker, qtbot):
    connection = await connect(refusing_broker.port, ("#", 1))
    feed(connection.store, frame("allowed/a"), frame("allowed/b"), frame("$SYS/x"), frame("other"))
    panel.set_connection(connection)
    shown = [button for button in panel._suggestion_buttons if button.isVisible()]
    assert [button.text() for button in shown] == ["allowed/#", "other/#"]
    qtbot.mouseClick(shown[0], Qt.MouseButton.LeftButton)
    await until(lambda: panel.rows.rowCount() == 2 and cell(panel, 1, STATE) == "The broker granted QoS 1.")
    await until(lambda: panel._suggested == ["other/#"])
    assert panel.refusal.isVisible()  # it stays until its row goes
    select(panel, 0)
    panel.unsubscribe_selected()
    await until(lambda: not panel.refusal.isVisible())


async def test_asking_again_asks_the_broker(panel, connect, refusing_broker, qtbot):
    connection = await connect(refusing_broker.port, ("#", 1))
    panel.set_connection(connection)
    before = connection.log.total
    qtbot.mouseClick(panel._again, Qt.MouseButton.LeftButton)
    await until(lambda: connection.log.total == before + 1)
    assert connection.log.entries[-1].title == "Filter refused"
    assert filters(panel) == ["#"]


async def test_the_title_bar_pastes_and_unsubscribes(panel, connect, broker, qtbot):
    panel.set_connection(await connect(broker.port))
    bar = TitleBar(panel.panel_title, None)
    qtbot.addWidget(bar)
    panel.fill_title_bar(bar)
    paste, remove = bar.findChildren(IconButton)[-2:]
    QGuiApplication.clipboard().setText("bar/a\nbar/b")
    paste.click()
    await until(lambda: filters(panel) == ["bar/a", "bar/b"])
    remove.click()
    assert filters(panel) == ["bar/a", "bar/b"]  # nothing is selected
    select(panel, 1)
    remove.click()
    await until(lambda: filters(panel) == ["bar/a"])


def test_suggestions_name_only_what_is_there_and_means_less(make_connection):
    async def look():
        store = make_connection().store
        feed(
            store,
            *(frame(f"plant/{name}/x/{n}") for name in ("a", "b") for n in range(3)),
            frame("plant/c/x"),
        )
        assert narrower(TopicFilter("plant/#"), store, {"plant/a/#"}) == ["plant/b/#", "plant/c/#"]
        assert narrower(TopicFilter("$share/g/#"), store, set()) == ["$share/g/plant/#"]
        assert narrower(TopicFilter("+/#"), store, set()) == []
        assert narrower(TopicFilter("plant/a"), store, set()) == []
        assert narrower(TopicFilter("nowhere/#"), store, set()) == []

    asyncio.run(look())


async def test_delete_unsubscribes_and_undo_brings_back(panel, connect, broker, qtbot):
    connection = await connect(broker.port, ("subs-panel/a", 1), ("subs-panel/b", 2), ("subs-panel/c", 0))
    panel.set_connection(connection)
    since = len(broker.log)
    select(panel, 0, 1)
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    await until(lambda: filters(panel) == ["subs-panel/c"])
    await until(lambda: "subs-panel/b" in broker.log[since:])
    assert panel.notice.isVisible()
    assert panel.notice.text.text() == "Unsubscribed from 2 filters."
    qtbot.mouseClick(panel._undo_button, Qt.MouseButton.LeftButton)
    await until(lambda: filters(panel) == ["subs-panel/c", "subs-panel/a", "subs-panel/b"])
    await until(lambda: cell(panel, 2, STATE) == "The broker granted QoS 2.")
    assert not panel.notice.isVisible()


async def test_several_lines_add_several_and_the_faulty_one_stays(panel, connect, broker, qtbot):
    panel.set_connection(await connect(broker.port))
    QGuiApplication.clipboard().setText("lines/a\n\n  lines/b  \r\nlines/c#\nlines/a\n$share/g/lines/d\n")
    panel.form.filter.paste()
    await until(lambda: filters(panel) == ["lines/a", "lines/b", "$share/g/lines/d"])
    await until(lambda: all(row.state == "granted" for row in panel._connection.subscriptions.rows))
    assert panel.form.filter.text() == "lines/c#"
    assert "must stand alone" in panel.form.field.error
    assert panel.notice.text.text() == "Added 3 filters."
    qtbot.mouseClick(panel._undo_button, Qt.MouseButton.LeftButton)
    await until(lambda: panel.rows.rowCount() == 0)
    QGuiApplication.clipboard().setText("one/line\n")
    panel.table.setFocus()
    panel.paste()
    await until(lambda: filters(panel) == ["one/line"])
    panel.form.take_lines("\n".join(f"n/{n}" for n in range(MAX_LINES + 1)))
    assert "501 lines" in panel.form.field.error
    assert filters(panel) == ["one/line"]


async def test_many_pasted_filters_do_not_hold_the_window(connect, broker, qtbot):
    panel = SubscriptionsPanel()  # without the model tester, which takes seconds for so many rows
    qtbot.addWidget(panel, before_close_func=lambda panel: panel.set_connection(None))
    panel.resize(1000, 300)
    panel.show()
    panel.set_connection(await connect(broker.port))
    start = time.perf_counter()
    panel.form.take_lines("\n".join(f"subs-many/{n}" for n in range(MAX_LINES)))
    pasted = time.perf_counter() - start
    await until(lambda: panel.info == "500 subscriptions", 20)
    print(
        f"500 filters: paste {pasted * 1e3:.0f} ms, all granted {(time.perf_counter() - start) * 1e3:.0f} ms"
    )
    assert pasted < 0.2


async def test_it_works_offline(panel, make_connection, broker):
    connection = make_connection(broker.port)
    panel.set_connection(connection)
    assert panel.empty.isVisible()
    assert panel.empty.title.text() == "No subscriptions"
    panel.subscribe_to("subs-panel/offline")
    await until(lambda: panel.rows.rowCount() == 1)
    await until(lambda: panel.table.isVisible())
    assert cell(panel, 0, STATE) == "Sent when connected"
    connection.open()
    await until(lambda: cell(panel, 0, STATE) == "The broker granted QoS 0.")
    await connection.close()


async def test_everything_is_one_click_and_nothing_without_a_connection(panel, connect, broker, qtbot):
    assert panel.empty.title.text() == "Not connected"
    assert not panel.empty.button.isVisible()
    assert not panel.form.isEnabled()
    panel.subscribe_to("kept/#")
    assert panel.form.filter.text() == "kept/#"
    panel.set_connection(await connect(broker.port))
    assert panel.form.filter.text() == "kept/#"
    qtbot.mouseClick(panel.empty.button, Qt.MouseButton.LeftButton)
    await until(lambda: filters(panel) == ["#"])


async def test_waiting_shows_seconds_after_a_while(panel, connect, broker_factory, monkeypatch):
    monkeypatch.setattr(table, "PATIENCE_S", 1.0)
    broker = broker_factory()
    panel.set_connection(await connect(broker.port))
    broker.pause()
    panel.subscribe_to("slow/#")
    await until(lambda: panel.info == "1 subscription · 1 waiting")
    assert cell(panel, 0, QOS, BADGE_ROLE) is None
    assert panel._seconds.isActive()
    await until(lambda: cell(panel, 0, QOS, BADGE_ROLE) == "warn:waiting 1 s")
    broker.resume()
    await until(lambda: cell(panel, 0, STATE) == "The broker granted QoS 0.")
    await until(lambda: not panel._seconds.isActive())


async def test_a_colour_stays_with_its_subscription(panel, make_connection):
    one, two = make_connection(), make_connection()
    for text in ("a", "b", "c"):
        await one.subscribe(Subscription(TopicFilter(text)))
    await two.subscribe(Subscription(TopicFilter("x")))
    panel.set_connection(one)
    assert [cell(panel, row, FILTER, BAR_ROLE) for row in range(3)] == [2, 3, 4]
    await one.unsubscribe("a")
    panel.set_connection(two)
    panel.set_connection(one)
    assert [cell(panel, row, FILTER, BAR_ROLE) for row in range(2)] == [3, 4]
    await one.subscribe(Subscription(TopicFilter("d")))
    await asyncio.sleep(0.05)
    assert cell(panel, 2, FILTER, BAR_ROLE) == 2


async def test_another_connection_while_requests_are_under_way(
    panel, connect, make_connection, broker_factory
):
    broker = broker_factory()
    connection = await connect(broker.port, ("a/#", 0))
    panel.set_connection(connection)
    broker.pause()
    panel.subscribe_to("b/#")
    select(panel, 0)
    panel.unsubscribe_selected()
    await asyncio.sleep(0.05)
    panel.set_connection(make_connection())
    assert not panel.notice.isVisible()
    broker.kill()
    await until(lambda: connection.log.entries[-1].title == "Unsubscribe not confirmed")
    assert not panel.notice.isVisible()
    assert panel.rows.rowCount() == 0
    assert [row.state for row in connection.subscriptions.rows] == ["lost"]


async def test_the_menu_and_the_form_fit_the_width(panel, connect, broker, qtbot):
    connection = await connect(broker.port, ("subs-panel/menu", 0))
    panel.set_connection(connection)
    assert panel.form.heading.isVisible()
    panel.resize(400, 300)
    assert not panel.form.heading.isVisible()
    await asyncio.sleep(0.05)
    assert panel.form.y() < panel.table.mapTo(panel, panel.table.rect().topLeft()).y()
    assert panel.table.isColumnHidden(STATE)
    panel.resize(1000, 300)
    assert not panel.table.isColumnHidden(STATE)
    select(panel, 0)
    panel._show_menu(panel.table.mapToGlobal(panel.table.visualRect(panel.rows.index(0, 0)).center()))
    menu = next(each for each in panel.findChildren(QMenu) if each.isVisible())
    next(each for each in menu.actions() if each.text() == "Copy filter").trigger()
    assert QGuiApplication.clipboard().text() == "subs-panel/menu"
    menu.close()


@pytest.mark.parametrize("topic", [" padded ", "two\nlines", "tab\t/#"])
async def test_a_filter_from_the_wire_is_taken_as_it_is(panel, make_connection, topic):
    connection = make_connection()
    panel.set_connection(connection)
    panel.form.filter.setText("being/typed")
    panel.subscribe_to(topic)
    await until(lambda: connection.subscriptions.rows)
    assert [row.filter_text for row in connection.subscriptions.rows] == [topic]
    assert panel.form.filter.text() == "being/typed"


async def test_a_faulty_filter_goes_into_the_form(panel, make_connection):
    connection = make_connection()
    panel.set_connection(connection)
    panel.subscribe_to("a/#/b")
    assert panel.form.filter.text() == "a/#/b"
    assert panel.form.field.error
    panel.subscribe_to("a/#/b\nc")
    assert panel.form.field.error
    assert connection.subscriptions.rows == []


async def test_an_undo_within_reach_stays(panel, make_connection):
    connection = make_connection(subscriptions=[Subscription(TopicFilter("a"))])
    panel.set_connection(connection)
    panel.table.selectRow(0)
    panel.unsubscribe_selected()
    await until(lambda: not connection.subscriptions.rows)
    panel._undo_button.setFocus()
    panel._notice_timer.timeout.emit()
    assert panel.notice.isVisible()
    assert panel._notice_timer.isActive()
    panel._undo_button.clearFocus()
    panel._notice_timer.timeout.emit()
    assert not panel.notice.isVisible()
    # The row goes before the task that asked the broker has ended.
    await until(lambda: all(task.get_name() != "unsubscribe" for task in asyncio.all_tasks()))


async def test_the_menu_key_means_the_current_row(panel, make_connection):
    connection = make_connection(subscriptions=[Subscription(TopicFilter(f"f{n}")) for n in range(3)])
    panel.set_connection(connection)
    panel.table.selectRow(2)
    places = []
    panel.table.menu_wanted.connect(places.append)
    QGuiApplication.sendEvent(
        panel.table, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    )
    row = panel.table.visualRect(panel.table.currentIndex())
    assert places == [panel.table.viewport().mapToGlobal(row.bottomLeft())]
    for menu in panel.findChildren(QMenu):
        menu.close()


async def until(condition, timeout_s=5.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.01)


async def test_what_a_preset_forbids_is_said_before_anything_is_sent(panel, connect, broker):
    connection = await connect(broker.port)
    panel.set_connection(connection)
    asked = []
    panel.form.submitted.connect(asked.extend)
    panel.form.set_limits(Limits("AWS IoT Core", subscribe_qos=1, sys_topics=False, topic_slashes=7))
    assert not panel.form.qos._button(2).isEnabled()
    assert "no subscriptions at QoS 2" in panel.form.qos._button(2).toolTip()
    for text, words in (("$SYS/#", "has no $SYS topics"), ("a/b/c/d/e/f/g/h/#", "allows 7 slashes")):
        panel.form.filter.setText(text)
        assert words in panel.form.field.error
        panel.form.submit()
        assert words in panel.form.field.error
    panel.form.take_lines("a/1\n$SYS/#\na/2")
    assert [each.filter.text for each in asked] == ["a/1", "a/2"]
    assert panel.form.filter.text() == "$SYS/#"
    await until(lambda: [row.state for row in connection.subscriptions.rows] == ["granted", "granted"])


async def test_a_row_that_waits_for_the_connection_says_so_in_few_words(
    panel, connect, broker, make_connection
):
    panel.set_connection(make_connection(subscriptions=[Subscription(TopicFilter("a/#"))]))
    assert cell(panel, 0, STATE) == "Sent when connected"
    assert cell(panel, 0, STATE, Qt.ItemDataRole.ToolTipRole).startswith("It is sent as soon as")
    connection = await connect(broker.port, ("a/#", 1))
    panel.set_connection(connection)
    await connection.disconnect()
    assert cell(panel, 0, STATE) == "Asked again when connected"
    whole = "The connection is down; it is asked for again when it is back."
    assert cell(panel, 0, STATE, Qt.ItemDataRole.ToolTipRole) == whole
    assert cell(panel, 0, STATE, Qt.ItemDataRole.AccessibleTextRole) == whole


async def test_qos_is_explained_in_plain_words(panel, connect, broker):
    panel.set_connection(await connect(broker.port, ("a/#", 1)))
    assert "not confirmed" in panel.form.qos.toolTip()
    assert cell(panel, 0, QOS, Qt.ItemDataRole.ToolTipRole) == "Quality of service asked for: 1."
