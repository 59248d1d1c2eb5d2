# SPDX-License-Identifier: MIT
"""Fixtures of the panel tests: a hand-ticked clock and real connections that are not opened unless a test says so."""

from __future__ import annotations

import pytest

from mqtt_explorer.connection import Connection
from mqtt_explorer.models.frame_clock import FrameClock
from mqtt_explorer.panels.topics import TopicsPanel
from mqtt_explorer.protocol.options import ConnectOptions
from mqtt_explorer.protocol.url import BrokerUrl
from mqtt_explorer.store import Budget


@pytest.fixture(autouse=True)
def _no_events_without_a_loop(monkeypatch):
    """Between test and teardown pytest-qt handles Qt's events with no loop running; a socket that is readable just then would fail."""
    monkeypatch.setattr("pytestqt.plugin._process_events", lambda: None)


@pytest.fixture
def clock(qapp):
    """A clock that is ticked by hand: `clock.tick.emit()`."""
    made = FrameClock()
    yield made
    made.stop()
    made.deleteLater()


@pytest.fixture
def make_connection():
    def make(port: int = 1, **kwargs) -> Connection:
        url, _, _ = BrokerUrl.parse(f"mqtt://127.0.0.1:{port}")
        return Connection(ConnectOptions(url), budget=Budget(256 << 20), **kwargs)

    return make


@pytest.fixture
async def connection(make_connection):
    """A connection that is never opened; what it would receive is fed to its store."""
    return make_connection()


@pytest.fixture
def panel(clock, qtbot):
    """The Topics panel on the screen; other files have one of their own."""
    made = TopicsPanel(clock)
    qtbot.addWidget(made, before_close_func=lambda panel: panel.set_connection(None))
    made.resize(430, 600)
    with qtbot.waitExposed(made):
        made.show()
    return made
