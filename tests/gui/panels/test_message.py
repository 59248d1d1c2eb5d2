# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import json
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox

from mqtt_explorer.panels.message import MessagePanel, export
from mqtt_explorer.panels.message.panel import HEX, PAYLOAD, PROPERTIES
from mqtt_explorer.panels.message.payload_view import LINE_LIMIT, LINES, cut_lines
from mqtt_explorer.payload.hex_format import HexRows
from mqtt_explorer.protocol.requests import PublishProperties, PublishRequest, Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from tests.models.streams import feed, frame


@pytest.fixture
def panel(clock, qtbot):
    made = MessagePanel(clock)
    qtbot.addWidget(made, before_close_func=lambda panel: panel.set_connection(None))
    made.resize(560, 600)
    with qtbot.waitExposed(made):
        made.show()
    return made


def text(panel):
    return panel.payload.text.toPlainText()


def tick(clock, panel):
    panel._not_before = 0.0
    clock.tick.emit()


async def test_it_follows_the_newest_message(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a/b", b'{"v":1.50}', flags=3))
    panel.show_topic(b"a/b")
    assert text(panel) == '{\n  "v": 1.50\n}'
    chips = panel.chips
    assert [chips.qos.text(), chips.length.text(), chips.count.text()] == ["QoS 1", "10 B", "1 message"]
    assert chips.retained.isVisible()
    assert not chips.dup.isVisible()
    assert chips.format.text() == "JSON, auto ▾"
    feed(connection.store, frame("a/b", b"later", flags=0x0A))
    tick(clock, panel)
    assert text(panel) == "later"
    assert chips.dup.isVisible()
    assert not chips.retained.isVisible()
    assert chips.count.text() == "2 messages"


async def test_a_history_row_pins_and_live_returns(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, *(frame("a", b"m%d" % n) for n in range(5)))
    panel.show_topic(b"a")
    history = panel.history
    row = history.view.visualRect(history.model.index(2, 0)).center()
    qtbot.mouseClick(history.view.viewport(), Qt.MouseButton.LeftButton, pos=row)
    assert panel.pinned
    assert text(panel) == "m2"
    feed(connection.store, frame("a", b"m5"))
    tick(clock, panel)
    assert text(panel) == "m2"
    assert history.model.message(0).payload == b"m4"
    assert history.info.text().startswith("1 newer · 6 kept since")
    assert history.live.isVisible()
    qtbot.mouseClick(history.live, Qt.MouseButton.LeftButton)
    assert not panel.pinned
    assert text(panel) == "m5"
    assert history.model.message(0).payload == b"m5"
    assert not history.live.isVisible()


async def test_focus_alone_pins_nothing(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"1"), frame("a", b"2"))
    panel.show_topic(b"a")
    panel.history.view.setFocus(Qt.FocusReason.TabFocusReason)
    assert not panel.pinned


async def test_marked_text_is_not_taken_away(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"first"))
    panel.show_topic(b"a")
    panel.payload.text.selectAll()
    feed(connection.store, frame("a", b"second"))
    tick(clock, panel)
    assert text(panel) == "first"
    assert panel.payload.text.textCursor().selectedText() == "first"
    assert panel.history.live.isVisible()


async def test_the_breadcrumb_leads_up(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, frame("a//b&<b>c</b>", b"1"))
    panel.show_topic(b"a//b&<b>c</b>")
    buttons = [button for button, _, _ in panel.breadcrumb._parts]
    assert [button._text for button in buttons] == ["a", "(empty)", "b&<b>c<", "b>"]
    wanted = []
    panel.topic_selected.connect(wanted.append)
    for button in buttons:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert wanted == [b"a", b"a/", b"a//b&<b>c<", b"a//b&<b>c</b>"]


@pytest.mark.parametrize("topic", [b"/" * 60_000, b"x" * 60_000, b"/a", b"a/" * 30])
async def test_odd_topics_have_a_breadcrumb(clock, panel, connection, topic):
    panel.set_connection(connection)
    feed(connection.store, frame(topic, b"1"))
    panel.show_topic(topic)
    assert text(panel) == "1"
    assert 1 <= len(panel.breadcrumb._parts) <= 12


async def test_sixteen_megabytes_show_their_first_page_at_once(clock, panel, connection):
    panel.set_connection(connection)
    payload = json.dumps([{"id": n, "name": "x" * 50, "v": n / 7} for n in range(170_000)]).encode()
    assert len(payload) > 15_000_000
    feed(connection.store, frame("big", payload))
    start = time.perf_counter()
    panel.show_topic(b"big")
    panel.payload.text.viewport().repaint()
    spent_ms = (time.perf_counter() - start) * 1e3
    print(f"16 MB of JSON: first page in {spent_ms:.0f} ms")
    assert spent_ms < 400  # 100 ms on a quiet machine
    assert "Showing the first" in panel.payload.note.text()
    assert panel.payload.text.extraSelections()
    before = len(text(panel))
    panel.payload.more.click()
    assert len(text(panel)) > before
    for _ in range(6):
        panel.payload.more.click()
    assert not panel.payload.more.isVisible()
    assert "Save the payload" in panel.payload.note.text()


async def test_an_unbroken_megabyte_is_cut_and_never_wrapped(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("line", b"x" * 1_000_000))
    start = time.perf_counter()
    panel.show_topic(b"line")
    panel.payload.text.viewport().repaint()
    spent_ms = (time.perf_counter() - start) * 1e3
    print(f"1 MB on one line: {spent_ms:.0f} ms")
    assert panel.payload.text.lineWrapMode() == panel.payload.text.LineWrapMode.NoWrap
    assert max(len(line) for line in text(panel).split("\n")) < LINE_LIMIT + 60
    assert spent_ms < 400


def test_cut_lines_say_how_much_is_missing():
    assert cut_lines("ab\n" + "x" * 12, 10) == "ab\nxxxxxxxxxx… (2 more characters)"
    assert cut_lines("ab\ncd", 3) == "ab\ncd"


async def test_sixteen_thousand_short_lines_come_page_by_page(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("lines", b"x\n" * 16_000))
    start = time.perf_counter()
    panel.show_topic(b"lines")
    print(f"16,000 short lines: {(time.perf_counter() - start) * 1e3:.0f} ms")
    assert text(panel).count("\n") <= LINES
    assert panel.payload.note.text() == "Showing the first 8,000 of 32,000 bytes."
    for _ in range(2):
        panel.payload.more.click()
    assert text(panel).count("\n") == 16_000
    assert not panel.payload.more.isVisible()


async def test_a_turned_page_is_not_turned_back(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"the first message\n" * 5_000))
    panel.show_topic(b"a")
    before = len(text(panel))
    panel.payload.more.click()
    turned = len(text(panel))
    assert turned > before
    feed(connection.store, frame("a", b"second"))
    tick(clock, panel)
    assert panel.pinned
    assert len(text(panel)) == turned
    panel.tabs.setCurrentIndex(HEX)
    panel.tabs.setCurrentIndex(PAYLOAD)
    assert len(text(panel)) == turned


async def test_an_evicted_row_takes_its_mark_along_and_nothing_else(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    store = connection.store
    for n in range(5):
        feed(store, frame("a", b"m%d" % n), mono_ns=n * 11_000_000_000)
    panel.show_topic(b"a")
    history = panel.history
    history.view.selectRow(4)
    assert text(panel) == "m0"
    store.evict_history()
    tick(clock, panel)
    assert history.model.rowCount() == 4
    assert panel.pinned
    assert text(panel) == "m0"
    assert not history.view.selectionModel().hasSelection()


async def test_there_is_no_history_where_nothing_was_received(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a/b", b"1"))
    panel.show_topic(b"a")
    assert not panel.history.isVisible()
    feed(connection.store, frame("a", b"2"))
    tick(clock, panel)
    assert panel.history.isVisible()


async def test_copy_by_keyboard(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"old"), frame("a", bytes(range(64))))
    panel.show_topic(b"a")
    control = Qt.KeyboardModifier.ControlModifier
    panel.history.view.selectRow(1)
    panel.history.view.setFocus()
    qtbot.keyClick(panel.history.view, Qt.Key.Key_C, control)
    assert QGuiApplication.clipboard().text() == "old"
    panel.go_live()
    panel.tabs.setCurrentIndex(HEX)
    rows = HexRows(bytes(range(64)), panel.hex.model().width)
    panel.hex.setFocus()
    panel.hex.selectAll()
    qtbot.keyClick(panel.hex, Qt.Key.Key_C, control)
    expected = "".join(rows.line(n) + "\n" for n in range(len(rows)))
    assert QGuiApplication.clipboard().text() == expected


async def test_copied_bytes_are_bounded(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"\x00" * (4 << 20)))
    panel.tabs.setCurrentIndex(HEX)
    panel.show_topic(b"a")
    panel.hex.selectAll()
    panel.hex.copy()
    assert QGuiApplication.clipboard().text().count("\n") == (1 << 20) // panel.hex.model().width
    assert "save the payload" in panel._done.text.text()


async def test_levels_too_deep_for_the_tree_are_one_level(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    topic = b"/".join(b"%d" % n for n in range(260))
    feed(connection.store, frame(topic, b"1"))
    panel.show_topic(topic)
    wanted = []
    panel.topic_selected.connect(wanted.append)
    for button, _, _ in panel.breadcrumb._parts:
        button.click()
    assert len(wanted) == 12
    assert wanted[-1] == topic
    assert all(connection.store.find(each) is not None for each in wanted)


async def test_levels_without_a_topic_cannot_be_clicked(clock, panel, connection):
    panel.set_connection(connection)
    panel.show_topic(b"not/yet")
    assert [button.isEnabled() for button, _, _ in panel.breadcrumb._parts] == [False, False]
    feed(connection.store, frame("not/yet", b"1"))
    tick(clock, panel)
    assert [button.isEnabled() for button, _, _ in panel.breadcrumb._parts] == [True, True]


async def test_an_existing_file_is_replaced_only_when_asked(clock, panel, connection, tmp_path):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"new"))
    panel.show_topic(b"a")
    target = tmp_path / "there.txt"
    target.write_bytes(b"old")
    target.chmod(0o640)
    panel.save_button.click()
    dialog = panel.findChild(QFileDialog)
    assert dialog.testOption(QFileDialog.Option.DontConfirmOverwrite)
    dialog.fileSelected.emit(str(target))
    dialog.close()
    question = panel.findChild(QMessageBox)
    assert question.isVisible()
    assert question.text() == "there.txt is there already."
    assert target.read_bytes() == b"old"
    next(each for each in question.buttons() if each.text() == "Replace").click()
    await until(lambda: target.read_bytes() == b"new")
    await until(lambda: panel._done.isVisible())
    assert target.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["there.txt"]


async def test_a_save_that_breaks_off_leaves_the_old_file(clock, panel, connection, tmp_path, monkeypatch):
    target = tmp_path / "there.txt"
    target.write_bytes(b"old")

    def full(_source, _target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export.os, "replace", full)
    feed(connection.store, frame("a", b"new"))
    message = connection.store.last_message(connection.store.find(b"a"))
    with pytest.raises(export.SaveError, match="No space left"):
        await export.save_payload(message, str(target))
    assert target.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["there.txt"]


def property_block(identifier, *fields):
    return b"".join(bytes([identifier]) + field for field in fields)


def sized(data):
    return len(data).to_bytes(2, "big") + data


async def test_properties_are_shown_whole_and_stay_when_marked(clock, panel, connection):
    panel.set_connection(connection)
    data, user = bytes(range(256)) * 200, b"v" * 60_000
    block = property_block(0x09, sized(data)) + property_block(0x26, sized(b"who") + sized(user))
    feed(connection.store, (0, b"a", block, b"1", 1))
    panel.tabs.setCurrentIndex(PROPERTIES)
    panel.show_topic(b"a")
    view = panel.properties
    assert view.more.isVisible()
    while view.more.isVisible():
        view.more.click()
    assert panel.pinned
    shown = "".join(line[26:] for line in view.text.toPlainText().split("\n"))
    assert shown == data.hex(" ") + "who = " + user.decode()
    panel.go_live()
    view.text.selectAll()
    feed(connection.store, frame("a", b"2"))
    tick(clock, panel)
    assert panel.pinned
    assert view.text.textCursor().hasSelection()


async def test_markup_from_the_wire_is_plain_text(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"<b>bold</b><img src=/etc/passwd>"))
    panel.show_topic(b"a")
    assert text(panel) == "<b>bold</b><img src=/etc/passwd>"


async def test_a_cut_payload_says_so_first(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"\x00" * (1 << 20), size=64 << 20))
    panel.show_topic(b"a")
    assert panel.warning.isVisible()
    assert panel.warning.strong.text() == "Kept 1 MiB of 64 MiB"
    feed(connection.store, frame("a", b"whole"))
    tick(clock, panel)
    assert not panel.warning.isVisible()


async def test_an_evicted_payload_says_so(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"x" * 100))
    node = connection.store.find(b"a")
    node.payload_evicted = True
    node.frame = (0, b"a", b"", b"", 100)
    panel.show_topic(b"a")
    assert panel.empty.title.text() == "Payload evicted"
    assert "100 bytes" in panel.empty.text.text()
    assert not panel.copy_button.isVisible()


async def test_designed_empty_states(clock, panel, connection):
    assert panel.empty.title.text() == "Not connected"
    panel.set_connection(connection)
    assert panel.empty.title.text() == "No topic selected"
    feed(connection.store, frame("a/b", b"1"), frame("e", b""))
    connection.store.take_changes()
    panel.show_topic(b"a")
    assert panel.empty.title.text() == "Nothing received on this topic"
    assert panel.empty.text.text() == "Below it: 1 topic · 1 message."
    panel.show_topic(b"e")
    assert panel.empty.title.text() == "Empty payload"
    panel.show_topic(b"later")
    assert panel.empty.text.text() == "Its first message appears here."
    feed(connection.store, frame("later", b"now"))
    tick(clock, panel)
    assert text(panel) == "now"


async def test_copy_is_exact_or_says_why_not(clock, panel, connection):
    panel.set_connection(connection)
    exact = '{"a":  1.50}\r\n\tü'
    feed(connection.store, frame("t", exact.encode()), frame("b", b"ok\xff"), frame("p", b"part", size=99))
    panel.show_topic(b"t")
    panel.copy_button.click()
    assert QGuiApplication.clipboard().text() == exact
    panel.show_topic(b"b")
    panel.copy_button.click()
    assert QGuiApplication.clipboard().text() == "6f 6b ff"
    assert "Not UTF-8 text (byte 2)" in panel._done.text.text()
    panel.show_topic(b"p")
    panel.copy_button.click()
    assert "the part kept of 99 B" in panel._done.text.text()


async def test_save_is_byte_exact_and_a_failure_is_named(clock, panel, connection, tmp_path):
    panel.set_connection(connection)
    payload = bytes(range(256)) * 41
    feed(connection.store, frame("a/odd:name", payload))
    panel.show_topic(b"a/odd:name")
    panel.save_button.click()
    dialog = panel.findChild(QFileDialog)
    assert dialog is not None
    assert dialog.selectedFiles()[0].endswith("odd_name.bin")
    target = tmp_path / "out.bin"
    dialog.fileSelected.emit(str(target))
    dialog.close()
    await until(lambda: panel._done.isVisible())
    assert target.read_bytes() == payload
    assert panel._done.text.text().startswith("Saved 10,496 bytes to")
    panel.save_to(panel.message, str(tmp_path / "no" / "such" / "folder"))
    await until(lambda: panel._done.strong.text() == "Not saved")
    assert "No such file or directory" in panel._done.text.text()


async def test_the_hex_tab_reaches_every_byte(clock, panel, connection):
    panel.set_connection(connection)
    payload = bytes(n % 251 for n in range(16_000_000))
    feed(connection.store, frame("big", payload))
    panel.tabs.setCurrentIndex(HEX)
    start = time.perf_counter()
    panel.show_topic(b"big")
    panel.hex.viewport().repaint()
    print(f"16 MB of bytes: Hex in {(time.perf_counter() - start) * 1e3:.0f} ms")
    model = panel.hex.model()
    last = model.rowCount() - 1
    width = len(model.index(0, 2).data())
    assert bytes.fromhex(model.index(last, 1).data()) == payload[last * width :]
    panel.hex.scrollToBottom()
    assert panel.hex.rowAt(panel.hex.viewport().height() - 2) == last


async def test_the_format_can_be_chosen(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b'{"v":1}'))
    panel.show_topic(b"a")
    panel.chips.format.click()
    menu = next(each for each in panel.chips.findChildren(QMenu) if each.isVisible())
    assert [action.text() for action in menu.actions()] == ["Automatic (JSON)", "JSON", "Text", "Hex"]
    menu.actions()[2].trigger()
    menu.close()
    assert text(panel) == '{"v":1}'
    assert panel.chips.format.text() == "Text, chosen ▾"


async def test_pause_freezes(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"1"))
    panel.show_topic(b"a")
    panel.set_paused(True)
    feed(connection.store, frame("a", b"2"))
    tick(clock, panel)
    assert text(panel) == "1"
    assert panel.history.model.rowCount() == 1
    panel.set_paused(False)
    tick(clock, panel)
    assert text(panel) == "2"
    assert panel.history.model.rowCount() == 2


async def test_the_topic_is_kept_per_connection(clock, panel, make_connection):
    one, two = make_connection(), make_connection()
    feed(one.store, frame("a", b"one"))
    panel.set_connection(one)
    panel.show_topic(b"a")
    panel.set_connection(two)
    assert panel.message is None
    panel.set_connection(one)
    assert text(panel) == "one"


async def test_properties_of_a_real_message(clock, panel, make_connection, broker):
    connection = make_connection(broker.port, subscriptions=[Subscription(TopicFilter("message-panel/#"))])
    panel.set_connection(connection)
    panel.show_topic(b"message-panel/x")
    connection.open()
    clock.start()
    await until(lambda: connection.subscriptions.rows[0].state == "granted")
    properties = PublishProperties(
        content_type="text/plain", correlation_data=b"\x01\x02", user=(("who", "me"), ("who", "you"))
    )
    await connection.publish(PublishRequest("message-panel/x", b"hello", qos=1, properties=properties))
    await until(lambda: text(panel) == "hello")
    panel.tabs.setCurrentIndex(PROPERTIES)
    shown = panel.properties.text.toPlainText()
    assert "Content type              text/plain" in shown
    assert "Correlation data          01 02" in shown
    assert "who = me" in shown
    assert "who = you" in shown
    panel.tabs.setCurrentIndex(PAYLOAD)
    panel.set_connection(None)
    clock.stop()
    await connection.close()


async def until(condition, timeout_s=5.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.01)


async def test_a_low_panel_shows_the_payload_rather_than_its_history(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"21.7"))
    panel.show_topic(b"a")
    tick(clock, panel)
    assert panel.history.isVisible()
    panel.resize(420, 170)
    assert not panel.history.isVisible()
    await until(lambda: panel.stack.height() >= 40)
    panel.resize(420, 600)
    assert panel.history.isVisible()
