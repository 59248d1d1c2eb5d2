# SPDX-License-Identifier: MIT
"""The decoder picker: what it offers, why not, and for which topics a choice is remembered; and choosing a Protobuf schema."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QWidget

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.panels.message import format_menu as module
from mqtt_explorer.panels.message.format_menu import candidate_filters, choice_text, format_menu, icon_name
from mqtt_explorer.panels.message.schema_picker import SchemaPicker, TypesDialog
from mqtt_explorer.payload.api import BaseDecoder, Context
from mqtt_explorer.payload.protobuf_format import ProtobufDecoder
from mqtt_explorer.payload.registry import AUTO, DECODERS
from mqtt_explorer.payload.sparkplug_format import SparkplugDecoder
from mqtt_explorer.payload.worker import shared_worker
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.widgets.icons import names

TOPIC = "plant/line-3/camera-2/frame"


@pytest.fixture
def window(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def decoders(monkeypatch):
    """The registry's decoders with the two of this file's subject, whatever else is registered."""
    own = tuple(each for each in DECODERS if each.name not in ("protobuf", "sparkplug"))
    made = (*own, ProtobufDecoder(), SparkplugDecoder())
    monkeypatch.setattr(module, "DECODERS", made)
    monkeypatch.setattr(module, "find_decoder", lambda name: next((d for d in made if d.name == name), None))
    return made


class Told:
    """What the menu asked for."""

    def __init__(self):
        self.choices, self.filters, self.schemas = [], [], 0

    def schema(self):
        self.schemas += 1


def build(window, told, choice=AUTO, *, payload=b"II*\0", topic=TOPIC, remembered=None, **more):
    return format_menu(
        window,
        payload=payload,
        context=Context(topic=topic),
        choice=choice,
        label="Hex",
        topic=topic,
        remembered=remembered,
        on_choice=told.choices.append,
        on_remember=told.filters.append,
        on_schema=told.schema,
        **more,
    )


def plain(text):
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


def entries(menu):
    return {plain(action.text()): action for action in menu.actions() if not action.isSeparator()}


def remember(menu):
    return next(action for text, action in entries(menu).items() if text.startswith("Remember"))


def ticked(menu):
    return [plain(action.text()) for action in menu.actions() if action.isChecked()]


def test_every_decoder_is_there_with_its_reason_or_chooses_itself(window, decoders):
    told = Told()
    menu = build(window, told)
    found = entries(menu)
    assert next(iter(found)) == "Auto (now: Hex)"
    assert ticked(menu) == ["Auto (now: Hex)"]
    for decoder in decoders:
        reason = decoder.objection(b"II*\0", Context(topic=TOPIC))
        if reason is not None:
            assert not found[f"{decoder.label}: {reason}"].isEnabled()
        else:
            assert found[decoder.label].isEnabled()
            assert (found[decoder.label].menu() is not None) == bool(
                decoder.options or decoder.name == "protobuf"
            )
        assert not any(each.icon().isNull() for each in found.values())
    assert not found["Sparkplug B: topic is not spBv1.0"].isEnabled()
    found["Hex"].trigger()
    found["Auto (now: Hex)"].trigger()
    assert told.choices == ["hex", AUTO]


def test_options_are_submenus_and_the_one_in_force_is_ticked(window, decoders):
    told = Told()
    text = entries(build(window, told, "text:latin-1"))["Text"].menu()
    assert ticked(text) == ["Latin-1 (ISO 8859-1)"]
    entries(text)["UTF-16, big-endian"].trigger()
    assert told.choices == ["text:utf-16-be"]
    usual = build(window, told, "text")
    assert ticked(entries(usual)["Text"].menu()) == ["UTF-8"]
    assert "Auto" in entries(usual)


def test_every_entry_has_a_key_of_its_own(window, decoders):
    menu = build(window, Told())
    for each in (menu, entries(menu)["Text"].menu()):
        keys = [
            text[text.index("&") + 1].lower()
            for action in each.actions()
            if action.isEnabled() and "&" in (text := action.text().replace("&&", ""))
        ]
        assert len(keys) == len(set(keys)) > 3


def test_protobuf_offers_schemas_used_before(window, decoders):
    told = Told()
    now, before = "protobuf:/x/plant.desc::p.A", "protobuf:/x/a&b.proto::p.B"
    menu = entries(build(window, told, now, schemas=[before, now]))["Protobuf"].menu()
    found = entries(menu)
    assert list(found) == ["p.A in plant.desc", "p.B in a&b.proto", "Choose a schema…", "Without a schema"]
    assert ticked(menu) == ["p.A in plant.desc"]
    for action in found.values():
        action.trigger()
    assert told.choices == [now, before, "protobuf"]
    assert told.schemas == 1
    assert ticked(entries(build(window, told, "protobuf"))["Protobuf"].menu()) == ["Without a schema"]


def test_a_choice_is_remembered_for_a_filter(window, decoders):
    told = Told()
    action = remember(build(window, told, "hex"))
    assert plain(action.text()) == "Remember Hex for"
    found = entries(action.menu())
    assert list(found) == candidate_filters(TOPIC)
    found["plant/line-3/+/frame"].trigger()
    assert told.filters == ["plant/line-3/+/frame"]


def test_what_is_remembered_is_said_and_can_be_forgotten(window, decoders):
    told = Told()
    action = remember(build(window, told, "hex", remembered=("plant/#", "hex")))
    assert plain(action.text()) == "Remembered for plant/#"
    assert ticked(action.menu()) == ["plant/#"]
    entries(action.menu())["Forget Hex for plant/#"].trigger()
    assert told.filters == [None]
    other = remember(build(window, told, AUTO, remembered=("plant/#", "text:latin-1")))
    assert plain(other.text()) == "Remember Auto for"
    assert ticked(other.menu()) == []
    assert "Forget Text, Latin-1 (ISO 8859-1) for plant/#" in entries(other.menu())


@pytest.mark.parametrize(
    ("topic", "filters"),
    [
        ("a", ["a", "a/#"]),
        ("a/b", ["a/b", "+/b", "a/+", "a/#"]),
        (
            "a/b/c/d/e/f",
            ["a/b/c/d/e/f", "a/b/c/d/+/f", "a/b/c/+/e/f", "a/b/+/d/e/f", "a/+/c/d/e/f", "a/b/c/d/e/#"],
        ),
        ("$SYS/x", ["$SYS/x", "$SYS/+", "$SYS/#"]),
        ("/", ["/", "+/", "/+", "/#"]),
    ],
    ids=["one level", "two", "many", "system", "empty levels"],
)
def test_candidates(topic, filters):
    assert candidate_filters(topic) == filters
    assert all(TopicFilter(each).matches(topic) for each in filters)


@pytest.mark.parametrize(
    "topic",
    ["a&b/<b>x</b>/\x1b[31m", "x" * 65_000, "/".join("abc" * 9000), "\u202egnp.exe/a\tb\nc"],
    ids=["markup", "long level", "many levels", "bidi"],
)
def test_hostile_topics_stay_on_one_short_line(window, decoders, topic):
    menu = build(window, Told(), "hex", topic=topic, remembered=(topic, "hex"))
    shown = [remember(menu), *remember(menu).menu().actions()]
    for action in shown:
        text = plain(action.text())
        assert len(text) < 200
        assert not set(text) & set("\n\t\x1b\u202e")
    assert shown[1].text().count("&&") == topic.count("&")
    assert all("<b>" not in action.toolTip() for action in shown[1:])


def test_a_decoder_that_fails_is_offered_all_the_same(window, monkeypatch):
    class Failing(BaseDecoder):
        name = label = "odd"

        def objection(self, payload, context):
            raise ValueError

    monkeypatch.setattr(module, "DECODERS", (Failing(),))
    assert entries(build(window, Told()))["odd"].isEnabled()


def test_choices_in_words(decoders):
    assert choice_text("auto") == "Auto"
    assert choice_text("text") == "Text"
    assert choice_text("protobuf") == "Protobuf"
    assert choice_text("protobuf:C:\\x.desc::p.A") == "Protobuf, p.A"
    assert choice_text("no\nsuch") == "no␊such"


def test_every_icon_is_there():
    assert {icon_name(each.name) for each in DECODERS} | set(module._ICONS.values()) <= set(names())


# --- the schema picker -----------------------------------------------------------------------------------------------


async def turn():
    for _ in range(4):
        await asyncio.sleep(0)


async def test_a_type_is_found_by_typing_and_chosen_with_enter(window, qtbot):
    async def read(path):
        assert path == "/x/plant.desc"
        return ["p.Header", "p.Reading", "p.reading.Old"]

    picker = SchemaPicker(window, read)
    chosen = []
    picker.chosen.connect(chosen.append)
    dialog = picker.open_types("/x/plant.desc")
    assert not dialog.choose_button.isEnabled()
    await turn()
    assert dialog.count.text() == "3 message types"
    QTest.keyClicks(dialog.filter, "reading")
    assert dialog.count.text() == "2 of 3 message types"
    QTest.keyClick(dialog.filter, Qt.Key.Key_Down)
    QTest.keyClick(dialog.filter, Qt.Key.Key_Return)
    assert chosen == ["protobuf:/x/plant.desc::p.reading.Old"]
    assert picker.recent == tuple(chosen)
    picker.remember("protobuf:/y::A")
    picker.remember(chosen[0])
    assert picker.recent == (chosen[0], "protobuf:/y::A")


async def test_nothing_found_cannot_be_chosen(window, qtbot):
    async def read(_path):
        return ["p.A"]

    dialog = TypesDialog("/x", window, read)
    chosen = []
    dialog.chosen.connect(chosen.append)
    dialog.open()
    await turn()
    assert dialog.choose_button.isEnabled()
    dialog.filter.setText("zzz")
    assert not dialog.choose_button.isEnabled()
    QTest.keyClick(dialog.filter, Qt.Key.Key_Return)
    assert chosen == []
    dialog.filter.setText("")
    assert dialog.choose_button.isEnabled()
    dialog.reject()


async def test_a_file_that_cannot_be_used_says_why(window, qtbot):
    async def read(_path):
        raise MqttExplorerError("Not this format", "x.desc is <b>no</b> descriptor set.")

    picker = SchemaPicker(window, read)
    dialog = picker.open_types("/x/x.desc")
    await turn()
    assert dialog.state.text.text() == "x.desc is <b>no</b> descriptor set."
    assert dialog.state.text.textFormat() == Qt.TextFormat.PlainText
    assert not dialog.choose_button.isEnabled()
    dialog.another_button.click()
    files = window.findChildren(QFileDialog)
    assert len(files) == 1
    files[0].close()


async def test_closing_ends_the_reading(window, qtbot):
    ended = []

    async def read(_path):
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    dialog = TypesDialog("/x", window, read)
    dialog.open()
    await turn()
    dialog.reject()
    await turn()
    assert ended == [True]


async def test_types_are_read_in_the_decoding_process(window, qtbot, tmp_path):
    descriptor_pb2 = pytest.importorskip("google.protobuf.descriptor_pb2")
    made = descriptor_pb2.FileDescriptorSet()
    made.file.add(name="a.proto", package="plant").message_type.add(name="Reading")
    path = tmp_path / "x.desc"
    path.write_bytes(made.SerializeToString())
    dialog = TypesDialog(str(path), window)
    dialog.open()
    try:
        await dialog._task
        assert dialog.count.text() == "1 message type"
        assert dialog.list.currentIndex().data() == "plant.Reading"
        path.write_bytes(b"")
        other = TypesDialog(str(path), window)
        await other._task
        assert other.state.text.text().startswith("x.desc is no descriptor set")
        other.close()
    finally:
        dialog.reject()
        await shared_worker().close()
