# SPDX-License-Identifier: MIT
"""The start page as its user meets it: nonsense typed, brokers that refuse, a way out of every attempt."""

from __future__ import annotations

import asyncio
import socket

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.network.faults import DialError, FaultKind
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion, TlsOptions
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.protocol.url import BrokerUrl
from tests.support.mosquitto import free_port, password_protected, plain, tls
from tests.support.scripted_peer import ScriptedPeer, mute

CANARY = "s3cret-canary-4711"


def visible_texts(window):
    """Everything a look at the window, its titles and tooltips can show; what hides behind dots does not count."""
    widgets = [window, *window.findChildren(QLabel)]
    texts = [label.text() for label in window.findChildren(QLabel)]
    texts += [edit.displayText() for edit in window.findChildren(QLineEdit)]
    texts += [widget.toolTip() for widget in widgets] + [widget.accessibleDescription() for widget in widgets]
    return "\n".join([window.windowTitle(), *texts])


async def test_the_first_start_waits_for_an_address(program):
    window = program.window
    await program.until(lambda: QApplication.focusWidget() is window.start.url, "focus in the address")
    assert window.pages.currentWidget() is window.start
    assert QApplication.activeModalWidget() is None
    assert window.start.saved._empty.isVisible()
    assert not window.start.cancel_button.isVisible()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter an address"),
        ("http//what", "mqtt://"),
        ("gopher://host", "starts with mqtt://"),
        ("mqtt://host:99999", "from 1 to 65535"),
        ("mqtt://host:port", "from 1 to 65535"),
        ("mqtt://", "no host"),
        ("mqtt://a b", "no spaces"),
        ("mqtt://host/path", "no path"),
    ],
)
async def test_a_bad_address_is_said_under_it(program, qtbot, typed, said):
    start = program.window.start
    start.url.setText(typed)
    qtbot.keyClick(start.url, Qt.Key.Key_Return)
    assert said in start.url_field.error
    assert program.workspace.connections == []
    assert QApplication.focusWidget() is start.url
    qtbot.keyClicks(start.url, "x")
    assert start.url_field.error == ""


@pytest.mark.parametrize(
    ("filters", "said"), [("a/#/b", "last level"), ("a, b+", "alone in its level"), ("$share//a", "group")]
)
async def test_a_bad_filter_is_said_at_the_filters(program, qtbot, filters, said):
    start = program.window.start
    start.url.setText("mqtt://localhost")
    start.filters.setText(filters)
    qtbot.keyClick(start.filters, Qt.Key.Key_Return)
    assert said in start.quick.filter_field.error
    assert start.url_field.error == ""
    assert program.workspace.connections == []


async def test_a_login_in_the_address_moves_to_its_fields(program, qtbot):
    start = program.window.start
    start.url.setFocus()
    qtbot.keyClicks(start.url, f"mqtt://ada:{CANARY}@localhost:1883")
    qtbot.keyClick(start.url, Qt.Key.Key_Tab)
    assert (start.url.text(), start.username.text(), start.password.text()) == (
        "mqtt://localhost:1883",
        "ada",
        CANARY,
    )
    assert CANARY not in visible_texts(program.window)


async def test_what_the_command_line_asks_for_is_shown_without_the_password(program):
    url, user, password = BrokerUrl.parse(f"mqtts://ada:{CANARY}@localhost")
    options = ConnectOptions(
        url, version=ProtocolVersion.V311, username=user, password=password, keep_alive=7
    )
    program.window.start.fill(
        options, (Subscription(TopicFilter("a/#"), 1), Subscription(TopicFilter("b"), 1))
    )
    start = program.window.start
    assert (start.url.text(), start.username.text(), start.filters.text()) == (
        "mqtts://localhost:8883",
        "ada",
        "a/#, b",
    )
    assert CANARY not in visible_texts(program.window)
    again, subscriptions = start._read()
    assert (again.password, again.version, again.keep_alive) == (CANARY, ProtocolVersion.V311, 7)
    assert [(each.filter.text, each.qos) for each in subscriptions] == [("a/#", 1), ("b", 1)]


def filled_for_prod(start, scheme="mqtts"):
    url, user, password = BrokerUrl.parse(f"{scheme}://ada:{CANARY}@prod.example")
    options = ConnectOptions(
        url,
        client_id="ada-s-own",
        username=user,
        password=password,
        tls=TlsOptions(ca_file="/prod/ca.pem", cert_file="/prod/c.pem", key_file="/prod/k.pem", verify=False),
    )
    start.fill(options, (Subscription(TopicFilter("#")),))
    return options


async def test_login_and_certificates_stay_with_the_broker_they_were_given_for(program):
    start = program.window.start
    given = filled_for_prod(start)
    same, _ = start._read()
    assert (same.username, same.password, same.tls) == ("ada", CANARY, given.tls)
    for other in (
        "mqtt://other.example",
        "mqtts://other.example",
        "mqtt://prod.example",
        "mqtts://prod.example:8884",
    ):
        given = filled_for_prod(start)
        start.url.setText(other)
        options, _ = start._read()
        assert (options.username, options.password, options.tls) == (None, None, TlsOptions()), other
        assert options.client_id != given.client_id
        assert "mqtts://prod.example:8883" in start.quick.username_field.note.text()
        start.url.setText(str(given.url))  # the way back does not bring them back
        assert start._read()[0].password is None


async def test_a_double_click_on_a_recent_broker_sends_no_other_ones_login(program, qtbot):
    start, asked = program.window.start, []
    program.window.start.connect_requested.disconnect()
    start.connect_requested.connect(lambda options, _filters: asked.append(options))
    start.set_recent(["mqtt://other.example:1883"])
    start.url.setText("mqtts://prod.example")
    qtbot.keyClicks(start.username, "ada")
    qtbot.keyClicks(start.password, CANARY)
    start.connect_button.click()
    assert (asked[0].username, asked[0].password) == ("ada", CANARY)
    start._open_recent("mqtt://other.example:1883")
    assert (asked[1].url.host, asked[1].username, asked[1].password) == ("other.example", None, None)


async def test_another_address_typed_takes_the_login_away_and_its_own_is_kept(program, qtbot):
    start = program.window.start
    filled_for_prod(start)
    start.url.setFocus()
    start.url.selectAll()
    qtbot.keyClicks(start.url, "mqtt://bob@other.example")
    qtbot.keyClick(start.url, Qt.Key.Key_Tab)
    assert (start.username.text(), start.password.text()) == ("bob", "")
    qtbot.keyClicks(start.password, "own")
    options, _ = start._read()
    assert (options.username, options.password) == ("bob", "own")


async def test_a_login_typed_before_the_address_is_kept(program, qtbot):
    start = program.window.start
    qtbot.keyClicks(start.username, "ada")
    start.url.setText("mqtt://first.example")
    assert start._read()[0].username == "ada"
    start.url.setText("nonsense://")
    start.url.editingFinished.emit()
    start.url.setText("mqtt://first.example")
    assert start._read()[0].username == "ada"


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("a/#, b", ["a/#", "b"]),
        ("a  b\tc", ["a", "b", "c"]),
        ("cells/1,2", ["cells/1,2"]),
        (" ", []),
    ],
)
async def test_filters_are_split_at_spaces_not_in_a_filter(program, text, filters):
    start = program.window.start
    start.url.setText("mqtt://localhost")
    start.filters.setText(text)
    assert [each.filter.text for each in start._read()[1]] == filters


async def test_filters_of_the_command_line_stay_what_they_are(program):
    start = program.window.start
    options = filled_for_prod(start)
    odd = ["one, two/#", "with space", "x,"]
    start.fill(options, tuple(Subscription(TopicFilter(text)) for text in odd))
    start.qos.set_index(2)
    subscriptions = start._read()[1]
    assert [(each.filter.text, each.qos) for each in subscriptions] == [(text, 2) for text in odd]
    start.filters.setText(start.filters.text() + " more")
    assert start._read()[1][-1].filter.text == "more"
    assert "space" in start.quick.filter_field.note.text()


async def test_a_login_in_a_faulty_address_is_not_repeated(program, qtbot):
    start = program.window.start
    start.url.setText(f"mqtt://ada:{CANARY}@localhost:99999")
    qtbot.keyClick(start.url, Qt.Key.Key_Return)
    assert "65535" in start.url_field.error
    assert CANARY not in start.url_field.error


async def test_a_refused_port_is_tried_again_until_it_is_cancelled(program, qtbot):
    start, told = program.window.start, []
    program.connector.progress.connect(told.append)
    start.url.setText(f"mqtt://127.0.0.1:{free_port()}")
    start.url.setFocus()
    qtbot.keyClick(start.url, Qt.Key.Key_Return)
    await program.until(lambda: "Connection refused" in start.url_field.error, "the refusal")
    assert start.cancel_button.isVisible()
    await program.until(lambda: any("attempt 2" in text for text in told), "the second attempt")
    qtbot.keyClick(start.url, Qt.Key.Key_Escape)
    await program.until(lambda: start.connect_button.isVisible(), "the end of trying")
    assert not start._connecting.isVisible()
    await program.until(lambda: program.workspace.connections == [], "the attempt to be gone")
    count = len(told)
    await asyncio.sleep(1.1)
    assert len(told) == count


async def give_up(program):
    """qasync handles Qt's events once more after a test, with no loop running: nothing may be about to happen then."""
    program.connector.cancel()
    await program.until(lambda: program.workspace.connections == [], "the attempt to be gone")


async def test_trying_again_leaves_the_focus_where_the_user_types(program):
    start, told = program.window.start, []
    program.connector.failed.connect(lambda *error: told.append(error))
    start.url.setText(f"mqtt://127.0.0.1:{free_port()}")
    start.connect_button.click()
    await program.until(lambda: told, "the refusal")
    start.password.setFocus()
    await program.until(lambda: len(told) > 1, "the second refusal")
    assert start.password.hasFocus()
    await give_up(program)


async def test_the_wait_counts_down(program):
    start, told = program.window.start, []
    program.connector.progress.connect(told.append)
    start.url.setText(f"mqtt://127.0.0.1:{free_port()}")
    start.connect_button.click()
    await program.until(lambda: any("attempt 3" in text for text in told), "the third attempt")
    begin, end = (next(n for n, text in enumerate(told) if f"attempt {k}" in text) for k in (2, 3))
    second = told[begin + 1 : end]
    assert len(second) >= 2
    assert second[-1].endswith("again in 1 s…")
    await give_up(program)


async def test_after_cancel_the_page_connects_elsewhere(program, broker, qtbot):
    start = program.window.start
    with ScriptedPeer(mute) as hole:
        start.url.setText(f"mqtt://127.0.0.1:{hole.port}")
        start.connect_button.setFocus()
        qtbot.mouseClick(start.connect_button, Qt.MouseButton.LeftButton)
        await program.until(lambda: start.cancel_button.hasFocus(), "Cancel where Connect was")
        qtbot.mouseClick(start.cancel_button, Qt.MouseButton.LeftButton)
        assert start.connect_button.isVisible()
        assert start.url.hasFocus()
    await program.connect(f"mqtt://127.0.0.1:{broker.port}")
    assert len(program.workspace.connections) == 1


async def test_a_new_address_takes_the_place_of_an_attempt(program, broker, qtbot):
    start = program.window.start
    start.url.setText(f"mqtt://127.0.0.1:{free_port()}")
    start.connect_button.click()
    await program.until(lambda: start.url_field.error, "the refusal")
    start.url.setText(f"mqtt://127.0.0.1:{broker.port}")
    qtbot.keyClick(start.url, Qt.Key.Key_Return)
    await program.until(lambda: program.workspace.shown is not None, "the other broker")
    await program.until(lambda: len(program.workspace.connections) == 1, "the first attempt to be gone")


async def test_a_wrong_password_is_said_at_the_password(program, broker_factory, tmp_path):
    guarded = broker_factory(listeners={"mqtt": password_protected(tmp_path, {"ada": "right"})})
    start = program.window.start
    start.username.setText("ada")
    start.password.setText(CANARY)
    start.url.setText(f"mqtt://127.0.0.1:{guarded.port}")
    start.connect_button.click()
    await program.until(lambda: start.quick.password_field.error, "the refusal")
    assert start.url_field.error == ""
    assert start.password.hasFocus()
    assert start.connect_button.isVisible()
    assert CANARY not in visible_texts(program.window)
    start.password.setText("right")
    await program.connect(f"mqtt://127.0.0.1:{guarded.port}")
    assert start.quick.password_field.error == start.url_field.error == ""
    await program.preferences.finish()
    assert "right" not in program.file.path.read_text()


async def test_tls_to_a_plain_port_and_plain_to_a_tls_port(program, broker_factory, certificates):
    both = broker_factory(listeners={"plain": plain(), "tls": tls(certificates)})
    start = program.window.start
    start.url.setText(f"mqtts://127.0.0.1:{both.ports['plain']}")
    start.connect_button.click()
    await program.until(lambda: start.url_field.error, "an error")
    assert "without TLS" in start.url_field.error
    assert start.connect_button.isVisible()
    assert start._offer.isVisible()
    assert start._offer_button.text() == "Use mqtt://"
    start.url.setText(f"mqtt://ada:{CANARY}@127.0.0.1:{both.ports['tls']}")
    start.connect_button.click()
    await program.until(lambda: "mqtts://" in start.url_field.error, "the guess")
    start.ca_field.set_path(str(certificates.ca))
    start._offer_button.click()
    await program.until(lambda: program.workspace.shown is not None, "TLS")
    options = program.workspace.shown.options
    assert (options.url.scheme, options.password) == (
        "mqtts",
        CANARY,
    )  # the better protected way keeps the login
    await program.connector.close(program.workspace.shown)


async def test_one_click_to_plain_text_takes_no_password_along(program, broker):
    start, asked = program.window.start, []
    start.connect_requested.disconnect()
    start.connect_requested.connect(lambda options, _filters: asked.append(options))
    start.url.setText(f"mqtts://ada:{CANARY}@127.0.0.1:{broker.port}")
    start._take_address()
    start.show_error(DialError(FaultKind.PROTOCOL, "No TLS", "Use mqtt://.", try_scheme="mqtt"))
    start._offer_button.click()
    assert (str(asked[0].url), asked[0].username, asked[0].password) == (
        f"mqtt://127.0.0.1:{broker.port}",
        None,
        None,
    )


async def test_an_unknown_host_names_itself(program, monkeypatch):
    def nowhere(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    start = program.window.start
    start.url.setText("mqtt://no-such-broker.invalid")
    start.connect_button.click()
    await program.until(lambda: start.url_field.error, "an error")
    assert "Unknown host" in start.url_field.error
    assert "no-such-broker.invalid" in start.url_field.error


def _only_311(sock):
    """CONNACK of a 3.1.1 broker that is asked for MQTT 5 (3.2.2.3, code 1), and a welcome for 3.1.1."""
    packet = sock.recv(65_536)
    level = packet[packet.index(b"MQTT") + 4]
    sock.sendall(b"\x20\x02\x00\x00" if level == 4 else b"\x20\x02\x00\x01")
    if level == 4:
        mute(sock)


def _closes_on_5(sock):
    packet = sock.recv(65_536)
    if b"MQTT" in packet and packet[packet.index(b"MQTT") + 4] == 4:
        sock.sendall(b"\x20\x02\x00\x00")
        mute(sock)


@pytest.mark.parametrize("script", [_only_311, _closes_on_5])
async def test_mqtt_3_1_1_is_offered_never_taken(program, script):
    start = program.window.start
    with ScriptedPeer(script) as old:
        start.url.setText(f"mqtt://127.0.0.1:{old.port}")
        start.filters.setText("")
        start.connect_button.click()
        await program.until(lambda: start._offer.isVisible(), "the offer")
        assert start.version.currentData() is ProtocolVersion.V5
        assert program.workspace.shown is None
        await asyncio.sleep(0.3)
        assert program.workspace.shown is None
        start._offer_button.click()
        await program.until(lambda: program.workspace.shown is not None, "MQTT 3.1.1")
        assert program.workspace.shown.options.version is ProtocolVersion.V311
        await program.connector.close(program.workspace.shown)


@pytest.mark.parametrize(
    "field", ["ca_file", "cert_file", "key_file", "client_id", "keep_alive", "alpn", None]
)
async def test_what_has_no_field_stands_under_the_address(program, field):
    start = program.window.start
    start.show_error(MqttExplorerError("A title", "A sentence.", field=field))
    assert start.url_field.error == "A title: A sentence."
    start.show_error(MqttExplorerError("A title", "Another.", field="username"))
    assert (start.url_field.error, start.quick.username_field.error) == ("", "Another.")


async def test_recent_brokers_are_kept_without_login(program, open_program, broker, qtbot):
    start = program.window.start
    start.url.setText(f"mqtt://ada:{CANARY}@127.0.0.1:{broker.port}")
    start.connect_button.click()
    await program.until(lambda: program.workspace.shown is not None, "the connection")
    address = f"mqtt://127.0.0.1:{broker.port}"
    await program.preferences.finish()
    assert CANARY not in program.file.path.read_text()
    again = open_program().window.start
    model = again.saved.model
    group = model.index(0, 0)
    assert (model.rowCount(), model.rowCount(group)) == (1, 1)
    assert model.index(0, 0, group).siblingAtColumn(1).data() == address


async def test_the_demo_offer_can_be_hidden(program):
    start = program.window.start
    assert start.demo_button.isVisible()
    program.preferences.take_chosen({"show_demo_offer": False})
    assert not start.demo_button.isVisible()
    program.preferences.take_chosen({"show_demo_offer": True})
    assert start.demo_button.isVisible()
    assert start._busy.accessibleName()


async def test_a_self_made_authority_is_said_at_its_field_and_given_there(
    program, broker_factory, certificates
):
    running = broker_factory(listeners={"tls": tls(certificates)})
    start = program.window.start
    assert start.ca_field.isHidden()
    start.url.setText(f"mqtts://localhost:{running.ports['tls']}")
    assert not start.ca_field.isHidden()
    start._submit()
    await program.until(lambda: start.ca_field.error, "the error at the CA file")
    assert "CA file" in start.ca_field.error
    start.ca_field.set_path(str(certificates.ca))
    start._submit()
    await program.until(lambda: program.workspace.shown is not None, "connected")
    assert start.ca_field.error == ""
    await program.connector.close(program.workspace.shown)


async def test_the_ca_file_goes_with_its_broker(program):
    start = program.window.start
    start.url.setText("mqtts://one.example")
    start.url.editingFinished.emit()
    start.ca_field.set_path("/tmp/ca.pem")
    start.url.setText("mqtts://two.example")
    start.url.editingFinished.emit()
    assert start.ca_field.path is None
