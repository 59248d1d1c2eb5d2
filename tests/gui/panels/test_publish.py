# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QMenu

from mqtt_explorer.models.held_model import PAYLOAD, STATE, TIME, TOPIC
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.panels.publish import PublishPanel
from mqtt_explorer.panels.publish.draft import Format, plain_text
from mqtt_explorer.panels.publish.sending import Sending, tell
from mqtt_explorer.protocol.requests import PublishRequest, Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.widgets.buttons import IconButton
from mqtt_explorer.widgets.theme import install
from mqtt_explorer.widgets.title_bar import TitleBar
from tests.support.scripted_peer import ScriptedPeer


@pytest.fixture
def panel(qtbot):
    made = PublishPanel()
    qtbot.addWidget(made, before_close_func=lambda panel: panel.set_connection(None))
    made.resize(356, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
async def connect(make_connection):
    """Opens connections; `connect(broker.port, filter)` returns when it is up and subscribed."""
    opened = []

    async def connect(port, filter_text=None):
        wanted = [Subscription(TopicFilter(filter_text), 2)] if filter_text else []
        connection = make_connection(port, subscriptions=wanted)
        opened.append(connection)
        connection.open()
        await until(lambda: connection.state.state == "connected")
        await until(lambda: all(row.state == "granted" for row in connection.subscriptions.rows))
        return connection

    yield connect
    for each in opened:
        await each.close()


def write(panel, topic, text, form=Format.TEXT, qos=0, retain=False):
    panel.form.topic.setText(topic)
    panel.form.format.set_index(form)
    panel.form.editor.setPlainText(text)
    panel.form.qos.set_index(qos)
    panel.form.retain.setChecked(retain)
    panel.check()


async def sent(panel):
    await until(lambda: panel._draft.sending is not None and not panel._draft.sending.under_way)
    return panel.form.outcome.text(), panel.form.outcome_details.text().replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("qos", "strong", "parts"),
    [
        (0, "Sent", ("QoS 0 is not acknowledged", " ms", "at ")),
        (1, "Success", ("PUBACK 0x00", "packet id ", " ms", "at ")),
        (2, "Success", ("PUBCOMP 0x00", "packet id ", " ms", "at ")),
    ],
)
async def test_what_is_written_arrives_byte_for_byte(panel, connect, broker, qos, strong, parts):
    topic = f"publish-panel/exact/{qos}"
    connection = await connect(broker.port, topic)
    panel.set_connection(connection)
    text = "no-break\u00a0space, tab\t, line\nend, ä, \u2028"
    write(panel, topic, text, qos=qos)
    panel.publish()
    told, details = await sent(panel)
    assert told == strong
    for part in parts:
        assert part in details
    assert panel.form.dot._color == "ok"
    await until(lambda: connection.store.find(topic.encode()) is not None)
    assert connection.store.find(topic.encode()).frame[3] == text.encode()


async def test_hex_is_sent_as_bytes(panel, connect, broker):
    connection = await connect(broker.port, "publish-panel/hex")
    panel.set_connection(connection)
    write(panel, "publish-panel/hex", "00 ff\n80 0a", Format.HEX)
    assert panel.form.size_label.text() == "4 B"
    panel.publish()
    await sent(panel)
    await until(lambda: connection.store.find(b"publish-panel/hex") is not None)
    assert connection.store.find(b"publish-panel/hex").frame[3] == b"\x00\xff\x80\x0a"


async def test_nobody_subscribes(panel, connect, broker):
    panel.set_connection(await connect(broker.port))
    write(panel, "publish-panel/nobody", "1", qos=1)
    panel.publish()
    told, details = await sent(panel)
    assert told == "No matching subscribers"
    assert "PUBACK 0x10" in details


async def test_control_enter_publishes_from_the_editor(panel, connect, broker, qtbot):
    connection = await connect(broker.port, "publish-panel/keys")
    panel.set_connection(connection)
    write(panel, "publish-panel/keys", "x")
    panel.form.editor.setFocus()
    qtbot.keyClick(panel.form.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert (await sent(panel))[0] == "Sent"
    assert panel.form.editor.text() == "x"


async def test_broken_json_is_told_and_can_be_sent_as_it_is(panel, connect, broker, qtbot):
    connection = await connect(broker.port, "publish-panel/json")
    panel.set_connection(connection)
    broken = '{\n  "a": 1\n  "b": 2\n}'
    write(panel, "publish-panel/json", broken, Format.JSON)
    assert panel.form.hint.isVisible()
    assert panel.form.hint.strong.text() == "Line 3:"
    assert not panel.form.send.isVisible()
    panel.publish()  # Ctrl+Enter goes to the place instead
    assert panel._draft.sending is None
    assert panel.form.editor.textCursor().blockNumber() == 2
    qtbot.mouseClick(panel.form.as_it_is, Qt.MouseButton.LeftButton)
    assert (await sent(panel))[0] == "Sent"
    await until(lambda: connection.store.find(b"publish-panel/json") is not None)
    assert connection.store.find(b"publish-panel/json").frame[3] == broken.encode()
    panel.form.editor.setPlainText('{"a": 1}')
    await until(lambda: panel.form.send.isVisible())
    assert not panel.form.hint.isVisible()


async def test_errors_stand_at_their_field_and_go_with_the_next_key(panel, connect, broker):
    panel.set_connection(await connect(broker.port))
    for topic, part in (("", "Enter a topic"), ("a/+/b", "wildcard"), ("a/\0", "NUL")):
        write(panel, topic, "1")
        panel.publish()
        assert part in panel.form.topic_field.error
        assert panel._draft.sending is None
        panel.form.topic.setText("fine")
        assert panel.form.topic_field.error == ""
    write(panel, "fine", "0g", Format.HEX)
    panel.publish()
    assert panel.form.hint.isVisible()
    assert "hex digit" in panel.form.hint.text.text()
    assert panel._draft.sending is None


async def test_limits_of_the_broker_are_told_in_words(panel, connect, broker_factory):
    broker = broker_factory(
        ["retain_available false", "max_packet_size 2000"],
        listeners={"mqtt": ["allow_anonymous true", "max_qos 1"]},
    )
    panel.form.qos.set_index(2)
    panel.form.retain.setChecked(True)
    panel.set_connection(await connect(broker.port))
    assert panel.form.qos.index == 1
    assert not panel.form.qos._button(2).isEnabled()
    assert not panel.form.retain.isEnabled()
    assert not panel.form.retain.isChecked()
    assert "has no QoS 2; the highest is 1." in panel.form.notes.text()
    assert "keeps no retained messages" in panel.form.notes.text()
    write(panel, "big", "x" * 5_000)
    assert panel.form.size_label.text() == "4.9 KiB of 2 KiB"
    panel.publish()
    assert (await sent(panel))[0] == "Message too large"
    assert panel.form.hint.isVisible()
    assert "2,000 bytes" in panel.form.hint.text.text()
    assert panel.form.editor.text() == "x" * 5_000


async def test_a_refusal_says_why_and_is_logged(panel, connect, broker_factory, tmp_path):
    acl = tmp_path / "acl"
    acl.write_text("topic read #\ntopic write allowed/#\n")
    acl.chmod(0o600)
    broker = broker_factory(listeners={"mqtt": ["allow_anonymous true", f"acl_file {acl}"]})
    connection = await connect(broker.port)
    panel.set_connection(connection)
    write(panel, "secret/x", "1", qos=1)
    panel.publish()
    told, details = await sent(panel)
    assert told == "Refused"
    assert "may not publish to this topic" in details
    assert "PUBACK 0x87" in details
    assert panel.form.dot._color == "error"
    last = connection.log.entries[-1]
    assert (last.kind, last.title) == ("refusal", "Message not published")
    assert last.text.startswith("secret/x: ")


async def test_the_retain_caption_speaks_of_what_will_happen(panel, connect, broker):
    panel.set_connection(await connect(broker.port))
    write(panel, "publish-panel/retained", "21", retain=True)
    assert "hands it to everyone who subscribes later" in panel.form.notes.text()
    write(panel, "publish-panel/retained", "", retain=True)
    assert panel.form.notes.text().startswith("Clears the retained message of this topic")
    write(panel, "publish-panel/retained", "")
    assert not panel.form.notes.isVisible()


async def test_without_a_connection_nothing_is_lost(panel, make_connection):
    assert "Not connected" in panel.form.notes.text()
    assert not panel.form.send.isEnabled()
    assert panel.form.topic.isEnabled()
    write(panel, "kept", "draft")
    panel.publish()
    one, two = make_connection(), make_connection()
    panel.set_connection(one)
    assert (panel.form.topic.text(), panel.form.editor.text()) == ("kept", "draft")
    assert "is held here until you send it" in panel.form.notes.text()
    panel.set_connection(two)
    assert panel.form.topic.text() == ""
    write(panel, "second", "2", Format.HEX, qos=2, retain=True)
    panel.set_connection(one)
    assert (panel.form.topic.text(), panel.form.editor.text()) == ("kept", "draft")
    assert panel.form.qos.index == 0
    panel.set_connection(two)
    assert (panel.form.topic.text(), panel.form.editor.text()) == ("second", "2")
    assert (panel.form.qos.index, panel.form.retain.isChecked()) == (2, True)
    assert panel.form.format.index == Format.HEX


async def test_waiting_counts_seconds_and_a_switch_does_not_lose_the_answer(
    panel, connect, make_connection, broker_factory
):
    broker = broker_factory()
    connection = await connect(broker.port, "slow/#")
    panel.set_connection(connection)
    write(panel, "slow/x", "1", qos=1)
    broker.pause()
    panel.publish()
    await until(lambda: panel.form.outcome.text() == "Waiting 1 s")
    assert panel.form.outcome_details.text() == "for PUBACK"
    panel.set_connection(make_connection())
    assert not panel.form.result.isVisible()
    broker.resume()
    await until(lambda: connection.store.find(b"slow/x") is not None)
    await asyncio.sleep(0.05)
    assert not panel.form.result.isVisible()
    panel.set_connection(connection)
    assert panel.form.outcome.text() == "Success"


async def test_a_lost_connection_is_told_and_the_message_is_sent_again(panel, connect, broker_factory):
    broker = broker_factory()
    connection = await connect(broker.port, "again/#")
    panel.set_connection(connection)
    write(panel, "again/x", "1", qos=1)
    broker.pause()
    panel.publish()
    await asyncio.sleep(0.05)
    broker.kill()
    await until(lambda: panel.form.outcome.text() == "Lost connection")
    assert "will be sent again" in panel.form.outcome_details.text()
    assert panel.form.send.text() == "Hold"
    broker.start()
    connection.retry_now()
    await until(lambda: panel.form.outcome.text() in ("Success", "No matching subscribers"), 10)
    assert panel.form.send.text() == "Publish"


@pytest.mark.parametrize(
    ("state", "when"),
    [
        (LinkState.WAITING, "when that is back"),
        (LinkState.CONNECTING, "when that is back"),
        (LinkState.FAILED, "as soon as you connect"),  # nothing is tried by itself
        (LinkState.DISCONNECTED, "as soon as you connect"),
    ],
)
def test_a_message_without_its_connection_says_what_it_waits_for(state, when):
    sending = Sending(PublishRequest("a", b"", 1), v5=True, down=state)
    told = tell(sending)
    assert (told.tone, told.strong) == ("warn", "Lost connection")
    assert "waits for the connection; it will be sent again" in told.details
    assert when in told.details
    at_once = Sending(PublishRequest("a", b"", 0), v5=True, down=state)
    assert tell(at_once).strong == "Waiting"  # QoS 0 is never sent again


async def test_a_message_that_was_sent_again_waits_for_its_answer_again(panel, connect):
    heard = []

    def script(sock):
        sock.recv(65_536)
        sock.sendall(b"\x20\x03\x00\x00\x00")
        while packet := sock.recv(65_536):
            if packet[0] & 0xF0 == 0x80:
                sock.sendall(b"\x90\x04" + packet[2:4] + b"\x00\x00")
            elif packet[0] & 0xF0 == 0x30:
                heard.append(packet)
                if len(heard) == 1:
                    return  # gone without an answer

    with ScriptedPeer(script) as peer:
        connection = await connect(peer.port)
        panel.set_connection(connection)
        write(panel, "again", "1", qos=1)
        panel.publish()
        await until(lambda: panel.form.outcome.text() == "Lost connection")
        connection.retry_now()
        await until(lambda: len(heard) == 2)
        await until(lambda: panel.form.outcome.text().startswith("Waiting"))
        assert panel.form.outcome_details.text() == "for PUBACK"
        await connection.disconnect()
        await until(lambda: not panel._draft.sending.under_way)


async def test_the_panel_may_go_while_a_message_is_under_way(connect, broker_factory, qapp):
    broker = broker_factory()
    connection = await connect(broker.port)
    panel = PublishPanel()
    panel.set_connection(connection)
    write(panel, "gone/x", "1", qos=1)
    broker.pause()
    panel.publish()
    sending = panel._draft.sending
    await asyncio.sleep(0.05)
    panel._disconnect()
    panel.held.set_connection(None)
    panel.deleteLater()
    await asyncio.sleep(0.05)
    broker.resume()
    await until(lambda: not sending.under_way)
    assert sending.result is not None


async def test_publish_here_takes_the_topic_and_keeps_the_rest(panel):
    write(panel, "old", "payload", qos=1)
    panel.set_topic("greenhouse/valve")
    assert panel.form.topic.text() == "greenhouse/valve"
    assert panel.form.editor.text() == "payload"
    await until(panel.form.editor.hasFocus)
    panel.form.topic.setText("copied/with/line/end\r\n")
    assert panel.form.topic.text() == "copied/with/line/end"


async def test_the_title_bar_empties_the_draft_and_undo_brings_the_payload_back(panel, qtbot):
    bar = TitleBar(panel.panel_title, None)
    qtbot.addWidget(bar)
    panel.fill_title_bar(bar)
    write(panel, "t", "payload", retain=True)
    bar.findChildren(IconButton)[-1].click()
    assert (panel.form.topic.text(), panel.form.editor.text()) == ("", "")
    assert not panel.form.retain.isChecked()
    panel.form.editor.undo()
    assert panel.form.editor.text() == "payload"


async def test_changing_the_format_keeps_the_bytes(panel):
    write(panel, "t", "21 °C")
    panel.form.format.set_index(Format.HEX)
    assert panel.form.editor.text() == "32 31 20 c2 b0 43"
    panel.form.format.set_index(Format.JSON)
    assert panel.form.editor.text() == "21 °C"
    panel.form.format.set_index(Format.HEX)
    panel.form.editor.setPlainText("ff 00")
    panel.form.format.set_index(Format.TEXT)
    assert panel.form.format.index == Format.HEX
    assert panel.form.editor.text() == "ff 00"
    assert "stay as hex" in panel.form.hint.text.text()


async def test_text_is_offered_only_where_the_editor_keeps_it(panel):
    for text in ("a\u00a0b", "tab\tand\nline", "\u2028", "\U0001f600"):
        assert plain_text(text.encode()) == text
        panel.form.editor.setPlainText(text)
        assert panel.form.editor.text() == text
    assert plain_text(b"a\r\nb") is None


async def test_what_a_broker_adds_never_widens_the_panel(panel, connect, broker):
    panel.set_connection(await connect(broker.port))
    before = panel.minimumSizeHint().width()
    write(panel, "x", "1")
    panel.form.outcome_details.setText("x" * 5_000)
    panel.form.notes.setText("y" * 5_000)
    panel.form.topic_field.set_error("z" * 5_000)
    assert panel.minimumSizeHint().width() <= max(before, 356)


def test_a_message_that_waits_for_its_answer_when_the_connection_stalls():
    sending = Sending(PublishRequest("a", b"", 2), v5=True, started_s=time.monotonic() - 3.2)
    assert tell(sending)[1:] == ("Waiting 3 s", "for PUBCOMP")


def coloured(panel):
    return any(
        panel.form.editor.document().findBlockByNumber(n).layout().formats()
        for n in range(panel.form.editor.document().blockCount())
    )


async def test_a_long_text_has_no_colours_and_a_short_one_gets_them_back(panel):
    write(panel, "a", '{"a": 1}\n' * 10_000, Format.JSON)
    assert not coloured(panel)
    panel.form.editor.replace_text('{"a": 1}')
    assert coloured(panel)


async def test_it_can_be_made_narrow(panel):
    panel.resize(256, 300)
    assert panel.width() == 256
    panel.form.layout().activate()
    write(panel, "a", "{", Format.JSON)
    for widget in (panel.form.retain, panel.form.as_it_is, panel.form.format, panel.form.qos):
        assert widget.isVisible()
        assert widget.geometry().right() < 256
        assert widget.width() >= widget.minimumSizeHint().width()


async def until(condition, timeout_s=5.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.01)


async def test_what_is_written_offline_is_held_until_the_user_sends_it(panel, connect, broker_factory):
    broker = broker_factory()
    connection = await connect(broker.port, "held/#")
    panel.set_connection(connection)
    assert panel.held.isHidden()
    await connection.disconnect()
    for number in (1, 2):
        write(panel, f"held/{number}", f"{number}", qos=1)
        assert panel.form.send.text() == "Hold"
        panel.form.send.click()
    assert "2 messages held." in panel.held.strip.accessibleName()
    assert [item.request.topic for item in connection.held.items] == ["held/1", "held/2"]
    assert not panel.held.send.isEnabled()
    connection.open()
    await until(lambda: connection.state.state == "connected")
    await until(panel.held.send.isEnabled)
    await asyncio.sleep(0.2)
    assert connection.store.find(b"held/1") is None  # not by itself
    panel.held.send.click()
    await until(panel.held.isHidden)
    await until(lambda: connection.store.find(b"held/2") is not None)
    assert connection.store.find(b"held/1").count == 1


async def test_some_of_the_held_are_discarded_and_taken_back(panel, make_connection):
    connection = make_connection()
    panel.set_connection(connection)
    for topic in ("a", "b", "c"):
        write(panel, topic, "1")
        panel.publish()
    held = panel.held
    before = connection.held.items
    held.show_list.click()
    assert held.list.isVisible()
    held.list.selectRow(1)
    assert held.discard.text() == "Discard 1"
    held.discard.click()
    assert [item.request.topic for item in connection.held.items] == ["a", "c"]
    held.undo.click()
    assert connection.held.items == before, "in their places, with their times"
    held.list.clearSelection()
    held.discard.click()
    assert len(connection.held) == 0
    assert held.isVisible()  # Undo is still there
    held.undo.click()
    assert connection.held.items == before
    assert "3 messages held." in held.strip.accessibleName()
    held.discard.click()
    held.undo.click()


async def test_the_focus_stays_with_what_can_be_done_next(panel, make_connection, qtbot):
    connection = make_connection()
    panel.set_connection(connection)
    write(panel, "a", "1")
    panel.publish()
    held = panel.held
    held.discard.setFocus()
    qtbot.keyClick(held.discard, Qt.Key.Key_Space)
    assert panel.window().focusWidget() is held.undo
    qtbot.keyClick(held.undo, Qt.Key.Key_Space)
    assert panel.window().focusWidget() is held.show_list
    held.discard.setFocus()
    qtbot.keyClick(held.discard, Qt.Key.Key_Space)
    held._forget_discarded()  # its time is over
    assert held.isHidden()
    assert panel.window().focusWidget() is panel.form.topic


async def test_a_held_message_has_a_menu(panel, make_connection, qtbot):
    connection = make_connection()
    panel.set_connection(connection)
    for topic in ("a", "b"):
        write(panel, topic, "1")
        panel.publish()
    held = panel.held
    held.show_list.click()
    held.list.selectRow(1)
    held.list.setCurrentIndex(held.model.index(1, 0))
    place = held.list.visualRect(held.model.index(1, TOPIC)).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, held.list.mapToGlobal(place))
    held.list.contextMenuEvent(event)
    menu = held.findChild(QMenu)
    send, discard, _, copy = menu.actions()
    assert (send.isEnabled(), discard.text(), copy.text()) == (False, "Discard", "Copy topic")
    copy.trigger()
    assert QGuiApplication.clipboard().text() == "b"
    discard.trigger()
    menu.close()
    assert [item.request.topic for item in connection.held.items] == ["a"]


async def test_broken_json_without_a_connection_is_held_as_it_is(panel, make_connection):
    connection = make_connection()
    panel.set_connection(connection)
    write(panel, "a", "{", Format.JSON)
    assert panel.form.as_it_is.text() == "Hold as it is"
    assert "Keep the text" in panel.form.as_it_is.toolTip()
    panel.form.as_it_is.click()
    assert [item.request.payload for item in connection.held.items] == [b"{"]


async def test_qos_and_retain_are_explained_in_plain_words(panel, connect, broker):
    panel.set_connection(await connect(broker.port))
    assert "not confirmed" in panel.form.qos.toolTip()
    assert "subscribes later" in panel.form.retain.toolTip()


async def test_held_messages_stay_with_their_broker(panel, make_connection):
    one, two = make_connection(), make_connection()
    panel.set_connection(one)
    write(panel, "only/one", "1")
    panel.publish()
    panel.set_connection(two)
    assert panel.held.isHidden()
    assert (len(one.held), len(two.held)) == (1, 0)
    panel.set_connection(one)
    assert panel.held.isVisible()


async def test_a_message_that_cannot_be_held_is_told_at_its_field(panel, make_connection):
    connection = make_connection()
    panel.set_connection(connection)
    write(panel, "a/#", "1")
    panel.publish()
    assert "wildcard" in panel.form.topic_field.error
    assert len(connection.held) == 0


@pytest.mark.parametrize("width", [232, 256, 320, 420, 640])  # a dock of 256 leaves 232
async def test_the_held_messages_fit_a_narrow_dock(panel, make_connection, qapp, width):
    install(qapp, "dark")  # paddings and fonts count here
    connection = make_connection()
    panel.set_connection(connection)
    for number in range(30):
        write(panel, f"greenhouse/north/valve/{number}/set", "1", retain=True)
        panel.publish()
    panel.setMinimumWidth(0)
    held = panel.held
    held.show_list.click()
    panel.resize(width, 700)
    held.list.selectRow(3)
    held.discard.click()  # now Undo stands there too
    await asyncio.sleep(0.05)
    assert held.width() == width
    strip, end = held.strip, 0
    assert held.show_list.isVisible() is (width >= 290)
    buttons = [held.show_list] if held.show_list.isVisible() else []
    buttons += [held.undo, held.discard, held.send]
    assert all(button.isVisible() for button in buttons)
    for button in buttons:
        left = button.mapTo(strip, QPoint()).x()
        assert left >= end
        assert button.width() >= button.sizeHint().width(), "cut"
        end = left + button.width()
    assert end <= strip.width()
    assert strip.text.height() >= strip.text.heightForWidth(strip.text.width())
    assert held.list.horizontalScrollBar().maximum() == 0
    assert not held.list.isColumnHidden(TOPIC)
    assert not held.list.isColumnHidden(STATE)
    assert held.list.isColumnHidden(TIME) is (width < 560)
    assert held.list.isColumnHidden(PAYLOAD) is (width < 400)
    for column in (TIME, STATE):
        if not held.list.isColumnHidden(column):
            index = held.model.index(0, column)
            assert not held.list.row_delegate.is_cut(index, held.list.columnWidth(column))
    assert strip.text.height() < 2 * strip.text.fontMetrics().lineSpacing(), "one line"


async def test_an_undo_that_finds_no_room_keeps_the_rest(panel, make_connection, monkeypatch):
    connection = make_connection()
    panel.set_connection(connection)
    for topic in ("a", "b", "c"):
        write(panel, topic, "1")
        panel.publish()
    held = panel.held
    held.discard.click()
    monkeypatch.setattr("mqtt_explorer.network.offline.MOST_MESSAGES", 1)
    held.undo.click()
    assert [item.request.topic for item in connection.held.items] == ["a"]
    assert "held already" in held.strip.text.text()
    assert held.undo.isVisible()
    monkeypatch.undo()
    held.undo.click()
    assert [item.request.topic for item in connection.held.items] == ["a", "b", "c"]
