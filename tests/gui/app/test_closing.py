# SPDX-License-Identifier: MIT
"""Before a connection or the program closes: what is not acknowledged yet, what is held, and what the user decides."""

from __future__ import annotations

import asyncio
import os
import threading
import time

import pytest
from PySide6.QtCore import Qt

from mqtt_explorer.app import closing
from mqtt_explorer.app.closing import ClosingDialog
from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.export.snapshot_file import SnapshotWriter
from mqtt_explorer.models.unsent_model import BROKER, STATE, TOPIC
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.network.unsent import Unsent, UnsentState
from mqtt_explorer.protocol.requests import PublishRequest
from mqtt_explorer.tasks import create_task
from tests.unit.store.building import batch_on


@pytest.fixture
def own(broker_factory):
    """A broker that may be paused."""
    broker = broker_factory()
    yield broker
    broker.resume()


async def publish_into_silence(program, broker, count=1):
    """Messages the broker does not acknowledge, as it is paused."""
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    connection = program.workspace.shown
    broker.pause()

    async def publish(number):
        try:
            await connection.publish(PublishRequest(f"slow/{number}", b"x", 1))
        except MqttExplorerError:
            pass  # closed before the answer

    for number in range(count):
        create_task(publish(number), name="publish")
    await program.until(lambda: len(connection.unsent()) == count, "the messages")
    return connection


async def question(program):
    await program.until(lambda: dialog_of(program) is not None, "the question")
    return dialog_of(program)


def dialog_of(program):
    return next((each for each in program.window.findChildren(ClosingDialog) if each.isVisible()), None)


async def answered(program):
    await program.until(lambda: dialog_of(program) is None, "the question to go")
    await asyncio.sleep(0.05)


async def closed(program, connection):
    await program.until(lambda: program.workspace.stood == [], "the close")
    await program.until(lambda: connection.state.state is LinkState.DISCONNECTED, "the goodbye")
    await asyncio.sleep(0.05)


def column(dialog, number):
    model = dialog.model
    return [model.index(row, number).data() for row in range(model.rowCount())]


async def test_nothing_left_closes_without_a_question(program, broker):
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    program.window.close()
    assert program.window.closed.is_set()
    await program.preferences.finish()


async def test_what_is_acknowledged_in_time_asks_nothing(program, own):
    connection = await publish_into_silence(program, own)
    program.window.deeds.close(connection)
    await asyncio.sleep(0.05)
    own.resume()
    await closed(program, connection)
    assert dialog_of(program) is None


async def test_a_paused_broker_gets_three_seconds_then_the_user_is_asked(program, own, qtbot):
    connection = await publish_into_silence(program, own, 30)
    begun = time.monotonic()
    qtbot.keyClick(program.window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    dialog = await question(program)
    assert dialog.headline.text() == "Sending 30 messages…"
    assert dialog.busy.isVisible()
    assert dialog.give_up.text() == "Close now"
    assert sorted(set(column(dialog, STATE))) == ["sent, not acknowledged", "waiting"]
    assert dialog.table.isColumnHidden(BROKER)
    await program.until(lambda: not dialog.busy.isVisible(), "the end of patience")
    assert 2.5 < time.monotonic() - begun < 5
    assert dialog.headline.text() == f"30 messages have not reached {connection.title}."
    assert "may have arrived" in dialog.text.text()
    assert "Waiting messages were not sent" in dialog.text.text()
    assert dialog.keep.hasFocus()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    await answered(program)
    assert program.workspace.stood == [connection]
    own.resume()
    await program.until(lambda: not connection.unsent(), "the acknowledgements")


async def test_the_question_goes_by_itself_when_all_is_acknowledged(program, own):
    connection = await publish_into_silence(program, own)
    program.window.deeds.close(connection)
    assert (await question(program)).headline.text() == "Sending one message…"
    own.resume()
    await closed(program, connection)
    await answered(program)


async def test_keep_open_and_close_and_discard(program, own, monkeypatch):
    monkeypatch.setattr(closing, "PATIENCE_S", 0.3)
    connection = await publish_into_silence(program, own)
    program.window.deeds.close(connection)
    (await question(program)).keep.click()
    await answered(program)
    assert program.workspace.stood == [connection]
    program.window.deeds.close(connection)
    dialog = await question(program)
    await program.until(lambda: dialog.give_up.text() == "Close and discard it", "the question")
    dialog.give_up.click()
    await closed(program, connection)


async def test_held_messages_are_asked_about_at_once(program, broker):
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    connection = program.workspace.shown
    connection.hold(PublishRequest("held/<b>x</b>", b"1"))
    program.window.deeds.close(connection)
    dialog = await question(program)
    assert not dialog.busy.isVisible()
    assert dialog.headline.text() == f"One message has not reached {connection.title}."
    assert "the Publish panel sends them" in dialog.text.text()
    assert column(dialog, TOPIC) == ["held/<b>x</b>"]
    connection.held.discard()
    await closed(program, connection)


async def test_closing_the_program_twice_asks_once_and_names_the_brokers(program, broker, broker_factory):
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    first = program.workspace.shown
    second = program.connector.connect(first.options, (), "Second")
    await program.until(lambda: program.workspace.shown is second, "the second")
    for each in (first, second):
        each.hold(PublishRequest("held", b"1"))
    window = program.window
    window.close()
    window.close()
    dialog = await question(program)
    window.close()
    await asyncio.sleep(0.1)
    assert [each for each in window.findChildren(ClosingDialog) if each.isVisible()] == [dialog]
    assert dialog.headline.text() == "2 messages have not reached their brokers."
    assert not dialog.table.isColumnHidden(BROKER)
    assert column(dialog, BROKER) == [first.title, "Second"]
    dialog.keep.click()
    await answered(program)
    assert not window.closed.is_set()
    window.close()
    (await question(program)).give_up.click()
    await program.until(window.closed.is_set, "the close")
    await program.preferences.finish()


async def test_five_hundred_rows_scroll_and_every_text_fits(program):
    dialog = ClosingDialog(program.window)
    rows = [("Greenhouse", Unsent(f"plant/line-{n}/set", 20, 1, UnsentState.HELD)) for n in range(500)]
    dialog.show_left(rows, sending=False)
    dialog.open()
    assert dialog.give_up.text() == "Close and discard 500"
    assert dialog.table.verticalScrollBar().maximum() > 0
    assert dialog.table.horizontalScrollBar().maximum() == 0
    assert dialog.text.height() >= dialog.text.heightForWidth(dialog.text.width())
    assert dialog.busy.accessibleName() == "Sending"
    assert dialog.table.accessibleName()
    dialog.reject()


async def test_only_what_moves_is_counted_as_being_sent(program, own):
    connection = await publish_into_silence(program, own)
    for topic in ("held/1", "held/2"):
        connection.hold(PublishRequest(topic, b"x"))
    program.window.deeds.close(connection)
    dialog = await question(program)
    assert dialog.headline.text() == "Sending one message…"
    assert "2 more are held and not sent by themselves." in dialog.text.text()
    assert dialog.send.isHidden(), "one thing after the other"
    dialog.keep.click()
    await answered(program)
    own.resume()
    await program.until(lambda: len(connection.unsent()) == 2, "the acknowledgement")


async def test_held_messages_are_sent_before_it_closes(program, broker):
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    connection = program.workspace.shown
    count = 60  # more than the window: some wait for their turn
    for number in range(count):
        connection.hold(PublishRequest(f"closing/held/{number}", b"x", number // 20))
    program.window.deeds.close(connection)
    dialog = await question(program)
    assert dialog.send.isVisible()
    dialog.send.click()
    await closed(program, connection)
    await answered(program)
    assert len(connection.held) == 0
    assert connection.counters().published == count


async def test_without_the_broker_held_messages_cannot_be_sent_and_closed(program, broker):
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    connection = program.workspace.shown
    await connection.disconnect()
    connection.hold(PublishRequest("held", b"x"))
    program.window.deeds.close(connection)
    dialog = await question(program)
    assert dialog.send.isHidden()
    dialog.give_up.click()
    await closed(program, connection)


async def test_what_the_broker_refuses_keeps_the_question_open(program, broker_factory, tmp_path):
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite allowed/#\n")
    acl.chmod(0o600)
    guarded = broker_factory(listeners={"mqtt": ["allow_anonymous true", f"acl_file {acl}"]})
    await program.connect(f"mqtt://127.0.0.1:{guarded.port}")
    connection = program.workspace.shown
    for topic in ("allowed/1", "secret/1"):
        connection.hold(PublishRequest(topic, b"x", 1))
    program.window.deeds.close(connection)
    dialog = await question(program)
    dialog.send.click()
    await program.until(lambda: column(dialog, TOPIC) == ["secret/1"], "the refusal")
    await program.until(lambda: "the Publish panel says why" in dialog.text.text(), "the reason")
    assert dialog.send.isVisible()
    assert connection.held.items[0].error is not None
    dialog.give_up.click()
    await closed(program, connection)


async def test_an_export_under_way_is_asked_about(program, broker, monkeypatch):
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    connection = program.workspace.shown
    exported = [connection]
    monkeypatch.setattr(
        program.window._closing, "_exports_from", lambda asked: any(each in exported for each in asked)
    )
    program.window.close()
    dialog = await question(program)
    assert not program.window.closed.is_set()
    assert dialog.headline.text() == "A file is still being written."
    assert "no file is written or replaced" in dialog.text.text()
    assert dialog.give_up.text() == "Close and stop the export"
    assert dialog.busy.isVisible()
    assert not dialog.table.isVisible()
    dialog.keep.click()
    await answered(program)
    assert program.workspace.stood == [connection]
    connection.hold(PublishRequest("held", b"1"))
    program.window.deeds.close(connection)
    dialog = await question(program)
    assert dialog.headline.text() == f"One message has not reached {connection.title}."
    assert dialog.text.text().endswith("no file is written or replaced.")
    connection.held.discard()
    await program.until(lambda: not dialog.table.isVisible(), "the messages to go")
    exported.clear()  # the file is whole
    await closed(program, connection)


async def test_the_window_asks_the_messages_panel_about_exports(program, broker):
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    connection, deeds = program.workspace.shown, program.window.panels.messages.deeds
    assert not program.window._closing.would_lose([connection])
    deeds._export, deeds._exported = object(), connection
    assert program.window._closing.would_lose([connection])
    assert not program.window._closing.would_lose([])
    deeds._export = deeds._exported = None


async def test_a_snapshot_being_saved_is_asked_about_and_ends_with_its_connection(
    program, broker, tmp_path, monkeypatch
):
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    connection, deeds = program.workspace.shown, program.window.panels.snapshots.deeds
    connection.store.apply(batch_on(*(b"many/%d" % number for number in range(3_000))))
    view = deeds.view(connection)
    deeds.take(connection, None)
    await program.until(lambda: view.work is None and view.shelf, "the snapshot")
    folder = tmp_path / "exports"
    folder.mkdir()
    slow, path = threading.Event(), folder / "a.snapshot.ndjson"
    write = SnapshotWriter.write_entries
    monkeypatch.setattr(
        SnapshotWriter, "write_entries", lambda *args: (slow.wait(10), write(*args))
    )  # a disk that takes its time
    try:
        deeds.save(view, view.shelf[0], str(path))
        program.window.deeds.close(connection)
        dialog = await question(program)
        assert dialog.headline.text() == "A file is still being written."
        assert dialog.busy.isVisible()
        dialog.give_up.click()
        await closed(program, connection)
    finally:
        slow.set()
    await program.until(lambda: view.work is None and not os.listdir(folder), "the part written to go")
    assert view.shelf == [], "what it held goes with the connection"
    assert deeds.memory_bytes == 0


async def test_a_snapshot_that_is_saved_in_time_asks_nothing(program, broker, tmp_path):
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    connection, deeds = program.workspace.shown, program.window.panels.snapshots.deeds
    connection.store.apply(batch_on(b"a", b"b"))
    view = deeds.view(connection)
    deeds.take(connection, None)
    await program.until(lambda: view.work is None and view.shelf, "the snapshot")
    path = tmp_path / "a.snapshot.ndjson"
    deeds.save(view, view.shelf[0], str(path))
    program.window.close()
    assert not program.window.closed.is_set(), "it is waited for"
    await program.until(program.window.closed.is_set, "the close")
    assert path.read_bytes().count(b"\n") == 3
    await program.preferences.finish()
