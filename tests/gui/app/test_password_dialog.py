# SPDX-License-Identifier: MIT
"""The question for a password: what it says, where the answer goes, and that nothing of it stays behind."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from mqtt_explorer.app.password_dialog import PasswordDialog, ask_password
from mqtt_explorer.app.profile_login import KnownSecrets, Login, PasswordAnswer, PasswordQuestion
from mqtt_explorer.profiles.profile import Secrets
from mqtt_explorer.profiles.secrets import Place, SecretStore
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.theme import install

CANARY = "s3cret-canary-4711"
QUESTION = PasswordQuestion("password", "Greenhouse (broker.lan:8883)", "ada")


@pytest.fixture
async def parent(qapp, qtbot):
    install(qapp, "dark")
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


def opened(parent, question=QUESTION, place=Place.KEYRING, text="Kept in the system keyring (KWallet)."):
    dialog = PasswordDialog(question, place, text, parent)
    dialog.open()
    return dialog


async def test_it_names_the_broker_and_the_account_and_says_where_it_goes(parent):
    dialog = opened(parent)
    assert dialog.what.text() == "Greenhouse (broker.lan:8883) asks for the password of “ada”."
    assert dialog.keep.isVisible()
    assert dialog.keep.isChecked()
    assert dialog.kept.text() == "Kept in the system keyring (KWallet)."
    dialog.keep.setChecked(False)
    assert "asked for each time" in dialog.kept.text()
    assert dialog.edit.echoMode() == QLineEdit.EchoMode.Password
    dialog.reject()


@pytest.mark.parametrize(
    ("question", "place", "text", "said"),
    [
        (QUESTION, Place.SESSION, "Kept for this session only: no keyring is running.", "session only"),
        (QUESTION, Place.UNKNOWN, "", "Without a keyring"),
        (PasswordQuestion("password", "h:1", "ada", saved=False), Place.KEYRING, "", "kept nowhere"),
    ],
)
async def test_what_is_said_without_a_keyring(parent, question, place, text, said):
    dialog = opened(parent, question, place, text)
    assert said in dialog.kept.text()
    assert dialog.keep.isVisible() == (place is Place.UNKNOWN)
    dialog.reject()


async def test_nothing_is_cut_at_any_length(parent):
    sentence = "The broker does not let this client in; check user name, password and client id. " * 3
    long = PasswordQuestion("key_password", "x" * 200, "/home/ada/" + "certificates/" * 30, sentence)
    dialog = opened(parent, long)
    await asyncio.sleep(0.05)
    for each in dialog.findChildren(QLabel):
        if each.isVisible() and each.wordWrap():
            assert each.height() >= each.heightForWidth(each.width()), each.text()
    dialog.edit.textEdited.emit("a")
    assert dialog.field.error == ""
    dialog.reject()


async def test_text_from_a_broker_is_no_markup(parent):
    dialog = opened(parent, PasswordQuestion("password", "<b>bold</b>", "<img src=x>", "<i>no</i>"))
    for each in dialog.findChildren(QLabel):
        if each.text():
            assert each.textFormat() == Qt.TextFormat.PlainText
    assert "<b>bold</b>" in dialog.what.text()
    dialog.reject()


async def test_enter_answers_and_nothing_stays_behind(parent, qtbot):
    asking = create_task(ask_password(QUESTION, SecretStore(), parent), name="ask")
    await asyncio.sleep(0.05)
    dialog = parent.findChild(PasswordDialog)
    qtbot.keyClicks(dialog.edit, CANARY)
    qtbot.keyClick(dialog.edit, Qt.Key.Key_Return)
    answer = await asking
    assert answer == PasswordAnswer(CANARY, True)
    assert CANARY not in repr(answer)
    await asyncio.sleep(0.05)
    assert parent.findChild(PasswordDialog) is None


async def test_esc_answers_with_nothing(parent, qtbot):
    asking = create_task(ask_password(QUESTION, SecretStore(), parent), name="ask")
    await asyncio.sleep(0.05)
    qtbot.keyClick(parent.findChild(PasswordDialog).edit, Qt.Key.Key_Escape)
    assert await asking is None


async def test_a_cancelled_question_closes_its_dialog(parent):
    asking = create_task(ask_password(QUESTION, SecretStore(), parent), name="ask")
    await asyncio.sleep(0.05)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await asyncio.sleep(0.05)
    assert parent.findChild(PasswordDialog) is None


def test_a_login_from_outside_is_not_stored_with_what_was_typed():
    known = KnownSecrets(Secrets(websocket_query="q"), Login("ada", CANARY))
    assert known.secrets.password == CANARY
    assert known.to_store.password is None
    known.take(PasswordQuestion("key_password", "b", "k"), PasswordAnswer("opens", True))
    assert known.secrets == Secrets(password=CANARY, key_password="opens", websocket_query="q")
    assert known.to_store == Secrets(key_password="opens", websocket_query="q")
    assert known.without_answers == Secrets(websocket_query="q")
    assert CANARY not in repr(Login("ada", CANARY))
