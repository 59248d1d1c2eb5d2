# SPDX-License-Identifier: MIT
"""The page of saved brokers: choosing, making, copying, connecting, and what an open broker says to its form."""

from __future__ import annotations

import asyncio

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from mqtt_explorer.connection import Connection
from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.network.link import LinkState
from mqtt_explorer.profiles.profile import Profile, Secrets, SubscriptionDraft, WillDraft
from mqtt_explorer.profiles.resolve import resolve
from mqtt_explorer.store import Budget
from tests.support.mosquitto import plain

PLAIN = Profile(id="p", name="Plain", folder="Home", url="mqtt://10.0.0.5:1883", username="ada")
BROKEN = Profile(id="b", name="Broken", url="mqtt://ho st", keep_alive="soon")


def asked(signal):
    got = []
    signal.connect(lambda *args: got.append(args[0] if args else True))
    return got


async def test_a_choice_in_the_list_shows_the_form(bench):
    it = bench(PLAIN, BROKEN)
    assert it.page._pages.currentIndex() == 1
    await it.show("p")
    it.page.list.profile_selected.emit("b")
    assert it.page.profile_id == "b"
    assert it.page.header.name.text() == "Broken"
    assert it.page.list.current_profile == "b"
    await it.until(lambda: it.page.draft.secrets_known, "the secrets")


async def test_problems_are_counted_and_one_click_goes_to_the_first(bench):
    it = bench(PLAIN, BROKEN)
    await it.show("b")
    page = it.page
    assert page.side.count.text() == "2 problems"
    assert not page.header.connect_button.isEnabled()
    page.side.go.click()
    assert page.focusWidget() is page.form.basic.url
    assert page.form.session.head._marked
    page.form.basic.url.setText("mqtt://host")
    QTest.keyClick(page.form.basic.url, Qt.Key.Key_Tab)
    page.side.go.click()
    assert page.form.session.is_open
    assert page.focusWidget() is page.form.session.keep_alive
    assert "number" in page.form.session._places["keep_alive"][0].error
    await it.show("p")
    assert page.side.count.text() == "ready"


async def test_ctrl_enter_connects_or_goes_to_the_problem(bench):
    it = bench(PLAIN, BROKEN)
    connects = asked(it.page.connect_requested)
    await it.show("p")
    name = it.page.form.basic.name
    name.setFocus()
    QTest.keyClicks(name, "!")
    QTest.keyClick(name, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert connects == ["p"]
    assert "!" in it.book.find("p").name  # saved before anybody connects with it
    await it.show("b")
    it.page.form.basic.name.setFocus()
    QTest.keyClick(it.page.form.basic.name, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert connects == ["p"]
    assert it.page.focusWidget() is it.page.form.basic.url


async def test_escape_and_the_button_go_back_and_ctrl_s_says_it_is_saved(bench):
    it = bench(PLAIN)
    backs = asked(it.page.back_requested)
    await it.show("p")
    name = it.page.form.basic.name
    name.setFocus()
    QTest.keyClick(name, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert "Saved" in it.page.header.state.text()
    assert name.text() == "Plain"
    QTest.keyClick(name, Qt.Key.Key_Escape)
    it.page.header.back.click()
    assert len(backs) == 2


async def test_a_new_profile_waits_for_its_address_without_reproach(bench):
    it = bench(PLAIN)
    await it.show("p")
    it.page.new_profile()
    await it.until(lambda: it.page.draft.secrets_known, "the secrets")
    page = it.page
    assert page.focusWidget() is page.form.basic.name
    assert page.draft.profile.folder == "Home"  # where the chosen one is
    assert page.form.basic.url_row.error == ""
    assert not page.header.connect_button.isEnabled()
    made = page.profile_id
    page.show_profile("p")
    assert it.book.find(made) is None  # nothing was typed
    page.new_profile()
    made = page.profile_id
    page.form.basic.url.setFocus()
    QTest.keyClicks(page.form.basic.url, "mqtt://")
    QTest.keyClick(page.form.basic.url, Qt.Key.Key_Tab)
    assert "no host" in page.form.basic.url_row.error
    page.show_profile("p")
    assert it.book.find(made) is not None


async def test_a_new_profile_from_an_address_takes_it_apart(bench):
    it = bench(PLAIN)
    it.page.new_profile("wss://eve:pw-canary@mq.example/ws?t=canary")
    made = it.page.profile_id
    await it.page.finish()
    await it.book.finish()
    assert it.book.find(made).url == "wss://mq.example:443"
    assert (it.book.find(made).username, it.book.find(made).websocket_path) == ("eve", "/ws")
    assert it.store.known(made) == Secrets(password="pw-canary", websocket_query="t=canary")
    assert "canary" not in it.on_disk()


async def test_a_copy_has_the_secrets_too(bench):
    it = bench(PLAIN)
    await it.store.save("p", Secrets(password="pw"), remember=True)
    await it.show("p")
    it.page.header.duplicate.click()
    copy = it.page.profile_id
    assert copy != "p"
    await it.until(lambda: it.page.form.basic.password.text() == "pw", "the copied password")
    assert it.store.known(copy).password == "pw"
    assert it.book.find(copy).name == "Plain copy"


async def test_a_change_from_elsewhere_and_an_edit_both_stay(bench):
    it = bench(PLAIN)
    await it.show("p")
    form = it.page.form
    form.basic.name.setFocus()
    form.basic.name.selectAll()
    QTest.keyClicks(form.basic.name, "Renamed")
    it.book.touch("p")
    it.book.rename_folder("Home", "House")
    assert form.basic.folder.currentText() == "House"
    assert form.basic.name.text() == "Renamed"
    it.page.flush()
    found = it.book.find("p")
    assert (found.name, found.folder) == ("Renamed", "House")
    assert found.last_used > 0


async def test_a_profile_deleted_in_the_list_leaves_the_form(bench):
    it = bench(PLAIN)
    await it.show("p")
    QTest.keyClicks(it.page.form.basic.name, "!")
    it.book.remove("p")
    assert it.page._pages.currentIndex() == 1
    it.page.flush()
    assert it.book.find("p") is None


async def test_an_error_of_connecting_stands_at_its_field(bench):
    it = bench(PLAIN, BROKEN)
    await it.show("b")
    error = MqttExplorerError("Refused", "The client id is in use.", field="client_id")
    it.page.show_error("p", error)
    assert it.page.profile_id == "p"
    session = it.page.form.session
    assert session.is_open
    assert "in use" in session._id_row.error
    it.page.show_error("p", MqttExplorerError("No route", "The network is down."))
    assert it.page.told.isVisible()
    assert "network is down" in it.page.told.text.text()
    await it.until(lambda: it.page.draft.secrets_known, "the secrets")


async def test_an_open_broker_says_when_changes_wait(bench, broker_factory):
    mosquitto = broker_factory(["retain_available false"], listeners={"plain": [*plain(), "max_qos 1"]})
    profile = Profile(
        id="p",
        name="Real",
        url=f"mqtt://127.0.0.1:{mosquitto.port}",
        subscriptions=(SubscriptionDraft(filter="#"),),
        will=WillDraft(enabled=True, topic="gone"),
    )
    it = bench(profile)
    await it.show("p")
    options, wanted = resolve(profile, Secrets(), client_id="mxqtest", payload_cap=1 << 20)
    connection = Connection(options, budget=Budget(64 << 20), subscriptions=wanted)
    try:
        connection.open()
        it.page.set_connections({"p": connection})
        await it.until(lambda: connection.state.state is LinkState.CONNECTED, "the connection")
        page, form = it.page, it.page.form
        assert not page.stale.isVisible()
        assert form.will.qos._button(1).isEnabled()
        assert not form.will.qos._button(2).isEnabled()  # told with CONNACK
        assert "no QoS 2" in form.subscriptions.limited.text.text()
        assert not form.will.retain.isEnabled()
        assert page.side.source.text() == "told by the broker"
        again = asked(page.reconnect_requested)
        form.basic.name.setText("Other name")
        form.basic.note_edit("name")
        assert not page.stale.isVisible()  # a name changes nothing on the wire
        form.session.keep_alive.setText("55")
        form.session.note_done("keep_alive")
        assert page.stale.isVisible()
        assert "next connect" in page.stale.text.text()
        page._reconnect()
        assert again == ["p"]
        form.session.keep_alive.setText("30")
        form.session.note_done("keep_alive")
        assert not page.stale.isVisible()
    finally:
        await connection.close()
    it.page.set_connections({})
    assert form.will.qos._button(2).isEnabled()
    assert not page.stale.isVisible()


async def test_the_side_column_goes_under_the_form_in_a_narrow_window(bench):
    it = bench(PLAIN, BROKEN)
    await it.show("b")
    page = it.page
    assert page.side.parent() is not page.form.area.widget()
    it.window.resize(880, 600)
    await asyncio.sleep(0.05)
    assert page.width() == 880
    assert page.form.area.widget().isAncestorOf(page.side)
    assert page.trouble.isVisible()
    assert page.form.area.widget().width() <= page.form.area.viewport().width()  # nothing is cut at the right
    it.window.resize(1360, 820)
    await asyncio.sleep(0.05)
    assert not page.form.area.widget().isAncestorOf(page.side)
    assert not page.trouble.isVisible()


async def test_without_a_keyring_it_is_said(bench):
    it = bench(PLAIN)

    def refuse(*_):
        raise OSError("nobody there")

    it.keyring.set_password = it.keyring.get_password = it.keyring.delete_password = refuse
    it.page.show_profile("p")
    it.page.form.basic.password.setFocus()
    QTest.keyClicks(it.page.form.basic.password, "pw")
    it.page.flush()
    await it.until(lambda: "session only" in it.page.side.place.text(), "the word in the side column")
    assert "Kept for this session only" in it.page.form.basic._remember_row.note("help")
    await it.page.draft.finish_saving()
    assert it.store.known("p").password == "pw"
    assert msgspec.structs.asdict(it.book.find("p"))["username"] == "ada"


async def test_what_the_broker_refused_counts_until_the_field_or_the_next_try(bench):
    it = bench(PLAIN)
    await it.show("p")
    page = it.page
    refused = MqttExplorerError("Refused", "The client id is in use.", field="client_id")
    for over in (
        lambda: page.form.session.fresh.set_index(1),
        page._connect,
    ):
        page.show_error("p", refused)
        assert page.side.count.text() == "last try failed"
        assert "in use" in page.side.first.text()
        assert page.header.connect_button.isEnabled()  # it may be in order by now
        over()
        assert page.side.count.text() == "ready"
        assert page.form.session._id_row.error == ""


async def test_escape_leaves_a_field_that_was_typed_into_first(bench):
    it = bench(PLAIN)
    backs = asked(it.page.back_requested)
    await it.show("p")
    page, name = it.page, it.page.form.basic.name
    name.setFocus()
    QTest.keyClicks(name, "!")
    QTest.keyClick(name, Qt.Key.Key_Escape)
    assert backs == []
    assert page.focusWidget() is not name
    QTest.keyClick(page.focusWidget(), Qt.Key.Key_Escape)
    assert len(backs) == 1
    name.setFocus()  # nothing typed since
    QTest.keyClick(name, Qt.Key.Key_Escape)
    assert len(backs) == 2


async def test_the_form_opens_where_one_begins(bench):
    it = bench(PLAIN, BROKEN)
    await it.show("p")
    page = it.page
    for profile_id, wanted in (("p", page.form.basic.url), ("b", page.form.basic.url)):
        page.hide()
        page.show_profile(profile_id)
        page.show()
        assert page.focusWidget() is wanted
    page.new_profile()
    assert page.focusWidget() is page.form.basic.name
    await it.until(lambda: page.draft.secrets_known, "the secrets")
    await it.page.finish()
    await it.book.finish()
