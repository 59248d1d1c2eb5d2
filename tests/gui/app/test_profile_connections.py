# SPDX-License-Identifier: MIT
"""Saved brokers: connected from the list, at start and from the form; their passwords; what is said when one fails."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from mqtt_explorer.app.attempt import Phase
from mqtt_explorer.app.closing import ClosingDialog
from mqtt_explorer.app.password_dialog import PasswordDialog
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.profiles.profile import Profile, Secrets, SubscriptionDraft
from mqtt_explorer.profiles.secrets import SecretStore
from mqtt_explorer.protocol.requests import PublishRequest
from tests.support.mosquitto import free_port, password_protected, tls
from tests.support.profile_page import MemoryKeyring
from tests.support.scripted_peer import ScriptedPeer, mute

CANARY = "s3cret-canary-4711"


@pytest.fixture
def keyring():
    return MemoryKeyring()


@pytest.fixture
async def kept(open_program, keyring):
    """The program with a keyring."""
    return open_program(SecretStore(keyring))


@pytest.fixture
def guarded(broker_factory, tmp_path):
    return broker_factory(listeners={"mqtt": password_protected(tmp_path, {"ada": CANARY})})


def saved(program, broker_or_port, name="Greenhouse", **values):
    port = getattr(broker_or_port, "port", broker_or_port)
    values.setdefault("url", f"mqtt://127.0.0.1:{port}")
    values.setdefault("subscriptions", (SubscriptionDraft(filter="saved/#"),))
    return program.book.add(Profile(name=name, **values))


def states(program):
    return program.window.pages._states


async def settle(program):
    """qasync handles Qt's events once more after a test, with no loop running: nothing may be under way then."""
    await program.window.finish()
    await asyncio.sleep(0.05)


async def dialog_of(program):
    await program.until(lambda: program.window.findChild(PasswordDialog) is not None, "the dialog")
    return program.window.findChild(PasswordDialog)


async def gone(program, dialog_number=0):
    await program.until(
        lambda: len(program.window.findChildren(PasswordDialog)) == dialog_number, "the dialog to go"
    )


async def shown(program, title="Greenhouse"):
    await program.until(
        lambda: program.workspace.shown is not None and program.workspace.shown.title == title,
        f"{title} to be shown",
    )
    return program.workspace.shown


def failed(program, profile):
    return any(
        each.profile_id == profile.id and each.phase is Phase.FAILED for each in program.connector.attempts
    )


async def test_a_saved_broker_opens_from_the_list_once(program, broker, qtbot):
    profile = saved(program, broker)
    tree = program.window.start.saved.tree
    tree.setFocus()
    tree.setCurrentIndex(program.window.start.saved.model.index(0, 0))
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    connection = await shown(program)
    assert connection.profile_id == profile.id
    assert program.window.pages.on_workbench
    assert [each.filter.text for each in (row.subscription for row in connection.subscriptions.rows)] == [
        "saved/#"
    ]
    assert program.book.find(profile.id).last_used > time.time() - 60
    assert program.preferences.settings.recent_urls == ()
    assert states(program)[profile.id] == ("open", "ok")
    assert program.connector.attempts == []
    program.window.show_brokers()
    assert program.window.pages.currentWidget() is program.window.start
    program.connector.connect_profile(profile.id)
    assert program.window.pages.on_workbench
    assert program.workspace.connections == [connection]


async def test_brokers_and_back_by_keyboard(program, broker, qtbot):
    window = program.window
    profile = saved(program, broker)
    program.connector.connect_profile(profile.id)
    connection = await shown(program)
    qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert window.pages.currentWidget() is window.start
    assert window.start.back_button.isVisible()
    assert "Greenhouse" in window.start.back_button.text()
    assert connection.state.state is LinkState.CONNECTED
    await program.until(lambda: QApplication.focusWidget() is window.start.url, "the focus")
    qtbot.keyClick(window.start.url, Qt.Key.Key_Escape)
    assert window.pages.on_workbench
    qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert window.pages.currentWidget() is window.pages._form
    assert window.pages._form.profile_id == profile.id
    window.pages.leave()
    assert window.pages.on_workbench
    window.show_brokers()
    window.header.tabs.tabs[0].chosen.emit()
    assert window.pages.on_workbench
    await settle(program)


async def test_a_missing_password_is_asked_for_and_kept_in_the_keyring(kept, guarded, keyring, qtbot):
    profile = saved(kept, guarded, username="ada")
    kept.connector.connect_profile(profile.id)
    dialog = await dialog_of(kept)
    assert "Greenhouse" in dialog.what.text()
    assert "“ada”" in dialog.what.text()
    assert dialog.keep.isVisible()
    dialog.edit.setText("wrong")
    qtbot.keyClick(dialog.edit, Qt.Key.Key_Return)
    await kept.until(lambda: "password" in _open_dialog_error(kept), "the refusal")
    again = await dialog_of(kept)
    again.edit.setText(CANARY)
    qtbot.keyClick(again.edit, Qt.Key.Key_Return)
    connection = await shown(kept)
    assert connection.options.password == CANARY
    await kept.until(lambda: CANARY in keyring.entries.values(), "the keyring")
    assert "wrong" not in keyring.entries.values()
    await kept.book.finish()
    assert CANARY not in kept.book.path.read_text()
    await kept.connector.close(connection)
    kept.connector.connect_profile(profile.id)
    await shown(kept)
    await gone(kept)


def _open_dialog_error(program):
    dialogs = program.window.findChildren(PasswordDialog)
    return dialogs[-1].field.error if dialogs else ""


async def test_esc_in_the_dialog_ends_the_attempt(kept, guarded, qtbot):
    profile = saved(kept, guarded, username="ada")
    kept.connector.connect_profile(profile.id)
    dialog = await dialog_of(kept)
    qtbot.keyClick(dialog.edit, Qt.Key.Key_Escape)
    await kept.until(lambda: kept.connector.attempts == [], "the end")
    assert kept.workspace.connections == []


async def test_not_kept_means_asked_each_time(kept, guarded, keyring):
    profile = saved(kept, guarded, username="ada")
    kept.connector.connect_profile(profile.id)
    dialog = await dialog_of(kept)
    dialog.keep.setChecked(False)
    assert "each time" in dialog.kept.text()
    dialog.edit.setText(CANARY)
    dialog.accept()
    connection = await shown(kept)
    await gone(kept)
    await kept.until(lambda: not kept.book.find(profile.id).remember_secrets, "the profile to know")
    assert CANARY not in keyring.entries.values()
    await kept.connector.close(connection)
    kept.connector.connect_profile(profile.id)
    dialog = await dialog_of(kept)
    assert not dialog.keep.isChecked()
    kept.connector.cancel()
    await gone(kept)


async def test_without_a_keyring_it_lasts_for_the_session_and_says_so(program, guarded):
    profile = saved(program, guarded, username="ada")
    program.connector.connect_profile(profile.id)
    dialog = await dialog_of(program)
    assert not dialog.keep.isVisible()
    assert "session" in dialog.kept.text()
    dialog.edit.setText(CANARY)
    dialog.accept()
    connection = await shown(program)
    await gone(program)
    await program.connector.close(connection)
    program.connector.connect_profile(profile.id)
    await shown(program)
    await gone(program)


async def test_the_key_s_password_is_asked_for(kept, broker_factory, certificates):
    mutual = broker_factory(
        listeners={"tls": tls(certificates, require_client_certificate=True, identity_as_user=True)}
    )
    profile = saved(
        kept,
        mutual,
        url=f"mqtts://localhost:{mutual.port}",
        trust="file",
        ca_file=str(certificates.ca),
        certificate="pem",
        cert_file=str(certificates.client_locked.cert),
        key_file=str(certificates.client_locked.key),
    )
    kept.connector.connect_profile(profile.id)
    dialog = await dialog_of(kept)
    assert dialog.question.which == "key_password"
    dialog.edit.setText(certificates.key_password)
    dialog.accept()
    await shown(kept)
    await gone(kept)
    await kept.until(lambda: kept.secrets.known(profile.id).key_password == certificates.key_password, "kept")


async def test_a_keyring_that_hangs_is_cancelled_at_once(kept, broker, keyring):
    keyring.delay_s = 0.4
    profile = saved(kept, broker)
    kept.connector.connect_profile(profile.id)
    await asyncio.sleep(0.05)
    begin = time.monotonic()
    assert kept.connector.cancel()
    assert kept.connector.attempts == []
    await asyncio.sleep(0)
    assert time.monotonic() - begin < 0.2
    await kept.until(lambda: kept.secrets._running is None, "the keyring's answer")
    assert kept.workspace.connections == []
    await settle(kept)


async def test_esc_ends_a_mute_broker_at_once(program, qtbot):
    start = program.window.start
    with ScriptedPeer(mute) as hole:
        profile = saved(program, hole)
        program.connector.connect_profile(profile.id)
        await program.until(lambda: start.attempts.lines, "the line")
        await program.until(lambda: "answer" in start.attempts.lines[0].text.text(), "the step")
        begin = time.monotonic()
        qtbot.keyClick(start.url, Qt.Key.Key_Escape)
        assert not start.attempts.isVisible()
        await program.until(lambda: program.workspace.connections == [], "the attempt to be gone")
        assert time.monotonic() - begin < 0.2


async def test_a_refused_port_is_counted_down_on_its_line(program, broker):
    start = program.window.start
    profile = saved(program, free_port())
    program.connector.connect_profile(profile.id)
    await program.until(lambda: start.attempts.lines and start.attempts.lines[0].now.isVisible(), "the wait")
    (line,) = start.attempts.lines
    assert "Connection refused" in line.text.text()
    assert states(program)[profile.id] == ("waiting", "warn")
    await program.until(lambda: "attempt 3" in line.text.text() or "again in 3 s" in line.text.text(), "more")
    program.book.replace(msgspec.structs.replace(profile, url=f"mqtt://127.0.0.1:{broker.port}"))
    line.cancel.click()
    assert not start.attempts.isVisible()
    program.connector.connect_profile(profile.id)
    await shown(program)


async def test_a_profile_that_cannot_connect_opens_its_form(program):
    profile = saved(program, 0, url="nonsense://")
    program.connector.connect_profile(profile.id)
    await program.until(lambda: failed(program, profile), "the failure")
    form = program.window.pages._form
    assert form is not None
    assert program.window.pages.currentWidget() is form
    assert form.profile_id == profile.id
    form.back_requested.emit()
    assert program.window.pages.currentWidget() is program.window.start
    (line,) = program.window.start.attempts.lines
    line.edit.click()
    assert program.window.pages.currentWidget() is form
    program.connector.dismiss(profile.id)
    await program.book.finish()  # else its timer, due by now, fires when the test's loop has stopped


async def test_one_click_mends_a_saved_brokers_scheme(program, broker):
    profile = saved(program, broker, url=f"mqtts://127.0.0.1:{broker.port}")
    program.connector.connect_profile(profile.id)
    await program.until(lambda: failed(program, profile), "the failure")
    (line,) = program.window.start.attempts.lines
    assert line.scheme.isVisible()
    assert line.scheme.text() == "Use mqtt://"
    line.scheme.click()
    await shown(program)
    assert program.book.find(profile.id).url.startswith("mqtt://")


async def test_at_start_several_connect_and_nothing_pops_up(kept, broker, guarded):
    first = saved(kept, broker, "One", connect_at_start=True)
    second = saved(kept, broker, "Two", connect_at_start=True)
    secret = saved(kept, guarded, "Secret", connect_at_start=True, username="ada")
    away = saved(kept, free_port(), "Away", connect_at_start=True)
    idle = saved(kept, broker, "Idle")
    kept.connector.connect_at_start()
    await kept.until(lambda: len(kept.workspace.stood) == 2, "both")
    assert kept.workspace.shown is kept.workspace.stood[0]
    await kept.until(lambda: states(kept).get(away.id, ("",))[0] == "waiting", "the one that is away")
    assert states(kept)[first.id] == states(kept)[second.id] == ("open", "ok")
    assert states(kept)[secret.id] == ("needs a password", "warn")
    assert idle.id not in states(kept)
    assert QApplication.activeModalWidget() is None
    lines = {line.profile_id: line for line in kept.window.start.attempts.lines}
    assert set(lines) == {secret.id, away.id}
    lines[secret.id].retry.click()
    dialog = await dialog_of(kept)
    dialog.edit.setText(CANARY)
    dialog.accept()
    await shown(kept, "Secret")
    kept.connector.dismiss(away.id)
    await kept.until(lambda: len(kept.workspace.connections) == 3, "the attempt to be gone")
    await kept.book.finish()


async def test_the_first_that_stands_is_shown_the_slower_one_is_open(program, broker, broker_factory):
    slow_port = free_port()
    slow = saved(program, slow_port, "Slow")
    fast = saved(program, broker, "Fast")
    program.connector.connect_profile(slow.id)
    program.connector.connect_profile(fast.id)
    await shown(program, "Fast")
    program.book.replace(slow)
    program.connector.dismiss(slow.id)
    with ScriptedPeer(_late) as peer:
        late = saved(program, peer, "Late")
        program.connector.connect_profile(late.id)
        again = saved(program, broker, "Again")
        program.connector.connect_profile(again.id)
        await shown(program, "Again")
        await program.until(lambda: program.workspace.find(late.id) is not None, "the late one")
        assert program.workspace.shown.title == "Again"
        await program.connector.close(program.workspace.find(late.id))


def _late(sock):
    sock.recv(65_536)
    time.sleep(0.6)
    sock.sendall(b"\x20\x03\x00\x00\x00")
    mute(sock)


async def test_a_client_id_lasts_as_long_as_the_program(program, broker):
    profile, other = saved(program, broker), saved(program, broker, "Other")
    ids = []
    for each in (profile, other, profile):
        program.connector.connect_profile(each.id)
        connection = await shown(program, each.name)
        ids.append(connection.options.client_id)
        await program.connector.close(connection)
    assert ids[0] == ids[2] != ids[1]


async def test_changed_settings_take_effect_with_a_reconnect(program, broker):
    profile = saved(program, broker)
    program.connector.connect_profile(profile.id)
    connection = await shown(program)
    await connection.publish(PublishRequest("saved/a", b"1", 1))
    await program.until(lambda: connection.store.find(b"saved/a") is not None, "the topic")
    program.window.header.toggle.click()
    await program.until(lambda: connection.state.state is LinkState.DISCONNECTED, "the disconnect")
    program.window.header.toggle.click()
    await program.until(lambda: connection.state.state is LinkState.CONNECTED, "the same, with its tree")
    assert program.workspace.shown is connection
    program.book.replace(msgspec.structs.replace(program.book.find(profile.id), keep_alive="77"))
    program.connector.reconnect(profile.id)
    await program.until(lambda: program.workspace.shown not in (None, connection), "the new one")
    assert program.workspace.shown.options.keep_alive == 77
    assert program.workspace.connections == [program.workspace.shown]


async def test_an_address_with_a_user_name_asks_for_the_password(program, guarded):
    start = program.window.start
    start.url.setText(f"mqtt://ada@127.0.0.1:{guarded.port}")
    start.connect_button.click()
    dialog = await dialog_of(program)
    assert "kept nowhere" in dialog.kept.text()
    dialog.edit.setText(CANARY)
    dialog.accept()
    await program.until(lambda: program.workspace.shown is not None, "the connection")
    await gone(program)


async def test_a_login_from_outside_is_used_and_never_stored(kept, guarded, keyring):
    from mqtt_explorer.app.profile_login import Login

    profile = saved(kept, guarded)
    kept.connector.connect_at_start(profile.id, Login("ada", CANARY))
    connection = await shown(kept)
    assert (connection.options.username, connection.options.password) == ("ada", CANARY)
    assert kept.book.find(profile.id).username == ""
    assert keyring.entries == {}
    assert kept.secrets.known(profile.id) in (None, Secrets())


async def test_what_connects_at_start_takes_nobody_away_from_typing(program, qtbot):
    with ScriptedPeer(_late) as peer:
        late = saved(program, peer, "Late", connect_at_start=True)
        program.connector.connect_at_start()
        qtbot.keyClicks(program.window.start.url, "mqtt://")
        await program.until(lambda: program.workspace.find(late.id) is not None, "the late one")
        assert program.workspace.shown is None
        assert program.window.pages.currentWidget() is program.window.start
        assert len(program.window.header.tabs.tabs) == 1
        program.window.header.tabs.tabs[0].chosen.emit()
        await program.until(lambda: program.window.pages.on_workbench, "its panels")
        await program.connector.close(program.workspace.shown)


async def test_the_form_is_not_taken_away_by_a_connection(program, broker):
    with ScriptedPeer(_late) as peer:
        late = saved(program, peer, "Late")
        program.connector.connect_profile(late.id)
        other = saved(program, broker, "Other")
        program.window.pages.show_form(other.id)
        await program.until(lambda: program.workspace.find(late.id) is not None, "the late one")
        form = program.window.pages._form
        assert program.window.pages.currentWidget() is form
        form.connect_requested.emit(other.id)
        await shown(program, "Other")
        assert program.window.pages.on_workbench
        await program.connector.close(program.workspace.find(late.id))
    await settle(program)


async def test_a_failure_of_another_broker_does_not_change_the_form(program, broker):
    editing = saved(program, broker, "Editing")
    away = saved(program, free_port(), "Away")
    program.window.pages.show_form(editing.id)
    program.connector.connect_profile(away.id)
    await program.until(lambda: states(program).get(away.id, ("",))[0] == "waiting", "the failure")
    assert program.window.pages._form.profile_id == editing.id
    program.window.pages._form.connect_requested.emit(away.id)
    program.connector.dismiss(away.id)
    await program.until(lambda: program.workspace.connections == [], "the attempt to be gone")
    await settle(program)


async def test_ctrl_w_closes_what_is_seen_only(program, broker, qtbot):
    profile = saved(program, broker)
    program.connector.connect_profile(profile.id)
    connection = await shown(program)
    program.window.show_brokers()
    qtbot.keyClick(program.window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    await asyncio.sleep(0.1)
    assert program.workspace.shown is connection
    program.connector.reveal(connection)
    qtbot.keyClick(program.window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    await program.until(lambda: program.workspace.shown is None, "the close")
    assert program.window.pages.currentWidget() is program.window.start
    assert profile.id not in states(program)


async def test_the_program_ends_while_a_connection_closes(program, broker, qtbot):
    profile = saved(program, broker)
    program.connector.connect_profile(profile.id)
    connection = await shown(program)
    ended = []
    connection.state_changed.connect(lambda change: ended.append(change.state))
    program.window.deeds.close(connection)
    await asyncio.sleep(0)  # it has begun
    program.window.close_now()
    await program.connector.close_all()
    assert ended == ["disconnected"]
    assert program.connector._endings == set()


async def test_an_open_address_can_be_saved(program, broker):
    program.window.start.filters.setText("")
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    program.window.deeds.edit()
    form = program.window.pages._form
    assert program.window.pages.currentWidget() is form
    await settle(program)
    saved_one = program.book.find(form.profile_id)
    assert saved_one is None or saved_one.url == f"mqtt://127.0.0.1:{broker.port}"


async def held(program, broker):
    """A saved broker that is disconnected, with a message written meanwhile."""
    profile = saved(program, broker)
    program.connector.connect_profile(profile.id)
    connection = await shown(program)
    await connection.disconnect()
    connection.held.hold(PublishRequest("saved/held", b"1", 1))
    return profile, connection


async def closing_dialog(program):
    await program.until(lambda: program.window.findChild(ClosingDialog) is not None, "the question")
    return program.window.findChild(ClosingDialog)


async def test_a_reconnect_asks_before_it_loses_a_held_message(program, broker):
    profile, connection = await held(program, broker)
    program.connector.reconnect(profile.id)
    (await closing_dialog(program)).keep.click()
    await program.until(lambda: program.connector.attempts == [], "the end")
    assert program.workspace.shown is connection
    assert len(connection.held.items) == 1
    program.connector.reconnect(profile.id)
    await program.until(lambda: program.window.findChild(ClosingDialog) is not None, "the question")
    (await closing_dialog(program)).give_up.click()
    await program.until(lambda: program.workspace.shown not in (None, connection), "the new one")


async def test_closing_the_window_asks_before_it_loses_a_held_message(program, broker):
    await held(program, broker)
    program.window.close()
    assert not program.window.closed.is_set()
    (await closing_dialog(program)).keep.click()
    await asyncio.sleep(0.1)
    assert program.window.isVisible()
    program.window.close()
    (await closing_dialog(program)).give_up.click()
    await program.until(program.window.closed.is_set, "the close")


async def test_a_deleted_broker_is_not_tried_any_more(program):
    profile = saved(program, free_port())
    program.connector.connect_profile(profile.id)
    await program.until(lambda: program.window.start.attempts.lines, "the line")
    program.book.remove(profile.id)
    assert program.connector.attempts == []
    await program.until(lambda: program.workspace.connections == [], "the attempt to be gone")
    await program.book.finish()


async def test_a_deleted_broker_leaves_nothing_in_the_keyring(kept, keyring):
    profile, other = saved(kept, 1), saved(kept, 2, "Other")
    for each in (profile, other):
        await kept.secrets.save(each.id, Secrets(password=CANARY + each.name), remember=True)
    kept.book.remove(profile.id)
    await kept.window.finish()
    assert list(keyring.entries.values()) == [CANARY + "Other"]
