# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import itertools
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from mqtt_explorer.connection import Connection
from mqtt_explorer.models.property_model import NAME, VALUE
from mqtt_explorer.panels.message.packet_rows import Facts, packet_size
from mqtt_explorer.panels.message.properties_view import PropertiesView
from mqtt_explorer.panels.message.property_rows import duration, message_rows
from mqtt_explorer.protocol.message import Message
from mqtt_explorer.protocol.options import ConnectOptions, ProtocolVersion
from mqtt_explorer.protocol.requests import Subscription
from mqtt_explorer.protocol.topics import TopicFilter
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.store import Budget
from mqtt_explorer.store.pairing import Pairing
from tests.models.streams import feed, frame
from tests.support.mqtt_peer import publish

SECOND = 1_000_000_000
FACTS = Facts(ProtocolVersion.V5, {7: "plant/#"}, None)


def sized(identifier, value):
    return bytes([identifier]) + len(value).to_bytes(2, "big") + value


def pair(name, value):
    return sized(0x26, name) + len(value).to_bytes(2, "big") + value


def expiry(seconds):
    return b"\x02" + seconds.to_bytes(4, "big")


def message(block=b"", *, flags=0, topic=b"a", payload=b"1", mono_ns=0, evicted=False):
    return Message(5, 0, mono_ns, (flags, topic, block, payload, len(payload)), evicted)


def shown(rows):
    return {row.name: row.value for row in rows}


def rows_of(block=b"", now_ns=0, facts=FACTS, **how):
    return message_rows(message(block, **how), facts, now_ns, None, looking=False)


@pytest.fixture
def view(qtbot):
    made = PropertiesView()
    qtbot.addWidget(made, before_close_func=lambda each: each.show_message(None, None))
    made.resize(520, 400)
    with qtbot.waitExposed(made):
        made.show()
    return made


def listed(view):
    return shown(view.model.rows)


def row_of(view, name):
    return next(number for number, row in enumerate(view.model.rows) if row.name == name)


async def until(condition, seconds=3.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def test_every_property_of_a_publish_in_words(qapp):
    block = (
        b"\x01\x01"
        + sized(3, b"text/plain")
        + sized(8, b"r/t")
        + sized(9, b"req-1")
        + b"\x0b\x07\x0b\x80\x01\x23\x00\x05"
    )
    rows = rows_of(block, flags=0x0B)
    found = shown(rows)
    assert found["Payload format"] == "1 · UTF-8 text"
    assert found["Content type"] == "text/plain"
    assert found["Response topic"] == "r/t"
    assert found["Correlation data"] == "72 65 71 2d 31 · “req-1”"
    assert [row.value for row in rows if row.name == "Subscription identifier"] == [
        "7 · plant/#",
        "128 · no subscription has this number now",
    ]
    assert found["Topic alias"] == "5"
    assert (found["QoS"], found["Retained"], found["DUP"]) == ("1 · at least once", "yes", "yes")
    assert all("MQTT 5, " in row.meaning for row in rows[1:8])


def test_user_properties_keep_order_and_repeats(qapp):
    rows = rows_of(pair(b"b", b"1") + pair(b"a", b"2") + b"\x01\x00" + pair(b"b", b""))
    names = [row.name for row in rows]
    at = names.index("User properties (3)")
    assert [(row.name, row.value) for row in rows[at + 1 : at + 4]] == [("b", "1"), ("a", "2"), ("b", "")]


@pytest.mark.parametrize(
    ("elapsed", "text"),
    [
        (0, "5 min left of 300 s"),
        (259.2, "41 s left of 300 s"),
        (299.5, "1 s left of 300 s"),
        (303, "expired 3 s ago, after 300 s"),
    ],
    ids=["new", "running", "last", "over"],
)
def test_expiry_is_counted_down(qapp, elapsed, text):
    row = next(row for row in rows_of(expiry(300), int(elapsed * SECOND)) if row.name == "Message expiry")
    assert row.value == text
    assert row.look == ("warn" if elapsed > 300 else "value")
    assert row.text == "300"
    assert "3.3.2.3.3" in row.meaning


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (250, "4 min 10 s"),
        (7_980, "2 h 13 min"),
        (273_600, "3 d 4 h"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_what_has_no_properties_says_why(qapp):
    assert "This message has no properties." in shown(rows_of())["–"]
    old = Facts(ProtocolVersion.V311, {}, None)
    assert shown(rows_of(facts=old))["–"] == "MQTT 3.1.1 has no properties."
    assert "memory budget" in shown(rows_of(evicted=True))["–"]


def test_a_malformed_block_is_told_and_shown_raw(qapp):
    found = shown(rows_of(b"\x01\x01\xff\x00"))
    assert found["Malformed"] == "Property 0xff does not exist in MQTT 5."
    assert found["Raw bytes"] == "01 01 ff 00"


def test_what_breaks_the_specification_is_marked(qapp):
    rows = rows_of(b"\x01\x01\x01\x00" + b"\x11\x00\x00\x00\x09")
    looks = [(row.name, row.look) for row in rows[1:4]]
    assert looks == [
        ("Payload format", "value"),
        ("Payload format", "warn"),
        ("Session expiry interval", "warn"),
    ]


@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("size", [0, 100, 20_000])
def test_the_packet_size_is_that_on_the_wire(qos, size):
    block = sized(3, b"x" * 200)
    sent = publish(b"a/b", b"x" * size, qos=qos, packet_id=7, properties=block)
    made = message(block, flags=qos << 1, topic=b"a/b", payload=b"x" * size)
    assert packet_size(made, ProtocolVersion.V5) == len(sent)
    sent = publish(b"a/b", b"x" * size, qos=qos, packet_id=7, properties=None)
    assert packet_size(
        message(b"", flags=qos << 1, topic=b"a/b", payload=b"x" * size), ProtocolVersion.V311
    ) == len(sent)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=40))
def test_no_block_is_too_odd(qapp, block):
    rows = rows_of(block, 10 * SECOND)
    assert rows[0].name == "MQTT 5 properties"
    assert all(isinstance(row.text, str) for row in rows)


async def test_values_are_copied_whole(view, connection, qtbot):
    data = bytes(range(256)) * 200
    feed(connection.store, (0, b"a", sized(9, data) + pair(b"who", b"v" * 60_000), b"1", 1))
    held, said = [], []
    view.held.connect(lambda: held.append(1))
    view.said.connect(said.append)
    view.show_message(connection.store.message(0), connection)
    view.table.setCurrentIndex(view.model.index(row_of(view, "who"), VALUE))
    assert held
    qtbot.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "v" * 60_000
    assert said == ["Copied as text, 58.6 KiB."]
    view.table.setCurrentIndex(view.model.index(row_of(view, "Correlation data"), VALUE))
    qtbot.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == data.hex(" ")
    view._copy_all()
    assert "who\t" + "v" * 60_000 in QGuiApplication.clipboard().text()


async def test_request_and_responses_lead_to_each_other(view, connection, qtbot):
    store = connection.store
    now = time.monotonic_ns()
    feed(store, (0, b"ask", sized(8, b"answer") + sized(9, b"1"), b"?", 1), mono_ns=now)
    view.show_message(store.message(0), connection)
    assert listed(view)["Response"] == "none seen yet"
    feed(store, (0, b"answer", sized(9, b"1"), b"!", 1), mono_ns=now + 12_400_000)
    view._on_second()
    assert listed(view)["Response"] == "12.40 ms later · answer"
    wanted, topics = [], []
    view.message_wanted.connect(wanted.append)
    view.topic_wanted.connect(topics.append)
    view.table.setCurrentIndex(view.model.index(row_of(view, "Response"), NAME))
    qtbot.keyClick(view.table, Qt.Key.Key_Return)
    place = view.table.visualRect(view.model.index(row_of(view, "Response topic"), VALUE)).center()
    qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert [each.seq for each in wanted] == [1]
    assert topics == [b"answer"]
    view.show_message(store.message(1), connection)
    assert listed(view)["Request"] == "12.40 ms earlier · ask"


async def test_a_search_that_takes_long_goes_on_beside_the_window_and_is_cancelled(
    view, connection, monkeypatch
):
    store = connection.store
    feed(store, (0, b"ask", sized(8, b"answer") + sized(9, b"1"), b"?", 1))
    for _ in range(40):
        feed(store, *(frame(f"t/{n}") for n in range(5_000)))
    feed(store, (0, b"answer", sized(9, b"1"), b"!", 1))
    step = Pairing.step
    monkeypatch.setattr(Pairing, "step", lambda self: step(self, 0.0))
    last = store.message(store.next_seq - 1)
    view.show_message(last, connection)
    assert listed(view)["Request"] == "looking for it…"
    view.hide()
    assert view._looking is None
    view.show()
    await until(lambda: listed(view)["Request"].endswith("earlier · ask"))
    assert view._looking is None


async def test_it_counts_only_while_somebody_looks(view, connection):
    feed(connection.store, (0, b"a", expiry(300), b"1", 1), frame("b"))
    view.show_message(connection.store.message(0), connection)
    assert view._second.isActive()
    view.hide()
    assert not view._second.isActive()
    view.show()
    assert view._second.isActive()
    view.show_message(connection.store.message(1), connection)
    assert not view._second.isActive()


async def test_the_filter_of_a_subscription_identifier_is_named(view):
    url, _, _ = BrokerUrl.parse("mqtt://127.0.0.1:1")
    asked = [Subscription(TopicFilter("plant/#"), identifier=7)]
    connection = Connection(ConnectOptions(url), budget=Budget(64 << 20), subscriptions=asked)
    feed(connection.store, (0, b"plant/a", b"\x0b\x07", b"1", 1))
    view.show_message(connection.store.message(0), connection)
    assert listed(view)["Subscription identifier"] == "7 · plant/#"


async def test_the_gap_is_that_of_the_topic(view, connection):
    feed(connection.store, frame("a"), mono_ns=0)
    feed(connection.store, frame("b"), mono_ns=SECOND)
    feed(connection.store, frame("a"), mono_ns=3 * SECOND)
    view.show_message(connection.store.message(2), connection)
    assert listed(view)["Since the last one"] == "+3.000 s"
    view.show_message(connection.store.message(0), connection)
    assert listed(view)["Since the last one"].startswith("unknown")


async def test_the_same_message_again_keeps_the_selection(view, connection):
    feed(connection.store, (0, b"a", b"\x01\x01", b"1", 1))
    view.show_message(connection.store.message(0), connection)
    view.table.setCurrentIndex(view.model.index(row_of(view, "QoS"), NAME))
    view.show_message(connection.store.message(0), connection)
    assert view.table.selectionModel().hasSelection()


async def test_titles_are_passed_over_and_the_menu_copies_text(view, connection, qtbot):
    feed(connection.store, (0, b"a", sized(9, b"req-1"), b"1", 1))
    view.show_message(connection.store.message(0), connection)
    qtbot.keyClick(view.table, Qt.Key.Key_Home)
    assert view.table.currentIndex().data() == "Correlation data"
    qtbot.keyClick(view.table, Qt.Key.Key_Down)
    assert view.model.rows[view.table.currentIndex().row()].look != "group"
    qtbot.keyClick(view.table, Qt.Key.Key_Home)
    qtbot.keyClick(view.table, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    menu = view.findChild(QMenu)
    action = next(each for each in menu.actions() if each.text() == "Copy as text")
    action.trigger()
    menu.close()
    assert QGuiApplication.clipboard().text() == "req-1"


CORRELATION = bytes.fromhex("00112233445566778899aabbccddeeff")


@pytest.mark.parametrize("width", [300, 360, 520, 900], ids=["least", "default", "usual", "wide"])
async def test_nothing_important_is_cut_in_any_width(view, connection, width):
    topic = b"plant/line-4/reply/explorer-7f3a"
    block = (
        expiry(300)
        + sized(8, topic)
        + sized(9, CORRELATION)
        + pair(b"trace-id", b"4bf92f3577b34da6a3ce929d0e0e4736")
    )
    view.resize(width, 400)
    view.show_message(message(block, mono_ns=time.monotonic_ns()), connection)
    await asyncio.sleep(0.02)
    table, model = view.table, view.model
    assert table.columnWidth(NAME) <= 0.4 * table.viewport().width() + 1
    for number, row in enumerate(model.rows):
        if row.look == "group":
            continue
        index = model.index(number, VALUE)
        lines = table.row_delegate.lines(index, table.columnWidth(VALUE))
        assert "".join(lines).replace(" ", "") == row.value.replace(" ", "")
        assert table.rowHeight(number) >= table.row_delegate.height(index, table.columnWidth(VALUE))
        if width >= 360:
            assert table.row_delegate.name_width(model.index(number, NAME)) <= table.columnWidth(NAME)
    rects = table.rows_on_screen()
    assert all(one[1].bottom() < other[1].top() for one, other in itertools.pairwise(rects))


async def test_rows_take_more_lines_as_the_room_goes_and_give_them_back(view, connection):
    view.show_message(message(sized(9, CORRELATION)), connection)
    number = row_of(view, "Correlation data")
    heights = []
    for width in (900, 330, 900):
        view.resize(width, 400)
        await asyncio.sleep(0.02)
        heights.append(view.table.rowHeight(number))
    assert heights[0] == heights[2] < heights[1]


async def test_a_giant_value_takes_four_lines(view, connection):
    view.show_message(message(sized(3, b"x/" * 3_000)), connection)
    await asyncio.sleep(0.02)
    index = view.model.index(row_of(view, "Content type"), VALUE)
    view.resize(300, 400)
    await asyncio.sleep(0.02)
    lines = view.table.row_delegate.lines(index, view.table.columnWidth(VALUE))
    assert len(lines) == 5
    assert lines[3].endswith("…")
    assert lines[4] == ""  # there its length stands
    view.grab()
