# SPDX-License-Identifier: MIT
"""The form of a saved broker: what is typed is kept, what is wrong stands at its field, secrets stay secret."""

from __future__ import annotations

import asyncio
import itertools
import shutil

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from mqtt_explorer.app.profiles.form.address import take_apart
from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.profiles.profile import Profile, Secrets, SubscriptionDraft, WillDraft
from mqtt_explorer.profiles.profile_file import ProfileFile
from tests.support.profile_page import MemoryKeyring

CANARY = "s3cret-canary-4711"
PLAIN = Profile(id="p", name="Plain", url="mqtt://10.0.0.5:1883", username="ada")
FULL = Profile(
    id="f",
    name="Everything",
    folder="Plant",
    colour=3,
    url="wss://mq.example:8084",
    username="ada",
    client_id="line-3",
    keep_alive="17",
    clean_start=False,
    session_expiry="never",
    receive_maximum="10",
    maximum_packet_size="65536",
    topic_alias_maximum="5",
    user_properties=(("site", "north"), ("site", "south")),
    websocket_path="/broker",
    websocket_headers=("Authorization", "X-Trace"),
    trust="file",
    ca_file="/nowhere/ca.pem",
    certificate="pem",
    cert_file="/nowhere/c.pem",
    key_file="/nowhere/k.pem",
    pkcs12_file="/nowhere/c.p12",
    alpn="mqtt, other",
    server_name="inside.example",
    minimum_tls="1.3",
    verify=False,
    connect_at_start=True,
    last_used=1234.0,
    will=WillDraft(
        enabled=True,
        topic="gone",
        payload="a\u00a0b\nc",
        qos=1,
        retain=True,
        delay="5",
        payload_is_text=True,
        message_expiry="60",
        content_type="text/plain",
        response_topic="back",
        correlation_data="00ff",
        user_properties=(("a", "b"),),
    ),
    subscriptions=(
        SubscriptionDraft(filter="a/#", qos=1, no_local=True, retain_handling=2, identifier="7"),
        SubscriptionDraft(filter="b", qos=2, retain_as_published=False),
    ),
)


def type_into(edit: QLineEdit, text: str) -> None:
    """As a user does: the old text is selected, the new one typed, Tab leaves."""
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Tab)


def visible(page: QWidget) -> str:
    texts = [each.text() for each in page.findChildren(QLabel)]
    texts += [each.displayText() for each in page.findChildren(QLineEdit)]
    texts += [
        each.toolTip() + each.accessibleName() + each.accessibleDescription()
        for each in page.findChildren(QWidget)
    ]
    return "\n".join(texts)


async def test_a_profile_with_everything_comes_out_as_it_went_in(bench):
    it = bench(FULL)
    secrets = Secrets(
        password=CANARY, key_password="k", websocket_query="token=1", websocket_values=("Bearer x", "t")
    )
    await it.store.save("f", secrets, remember=True)
    await it.show("f")
    profile, out = FULL, Secrets()
    for section in it.page.form.sections:
        profile, out = section.apply(profile), section.apply_secrets(out)
    assert profile == FULL
    assert out == secrets
    blank = Profile(id="f", extra=FULL.extra, last_used=FULL.last_used, preset=FULL.preset)
    for section in it.page.form.sections:
        blank = section.apply(blank)
    assert blank == FULL  # every field is in some section
    await it.page.finish()
    await it.book.finish()
    assert it.book.find("f") == FULL  # showing changes nothing


async def test_what_is_typed_is_saved_without_asking(bench):
    it = bench(PLAIN)
    await it.show("p")
    form = it.page.form
    type_into(form.basic.name, "Greenhouse")
    type_into(form.session.keep_alive, "soon")  # invalid text is kept too
    await it.until(lambda: it.book.find("p").keep_alive == "soon", "the edit in the book")
    await it.until(lambda: not it.book.unsaved and not it.page.draft.saving, "the file")
    again = ProfileFile(it.folder).load()
    assert (again.profiles[0].name, again.profiles[0].keep_alive) == ("Greenhouse", "soon")
    assert "Saved" in it.page.header.state.text()


async def test_nothing_is_lost_when_another_profile_is_chosen_at_once(bench):
    it = bench(PLAIN, FULL)
    await it.show("p")
    it.page.form.basic.name.setFocus()
    QTest.keyClicks(it.page.form.basic.name, "!")
    QTest.keyClicks(it.page.form.basic.password, CANARY)
    it.page.form.basic.url.setText("mqtt://moved.example:1884")  # still in the field, not left
    it.page.show_profile("f")
    found = it.book.find("p")
    assert (found.name.replace("!", ""), "!" in found.name, found.url) == (
        "Plain",
        True,
        "mqtt://moved.example:1884",
    )
    assert it.book.find("f") == FULL
    await it.page.finish()
    assert it.store.known("p").password == CANARY
    assert it.book.find("f") == FULL


async def test_the_login_of_an_address_never_stays_readable(bench):
    it = bench(PLAIN)
    await it.show("p")
    form = it.page.form
    type_into(form.basic.url, f"wss://eve:{CANARY}@mq.example:8084/ws/mqtt?token={CANARY}")
    assert form.basic.url.text() == "wss://mq.example:8084"
    assert (form.basic.username.text(), form.basic.password.text()) == ("eve", CANARY)
    assert (form.websocket.path.text(), form.websocket.query.text()) == ("/ws/mqtt", f"token={CANARY}")
    assert CANARY not in visible(it.page)
    await it.page.finish()
    await it.book.finish()
    assert CANARY not in it.on_disk()
    assert it.store.known("p") == Secrets(password=CANARY, websocket_query=f"token={CANARY}")
    assert CANARY in "".join(it.keyring.entries.values())


@pytest.mark.parametrize(
    ("typed", "left", "said"),
    [
        ("mqtt://ho st", "mqtt://ho st", "no spaces"),
        ("gopher://host", "gopher://host", "starts with mqtt://"),
        (f"mqtt://eve:{CANARY}@host:99999", "mqtt://host:99999", "from 1 to 65535"),
        ("mqtt://", "mqtt://", "no host"),
    ],
)
async def test_a_bad_address_keeps_its_text_and_says_why(bench, typed, left, said):
    it = bench(PLAIN)
    await it.show("p")
    basic = it.page.form.basic
    type_into(basic.url, typed)
    assert basic.url.text() == left
    assert said in basic.url_row.error
    assert CANARY not in visible(it.page)
    assert not it.page.header.connect_button.isEnabled()
    assert said in it.page.header.connect_button.toolTip()
    type_into(basic.url, "mqtt://host")
    assert basic.url_row.error == ""
    assert it.page.header.connect_button.isEnabled()
    await it.page.finish()
    await it.book.finish()
    assert CANARY not in it.on_disk()


def test_an_address_comes_apart():
    typed = take_apart("mqtts://a%40b:p%3Aw@host")
    assert (typed.shown, typed.username, typed.password, typed.path) == (
        "mqtts://host:8883",
        "a@b",
        "p:w",
        None,
    )
    assert take_apart("ws://host").path is None
    assert take_apart("ws://host/mqtt?x=1").query == "x=1"
    assert CANARY not in repr(take_apart(f"ws://u:{CANARY}@h/?{CANARY}"))


async def test_secrets_that_now_go_elsewhere_are_named(bench):
    it = bench(PLAIN)
    await it.store.save("p", Secrets(password=CANARY, key_password="k"), remember=True)
    await it.show("p")
    basic = it.page.form.basic
    type_into(basic.name, "Other name")
    assert basic.url_row.note("moved") == ""
    type_into(basic.url, "mqtts://other.example:8883")
    note = basic.url_row.note("moved")
    assert "the password will now go to mqtts://other.example:8883" in note
    assert "key" not in note  # opens a file here, is never sent
    type_into(basic.url, "mqtt://other.example:1883")
    assert "not encrypted" in basic.url_row.note("moved")
    basic.url_row._notes["moved"].button.click()
    assert basic.password.text() == ""
    assert basic.url_row.note("moved") == ""
    await it.page.finish()
    assert it.store.known("p") == Secrets(key_password="k")


async def test_a_password_that_came_with_the_new_address_is_not_the_old_ones(bench):
    it = bench(PLAIN)
    await it.store.save("p", Secrets(password="old"), remember=True)
    await it.show("p")
    type_into(it.page.form.basic.url, f"mqtts://eve:{CANARY}@other.example")
    assert it.page.form.basic.url_row.note("moved") == ""


async def test_the_eye_shows_a_password_until_the_next_profile(bench):
    it = bench(PLAIN, FULL)
    await it.store.save("p", Secrets(password=CANARY), remember=True)
    await it.show("p")
    password = it.page.form.basic.password
    assert CANARY not in visible(it.page)
    password.button.click()
    assert password.displayText() == CANARY
    await it.show("f")
    await it.show("p")
    assert password.text() == CANARY
    assert CANARY not in visible(it.page)


async def test_what_is_typed_before_the_keyring_answers_wins(bench):
    keyring = MemoryKeyring()
    first = bench(PLAIN, keyring=keyring)
    await first.store.save("p", Secrets(password="old", key_password="kept"), remember=True)
    keyring.delay_s = 0.05
    it = bench(PLAIN, keyring=keyring)
    it.page.show_profile("p")
    assert not it.page.draft.secrets_known
    it.page.form.basic.password.setFocus()
    QTest.keyClicks(it.page.form.basic.password, "new")
    await it.until(lambda: it.page.draft.secrets_known, "the keyring")
    assert it.page.form.basic.password.text() == "new"
    assert it.page.form.tls.key_password.text() == "kept"
    await it.page.finish()
    assert it.store.known("p") == Secrets(password="new", key_password="kept")


async def test_asking_each_time_takes_the_password_out_of_the_keyring(bench):
    it = bench(PLAIN)
    await it.store.save("p", Secrets(password=CANARY), remember=True)
    assert CANARY in "".join(it.keyring.entries.values())
    await it.show("p")
    it.page.form.basic.remember.set_index(1)
    assert "Asked at each connect" in visible(it.page)
    await it.page.finish()
    assert CANARY not in "".join(it.keyring.entries.values())
    assert it.book.find("p").remember_secrets is False


async def test_mqtt_5_fields_are_off_on_3_1_1_with_the_reason(bench):
    it = bench(msgspec.structs.replace(FULL, version="3.1.1"), PLAIN)
    await it.show("f")
    form = it.page.form
    for edit in (form.session.expiry, form.will.delay, form.subscriptions.rows[0].identifier):
        assert not edit.isEnabled()
        assert "MQTT 5" in edit.toolTip()
    assert "no subscription options" in form.subscriptions.limited.text.text()
    assert form.session.keep_alive.isEnabled()
    form.basic.version.set_index(0)
    assert form.session.expiry.isEnabled()
    assert form.session.expiry.text() == "never"  # kept all the while


async def test_a_fresh_client_id_greys_the_session_out(bench):
    it = bench(PLAIN)
    await it.show("p")
    session = it.page.form.session
    assert not session.clean_start.isEnabled()
    assert "fresh client id" in session._clean_row.reason
    session.fresh.set_index(1)
    made = session.client_id.text()
    assert made.startswith("mxq")
    assert session.clean_start.isEnabled()
    assert session.expiry.isEnabled()
    session.never.click()
    session.fresh.set_index(0)
    assert it.page.draft.profile.client_id == ""
    session.fresh.set_index(1)
    assert session.client_id.text() == made
    assert it.page.draft.profile.session_expiry == "never"


async def test_plain_addresses_have_no_tls_and_websocket_fields(bench):
    it = bench(PLAIN, FULL)
    await it.show("p")
    form = it.page.form
    assert "Only for mqtts://" in form.tls.head.summary
    assert "Only for ws://" in form.websocket.head.summary
    assert not form.tls.alpn.isEnabled()
    assert not form.unverified.isVisible()
    await it.show("f")
    assert form.tls.alpn.isEnabled()
    assert form.websocket.path.isEnabled()
    assert form.tls.head.summary.startswith("CA file, client certificate")
    assert form.unverified.isVisible()
    form.tls.verify.setChecked(True)
    assert not form.unverified.isVisible()


async def test_a_preset_fills_in_says_so_and_can_be_undone(bench):
    before = msgspec.structs.replace(PLAIN, url="mqtt://x.iot.example.com:1884", alpn="own")
    it = bench(before)
    await it.show("p")
    form = it.page.form
    choice = form.basic.preset
    index = next(n for n in range(choice.count()) if choice.itemText(n) == "AWS IoT Core")
    choice.setCurrentIndex(index)
    choice.activated.emit(index)
    note = form.preset_note.text.text()
    assert "The preset changed" in note
    assert "URL" in note
    assert "ALPN" in note
    assert it.page.draft.profile.alpn == "x-amzn-mqtt-ca"
    assert form.tls.alpn.text() == "x-amzn-mqtt-ca"
    assert not form.basic.username.isEnabled()
    assert "client certificate" in form.basic.username.toolTip()
    assert form.basic.username.text() == "ada"  # not used, and not lost
    row = form.subscriptions.rows[0]
    assert not row.qos._button(2).isEnabled()
    assert "no QoS 2" in form.subscriptions.limited.text.text()
    assert not form.will.qos._button(2).isEnabled()
    form.preset_note.undo.click()
    assert not form.preset_note.isVisible()
    assert msgspec.structs.replace(it.page.draft.profile, last_used=0) == before
    assert form.tls.alpn.text() == "own"
    assert form.basic.username.isEnabled()


async def test_files_are_looked_into(bench, certificates):
    good = msgspec.structs.replace(
        PLAIN,
        url="mqtts://mq.example",
        trust="file",
        ca_file=str(certificates.ca),
        certificate="pem",
        cert_file=str(certificates.client.cert),
        key_file=str(certificates.client.key),
    )
    it = bench(good)
    await it.show("p")
    page, tls = it.page, it.page.form.tls
    await it.until(lambda: "key_file" in page.checks.findings, "what the key file holds")
    await it.until(lambda: tls.rows["ca_file"].note("finding-ca_file-0"), "what the CA file holds")
    assert page.form.problems == []
    key = tls._places["key_file"][1]
    type_into(key, str(certificates.client_expired.key))
    await it.until(lambda: page.form.problems, "the mismatch")
    assert page.form.problems[0][0] == "key_file"
    assert "does not belong" in tls.rows["key_file"].error
    assert key.property("error") is True
    assert "does not belong" in page.side.first.text()
    assert not page.header.connect_button.isEnabled()
    type_into(key, str(certificates.client.key))
    await it.until(lambda: not page.checks.busy, "the look into the file")
    assert page.form.problems == []
    assert tls.rows["key_file"].note("finding-key_file-0")
    assert key.property("error") is False


async def test_a_file_that_was_mended_meanwhile_is_seen(bench, certificates, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_text("not a certificate")
    it = bench(msgspec.structs.replace(PLAIN, url="mqtts://mq.example", trust="file", ca_file=str(file)))
    await it.show("p")
    await it.until(lambda: it.page.form.problems, "the bad file")
    shutil.copy(certificates.ca, file)
    it.page.form.check_files_again()
    await it.until(lambda: not it.page.checks.busy, "the look into the file")
    assert it.page.form.problems == []


async def test_a_late_answer_about_a_file_is_dropped(bench, certificates, monkeypatch):
    from mqtt_explorer.app.profiles.form import file_checks

    real, slow = file_checks.inspect_ca, str(certificates.other_ca)

    def inspect(path):
        if path == slow:
            import time

            time.sleep(0.4)
        return real(path)

    monkeypatch.setattr(file_checks, "inspect_ca", inspect)
    it = bench(msgspec.structs.replace(PLAIN, url="mqtts://mq.example", trust="file", ca_file=slow))
    await it.show("p")
    await it.until(lambda: "Checking" in str(it.page.checks.findings), "the word that it is checked")
    type_into(it.page.form.tls.ca_file, "/nowhere/at/all.pem")
    await it.until(lambda: it.page.form.problems, "the missing file")
    said = it.page.checks.findings
    await asyncio.sleep(0.5)
    assert it.page.checks.findings == said
    assert not it.page.checks.busy


async def test_subscriptions_are_added_moved_and_removed(bench):
    it = bench(PLAIN)
    await it.show("p")
    section = it.page.form.subscriptions
    section.set_open(True)
    section.add_button.click()
    assert not section.rows[1].error.isVisible()
    type_into(section.rows[1].filter, "a/#/b")
    assert "last level" in section.rows[1].error.text.text()
    assert "subscriptions.1.filter" in [field for field, _ in it.page.form.problems]
    type_into(section.rows[1].filter, "a/+")
    assert not section.rows[1].error.isVisible()
    section.rows[1].up.click()
    assert [each.filter for each in it.page.draft.profile.subscriptions] == ["a/+", "#"]
    section.rows[1].remove.click()
    assert [each.filter for each in it.page.draft.profile.subscriptions] == ["a/+"]
    section.rows[0].remove.click()
    assert it.page.draft.profile.subscriptions == ()
    assert section.none.isVisible()
    assert section.head.summary == "None"


async def test_headers_keep_names_in_the_file_and_values_in_the_keyring(bench):
    it = bench(msgspec.structs.replace(PLAIN, url="wss://mq.example"))
    await it.show("p")
    headers = it.page.form.websocket.headers
    it.page.form.websocket.set_open(True)
    headers.add_button.click()
    line = headers._lines[0]
    type_into(line.name, "Authorization")
    type_into(line.value, CANARY)
    assert CANARY not in visible(it.page)
    await it.page.finish()
    await it.book.finish()
    assert it.book.find("p").websocket_headers == ("Authorization",)
    assert it.store.known("p").websocket_values == (CANARY,)
    assert CANARY not in it.on_disk()


async def test_sections_fold_by_keyboard(bench):
    it = bench(PLAIN)
    await it.show("p")
    session = it.page.form.session
    session.head.setFocus()
    QTest.keyClick(session.head, Qt.Key.Key_Space)
    assert session.is_open
    QTest.keyClick(session.head, Qt.Key.Key_Left)
    assert not session.is_open
    QTest.keyClick(session.head, Qt.Key.Key_Right)
    assert session.is_open
    QTest.keyClick(session.head, Qt.Key.Key_Down)
    assert it.page.focusWidget() is it.page.form.will.head
    assert "Last Will" in it.page.form.will.head.accessibleName()


async def test_tab_walks_from_top_to_bottom(bench):
    it = bench(FULL)
    await it.store.save("f", Secrets(password="p", websocket_values=("x", "y")), remember=False)
    await it.show("f")
    form = it.page.form
    for section in form.sections:
        section.set_open(True)
    await asyncio.sleep(0.05)
    form.basic.name.setFocus()
    heights, start = [], form.basic.name
    for _ in range(100):
        focused = it.page.focusWidget()
        if not form.area.widget().isAncestorOf(focused):
            break
        place = focused.mapTo(form.area.widget(), focused.rect().topLeft()).y()
        heights.append((focused.accessibleName(), place))
        QTest.keyClick(focused, Qt.Key.Key_Tab)
        assert it.page.focusWidget() is not start
    names = [name for name, _ in heights]
    assert len(set(names)) > 50
    assert names.index("Filter 2") < names.index("Header 1, name") < names.index("Header 2, value")
    assert [name for (name, y), (_, later) in itertools.pairwise(heights) if later < y - 12] == []


async def test_every_editor_has_a_name(bench):
    it = bench(FULL)
    await it.show("f")
    for editor in it.page.form.findChildren(QWidget):
        if editor.focusPolicy() & Qt.FocusPolicy.TabFocus and editor.parent() is not None:
            if editor.objectName().startswith("qt_") or type(editor).__name__ in ("Segment", "QListView"):
                continue
            named = editor.accessibleName() or getattr(editor, "text", str)() or editor.toolTip()
            assert named, f"{type(editor).__name__} in {type(editor.parent()).__name__}"


async def choose_preset(it, name: str) -> None:
    """As a user does, in the list of presets."""
    choice = it.page.form.basic.preset
    index = next(n for n in range(choice.count()) if choice.itemText(n) == name)
    choice.setCurrentIndex(index)
    choice.activated.emit(index)
    await asyncio.sleep(0.02)


async def new_one(it):
    """The form of a new profile, in front."""
    await it.show(it.book.profiles[0].id)
    it.page.new_profile()
    await it.until(lambda: it.page.draft.secrets_known, "the secrets")
    return it.page.form


async def test_an_address_counts_while_it_is_typed(bench):
    it = bench(PLAIN)
    form = await new_one(it)
    asked = []
    it.page.connect_requested.connect(asked.append)
    form.basic.url.setFocus()
    QTest.keyClicks(form.basic.url, "gopher://x")
    assert "starts with mqtt://" in it.page.side.first.text()
    form.basic.url.selectAll()
    QTest.keyClicks(form.basic.url, "broker.example")
    assert it.page.side.count.text() == "ready"
    assert it.page.header.connect_button.isEnabled()
    it.page.header.connect_button.click()  # the field was not left
    assert asked == [it.page.profile_id]
    assert it.book.find(it.page.profile_id).url == "mqtt://broker.example:1883"
    await it.page.finish()
    await it.book.finish()


async def test_an_address_is_saved_after_a_pause_and_a_login_never(bench):
    it = bench(PLAIN)
    await it.show("p")
    page, url = it.page, it.page.form.basic.url
    url.setFocus()
    url.selectAll()
    QTest.keyClicks(url, "mqtts://broker.example")
    await it.until(lambda: not it.book.unsaved and not page.draft.saving, "the file")
    assert '"mqtts://broker.example:8883"' in it.on_disk()
    assert url.text() == "mqtts://broker.example"  # nothing changes under the cursor
    assert "Saved" in page.header.state.text()
    # The password of a login that is being typed stands for a while where a port would.
    for text in ("mqtt://eve:40711", "mqtt://eve:40711@broker.example", "eve:40711", f"wss://h/?{CANARY}"):
        url.selectAll()
        QTest.keyClicks(url, text)
        await asyncio.sleep(0.4)
        await it.until(lambda: not it.book.unsaved and not page.draft.saving, "the file")
        assert page.header.state.text() == "Not saved yet", text
        assert "40711" not in it.on_disk()
        assert CANARY not in it.on_disk()
    assert page.header.connect_button.isEnabled()
    QTest.keyClick(url, Qt.Key.Key_Tab)
    assert url.text() == "wss://h:443"
    await it.until(lambda: "wss://h:443" in it.on_disk(), "the file")
    await it.until(lambda: page.header.state.text().startswith("Saved"), "the word")
    await it.page.finish()
    await it.book.finish()


@pytest.mark.parametrize("fresh", [False, True])
async def test_faults_of_wills_filters_and_headers_stand_at_their_fields(bench, fresh):
    it = bench(msgspec.structs.replace(PLAIN, url="ws://h:80"))
    if fresh:
        form = await new_one(it)
        type_into(form.basic.url, "ws://h:80")
    else:
        await it.show("p")
        form = it.page.form
    for section in form.sections:
        section.set_open(True)
    will = form.will
    will.enabled.click()
    for edit, name, text in (
        (will.topic, "topic", "a/#"),
        (will.delay, "delay", "soon"),
        (will.expiry, "message_expiry", "soon"),
        (
            will.response_topic if hasattr(will, "response_topic") else will._places["response_topic"][1],
            "response_topic",
            "b/+",
        ),
        (will._places["correlation_data"][1], "correlation_data", "xyz"),
    ):
        will.head.set_mark(False)
        type_into(edit, text)
        assert will._places[name][0].error, name
        assert edit.property("error") is True, name
        assert will.head._marked, name
    rows = form.subscriptions.rows
    type_into(rows[0].filter, "a/#/b")
    assert "last level" in rows[0].error.text.text()
    assert form.subscriptions.head._marked
    type_into(rows[0].filter, "a")
    type_into(rows[0].identifier, "0")
    assert rows[0].identifier.property("error") is True
    type_into(form.websocket.path, "/a b")
    assert form.websocket._places["websocket_path"][0].error
    assert form.websocket.head._marked
    headers = form.websocket.headers
    headers.add_button.click()
    type_into(headers._lines[0].name, "bad name")
    assert form.websocket._places["websocket_headers"][0].error
    await it.page.finish()
    await it.book.finish()


async def test_the_notice_of_a_preset_tells_what_was_taken_back(bench):
    it = bench(msgspec.structs.replace(PLAIN, url="mqtts://h:8883"))
    await it.show("p")
    form = it.page.form
    await choose_preset(it, "AWS IoT Core")
    assert "filled in: Client certificate, ALPN." in form.preset_note.text.text()
    await choose_preset(it, "Mosquitto")
    said = form.preset_note.text.text()
    assert "Taken back from the preset before: Client certificate, ALPN." in said
    assert "filled in: Client" not in said
    await it.page.finish()
    await it.book.finish()


async def test_a_preset_gives_the_port_and_minds_one_that_does_not_fit(bench):
    it = bench(PLAIN)
    form = await new_one(it)
    await choose_preset(it, "AWS IoT Core")
    for typed in ("mqtts://x-ats.iot.example.com", "x-ats.iot.example.com"):
        type_into(form.basic.url, typed)
        assert form.basic.url.text() == "mqtts://x-ats.iot.example.com:443"
    assert "port" not in form.basic.url_row.note("help")
    type_into(form.basic.url, "mqtts://x-ats.iot.example.com:8883")
    assert form.basic.url.text() == "mqtts://x-ats.iot.example.com:8883"
    assert "x-amzn-mqtt-ca is for port 443" in form.basic.url_row.note("help")
    type_into(form.tls.alpn, " ")
    assert "port" not in form.basic.url_row.note("help")
    await it.page.finish()
    await it.book.finish()


async def test_choosing_a_preset_moves_nothing_and_reproaches_nothing(bench):
    it = bench(PLAIN)
    form = await new_one(it)
    await asyncio.sleep(0.05)
    watched = (form.basic.preset, form.basic.url, form.basic.password, form.basic.version)
    before = [each.mapTo(it.page, each.rect().topLeft()).y() for each in watched]
    form.basic.url.setFocus()
    form.basic.preset.setFocus()  # through the field, nothing typed
    await choose_preset(it, "AWS IoT Core")
    await asyncio.sleep(0.05)
    assert form.preset_note.isVisible()
    assert [each.mapTo(it.page, each.rect().topLeft()).y() for each in watched] == before
    assert form.basic.url_row.error == ""
    assert not form.basic.url.property("error")
    await it.page.finish()
    await it.book.finish()


@pytest.mark.parametrize("remember", [True, False])
async def test_an_encrypted_key_without_its_password_is_asked_for_later(bench, certificates, remember):
    locked = certificates.client_locked
    it = bench(
        msgspec.structs.replace(
            PLAIN,
            url="mqtts://mq.example",
            certificate="pem",
            cert_file=str(locked.cert),
            key_file=str(locked.key),
            remember_secrets=remember,
        )
    )
    await it.show("p")
    tls = it.page.form.tls
    await it.until(
        lambda: "asked for when" in tls.rows["key_password"].note("finding-key_password-0"), "the hint"
    )
    assert it.page.form.problems == []
    assert it.page.header.connect_button.isEnabled()
    assert tls.key_password.isEnabled() is remember
    await it.page.finish()
    await it.book.finish()


async def test_a_foreign_key_is_found_in_a_pause_of_typing_and_said_once(bench, certificates):
    it = bench(
        msgspec.structs.replace(
            PLAIN,
            url="mqtts://mq.example",
            certificate="pem",
            cert_file=str(certificates.client.cert),
            key_file=str(certificates.client.key),
        )
    )
    await it.show("p")
    page, tls = it.page, it.page.form.tls
    key = tls._places["key_file"][1]
    key.setFocus()
    key.selectAll()
    QTest.keyClicks(key, str(certificates.client_expired.key))
    await it.until(lambda: page.form.problems, "the mismatch, the cursor still there")
    page.show_error("p", MqttExplorerError("Key", "The key does not belong to it.", field="cert_file"))
    said = [each.text() for each in tls.findChildren(QLabel) if "does not belong" in each.text()]
    assert len(said) == 1
    key.setText(str(certificates.client.key))
    key.chosen.emit()  # by the dialog
    await it.until(lambda: not page.form.problems, "the key that fits", seconds=0.6)
    await it.page.finish()
    await it.book.finish()


async def test_asking_each_time_keeps_nothing_in_the_fields(bench):
    it = bench(msgspec.structs.replace(PLAIN, url="mqtts://h:8883", certificate="pem"))
    await it.store.save("p", Secrets(password=CANARY, key_password="k"), remember=True)
    await it.show("p")
    form = it.page.form
    form.basic.remember.set_index(1)
    for edit in (form.basic.password, form.tls.key_password):
        assert not edit.isEnabled()
        assert edit.text() == ""
        assert edit.placeholderText() == "Asked at each connect"
    await it.page.finish()
    assert it.store.known("p") == Secrets()
    form.basic.remember.set_index(0)
    assert form.basic.password.isEnabled()
    assert form.basic.password.placeholderText() == ""


async def test_what_was_typed_for_the_session_survives_other_edits(bench):
    it = bench(msgspec.structs.replace(PLAIN, remember_secrets=False))
    await it.store.save("p", Secrets(password="asked at connect"), remember=False)
    await it.show("p")
    type_into(it.page.form.basic.name, "Other")
    assert it.page.form.basic.password.text() == ""
    await it.page.finish()
    assert it.store.known("p") == Secrets(password="asked at connect")
