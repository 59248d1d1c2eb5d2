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
    note = form.basic._name_row.note("preset")
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
    form.basic._name_row._notes["preset"].button.click()
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
    assert page.form.problems == []
    assert tls.rows["ca_file"].note("finding-ca_file-0")
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
