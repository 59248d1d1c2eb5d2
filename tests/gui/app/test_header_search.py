# SPDX-License-Identifier: MIT
"""The search in the header: at any width everything has its place, and words go before controls do."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from mqtt_explorer.app.header import Header
from mqtt_explorer.connection import Connection
from mqtt_explorer.protocol.options import ConnectOptions, TlsOptions
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.store.budget import Budget
from mqtt_explorer.widgets.query_bar import LEAST_WIDTH
from mqtt_explorer.widgets.theme import install


class Bench:
    def __init__(self, qtbot):
        self.qtbot = qtbot
        self.holder = QWidget()
        qtbot.addWidget(self.holder)
        self.header = Header(self.holder)
        for name in ("layout", "moon", "help", "settings"):
            self.header.add_action(name, name, lambda: None)
        self.holder.show()

    def show(self, connections, width):
        self.header.set_connections(connections, connections[0])
        self.header.set_connection(connections[0])
        self.resize(width)

    def resize(self, width):
        self.holder.resize(width, 40)
        self.header.resize(width, 32)
        self.header.layout().activate()

    def parts(self):
        """What is seen, from left to right."""
        header = self.header
        row = [header.tabs, header.toggle, header._dot, header._state, header.unverified, header._detail]
        row += [header.search, header.palette_button, header._waiting, header.pause, *header._buttons]
        return [each for each in row if each.isVisible()]


def make_connection(title, *, verify=True):
    url = BrokerUrl("mqtts", "broker.lan", 8883)
    options = ConnectOptions(url, client_id="x", tls=TlsOptions(verify=verify))
    return Connection(options, budget=Budget(), title=title)


@pytest.fixture
async def bench(qapp, qtbot):
    install(qapp, "dark", 13, 12)
    made = Bench(qtbot)
    made.connections = [make_connection("Greenhouse"), make_connection("Line 3")]
    yield made
    made.header.set_connections([], None)
    made.header.set_connection(None)
    for connection in made.connections:
        await connection.close()


@pytest.mark.parametrize("count", [1, 2], ids=["one", "two"])
@pytest.mark.parametrize("width", [1920, 1336, 1000, 836, 696])
async def test_nothing_overlaps_and_nothing_is_pushed_out(bench, width, count):
    header = bench.header
    bench.show(bench.connections[:count], width)
    for text, error in (("", ""), ("temp", ""), ("(", "A bracket is not closed.")):
        header.search.edit.setText(text)
        header.search.set_found(None if error else 38, None, 99, True, error)
        header.layout().activate()
        places = [each.geometry() for each in bench.parts()]
        assert all(one.right() < two.left() for one, two in itertools.pairwise(places))
        assert places[-1].right() < width
        share = 0.4 if text else 0.3  # used it is worth more than the details beside it
        assert LEAST_WIDTH <= header.search.width() <= max(LEAST_WIDTH, width * share)
        assert header.palette_button.isVisible()
        assert header.pause.isVisible()
    assert header.height() == 32
    assert header.toggle.accessibleName() == "Connect"
    assert bool(header.toggle.text()) != bool(header.toggle.toolTip())


async def test_the_details_elide_before_any_word_goes(bench):
    bench.show(bench.connections[:1], 1336)
    header = bench.header
    header._detail.setText(
        "MQTT 5 · keep-alive 30 s · RTT 4.2 ms and so much more that it cannot be shown " * 2
    )
    header.layout().activate()
    assert header._detail.width() < header._detail.sizeHint().width()
    assert header._state.isVisible()
    assert header.toggle.text() == "Connect"
    assert header.palette_button.text() == "Ctrl K"
    bench.resize(696)
    assert header.palette_button.text() == ""
    assert header.palette_button.accessibleName() == "Open the command palette"
    bench.resize(1336)
    assert header.palette_button.text() == "Ctrl K"
    assert header._state.isVisible()


async def test_a_long_count_loses_its_words_before_controls_lose_theirs(bench):
    bench.show(bench.connections, 696)
    header = bench.header
    header.pause.click()
    header.set_waiting(1_234_567)
    header.layout().activate()
    assert header._waiting.text() == "1,234,567"
    assert header._waiting.accessibleName() == "Paused · 1,234,567 waiting"
    assert header._waiting.width() >= header._waiting.sizeHint().width()
    assert header.search.width() >= 64
    places = [each.geometry() for each in bench.parts()]
    assert all(one.right() < two.left() for one, two in itertools.pairwise(places))
    bench.resize(1336)
    assert header._waiting.text() == "Paused · 1,234,567 waiting"
    header.pause.click()
    assert not header._waiting.isVisible()


async def test_without_a_shown_broker_there_is_nothing_to_search(bench, qtbot):
    header = bench.header
    bench.resize(1336)
    assert not header.search.isVisible()
    with qtbot.waitSignal(header.palette_requested):
        qtbot.mouseClick(header.palette_button, Qt.MouseButton.LeftButton)
    bench.show(bench.connections, 1336)
    assert header.search.isVisible()
    header.set_connection(None)
    assert not header.search.isVisible()
    assert header.palette_button.isVisible()
