# SPDX-License-Identifier: MIT
"""The window around an open connection: header, strip, panels by keyboard, layout, theme, dialogs, errors, closing."""

from __future__ import annotations

import asyncio
import re
import threading

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QMenu

from mqtt_explorer.app.error_dialog import ErrorDialog
from mqtt_explorer.app.help_dialog import HelpDialog
from mqtt_explorer.app.settings_dialog import SettingsDialog
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.protocol.options import ConnectOptions, TlsOptions
from mqtt_explorer.protocol.requests import PublishRequest, Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.theme import theme
from tests.support.mosquitto import Mosquitto, tls
from tests.support.scripted_peer import ScriptedPeer, mute


@pytest.fixture
async def connected(program, broker):
    """The program with the shared broker open, subscribed to nothing."""
    program.window.start.filters.setText("")
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    return program


def state(program):
    return program.workspace.shown.state.state


async def test_the_header_disconnects_and_connects(connected):
    window = connected.window
    assert window.pages.currentWidget() is window.workbench
    assert window.header._state.text() == "Connected"
    assert window.header._detail.text().startswith("MQTT 5 · keep-alive 30 s")
    assert window.header.toggle.text() == "Disconnect"
    assert window.windowTitle().startswith("127.0.0.1:")
    window.header.toggle.click()
    await connected.until(lambda: state(connected) is LinkState.DISCONNECTED, "the disconnect")
    assert (window.header._state.text(), window.header.toggle.text()) == ("Disconnected", "Connect")
    assert not window.strip.isVisible()
    assert window.pages.currentWidget() is window.workbench
    window.header.toggle.click()
    await connected.until(lambda: state(connected) is LinkState.CONNECTED, "the reconnect")


async def test_closing_goes_back_to_a_usable_start_page(connected, broker):
    window = connected.window
    window.header.tabs.tabs[0].close_button.click()
    await connected.until(lambda: connected.workspace.shown is None, "the close")
    assert window.pages.currentWidget() is window.start
    assert window.windowTitle() == "MQTT Explorer Qt"
    assert not window.header.toggle.isVisible()
    await connected.until(lambda: QApplication.focusWidget() is window.start.url, "focus in the address")
    await connected.connect(f"mqtt://127.0.0.1:{broker.port}")


async def test_a_second_connection_leaves_the_first_open(connected, broker):
    first = connected.workspace.shown
    second = connected.connector.connect(first.options, ())
    await connected.until(lambda: connected.workspace.shown is second, "the second connection")
    assert first in connected.workspace.connections
    await connected.connector.close(second)
    assert connected.workspace.shown is first


async def test_closing_does_not_show_an_attempt(connected):
    with ScriptedPeer(mute) as hole:
        url = BrokerUrl("mqtt", "127.0.0.1", hole.port)
        connected.connector.connect(ConnectOptions(url), ())
        await connected.connector.close(connected.workspace.shown)
        assert connected.workspace.shown is None
        assert connected.workspace.stood == []
        connected.connector.cancel()
        await connected.until(lambda: connected.workspace.connections == [], "the attempt to be gone")


@pytest.fixture
async def dropped(program, broker_factory):
    """A connection whose broker has gone."""
    broker: Mosquitto = broker_factory()
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    broker.stop()
    await program.until(lambda: state(program) is LinkState.WAITING, "the loss")
    return program, broker


async def test_a_lost_broker_is_counted_down_in_the_strip(dropped):
    program, _ = dropped
    window, seen, heights = program.window, set(), set()
    assert window.strip.isVisible()
    assert window.header._state.text() == "Waiting"
    assert window.header.toggle.text() == "Stop trying"

    def counted():
        if window.strip.isVisible():
            heights.add(window.strip.height())
        seen.update(re.findall(r"again in\s+(\d+)\ss\.", window.strip.text.text()))
        return {"1", "2"} <= seen

    await program.until(counted, "a countdown")
    assert len(heights) == 1
    window.header.toggle.click()
    await program.until(lambda: state(program) is LinkState.DISCONNECTED, "the end of trying")
    assert not window.strip.isVisible()
    assert not window.strip._timer.isActive()


async def test_try_now_comes_back_at_once(dropped, broker_factory):
    program, broker = dropped
    # Wait until the pause is long enough that trying by itself cannot be what helped.
    await program.until(
        lambda: (program.workspace.shown.state.retry_in_s or 0) > 2.5, "a long wait", seconds=15
    )
    broker.start()
    program.window.strip.retry.click()
    await program.until(lambda: state(program) is LinkState.CONNECTED, "the reconnect", seconds=2)
    assert not program.window.strip.isVisible()


async def test_pause_holds_the_tree_and_counts(program, broker, qtbot):
    window = program.window
    window.start.filters.setText("pause/#")
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    connection = program.workspace.shown
    await program.until(lambda: connection.subscriptions.rows[0].state == "granted", "the subscription")
    window.header.pause.click()
    for number in range(3):
        await connection.publish(request(f"pause/{number}"))
    await program.until(lambda: "3 waiting" in window.header._waiting.text(), "the count")
    assert window.panels.topics.model.rowCount() == 0
    qtbot.keyClick(
        window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    assert not window.header.pause.isChecked()
    await program.until(lambda: window.panels.topics.model.rowCount() == 1, "the tree")
    assert not window.header._waiting.isVisible()


def request(topic):
    return PublishRequest(topic, b"1", 1)


def panel_with_focus(window):
    focus = QApplication.focusWidget()
    return next(
        (name for name, panel in window.panels.by_name.items() if focus and panel.isAncestorOf(focus)), None
    )


async def test_f6_walks_the_panels_and_ctrl_digits_jump(connected, qtbot):
    window = connected.window
    names = list(window.panels.by_name)
    assert names == ["topics", "message", "publish", "subscriptions", "log", "messages", "noise", "snapshots"]
    for number, name in enumerate(names):
        qtbot.keyClick(window, Qt.Key(Qt.Key.Key_1 + number), Qt.KeyboardModifier.ControlModifier)
        assert window.walk.at == name
        assert panel_with_focus(window) == name or name == "topics"  # an empty tree has nothing to focus
    for name in names:
        qtbot.keyClick(window, Qt.Key.Key_F6)
        assert window.walk.at == name
    for name in reversed(names[:-1]):
        qtbot.keyClick(window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
        assert window.walk.at == name
    window.workbench.docks["publish"].close()
    window.show_panel("message")
    qtbot.keyClick(window, Qt.Key.Key_F6)
    assert panel_with_focus(window) == "subscriptions"


async def test_the_tree_takes_the_focus_with_its_first_topics(connected):
    window, connection = connected.window, connected.workspace.shown
    assert window.walk.at == "topics"
    assert QApplication.focusWidget() is None
    await connection.subscribe(Subscription(TopicFilter("focus/#")))
    await connection.publish(request("focus/a"))
    await connected.until(lambda: window.panels.topics.model.rowCount() == 1, "the topic")
    assert QApplication.focusWidget() is window.panels.topics.tree


async def test_first_topics_take_no_focus_from_a_dialog(connected, qtbot):
    window, connection = connected.window, connected.workspace.shown
    assert window.walk.at == "topics"
    window.open_settings()
    dialog = window.findChild(SettingsDialog)
    await connected.until(dialog.isActiveWindow, "the dialog")
    if (held := QApplication.focusWidget()) is not None:
        held.clearFocus()  # as after a click on its empty ground
    await connection.subscribe(Subscription(TopicFilter("focus/#")))
    await connection.publish(request("focus/b"))
    await connected.until(lambda: window.panels.topics.model.rowCount() == 1, "the topic")
    assert window.focusWidget() is not window.panels.topics.tree
    dialog.close()


async def test_a_reset_before_the_first_show_is_not_undone(program, open_program, broker):
    program.window.start.filters.setText("")
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    program.window.workbench.docks["log"].close()
    program.window.close()
    await program.preferences.finish()
    again = open_program()
    again.window.workbench.reset()
    assert again.window.workbench.layout_state() == ""
    again.window.start.filters.setText("")
    await again.connect(f"mqtt://127.0.0.1:{broker.port}")
    assert not again.window.workbench.docks["log"].isHidden()


async def test_notes_do_not_push_each_other_away(connected):
    window = connected.window
    window.show_note("The settings were damaged.")
    window.show_note("The demo lacks something.", passing=True)
    window.show_note("The settings were damaged.")
    assert window.note.text.text() == "The settings were damaged.\nThe demo lacks something."
    await connected.connector.close(connected.workspace.shown)
    assert window.note.isVisible()
    assert window.note.text.text() == "The settings were damaged."
    window.note._close.click()
    assert not window.note.isVisible()
    window.show_note("Another.")
    assert window.note.text.text() == "Another."


async def test_unverified_tls_is_a_chip_that_is_never_cut(program, broker_factory, certificates):
    both = broker_factory(listeners={"tls": tls(certificates)})
    header = program.window.header
    assert not header.unverified.isVisible()
    url, _, _ = BrokerUrl.parse(f"mqtts://127.0.0.1:{both.ports['tls']}")
    program.connector.connect(ConnectOptions(url, tls=TlsOptions(verify=False)), ())
    await program.until(lambda: program.workspace.shown is not None, "the connection")
    program.window.resize(720, 600)
    chip = header.unverified
    await program.until(lambda: header.width() <= 720, "the narrow window")
    assert chip.isVisible()
    assert chip.text() == "TLS not verified"
    assert chip.property("tint") == "warn"
    assert "nobody checked" in chip.toolTip()
    program.window.header.pause.click()
    header.set_waiting(1_234_567)
    await program.until(lambda: not header._state.isVisible(), "room for it")
    await asyncio.sleep(0.05)
    for widget in (chip, header.toggle, header._waiting):
        assert widget.width() >= widget.sizeHint().width()
    tab = header.tabs.tabs[0]
    assert tab.title.geometry().right() < tab.close_button.geometry().left()
    program.window.resize(1100, 600)
    await program.until(header._state.isVisible, "the word again")
    assert header._waiting.text() == "Paused · 1,234,567 waiting"
    assert header._detail.text().startswith("MQTT 5 · TLS 1.")
    await program.workspace.shown.disconnect()
    assert not chip.isVisible()
    program.workspace.shown.open()
    await program.until(chip.isVisible, "the chip, as it connects again")
    await program.connector.close(program.workspace.shown)
    assert not chip.isVisible()


async def test_ctrl_shift_l_beside_open_settings_is_not_turned_back(program, qtbot):
    program.window.open_settings()
    dialog = program.window.findChild(SettingsDialog)
    dark = theme().is_dark
    program.window.theme_button.click()
    dialog.ui_px.setValue(15)
    assert theme().is_dark is not dark
    dialog.theme.set_index(1 if dark else 2)  # only shown so far
    program.window.theme_button.click()
    assert theme().is_dark is not dark
    dialog.close()
    await program.preferences.finish()
    stored = program.file.load()
    assert (stored.theme, stored.ui_px) == ("light" if dark else "dark", 15)


async def test_the_first_layout_gives_the_lists_below_their_height_and_no_more(connected):
    await asyncio.sleep(0.05)
    bench = connected.window.workbench
    assert bench.width() >= 1300
    assert 236 <= bench.docks["messages"].height() <= 266
    assert 440 <= bench.docks["topics"].width() <= 450


async def test_a_high_panel_behind_a_tab_takes_no_height(connected):
    await asyncio.sleep(0.05)
    bench = connected.window.workbench
    before = bench.docks["messages"].height()
    connected.window.panels.subscriptions.setMinimumHeight(400)
    await asyncio.sleep(0.05)
    assert bench.docks["messages"].height() == before
    bench.show_dock("subscriptions")
    await asyncio.sleep(0.05)
    assert bench.docks["subscriptions"].widget().height() >= 400  # in front it gets what it needs


async def test_a_small_window_has_one_side_only(connected):
    window = connected.window
    window.resize(720, 480)
    await asyncio.sleep(0.05)
    bench = window.workbench
    bench.reset()
    await asyncio.sleep(0.05)
    assert bench.docks["publish"] in bench.tabifiedDockWidgets(bench.docks["topics"])
    for dock in ("topics", "messages"):
        assert bench.docks[dock].isVisible()
        assert bench.rect().contains(bench.docks[dock].geometry())
    assert bench.rect().contains(bench.centralWidget().geometry())
    window.resize(1360, 820)
    await asyncio.sleep(0.05)
    bench.reset()
    assert not bench.tabifiedDockWidgets(bench.docks["publish"])


async def test_the_layout_menu_opens_closed_docks_and_resets(connected):
    window = connected.window
    window.workbench.docks["topics"].close()
    window.workbench.docks["publish"].setFloating(True)
    window.layout_button.click()
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    titles = [action.text() for action in menu.actions() if action.text()]
    assert titles == [
        "Topics",
        "Publish",
        "Messages",
        "Subscriptions",
        "Noise",
        "Snapshots",
        "Log",
        "Reset layout",
    ]
    menu.actions()[0].trigger()
    assert not window.workbench.docks["topics"].isHidden()
    menu.actions()[-1].trigger()
    menu.close()
    assert not window.workbench.docks["publish"].isFloating()
    assert window.workbench.docks["log"] in window.workbench.tabifiedDockWidgets(
        window.workbench.docks["subscriptions"]
    )


async def test_geometry_and_layout_come_back_after_a_restart(connected, open_program, broker):
    window = connected.window
    window.resize(790, 600)
    window.workbench.docks["log"].close()
    window.workbench.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, window.workbench.docks["publish"])
    window.close()
    await connected.preferences.finish()
    again = open_program()
    assert (again.window.width(), again.window.height()) == (790, 600)
    again.window.start.filters.setText("")
    await again.connect(f"mqtt://127.0.0.1:{broker.port}")
    bench = again.window.workbench
    assert bench.docks["log"].isHidden()
    assert bench.dockWidgetArea(bench.docks["publish"]) is Qt.DockWidgetArea.LeftDockWidgetArea


async def test_a_layout_survives_a_start_without_connecting(connected, open_program):
    connected.window.workbench.docks["log"].close()
    connected.window.close()
    await connected.preferences.finish()
    saved = connected.preferences.settings.window_layout
    assert saved
    unused = open_program()
    unused.window.close()
    await unused.preferences.finish()
    assert unused.file.load().window_layout == saved


async def test_nonsense_as_layout_gives_the_default(program, open_program, broker):
    program.preferences.remember_window("AAAA", "QUJD")
    await program.preferences.finish()
    again = open_program()
    again.window.start.filters.setText("")
    await again.connect(f"mqtt://127.0.0.1:{broker.port}")
    assert not again.window.workbench.docks["topics"].isHidden()
    assert again.window.workbench.docks["topics"].width() > 200


async def test_the_theme_button_changes_and_remembers(program):
    dark = theme().is_dark
    program.window.theme_button.click()
    assert theme().is_dark is not dark
    await program.preferences.finish()
    assert program.file.load().theme == ("light" if dark else "dark")


async def test_settings_apply_and_keep_what_changed_meanwhile(program, broker):
    window = program.window
    window.settings_button.click()
    window.open_settings()
    (dialog,) = window.findChildren(SettingsDialog)
    dialog.ui_px.setValue(16)
    assert theme().ui_px == 16
    window.start.filters.setText("")
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    dialog.close()
    await program.preferences.finish()
    stored = program.file.load()
    assert stored.ui_px == 16
    assert stored.recent_urls == (f"mqtt://127.0.0.1:{broker.port}",)


async def test_closing_the_window_keeps_what_the_open_settings_show(program):
    program.window.open_settings()
    program.window.findChild(SettingsDialog).mono_px.setValue(15)
    program.window.close()
    await program.preferences.finish()
    assert program.file.load().mono_px == 15


async def test_f1_opens_the_help_once(program, qtbot):
    qtbot.keyClick(program.window, Qt.Key.Key_F1)
    qtbot.keyClick(program.window, Qt.Key.Key_F1)
    assert len(program.window.findChildren(HelpDialog)) == 1


async def test_every_shortcut_is_unique_and_every_icon_button_has_a_name(program):
    keys = [action.shortcut().toString() for action in program.window.actions_list.all]
    used = [key for key in keys if key]
    assert len(set(used)) == len(used)
    header = program.window.header
    for button in (
        header.pause,
        header.tabs.home_button,
        program.window.layout_button,
        program.window.help_button,
    ):
        assert button.accessibleName()
        assert button.toolTip()


# -- errors nobody caught ------------------------------------------------------------------------------------------------


def in_a_slot():
    QTimer.singleShot(0, lambda: 1 / 0)


def in_a_task():
    async def broken():
        raise ZeroDivisionError("in a task")

    create_task(broken(), name="broken task")


def in_a_thread():
    threading.Thread(target=lambda: 1 / 0).start()


def in_the_loop():
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)


@pytest.fixture
async def reporting(program, expect_log):
    program.reports.install(asyncio.get_running_loop())
    yield program
    program.reports.uninstall()
    asyncio.get_running_loop().set_exception_handler(None)


@pytest.mark.parametrize("fail", [in_a_slot, in_a_thread, in_the_loop])
async def test_an_uncaught_error_is_shown_and_the_program_lives_on(reporting, broker, capfd, fail):
    await check_report(reporting, broker, capfd, fail)


async def test_a_failed_task_is_shown_and_the_program_lives_on(reporting, broker, capfd, expect_log):
    expect_log("Task broken task failed")
    await check_report(reporting, broker, capfd, in_a_task)


async def check_report(program, broker, capfd, fail):
    told_in = []
    program.reports.reported.connect(lambda *_: told_in.append(threading.get_ident()))
    fail()
    window = program.window
    await program.until(lambda: window.error_strip.isVisible(), "the strip")
    assert "ZeroDivisionError" in window.error_strip.text.text()
    assert told_in == [threading.get_ident()]
    window.error_strip.show_details()
    dialog = window.findChild(ErrorDialog)
    assert "ZeroDivisionError" in dialog.report()
    dialog.close()
    assert "ZeroDivisionError" in capfd.readouterr().err
    window.start.filters.setText("")
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")


async def test_the_same_error_over_and_over_is_told_once(reporting, capfd):
    for _ in range(50):
        reporting.reports.report("Oops", "the same text")
    assert capfd.readouterr().err.count("the same text") == 1
    assert len(reporting.reports.kept) == 1


async def test_an_observer_that_fails_does_not_go_round_for_ever(reporting, capfd, expect_log):
    expect_log("An observer of an event failed")
    reporting.reports.reported.connect(lambda *_: 1 / 0)
    reporting.reports.report("Oops", "first")
    assert "first" in capfd.readouterr().err
