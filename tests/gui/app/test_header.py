# SPDX-License-Identifier: MIT
"""The header and the strip under it: state, step, session, and what its buttons do in each state."""

from __future__ import annotations

import subprocess
import threading

from PySide6.QtCore import Qt

from mqtt_explorer.app.password_dialog import PasswordDialog
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.profiles.profile import Profile, Secrets
from mqtt_explorer.protocol.options import ConnectOptions
from mqtt_explorer.protocol.url import BrokerUrl
from tests.support.mosquitto import find_program, password_protected
from tests.support.scripted_peer import ScriptedPeer

CONNACK = b"\x20\x03\x00\x00\x00"


def change_password(folder, user, password):
    (file,) = folder.glob("passwords-*")
    command = [find_program("mosquitto_passwd"), "-b", str(file), user, password]
    subprocess.run(command, check=True, capture_output=True)


def state(program):
    return program.workspace.shown.state.state


def shown(program):
    """State, details and button of the header."""
    header = program.window.header
    return header._state.text(), header._detail.text(), header.toggle.text()


async def test_no_broker_one_and_several(program, broker):
    header = program.window.header
    assert (header._state.text(), header._detail.text()) == ("MQTT Explorer Qt", "No broker open")
    assert not header.toggle.isVisible()
    assert not header.pause.isVisible()
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    assert shown(program)[::2] == ("Connected", "Disconnect")
    assert header.pause.isVisible()
    program.window.show_brokers()
    assert header._detail.text() == "One broker open"
    assert not header._state.isVisible()  # the tabs say the names
    url = BrokerUrl("mqtt", "127.0.0.1", broker.port)
    second = program.connector.connect(ConnectOptions(url), (), "Second")
    await program.until(lambda: program.workspace.shown is second, "the second")
    program.window.show_brokers()
    assert header._detail.text() == "2 brokers open"


async def test_the_step_stands_there_while_it_connects_again(program):
    """The second connection is accepted, but gets no CONNACK."""
    taken, release = [], threading.Event()

    def script(sock):
        taken.append(1)
        sock.recv(65_536)
        if len(taken) == 1:
            sock.sendall(CONNACK)
            release.wait(10)
        else:
            while sock.recv(65_536):
                pass

    program.window.start.filters.setText("")
    with ScriptedPeer(script) as peer:
        await program.connect(f"mqtt://127.0.0.1:{peer.port}")
        release.set()
        await program.until(lambda: state(program) is LinkState.WAITING, "the loss")
        program.window.strip.retry.click()
        await program.until(lambda: "Waiting for the broker's answer" in shown(program)[1], "the step")
        assert shown(program)[::2] == ("Connecting…", "Stop trying")
        assert shown(program)[1].endswith(f"mqtt://127.0.0.1:{peer.port}")
        assert not program.window.strip.retry.isEnabled()
        program.window.header.toggle.click()
        await program.until(lambda: state(program) is LinkState.DISCONNECTED, "the end of trying")
        assert shown(program)[::2] == ("Disconnected", "Connect")


async def test_a_kept_session_says_new_or_resumed(program, broker):
    profile = program.book.add(
        Profile(
            name="Kept",
            url=f"mqtt://127.0.0.1:{broker.port}",
            client_id="header-session",
            clean_start=False,
            session_expiry="60",
            subscriptions=(),  # the broker is shared: nobody else's messages are for this session
        )
    )
    program.connector.connect_profile(profile.id)
    await program.until(lambda: program.workspace.shown is not None, "the connection")
    assert "new session" in shown(program)[1].split(" · ")
    program.window.header.toggle.click()
    await program.until(lambda: state(program) is LinkState.DISCONNECTED, "the disconnect")
    program.window.header.toggle.click()
    await program.until(lambda: state(program) is LinkState.CONNECTED, "the second connection")
    await program.until(lambda: "session resumed" in shown(program)[1].split(" · "), "the word")


async def test_try_again_asks_for_a_password_that_was_refused(program, broker_factory, tmp_path, qtbot):
    guarded = broker_factory(listeners={"mqtt": password_protected(tmp_path, {"ada": "right"})})
    profile = program.book.add(
        Profile(name="Guarded", url=f"mqtt://127.0.0.1:{guarded.port}", username="ada")
    )
    await program.secrets.save(profile.id, Secrets(password="right"), remember=True)
    program.connector.connect_profile(profile.id)
    await program.until(lambda: program.workspace.shown is not None, "the connection")
    connection = program.workspace.shown
    guarded.kill()
    change_password(tmp_path, "ada", "other")
    await program.until(lambda: state(program) is not LinkState.CONNECTED, "the loss")
    guarded.start()
    connection.retry_now()
    await program.until(lambda: state(program) is LinkState.FAILED, "the refusal")
    strip = program.window.strip
    assert strip.retry.text() == "Try again"
    assert strip.edit.isVisible()
    strip.retry.click()
    await program.until(lambda: program.window.findChild(PasswordDialog) is not None, "the dialog")
    dialog = program.window.findChild(PasswordDialog)
    assert dialog.field.error
    dialog.edit.setText("other")
    qtbot.keyClick(dialog.edit, Qt.Key.Key_Return)
    await program.until(
        lambda: program.workspace.shown is not None and state(program) is LinkState.CONNECTED, "it stands"
    )
    assert not strip.isVisible()
    await program.book.finish()


async def test_try_again_without_a_profile_opens_the_same_connection(program):
    """Taken over by another client, it stays down until the user says so."""
    refused = []

    def script(sock):
        sock.recv(65_536)
        sock.sendall(CONNACK)
        if not refused:
            refused.append(1)
            sock.sendall(b"\xe0\x02\x8e\x00")
        while sock.recv(65_536):
            pass

    program.window.start.filters.setText("")
    with ScriptedPeer(script) as peer:
        await program.connect(f"mqtt://127.0.0.1:{peer.port}")
        connection = program.workspace.shown
        await program.until(lambda: state(program) is LinkState.FAILED, "the take-over")
        assert shown(program)[::2] == ("Failed", "Connect")
        strip = program.window.strip
        assert not strip.edit.isVisible()
        strip.retry.click()
        await program.until(lambda: state(program) is LinkState.CONNECTED, "the reconnect")
        assert program.workspace.shown is connection
        await connection.disconnect()
