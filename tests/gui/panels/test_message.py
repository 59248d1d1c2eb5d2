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
from mqtt_explorer.panels.message.document_view import PRETTY, TREE
from mqtt_explorer.panels.message.tabs import DIFF, HEX, PAYLOAD, PROPERTIES, RAW
from mqtt_explorer.payload.registry import lines_of
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
    """All lines of the document in front, as they are shown where it is no tree."""
    document = panel.tabs.document.document
    if document is None:
        return ""
    lines = lines_of(document)
    return "\n".join(lines.text(number) for number in range(len(lines)))


def tick(clock, panel):
    panel._not_before = 0.0
    clock.tick.emit()


async def test_it_follows_the_newest_message(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a/b", b'{"v":1.50}', flags=3))
    panel.show_topic(b"a/b")
    assert text(panel) == '{\n  "v": 1.50\n}'
    chips = panel.head.chips
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
    panel.tabs.document.text.select_all()
    feed(connection.store, frame("a", b"second"))
    tick(clock, panel)
    assert text(panel) == "first"
    assert panel.tabs.document.text.selected_text() == "first"
    assert panel.history.live.isVisible()


async def test_the_breadcrumb_leads_up(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    feed(connection.store, frame("a//b&<b>c</b>", b"1"))
    panel.show_topic(b"a//b&<b>c</b>")
    buttons = [button for button, _, _ in panel.head.breadcrumb._parts]
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
    assert 1 <= len(panel.head.breadcrumb._parts) <= 12


async def test_sixteen_megabytes_show_their_first_page_at_once_and_then_the_whole(clock, panel, connection):
    panel.set_connection(connection)
    rows = [{"id": n, "name": "x" * 50, "v": n / 7} for n in range(170_000)]
    payload = json.dumps(rows).encode()
    assert len(payload) > 15_000_000
    feed(connection.store, frame("big", payload))
    view = panel.tabs.document
    view.mode.set_index(PRETTY)
    start = time.perf_counter()
    panel.show_topic(b"big")
    view.text.viewport().repaint()
    spent_ms = (time.perf_counter() - start) * 1e3
    print(f"16 MB of JSON: first page in {spent_ms:.0f} ms")
    assert spent_ms < 400  # 100 ms on a quiet machine
    assert not view.document.complete
    assert lines_of(view.document).text(2) == '    "id": 0,'
    await until(view.cancel.isVisible, 10)
    await until(lambda: view.document.complete, 60)
    lines = lines_of(view.document)
    assert len(lines) == 5 * len(rows) + 2
    assert lines.text(len(lines) - 3) == f'    "v": {rows[-1]["v"]}'
    assert not view.cancel.isVisible()


async def test_decoding_can_be_cancelled_and_resumed(clock, panel, connection):
    panel.set_connection(connection)
    payload = b"[" + b"1," * 2_000_000 + b"1]"
    feed(connection.store, frame("big", payload))
    view = panel.tabs.document
    panel.show_topic(b"big")
    view.cancel.click()
    assert not view.document.complete
    assert "cancelled" in view.note.text()
    assert view.resume.isVisible()
    view.resume.click()
    await until(lambda: view.document.complete, 60)
    assert not view.note.isVisible()
    assert not view.resume.isVisible()


async def test_an_unbroken_megabyte_is_neither_cut_nor_wrapped(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("line", b"x" * 1_000_000))
    start = time.perf_counter()
    panel.show_topic(b"line")
    panel.tabs.document.text.viewport().repaint()
    spent_ms = (time.perf_counter() - start) * 1e3
    print(f"1 MB on one line: {spent_ms:.0f} ms")
    assert spent_ms < 400
    await until(lambda: panel.tabs.document.document.complete, 30)
    assert lines_of(panel.tabs.document.document).length(0) == 1_000_000


async def test_tree_and_text_of_the_same_payload(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b'{"v": 1.50, "list": [1, 2]}'))
    panel.show_topic(b"a")
    view = panel.tabs.document
    assert view.stack.currentWidget() is view.tree
    assert view.mode.isVisible()
    assert view.tree.model().rowCount() == 4
    view.mode.set_index(PRETTY)
    assert view.stack.currentWidget() is view.text
    assert view.text.lines.text(1) == '  "v": 1.50,'
    view.mode.set_index(TREE)
    panel.tabs.setCurrentIndex(RAW)
    assert not view.mode.isVisible()
    assert panel.tabs.raw.text.lines.text(0) == '{"v": 1.50, "list": [1, 2]}'


async def test_the_diff_follows_and_stands_where_it_is_told(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b'{"v": 1}'), frame("a", b'{"v": 2}'))
    panel.show_topic(b"a")
    panel.tabs.setCurrentIndex(DIFF)
    old, new = panel.history.pair
    assert (old.payload, new.payload) == (b'{"v": 1}', b'{"v": 2}')
    feed(connection.store, frame("a", b'{"v": 3}'))
    tick(clock, panel)
    assert [each.payload for each in panel.history.pair] == [b'{"v": 2}', b'{"v": 3}']
    panel.compare(old, new)
    feed(connection.store, frame("a", b'{"v": 4}'))
    tick(clock, panel)
    assert panel.history.pair == (old, new)
    assert panel.pinned


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
    panel.tabs.hex.setFocus()
    qtbot.keyClick(panel.tabs.hex.area, Qt.Key.Key_A, control)
    qtbot.keyClick(panel.tabs.hex.area, Qt.Key.Key_C, control)
    assert QGuiApplication.clipboard().text() == bytes(range(64)).hex(" ").upper()


async def test_copied_bytes_are_bounded(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"\x00" * (4 << 20)))
    panel.tabs.setCurrentIndex(HEX)
    panel.show_topic(b"a")
    panel.tabs.hex.area.select_all()
    panel.tabs.hex.copy()
    await until(lambda: "save the selection" in panel.head.done.text.text())
    assert len(QGuiApplication.clipboard().text()) == 3 * (1 << 20) - 1


async def test_levels_too_deep_for_the_tree_are_one_level(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    topic = b"/".join(b"%d" % n for n in range(260))
    feed(connection.store, frame(topic, b"1"))
    panel.show_topic(topic)
    wanted = []
    panel.topic_selected.connect(wanted.append)
    for button, _, _ in panel.head.breadcrumb._parts:
        button.click()
    assert len(wanted) == 12
    assert wanted[-1] == topic
    assert all(connection.store.find(each) is not None for each in wanted)


async def test_levels_without_a_topic_cannot_be_clicked(clock, panel, connection):
    panel.set_connection(connection)
    panel.show_topic(b"not/yet")
    assert [button.isEnabled() for button, _, _ in panel.head.breadcrumb._parts] == [False, False]
    feed(connection.store, frame("not/yet", b"1"))
    tick(clock, panel)
    assert [button.isEnabled() for button, _, _ in panel.head.breadcrumb._parts] == [True, True]


async def test_an_existing_file_is_replaced_only_when_asked(clock, panel, connection, tmp_path):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"new"))
    panel.show_topic(b"a")
    target = tmp_path / "there.txt"
    target.write_bytes(b"old")
    target.chmod(0o640)
    panel.head.save_button.click()
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
    await until(lambda: panel.head.done.isVisible())
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


async def test_properties_are_copied_whole_and_stay_when_a_row_is_selected(clock, panel, connection, qtbot):
    panel.set_connection(connection)
    data, user = bytes(range(256)) * 200, b"v" * 60_000
    block = property_block(0x09, sized(data)) + property_block(0x26, sized(b"who") + sized(user))
    feed(connection.store, (0, b"a", block, b"1", 1))
    panel.tabs.setCurrentIndex(PROPERTIES)
    panel.show_topic(b"a")
    view = panel.tabs.properties
    names = [row.name for row in view.model.rows]
    assert not panel.pinned
    view.table.setCurrentIndex(view.model.index(names.index("who"), 0))
    assert panel.pinned
    qtbot.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == user.decode()
    feed(connection.store, frame("a", b"2"))
    tick(clock, panel)
    assert panel.pinned
    assert view.table.selectionModel().hasSelection()
    panel.go_live()
    assert "who" not in [row.name for row in view.model.rows]


async def test_markup_from_the_wire_is_plain_text(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"<b>bold</b><img src=/etc/passwd>"))
    panel.show_topic(b"a")
    assert text(panel) == "<b>bold</b><img src=/etc/passwd>"


async def test_a_cut_payload_says_so_first(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"\x00" * (1 << 20), size=64 << 20))
    panel.show_topic(b"a")
    assert panel.head.warning.isVisible()
    assert panel.head.warning.strong.text() == "Kept 1 MiB of 64 MiB"
    feed(connection.store, frame("a", b"whole"))
    tick(clock, panel)
    assert not panel.head.warning.isVisible()


async def test_an_evicted_payload_says_so(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"x" * 100))
    node = connection.store.find(b"a")
    node.payload_evicted = True
    node.frame = (0, b"a", b"", b"", 100)
    panel.show_topic(b"a")
    assert panel.empty.title.text() == "Payload evicted"
    assert "100 bytes" in panel.empty.text.text()
    assert not panel.head.copy_button.isVisible()


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
    panel.head.copy_button.click()
    assert QGuiApplication.clipboard().text() == exact
    panel.show_topic(b"b")
    panel.head.copy_button.click()
    assert QGuiApplication.clipboard().text() == "6f 6b ff"
    assert "Not UTF-8 text (byte 2)" in panel.head.done.text.text()
    panel.show_topic(b"p")
    panel.head.copy_button.click()
    assert "the part kept of 99 B" in panel.head.done.text.text()


async def test_save_is_byte_exact_and_a_failure_is_named(clock, panel, connection, tmp_path):
    panel.set_connection(connection)
    payload = bytes(range(256)) * 41
    feed(connection.store, frame("a/odd:name", payload))
    panel.show_topic(b"a/odd:name")
    panel.head.save_button.click()
    dialog = panel.findChild(QFileDialog)
    assert dialog is not None
    assert dialog.selectedFiles()[0].endswith("odd_name.bin")
    target = tmp_path / "out.bin"
    dialog.fileSelected.emit(str(target))
    dialog.close()
    await until(lambda: panel.head.done.isVisible())
    assert target.read_bytes() == payload
    assert panel.head.done.text.text().startswith("Saved 10,496 bytes to")
    panel.saving.save_to(panel.message, str(tmp_path / "no" / "such" / "folder"))
    await until(lambda: panel.head.done.strong.text() == "Not saved")
    assert "No such file or directory" in panel.head.done.text.text()


async def test_the_hex_tab_reaches_every_byte(clock, panel, connection):
    panel.set_connection(connection)
    payload = bytes(n % 251 for n in range(16_000_000))
    feed(connection.store, frame("big", payload))
    panel.tabs.setCurrentIndex(HEX)
    start = time.perf_counter()
    panel.show_topic(b"big")
    panel.tabs.hex.area.viewport().repaint()
    print(f"16 MB of bytes: Hex in {(time.perf_counter() - start) * 1e3:.0f} ms")
    area, bar = panel.tabs.hex.area, panel.tabs.hex.area.verticalScrollBar()
    bar.setValue(bar.maximum())
    last = area.lines.at(len(area.lines) - 1)
    assert last.stop == len(payload)
    assert area.viewport().rect().contains(area.rect_of(last.start))


async def test_the_format_can_be_chosen(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b'{"v":1}'))
    panel.show_topic(b"a")
    panel.head.chips.format.click()
    menu = next(each for each in panel.findChildren(QMenu) if each.isVisible())
    assert menu.actions()[0].text().replace("&", "") == "Auto (now: JSON)"
    menu.close()
    panel.formats.choose("text")
    assert text(panel) == '{"v":1}'
    assert panel.head.chips.format.text() == "Text, chosen ▾"


async def test_a_decoder_that_fails_is_not_said_to_be_chosen(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, frame("a", b"hello"))
    panel.show_topic(b"a")
    panel.formats.choose("cbor")
    assert text(panel) == "hello"
    assert panel.head.chips.format.text() == "Text, not CBOR ▾"
    assert panel.tabs.document.note.text().startswith("Not CBOR: ")


async def test_a_decoder_is_remembered_for_topics_and_filters(clock, panel, connection):
    panel.set_connection(connection)
    feed(connection.store, *(frame(topic, b"\x01\x02") for topic in ("p/1/raw", "p/2/raw", "q")))
    panel.show_topic(b"p/1/raw")
    panel.formats.choose("numbers:uint16:be")
    assert connection.marks.decoders.items == (("p/1/raw", "numbers:uint16:be"),)
    panel.formats.remember_for("p/+/raw")
    assert connection.marks.decoders.items == (("p/+/raw", "numbers:uint16:be"),)
    panel.show_topic(b"p/2/raw")
    assert panel.tabs.document.document.format == "numbers"
    assert "remembered" in panel.head.chips.format.text()
    panel.show_topic(b"q")
    assert panel.tabs.document.document.format == "hex"
    panel.show_topic(b"p/2/raw")
    panel.formats.choose("auto")  # against what the filter says, for this topic alone
    assert panel.tabs.document.document.format == "hex"
    panel.show_topic(b"p/1/raw")
    assert panel.tabs.document.document.format == "numbers"
    panel.formats.remember_for(None)
    assert panel.tabs.document.document.format == "hex"


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
    shown = [(row.name, row.value) for row in panel.tabs.properties.model.rows]
    assert ("Content type", "text/plain") in shown
    assert ("Correlation data", "01 02") in shown
    assert shown.index(("who", "me")) + 1 == shown.index(("who", "you"))
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
