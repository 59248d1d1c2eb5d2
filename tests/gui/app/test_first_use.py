# SPDX-License-Identifier: MIT
"""What somebody new to the program runs into: client ids, saving what is open, deleting and undoing, two windows on one folder."""

from __future__ import annotations

import asyncio

import msgspec
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QWidget

from mqtt_explorer.app.password_dialog import PasswordDialog
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.profiles.profile import Profile
from mqtt_explorer.profiles.secrets import SecretStore
from mqtt_explorer.protocol.options import ConnectOptions, TlsOptions
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.protocol.url import BrokerUrl
from tests.support.mosquitto import password_protected, tls
from tests.support.profile_page import MemoryKeyring

CANARY = "s3cret-canary-4711"
CONTROL = Qt.KeyboardModifier.ControlModifier


def url_of(broker):
    return BrokerUrl.parse(f"mqtt://127.0.0.1:{broker.port}")[0]


async def from_command_line(program, options, subscriptions=()):
    """As `app.main` does with an address on the command line."""
    program.window.start.fill(options, subscriptions)
    connection = program.connector.connect(options, subscriptions)
    await program.until(lambda: program.workspace.shown is connection, "the connection")
    return connection


def drawn(program):
    """What the models of both lists say of problems."""
    return program.window.start.saved.model._problems


# -- client ids --------------------------------------------------------------------------------------------------------


async def test_the_same_address_again_takes_a_client_id_of_its_own(program, broker):
    first = await from_command_line(program, ConnectOptions(url_of(broker)))
    program.window.show_brokers()
    program.window.start.url.setText(str(first.options.url))
    program.window.start.connect_button.click()
    await program.until(lambda: len(program.workspace.stood) == 2, "the second connection")
    second = program.workspace.shown
    assert second.options.client_id != first.options.client_id
    await asyncio.sleep(0.3)
    assert [each.state.state for each in program.workspace.stood] == [LinkState.CONNECTED] * 2


async def test_a_client_id_of_the_users_own_is_open_once(program, broker):
    first = await from_command_line(program, ConnectOptions(url_of(broker), client_id="first-use-own"))
    program.window.show_brokers()
    program.window.start.url.setText(str(first.options.url))
    program.window.start.connect_button.click()
    assert program.workspace.shown is first
    assert program.window.pages.on_workbench
    assert program.workspace.connections == [first]
    assert "first-use-own" in program.window.note.text.text()
    await first.disconnect()
    program.window.show_brokers()
    program.window.start.connect_button.click()
    await program.until(lambda: len(program.workspace.stood) == 2, "a connection, as the first is down")


async def test_a_copy_is_chosen_and_has_no_client_id_of_its_own(program):
    original = program.book.add(Profile(name="Plant", url="mqtt://h", client_id="plant-1"))
    saved = program.window.start.saved
    saved.duplicate_requested.emit(original.id)
    kind, name = saved.tree.current_key
    copy = program.book.find(name)
    assert (kind, copy.name, copy.client_id) == ("profile", "Plant copy", "")
    await program.book.finish()


# -- saving what is open -----------------------------------------------------------------------------------------------


async def test_ctrl_e_saves_all_an_address_connects_with(
    open_program, broker_factory, certificates, tmp_path
):
    keyring = MemoryKeyring()
    program = open_program(SecretStore(keyring))
    guarded = broker_factory(
        listeners={"tls": [*tls(certificates), *password_protected(tmp_path, {"ada": CANARY})]}
    )
    folder = program.book.add_folder("Plant")
    program.window.start.saved.tree.choose(("folder", folder))
    options = ConnectOptions(
        BrokerUrl.parse(f"mqtts://localhost:{guarded.port}")[0],
        client_id="first-use-id",
        username="ada",
        password=CANARY,
        keep_alive=17,
        tls=TlsOptions(ca_file=str(certificates.ca), minimum_version="1.3"),
    )
    wanted = (Subscription(TopicFilter("a/#"), 1), Subscription(TopicFilter("b"), 2))
    connection = await from_command_line(program, options, wanted)
    program.window.deeds.edit()
    saved = program.book.find(connection.profile_id)
    assert (saved.url, saved.username, saved.client_id, saved.keep_alive, saved.folder) == (
        str(options.url),
        "ada",
        "first-use-id",
        "17",
        "",
    )
    assert (saved.trust, saved.ca_file, saved.minimum_tls) == ("file", str(certificates.ca), "1.3")
    assert [(each.filter, each.qos) for each in saved.subscriptions] == [("a/#", 1), ("b", 2)]
    form = program.window.pages._form
    assert form.profile_id == saved.id
    assert form.open_brokers.is_open(saved.id)
    await program.until(lambda: CANARY in "".join(keyring.entries.values()), "the keyring")
    assert program.window.pages._states[saved.id] == ("open", "ok")
    await program.until(lambda: form.draft.secrets.password == CANARY, "the password in the form")
    assert form.stale.isHidden()  # nothing waits for a reconnect
    program.book.replace(msgspec.structs.replace(program.book.find(saved.id), name="Greenhouse"))
    assert program.window.header.tabs.tabs[0].title.text() == "Greenhouse"
    assert program.window.windowTitle().startswith("Greenhouse")
    program.connector.connect_profile(saved.id)
    assert program.workspace.connections == [connection]
    await connection.disconnect()
    program.connector.connect_profile(saved.id)
    await program.until(lambda: connection.state.state is LinkState.CONNECTED, "the same connection again")
    assert program.workspace.connections == [connection]
    await program.window.finish()
    assert CANARY not in program.book.path.read_text()


async def test_ctrl_e_brings_a_deleted_broker_back(program, broker):
    profile = program.book.add(Profile(name="Gone", url=str(url_of(broker)), colour=3))
    program.connector.connect_profile(profile.id)
    await program.until(lambda: program.workspace.shown is not None, "the connection")
    program.book.remove(profile.id)
    program.window.deeds.edit()
    assert program.book.find(profile.id).colour == 3
    program.book.remove(profile.id)
    program.book.let_go(profile.id)
    program.window.deeds.edit()
    again = program.book.find(program.workspace.shown.profile_id)
    assert (again.name, again.url) == ("Gone", str(url_of(broker)))
    assert program.window.pages._form.profile_id == again.id
    await program.window.finish()


# -- the lists ---------------------------------------------------------------------------------------------------------


async def test_ctrl_z_takes_a_deletion_back(program, qtbot):
    profile = program.book.add(Profile(name="Plant", url="mqtt://h"))
    program.book.add(Profile(name="Other", url="mqtt://i"))
    saved = program.window.start.saved
    await program.until(program.window.isActiveWindow, "the window in front")
    saved.tree.setFocus()
    saved.tree.choose(("profile", profile.id))
    qtbot.keyClick(saved.tree, Qt.Key.Key_Delete)
    assert program.book.find(profile.id) is None
    assert saved.undo._timer.remainingTime() > 60_000
    qtbot.keyClick(saved.tree, Qt.Key.Key_Z, CONTROL)
    assert program.book.find(profile.id) == profile
    await program.book.finish()


async def test_every_broker_with_problems_is_marked_in_both_lists(program):
    headers = {"websocket_headers": ("X-Key",), "url": "ws://h"}  # the value is a secret nobody asks for here
    good = program.book.add(Profile(name="Good", **headers))
    bad = program.book.add(Profile(name="Bad", url="mqtt://h:99999", keep_alive="soon"))
    await program.until(lambda: drawn(program) == {bad.id: 2}, "the mark on the start page")
    program.window.pages.show_form(good.id)
    page_list = program.window.pages._form.list
    await program.until(lambda: page_list.model._problems.get(bad.id) == 2, "the mark beside the form")
    page_list.set_current(bad.id)
    page_list.set_current(good.id)
    assert page_list.model._problems.get(bad.id) == 2
    program.book.replace(msgspec.structs.replace(program.book.find(bad.id), url="mqtt://h", keep_alive="3"))
    await program.until(lambda: drawn(program) == {}, "the mark to go")
    await program.window.finish()


async def test_enter_in_the_search_chooses_the_first_hit(program, qtbot):
    program.book.add(Profile(name="Greenhouse", url="mqtt://g", folder="Home"))
    hit = program.book.add(Profile(name="Line 3", url="mqtt://l", folder="Plant"))
    saved = program.window.start.saved
    wanted = []
    saved.connect_requested.disconnect()
    saved.connect_requested.connect(wanted.append)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Down):
        saved.tree.choose(None)
        saved.search.setFocus()
        saved.search.clear()
        qtbot.keyClicks(saved.search, "line")
        qtbot.keyClick(saved.search, key)
        assert saved.tree.current_key == ("profile", hit.id)
    qtbot.keyClick(saved.tree, Qt.Key.Key_Return)
    assert wanted == [hit.id]
    await program.book.finish()


async def test_f2_on_the_start_page_has_the_cursor_in_the_form(program, qtbot):
    profile = program.book.add(Profile(name="Plant", url="mqtt://h"))
    await program.until(program.window.isActiveWindow, "the window in front")
    tree = program.window.start.saved.tree
    tree.setFocus()
    tree.choose(("profile", profile.id))
    qtbot.keyClick(tree, Qt.Key.Key_F2)
    basic = program.window.pages._form.form.basic
    await program.until(lambda: QApplication.focusWidget() in (basic.name, basic.url), "the cursor")
    await program.window.finish()


# -- two programs ------------------------------------------------------------------------------------------------------


async def test_two_windows_on_one_folder_see_each_other(open_program):
    a, b = open_program(), open_program()
    added = b.book.add(Profile(name="From B", url="mqtt://b"))
    await b.book.finish()
    mine = a.book.add(Profile(name="From A", url="mqtt://a"))
    await a.until(lambda: a.book.find(added.id) is not None, "B's broker after a save of A")
    assert a.book.find(mine.id) is not None
    await a.book.finish()
    b.book.look_again()
    await b.until(lambda: b.book.find(mine.id) is not None, "A's broker after a look")
    b.book.replace(msgspec.structs.replace(b.book.find(mine.id), name="Renamed by B"))
    await b.book.finish()
    a.window._was_away = True
    await a.until(lambda: a.window.isActiveWindow() or a.window.activateWindow(), "A in front")
    QApplication.sendEvent(a.window, QEvent(QEvent.Type.ActivationChange))
    await a.until(lambda: a.book.find(mine.id).name == "Renamed by B", "B's change as A comes to the front")
    b.book.remove(added.id)
    await b.book.finish()
    a.book.look_again()
    await a.until(lambda: a.book.find(added.id) is None, "B's deletion")
    await a.book.finish()


async def test_another_program_s_change_leaves_the_edit_in_progress_alone(open_program, qtbot):
    a = open_program()
    profile = a.book.add(Profile(name="Plant", url="mqtt://h"))
    await a.book.finish()
    b = open_program()
    a.window.pages.show_form(profile.id)
    form = a.window.pages._form
    form.form.basic.name.clear()
    qtbot.keyClicks(form.form.basic.name, "Mine")
    b.book.replace(msgspec.structs.replace(b.book.find(profile.id), keep_alive="77", name="Theirs"))
    await b.book.finish()
    a.book.look_again()
    await a.until(lambda: a.book.find(profile.id).keep_alive == "77", "what the other one changed")
    assert form.form.basic.name.text() == "Mine"
    await a.window.finish()
    b.book.look_again()
    await b.until(lambda: b.book.find(profile.id).name == "Mine", "what was typed")


# -- focus and passwords -----------------------------------------------------------------------------------------------


async def test_a_window_that_comes_to_the_front_has_its_focus_in_the_panel(program, broker):
    await program.until(program.window.isActiveWindow, "the window in front")
    other = QWidget()
    other.show()
    other.activateWindow()
    await program.until(other.isActiveWindow, "another window")
    connection = await from_command_line(program, ConnectOptions(url_of(broker)))
    assert connection is program.workspace.shown
    program.window.activateWindow()
    await program.until(program.window.isActiveWindow, "the window in front again")
    await asyncio.sleep(0.05)
    assert QApplication.focusWidget() is not program.window.header.tabs.home_button
    assert not program.window.header.isAncestorOf(QApplication.focusWidget() or other)
    other.close()
    other.deleteLater()


async def test_a_refused_password_is_replaced_by_what_is_typed(program, broker_factory, tmp_path, qtbot):
    guarded = broker_factory(listeners={"mqtt": password_protected(tmp_path, {"ada": "right"})})
    start = program.window.start
    start.username.setText("ada")
    start.password.setText("wrong")
    start.url.setText(str(url_of(guarded)))
    start.connect_button.click()
    await program.until(lambda: start.quick.password_field.error, "the refusal")
    qtbot.keyClicks(start.password, "right")
    assert start.password.text() == "right"


async def test_asked_each_time_is_asked_each_time_without_a_keyring_too(program, broker_factory, tmp_path):
    guarded = broker_factory(listeners={"mqtt": password_protected(tmp_path, {"ada": CANARY})})
    profile = program.book.add(
        Profile(name="Ask", url=str(url_of(guarded)), username="ada", remember_secrets=False)
    )
    for _ in range(2):
        program.connector.connect_profile(profile.id)
        await program.until(lambda: program.window.findChild(PasswordDialog) is not None, "the question")
        dialog = program.window.findChild(PasswordDialog)
        dialog.edit.setText(CANARY)
        dialog.accept()
        await program.until(
            lambda: program.workspace.shown and program.workspace.shown.state.state is LinkState.CONNECTED,
            "it",
        )
        await program.until(lambda: program.window.findChild(PasswordDialog) is None, "the dialog to go")
        await program.workspace.shown.disconnect()
        assert program.secrets.known(profile.id).password is None
    await program.book.finish()


async def test_the_first_question_for_a_key_s_password_blames_nobody(program, broker_factory, certificates):
    mutual = broker_factory(
        listeners={"tls": tls(certificates, require_client_certificate=True, identity_as_user=True)}
    )
    profile = program.book.add(
        Profile(
            name="Key",
            url=f"mqtts://localhost:{mutual.port}",
            trust="file",
            ca_file=str(certificates.ca),
            certificate="pem",
            cert_file=str(certificates.client_locked.cert),
            key_file=str(certificates.client_locked.key),
        )
    )
    program.connector.connect_profile(profile.id)
    await program.until(lambda: program.window.findChild(PasswordDialog) is not None, "the question")
    dialog = program.window.findChild(PasswordDialog)
    assert dialog.field.error == ""
    dialog.edit.setText("not it")
    dialog.accept()
    await program.until(lambda: program.window.findChild(PasswordDialog) not in (None, dialog), "the second")
    assert program.window.findChild(PasswordDialog).field.error
    program.connector.cancel()
    await program.until(lambda: program.window.findChild(PasswordDialog) is None, "the end")
    await program.book.finish()


# -- tabs --------------------------------------------------------------------------------------------------------------


async def test_tabs_of_one_host_keep_their_port_and_have_a_menu(program, broker, broker_factory):
    other = broker_factory()
    for port in (broker.port, other.port):
        program.book.add(Profile(url=f"mqtt://127.0.0.1:{port}"))
    for number, profile in enumerate(program.book.profiles, 1):
        program.connector.connect_profile(profile.id)
        await program.until(lambda: len(program.workspace.stood) == number, "a connection")  # noqa: B023
    tabs = program.window.header.tabs
    assert [tab.title.text() for tab in tabs.tabs] == [
        f"127.0.0.1:{broker.port}",
        f"127.0.0.1:{other.port}",
    ]
    assert tabs.tabs[0].title._mode is Qt.TextElideMode.ElideMiddle
    first, second = program.workspace.stood
    menu = tabs.menu_of(second)
    said = {action.text(): action for action in menu.actions() if action.text()}
    assert list(said) == ["Disconnect", "Edit broker…", "Close", "Close others"]
    said["Disconnect"].trigger()
    await program.until(lambda: second.state.state is LinkState.DISCONNECTED, "the disconnect")
    assert first.state.state is LinkState.CONNECTED
    menu.close()
    menu = tabs.menu_of(second)
    said = {action.text(): action for action in menu.actions() if action.text()}
    assert "Connect" in said
    said["Edit broker…"].trigger()
    assert program.window.pages._form.profile_id == second.profile_id
    said["Close others"].trigger()
    await program.until(lambda: program.workspace.stood == [second], "the other to close")
    menu.close()
    assert not tabs.menu_of(second).actions()[-1].isEnabled()
    await program.window.finish()
