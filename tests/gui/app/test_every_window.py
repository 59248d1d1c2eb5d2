# SPDX-License-Identifier: MIT
"""Every window and page: what can hold the focus has a name and a tab stop, and every word of ours can be translated."""

from __future__ import annotations

import asyncio
import re

import pytest
from PySide6.QtWidgets import QDialog

from mqtt_explorer.protocol.requests import PublishRequest
from mqtt_explorer.tasks import create_task
from mqtt_explorer.widgets.sections import Section
from tests.support import window_walk as walk

TOPIC = "greenhouse/zone-1/climate/temperature"
#: Names of things, keys and formats, and what the tests themselves have put there.
NAMES = re.compile(
    r"MQTT|Explorer|Qt|JSON|QoS|TLS|PKCS|ALPN|Base64|ms|[kM]?B/s|msg/s|[KMG]?i?B|px|[A-Z]|F[0-9]+|mosquitto\S*|mqtts?|wss?|"
    r"greenhouse\S*|utf-?8|localhost|\S*broker\.example\S*|hex",
    re.IGNORECASE,
)


#: What comes from below the models, where there is no Qt and so no tr(): sentences of the engine, names of formats and products.
ENGINE = re.compile(
    r"Enter an address such as .*|Kept (for this session only|in the system’s keyring).*|New broker|HiveMQ Cloud|EMQX|AWS IoT Core|VerneMQ|Azure Event Grid|"
    r"(Text|Hex|Number|Boolean),\s+▾|Connect(ing|ed)|Dialling .*|MQTT 5 over .*"
)


def is_data(text: str) -> bool:
    if ENGINE.fullmatch(text):
        return True
    words = re.findall(r"[A-Za-z][\w./:-]*", re.sub(r"(?<!\S)/\S+", "", text))  # a path is no word
    return all(NAMES.fullmatch(word.rstrip(".,:;/")) for word in words)


@pytest.fixture
async def translated(qapp, open_program):
    brackets = walk.Brackets()
    qapp.installTranslator(brackets)
    yield open_program()
    qapp.removeTranslator(brackets)


async def settle():
    """Layouts and what is shown a turn of the loop later."""
    await asyncio.sleep(0.05)


def check(window, where):
    for fault, found in (
        ("no accessible name", walk.nameless(window)),
        ("no tab stop", walk.unreachable(window)),
        ("not translatable", walk.untranslated(window, is_data)),
    ):
        assert not found, f"{where}: {fault}:\n" + "\n".join(found)


async def test_the_start_page_and_the_form(translated):
    window = translated.window
    await settle()
    check(window, "start page")
    window.pages.new_profile()
    await settle()
    check(window, "broker form")
    sections = window.pages.currentWidget().findChildren(Section)
    assert len(sections) > 4
    for section in sections:
        section.set_open(True)
    await settle()
    check(window, "broker form, unfolded")


async def test_the_workbench_panel_by_panel(translated, broker):
    window = translated.window
    window.start.filters.setText("greenhouse/#")
    await translated.connect(f"mqtt://127.0.0.1:{broker.port}")
    connection = translated.workspace.shown
    check(window, "empty workbench")
    for number in range(5):
        await connection.publish(PublishRequest(TOPIC, b"%d.5" % number, 1))
    await translated.until(lambda: connection.store.find(TOPIC.encode()) is not None, "the topic")
    await translated.until(lambda: window.panels.topics.select_topic(TOPIC.encode()), "the row")
    for name in window.panels.by_name:
        window.show_panel(name)
        await settle()
        check(window, name)
    window.header.search.begin("temp")
    await settle()
    check(window, "searching")


async def test_the_dialogs(translated, broker):
    window = translated.window
    window.start.filters.setText("")
    await translated.connect(f"mqtt://127.0.0.1:{broker.port}")
    for name, open_it in (
        ("settings", window.open_settings),
        ("help", window.open_help),
    ):
        open_it()
        await settle()
        dialogs = [each for each in window.findChildren(QDialog) if each.isVisible()]
        assert dialogs, name
        for dialog in dialogs:
            check(dialog, name)
            dialog.close()
        await settle()


async def test_the_palette(translated, broker):
    window = translated.window
    window.start.filters.setText("")
    await translated.connect(f"mqtt://127.0.0.1:{broker.port}")
    window.open_palette()
    await settle()
    assert window.commands.palette.isVisible()
    check(window.commands.palette, "palette")


async def test_the_question_before_closing(translated, broker):
    window = translated.window
    window.start.filters.setText("")
    await translated.connect(f"mqtt://127.0.0.1:{broker.port}")
    connection = translated.workspace.shown
    await connection.disconnect()
    connection.hold(PublishRequest("greenhouse", b"1", 1))
    asking = create_task(window._closing.may_close([connection]), name="ask")
    await translated.until(
        lambda: any(each.isVisible() for each in window.findChildren(QDialog)), "the question"
    )
    (dialog,) = [each for each in window.findChildren(QDialog) if each.isVisible()]
    check(dialog, "closing")
    dialog.reject()
    await asking
